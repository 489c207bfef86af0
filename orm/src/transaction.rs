//! [`Transaction`]: one connection with a transaction or a savepoint open on it, shared by reference. Running closures in
//! transactions, and running them again, is in `run`; what happens on the connection is in `state`.

mod callbacks;
mod drain;
pub(crate) mod inside;
mod options;
mod outcome;
mod pinned;
pub(crate) mod run;
mod state;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use orm_core::dialect::Dialect;
use orm_core::driver::{
    BeginOptions, Callback, Context, Done, Executor, Query, Session, ShapeCache, Tx, Unit, View, fetch_sealed,
};
use orm_core::row::{Decode, RowSink};
use orm_core::{Error, ErrorKind, Result};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

pub(crate) use self::callbacks::Callbacks;
use self::callbacks::End;
use self::drain::Drains;
pub use self::options::TransactionOptions;
pub use self::outcome::{InTransaction, Outcome};
pub(crate) use self::pinned::{Pinned, Source, Told};
pub use self::run::RunsAgain;
pub(crate) use self::state::TransactionState;
use self::state::within;
use crate::inner::{Handle, Inner};
use crate::options::deadline;
use crate::pool::Use;
use crate::raw::{self, SqlText, Values};

/// A transaction, or a savepoint inside one. Statements run on `&Transaction`, also from several futures at once; they
/// take turns on its one connection.
///
/// Dropped without [`commit`](Self::commit), it is rolled back; where it was begun by hand, a warning to `tracing` (target
/// `orm::transaction`) names the place. [`rollback`](Self::rollback) says that it is meant. While a savepoint is open, statements belong on the
/// savepoint; the transaction around it refuses them.
pub struct Transaction {
    core: Arc<Core>,
    attempt: u32,
    /// Where it was begun by hand.
    begun: Option<&'static Location<'static>>,
}

/// One level of a transaction.
struct Core {
    inner: Arc<Inner>,
    context: Context,
    /// 1 for the transaction itself, more for savepoints.
    level: u32,
    /// The level around a savepoint.
    parent: Option<Arc<Core>>,
    /// The connection, for one statement at a time; empty while a savepoint has it, and after the end.
    work: tokio::sync::Mutex<TransactionState>,
    returned: Mutex<Returned>,
    /// Told when a savepoint that was dropped has given the connection back.
    back: Notify,
    /// What streams that were dropped still have to read. Of the outermost level; empty in savepoints.
    drains: Drains,
    /// Of the outermost level; empty in savepoints.
    callbacks: Callbacks,
}

/// Where a savepoint gives the connection back; never locked for long, so that dropping it can.
#[derive(Default)]
struct Returned {
    work: Option<TransactionState>,
    /// This level has ended: there is nobody to give it back to.
    ended: bool,
    /// Streams on this level that were dropped and are being read to their end.
    draining: usize,
    /// A savepoint was dropped while such a stream had the connection, which will be given back.
    awaited: bool,
}

/// How long rolling back waits for what a dropped stream left to read, before it gives up the connection instead.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

impl Core {
    fn new(
        inner: Arc<Inner>,
        context: Context,
        level: u32,
        parent: Option<Arc<Core>>,
        work: TransactionState,
    ) -> Arc<Self> {
        Arc::new(Self {
            inner,
            context,
            level,
            parent,
            work: tokio::sync::Mutex::new(work),
            returned: Mutex::default(),
            back: Notify::new(),
            drains: Drains::default(),
            callbacks: Callbacks::default(),
        })
    }

    fn returned(&self) -> MutexGuard<'_, Returned> {
        self.returned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outermost level.
    fn root(&self) -> &Core {
        let mut core = self;
        while let Some(parent) = &core.parent {
            core = parent;
        }
        core
    }

