//! What may stand on the right side of a comparison: values, columns, expressions, sub-queries, lists of them.

use super::{Column, Expr, Free, Within};
use crate::ast::{self, ListItems};
use crate::value::{FromText, Parsed, Scalar, Type, Value};

/// Something that gives a `T` in a query about `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a `{T}` column",
    label = "expected a `{T}` value, column, expression or sub-query",
    note = "the other side must have the same Rust type; use `.cast::<..>()` to convert in SQL; for NULL use `.is_null()`",
    note = "decimals, dates, times and UUIDs may be written as text, `\"9.99\"`, `\"2026-01-31\"`, and decimals as integers"
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

/// Text, by reference: of a text column, or of one whose values may be given as text.
macro_rules! text {
    ($bound:ident: $($text:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl<S, T: $bound> Operand<S, T> for $text {
            type Type = T;
            fn into_operand(self) -> ast::Expr {
                ast::Expr::Value(T::__value(&self))
            }
        }
    )+};
}

text!(FromText: &str, &&str, std::borrow::Cow<'_, str>, &std::borrow::Cow<'_, str>, Box<str>);
text!(Parsed: String, &String);

/// Integers, of a decimal column.
#[cfg(feature = "decimal")]
macro_rules! integers {
    ($($number:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl<S> Operand<S, rust_decimal::Decimal> for $number {
            type Type = rust_decimal::Decimal;
            fn into_operand(self) -> ast::Expr {
                ast::Expr::Value(Scalar::into_value(rust_decimal::Decimal::from(self)))
            }
        }
    )+};
}

#[cfg(feature = "decimal")]
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

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

/// An [`Operand`] that says by itself of which type it is: what `case()` gives is inferred from its results.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no result of a `case()` that gives `{T}`",
    label = "expected a `{T}` value, column, expression or sub-query",
    note = "the results of a `case()` have the same Rust type; for NULL leave `otherwise` out: `.end()`"
)]
pub trait CaseResult<S, T>: Operand<S, T> {}

impl<S, T: Scalar> CaseResult<S, T> for T {}
impl<S, T: Scalar> CaseResult<S, T> for &T {}
impl<S> CaseResult<S, String> for &str {}
impl<S> CaseResult<S, String> for std::borrow::Cow<'_, str> {}
impl<S> CaseResult<S, String> for Box<str> {}
impl<S, M: Within<S>, T: Scalar> CaseResult<S, T> for Column<M, T> {}
impl<S, M: Within<S>, T: Scalar> CaseResult<S, T> for Column<M, Option<T>> {}
impl<S, M: Within<S>, T: Scalar> CaseResult<S, T> for Expr<M, T> {}
impl<S, M: Within<S>, T: Scalar> CaseResult<S, T> for Expr<M, Option<T>> {}

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
