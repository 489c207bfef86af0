//! Counting rows, asking whether there is one, and single aggregates.

use std::marker::PhantomData;

use super::refine::Refine;
use super::scope::IntoScope;
use crate::ast::{self, Aggregate, Expr as Node, JoinKind, SelectList, Statement};
use crate::dialect::{Dialect, Rendered, render, show};
use crate::driver::{Reading, Runs, Session};
use crate::error::Result;
use crate::expr::{Free, Select};
use crate::model::Model;
use crate::relation::JoinBy;
use crate::row::{Columns, Decode, Flow, Row, RowSink};
use crate::run;

/// Counts rows: `User::count()`. `S` is what its expressions may mention.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Count<M, S = M>(Box<ast::Select>, PhantomData<fn() -> (M, S)>);

/// Asks whether there is a row: `User::exists()`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Exists<M, S = M>(Box<ast::Select>, PhantomData<fn() -> (M, S)>);

/// One aggregate of all rows: `User::aggregate(User::AGE.max())`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct AggregateOf<M, T, S = M>(Box<ast::Select>, Types<M, T, S>);

/// The model, what is given, and what expressions may mention.
type Types<M, T, S> = PhantomData<fn() -> (M, T, S)>;

macro_rules! refine {
    ($name:ident<M $(, $t:ident)?>) => {
        impl<M: Model $(, $t)?, S> Refine for $name<M $(, $t)?, S> {
            type Scope = S;
            fn __select(&mut self) -> &mut ast::Select {
                &mut self.0
            }
        }

        impl<M: Model $(, $t)?, S> $name<M $(, $t)?, S> {
            /// Adds the conditions of a scope. See [`Scope`](super::Scope).
            pub fn scope(mut self, scope: impl IntoScope<M>) -> Self {
                let _ = scope.into_scope().filter_into(&mut self.0);
                self
            }

            /// Joins another model, as [`Find::join`](super::Find::join) does: rows without a partner are left out, and
            /// rows with several are there several times.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().join(User::POSTS).filter(Post::VIEWS.gt(10)).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn join<J: Model>(self, by: impl JoinBy<S, J>) -> $name<M $(, $t)?, Free> {
                self.add_join(JoinKind::Inner, by)
            }

            /// As [`join`](Self::join), keeping rows without a partner.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().left_join(User::POSTS).exec(&db).await?, 4);
            /// # Ok(()) });
            /// ```
            pub fn left_join<J: Model>(self, by: impl JoinBy<S, J>) -> $name<M $(, $t)?, Free> {
                self.add_join(JoinKind::Left, by)
            }

            fn add_join<J: Model>(mut self, kind: JoinKind, by: impl JoinBy<S, J>) -> $name<M $(, $t)?, Free> {
                by.push(kind, &mut self.0.joins);
                $name(self.0, PhantomData)
            }

            /// The SQL and binds for a dialect.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let sql = User::count().filter(User::ID.gt(1)).to_sql(db.dialect())?.sql;
            /// assert!(sql.starts_with("SELECT COUNT(*)"));
            /// # Ok(()) });
            /// ```
            ///
            /// # Errors
            /// What the dialect cannot express; see [`render`].
            pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
                render(&Statement::Select(self.0.clone()), dialect)
            }
        }

        impl<M $(, $t)?, S> Clone for $name<M $(, $t)?, S> {
            fn clone(&self) -> Self {
                Self(self.0.clone(), PhantomData)
            }
        }

        impl<M $(, $t)?, S> std::fmt::Debug for $name<M $(, $t)?, S> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                show(&Statement::Select(self.0.clone()), f)
            }
        }
    };
}

refine!(Count<M>);
refine!(Exists<M>);
refine!(AggregateOf<M, T>);

fn number(columns: &mut Columns<'_>) -> Result<i64> {
    columns.next()
}

