//! Waiting for locks without blocking anybody.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orm_core::{Error, ErrorKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Whether the error goes away when others let go of the database. A snapshot that is out of date stays so while it is
/// held; who holds nothing gets a new one.
pub(super) fn waiting_helps(error: &Error, holds_nothing: bool) -> bool {
    error.kind() == ErrorKind::Busy
        && match error.code().and_then(|code| code.parse::<i32>().ok()) {
            Some(libsqlite3_sys::SQLITE_BUSY_SNAPSHOT) => holds_nothing,
            Some(libsqlite3_sys::SQLITE_LOCKED_SHAREDCACHE) => true,
            Some(code) => code & 0xff == libsqlite3_sys::SQLITE_BUSY,
            None => false,
        }
}

/// The queue of those who wait to write: one of a database's connections at a time asks SQLite again and again, and the
/// others wait behind it in the order in which they came. Without it, one might never find the right moment.
#[derive(Debug, Clone)]
pub(crate) struct WriteQueue(Arc<Semaphore>);

impl WriteQueue {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// Pauses between tries while a lock is held: growing, with jitter, up to a limit.
pub(crate) struct BusyBackoff {
    start: Instant,
    limit: Duration,
    pause: Duration,
    longest: Duration,
    random: u64,
    /// The place at the head of the queue.
    turn: Option<OwnedSemaphorePermit>,
}

impl BusyBackoff {
    pub(crate) fn new(limit: Duration, start: Instant) -> Self {
        // Connections that wait for one another should not wake together; that needs no good randomness.
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        let longest = Duration::from_millis(50);
        Self { start, limit, pause: Duration::from_millis(1), longest, random, turn: None }
    }

    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// Sleeps a little; false at once when the limit is reached.
    pub(crate) async fn wait(&mut self) -> bool {
        let left = self.left();
        if left.is_zero() {
            return false;
        }
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let percent = u32::try_from((self.random >> 33) % 100).unwrap_or_default();
        let pause = (self.pause / 2 + self.pause * percent / 100).min(left);
        self.pause = (self.pause * 2).min(self.longest);
        if tokio::runtime::Handle::try_current().is_ok() {
            tokio::time::sleep(pause).await;
        } else {
            std::thread::sleep(pause);
        }
        true
    }

    /// As [`wait`](Self::wait), in the queue. Whoever waits there must hold no lock that those before it may wait for.
    pub(super) async fn wait_in(&mut self, queue: &WriteQueue) -> bool {
        if self.turn.is_some() || tokio::runtime::Handle::try_current().is_err() {
            return self.wait().await;
        }
        // Few ask now, so they may ask often.
        self.longest = Duration::from_millis(10);
        let queue = Arc::clone(&queue.0);
        if let Ok(turn) = Arc::clone(&queue).try_acquire_owned() {
            self.turn = Some(turn);
            return self.wait().await;
        }
        match tokio::time::timeout(self.left(), queue.acquire_owned()).await {
            Ok(Ok(turn)) => {
                self.turn = Some(turn);
                true
            }
            _ => false,
        }
    }
}
