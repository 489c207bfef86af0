//! INSERT, UPDATE and DELETE.

use super::expr::Expr;
use super::operator::Visibility;
use crate::model::{ColumnDef, ModelDef};
use crate::value::Value;

/// An INSERT of one or more rows.
#[derive(Debug, Clone)]
pub struct Insert {
    /// The model.
    pub model: &'static ModelDef,
    /// The columns that get values.
    pub columns: Vec<&'static ColumnDef>,
    /// The values, row after row, as many per row as there are columns.
    pub values: Vec<Value>,
    /// The number of rows; needed when there are no columns.
    pub rows: usize,
    /// What happens when a row exists already.
    pub conflict: Option<Conflict>,
    /// What comes back.
    pub returning: Returning,
}

/// What happens when a row to insert meets an existing one.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The unique columns whose conflict is meant; empty is any.
    pub target: Vec<&'static ColumnDef>,
    /// The condition of the partial unique index meant.
    pub target_filter: Option<Expr>,
    /// What to do.
    pub action: ConflictAction,
}

/// What to do when a row exists already.
#[derive(Debug, Clone)]
pub enum ConflictAction {
    /// Leave it.
    Nothing,
    /// Change it: columns and their new values.
    Update(Vec<(&'static ColumnDef, Expr)>),
}

/// An UPDATE.
#[derive(Debug, Clone)]
pub struct Update {
    /// The model.
    pub model: &'static ModelDef,
    /// Columns and their new values.
    pub set: Vec<(&'static ColumnDef, Expr)>,
    /// Conditions, all of which must hold.
    pub filter: Vec<Expr>,
    /// Which rows are seen.
    pub visibility: Visibility,
    /// What comes back.
    pub returning: Returning,
}

/// A DELETE.
#[derive(Debug, Clone)]
pub struct Delete {
    /// The model.
    pub model: &'static ModelDef,
    /// Conditions, all of which must hold.
    pub filter: Vec<Expr>,
    /// Which rows are seen.
    pub visibility: Visibility,
    /// What comes back.
    pub returning: Returning,
}

/// What a write gives back.
#[derive(Debug, Clone, Default)]
pub enum Returning {
    /// Nothing but counts.
    #[default]
    Nothing,
    /// Every column of the model.
    Model,
    /// Some columns.
    Columns(Vec<&'static ColumnDef>),
}
