//! The server's errors as the ORM's: SQLSTATE decides the kind (`codes`), the fields of the error
//! message (manual, 55.8) and its detail tell table, columns and constraint. The client's own error is the source.

mod codes;

use std::borrow::Cow;

use orm_core::driver::connect_advice;
use orm_core::{Error, ErrorKind};
use orm_server::Silent;
use sqlx::postgres::{PgDatabaseError, PgErrorPosition, PgSeverity};

use self::codes::meaning;
use crate::pooler;

/// The server's error inside the client's.
pub(crate) fn server(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// Whether the connection ended with this error.
pub(crate) fn ends_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(_) => server(error).is_none_or(|error| {
            // 57P05 and 25P03 come as FATAL too; the codes are for servers and poolers that say less.
            matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
                || matches!(error.code(), "57P01" | "57P02" | "57P03" | "57P05" | "25P03")
                // A wrong number of values ends the statement alone.
                || (error.code().starts_with("08") && error.code() != "08P01")
        }),
        sqlx::Error::Encode(_)
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::TypeNotFound { .. } => false,
        _ => true,
    }
}

/// Whether a prepared statement is not what it was: a table or type changed under it, or someone dropped it.
pub(crate) fn is_stale_statement(error: &sqlx::Error) -> bool {
    server(error).is_some_and(|error| match error.code() {
        // "cached plan must not change result type"; the routine's name is not translated.
        "0A000" => error.routine() == Some("RevalidateCachedQuery"),
        // Messages of internal errors are not translated.
        "XX000" => error.message().starts_with("cache lookup failed for "),
        _ => false,
    })
}

/// Whether the statement cannot run inside a transaction; nothing of it has run.
pub(crate) fn wants_no_transaction(error: &sqlx::Error) -> bool {
    server(error).is_some_and(|error| error.code() == "25001")
}

/// An error while connecting to a place.
pub(crate) fn connecting(error: sqlx::Error, place: &str) -> Error {
    let io = match &error {
        sqlx::Error::Io(io) => Some(io),
        _ => None,
    };
    let advice = |kind| match server(&error).map(PgDatabaseError::code) {
        Some("57P03") => "the server is starting, stopping or recovering: try again",
        Some("28000") => {
            "the server does not let this user in from here: its pg_hba.conf has no rule for that, or one that wants \
             encryption (or none) or a certificate, or the role may not log in"
        }
        Some("08P01") if kind == ErrorKind::TooManyConnections => "the pooler has no connection of the server to give",
        Some("08P01") => {
            "the server does not know what it was asked: is it PostgreSQL, or a pooler that takes no options?"
        }
        None if matches!(error, sqlx::Error::Tls(_)) => {
            "no encrypted connection could be made: check `sslmode`, and the files of the certificates"
        }
        None if matches!(error, sqlx::Error::Configuration(_)) => "the options cannot be used",
        None if matches!(error, sqlx::Error::Protocol(_)) => {
            "the answer is not PostgreSQL's, or there was none: check host and port, and the server's log"
        }
        Some("42704" | "22023") => "the server does not know a setting of the options, or not its value",
        _ => connect_advice(kind, io),
    };
    let kind = match &error {
        sqlx::Error::Configuration(_) => ErrorKind::Config,
        _ if server(&error).is_some_and(|error| matches!(error.code(), "42704" | "22023")) => ErrorKind::Config,
        _ => match server(&error).map(|error| told(error).0) {
            None | Some(ErrorKind::ConnectionLost | ErrorKind::Io) => ErrorKind::ConnectionFailed,
            Some(kind) => kind,
        },
    };
    let message = format!("{place}: {}", advice(kind));
    map(error).with_kind(kind).with_message(message)
}

/// The error of a transaction in which a prepared statement was not what it was.
pub(crate) fn stale(error: sqlx::Error) -> Error {
    let code = server(&error).map(|error| error.code().to_owned()).unwrap_or_default();
    let message = "a table or type changed under a prepared statement; run the transaction again";
    Error::new(ErrorKind::Serialization, message).with_code(code).with_source(error)
}

