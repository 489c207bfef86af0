//! Changing rows: many by a filter, one instance.

use std::marker::PhantomData;

use super::batches::Ranges;
use super::create::key_to;
use super::running::Running;
use super::scope::IntoScope;
use crate::ast::{self, BinaryOp, Deleted, Returning, Statement, Visibility};
use crate::dialect::{Dialect, Rendered, render, show};
use crate::driver::Runs;
use crate::error::Result;
use crate::expr::{Assign, Column, IntoCondition, IntoOrder};
use crate::model::{ColumnDef, Model, RelationDef, Versioned, read_model};
use crate::row::Columns;
use crate::run::{self, ValueRow, key_of};
use crate::value::{Numeric, Scalar, Type, Value};
use crate::write::{
    Changes, Event, FirstRows, compute_row, count_up, event_of_rows, expect_version, prepared, touch, update_each,
    update_row,
};

/// A statement without a filter.
#[derive(Debug, Clone, Copy)]
pub enum Unfiltered {}

/// A statement with a filter, or that says it means every row.
#[derive(Debug, Clone, Copy)]
pub enum Filtered {}

/// The statement says which rows it is about.
#[diagnostic::on_unimplemented(
    message = "this statement would change every row of the table",
    label = "no `.filter(..)` before `.exec(..)`",
    note = "add `.filter(..)`, or `.all_rows()` if every row is meant"
)]
pub trait IsFiltered {}
impl IsFiltered for Filtered {}

/// Changes rows: what is inside the builder of `User::update()`. `updated_at` is set as well, and the version incremented.
/// See [`UpdateRows`].
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Update<M, F = Unfiltered> {
    update: Box<ast::Update>,
    first: FirstRows,
    silent: bool,
    _types: PhantomData<fn() -> (M, F)>,
}

impl<M, F> Clone for Update<M, F> {
    fn clone(&self) -> Self {
        Self { update: self.update.clone(), first: self.first.clone(), silent: self.silent, _types: PhantomData }
    }
}

impl<M, F> std::fmt::Debug for Update<M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show(&Statement::Update(self.update.clone()), f)
    }
}

impl<M: Model> Update<M> {
    /// Changes nothing yet; called by the derive.
    pub fn new() -> Self {
        let update = ast::Update {
            model: M::DEF,
            set: Vec::new(),
            filter: Vec::new(),
            visibility: Visibility::DEFAULT,
            returning: Returning::Nothing,
        };
        Self { update: Box::new(update), first: FirstRows::default(), silent: false, _types: PhantomData }
    }
}

impl<M: Model> Default for Update<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, F> Update<M, F> {
    fn retyped<T>(self) -> Update<M, T> {
        Update { update: self.update, first: self.first, silent: self.silent, _types: PhantomData }
    }

    /// Which rows it is about, unless it is only the first of them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for an update with a limit.
    fn about(&self) -> Result<(&[ast::Expr], Visibility)> {
        self.first.refuse(M::DEF)?;
        Ok((&self.update.filter, self.update.visibility))
    }

    /// The same for rows that meet further conditions.
    fn within(mut self, conditions: Vec<ast::Expr>) -> Self {
        self.update.filter.extend(conditions);
        self
    }

    /// The statement, whether it leaves `updated_at` as it is, and whether it says which rows it is about.
    pub(super) fn into_parts(self) -> (Box<ast::Update>, bool, bool) {
        let said = !self.update.filter.is_empty() || self.first.limit.is_some() || !self.first.order_by.is_empty();
        (self.update, self.silent, said)
    }

    fn assign(&mut self, column: &'static ColumnDef, value: ast::Expr) {
        match self.update.set.iter_mut().find(|(other, _)| other.index == column.index) {
            Some((_, slot)) => *slot = value,
            None => self.update.set.push((column, value)),
        }
    }

    fn finish(mut self) -> Result<Box<ast::Update>> {
        match (self.update.set.is_empty(), self.silent) {
            (true, _) => {}
            (false, false) => touch(M::DEF, &mut self.update.set),
            (false, true) => count_up(M::DEF, &mut self.update.set),
        }
        let ast::Update { filter, visibility, .. } = &mut *self.update;
        self.first.narrow(M::DEF, filter, visibility)?;
        Ok(self.update)
    }
}

