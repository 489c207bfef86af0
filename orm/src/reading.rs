//! Queries on replicas. [`ReadSession`]: the session for one query of the user, which falls back to the primary if its replica
//! fails or lags too far behind; [`watch`]: the task that checks a replica periodically.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use orm_core::dialect::{Dialect, Replication};
use orm_core::driver::{BeginOptions, Callback, Context, Done, Query, Session, ShapeCache, Unit, View, fetch_sealed};
use orm_core::row::RowSink;
use orm_core::{Error, ErrorKind, Result};
use tokio::time::{Instant, timeout};

use crate::inner::{Follower, Handle, Inner};
use crate::journal::{ReadFrom, Reads, Wanted, has_come, place};
use crate::pool::{Lease, PoolStatus, Use, is_away};
use crate::replica::choose;
use crate::transaction::{Callbacks, Pinned, Source, Told, TransactionState};

/// The state of a replica, from [`Database::replicas`](crate::Database::replicas).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplicaStatus {
    /// Its address, without a password.
    pub target: String,
    /// Whether it can be used.
    pub usable: bool,
    /// The maximum age of its data. `None` if that is not known yet.
    pub staleness: Option<Duration>,
    /// The status of its pool.
    pub pool: PoolStatus,
}

/// The session for a query, if there is a replica for it.
pub(crate) fn session(handle: &Handle) -> Option<Arc<dyn Session>> {
    let followers = &handle.inner.followers;
    if followers.is_empty() {
        return None;
    }
    let reads = handle.context.get::<Reads>();
    if reads.is_some_and(|reads| reads.from == ReadFrom::Primary) {
        return None;
    }
    let staleness = reads.and_then(|reads| reads.staleness);
    let fits = |follower: &Follower| {
        let fresh = |most| follower.health.staleness().is_some_and(|age| age <= most);
        follower.health.is_usable() && staleness.is_none_or(fresh)
    };
    let journal = reads.and_then(|reads| reads.journal.as_ref());
    // The same replica as before, so that a later read does not see an older state.
    let last =
        journal.and_then(|journal| journal.replica()).filter(|last| followers.get(*last).is_some_and(|f| fits(f)));
    let all = followers.iter().enumerate().filter(|(_, follower)| fits(follower));
    let number = last.or_else(|| choose(all.map(|(at, follower)| (at, follower.weight)), crate::random::fraction()))?;
    let follower = Arc::clone(followers.get(number)?);
    if let Some(journal) = journal {
        if journal.wants(number) == Wanted::Primary {
            return None;
        }
        journal.read_from(number);
    }
    Some(Arc::new(ReadSession { handle: handle.clone(), follower, number, failed: AtomicBool::new(false) }))
}

/// The session for one query of the user: a replica, or the primary after the replica has failed.
struct ReadSession {
    handle: Handle,
    follower: Arc<Follower>,
    number: usize,
    /// The replica failed for this query.
    failed: AtomicBool,
}

impl ReadSession {
    /// A connection to the replica, which has the handle's writes; `None` if the query must go to the primary.
    async fn lease(&self, purpose: Option<Use>) -> Option<Lease> {
        if self.failed.load(Relaxed) {
            return None;
        }
        let ready = async {
            let pool = &self.follower.inner.pool;
            let mut lease = match purpose {
                None => pool.acquire().await,
                Some(purpose) => pool.acquire_for(purpose, None).await,
            }?;
            let caught_up = self.catch_up(&mut lease).await.inspect_err(|error| lease.note(error))?;
            Ok::<_, Error>(caught_up.then_some(lease))
        };
        let lease = ready.await.unwrap_or_else(|error| {
            self.failed_with(&error);
            None
        });
        if lease.is_none() {
            self.failed.store(true, Relaxed);
        }
        lease
    }

