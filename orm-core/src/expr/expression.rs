//! [`Expr`]: a typed expression over a tree, and which queries it may be used in. Its methods are in `methods`.

use std::marker::PhantomData;

use crate::ast;

/// An expression that gives a `T`, for queries about `S`.
pub struct Expr<S, T> {
    node: ast::Expr,
    _types: PhantomData<fn() -> (S, T)>,
}

impl<S, T> Clone for Expr<S, T> {
    fn clone(&self) -> Self {
        Self::from_node(self.node.clone())
    }
}

impl<S, T> std::fmt::Debug for Expr<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.node.fmt(f)
    }
}

impl<S, T> Expr<S, T> {
    /// Types a tree. Nothing checks that the tree gives a `T`; typed methods are the way to make expressions.
    pub fn from_node(node: ast::Expr) -> Self {
        Self { node, _types: PhantomData }
    }

    /// The tree.
    pub fn into_node(self) -> ast::Expr {
        self.node
    }
}

/// The scope of expressions that fit every query; the renderer checks that their tables are read.
#[derive(Debug, Clone, Copy)]
pub enum Free {}

/// Expressions about `Self` may be used in queries about `S`.
#[diagnostic::on_unimplemented(
    message = "this expression belongs to `{Self}`, but the query is about `{S}`",
    label = "uses a column of `{Self}`",
    note = "reach `{Self}` through a relation of `{S}` (`.any(..)`, `.col(..)`), or join it and use `.free()`"
)]
pub trait Within<S> {}

impl<M: crate::model::Model> Within<M> for M {}
impl<M: crate::model::Model> Within<Free> for M {}
impl<S> Within<S> for Free {}