impl<M: Model, F> UpdateRows for Update<M, F> {
    type Model = M;
    type Rows = F;
    type Filtered = Update<M, Filtered>;
    fn __update(&mut self) -> &mut Update<M, F> {
        self
    }
    fn __filtered(self) -> Self::Filtered {
        self.retyped()
    }
    fn __finish(self) -> Update<M, F> {
        self
    }
}

/// Which rows `User::update()` changes, and running it. In the prelude. The columns are set by the setters of the builder,
/// as on `user.update()`:
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let changed = User::update().name("Ada L.").visits(User::VISITS + 1).filter(User::ID.eq(1)).exec(&db).await?;
/// assert_eq!(changed, 1);
/// # Ok(()) });
/// ```
///
/// A column that is named like one of these methods is set by `.set(User::LIMIT, 10)`.
pub trait UpdateRows: Sized {
    /// The model.
    type Model: Model;
    /// Whether the rows were said: [`Filtered`] or [`Unfiltered`].
    type Rows;
    /// The same once they were.
    type Filtered;

    #[doc(hidden)]
    fn __update(&mut self) -> &mut Update<Self::Model, Self::Rows>;
    #[doc(hidden)]
    fn __filtered(self) -> Self::Filtered;
    #[doc(hidden)]
    fn __finish(self) -> Update<Self::Model, Self::Rows>;

    /// Changes rows for which a condition holds; several filters must all hold.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let drafts = Post::PUBLISHED.eq(false);
    /// let published = Post::update().published(true).filter(drafts).filter(Post::USER_ID.eq(1)).exec(&db).await?;
    /// assert_eq!(published, 1);
    /// # Ok(()) });
    /// ```
    fn filter<C: IntoCondition<Self::Model>>(mut self, condition: C) -> Self::Filtered {
        self.__update().update.filter.push(condition.into_condition());
        self.__filtered()
    }