    /// Waits until the replica has the handle's writes.
    async fn catch_up(&self, lease: &mut Lease) -> Result<bool> {
        let Some(journal) = Reads::journal(&self.handle.context) else {
            return Ok(true);
        };
        let position = match journal.wants(self.number) {
            Wanted::Nothing => return Ok(true),
            Wanted::Primary => return Ok(false),
            Wanted::Position(position) => position,
        };
        let Some(replication) = self.handle.inner.dialect.replication() else { return Ok(false) };
        let (observer, limit) = (&self.follower.inner.observer, self.handle.inner.replica_wait);
        let has = has_come(replication.reached, Some(observer), lease.connection()?, &position, limit).await?;
        if has {
            journal.reached(self.number, &position);
        }
        Ok(has)
    }

    /// Records an error of the replica.
    fn failed_with(&self, error: &Error) {
        self.failed.store(true, Relaxed);
        if is_away(error) {
            set_usable(&self.follower, false, Some(error));
        }
    }

    /// Whether the query may succeed on the primary: the connection to the replica was lost, it refused the query as a write, replication
    /// cancelled the query, or the replica does not have a table yet.
    fn falls_back(&self, error: &Error, sink: &dyn RowSink) -> bool {
        let there = matches!(
            error.kind(),
            ErrorKind::ReadOnly
                | ErrorKind::Serialization
                | ErrorKind::Deadlock
                | ErrorKind::UnknownTable
                | ErrorKind::UnknownColumn
        );
        let falls = sink.restartable() && (there || is_away(error));
        if falls {
            self.failed_with(error);
            tracing::debug!(target: "orm::replica", %error, "the primary is asked in place of a replica");
        }
        falls
    }

    fn primary(&self) -> &dyn Session {
        &self.handle
    }

    fn state(&self, lease: Lease) -> Source<'_> {
        Source::Pool(TransactionState::new(lease, None))
    }
}

/// Sets whether a replica can be used, and logs a change.
fn set_usable(follower: &Follower, usable: bool, error: Option<&Error>) {
    if !follower.health.set_usable(usable) {
        return;
    }
    let server = follower.inner.observer.target();
    match (usable, error) {
        (true, _) => tracing::info!(target: "orm::replica", server, "a replica is read from"),
        (false, Some(error)) => tracing::warn!(target: "orm::replica", server, %error, "a replica is not read from"),
        (false, None) => {
            tracing::warn!(target: "orm::replica", server, "a replica is not read from: it does not answer")
        }
    }
}

#[async_trait]
impl Session for ReadSession {
    fn dialect(&self) -> &Arc<dyn Dialect> {
        &self.handle.inner.dialect
    }

    fn shapes(&self) -> &ShapeCache {
        &self.handle.inner.shapes
    }

    async fn fetch(&self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        if query.sealed {
            return fetch_sealed(self, query, sink).await;
        }
        if let Some(mut lease) = self.lease(None).await {
            let result = self.follower.inner.observer.fetch(lease.connection()?, query, &mut *sink).await;
            let Err(error) = result else { return result };
            lease.note(&error);
            drop(lease);
            if !self.falls_back(&error, sink) {
                return Err(error);
            }
            sink.restart();
        }
        self.primary().fetch(query, sink).await
    }

    async fn batch(&self, script: Query<'_>) -> Result<()> {
        self.primary().batch(script).await
    }

    fn context(&self) -> &Context {
        &self.handle.context
    }

    async fn pin_as(&self, context: Context) -> Result<Box<dyn Session + '_>> {
        let Some(lease) = self.lease(Some(Use::Pin)).await else {
            return self.primary().pin_as(context).await;
        };
        let pinned = Pinned::pin(&self.follower.inner, context, self.state(lease));
        Ok(Box::new(PinnedRead { read: self, pinned }))
    }

    async fn begin_as(&self, options: &BeginOptions, context: Context) -> Result<Box<dyn Unit + '_>> {
        if options.read_only
            && let Some(lease) = self.lease(Some(Use::Transaction)).await
        {
            let told = Told::Own(Callbacks::default());
            let source = self.state(lease);
            match Pinned::begin(&self.follower.inner, context.clone(), told, source, options).await {
                Ok(unit) => return Ok(Box::new(unit)),
                Err(error) => self.failed_with(&error),
            }
        }
        self.primary().begin_as(options, context).await
    }

    fn in_transaction(&self) -> bool {
        false
    }

    fn after_commit(&self, callback: Callback) -> Result<()> {
        self.primary().after_commit(callback)
    }
}

