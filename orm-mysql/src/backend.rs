//! [`Backend`]: the server's thread behind a connection, which is told to end a statement that was cut off. That takes
//! another connection, since the one that waits for an answer cannot say anything.

use std::sync::Arc;

use orm_core::Result;
use orm_server::{SslMode, open};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use crate::error;
use crate::options::MysqlOptions;

/// Held while a statement is ended, so that it takes one connection more and not many.
pub(crate) type Turn = tokio::sync::Mutex<()>;

/// The server's thread behind a connection.
#[derive(Debug)]
pub(crate) struct Backend {
    id: u64,
    options: Arc<MysqlOptions>,
    turn: Arc<Turn>,
}

impl Backend {
    pub(crate) fn new(id: u64, options: Arc<MysqlOptions>, turn: Arc<Turn>) -> Self {
        Self { id, options, turn }
    }

    /// Ends the thread with what it is at work on (manual, "KILL Statement"); its transaction is rolled back.
    pub(crate) async fn kill(&self) -> sqlx::Result<()> {
        let _turn = self.turn.lock().await;
        let Ok(client) = connect(&self.options).await else { return Ok(()) };
        let mut client = client?;
        sqlx::raw_sql(AssertSqlSafe(format!("KILL {}", self.id))).execute(&mut client).await?;
        client.close().await
    }
}

/// Opens a connection, on which nothing has been sent.
///
/// # Errors
/// Those of the options; within them, the client's.
pub(crate) async fn connect(options: &MysqlOptions) -> Result<sqlx::Result<MySqlConnection>> {
    let mode = options.server.tls.mode.unwrap_or_default();
    Ok(match open(options.to_sqlx(mode)?).await {
        // The client does not know the mode: it never tries TLS.
        Err(error) if mode == SslMode::Allow && error::wants_encryption(&error) => {
            open(options.to_sqlx(SslMode::Require)?).await
        }
        opened => opened,
    })
}
