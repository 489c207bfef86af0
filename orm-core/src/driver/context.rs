//! [`Context`]: what a handle knows beside its connection: facts of the caller's own types, which every session that comes
//! of the handle knows as well.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::ast::{BinaryOp, Expr};
use crate::dialect::Policies;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Access, ModelDef, Ruling};
use crate::row::Seal;
use crate::value::{Scalar, SqlType, Value};

/// What a handle knows: facts of the caller's own types. It is asked for by
/// [`Executor::context`](super::Executor::context), also where the handle is any executor:
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// #[derive(Debug)]
/// struct Request {
///     user_id: i64,
/// }
/// async fn who(db: &impl Executor) -> Option<i64> {
///     db.context().get::<Request>().map(|request| request.user_id)
/// }
/// # run(async |db| {
/// let db = db.with(Request { user_id: 7 });
/// assert_eq!(who(&db).await, Some(7));
/// let inside = db.transaction(async |tx| Ok(who(tx).await)).await?;
/// assert_eq!(inside, Some(7));
/// # Ok(()) });
/// ```
///
/// Clones share what they know. [`Debug`](fmt::Debug) tells how much that is, and not what: it may be secret.
#[derive(Clone, Default)]
pub struct Context(Option<Arc<Known>>);

/// What a context knows, when it is not nothing.
#[derive(Clone, Default)]
struct Known {
    /// Whether rules of models are left out.
    unvalidated: bool,
    /// Whether hooks of models are left out.
    unhooked: bool,
    /// Who is looking, for the policies of models.
    viewer: Option<Arc<dyn Any + Send + Sync>>,
    /// The tenant, for statements about models with tenants.
    tenant: Option<(SqlType, Value)>,
    /// Why policies do not apply.
    bypass: Option<&'static str>,
    /// Encrypts and decrypts the values of encrypted columns.
    seal: Option<Arc<dyn Seal>>,
    /// One of each type.
    facts: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Context {
    /// Knows nothing.
    pub const EMPTY: Self = Self(None);

    /// The fact of a type, if it is known.
    ///
    /// ```
    /// use orm::driver::Context;
    ///
    /// let context = Context::EMPTY.with(7_i64).with("en");
    /// assert_eq!(context.get::<i64>(), Some(&7));
    /// assert_eq!(context.get::<String>(), None);
    /// ```
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.facts.iter().find_map(|fact| (**fact).downcast_ref())
    }

    /// The same with one more fact, which takes the place of one of the same type.
    ///
    /// ```
    /// use orm::driver::Context;
    ///
    /// let context = Context::EMPTY.with(7_i64);
    /// assert_eq!((context.with(8_i64).get(), context.get()), (Some(&8_i64), Some(&7_i64)));
    /// ```
    #[must_use]
    pub fn with<T: Any + Send + Sync>(&self, fact: T) -> Self {
        self.changed(|known| {
            known.facts.retain(|other| !(**other).is::<T>());
            known.facts.push(Arc::new(fact));
        })
    }

    /// The same, and rules of models are left out: see `Database::without_validation`.
    #[must_use]
    pub fn without_validation(&self) -> Self {
        self.changed(|known| known.unvalidated = true)
    }

    /// Whether what is written must keep the rules of its model.
    pub fn validates(&self) -> bool {
        self.0.as_ref().is_none_or(|known| !known.unvalidated)
    }

    /// The same, and hooks of models do not run: see `Database::without_hooks`.
    #[must_use]
    pub fn without_hooks(&self) -> Self {
        self.changed(|known| known.unhooked = true)
    }

    /// Whether hooks of models run.
    pub fn runs_hooks(&self) -> bool {
        self.0.as_ref().is_none_or(|known| !known.unhooked)
    }

    /// The same for a viewer: policies of models are asked what they may do.
    #[must_use]
    pub fn as_viewer(&self, viewer: Arc<dyn Any + Send + Sync>) -> Self {
        self.changed(|known| (known.viewer, known.bypass) = (Some(viewer), None))
    }

    /// The viewer, where the handle has one of this type.
    pub fn viewer<V: Any>(&self) -> Option<&V> {
        self.0.as_ref()?.viewer.as_ref()?.downcast_ref()
    }

    /// The same, and policies do not apply: see `Database::bypass`.
    #[must_use]
    pub fn bypassing(&self, reason: &'static str) -> Self {
        self.changed(|known| known.bypass = Some(reason))
    }

