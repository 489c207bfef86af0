//! What statements run on. [`Executor`] is the one bound users see; [`Session`] is what stands behind it, untyped, so
//! that running a statement is compiled once.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use super::{BeginOptions, Context, Done, Query, ShapeCache};
use crate::ast::Select;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::Model;
use crate::row::RowSink;

/// Something statements run on: a database or a transaction. Object-safe: `&dyn Executor` works everywhere.
///
/// Code that runs on either names it as its one bound, whatever the models: `async fn rename(db: &impl Executor)`, or
/// `&(impl Executor + ?Sized)` to take `&dyn Executor` as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run statements",
    label = "expected `&Database`, `&Transaction` or `&dyn Executor`"
)]
pub trait Executor: Send + Sync {
    /// What stands behind it. Used by statements; not meant to be called elsewhere.
    #[doc(hidden)]
    fn session(&self) -> &dyn Session;

    /// The same, for a statement that may outlive its caller.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where that cannot be.
    #[doc(hidden)]
    fn shared_session(&self) -> Result<Arc<dyn Session>>;

    /// What this handle knows beside its connection: the facts given by `with`.
    fn context(&self) -> &Context {
        self.session().context()
    }
}

impl<E: Executor + ?Sized> Executor for &E {
    fn session(&self) -> &dyn Session {
        (**self).session()
    }
    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        (**self).shared_session()
    }
}

impl<E: Executor + ?Sized> Executor for Arc<E> {
    fn session(&self) -> &dyn Session {
        (**self).session()
    }
    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        (**self).shared_session()
    }
}

/// May run statements about `M`: the bound of `exec`. For a model without a policy and tenants, every [`Executor`] may.
/// Code that is generic over the model repeats it: `where E: Runs<M> + ?Sized`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to run statements about `{M}`",
    label = "may not run statements about `{M}`",
    note = "a model with a policy runs on a handle with a viewer whom the policy is for, `db.as_viewer(viewer)`, or on \
            `db.bypass(\"reason\")`",
    note = "a model with a column `#[orm(tenant)]` runs on a handle with a tenant of the column's type, `db.for_tenant(id)`, or on \
            `db.bypass(\"reason\")`",
    note = "code that is generic over the model asks for it: `async fn of<M: Model>(db: &impl Runs<M>)`"
)]
pub trait Runs<M>: Executor {}

#[diagnostic::do_not_recommend]
impl<M: Model, E: Executor + Allows<M, M::Guard> + ?Sized> Runs<M> for E {}

/// The guard of models without a policy and tenants: statements about them run on every executor.
#[derive(Debug, Clone, Copy)]
pub enum Open {}

/// The guard of models with a policy: statements about them run on handles that say who is looking, or why that does not matter.
#[derive(Debug, Clone, Copy)]
pub enum Policed {}

/// The guard of models with tenants: statements about them run on a handle for a tenant, or for all tenants with a
/// reason (`bypass`).
#[derive(Debug, Clone, Copy)]
pub enum Tenanted {}

/// The guard of models with a policy and tenants.
#[derive(Debug, Clone, Copy)]
pub enum PolicedTenanted {}

/// A guard of models that do not run on every executor.
pub trait Restricted {}

impl Restricted for Policed {}
impl Restricted for Tenanted {}
impl Restricted for PolicedTenanted {}

/// A handle that runs statements about `M`, which has this guard.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not run statements about `{M}`",
    label = "`{M}` is `{G}`, and this handle does not say for whom its statements are",
    note = "`Policed` models have a policy: use a handle with a viewer, `db.as_viewer(viewer)`",
    note = "`Tenanted` models have a `tenant` column: use a handle with a tenant, `db.for_tenant(id)`, whose type is the column's",
    note = "`PolicedTenanted` models have both: `db.for_tenant(id).as_viewer(viewer)`",
    note = "or say why none is needed: `db.bypass(\"reason\")`",
    note = "code that is generic over the model asks for it: `async fn of<M: Model>(db: &impl Runs<M>)`"
)]
pub trait Allows<M, G> {}

#[diagnostic::do_not_recommend]
impl<M, E: Executor + ?Sized> Allows<M, Open> for E {}

/// A model whose policy is for viewers of this type. Written by the derive for each type that `#[orm(policy = ..)]` names.
#[diagnostic::on_unimplemented(
    message = "the policy of `{Self}` is not for viewers of type `{V}`",
    label = "no viewer of `{Self}`",
    note = "add the type to the model, `#[orm(policy = (.., {V}))]`, and write `impl Policy<{Self}> for {V}`"
)]
pub trait SeenBy<V>: Model {}

