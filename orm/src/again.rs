//! Running a single statement again after a deadlock or a serialization failure. Transactions are run again by
//! `transaction::run`, as a whole.

use std::time::Duration;

use orm_core::driver::{Query, StatementKind, statement_kind};
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
        if !(restartable && rows && is_undone(error)) || self.tries >= inner.statement_retries {
            return false;
        }
        self.tries += 1;
        let pause = crate::random::pause(PAUSES.0, PAUSES.1, self.tries);
        tracing::debug!(target: "orm::query", retry = self.tries, ?pause, kind = %error.kind(), "running a statement again");
        sleep(pause).await;
        true
    }
}

/// Whether the server has undone the statement for sure, and may take it the next time. SQLSTATE 40003 says that it does
/// not know.
pub(crate) fn is_undone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Deadlock | ErrorKind::Serialization) && error.code() != Some("40003")
}