    /// Filters when there is a value, else not; does not count as a filter.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let author: Option<i64> = Some(1);
    /// let update = Post::update().published(true).filter_if(author, |id| Post::USER_ID.eq(id));
    /// assert_eq!(update.all_rows().exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    fn filter_if<V, C: IntoCondition<Self::Model>>(mut self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        if let Some(value) = value {
            self.__update().update.filter.push(condition(value).into_condition());
        }
        self
    }

    /// Says that every row is meant.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(User::update().visits(0).all_rows().exec(&db).await?, 3);
    /// # Ok(()) });
    /// ```
    fn all_rows(self) -> Self::Filtered {
        self.__filtered()
    }

    /// Changes soft-deleted rows as well.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::find_by_pk(1).required(&db).await?.destroy().exec(&db).await?;
    /// let update = User::update().name("Kept").filter(User::ID.eq(1));
    /// assert_eq!(update.clone().exec(&db).await?, 0);
    /// assert_eq!(update.with_deleted().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    fn with_deleted(mut self) -> Self {
        self.__update().update.visibility.deleted = Deleted::Included;
        self
    }

    /// Applies the conditions, order and limit of a [scope](crate::query::Scope); its includes are ignored. A scope does not count as a
    /// filter, since it may have no conditions.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// fn drafts() -> Condition<Post> {
    ///     Post::PUBLISHED.eq(false)
    /// }
    /// assert_eq!(Post::update().views(0).scope(drafts()).all_rows().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    fn scope(mut self, scope: impl IntoScope<Self::Model>) -> Self {
        let Update { update, first, .. } = self.__update();
        scope.into_scope().narrow(&mut update.filter, first);
        self
    }

    /// Changes rows outside of the model's default scope as well.
    fn unscoped(mut self) -> Self {
        self.__update().update.visibility.scoped = false;
        self
    }

    /// Changes at most so many rows: those that come first in the order, else any.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let first_two = User::update().visits(1).all_rows().order_by(User::ID.asc()).limit(2);
    /// assert_eq!(first_two.exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    fn limit(mut self, rows: u64) -> Self {
        self.__update().first.limit = Some(rows);
        self
    }

    /// The order of which a [`limit`](Self::limit) leaves the first rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::update().visits(7).all_rows().order_by(User::ID.desc()).limit(1).exec(&db).await?;
    /// assert_eq!(User::find_by_pk(3).required(&db).await?.visits, 7);
    /// # Ok(()) });
    /// ```
    fn order_by<O: IntoOrder<Self::Model>>(mut self, order: O) -> Self {
        order.push(&mut self.__update().first.order_by);
        self
    }

    /// Adds to a number, whatever it is by now. Several columns take different amounts.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::update().increment(User::VISITS, 2).filter(User::ID.eq(1)).exec(&db).await?;
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.visits, 5);
    /// # Ok(()) });
    /// ```
    fn increment<T>(mut self, column: Column<Self::Model, T>, by: T::Base) -> Self
    where
        T: Type,
        T::Base: Numeric,
    {
        let (def, by) = (column.def(), ast::Expr::Value(Scalar::into_value(by)));
        self.__update().assign(def, ast::Expr::binary(BinaryOp::Add, def.into(), by));
        self
    }

    /// Subtracts from a number, whatever it is by now.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let update = User::update().decrement(User::VISITS, 1).filter(User::VISITS.gt(0));
    /// assert_eq!(update.exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    fn decrement<T>(mut self, column: Column<Self::Model, T>, by: T::Base) -> Self
    where
        T: Type,
        T::Base: Numeric,
    {
        let (def, by) = (column.def(), ast::Expr::Value(Scalar::into_value(by)));
        self.__update().assign(def, ast::Expr::binary(BinaryOp::Sub, def.into(), by));
        self
    }

    /// Leaves `updated_at` as it is.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let before = User::find_by_pk(1).required(&db).await?;
    /// User::update().visits(7).filter(User::ID.eq(1)).silent().exec(&db).await?;
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.updated_at, before.updated_at);
    /// # Ok(()) });
    /// ```
    fn silent(mut self) -> Self {
        self.__update().silent = true;
        self
    }

    /// The SQL and binds for a dialect.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let sql = User::update().visits(7).filter(User::ID.eq(1)).to_sql(db.dialect())?.sql;
    /// assert!(sql.starts_with("UPDATE"));
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: what the dialect cannot express; see [`render`].
    fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered>
    where
        Self: Clone,
    {
        let update = self.clone().__finish().finish()?;
        render(&prepared(dialect, Self::Model::DEF, Statement::Update(update))?, dialect)
    }

    /// Changes the rows and gives the number of rows the filter matched.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let changed = User::update().visits(User::VISITS + 1).filter(User::VISITS.gt(0)).exec(&db).await?;
    /// assert_eq!(changed, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: the database's, naming the model and the columns of a violated constraint.
    fn exec<E: Runs<Self::Model> + ?Sized>(self, db: &E) -> Running<'_, u64>
    where
        Self::Rows: IsFiltered,
    {
        let update = self.__finish().finish();
        Box::pin(async move { Ok(update_each(db.session(), Self::Model::DEF, update?, false).await?.1) })
    }

    /// Changes so many rows at a time, in the order of their primary key, each batch by a statement of its own: locks are short, and
    /// others get their turn.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let changed = User::update().visits(User::VISITS + 1).all_rows().in_batches(2).exec(&db).await?;
    /// assert_eq!(changed, 3);
    /// # Ok(()) });
    /// ```
    fn in_batches(self, rows: u32) -> UpdateBatches<Self::Model>
    where
        Self::Rows: IsFiltered,
    {
        UpdateBatches::new(self.__finish().retyped(), rows)
    }

    /// Changes the rows and gives them as they are then.
    ///
    /// A database without `UPDATE .. RETURNING` finds and locks the rows first, in one transaction, and reads them once more.
    ///
    /// Errors: [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) there for a model without a primary key and for
    /// an update of the key; as [`exec`](Self::exec).
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let users: Vec<User> = User::update().visits(5).filter(User::ID.le(2)).returning(&db).await?;
    /// assert_eq!((users.len(), users[0].visits), (2, 5));
    /// # Ok(()) });
    /// ```
    fn returning<E: Runs<Self::Model> + ?Sized>(self, db: &E) -> Running<'_, Vec<Self::Model>>
    where
        Self::Rows: IsFiltered,
    {
        let update = self.__finish().finish();
        Box::pin(async move {
            let (rows, _) = update_each(db.session(), Self::Model::DEF, update?, true).await?;
            rows.iter().map(|values| read_model(&mut Columns::new(&ValueRow(values)))).collect()
        })
    }
}

/// An update of many rows, some at a time: `User::update().name("x").filter(..).in_batches(1000)`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct UpdateBatches<M> {
    update: Update<M, Filtered>,
    size: u32,
}

