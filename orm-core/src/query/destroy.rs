//! Removing rows: many by a filter, one instance, all of a table. Soft-deleting models mark rows instead, unless
//! forced.

use std::marker::PhantomData;

use super::batches::Ranges;
use super::running::Running;
use super::scope::IntoScope;
use super::update::{Filtered, IsFiltered, Unfiltered};
use crate::ast::{self, Deleted, Purpose, Statement, Visibility};
use crate::dialect::{Dialect, Rendered, render, show};
use crate::driver::{BeginOptions, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{IntoCondition, IntoOrder};
use crate::model::{Model, Versioned, read_model};
use crate::row::Columns;
use crate::run::{IncludeNode, IntoInclude, ValueRow, key_of};
use crate::value::{Type, Value};
use crate::write::{
    Event, FirstRows, Mark, RowKey, cascade, deleted_at, event_of_found, event_of_rows, expect_version, hooked, hooks,
    of_row, prepared, record_row, remove, remove_row, row_to_record, time_value, update_of, write_rows,
};

/// Removes rows: `User::destroy().filter(..)`. Rows of a soft-deleting model are marked, unless forced.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Destroy<M, F = Unfiltered> {
    filter: Vec<ast::Expr>,
    first: FirstRows,
    visibility: Visibility,
    force: bool,
    _types: PhantomData<fn() -> (M, F)>,
}

impl<M, F> Clone for Destroy<M, F> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            first: self.first.clone(),
            visibility: self.visibility,
            force: self.force,
            _types: PhantomData,
        }
    }
}

impl<M: Model, F> std::fmt::Debug for Destroy<M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.clone().statement() {
            Ok(statement) => show(&statement, f),
            Err(error) => write!(f, "({error})"),
        }
    }
}

impl<M: Model> Destroy<M> {
    /// Removes nothing yet; called by the derive.
    pub fn new() -> Self {
        Self {
            filter: Vec::new(),
            first: FirstRows::default(),
            visibility: Visibility::DEFAULT,
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
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(Post::destroy().filter(Post::PUBLISHED.eq(false)).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn filter<C: IntoCondition<M>>(mut self, condition: C) -> Destroy<M, Filtered> {
        self.filter.push(condition.into_condition());
        self.all_rows()
    }

    /// Filters when there is a value, else not; does not count as a filter.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let author: Option<i64> = None;
    /// assert_eq!(
    ///     Comment::destroy().filter_if(author, |id| Comment::USER_ID.eq(id)).all_rows().exec(&db).await?,
    ///     2
    /// );
    /// # Ok(()) });
    /// ```
    pub fn filter_if<V, C: IntoCondition<M>>(mut self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        if let Some(value) = value {
            self.filter.push(condition(value).into_condition());
        }
        self
    }

    /// Says that every row is meant.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(Comment::destroy().all_rows().exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    pub fn all_rows(self) -> Destroy<M, Filtered> {
        Destroy {
            filter: self.filter,
            first: self.first,
            visibility: self.visibility,
            force: self.force,
            _types: PhantomData,
        }
    }

    /// Removes at most so many rows: those that come first in the order, else any.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(Comment::destroy().all_rows().order_by(Comment::ID).limit(1).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn limit(mut self, rows: u64) -> Self {
        self.first.limit = Some(rows);
        self
    }

    /// The order of which a [`limit`](Self::limit) leaves the first rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// Comment::destroy().all_rows().order_by(Comment::ID.desc()).limit(1).exec(&db).await?;
    /// assert!(Comment::find_by_pk(2).exec(&db).await?.is_none());
    /// # Ok(()) });
    /// ```
    pub fn order_by<O: IntoOrder<M>>(mut self, order: O) -> Self {
        order.push(&mut self.first.order_by);
        self
    }

    /// Removes rows of a soft-deleting model for good, those marked before included.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().filter(User::ID.eq(3)).force().exec(&db).await?;
    /// assert_eq!(User::count().with_deleted().exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    pub fn force(mut self) -> Self {
        self.force = true;
        self.visibility.deleted = Deleted::Included;
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
    /// assert_eq!(Post::destroy().scope(drafts()).all_rows().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn scope(mut self, scope: impl IntoScope<M>) -> Self {
        scope.into_scope().narrow(&mut self.filter, &mut self.first);
        self
    }

