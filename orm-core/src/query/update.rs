//! Changing rows: many by a filter, one that is in hand.

use std::marker::PhantomData;

use super::create::key_to;
use super::exec;
use super::insert::{integer_value, time_value};
use super::key::{key_filter, key_of};
use super::rows::ValueRow;
use super::{Column, Expr, IntoCondition, IntoOrder, Operand};
use crate::ast::{self, BinaryOp, Deleted, Returning, Statement};
use crate::dialect::{Dialect, Rendered, render, rewrites, stored};
use crate::driver::{Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, ModelDef, RelationDef, read_model};
use crate::row::Columns;
use crate::value::{Scalar, Type, Value};

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

/// Changes rows: `User::update().set(..).filter(..)`. `updated_at` is set as well, and the version counted up.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Update<M, F = Unfiltered> {
    update: Box<ast::Update>,
    first: First,
    silent: bool,
    _types: PhantomData<fn() -> (M, F)>,
}

impl<M, F> Clone for Update<M, F> {
    fn clone(&self) -> Self {
        Self { update: self.update.clone(), first: self.first.clone(), silent: self.silent, _types: PhantomData }
    }
}

/// The first rows of those that a change is about.
#[derive(Clone, Default)]
pub(super) struct First {
    pub(super) order_by: Vec<ast::Order>,
    pub(super) limit: Option<u64>,
}

impl First {
    /// The condition that a row is among them. They are found by a sub-query for their keys, which every database has;
    /// few take a limit in the change itself.
    pub(super) fn narrow(
        self,
        def: &'static ModelDef,
        filter: &mut Vec<ast::Expr>,
        deleted: &mut Deleted,
    ) -> Result<()> {
        if self.limit.is_none() {
            return Ok(());
        }
        let mut rows = ast::Select::new(def);
        rows.filter = std::mem::take(filter);
        rows.deleted = std::mem::replace(deleted, Deleted::Included);
        (rows.order_by, rows.limit) = (self.order_by, self.limit);
        let Some(among) = ast::Expr::is_among(rows) else {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "the model has no primary key, so the first rows cannot be told from the others; leave the limit out",
            )
            .with_model(def.name));
        };
        filter.push(among);
        Ok(())
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
            deleted: Deleted::Hidden,
            returning: Returning::Nothing,
        };
        Self { update: Box::new(update), first: First::default(), silent: false, _types: PhantomData }
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
        self.update.deleted = Deleted::Included;
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
        let ast::Update { filter, deleted, .. } = &mut *self.update;
        self.first.narrow(M::DEF, filter, deleted)?;
        Ok(self.update)
    }

    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        render(&Statement::Update(self.clone().finish()?), dialect)
    }

    /// Changes the rows and gives the number of rows the filter matched.
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64>
    where
        F: IsFiltered,
    {
        Ok(exec::execute(db.session(), M::DEF, &Statement::Update(self.finish()?)).await?.rows_affected)
    }

    /// Changes the rows and gives them as they are then.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] on databases without `UPDATE .. RETURNING`; as [`exec`](Self::exec).
    pub async fn returning<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<M>>
    where
        F: IsFiltered,
    {
        let mut update = self.finish()?;
        update.returning = Returning::Model;
        exec::fetch_all(db.session(), M::DEF, &Statement::Update(update), read_model::<M>).await
    }
}

impl<M: Model> Update<M> {
    /// Takes the mark of deletion off rows that have it; called by the derive of soft-deleting models.
    pub fn restore() -> Restore<M> {
        let mut update = Self::new();
        if let Some(index) = M::DEF.deleted_at {
            let column = &M::DEF.columns[index];
            update.update.set.push((column, ast::Expr::Value(Value::Null(column.ty))));
        }
        update.update.deleted = Deleted::Only;
        Restore(update)
    }
}

/// Takes the mark of deletion off rows: `User::restore().filter(..)`. Rows that are not deleted stay as they are.
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
    /// [`ErrorKind::UniqueViolation`] when unique values of theirs were taken meanwhile, else the database's; nothing is
    /// restored then.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64>
    where
        F: IsFiltered,
    {
        self.0.exec(db).await
    }
}

/// Sets `updated_at` and counts up the version, unless the statement does.
pub(super) fn touch(def: &'static ModelDef, set: &mut Vec<(&'static ColumnDef, ast::Expr)>) {
    count_up(def, set);
    if let Some(index) = def.updated_at
        && !set.iter().any(|(column, _)| column.index == index)
    {
        let column = &def.columns[index];
        set.push((column, ast::Expr::Value(time_value(column, crate::value::now()))));
    }
}

