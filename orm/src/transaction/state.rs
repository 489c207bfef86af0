//! A leased connection and what is open on it: nothing, a transaction, savepoints. [`TransactionState`] is used by one owner at a
//! time; who that is, is decided by `Transaction` and by `Pinned`.
//!
//! Whatever was cut off by a dropped future is noted before the future's first poll and undone before the next
//! statement: a savepoint that was left open is rolled back to, a savepoint command that was cut off fails the whole
//! transaction.

use std::sync::Arc;
use std::time::Duration;

use orm_core::dialect::Lexical;
use orm_core::driver::{BeginOptions, Context, Control, Done, Effects, Query, StatementKind, statement_kind};
use orm_core::row::RowSink;
use orm_core::{Error, ErrorKind, Result};
use tokio::time::{Instant, timeout_at};

use crate::journal::{Journal, Reads, Writing};
use crate::observe::Observer;
use crate::pool::Lease;

/// How long the end of a transaction may take, though its time is over.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A connection with the transaction on it.
#[derive(Debug, Default)]
pub(crate) struct TransactionState {
    lease: Lease,
    /// 0: no transaction; 1: a transaction; above: savepoints.
    level: u32,
    /// The level that was left without an end, and all above it.
    undo: Option<u32>,
    /// Why the transaction can only be rolled back.
    failure: Option<Failure>,
    /// The last statement failed in a way that running everything again may mend.
    retryable: bool,
    /// When the transaction's time is over.
    deadline: Option<Instant>,
    /// Nobody else may write until the transaction ends.
    locks: bool,
    /// The journal of the handle.
    journal: Option<Arc<Journal>>,
    /// Whether a statement of the transaction may have written.
    wrote: bool,
    /// Whether the transaction is read-only.
    read_only: bool,
}

/// Why a transaction can only be rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The database rolled it back.
    RolledBack(ErrorKind),
    /// The connection broke.
    Lost,
    /// The time is over.
    TimedOut,
    /// A command about a savepoint was cut off.
    CutOff,
    /// A statement was cut off, and the connection with it.
    StatementCutOff,
    /// Raw SQL ended it: it is unknown what of it was committed.
    Ended,
}

impl Failure {
    /// The error of a statement that comes too late.
    fn refusal(self) -> Error {
        match self {
            Self::RolledBack(kind) => Error::new(
                ErrorKind::TransactionClosed,
                format!("the database rolled the transaction back ({kind}); run it again from its start"),
            ),
            Self::Lost => Error::new(ErrorKind::TransactionClosed, "its connection broke; nothing was committed"),
            Self::TimedOut => timed_out(),
            Self::StatementCutOff => Error::new(
                ErrorKind::TransactionClosed,
                "a statement of it was cut off by dropping its future, as a timeout or `select!` around it does, and the \
                 connection with it; nothing was committed. `TransactionOptions::timeout` and the server's statement \
                 timeout end statements in good order",
            ),
            Self::Ended => Error::new(
                ErrorKind::TransactionClosed,
                "raw SQL ended the transaction it ran in, in a procedure or another place that is seen by the database \
                 alone; what came before it may be committed. Run such SQL on the database rather than in a transaction",
            ),
            Self::CutOff => Error::new(
                ErrorKind::TransactionClosed,
                "the beginning or end of a savepoint was cut off by dropping its future; it can only be rolled back",
            ),
        }
    }

    /// The error of a commit that became a rollback.
    fn of_commit(self) -> Error {
        match self {
            Self::RolledBack(kind) => Error::new(kind, "an earlier statement failed; nothing was committed"),
            Self::Ended => self.refusal().with_kind(ErrorKind::AmbiguousCommit),
            other => other.refusal(),
        }
    }
}

/// Whether a statement begins a transaction beside which no other writes. How text is quoted is nothing to its words.
fn takes_lock(begin: &str) -> bool {
    matches!(statement_kind(begin, Lexical::STANDARD), StatementKind::Begin { locks: true })
}

pub(super) fn timed_out() -> Error {
    Error::new(ErrorKind::TransactionTimeout, "it was rolled back")
}

