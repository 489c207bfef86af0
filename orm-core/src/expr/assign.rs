//! What may stand on the right side of an assignment: values, expressions, sub-queries, and `None` for nullable columns.

use std::marker::PhantomData;

use super::{Column, Expr, Operand, Within};
use crate::ast;
use crate::value::{Scalar, Type, Value};

/// The right side of an assignment to a `T` column: also `None` for nullable columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a `{T}` column",
    label = "expected a `{T}` value or expression"
)]
pub trait Assign<S, T> {
    /// The tree.
    fn into_assigned(self) -> ast::Expr;
}

impl<S, T: Type + Kind, V: AssignTo<S, T, <T as Kind>::Is>> Assign<S, T> for V {
    fn into_assigned(self) -> ast::Expr {
        self.into_tree()
    }
}

/// Plain columns.
#[derive(Debug, Clone, Copy)]
pub enum Plain {}
/// Nullable columns.
#[derive(Debug, Clone, Copy)]
pub enum Nullable {}

/// Whether a column type is plain or nullable, as a type.
pub trait Kind {
    /// [`Plain`] or [`Nullable`].
    type Is;
}
impl<T: Scalar> Kind for T {
    type Is = Plain;
}
impl<T: Scalar> Kind for Option<T> {
    type Is = Nullable;
}

/// [`Assign`], by the kind of the column, so that integer literals still find their type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a `{T}` column",
    label = "expected a `{T}` value or expression"
)]
pub trait AssignTo<S, T, K> {
    /// The tree.
    fn into_tree(self) -> ast::Expr;
}

impl<S, T: Scalar, V: Operand<S, T>> AssignTo<S, T, Plain> for V {
    fn into_tree(self) -> ast::Expr {
        self.into_operand()
    }
}

impl<S, T: Scalar, V: Into<Assigned<S, T>>> AssignTo<S, Option<T>, Nullable> for V {
    fn into_tree(self) -> ast::Expr {
        self.into().0
    }
}

/// What may be assigned to a nullable column.
#[derive(Debug)]
pub struct Assigned<S, T>(ast::Expr, PhantomData<fn() -> (S, T)>);

impl<S, T> Assigned<S, T> {
    /// Types a tree.
    pub(crate) fn from_node(node: ast::Expr) -> Self {
        Self(node, PhantomData)
    }
}

impl<S, T: Scalar> From<Option<T>> for Assigned<S, T> {
    fn from(value: Option<T>) -> Self {
        Self(ast::Expr::Value(Type::into_value(value)), PhantomData)
    }
}
impl<S, T: Scalar> From<T> for Assigned<S, T> {
    fn from(value: T) -> Self {
        Self(ast::Expr::Value(Scalar::into_value(value)), PhantomData)
    }
}
impl<S> From<&str> for Assigned<S, String> {
    fn from(value: &str) -> Self {
        Self(ast::Expr::Value(Value::Text(value.to_owned().into())), PhantomData)
    }
}
impl<S, M: Within<S>, T: Type> From<Expr<M, T>> for Assigned<S, T::Base> {
    fn from(value: Expr<M, T>) -> Self {
        Self::from_node(value.into_node())
    }
}
impl<S, M: Within<S>, T: Type> From<Column<M, T>> for Assigned<S, T::Base> {
    fn from(value: Column<M, T>) -> Self {
        Self::from_node(value.into_node())
    }
}
