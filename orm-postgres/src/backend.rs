//! [`Backend`]: the server's process behind a connection, which is told to end a statement that was cut off. That takes
//! another connection, since the one that waits for an answer cannot say anything.

use std::sync::Arc;

use orm_core::Result;
use orm_server::{SslMode, open};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::error;
use crate::options::PostgresOptions;

/// Held while a statement is cancelled, so that it takes one connection more and not many.
pub(crate) type Turn = tokio::sync::Mutex<()>;

/// The server's process behind a connection.
#[derive(Debug)]
pub(crate) struct Backend {
    pid: i32,
    options: Arc<PostgresOptions>,
    turn: Arc<Turn>,
}

impl Backend {
    pub(crate) fn new(pid: i32, options: Arc<PostgresOptions>, turn: Arc<Turn>) -> Self {
        Self { pid, options, turn }
    }

    /// Ends what the process is at work on (manual, 9.27.2). The connection to it must still be open: the number of a
    /// process that is gone may be another's.
    pub(crate) async fn cancel(&self) -> sqlx::Result<()> {
        let _turn = self.turn.lock().await;
        let Ok(client) = connect(&self.options).await else { return Ok(()) };
        let mut client = client?;
        let sql = format!("SELECT pg_cancel_backend({})", self.pid);
        (&mut client).execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
        client.close().await
    }
}

/// Opens a connection, on which nothing has been sent.
///
/// # Errors
/// Those of the options; within them, the client's.
pub(crate) async fn connect(options: &PostgresOptions) -> Result<sqlx::Result<PgConnection>> {
    Ok(match options.server.tls.mode {
        // The client does not know this mode: it never tries TLS.
        Some(SslMode::Allow) => match open(options.client(SslMode::Disable)?).await {
            Err(error) if error::server(&error).is_some_and(|error| error.code() == "28000") => {
                open(options.client(SslMode::Require)?).await
            }
            result => result,
        },
        Some(mode) => open(options.client(mode)?).await,
        None => open(options.client(None)?).await,
    })
}
