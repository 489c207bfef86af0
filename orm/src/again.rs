//! Runs a single statement again after a deadlock or a serialization failure, and words the error of one that is not run again.
//! Whole transactions are run again by `transaction::run`.

use std::time::Duration;

use orm_core::driver::{Query, Reads, StatementKind, statement_kind};
use orm_core::{Error, ErrorKind};
use tokio::time::sleep;

use crate::inner::Inner;

const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// The tries of one statement that is a transaction by itself.
#[derive(Debug, Default)]
pub(crate) struct Again {
    tries: u32,
}

impl Again {
    /// Whether the statement should be run again, after a pause. Not where rows of it were given away already.
    #[cold]
    pub(crate) async fn should(&mut self, inner: &Inner, query: Query<'_>, error: &Error, restartable: bool) -> bool {
        let kind = statement_kind(query.sql, inner.dialect.lexical());
        let rows = matches!(kind, StatementKind::Read | StatementKind::Insert | StatementKind::Change);
        let most = match error.kind() {
            _ if !restartable || !rows => 0,
            // A model's query has no side effects, so it may run twice.
            ErrorKind::ConnectionLost if kind == StatementKind::Read && !matches!(query.reads, Reads::Nothing) => {
                inner.read_retries
            }
            // The server refused before it ran anything.
            ErrorKind::ConnectionFailed => inner.statement_retries,
            _ if is_undone(error) => inner.statement_retries,
            _ => 0,
        };
        if self.tries >= most {
            return false;
        }
        self.tries += 1;
        let pause = crate::random::pause(PAUSES.0, PAUSES.1, self.tries);
        tracing::debug!(target: "orm::query", retry = self.tries, ?pause, kind = %error.kind(), "running a statement again");
        sleep(pause).await;
        true
    }
}

/// The error of a statement outside a transaction: if its connection broke, it says that a write may have taken effect.
#[cold]
pub(crate) fn of_write(inner: &Inner, sql: &str, error: Error) -> Error {
    if error.kind() != ErrorKind::ConnectionLost || statement_kind(sql, inner.dialect.lexical()) == StatementKind::Read
    {
        return error;
    }
    let message = match error.message() {
        "" => "before the statement was answered: it may have taken effect".to_owned(),
        message => format!("{message}; the statement may have taken effect"),
    };
    error.with_message(message)
}

/// Whether the server has undone the statement for sure, and may take it the next time. SQLSTATE 40003 says that it does
/// not know.
pub(crate) fn is_undone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Deadlock | ErrorKind::Serialization) && error.code() != Some("40003")
}
