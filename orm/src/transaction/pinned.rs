//! [`Pinned`]: a connection that a statement of several steps keeps for itself, with or without a transaction on it. While
//! it lives, other users of the same transaction wait; dropped half-way, its changes are undone.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use async_trait::async_trait;
use orm_core::Result;
use orm_core::dialect::Dialect;
use orm_core::driver::{BeginOptions, Context, Done, Query, Session, ShapeCache, Unit, View};
use orm_core::row::RowSink;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::state::TransactionState;
use crate::again::Again;
use crate::inner::Inner;

/// Where the connection comes from, and goes back to.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    /// From the pool.
    Pool(TransactionState),
    /// From the user's transaction, or from another [`Pinned`].
    Borrowed(MappedMutexGuard<'a, TransactionState>),
}

impl Deref for Source<'_> {
    type Target = TransactionState;
    fn deref(&self) -> &TransactionState {
        match self {
            Self::Pool(work) => work,
            Self::Borrowed(work) => work,
        }
    }
}

impl DerefMut for Source<'_> {
    fn deref_mut(&mut self) -> &mut TransactionState {
        match self {
            Self::Pool(work) => work,
            Self::Borrowed(work) => work,
        }
    }
}

/// A connection kept for several statements.
#[derive(Debug)]
pub(crate) struct Pinned<'a> {
    inner: &'a Inner,
    context: Context,
    /// The level to end; 0 when nothing was begun here.
    level: u32,
    ended: bool,
    source: Mutex<Source<'a>>,
}

impl<'a> Pinned<'a> {
    /// Keeps a connection as it is.
    pub(crate) fn pin(inner: &'a Inner, context: Context, source: Source<'a>) -> Self {
        Self { inner, context, level: 0, ended: true, source: Mutex::new(source) }
    }

    /// Keeps a connection and opens a transaction or a savepoint on it.
    pub(crate) async fn begin(
        inner: &'a Inner,
        context: Context,
        mut source: Source<'a>,
        options: &BeginOptions,
    ) -> Result<Self> {
        let level = source.begin(&inner.observer, options).await?;
        Ok(Self { inner, context, level, ended: false, source: Mutex::new(source) })
    }
}

#[async_trait]
impl Session for Pinned<'_> {
    fn dialect(&self) -> &Arc<dyn Dialect> {
        &self.inner.dialect
    }

    fn shapes(&self) -> &ShapeCache {
        &self.inner.shapes
    }

    async fn fetch(&self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        let mut source = self.source.lock().await;
        let mut again = Again::default();
        loop {
            let result = source.fetch(&self.inner.observer, query, &mut *sink).await;
            let Err(error) = &result else { return result };
            // Inside of a transaction, the statements before it are undone as well.
            if self.level > 0 || !again.should(self.inner, query, error, sink.restartable()).await {
                return result;
            }
            sink.restart();
        }
    }

    async fn batch(&self, script: Query<'_>) -> Result<()> {
        self.source.lock().await.batch(&self.inner.observer, script).await
    }

    fn context(&self) -> &Context {
        &self.context
    }

    async fn pin_as(&self, context: Context) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(View::new(self, context)))
    }

    async fn begin_as(&self, options: &BeginOptions, context: Context) -> Result<Box<dyn Unit + '_>> {
        let outer = MutexGuard::map(self.source.lock().await, |source| &mut **source);
        Ok(Box::new(Pinned::begin(self.inner, context, Source::Borrowed(outer), options).await?))
    }

    fn in_transaction(&self) -> bool {
        self.level > 0
    }
}

#[async_trait]
impl Unit for Pinned<'_> {
    async fn commit(mut self: Box<Self>) -> Result<()> {
        let level = self.level;
        self.source.get_mut().commit(&self.inner.observer, level).await?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Pinned<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.source.get_mut().leave(self.level);
        }
    }
}
