//! What a server's answer means: its error numbers become kinds (`codes`), its messages give up the names of
//! constraints, tables and columns. The message itself stays in the source: it may hold values.

mod codes;

use orm_core::driver::connect_advice;
use orm_core::{Error, ErrorKind, Result};
use orm_server::Silent;
use sqlx::mysql::MySqlDatabaseError;

use self::codes::meaning;
use crate::server::Server;

/// An error of a connection that is in use.
pub(crate) fn running(server: Server, error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(answer) => match answer.try_downcast_ref::<MySqlDatabaseError>() {
            Some(answer) => reported(server, answer).with_source(error),
            None => Error::new(ErrorKind::Database, "").with_source(error),
        },
        sqlx::Error::Protocol(message) if message.starts_with("prepared statement expected") => {
            Error::new(ErrorKind::InvalidStatement, "as many values as placeholders are needed").with_source(error)
        }
        sqlx::Error::Encode(_) => Error::encode("the value has no form in the binary protocol").with_source(error),
        _ => {
            let words = Silent::cause(&error).map(Silent::of_statement).unwrap_or_default();
            Error::new(ErrorKind::ConnectionLost, words).with_source(error)
        }
    }
}

/// An error while connecting to a place.
pub(crate) fn connecting(error: sqlx::Error, place: &str) -> Error {
    let (mapped, advice) = match &error {
        sqlx::Error::Database(answer) => match answer.try_downcast_ref::<MySqlDatabaseError>() {
            Some(answer) => {
                // The version is not known yet, and no number of this phase depends on it.
                let mapped = reported(Server::from_version(""), answer);
                let (kind, words) = match told(answer) {
                    _ if matches!(answer.number(), 1115 | 1253 | 1273) => {
                        (ErrorKind::Config, "the server does not know the `charset` or `collation` of the options")
                    }
                    (ErrorKind::Database | ErrorKind::ConnectionLost, words) => (ErrorKind::ConnectionFailed, words),
                    told => told,
                };
                let advice = match kind {
                    ErrorKind::UnknownDatabase | ErrorKind::Permission | ErrorKind::TooManyConnections => "",
                    _ => words,
                };
                let advice = if advice.is_empty() { connect_advice(kind, None) } else { advice };
                (mapped.with_kind(kind), advice)
            }
            None => (Error::new(ErrorKind::ConnectionFailed, ""), connect_advice(ErrorKind::ConnectionFailed, None)),
        },
        sqlx::Error::Configuration(_) => (Error::new(ErrorKind::Config, ""), "the options cannot be used"),
        sqlx::Error::Tls(_) => (
            Error::new(ErrorKind::ConnectionFailed, ""),
            "no encrypted connection could be made: check `sslmode`, and the files of the certificates",
        ),
        sqlx::Error::Io(io) => {
            (Error::new(ErrorKind::ConnectionFailed, ""), connect_advice(ErrorKind::ConnectionFailed, Some(io)))
        }
        _ => {
            (Error::new(ErrorKind::ConnectionFailed, ""), "the answer is not that of MySQL or MariaDB: check the port")
        }
    };
    mapped.with_message(format!("{place}: {advice}")).with_source(error)
}

/// Whether the connection is of no use after this error, though the server sent it in good order.
pub(crate) fn ends_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(answer) => answer.try_downcast_ref::<MySqlDatabaseError>().is_none_or(|answer| {
            let kind = told(answer).0;
            matches!(kind, ErrorKind::ConnectionLost | ErrorKind::ConnectionFailed) || answer.number() == 1153
        }),
        _ => true,
    }
}

/// Whether the statement did not run because the server has forgotten it or cannot prepare it as it is, and the same
/// text may run once it is prepared anew: ER_UNKNOWN_STMT_HANDLER, ER_MAX_PREPARED_STMT_COUNT_REACHED,
/// ER_NEED_REPREPARE, and ER_IMPOSSIBLE_STRING_CONVERSION, which MySQL gives when a column became text since.
pub(crate) fn wants_fresh_statement(error: &sqlx::Error) -> bool {
    number(error).is_some_and(|number| matches!(number, 1243 | 1461 | 1615 | 3988))
}