    /// The connection, when it is its turn.
    async fn borrow(&self) -> Result<tokio::sync::MutexGuard<'_, TransactionState>> {
        self.check_around()?;
        let work = match self.work.try_lock() {
            Ok(work) => work,
            Err(_) => self.wait_for_turn().await?,
        };
        self.filled(work).await
    }

    /// A savepoint is over with the levels around it, though it has their connection until it is dropped.
    fn check_around(&self) -> Result<()> {
        let mut around = &self.parent;
        while let Some(core) = around {
            if core.returned().ended {
                return Err(Error::new(
                    ErrorKind::TransactionClosed,
                    "the transaction around this savepoint has ended; the savepoint's changes are undone",
                ));
            }
            around = &core.parent;
        }
        Ok(())
    }

    /// Waits for the other statements of the transaction. A stream that is half read may wait for this one in turn, so this
    /// has the limit of waiting for any connection; one that was dropped is read to its end, however long that takes.
    #[cold]
    async fn wait_for_turn(&self) -> Result<tokio::sync::MutexGuard<'_, TransactionState>> {
        let limit = self.inner.pool.acquire_timeout();
        loop {
            match timeout_at(deadline(limit), self.work.lock()).await {
                Ok(work) => return Ok(work),
                Err(_) if self.returned().draining > 0 => {}
                Err(_) => {
                    let message = format!(
                        "the transaction's own did not come free within {limit:?}: a stream of the transaction is half \
                         read, or another statement of it still runs. Read the stream to its end, or drop it, before \
                         the next statement"
                    );
                    return Err(Error::new(ErrorKind::AcquireTimeout, message));
                }
            }
        }
    }

    async fn filled<'a>(
        &self,
        mut work: tokio::sync::MutexGuard<'a, TransactionState>,
    ) -> Result<tokio::sync::MutexGuard<'a, TransactionState>> {
        if work.is_empty() {
            self.refill(&mut work).await?;
        }
        Ok(work)
    }

    /// The connection, for the last time. Ending takes the transaction by value, so nobody else has it but a stream that
    /// was dropped.
    async fn end(&self, after: After) -> Result<Last<'_>> {
        let work = if after == After::Undone && self.parent.is_none() {
            match timeout(DRAIN_LIMIT, self.work.lock()).await {
                Ok(work) => work,
                Err(_) => {
                    self.drains.cut_off();
                    self.work.lock().await
                }
            }
        } else {
            self.work.lock().await
        };
        let mut work = self.filled(work).await?;
        self.returned().ended = true;
        Ok(Last { core: self, work: std::mem::take(&mut *work), after })
    }

    /// Takes what a savepoint gave back.
    #[cold]
    async fn refill(&self, work: &mut TransactionState) -> Result<()> {
        loop {
            {
                let mut returned = self.returned();
                match returned.work.take() {
                    Some(back) => {
                        *work = back;
                        return Ok(());
                    }
                    None if returned.ended => {
                        return Err(Error::new(ErrorKind::TransactionClosed, "it was committed or rolled back"));
                    }
                    None if !returned.awaited => return Err(savepoint_open()),
                    None => {}
                }
            }
            self.back.notified().await;
        }
    }

    /// Takes the connection back from a savepoint.
    fn give_back(&self, work: TransactionState) {
        let mut returned = self.returned();
        returned.awaited = false;
        if !returned.ended {
            returned.work = Some(work);
            self.back.notify_one();
            return;
        }
        // This level was dropped while a savepoint inside it lived on.
        drop(returned);
        self.abandon(work);
    }

    /// Lets go of the connection of a level that was dropped.
    fn abandon(&self, mut work: TransactionState) {
        work.leave(self.level);
        self.dispose(work);
        self.undone();
    }

    /// As [`abandon`](Self::abandon), when the connection is here: neither a savepoint nor a stream has it.
    fn abandon_here(&self) -> bool {
        let work = self.work.try_lock().ok().map(|mut work| std::mem::take(&mut *work));
        match work.filter(|work| !work.is_empty()) {
            Some(work) => {
                self.abandon(work);
                true
            }
            None => false,
        }
    }

    /// Whether its statements failed in a way that running everything again may mend.
    fn saw_retryable(&self) -> bool {
        match &self.returned().work {
            Some(work) => work.is_retryable(),
            None => self.work.try_lock().is_ok_and(|work| work.is_retryable()),
        }
    }

    /// Gives the connection of an ended level to the one around it, or to the pool.
    fn dispose(&self, work: TransactionState) {
        match &self.parent {
            Some(parent) => parent.give_back(work),
            None => drop(work),
        }
    }

    /// Lets the callbacks know how the commit of this level went, and waits for those that run.
    async fn tell(&self, result: &Result<()>) {
        let callbacks = &self.root().callbacks;
        match (result, self.parent.is_some()) {
            (Ok(()), true) => callbacks.keep(self.level),
            (Err(_), true) => callbacks.discard(self.level),
            (Ok(()), false) => callbacks.run(End::Committed).await,
            // Nobody knows how it ended.
            (Err(error), false) if error.kind() == ErrorKind::AmbiguousCommit => {}
            (Err(_), false) => callbacks.run(End::RolledBack).await,
        }
    }

    /// Lets the callbacks know that this level was rolled back, without waiting for them.
    fn undone(&self) {
        match self.parent {
            Some(_) => self.root().callbacks.discard(self.level),
            None => drop(self.callbacks.start(End::RolledBack)),
        }
    }
}

