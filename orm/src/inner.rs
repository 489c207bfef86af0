//! [`Inner`]: what all clones and transactions of a database share; [`Handle`]: an `Inner` with the context of one clone;
//! [`Follower`]: a replica of a database.

use std::sync::Arc;
use std::time::Duration;

use orm_core::dialect::Dialect;
use orm_core::driver::{Context, ShapeCache};

use crate::observe::Observer;
use crate::pool::Pool;
use crate::replica::Health;

/// What all clones of a database share.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) shapes: ShapeCache,
    pub(crate) observer: Observer,
    pub(crate) statement_retries: u32,
    pub(crate) read_retries: u32,
    /// Empty without replicas, and in a replica.
    pub(crate) followers: Vec<Arc<Follower>>,
    /// How long a read waits until a replica has the handle's writes.
    pub(crate) replica_wait: Duration,
}

/// A replica.
pub(crate) struct Follower {
    pub(crate) inner: Inner,
    pub(crate) weight: u32,
    pub(crate) health: Health,
}

/// What statements on a database run on.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) inner: Arc<Inner>,
    pub(crate) context: Context,
}
