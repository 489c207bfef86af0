//! [`Transaction`]: one connection with a transaction or a savepoint open on it, shared by reference. Running closures in
//! transactions, and running them again, is in `run`; what happens on the connection is in `work`.

mod callbacks;
mod held;
mod options;
pub(crate) mod run;
mod work;

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use orm_core::dialect::Dialect;
use orm_core::driver::{BeginOptions, Done, Executor, Query, Runs, Session, ShapeCache, Unit, Unpoliced};
use orm_core::model::Model;
use orm_core::row::{Decode, RowSink};
use orm_core::{Error, ErrorKind, Result};
use tokio::time::Instant;

use self::callbacks::{Callbacks, End};
use self::held::Same;
pub(crate) use self::held::{Held, Source};
pub use self::options::TransactionOptions;
pub(crate) use self::work::Work;
use crate::database::Inner;
use crate::pool::Use;
use crate::raw::{self, Values};

/// A transaction, or a savepoint inside one. Statements run on `&Transaction`, also from several futures at once; they
/// take turns on its one connection.
///
/// Dropped without [`commit`](Self::commit), it is rolled back. While a savepoint is open, statements belong on the
/// savepoint; the transaction around it refuses them.
pub struct Transaction {
    core: Arc<Core>,
    attempt: u32,
}

/// One level of a transaction.
struct Core {
    inner: Arc<Inner>,
    /// 1 for the transaction itself, more for savepoints.
    level: u32,
    /// The level around a savepoint.
    parent: Option<Arc<Core>>,
    /// Whose turn it is to use the connection.
    turn: tokio::sync::Mutex<()>,
    place: Mutex<Place>,
    /// Of the outermost level; empty in savepoints.
    callbacks: Callbacks,
}

/// Where the connection is.
enum Place {
    Here(Work),
    /// In use by a statement, which then has the turn, or with an open savepoint.
    Out,
    /// The level has ended.
    Gone,
}

impl Core {
    fn new(inner: Arc<Inner>, level: u32, parent: Option<Arc<Core>>, work: Work) -> Arc<Self> {
        Arc::new(Self {
            inner,
            level,
            parent,
            turn: tokio::sync::Mutex::default(),
            place: Mutex::new(Place::Here(work)),
            callbacks: Callbacks::default(),
        })
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outermost level.
    fn root(&self) -> &Core {
        let mut core = self;
        while let Some(parent) = &core.parent {
            core = parent;
        }
        core
    }

    fn take(&self, then: Place) -> Result<Work> {
        let mut place = self.place();
        match std::mem::replace(&mut *place, then) {
            Place::Here(work) => Ok(work),
            Place::Out => {
                *place = Place::Out;
                Err(Error::new(
                    ErrorKind::InvalidStatement,
                    "a savepoint of this transaction is open: run statements on the savepoint, or end it first",
                ))
            }
            Place::Gone => {
                *place = Place::Gone;
                Err(ended())
            }
        }
    }

    /// The connection, when it is this level's turn.
    async fn borrow(&self) -> Result<Borrowed<'_>> {
        let turn = self.turn.lock().await;
        Ok(Borrowed { core: self, work: self.take(Place::Out)?, after: After::GiveBack, _turn: Some(turn) })
    }

    /// The connection, for the last time.
    fn end(&self, after: After) -> Result<Borrowed<'_>> {
        Ok(Borrowed { core: self, work: self.take(Place::Gone)?, after, _turn: None })
    }

    /// Takes the connection back from a statement or a savepoint.
    fn give_back(&self, mut work: Work) {
        let mut place = self.place();
        if matches!(*place, Place::Out) {
            *place = Place::Here(work);
            return;
        }
        // This level was dropped while a savepoint inside it lived on.
        drop(place);
        work.leave(self.level);
        self.dispose(work);
        self.undone();
    }

    /// Gives the connection of an ended level to the one around it, or to the pool.
    fn dispose(&self, work: Work) {
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

fn ended() -> Error {
    Error::new(ErrorKind::TransactionClosed, "it was committed or rolled back")
}

/// The connection of a transaction during one statement, or several that belong together.
pub(crate) struct Borrowed<'a> {
    core: &'a Core,
    work: Work,
    after: After,
    _turn: Option<tokio::sync::MutexGuard<'a, ()>>,
}

/// Where the connection goes after being borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// Back to the level it was borrowed from.
    GiveBack,
    /// It was taken over by a savepoint.
    Lent,
    /// To the level around, or the pool; what has to be told to the callbacks is told elsewhere.
    Dispose,
    /// As `Dispose`, and the callbacks are told that the level was rolled back.
    Undone,
}

impl Deref for Borrowed<'_> {
    type Target = Work;
    fn deref(&self) -> &Work {
        &self.work
    }
}

impl DerefMut for Borrowed<'_> {
    fn deref_mut(&mut self) -> &mut Work {
        &mut self.work
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let work = std::mem::take(&mut self.work);
        match self.after {
            After::GiveBack => self.core.give_back(work),
            After::Lent => {}
            After::Dispose => self.core.dispose(work),
            After::Undone => {
                self.core.dispose(work);
                self.core.undone();
            }
        }
    }
}

impl fmt::Debug for Borrowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.work.fmt(f)
    }
}