impl<M: Model> UpdateBatches<M> {
    fn new(update: Update<M, Filtered>, size: u32) -> Self {
        Self { update, size }
    }

    /// Changes the rows, batch by batch, and gives their number. On a database, each batch is committed by itself.
    ///
    /// # Errors
    /// As [`UpdateRows::exec`](super::UpdateRows::exec); batches before the one that failed are done.
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for an update with a limit, and for models without a primary key.
    pub fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Running<'_, u64> {
        Box::pin(async move {
            let (filter, visibility) = self.update.about()?;
            let mut ranges = Ranges::new(db.session(), M::DEF, filter, visibility, self.size)?;
            let mut count = 0;
            while let Some(conditions) = ranges.next(db.session()).await? {
                count += self.update.clone().within(conditions).exec(db).await?;
            }
            Ok(count)
        })
    }
}

impl<M: Model> Update<M> {
    /// Restores soft-deleted rows; called by the derive of soft-deleting models.
    pub fn restore() -> Restore<M> {
        let mut update = Self::new();
        if let Some(index) = M::DEF.deleted_at {
            let column = &M::DEF.columns[index];
            update.update.set.push((column, ast::Expr::Value(Value::Null(column.ty))));
        }
        update.update.visibility.deleted = Deleted::Only;
        Restore(update)
    }
}

/// Restores soft-deleted rows: `User::restore().filter(..)`. Rows that are not deleted stay as they are.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Restore<M, F = Unfiltered>(Update<M, F>);

impl<M, F> Clone for Restore<M, F> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M, F> std::fmt::Debug for Restore<M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model, F> Restore<M, F> {
    /// Restores rows for which a condition holds; several filters must all hold.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().filter(User::ID.ge(2)).exec(&db).await?;
    /// assert_eq!(User::restore().filter(User::NAME.eq("Bob")).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn filter<C: IntoCondition<M>>(self, condition: C) -> Restore<M, Filtered> {
        Restore(self.0.filter(condition))
    }

    /// Filters when there is a value, else not; does not count as a filter.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().all_rows().exec(&db).await?;
    /// let name = Some("Bob");
    /// let restore = User::restore().filter_if(name, |name| User::NAME.eq(name));
    /// assert_eq!(restore.all_rows().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn filter_if<V, C: IntoCondition<M>>(self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        Self(self.0.filter_if(value, condition))
    }

    /// Says that every deleted row is meant.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().all_rows().exec(&db).await?;
    /// assert_eq!(User::restore().all_rows().exec(&db).await?, 3);
    /// # Ok(()) });
    /// ```
    pub fn all_rows(self) -> Restore<M, Filtered> {
        Restore(self.0.all_rows())
    }

    /// Applies a scope; see [`UpdateRows::scope`].
    pub fn scope(self, scope: impl IntoScope<M>) -> Self {
        Self(UpdateRows::scope(self.0, scope))
    }

    /// Restores rows outside of the model's default scope as well.
    pub fn unscoped(self) -> Self {
        Self(UpdateRows::unscoped(self.0))
    }

    /// Restores at most so many rows; see [`Update::limit`].
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().all_rows().exec(&db).await?;
    /// assert_eq!(User::restore().all_rows().order_by(User::ID).limit(1).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn limit(self, rows: u64) -> Self {
        Self(self.0.limit(rows))
    }

    /// The order of which a [`limit`](Self::limit) leaves the first rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().all_rows().exec(&db).await?;
    /// User::restore().all_rows().order_by(User::ID.desc()).limit(1).exec(&db).await?;
    /// assert!(User::find_by_pk(3).exec(&db).await?.is_some());
    /// # Ok(()) });
    /// ```
    pub fn order_by<O: IntoOrder<M>>(self, order: O) -> Self {
        Self(self.0.order_by(order))
    }

    /// The SQL and binds for a dialect.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let sql = User::restore().all_rows().to_sql(db.dialect())?.sql;
    /// assert!(sql.starts_with("UPDATE"));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        self.0.to_sql(dialect)
    }

    /// Restores the rows and gives their number.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().filter(User::ID.eq(3)).exec(&db).await?;
    /// assert_eq!(User::restore().all_rows().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::UniqueViolation`](crate::ErrorKind::UniqueViolation) when unique values of theirs were taken meanwhile, else the database's; nothing is
    /// restored then.
    pub fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Running<'_, u64>
    where
        F: IsFiltered,
    {
        let update = self.0.finish();
        Box::pin(async move { event_of_rows(db.session(), M::DEF, Event::Restore, Statement::Update(update?)).await })
    }
}

