//! A connection in use ([`Lease`]) and its place in the pool ([`Slot`]). A lease that is dropped gives a clean connection
//! back at once; one that was cut off in the middle of something is finished by a task of its own first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, Object, RecycleResult};
use orm_core::driver::Connection;
use orm_core::{Error, ErrorKind, Result};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::status::{Holder, Shared};
use crate::limit::ConnectionLimit;

/// How long a connection may take to answer a ping.
const PING_LIMIT: Duration = Duration::from_secs(5);
/// How long a connection may take to say goodbye.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Makes places for connections, and hands them out unchecked: what must be awaited is awaited by the lease, so that
/// dropping the waiting future loses no connection.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) shared: Arc<Shared>,
}

impl managed::Manager for Manager {
    // A box: `deadpool` moves its objects often.
    type Type = Box<Slot>;
    type Error = Error;

    async fn create(&self) -> Result<Box<Slot>> {
        Ok(Box::new(Slot {
            connection: None,
            place: None,
            shared: Arc::clone(&self.shared),
            checked: 0,
            dirty: false,
            retired: false,
            last_used: Instant::now(),
            end_of_life: None,
        }))
    }

    async fn recycle(&self, _slot: &mut Box<Slot>, _metrics: &Metrics) -> RecycleResult<Error> {
        Ok(())
    }
}

/// A place in the pool, with a connection or for one.
#[derive(Debug)]
pub(super) struct Slot {
    connection: Option<Box<dyn Connection>>,
    /// Its permit of a limit for several pools.
    place: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
    /// The generation in which the connection was known to work.
    checked: u64,
    /// It came back without a chance to be cleaned.
    dirty: bool,
    /// It must not be used again.
    retired: bool,
    last_used: Instant,
    end_of_life: Option<Instant>,
}

impl Slot {
    pub(super) fn idle_at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last_used)
    }

    pub(super) fn is_old_at(&self, now: Instant) -> bool {
        self.end_of_life.is_some_and(|end| now >= end)
    }

    /// Whether to close a returned connection: it must not be used again, or another pool needs its place.
    fn is_done(&self) -> bool {
        let wanted = self.shared.options.limit.as_ref().is_some_and(ConnectionLimit::is_wanted);
        self.retired || (wanted && !self.shared.only_one)
    }

    fn must_ping(&self, now: Instant) -> bool {
        self.checked != self.shared.generation.load(Relaxed)
            || (!self.shared.only_one && self.idle_at(now) > self.shared.options.check_after)
    }

    /// Lets the connection go; it says goodbye to the server in a task of its own, or ends what the server still does for
    /// it.
    fn discard(&mut self) {
        let (Some(connection), place) = (self.connection.take(), self.place.take()) else { return };
        self.shared.counters.closed.fetch_add(1, Relaxed);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let closing = Closing::new(&self.shared);
        runtime.spawn(async move {
            let _closing = closing;
            // Keeps the permit until the server has closed the connection.
            let _place = place;
            // An answer is not needed: the server notices the closed socket as well.
            let _ = timeout(CLOSE_LIMIT, connection.close()).await;
        });
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.discard();
        self.shared.changed.notify_waiters();
    }
}

/// Counts a connection that is being closed, also when the task doing it is dropped.
struct Closing(Arc<Shared>);

impl Closing {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.closing.fetch_add(1, Relaxed);
        Self(Arc::clone(shared))
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.closing.fetch_sub(1, Relaxed);
        self.0.changed.notify_waiters();
    }
}

/// A connection in use. Dropping it gives it back. The default one is empty, for places it was moved out of.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    object: Option<Object<Manager>>,
    /// The entry in the list of holders, for those that hold it longer than one statement.
    holder: Option<Held>,
}

/// An entry in the list of holders.
#[derive(Debug)]
struct Held {
    number: u64,
    at_work: Arc<AtomicBool>,
}

impl Lease {
    pub(super) fn new(object: Object<Manager>) -> Self {
        Self { object: Some(object), holder: None }
    }

