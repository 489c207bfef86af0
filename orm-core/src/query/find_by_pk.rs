//! [`FindByPk`]: the row with a primary key, by a kept text unless the query is refined.

use super::find::FindOne;
use super::refine::{Refine, RefineRows};
use crate::ast;
use crate::dialect::{Dialect, Rendered, for_column};
use crate::driver::Runs;
use crate::error::Result;
use crate::expr::{Free, KeyOperand, Select};
use crate::model::{Model, read_model};
use crate::relation::{JoinBy, Projection};
use crate::run::{self, IntoInclude, include_into};
use crate::value::Value;

/// The row with a primary key, or none: `User::find_by_pk(1)`. Refined like every finder: see [`Refine`] and [`RefineRows`].
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindByPk<M> {
    key: Vec<Value>,
    find: Option<Box<FindOne<M>>>,
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

impl<M: Model> Refine for FindByPk<M> {
    type Scope = M;
    fn __select(&mut self) -> &mut ast::Select {
        &mut self.find.get_or_insert_default().select
    }
}

impl<M: Model> RefineRows for FindByPk<M> {}

impl<M: Model> FindByPk<M> {
    /// Finds a row by its key; called by the derive.
    pub fn new<K: KeyOperand<M>>(key: K) -> Self {
        Self { key: key.into_key(), find: None }
    }

    /// Loads relations into the row's relation fields; `None` loads nothing.
    pub fn include<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        let find = self.find.get_or_insert_default();
        include_into(&mut find.select, &mut find.includes, relations);
        self
    }

    /// As [`include`](Self::include), where it is wanted.
    pub fn include_if<I: IntoInclude<M>>(self, wanted: bool, relations: I) -> Self {
        self.include(wanted.then_some(relations))
    }

    /// Reads columns and expressions instead of the whole model.
    pub fn select<X: Select<M>>(self, items: X) -> FindOne<M, X::Output> {
        self.find().select(items)
    }

    /// Reads a projection instead of the whole model.
    pub fn project<P: Projection<M>>(self) -> FindOne<M, P> {
        self.find().project()
    }

    /// Joins another model; see [`Find::join`](super::Find::join).
    pub fn join<J: Model>(self, by: impl JoinBy<M, J>) -> FindOne<M, M, Free> {
        self.find().join(by)
    }

    /// Joins another model, keeping the row without a partner; see [`Find::left_join`](super::Find::left_join).
    pub fn left_join<J: Model>(self, by: impl JoinBy<M, J>) -> FindOne<M, M, Free> {
        self.find().left_join(by)
    }

    pub(super) fn find(self) -> FindOne<M> {
        let mut find = self.find.map_or_else(FindOne::default, |find| *find);
        find.select.filter.append(&mut run::key_filter(M::DEF, &self.key));
        find
    }

    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// As [`Find::to_sql`](super::Find::to_sql).
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        self.clone().find().to_sql(dialect)
    }

    /// Runs the query and gives the row, if there is one.
    ///
    /// # Errors
    /// As [`Find::exec`](super::Find::exec).
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Option<M>> {
        if self.find.is_some() {
            return self.find().exec(db).await;
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
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; as [`Find::exec`](super::Find::exec).
    pub async fn required<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        self.exec(db).await?.ok_or_else(|| run::not_found(M::DEF.name))
    }
}
