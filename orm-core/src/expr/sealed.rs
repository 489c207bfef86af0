//! Encrypted columns in queries: what the database can do with values that it does not know.

use super::{Column, Condition, Expr, InList, Operand, Searchable, Secret};
use crate::ast::{self, BinaryOp};
use crate::value::Type;

fn binary<S>(op: BinaryOp, left: ast::Expr, right: ast::Expr) -> Condition<S> {
    Expr::from_node(ast::Expr::binary(op, left, right))
}

/// What the database can do with an encrypted column.
impl<M, T: Type, K: Secret> Column<M, T, K> {
    /// Equal to a value. The value is encrypted as the column is, or hashed as its blind index is, and the database compares bytes: with
    /// `normalize(..)` on the column, both sides are normalised first.
    ///
    /// # Errors
    /// When it runs, [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for anything but a value.
    pub fn eq<R: Operand<M, T::Base>>(self, other: R) -> Condition<M>
    where
        K: Searchable,
    {
        binary(BinaryOp::Eq, self.into_node(), other.into_operand())
    }

    /// Different from a value; NULL is different from nothing.
    pub fn ne<R: Operand<M, T::Base>>(self, other: R) -> Condition<M>
    where
        K: Searchable,
    {
        binary(BinaryOp::Ne, self.into_node(), other.into_operand())
    }

    /// Among values.
    pub fn in_<R: InList<M, T::Base>>(self, list: R) -> Condition<M>
    where
        K: Searchable,
    {
        self.among(list, false)
    }

    /// Not among values.
    pub fn not_in<R: InList<M, T::Base>>(self, list: R) -> Condition<M>
    where
        K: Searchable,
    {
        self.among(list, true)
    }

    /// NULL, which is not encrypted.
    pub fn is_null(self) -> Condition<M> {
        Expr::from_node(ast::Expr::IsNull { expr: Box::new(self.into_node()), negated: false })
    }

    /// Not NULL.
    pub fn is_not_null(self) -> Condition<M> {
        Expr::from_node(ast::Expr::IsNull { expr: Box::new(self.into_node()), negated: true })
    }

    fn among<R: InList<M, T::Base>>(self, list: R, negated: bool) -> Condition<M> {
        let (expr, items) = (self.into_node(), list.into_items());
        Expr::from_node(ast::Expr::In(Box::new(ast::InList { expr, items, negated })))
    }
}
