//! [`Tx`]: a transaction under a context of its own, and [`View`], the session behind it.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Allows, BeginOptions, Callback, Context, Done, Executor, Query, Restricted, Session, ShapeCache, Unit, fetch_sealed,
};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::row::RowSink;

/// A session under another context.
pub struct View<'a> {
    session: Behind<'a>,
    context: Context,
}

/// The session that a view is of.
enum Behind<'a> {
    Borrowed(&'a dyn Session),
    /// One that a stream may keep.
    Shared(Arc<dyn Session>),
}

impl<'a> View<'a> {
    /// A session under a context.
    pub fn new(session: &'a dyn Session, context: Context) -> Self {
        Self { session: Behind::Borrowed(session), context }
    }

    fn session(&self) -> &dyn Session {
        match &self.session {
            Behind::Borrowed(session) => *session,
            Behind::Shared(session) => &**session,
        }
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("View").field(&self.context).finish()
    }
}

#[async_trait]
impl Session for View<'_> {
    fn dialect(&self) -> &Arc<dyn Dialect> {
        self.session().dialect()
    }

    fn shapes(&self) -> &ShapeCache {
        self.session().shapes()
    }

    fn context(&self) -> &Context {
        &self.context
    }

    async fn fetch(&self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        if query.sealed {
            return fetch_sealed(self, query, sink).await;
        }
        self.session().fetch(query, sink).await
    }

    async fn batch(&self, script: Query<'_>) -> Result<()> {
        self.session().batch(script).await
    }

    async fn pin_as(&self, context: Context) -> Result<Box<dyn Session + '_>> {
        self.session().pin_as(context).await
    }

    async fn begin_as(&self, options: &BeginOptions, context: Context) -> Result<Box<dyn Unit + '_>> {
        self.session().begin_as(options, context).await
    }

    fn reading(&self) -> Option<Arc<dyn Session>> {
        let session = Behind::Shared(self.session().reading()?);
        Some(Arc::new(View { session, context: self.context.clone() }))
    }

    fn in_transaction(&self) -> bool {
        self.session().in_transaction()
    }

    fn after_commit(&self, callback: Callback) -> Result<()> {
        self.session().after_commit(callback)
    }

    fn take_over(self: Arc<Self>, rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
        match &self.session {
            Behind::Borrowed(_) => drop(rest),
            Behind::Shared(session) => Arc::clone(session).take_over(rest),
        }
    }
}

/// A transaction, with what the caller says beside it. `tx.with(..)` of a transaction gives one for some of its statements:
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// db.transaction(async |tx| {
///     let tx = tx.with("nightly import");
///     assert_eq!(tx.get::<&str>(), Some(&"nightly import"));
///     User::create().email("dee@example.com").exec(&tx).await
/// })
/// .await?;
/// # Ok(()) });
/// ```
pub struct Tx<'a>(View<'a>);

impl<'a> Tx<'a> {
    /// A transaction under a context.
    #[doc(hidden)]
    pub fn shared(session: Arc<dyn Session>, context: Context) -> Self {
        Self(View { session: Behind::Shared(session), context })
    }

    /// The transaction of a statement, for its hooks.
    pub(crate) fn of(session: &'a dyn Session) -> Self {
        Self(View::new(session, session.context().clone()))
    }

    /// The fact of a type that this handle, or the one it comes of, was given by `with`.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.context.get()
    }

    /// The same transaction, which knows one more fact. It takes the place of one of the same type.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(&self, fact: T) -> Tx<'_> {
        self.under(self.0.context.with(fact))
    }

    /// The same transaction, for writes that need not keep the rules of their models; as `Database::without_validation`.
    #[must_use]
    pub fn without_validation(&self) -> Tx<'_> {
        self.under(self.0.context.without_validation())
    }

    /// The same transaction, for writes that run no hooks; as `Database::without_hooks`.
    #[must_use]
    pub fn without_hooks(&self) -> Tx<'_> {
        self.under(self.0.context.without_hooks())
    }

    /// Runs a callback after the outermost transaction was committed; as `Transaction::after_commit`.
    ///
    /// # Errors
    /// None where there is a transaction, as there is in a hook.
    pub fn after_commit<F, Fut>(&self, callback: F) -> Result<()>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.0.after_commit(Box::new(|| Box::pin(callback())))
    }

    fn under(&self, context: Context) -> Tx<'_> {
        let session = match &self.0.session {
            Behind::Borrowed(session) => Behind::Borrowed(*session),
            Behind::Shared(session) => Behind::Shared(Arc::clone(session)),
        };
        Tx(View { session, context })
    }
}

// The policies and tenants of models that a hook writes about are known when it runs.
#[diagnostic::do_not_recommend]
impl<M: Model, G: Restricted> Allows<M, G> for Tx<'_> {}

impl Executor for Tx<'_> {
    fn session(&self) -> &dyn Session {
        &self.0
    }

    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        match &self.0.session {
            Behind::Borrowed(_) => Err(Error::new(
                ErrorKind::Unsupported,
                "this handle lives for one call, so it cannot stream; read the rows by `.exec(tx)`",
            )),
            Behind::Shared(session) => {
                let session = Behind::Shared(Arc::clone(session));
                Ok(Arc::new(View { session, context: self.0.context.clone() }))
            }
        }
    }
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tx").field(&self.0.context).finish()
    }
}
