//! SQLite's answers as errors of the ORM: extended result codes (<https://www.sqlite.org/rescode.html>) decide the
//! kind; names of tables, columns and constraints are read from the message, since SQLite gives them nowhere else.

use std::fmt;

use libsqlite3_sys as ffi;
use orm_core::{Error, ErrorKind};

use crate::functions::BAD_PATTERN;

/// What SQLite itself said: the source of every error this driver maps.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(async {
/// use std::error::Error;
/// use orm_core::driver::{Driver, Query};
/// use orm_sqlite::{Sqlite, SqliteError, SqliteOptions};
///
/// let mut connection = Sqlite::new(SqliteOptions::memory()).connect().await?;
/// let error = connection.execute(Query::text("SELEC 1")).await.unwrap_err();
/// let said = error.source().and_then(|source| source.downcast_ref::<SqliteError>()).unwrap();
/// assert_eq!(said.message(), "near \"SELEC\": syntax error");
/// # Ok::<(), orm_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteError {
    code: i32,
    message: String,
}

impl SqliteError {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The extended result code.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// SQLite's message, in English.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLite result code {})", self.message, self.code)
    }
}

impl std::error::Error for SqliteError {}

impl From<SqliteError> for Error {
    #[cold]
    fn from(said: SqliteError) -> Self {
        let (kind, advice) = classify(said.code, &said.message);
        let mut error = Error::new(kind, advice).with_code(said.code.to_string());
        let named = said.message.split_once(": ").map(|(_, named)| named);
        match (kind, named) {
            (ErrorKind::UniqueViolation | ErrorKind::NotNullViolation, Some(named)) => {
                // An index on expressions is named instead of its columns.
                if let Some(index) = named.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
                    error = error.with_constraint(index);
                } else {
                    let places: Vec<(&str, &str)> =
                        named.split(", ").filter_map(|place| place.rsplit_once('.')).collect();
                    if let Some((table, _)) = places.first() {
                        error = error.with_table((*table).to_owned());
                    }
                    error = error.with_columns(places.into_iter().map(|(_, column)| column.to_owned()));
                }
            }
            (ErrorKind::CheckViolation, Some(named)) => error = error.with_constraint(named),
            (ErrorKind::UnknownTable, Some(named)) => error = error.with_table(named.to_owned()),
            (ErrorKind::UnknownColumn, Some(named)) => {
                // no such column: "agee" - should this be a string literal in single-quotes?
                let name = named.strip_suffix(" - should this be a string literal in single-quotes?").unwrap_or(named);
                error = error.with_columns([name.trim_matches('"').to_owned()]);
            }
            (ErrorKind::UnknownColumn, None) => {
                // table users has no column named agee
                let words =
                    said.message.strip_prefix("table ").and_then(|rest| rest.split_once(" has no column named "));
                if let Some((table, column)) = words {
                    error = error.with_table(table.to_owned()).with_columns([column.to_owned()]);
                }
            }
            (ErrorKind::AlreadyExists, None) => {
                let words = said.message.strip_prefix("table ").and_then(|rest| rest.strip_suffix(" already exists"));
                if let Some(table) = words {
                    error = error.with_table(table.trim_matches('"').to_owned());
                }
            }
            _ => {}
        }
        error.with_source(said)
    }
}

