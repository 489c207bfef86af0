//! [`Database`]: what a program has one of. The pool, the server's dialect, and the statement texts made for it so far.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use orm_core::dialect::{Dialect, Replication};
use orm_core::driver::{
    BeginOptions, Callback, Context, Done, Driver, Executor, Query, Session, ShapeCache, StatementKind, Unit,
    check_range, fetch_sealed, statement_kind,
};
use orm_core::row::{Decode, RowSink};
use orm_core::{Error, ErrorKind, Result};
use tokio::task::JoinSet;

use crate::again::{Again, of_write};
use crate::inner::{Follower, Handle, Inner};
use crate::journal::{Journal, Position, ReadFrom, Reads, Writing};
use crate::observe::{Observer, QueryLog};
use crate::options::DatabaseOptions;
use crate::pool::{Pool, PoolStatus, Use};
use crate::raw::{self, SqlText, Values};
use crate::reading::{self, ReplicaStatus, Watch};
use crate::replica::{Health, Replica};
use crate::transaction::{
    Callbacks, InTransaction, Pinned, RunsAgain, Source, Told, Transaction, TransactionOptions, TransactionState,
    inside, run,
};

/// A database: a pool of connections, and what is known about the server behind them. Cloning it is cheap; all clones
/// share the pool.
///
/// Statements run on `&Database`, each on any free connection; those that belong together run in a
/// [`transaction`](Self::transaction).
#[derive(Clone)]
pub struct Database {
    handle: Handle,
}

impl Database {
    /// Connects through a driver that was made by hand, rather than from a URL by [`connect`](crate::connect). Takes
    /// [`PoolOptions`](crate::PoolOptions), [`LogOptions`](crate::LogOptions) or [`DatabaseOptions`] with both.
    ///
    /// # Errors
    /// Those of opening the first connection; [`ErrorKind::Config`](crate::ErrorKind::Config) for options that
    /// contradict each other, and for [replicas](DatabaseOptions::replicas), which [`connect_with`](crate::connect_with) opens.
    pub async fn connect_with(driver: impl Driver, options: impl Into<DatabaseOptions>) -> Result<Self> {
        let options = options.into();
        if !options.replicas.is_empty() {
            let message = "replicas are found by the URL of their database: connect by `orm::connect_with`";
            return Err(Error::new(ErrorKind::Config, message));
        }
        Self::open(Arc::new(driver), options, Vec::new()).await
    }

    /// `replicas` are the drivers for the replicas of the options.
    pub(crate) async fn open(
        driver: Arc<dyn Driver>,
        options: DatabaseOptions,
        replicas: Vec<Arc<dyn Driver>>,
    ) -> Result<Self> {
        let pool = Pool::new(Arc::clone(&driver), options.pool.clone())?;
        let mut first = pool.acquire().await?;
        let dialect = pool.ask(driver.dialect(first.connection()?)).await?;
        drop(first);
        pool.start().await?;
        let observer = Observer::new(&*dialect, driver.target(), options.log.clone());
        let (statement_retries, read_retries) = (options.statement_retries, options.read_retries);
        let replication = replication(&*dialect, options.replicas.len())?;
        let mut followers = Vec::new();
        for (replica, driver) in options.replicas.iter().zip(replicas) {
            let target = driver.target();
            let inner = Inner {
                pool: Pool::new(driver, options.pool.clone())?,
                dialect: Arc::clone(&dialect),
                shapes: ShapeCache::default(),
                observer: observer.of_server(target),
                statement_retries: 0,
                read_retries: 0,
                followers: Vec::new(),
                replica_wait: Duration::ZERO,
            };
            followers.push(Arc::new(Follower { inner, weight: replica.weight, health: Health::default() }));
        }
        let inner = Arc::new(Inner {
            pool,
            dialect,
            shapes: ShapeCache::default(),
            observer,
            statement_retries,
            read_retries,
            followers,
            replica_wait: options.replica_wait,
        });
        if let Some(replication) = replication {
            meet(&inner, replication, options.replica_check).await?;
        }
        let context = options.seal.0.map_or(Context::EMPTY, |seal| Context::EMPTY.with_seal(seal));
        Ok(Self { handle: Handle { inner, context } })
    }

    /// The dialect of the server: for looking at the text of statements, `query.to_sql(db.dialect())`, and for asking what
    /// it can do, `db.dialect().capabilities().row_locks`.
    pub fn dialect(&self) -> &dyn Dialect {
        &*self.handle.inner.dialect
    }

