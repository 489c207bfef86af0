//! [`Pinned`]: a connection that a statement of several steps keeps for itself, with or without a transaction on it. While
//! it lives, other users of the same transaction wait; dropped half-way, its changes are undone.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use async_trait::async_trait;
use orm_core::dialect::Dialect;
use orm_core::driver::{BeginOptions, Callback, Context, Done, Query, Session, ShapeCache, Unit, View, fetch_sealed};
use orm_core::row::RowSink;
use orm_core::{Error, ErrorKind, Result};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::callbacks::{Callbacks, End};
use super::state::TransactionState;
use crate::again::{Again, of_write};
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

/// Who is told that the transaction was committed.
#[derive(Debug)]
pub(crate) enum Told<'a> {
    /// Nobody: there is no transaction.
    Nobody,
    /// Those who registered here: this is the outermost level.
    Own(Callbacks),
    /// Those of the outermost level.
    Of(&'a Callbacks),
}

/// A connection kept for several statements.
#[derive(Debug)]
pub(crate) struct Pinned<'a> {
    inner: &'a Inner,
    context: Context,
    told: Told<'a>,
    /// The level to end; 0 when nothing was begun here.
    level: u32,
    ended: bool,
    source: Mutex<Source<'a>>,
}

impl<'a> Pinned<'a> {
    /// Keeps a connection as it is.
    pub(crate) fn pin(inner: &'a Inner, context: Context, source: Source<'a>) -> Self {
        Self { inner, context, told: Told::Nobody, level: 0, ended: true, source: Mutex::new(source) }
    }

    /// Keeps a connection and opens a transaction or a savepoint on it.
    pub(crate) async fn begin(
        inner: &'a Inner,
        context: Context,
        told: Told<'a>,
        mut source: Source<'a>,
        options: &BeginOptions,
    ) -> Result<Self> {
        let level = source.begin(&inner.observer, options).await?;
        Ok(Self { inner, context, told, level, ended: false, source: Mutex::new(source) })
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
        if query.sealed {
            return fetch_sealed(self, query, sink).await;
        }
        let mut source = self.source.lock().await;
        let mut again = Again::default();
        loop {
            let result = source.fetch(&self.inner.observer, query, &mut *sink).await;
            let Err(error) = &result else { return result };
            // Inside of a transaction, the statements before it are undone as well.
            if self.level > 0 {
                return result;
            }
            if !again.should(self.inner, query, error, sink.restartable()).await {
                return result.map_err(|error| of_write(self.inner, query.sql, error));
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
        let told = match &self.told {
            Told::Nobody => Told::Own(Callbacks::default()),
            Told::Own(callbacks) => Told::Of(callbacks),
            Told::Of(callbacks) => Told::Of(callbacks),
        };
        Ok(Box::new(Pinned::begin(self.inner, context, told, Source::Borrowed(outer), options).await?))
    }

    fn in_transaction(&self) -> bool {
        self.level > 0
    }

    fn after_commit(&self, callback: Callback) -> Result<()> {
        let callbacks = match &self.told {
            Told::Own(callbacks) => callbacks,
            Told::Of(callbacks) => callbacks,
            Told::Nobody => {
                let message = "there is no transaction whose commit could be waited for";
                return Err(Error::new(ErrorKind::InvalidStatement, message));
            }
        };
        callbacks.add(End::Committed, self.level, callback);
        Ok(())
    }
}

#[async_trait]
impl Unit for Pinned<'_> {
    async fn commit(mut self: Box<Self>) -> Result<()> {
        let level = self.level;
        self.source.get_mut().commit(&self.inner.observer, level).await?;
        self.ended = true;
        match std::mem::replace(&mut self.told, Told::Nobody) {
            Told::Nobody => {}
            Told::Of(callbacks) => callbacks.keep(level),
            Told::Own(callbacks) => {
                // What they do may need a connection, and this one is free.
                drop(self);
                callbacks.run(End::Committed).await;
            }
        }
        Ok(())
    }
}

impl Drop for Pinned<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.source.get_mut().leave(self.level);
            if let Told::Of(callbacks) = &self.told {
                callbacks.discard(self.level);
            }
        }
    }
}
