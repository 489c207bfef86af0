//! Opens connections. What can be set is in `options`, what a connection does in `connection`.

use std::sync::Arc;

use async_trait::async_trait;
use orm_core::Result;
use orm_core::dialect::Dialect;
use orm_core::driver::{Connection, Driver, Query};
use orm_core::row::Collect;
use orm_server::{Patience, SslMode, connect_within, readable};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use crate::backend::{self, Backend, Turn};
use crate::connection::PostgresConnection;
use crate::dialect::PostgresDialect;
use crate::error;
use crate::options::PostgresOptions;
use crate::pooler::{Pooler, Shared};

/// The driver for PostgreSQL 15 and later.
///
/// Needs a Tokio runtime with I/O and time enabled.
///
/// ```
/// use orm_core::driver::Driver;
/// use orm_postgres::{Postgres, PostgresOptions};
///
/// let driver = Postgres::new(PostgresOptions::from_url("postgres://app:secret@db.example/shop")?);
/// assert_eq!(driver.target(), "db.example:5432/shop");
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Postgres {
    options: Arc<PostgresOptions>,
    turn: Arc<Turn>,
}

impl Postgres {
    /// Connects as the options say.
    pub fn new(options: PostgresOptions) -> Self {
        Self { options: Arc::new(options), turn: Arc::default() }
    }

    /// The options.
    pub fn options(&self) -> &PostgresOptions {
        &self.options
    }

    /// A driver for a `postgres://` or `postgresql://` URL.
    ///
    /// # Errors
    /// As [`PostgresOptions::from_url`].
    pub fn from_url(url: &str) -> Result<Self> {
        PostgresOptions::from_url(url).map(Self::new)
    }

    async fn open(&self) -> Result<PostgresConnection> {
        let place = || self.options.place();
        let (client, pid) = connect_within(self.options.server.connect_timeout, place, self.establish()).await?;
        let server = &self.options.server;
        let shared = (self.options.pooler == Pooler::Transaction).then(|| Shared::new(self.options.settings_sql(true)));
        // A prepared statement that is kept would be the next client's.
        let capacity = if shared.is_some() { 0 } else { server.statement_cache_capacity };
        let backend = pid.map(|pid| Backend::new(pid, Arc::clone(&self.options), Arc::clone(&self.turn)));
        Ok(PostgresConnection::new(client, capacity, Patience::new(server.socket_timeout), shared, backend))
    }

    /// A connection with its settings, and the number of the server's process where that stays the same.
    async fn establish(&self) -> Result<(PgConnection, Option<i32>)> {
        let failed = |error| error::connecting(error, &self.options.place());
        let mut client = backend::connect(&self.options).await?.map_err(failed)?;
        let mut pid = None;
        if self.options.pooler == Pooler::Transaction {
            // They are set with each transaction; here they are tried.
            if let Some(sql) = self.options.settings_sql(true) {
                readable((&mut client).execute(sqlx::raw_sql(AssertSqlSafe(sql)))).await.map_err(failed)?;
            }
        } else {
            let run = sqlx::raw_sql(AssertSqlSafe(self.options.session_sql())).fetch_one(&mut client);
            pid = Some(readable(run).await.map_err(failed)?.try_get(0).map_err(failed)?);
        }
        for sql in &self.options.server.init {
            let run = (&mut client).execute(sqlx::raw_sql(AssertSqlSafe(sql.as_str())));
            run.await.map_err(|error| error::map(error).with_message("an `init` statement of the options failed"))?;
        }
        Ok((client, pid))
    }

    /// Whether a connection is under TLS. The client does not say; servers that cannot either are taken to be.
    async fn is_encrypted(&self, connection: &mut dyn Connection) -> Result<bool> {
        if self.options.server.tls.mode == Some(SslMode::Disable) {
            return Ok(false);
        }
        let mut answers: Vec<bool> = Vec::new();
        let query = Query::text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        match connection.fetch(query, &mut Collect::new(&mut answers, |columns| columns.next())).await {
            Err(error) if connection.is_broken() => Err(error),
            _ => Ok(answers.first().copied().unwrap_or(true)),
        }
    }
}

#[async_trait]
impl Driver for Postgres {
    async fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(self.open().await?))
    }

    async fn dialect(&self, connection: &mut dyn Connection) -> Result<Arc<dyn Dialect>> {
        let mut versions: Vec<i64> = Vec::new();
        let query = Query::text("SELECT current_setting('server_version_num')::int8");
        connection.fetch(query, &mut Collect::new(&mut versions, |columns| columns.next())).await?;
        let number = versions.first().and_then(|v| u32::try_from(*v).ok()).unwrap_or_default();
        // 15.18 is 150018 (PostgreSQL manual, 20.15).
        let dialect = PostgresDialect::new((number / 10_000, number % 10_000, 0));
        Ok(Arc::new(if self.is_encrypted(connection).await? { dialect.encrypted() } else { dialect }))
    }

    fn target(&self) -> String {
        self.options.target()
    }
}
