//! [`Databases`]: several databases of one program, selected by a key.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use orm_core::Result;
use tokio::sync::OnceCell;

use crate::connect::connect_with;
use crate::{Database, DatabaseOptions};

/// Several databases, selected by a key: for tenants, regions or shards. A function of the program maps a key to a URL. Keys with the
/// same URL share a [`Database`], which is connected when it is first used.
///
/// All have the same options. A [`ConnectionLimit`](crate::ConnectionLimit) limits the connections of all of them together.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// use orm::{ConnectionLimit, DatabaseOptions, Databases, PoolOptions};
///
/// let pool = PoolOptions::new().max_connections(10).limit(ConnectionLimit::new(100));
/// let databases = Databases::new(DatabaseOptions::new().pool(pool), |tenant: &str| match tenant {
///     "acme" => Ok("sqlite::memory:".to_owned()),
///     other => Err(orm::Error::new(orm::ErrorKind::NotFound, format!("there is no tenant {other}"))),
/// });
/// let db = databases.route("acme").await?;
/// db.ping().await?;
/// assert!(databases.route("umbrella").await.is_err());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub struct Databases<K: ?Sized> {
    url_of: Box<UrlOf<K>>,
    options: DatabaseOptions,
    known: Mutex<HashMap<String, Arc<OnceCell<Database>>>>,
}

type UrlOf<K> = dyn Fn(&K) -> Result<String> + Send + Sync;

impl<K: ?Sized> Databases<K> {
    /// Databases for a function that maps a key to a URL. It is called for each [`route`](Self::route), so it should look the URL up in
    /// memory.
    pub fn new(
        options: impl Into<DatabaseOptions>,
        url_of: impl Fn(&K) -> Result<String> + Send + Sync + 'static,
    ) -> Self {
        Self { url_of: Box::new(url_of), options: options.into(), known: Mutex::default() }
    }

    /// The database of a key.
    ///
    /// # Errors
    /// Errors of the function, and of [`connect_with`](crate::connect_with) when it connects. After such an error, the next call tries again.
    pub async fn route(&self, key: &K) -> Result<Database> {
        let url = (self.url_of)(key)?;
        let cell = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(&url) {
                Some(cell) => Arc::clone(cell),
                None => Arc::clone(known.entry(url.clone()).or_default()),
            }
        };
        cell.get_or_try_init(|| connect_with(&url, self.options.clone())).await.cloned()
    }

    /// The connected databases, in no particular order, for example to close them or to read their pool status.
    pub fn open(&self) -> Vec<Database> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().filter_map(|cell| cell.get().cloned()).collect()
    }
}

/// Leaves out the URLs, since they contain passwords.
impl<K: ?Sized> fmt::Debug for Databases<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databases").field("open", &self.open()).finish_non_exhaustive()
    }
}
