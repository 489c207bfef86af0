//! [`ConnectionLimit`]: one limit for the connections of several pools.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use orm_core::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// One limit for the connections of several databases together. Give it to [`PoolOptions::limit`](crate::PoolOptions::limit) of each.
/// Clones share the limit.
///
/// When the limit is reached, a database that needs a connection closes an idle one of another database. If all are in use, it
/// waits until one is returned.
///
/// ```
/// use orm::{ConnectionLimit, PoolOptions};
///
/// let limit = ConnectionLimit::new(100);
/// let of_each = PoolOptions::new().max_connections(10).limit(limit);
/// # let _ = of_each;
/// ```
#[derive(Clone)]
pub struct ConnectionLimit(Arc<Limit>);

struct Limit {
    most: usize,
    places: Arc<Semaphore>,
    /// The number of pools that are waiting.
    waiting: AtomicUsize,
    /// The pools, which may have idle connections.
    pools: Mutex<Vec<Box<Give>>>,
}

/// Closes an idle connection of a pool.
type Give = dyn Fn() -> Given + Send;

/// What a pool did when it was asked to close an idle connection.
pub(crate) enum Given {
    Connection,
    Nothing,
    /// The pool does not exist any more.
    Gone,
}

/// Counts a waiting pool until it is dropped, so also when waiting is cancelled.
struct Waits<'l>(&'l Limit);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

impl ConnectionLimit {
    /// At most this many connections; at least one.
    pub fn new(connections: usize) -> Self {
        let most = connections.clamp(1, Semaphore::MAX_PERMITS);
        Self(Arc::new(Limit {
            most,
            places: Arc::new(Semaphore::new(most)),
            waiting: AtomicUsize::new(0),
            pools: Mutex::default(),
        }))
    }

    /// The number of connections that are open, or are being opened or closed.
    pub fn in_use(&self) -> usize {
        self.0.most - self.0.places.available_permits()
    }

    /// Registers a pool whose idle connections may be closed.
    pub(crate) fn join(&self, give: impl Fn() -> Given + Send + 'static) {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(give));
    }

    /// Whether another pool waits for the place of a returned connection.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.waiting.load(Relaxed) > 0
    }

    /// Waits for a place for a connection.
    pub(crate) async fn place(&self, time: Duration) -> Result<OwnedSemaphorePermit> {
        const LOOK: Duration = Duration::from_millis(50);
        if let Ok(place) = Arc::clone(&self.0.places).try_acquire_owned() {
            return Ok(place);
        }
        self.0.waiting.fetch_add(1, Relaxed);
        let _waits = Waits(&self.0);
        let looks = async {
            loop {
                self.close_unused();
                // A connection may be returned between this check and the start of waiting.
                if let Ok(Ok(place)) = timeout(LOOK, Arc::clone(&self.0.places).acquire_owned()).await {
                    return place;
                }
            }
        };
        timeout(time, looks).await.map_err(|_| {
            let most = self.0.most;
            let message = format!(
                "all {most} connections that several databases may have together (`limit`) were in use for {time:?}"
            );
            Error::new(ErrorKind::AcquireTimeout, message)
        })
    }

    /// Closes one idle connection. Pools take turns, starting with the one that was asked least recently.
    fn close_unused(&self) {
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..pools.len() {
            let pool = pools.remove(0);
            let given = pool();
            if !matches!(given, Given::Gone) {
                pools.push(pool);
            }
            if matches!(given, Given::Connection) {
                return;
            }
        }
    }
}

/// Compares identity, not the number.
impl PartialEq for ConnectionLimit {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ConnectionLimit {}

impl fmt::Debug for ConnectionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionLimit").field("most", &self.0.most).field("in_use", &self.in_use()).finish()
    }
}
