//! What statements run on. [`Executor`] is the one bound users see; [`Session`] is what stands behind it, untyped, so
//! that running a statement is compiled once.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use super::{BeginOptions, Done, Query, ShapeCache};
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
    #[doc(hidden)]
    fn shared_session(&self) -> Arc<dyn Session>;
}

impl<E: Executor + ?Sized> Executor for &E {
    fn session(&self) -> &dyn Session {
        (**self).session()
    }
    fn shared_session(&self) -> Arc<dyn Session> {
        (**self).shared_session()
    }
}

impl<E: Executor + ?Sized> Executor for Arc<E> {
    fn session(&self) -> &dyn Session {
        (**self).session()
    }
    fn shared_session(&self) -> Arc<dyn Session> {
        (**self).shared_session()
    }
}

/// May run statements about `M`: the bound that `exec` names. Every [`Executor`] may, for every model without a policy.
/// Code that is generic over the model repeats it: `where E: Runs<M> + ?Sized`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to run statements about `{M}`",
    label = "may not run statements about `{M}`",
    note = "statements run on a `&Database`, a `&Transaction` or a `&dyn Executor`",
    note = "code that is generic over the model asks for it: `async fn of<M: Model>(db: &impl Runs<M>)`"
)]
pub trait Runs<M>: Executor {}

#[diagnostic::do_not_recommend]
impl<M: Model + Unpoliced, E: Executor + ?Sized> Runs<M> for E {}

/// A model without a policy: it runs on every executor. Written by the derive.
#[diagnostic::on_unimplemented(
    message = "statements about `{Self}` are not known to run on this handle",
    label = "not known to run on every handle",
    note = "code that is generic over the model asks for it: `async fn of<M: Model>(db: &impl Runs<M>)`"
)]
pub trait Unpoliced {}

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

    /// Holds one connection for several statements, without a transaction; on a transaction, the transaction itself.
    async fn pin(&self) -> Result<Box<dyn Session + '_>>;

    /// Opens a transaction; on a transaction, a savepoint.
    async fn begin(&self, options: &BeginOptions) -> Result<Box<dyn Unit + '_>>;

    /// Whether this is a transaction already.
    fn in_transaction(&self) -> bool;

    /// Takes over a statement whose caller went away half-way, and whose sink wants no more rows. To drop it cuts it off,
    /// which is fine where the connection can be replaced; where others depend on it, it is brought to its end.
    fn take_over(self: Arc<Self>, rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(rest);
    }
}

/// Several statements that take effect together. Dropped without [`commit`](Self::commit), they have none.
#[async_trait]
pub trait Unit: Session {
    /// Makes the changes permanent.
    async fn commit(self: Box<Self>) -> Result<()>;
}
