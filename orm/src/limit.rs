//! [`ConnectionLimit`]: one limit for the connections of several pools.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use orm_core::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// One limit for the connections of several databases, given to [`PoolOptions::limit`](crate::PoolOptions::limit) of each. Its
/// clones are the same limit.
///
/// Where it is reached, a database that needs a connection takes the place of one that others do not use; if all are in use,
/// it waits for the first that comes back.
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
    /// Pools that wait for a place.
    waiting: AtomicUsize,
    /// Those that may have a connection to spare.
    pools: Mutex<Vec<Box<Give>>>,
}

/// Closes a connection that a pool does not use.
type Give = dyn Fn() -> Given + Send;

/// What a pool gave away.
pub(crate) enum Given {
    Connection,
    Nothing,
    /// There is no such pool any more.
    Gone,
}

/// Counts a pool that waits, whatever ends the waiting.
struct Waits<'l>(&'l Limit);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

impl ConnectionLimit {
    /// So many connections, one at least.
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

    /// Lets a pool give connections away that it does not use.
    pub(crate) fn join(&self, give: impl Fn() -> Given + Send + 'static) {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(give));
    }

    /// Whether a connection that comes back is wanted elsewhere.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.waiting.load(Relaxed) > 0
    }

    /// A place for a connection.
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
                // One may come back between the look at it and the waiting.
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

    /// Closes one connection that nobody uses, of the pool that was not asked for the longest time.
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

/// The same limit, rather than the same number.
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
