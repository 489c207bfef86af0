//! Opening connections.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use orm_core::dialect::Dialect;
use orm_core::driver::{Connection, Driver};
use orm_core::{Error, ErrorKind, Result};
use sqlx::ConnectOptions;

use crate::connection::{BusyBackoff, SqliteConnection, WriteQueue};
use crate::dialect::SqliteDialect;
use crate::error::from_sqlx;
use crate::handle::Handle;
use crate::hooks::Hooks;
use crate::options::SqliteOptions;

/// Opens connections to one SQLite database.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(async {
/// use orm_core::driver::{Driver, Query};
/// use orm_core::row::Collect;
/// use orm_sqlite::{Sqlite, SqliteOptions};
///
/// let driver = Sqlite::new(SqliteOptions::memory());
/// let mut connection = driver.connect().await?;
/// let mut rows: Vec<(i64, String)> = Vec::new();
/// let mut sink = Collect::new(&mut rows, |columns| Ok((columns.next()?, columns.next()?)));
/// connection.fetch(Query::text("SELECT 1, 'one'"), &mut sink).await?;
/// assert_eq!(rows, [(1, "one".to_owned())]);
/// # Ok::<(), orm_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Sqlite {
    options: SqliteOptions,
    dialect: Arc<SqliteDialect>,
    queue: WriteQueue,
}

impl Sqlite {
    /// A driver for the database that the options name. Nothing is opened yet.
    pub fn new(options: SqliteOptions) -> Self {
        Self { options, dialect: Arc::new(SqliteDialect::linked()), queue: WriteQueue::new() }
    }

    /// A driver for the database that a URL names; see [`SqliteOptions::from_url`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming what cannot be read.
    pub fn from_url(url: &str) -> Result<Self> {
        Ok(Self::new(SqliteOptions::from_url(url)?))
    }

    /// How the database is opened.
    pub fn options(&self) -> &SqliteOptions {
        &self.options
    }

    pub(crate) async fn open(&self) -> Result<SqliteConnection> {
        self.options.check()?;
        let options = self.options.for_sqlx();
        let mut backoff = BusyBackoff::new(self.options.busy_limit(), Instant::now());
        let connection = loop {
            // Switching a new file to its journal mode needs the whole file, and does not always wait for it.
            match options.connect().await.map_err(from_sqlx) {
                Err(error) if error.kind() == ErrorKind::Busy && backoff.wait().await => {}
                other => break other?,
            }
        };
        let hooks = Arc::new(Hooks::new());
        let handle = Handle::adopt(connection, Arc::clone(&hooks), self.options.cache_size()).await?;
        Ok(SqliteConnection::new(handle, hooks, &self.options, self.queue.clone()))
    }
}

#[async_trait]
impl Driver for Sqlite {
    async fn connect(&self) -> Result<Box<dyn Connection>> {
        match self.open().await {
            Ok(connection) => Ok(Box::new(connection)),
            Err(error) => Err(explained(error, &self.options)),
        }
    }

    fn max_connections(&self) -> Option<usize> {
        self.options.is_memory().then_some(1)
    }

    async fn dialect(&self, _connection: &mut dyn Connection) -> Result<Arc<dyn Dialect>> {
        Ok(Arc::clone(&self.dialect) as Arc<dyn Dialect>)
    }

    fn target(&self) -> String {
        self.options.to_string()
    }
}

/// A database that cannot be opened says which one, and why where that is plain.
fn explained(error: Error, options: &SqliteOptions) -> Error {
    if error.kind() != ErrorKind::ConnectionFailed {
        return error;
    }
    match options.lacks() {
        None => error.with_message(format!("{options} cannot be opened")),
        // SQLite knows no more than that it cannot.
        Some(what) => {
            let code = error.code().map(str::to_owned);
            let error = Error::new(ErrorKind::ConnectionFailed, format!("{options} cannot be opened: {what}"));
            match code {
                Some(code) => error.with_code(code),
                None => error,
            }
        }
    }
}
