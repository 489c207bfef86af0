//! Removing rows: many by a filter, one that is in hand, all of a table. Soft-deleting models mark rows instead, unless
//! forced.

use std::marker::PhantomData;

use super::cascade::{Mark, cascade, deleted_at, of_row};
use super::exec;
use super::insert::time_value;
use super::key::{key_filter, key_of};
use super::update::{Filtered, First, IsFiltered, Unfiltered, gone, touch};
use super::{IncludeNode, IntoCondition, IntoInclude, IntoOrder};
use crate::ast::{self, BinaryOp, Deleted, Returning, Statement};
use crate::dialect::{Dialect, Rendered, SqlWriter, render};
use crate::driver::{BeginOptions, Query, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef};
use crate::row::Discard;
use crate::value::Value;

/// Removes rows: `User::destroy().filter(..)`. Rows of a soft-deleting model are marked, unless forced.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Destroy<M, F = Unfiltered> {
    filter: Vec<ast::Expr>,
    first: First,
    deleted: Deleted,
    force: bool,
    _types: PhantomData<fn() -> (M, F)>,
}

impl<M, F> Clone for Destroy<M, F> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            first: self.first.clone(),
            deleted: self.deleted,
            force: self.force,
            _types: PhantomData,
        }
    }
}

impl<M, F> std::fmt::Debug for Destroy<M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Destroy").field("filter", &self.filter).field("force", &self.force).finish_non_exhaustive()
    }
}

impl<M: Model> Destroy<M> {
    /// Removes nothing yet; called by the derive.
    pub fn new() -> Self {
        Self {
            filter: Vec::new(),
            first: First::default(),
            deleted: Deleted::Hidden,
            force: false,
            _types: PhantomData,
        }
    }
}

impl<M: Model> Default for Destroy<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, F> Destroy<M, F> {
    /// Removes rows for which a condition holds; several filters must all hold.
    pub fn filter<C: IntoCondition<M>>(mut self, condition: C) -> Destroy<M, Filtered> {
        self.filter.push(condition.into_condition());
        self.all_rows()
    }

    /// Filters when there is a value, else not; does not count as a filter.
    pub fn filter_if<V, C: IntoCondition<M>>(mut self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        if let Some(value) = value {
            self.filter.push(condition(value).into_condition());
        }
        self
    }

    /// Says that every row is meant.
    pub fn all_rows(self) -> Destroy<M, Filtered> {
        Destroy {
            filter: self.filter,
            first: self.first,
            deleted: self.deleted,
            force: self.force,
            _types: PhantomData,
        }
    }

    /// Removes at most so many rows: those that come first in the order, else any.
    pub fn limit(mut self, rows: u64) -> Self {
        self.first.limit = Some(rows);
        self
    }

    /// The order of which a [`limit`](Self::limit) leaves the first rows.
    pub fn order_by<O: IntoOrder<M>>(mut self, order: O) -> Self {
        order.push(&mut self.first.order_by);
        self
    }

    /// Removes rows of a soft-deleting model for good, those marked before included.
    pub fn force(mut self) -> Self {
        self.force = true;
        self.deleted = Deleted::Included;
        self
    }

    fn statement(mut self) -> Result<Statement> {
        self.first.narrow(M::DEF, &mut self.filter, &mut self.deleted)?;
        Ok(remove(M::DEF, self.filter, self.deleted, self.force))
    }

    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        render(&self.clone().statement()?, dialect)
    }

    /// Removes the rows and gives their number.
    ///
    /// # Errors
    /// The database's, naming the model.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64>
    where
        F: IsFiltered,
    {
        Ok(exec::execute(db.session(), M::DEF, &self.statement()?).await?.rows_affected)
    }
}

/// The statement that removes or marks rows.
fn remove(def: &'static ModelDef, filter: Vec<ast::Expr>, deleted: Deleted, force: bool) -> Statement {
    match def.deleted_at {
        Some(index) if !force => {
            let column = &def.columns[index];
            let mut set = vec![(column, ast::Expr::Value(time_value(column, crate::value::now())))];
            touch(def, &mut set);
            Statement::Update(Box::new(ast::Update { model: def, set, filter, deleted, returning: Returning::Nothing }))
        }
        _ => Statement::Delete(Box::new(ast::Delete { model: def, filter, deleted, returning: Returning::Nothing })),
    }
}

/// Removes the row in hand: `user.destroy()`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct DestroyOne<'m, M> {
    row: &'m M,
    force: bool,
    cascade: Vec<IncludeNode>,
}

