//! [`Policies`]: whom a statement is run for, as far as rendering is concerned.

use std::fmt;

use crate::error::Result;
use crate::model::{Access, ModelDef, Ruling};

/// Answers for the policies of models, for one viewer. A statement that is run is rendered with it; one that is only shown is
/// rendered without, and has no conditions of policies.
pub trait Policies: fmt::Debug {
    /// Whether the statement is a viewer's. Raw SQL, which no rule is added to, is refused in one, but for that of rules and scopes.
    fn has_viewer(&self) -> bool;

    /// Which rows of a model the viewer may see or change.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) where the model has a policy, and the handle has no viewer.
    fn rule(&self, model: &'static ModelDef, access: Access) -> Result<Ruling>;
}
