//! Poolers between the client and the server, such as PgBouncer. In transaction mode a pooler gives the server's
//! connection to somebody else after each transaction, so that nothing may be left on it: no prepared statement, no
//! setting. And a statement that is prepared in one transaction and run in the next gets somebody else's answer.

use std::sync::Arc;

use orm_core::driver::{Lexer, Token};
use orm_core::{Error, ErrorKind, Result};

use crate::dialect::LEXICAL;

/// What stands between the client and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pooler {
    /// Nothing, or a pooler whose clients keep a connection of the server for as long as theirs lives: `pool_mode = session`
    /// of PgBouncer.
    #[default]
    Session,
    /// A pooler whose clients have a connection of the server for one transaction: `pool_mode = transaction`.
    Transaction,
}

impl Pooler {
    pub(crate) const WORDS: [&str; 2] = ["session", "transaction"];

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "session" => Some(Self::Session),
            "transaction" => Some(Self::Transaction),
            _ => None,
        }
    }
}

/// How a connection works behind a pooler in transaction mode: each statement is a transaction, which brings its settings.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    /// What begins the transaction of one statement.
    pub(crate) begin: Arc<str>,
    /// The settings, after what else begins a transaction; empty without any.
    pub(crate) settings: Arc<str>,
}

impl Shared {
    pub(crate) fn new(settings: Option<String>) -> Self {
        let settings = settings.map(|sql| format!("; {sql}")).unwrap_or_default();
        Self { begin: format!("BEGIN{settings}").into(), settings: settings.into() }
    }
}

/// Refuses what would stay on a connection that the next client gets, or would be gone at the next statement.
pub(crate) fn check_session(sql: &str) -> Result<()> {
    let Some(word) = session_word(sql) else { return Ok(()) };
    let message = format!(
        "`{word}` needs a session of its own, which a pooler in transaction mode (`pooler=transaction`) does not give: use SET \
         LOCAL in a transaction, options of the URL, or a connection to the server itself"
    );
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// The word of a statement about the session among those of a text.
fn session_word(sql: &str) -> Option<String> {
    let mut tokens = Lexer::new(sql, LEXICAL);
    let mut at_start = true;
    while let Some(token) = tokens.next() {
        at_start = match token {
            Token::Semicolon => true,
            Token::Word(word) if at_start => {
                let word = word.to_ascii_uppercase();
                let second = |tokens: &mut Lexer<'_>| match tokens.next() {
                    Some(Token::Word(word)) => word.to_ascii_uppercase(),
                    _ => String::new(),
                };
                match word.as_str() {
                    "LISTEN" | "UNLISTEN" | "DEALLOCATE" | "DISCARD" | "RESET" | "EXECUTE" => return Some(word),
                    "SET" if !matches!(&*second(&mut tokens), "LOCAL" | "TRANSACTION" | "CONSTRAINTS") => {
                        return Some(word);
                    }
                    "PREPARE" if second(&mut tokens) != "TRANSACTION" => return Some(word),
                    _ => false,
                }
            }
            _ => false,
        };
    }
    None
}

/// Whether a text drops prepared statements behind the client's back.
pub(crate) fn drops_statements(sql: &str) -> bool {
    let mut words = Lexer::new(sql, LEXICAL).filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    });
    words.any(|word| word.eq_ignore_ascii_case("DEALLOCATE") || word.eq_ignore_ascii_case("DISCARD"))
}

/// What the words about an answer to somebody else's statement end with.
const ADVICE: &str = "a pooler in transaction mode stands before the server, or someone else uses this connection: connect with \
                      `pooler=transaction`, or to the server itself";

/// The words about a prepared statement that somebody else made, or did not make.
pub(crate) fn of_statement(code: &str) -> Option<String> {
    match code {
        "42P05" => Some(format!("the server has a prepared statement that this connection did not make: {ADVICE}")),
        "26000" => Some(format!("the server does not have a prepared statement that this connection made: {ADVICE}")),
        _ => None,
    }
}

/// The error of a row that has not the columns of its statement.
pub(crate) fn of_row() -> Error {
    Error::new(ErrorKind::Config, format!("a row is not of the statement's columns: {ADVICE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_session_is_found_wherever_it_stands() {
        for sql in [
            "SET work_mem = '1MB'",
            "set session statement_timeout = 1",
            "SELECT 1; /* now */ LISTEN jobs",
            "DISCARD ALL",
            "PREPARE a AS SELECT 1",
            "RESET ALL",
        ] {
            assert_eq!(check_session(sql).unwrap_err().kind(), ErrorKind::Unsupported, "{sql}");
        }
        for sql in [
            "SET LOCAL work_mem = '1MB'",
            "SET TRANSACTION READ ONLY",
            "UPDATE t SET v = 1",
            "SELECT 'LISTEN'; SELECT 2",
            "INSERT INTO t (set) VALUES (1) ON CONFLICT (id) DO UPDATE SET v = 2",
            "PREPARE TRANSACTION 'a'",
            "",
        ] {
            assert!(check_session(sql).is_ok(), "{sql}");
        }
        assert!(drops_statements("SELECT 1; deallocate all") && !drops_statements("SELECT 'DISCARD'"));
    }
}
