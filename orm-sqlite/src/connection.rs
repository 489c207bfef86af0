//! One connection: decides where each statement runs, waits for locks, keeps transactions true, and survives dropped
//! futures. What a statement does is told by `policy.rs`, SQLite itself is called in `handle.rs`.
//!
//! # Where statements run
//! Cheap statements run on the caller's thread without a hop; long ones never block the runtime.
//!
//! 1. **Reads** start on the caller's thread. Between rows the clock is looked at; after half a millisecond the task
//!    yields. A single step that takes longer than its budget (`hooks.rs`) is interrupted, which harms no read, the
//!    sink forgets its rows, and the statement starts over on a thread of tokio's blocking pool, which copies rows
//!    into chunks for the caller's thread to decode. A statement known to be long starts there the next time.
//!    A sink that has given rows away ([`RowSink::restartable`]) cannot forget them: once the first half millisecond
//!    is over, its statement moves to the blocking pool as it stands, between two rows.
//! 2. **Writes** run on the caller's thread when they cannot wait for the disk (3.) and either can be interrupted, since
//!    no user transaction is open (SQLite then undoes that one statement), or visit few rows by their plan: rows
//!    written in the statement itself, and searches by a unique key, triggers and foreign key actions included. SQLite
//!    undoes the whole transaction around an interrupted write, so all other writes inside one, DDL, PRAGMA and
//!    whatever binds a lot run in the blocking pool.
//! 3. **The disk** is never waited for on the caller's thread. Databases in memory have none. With a write-ahead log
//!    and `synchronous = NORMAL`, commits do not wait; checkpoints do, so SQLite's own are off, and a commit that finds
//!    the log long starts one in the blocking pool. The first commit of a connection and the first after its
//!    checkpoint may start the log over, which waits, so they run there too. With any other journal every write does,
//!    and every COMMIT of a transaction that wrote.
//! 4. **Locks.** SQLite never waits. When it says BUSY, the statement starts over after a sleep, with growing and
//!    jittered pauses, until the busy timeout has passed; those who want to write wait in a queue ([`WriteQueue`]).
//!    A transaction that has read and wants to write while another writer is ahead gets its error at once: waiting
//!    cannot help it. So transactions begin with the lock for writing unless they say that they only read.
//! 5. **Ownership.** For work in the blocking pool the whole handle moves there and comes back through a channel whose
//!    end this connection keeps ([`Place`]). When the future is dropped meanwhile, the work is interrupted, and the next
//!    use of the connection waits for the handle to come back. Nothing is ever used by two threads, and no statement
//!    is left half-way: a guard resets it whatever way the future ends.
//!
//! # Transactions
//! [`Transaction`] is what `begin` promised; SQLite's own state is asked before every statement. When SQLite has undone
//! the transaction by itself (disk full, an interrupted write), statements fail with
//! [`ErrorKind::TransactionClosed`] until `rollback`, rather than take effect one by one.

mod busy;
mod cost;
mod job;
mod run;

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use orm_core::driver::{BeginOptions, Connection, Control, Done, LockMode, Query};
use orm_core::row::{Discard, RowSink};
use orm_core::{Error, ErrorKind, Result};
use tokio::sync::oneshot;

use crate::bind::{self, MANY_BINDS, MANY_BYTES};
use crate::handle::Handle;
use crate::hooks::Hooks;
use crate::options::SqliteOptions;
use crate::policy::{Facts, Kind};
use crate::row::Chunk;
use crate::suits::Suited;

use busy::waiting_helps;
pub(crate) use busy::{BusyBackoff, WriteQueue};
use cost::{Durability, ask_durability, is_bounded};
use job::{End, Job, Returned, perform};
use run::{Mode, Outcome, Run};

/// One connection to an SQLite database.
#[derive(Debug)]
pub(crate) struct SqliteConnection {
    place: Place,
    hooks: Arc<Hooks>,
    transaction: Transaction,
    /// Whether writes are refused until the transaction ends.
    query_only: bool,
    /// A failed rollback or a lost handle.
    broken: bool,
    durability: Durability,
    /// Whether the next commit may start the write-ahead log over.
    log_starts: bool,
    /// Pages of write-ahead log that start a checkpoint; 0 for never.
    checkpoint_pages: u32,
    /// As `checkpoint_pages`, higher while readers keep checkpoints from finishing.
    checkpoint_at: u32,
    busy_limit: Duration,
    queue: WriteQueue,
    lock_mode: LockMode,
}