impl TransactionState {
    pub(crate) fn new(lease: Lease, deadline: Option<Instant>) -> Self {
        Self {
            lease,
            level: 0,
            undo: None,
            failure: None,
            retryable: false,
            deadline,
            locks: false,
            journal: None,
            wrote: false,
            read_only: false,
        }
    }

    /// Records writes in the handle's journal, if it has one.
    pub(crate) fn noting(mut self, context: &Context) -> Self {
        self.journal = Reads::journal(context).cloned();
        self
    }

    /// Records a statement that may write. Outside a transaction, it commits by itself.
    fn writes(&mut self, sql: &str) -> Option<Writing> {
        let journal = self.journal.as_ref()?;
        if statement_kind(sql, Lexical::STANDARD) == StatementKind::Read {
            return None;
        }
        self.wrote = true;
        (self.level == 0).then(|| journal.writes())
    }

    /// Whether this is what is left where the connection was taken away.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.lease.is_empty()
    }

    /// Whether nobody else may write until the transaction ends.
    pub(super) fn locks(&self) -> bool {
        self.locks
    }

    /// Whether running the whole transaction again may succeed, by what its statements gave.
    pub(crate) fn is_retryable(&self) -> bool {
        let asks = |kind| matches!(kind, ErrorKind::Deadlock | ErrorKind::Serialization);
        match self.failure {
            // COMMIT was not sent yet, so nothing took effect.
            Some(Failure::Lost) => true,
            Some(Failure::RolledBack(kind)) if asks(kind) => true,
            _ => self.retryable,
        }
    }

    /// Whether the database has undone the transaction on its own.
    fn is_undone(&mut self) -> bool {
        self.lease.connection().is_ok_and(|connection| !connection.in_transaction())
    }

    pub(crate) async fn fetch(
        &mut self,
        observer: &Observer,
        query: Query<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<Done> {
        self.settle(observer).await?;
        if query.effects.session {
            self.lease.retire();
        }
        if query.effects.transaction && self.level > 0 {
            let watched = query.effects(Effects::NONE);
            self.mark(observer).await?;
            let result = Box::pin(self.fetch(observer, watched, sink)).await;
            return self.check_mark(observer, result).await;
        }
        let writing = self.writes(query.sql);
        self.lease.set_at_work(true);
        let statement = observer.fetch(self.lease.connection()?, query, sink);
        let result = within(self.deadline, statement).await;
        if let Some(writing) = writing {
            writing.end(observer, self.lease.connection()?, &result).await;
        }
        self.lease.set_at_work(false);
        self.note(&result);
        result
    }

    pub(crate) async fn batch(&mut self, observer: &Observer, script: Query<'_>) -> Result<()> {
        self.settle(observer).await?;
        if script.effects.session {
            self.lease.retire();
        }
        let marked = script.effects.transaction && self.level > 0;
        if marked {
            self.mark(observer).await?;
        }
        let writing = self.writes(script.sql);
        self.lease.set_at_work(true);
        let result = within(self.deadline, observer.batch(self.lease.connection()?, script.sql)).await;
        if let Some(writing) = writing {
            writing.end(observer, self.lease.connection()?, &result).await;
        }
        self.lease.set_at_work(false);
        self.note(&result);
        if marked { self.check_mark(observer, result).await } else { result }
    }

    /// Opens a savepoint by which [`check_mark`](Self::check_mark) sees whether the transaction is still the same: no
    /// other mark ends with it in every case.
    #[cold]
    async fn mark(&mut self, observer: &Observer) -> Result<()> {
        let step = Control::Savepoint(self.level + 1);
        let result = within(self.deadline, observer.control(self.lease.connection()?, step)).await;
        self.note(&result);
        result
    }

    /// Ends the savepoint of [`mark`](Self::mark). If it is gone, the transaction is over.
    #[cold]
    async fn check_mark<T>(&mut self, observer: &Observer, result: Result<T>) -> Result<T> {
        if self.failure.is_some() {
            return result;
        }
        let level = self.level + 1;
        let mut kept = within(self.deadline, observer.control(self.lease.connection()?, Control::Release(level))).await;
        if kept.is_err() && result.is_err() {
            // Where a failed statement spoils the transaction, nothing but this is taken.
            kept = within(self.deadline, observer.control(self.lease.connection()?, Control::Undo(level))).await;
        }
        let Err(gone) = kept else { return result };
        self.note::<T>(&Err(gone));
        if self.failure.is_none_or(|failure| matches!(failure, Failure::RolledBack(_))) {
            self.failure = Some(Failure::Ended);
            self.lease.retire();
        }
        let Some(failure) = self.failure else { return result };
        Err(match result {
            Ok(_) => failure.refusal(),
            Err(error) => failure.refusal().with_source(error),
        })
    }

    /// Keeps what a statement's result means for the transaction around it.
    fn note<T>(&mut self, result: &Result<T>) {
        let Err(error) = result else {
            self.retryable = false;
            return;
        };
        if !(self.read_only && error.kind() == ErrorKind::ReadOnly) {
            self.lease.note(error);
        }
        if self.level == 0 {
            return;
        }
        match error.kind() {
            // Some databases end the whole transaction then, and further statements would take effect at once.
            kind @ (ErrorKind::Deadlock | ErrorKind::Serialization) => self.failure = Some(Failure::RolledBack(kind)),
            ErrorKind::ConnectionLost | ErrorKind::ConnectionFailed => self.failure = Some(Failure::Lost),
            ErrorKind::TransactionTimeout => self.failure = Some(Failure::TimedOut),
            // The connection is closed, and a new one may reach a server that accepts writes.
            ErrorKind::ReadOnly if !self.read_only => self.retryable = true,
            kind if self.is_undone() => self.failure = Some(Failure::RolledBack(kind)),
            _ => self.retryable = error.is_retryable(),
        }
    }

    /// Undoes what was left without an end; refuses when nothing can go on.
    #[inline]
    async fn settle(&mut self, observer: &Observer) -> Result<()> {
        if self.lease.is_at_work() {
            self.look_after_cut_off()?;
        }
        if self.undo.is_some() {
            self.undo_left_open(observer).await?;
        }
        match self.failure {
            None => Ok(()),
            Some(failure) => Err(failure.refusal()),
        }
    }

    /// What a statement that was cut off means: nothing where the connection can go on.
    #[cold]
    fn look_after_cut_off(&mut self) -> Result<()> {
        self.lease.set_at_work(false);
        if self.level > 0 && self.failure.is_none() && self.lease.connection()?.is_broken() {
            self.failure = Some(Failure::StatementCutOff);
        }
        Ok(())
    }

    #[cold]
    async fn undo_left_open(&mut self, observer: &Observer) -> Result<()> {
        match self.undo {
            None => Ok(()),
            Some(1) => {
                ended(self.deadline, observer.reset(self.lease.connection()?))
                    .await
                    .unwrap_or_else(|| Err(unanswered()))?;
                (self.undo, self.failure, self.level, self.retryable) = (None, None, 0, false);
                Ok(())
            }
            Some(_) if self.failure.is_some() => Ok(()),
            Some(level) => {
                self.savepoint(observer, Control::Undo(level)).await?;
                (self.undo, self.level) = (None, level - 1);
                Ok(())
            }
        }
    }

    /// Runs a command about a savepoint. Failed or cut off, it leaves a transaction that can only be rolled back.
    async fn savepoint(&mut self, observer: &Observer, step: Control<'_>) -> Result<()> {
        self.failure = Some(Failure::CutOff);
        self.lease.set_at_work(true);
        let result = within(self.deadline, observer.control(self.lease.connection()?, step)).await;
        self.lease.set_at_work(false);
        self.failure = match &result {
            Ok(()) => None,
            Err(error) if error.kind() == ErrorKind::TransactionTimeout => Some(Failure::TimedOut),
            Err(error) if error.is_retryable() => Some(Failure::RolledBack(error.kind())),
            Err(error) if error.kind() == ErrorKind::ConnectionLost => Some(Failure::Lost),
            Err(_) => Some(Failure::CutOff),
        };
        if let Err(error) = &result {
            self.lease.note(error);
        }
        result
    }

    /// Opens a transaction, or a savepoint inside one, and gives its level. The options are the transaction's;
    /// savepoints have none.
    pub(crate) async fn begin(&mut self, observer: &Observer, options: &BeginOptions) -> Result<u32> {
        self.settle(observer).await?;
        if self.level > 0 {
            let level = self.level + 1;
            let result = self.savepoint(observer, Control::Savepoint(level)).await;
            if let (Err(_), Some(Failure::CutOff)) = (&result, self.failure) {
                // It failed without being cut off: there is no savepoint, and the transaction is what it was.
                self.failure = None;
            }
            result?;
            self.level = level;
            return Ok(level);
        }
        (self.undo, self.level, self.read_only) = (Some(1), 1, options.read_only);
        self.lease.set_at_work(true);
        let connection = self.lease.connection()?;
        self.locks = connection.control_sql(Control::Begin(options)).is_ok_and(|sql| takes_lock(&sql));
        let result = within(self.deadline, observer.control(connection, Control::Begin(options))).await;
        let left_open = result.is_err() && connection.needs_reset();
        self.lease.set_at_work(false);
        if !left_open {
            self.undo = None;
        }
        match result {
            Ok(()) => Ok(1),
            Err(error) => {
                self.level = 0;
                Err(self.lease.explain(error))
            }
        }
    }

    /// Ends a level and keeps its changes.
    pub(crate) async fn commit(&mut self, observer: &Observer, level: u32) -> Result<()> {
        if self.lease.is_at_work() {
            self.look_after_cut_off()?;
        }
        if self.undo.is_some_and(|undo| undo > level) {
            self.undo_left_open(observer).await?;
        }
        if let Some(failure) = self.failure {
            self.leave(level);
            if level == 1 {
                // Its own failure would hide the reason.
                let _ = self.undo_left_open(observer).await;
            }
            return Err(failure.of_commit());
        }
        self.leave(level);
        if level > 1 {
            self.savepoint(observer, Control::Release(level)).await?;
        } else {
            let writing = self.journal.as_ref().filter(|_| self.wrote).map(Journal::writes);
            self.lease.set_at_work(true);
            let result = ended(self.deadline, observer.control(self.lease.connection()?, Control::Commit)).await;
            let result = result.unwrap_or_else(|| {
                Err(Error::new(ErrorKind::AmbiguousCommit, "COMMIT was sent, and its answer did not come in time"))
            });
            if let Some(writing) = writing {
                writing.end(observer, self.lease.connection()?, &result).await;
            }
            self.wrote = false;
            self.lease.set_at_work(false);
            result.inspect_err(|error| self.lease.note(error))?;
        }
        (self.undo, self.level) = (None, level - 1);
        Ok(())
    }

    /// Ends a level and undoes its changes.
    pub(crate) async fn rollback(&mut self, observer: &Observer, level: u32) -> Result<()> {
        self.leave(level);
        if self.failure == Some(Failure::Ended) {
            // What is open by now is another transaction, and goes with the connection.
            return Err(Failure::Ended.of_commit());
        }
        if level > 1 {
            return self.undo_left_open(observer).await;
        }
        self.lease.set_at_work(true);
        let undone = ended(self.deadline, observer.control(self.lease.connection()?, Control::Rollback)).await;
        self.lease.set_at_work(false);
        undone.unwrap_or_else(|| Err(unanswered()))?;
        (self.undo, self.failure, self.level) = (None, None, 0);
        Ok(())
    }

    /// Notes that a level has no owner any more; it is undone before the next statement, or when the connection is
    /// given back.
    pub(crate) fn leave(&mut self, level: u32) {
        self.undo = Some(self.undo.map_or(level, |undo| undo.min(level)));
    }
}

pub(super) async fn within<T>(deadline: Option<Instant>, statement: impl Future<Output = Result<T>>) -> Result<T> {
    match deadline {
        None => statement.await,
        Some(deadline) => timeout_at(deadline, statement).await.unwrap_or_else(|_| Err(timed_out())),
    }
}

/// Waits for COMMIT or ROLLBACK: where the transaction's time is limited, until it is over and [`END_LIMIT`] at least.
/// `None` when there was no answer.
async fn ended(deadline: Option<Instant>, end: impl Future<Output = Result<()>>) -> Option<Result<()>> {
    match deadline {
        None => Some(end.await),
        Some(deadline) => timeout_at(deadline.max(Instant::now() + END_LIMIT), end).await.ok(),
    }
}

fn unanswered() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "ROLLBACK was not answered in time; the connection is closed, which undoes the changes as well",
    )
}
