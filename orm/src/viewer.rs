//! [`As`]: a handle that says who is looking; [`Bypass`]: one that says why that does not matter.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use orm_core::driver::{Allows, Executor, Policed, PolicedTenanted, SeenBy, Session, Tenanted, Tx};
use orm_core::model::Model;
use orm_core::query::{self, Action, Policy};
use orm_core::{Result, Scalar};

use crate::wraps::{Holds, Knows, Wraps, transactions};
use crate::{Database, ForTenant, Transaction};

/// A database, or a transaction, for a viewer: what [`Database::as_viewer`] gives. Statements about models with a
/// [policy](Policy) run on it and see and change what the policy lets this viewer; statements about other models run as on any
/// handle. There is no raw SQL on it. Clones are cheap and have the same viewer.
pub struct As<V, H = Database> {
    handle: H,
    viewer: Arc<V>,
}

impl<V, H: Clone> Clone for As<V, H> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), viewer: Arc::clone(&self.viewer) }
    }
}

/// Who is looking may be secret, so it is left out.
impl<V, H: fmt::Debug> fmt::Debug for As<V, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("As").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl<V: Send + Sync, H: Executor> Executor for As<V, H> {
    fn session(&self) -> &dyn Session {
        self.handle.session()
    }

    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        self.handle.shared_session()
    }
}

#[diagnostic::do_not_recommend]
impl<V, H: Send + Sync, M: SeenBy<V>> Allows<M, Policed> for As<V, H> {}

#[diagnostic::do_not_recommend]
impl<V, H: Allows<M, Tenanted>, M: Model> Allows<M, Tenanted> for As<V, H> {}

#[diagnostic::do_not_recommend]
impl<V, H: Allows<M, Tenanted>, M: SeenBy<V>> Allows<M, PolicedTenanted> for As<V, H> {}

impl<V: Send + Sync, H: Executor> As<V, H> {
    /// Who is looking.
    pub fn viewer(&self) -> &V {
        &self.viewer
    }

    /// The fact of a type that was given by [`Database::with`] before the viewer was.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.handle.session().context().get()
    }

    /// Whether the viewer may do something to a row, as the database has it now: for a page that shows a button or does not. A
    /// statement asks by itself, so this is never needed before one.
    ///
    /// # Errors
    /// Those of the query.
    pub async fn can<M: SeenBy<V>>(&self, action: Action, row: &M) -> Result<bool>
    where
        V: Policy<M>,
    {
        query::can(self.handle.session(), action, row).await
    }

    /// The rules that this viewer's statements about a model are subject to, by name, each as SQL with placeholders for its values:
    /// for finding out why a row is not there.
    ///
    /// # Errors
    /// Those of a rule that the database cannot express.
    pub fn explain_policy<M: SeenBy<V>>(&self) -> Result<Vec<(String, String)>>
    where
        V: Policy<M>,
    {
        query::explain::<M>(self.handle.session())
    }
}

impl<V: Send + Sync, H: Wraps> Wraps for As<V, H> {
    type Base = H::Base;
    type Over<X> = As<V, H::Over<X>>;

    fn base(&self) -> &H::Base {
        self.handle.base()
    }
    fn over<X>(&self, handle: X) -> As<V, H::Over<X>> {
        As { handle: self.handle.over(handle), viewer: Arc::clone(&self.viewer) }
    }
}

impl<V, H: Holds> Holds for As<V, H> {
    fn into_transaction(self) -> Transaction {
        self.handle.into_transaction()
    }
}

transactions!([V: Send + Sync,] As<V, H>, "of the same viewer");

impl<V, H: Knows> As<V, H> {
    /// The same viewer's handle for a tenant; see [`Database::for_tenant`].
    #[must_use]
    pub fn for_tenant<T: Scalar>(&self, tenant: T) -> As<V, ForTenant<T, H::Knowing<'_>>> {
        As { handle: ForTenant::of(&self.handle, tenant), viewer: Arc::clone(&self.viewer) }
    }
}