    /// The same database, knowing a fact of a type of your own: who asks, why, in which language. All that comes of this handle
    /// knows it: transactions and savepoints, and what a statement does on its own account. It takes the place of a fact of
    /// the same type.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// struct Request {
    ///     user_id: i64,
    /// }
    ///
    /// # async fn example(db: Database) -> Result<()> {
    /// let db = db.with(Request { user_id: 7 });
    /// db.transaction(async |tx| {
    ///     assert_eq!(tx.get::<Request>().map(|request| request.user_id), Some(7));
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    #[must_use]
    pub fn with<T: Any + Send + Sync>(&self, fact: T) -> Self {
        self.under(self.handle.context.with(fact))
    }

    /// The fact of a type that was given by [`with`](Self::with).
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.handle.context.get()
    }

    /// The same database, for writes that need not keep the rules of their models. What the database itself demands holds all the
    /// same, and so do normalisers.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { #[orm(primary_key)] id: i64, #[orm(validate(email))] email: String }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = connect("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// let user = User::create().email("imported");
    /// assert_eq!(user.clone().exec(&db).await.unwrap_err().kind(), ErrorKind::Validation);
    /// user.exec(&db.without_validation()).await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn without_validation(&self) -> Self {
        self.under(self.handle.context.without_validation())
    }

    /// The same database, for writes that run no hooks of their models.
    ///
    /// ```
    /// # use orm::{Draft, Tx, prelude::*};
    /// # #[derive(Debug, Clone, Model)]
    /// # #[orm(hooks(before_save = User::refuse))]
    /// # struct User { #[orm(primary_key)] id: i64, name: String }
    /// # impl User {
    /// #     async fn refuse(_user: &mut Draft<'_, User>, _tx: &Tx<'_>) -> Result<()> {
    /// #         Err(Error::new(ErrorKind::Permission, "closed"))
    /// #     }
    /// # }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = connect("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// let user = User::create().name("Ada");
    /// assert!(user.clone().exec(&db).await.is_err());
    /// user.exec(&db.without_hooks()).await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn without_hooks(&self) -> Self {
        self.under(self.handle.context.without_hooks())
    }

    /// The context of the handle.
    #[cfg(feature = "encryption")]
    pub(crate) fn known(&self) -> &Context {
        &self.handle.context
    }

    pub(crate) fn under(&self, context: Context) -> Self {
        Self { handle: Handle { inner: Arc::clone(&self.handle.inner), context } }
    }

    /// Where the database is and as whom it is used, for messages; never with a password.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = orm::connect("sqlite::memory:").await?;
    /// assert_eq!(db.target(), "sqlite::memory:");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    pub fn target(&self) -> &str {
        self.handle.inner.observer.target()
    }

    /// The server's version: major, minor, patch.
    pub fn version(&self) -> (u32, u32, u32) {
        self.handle.inner.dialect.capabilities().version
    }

    /// Asks the server whether it is there.
    ///
    /// # Errors
    /// Those of getting a connection; [`ErrorKind::ConnectionLost`](crate::ErrorKind::ConnectionLost), also when there is no
    /// answer within five seconds.
    pub async fn ping(&self) -> Result<()> {
        self.handle.inner.pool.acquire().await?.ping().await
    }

    /// The figures of the pool at this moment.
    pub fn pool_status(&self) -> PoolStatus {
        self.handle.inner.pool.status()
    }

    /// Closes the database for all clones: nothing new begins, what runs may end within
    /// [`close_timeout`](crate::PoolOptions::close_timeout), and all connections are closed. Every later use is
    /// [`ErrorKind::PoolClosed`](crate::ErrorKind::PoolClosed).
    ///
    /// Dropping the last clone also closes the connections, without waiting for that.
    ///
    /// # Errors
    /// [`ErrorKind::PoolClosed`](crate::ErrorKind::PoolClosed) naming who still holds a connection when the time is
    /// over; those connections are closed when they are given back.
    pub async fn close(&self) -> Result<()> {
        let mut closed = self.handle.inner.pool.close().await;
        for follower in &self.handle.inner.followers {
            closed = closed.and(follower.inner.pool.close().await);
        }
        closed
    }

    /// Whether [`close`](Self::close) was called.
    pub fn is_closed(&self) -> bool {
        self.handle.inner.pool.is_closed()
    }

    /// Records the texts of all statements that run on this database from now on, until the log is dropped. For tests.
    pub fn watch(&self) -> QueryLog {
        self.handle.inner.observer.watch()
    }
}

