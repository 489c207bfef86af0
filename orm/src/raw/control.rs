//! Raw SQL that would begin or end a transaction behind the back of its [`Transaction`](crate::Transaction) or of the pool:
//! found by what its statements are, and refused before it is sent. SQL that a routine of the database runs is not seen.

use orm_core::dialect::{Dialect, Lexical};
use orm_core::driver::{Statement, StatementKind, classify};
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
    let effect = readings(sql, dialect).find_map(|lexical| effects(sql, lexical, dialect).next());
    effect.map_or(Ok(()), |effect| Err(inside(effect, dialect)))
}

/// Refuses a script for a connection of the pool that leaves a transaction open.
pub(super) fn check_script(sql: &str, dialect: &dyn Dialect) -> Result<()> {
    for lexical in readings(sql, dialect) {
        let mut open = false;
        for effect in effects(sql, lexical, dialect) {
            match effect {
                Effect::Begins | Effect::Chains => open = true,
                Effect::Ends | Effect::Commits => open = false,
                Effect::Switches => {
                    return Err(refusal("the connection goes back to the pool: use `begin` or `transaction`"));
                }
            }
        }
        if open {
            return Err(refusal("the script begins a transaction and does not end it"));
        }
    }
    Ok(())
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

fn first_effect(sql: &str, dialect: &dyn Dialect) -> Option<Effect> {
    // Nearly all statements are told by their first letter.
    let first = sql.trim_ascii_start().as_bytes().first()?.to_ascii_lowercase();
    if matches!(first, b'i' | b'w' | b'(') {
        return None;
    }
    readings(sql, dialect).find_map(|lexical| effect(&classify(sql, lexical).next()?, dialect))
}

/// The effects of the statements of a script, in order.
fn effects<'s>(sql: &'s str, lexical: Lexical, dialect: &'s dyn Dialect) -> impl Iterator<Item = Effect> + 's {
    classify(sql, lexical).filter_map(|statement| effect(&statement, dialect))
}

/// The ways in which the server may read a text: what a comment says to servers of some versions may be run or not.
fn readings(sql: &str, dialect: &dyn Dialect) -> impl Iterator<Item = Lexical> {
    let lexical = dialect.lexical();
    let two = lexical.executable_comments && (sql.contains("/*!") || sql.contains("/*M!"));
    let plain = Lexical { executable_comments: false, ..lexical };
    std::iter::once(lexical).chain(two.then_some(plain))
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
