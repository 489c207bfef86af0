//! How a query joins another model: over a relation, or on a condition.

use crate::ast::{Join, JoinKind, Visibility};
use crate::expr::{Condition, Free};
use crate::model::Model;

/// How another model is joined to a query about `S`: a relation, or a condition.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not join `{J}` to a query about `{S}`",
    label = "expected a relation such as `User::POSTS`, or a condition on columns with `.free()`"
)]
pub trait JoinBy<S, J> {
    /// Appends the joins.
    fn push(self, kind: JoinKind, joins: &mut Vec<Join>);
}

impl<S, J: Model> JoinBy<S, J> for Condition<Free> {
    fn push(self, kind: JoinKind, joins: &mut Vec<Join>) {
        joins.push(Join { kind, model: J::DEF, visibility: Visibility::DEFAULT, on: self.into_node() });
    }
}