/// Replicas.
impl Database {
    /// A handle that reads its own writes. If there are [replicas](DatabaseOptions::replicas), it keeps the position of its last
    /// write, and a query waits until its replica has reached that position. After
    /// [`replica_wait`](DatabaseOptions::replica_wait), the query goes to the primary instead. Queries stay on one replica as long as
    /// it can be used, so a later query never sees an older state. Clones, and handles made from this one, belong to the same
    /// session. Make one for each request, or for each user.
    ///
    /// Each write costs one more round trip, to ask for the position. A query costs one more round trip only if it is the first on
    /// its replica after a write. Writes of a function that a raw `SELECT` calls are not noticed.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { #[orm(primary_key)] id: i64, #[orm(default = "")] email: String }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = connect("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// let db = db.session();
    /// let dee = User::create().email("dee@example.com").exec(&db).await?;
    /// // On a replica, and yet there.
    /// User::find_by_pk(dee.id).required(&db).await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn session(&self) -> Self {
        self.with_journal(None)
    }

    /// A [session](Self::session) that continues from the [position](Self::position) of another one: it sees all writes before that
    /// position. With a position that is never reached, each query waits for [`replica_wait`](DatabaseOptions::replica_wait); so if
    /// clients are not trusted, sign the positions that you send to them.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { #[orm(primary_key)] id: i64, #[orm(default = "")] email: String }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = connect("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// # let header = "0/3000148";
    /// let db = db.session_after(header.parse()?);
    /// # let _ = db;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn session_after(&self, position: Position) -> Self {
        self.with_journal(Some(position))
    }

    /// The position of the last write of this [session](Self::session); `None` for other handles, before the first write, and if
    /// the database has no replicas (SQLite).
    pub fn position(&self) -> Option<Position> {
        Reads::journal(&self.handle.context)?.position()
    }

    /// The same database; queries on this handle go to the primary.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { #[orm(primary_key)] id: i64, #[orm(default = "")] email: String }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = connect("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// let count = User::count().exec(&db.on_primary()).await?;
    /// # assert_eq!(count, 0);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn on_primary(&self) -> Self {
        self.with_reads(|reads| reads.from = ReadFrom::Primary)
    }

    /// The same database; on this handle, raw SQL given to [`query`](Self::query) also goes to replicas, if its keywords only read. It
    /// must not call a function that writes.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { #[orm(primary_key)] id: i64, #[orm(default = "")] email: String }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = connect("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// let count: Vec<i64> = db.on_replica().query("SELECT count(*) FROM users", ()).await?;
    /// # assert_eq!(count, [0]);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn on_replica(&self) -> Self {
        self.with_reads(|reads| reads.from = ReadFrom::RawToo)
    }

    /// The same database; queries on this handle use only replicas whose data is at most this old. The age of replicas is measured
    /// [periodically](DatabaseOptions::replica_check). If no replica is known to be recent enough, queries go to the
    /// primary.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { #[orm(primary_key)] id: i64, #[orm(default = "")] email: String }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = connect("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// let db = db.max_staleness(std::time::Duration::from_secs(5));
    /// # assert_eq!(User::count().exec(&db).await?, 0);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn max_staleness(&self, most: Duration) -> Self {
        self.with_reads(|reads| reads.staleness = Some(most))
    }

    /// The current state of the replicas.
    pub fn replicas(&self) -> Vec<ReplicaStatus> {
        let followers = &self.handle.inner.followers;
        let status = |follower: &Arc<Follower>| ReplicaStatus {
            target: follower.inner.observer.target().to_owned(),
            usable: follower.health.is_usable(),
            staleness: follower.health.staleness(),
            pool: follower.inner.pool.status(),
        };
        followers.iter().map(status).collect()
    }

    fn with_journal(&self, after: Option<Position>) -> Self {
        let replication = self.handle.inner.dialect.replication();
        let journal = replication.map(|replication| Arc::new(Journal::new(replication.position, after)));
        self.with_reads(|reads| reads.journal = journal)
    }

    fn with_reads(&self, change: impl FnOnce(&mut Reads)) -> Self {
        let mut reads = self.get::<Reads>().cloned().unwrap_or_default();
        change(&mut reads);
        self.with(reads)
    }
}