    /// Removes rows outside of the model's default scope as well.
    pub fn unscoped(mut self) -> Self {
        self.visibility.scoped = false;
        self
    }

    /// Which rows it is about, unless it is only the first of them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] for a removal with a limit.
    fn about(&self) -> Result<(&[ast::Expr], Visibility)> {
        self.first.refuse(M::DEF)?;
        Ok((&self.filter, self.visibility))
    }

    /// The same for rows that meet further conditions.
    fn within(mut self, conditions: Vec<ast::Expr>) -> Self {
        self.filter.extend(conditions);
        self
    }

    /// Removes so many rows at a time, in the order of their primary key, each batch by a statement of its own: locks are short, and
    /// others get their turn.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(Comment::destroy().all_rows().in_batches(1).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    pub fn in_batches(self, rows: u32) -> DestroyBatches<M>
    where
        F: IsFiltered,
    {
        DestroyBatches::new(self.all_rows(), rows)
    }

    fn statement(mut self) -> Result<Statement> {
        self.first.narrow(M::DEF, &mut self.filter, &mut self.visibility)?;
        Ok(remove(M::DEF, self.filter, self.visibility, self.force))
    }

    /// The SQL and binds for a dialect.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let sql = Comment::destroy().filter(Comment::ID.eq(1)).to_sql(db.dialect())?.sql;
    /// assert!(sql.starts_with("DELETE FROM"));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        render(&prepared(dialect, M::DEF, self.clone().statement()?)?, dialect)
    }

    /// Removes the rows and gives their number.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(Comment::destroy().filter(Comment::TEXT.contains("clear")).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model.
    pub fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Running<'_, u64>
    where
        F: IsFiltered,
    {
        let statement = self.statement();
        Box::pin(async move { event_of_rows(db.session(), M::DEF, Event::Destroy, statement?).await })
    }

    /// Removes the rows and gives them: as they were where they are gone for good, and with the time of their deletion where they
    /// are marked.
    ///
    /// A database that does not return them finds and locks them first, in one transaction.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let gone: Vec<Post> = Post::destroy().filter(Post::PUBLISHED.eq(false)).returning(&db).await?;
    /// assert_eq!(gone.len(), 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) there for a model without a primary key; as
    /// [`exec`](Self::exec).
    pub fn returning<E: Runs<M> + ?Sized>(self, db: &E) -> Running<'_, Vec<M>>
    where
        F: IsFiltered,
    {
        let statement = self.statement();
        Box::pin(async move {
            let rows = event_of_found(db.session(), M::DEF, Event::Destroy, statement?).await?;
            rows.iter().map(|values| read_model(&mut Columns::new(&ValueRow(values)))).collect()
        })
    }
}

/// A removal of many rows, some at a time: `User::destroy().filter(..).in_batches(1000)`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct DestroyBatches<M> {
    destroy: Destroy<M, Filtered>,
    size: u32,
}

impl<M: Model> std::fmt::Debug for DestroyBatches<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DestroyBatches").field("destroy", &self.destroy).field("size", &self.size).finish()
    }
}

impl<M: Model> DestroyBatches<M> {
    fn new(destroy: Destroy<M, Filtered>, size: u32) -> Self {
        Self { destroy, size }
    }

    /// Removes the rows, batch by batch, and gives their number. On a database, each batch is committed by itself.
    ///
    /// # Errors
    /// As [`Destroy::exec`]; batches before the one that failed are done.
    /// [`ErrorKind::InvalidStatement`] for a removal with a limit, and for models without a primary key.
    pub fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Running<'_, u64> {
        Box::pin(async move {
            let (filter, visibility) = self.destroy.about()?;
            let mut ranges = Ranges::new(db.session(), M::DEF, filter, visibility, self.size)?;
            let mut count = 0;
            while let Some(conditions) = ranges.next(db.session()).await? {
                count += self.destroy.clone().within(conditions).exec(db).await?;
            }
            Ok(count)
        })
    }
}

/// Removes one row: `user.destroy()`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct DestroyOne<'m, M> {
    row: &'m M,
    force: bool,
    cascade: Vec<IncludeNode>,
    expected: Option<Value>,
}

impl<'m, M: Model> DestroyOne<'m, M> {
    pub(super) fn new(row: &'m M) -> Self {
        Self { row, force: false, cascade: Vec::new(), expected: None }
    }