fn savepoint_open() -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        "a savepoint of this transaction is open: run statements on the savepoint, or end it first",
    )
}

/// The connection of a level that is about to end.
struct Last<'a> {
    core: &'a Core,
    work: TransactionState,
    after: After,
}

/// What happens to the connection of a level that ended: it goes to the level around, or to the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// What has to be told to the callbacks is told elsewhere.
    Dispose,
    /// The callbacks are told that the level was rolled back.
    Undone,
}

impl Drop for Last<'_> {
    fn drop(&mut self) {
        self.core.dispose(std::mem::take(&mut self.work));
        if self.after == After::Undone {
            self.core.undone();
        }
    }
}

impl Transaction {
    /// Begins a transaction on a connection of the pool.
    pub(crate) async fn open(
        handle: &Handle,
        options: &TransactionOptions,
        deadline: Option<Instant>,
        attempt: u32,
        at: &'static Location<'static>,
    ) -> Result<Self> {
        let inner = Arc::clone(&handle.inner);
        inside::check_begin(&inner, &options.begin)?;
        let lease = within(deadline, inner.pool.acquire_for(Use::Transaction, Some(at))).await?;
        let mut work = TransactionState::new(lease, deadline).noting(&handle.context);
        work.begin(&inner.observer, &options.begin).await?;
        Ok(Self { core: Core::new(inner, handle.context.clone(), 1, None, work), attempt, begun: None })
    }

    /// As [`open`](Self::open), to be ended by hand.
    pub(crate) async fn open_by_hand(
        handle: &Handle,
        options: &TransactionOptions,
        at: &'static Location<'static>,
    ) -> Result<Self> {
        let mut opened = Self::open(handle, options, options.limit().map(deadline), 1, at).await?;
        opened.begun = Some(at);
        Ok(opened)
    }

    /// The dialect of the server, as [`Database::dialect`](crate::Database::dialect).
    pub fn dialect(&self) -> &dyn Dialect {
        &*self.core.inner.dialect
    }