/// The count of the rows that a query gives without limit and offset.
pub(super) fn count_rows(select: &ast::Select) -> Box<ast::Select> {
    if select.distinct || !select.group_by.is_empty() || !select.having.is_empty() {
        // Groups and different rows are counted as they come.
        let mut rows = select.clone();
        rows.order_by.clear();
        (rows.limit, rows.offset, rows.lock) = (None, None, None);
        return Box::new(rows);
    }
    let mut count = Box::new(ast::Select::new(select.model));
    count.visibility = select.visibility;
    count.joins.clone_from(&select.joins);
    count.filter.clone_from(&select.filter);
    count.list = SelectList::Exprs(vec![Node::Aggregate(Box::new(Aggregate::of("COUNT", None)))]);
    count
}

/// Runs a count.
pub(super) async fn fetch_count(session: &dyn Session, select: Box<ast::Select>) -> Result<u64> {
    let def = select.model;
    if select.distinct || !select.group_by.is_empty() || !select.having.is_empty() {
        let mut number = Number { rows: 0 };
        run::fetch_into(session, *select, &mut number).await?;
        return Ok(number.rows);
    }
    let count = run::fetch_first(session, def, Statement::Select(select), number).await?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// Counts rows.
struct Number {
    rows: u64,
}

impl RowSink for Number {
    fn row(&mut self, _row: &dyn Row) -> Result<Flow> {
        self.rows += 1;
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.rows = 0;
    }
}

impl<M: Model> Count<M> {
    /// Counts every row; called by the derive.
    pub fn new() -> Self {
        Self(count_rows(&ast::Select::new(M::DEF)), PhantomData)
    }
}

impl<M: Model, S> Count<M, S> {
    /// Counts different values of a column or expression instead of rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(Post::count().distinct(Post::USER_ID).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    pub fn distinct<X: Select<S>>(mut self, of: X) -> Self {
        let mut list = Vec::new();
        of.push(&mut list);
        // Few databases count different rows of several columns; the rows are counted as they come.
        self.0.distinct = list.len() > 1;
        if !self.0.distinct {
            let count = Aggregate { distinct: true, ..Aggregate::of("COUNT", list.pop()) };
            list = vec![Node::Aggregate(Box::new(count))];
        }
        self.0.list = SelectList::Exprs(list);
        self
    }

    /// Runs the count.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(User::count().filter(User::VISITS.gt(0)).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64> {
        fetch_count(Reading::of(db.session()).session(), self.0).await
    }
}

impl<M: Model> Default for Count<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model> Exists<M> {
    /// Asks for any row; called by the derive.
    pub fn new() -> Self {
        let mut select = Box::new(ast::Select::new(M::DEF));
        select.list = SelectList::One;
        select.limit = Some(1);
        Self(select, PhantomData)
    }
}

impl<M: Model, S> Exists<M, S> {
    /// Runs the question.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert!(User::exists().filter(User::NAME.eq("Ada")).exec(&db).await?);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<bool> {
        let on = Reading::of(db.session());
        Ok(run::fetch_first(on.session(), M::DEF, Statement::Select(self.0), number).await?.is_some())
    }
}

impl<M: Model> Default for Exists<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, T: Decode> AggregateOf<M, T> {
    /// Reads one aggregate; called by the derive.
    pub fn new<X: Select<M, Output = T>>(aggregate: X) -> Self {
        let mut select = Box::new(ast::Select::new(M::DEF));
        let mut list = Vec::new();
        aggregate.push(&mut list);
        select.list = SelectList::Exprs(list);
        Self(select, PhantomData)
    }
}

impl<M: Model, T: Decode, S> AggregateOf<M, T, S> {
    /// Runs the query; an aggregate of no rows is NULL, `None`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(User::aggregate(User::VISITS.max()).exec(&db).await?, Some(3));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<T> {
        run::fetch_first(Reading::of(db.session()).session(), M::DEF, Statement::Select(self.0), T::decode)
            .await?
            .ok_or_else(|| run::not_found(M::DEF.name))
    }
}
