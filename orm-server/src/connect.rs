//! Opening a connection: within a time limit, and without the client's panics. What a failure means is for the driver to
//! say.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use orm_core::{Error, ErrorKind, Result};
use sqlx::ConnectOptions;

/// Connects, and gives up after a limit; `place` names the server, never with a password.
///
/// # Errors
/// Those of connecting; [`ErrorKind::ConnectionFailed`] when the time is over.
pub async fn connect_within<T>(
    limit: Option<Duration>,
    place: impl FnOnce() -> String,
    connect: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(limit) = limit else { return connect.await };
    tokio::time::timeout(limit, connect).await.unwrap_or_else(|elapsed| {
        let place = place();
        let message =
            format!("{place}: no answer within {limit:?}: check host, port and firewall, or raise `connect_timeout`");
        Err(Error::new(ErrorKind::ConnectionFailed, message).with_source(elapsed))
    })
}

/// Opens a connection, as [`readable`] says.
///
/// # Errors
/// The client's.
pub async fn open<O: ConnectOptions>(options: O) -> sqlx::Result<O::Connection>
where
    O::Connection: Sized,
{
    readable(options.connect()).await
}

/// Waits for an answer while connecting. sqlx 0.9.0 panics over some answers that are not those of its server, such as the
/// greeting of MySQL 9.7.4 to a client of PostgreSQL, or a row with fewer columns than were described: they are errors
/// like the others.
///
/// # Errors
/// The client's.
pub async fn readable<T>(answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let read = AssertUnwindSafe(answer).catch_unwind().await;
    read.unwrap_or_else(|_| Err(sqlx::Error::Protocol("the answer could not be read".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_over_which_the_client_panics_is_an_error() {
        let panics = async { Err::<(), _>(sqlx::Error::Protocol(std::env::var("NOT=SET").unwrap())) };
        let error = readable(panics).await.unwrap_err();
        assert!(matches!(error, sqlx::Error::Protocol(message) if message == "the answer could not be read"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_without_an_answer_is_given_up() {
        let place = || "user `a`, server h:1".to_owned();
        let silent = connect_within(Some(Duration::from_secs(2)), place, std::future::pending::<Result<()>>()).await;
        let error = silent.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
        assert!(error.message().starts_with("user `a`, server h:1: no answer within 2s"), "{error}");
        assert_eq!(connect_within(None, place, async { Ok(1) }).await.unwrap(), 1);
    }
}
