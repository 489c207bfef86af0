//! What happens to a row on its way into the database and out of it, as a model declares it: its rules and hooks. Models that declare
//! nothing of it have none.

use std::any::Any;

use super::row_draft::RowDraft;
use super::rule::RuleDef;
use super::violation::Violations;
use crate::error::Result;

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