/// An error of a statement.
pub(crate) fn map(error: sqlx::Error) -> Error {
    let Some(cause) = server(&error) else {
        if let Some(silent) = Silent::cause(&error) {
            return Error::new(ErrorKind::ConnectionLost, silent.of_statement()).with_source(error);
        }
        let (kind, words) = match &error {
            sqlx::Error::Configuration(_) => (ErrorKind::Config, ""),
            sqlx::Error::Tls(_) => (ErrorKind::ConnectionFailed, ""),
            sqlx::Error::Encode(_) => (ErrorKind::Encode, "the value has no form in the binary protocol"),
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => (
                ErrorKind::Decode,
                "the client does not know a type of the result, such as a multirange: convert it to text in the query",
            ),
            sqlx::Error::ColumnIndexOutOfBounds { .. } | sqlx::Error::ColumnNotFound(_) => {
                (ErrorKind::Decode, "the result has no such column")
            }
            sqlx::Error::TypeNotFound { .. } => {
                (ErrorKind::InvalidStatement, "there is no such type; an extension may be missing")
            }
            sqlx::Error::Database(_) => (ErrorKind::Database, "the source has the server's words"),
            _ => (ErrorKind::ConnectionLost, ""),
        };
        return Error::new(kind, words).with_source(error);
    };
    let (kind, words) = told(cause);
    let mut mapped = Error::new(kind, words).with_code(cause.code());
    if let Some(table) = cause.table() {
        mapped = mapped.with_table(table.to_owned());
    }
    if let Some(constraint) = cause.constraint() {
        mapped = mapped.with_constraint(constraint);
    }
    let columns = columns(kind, cause);
    if !columns.is_empty() {
        mapped = mapped.with_columns(columns);
    }
    if kind == ErrorKind::UnknownTable
        && let Some(table) = first_quoted(cause.message())
    {
        mapped = mapped.with_table(table.to_owned());
    }
    if let (ErrorKind::Syntax, Some(PgErrorPosition::Original(character))) = (kind, cause.position()) {
        mapped = mapped.with_message(format!("the database cannot read the SQL from its character {character} on"));
    }
    mapped.with_source(error)
}

/// The kind of a server's error, and what to do about it.
fn told(cause: &PgDatabaseError) -> (ErrorKind, Cow<'static, str>) {
    let (kind, words) = meaning(cause.code());
    if let Some(words) = pooler::of_statement(cause.code()) {
        return (ErrorKind::Config, words.into());
    }
    match (kind, cause.detail()) {
        // What reads the text of full-text queries; the names of its files are not translated.
        _ if cause.code() == "42601" && matches!(cause.file(), Some("tsquery.c" | "tsvector_parser.c")) => {
            let words = "the full-text query is malformed; `plainto_tsquery` and `websearch_to_tsquery` take any text";
            (ErrorKind::InvalidValue, words.into())
        }
        // What its parser says of parentheses; of other nesting, the server says 54001.
        _ if cause.code() == "42601" && cause.message().contains("memory exhausted") => {
            let (kind, words) = meaning("54001");
            (kind, words.into())
        }
        // The server's own is about one statement. Poolers end the connection with it, whatever the matter is.
        _ if cause.code() == "08P01" && cause.severity() == PgSeverity::Fatal => of_pooler(cause.message()),
        // "view v depends on table t", one a line; nothing but names.
        (ErrorKind::HasDependents, Some(detail)) => (kind, detail.replace('\n', "; ").into()),
        // The routine's name is not translated.
        (ErrorKind::Unsupported, _) if cause.routine() == Some("heap_truncate_check_FKs") => {
            let words = "rows of other tables may point here, so the table cannot be truncated: delete its rows";
            (ErrorKind::ForeignKeyViolation, words.into())
        }
        _ => (kind, words.into()),
    }
}

/// What a pooler ends a connection with. Its words are PgBouncer's, which does not translate them.
fn of_pooler(message: &str) -> (ErrorKind, Cow<'static, str>) {
    if message.contains("query_wait_timeout") {
        return (ErrorKind::TooManyConnections, "the pooler had no connection of the server to give in time".into());
    }
    let kind = match message.contains("startup parameter") {
        true => ErrorKind::Config,
        false => ErrorKind::ConnectionLost,
    };
    (kind, "the pooler before the server ended the connection; the source has its words".into())
}

