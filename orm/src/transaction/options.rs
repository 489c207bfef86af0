//! [`TransactionOptions`]: how a transaction begins, how often it is run again, and how long it may take.

use std::time::Duration;

use orm_core::driver::{BeginOptions, Isolation, LockMode};

/// How a transaction begins, how often it is run again, and how long it may take.
///
/// ```
/// use std::time::Duration;
/// use orm::{Isolation, TransactionOptions};
///
/// let options = TransactionOptions::new()
///     .isolation(Isolation::Serializable)
///     .retries(5)
///     .timeout(Duration::from_secs(10));
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionOptions {
    pub(super) begin: BeginOptions,
    pub(super) retries: u32,
    pub(super) backoff: (Duration, Duration),
    pub(super) timeout: Option<Duration>,
}

impl Default for TransactionOptions {
    fn default() -> Self {
        Self {
            begin: BeginOptions::default(),
            retries: 0,
            backoff: (Duration::from_millis(10), Duration::from_secs(1)),
            timeout: None,
        }
    }
}

impl TransactionOptions {
    /// The database's default isolation, no retries, no time limit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The isolation level. Levels that a database lacks are
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when the transaction begins.
    #[must_use]
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.begin.isolation = Some(level);
        self
    }

    /// Refuses writes. On SQLite, such a transaction takes no lock for writing, so it neither waits for writers nor keeps
    /// them waiting; say it of every transaction that only reads.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.begin.read_only = true;
        self
    }

    /// Lets a serializable read-only transaction wait for a snapshot that can never conflict (PostgreSQL).
    #[must_use]
    pub fn deferrable(mut self) -> Self {
        self.begin.deferrable = true;
        self
    }

    /// Takes locks at the first statement that needs them (SQLite). A transaction that has read cannot wait for a writer:
    /// its first write then fails with [`ErrorKind::Busy`](crate::ErrorKind::Busy), and [`retries`](Self::retries) run it again.
    #[must_use]
    pub fn deferred(mut self) -> Self {
        self.begin.lock_mode = Some(LockMode::Deferred);
        self
    }

    /// Takes the lock for writing at once (SQLite), so that no later write fails because another connection wrote first.
    /// The default, unless the transaction is read-only or the URL says otherwise (`lock_mode`).
    #[must_use]
    pub fn immediate(mut self) -> Self {
        self.begin.lock_mode = Some(LockMode::Immediate);
        self
    }

    /// Takes the lock for writing at once and, where the journal mode needs it, keeps readers out (SQLite).
    #[must_use]
    pub fn exclusive(mut self) -> Self {
        self.begin.lock_mode = Some(LockMode::Exclusive);
        self
    }

    /// How often the closure is run again, with a new transaction, after a deadlock, a serialization failure or a busy
    /// database, when its connection broke before COMMIT was sent or none could be made, and when the server refused a write
    /// that the options allow; 0 unless set. After a commit
    /// of which nobody knows how it ended, [`ErrorKind::AmbiguousCommit`](crate::ErrorKind::AmbiguousCommit), it is never run
    /// again. For [`Database::transaction_with`](crate::Database::transaction_with) only: what was
    /// begun by hand cannot be run again.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The pauses before retries: a random time of at most `first`, doubled with each retry, up to `most`. 10 ms and one
    /// second unless set. The whole pause is random ("full jitter"), so that transactions which met once do not meet again.
    #[must_use]
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = (first, most);
        self
    }

    /// How long the transaction may take, retries and pauses included; no limit unless set. Then it is rolled back and
    /// [`ErrorKind::TransactionTimeout`](crate::ErrorKind::TransactionTimeout) is given.
    ///
    /// A commit or rollback that was sent has until then, and five seconds at least; a server that says nothing has
    /// `socket_timeout` at most, 30 seconds unless set. A commit that is not answered by
    /// then is [`ErrorKind::AmbiguousCommit`](crate::ErrorKind::AmbiguousCommit); without an answer to a rollback, the
    /// connection is closed, which undoes the changes as well.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    pub(crate) fn limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// The pause before a retry, counted from 1.
    pub(super) fn pause(&self, retry: u32) -> Duration {
        let (first, most) = self.backoff;
        crate::random::pause(first, most, retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_limit_and_are_random() {
        let options = TransactionOptions::new().backoff(Duration::from_millis(10), Duration::from_millis(35));
        for (retry, most) in [(1, 10), (2, 20), (3, 35), (40, 35), (4_000, 35)] {
            let pauses: Vec<_> = (0..50).map(|_| options.pause(retry)).collect();
            assert!(pauses.iter().all(|pause| *pause < Duration::from_millis(most)));
            assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        }
    }
}
