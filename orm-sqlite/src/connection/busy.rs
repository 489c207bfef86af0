//! Waiting for locks without blocking anybody.

use std::time::{Duration, Instant};

use orm_core::{Error, ErrorKind};

/// Whether the error goes away by itself: a lock that somebody holds, but not a snapshot that is out of date.
pub(super) fn waiting_helps(error: &Error) -> bool {
    error.kind() == ErrorKind::Busy
        && match error.code().and_then(|code| code.parse::<i32>().ok()) {
            Some(libsqlite3_sys::SQLITE_BUSY_SNAPSHOT) => false,
            Some(libsqlite3_sys::SQLITE_LOCKED_SHAREDCACHE) => true,
            Some(code) => code & 0xff == libsqlite3_sys::SQLITE_BUSY,
            None => false,
        }
}

/// Pauses between tries while a lock is held: growing, with jitter, up to a limit.
pub(crate) struct BusyBackoff {
    start: Instant,
    limit: Duration,
    pause: Duration,
    random: u64,
}

impl BusyBackoff {
    pub(crate) fn new(limit: Duration, start: Instant) -> Self {
        // Connections that wait for one another should not wake together; that needs no good randomness.
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        Self { start, limit, pause: Duration::from_millis(1), random }
    }

    /// Sleeps a little; false at once when the limit is reached.
    pub(crate) async fn wait(&mut self) -> bool {
        let left = self.limit.saturating_sub(self.start.elapsed());
        if left.is_zero() {
            return false;
        }
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let percent = u32::try_from((self.random >> 33) % 100).unwrap_or_default();
        let pause = (self.pause / 2 + self.pause * percent / 100).min(left);
        self.pause = (self.pause * 2).min(Duration::from_millis(50));
        if tokio::runtime::Handle::try_current().is_ok() {
            tokio::time::sleep(pause).await;
        } else {
            std::thread::sleep(pause);
        }
        true
    }
}