impl Transaction {
    /// Begins a transaction on a connection of the pool.
    pub(crate) async fn open(
        inner: Arc<Inner>,
        options: &TransactionOptions,
        deadline: Option<Instant>,
        attempt: u32,
        at: &'static Location<'static>,
    ) -> Result<Self> {
        let mut work = Work::new(inner.pool.acquire_for(Use::Transaction, Some(at)).await?, deadline);
        work.begin(&options.begin).await?;
        Ok(Self { core: Core::new(inner, 1, None, work), attempt })
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
    pub async fn transaction<T>(&self, body: impl AsyncFnOnce(&Transaction) -> Result<T>) -> Result<T> {
        self.try_transaction(body).await
    }

    /// As [`transaction`](Self::transaction), with an error type of your own.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction).
    pub async fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let savepoint = self.begin().await?;
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
    pub async fn begin(&self) -> Result<Transaction> {
        let mut borrowed = self.core.borrow().await?;
        let level = borrowed.begin(&BeginOptions::default()).await?;
        // Nothing is awaited from here on: the connection moves to the savepoint.
        borrowed.after = After::Lent;
        let work = std::mem::take(&mut borrowed.work);
        let core = Core::new(Arc::clone(&self.core.inner), level, Some(Arc::clone(&self.core)), work);
        Ok(Self { core, attempt: self.attempt })
    }

    /// Makes the changes permanent, and runs the callbacks of [`after_commit`](Self::after_commit); on a savepoint, makes
    /// the changes part of the transaction around it.
    ///
    /// # Errors
    /// The database's; [`ErrorKind::AmbiguousCommit`] when the connection broke before the answer came;
    /// the kind of an earlier deadlock or serialization failure, since nothing is committed then;
    /// [`ErrorKind::InvalidStatement`] when a savepoint is still open. In every case the transaction is over.
    pub async fn commit(self) -> Result<()> {
        self.commit_unless_run_again(false).await
    }

    /// Commits; when that fails and the closure will be run again, nobody is told.
    async fn commit_unless_run_again(self, more: bool) -> Result<()> {
        let core = &*self.core;
        let mut last = core.end(After::Dispose)?;
        let result = last.commit(core.level).await;
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
    /// The database's; the connection is closed then, which undoes the changes as well.
    pub async fn rollback(self) -> Result<()> {
        let core = &*self.core;
        let mut last = core.end(After::Undone)?;
        let result = last.rollback(core.level).await;
        if core.parent.is_none() {
            last.after = After::Dispose;
            drop(last);
            core.callbacks.run(End::RolledBack).await;
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
        self.core.root().callbacks.add(End::Committed, self.core.level, callback);
    }

    /// Runs a callback after the outermost transaction was rolled back, also by dropping it. Otherwise as
    /// [`after_commit`](Self::after_commit).
    pub fn after_rollback<F, Fut>(&self, callback: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.core.root().callbacks.add(End::RolledBack, self.core.level, callback);
    }
}

/// Raw SQL.
impl Transaction {
    /// Runs a statement and tells what it did. As [`Database::execute`](crate::Database::execute).
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&self, sql: &str, values: impl Values) -> Result<Done> {
        raw::execute(&*self.core, sql, values.into_values()).await
    }

    /// Runs a query and reads its rows. As [`Database::query`](crate::Database::query).
    ///
    /// # Errors
    /// The database's; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when a column is of another type.
    pub async fn query<T: Decode>(&self, sql: &str, values: impl Values) -> Result<Vec<T>> {
        raw::query(&*self.core, sql, values.into_values()).await
    }

    /// Runs several statements without values, separated by semicolons.
    ///
    /// # Errors
    /// The first statement's that fails; those before it have run.
    pub async fn batch(&self, sql: &str) -> Result<()> {
        Session::batch(&*self.core, sql).await
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let core = &*self.core;
        let place = std::mem::replace(&mut *core.place(), Place::Gone);
        if let Place::Here(mut work) = place {
            work.leave(core.level);
            core.dispose(work);
            core.undone();
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match *self.core.place() {
            Place::Here(_) => "open",
            Place::Out => "in use",
            Place::Gone => "ended",
        };
        f.debug_struct("Transaction")
            .field("level", &self.core.level)
            .field("attempt", &self.attempt)
            .field("state", &place)
            .finish()
    }
}

impl Executor for Transaction {
    fn session(&self) -> &dyn Session {
        &*self.core
    }
}

impl<M: Model + Unpoliced> Runs<M> for Transaction {}

#[async_trait]
impl Session for Core {
    fn dialect(&self) -> &Arc<dyn Dialect> {
        &self.inner.dialect
    }

    fn shapes(&self) -> &ShapeCache {
        &self.inner.shapes
    }

    async fn fetch(&self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        self.borrow().await?.fetch(&self.inner.observer, query, sink).await
    }

    async fn batch(&self, sql: &str) -> Result<()> {
        self.borrow().await?.batch(&self.inner.observer, sql).await
    }

    async fn pin(&self) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(Same(self)))
    }

    async fn begin(&self, options: &BeginOptions) -> Result<Box<dyn Unit + '_>> {
        let source = Source::Transaction(self.borrow().await?);
        Ok(Box::new(Held::begin(&self.inner, source, options).await?))
    }

    fn in_transaction(&self) -> bool {
        true
    }
}
