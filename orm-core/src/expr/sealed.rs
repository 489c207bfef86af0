//! Methods of encrypted columns in queries: equality with values, and tests for NULL.

use super::{Column, Condition, Encrypted, Expr, Findable, InList, Operand, Searchable, Secret};
use crate::ast::{self, BinaryOp};
use crate::value::{Scalar, Type};

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

    fn null_test(self, negated: bool) -> Condition<M> {
        Expr::from_node(ast::Expr::IsNull { expr: Box::new(self.into_node()), negated })
    }

    fn among<R: InList<M, T::Base>>(self, list: R, negated: bool) -> Condition<M> {
        let (expr, items) = (self.into_node(), list.into_items());
        Expr::from_node(ast::Expr::In(Box::new(ast::InList { expr, items, negated })))
    }
}

/// An order that the database knows, which no encrypted column has.
#[diagnostic::on_unimplemented(
    message = "the database does not know the order of encrypted values",
    label = "encrypted columns are compared by `eq`, `ne`, `in_` and `not_in` only",
    note = "read the rows by another column, and compare the values in the program"
)]
pub trait Ordered: Secret {}

macro_rules! without_order {
    ($($name:ident)+) => {
        // Without them, the compiler would find those of iterators.
        impl<M, T: Type, K: Secret> Column<M, T, K> {$(
            #[doc(hidden)]
            pub fn $name<R: Operand<M, T::Base>>(self, _other: R) -> Condition<M>
            where
                K: Ordered,
            {
                self.null_test(true)
            }
        )+}
    };
}
without_order!(gt ge lt le);

macro_rules! nullable {
    ($($kind:ty),+) => {$(
        /// Columns that may be NULL, which is not encrypted.
        impl<M, T: Scalar> Column<M, Option<T>, $kind> {
            /// NULL.
            pub fn is_null(self) -> Condition<M> {
                self.null_test(false)
            }

            /// Not NULL.
            pub fn is_not_null(self) -> Condition<M> {
                self.null_test(true)
            }
        }
    )+};
}
nullable!(Encrypted, Findable);