/// Whether the server may let this user in under encryption alone: ER_SECURE_TRANSPORT_REQUIRED, and ER_ACCESS_DENIED_ERROR,
/// which is the answer to users that require it.
pub(crate) fn wants_encryption(error: &sqlx::Error) -> bool {
    number(error).is_some_and(|number| matches!(number, 3159 | 1045))
}

/// Whether a lock was waited for in vain: ER_LOCK_WAIT_TIMEOUT, also of `NOWAIT` on MariaDB.
pub(crate) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    number(error) == Some(1205)
}

/// Whether a sub-query that is a value has more than one row: ER_SUBQUERY_NO_1_ROW.
pub(crate) fn is_many_rows(error: &sqlx::Error) -> bool {
    number(error) == Some(1242)
}

/// Whether the statement was interrupted: ER_QUERY_INTERRUPTED.
pub(crate) fn is_interrupted(error: &sqlx::Error) -> bool {
    number(error) == Some(1317)
}

/// The error of a statement longer than the server takes.
#[cold]
pub(crate) fn too_long(length: usize, longest: usize) -> Error {
    let message = format!(
        "the statement has {length} bytes of text or values, and the server takes fewer than {longest} (`max_allowed_packet`)"
    );
    Error::new(ErrorKind::DataTooLong, message)
}

