//! Rows together with related rows of which only some columns are read: `User::POSTS.select((Post::ID, Post::TITLE))` and
//! `User::POSTS.project::<Card>()`, for [`Find::with_related`].

use std::marker::PhantomData;
use std::sync::Arc;

use super::exec::Read;
use super::find::{Load, vec_of};
use super::include::{IncludeNode, Parents, push_node};
use super::rows::ModelSet;
use super::select::{Copied, Projection, Select, attach, selected_set};
use super::{Find, FindAndCount, FindByPk, FindOne};
use crate::error::Result;
use crate::model::{Model, Reach, read_model};

/// Related rows of `P`, each read as a `T`. `R` says how many there are for each row: the result has a `Vec<T>`, an
/// `Option<T>`, or a `T`.
#[must_use = "pass it to `.with_related(..)`"]
pub struct Pick<P, T, R> {
    node: IncludeNode,
    copy: fn(&Vec<T>) -> Vec<T>,
    _types: PhantomData<fn() -> (P, R)>,
}

impl<P, T, R> std::fmt::Debug for Pick<P, T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.node.fmt(f)
    }
}

impl<P, T, R> Pick<P, T, R> {
    /// Columns and expressions.
    pub(crate) fn select<C, X: Select<C, Output = T>>(mut node: IncludeNode, items: X) -> Self
    where
        T: crate::row::Decode + Clone,
    {
        let mut list = Vec::new();
        items.push(&mut list);
        node.read_parts(list);
        node.new_set = selected_set::<T>;
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
pub trait Beside<M> {
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
fn gather<R: Reach, T>(rows: Vec<T>, node: Option<&IncludeNode>) -> Result<R::Rows<T>> {
    R::gather(rows, &node.map(IncludeNode::path).unwrap_or_default())
}

impl<M: Model, T: Send + 'static, R: Reach> Beside<M> for Pick<M, T, R>
where
    R::Rows<T>: Send + 'static,
{
    type Output = (M, R::Rows<T>);
    type Found = Vec<T>;
    const COUNT: usize = 1;
    fn push(self, nodes: &mut Vec<IncludeNode>) {
        let Self { mut node, copy, .. } = self;
        node.attach = Arc::new(move |parents, children, owners| {
            attach(parents, children, owners, |row: &mut (M, Vec<T>)| &mut row.1, copy)
        });
        nodes.push(node);
    }
    fn join(row: M, found: Vec<T>, nodes: &[IncludeNode]) -> Result<Self::Output> {
        Ok((row, gather::<R, T>(found, nodes.first())?))
    }
}

macro_rules! tuples {
    ($(($($t:ident $r:ident $index:tt)+))+) => {$(
        impl<M: Model, $($t: Send + 'static, $r: Reach),+> Beside<M> for ($(Pick<M, $t, $r>,)+)
        where
            $($r::Rows<$t>: Send + 'static),+
        {
            type Output = (M, $($r::Rows<$t>),+);
            type Found = ($(Vec<$t>,)+);
            const COUNT: usize = [$($index),+].len();
            fn push(self, nodes: &mut Vec<IncludeNode>) {
                $(
                    let Pick { mut node, copy, .. } = self.$index;
                    node.attach = Arc::new(move |parents, children, owners| {
                        attach(parents, children, owners, |row: &mut (M, Self::Found)| &mut row.1.$index, copy)
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

impl<M: Model> Find<M> {
    /// Gives each row together with related rows of which only some columns are read, in a tuple.
    ///
    /// ```ignore
    /// let users: Vec<(User, Vec<(i64, String)>)> =
    ///     User::find_all().with_related(User::POSTS.limit(3).select((Post::ID, Post::TITLE))).exec(&db).await?;
    /// ```
    ///
    /// A to-many relation gives a `Vec`, a to-one relation an `Option`, or the row itself where there is always one. Several
    /// relations are given as a tuple: `.with_related((User::POSTS.select(Post::TITLE), User::COUNTRY.project::<Card>()))`.
    /// Loading is that of [`include`](Self::include), which comes before.
    pub fn with_related<B: Beside<M>>(mut self, related: B) -> Find<M, B::Output> {
        for node in &mut self.includes {
            let into_model = Arc::clone(&node.attach);
            node.attach = Arc::new(move |parents, children, owners| {
                into_model(&mut FirstOfPair::<M, B::Found>(parents, PhantomData), children, owners)
            });
        }
        let mut nodes = Vec::new();
        related.push(&mut nodes);
        for node in nodes {
            push_node(&mut self.select, &mut self.includes, node);
        }
        let read: Read<B::Output> = |columns| B::join(read_model(columns)?, B::Found::default(), &[]);
        self.becoming(
            read,
            Load::with(
                || Box::new(ModelSet::<(M, B::Found)>::new(Vec::new())),
                |rows, includes| {
                    // They come last.
                    let nodes = &includes[includes.len().saturating_sub(B::COUNT)..];
                    let rows: Vec<(M, B::Found)> = vec_of(rows);
                    rows.into_iter().map(|(row, found)| B::join(row, found, nodes)).collect()
                },
            ),
        )
    }
}

impl<M: Model> FindOne<M> {
    /// Gives the row together with related rows; see [`Find::with_related`].
    pub fn with_related<B: Beside<M>>(self, related: B) -> FindOne<M, B::Output> {
        self.map(|find| find.with_related(related))
    }
}

impl<M: Model> FindByPk<M> {
    /// Gives the row together with related rows; see [`Find::with_related`].
    pub fn with_related<B: Beside<M>>(self, related: B) -> FindOne<M, B::Output> {
        FindOne::from_find(self.find()).with_related(related)
    }
}

impl<M: Model> FindAndCount<M> {
    /// Gives each row together with related rows; see [`Find::with_related`].
    pub fn with_related<B: Beside<M>>(self, related: B) -> FindAndCount<M, B::Output> {
        self.map(|find| find.with_related(related))
    }
}

/// Rows in pairs, of which relations are loaded into the first.
struct FirstOfPair<'p, M, F>(&'p mut dyn Parents, PhantomData<fn() -> (M, F)>);

impl<M: Model, F: Send + 'static> Parents for FirstOfPair<'_, M, F> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn value(&self, row: usize, column: usize) -> crate::value::Value {
        self.0.value(row, column)
    }
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn std::any::Any> {
        self.0.row_mut(row)?.downcast_mut::<(M, F)>().map(|pair| &mut pair.0 as _)
    }
}
