//! What SQLite's callbacks tell and ask: whether a statement is given up, how long one step has taken, how long the
//! write-ahead log is. The callbacks themselves are in `handle.rs`; what follows from it is in `connection.rs`.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Instructions of SQLite's virtual machine between two ticks: 5 to 20 µs.
pub(crate) const OPS_PER_TICK: i32 = 500;
/// Ticks of one step, and the time since its first tick, that together make it long. Both are asked, so that a thread
/// that merely lost its core is not taken for a long step.
const LONG_TICKS: u32 = 16;
const LONG: Duration = Duration::from_micros(500);
/// The time that makes a step long whatever its ticks: it waits for the disk.
const VERY_LONG: Duration = Duration::from_millis(5);

/// Shared between a connection and the callbacks of its handle.
#[derive(Debug)]
pub(crate) struct Hooks {
    cancelled: AtomicBool,
    watched: AtomicBool,
    spent: AtomicBool,
    ticks: AtomicU32,
    first_tick: AtomicU64,
    wal_pages: AtomicU32,
    epoch: Instant,
}

impl Hooks {
    pub(crate) fn new() -> Self {
        Self {
            cancelled: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            spent: AtomicBool::new(false),
            ticks: AtomicU32::new(0),
            first_tick: AtomicU64::new(0),
            wal_pages: AtomicU32::new(0),
            epoch: Instant::now(),
        }
    }

    /// Starts the budget of one step; only a watched step is ended when it is spent.
    #[inline]
    pub(crate) fn arm(&self, watched: bool) {
        self.ticks.store(0, Relaxed);
        self.spent.store(false, Relaxed);
        self.watched.store(watched, Relaxed);
    }

    /// Whether the step since [`arm`](Self::arm) took any time worth a look at the clock.
    #[inline]
    pub(crate) fn ticked(&self) -> bool {
        self.ticks.load(Relaxed) > 0
    }

    /// Whether the step was ended because its budget was spent.
    pub(crate) fn spent(&self) -> bool {
        self.spent.load(Relaxed)
    }

    /// Gives up the statement that runs on another thread.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Forgets [`cancel`](Self::cancel): that statement is back.
    pub(crate) fn revive(&self) {
        self.cancelled.store(false, Relaxed);
    }

    /// Every [`OPS_PER_TICK`] instructions of a step; true ends the step.
    pub(crate) fn tick(&self) -> bool {
        if self.cancelled.load(Relaxed) {
            return true;
        }
        let ticks = self.ticks.load(Relaxed).saturating_add(1);
        self.ticks.store(ticks, Relaxed);
        if !self.watched.load(Relaxed) {
            return false;
        }
        let now = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if ticks == 1 {
            self.first_tick.store(now, Relaxed);
            return false;
        }
        let taken = Duration::from_nanos(now.saturating_sub(self.first_tick.load(Relaxed)));
        let long = (ticks >= LONG_TICKS && taken >= LONG) || taken >= VERY_LONG;
        self.spent.store(long, Relaxed);
        long
    }

    /// A transaction was written; the write-ahead log now has this many pages.
    pub(crate) fn wal_written(&self, pages: u32) {
        self.wal_pages.store(pages, Relaxed);
    }

    /// The pages of the write-ahead log after this connection's latest commit; 0 before the first.
    #[inline]
    pub(crate) fn wal_pages(&self) -> u32 {
        self.wal_pages.load(Relaxed)
    }
}
