//! One connection: runs statements and transactions.

use std::borrow::Cow;

use async_trait::async_trait;

use super::Reads;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Discard, RowSink};
use crate::value::Value;

/// A statement to run: everything that is sent is one of these, transaction control included.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Query<'q> {
    /// The text, under which a prepared statement is kept; so it holds nothing that differs from run to run.
    pub sql: &'q str,
    /// The values, in the order of their placeholders.
    pub binds: &'q [Value],
    /// Whether the prepared statement is worth keeping.
    pub cacheable: bool,
    /// What it may do to the connection beside what it is run for.
    pub effects: Effects,
    /// The columns of models that the rows have.
    pub reads: Reads<'q>,
    /// Whether it binds or reads values of encrypted columns. If so, a session must run it with [`fetch_sealed`](super::fetch_sealed).
    pub sealed: bool,
}

/// What raw SQL may do to the connection it runs on, beside what it is run for. Who sends raw SQL says so; statements that
/// the ORM writes have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effects {
    /// Its words do not tell whether it begins or ends a transaction: the database has to be asked.
    pub transaction: bool,
    /// It may leave something in the session: a setting, a lock, a temporary table. The connection is closed after it.
    pub session: bool,
}

impl Effects {
    /// None at all.
    pub const NONE: Self = Self { transaction: false, session: false };
}

impl<'q> Query<'q> {
    /// A statement whose prepared form is worth keeping.
    pub const fn new(sql: &'q str, binds: &'q [Value]) -> Self {
        Self { sql, binds, cacheable: true, effects: Effects::NONE, reads: Reads::Nothing, sealed: false }
    }

    /// A statement without values that is sent once.
    pub const fn text(sql: &'q str) -> Self {
        Self::new(sql, &[]).cacheable(false)
    }

    /// Says whether the prepared statement is worth keeping.
    #[must_use]
    pub const fn cacheable(mut self, cacheable: bool) -> Self {
        self.cacheable = cacheable;
        self
    }

    /// Says what the statement may do to the connection.
    #[must_use]
    pub const fn effects(mut self, effects: Effects) -> Self {
        self.effects = effects;
        self
    }

    /// Says which columns of models the rows have.
    #[must_use]
    pub fn reading(mut self, reads: Reads<'q>) -> Self {
        self.reads = reads;
        self.sealed |= reads.are_sealed();
        self
    }

    /// Sets whether some of the binds are values of encrypted columns.
    #[must_use]
    pub const fn sealed(mut self, sealed: bool) -> Self {
        self.sealed |= sealed;
        self
    }
}

/// What a statement did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Rows inserted, matched by an update, or deleted.
    pub rows_affected: u64,
    /// The key of the first inserted row, on databases that report one; an unsigned one by its bits.
    pub last_insert_id: Option<i64>,
}