/// Where the handle is.
#[derive(Debug)]
enum Place {
    /// With the connection.
    Here(Box<Handle>),
    /// In the blocking pool.
    Away {
        back: oneshot::Receiver<Returned>,
        /// Whether somebody's statement runs there, rather than a checkpoint.
        statement: bool,
        /// Whether a transaction may be open there.
        in_transaction: bool,
    },
    /// Nowhere: the runtime shut down while it was away.
    Lost,
}

const ROLLBACK: Query<'static> = Query::new("ROLLBACK", &[]);

/// What `begin` promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    /// From the first poll of `begin` on, until `commit` or `rollback` has succeeded.
    Promised,
}

impl SqliteConnection {
    pub(crate) fn new(handle: Handle, hooks: Arc<Hooks>, options: &SqliteOptions, queue: WriteQueue) -> Self {
        Self {
            place: Place::Here(Box::new(handle)),
            hooks,
            transaction: Transaction::None,
            query_only: false,
            broken: false,
            durability: Durability::Unknown,
            log_starts: true,
            checkpoint_pages: options.checkpoint_at(),
            checkpoint_at: options.checkpoint_at(),
            busy_limit: options.busy_limit(),
            queue,
            lock_mode: options.default_lock_mode(),
        }
    }

    #[inline]
    fn here(&mut self) -> Result<&mut Handle> {
        match &mut self.place {
            Place::Here(handle) => Ok(handle),
            _ => Err(lost()),
        }
    }

    /// Waits for the handle when it is away, and resets what a dropped future left.
    async fn settle(&mut self) -> Result<()> {
        if !matches!(self.place, Place::Here(_)) {
            self.bring_back().await?;
        }
        let handle = self.here()?;
        if handle.is_active() {
            handle.finish();
        }
        Ok(())
    }

    /// Waits for the handle to come back. When this future is dropped, the channel stays in the connection.
    async fn bring_back(&mut self) -> Result<(Chunk, End)> {
        let Place::Away { back, .. } = &mut self.place else { return Err(lost()) };
        let returned = poll_fn(|cx| Pin::new(&mut *back).poll(cx)).await;
        self.hooks.revive();
        match returned {
            Ok(Returned { handle, chunk, end }) => {
                self.place = Place::Here(handle);
                if let End::Checkpointed(log, complete) = end {
                    // What a reader still needs cannot be copied: try again when as much has come on top.
                    self.checkpoint_at = self.checkpoint_pages.saturating_add(if complete { 0 } else { log });
                    self.log_starts |= complete;
                }
                Ok((chunk, end))
            }
            Err(_) => {
                self.place = Place::Lost;
                self.broken = true;
                Err(lost())
            }
        }
    }

