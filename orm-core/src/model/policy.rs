//! What a model's policy answers: which rows a viewer may see and change.

use std::any::Any;

use super::ColumnDef;
use crate::ast::Expr;

/// What a viewer wants to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Access {
    /// See rows: in every place where the table is read.
    Read,
    /// Create rows with these values.
    Create,
    /// Change rows that are as they are.
    Update,
    /// Change rows so that they are as they will be.
    PostUpdate,
    /// Remove rows.
    Delete,
    /// See the values of a column.
    ReadField(&'static ColumnDef),
    /// Change the values of a column.
    UpdateField(&'static ColumnDef),
}

/// The answer.
#[derive(Debug, Clone)]
pub enum Ruling {
    /// All rows.
    Allow,
    /// No row.
    Deny,
    /// The rows that meet a condition; where it is unknown, because something is NULL, they do not.
    When(Expr),
    /// As for [`Access::Update`]; an answer to [`Access::PostUpdate`] only.
    AsUpdate,
}

/// Asks the policy of a model for a viewer; none where it is not for viewers of this type.
pub type PolicyFn = fn(&(dyn Any + Send + Sync), Access) -> Option<Ruling>;
