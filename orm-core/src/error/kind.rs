//! The classes of failure that users branch on.

use std::fmt;

/// The class of an [`Error`](crate::Error). Fieldless: the facts are on the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A unique or primary key already has this value.
    UniqueViolation,
    /// A foreign key points at no row, or a row that is still pointed at was removed.
    ForeignKeyViolation,
    /// NULL in a column that forbids it.
    NotNullViolation,
    /// A CHECK constraint refused the row.
    CheckViolation,
    /// An exclusion constraint refused the row.
    ExclusionViolation,
    /// Rules of the model do not hold for what was to be written: [`Error::violations`](crate::Error::violations) has them.
    Validation,
    /// Two transactions waited for each other and this one was chosen to fail; run it again.
    Deadlock,
    /// The transaction could not be serialized with concurrent ones; run it again.
    Serialization,
    /// A lock was not granted in time.
    LockTimeout,
    /// The database gave the statement up after its time limit, or it was cancelled.
    StatementTimeout,
    /// The database is locked by another connection; try again.
    Busy,
    /// A write on a read-only database or transaction.
    ReadOnly,
    /// The database file is damaged or is not a database.
    Corrupt,
    /// The server or the disk has no room.
    Full,
    /// The server refuses further connections.
    TooManyConnections,
    /// User, password or certificate was refused.
    Auth,
    /// The user may not do this.
    Permission,
    /// The database does not exist.
    UnknownDatabase,
    /// The table does not exist.
    UnknownTable,
    /// The column does not exist.
    UnknownColumn,
    /// The table, index or other object exists already.
    AlreadyExists,
    /// Other objects, such as views or foreign keys, depend on what was to be dropped.
    HasDependents,
    /// A table is there and is not what its model declares.
    SchemaDiffers,
    /// A migration cannot be run: its files do not agree with what the database has had, or an earlier one did not end.
    Migration,
    /// The database could not parse the SQL.
    Syntax,
    /// The connection broke while it was in use.
    ConnectionLost,
    /// No connection could be made.
    ConnectionFailed,
    /// No connection of the pool became free in time.
    AcquireTimeout,
    /// The pool is closed.
    PoolClosed,
    /// A value is longer than its column.
    DataTooLong,
    /// A number or date is outside its column's range.
    OutOfRange,
    /// The database refused a value for another reason, such as malformed text or JSON.
    InvalidValue,
    /// The connection broke during COMMIT: the transaction may or may not have been applied.
    AmbiguousCommit,
    /// The transaction took longer than its limit.
    TransactionTimeout,
    /// The transaction has ended already.
    TransactionClosed,
    /// A value of a row is not of the Rust type that was asked for.
    Decode,
    /// A value that the database cannot store exactly.
    Encode,
    /// A value of an encrypted column cannot be encrypted or decrypted: the handle has no keys, the value's key is missing, or the
    /// value was modified or belongs to another column.
    Encryption,
    /// A relation that was not loaded was read.
    NotLoaded,
    /// The row to change, reload or remove is not there.
    NotFound,
    /// The row was changed by someone else since it was read.
    Stale,
    /// SQL that the dialect cannot express.
    Unsupported,
    /// A statement that makes no sense, such as a column of a table that the query does not read.
    InvalidStatement,
    /// A cursor of a page that is broken, or of another query.
    InvalidCursor,
    /// A request asks of a list what it does not give.
    InvalidRequest,
    /// A URL or an option that cannot be used.
    Config,
    /// Reading or writing a file or socket failed.
    Io,
    /// Anything else the database reported.
    Database,
}

impl ErrorKind {
    /// Whether what the database or a decoder says about such a failure may quote values.
    pub(super) fn may_quote_values(self) -> bool {
        matches!(
            self,
            Self::UniqueViolation
                | Self::ForeignKeyViolation
                | Self::NotNullViolation
                | Self::CheckViolation
                | Self::ExclusionViolation
                | Self::DataTooLong
                | Self::OutOfRange
                | Self::InvalidValue
                | Self::Decode
                | Self::Encode
                | Self::Database
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UniqueViolation => "unique violation",
            Self::ForeignKeyViolation => "foreign key violation",
            Self::NotNullViolation => "not null violation",
            Self::CheckViolation => "check violation",
            Self::ExclusionViolation => "exclusion violation",
            Self::Validation => "not valid",
            Self::Deadlock => "deadlock",
            Self::Serialization => "serialization failure",
            Self::LockTimeout => "lock timeout",
            Self::StatementTimeout => "statement timeout",
            Self::Busy => "database busy",
            Self::ReadOnly => "read-only database",
            Self::Corrupt => "corrupt database",
            Self::Full => "no space left",
            Self::TooManyConnections => "too many connections",
            Self::Auth => "authentication failed",
            Self::Permission => "permission denied",
            Self::UnknownDatabase => "unknown database",
            Self::UnknownTable => "unknown table",
            Self::UnknownColumn => "unknown column",
            Self::AlreadyExists => "already exists",
            Self::HasDependents => "has dependents",
            Self::SchemaDiffers => "the schema differs",
            Self::Migration => "migration refused",
            Self::Syntax => "syntax error",
            Self::ConnectionLost => "connection lost",
            Self::ConnectionFailed => "connection failed",
            Self::AcquireTimeout => "no free connection",
            Self::PoolClosed => "pool closed",
            Self::DataTooLong => "data too long",
            Self::OutOfRange => "out of range",
            Self::InvalidValue => "invalid value",
            Self::AmbiguousCommit => "ambiguous commit",
            Self::TransactionTimeout => "transaction timeout",
            Self::TransactionClosed => "transaction closed",
            Self::Decode => "type mismatch",
            Self::Encode => "value cannot be stored",
            Self::Encryption => "encryption",
            Self::NotLoaded => "relation not loaded",
            Self::NotFound => "row not found",
            Self::Stale => "stale row",
            Self::Unsupported => "not supported",
            Self::InvalidStatement => "invalid statement",
            Self::InvalidCursor => "invalid cursor",
            Self::InvalidRequest => "invalid request",
            Self::Config => "configuration error",
            Self::Io => "input/output error",
            Self::Database => "database error",
        })
    }
}