    /// The same with keys for encrypted columns.
    #[must_use]
    pub fn with_seal(&self, seal: Arc<dyn Seal>) -> Self {
        self.changed(|known| known.seal = Some(seal))
    }

    /// Encrypts and decrypts the values of encrypted columns; `None` if the handle has no keys.
    pub fn seal(&self) -> Option<&Arc<dyn Seal>> {
        self.0.as_ref()?.seal.as_ref()
    }

    /// The same for a tenant: statements about models with tenants see only its rows.
    #[must_use]
    pub fn for_tenant<T: Scalar>(&self, tenant: T) -> Self {
        self.changed(|known| known.tenant = Some((T::TYPE, tenant.into_value())))
    }

    /// Whether conditions of a policy or a tenant are added for a model.
    pub(crate) fn polices(&self, model: &'static ModelDef) -> bool {
        model.policy.is_some() && !self.bypasses() || model.tenant.is_some() && (!self.bypasses() || self.has_tenant())
    }

    /// The tenant that rows of a model must belong to; `None` if the model has no tenants, or the handle is for all of them.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] if the handle has no tenant, or a tenant of another type than the model's.
    pub(crate) fn tenant(&self, model: &'static ModelDef) -> Result<Option<&Value>> {
        let Some(column) = model.tenant_column() else { return Ok(None) };
        let refused = |message| {
            Err(Error::new(ErrorKind::Permission, message).with_model(model.name).with_columns([column.name]))
        };
        match self.0.as_ref().and_then(|known| known.tenant.as_ref()) {
            Some((ty, tenant)) if *ty == column.ty => Ok(Some(tenant)),
            Some(_) => refused("the tenant of the handle is of another type than the model's `tenant` column"),
            None if self.bypasses() => Ok(None),
            None => refused(
                "the rows of the model belong to tenants, and the handle does not say to which; use `db.for_tenant(id)`, or \
                 `db.bypass(\"reason\")`",
            ),
        }
    }

    fn bypasses(&self) -> bool {
        self.0.as_ref().is_some_and(|known| known.bypass.is_some())
    }

    fn has_tenant(&self) -> bool {
        self.0.as_ref().is_some_and(|known| known.tenant.is_some())
    }

    fn changed(&self, change: impl FnOnce(&mut Known)) -> Self {
        let mut known = self.0.as_deref().cloned().unwrap_or_default();
        change(&mut known);
        Self(Some(Arc::new(known)))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.0.as_ref().map_or(0, |known| known.facts.len());
        f.debug_struct("Context")
            .field("facts", &facts)
            .field("validates", &self.validates())
            .field("runs_hooks", &self.runs_hooks())
            .field("viewer", &self.0.as_ref().is_some_and(|known| known.viewer.is_some()))
            .field("tenant", &self.has_tenant())
            .field("bypass", &self.0.as_ref().and_then(|known| known.bypass))
            .finish()
    }
}

impl Policies for Context {
    fn is_restricted(&self) -> bool {
        let viewer = self.0.as_ref().is_some_and(|known| known.viewer.is_some() && known.bypass.is_none());
        viewer || self.has_tenant()
    }

    fn owned(&self, model: &'static ModelDef) -> Result<Option<Expr>> {
        let (Some(column), Some(tenant)) = (model.tenant_column(), self.tenant(model)?) else { return Ok(None) };
        Ok(Some(Expr::binary(BinaryOp::Eq, column.into(), Expr::Value(tenant.clone()))))
    }

    fn rule(&self, model: &'static ModelDef, access: Access) -> Result<Ruling> {
        let Some(policy) = model.policy.filter(|_| !self.bypasses()) else { return Ok(Ruling::Allow) };
        // Who may not see a column does not find rows by its blind index.
        let access = match access {
            Access::ReadField(column) => Access::ReadField(model.indexed(column)),
            Access::UpdateField(column) => Access::UpdateField(model.indexed(column)),
            access => access,
        };
        let refused = |message| Err(Error::new(ErrorKind::Permission, message).with_model(model.name));
        let Some(viewer) = self.0.as_ref().and_then(|known| known.viewer.as_ref()) else {
            return refused(
                "the model has a policy, and the handle does not say who is looking; use `db.as_viewer(viewer)`, or \
                 `db.bypass(\"reason\")`",
            );
        };
        match policy(&**viewer, access) {
            Some(ruling) => Ok(ruling),
            None => refused(
                "the policy of the model is not for viewers of this type; add the type, `#[orm(policy = (.., Type))]`, and \
                 `impl Policy<..> for Type`",
            ),
        }
    }
}
