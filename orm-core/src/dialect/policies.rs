//! [`Policies`]: whom a statement is run for, as far as rendering is concerned.

use std::fmt;

use crate::ast::Expr;
use crate::error::Result;
use crate::model::{Access, ModelDef, Ruling};

/// Answers for the policies of models, for one viewer. A statement that is run is rendered with it; one that is only shown is
/// rendered without, and has no conditions of policies.
pub trait Policies: fmt::Debug {
    /// Whether the statement is for a viewer or a tenant. Then raw SQL is refused, since no conditions can be added to it; raw SQL in
    /// rules and scopes is allowed.
    fn is_restricted(&self) -> bool;

    /// The condition that rows of a model belong to the tenant; `None` if the model has no tenants, or the statement is about the rows
    /// of all tenants.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) if the model has tenants, but the handle has none.
    fn owned(&self, model: &'static ModelDef) -> Result<Option<Expr>>;

    /// Which rows of a model the viewer may see or change.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) where the model has a policy, and the handle has no viewer.
    fn rule(&self, model: &'static ModelDef, access: Access) -> Result<Ruling>;
}
