//! [`Patience`]: how long the client waits for a server that says nothing, since a socket whose other end is gone stays
//! silent for good. A wait that was too long is an error of the socket, as the system's own would be.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// How long BEGIN, COMMIT, ROLLBACK and savepoints wait for their answer unless it is set. A commit may wait for other
/// servers and for checks at its end, so it is longer than a server needs.
const CONTROL: Duration = Duration::from_secs(30);
/// How long a ping waits, at the most.
const PING: Duration = Duration::from_secs(5);

/// How long the client waits for a server that says nothing. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a row or the end of a statement.
    pub statement: Option<Duration>,
    /// For the answer to a step of a transaction.
    pub control: Option<Duration>,
}

impl Patience {
    /// What `socket_timeout` says: the default when `None`, no limit when zero.
    pub fn new(socket_timeout: Option<Duration>) -> Self {
        match socket_timeout {
            None => Self { statement: None, control: Some(CONTROL) },
            Some(Duration::ZERO) => Self { statement: None, control: None },
            limit => Self { statement: limit, control: limit },
        }
    }

    /// For the answer to a ping.
    pub fn ping(self) -> Option<Duration> {
        Some(self.statement.map_or(PING, |limit| limit.min(PING)))
    }
}

/// Waits for an answer. Without a limit, no timer is made.
///
/// # Errors
/// The client's; the one that [`Silent`] is the cause of.
pub async fn answer_within<T>(
    limit: Option<Duration>,
    answer: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    match limit {
        None => answer.await,
        Some(limit) => tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| Err(Silent(limit).into())),
    }
}

/// Why a connection was given up: the server said nothing for this long.
#[derive(Debug)]
pub struct Silent(Duration);

impl Silent {
    /// The silence that an error of the client is about.
    pub fn cause(error: &sqlx::Error) -> Option<&Self> {
        let sqlx::Error::Io(error) = error else { return None };
        error.get_ref()?.downcast_ref()
    }

    /// What to say of a statement.
    pub fn of_statement(&self) -> String {
        format!("{self}; the connection was given up, and what was sent may still take effect")
    }

    /// What to say of a commit.
    pub fn of_commit(&self) -> String {
        format!("COMMIT was sent, but {self}: the transaction may have taken effect or not")
    }
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server did not answer within {:?} (`socket_timeout`)", self.0)
    }
}

impl std::error::Error for Silent {}

impl From<Silent> for sqlx::Error {
    fn from(silent: Silent) -> Self {
        Self::Io(io::Error::new(io::ErrorKind::TimedOut, silent))
    }
}

/// The clock of one answer: begins when there is nothing to read, and again with each row.
#[derive(Debug)]
pub(crate) struct Clock {
    limit: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// The rows that had come when it began.
    rows: u64,
}

impl Clock {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, sleep: None, rows: 0 }
    }

    /// Asked whenever there is nothing to read: whether that has been so for too long.
    #[inline]
    pub(crate) fn poll(&mut self, rows: u64, context: &mut Context<'_>) -> Poll<Silent> {
        match self.limit {
            None => Poll::Pending,
            Some(limit) => self.poll_sleep(limit, rows, context),
        }
    }

    fn poll_sleep(&mut self, limit: Duration, rows: u64, context: &mut Context<'_>) -> Poll<Silent> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if self.rows != rows {
            self.rows = rows;
            let now = Instant::now();
            sleep.as_mut().reset(now.checked_add(limit).unwrap_or(now));
        }
        sleep.as_mut().poll(context).map(|()| Silent(limit))
    }

    /// Waits for what `poll` gives, which is `Pending` while there is nothing to read.
    pub(crate) async fn watch<T>(
        &mut self,
        rows: u64,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<sqlx::Result<T>>,
    ) -> sqlx::Result<T> {
        poll_fn(|context| match poll(context) {
            Poll::Pending => self.poll(rows, context).map(|silent| Err(silent.into())),
            ready => ready,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_no_limit_unless_it_is_set_and_what_ends_transactions_has() {
        let seconds = Duration::from_secs;
        for (set, statement, control, ping) in [
            (None, None, Some(seconds(30)), seconds(5)),
            (Some(seconds(0)), None, None, seconds(5)),
            (Some(seconds(1)), Some(seconds(1)), Some(seconds(1)), seconds(1)),
            (Some(seconds(60)), Some(seconds(60)), Some(seconds(60)), seconds(5)),
        ] {
            let patience = Patience::new(set);
            assert_eq!((patience.statement, patience.control, patience.ping()), (statement, control, Some(ping)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_given_up_and_its_silence_is_the_cause() {
        let never = std::future::pending::<sqlx::Result<()>>();
        let error = answer_within(Some(Duration::from_secs(2)), never).await.unwrap_err();
        let silent = Silent::cause(&error).unwrap();
        assert_eq!(silent.to_string(), "the server did not answer within 2s (`socket_timeout`)");
        assert!(silent.of_commit().contains("may have taken effect or not"));
        assert!(Silent::cause(&sqlx::Error::Io(io::ErrorKind::TimedOut.into())).is_none());
        assert_eq!(answer_within(None, async { Ok(1) }).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn each_row_begins_the_time_anew() {
        let (second, mut clock) = (Duration::from_secs(1), Clock::new(Some(Duration::from_secs(2))));
        for row in 0..5 {
            let mut next = Box::pin(tokio::time::sleep(second));
            clock.watch(row, |context| next.as_mut().poll(context).map(Ok)).await.unwrap();
        }
        let mut late = Box::pin(tokio::time::sleep(3 * second));
        let error = clock.watch(5, |context| late.as_mut().poll(context).map(Ok)).await.unwrap_err();
        assert!(Silent::cause(&error).is_some());
    }
}