    /// Sends the handle away with a job; without a runtime the job is done at once.
    fn send_away(&mut self, job: Job, in_transaction: bool) -> Result<()> {
        let Place::Here(mut handle) = std::mem::replace(&mut self.place, Place::Lost) else { return Err(lost()) };
        let statement = !matches!(job, Job::Checkpoint);
        let (sender, back) = oneshot::channel();
        let hooks = Arc::clone(&self.hooks);
        let work = move || {
            let (chunk, end) = perform(&mut handle, &hooks, job);
            // Nobody waits when the connection was dropped; the database is then closed here.
            let _ = sender.send(Returned { handle, chunk, end });
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(work)),
            Err(_) => work(),
        }
        self.place = Place::Away { back, statement, in_transaction };
        Ok(())
    }

    /// Does a job in the blocking pool. When this future is dropped, the job is interrupted.
    async fn away(&mut self, job: Job) -> Result<(Chunk, End)> {
        struct CancelOnDrop(Option<Arc<Hooks>>);
        impl Drop for CancelOnDrop {
            fn drop(&mut self) {
                if let Some(hooks) = &self.0 {
                    hooks.cancel();
                }
            }
        }
        let opens = matches!(job, Job::Batch(..)) || !self.here()?.autocommit();
        self.send_away(job, opens)?;
        let mut guard = CancelOnDrop(Some(Arc::clone(&self.hooks)));
        let result = self.bring_back().await;
        guard.0 = None;
        result
    }

    /// Runs a statement, starting over as the policy says.
    async fn run(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        let mut run = Run(self);
        let mut backoff: Option<BusyBackoff> = None;
        loop {
            let (error, facts) = match run.0.start(query) {
                Ok((mode, facts)) => match run.attempt(mode, sink).await? {
                    Outcome::Done => return run.0.done(facts, false),
                    Outcome::Stopped => return run.0.done(facts, true),
                    Outcome::TooLong => {
                        let handle = run.0.here()?;
                        handle.set_long(true);
                        handle.finish();
                        sink.restart();
                        // The next start finds the statement long; one that is not kept has to be told.
                        run.0.start(query)?;
                        run.0.here()?.set_long(true);
                        match run.attempt(Mode::Blocking, sink).await? {
                            Outcome::Failed(error) => (error, Some(facts)),
                            outcome => return run.0.done(facts, matches!(outcome, Outcome::Stopped)),
                        }
                    }
                    Outcome::Move => return Err(lost()),
                    Outcome::Failed(error) => (error, Some(facts)),
                },
                Err(error) => (error, None),
            };
            // From here on the statement has failed.
            let handle = run.0.here()?;
            handle.finish();
            if error.kind() != ErrorKind::Busy || !sink.restartable() {
                return Err(error);
            }
            let is = |kind| facts.is_some_and(|facts| facts.kind == kind);
            let free = handle.holds_nothing();
            if !waiting_helps(&error, free) || !(free || is(Kind::Commit)) {
                return Err(error);
            }
            let backoff = backoff.get_or_insert_with(|| BusyBackoff::new(run.0.busy_limit, Instant::now()));
            let goes_on = if free && (is(Kind::BeginLocked) || is(Kind::Write)) {
                backoff.wait_in(&run.0.queue).await
            } else {
                backoff.wait().await
            };
            if !goes_on {
                return Err(error);
            }
            sink.restart();
        }
    }

    /// Prepares and binds, and decides where to run.
    #[inline]
    fn start(&mut self, query: Query<'_>) -> Result<(Mode, Facts)> {
        let handle = self.here()?;
        handle.start(query.sql, query.cacheable)?;
        bind::bind(handle, query.binds)?;
        let Some(facts) = handle.facts() else { return Err(lost()) };
        if facts.kind == Kind::Read {
            return Ok((if facts.long { Mode::Blocking } else { Mode::Watched }, facts));
        }
        self.mode_of_change(query, facts).map(|mode| (mode, facts))
    }

    fn mode_of_change(&mut self, query: Query<'_>, facts: Facts) -> Result<Mode> {
        match facts.kind {
            Kind::Read | Kind::Begin => return Ok(Mode::Unwatched),
            Kind::Other => {
                self.durability = Durability::Unknown;
                return Ok(Mode::Blocking);
            }
            // The end of a transaction that wrote nothing.
            Kind::Commit | Kind::Rollback if !self.here()?.is_writing() => return Ok(Mode::Unwatched),
            _ => {}
        }
        let durability = self.durability();
        let log_starts = self.log_starts;
        let handle = self.here()?;
        if facts.inserts {
            handle.forget_rowid();
        }
        let waits = match durability {
            Durability::None => false,
            // Inside a transaction nothing but its end is written.
            Durability::Log => log_starts && (handle.autocommit() || facts.kind == Kind::Commit),
            Durability::Waits | Durability::Unknown => true,
        };
        if waits {
            return Ok(Mode::Blocking);
        }
        if facts.kind != Kind::Write {
            return Ok(Mode::Unwatched);
        }
        if facts.long || query.binds.len() >= MANY_BINDS || handle.bound_bytes() >= MANY_BYTES {
            return Ok(Mode::Blocking);
        }
        if handle.autocommit() {
            return Ok(Mode::Watched);
        }
        let bounded = match facts.bounded {
            Some(bounded) => bounded,
            None => {
                let bounded = is_bounded(handle, query.sql)?;
                handle.set_bounded(bounded);
                bounded
            }
        };
        Ok(if bounded { Mode::Unwatched } else { Mode::Blocking })
    }

    /// Whether writes may wait for the disk: the worst of all databases of this connection.
    fn durability(&mut self) -> Durability {
        if self.durability == Durability::Unknown
            && let Ok(handle) = self.here()
            && let Ok(durability) = ask_durability(handle)
        {
            self.durability = durability;
        }
        self.durability
    }

    /// Resets the statement and tells what it did.
    #[inline]
    fn done(&mut self, facts: Facts, stopped: bool) -> Result<Done> {
        let handle = self.here()?;
        if facts.kind == Kind::Read {
            handle.finish();
            return Ok(Done::default());
        }
        if stopped {
            // The reset commits what was written before the first row.
            handle.finish_checked()?;
        } else {
            handle.finish();
        }
        let mut done = Done::default();
        if facts.kind == Kind::Write {
            done.rows_affected = handle.changes();
            if facts.inserts && done.rows_affected == 1 {
                done.last_insert_id = Some(handle.last_rowid()).filter(|key| *key != 0);
            }
        }
        if handle.autocommit() {
            self.committed(facts.kind)?;
        }
        Ok(done)
    }

    /// After a commit: the write-ahead log has started, and may be long.
    fn committed(&mut self, kind: Kind) -> Result<()> {
        let pages = self.hooks.wal_pages();
        if pages > 0 && kind != Kind::Rollback {
            self.log_starts = false;
        }
        if self.checkpoint_pages > 0 && pages >= self.checkpoint_at {
            self.hooks.wal_written(0);
            self.send_away(Job::Checkpoint, false)?;
        }
        Ok(())
    }

    /// Refuses statements after SQLite has undone the transaction by itself.
    #[inline]
    fn check_transaction(&mut self) -> Result<()> {
        if self.transaction == Transaction::Promised && self.here()?.autocommit() {
            return Err(Error::new(
                ErrorKind::TransactionClosed,
                "SQLite has undone the transaction (after a cancelled write or an earlier error): roll it back",
            ));
        }
        Ok(())
    }

    fn end_query_only(&mut self) -> Result<()> {
        if self.query_only {
            self.here()?.texts("PRAGMA query_only = 0")?;
            self.query_only = false;
        }
        Ok(())
    }

    async fn run_begin(&mut self, options: &BeginOptions, query: Query<'_>) -> Result<()> {
        if self.transaction == Transaction::Promised {
            return Err(Error::new(ErrorKind::InvalidStatement, "the connection has an open transaction already"));
        }
        self.transaction = Transaction::Promised;
        let result = async {
            self.settle().await?;
            if !self.here()?.autocommit() {
                return Err(Error::new(ErrorKind::InvalidStatement, "a statement has opened a transaction already"));
            }
            self.run(query, &mut Discard).await?;
            if options.read_only {
                self.query_only = true;
                self.here()?.texts("PRAGMA query_only = 1")?;
            }
            Ok(())
        }
        .await;
        if result.is_err() && self.transaction == Transaction::Promised {
            // Nothing of ours is open but the part of a read-only transaction.
            if self.query_only {
                let _ = self.end_transaction(ROLLBACK).await;
            }
            self.transaction = Transaction::None;
        }
        result
    }

    async fn run_commit(&mut self, query: Query<'_>) -> Result<()> {
        self.settle().await?;
        self.check_transaction()?;
        self.run(query, &mut Discard).await?;
        self.transaction = Transaction::None;
        if self.query_only {
            self.settle().await?;
            self.end_query_only()?;
        }
        Ok(())
    }

    async fn end_transaction(&mut self, rollback: Query<'_>) -> Result<()> {
        self.settle().await?;
        if !self.here()?.autocommit() {
            self.run(rollback, &mut Discard).await?;
            self.settle().await?;
        }
        self.end_query_only()?;
        self.transaction = Transaction::None;
        Ok(())
    }

    /// Closes the database and says whether that went well.
    pub(crate) async fn shut(mut self) -> Result<()> {
        if let Place::Away { statement: true, .. } = self.place {
            self.hooks.cancel();
        }
        self.settle().await?;
        match std::mem::replace(&mut self.place, Place::Lost) {
            Place::Here(handle) => handle.close().await,
            _ => Err(lost()),
        }
    }
}

