//! Opens connections. What can be set is in `options`, what a connection does in `connection`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use orm_core::dialect::Dialect;
use orm_core::driver::{Connection, Driver, Query};
use orm_core::row::Collect;
use orm_core::{Error, ErrorKind, Result};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection};

use crate::connection::PostgresConnection;
use crate::dialect::PostgresDialect;
use crate::error;
use crate::options::{PostgresOptions, SslMode};

/// The driver for PostgreSQL 13 and newer.
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
    options: PostgresOptions,
}

impl Postgres {
    /// Connects as the options say.
    pub fn new(options: PostgresOptions) -> Self {
        Self { options }
    }

    /// The options.
    pub fn options(&self) -> &PostgresOptions {
        &self.options
    }

    async fn establish(&self) -> Result<PgConnection> {
        let client = match self.options.ssl_mode {
            // The client does not know this mode: it never tries TLS.
            Some(SslMode::Allow) => match open(self.options.client(SslMode::Disable)?).await {
                Err(error) if error::server(&error).is_some_and(|error| error.code() == "28000") => {
                    open(self.options.client(SslMode::Require)?).await
                }
                result => result,
            },
            Some(mode) => open(self.options.client(mode)?).await,
            None => open(self.options.client(None)?).await,
        };
        let mut client = client.map_err(|error| error::connecting(error, &self.options.place()))?;
        for sql in &self.options.init {
            let run = (&mut client).execute(sqlx::raw_sql(AssertSqlSafe(sql.as_str())));
            run.await.map_err(|error| error::map(error).with_message("an `init` statement of the options failed"))?;
        }
        Ok(client)
    }

    /// Whether a connection is under TLS. The client does not say; servers that cannot either are taken to be.
    async fn is_encrypted(&self, connection: &mut dyn Connection) -> Result<bool> {
        if self.options.ssl_mode == Some(SslMode::Disable) {
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

/// Opens a connection. The client (sqlx 0.9.0) panics over some answers that are not PostgreSQL's, such as the greeting of
/// MySQL 9.7.4: they are an error like the others.
async fn open(options: PgConnectOptions) -> sqlx::Result<PgConnection> {
    let opened = AssertUnwindSafe(options.connect()).catch_unwind().await;
    opened.unwrap_or_else(|_| Err(sqlx::Error::Protocol("the answer could not be read".to_owned())))
}

#[async_trait]
impl Driver for Postgres {
    async fn connect(&self) -> Result<Box<dyn Connection>> {
        let client = match self.options.connect_timeout {
            None => self.establish().await?,
            Some(limit) => tokio::time::timeout(limit, self.establish()).await.map_err(|elapsed| {
                let place = self.options.place();
                let message = format!(
                    "{place}: no answer within {limit:?}: check host, port and firewall, or raise `connect_timeout`"
                );
                Error::new(ErrorKind::ConnectionFailed, message).with_source(elapsed)
            })??,
        };
        Ok(Box::new(PostgresConnection::new(client, self.options.statement_cache)))
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