/// Whether the statement cannot be prepared at all: ER_UNSUPPORTED_PS.
pub(crate) fn cannot_be_prepared(error: &sqlx::Error) -> bool {
    number(error) == Some(1295)
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let sqlx::Error::Database(answer) = error else { return None };
    answer.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

fn reported(server: Server, answer: &MySqlDatabaseError) -> Error {
    let (kind, words) = told(answer);
    let error = Error::new(kind, words).with_code(answer.number().to_string());
    with_names(error, server, answer.number(), answer.message())
}

fn told(answer: &MySqlDatabaseError) -> (ErrorKind, &'static str) {
    meaning(answer.number(), answer.code(), answer.message())
}

/// Takes the names out of a message.
fn with_names(error: Error, server: Server, number: u16, message: &str) -> Error {
    match number {
        // Duplicate entry 'value' for key 'table.key' (MySQL) or 'key' (MariaDB). The value may hold anything, so the
        // key is looked for from the end.
        1062 | 1586 => match message.rsplit_once("' for key '") {
            Some((_, key)) => {
                let key = key.strip_suffix('\'').unwrap_or(key);
                match key.split_once('.') {
                    Some((table, key)) if !server.is_mariadb() => {
                        error.with_table(table.to_owned()).with_constraint(key)
                    }
                    _ => error.with_constraint(key),
                }
            }
            None => error,
        },
        1451 | 1452 => foreign_key(error, server, message),
        // Column 'name' cannot be null; Field 'name' doesn't have a default value; .. NOT NULL column 'name' at row 1.
        1048 | 1263 | 1364 | 1265 | 1366 | 1264 | 1406 => column(error, message),
        // Incorrect date value: 'x' for column 'name' at row 1. Other texts of this number end with the value.
        1292 | 1411 if message.rsplit_once(" at row ").is_some_and(|(_, row)| row.parse::<u64>().is_ok()) => {
            column(error, message)
        }
        // Unknown column 'table.name' in 'field list'; Key column 'name' doesn't exist in table.
        1054 | 1072 => match between(message, "column '", "'") {
            Some(name) => error.with_columns([last_part(name).to_owned()]),
            None => error,
        },
        // Table 'database.name' doesn't exist; Unknown table 'database.name'.
        1051 | 1146 => match between(message, "able '", "'") {
            Some(name) => error.with_table(name.split_once('.').map_or(name, |(_, name)| name).to_owned()),
            None => error,
        },
        1050 => match between(message, "able '", "'") {
            Some(name) => error.with_table(last_part(name).to_owned()),
            None => error,
        },
        // Cannot drop table 'parents' referenced by a foreign key constraint 'name' on table 'children'.
        3730 => match message.split_once("constraint '").and_then(|(_, rest)| rest.split_once("' on table '")) {
            Some((constraint, table)) => {
                error.with_constraint(constraint).with_table(table.trim_end_matches(['.', '\'']).to_owned())
            }
            None => error,
        },
        // Check constraint 'name' is violated.
        3819 => match between(message, "constraint '", "' is violated") {
            Some(name) => error.with_constraint(name),
            None => error,
        },
        4025 => check(error, message),
        _ => error,
    }
}

/// Incorrect integer value: 'x' for column `db`.`t`.`name` at row 1, Data too long for column 'name' at row 1, and the
/// like. The value comes first, so the name is looked for from the end.
fn column(error: Error, message: &str) -> Error {
    let after =
        ["column ", "Column ", "Field "].iter().find_map(|word| message.rsplit_once(word).map(|(_, rest)| rest));
    let Some(rest) = after else { return error };
    let mut names = Names(rest).path();
    match names.pop() {
        Some(name) => {
            let error = match names.pop() {
                Some(table) => error.with_table(table),
                None => error,
            };
            error.with_columns([name])
        }
        None => error,
    }
}

/// ``.. a foreign key constraint fails (`db`.`table`, CONSTRAINT `name` FOREIGN KEY (`a`, `b`) REFERENCES ..``. MySQL does
/// not double backticks inside names, so the words between names are looked for. Long messages are cut off anywhere.
fn foreign_key(mut error: Error, server: Server, message: &str) -> Error {
    let plain = |name: &str| if server.is_mariadb() { name.replace("``", "`") } else { name.to_owned() };
    let Some((table, rest)) = between_and_rest(message, "constraint fails (`", "`, CONSTRAINT `") else { return error };
    error = error.with_table(plain(table.split_once("`.`").map_or(table, |(_, table)| table)));
    let Some((constraint, rest)) = rest.split_once("` FOREIGN KEY (`") else { return error };
    error = error.with_constraint(plain(constraint));
    match rest.split_once("`) REFERENCES `") {
        Some((columns, _)) => error.with_columns(columns.split("`, `").map(plain)),
        None => error,
    }
}

/// CONSTRAINT `name` failed for `database`.`table`. The check of a single column is named `table.column` or `column`.
fn check(error: Error, message: &str) -> Error {
    let Some((_, rest)) = message.split_once("CONSTRAINT ") else { return error };
    let mut names = Names(rest);
    let Some(name) = names.next() else { return error };
    let Some(table) = names.0.strip_prefix(" failed for ").and_then(|rest| Names(rest).path().pop()) else {
        return error.with_constraint(name);
    };
    match name.strip_prefix(table.as_str()).and_then(|rest| rest.strip_prefix('.')) {
        Some(column) => error.with_columns([column.to_owned()]).with_table(table).with_constraint(name),
        None => error.with_table(table).with_constraint(name),
    }
}

/// Reads quoted names off the front of a text.
struct Names<'m>(&'m str);

impl Names<'_> {
    /// The next name, in backticks or quotes, which are doubled inside it.
    fn next(&mut self) -> Option<String> {
        let quote = self.0.chars().next().filter(|c| matches!(c, '`' | '\''))?;
        let mut name = String::new();
        let mut rest = &self.0[1..];
        loop {
            let (part, after) = rest.split_once(quote)?;
            name.push_str(part);
            match after.strip_prefix(quote) {
                Some(after) => {
                    name.push(quote);
                    rest = after;
                }
                None => {
                    self.0 = after;
                    return Some(name);
                }
            }
        }
    }

    /// The next names with points between them.
    fn path(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        while let Some(name) = self.next() {
            path.push(name);
            match self.0.strip_prefix('.') {
                Some(rest) => self.0 = rest,
                None => break,
            }
        }
        path
    }
}

fn between<'m>(message: &'m str, before: &str, after: &str) -> Option<&'m str> {
    between_and_rest(message, before, after).map(|(found, _)| found)
}