/// A model with tenants whose ids have this type. The derive implements it for a column `#[orm(tenant)]`.
#[diagnostic::on_unimplemented(
    message = "the rows of `{Self}` do not belong to tenants of type `{T}`",
    label = "no tenant of `{Self}`",
    note = "the type of `db.for_tenant(id)` is that of the column `#[orm(tenant)]`"
)]
pub trait OfTenant<T>: Model {}

#[diagnostic::do_not_recommend]
impl<M: Model, G: Restricted, E: Allows<M, G> + ?Sized> Allows<M, G> for &E {}

#[diagnostic::do_not_recommend]
impl<M: Model, G: Restricted, E: Allows<M, G> + ?Sized> Allows<M, G> for Arc<E> {}

/// A session that is being opened.
pub type Opening<'f, S> = Pin<Box<dyn Future<Output = Result<S>> + Send + 'f>>;

/// What runs when a transaction has ended, not called yet.
pub type Callback = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// The untyped side of an executor.
#[async_trait]
pub trait Session: Send + Sync {
    /// The dialect of the server.
    fn dialect(&self) -> &Arc<dyn Dialect>;

    /// Texts of statements of fixed shape.
    fn shapes(&self) -> &ShapeCache;

    /// Runs a statement; on a database, on any connection of its pool.
    async fn fetch(&self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done>;

    /// Runs several statements without values, separated by semicolons.
    async fn batch(&self, script: Query<'_>) -> Result<()>;

    /// What the handle knows. A session that stands for another one answers as that one does, unless it says otherwise.
    fn context(&self) -> &Context;

    /// As [`pin`](Self::pin), and the session knows this.
    async fn pin_as(&self, context: Context) -> Result<Box<dyn Session + '_>>;

    /// As [`begin`](Self::begin), and the session knows this.
    async fn begin_as(&self, options: &BeginOptions, context: Context) -> Result<Box<dyn Unit + '_>>;

    /// Holds one connection for several statements, without a transaction; on a transaction, the transaction itself.
    fn pin(&self) -> Opening<'_, Box<dyn Session + '_>> {
        self.pin_as(self.context().clone())
    }

    /// Opens a transaction; on a transaction, a savepoint.
    fn begin<'f, 's: 'f>(&'s self, options: &'f BeginOptions) -> Opening<'f, Box<dyn Unit + 's>> {
        self.begin_as(options, self.context().clone())
    }

    /// The session of a query that may read from a replica, and so may see slightly older data. `None` if queries run on this
    /// session: without replicas, in transactions, and on handles that read from the primary. All statements of one query of
    /// the user share one such session.
    fn reading(&self) -> Option<Arc<dyn Session>> {
        None
    }

    /// Whether this is a transaction already.
    fn in_transaction(&self) -> bool;

    /// Runs a callback after the outermost transaction was committed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) where there is no transaction.
    fn after_commit(&self, callback: Callback) -> Result<()>;

    /// Takes over a statement whose caller went away half-way, and whose sink wants no more rows. To drop it cuts it off,
    /// which is fine where the connection can be replaced; where others depend on it, it is brought to its end.
    fn take_over(self: Arc<Self>, rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(rest);
    }
}

/// The session for the statements of one query; see [`Session::reading`].
pub(crate) struct Reading<'s> {
    given: &'s dyn Session,
    replica: Option<Arc<dyn Session>>,
}

impl<'s> Reading<'s> {
    /// For a query that is sent to a given session.
    pub(crate) fn of(given: &'s dyn Session) -> Self {
        Self { given, replica: given.reading() }
    }

    /// For a SELECT. One that locks rows runs on the primary.
    pub(crate) fn of_select(given: &'s dyn Session, select: &Select) -> Self {
        if select.lock.is_some() { Self { given, replica: None } } else { Self::of(given) }
    }

    pub(crate) fn session(&self) -> &dyn Session {
        self.replica.as_deref().unwrap_or(self.given)
    }
}

/// Several statements that take effect together. Dropped without [`commit`](Self::commit), they have none.
#[async_trait]
pub trait Unit: Session {
    /// Makes the changes permanent.
    async fn commit(self: Box<Self>) -> Result<()>;
}