/// What an update builder sets the columns of: rows by a filter, or one row.
pub trait Updates<M: Model>: Sized {
    /// Gives a column, by its position, a value or an expression; the last one of a column counts.
    #[must_use]
    fn with(self, column: usize, value: ast::Expr) -> Self;

    /// Leaves `updated_at` as it is.
    #[must_use]
    fn silent(self) -> Self;
}

impl<M: Model, F> Updates<M> for Update<M, F> {
    fn with(mut self, column: usize, value: ast::Expr) -> Self {
        if let Some(column) = M::DEF.columns.get(column) {
            self.assign(column, value);
        }
        self
    }
    fn silent(self) -> Self {
        UpdateRows::silent(self)
    }
}

/// New values of one row: `user.update()`.
#[must_use = "nothing is changed until `.exec(&db).await`"]
pub struct UpdateOne<'m, M> {
    row: &'m mut M,
    changes: Changes,
    /// Columns that the database computes.
    computed: Vec<(&'static ColumnDef, ast::Expr)>,
    expected: Option<Value>,
}

impl<M: Model> std::fmt::Debug for UpdateOne<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut update = Update::<M>::new();
        for (index, value) in self.changes.values() {
            update = update.with(*index, ast::Expr::Value(value.clone()));
        }
        update.update.set.extend(self.computed.iter().cloned());
        update.update.filter = key_of(self.row).map(|key| run::key_filter(M::DEF, &key)).unwrap_or_default();
        update.fmt(f)
    }
}

impl<M: Model> Updates<M> for UpdateOne<'_, M> {
    fn with(mut self, column: usize, value: ast::Expr) -> Self {
        self.computed.retain(|(other, _)| other.index != column);
        match value {
            ast::Expr::Value(value) => self.changes.set(column, value),
            value => {
                self.changes.unset(column);
                self.computed.extend(M::DEF.columns.get(column).map(|column| (column, value)));
            }
        }
        self
    }
    fn silent(mut self) -> Self {
        self.changes.silence();
        self
    }
}

/// Changes to rows of `M`. The builder that the derive writes is a setter per column around it.
#[must_use = "nothing is changed until `.exec(&db).await`"]
pub struct UpdateBuilder<M, U>(U, PhantomData<fn() -> M>);

impl<M, U: Clone> Clone for UpdateBuilder<M, U> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<M, U: std::fmt::Debug> std::fmt::Debug for UpdateBuilder<M, U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model> UpdateBuilder<M, Update<M>> {
    /// Changes rows by a filter; called by the derive.
    pub fn rows() -> Self {
        Self(Update::new(), PhantomData)
    }
}

impl<M: Model, F> UpdateBuilder<M, Update<M, F>> {
    /// The statement, to say more of it; called by the derive.
    pub fn statement(&mut self) -> &mut Update<M, F> {
        &mut self.0
    }

    /// The same, about rows that were said; called by the derive.
    pub fn filtered(self) -> UpdateBuilder<M, Update<M, Filtered>> {
        UpdateBuilder(self.0.retyped(), PhantomData)
    }

    /// The statement; called by the derive.
    pub fn finish(self) -> Update<M, F> {
        self.0
    }
}

impl<'m, M: Model> UpdateBuilder<M, UpdateOne<'m, M>> {
    /// Changes one row; called by the derive.
    pub fn row(row: &'m mut M) -> Self {
        Self(UpdateOne { row, changes: Changes::new(), computed: Vec::new(), expected: None }, PhantomData)
    }

    /// Says which version the row must have; called by the derive.
    pub fn expect_version(mut self, version: M::Version) -> Self
    where
        M: Versioned,
    {
        self.0.expected = Some(version.into_value());
        self
    }

    /// Writes the changes and refreshes the struct. Without changes, the version alone is checked; called by the derive.
    ///
    /// # Errors
    /// As [`update_row`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<()> {
        let UpdateOne { row, changes, computed, expected } = self.0;
        expect_version(row, expected.as_ref())?;
        if computed.is_empty() {
            return update_row(row, changes, db).await;
        }
        compute_row(row, changes, computed, db.session()).await
    }
}

