//! Projections: structs whose fields say what a query reads, with rows of relations nested in them.

use std::marker::PhantomData;
use std::sync::Arc;

use super::attach::{NestSlot, attach_copies};
use crate::ast;
use crate::error::Result;
use crate::expr::Select;
use crate::model::{Cardinality, Model, One, Required, read_model};
use crate::row::Columns;
use crate::run::{IncludeNode, ProjectedSet, RowSet, push_node};
use crate::value::Scalar;

/// A struct whose fields say what to read: the shape of the struct is the shape of the query. Derive it:
/// `#[derive(Projection)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection of `{M}`",
    note = "add `#[derive(Projection)]` and `#[orm(model = {M})]` to `{Self}`"
)]
pub trait Projection<M: Model>: Copied + Send + 'static {
    /// What a row is until related rows are there: the struct, where its fields can be without them.
    type Seed: Send + 'static;
    /// Appends what the fields read, in their order.
    fn select(items: &mut SelectItems<M>);
    /// Reads the fields, in their order.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) with the column's position.
    fn read(columns: &mut Columns<'_>) -> Result<Self::Seed>;
    /// The row, once related rows are in it.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), naming the relation, when one that always leads to a row does not.
    fn grow(seed: Self::Seed) -> Result<Self>;
    /// Makes a relation's query read this.
    #[doc(hidden)]
    fn nest(node: &mut IncludeNode) {
        let mut items = SelectItems::<M>::new();
        Self::select(&mut items);
        node.read_parts(items.list);
        for child in items.nodes {
            push_node(&mut node.select, &mut node.children, child);
        }
        node.new_set = projected_set::<M, Self>;
    }
}

/// A model is a projection of itself, so that whole rows can be nested: `posts: Vec<Post>`.
impl<M: Model + Clone> Projection<M> for M {
    type Seed = M;
    fn select(items: &mut SelectItems<M>) {
        items.list.extend(M::DEF.columns.iter().map(ast::Expr::Column));
    }
    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        read_model(columns)
    }
    fn grow(seed: Self) -> Result<Self> {
        Ok(seed)
    }
    fn nest(_node: &mut IncludeNode) {
        // A relation's query reads whole rows already.
    }
}

/// Collects what a projection reads.
pub struct SelectItems<M> {
    list: Vec<ast::Expr>,
    nodes: Vec<IncludeNode>,
    _model: PhantomData<fn() -> M>,
}

impl<M> SelectItems<M> {
    pub(crate) fn new() -> Self {
        Self { list: Vec::new(), nodes: Vec::new(), _model: PhantomData }
    }

    /// Appends a column, an expression or a tuple of them.
    pub fn push<X: Select<M>>(&mut self, item: X) {
        item.push(&mut self.list);
    }

    /// Appends what is read into a field of type `T`.
    pub fn push_into<T, X: Select<M>>(&mut self, item: X)
    where
        X::Output: Fits<T>,
    {
        item.push(&mut self.list);
    }

    /// Fills a field of `P` with the projection of the row that a relation leads to from every row.
    pub fn nest_one<P, C, Q, N>(&mut self, relation: N, slot: fn(&mut P) -> &mut dyn NestSlot<Q>)
    where
        P: Send + 'static,
        C: Model,
        Q: Projection<C>,
        N: Nest<M, C>,
        N::Cardinality: LeadsToOne,
    {
        self.nest(relation, slot);
    }

    /// Fills a field of `P` with projections of related rows: one query for all rows.
    pub fn nest<P, C, Q>(&mut self, relation: impl Nest<M, C>, slot: fn(&mut P) -> &mut dyn NestSlot<Q>)
    where
        P: Send + 'static,
        C: Model,
        Q: Projection<C>,
    {
        let mut node = relation.into_nest();
        Q::nest(&mut node);
        node.attach =
            Arc::new(move |parents, children, owners| attach_copies(parents, children, owners, slot, Copied::copied));
        self.nodes.push(node);
    }

    pub(crate) fn into_parts(self) -> (Vec<ast::Expr>, Vec<IncludeNode>) {
        (self.list, self.nodes)
    }
}

impl<M> std::fmt::Debug for SelectItems<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.list.fmt(f)
    }
}

/// A relation of `M` to `C`, plain or refined, for nested projections.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{M}` to `{C}`",
    label = "expected a relation such as `User::POSTS`"
)]
pub trait Nest<M, C> {
    /// What it leads to from each row.
    type Cardinality: Cardinality;
    /// The node.
    fn into_nest(self) -> IncludeNode;
}

/// A value of type `Self` may be read into a field of type `T`: it is of the same type, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is read, but the field is a `{T}`",
    label = "reads `{Self}`",
    note = "make the field a `{Self}`; what a path leads to is an `Option` where there may be no such row"
)]
pub trait Fits<T> {}
impl<T> Fits<T> for T {}
impl<T: Scalar> Fits<Option<T>> for T {}

/// A relation that leads to one row from each.
#[diagnostic::on_unimplemented(
    message = "the relation may lead to no row, or to several",
    label = "nested as one row",
    note = "make the field an `Option` or a `Vec`; or leave out rows without a related one: `.required()`"
)]
pub trait LeadsToOne {}
impl LeadsToOne for One {}
impl LeadsToOne for Required {}

/// Projections of a row that several others have are copied, which asks for no `Clone` of theirs.
pub trait Copied: Sized {
    /// A copy.
    #[must_use]
    fn copied(&self) -> Self;
}

impl<M: Model + Clone> Copied for M {
    fn copied(&self) -> Self {
        self.clone()
    }
}

impl<Q: Copied> Copied for Vec<Q> {
    fn copied(&self) -> Self {
        self.iter().map(Q::copied).collect()
    }
}

impl<Q: Copied> Copied for Option<Q> {
    fn copied(&self) -> Self {
        self.as_ref().map(Q::copied)
    }
}

/// An empty set of projections, which reads the keys of the relations nested in them.
pub(crate) fn projected_set<C: Model, Q: Projection<C>>() -> Box<dyn RowSet> {
    let mut items = SelectItems::<C>::new();
    Q::select(&mut items);
    let mut set = ProjectedSet::reading(Q::read, |seeds| Ok(Box::new(grown::<C, Q>(seeds)?)));
    for node in &items.nodes {
        node.relation.keys().iter().for_each(|pair| set.need(pair.from));
        node.relation.first().when.iter().for_each(|(column, _)| set.need(column));
    }
    Box::new(set)
}

/// An empty set of selected columns.
pub(super) fn selected_set<C, X: Select<C>>() -> Box<dyn RowSet> {
    Box::new(ProjectedSet::reading(X::read, |rows| Ok(Box::new(rows))))
}

/// The rows of a set of projections, grown.
fn grown<C: Model, T: Projection<C>>(seeds: Vec<T::Seed>) -> Result<Vec<T>> {
    let rows: Result<_> = seeds.into_iter().map(T::grow).collect();
    rows.map_err(|error| error.with_model(C::DEF.name))
}
