//! Conditions: boolean expressions, what can be turned into one, and what a finder can be filtered by.

use super::{Column, Expr, Free, Within};
use crate::ast;

/// A condition of queries about `S`. Where an operand is NULL it does not hold, in filters and as a value that is selected;
/// selected as `.nullable()`, it is NULL there.
pub type Condition<S> = Expr<S, bool>;

/// Something that is a condition in a query about `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition of a query about `{S}`",
    label = "expected a condition such as `User::AGE.gt(18)`",
    note = "columns are compared by methods, `.eq(..)`, `.gt(..)`, and conditions joined by `.and(..)` and `.or(..)`; what gives \
            an `Option<bool>` becomes one by `.is_true()`"
)]
pub trait IntoCondition<S>: IntoFilter<S> {
    /// The tree.
    fn into_condition(self) -> ast::Expr;
}

/// Something that a query about `S` can be filtered by: a condition, or an `Option` of one, of which `None` filters nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition of a query about `{S}`",
    label = "expected a condition such as `User::AGE.gt(18)`, or an `Option` of one",
    note = "what gives an `Option<bool>` becomes one by `.is_true()`"
)]
pub trait IntoFilter<S> {
    /// Appends the tree.
    fn push(self, filter: &mut Vec<ast::Expr>);
}

impl<S, M: Within<S>> IntoFilter<S> for Expr<M, bool> {
    fn push(self, filter: &mut Vec<ast::Expr>) {
        filter.push(self.into_node());
    }
}

impl<S, M: Within<S>> IntoFilter<S> for Column<M, bool> {
    fn push(self, filter: &mut Vec<ast::Expr>) {
        filter.push(self.into_node());
    }
}

impl<S, F: IntoFilter<S>> IntoFilter<S> for Option<F> {
    fn push(self, filter: &mut Vec<ast::Expr>) {
        if let Some(condition) = self {
            condition.push(filter);
        }
    }
}

impl<S, M: Within<S>> IntoCondition<S> for Expr<M, bool> {
    fn into_condition(self) -> ast::Expr {
        self.into_node()
    }
}

impl<S, M: Within<S>> IntoCondition<S> for Column<M, bool> {
    fn into_condition(self) -> ast::Expr {
        self.into_node()
    }
}

impl<S> Condition<S> {
    /// Both.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let both = User::VISITS.ge(1).and(User::NAME.eq("Bob"));
    /// assert_eq!(User::count().filter(both).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn and<C: IntoCondition<S>>(self, other: C) -> Condition<S> {
        Expr::from_node(self.into_node().and(other.into_condition()))
    }

    /// Either.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let either = User::VISITS.eq(0).or(User::NAME.eq("Bob"));
    /// assert_eq!(User::count().filter(either).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn or<C: IntoCondition<S>>(self, other: C) -> Condition<S> {
        Expr::from_node(self.into_node().or(other.into_condition()))
    }

    /// Either, across the tables of a join.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let either = User::NAME.eq("Bob").free_or(Post::VIEWS.gt(10));
    /// assert_eq!(User::count().join(User::POSTS).filter(either).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn free_or<M: Within<Free>>(self, other: Condition<M>) -> Condition<Free> {
        Expr::from_node(self.into_node().or(other.into_node()))
    }
}

impl<M> Column<M, bool> {
    /// Both.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let both = Post::PUBLISHED.and(Post::VIEWS.gt(10));
    /// assert_eq!(Post::count().filter(both).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn and<C: IntoCondition<M>>(self, other: C) -> Condition<M> {
        self.is_true().and(other)
    }

    /// Either.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let either = Post::PUBLISHED.or(Post::USER_ID.eq(1));
    /// assert_eq!(Post::count().filter(either).exec(&db).await?, 3);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn or<C: IntoCondition<M>>(self, other: C) -> Condition<M> {
        self.is_true().or(other)
    }
}

/// At least one of several conditions; FALSE of none.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let words = ["ada", "bob"].map(|word| User::EMAIL.contains(word));
/// assert_eq!(User::count().filter(any_of(words)).exec(&db).await?, 2);
/// # Ok(()) });
/// ```
pub fn any_of<S>(conditions: impl IntoIterator<Item = Condition<S>>) -> Condition<S> {
    Expr::from_node(ast::Expr::Or(conditions.into_iter().map(Expr::into_node).collect()))
}

/// All of several conditions; TRUE of none.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let words = ["a", "example"].map(|word| User::EMAIL.contains(word));
/// assert_eq!(User::count().filter(all_of(words)).exec(&db).await?, 3);
/// # Ok(()) });
/// ```
pub fn all_of<S>(conditions: impl IntoIterator<Item = Condition<S>>) -> Condition<S> {
    Expr::from_node(ast::Expr::And(conditions.into_iter().map(Expr::into_node).collect()))
}