/// A connection to a replica for the statements of one query. If it fails, the remaining statements go to the primary.
struct PinnedRead<'a> {
    read: &'a ReadSession,
    pinned: Pinned<'a>,
}

#[async_trait]
impl Session for PinnedRead<'_> {
    fn dialect(&self) -> &Arc<dyn Dialect> {
        self.read.dialect()
    }

    fn shapes(&self) -> &ShapeCache {
        self.read.shapes()
    }

    async fn fetch(&self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        if query.sealed {
            return fetch_sealed(self, query, sink).await;
        }
        if !self.read.failed.load(Relaxed) {
            let result = self.pinned.fetch(query, &mut *sink).await;
            let Err(error) = result else { return result };
            if !self.read.falls_back(&error, sink) {
                return Err(error);
            }
            sink.restart();
        }
        self.read.primary().fetch(query, sink).await
    }

    async fn batch(&self, script: Query<'_>) -> Result<()> {
        self.read.batch(script).await
    }

    fn context(&self) -> &Context {
        self.pinned.context()
    }

    async fn pin_as(&self, context: Context) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(View::new(self, context)))
    }

    async fn begin_as(&self, options: &BeginOptions, context: Context) -> Result<Box<dyn Unit + '_>> {
        match options.read_only {
            true => self.pinned.begin_as(options, context).await,
            false => self.read.primary().begin_as(options, context).await,
        }
    }

    fn in_transaction(&self) -> bool {
        false
    }

    fn after_commit(&self, callback: Callback) -> Result<()> {
        self.read.after_commit(callback)
    }
}

/// The periodic check of a replica.
pub(crate) struct Watch {
    number: usize,
    replication: Replication,
    every: Duration,
    /// A position of the primary and its time, which the replica has not reached yet.
    sample: Option<(Instant, Arc<str>)>,
}

impl Watch {
    pub(crate) fn new(number: usize, replication: Replication, every: Duration) -> Self {
        Self { number, replication, every, sample: None }
    }

    /// Checks whether the replica responds, and its position.
    pub(crate) async fn look(&mut self, inner: &Inner) {
        /// How long a check may take.
        const SILENCE: Duration = Duration::from_secs(5);
        let Some(follower) = inner.followers.get(self.number) else { return };
        match timeout(self.every + SILENCE, self.ask(inner, follower)).await {
            Ok(Ok(())) => set_usable(follower, true, None),
            Ok(Err(error)) => set_usable(follower, false, Some(&error)),
            Err(_) => set_usable(follower, false, None),
        }
    }

    async fn ask(&mut self, inner: &Inner, follower: &Follower) -> Result<()> {
        if self.sample.is_none() {
            let now = Instant::now();
            // Without the primary's position, the replica's lag is unknown.
            self.sample = self.place_of_primary(inner).await.ok().flatten().map(|place| (now, place));
        }
        let mut lease = follower.inner.pool.acquire().await?;
        let result = match &self.sample {
            None => lease.connection()?.ping().await.map(|()| false),
            Some((_, place)) => has_come(self.replication.reached, None, lease.connection()?, place, self.every).await,
        };
        let has = result.inspect_err(|error| lease.note(error))?;
        if let Some((time, _)) = self.sample.take_if(|_| has) {
            follower.health.has_until(time);
        }
        Ok(())
    }

    async fn place_of_primary(&self, inner: &Inner) -> Result<Option<Arc<str>>> {
        let mut lease = inner.pool.acquire().await?;
        let place = place(self.replication.position, None, lease.connection()?).await;
        place.inspect_err(|error| lease.note(error))
    }

    /// Checks the replica periodically until the database is closed or dropped.
    pub(crate) fn start(mut self, inner: &Arc<Inner>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (mut ended, inner) = (inner.pool.ended(), Arc::downgrade(inner));
        runtime.spawn(async move {
            while timeout(self.every, ended.changed()).await.is_err() {
                let Some(inner) = inner.upgrade() else { return };
                self.look(&inner).await;
            }
        });
    }
}
