//! How a database is used: its pool ([`PoolOptions`]), its log ([`LogOptions`]), and both together
//! ([`DatabaseOptions`]). Where the database is, and how to sign in, is the URL's or the driver's matter.

use std::sync::Arc;
use std::time::Duration;

use orm_core::driver::check_range;
use orm_core::row::Seal;
use orm_core::{Error, ErrorKind, Result};
use tokio::time::Instant;
use tracing::Level;

use crate::limit::ConnectionLimit;
use crate::replica::Replica;

/// When a limit is over. One beyond what the clock can count is a year away.
pub(crate) fn deadline(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 60 * 60))
}

/// How many connections there are and how long they live.
///
/// ```
/// use std::time::Duration;
/// use orm::PoolOptions;
///
/// let options = PoolOptions::new().max_connections(20).acquire_timeout(Duration::from_secs(3));
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    pub(crate) max_connections: usize,
    pub(crate) min_connections: usize,
    pub(crate) acquire_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) check_after: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) connect_retry: Duration,
    pub(crate) limit: Option<ConnectionLimit>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            check_after: Duration::from_secs(1),
            close_timeout: Duration::from_secs(30),
            connect_retry: Duration::ZERO,
            limit: None,
        }
    }
}

impl PoolOptions {
    /// The greatest value of [`max_connections`](Self::max_connections).
    pub const MOST_CONNECTIONS: usize = 10_000;

    /// The defaults, as each setting tells.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The greatest number of connections, from 1 to 10,000; 10 unless set. A driver may allow fewer: a SQLite database in memory has
    /// one, because it lives inside its connection.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// The number of connections that are opened at the start and kept when unused; 0 unless set. Where one of them is
    /// lost or grows old, another is opened within a second. The first one is opened in any case, to learn the server's
    /// version.
    #[must_use]
    pub fn min_connections(mut self, connections: usize) -> Self {
        self.min_connections = connections;
        self
    }

    /// How long a statement waits for a connection before it fails with
    /// [`ErrorKind::AcquireTimeout`]; 30 seconds unless set. In a transaction: how long it waits for the transaction's other
    /// statements and streams.
    #[must_use]
    pub fn acquire_timeout(mut self, limit: Duration) -> Self {
        self.acquire_timeout = limit;
        self
    }

    /// After which time without use a connection is closed; 10 minutes unless set, `None` for never.
    #[must_use]
    pub fn idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = limit.into();
        self
    }

    /// How long a connection lives; 30 minutes unless set, `None` for ever. Each lives up to a tenth shorter, so that
    /// connections opened together are not replaced together.
    #[must_use]
    pub fn max_lifetime(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.max_lifetime = limit.into();
        self
    }

    /// After which time without use the server is asked whether a connection still works, before it is used; one second
    /// unless set. Zero asks every time, at the cost of a round trip per statement.
    #[must_use]
    pub fn check_after(mut self, idle: Duration) -> Self {
        self.check_after = idle;
        self
    }

    /// How long [`Database::close`](crate::Database::close) waits for connections in use; 30 seconds unless set.
    #[must_use]
    pub fn close_timeout(mut self, limit: Duration) -> Self {
        self.close_timeout = limit;
        self
    }

    /// For how long failed connection attempts are repeated, with pauses, if the server does not respond or has too many connections.
    /// Then a statement fails with [`ErrorKind::ConnectionFailed`]. Zero by default: one attempt. A few seconds bridge a fail-over.
    /// Nothing has been sent yet, so nothing is done twice. [`acquire_timeout`](Self::acquire_timeout) still applies.
    #[must_use]
    pub fn connect_retry(mut self, time: Duration) -> Self {
        self.connect_retry = time;
        self
    }

    /// A limit for the connections of several databases together, in addition to [`max_connections`](Self::max_connections) of each;
    /// none by default. It cannot be combined with [`min_connections`](Self::min_connections), since idle connections may be closed.
    #[must_use]
    pub fn limit(mut self, limit: ConnectionLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_range("max_connections", self.max_connections, 1, Self::MOST_CONNECTIONS)?;
        if self.min_connections > self.max_connections {
            return Err(Error::new(ErrorKind::Config, "`min_connections` is greater than `max_connections`"));
        }
        if self.limit.is_some() && self.min_connections > 0 {
            let message = "`min_connections` keeps what a `limit` of several databases gives away: use one of them";
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(())
    }
}

/// What is written to the log, through `tracing`, with the target `orm::query`.
///
/// Every statement has a span with the names of OpenTelemetry's stable database conventions. Nothing is built for a
/// span that no subscriber wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    pub(crate) statements: Option<Level>,
    pub(crate) slow: Option<Duration>,
    pub(crate) values: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { statements: Some(Level::DEBUG), slow: Some(Duration::from_secs(1)), values: false }
    }
}

impl LogOptions {
    /// The defaults, as each setting tells.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The level of a statement's span; `DEBUG` unless set, `None` for no spans.
    #[must_use]
    pub fn statements(mut self, level: impl Into<Option<Level>>) -> Self {
        self.statements = level.into();
        self
    }

    /// From which duration on a statement is reported as slow, at `WARN`; one second unless set, `None` for never.
    #[must_use]
    pub fn slow(mut self, threshold: impl Into<Option<Duration>>) -> Self {
        self.slow = threshold.into();
        self
    }

