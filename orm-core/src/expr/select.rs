//! What a query reads from each row instead of whole models: columns, expressions, tuples of them.

use super::{Column, Expr, Within};
use crate::ast;
use crate::error::Result;
use crate::row::{Columns, Decode};
use crate::value::Type;

/// Something that can be read from each row of a query about `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected from `{S}` rows",
    label = "expected a column, an expression or a tuple of them",
    note = "wrap a plain value in `orm::val(..)`"
)]
pub trait Select<S> {
    /// What it gives.
    type Output: Decode;
    /// Reads it from the next columns of a row.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when a column is of another type.
    #[doc(hidden)]
    fn read(columns: &mut Columns<'_>) -> Result<Self::Output>;
    /// Appends the trees.
    fn push(self, list: &mut Vec<ast::Expr>);
    /// Appends the trees as operands of something else: conditions keep their NULLs.
    #[doc(hidden)]
    fn push_operands(self, list: &mut Vec<ast::Expr>)
    where
        Self: Sized,
    {
        self.push(list);
    }
}

impl<S, M: Within<S>, T: Type, K> Select<S> for Column<M, T, K> {
    type Output = T;
    #[inline]
    fn read(columns: &mut Columns<'_>) -> Result<T> {
        columns.next()
    }
    fn push(self, list: &mut Vec<ast::Expr>) {
        list.push(self.into_node());
    }
}

/// A condition is read as whether it holds: FALSE also where it is NULL, unless it is `.nullable()`.
impl<S, M: Within<S>, T: Type> Select<S> for Expr<M, T> {
    type Output = T;
    #[inline]
    fn read(columns: &mut Columns<'_>) -> Result<T> {
        columns.next_computed()
    }
    fn push(self, list: &mut Vec<ast::Expr>) {
        let node = self.into_node();
        list.push(if T::NULLABLE { node } else { node.truth() });
    }
    fn push_operands(self, list: &mut Vec<ast::Expr>) {
        list.push(self.into_node());
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt)+))+) => {$(
        impl<S, $($name: Select<S>),+> Select<S> for ($($name,)+) {
            type Output = ($($name::Output,)+);
            #[inline]
            fn read(columns: &mut Columns<'_>) -> Result<Self::Output> {
                Ok(($($name::read(columns)?,)+))
            }
            fn push(self, list: &mut Vec<ast::Expr>) {
                $(self.$index.push(list);)+
            }
            fn push_operands(self, list: &mut Vec<ast::Expr>) {
                $(self.$index.push_operands(list);)+
            }
        }
    )+};
}

tuples! {
    (A 0) (A 0 B 1) (A 0 B 1 C 2) (A 0 B 1 C 2 D 3) (A 0 B 1 C 2 D 3 E 4) (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6) (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7) (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9) (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11)
}