    /// Marks related rows as deleted as well, with the same instant, in one transaction:
    /// `.cascade(User::POSTS.include(Post::COMMENTS))`. [`restore_with`](super::Instance::restore_with) undoes it.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::run};
    /// #[derive(Debug, Clone, Model)]
    /// #[orm(paranoid)]
    /// struct Team {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     deleted_at: Option<DateTime<Utc>>,
    ///     players: HasMany<Player>,
    /// }
    ///
    /// #[derive(Debug, Clone, Model)]
    /// #[orm(paranoid)]
    /// struct Player {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     team_id: i64,
    ///     deleted_at: Option<DateTime<Utc>>,
    ///     team: BelongsTo<Team>,
    /// }
    ///
    /// # run(async |db| {
    /// # db.create_tables::<(Team, Player)>().await?;
    /// let team = Team::create().with_players(|new| [new.create(), new.create()]).exec(&db).await?;
    /// team.destroy().cascade(Team::PLAYERS).exec(&db).await?;
    /// assert_eq!(Player::count().exec(&db).await?, 0);
    /// assert_eq!(Player::count().with_deleted().exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    pub fn cascade<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        relations.push(&mut self.cascade);
        self
    }

    /// Removes a row of a soft-deleting model for good.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let cy = User::find_by_pk(3).required(&db).await?;
    /// cy.destroy().force().exec(&db).await?;
    /// assert_eq!(User::count().with_deleted().exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Says which version the row must have, such as the one that a request was made from.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// #[derive(Debug, Clone, Model)]
    /// struct Ticket {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     #[orm(version)]
    ///     version: i64,
    /// }
    ///
    /// db.create_tables::<Ticket>().await?;
    /// let ticket = Ticket::create().exec(&db).await?;
    /// let error = ticket.destroy().expect_version(7).exec(&db).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Stale);
    /// # Ok(()) });
    /// ```
    pub fn expect_version(mut self, version: M::Version) -> Self
    where
        M: Versioned,
    {
        self.expected = Some(version.into_value());
        self
    }

    /// Removes the row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let cy = User::find_by_pk(3).required(&db).await?;
    /// cy.destroy().exec(&db).await?;
    /// assert_eq!(User::count().exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is gone,
    /// [`ErrorKind::Stale`](crate::ErrorKind::Stale) when its version changed, else the database's.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<()> {
        expect_version(self.row, self.expected.as_ref())?;
        if !self.cascade.is_empty() {
            return self.with_related(db.session()).await;
        }
        remove_row(db.session(), self.row, self.force).await
    }
}

impl<M: Model> DestroyOne<'_, M> {
    async fn with_related(self, session: &dyn Session) -> Result<()> {
        let def = M::DEF;
        if self.force {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "`force` cannot be combined with `cascade`: hard deletes follow the foreign key's ON DELETE",
            )
            .with_model(def.name));
        }
        let column = deleted_at(def)?;
        let now = time_value(column, crate::value::now());
        let key = key_of(self.row)?;
        let unit = session.begin(&BeginOptions::default()).await?;
        let set = vec![(column, ast::Expr::Value(now.clone()))];
        let target = RowKey::of(self.row)?;
        let hooks = hooks::of(session, def);
        let mut before = None;
        if let Some(hooks) = hooks {
            before = row_to_record(&*unit, def, hooks, &key).await?;
            hooked::before_event(&*unit, def, hooks, Event::Destroy, self.row).await?;
        }
        let mut statement = update_of(def, set, target.filter(def));
        if let Statement::Update(update) = &mut statement {
            update.visibility.purpose = Purpose::Delete;
        }
        if write_rows(&*unit, def, statement).await? == 0 {
            return Err(target.lost(&*unit, def, Visibility::ROW).await);
        }
        cascade(&*unit, &self.cascade, &of_row(def, &key), Mark::Delete(&now)).await?;
        if let Some(hooks) = hooks {
            let values = || (0..def.columns.len()).map(|column| self.row.value(column)).collect();
            hooked::after(&*unit, def, hooks, Event::Destroy, self.row, &values).await?;
            record_row(&*unit, def, hooks, Event::Destroy, before, &key).await?;
        }
        unit.commit().await
    }
}
