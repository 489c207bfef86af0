//! Related rows of which only some columns are read, for [`Find::with_related`](crate::query::Find::with_related):
//! `User::POSTS.select((Post::ID, Post::TITLE))` and `User::POSTS.project::<Card>()`.

use std::marker::PhantomData;
use std::sync::Arc;

use super::attach::attach_copies;
use super::projection::{Copied, Projection, selected_set};
use crate::error::Result;
use crate::expr::Select;
use crate::model::{Cardinality, Model};
use crate::run::IncludeNode;

/// Related rows of `P`, each read as a `T`. `R` says how many there are for each row: the result has a `Vec<T>`, an
/// `Option<T>`, or a `T`.
#[must_use = "pass it to `.with_related(..)`"]
pub struct RelatedSelection<P, T, R> {
    node: IncludeNode,
    copy: fn(&Vec<T>) -> Vec<T>,
    _types: PhantomData<fn() -> (P, R)>,
}

impl<P, T, R> std::fmt::Debug for RelatedSelection<P, T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.node.fmt(f)
    }
}

impl<P, T, R> RelatedSelection<P, T, R> {
    /// Columns and expressions.
    pub(crate) fn select<C, X: Select<C, Output = T>>(mut node: IncludeNode, items: X) -> Self
    where
        T: crate::row::Decode + Clone,
    {
        let mut list = Vec::new();
        items.push(&mut list);
        node.read_parts(list);
        node.new_set = selected_set::<C, X>;
        Self { node, copy: Vec::clone, _types: PhantomData }
    }

    /// A projection.
    pub(crate) fn project<C: Model>(mut node: IncludeNode) -> Self
    where
        T: Projection<C>,
    {
        T::nest(&mut node);
        Self { node, copy: Copied::copied, _types: PhantomData }
    }
}

/// Related rows to read beside rows of `M`: one relation, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what to read of rows related to `{M}`",
    label = "expected `User::POSTS.select((Post::ID, Post::TITLE))` or `User::POSTS.project::<Card>()`",
    note = "whole related rows are loaded into the relation fields, by `.include(User::POSTS)`"
)]
pub trait WithRelated<M> {
    /// A row with its related rows: a tuple.
    type Output: Send + 'static;
    /// The related rows as they are found.
    type Found: Default + Send + 'static;
    /// The number of relations.
    const COUNT: usize;
    /// Appends the nodes.
    fn push(self, nodes: &mut Vec<IncludeNode>);
    /// A row with its related rows; the nodes are those of [`push`](Self::push).
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), naming the relation, when one that always leads to a row does not.
    fn join(row: M, found: Self::Found, nodes: &[IncludeNode]) -> Result<Self::Output>;
}

/// The related rows of one relation, of those found for a row.
fn gather<R: Cardinality, T>(rows: Vec<T>, node: Option<&IncludeNode>) -> Result<R::Rows<T>> {
    R::gather(rows, &node.map(IncludeNode::path).unwrap_or_default())
}

impl<M: Model, T: Send + 'static, R: Cardinality> WithRelated<M> for RelatedSelection<M, T, R>
where
    R::Rows<T>: Send + 'static,
{
    type Output = (M, R::Rows<T>);
    type Found = Vec<T>;
    const COUNT: usize = 1;
    fn push(self, nodes: &mut Vec<IncludeNode>) {
        let Self { mut node, copy, .. } = self;
        node.attach = Arc::new(move |parents, children, owners| {
            attach_copies(parents, children, owners, |row: &mut (M, Vec<T>)| &mut row.1, copy)
        });
        nodes.push(node);
    }
    fn join(row: M, found: Vec<T>, nodes: &[IncludeNode]) -> Result<Self::Output> {
        Ok((row, gather::<R, T>(found, nodes.first())?))
    }
}

macro_rules! tuples {
    ($(($($t:ident $r:ident $index:tt)+))+) => {$(
        impl<M: Model, $($t: Send + 'static, $r: Cardinality),+> WithRelated<M> for ($(RelatedSelection<M, $t, $r>,)+)
        where
            $($r::Rows<$t>: Send + 'static),+
        {
            type Output = (M, $($r::Rows<$t>),+);
            type Found = ($(Vec<$t>,)+);
            const COUNT: usize = [$($index),+].len();
            fn push(self, nodes: &mut Vec<IncludeNode>) {
                $(
                    let RelatedSelection { mut node, copy, .. } = self.$index;
                    node.attach = Arc::new(move |parents, children, owners| {
                        attach_copies(parents, children, owners, |row: &mut (M, Self::Found)| &mut row.1.$index, copy)
                    });
                    nodes.push(node);
                )+
            }
            fn join(row: M, found: Self::Found, nodes: &[IncludeNode]) -> Result<Self::Output> {
                Ok((row, $(gather::<$r, $t>(found.$index, nodes.get($index))?),+))
            }
        }
    )+};
}

tuples! { (A Q 0 B R 1) (A Q 0 B R 1 C S 2) (A Q 0 B R 1 C S 2 D T 3) }
