//! What happens to a row on its way into the database and out of it, as a model declares it: its rules and hooks. And the row that these
//! see, untyped.

use std::any::Any;

use super::ModelDef;
use super::rule::{Operation, RuleDef};
use super::violation::Violations;
use crate::error::Result;
use crate::value::Value;

/// What a model declares about the life of its rows. Models that declare nothing have none.
#[derive(Debug)]
pub struct Life {
    /// The rules of columns.
    pub rules: &'static [RuleDef],
    /// Functions that look at a whole row.
    pub checks: &'static [Check],
    /// The table of hooks, which is the type of a module that knows transactions.
    pub hooks: Option<&'static (dyn Any + Send + Sync)>,
}

/// Looks at a whole row and says what is wrong with it.
pub type Check = fn(&mut RowDraft, &mut Violations) -> Result<()>;

impl Life {
    /// Nothing; the derive changes what differs with the struct's update syntax.
    pub const NONE: Self = Self { rules: &[], checks: &[], hooks: None };
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
