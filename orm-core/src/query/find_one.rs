//! Finders of one row: the first of a query, or the one with a primary key.

use super::Find;
use crate::ast::Statement;
use crate::dialect::{Dialect, Rendered, for_column};
use crate::driver::Runs;
use crate::error::Result;
use crate::expr::{Condition, Free, KeyOperand, Select};
use crate::model::{Model, read_model};
use crate::relation::Projection;
use crate::run::{self, IntoInclude};
use crate::value::Value;

/// The first row of a query, or none: `User::find_one()`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindOne<M, Out = M, S = M>(Find<M, Out, S>);

impl<M, Out, S> Clone for FindOne<M, Out, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M, Out, S> std::fmt::Debug for FindOne<M, Out, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model> FindOne<M> {
    /// Finds any row; called by the derive.
    pub fn new() -> Self {
        Self::from_find(Find::new())
    }

    /// The first row of a query.
    pub(crate) fn from_find(find: Find<M>) -> Self {
        Self(find.limit(1))
    }

    pub(super) fn map<T>(self, change: impl FnOnce(Find<M>) -> Find<M, T>) -> FindOne<M, T> {
        FindOne(change(self.0))
    }

    /// Loads relations into the row's relation fields.
    pub fn include<I: IntoInclude<M>>(self, relations: I) -> Self {
        Self(self.0.include(relations))
    }
}

impl<M: Model> Default for FindOne<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, Out, S> FindOne<M, Out, S> {
    refine!(|this| this.0.select);

    /// Reads columns and expressions instead of a whole model.
    pub fn select<X: Select<S>>(self, items: X) -> FindOne<M, X::Output, S> {
        FindOne(self.0.select(items))
    }

    /// Reads a projection instead of a whole model.
    pub fn project<P: Projection<M>>(self) -> FindOne<M, P, S> {
        FindOne(self.0.project())
    }

    /// Joins another model; see [`Find::join`].
    pub fn join<J: Model>(self, on: Condition<Free>) -> FindOne<M, Out, Free> {
        FindOne(self.0.join::<J>(on))
    }
}

impl<M: Model, Out: Send + 'static, S> FindOne<M, Out, S> {
    /// Runs the query and gives the first row, if any.
    ///
    /// # Errors
    /// As [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Option<Out>> {
        let find = self.0;
        if find.includes.is_empty() {
            return run::fetch_first(db.session(), M::DEF, &Statement::Select(find.select), find.read).await;
        }
        Ok(find.exec(db).await?.into_iter().next())
    }

    /// Runs the query and gives the first row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; as [`Find::exec`].
    pub async fn required<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Out> {
        self.exec(db).await?.ok_or_else(|| run::not_found(M::DEF.name))
    }
}

/// The row with a primary key, or none: `User::find_by_pk(1)`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindByPk<M> {
    key: Vec<Value>,
    find: Option<Box<Find<M>>>,
}

impl<M> Clone for FindByPk<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), find: self.find.clone() }
    }
}

impl<M> std::fmt::Debug for FindByPk<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FindByPk").field("key", &self.key).field("find", &self.find).finish()
    }
}

impl<M: Model> FindByPk<M> {
    /// Finds a row by its key; called by the derive.
    pub fn new<K: KeyOperand<M>>(key: K) -> Self {
        Self { key: key.into_key(), find: None }
    }

    fn refine(mut self, change: impl FnOnce(Find<M>) -> Find<M>) -> Self {
        let find = self.find.take().map_or_else(Find::new, |find| *find);
        self.find = Some(Box::new(change(find)));
        self
    }

    /// Loads relations into the row's relation fields.
    pub fn include<I: IntoInclude<M>>(self, relations: I) -> Self {
        self.refine(|find| find.include(relations))
    }

    /// Reads columns and expressions instead of the whole model.
    pub fn select<X: Select<M>>(self, items: X) -> FindOne<M, X::Output> {
        FindOne::from_find(self.find()).select(items)
    }

    /// Reads a projection instead of the whole model.
    pub fn project<P: Projection<M>>(self) -> FindOne<M, P> {
        FindOne::from_find(self.find()).project()
    }

    /// Finds the row even when it is soft-deleted.
    pub fn with_deleted(self) -> Self {
        self.refine(Find::with_deleted)
    }

    /// Locks the row for changing it, until the transaction ends.
    pub fn for_update(self) -> Self {
        self.refine(Find::for_update)
    }

    /// Locks the row against changes by others, until the transaction ends.
    pub fn for_share(self) -> Self {
        self.refine(Find::for_share)
    }

    /// Fails instead of waiting for a lock of others.
    pub fn nowait(self) -> Self {
        self.refine(Find::nowait)
    }

    /// Finds nothing instead of waiting for a lock of others.
    pub fn skip_locked(self) -> Self {
        self.refine(Find::skip_locked)
    }

    pub(super) fn find(self) -> Find<M> {
        let mut find = self.find.map_or_else(Find::new, |find| *find);
        find.select.filter.append(&mut run::key_filter(M::DEF, &self.key));
        find
    }

    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// As [`Find::to_sql`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        self.clone().find().to_sql(dialect)
    }

    /// Runs the query and gives the row, if there is one.
    ///
    /// # Errors
    /// As [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Option<M>> {
        if self.find.is_some() {
            return Ok(self.find().exec(db).await?.into_iter().next());
        }
        let session = db.session();
        let mut key = self.key;
        for (column, value) in M::DEF.key_columns().zip(&mut key) {
            let given = std::mem::replace(value, Value::Null(column.ty));
            *value = for_column(&**session.dialect(), column, given);
            session.dialect().check_value(value)?;
        }
        let sql = run::by_key_sql(session, M::DEF)?;
        run::fetch_shape(session, M::DEF, &sql, &key, read_model::<M>).await
    }

    /// Runs the query and gives the row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; as [`Find::exec`].
    pub async fn required<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        self.exec(db).await?.ok_or_else(|| run::not_found(M::DEF.name))
    }
}
