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

    /// For how long connecting is tried again, with pauses, where the server is away or has no room, before a statement fails
    /// with [`ErrorKind::ConnectionFailed`]; zero unless set, which is one attempt. A few seconds outlast a fail-over: nothing
    /// has been sent yet, so nothing is done twice. [`acquire_timeout`](Self::acquire_timeout) is the limit in any case.
    #[must_use]
    pub fn connect_retry(mut self, time: Duration) -> Self {
        self.connect_retry = time;
        self
    }

    /// A limit for the connections of several databases together, beside [`max_connections`](Self::max_connections) of each;
    /// none unless set. It goes with no [`min_connections`](Self::min_connections), since unused connections are given away.
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

    /// What encrypted columns are sealed and opened with, where it is an implementation of your own; see also `keys`, with the feature
    /// `encryption`.
    #[must_use]
    pub fn seal(mut self, seal: Arc<dyn Seal>) -> Self {
        self.seal = Sealing(Some(seal));
        self
    }

    /// How often a query of models outside of a transaction is run again, with pauses, after its connection broke; 0 unless
    /// set. It only reads, so that nothing is done twice; but a query that was given up because it is too slow, by
    /// `socket_timeout`, is run again as well. A write whose connection broke is never run again: it may have taken effect.
    #[must_use]
    pub fn read_retries(mut self, retries: u32) -> Self {
        self.read_retries = retries;
        self
    }

    /// Servers that follow the database's, and answer queries of models outside of transactions: 64 at most. Each is a URL, or
    /// a host, with a port where that is another one, which takes the place of the host in the database's URL; in a URL they
    /// are the parameter `replicas`. Each has a pool with the [same options](Self::pool).
    ///
    /// Writes, transactions, queries that lock rows, raw SQL, migrations and whatever looks at tables stay on the database's own
    /// server, the primary. It also answers where a replica fails, and where none can be used: one that does not answer is left
    /// out until it does. What is read from a replica may be from a moment ago;
    /// [`Database::session`](crate::Database::session) is for reading what was written,
    /// [`Database::max_staleness`](crate::Database::max_staleness) for a limit, and
    /// [`Database::on_primary`](crate::Database::on_primary) for neither.
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

    /// How long a query of a [session](crate::Database::session) waits for its replica to have what the session has written,
    /// before the primary answers; 250 ms unless set.
    #[must_use]
    pub fn replica_wait(mut self, limit: Duration) -> Self {
        self.replica_wait = limit;
        self
    }

    /// How often a replica is asked how far it has come, and whether it answers again; one second unless set, a millisecond at
    /// least. What is known of its age is that much older, so a [`max_staleness`](crate::Database::max_staleness) below
    /// this time sends many queries to the primary.
    #[must_use]
    pub fn replica_check(mut self, every: Duration) -> Self {
        self.replica_check = every.max(Duration::from_millis(1));
        self
    }
}

/// What encrypted columns are sealed with; the same only as itself.
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
