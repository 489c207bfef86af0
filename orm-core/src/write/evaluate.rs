//! Whether a condition holds for values that are at hand, where that is certain whatever the database: its collations, and how it
//! compares numbers, times and texts, are its own.

use crate::ast::{BinaryOp, Expr, ListItems};
use crate::model::ColumnDef;
use crate::value::Value;

/// `Some` of an answer, or none where the database must be asked. What is unknown to SQL, because of NULL, does not hold.
pub(super) fn holds<'v>(condition: &Expr, value: &dyn Fn(&ColumnDef) -> Option<&'v Value>) -> Option<bool> {
    truth(condition, value).map(|truth| truth == Some(true))
}

/// TRUE, FALSE, or `None` for UNKNOWN; none where the database must be asked.
fn truth<'v>(condition: &Expr, value: &dyn Fn(&ColumnDef) -> Option<&'v Value>) -> Option<Option<bool>> {
    match condition {
        Expr::Value(Value::Bool(truth)) => Some(Some(*truth)),
        Expr::Column(column) => match value(column)? {
            Value::Bool(truth) => Some(Some(*truth)),
            Value::Null(_) => Some(None),
            _ => None,
        },
        Expr::Not(inner) => truth(inner, value).map(|truth| truth.map(|truth| !truth)),
        Expr::And(all) => joined(all, value, false),
        Expr::Or(all) => joined(all, value, true),
        Expr::IsNull { expr, negated } => match &**expr {
            Expr::Column(column) => Some(Some(value(column)?.is_null() != *negated)),
            _ => None,
        },
        Expr::Binary(op, pair) => {
            let (Expr::Column(column), Expr::Value(right)) = (&pair.0, &pair.1) else { return None };
            compared(*op, value(column)?, right)
        }
        Expr::In(list) => {
            let (Expr::Column(column), ListItems::Values(_, items)) = (&list.expr, &list.items) else { return None };
            let left = value(column)?;
            let mut unknown = left.is_null() && !items.is_empty();
            for item in items {
                match compared(BinaryOp::Eq, left, item)? {
                    Some(true) => return Some(Some(!list.negated)),
                    Some(false) => {}
                    None => unknown = true,
                }
            }
            Some(if unknown { None } else { Some(list.negated) })
        }
        _ => None,
    }
}

/// AND, or OR where `decisive` is true: one part may decide, whatever the others are.
fn joined<'v>(all: &[Expr], value: &dyn Fn(&ColumnDef) -> Option<&'v Value>, decisive: bool) -> Option<Option<bool>> {
    let (mut unknown, mut ask) = (false, false);
    for part in all {
        match truth(part, value) {
            Some(Some(truth)) if truth == decisive => return Some(Some(decisive)),
            Some(Some(_)) => {}
            Some(None) => unknown = true,
            None => ask = true,
        }
    }
    if ask { None } else { Some(if unknown { None } else { Some(!decisive) }) }
}

/// Two values of one type that every database compares alike.
fn compared(op: BinaryOp, left: &Value, right: &Value) -> Option<Option<bool>> {
    if left.is_null() || right.is_null() {
        return Some(None);
    }
    let order = match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) if matches!(op, BinaryOp::Eq | BinaryOp::Ne) => a.cmp(b),
        // Equal texts are equal in every collation; others may be.
        (Value::Text(a), Value::Text(b)) | (Value::Enum(_, a), Value::Enum(_, b)) if a == b => {
            std::cmp::Ordering::Equal
        }
        _ => integer(left)?.cmp(&integer(right)?),
    };
    Some(Some(match op {
        BinaryOp::Eq => order.is_eq(),
        BinaryOp::Ne => order.is_ne(),
        BinaryOp::Lt => order.is_lt(),
        BinaryOp::Le => order.is_le(),
        BinaryOp::Gt => order.is_gt(),
        BinaryOp::Ge => order.is_ge(),
        _ => return None,
    }))
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::I16(v) => Some((*v).into()),
        Value::I32(v) => Some((*v).into()),
        Value::I64(v) => Some((*v).into()),
        Value::U64(v) => Some((*v).into()),
        _ => None,
    }
}
