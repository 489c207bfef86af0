//! [`RowDraft`]: a row before it is written, untyped, as rules and hooks see it.

use super::ModelDef;
use crate::value::Value;

/// What is done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is new.
    Create,
    /// It is changed.
    Update,
}

/// A row before it is written. Values that it does not have are those that the database will make.
#[derive(Debug)]
pub struct RowDraft {
    /// The model.
    pub def: &'static ModelDef,
    /// The values, by the positions of their columns; they count where `known` has a bit.
    pub values: Vec<Value>,
    /// The columns that have a value.
    pub known: u128,
    /// The columns that are written.
    pub given: u128,
    /// The row as it was read, of a row that is there.
    pub before: Option<Vec<Value>>,
}

impl RowDraft {
    /// What is done with the row.
    pub fn operation(&self) -> Operation {
        if self.before.is_none() { Operation::Create } else { Operation::Update }
    }
}
