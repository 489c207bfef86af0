//! What the compiler says of names that statements and columns have in other libraries. None of these can be called: each
//! demands what nothing has, and the message of that says which name is meant.

use std::convert::Infallible;
use std::future::{Ready, ready};

use super::Find;
use crate::error::Result;
use crate::expr::{Column, Condition, Expr};

macro_rules! other_names {
    ($($name:ident: $message:literal;)+) => {$(
        #[diagnostic::on_unimplemented(message = $message, label = "this name is another library's")]
        // Some are named by the compiler in a message of its own.
        #[allow(non_camel_case_types)]
        pub trait $name {}
        #[diagnostic::do_not_recommend]
        impl $name for Infallible {}
    )+};
}

other_names! {
    NamedExec: "a finder runs by `.exec(&db)`: `find_all()` gives all rows, `find_one()` the first, `find_by_pk(key)` that with a key";
    NamedFilter: "rows are chosen by `.filter(User::AGE.ge(18))`";
    NamedOrder: "rows are ordered by `.order_by(User::AGE.desc())`";
    NamedInclude: "related rows are loaded by `.include(User::POSTS)`";
    NamedIn: "a column is compared with a list by `.in_([1, 2])` or `.not_in([1, 2])`";
    NamedEq: "columns are compared by `.eq(..)`, `.ne(..)`, `.gt(..)`, `.ge(..)`, `.lt(..)` and `.le(..)`";
    find_all_or_find_one_or_find_by_pk: "rows are found by `User::find_all()`, `User::find_one()` or `User::find_by_pk(key)`, and chosen by `.filter(..)`";
    NamedDestroy: "rows are removed by `user.destroy().exec(&db)`, or `User::destroy().filter(..).exec(&db)`";
    NamedCreate: "rows are created by `User::create().email(\"..\").exec(&db)`, and several at once by `User::bulk_create(rows)`";
}

macro_rules! finders {
    ($($name:ident -> $output:ty;)+) => {
        /// Names that finders do not have.
        impl<M, Out, S, N> Find<M, Out, S, N> {
            $(
                #[doc(hidden)]
                pub fn $name<D>(self, _db: D) -> Ready<Result<$output>>
                where
                    M: NamedExec,
                {
                    ready(Ok(Default::default()))
                }
            )+

            #[doc(hidden)]
            pub fn where_<C>(self, _condition: C) -> Self
            where
                M: NamedFilter,
            {
                self
            }

            #[doc(hidden)]
            pub fn order_by_asc<C>(self, _column: C) -> Self
            where
                M: NamedOrder,
            {
                self
            }

            #[doc(hidden)]
            pub fn order_by_desc<C>(self, _column: C) -> Self
            where
                M: NamedOrder,
            {
                self
            }

            #[doc(hidden)]
            pub fn with<R>(self, _relation: R) -> Self
            where
                M: NamedInclude,
            {
                self
            }
        }
    };
}

finders! {
    all -> Vec<Out>;
    one -> Option<Out>;
    load -> Vec<Out>;
    get_result -> Option<Out>;
    get_results -> Vec<Out>;
}

macro_rules! columns {
    ($($name:ident: $trait:ident;)+) => {
        /// Names that columns do not have.
        impl<M, T> Column<M, T> {$(
            #[doc(hidden)]
            pub fn $name<X>(self, _other: X) -> Condition<M>
            where
                T: $trait,
            {
                Expr::from_node(self.into_node())
            }
        )+}
    };
}

columns! {
    is_in: NamedIn;
    eq_any: NamedIn;
    ne_all: NamedIn;
    equals: NamedEq;
    not_equals: NamedEq;
    is: NamedEq;
}

/// Names that models do not have. No model implements these, so other traits are free to use the names; and they are none
/// that a type which is no model would miss.
#[doc(hidden)]
pub trait FinderNames: Sized {
    fn find() {}
    fn find_by_id<K>(_key: K) {}
    fn find_many() {}
    fn where_<C>(_condition: C) {}
}
impl<M: find_all_or_find_one_or_find_by_pk> FinderNames for M {}

/// As [`FinderNames`].
#[doc(hidden)]
pub trait DestroyNames: Sized {
    fn delete_many() {}
    fn delete_by_id<K>(_key: K) {}
}
impl<M: NamedDestroy> DestroyNames for M {}

/// As [`FinderNames`].
#[doc(hidden)]
pub trait CreateNames: Sized {
    fn insert_many<R>(_rows: R) {}
}
impl<M: NamedCreate> CreateNames for M {}
