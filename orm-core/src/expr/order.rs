//! The order of rows.

use std::marker::PhantomData;

use super::{Column, Expr, Within};
use crate::ast::{self, NullsOrder};
use crate::value::Type;

/// One key of an order, such as `User::NAME.asc()`.
pub struct Order<S> {
    order: ast::Order,
    _scope: PhantomData<fn() -> S>,
}

impl<S> Order<S> {
    pub(super) fn new(expr: ast::Expr, descending: bool) -> Self {
        Self { order: ast::Order { expr, descending, nulls: None }, _scope: PhantomData }
    }

    /// NULLs before everything else.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ids: Vec<i64> =
    ///     User::find_all().select(User::ID).order_by(User::NAME.asc().nulls_first()).exec(&db).await?;
    /// assert_eq!(ids, [3, 1, 2]);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.order.nulls = Some(NullsOrder::First);
        self
    }

    /// NULLs after everything else.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ids: Vec<i64> =
    ///     User::find_all().select(User::ID).order_by(User::NAME.asc().nulls_last()).exec(&db).await?;
    /// assert_eq!(ids, [1, 2, 3]);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.order.nulls = Some(NullsOrder::Last);
        self
    }
}

impl<S> Clone for Order<S> {
    fn clone(&self) -> Self {
        Self { order: self.order.clone(), _scope: PhantomData }
    }
}

impl<S> std::fmt::Debug for Order<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.order.fmt(f)
    }
}

/// One or several keys of an order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order of `{S}` rows",
    label = "expected `User::NAME`, `User::NAME.desc()`, a tuple, `Vec` or `Option` of them"
)]
pub trait IntoOrder<S> {
    /// Appends the keys.
    fn push(self, keys: &mut Vec<ast::Order>);
}

impl<S, M: Within<S>> IntoOrder<S> for Order<M> {
    fn push(self, keys: &mut Vec<ast::Order>) {
        keys.push(self.order);
    }
}

/// Ascending.
impl<S, M: Within<S>, T: Type> IntoOrder<S> for Column<M, T> {
    fn push(self, keys: &mut Vec<ast::Order>) {
        self.asc().push(keys);
    }
}

/// Ascending.
impl<S, M: Within<S>, T: Type> IntoOrder<S> for Expr<M, T> {
    fn push(self, keys: &mut Vec<ast::Order>) {
        self.asc().push(keys);
    }
}

impl<S, O: IntoOrder<S>> IntoOrder<S> for Vec<O> {
    fn push(self, keys: &mut Vec<ast::Order>) {
        self.into_iter().for_each(|order| order.push(keys));
    }
}

/// `None` adds no key.
impl<S, O: IntoOrder<S>> IntoOrder<S> for Option<O> {
    fn push(self, keys: &mut Vec<ast::Order>) {
        if let Some(order) = self {
            order.push(keys);
        }
    }
}

impl<S> IntoOrder<S> for () {
    fn push(self, _keys: &mut Vec<ast::Order>) {}
}

macro_rules! tuples {
    ($(($($name:ident $index:tt)+))+) => {$(
        impl<S, $($name: IntoOrder<S>),+> IntoOrder<S> for ($($name,)+) {
            fn push(self, keys: &mut Vec<ast::Order>) {
                $(self.$index.push(keys);)+
            }
        }
    )+};
}

tuples! { (A 0) (A 0 B 1) (A 0 B 1 C 2) (A 0 B 1 C 2 D 3) (A 0 B 1 C 2 D 3 E 4) (A 0 B 1 C 2 D 3 E 4 F 5) }