/// Counts up the version, unless the statement sets it: whoever holds the row as it was learns that it changed.
pub(crate) fn count_up(def: &'static ModelDef, set: &mut Vec<(&'static ColumnDef, ast::Expr)>) {
    if let Some(index) = def.version
        && !set.iter().any(|(column, _)| column.index == index)
    {
        let column = &def.columns[index];
        let one = ast::Expr::Value(integer_value(column.ty, 1));
        set.push((column, ast::Expr::binary(BinaryOp::Add, column.into(), one)));
    }
}

/// The right side of an assignment to a `T` column: also `None` for nullable columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a `{T}` column",
    label = "expected a `{T}` value or expression"
)]
pub trait Assign<S, T> {
    /// The tree.
    fn into_assigned(self) -> ast::Expr;
}

impl<S, T: Type + Kind, V: AssignTo<S, T, <T as Kind>::Is>> Assign<S, T> for V {
    fn into_assigned(self) -> ast::Expr {
        self.into_tree()
    }
}

/// Plain columns.
#[derive(Debug, Clone, Copy)]
pub enum Plain {}
/// Nullable columns.
#[derive(Debug, Clone, Copy)]
pub enum Nullable {}

/// Whether a column type is plain or nullable, as a type.
pub trait Kind {
    /// [`Plain`] or [`Nullable`].
    type Is;
}
impl<T: Scalar> Kind for T {
    type Is = Plain;
}
impl<T: Scalar> Kind for Option<T> {
    type Is = Nullable;
}

/// [`Assign`], by the kind of the column, so that integer literals still find their type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a `{T}` column",
    label = "expected a `{T}` value or expression"
)]
pub trait AssignTo<S, T, K> {
    /// The tree.
    fn into_tree(self) -> ast::Expr;
}

impl<S, T: Scalar, V: Operand<S, T>> AssignTo<S, T, Plain> for V {
    fn into_tree(self) -> ast::Expr {
        self.into_operand()
    }
}

impl<S, T: Scalar, V: Into<Assigned<S, T>>> AssignTo<S, Option<T>, Nullable> for V {
    fn into_tree(self) -> ast::Expr {
        self.into().0
    }
}

/// What may be assigned to a nullable column.
#[derive(Debug)]
pub struct Assigned<S, T>(ast::Expr, PhantomData<fn() -> (S, T)>);

impl<S, T: Scalar> From<Option<T>> for Assigned<S, T> {
    fn from(value: Option<T>) -> Self {
        Self(ast::Expr::Value(Type::into_value(value)), PhantomData)
    }
}
impl<S, T: Scalar> From<T> for Assigned<S, T> {
    fn from(value: T) -> Self {
        Self(ast::Expr::Value(Scalar::into_value(value)), PhantomData)
    }
}
impl<S> From<&str> for Assigned<S, String> {
    fn from(value: &str) -> Self {
        Self(ast::Expr::Value(Value::Text(value.to_owned().into())), PhantomData)
    }
}
impl<S, T: Type> From<Expr<S, T>> for Assigned<S, T::Base> {
    fn from(value: Expr<S, T>) -> Self {
        Self(value.into_node(), PhantomData)
    }
}
impl<S, T: Type> From<Column<S, T>> for Assigned<S, T::Base> {
    fn from(value: Column<S, T>) -> Self {
        Self(value.into_node(), PhantomData)
    }
}

/// New values of one row's columns, by position; the last one of a column counts.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    set: Vec<(usize, Value)>,
    silent: bool,
}

impl Changes {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a column a value, by its position.
    pub fn set(&mut self, column: usize, value: Value) {
        match self.set.iter_mut().find(|(other, _)| *other == column) {
            Some((_, slot)) => *slot = value,
            None => self.set.push((column, value)),
        }
    }

    /// Leaves `updated_at` as it is.
    pub fn silence(&mut self) {
        self.silent = true;
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

/// New values of a row in hand. The builder that the derive writes is a setter per column around it.
#[must_use = "nothing is changed until `.exec(&db).await`"]
#[derive(Debug)]
pub struct Changing<'m, M> {
    row: &'m mut M,
    changes: Changes,
}

impl<'m, M: Model> Changing<'m, M> {
    /// Changes nothing yet.
    pub fn new(row: &'m mut M) -> Self {
        Self { row, changes: Changes::new() }
    }

    /// Gives a column a value, by its position.
    pub fn with(mut self, column: usize, value: Value) -> Self {
        self.changes.set(column, value);
        self
    }

    /// Leaves `updated_at` as it is.
    pub fn silent(mut self) -> Self {
        self.changes.silence();
        self
    }

    /// Gives the key to a row, which one of the relations leads to, and none of the others' keys.
    pub fn refer<C: Model>(mut self, relations: &[RelationDef], row: &C) -> Self {
        key_to(relations, row, |column, value| self.changes.set(column, value));
        self
    }

