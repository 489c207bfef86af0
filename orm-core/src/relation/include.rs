//! [`Include`]: which related rows to load: filtered, ordered, so many per parent, and what to load below them.

use std::marker::PhantomData;

use super::projection::{Nest, Projection};
use super::selection::RelatedSelection;
use crate::ast::Deleted;
use crate::expr::{IntoFilter, IntoOrder, Select};
use crate::model::{Cardinality, Many, Model};
use crate::run::{IncludeNode, IntoInclude, Strategy, include_into};

/// A relation to load, refined: `User::POSTS.filter(..).order_by(..).limit(3)`.
#[must_use = "pass it to `.include(..)`"]
#[derive(Debug, Clone)]
pub struct Include<P, C, R = Many> {
    node: IncludeNode,
    _models: Models<P, C, R>,
}

/// The two models, and what the relation leads to from each row.
type Models<P, C, R> = PhantomData<fn() -> (P, C, R)>;

impl<P: Model, C: Model, R: Cardinality> Include<P, C, R> {
    pub(super) fn new(node: IncludeNode) -> Self {
        Self { node, _models: PhantomData }
    }

    fn into<S: Cardinality>(self) -> Include<P, C, S> {
        Include::new(self.node)
    }

    /// Loads related rows for which a condition holds; several filters must all hold. Parents stay, with fewer related
    /// rows or none, unless the relation is [`required`](Self::required): a filter is a part of the join's condition.
    pub fn filter<X: IntoFilter<C>>(mut self, condition: X) -> Include<P, C, R::Filtered> {
        condition.push(&mut self.node.select.filter);
        self.into()
    }

    /// Filters when there is a value, else not.
    pub fn filter_if<V, X: IntoFilter<C>>(
        self,
        value: Option<V>,
        condition: impl FnOnce(V) -> X,
    ) -> Include<P, C, R::Filtered> {
        self.filter(value.map(condition))
    }

    /// Loads related rows in an order; several calls add keys.
    pub fn order_by<O: IntoOrder<C>>(mut self, order: O) -> Self {
        order.push(&mut self.node.select.order_by);
        self
    }

    /// Loads at most so many related rows per parent.
    pub fn limit(mut self, rows: u64) -> Include<P, C, R::Filtered> {
        self.node.limit = Some(rows);
        self.into()
    }

    /// Leaves out the first related rows of each parent.
    pub fn offset(mut self, rows: u64) -> Include<P, C, R::Filtered> {
        self.node.offset = Some(rows);
        self.into()
    }

    /// Loads relations of the related rows as well.
    pub fn include<I: IntoInclude<C>>(mut self, relations: I) -> Self {
        include_into(&mut self.node.select, &mut self.node.children, relations);
        self
    }

    /// As [`include`](Self::include), where it is wanted.
    pub fn include_if<I: IntoInclude<C>>(self, wanted: bool, relations: I) -> Self {
        self.include(wanted.then_some(relations))
    }

    /// Reads columns and expressions of the related rows instead of whole rows, for
    /// [`with_related`](crate::query::Find::with_related).
    pub fn select<X: Select<C>>(self, items: X) -> RelatedSelection<P, X::Output, R>
    where
        X::Output: Clone,
    {
        RelatedSelection::select(self.node, items)
    }

    /// Reads a projection of the related rows instead of whole rows, for
    /// [`with_related`](crate::query::Find::with_related).
    pub fn project<T: Projection<C>>(self) -> RelatedSelection<P, T, R> {
        RelatedSelection::project(self.node)
    }

    /// Loads the relation by a query of its own, also where it could be joined: cheaper when many rows belong to few.
    pub fn separate(mut self) -> Self {
        self.node.strategy = Strategy::Separate;
        self
    }

    /// Leaves out parents without such a related row.
    pub fn required(mut self) -> Include<P, C, R::Required> {
        self.node.required = true;
        self.into()
    }

    /// Loads soft-deleted related rows as well.
    pub fn with_deleted(mut self) -> Self {
        self.node.select.visibility.deleted = Deleted::Included;
        self
    }

    /// Loads related rows outside of their model's default scope as well.
    pub fn unscoped(mut self) -> Self {
        self.node.select.visibility.scoped = false;
        self
    }

    /// Loads soft-deleted related rows only.
    pub fn only_deleted(mut self) -> Include<P, C, R::Filtered> {
        self.node.select.visibility.deleted = Deleted::Only;
        self.into()
    }
}

impl<P: Model, C: Model, R: Cardinality> IntoInclude<P> for Include<P, C, R> {
    fn push(self, nodes: &mut Vec<IncludeNode>) {
        nodes.push(self.node);
    }
}

impl<P: Model, C: Model, R: Cardinality> Nest<P, C> for Include<P, C, R> {
    type Cardinality = R;
    fn into_nest(self) -> IncludeNode {
        self.node
    }
}
