//! Methods of encrypted columns in queries: equality with values, and tests for NULL.

use super::{Column, Condition, Expr, InList, Operand, Searchable, Secret};
use crate::ast::{self, BinaryOp};
use crate::value::Type;

fn binary<S>(op: BinaryOp, left: ast::Expr, right: ast::Expr) -> Condition<S> {
    Expr::from_node(ast::Expr::binary(op, left, right))
}

/// Methods of encrypted columns that can be compared.
impl<M, T: Type, K: Secret> Column<M, T, K> {
    /// Equal to a value. The value is encrypted like the column, or hashed like its blind index, and the database compares bytes. If the
    /// column has `normalize(..)`, both sides are normalised first.
    ///
    /// # Errors
    /// The statement fails with [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if the operand is not a value.
    pub fn eq<R: Operand<M, T::Base>>(self, other: R) -> Condition<M>
    where
        K: Searchable,
    {
        binary(BinaryOp::Eq, self.into_node(), other.into_operand())
    }

    /// Not equal to a value. Rows with NULL are not found.
    pub fn ne<R: Operand<M, T::Base>>(self, other: R) -> Condition<M>
    where
        K: Searchable,
    {
        binary(BinaryOp::Ne, self.into_node(), other.into_operand())
    }

    /// Equal to one of the values.
    pub fn in_<R: InList<M, T::Base>>(self, list: R) -> Condition<M>
    where
        K: Searchable,
    {
        self.among(list, false)
    }

    /// Equal to none of the values.
    pub fn not_in<R: InList<M, T::Base>>(self, list: R) -> Condition<M>
    where
        K: Searchable,
    {
        self.among(list, true)
    }

    /// Is NULL. NULL is not encrypted.
    pub fn is_null(self) -> Condition<M> {
        Expr::from_node(ast::Expr::IsNull { expr: Box::new(self.into_node()), negated: false })
    }

    /// Is not NULL.
    pub fn is_not_null(self) -> Condition<M> {
        Expr::from_node(ast::Expr::IsNull { expr: Box::new(self.into_node()), negated: true })
    }

    fn among<R: InList<M, T::Base>>(self, list: R, negated: bool) -> Condition<M> {
        let (expr, items) = (self.into_node(), list.into_items());
        Expr::from_node(ast::Expr::In(Box::new(ast::InList { expr, items, negated })))
    }
}
