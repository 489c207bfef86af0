//! Changing rows: many by a filter, one instance.

use std::marker::PhantomData;

use super::create::key_to;
use crate::ast::{self, Deleted, Returning, Statement, Visibility};
use crate::dialect::{Dialect, Rendered, render};
use crate::driver::Runs;
use crate::error::Result;
use crate::expr::{Assign, Column, IntoCondition, IntoOrder};
use crate::model::{ColumnDef, Model, RelationDef, Versioned, read_model};
use crate::run;
use crate::value::{Type, Value};
use crate::write::{
    Changes, FirstRows, compute_row, count_up, expect_version, prepared, touch, update_row, write_rows,
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

/// Changes rows: `User::update().set(..).filter(..)`. `updated_at` is set as well, and the version incremented.
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
        self.update.fmt(f)
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
    /// Gives a column a value or an expression; the last one of a column counts.
    pub fn set<T: Type, V: Assign<M, T>>(mut self, column: Column<M, T>, value: V) -> Self {
        let value = value.into_assigned();
        match self.update.set.iter_mut().find(|(other, _)| other.index == column.def().index) {
            Some((_, slot)) => *slot = value,
            None => self.update.set.push((column.def(), value)),
        }
        self
    }

    /// Gives a column a value when there is one, else not.
    pub fn set_if<T: Type, V: Assign<M, T>>(self, column: Column<M, T>, value: Option<V>) -> Self {
        match value {
            Some(value) => self.set(column, value),
            None => self,
        }
    }

    /// Changes rows for which a condition holds; several filters must all hold.
    pub fn filter<C: IntoCondition<M>>(mut self, condition: C) -> Update<M, Filtered> {
        self.update.filter.push(condition.into_condition());
        self.all_rows()
    }

    /// Filters when there is a value, else not; does not count as a filter.
    pub fn filter_if<V, C: IntoCondition<M>>(mut self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        if let Some(value) = value {
            self.update.filter.push(condition(value).into_condition());
        }
        self
    }

    /// Says that every row is meant.
    pub fn all_rows(self) -> Update<M, Filtered> {
        Update { update: self.update, first: self.first, silent: self.silent, _types: PhantomData }
    }

    /// Changes soft-deleted rows as well.
    pub fn with_deleted(mut self) -> Self {
        self.update.visibility.deleted = Deleted::Included;
        self
    }

    /// Changes at most so many rows: those that come first in the order, else any.
    pub fn limit(mut self, rows: u64) -> Self {
        self.first.limit = Some(rows);
        self
    }

    /// The order of which a [`limit`](Self::limit) leaves the first rows.
    pub fn order_by<O: IntoOrder<M>>(mut self, order: O) -> Self {
        order.push(&mut self.first.order_by);
        self
    }

    /// Leaves `updated_at` as it is.
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
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

    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        render(&prepared(dialect, M::DEF, Statement::Update(self.clone().finish()?))?, dialect)
    }

    /// Changes the rows and gives the number of rows the filter matched.
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64>
    where
        F: IsFiltered,
    {
        write_rows(db.session(), M::DEF, Statement::Update(self.finish()?)).await
    }

    /// Changes the rows and gives them as they are then.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) on databases without `UPDATE .. RETURNING`; as [`exec`](Self::exec).
    pub async fn returning<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<M>>
    where
        F: IsFiltered,
    {
        let mut update = self.finish()?;
        update.returning = Returning::Model;
        let update = prepared(&**db.session().dialect(), M::DEF, Statement::Update(update))?;
        run::fetch_all(db.session(), M::DEF, update, read_model::<M>).await
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
    pub fn filter<C: IntoCondition<M>>(self, condition: C) -> Restore<M, Filtered> {
        Restore(self.0.filter(condition))
    }

    /// Filters when there is a value, else not; does not count as a filter.
    pub fn filter_if<V, C: IntoCondition<M>>(self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        Self(self.0.filter_if(value, condition))
    }

    /// Says that every deleted row is meant.
    pub fn all_rows(self) -> Restore<M, Filtered> {
        Restore(self.0.all_rows())
    }

    /// Restores at most so many rows; see [`Update::limit`].
    pub fn limit(self, rows: u64) -> Self {
        Self(self.0.limit(rows))
    }

    /// The order of which a [`limit`](Self::limit) leaves the first rows.
    pub fn order_by<O: IntoOrder<M>>(self, order: O) -> Self {
        Self(self.0.order_by(order))
    }

    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        self.0.to_sql(dialect)
    }

    /// Restores the rows and gives their number.
    ///
    /// # Errors
    /// [`ErrorKind::UniqueViolation`](crate::ErrorKind::UniqueViolation) when unique values of theirs were taken meanwhile, else the database's; nothing is
    /// restored then.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64>
    where
        F: IsFiltered,
    {
        self.0.exec(db).await
    }
}