    pub(super) fn hold(&mut self, holder: Holder) {
        if let Some(slot) = self.slot() {
            let at_work = Arc::clone(&holder.at_work);
            self.holder = Some(Held { number: slot.shared.enter(holder), at_work });
        }
    }

    /// Whether a statement of the holder waits for its answer, or was dropped while it did.
    #[inline]
    pub(crate) fn is_at_work(&self) -> bool {
        self.holder.as_ref().is_some_and(|held| held.at_work.load(Relaxed))
    }

    #[inline]
    pub(crate) fn set_at_work(&self, at_work: bool) {
        if let Some(held) = &self.holder {
            held.at_work.store(at_work, Relaxed);
        }
    }

    /// Asks the server whether it is there.
    pub(crate) async fn ping(&mut self) -> Result<()> {
        let answer = timeout(PING_LIMIT, self.connection()?.ping()).await.unwrap_or_else(|_| {
            let message = format!("the server did not answer within {PING_LIMIT:?}");
            Err(Error::new(ErrorKind::ConnectionLost, message))
        });
        answer.inspect_err(|error| self.note(error))
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.object.is_none()
    }

    /// Whether there is a connection in it, fit or not.
    pub(super) fn is_open(&self) -> bool {
        self.slot().is_some_and(|slot| slot.connection.is_some())
    }

    fn slot(&self) -> Option<&Slot> {
        self.object.as_deref().map(|slot| &**slot)
    }

    /// The connection.
    ///
    /// # Errors
    /// None that can be reached: a lease that was handed out has one.
    #[inline]
    pub(crate) fn connection(&mut self) -> Result<&mut dyn Connection> {
        match self.object.as_deref_mut().map(|slot| &mut **slot) {
            Some(Slot { connection: Some(connection), .. }) => Ok(&mut **connection),
            _ => Err(Error::new(ErrorKind::ConnectionLost, "the connection was given back")),
        }
    }

    /// Closes the connection when it is given back, rather than to let others have it. Not where the database lives inside
    /// of it.
    #[cold]
    pub(crate) fn retire(&mut self) {
        if let Some(object) = &mut self.object {
            object.retired = !object.shared.only_one;
        }
    }

    /// After a statement that may have begun a transaction: an error, when it has.
    #[cold]
    pub(crate) async fn without_transaction<T>(&mut self, result: Result<T>) -> Result<T> {
        let connection = self.connection()?;
        if connection.is_broken() || !connection.has_stray_transaction().await? {
            return result;
        }
        self.retire();
        // A script that failed half-way says so.
        result?;
        Err(Error::new(
            ErrorKind::InvalidStatement,
            "raw SQL left a transaction open or switched autocommit off, in a procedure or another place that is seen by \
             the database alone; its changes that were not committed are undone: use `begin` or `transaction`",
        ))
    }