    /// The fact of a type that the database this was begun on was given by [`Database::with`](crate::Database::with).
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.core.context.get()
    }

    /// The transaction, for statements that know one more fact; as [`Database::with`](crate::Database::with).
    ///
    /// ```
    /// # struct Reason(&'static str);
    /// # async fn example(db: orm::Database) -> orm::Result<()> {
    /// db.transaction(async |tx| {
    ///     let import = tx.with(Reason("nightly import"));
    ///     assert_eq!(import.get::<Reason>().map(|reason| reason.0), Some("nightly import"));
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    pub fn with<T: Any + Send + Sync>(&self, fact: T) -> Tx<'_> {
        self.under(self.core.context.with(fact))
    }

    /// The context of the handle.
    #[cfg(feature = "encryption")]
    pub(crate) fn known(&self) -> &Context {
        &self.core.context
    }

    pub(crate) fn under(&self, context: Context) -> Tx<'_> {
        Tx::shared(Arc::clone(&self.core) as Arc<dyn Session>, context)
    }

    /// The transaction, for writes that need not keep the rules of their models; as
    /// [`Database::without_validation`](crate::Database::without_validation).
    pub fn without_validation(&self) -> Tx<'_> {
        self.under(self.core.context.without_validation())
    }

    /// The transaction, for writes that run no hooks of their models.
    pub fn without_hooks(&self) -> Tx<'_> {
        self.under(self.core.context.without_hooks())
    }

    /// Runs a closure in a savepoint: its changes stay when the closure gives `Ok`, and are undone when it gives `Err`,
    /// panics or is dropped. The transaction goes on in any case.
    ///
    /// Only the outermost closure is run again: an error that calls for it should be passed on.
    ///
    /// ```
    /// # async fn example(db: orm::Database) -> orm::Result<()> {
    /// db.transaction(async |tx| {
    ///     tx.execute("INSERT INTO logs (text) VALUES ('kept')", ()).await?;
    ///     let tried = tx.transaction(async |sp| sp.execute("INSERT INTO logs (nothing) VALUES (1)", ()).await).await;
    ///     assert!(tried.is_err());
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// The closure's; those of opening and ending a savepoint;
    /// [`ErrorKind::InvalidStatement`] while another savepoint of this transaction is open.
    pub fn transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> InTransaction<T, E, impl Future<Output = Result<T, E>>> {
        InTransaction::new(self.try_transaction(body))
    }

    /// As [`transaction`](Self::transaction), with an error type of your own.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction).
    pub async fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let savepoint = self.open_savepoint(None).await?;
        match body(&savepoint).await {
            Ok(value) => {
                savepoint.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // Its own failure must not hide the reason; the transaction remembers it.
                let _ = savepoint.rollback().await;
                Err(error)
            }
        }
    }

    /// Opens a savepoint. Until it ends, statements on this transaction are refused.
    ///
    /// # Errors
    /// The database's; [`ErrorKind::InvalidStatement`] while another savepoint is open;
    /// [`ErrorKind::TransactionClosed`] when the transaction can only be rolled back.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send {
        self.open_savepoint(Some(Location::caller()))
    }

    async fn open_savepoint(&self, begun: Option<&'static Location<'static>>) -> Result<Transaction> {
        let mut outer = self.core.borrow().await?;
        let level = outer.begin(&self.core.inner.observer, &BeginOptions::default()).await?;
        // Nothing is awaited from here on: the connection moves to the savepoint.
        let work = std::mem::take(&mut *outer);
        let (inner, context) = (Arc::clone(&self.core.inner), self.core.context.clone());
        let core = Core::new(inner, context, level, Some(Arc::clone(&self.core)), work);
        Ok(Self { core, attempt: self.attempt, begun })
    }

    /// Makes the changes permanent, and runs the callbacks of [`after_commit`](Self::after_commit); on a savepoint, makes
    /// the changes part of the transaction around it.
    ///
    /// # Errors
    /// The database's; [`ErrorKind::AmbiguousCommit`] when the connection broke before the answer came;
    /// the same when raw SQL has ended the transaction before, out of sight of its words;
    /// the kind of an earlier deadlock or serialization failure, since nothing is committed then;
    /// [`ErrorKind::InvalidStatement`] when a savepoint is still open. In every case the transaction is over.
    pub async fn commit(self) -> Result<()> {
        self.commit_unless_run_again(false).await
    }

    /// Commits; when that fails and the closure will be run again, nobody is told.
    async fn commit_unless_run_again(self, more: bool) -> Result<()> {
        let core = &*self.core;
        core.check_around()?;
        let mut last = core.end(After::Dispose).await?;
        let result = last.work.commit(&core.inner.observer, core.level).await;
        drop(last);
        if more && result.as_ref().is_err_and(|error| run::classify(error) == Some(true)) {
            core.callbacks.clear();
        } else {
            core.tell(&result).await;
        }
        result
    }

    /// Undoes the changes, and runs the callbacks of [`after_rollback`](Self::after_rollback). Dropping does the same,
    /// without telling whether it worked.
    ///
    /// # Errors
    /// The database's; the connection is closed then, which undoes the changes as well. [`ErrorKind::AmbiguousCommit`] when
    /// raw SQL has ended the transaction before: what came before that SQL may be committed. No callback runs then.
    pub async fn rollback(self) -> Result<()> {
        let core = &*self.core;
        let mut last = core.end(After::Undone).await?;
        let result = last.work.rollback(&core.inner.observer, core.level).await;
        if core.parent.is_none() {
            last.after = After::Dispose;
            drop(last);
            // Nobody knows how it ended when raw SQL has ended it.
            if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::AmbiguousCommit) {
                core.callbacks.clear();
            } else {
                core.callbacks.run(End::RolledBack).await;
            }
        }
        result
    }

    /// How often the closure was started, this time included: 1, and more when it is run again.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Runs a callback after the outermost transaction was committed, in the order of registration. It runs outside of
    /// the transaction, in a task of its own: neither an error nor a panic in it changes the outcome, and it also runs to
    /// its end when nobody waits for the commit any more. [`commit`](Self::commit) waits for it.
    ///
    /// Callbacks are forgotten when their savepoint is rolled back, when the transaction is run again, and when nobody
    /// knows whether the commit took effect.
    ///
    /// ```
    /// # async fn example(db: orm::Database) -> orm::Result<()> {
    /// db.transaction(async |tx| {
    ///     tx.execute("INSERT INTO orders (total) VALUES (5)", ()).await?;
    ///     tx.after_commit(async || println!("ordered"));
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    pub fn after_commit<F, Fut>(&self, callback: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.core.root().callbacks.add(End::Committed, self.core.level, Box::new(|| Box::pin(callback())));
    }

    /// Runs a callback after the outermost transaction was rolled back, also by dropping it. Otherwise as
    /// [`after_commit`](Self::after_commit).
    pub fn after_rollback<F, Fut>(&self, callback: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.core.root().callbacks.add(End::RolledBack, self.core.level, Box::new(|| Box::pin(callback())));
    }
}

