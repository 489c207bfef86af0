//! What may stand on the right side of an assignment: values, expressions, and `None` for nullable columns. Sub-queries
//! are among them; they are `query`'s.

use super::{Column, Expr, Within};
use crate::ast;
use crate::value::{FromText, Parsed, Scalar, Type};

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

/// Text, by reference: for a text column, or for one whose values may be given as text.
macro_rules! text {
    ($bound:ident: $($text:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl<S, T: $bound> Assign<S, T> for $text {
            fn into_assigned(self) -> ast::Expr {
                ast::Expr::Value(T::__value(&self))
            }
        }
        #[diagnostic::do_not_recommend]
        impl<S, T: $bound> Assign<S, Option<T>> for $text {
            fn into_assigned(self) -> ast::Expr {
                ast::Expr::Value(T::__value(&self))
            }
        }
    )+};
}

text!(FromText: &str, &String, std::borrow::Cow<'_, str>, Box<str>);
text!(Parsed: String);

/// Integers, for a decimal column.
#[cfg(feature = "decimal")]
macro_rules! integers {
    ($($number:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl<S> Assign<S, rust_decimal::Decimal> for $number {
            fn into_assigned(self) -> ast::Expr {
                ast::Expr::Value(Scalar::into_value(rust_decimal::Decimal::from(self)))
            }
        }
        #[diagnostic::do_not_recommend]
        impl<S> Assign<S, Option<rust_decimal::Decimal>> for $number {
            fn into_assigned(self) -> ast::Expr {
                ast::Expr::Value(Scalar::into_value(rust_decimal::Decimal::from(self)))
            }
        }
    )+};
}

#[cfg(feature = "decimal")]
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

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