/// The columns concerned.
fn columns(kind: ErrorKind, cause: &PgDatabaseError) -> Vec<String> {
    if let Some(column) = cause.column() {
        return vec![column.to_owned()];
    }
    match kind {
        ErrorKind::UniqueViolation | ErrorKind::ExclusionViolation => {
            cause.detail().and_then(key_columns).unwrap_or_default()
        }
        // "update or delete on table .. violates foreign key constraint .. on table ..": the key shown is that of the
        // table pointed at, while the constraint is the other table's.
        ErrorKind::ForeignKeyViolation if cause.message().starts_with("insert or update") => {
            cause.detail().and_then(plain_key_columns).unwrap_or_default()
        }
        ErrorKind::UnknownColumn => missing_column(cause.message()).map(str::to_owned).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The column of `column "a" of relation "t" does not exist` and of `column t.a does not exist`.
fn missing_column(message: &str) -> Option<&str> {
    first_quoted(message).or_else(|| {
        let name = message.strip_prefix("column ")?.strip_suffix(" does not exist")?;
        Some(name.rsplit('.').next().unwrap_or(name))
    })
}

/// The first name in quotes of a message.
fn first_quoted(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once('"')?;
    let (name, _) = rest.split_once('"')?;
    Some(name)
}

/// The columns of `Key (a, b)=(1, 2) already exists.` Names are quoted where SQL needs it; expressions of an index
/// stand among them and are left out. `None` when the text has another form.
fn key_columns(detail: &str) -> Option<Vec<String>> {
    let list = detail.split_once('(')?.1;
    let mut columns = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in list.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ',') if depth == 0 => {
                columns.extend(column(&list[start..at]));
                start = at + 1;
            }
            (None, ')') if depth == 0 => {
                columns.extend(column(&list[start..at]));
                return list[at..].starts_with(")=(").then_some(columns);
            }
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// One entry of the list, when it is a column rather than an expression. What stands after a column's name, such as
/// `WITH` and an operator, belongs to the constraint.
fn column(entry: &str) -> Option<String> {
    let entry = entry.trim();
    if let Some(inner) = entry.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let name = inner.replace("\"\"", "\u{0}");
        return (!name.contains('"')).then(|| name.replace('\u{0}', "\""));
    }
    let plain = !entry.is_empty() && entry.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
    plain.then(|| entry.to_owned())
}

/// The columns of a foreign key's detail, where names are never quoted.
fn plain_key_columns(detail: &str) -> Option<Vec<String>> {
    let (list, _) = detail.split_once('(')?.1.split_once(")=(")?;
    Some(list.split(", ").map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pooler_says_everything_by_one_code() {
        assert_eq!(of_pooler("query_wait_timeout").0, ErrorKind::TooManyConnections);
        assert_eq!(of_pooler("unsupported startup parameter: options").0, ErrorKind::Config);
        assert_eq!(of_pooler("server conn crashed?").0, ErrorKind::ConnectionLost);
    }

    #[test]
    fn columns_are_read_from_the_detail_whatever_the_values() {
        let check = |detail: &str, expected: &[&str]| assert_eq!(key_columns(detail).unwrap(), expected, "{detail}");
        check("Key (email)=(a@b.c) already exists.", &["email"]);
        check("Key (a, b)=(1, 2) already exists.", &["a", "b"]);
        check("Key (a)=(x)=(y, \"z\") already exists.", &["a"]);
        check(
            r#"Key ("we""ird)=(", "Two Words", plain)=(1, 2, 3) already exists."#,
            &["we\"ird)=(", "Two Words", "plain"],
        );
        check("Key (lower(email::text), tenant)=(x, 1) already exists.", &["tenant"]);
        check("Key ((a || ')=('::text))=(x) already exists.", &[]);
        check("Schlüssel »(id)=(1)« existiert bereits.", &["id"]);
        for other in ["", "Key", "Key (a", "Key (a) is odd", "Key \"(a)=(1)"] {
            assert!(key_columns(other).is_none() || other.contains("=("), "{other}");
        }
    }

    #[test]
    fn foreign_keys_show_names_as_they_are() {
        let detail = "Key (user_id, Odd \"name)=(1, 2) is not present in table \"users\".";
        assert_eq!(plain_key_columns(detail).unwrap(), ["user_id", "Odd \"name"]);
    }
}
