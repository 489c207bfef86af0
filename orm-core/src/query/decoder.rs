//! [`Decoder`]: what each row of a query becomes, by itself and together with its relations.

use std::any::Any;
use std::marker::PhantomData;

use super::tracked::Tracked;
use crate::ast::{self, SelectList};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Select;
use crate::model::{Model, read_model};
use crate::relation::{Projection, WithRelated, projected_set};
use crate::row::{Columns, Read};
use crate::run::{IncludeNode, ModelSet, RowSet, WholeRow};
use crate::value::Value;

/// Makes the rows of a set what they become.
type Take<Out> = fn(Box<dyn Any + Send>, &[IncludeNode]) -> Result<Vec<Out>>;

/// What each row of a query becomes.
pub(super) struct Decoder<Out> {
    /// Reads a row that no relations are loaded for.
    pub(super) read: Read<Out>,
    /// An empty set of rows that relations are loaded for; `None` where rows have no field for related ones.
    set: Option<fn() -> Box<dyn RowSet>>,
    /// What the rows of a set become.
    take: Take<Out>,
}

impl<Out> Clone for Decoder<Out> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Out> Copy for Decoder<Out> {}

impl<M: Model> Decoder<M> {
    /// Whole models.
    pub(super) fn model() -> Self {
        let set = || Box::new(ModelSet::<M>::new(Vec::new())) as _;
        Self { read: read_model::<M>, set: Some(set), take: |rows, _| Ok(vec_of(rows)) }
    }
}

impl<M: Model> Decoder<Tracked<M>> {
    /// Whole models that keep the values they were read with.
    pub(super) fn tracked() -> Self {
        let set = || Box::new(ModelSet::<M>::new(Vec::new())) as _;
        let read: Read<Tracked<M>> = |columns| Ok(Tracked::new(read_model(columns)?));
        Self { read, set: Some(set), take: |rows, _| Ok(vec_of::<M>(rows).into_iter().map(Tracked::new).collect()) }
    }
}

impl<Out: 'static> Decoder<Out> {
    /// Projections of `M`.
    pub(super) fn projection<M: Model>() -> Self
    where
        Out: Projection<M>,
    {
        let read: Read<Out> = |columns| Out::grow(Out::read(columns)?);
        Self { read, set: Some(projected_set::<M, Out>), take: |rows, _| Ok(vec_of(rows)) }
    }

    /// Whole models with related rows beside them.
    pub(super) fn with_related<M: Model, B: WithRelated<M, Output = Out>>() -> Self {
        Self {
            read: |columns| B::join(read_model(columns)?, B::Found::default(), &[]),
            set: Some(|| Box::new(ModelSet::<(M, B::Found)>::new(Vec::new())) as _),
            take: |rows, includes| {
                // Their nodes come last.
                let nodes = &includes[includes.len().saturating_sub(B::COUNT)..];
                let rows: Vec<(M, B::Found)> = vec_of(rows);
                rows.into_iter().map(|(row, found)| B::join(row, found, nodes)).collect()
            },
        }
    }

    /// Whole models with what is selected beside them.
    pub(super) fn and<M: Model, S: 'static, X: Select<S> + 'static>() -> Self
    where
        Out: From<And<M, S, X>>,
    {
        Self {
            read: |columns| Ok(And::<M, S, X>::read(columns)?.into()),
            set: Some(|| Box::new(ModelSet::<And<M, S, X>>::new(Vec::new())) as _),
            take: |rows, _| Ok(vec_of::<And<M, S, X>>(rows).into_iter().map(Into::into).collect()),
        }
    }

    /// What a function reads, with no field for related rows.
    pub(super) fn without_relations(read: Read<Out>) -> Self {
        Self { read, set: None, take: |_, _| Ok(Vec::new()) }
    }

    /// An empty set of rows that relations are loaded for; the query reads the keys that it needs besides.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] where rows have no field for related ones.
    pub(super) fn start(self, select: &mut ast::Select, includes: &[IncludeNode]) -> Result<fn() -> Box<dyn RowSet>> {
        let Some(new_set) = self.set else {
            let name = includes.first().map_or("", |node| node.relation.name);
            let message =
                format!("`{name}` is loaded into whole models; leave `select` out or use a nested projection");
            return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(select.model.name));
        };
        if let SelectList::Exprs(list) = &mut select.list {
            list.extend(new_set().keys().iter().copied().map(ast::Expr::Column));
        }
        Ok(new_set)
    }

    /// The rows of a set.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], naming the relation, when one that always leads to a row does not.
    pub(super) fn finish(self, set: Box<dyn RowSet>, includes: &[IncludeNode]) -> Result<Vec<Out>> {
        (self.take)(set.into_rows()?, includes)
    }
}

/// A row with what is selected beside it.
pub(super) struct And<M, S, X: Select<S>>(pub(super) M, X::Output, PhantomData<fn() -> S>);

impl<M: Model, S: 'static, X: Select<S> + 'static> WholeRow for And<M, S, X> {
    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        Ok(Self(read_model(columns)?, X::read(columns)?, PhantomData))
    }
    fn value(&self, column: usize) -> Value {
        self.0.value(column)
    }
}

impl<M, S, X: Select<S>> From<And<M, S, X>> for (M, X::Output) {
    fn from(row: And<M, S, X>) -> Self {
        (row.0, row.1)
    }
}

/// Rows of a type that is known.
fn vec_of<T: 'static>(rows: Box<dyn Any + Send>) -> Vec<T> {
    rows.downcast().map(|rows| *rows).unwrap_or_default()
}
