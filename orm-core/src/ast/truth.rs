//! Conditions that are read instead of filtered by: a filter takes NULL for "does not hold", and so does a `bool`.

use super::{BinaryOp, Expr, ListItems};
use crate::value::Value;

impl Expr {
    /// A condition as a value: FALSE where it is NULL. Anything else stays as it is.
    #[must_use]
    pub(crate) fn truth(self) -> Expr {
        if self.is_condition() && self.may_be_null() {
            Self::binary(BinaryOp::IsNotDistinct, self, Self::Value(Value::Bool(true)))
        } else {
            self
        }
    }

    /// Whether this is another condition as a value.
    pub(crate) fn is_truth_of(&self, condition: &Expr) -> bool {
        match self {
            Self::Binary(BinaryOp::IsNotDistinct, pair) => {
                pair.1 == Self::Value(Value::Bool(true)) && pair.0 == *condition && condition.is_condition()
            }
            _ => false,
        }
    }

    /// Whether this is made of operators that give a condition, and are NULL when an operand is.
    fn is_condition(&self) -> bool {
        match self {
            Self::Binary(op, _) => {
                use BinaryOp::{ContainedBy, Contains, Eq, Ge, Gt, Le, Lt, Ne, Overlaps};
                matches!(op, Eq | Ne | Lt | Le | Gt | Ge | Contains | ContainedBy | Overlaps)
            }
            Self::Not(_) | Self::And(_) | Self::Or(_) | Self::In(_) => true,
            Self::Between { .. } | Self::Like { .. } | Self::Regexp { .. } => true,
            _ => false,
        }
    }

    /// Whether a condition may be NULL because an operand is, as far as can be told from the tree.
    pub fn may_be_null(&self) -> bool {
        let mut may = false;
        self.walk(&mut |part| {
            may |= match part {
                Self::Column(column) | Self::Outer(column) => column.nullable,
                Self::Value(value) => value.is_null(),
                Self::In(list) => match &list.items {
                    ListItems::Values(_, values) => values.iter().any(Value::is_null),
                    ListItems::Exprs(_) | ListItems::Rows(_) => false,
                    ListItems::Select(_) => true,
                },
                Self::Path(..) | Self::Subquery(_) | Self::Related(_) | Self::Call(..) | Self::Raw(..) => true,
                Self::Json { .. } | Self::Aggregate(_) | Self::Window(_) | Self::Case(_) | Self::Excluded(_) => true,
                _ => false,
            };
        });
        may
    }
}