/// The SQL that asks for replication positions; `None` without replicas.
fn replication(dialect: &dyn Dialect, replicas: usize) -> Result<Option<Replication>> {
    check_range("replicas", replicas, 0, Replica::MOST)?;
    if replicas == 0 {
        return Ok(None);
    }
    match dialect.replication() {
        Some(replication) => Ok(Some(replication)),
        None => Err(Error::unsupported(dialect.name(), "replicas")),
    }
}

/// Checks all replicas once, and starts the tasks that check them periodically. Replicas that do not respond are not used.
async fn meet(inner: &Arc<Inner>, replication: Replication, every: Duration) -> Result<()> {
    let mut looks = JoinSet::new();
    for number in 0..inner.followers.len() {
        let inner = Arc::clone(inner);
        looks.spawn(async move {
            let mut watch = Watch::new(number, replication, every);
            watch.look(&inner).await;
            (watch, check_dialect(&inner, number).await)
        });
    }
    while let Some(looked) = looks.join_next().await {
        let Ok((watch, checked)) = looked else { continue };
        checked?;
        watch.start(inner);
    }
    Ok(())
}

/// Refuses a replica that is another kind of database than the primary, or that refuses the login.
async fn check_dialect(inner: &Inner, number: usize) -> Result<()> {
    let Some(follower) = inner.followers.get(number) else { return Ok(()) };
    let pool = &follower.inner.pool;
    let asked = async {
        let mut lease = pool.acquire().await?;
        pool.ask(pool.driver().dialect(lease.connection()?)).await
    };
    match asked.await {
        Ok(dialect) if dialect.name() == inner.dialect.name() => pool.start().await,
        Ok(dialect) => {
            let (own, primary) = (dialect.name(), inner.dialect.name());
            let message = format!("the replica {} is {own}, and its primary {primary}", pool.driver().target());
            Err(Error::new(ErrorKind::Config, message))
        }
        Err(error) if matches!(error.kind(), ErrorKind::Auth | ErrorKind::Config | ErrorKind::UnknownDatabase) => {
            Err(error)
        }
        Err(_) => Ok(()),
    }
}

/// Transactions.
impl Database {
    /// Runs a closure in a transaction: committed when it gives `Ok`; rolled back when it gives `Err`, panics, or when the
    /// future is dropped.
    ///
    /// ```
    /// # async fn example(db: orm::Database) -> orm::Result<()> {
    /// let total = db
    ///     .transaction(async |tx| {
    ///         tx.execute("UPDATE accounts SET cents = cents - 100 WHERE id = 1", ()).await?;
    ///         tx.execute("UPDATE accounts SET cents = cents + 100 WHERE id = 2", ()).await?;
    ///         tx.query::<(i64,)>("SELECT sum(cents) FROM accounts", ()).await
    ///     })
    ///     .await?;
    /// # let _ = total; Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The closure's; those of beginning and committing, see [`Transaction::commit`].
    #[track_caller]
    pub fn transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> InTransaction<T, E, impl Future<Output = Result<T, E>>> {
        let at = Location::caller();
        InTransaction::new(run::once(&self.handle, at, body))
    }

    /// As [`transaction`](Self::transaction), with an error type of your own. When `?` leaves it open, name it:
    /// `Ok::<_, MyError>(value)`.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction), converted.
    #[track_caller]
    pub fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> impl Future<Output = Result<T, E>> {
        let at = Location::caller();
        run::once(&self.handle, at, body)
    }