/// New values of one row. The builder that the derive writes is a setter per column around it.
#[must_use = "nothing is changed until `.exec(&db).await`"]
#[derive(Debug)]
pub struct UpdateBuilder<'m, M> {
    row: &'m mut M,
    changes: Changes,
    /// Columns that the database computes.
    computed: Vec<(&'static ColumnDef, ast::Expr)>,
    expected: Option<Value>,
}

impl<'m, M: Model> UpdateBuilder<'m, M> {
    /// Changes nothing yet.
    pub fn new(row: &'m mut M) -> Self {
        Self { row, changes: Changes::new(), computed: Vec::new(), expected: None }
    }

    /// Gives a column a value or an expression, by its position; the last one counts.
    pub fn with(mut self, column: usize, value: ast::Expr) -> Self {
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

    /// Gives a column a value or an expression when there is one, else not.
    pub fn with_if<T: Type>(self, column: Column<M, T>, value: Option<impl Assign<M, T>>) -> Self {
        match value {
            Some(value) => self.with(column.def().index, value.into_assigned()),
            None => self,
        }
    }

    /// Leaves `updated_at` as it is.
    pub fn silent(mut self) -> Self {
        self.changes.silence();
        self
    }

    /// Gives the key to a row, which one of the relations leads to, and none of the others' keys.
    pub fn refer<C: Model>(mut self, relations: &[RelationDef], row: &C) -> Self {
        key_to(relations, row, |column, value| {
            self.computed.retain(|(other, _)| other.index != column);
            self.changes.set(column, value);
        });
        self
    }

    /// Says which version the row must have.
    pub fn expect_version(mut self, version: M::Version) -> Self
    where
        M: Versioned,
    {
        self.expected = Some(version.into_value());
        self
    }

    /// Writes the changes and refreshes the struct. Without changes, the version alone is checked.
    ///
    /// # Errors
    /// As [`update_row`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<()> {
        expect_version(self.row, self.expected.as_ref())?;
        if self.computed.is_empty() {
            return update_row(self.row, self.changes, db).await;
        }
        compute_row(self.row, self.changes, self.computed, db.session()).await
    }
}

/// What update builders have besides setters: called by the derive, with the parameters of the builder, the builder, its model,
/// the visibility and name of `exec`, the names of the parameters, and the bounds.
#[doc(hidden)]
#[macro_export]
macro_rules! __update_builder {
    ([$($params:tt)*] $builder:ty, $model:ty, $vis:vis $exec:ident, [$($names:tt)*], [$($bounds:tt)*]) => {
        impl $($params)* $builder $($bounds)* {
            /// Sets a column when there is a value or an expression, else not.
            $vis fn set_if<__T: $crate::__private::Type>(
                self,
                column: $crate::__private::Column<$model, __T>,
                value: ::core::option::Option<impl $crate::__private::Assign<$model, __T>>,
            ) -> Self {
                Self(self.0.with_if(column, value))
            }
            /// Writes the changes and refreshes the struct, or gives the database's error.
            $vis fn $exec<'__d, __D: $crate::__private::Runs<$model> + ?::core::marker::Sized>(
                self,
                db: &'__d __D,
            ) -> impl ::core::future::Future<Output = $crate::Result<()>> + use<'__a, '__d $($names)*, __D> {
                self.0.exec(db)
            }
        }
    };
}
