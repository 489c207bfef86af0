//! What a pool knows about itself: its figures, and who holds connections for longer than one statement.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use orm_core::driver::{Connection, Driver};
use orm_core::{Error, ErrorKind, Result};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::options::{PoolOptions, deadline};

/// The figures of a pool at one moment, from [`Database::pool_status`](crate::Database::pool_status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// The greatest number of connections.
    pub max_size: usize,
    /// Connections that are open or being opened.
    pub size: usize,
    /// Of these, the unused ones.
    pub idle: usize,
    /// Of these, the used ones.
    pub in_use: usize,
    /// Tasks that wait for a connection.
    pub waiting: usize,
    /// Connections opened since the start.
    pub created: u64,
    /// Connections closed since the start, for whatever reason.
    pub closed: u64,
    /// Of these, those that broke or did not answer.
    pub broken: u64,
    /// Connections that came back inside a transaction or a statement that was cut off, and were made fit again.
    pub resets: u64,
    /// Checkouts that had to wait for another task.
    pub waits: u64,
    /// How long those checkouts waited, all together.
    pub wait_time: Duration,
    /// Checkouts that gave up.
    pub acquire_timeouts: u64,
}

/// Why a connection is held for more than one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Transaction,
    Pin,
}

/// Someone who holds a connection.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    purpose: Use,
    at: Option<&'static Location<'static>>,
    since: Instant,
    /// Who; none outside of tasks.
    task: Option<tokio::task::Id>,
    /// A statement waits for its answer, or was dropped while it did.
    pub(super) at_work: Arc<AtomicBool>,
}

impl Holder {
    pub(crate) fn new(purpose: Use, at: Option<&'static Location<'static>>) -> Self {
        Self { purpose, at, since: Instant::now(), task: tokio::task::try_id(), at_work: Arc::default() }
    }

    pub(super) fn is_at_work(&self) -> bool {
        self.at_work.load(Relaxed)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.since.elapsed().as_secs_f64();
        match (self.purpose, self.at) {
            (Use::Transaction, Some(at)) => write!(f, "a transaction begun at {at}, {seconds:.1} s ago"),
            (Use::Transaction, None) => write!(f, "a transaction, for {seconds:.1} s"),
            (Use::Pin, _) => write!(f, "a series of statements, for {seconds:.1} s"),
        }?;
        f.write_str(if self.is_at_work() { ", waiting for an answer" } else { "" })
    }
}

/// Totals since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) created: AtomicU64,
    pub(super) closed: AtomicU64,
    pub(super) broken: AtomicU64,
    pub(super) resets: AtomicU64,
    pub(super) waits: AtomicU64,
    /// In microseconds.
    pub(super) waited: AtomicU64,
    pub(super) timeouts: AtomicU64,
}

/// Counts a checkout that waits, and for how long, whatever ends the waiting.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    counters: &'a Counters,
    since: Instant,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(counters: &'a Counters) -> Self {
        counters.waits.fetch_add(1, Relaxed);
        Self { counters, since: Instant::now() }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let waited = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counters.waited.fetch_add(waited, Relaxed);
    }
}

/// Whether an error is temporary: the server does not respond, or has too many connections.
pub(crate) fn is_away(error: &Error) -> bool {
    use ErrorKind::{ConnectionFailed, ConnectionLost, TooManyConnections};
    matches!(error.kind(), ConnectionFailed | ConnectionLost | TooManyConnections)
}

/// What the pool and all its connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) options: PoolOptions,
    /// The driver makes one connection only.
    pub(super) only_one: bool,
    /// Counted up when a connection breaks: those that were checked before are asked again before their next use.
    pub(super) generation: AtomicU64,
    pub(super) counters: Counters,
    /// The number of consecutive failed connection attempts.
    pub(super) refused: AtomicU32,
    /// Places that came back to someone who waited.
    pub(super) came_back: AtomicU64,
    /// Connections being closed right now.
    pub(super) closing: AtomicUsize,
    /// Told when a connection is gone.
    pub(super) changed: Notify,
    /// Told when the pool is closed, and dropped with it: whoever sleeps between two looks at the pool then wakes.
    pub(super) ended: watch::Sender<()>,
    holders: Mutex<Vec<(u64, Holder)>>,
    next_holder: AtomicU64,
}

impl Shared {
    pub(super) fn new(driver: Arc<dyn Driver>, options: PoolOptions, only_one: bool) -> Self {
        Self {
            driver,
            options,
            only_one,
            generation: AtomicU64::new(0),
            counters: Counters::default(),
            refused: AtomicU32::new(0),
            came_back: AtomicU64::new(0),
            closing: AtomicUsize::new(0),
            changed: Notify::new(),
            ended: watch::Sender::new(()),
            holders: Mutex::default(),
            next_holder: AtomicU64::new(1),
        }
    }

    /// Opens a connection, and retries as the options allow. After a failed attempt, the next one of any caller waits a little, so
    /// that a failed server is not flooded with attempts.
    pub(super) async fn open(&self) -> Result<Box<dyn Connection>> {
        const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));
        let until = deadline(self.options.connect_retry.min(self.options.acquire_timeout));
        loop {
            let refused = self.refused.load(Relaxed);
            if refused > 0 {
                sleep(crate::random::pause(PAUSES.0, PAUSES.1, refused)).await;
            }
            let error = match self.driver.connect().await {
                Ok(connection) => {
                    self.refused.store(0, Relaxed);
                    return Ok(connection);
                }
                Err(error) => error,
            };
            self.refused.store(refused.saturating_add(1), Relaxed);
            if !is_away(&error) || tokio::time::Instant::now() >= until {
                return Err(error);
            }
        }
    }

    /// How long a connection may take to finish what a dropped future left behind. The only one gets all the time it
    /// needs, because the database may go with it.
    pub(super) fn reset_limit(&self) -> Duration {
        if self.only_one { Duration::MAX } else { Duration::from_secs(5) }
    }

    pub(super) fn enter(&self, holder: Holder) -> u64 {
        let id = self.next_holder.fetch_add(1, Relaxed);
        self.holders.lock().unwrap_or_else(PoisonError::into_inner).push((id, holder));
        id
    }

    pub(super) fn leave(&self, id: u64) {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = holders.iter().position(|(known, _)| *known == id) {
            holders.swap_remove(index);
        }
    }

    /// Those who hold connections, the longest first.
    pub(super) fn holders(&self) -> Vec<Holder> {
        let mut holders: Vec<Holder> = self
            .holders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(_, holder)| holder.clone())
            .collect();
        holders.sort_by_key(|holder| holder.since);
        holders
    }

    /// The transaction that the task at work has begun by hand or by a closure, and still has open; other than the holder
    /// of this number.
    pub(super) fn own_transaction(&self, except: Option<u64>) -> Option<Holder> {
        let task = tokio::task::try_id();
        let holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let own = holders.iter().find(|(id, holder)| {
            Some(*id) != except && holder.task == task && holder.purpose == Use::Transaction && holder.at.is_some()
        });
        own.map(|(_, holder)| holder.clone())
    }

    /// When a connection opened now has lived long enough: up to a tenth earlier than its limit, so that connections
    /// opened together do not end together.
    pub(super) fn end_of_life(&self, opened: Instant) -> Option<Instant> {
        let limit = self.options.max_lifetime?;
        let spread = limit / 10;
        opened.checked_add(limit - spread.mul_f64(crate::random::fraction()).min(spread).max(Duration::ZERO))
    }
}
