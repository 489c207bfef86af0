//! What may stand on the right side of a comparison: values, columns, expressions, sub-queries, lists of them.

use super::{Column, Expr, Free, Within};
use crate::ast::{self, ListItems};
use crate::value::{Scalar, Type, Value};

/// Something that gives a `T` in a query about `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a `{T}` column",
    label = "expected a `{T}` value, column, expression or sub-query",
    note = "the other side must have the same Rust type; use `.cast::<..>()` to convert in SQL; for NULL use `.is_null()`"
)]
pub trait Operand<S, T> {
    /// `T`, or an `Option` of it for what may be NULL.
    type Type: Type;
    /// The tree.
    fn into_operand(self) -> ast::Expr;
}

impl<S, T: Scalar> Operand<S, T> for T {
    type Type = T;
    fn into_operand(self) -> ast::Expr {
        ast::Expr::Value(Scalar::into_value(self))
    }
}

impl<S, T: Scalar> Operand<S, T> for &T {
    type Type = T;
    fn into_operand(self) -> ast::Expr {
        ast::Expr::Value(self.encode())
    }
}

/// A value that may be missing is no operand: what a missing one means, the caller says.
#[diagnostic::on_unimplemented(
    message = "an `Option` is not compared with a column: in SQL, nothing equals NULL",
    label = "this may be `None`",
    note = "to leave the condition out when it is `None`: `.filter_if(value, |value| User::NAME.eq(value))`",
    note = "to find NULL when it is `None`: `User::NAME.eq_opt(value)`"
)]
pub trait OfOption {}
#[diagnostic::do_not_recommend]
impl OfOption for Free {}

#[doc(hidden)]
impl<S, T: Scalar + OfOption, V> Operand<S, T> for Option<V> {
    type Type = Option<T>;
    fn into_operand(self) -> ast::Expr {
        ast::Expr::Value(Value::Null(T::TYPE))
    }
}

/// Text, by reference.
macro_rules! text {
    ($($text:ty),+) => {$(
        impl<S> Operand<S, String> for $text {
            type Type = String;
            fn into_operand(self) -> ast::Expr {
                let text: &str = &self;
                ast::Expr::Value(Value::Text(text.to_owned().into()))
            }
        }
    )+};
}

text!(&str, &&str, std::borrow::Cow<'_, str>, &std::borrow::Cow<'_, str>, Box<str>);

impl<S, M: Within<S>, T: Scalar> Operand<S, T> for Column<M, T> {
    type Type = T;
    fn into_operand(self) -> ast::Expr {
        self.into_node()
    }
}

impl<S, M: Within<S>, T: Scalar> Operand<S, T> for Column<M, Option<T>> {
    type Type = Option<T>;
    fn into_operand(self) -> ast::Expr {
        self.into_node()
    }
}

impl<S, M: Within<S>, T: Scalar> Operand<S, T> for Expr<M, T> {
    type Type = T;
    fn into_operand(self) -> ast::Expr {
        self.into_node()
    }
}

impl<S, M: Within<S>, T: Scalar> Operand<S, T> for Expr<M, Option<T>> {
    type Type = Option<T>;
    fn into_operand(self) -> ast::Expr {
        self.into_node()
    }
}

/// A list of `T`, for `in_` and `not_in`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of `{T}`",
    label = "expected an array, `Vec`, iterator or sub-query of `{T}`"
)]
pub trait InList<S, T> {
    /// The items.
    fn into_items(self) -> ListItems;
}

impl<S, T: Scalar, I: IntoIterator> InList<S, T> for I
where
    I::Item: Operand<S, T>,
{
    fn into_items(self) -> ListItems {
        let mut values = Vec::new();
        let mut items = self.into_iter().map(Operand::into_operand);
        while let Some(item) = items.next() {
            match item {
                ast::Expr::Value(value) => values.push(value),
                other => {
                    let values = values.into_iter().map(ast::Expr::Value);
                    return ListItems::Exprs(values.chain([other]).chain(items).collect());
                }
            }
        }
        ListItems::Values(T::TYPE, values)
    }
}

/// A column or an expression, where no query says what it must be about.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an expression",
    label = "expected a column or an expression",
    note = "wrap a plain value in `orm::val(..)`"
)]
pub trait IntoExpr {
    /// What it is about.
    type Scope;
    /// What it gives.
    type Type: Type;
    /// The expression.
    fn into_expr(self) -> Expr<Self::Scope, Self::Type>;
}

impl<M, T: Type> IntoExpr for Column<M, T> {
    type Scope = M;
    type Type = T;
    fn into_expr(self) -> Expr<M, T> {
        Expr::from_node(self.into_node())
    }
}

impl<S, T: Type> IntoExpr for Expr<S, T> {
    type Scope = S;
    type Type = T;
    fn into_expr(self) -> Expr<S, T> {
        self
    }
}