impl Drop for SqliteConnection {
    fn drop(&mut self) {
        if let Place::Away { statement: true, .. } = self.place {
            self.hooks.cancel();
        }
    }
}

#[cold]
fn lost() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the runtime shut down while the connection was in use")
}

#[async_trait]
impl Connection for SqliteConnection {
    async fn fetch(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        // Statements that never wait would otherwise keep the task from ever giving way.
        tokio::task::coop::consume_budget().await;
        self.settle().await?;
        self.check_transaction()?;
        match Suited::new(query.reads, sink) {
            Ok(mut sink) => self.run(query, &mut sink).await,
            Err(sink) => self.run(query, sink).await,
        }
    }

    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.settle().await?;
        self.check_transaction()?;
        let sql: Arc<str> = sql.into();
        let mut at = 0;
        let mut backoff: Option<BusyBackoff> = None;
        let run = Run(self);
        run.0.durability = Durability::Unknown;
        loop {
            let (_, end) = run.0.away(Job::Batch(Arc::clone(&sql), at)).await?;
            let handle = run.0.here()?;
            handle.finish();
            let End::FailedAt(failed, error) = end else { break };
            if failed > at {
                backoff = None;
            }
            at = failed;
            if error.kind() != ErrorKind::Busy {
                return Err(error);
            }
            let free = handle.holds_nothing();
            if !(free && waiting_helps(&error, free)) {
                return Err(error);
            }
            let backoff = backoff.get_or_insert_with(|| BusyBackoff::new(run.0.busy_limit, Instant::now()));
            if !backoff.wait().await {
                return Err(error);
            }
        }
        if run.0.here()?.autocommit() {
            run.0.committed(Kind::Write)?;
        }
        Ok(())
    }

    fn control_sql(&self, step: Control<'_>) -> Result<Cow<'static, str>> {
        let Control::Begin(options) = step else { return step.standard_sql() };
        if options.deferrable {
            return Err(Error::unsupported(crate::NAME, "deferrable transactions"));
        }
        // Every isolation level is met: transactions of SQLite are serializable
        // (https://www.sqlite.org/isolation.html).
        let otherwise = if options.read_only { LockMode::Deferred } else { self.lock_mode };
        Ok(match options.lock_mode.unwrap_or(otherwise) {
            LockMode::Deferred => "BEGIN".into(),
            LockMode::Immediate => "BEGIN IMMEDIATE".into(),
            LockMode::Exclusive => "BEGIN EXCLUSIVE".into(),
        })
    }

    async fn control(&mut self, step: Control<'_>, query: Query<'_>) -> Result<()> {
        match step {
            Control::Begin(options) => self.run_begin(options, query).await,
            Control::Commit => self.run_commit(query).await,
            Control::Rollback => {
                let result = self.end_transaction(query).await;
                self.broken |= result.is_err();
                result
            }
            Control::Savepoint(_) | Control::Release(_) => self.fetch(query, &mut Discard).await.map(drop),
            // Two statements.
            Control::Undo(_) => self.batch(query.sql).await,
        }
    }

    fn in_transaction(&self) -> bool {
        self.transaction == Transaction::Promised
            || match &self.place {
                Place::Here(handle) => !handle.autocommit(),
                Place::Away { in_transaction, .. } => *in_transaction,
                Place::Lost => false,
            }
    }

    fn abandon(&mut self) {
        let Place::Here(handle) = &mut self.place else { return };
        if handle.is_active() {
            handle.finish();
        }
        if !handle.autocommit() {
            let _ = handle.texts("ROLLBACK");
        }
        if handle.autocommit() && self.end_query_only().is_ok() {
            self.transaction = Transaction::None;
        }
    }

    async fn reset(&mut self) -> Result<()> {
        let result = self.end_transaction(ROLLBACK).await;
        self.broken |= result.is_err();
        result
    }

    fn needs_reset(&self) -> bool {
        self.in_transaction()
            || self.query_only
            || match &self.place {
                Place::Here(handle) => handle.is_active(),
                Place::Away { statement, .. } => *statement,
                Place::Lost => true,
            }
    }

    async fn ping(&mut self) -> Result<()> {
        self.settle().await
    }

    fn is_broken(&self) -> bool {
        self.broken || matches!(self.place, Place::Lost)
    }

    async fn close(self: Box<Self>) {
        if let Err(error) = self.shut().await {
            tracing::debug!(target: "orm::sqlite", error = %error, "closing failed");
        }
    }
}

#[cfg(test)]
mod tests;
