//! What the client's errors mean.

use orm_core::{Error, ErrorKind};
use sqlx::error::ErrorKind as Sqlx;

/// The kind that users branch on; the client's error is kept as the source, its code as the code.
pub(crate) fn map(error: sqlx::Error) -> Error {
    let Some(database) = error.as_database_error() else {
        let kind = match error {
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => ErrorKind::ConnectionLost,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnIndexOutOfBounds { .. } => ErrorKind::Decode,
            _ => ErrorKind::Database,
        };
        return Error::new(kind, error.to_string()).with_source(error);
    };
    let message = database.message().to_owned();
    let kind = match database.kind() {
        Sqlx::UniqueViolation => ErrorKind::UniqueViolation,
        Sqlx::ForeignKeyViolation => ErrorKind::ForeignKeyViolation,
        Sqlx::NotNullViolation => ErrorKind::NotNullViolation,
        Sqlx::CheckViolation => ErrorKind::CheckViolation,
        _ if message.starts_with("no such table") => ErrorKind::UnknownTable,
        _ if message.starts_with("no such column") => ErrorKind::UnknownColumn,
        _ if message.contains("syntax error") => ErrorKind::Syntax,
        _ if message.contains("is locked") => ErrorKind::Busy,
        _ => ErrorKind::Database,
    };
    let code = database.code().map(|code| code.into_owned());
    let mapped = Error::new(kind, message);
    match code {
        Some(code) => mapped.with_code(code),
        None => mapped,
    }
    .with_source(error)
}