impl<'m, M: Model> DestroyOne<'m, M> {
    pub(super) fn new(row: &'m M) -> Self {
        Self { row, force: false, cascade: Vec::new() }
    }

    /// Marks related rows as deleted as well, with the same instant, in one transaction:
    /// `.cascade(User::POSTS.include(Post::COMMENTS))`. [`restore_with`](super::Instance::restore_with) undoes it.
    pub fn cascade<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        relations.push(&mut self.cascade);
        self
    }

    /// Removes a row of a soft-deleting model for good.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Removes the row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is gone,
    /// [`ErrorKind::Stale`](crate::ErrorKind::Stale) when its version changed, else the database's.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<()> {
        let def = M::DEF;
        if !self.cascade.is_empty() {
            return self.with_related(db.session()).await;
        }
        let filter = self.filter(&key_of(self.row)?);
        let deleted = if self.force { Deleted::Included } else { Deleted::Hidden };
        let done = exec::execute(db.session(), def, &remove(def, filter, deleted, self.force)).await?;
        if done.rows_affected == 0 { Err(gone(def)) } else { Ok(()) }
    }
}

impl<M: Model> DestroyOne<'_, M> {
    /// The condition that a row is this one, in the version in hand.
    fn filter(&self, key: &[Value]) -> Vec<ast::Expr> {
        let mut filter = key_filter(M::DEF, key);
        if let Some(index) = M::DEF.version {
            let current = ast::Expr::Value(self.row.value(index));
            filter.push(ast::Expr::binary(BinaryOp::Eq, (&M::DEF.columns[index]).into(), current));
        }
        filter
    }

    async fn with_related(self, session: &dyn Session) -> Result<()> {
        let def = M::DEF;
        if self.force {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "rows that go for good take others along by the foreign key's ON DELETE; leave `cascade` out",
            )
            .with_model(def.name));
        }
        let column = deleted_at(def)?;
        let now = time_value(column, crate::value::now());
        let key = key_of(self.row)?;
        let unit = session.begin(&BeginOptions::default()).await?;
        let set = vec![(column, ast::Expr::Value(now.clone()))];
        if super::exec::write(&*unit, def, &super::update::update_of(def, set, self.filter(&key))).await? == 0 {
            return Err(gone(def));
        }
        cascade(&*unit, &self.cascade, &of_row(def, &key), Mark::Delete(&now)).await?;
        unit.commit().await
    }
}

/// Empties a table: `User::truncate()`. Every row goes, marked as deleted or not.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Truncate<M> {
    cascade: bool,
    restart: bool,
    _model: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for Truncate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Truncate").field("cascade", &self.cascade).field("restart", &self.restart).finish()
    }
}

impl<M: Model> Truncate<M> {
    /// Empties the model's table; called by the derive.
    pub fn new() -> Self {
        Self { cascade: false, restart: false, _model: PhantomData }
    }

    /// Empties tables that point at this one as well (PostgreSQL).
    pub fn cascade(mut self) -> Self {
        self.cascade = true;
        self
    }

    /// Starts keys from 1 again, where the database can be told; MySQL and MariaDB always do.
    pub fn restart_identity(mut self) -> Self {
        self.restart = true;
        self
    }

    /// The SQL for a dialect.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for `cascade` on databases without it.
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        let capabilities = dialect.capabilities();
        let mut w = SqlWriter::new(dialect);
        w.push_sql(if capabilities.truncate { "TRUNCATE TABLE " } else { "DELETE FROM " });
        w.push_table(M::DEF.table)?;
        if self.restart && capabilities.truncate_cascade {
            w.push_sql(" RESTART IDENTITY");
        }
        if self.cascade {
            if !capabilities.truncate_cascade {
                return Err(Error::unsupported(dialect.name(), "TRUNCATE .. CASCADE"));
            }
            w.push_sql(" CASCADE");
        }
        w.do_not_cache();
        Ok(w.finish())
    }

    /// Empties the table.
    ///
    /// # Errors
    /// The database's: other tables' rows may point here;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) inside a transaction that the database would commit.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<()> {
        let session = db.session();
        let rendered = self.to_sql(&**session.dialect())?;
        if session.dialect().capabilities().truncate {
            super::tables::outside_transaction(session, "TRUNCATE")?;
        }
        session.fetch(Query::text(&rendered.sql), &mut Discard).await.map_err(exec::about(M::DEF))?;
        Ok(())
    }
}

impl<M: Model> Default for Truncate<M> {
    fn default() -> Self {
        Self::new()
    }
}