/// The kind, and what a person may do about it.
fn classify(code: i32, message: &str) -> (ErrorKind, &'static str) {
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            return (ErrorKind::UniqueViolation, "");
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => return (ErrorKind::NotNullViolation, ""),
        ffi::SQLITE_CONSTRAINT_CHECK => return (ErrorKind::CheckViolation, ""),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return (ErrorKind::ForeignKeyViolation, ""),
        // RESTRICT is carried out by a trigger of SQLite's own, with the text of foreign keys.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message == "FOREIGN KEY constraint failed" => {
            return (ErrorKind::ForeignKeyViolation, "");
        }
        ffi::SQLITE_CONSTRAINT_TRIGGER => {
            return (ErrorKind::Database, "raised by a trigger of the database; the source has its words");
        }
        CONSTRAINT_DATATYPE => return (ErrorKind::InvalidValue, "a STRICT table refuses a value of another type"),
        ffi::SQLITE_BUSY_SNAPSHOT => {
            return (
                ErrorKind::Busy,
                "another connection wrote after this transaction first read. Run the transaction again \
                 (`TransactionOptions::retries`), or begin it as transactions begin by default, with \
                 `LockMode::Immediate`: then it waits at its start instead",
            );
        }
        _ => {}
    }
    match code & 0xff {
        ffi::SQLITE_BUSY => (
            ErrorKind::Busy,
            "another connection or program has the lock, and did not let go of it within the busy timeout, which \
             `busy_timeout=SECONDS` in the URL sets; a deferred transaction that has read does not wait at all. Keep \
             transactions short, say `read_only()` of those that only read, and inside of a transaction use `tx`, not \
             `db`",
        ),
        ffi::SQLITE_LOCKED => (ErrorKind::Busy, "another statement of this connection uses the table"),
        ffi::SQLITE_READONLY => (ErrorKind::ReadOnly, ""),
        ffi::SQLITE_CORRUPT => (ErrorKind::Corrupt, "the database file is damaged"),
        ffi::SQLITE_NOTADB => (ErrorKind::Corrupt, "the file is not an SQLite database"),
        ffi::SQLITE_FULL => (ErrorKind::Full, "the disk is full, or the database as large as it may be"),
        ffi::SQLITE_NOMEM => (ErrorKind::Full, "no memory is left"),
        ffi::SQLITE_INTERRUPT => (ErrorKind::StatementTimeout, "the statement was cancelled"),
        ffi::SQLITE_CANTOPEN => (ErrorKind::ConnectionFailed, "the database file cannot be opened"),
        ffi::SQLITE_IOERR => (ErrorKind::Io, "the database file could not be read or written"),
        ffi::SQLITE_TOOBIG => (ErrorKind::DataTooLong, ""),
        ffi::SQLITE_MISMATCH => (ErrorKind::InvalidValue, "an integer key got a value of another type"),
        ffi::SQLITE_PERM | ffi::SQLITE_AUTH => (ErrorKind::Permission, ""),
        ffi::SQLITE_RANGE => (ErrorKind::InvalidStatement, "a bind has no placeholder"),
        ffi::SQLITE_ERROR => by_message(message),
        ffi::SQLITE_CONSTRAINT => {
            (ErrorKind::Database, "a constraint of the database refused the row; the source names it")
        }
        _ => (ErrorKind::Database, "an error without a kind of its own; the source has SQLite's words"),
    }
}

const CONSTRAINT_DATATYPE: i32 = ffi::SQLITE_CONSTRAINT | (12 << 8);

/// Errors that SQLite tells apart by their text only.
fn by_message(message: &str) -> (ErrorKind, &'static str) {
    let starts = |start: &str| message.starts_with(start);
    let ends = |end: &str| message.ends_with(end);
    if starts("no such table: ") {
        (ErrorKind::UnknownTable, "")
    } else if starts("no such column: ") || message.contains(" has no column named ") {
        (ErrorKind::UnknownColumn, "")
    } else if starts("near \"") || starts("unrecognized token") || starts("incomplete input") {
        (ErrorKind::Syntax, "the database cannot read the SQL; the source says where it stopped")
    } else if ends(" already exists") || starts("duplicate column name") || starts("there is already ") {
        (ErrorKind::AlreadyExists, "")
    } else if starts("unknown database ") {
        (ErrorKind::UnknownDatabase, "")
    } else if starts(BAD_PATTERN) {
        (ErrorKind::InvalidValue, BAD_PATTERN)
    } else if starts("malformed JSON") || starts("bad JSON path") {
        (ErrorKind::InvalidValue, "")
    } else if starts("fts5: ") || starts("malformed MATCH expression") || starts("unterminated string") {
        (ErrorKind::InvalidValue, "the full-text query is malformed; text between double quotes is taken as it is")
    } else if starts("integer overflow") {
        (ErrorKind::OutOfRange, "")
    } else if ends("no transaction is active") {
        (ErrorKind::TransactionClosed, "")
    } else if starts("too many SQL variables") {
        (ErrorKind::InvalidStatement, "the statement has more placeholders than SQLite takes")
    } else if starts("cannot start a transaction within") {
        (ErrorKind::InvalidStatement, "a transaction is open already")
    } else if starts("no such savepoint") {
        (ErrorKind::InvalidStatement, "there is no such savepoint")
    } else if starts("ambiguous column name") {
        (ErrorKind::InvalidStatement, "several tables have a column of this name: write the table before it")
    } else if starts("no such function") || starts("wrong number of arguments to function") {
        (ErrorKind::InvalidStatement, "there is no such function, or not with this number of arguments")
    } else if starts("misuse of ") {
        (ErrorKind::InvalidStatement, "a function stands where none may be")
    } else if starts("foreign key mismatch") {
        (ErrorKind::InvalidStatement, "a foreign key must point at the columns of a unique key")
    } else {
        // What SQLite refuses while it compiles a statement has this code and no other.
        (ErrorKind::InvalidStatement, "SQLite cannot run the statement; the source says why")
    }
}

