//! What may stand on the right side of an assignment: values, expressions, and `None` for nullable columns. Sub-queries
//! are among them; they are `query`'s.

use super::{Column, Expr, Within};
use crate::ast;
use crate::value::{Scalar, Type, Value};

/// The right side of an assignment to a `T` column in a query about `S`: a value, an expression or a sub-query; also `None`
/// for nullable columns. Where the database makes NULL of an expression, a column that takes none refuses it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a `{T}` column",
    label = "expected a `{T}` value or expression"
)]
pub trait Assign<S, T> {
    /// The tree.
    fn into_assigned(self) -> ast::Expr;
}

impl<S, T: Type> Assign<S, T> for T {
    fn into_assigned(self) -> ast::Expr {
        ast::Expr::Value(Type::into_value(self))
    }
}

impl<S, T: Scalar> Assign<S, Option<T>> for T {
    fn into_assigned(self) -> ast::Expr {
        ast::Expr::Value(Scalar::into_value(self))
    }
}

/// Text, by reference.
macro_rules! text {
    ($($text:ty),+) => {$(
        impl<S> Assign<S, String> for $text {
            fn into_assigned(self) -> ast::Expr {
                ast::Expr::Value(Value::Text(String::from(self).into()))
            }
        }
        impl<S> Assign<S, Option<String>> for $text {
            fn into_assigned(self) -> ast::Expr {
                ast::Expr::Value(Value::Text(String::from(self).into()))
            }
        }
    )+};
}

text!(&str, &String, std::borrow::Cow<'_, str>, Box<str>);

impl<S, M: Within<S>, T: Type, U: Type<Base = T::Base>> Assign<S, T> for Expr<M, U> {
    fn into_assigned(self) -> ast::Expr {
        self.into_node()
    }
}

impl<S, M: Within<S>, T: Type, U: Type<Base = T::Base>> Assign<S, T> for Column<M, U> {
    fn into_assigned(self) -> ast::Expr {
        self.into_node()
    }
}
