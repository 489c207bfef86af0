//! [`Mysql`]: opens connections and sets their sessions up. What a connection does is in `connection`.

use std::sync::Arc;

use async_trait::async_trait;
use orm_core::dialect::Dialect;
use orm_core::driver::{Connection, Driver, Query};
use orm_core::row::Collect;
use orm_core::{Error, ErrorKind, Result};
use orm_server::{Patience, connect_within, readable};
use sqlx::{AssertSqlSafe, Row};

use crate::backend::{self, Backend, Turn};
use crate::connection::MysqlConnection;
use crate::dialect::MysqlDialect;
use crate::error;
use crate::options::MysqlOptions;
use crate::server::Server;

/// Opens connections to one MySQL or MariaDB server.
#[derive(Debug, Clone)]
pub struct Mysql {
    options: Arc<MysqlOptions>,
    turn: Arc<Turn>,
}

impl Mysql {
    /// A driver with these options. Nothing is connected yet.
    pub fn new(options: MysqlOptions) -> Self {
        Self { options: Arc::new(options), turn: Arc::default() }
    }

    /// A driver for a `mysql://` or `mariadb://` URL.
    ///
    /// # Errors
    /// As [`MysqlOptions::from_url`].
    pub fn from_url(url: &str) -> Result<Self> {
        MysqlOptions::from_url(url).map(Self::new)
    }

    /// The options.
    pub fn options(&self) -> &MysqlOptions {
        &self.options
    }

    /// Connects, and gives the connection's own type rather than a box.
    ///
    /// # Errors
    /// As [`Driver::connect`].
    pub async fn open(&self) -> Result<MysqlConnection> {
        let place = || self.options.place();
        connect_within(self.options.server.connect_timeout, place, self.connect_unhurried()).await
    }

    async fn connect_unhurried(&self) -> Result<MysqlConnection> {
        let session =
            format!("{}; SELECT VERSION(), @@max_allowed_packet, CONNECTION_ID()", self.options.session_sql()?);
        let failed = |error| error::connecting(error, &self.options.place());
        let mut client = backend::connect(&self.options).await?.map_err(failed)?;
        // One round trip: the settings mean the same to both servers.
        let row = readable(sqlx::raw_sql(AssertSqlSafe(session)).fetch_one(&mut client)).await.map_err(failed)?;
        let server = Server::from_version(row.try_get(0).map_err(failed)?);
        if let Some(sql) = self.options.timeout_sql(server) {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut client).await.map_err(failed)?;
        }
        let longest: u64 = row.try_get(1).map_err(failed)?;
        let longest = usize::try_from(longest).unwrap_or(usize::MAX);
        let patience = Patience::new(self.options.server.socket_timeout);
        let id = row.try_get(2).map_err(failed)?;
        let backend = Backend::new(id, Arc::clone(&self.options), Arc::clone(&self.turn));
        let cache = self.options.statement_cache();
        let mut connection = MysqlConnection::new(client, (server, longest), cache, patience, backend);
        for sql in &self.options.server.init {
            let run = connection.batch(sql).await;
            run.map_err(|error| error.with_message("an `init` statement of the options failed"))?;
        }
        Ok(connection)
    }
}

#[async_trait]
impl Driver for Mysql {
    async fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(self.open().await?))
    }

    async fn dialect(&self, connection: &mut dyn Connection) -> Result<Arc<dyn Dialect>> {
        let mut answer: Vec<(String, String)> = Vec::new();
        let query = Query::new("SELECT VERSION(), @@sql_mode", &[]);
        let mut sink = Collect::new(&mut answer, |columns| Ok((columns.next()?, columns.next()?)));
        connection.fetch(query, &mut sink).await?;
        let (version, mode) = answer.first().map_or(("", ""), |(version, mode)| (version, mode));
        let dialect = MysqlDialect::new(Server::from_version(version)).sql_mode(mode);
        if !dialect.escapes() && !dialect.server().is_mariadb() {
            // It writes checks and defaults down with backslashes, and reads them under the session's mode (9.7.4).
            return Err(Error::new(
                ErrorKind::Config,
                "an `init` statement sets NO_BACKSLASH_ESCAPES, under which MySQL cannot read the checks and defaults of \
                 its own tables",
            ));
        }
        Ok(Arc::new(if is_encrypted(connection).await? { dialect.encrypted() } else { dialect }))
    }

    fn target(&self) -> String {
        self.options.target()
    }
}

/// Whether a connection is under TLS. The client does not say; servers that cannot either are taken to be.
async fn is_encrypted(connection: &mut dyn Connection) -> Result<bool> {
    // The name, and the cipher: empty without TLS, in MySQL and MariaDB.
    let mut answers: Vec<(String, String)> = Vec::new();
    let query = Query::text("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    let mut sink = Collect::new(&mut answers, |columns| Ok((columns.next()?, columns.next()?)));
    match connection.fetch(query, &mut sink).await {
        Err(error) if connection.is_broken() => Err(error),
        _ => Ok(answers.first().is_none_or(|(_, cipher)| !cipher.is_empty())),
    }
}