    /// Whether the values bound to a statement are logged; never unless set. They may be secrets.
    #[must_use]
    pub fn values(mut self, log: bool) -> Self {
        self.values = log;
        self
    }
}

/// How a database is used, apart from where it is.
///
/// ```
/// use std::time::Duration;
/// use orm::{DatabaseOptions, LogOptions, PoolOptions};
///
/// let options = DatabaseOptions::new()
///     .pool(PoolOptions::new().max_connections(20))
///     .log(LogOptions::new().slow(Duration::from_millis(200)));
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseOptions {
    pub(crate) pool: PoolOptions,
    pub(crate) log: LogOptions,
    pub(crate) statement_retries: u32,
    pub(crate) seal: Sealing,
    pub(crate) read_retries: u32,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) replica_wait: Duration,
    pub(crate) replica_check: Duration,
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            pool: PoolOptions::default(),
            log: LogOptions::default(),
            statement_retries: 10,
            read_retries: 0,
            replicas: Vec::new(),
            replica_wait: Duration::from_millis(250),
            replica_check: Duration::from_secs(1),
            seal: Sealing(None),
        }
    }
}

impl DatabaseOptions {
    /// The defaults of [`PoolOptions`] and [`LogOptions`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections there are and how long they live.
    #[must_use]
    pub fn pool(mut self, options: PoolOptions) -> Self {
        self.pool = options;
        self
    }

    /// What is written to the log.
    #[must_use]
    pub fn log(mut self, options: LogOptions) -> Self {
        self.log = options;
        self
    }

    /// How often a single statement outside of a transaction is run again after a deadlock or a serialization failure, with
    /// pauses that are random and grow up to 200 ms; 10 unless set, 0 for never. The server has undone such a statement
    /// altogether. Only statements that read or write rows are run again; scripts, calls of procedures and whatever may
    /// have an effect beside the statement itself are not. For transactions there is
    /// [`TransactionOptions::retries`](crate::TransactionOptions::retries).
    #[must_use]
    pub fn statement_retries(mut self, retries: u32) -> Self {
        self.statement_retries = retries;
        self
    }

    /// Your own implementation of encryption for encrypted columns. See also `keys`, with the feature
    /// `encryption`.
    #[must_use]
    pub fn seal(mut self, seal: Arc<dyn Seal>) -> Self {
        self.seal = Sealing(Some(seal));
        self
    }

    /// How often a query of models outside a transaction is run again, with pauses, after its connection broke; 0 by default. Such a
    /// query only reads, so nothing is done twice. But a slow query that exceeded `socket_timeout` is run again as well. A write
    /// is never run again after its connection broke, since it may have taken effect.
    #[must_use]
    pub fn read_retries(mut self, retries: u32) -> Self {
        self.read_retries = retries;
        self
    }

    /// Replicas of the database, at most 64. They answer queries of models outside transactions. Each is given as a URL, or as a host
    /// with an optional port, which replaces the host of the database's URL. In a URL, use the parameter
    /// `replicas`. Each has a pool with the [same options](Self::pool).
    ///
    /// Writes, transactions, queries that lock rows, raw SQL, migrations and introspection run on the primary, the server of the
    /// database's URL. Queries also go there if their replica fails, or if no replica can be used. A replica that does not respond is
    /// not used until it responds again. Replicas may have slightly older data. To read your own writes, use
    /// [`Database::session`](crate::Database::session); to limit the age, use
    /// [`Database::max_staleness`](crate::Database::max_staleness); to read from the primary, use
    /// [`Database::on_primary`](crate::Database::on_primary).
    ///
    /// ```
    /// use orm::DatabaseOptions;
    ///
    /// let options = DatabaseOptions::new().replicas(["db-2.example", "db-3.example:5433"]);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn replicas(mut self, replicas: impl IntoIterator<Item = impl Into<Replica>>) -> Self {
        self.replicas = replicas.into_iter().map(Into::into).collect();
        self
    }

    /// How long a query of a [session](crate::Database::session) waits until its replica has the session's writes, before the query
    /// goes to the primary; 250 ms by default.
    #[must_use]
    pub fn replica_wait(mut self, limit: Duration) -> Self {
        self.replica_wait = limit;
        self
    }

    /// How often a replica's position and health are checked; one second by default, at least one millisecond. The measured
    /// age of its data is less precise by this time, so with a shorter [`max_staleness`](crate::Database::max_staleness), many
    /// queries go to the primary.
    #[must_use]
    pub fn replica_check(mut self, every: Duration) -> Self {
        self.replica_check = every.max(Duration::from_millis(1));
        self
    }
}

/// Encryption of encrypted columns; equal only to itself.
#[derive(Debug, Clone)]
pub(crate) struct Sealing(pub(crate) Option<Arc<dyn Seal>>);

impl PartialEq for Sealing {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl Eq for Sealing {}

impl From<PoolOptions> for DatabaseOptions {
    fn from(pool: PoolOptions) -> Self {
        Self::new().pool(pool)
    }
}

impl From<LogOptions> for DatabaseOptions {
    fn from(log: LogOptions) -> Self {
        Self::new().log(log)
    }
}
