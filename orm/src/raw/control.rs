//! Raw SQL that would begin or end a transaction behind the back of its [`Transaction`](crate::Transaction) or of the pool:
//! found by the first words of its statements, and refused before it is sent. SQL that a routine of the database runs is
//! not seen.

use orm_core::dialect::Dialect;
use orm_core::driver::{Lexer, Token};
use orm_core::{Error, ErrorKind, Result};

/// What a statement does to the transaction around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Begins,
    Ends,
    /// Ends it and begins another.
    Chains,
    /// Switches to transactions that nobody begins, or to those of several databases.
    Switches,
    /// Ends it, on databases where statements about tables do.
    Commits,
}

/// Refuses a statement for a connection of the pool, which is given back after it.
pub(super) fn check_statement(sql: &str, dialect: &dyn Dialect) -> Result<()> {
    match first_effect(sql, dialect) {
        None | Some(Effect::Commits) => Ok(()),
        Some(_) => {
            Err(refusal("a connection of the pool is given back after each statement: use `begin` or `transaction`"))
        }
    }
}

/// Refuses a statement inside a transaction.
pub(super) fn check_inside(sql: &str, dialect: &dyn Dialect) -> Result<()> {
    first_effect(sql, dialect).map_or(Ok(()), |effect| Err(inside(effect, dialect)))
}

/// Refuses a script inside a transaction.
pub(super) fn check_script_inside(sql: &str, dialect: &dyn Dialect) -> Result<()> {
    effects(sql, dialect).next().map_or(Ok(()), |effect| Err(inside(effect, dialect)))
}

/// Refuses a script for a connection of the pool that leaves a transaction open.
pub(super) fn check_script(sql: &str, dialect: &dyn Dialect) -> Result<()> {
    let mut open = false;
    for effect in effects(sql, dialect) {
        match effect {
            Effect::Begins | Effect::Chains => open = true,
            Effect::Ends | Effect::Commits => open = false,
            Effect::Switches => {
                return Err(refusal("the connection goes back to the pool: use `begin` or `transaction`"));
            }
        }
    }
    if open { Err(refusal("the script begins a transaction and does not end it")) } else { Ok(()) }
}

#[cold]
fn refusal(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("raw SQL must not leave its transaction to the ORM: {why}"))
}

#[cold]
fn inside(effect: Effect, dialect: &dyn Dialect) -> Error {
    if effect == Effect::Commits {
        let feature = "statements about tables inside a transaction: they would commit it; run them on the database";
        return Error::unsupported(dialect.name(), feature);
    }
    let message = "raw SQL must not begin or end the transaction it runs in: use `commit`, `rollback` and savepoints \
                   (`transaction`)";
    Error::new(ErrorKind::InvalidStatement, message)
}

fn first_effect(sql: &str, dialect: &dyn Dialect) -> Option<Effect> {
    // Nearly all statements are told by their first letter.
    let first = sql.trim_ascii_start().as_bytes().first()?.to_ascii_lowercase();
    if matches!(first, b'i' | b'w' | b'(') {
        return None;
    }
    effect(&mut Lexer::new(sql, dialect), dialect).0
}

/// The effects of the statements of a script, in order.
fn effects<'s>(sql: &'s str, dialect: &'s dyn Dialect) -> impl Iterator<Item = Effect> + 's {
    let mut lexer = Lexer::new(sql, dialect);
    let mut over = false;
    std::iter::from_fn(move || {
        while !over && lexer.clone().next().is_some() {
            let (effect, rest) = effect(&mut lexer, dialect);
            over = rest == Rest::Body;
            if rest == Rest::Unread {
                over = to_end(&mut lexer, false);
            }
            if effect.is_some() {
                return effect;
            }
        }
        None
    })
}

/// What follows the words that tell a statement's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// More words of the statement.
    Unread,
    /// Nothing.
    Read,
    /// The statements of a routine, whose end this does not find.
    Body,
}

/// Reads on to the end of a statement; whether the statements of a routine begin before it.
fn to_end(lexer: &mut Lexer<'_>, routine: bool) -> bool {
    for token in lexer {
        match token {
            Token::Semicolon => return false,
            Token::Word(word) if routine && word.eq_ignore_ascii_case("BEGIN") => return true,
            _ => {}
        }
    }
    false
}

/// The effect of the statement that begins here.
fn effect(lexer: &mut Lexer<'_>, dialect: &dyn Dialect) -> (Option<Effect>, Rest) {
    let Some(Token::Word(first)) = lexer.find(|token| *token != Token::Semicolon) else { return (None, Rest::Unread) };
    let is = |word: &str| first.eq_ignore_ascii_case(word);
    let mut next = Next { lexer, ended: false };
    let commits = !dialect.capabilities().transactional_ddl;
    let found = if is("BEGIN") {
        // Statements without a routine, on MariaDB.
        if next.is("NOT") {
            return (None, Rest::Body);
        }
        Some(Effect::Begins)
    } else if is("START") {
        next.is("TRANSACTION").then_some(Effect::Begins)
    } else if is("COMMIT") || is("END") || is("ABORT") || is("ROLLBACK") {
        let mut words = [next.word(), next.word(), next.word()].into_iter().flatten();
        if is("ROLLBACK") && words.clone().any(|word| word.eq_ignore_ascii_case("TO")) {
            None
        } else if words.clone().any(|word| word.eq_ignore_ascii_case("CHAIN"))
            && !words.any(|word| word.eq_ignore_ascii_case("NO"))
        {
            Some(Effect::Chains)
        } else {
            Some(Effect::Ends)
        }
    } else if is("PREPARE") {
        next.is("TRANSACTION").then_some(Effect::Ends)
    } else if is("XA") {
        Some(Effect::Switches)
    } else if is("SET") {
        let named =
            [next.word(), next.word()].into_iter().flatten().any(|word| word.eq_ignore_ascii_case("AUTOCOMMIT"));
        named.then_some(Effect::Switches)
    } else if is("CREATE") || is("ALTER") || is("DROP") {
        let temporary = next.word().is_some_and(|word| word.eq_ignore_ascii_case("TEMPORARY"));
        if !next.ended && to_end(next.lexer, true) {
            return ((commits && !temporary).then_some(Effect::Commits), Rest::Body);
        }
        return ((commits && !temporary).then_some(Effect::Commits), Rest::Read);
    } else if ["TRUNCATE", "RENAME", "GRANT", "REVOKE", "LOCK", "ANALYZE", "OPTIMIZE", "REPAIR"].iter().any(|w| is(w)) {
        commits.then_some(Effect::Commits)
    } else {
        None
    };
    (found, if next.ended { Rest::Read } else { Rest::Unread })
}

/// The words that follow the first one, up to the end of the statement.
struct Next<'l, 's> {
    lexer: &'l mut Lexer<'s>,
    ended: bool,
}

impl<'s> Next<'_, 's> {
    fn word(&mut self) -> Option<&'s str> {
        while !self.ended {
            match self.lexer.next() {
                None | Some(Token::Semicolon) => self.ended = true,
                Some(Token::Word(word)) => return Some(word),
                // `SET @@autocommit`.
                Some(Token::Other | Token::Placeholder(_)) => {}
            }
        }
        None
    }

    fn is(&mut self, word: &str) -> bool {
        self.word().is_some_and(|next| next.eq_ignore_ascii_case(word))
    }
}