fn between_and_rest<'m>(message: &'m str, before: &str, after: &str) -> Option<(&'m str, &'m str)> {
    message.split_once(before)?.1.split_once(after)
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// What a failed COMMIT means: when the connection broke, it is unknown whether it took effect.
pub(crate) fn committing(result: Result<()>) -> Result<()> {
    result.map_err(|error| match error.kind() {
        ErrorKind::ConnectionLost => {
            let client = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref());
            let message = client
                .and_then(Silent::cause)
                .map_or_else(|| "the connection broke before COMMIT was answered".to_owned(), Silent::of_commit);
            Error::new(ErrorKind::AmbiguousCommit, message).with_source(error)
        }
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(server: &str, number: u16, message: &str) -> Error {
        with_names(Error::new(ErrorKind::Database, ""), Server::from_version(server), number, message)
    }

    #[test]
    fn the_key_of_a_duplicate_is_found_whatever_the_value() {
        for value in ["ada", "a-b-c", "it's", "x' for key 'users.nick", ""] {
            let error = names("8.0.0", 1062, &format!("Duplicate entry '{value}' for key 'users.email'"));
            assert_eq!((error.table(), error.constraint()), (Some("users"), Some("email")), "{value}");
            let error = names("10.11.0-MariaDB", 1062, &format!("Duplicate entry '{value}' for key 'a.email'"));
            assert_eq!((error.table(), error.constraint()), (None, Some("a.email")), "{value}");
        }
        let error = names("10.11.0-MariaDB", 1062, "Duplicate entry '1' for key 'PRIMARY'");
        assert_eq!(error.constraint(), Some("PRIMARY"));
    }

    #[test]
    fn names_of_foreign_keys_are_read_and_cut_messages_survive() {
        let message = "Cannot add or update a child row: a foreign key constraint fails (`db`.`li`nes`, CONSTRAINT \
                       `fk (a)` FOREIGN KEY (`a`, `b`) REFERENCES `orders` (`x`, `y`) ON DELETE CASCADE)";
        let error = names("8.0.0", 1452, message);
        assert_eq!((error.table(), error.constraint()), (Some("li`nes"), Some("fk (a)")));
        assert_eq!(error.columns(), ["a", "b"]);
        for end in 0..message.len() {
            names("8.0.0", 1452, &message[..end]);
            names("8.0.0", 4025, &message[..end]);
            names("8.0.0", 1366, &message[..end]);
        }
    }

    #[test]
    fn columns_are_read_past_the_value() {
        let error = names("8.0.0", 1366, "Incorrect integer value: 'column `x`' for column 'age' at row 1");
        assert_eq!(error.columns(), ["age"]);
        let error =
            names("10.11.0-MariaDB", 1366, "Incorrect integer value: 'x' for column `db`.`users`.`age` at row 1");
        assert_eq!((error.table(), error.columns()), (Some("users"), vec!["age"]));
        let error = names("8.0.0", 1292, "Incorrect date value: 'for column `x`' for column 'born' at row 1");
        assert_eq!(error.columns(), ["born"]);
        let error = names("8.0.0", 1292, "Truncated incorrect DOUBLE value: 'x for column 'secret' at row '");
        assert!(error.columns().is_empty());
        let error = names("8.0.0", 1364, "Field 'age' doesn't have a default value");
        assert_eq!(error.columns(), ["age"]);
        let error = names("8.0.0", 1054, "Unknown column 'users.nick' in 'field list'");
        assert_eq!(error.columns(), ["nick"]);
    }

    #[test]
    fn checks_of_one_column_name_it() {
        let error = names("10.11.0-MariaDB", 4025, "CONSTRAINT `users.age` failed for `db`.`users`");
        assert_eq!((error.table(), error.columns()), (Some("users"), vec!["age"]));
        let error = names("10.11.0-MariaDB", 4025, "CONSTRAINT `adult` failed for `db`.`users`");
        assert_eq!((error.constraint(), error.columns().len()), (Some("adult"), 0));
    }
}
