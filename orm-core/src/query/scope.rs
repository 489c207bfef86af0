//! [`Scope`]: what a finder is told, under a name: conditions, includes, orders and limits that functions give.

use std::marker::PhantomData;

use crate::ast;
use crate::expr::{Expr, IntoCondition, IntoFilter, IntoOrder};
use crate::model::Model;
use crate::run::{IncludeNode, IntoInclude, include_into, merge};
use crate::write::FirstRows;

/// What a finder of a model is told, for functions that give it a name and take arguments:
///
/// ```
/// # use {orm::{Scope, prelude::*}, orm_guide::*};
/// fn popular(views: i32) -> Scope<Post> {
///     Scope::new().filter(Post::VIEWS.ge(views)).order_by(Post::VIEWS.desc()).include(Post::USER)
/// }
///
/// fn published() -> Condition<Post> {
///     Post::PUBLISHED.eq(true)
/// }
/// # run(async |db| {
/// let posts = Post::find_all().scope(published()).scope(popular(10)).exec(&db).await?;
/// assert_eq!(posts[0].user.get()?.map(|user| user.email.as_str()), Some("ada@example.com"));
/// # Ok(()) });
/// ```
///
/// Scopes add up in the order of the calls: all conditions hold, orders are appended, the last limit and offset count. A relation
/// that the finder includes itself is loaded as it says, and not as a scope says. Where rows are counted, and not read, the
/// conditions count and nothing else.
#[must_use = "a scope does nothing until it is given to a finder: `.scope(..)`"]
pub struct Scope<M> {
    /// Holds what is collected.
    select: ast::Select,
    includes: Vec<IncludeNode>,
    _model: PhantomData<fn() -> M>,
}

impl<M: Model> Scope<M> {
    /// A scope that says nothing yet.
    pub fn new() -> Self {
        Self { select: ast::Select::new(M::DEF), includes: Vec::new(), _model: PhantomData }
    }

    /// Keeps rows for which a condition holds; several conditions must all hold.
    pub fn filter<C: IntoFilter<M>>(mut self, condition: C) -> Self {
        condition.push(&mut self.select.filter);
        self
    }

    /// Orders the rows, behind orders that were given before.
    pub fn order_by<O: IntoOrder<M>>(mut self, order: O) -> Self {
        order.push(&mut self.select.order_by);
        self
    }

    /// Limits the finder to `rows` rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// Leaves out the first rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// Loads relations.
    pub fn include<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        include_into(&mut self.select, &mut self.includes, relations);
        self
    }
}

impl<M: Model> Default for Scope<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Clone for Scope<M> {
    fn clone(&self) -> Self {
        Self { select: self.select.clone(), includes: self.includes.clone(), _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for Scope<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("model", &self.select.model.name).finish_non_exhaustive()
    }
}

/// Something that is a scope of a finder of `M`: a [`Scope`], or a condition.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope of `{M}`",
    label = "expected a `Scope<{M}>` or a condition",
    note = "a scope is what a function gives: `fn published() -> Condition<Post>`, or `-> Scope<Post>`"
)]
pub trait IntoScope<M> {
    /// The scope.
    #[doc(hidden)]
    fn into_scope(self) -> Scope<M>;
}

impl<M: Model> IntoScope<M> for Scope<M> {
    fn into_scope(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, S> IntoScope<M> for Expr<S, bool>
where
    Self: IntoCondition<M>,
{
    fn into_scope(self) -> Scope<M> {
        let mut scope = Scope::new();
        scope.select.filter.push(self.into_condition());
        scope
    }
}

impl<M> Scope<M> {
    /// Adds the conditions to a query.
    pub(super) fn filter_into(self, select: &mut ast::Select) -> Self {
        let Self { select: mut own, includes, _model } = self;
        select.filter.append(&mut own.filter);
        Self { select: own, includes, _model }
    }

    /// Applies the conditions, order and limit to an UPDATE or DELETE.
    pub(super) fn narrow(self, filter: &mut Vec<ast::Expr>, first: &mut FirstRows) {
        let Self { select: mut own, .. } = self;
        filter.append(&mut own.filter);
        first.order_by.append(&mut own.order_by);
        first.limit = own.limit.or(first.limit);
        first.offset = own.offset.or(first.offset);
    }

    /// Adds everything to a query that reads rows. A fixed number of rows stays what it is.
    pub(super) fn apply(self, select: &mut ast::Select, includes: &mut Vec<IncludeNode>, limited: bool) {
        let Self { select: mut own, includes: nodes, .. } = self.filter_into(select);
        select.order_by.append(&mut own.order_by);
        if limited {
            select.limit = own.limit.or(select.limit);
        }
        select.offset = own.offset.or(select.offset);
        for mut node in nodes {
            node.from_scope = true;
            merge(includes, node);
        }
    }
}
