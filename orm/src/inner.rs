//! [`Inner`]: what all clones of a database share, and its transactions with them; [`Handle`]: that, and what one clone knows.

use std::sync::Arc;

use orm_core::dialect::Dialect;
use orm_core::driver::{Context, ShapeCache};

use crate::observe::Observer;
use crate::pool::Pool;

/// What all clones of a database share.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) shapes: ShapeCache,
    pub(crate) observer: Observer,
    pub(crate) statement_retries: u32,
}

/// What statements on a database run on.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) inner: Arc<Inner>,
    pub(crate) context: Context,
}