/// One connection to a database. Futures are cancel-safe: see the duties in [`driver`](crate::driver).
#[async_trait]
pub trait Connection: Send + std::fmt::Debug {
    /// Runs a statement and pushes its rows into the sink.
    ///
    /// # Errors
    /// The database's, mapped; the sink's, as they are.
    async fn fetch(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done>;

    /// Runs a statement whose rows nobody wants.
    ///
    /// # Errors
    /// The database's, mapped.
    async fn execute(&mut self, query: Query<'_>) -> Result<Done> {
        self.fetch(query, &mut Discard).await
    }

    /// Runs several statements without values, separated by semicolons.
    ///
    /// # Errors
    /// The first statement's that fails; those before it have run.
    async fn batch(&mut self, sql: &str) -> Result<()>;

    /// The statement that [`control`](Self::control) sends for a step. The default writes it as the standard does, and
    /// knows no options of transactions.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for options the database lacks.
    fn control_sql(&self, step: Control<'_>) -> Result<Cow<'static, str>> {
        step.standard_sql()
    }

    /// Takes a step of a transaction, with the statement that [`control_sql`](Self::control_sql) gave for it.
    ///
    /// From the first poll of [`Control::Begin`] on, and until [`Control::Commit`] or [`Control::Rollback`] succeeds,
    /// [`in_transaction`](Self::in_transaction) is true; false after an error of a statement means that the database has
    /// undone the transaction on its own.
    ///
    /// # Errors
    /// The database's, mapped. For a commit, [`ErrorKind::AmbiguousCommit`](crate::ErrorKind::AmbiguousCommit) when the
    /// connection broke while the answer was awaited. A connection is broken after a rollback that failed.
    async fn control(&mut self, step: Control<'_>, query: Query<'_>) -> Result<()>;

    /// Opens a transaction.
    ///
    /// # Errors
    /// As [`control_sql`](Self::control_sql) and [`control`](Self::control).
    async fn begin(&mut self, options: &BeginOptions) -> Result<()> {
        let sql = self.control_sql(Control::Begin(options))?;
        self.control(Control::Begin(options), Query::new(&sql, &[])).await
    }

    /// Makes the transaction's changes permanent.
    ///
    /// # Errors
    /// As [`control`](Self::control).
    async fn commit(&mut self) -> Result<()> {
        let sql = self.control_sql(Control::Commit)?;
        self.control(Control::Commit, Query::new(&sql, &[])).await
    }

    /// Undoes the transaction's changes.
    ///
    /// # Errors
    /// As [`control`](Self::control).
    async fn rollback(&mut self) -> Result<()> {
        let sql = self.control_sql(Control::Rollback)?;
        self.control(Control::Rollback, Query::new(&sql, &[])).await
    }

    /// Whether a transaction may be open.
    fn in_transaction(&self) -> bool;

    /// Asks the database whether the connection has a transaction open that nobody began through
    /// [`control`](Self::control), or begins one with its next statement; what is open is rolled back. Asked outside of
    /// transactions, after [raw SQL that may have begun one](Effects::transaction); the connection is closed when there is.
    ///
    /// # Errors
    /// When the database could not be asked.
    async fn has_stray_transaction(&mut self) -> Result<bool> {
        Ok(self.in_transaction())
    }

    /// Undoes an open transaction at once when that needs no waiting; otherwise leaves it to the next
    /// [`reset`](Self::reset).
    fn abandon(&mut self) {}

    /// Makes a connection that was given back fit for the next user: an open transaction is rolled back, an operation
    /// that was cut off is finished.
    ///
    /// # Errors
    /// When that failed; the connection must then be closed.
    async fn reset(&mut self) -> Result<()> {
        if self.in_transaction() { self.rollback().await } else { Ok(()) }
    }

    /// Whether [`reset`](Self::reset) has something to do.
    fn needs_reset(&self) -> bool {
        self.in_transaction()
    }

    /// Asks the server whether it is there.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionLost`](crate::ErrorKind::ConnectionLost) when it is not.
    async fn ping(&mut self) -> Result<()>;

    /// Whether the connection cannot be used any more.
    fn is_broken(&self) -> bool;

    /// Closes the connection, telling the server. Where an operation was cut off, ends what the server still does for it.
    /// Called of broken connections too; given up after some seconds.
    async fn close(self: Box<Self>);
}

/// A step of a transaction. Savepoints are named by their level, counted from 2 since the transaction itself is 1.
#[derive(Debug, Clone, Copy)]
pub enum Control<'c> {
    /// Opens a transaction.
    Begin(&'c BeginOptions),
    /// Makes the transaction's changes permanent.
    Commit,
    /// Undoes the transaction's changes.
    Rollback,
    /// Opens the savepoint of a level.
    Savepoint(u32),
    /// Ends a savepoint and keeps its changes.
    Release(u32),
    /// Undoes the changes since a savepoint and ends it.
    Undo(u32),
}

impl Control<'_> {
    /// The statement as the standard has it.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a beginning with options, which differ by database.
    pub fn standard_sql(self) -> Result<Cow<'static, str>> {
        Ok(match self {
            Self::Begin(options) if *options == BeginOptions::default() => "BEGIN".into(),
            Self::Begin(_) => return Err(Error::new(ErrorKind::Unsupported, "options of transactions")),
            Self::Commit => "COMMIT".into(),
            Self::Rollback => "ROLLBACK".into(),
            Self::Savepoint(level) => format!("SAVEPOINT orm_{level}").into(),
            Self::Release(level) => format!("RELEASE SAVEPOINT orm_{level}").into(),
            // Rolling back to a savepoint leaves it open.
            Self::Undo(level) => format!("ROLLBACK TO SAVEPOINT orm_{level}; RELEASE SAVEPOINT orm_{level}").into(),
        })
    }
}

/// How a transaction begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BeginOptions {
    /// The isolation level; `None` is the database's default.
    pub isolation: Option<Isolation>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Whether a read-only serializable transaction may wait for a safe snapshot (PostgreSQL).
    pub deferrable: bool,
    /// When locks are taken (SQLite).
    pub lock_mode: Option<LockMode>,
}

/// Isolation levels of the SQL standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Sees changes that others have not committed.
    ReadUncommitted,
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first one.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// The level's name in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// When a transaction of SQLite takes its locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// At the first statement that needs them.
    Deferred,
    /// For writing, at once.
    Immediate,
    /// For writing, and against readers where the journal mode needs it, at once.
    Exclusive,
}
