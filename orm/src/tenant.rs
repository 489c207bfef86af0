//! [`ForTenant`]: a handle for the rows of one tenant.

use std::any::Any;
use std::fmt;

use orm_core::driver::{Allows, Context, Executor, OfTenant, Session, Tenanted, Tx};
use orm_core::{Result, Scalar};

use crate::wraps::{Holds, Knows, Wraps, transactions};
use crate::{Database, Transaction};

/// A database or a transaction for one tenant; [`Database::for_tenant`] returns it. Statements about models with a column
/// `#[orm(tenant)]` see and change only this tenant's rows. Statements about other models work as on any handle. Raw SQL is refused.
/// Clones are cheap and have the same tenant.
///
/// ```
/// # use orm::prelude::*;
/// #[derive(Debug, Clone, Model)]
/// struct Project {
///     #[orm(primary_key)]
///     id: i64,
///     #[orm(tenant)]
///     company_id: i64,
///     #[orm(unique)]
///     name: String,
/// }
///
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// # let db = orm::connect("sqlite::memory:").await?;
/// # db.create_tables::<Project>().await?;
/// let (ours, theirs) = (db.for_tenant(1_i64), db.for_tenant(2_i64));
/// let apollo = Project::create().name("Apollo").exec(&ours).await?;
/// assert_eq!(apollo.company_id, 1);
/// Project::create().name("Apollo").exec(&theirs).await?;
/// assert_eq!(Project::count().exec(&ours).await?, 1);
/// assert!(Project::find_by_pk(apollo.id).exec(&theirs).await?.is_none());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub struct ForTenant<T, H = Database> {
    handle: H,
    tenant: T,
}

impl<T: Clone, H: Clone> Clone for ForTenant<T, H> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), tenant: self.tenant.clone() }
    }
}

/// Leaves out the tenant's id, since it may be secret.
impl<T, H: fmt::Debug> fmt::Debug for ForTenant<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForTenant").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl<T: Send + Sync, H: Executor> Executor for ForTenant<T, H> {
    fn session(&self) -> &dyn Session {
        self.handle.session()
    }

    fn shared_session(&self) -> Result<std::sync::Arc<dyn Session>> {
        self.handle.shared_session()
    }
}

#[diagnostic::do_not_recommend]
impl<T, H, M: OfTenant<T>> Allows<M, Tenanted> for ForTenant<T, H> {}

impl<T: Scalar, H: Executor> ForTenant<T, H> {
    /// The tenant.
    pub fn tenant(&self) -> &T {
        &self.tenant
    }

    /// The value of this type that was given to [`Database::with`] before the tenant was set.
    pub fn get<F: Any>(&self) -> Option<&F> {
        self.handle.session().context().get()
    }
}

impl<T: Scalar, H> ForTenant<T, H> {
    /// A handle for a tenant.
    pub(crate) fn of<'h, D: Knows<Knowing<'h> = H>>(handle: &'h D, tenant: T) -> Self {
        let context = handle.session().context().for_tenant(tenant.clone());
        Self { handle: handle.knowing(context), tenant }
    }

    /// The same handle with another context.
    pub(crate) fn knowing(&self, more: impl FnOnce(&Context) -> Context) -> ForTenant<T, H::Knowing<'_>>
    where
        H: Knows,
    {
        let context = more(self.handle.session().context());
        ForTenant { handle: self.handle.knowing(context), tenant: self.tenant.clone() }
    }
}

impl<T: Scalar, H: Wraps> Wraps for ForTenant<T, H> {
    type Base = H::Base;
    type Over<X> = ForTenant<T, H::Over<X>>;

    fn base(&self) -> &H::Base {
        self.handle.base()
    }
    fn over<X>(&self, handle: X) -> ForTenant<T, H::Over<X>> {
        ForTenant { handle: self.handle.over(handle), tenant: self.tenant.clone() }
    }
}

impl<T, H: Holds> Holds for ForTenant<T, H> {
    fn into_transaction(self) -> Transaction {
        self.handle.into_transaction()
    }
}

transactions!([T: Scalar,] ForTenant<T, H>, "for the same tenant");

impl Database {
    /// Returns a handle for one tenant, for statements about models with a column `#[orm(tenant)]`. They find, change and remove only this
    /// tenant's rows, and new rows get the tenant. The id must have the column's type.
    #[must_use]
    pub fn for_tenant<T: Scalar>(&self, tenant: T) -> ForTenant<T> {
        ForTenant::of(self, tenant)
    }
}

impl Transaction {
    /// The same transaction for a tenant; see [`Database::for_tenant`].
    #[must_use]
    pub fn for_tenant<T: Scalar>(&self, tenant: T) -> ForTenant<T, Tx<'_>> {
        ForTenant::of(self, tenant)
    }
}
