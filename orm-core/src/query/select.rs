//! What a query reads instead of whole models: columns, expressions, tuples of them, projections.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::include::{IncludeNode, Owners, Parents, RowSet};
use super::{Column, Expr, Within};
use crate::ast;
use crate::error::Result;
use crate::model::{Always, ColumnDef, Model, Reach, Required, read_model};
use crate::row::{Columns, Decode, Flow, Row, RowSink};
use crate::value::{Scalar, SqlType, Type, Value};

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
    /// Appends the trees as operands of something else: conditions keep their NULLs.
    #[doc(hidden)]
    fn push_operands(self, list: &mut Vec<ast::Expr>)
    where
        Self: Sized,
    {
        self.push(list);
    }
}

impl<S, M: Within<S>, T: Type> Select<S> for Column<M, T> {
    type Output = T;
    fn push(self, list: &mut Vec<ast::Expr>) {
        list.push(self.into_node());
    }
}

/// A condition is read as whether it holds: FALSE also where it is NULL, unless it is `.nullable()`.
impl<S, M: Within<S>, T: Type> Select<S> for Expr<M, T> {
    type Output = T;
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
            super::include::push_node(&mut node.select, &mut node.children, child);
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
    pub(super) fn new() -> Self {
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
        N::Reach: LeadsToOne,
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
            Arc::new(move |parents, children, owners| attach(parents, children, owners, slot, Copied::copied));
        self.nodes.push(node);
    }

