//! Window functions, and aggregates over some of the rows.

use super::{Column, Expr, IntoCondition, IntoOrder, Within};
use crate::ast;
use crate::value::Type;

impl<S, T> Expr<S, T> {
    /// Aggregates only some rows: `User::VISITS.sum().only_where(..)`. What is no aggregate, nor computed from some, is NULL
    /// in the other rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let published = Post::VIEWS.sum().only_where(Post::PUBLISHED);
    /// assert_eq!(Post::aggregate(published).exec(&db).await?, Some(25));
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn only_where<C: IntoCondition<S>>(self, condition: C) -> Self {
        let (mut node, condition) = (self.into_node(), condition.into_condition());
        if !restrict(&mut node, &condition) {
            node = ast::Expr::Case(Box::new(ast::Case { branches: vec![(condition, node)], otherwise: None }));
        }
        Self::from_node(node)
    }

    /// As a window function: over the rows with equal values of `partition`, in an order. Either may be `()`, for all rows
    /// and for no order: `row_number().over((), User::AGE.desc())`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rank = orm::row_number().over(Post::USER_ID, Post::VIEWS.desc());
    /// let ranks: Vec<i64> = Post::find_all().select(rank).order_by(Post::ID).exec(&db).await?;
    /// assert_eq!(ranks, [1, 2, 1]);
    /// # Ok(()) });
    /// ```
    pub fn over<P: Partition<S>, O: IntoOrder<S>>(self, partition: P, order: O) -> Self {
        let (mut partition_by, mut order_by) = (Vec::new(), Vec::new());
        partition.push_partition(&mut partition_by);
        order.push(&mut order_by);
        Self::from_node(ast::Expr::Window(Box::new(ast::Window { function: self.into_node(), partition_by, order_by })))
    }
}

/// What the rows of a window have in common: `()`, a column, an expression or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not divide the rows of `{S}` into windows",
    label = "expected `()`, a column, an expression or a tuple of them"
)]
pub trait Partition<S> {
    /// Appends the trees.
    fn push_partition(self, list: &mut Vec<ast::Expr>);
}

impl<S> Partition<S> for () {
    fn push_partition(self, _list: &mut Vec<ast::Expr>) {}
}

impl<S, M: Within<S>, T: Type> Partition<S> for Column<M, T> {
    fn push_partition(self, list: &mut Vec<ast::Expr>) {
        list.push(self.into_node());
    }
}

impl<S, M: Within<S>, T: Type> Partition<S> for Expr<M, T> {
    fn push_partition(self, list: &mut Vec<ast::Expr>) {
        list.push(self.into_node());
    }
}

macro_rules! partitions {
    ($(($($name:ident $index:tt)+))+) => {$(
        impl<S, $($name: Partition<S>),+> Partition<S> for ($($name,)+) {
            fn push_partition(self, list: &mut Vec<ast::Expr>) {
                $(self.$index.push_partition(list);)+
            }
        }
    )+};
}

partitions! { (A 0) (A 0 B 1) (A 0 B 1 C 2) (A 0 B 1 C 2 D 3) }

/// Makes the aggregates of an expression count only some rows; whether there are any.
fn restrict(node: &mut ast::Expr, condition: &ast::Expr) -> bool {
    use ast::Expr as E;
    match node {
        E::Aggregate(aggregate) => {
            aggregate.filter = Some(match aggregate.filter.take() {
                Some(filter) => filter.and(condition.clone()),
                None => condition.clone(),
            });
            true
        }
        E::Window(window) => restrict(&mut window.function, condition),
        E::Binary(_, pair) => restrict(&mut pair.0, condition) | restrict(&mut pair.1, condition),
        E::Not(inner) | E::Negate(inner) | E::Cast(inner, _) | E::Collate(inner, _) | E::IsNull { expr: inner, .. } => {
            restrict(inner, condition)
        }
        E::Between { operands, .. } => {
            restrict(&mut operands.0, condition)
                | restrict(&mut operands.1, condition)
                | restrict(&mut operands.2, condition)
        }
        E::And(all) | E::Or(all) | E::Function(_, all) | E::Call(_, all) | E::Raw(_, all) => {
            all.iter_mut().fold(false, |found, expr| restrict(expr, condition) | found)
        }
        E::Case(case) => {
            let parts = case.branches.iter_mut().flat_map(|(when, then)| [when, then]).chain(&mut case.otherwise);
            parts.fold(false, |found, expr| restrict(expr, condition) | found)
        }
        _ => false,
    }
}