    /// Records an error. After a lost connection, all others are checked before their next use. A connection to a server that
    /// refuses writes is closed: after a fail-over, a new connection may reach the new primary.
    pub(crate) fn note(&mut self, error: &Error) {
        if error.kind() == ErrorKind::ReadOnly {
            self.retire();
        }
        if matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::AmbiguousCommit)
            && let Some(slot) = self.slot()
        {
            slot.shared.generation.fetch_add(1, Relaxed);
        }
    }

    /// Takes note of an error, and says so when the statement has perhaps waited for its own task: for a lock of a
    /// transaction that the task has open on another connection.
    #[cold]
    pub(crate) fn explain(&mut self, error: Error) -> Error {
        self.note(&error);
        if !matches!(error.kind(), ErrorKind::Busy | ErrorKind::LockTimeout) {
            return error;
        }
        match self.slot().and_then(|slot| slot.shared.own_transaction(self.holder.as_ref().map(|held| held.number))) {
            None => error,
            Some(own) => {
                let message = format!(
                    "the task that waited has itself {own}. Inside of it, run statements on `tx`: those on `db` run on \
                     another connection and wait for it. {}",
                    error.message()
                );
                error.with_message(message)
            }
        }
    }

    /// Whether it can be used without asking the server; notes the time when it can.
    #[inline]
    pub(super) fn is_fit(&mut self) -> bool {
        let Some(object) = &mut self.object else { return false };
        // The pool looked at the clock a moment ago.
        let metrics = Object::metrics(object);
        let now = metrics.recycled.unwrap_or(metrics.created);
        let slot = &mut **object;
        let fit = slot.connection.is_some() && !slot.dirty && !slot.must_ping(now) && !slot.is_old_at(now);
        if fit {
            slot.last_used = now;
        }
        fit
    }

    /// Checks the connection, and opens another one when it is no good.
    pub(super) async fn make_fit(&mut self) -> Result<()> {
        let Some(object) = &mut self.object else { return Ok(()) };
        let slot = &mut **object;
        let now = Instant::now();
        let generation = slot.shared.generation.load(Relaxed);
        if slot.is_old_at(now) {
            slot.discard();
        }
        let must_ping = slot.must_ping(now);
        let limit = slot.shared.reset_limit();
        if let Some(connection) = &mut slot.connection {
            if !slot.retired && answers(&mut **connection, must_ping, limit).await {
                (slot.dirty, slot.checked, slot.last_used) = (false, generation, now);
                return Ok(());
            }
            slot.shared.counters.broken.fetch_add(1, Relaxed);
            if must_ping {
                slot.shared.generation.fetch_max(generation + 1, Relaxed);
            }
            slot.discard();
        }
        let generation = slot.shared.generation.load(Relaxed);
        if let Some(limit) = &slot.shared.options.limit {
            // Less than the pool's own timeout, so that the error names the limit.
            slot.place = Some(limit.place(slot.shared.options.acquire_timeout.mul_f64(0.9)).await?);
        }
        slot.connection = Some(slot.shared.open().await?);
        slot.shared.counters.created.fetch_add(1, Relaxed);
        let opened = Instant::now();
        (slot.dirty, slot.retired, slot.checked, slot.last_used) = (false, false, generation, opened);
        slot.end_of_life = slot.shared.end_of_life(opened);
        Ok(())
    }
}

/// Whether a connection that waited in the pool works, after finishing what was left behind.
async fn answers(connection: &mut dyn Connection, must_ping: bool, reset_limit: Duration) -> bool {
    if connection.is_broken() {
        return false;
    }
    if connection.needs_reset() && !matches!(timeout(reset_limit, connection.reset()).await, Ok(Ok(()))) {
        return false;
    }
    !must_ping || matches!(timeout(PING_LIMIT, connection.ping()).await, Ok(Ok(())))
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        let slot = &mut *object;
        if let Some(held) = &self.holder {
            slot.shared.leave(held.number);
            slot.last_used = Instant::now();
        }
        let Some(connection) = &mut slot.connection else {
            // Opening it failed or was given up.
            drop(Object::take(object));
            return;
        };
        if connection.is_broken() {
            remove_broken(object);
            return;
        }
        if connection.needs_reset() {
            slot.shared.counters.resets.fetch_add(1, Relaxed);
            connection.abandon();
            if connection.needs_reset() {
                reset_apart(object);
                return;
            }
        }
        if slot.is_done() {
            drop(Object::take(object));
        }
    }
}

/// Removes a connection that cannot be used any more: it was lost, or an operation on it was cut off.
fn remove_broken(object: Object<Manager>) {
    let slot = Object::take(object);
    slot.shared.counters.broken.fetch_add(1, Relaxed);
}

/// Finishes, in a task, what was left behind, and gives the connection back then: a transaction must not stay open until
/// somebody needs a connection. Without a runtime, the next user does it.
fn reset_apart(mut object: Object<Manager>) {
    object.dirty = true;
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let reset_limit = object.shared.reset_limit();
    runtime.spawn(async move {
        let Some(connection) = &mut object.connection else { return };
        if matches!(timeout(reset_limit, connection.reset()).await, Ok(Ok(()))) && !connection.is_broken() {
            if object.is_done() {
                drop(Object::take(object));
            } else {
                object.dirty = false;
            }
        } else {
            remove_broken(object);
        }
    });
}