/// Raw SQL.
impl Transaction {
    /// Runs a statement and tells what it did. As [`Database::execute`](crate::Database::execute).
    ///
    /// # Errors
    /// The database's; [`ErrorKind::InvalidStatement`] for SQL that begins or ends a transaction, such as `COMMIT`;
    /// [`ErrorKind::Unsupported`] for SQL that would commit it, as statements about tables do on MySQL and MariaDB. Where the
    /// words do not tell, as with `CALL`, the database is asked afterwards: [`ErrorKind::TransactionClosed`] when the
    /// transaction has ended, and [`commit`](Self::commit) and [`rollback`](Self::rollback) fail then.
    pub async fn execute(&self, sql: impl SqlText, values: impl Values) -> Result<Done> {
        raw::execute(&*self.core, sql, values.into_values()).await
    }

    /// Runs a query and reads its rows. As [`Database::query`](crate::Database::query).
    ///
    /// # Errors
    /// The database's; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when a column is of another type.
    pub async fn query<T: Decode>(&self, sql: impl SqlText, values: impl Values) -> Result<Vec<T>> {
        raw::query(&*self.core, sql, values.into_values()).await
    }

    /// Runs several statements without values, separated by semicolons.
    ///
    /// # Errors
    /// The first statement's that fails; those before it have run. As [`execute`](Self::execute) for SQL about
    /// transactions; nothing of the script runs then.
    pub async fn batch(&self, sql: impl AsRef<str> + Send) -> Result<()> {
        raw::batch(&*self.core, sql.as_ref()).await
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let core = &*self.core;
        let returned = {
            let mut returned = core.returned();
            if std::mem::replace(&mut returned.ended, true) {
                return;
            }
            returned.work.take()
        };
        // Where the levels around it have ended, it was ended with them.
        if let (Some(begun), Ok(())) = (self.begun, core.check_around()) {
            core.inner.observer.dropped(core.level, begun);
        }
        match returned {
            Some(work) => core.abandon(work),
            None if core.abandon_here() => {}
            None => drain::leave_to_drains(core),
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("level", &self.core.level).field("attempt", &self.attempt).finish()
    }
}

impl Executor for Transaction {
    fn session(&self) -> &dyn Session {
        &*self.core
    }

    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        Ok(Arc::clone(&self.core) as Arc<dyn Session>)
    }
}

#[async_trait]
impl Session for Core {
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
        self.borrow().await?.fetch(&self.inner.observer, query, sink).await
    }

    async fn batch(&self, script: Query<'_>) -> Result<()> {
        self.borrow().await?.batch(&self.inner.observer, script).await
    }

    fn context(&self) -> &Context {
        &self.context
    }

    async fn pin_as(&self, context: Context) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(View::new(self, context)))
    }

    async fn begin_as(&self, options: &BeginOptions, context: Context) -> Result<Box<dyn Unit + '_>> {
        let source = Source::Borrowed(tokio::sync::MutexGuard::map(self.borrow().await?, |work| work));
        let told = Told::Of(&self.root().callbacks);
        Ok(Box::new(Pinned::begin(&self.inner, context, told, source, options).await?))
    }

    fn in_transaction(&self) -> bool {
        true
    }

    fn after_commit(&self, callback: Callback) -> Result<()> {
        self.root().callbacks.add(End::Committed, self.level, callback);
        Ok(())
    }

    fn take_over(self: Arc<Self>, rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drain::spawn(self, rest);
    }
}
