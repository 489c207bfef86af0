//! Raw SQL that would begin or end a transaction behind the back of its [`Transaction`](crate::Transaction) or of the pool:
//! found by what its statements are, and refused before it is sent. Where words cannot tell, as with a procedure, the
//! statement is marked, and the database is asked after it.

use orm_core::dialect::{Dialect, Lexical};
use orm_core::driver::{Effects, Leaves, Session, Statement, StatementKind, classify};
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

/// Refuses a statement that begins or ends a transaction by its words; otherwise what else it may do.
pub(super) fn check_statement(sql: &str, session: &dyn Session) -> Result<Effects> {
    let dialect = &**session.dialect();
    let mut effects = Effects::default();
    effects.session = calls_for_session(sql, dialect);
    for lexical in readings(sql, dialect) {
        let Some(statement) = classify(sql, lexical).next() else { continue };
        match effect(&statement, dialect) {
            None => {}
            Some(effect) if session.in_transaction() => return Err(inside(effect, dialect)),
            Some(Effect::Commits) => {}
            Some(_) => {
                let why = "a connection of the pool is given back after each statement: use `begin` or `transaction`";
                return Err(refusal(why));
            }
        }
        effects.session |= is_left(&statement, session);
        effects.transaction |= is_opaque(&statement, dialect) || !lexical.executable_comments && has_executable(sql);
    }
    Ok(effects)
}

/// Refuses a script that would end the transaction it runs in, or leave one open; otherwise what else it may do.
pub(super) fn check_script(sql: &str, session: &dyn Session) -> Result<Effects> {
    let dialect = &**session.dialect();
    let mut effects = Effects::default();
    effects.session = calls_for_session(sql, dialect);
    for lexical in readings(sql, dialect) {
        let mut open = false;
        for statement in classify(sql, lexical) {
            effects.transaction |= is_opaque(&statement, dialect) || statement.routine;
            // What follows a routine is not read.
            effects.session |= is_left(&statement, session) || statement.routine;
            match effect(&statement, dialect) {
                None => {}
                Some(effect) if session.in_transaction() => return Err(inside(effect, dialect)),
                Some(Effect::Begins | Effect::Chains) => open = true,
                Some(Effect::Ends | Effect::Commits) => open = false,
                Some(Effect::Switches) => {
                    return Err(refusal("the connection goes back to the pool: use `begin` or `transaction`"));
                }
            }
        }
        if open {
            return Err(refusal("the script begins a transaction and does not end it"));
        }
    }
    // Settings of the session decide what a backslash in quotes means.
    let lexical = dialect.lexical();
    let settings = lexical.executable_comments || lexical.escape_strings;
    effects.transaction |= settings && sql.contains('\\') || lexical.executable_comments && has_executable(sql);
    Ok(effects)
}

/// Whether a statement leaves something that the connection's next user would meet.
fn is_left(statement: &Statement<'_>, session: &dyn Session) -> bool {
    match statement.leaves {
        Leaves::Nothing => false,
        Leaves::SomethingOutside => !session.in_transaction(),
        Leaves::Something => true,
    }
}

/// Whether a text names a function that changes the session, or `INTO TEMP`.
fn calls_for_session(sql: &str, dialect: &dyn Dialect) -> bool {
    let functions = dialect.session_functions();
    if functions.is_empty() {
        return false;
    }
    let mut into = false;
    sql.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).any(|word| {
        let is = |other: &&str| word.eq_ignore_ascii_case(other);
        let after_into = std::mem::replace(&mut into, is(&"INTO"));
        after_into && ["TEMP", "TEMPORARY"].iter().any(is) || functions.iter().any(is)
    })
}

/// Whether a statement may begin or end a transaction in what its words do not tell: only where statements do that which
/// are not made for it.
fn is_opaque(statement: &Statement<'_>, dialect: &dyn Dialect) -> bool {
    let temporary = statement.kind == StatementKind::Define && !statement.commits;
    (statement.opaque || temporary) && !dialect.capabilities().transactional_ddl
}

#[cold]
fn refusal(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("raw SQL may not leave a transaction open: {why}"))
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

/// The ways in which the server may read a text: what a comment says to servers of some versions may be run or not.
fn readings(sql: &str, dialect: &dyn Dialect) -> impl Iterator<Item = Lexical> {
    let lexical = dialect.lexical();
    let two = lexical.executable_comments && has_executable(sql);
    let plain = Lexical { executable_comments: false, ..lexical };
    std::iter::once(lexical).chain(two.then_some(plain))
}

/// Whether a text may have comments whose content is run by servers of some versions.
fn has_executable(sql: &str) -> bool {
    sql.contains("/*!") || sql.contains("/*M!")
}

/// What a statement does to the transaction around it.
fn effect(statement: &Statement<'_>, dialect: &dyn Dialect) -> Option<Effect> {
    match statement.kind {
        StatementKind::Begin { .. } => Some(Effect::Begins),
        StatementKind::Commit { chain: true } | StatementKind::Rollback { chain: true } => Some(Effect::Chains),
        StatementKind::Commit { .. } | StatementKind::Rollback { .. } => Some(Effect::Ends),
        StatementKind::TransactionMode => Some(Effect::Switches),
        _ if statement.commits && !dialect.capabilities().transactional_ddl => Some(Effect::Commits),
        _ => None,
    }
}