    /// As [`transaction`](Self::transaction), with options. With [`retries`](TransactionOptions::retries), the closure
    /// runs again, in a new transaction, when an error in its chain of causes [calls for that](Error::is_retryable). It is
    /// cloned for each try, so it borrows by `&` only: a try must not see what the one before it wrote.
    ///
    /// ```
    /// use orm::{Isolation, TransactionOptions};
    ///
    /// # async fn example(db: orm::Database) -> orm::Result<()> {
    /// let options = TransactionOptions::new().isolation(Isolation::Serializable).retries(5);
    /// db.transaction_with(options, async |tx| {
    ///     tx.execute("UPDATE seats SET taken = 1 WHERE id = 7 AND taken = 0", ()).await
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction), of the last try;
    /// [`ErrorKind::TransactionTimeout`](crate::ErrorKind::TransactionTimeout) when it took too long.
    #[track_caller]
    pub fn transaction_with<T>(
        &self,
        options: TransactionOptions,
        body: impl AsyncFnOnce(&Transaction) -> Result<T> + RunsAgain,
    ) -> impl Future<Output = Result<T>> {
        let at = Location::caller();
        run::again(&self.handle, options, at, run::classify, body)
    }

    /// As [`transaction_with`](Self::transaction_with), with an error type of your own. Since that type need not tell its
    /// causes, the closure runs again when the last statement in its transaction failed in a way that calls for it.
    ///
    /// # Errors
    /// As [`transaction_with`](Self::transaction_with), converted.
    #[track_caller]
    pub fn try_transaction_with<T, E: From<Error>>(
        &self,
        options: TransactionOptions,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E> + RunsAgain,
    ) -> impl Future<Output = Result<T, E>> {
        let at = Location::caller();
        run::again(&self.handle, options, at, |_| None, body)
    }

    /// Begins a transaction that is ended by hand. Dropped without [`commit`](Transaction::commit), it is rolled back, and a
    /// warning to `tracing` names the place of this call.
    ///
    /// # Errors
    /// Those of getting a connection and of beginning.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send {
        self.begin_with(TransactionOptions::default())
    }

    /// As [`begin`](Self::begin), with options; [`retries`](TransactionOptions::retries) have no effect.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    #[track_caller]
    pub fn begin_with(&self, options: TransactionOptions) -> impl Future<Output = Result<Transaction>> + Send {
        let at = Location::caller();
        let handle = self.handle.clone();
        async move { Transaction::open_by_hand(&handle, &options, at).await }
    }
}

/// Raw SQL.
impl Database {
    /// Runs a statement and tells what it did. The text goes to the database as it is, with its own placeholders (`?`,
    /// or `$1` on PostgreSQL). With [`sql`](crate::sql), the
    /// placeholders are `{}` on every database.
    ///
    /// ```
    /// # async fn example(db: orm::Database) -> orm::Result<()> {
    /// let done = db.execute("DELETE FROM sessions WHERE user_id = ? AND kind = ?", (7, "web")).await?;
    /// println!("{} rows", done.rows_affected);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What it changes in the session, others do not meet: the connection of a statement like `SET`, `USE`, `LOCK TABLES`,
    /// `CREATE TEMPORARY TABLE`, `PREPARE`, `LISTEN`, a `PRAGMA` with a value, or one that takes an advisory lock is closed
    /// after it, or after the [transaction](Self::transaction) in which it has its effect. Settings for all connections
    /// belong in the options' `init`. What procedures set is not seen. The one connection of an SQLite database in memory
    /// keeps what was set, and what is attached by `ATTACH` stays attached.
    ///
    /// # Errors
    /// The database's; those of getting a connection;
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a wrong number of values, and for SQL that
    /// begins or ends a transaction. Where the words do not tell, as with `CALL` on MySQL and MariaDB, the database is asked
    /// afterwards; a transaction that was left open is rolled back.
    pub async fn execute(&self, sql: impl SqlText, values: impl Values) -> Result<Done> {
        raw::execute(&self.handle, sql, values.into_values()).await
    }

    /// Runs a query and reads its rows as a value, a model, a projection or a tuple of these.
    ///
    /// Values and the parts of a tuple are read by position. Models and projections are read by the names of their columns, in
    /// any order; a model in a tuple takes as many columns as it has, from its place on, and finds its names among these. A
    /// projection's field that is no column has its own name: `count(*) AS posts` for a field `posts`.
    ///
    /// ```
    /// # async fn example(db: orm::Database) -> orm::Result<()> {
    /// let users = db.query::<(i64, Option<String>)>("SELECT id, name FROM users WHERE id > ?", (10,)).await?;
    /// let count = db.query::<i64>("SELECT count(*) FROM users", ()).await?;
    /// # let _ = (users, count); Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The database's; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when a column is of another type, when there are
    /// too many or too few, and when their names are not those of the model; this is noticed with the first row.
    pub async fn query<T: Decode>(&self, sql: impl SqlText, values: impl Values) -> Result<Vec<T>> {
        raw::query(&self.handle, sql, values.into_values()).await
    }

