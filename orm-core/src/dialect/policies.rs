//! [`Policies`]: whom a statement is run for, as far as rendering is concerned.

use std::fmt;

use crate::error::Result;
use crate::model::{Access, ModelDef, Ruling};

/// Answers for the policies of models, for one viewer. A statement that is run is rendered with it; one that is only shown is
/// rendered without, and has no conditions of policies.
pub trait Policies: fmt::Debug {
    /// Which rows of a model the viewer may see or change.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) where the model has a policy, and nobody knows who is looking.
    fn rule(&self, model: &'static ModelDef, access: Access) -> Result<Ruling>;
}