/// What sqlx says while it opens or closes a connection.
pub(crate) fn from_sqlx(error: sqlx::Error) -> Error {
    if let sqlx::Error::Database(database) = &error
        && let Some(code) = database.code().and_then(|code| code.parse().ok())
    {
        return SqliteError::new(code, database.message()).into();
    }
    let kind = match &error {
        sqlx::Error::Configuration(_) => ErrorKind::Config,
        sqlx::Error::Io(_) => ErrorKind::Io,
        _ => ErrorKind::ConnectionFailed,
    };
    Error::new(kind, "the database could not be opened").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i32, message: &str) -> Error {
        SqliteError::new(code, message).into()
    }

    #[test]
    fn names_are_read_from_messages() {
        let unique = error(2067, "UNIQUE constraint failed: users.a, users.b");
        assert_eq!((unique.kind(), unique.table()), (ErrorKind::UniqueViolation, Some("users")));
        assert_eq!((unique.columns(), unique.code()), (vec!["a", "b"], Some("2067")));
        assert_eq!(unique.to_string(), "unique violation in table `users`, columns `a`, `b`");
        let index = error(2067, "UNIQUE constraint failed: index 'users_lower'");
        assert_eq!((index.constraint(), index.table()), (Some("users_lower"), None));
        assert_eq!(error(275, "CHECK constraint failed: age_check").constraint(), Some("age_check"));
        assert_eq!(error(1, "no such table: main.x").table(), Some("main.x"));
        let column = error(1, "no such column: \"agee\" - should this be a string literal in single-quotes?");
        assert_eq!(column.columns(), ["agee"]);
        let column = error(1, "table users has no column named agee");
        assert_eq!((column.kind(), column.columns()), (ErrorKind::UnknownColumn, vec!["agee"]));
    }

    #[test]
    fn codes_decide_the_kind() {
        for (code, kind) in [
            (1555, ErrorKind::UniqueViolation),
            (2579, ErrorKind::UniqueViolation),
            (1299, ErrorKind::NotNullViolation),
            (787, ErrorKind::ForeignKeyViolation),
            (3091, ErrorKind::InvalidValue),
            (5, ErrorKind::Busy),
            (261, ErrorKind::Busy),
            (517, ErrorKind::Busy),
            (6, ErrorKind::Busy),
            (262, ErrorKind::Busy),
            (8, ErrorKind::ReadOnly),
            (1032, ErrorKind::ReadOnly),
            (11, ErrorKind::Corrupt),
            (26, ErrorKind::Corrupt),
            (13, ErrorKind::Full),
            (9, ErrorKind::StatementTimeout),
            (14, ErrorKind::ConnectionFailed),
            (266, ErrorKind::Io),
            (18, ErrorKind::DataTooLong),
            (20, ErrorKind::InvalidValue),
            (21, ErrorKind::Database),
        ] {
            assert_eq!(error(code, "x").kind(), kind, "{code}");
        }
    }
}