    /// Runs several statements without values, separated by semicolons, on one connection and without a transaction.
    ///
    /// # Errors
    /// The first statement's that fails; those before it have run.
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a script that begins a transaction and does
    /// not end it, since the connection goes back to the pool; one that fails inside its own transaction is rolled back.
    pub async fn batch(&self, sql: impl AsRef<str> + Send) -> Result<()> {
        raw::batch(&self.handle, sql.as_ref()).await
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.handle.inner;
        f.debug_struct("Database")
            .field("target", &inner.pool.driver().target())
            .field("dialect", &inner.dialect.name())
            .field("pool", &inner.pool)
            .finish()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.fmt(f)
    }
}

impl Executor for Database {
    fn session(&self) -> &dyn Session {
        &self.handle
    }

    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        Ok(Arc::new(self.handle.clone()))
    }
}

impl Handle {
    /// Records a statement that may write, if the handle has a journal.
    #[inline]
    fn writes(&self, sql: &str) -> Option<Writing> {
        let journal = Reads::journal(&self.context)?;
        let reads = statement_kind(sql, self.inner.dialect.lexical()) == StatementKind::Read;
        (!reads).then(|| journal.writes())
    }
}

#[async_trait]
impl Session for Handle {
    fn dialect(&self) -> &Arc<dyn Dialect> {
        &self.inner.dialect
    }

    fn shapes(&self) -> &ShapeCache {
        &self.inner.shapes
    }

    async fn fetch(&self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        if query.sealed {
            return fetch_sealed(self, query, sink).await;
        }
        inside::check_statement(&self.inner, query.sql)?;
        let mut again = Again::default();
        loop {
            let mut lease = self.inner.pool.acquire().await?;
            if query.effects.session {
                lease.retire();
            }
            let writing = self.writes(query.sql);
            let mut result = self.inner.observer.fetch(lease.connection()?, query, &mut *sink).await;
            // A procedure that failed may have committed something before.
            if let Some(writing) = writing.filter(|_| result.is_ok() || !query.effects.transaction) {
                writing.end(&self.inner.observer, lease.connection()?, &result).await;
            }
            if query.effects.transaction {
                result = Box::pin(lease.without_transaction(result)).await;
            }
            let Err(error) = result else { return result };
            let error = lease.explain(error);
            drop(lease);
            if !again.should(&self.inner, query, &error, sink.restartable()).await {
                return Err(of_write(&self.inner, query.sql, error));
            }
            sink.restart();
        }
    }

    async fn batch(&self, script: Query<'_>) -> Result<()> {
        inside::check_statement(&self.inner, script.sql)?;
        let mut lease = self.inner.pool.acquire().await?;
        if script.effects.session {
            lease.retire();
        }
        let writing = self.writes(script.sql);
        let mut result = self.inner.observer.batch(lease.connection()?, script.sql).await;
        // Statements before the one that failed stay committed.
        if let Some(writing) = writing.filter(|_| result.is_ok()) {
            writing.end(&self.inner.observer, lease.connection()?, &result).await;
        }
        if script.effects.transaction {
            result = lease.without_transaction(result).await;
        }
        result.map_err(|error| of_write(&self.inner, script.sql, lease.explain(error)))
    }

    fn context(&self) -> &Context {
        &self.context
    }

    async fn pin_as(&self, context: Context) -> Result<Box<dyn Session + '_>> {
        inside::check_reads(&self.inner)?;
        let lease = self.inner.pool.acquire_for(Use::Pin, None).await?;
        let state = TransactionState::new(lease, None).noting(&context);
        Ok(Box::new(Pinned::pin(&self.inner, context, Source::Pool(state))))
    }

    async fn begin_as(&self, options: &BeginOptions, context: Context) -> Result<Box<dyn Unit + '_>> {
        inside::check_begin(&self.inner, options)?;
        let lease = self.inner.pool.acquire_for(Use::Transaction, None).await?;
        let source = Source::Pool(TransactionState::new(lease, None).noting(&context));
        let told = Told::Own(Callbacks::default());
        Ok(Box::new(Pinned::begin(&self.inner, context, told, source, options).await?))
    }

    fn reading(&self) -> Option<Arc<dyn Session>> {
        reading::session(self)
    }

    fn in_transaction(&self) -> bool {
        false
    }

    fn after_commit(&self, _callback: Callback) -> Result<()> {
        Err(Error::new(ErrorKind::InvalidStatement, "there is no transaction whose commit could be waited for"))
    }
}