impl<T: Scalar, H: Knows> ForTenant<T, H> {
    /// The same tenant's handle for a viewer; see [`Database::as_viewer`].
    #[must_use]
    pub fn as_viewer<V: Send + Sync + 'static>(&self, viewer: V) -> As<V, ForTenant<T, H::Knowing<'_>>> {
        let viewer = Arc::new(viewer);
        As { handle: self.knowing(|context| context.as_viewer(Arc::clone(&viewer) as _)), viewer }
    }

    /// The same tenant's handle without policies, for a reason; see [`Database::bypass`]. Statements still see only this
    /// tenant's rows.
    #[must_use]
    #[track_caller]
    pub fn bypass(&self, reason: &'static str) -> Bypass<ForTenant<T, H::Knowing<'_>>> {
        tell(reason, Location::caller());
        Bypass { handle: self.knowing(|context| context.bypassing(reason)) }
    }
}

/// A database or a transaction without policies, for the rows of all tenants; [`Database::bypass`] returns it. Use it for work
/// of the program itself: imports, exports, nightly jobs.
#[derive(Debug, Clone)]
pub struct Bypass<H = Database> {
    handle: H,
}

impl<H: Executor> Executor for Bypass<H> {
    fn session(&self) -> &dyn Session {
        self.handle.session()
    }

    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        self.handle.shared_session()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, H: Send + Sync> Allows<M, Policed> for Bypass<H> {}

#[diagnostic::do_not_recommend]
impl<M: Model, H: Send + Sync> Allows<M, Tenanted> for Bypass<H> {}

#[diagnostic::do_not_recommend]
impl<M: Model, H: Send + Sync> Allows<M, PolicedTenanted> for Bypass<H> {}

impl<H: Wraps> Wraps for Bypass<H> {
    type Base = H::Base;
    type Over<X> = Bypass<H::Over<X>>;

    fn base(&self) -> &H::Base {
        self.handle.base()
    }
    fn over<X>(&self, handle: X) -> Bypass<H::Over<X>> {
        Bypass { handle: self.handle.over(handle) }
    }
}

impl<H: Holds> Holds for Bypass<H> {
    fn into_transaction(self) -> Transaction {
        self.handle.into_transaction()
    }
}

transactions!([] Bypass<H>, "on which policies do not apply either");

impl Database {
    /// The same database for a viewer: models with a [policy](Policy) are run on the handle that this gives, and show and let change
    /// what the policy lets this viewer.
    #[must_use]
    pub fn as_viewer<V: Send + Sync + 'static>(&self, viewer: V) -> As<V> {
        let viewer = Arc::new(viewer);
        let context = Executor::context(self).as_viewer(Arc::clone(&viewer) as _);
        As { handle: self.under(context), viewer }
    }

    /// The same database without policies, for the rows of all tenants. Each call is logged to `tracing`, as a warning `orm.policy.bypass`
    /// with its reason and place.
    #[must_use]
    #[track_caller]
    pub fn bypass(&self, reason: &'static str) -> Bypass {
        tell(reason, Location::caller());
        Bypass { handle: self.under(Executor::context(self).bypassing(reason)) }
    }
}

impl Transaction {
    /// The transaction, for statements of a viewer; as [`Database::as_viewer`].
    #[must_use]
    pub fn as_viewer<V: Send + Sync + 'static>(&self, viewer: V) -> As<V, Tx<'_>> {
        let viewer = Arc::new(viewer);
        let context = Executor::context(self).as_viewer(Arc::clone(&viewer) as _);
        As { handle: self.under(context), viewer }
    }

    /// The transaction, for statements that policies do not apply to; as [`Database::bypass`].
    #[must_use]
    #[track_caller]
    pub fn bypass(&self, reason: &'static str) -> Bypass<Tx<'_>> {
        tell(reason, Location::caller());
        Bypass { handle: self.under(Executor::context(self).bypassing(reason)) }
    }
}

fn tell(reason: &str, at: &Location<'_>) {
    tracing::warn!(
        name: "orm.policy.bypass",
        target: "orm::policy",
        reason,
        code.file.path = at.file(),
        code.line.number = at.line(),
        "policies and tenants are bypassed"
    );
}