impl<M: Model, U: Updates<M>> UpdateBuilder<M, U> {
    /// Gives a column a value or an expression, by its position; the last one counts; called by the derive.
    pub fn with(self, column: usize, value: ast::Expr) -> Self {
        Self(self.0.with(column, value), PhantomData)
    }

    /// Gives a column a value or an expression when there is one, else not; called by the derive.
    pub fn with_if<T: Type, K>(self, column: Column<M, T, K>, value: Option<impl Assign<M, T>>) -> Self {
        match value {
            Some(value) => self.with(column.def().index, value.into_assigned()),
            None => self,
        }
    }

    /// Leaves `updated_at` as it is; called by the derive.
    pub fn silent(self) -> Self {
        Self(self.0.silent(), PhantomData)
    }

    /// Gives the key to a row, which one of the relations leads to, and none of the others' keys; called by the derive.
    pub fn refer<C: Model>(self, relations: &[RelationDef], row: &C) -> Self {
        let mut keys = Vec::<(usize, Value)>::new();
        key_to(relations, row, |column, value| keys.extend([(column, value)]));
        keys.into_iter().fold(self, |builder, (column, value)| builder.with(column, ast::Expr::Value(value)))
    }
}

/// What update builders have besides setters: called by the derive, with the builder, the parameters of its model and their
/// names, the model, the visibility and name of `exec`, the name of `silent` where there is a time to leave, and the bounds of the model, alone and with the one that no builder
/// meets.
#[doc(hidden)]
#[macro_export]
macro_rules! __update_builder {
    ($builder:ident [$($params:tt)*] [$($names:tt)*], $model:ty, $vis:vis $exec:ident $($silent:ident)?, [$($bounds:tt)*], [$($alone:tt)*]) => {
        impl<$($params)* __U: ::core::clone::Clone> ::core::clone::Clone for $builder<$($names)* __U> $($bounds)* {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }
        impl<$($params)* __U: ::core::fmt::Debug> ::core::fmt::Debug for $builder<$($names)* __U> $($bounds)* {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl<$($params)* __U: $crate::__private::Updates<$model>> $builder<$($names)* __U> $($bounds)* {
            /// Sets a column to a value or an expression; the last one of a column counts.
            $vis fn set<__T: $crate::__private::Type, __K>(
                self,
                column: $crate::__private::Column<$model, __T, __K>,
                value: impl $crate::__private::Assign<$model, __T>,
            ) -> Self {
                Self(self.0.with(column.def().index, value.into_assigned()))
            }
            /// Sets a column when there is a value or an expression, else not.
            $vis fn set_if<__T: $crate::__private::Type, __K>(
                self,
                column: $crate::__private::Column<$model, __T, __K>,
                value: ::core::option::Option<impl $crate::__private::Assign<$model, __T>>,
            ) -> Self {
                Self(self.0.with_if(column, value))
            }
            $(
                /// Leaves the time of the last change as it is.
                $vis fn $silent(self) -> Self {
                    Self(self.0.silent())
                }
            )?
        }
        impl<'__a, $($params)*> $builder<$($names)* $crate::__private::UpdateOne<'__a, $model>> $($bounds)* {
            /// Writes the changes and refreshes the struct, or gives the database's error.
            $vis fn $exec<'__d, __D: $crate::__private::Runs<$model> + ?::core::marker::Sized>(
                self,
                db: &'__d __D,
            ) -> impl ::core::future::Future<Output = $crate::Result<()>> + use<'__a, '__d, $($names)* __D> {
                self.0.exec(db)
            }
        }
        impl<$($params)* __F> $crate::__private::UpdateRows
            for $builder<$($names)* $crate::__private::Update<$model, __F>> $($bounds)*
        {
            type Model = $model;
            type Rows = __F;
            type Filtered = $builder<$($names)* $crate::__private::Update<$model, $crate::__private::Filtered>>;
            fn __update(&mut self) -> &mut $crate::__private::Update<$model, __F> {
                self.0.statement()
            }
            fn __filtered(self) -> Self::Filtered {
                $builder(self.0.filtered())
            }
            fn __finish(self) -> $crate::__private::Update<$model, __F> {
                self.0.finish()
            }
        }
        $crate::__not_a_future!([<$($params)* __U>] $builder<$($names)* __U>, [$($alone)*]);
    };
}