    /// Writes the changes and refreshes the struct.
    ///
    /// # Errors
    /// As [`update_row`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<()> {
        update_row(self.row, self.changes, db).await
    }
}

/// An UPDATE that sets `updated_at` and counts up the version as well.
pub(crate) fn update_of(
    def: &'static ModelDef,
    mut set: Vec<(&'static ColumnDef, ast::Expr)>,
    filter: Vec<ast::Expr>,
) -> Statement {
    touch(def, &mut set);
    let (deleted, returning) = (Deleted::Hidden, Returning::Nothing);
    Statement::Update(Box::new(ast::Update { model: def, set, filter, deleted, returning }))
}

/// Whether saving a row writes a column: not its key, nor what the database or the library makes.
pub(super) fn saves(def: &'static ModelDef, column: &ColumnDef) -> bool {
    !def.primary_key.contains(&column.index)
        && column.generated.is_none()
        && ![def.created_at, def.updated_at, def.version].contains(&Some(column.index))
}

/// Writes new values of a row in hand and puts them into it. Checks and counts up the version, sets `updated_at`.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the row is gone, [`ErrorKind::Stale`] when its version changed, else the database's.
pub async fn update_row<M: Model, E: Runs<M> + ?Sized>(row: &mut M, changes: Changes, db: &E) -> Result<()> {
    write_row(row, changes, db.session(), Deleted::Hidden).await
}

pub(super) async fn write_row<M: Model>(
    row: &mut M,
    mut changes: Changes,
    session: &dyn Session,
    deleted: Deleted,
) -> Result<()> {
    let def = M::DEF;
    if changes.is_empty() {
        return Ok(());
    }
    if let Some(index) = def.updated_at
        && !changes.silent
        && !changes.set.iter().any(|(column, _)| *column == index)
    {
        changes.set(index, time_value(&def.columns[index], crate::value::now()));
    }
    for (index, value) in &mut changes.set {
        let column = &def.columns[*index];
        let given = std::mem::replace(value, Value::Null(column.ty));
        *value = stored(&**session.dialect(), column, given).map_err(|e| e.with_model(def.name))?;
    }
    let mut filter = key_filter(def, &key_of(row)?);
    if let Some(index) = def.version {
        let column = &def.columns[index];
        let current = row.value(index);
        let next = match &current {
            Value::I16(v) => Value::I16(v.wrapping_add(1)),
            Value::I32(v) => Value::I32(v.wrapping_add(1)),
            Value::I64(v) => Value::I64(v.wrapping_add(1)),
            Value::U64(v) => Value::U64(v.wrapping_add(1)),
            _ => integer_value(column.ty, 1),
        };
        filter.push(ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(current)));
        changes.set(index, next);
    }
    let dialect = &**session.dialect();
    let computes = def.columns.iter().any(|column| column.generated.is_some())
        || changes.set.iter().any(|(index, _)| rewrites(dialect, &def.columns[*index]));
    let returns = computes && dialect.capabilities().returning_update;
    let set = changes.set.iter().map(|(i, value)| (&def.columns[*i], ast::Expr::Value(value.clone()))).collect();
    let returning = if returns { Returning::Model } else { Returning::Nothing };
    let update = Statement::Update(Box::new(ast::Update { model: def, set, filter, deleted, returning }));
    let fresh = if returns {
        exec::fetch_first(session, def, &update, read_model::<M>).await?
    } else if exec::execute(session, def, &update).await?.rows_affected == 0 {
        None
    } else {
        let mut values: Vec<Value> = (0..def.columns.len()).map(|i| row.value(i)).collect();
        for (i, value) in changes.set {
            values[i] = value;
        }
        if computes {
            let key: Vec<Value> = def.primary_key.iter().map(|i| values[*i].clone()).collect();
            let mut select = ast::Select::new(def);
            select.deleted = Deleted::Included;
            select.filter = key_filter(def, &key);
            exec::fetch_first(session, def, &Statement::Select(Box::new(select)), read_model::<M>).await?
        } else {
            Some(read_model(&mut Columns::new(&ValueRow(&values)))?)
        }
    };
    match fresh {
        Some(fresh) => {
            let old = std::mem::replace(row, fresh);
            row.keep_relations(old);
            Ok(())
        }
        None => Err(gone(def)),
    }
}

/// The error for a row in hand that is not in the database as it was.
#[cold]
pub(super) fn gone(def: &'static ModelDef) -> Error {
    if def.version.is_some() {
        Error::new(ErrorKind::Stale, "the row was changed or removed since it was read; reload it and try again")
            .with_model(def.name)
    } else {
        Error::new(ErrorKind::NotFound, "the row was removed since it was read").with_model(def.name)
    }
}