    pub(super) fn into_parts(self) -> (Vec<ast::Expr>, Vec<IncludeNode>) {
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
    type Reach: Reach;
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
impl LeadsToOne for Always {}
impl LeadsToOne for Required {}

/// A field that holds nested projections: `Vec<Q>` for to-many relations, `Option<Q>` for to-one.
pub trait NestSlot<Q> {
    /// Puts rows into it.
    fn fill(&mut self, rows: Vec<Q>);
}

impl<Q> NestSlot<Q> for Vec<Q> {
    fn fill(&mut self, rows: Vec<Q>) {
        *self = rows;
    }
}

impl<Q> NestSlot<Q> for Option<Q> {
    fn fill(&mut self, rows: Vec<Q>) {
        *self = rows.into_iter().next();
    }
}

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
pub(super) fn projected_set<C: Model, Q: Projection<C>>() -> Box<dyn RowSet> {
    Box::new(ProjectedSet::new::<C, Q>())
}

/// An empty set of selected columns.
pub(super) fn selected_set<T: Decode>() -> Box<dyn RowSet> {
    Box::new(ProjectedSet::reading(T::decode, |rows| Ok(Box::new(rows))))
}

/// Moves nested rows into their parents; a row that several parents have is copied for all but the last.
pub(super) fn attach<P: 'static, Q: 'static>(
    parents: &mut dyn Parents,
    children: Box<dyn RowSet>,
    owners: &Owners,
    slot: impl Fn(&mut P) -> &mut dyn NestSlot<Q>,
    copy: fn(&Vec<Q>) -> Vec<Q>,
) -> Result<()> {
    let Ok(children) = children.into_rows()?.downcast::<Vec<Q>>() else {
        return Ok(()); // The types come from one call of `nest`, so they are these.
    };
    let mut groups: Vec<Vec<Q>> = (0..owners.groups).map(|_| Vec::new()).collect();
    for (child, group) in children.into_iter().zip(&owners.children) {
        if let Some(rows) = groups.get_mut(*group as usize) {
            rows.push(child);
        }
    }
    let mut waiting = vec![0_usize; owners.groups];
    for group in &owners.parents {
        if let Some(count) = waiting.get_mut(*group as usize) {
            *count += 1;
        }
    }
    for (row, group) in owners.parents.iter().enumerate() {
        let Some(parent) = parents.row_mut(row).and_then(|row| row.downcast_mut::<P>()) else { continue };
        let group = *group as usize;
        let rows = match (groups.get_mut(group), waiting.get_mut(group)) {
            (Some(rows), Some(1)) => std::mem::take(rows),
            (Some(rows), Some(count)) => {
                *count -= 1;
                copy(rows)
            }
            _ => Vec::new(),
        };
        slot(parent).fill(rows);
    }
    Ok(())
}

/// A set of projections, with the model's key columns that relations need.
pub(super) struct ProjectedSet<S> {
    rows: Vec<S>,
    read: fn(&mut Columns<'_>) -> Result<S>,
    /// Makes the rows what they become, in a `Vec` of that.
    grow: fn(Vec<S>) -> Result<Box<dyn Any + Send>>,
    keys: Vec<&'static ColumnDef>,
    values: Vec<Value>,
    extra: Vec<Value>,
    extra_count: usize,
    mark: usize,
}

/// The rows of a set of projections, grown.
fn grown<C: Model, T: Projection<C>>(seeds: Vec<T::Seed>) -> Result<Vec<T>> {
    let rows: Result<_> = seeds.into_iter().map(T::grow).collect();
    rows.map_err(|error| error.with_model(C::DEF.name))
}

impl<S: Send + 'static> ProjectedSet<S> {
    pub(super) fn new<C: Model, T: Projection<C, Seed = S>>() -> Self {
        let mut items = SelectItems::<C>::new();
        T::select(&mut items);
        let mut set = Self::reading(T::read, |seeds| Ok(Box::new(grown::<C, T>(seeds)?)));
        for node in &items.nodes {
            node.relation.keys.iter().for_each(|pair| set.need(pair.from));
            node.relation.when.iter().for_each(|(column, _)| set.need(column));
        }
        set
    }

    fn reading(read: fn(&mut Columns<'_>) -> Result<S>, grow: fn(Vec<S>) -> Result<Box<dyn Any + Send>>) -> Self {
        Self {
            rows: Vec::new(),
            read,
            grow,
            keys: Vec::new(),
            values: Vec::new(),
            extra: Vec::new(),
            extra_count: 0,
            mark: 0,
        }
    }
}

impl<T: Send + 'static> RowSink for ProjectedSet<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let mut columns = Columns::new(row);
        self.rows.push((self.read)(&mut columns)?);
        for _ in &self.keys {
            self.values.push(columns.next_value()?.into());
        }
        for _ in 0..self.extra_count {
            self.extra.push(columns.next_value()?.into());
        }
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.truncate_to_mark();
    }
}

impl<T: Send + 'static> Parents for ProjectedSet<T> {
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn value(&self, row: usize, column: usize) -> Value {
        match self.keys.iter().position(|key| key.index == column) {
            Some(place) => self.values[row * self.keys.len() + place].clone(),
            None => Value::Null(SqlType::Text),
        }
    }
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn Any> {
        self.rows.get_mut(row).map(|row| row as _)
    }
}

impl<T: Send + 'static> RowSet for ProjectedSet<T> {
    fn need(&mut self, column: &'static ColumnDef) {
        if !self.keys.contains(&column) {
            self.keys.push(column);
        }
    }
    fn keys(&self) -> &[&'static ColumnDef] {
        &self.keys
    }
    fn extra(&self, row: usize) -> &[Value] {
        &self.extra[row * self.extra_count..(row + 1) * self.extra_count]
    }
    fn read_extra(&mut self, count: usize) {
        self.extra_count = count;
    }
    fn between(&self) -> &'static [ColumnDef] {
        &[]
    }
    fn split_between(&mut self, _owners: &Owners) -> Vec<Box<dyn Any + Send + Sync>> {
        Vec::new()
    }
    fn into_rows(self: Box<Self>) -> Result<Box<dyn Any + Send>> {
        (self.grow)(self.rows)
    }
    fn mark(&mut self) {
        self.mark = self.rows.len();
    }
    fn truncate_to_mark(&mut self) {
        self.truncate(self.mark);
    }
    fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        self.values.truncate(rows * self.keys.len());
        self.extra.truncate(rows * self.extra_count);
    }
}
