//! What a query reads instead of whole models: columns, expressions, tuples of them, projections.

use std::marker::PhantomData;

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
    /// Appends the trees.
    fn push(self, list: &mut Vec<ast::Expr>);
}

impl<S, M: Within<S>, T: Type> Select<S> for Column<M, T> {
    type Output = T;
    fn push(self, list: &mut Vec<ast::Expr>) {
        list.push(self.into_node());
    }
}

impl<S, M: Within<S>, T: Type> Select<S> for Expr<M, T> {
    type Output = T;
    fn push(self, list: &mut Vec<ast::Expr>) {
        list.push(self.into_node());
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt)+))+) => {$(
        impl<S, $($name: Select<S>),+> Select<S> for ($($name,)+) {
            type Output = ($($name::Output,)+);
            fn push(self, list: &mut Vec<ast::Expr>) {
                $(self.$index.push(list);)+
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

/// A struct whose fields say what to read: the shape of the struct is the shape of the query. Derive it:
/// `#[derive(Projection)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection of `{M}`",
    note = "add `#[derive(Projection)]` and `#[orm(model = {M})]` to `{Self}`"
)]
pub trait Projection<M>: Sized + Send + 'static {
    /// Appends what the fields read, in their order.
    fn select(items: &mut SelectItems<M>);
    /// Reads the fields, in their order.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) with the column's position.
    fn read(columns: &mut Columns<'_>) -> Result<Self>;
}

/// Collects what a projection reads.
pub struct SelectItems<M> {
    list: Vec<ast::Expr>,
    _model: PhantomData<fn() -> M>,
}

impl<M> SelectItems<M> {
    pub(super) fn new() -> Self {
        Self { list: Vec::new(), _model: PhantomData }
    }

    /// Appends a column, an expression or a tuple of them.
    pub fn push<X: Select<M>>(&mut self, item: X) {
        item.push(&mut self.list);
    }

    pub(super) fn into_list(self) -> Vec<ast::Expr> {
        self.list
    }
}

impl<M> std::fmt::Debug for SelectItems<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.list.fmt(f)
    }
}
