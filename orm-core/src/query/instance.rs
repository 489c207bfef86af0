//! What one row can do: save, update, reload, destroy, restore, increment.

use super::DestroyOne;
use super::running::Running;
use crate::ast::{self, BinaryOp, Returning, Visibility};
use crate::driver::{BeginOptions, Reading, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Column;
use crate::model::{ColumnDef, Model, Versioned};
use crate::relation::load_into;
use crate::run::{IntoInclude, key_filter, key_of, merged};
use crate::value::{Numeric, Scalar, Type, Value};
use crate::write::{
    Changes, Mark, Prefilled, RowKey, cascade, deleted_at, expect_version, known, may_differ, of_row, reread, save_row,
    saves, touch, update_each, write_row,
};

/// Methods of one row. In the prelude, so that `User::update()` and `user.update()` can both exist.
#[allow(async_fn_in_trait)] // Written out below: the futures are Send.
pub trait Instance: Model {
    /// The builder of a new row, with no column given.
    type Create;

    /// The builder of a new row, complete to the compiler.
    type Draft;

    /// The builder with a setter per column.
    type Update<'m>
    where
        Self: 'm;

    /// Starts a new row; called by [`create`](super::Statements::create) and by handles.
    #[doc(hidden)]
    fn __start(start: Prefilled) -> Self::Create;

    /// Starts a draft; called by [`draft`](super::Statements::draft).
    #[doc(hidden)]
    fn __draft() -> Self::Draft;

    /// Writes some columns: `user.update().name("Ada").exec(&db).await?`. The struct has them afterwards.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).required(&db).await?;
    /// ada.update().name("Ada L.").visits(User::VISITS + 1).exec(&db).await?;
    /// assert_eq!((ada.name.as_deref(), ada.visits), (Some("Ada L."), 4));
    /// # Ok(()) });
    /// ```
    fn update(&mut self) -> Self::Update<'_>;

    /// Removes the row, or marks it as deleted. The struct stays as it was: its soft-delete timestamp, version and times are those
    /// from before, until [`reload`](Self::reload) or [`restore`](Self::restore).
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let cy = User::find_by_pk(3).required(&db).await?;
    /// cy.destroy().exec(&db).await?;
    /// assert!(User::find_by_pk(3).exec(&db).await?.is_none());
    /// # Ok(()) });
    /// ```
    fn destroy(&self) -> DestroyOne<'_, Self> {
        DestroyOne::new(self)
    }

    /// Says which version the row must have, such as the one that a form or a request was made from, and gives the row to
    /// go on with: `ticket.expect_version(seen)?.save(&db)`. The write that follows checks that the database still has
    /// it. Builders have a method of this name, too: `ticket.update().title("x").expect_version(seen)`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::run};
    /// #[derive(Debug, Clone, Model)]
    /// struct Ticket {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     title: String,
    ///     #[orm(version)]
    ///     version: i64,
    /// }
    ///
    /// # run(async |db| {
    /// # db.create_tables::<Ticket>().await?;
    /// let shown = Ticket::create().title("Light").exec(&db).await?;
    /// // Meanwhile someone else changes it.
    /// Ticket::find_by_pk(shown.id).required(&db).await?.update().title("Lamp").exec(&db).await?;
    ///
    /// let mut ticket = Ticket::find_by_pk(shown.id).required(&db).await?;
    /// ticket.title = "Candle".to_owned();
    /// let error = ticket.expect_version(shown.version).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Stale);
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: [`ErrorKind::Stale`] when the row has another version, with
    /// [`expected_version`](crate::Error::expected_version) and [`found_version`](crate::Error::found_version).
    fn expect_version(&mut self, version: Self::Version) -> Result<&mut Self>
    where
        Self: Versioned,
    {
        expect_version(self, Some(&version.into_value()))?;
        Ok(self)
    }

    /// Writes all columns; if the model has a field `#[orm(tracked)]`, only the changed ones, see [`Snapshot`](crate::model::Snapshot).
    /// If no column changed, only checks that the version is still the one in the database.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).required(&db).await?;
    /// ada.name = Some("Ada L.".to_owned());
    /// ada.save(&db).await?;
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.name.as_deref(), Some("Ada L."));
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: [`ErrorKind::NotFound`] when the row is gone or was soft-deleted meanwhile, [`ErrorKind::Stale`] when its version changed, else the
    /// database's.
    fn save<E: Runs<Self> + ?Sized>(&mut self, db: &E) -> impl Future<Output = Result<()>> + Send {
        async move {
            let def = Self::DEF;
            let mut changes = Changes::new();
            for column in def.columns {
                if saves(def, column) && may_differ(self, column) {
                    changes.set(column.index, self.value(column.index));
                }
            }
            let tracked = self.snapshot().is_some();
            if tracked && changes.is_empty() && def.version.is_none_or(|index| !may_differ(self, &def.columns[index])) {
                return Ok(());
            }
            let visibility = known(self);
            save_row(self, changes, db.session(), visibility).await
        }
    }

    /// Loads relations into the row's relation fields: `user.load(User::POSTS.limit(3), &db).await?`. For many rows there
    /// is `orm::load`, which takes one query for all of them.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).required(&db).await?;
    /// ada.load(User::POSTS.order_by(Post::ID), &db).await?;
    /// assert_eq!(ada.posts.get()?[0].title, "Notes");
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: as [`Find::exec`](super::Find::exec); [`ErrorKind::InvalidStatement`] for a relation that is `required`.
    fn load<I: IntoInclude<Self>, E: Runs<Self> + ?Sized>(
        &mut self,
        relations: I,
        db: &E,
    ) -> impl Future<Output = Result<()>> + Send {
        let nodes = merged(relations);
        async move { load_into(vec![self], nodes, Reading::of(db.session()).session()).await }
    }

    /// Reads the row again; loaded relations stay as they are.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).required(&db).await?;
    /// User::update().visits(9).filter(User::ID.eq(1)).exec(&db).await?;
    /// ada.reload(&db).await?;
    /// assert_eq!(ada.visits, 9);
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: [`ErrorKind::NotFound`] when the row is gone, else the database's.
    fn reload<E: Runs<Self> + ?Sized>(&mut self, db: &E) -> impl Future<Output = Result<()>> + Send {
        async move { reread(self, Reading::of(db.session()).session()).await }
    }

    /// Restores the soft-deleted row, also from a struct that was read before the deletion.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut cy = User::find_by_pk(3).required(&db).await?;
    /// cy.destroy().exec(&db).await?;
    /// cy.restore(&db).await?;
    /// assert_eq!(User::count().exec(&db).await?, 3);
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: [`ErrorKind::UniqueViolation`] when its unique values were taken meanwhile,
    /// [`ErrorKind::InvalidStatement`] for models without soft deletion, else the database's.
    fn restore<E: Runs<Self> + ?Sized>(&mut self, db: &E) -> impl Future<Output = Result<()>> + Send {
        async move {
            let def = Self::DEF;
            let Some(index) = def.deleted_at else {
                return Err(Error::new(ErrorKind::InvalidStatement, "only soft-deleting models can restore rows")
                    .with_model(def.name));
            };
            if def.version.is_some() && self.value(index).is_null() {
                reread(self, db.session()).await?; // The struct is from before the deletion, which incremented the version.
            }
            let mut changes = Changes::new();
            changes.set(index, Value::Null(def.columns[index].ty));
            write_row(self, changes, db.session(), Visibility::ALL).await
        }
    }

    /// Restores the soft-deleted row and the related rows that were deleted together with it.
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
    /// let mut team = Team::create().with_players(|new| [new.create(), new.create()]).exec(&db).await?;
    /// team.destroy().cascade(Team::PLAYERS).exec(&db).await?;
    /// team.restore_with(Team::PLAYERS, &db).await?;
    /// assert_eq!(Player::count().exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: as [`restore`](Self::restore); nothing is restored then.
    fn restore_with<I, E>(&mut self, relations: I, db: &E) -> impl Future<Output = Result<()>> + Send
    where
        I: IntoInclude<Self>,
        E: Runs<Self> + ?Sized,
    {
        let mut nodes = Vec::new();
        relations.push(&mut nodes);
        async move {
            let def = Self::DEF;
            let column = deleted_at(def)?;
            if self.value(column.index).is_null() {
                self.reload(db).await?; // The struct is from before the deletion.
            }
            let then = self.value(column.index);
            let key = key_of(self)?;
            let unit = db.session().begin(&BeginOptions::default()).await?;
            cascade(&*unit, &nodes, &of_row(def, &key), Mark::Restore(&then)).await?;
            let mut changes = Changes::new();
            changes.set(column.index, Value::Null(column.ty));
            write_row(self, changes, &*unit, Visibility::ALL).await?;
            unit.commit().await
        }
    }

    /// Adds to a number in the database, whatever it is there by now, and reads the row again.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).required(&db).await?;
    /// ada.increment(User::VISITS, 2, &db).await?;
    /// assert_eq!(ada.visits, 5);
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: [`ErrorKind::NotFound`] when the row is gone, else the database's.
    fn increment<T, E>(
        &mut self,
        column: Column<Self, T>,
        by: T::Base,
        db: &E,
    ) -> impl Future<Output = Result<()>> + Send
    where
        T: Type,
        T::Base: Numeric,
        E: Runs<Self> + ?Sized,
    {
        let def = column.def();
        let sum = ast::Expr::binary(BinaryOp::Add, def.into(), ast::Expr::Value(Scalar::into_value(by)));
        compute(self, vec![(def, sum)], db.session())
    }

    /// Changes several numbers at once, by different amounts, whatever they are in the database by now. The version is incremented and
    /// not checked: nothing that others changed is lost. The hooks of an update run, and see what the numbers were, and after it
    /// what they are. Of rows by a filter, `User::update()` has the same methods.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).required(&db).await?;
    /// ada.adjust().increment(User::VISITS, 3).decrement(User::VISITS, 1).exec(&db).await?;
    /// assert_eq!(ada.visits, 5);
    /// # Ok(()) });
    /// ```
    fn adjust(&mut self) -> Adjust<'_, Self> {
        Adjust { row: self, set: Vec::new() }
    }

    /// Subtracts from a number in the database, whatever it is there by now, and reads the row again.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).required(&db).await?;
    /// ada.decrement(User::VISITS, 1, &db).await?;
    /// assert_eq!(ada.visits, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: [`ErrorKind::NotFound`] when the row is gone, else the database's.
    fn decrement<T, E>(
        &mut self,
        column: Column<Self, T>,
        by: T::Base,
        db: &E,
    ) -> impl Future<Output = Result<()>> + Send
    where
        T: Type,
        T::Base: Numeric,
        E: Runs<Self> + ?Sized,
    {
        let def = column.def();
        let sum = ast::Expr::binary(BinaryOp::Sub, def.into(), ast::Expr::Value(Scalar::into_value(by)));
        compute(self, vec![(def, sum)], db.session())
    }
}

/// Amounts that numbers of one row are changed by: `user.adjust()`.
#[must_use = "nothing is changed until `.exec(&db).await`"]
#[derive(Debug)]
pub struct Adjust<'m, M> {
    row: &'m mut M,
    set: Vec<(&'static ColumnDef, ast::Expr)>,
}

impl<'m, M: Model> Adjust<'m, M> {
    /// Adds to a number.
    pub fn increment<T>(self, column: Column<M, T>, by: T::Base) -> Self
    where
        T: Type,
        T::Base: Numeric,
    {
        self.by(column.def(), BinaryOp::Add, Scalar::into_value(by))
    }

    /// Subtracts from a number.
    pub fn decrement<T>(self, column: Column<M, T>, by: T::Base) -> Self
    where
        T: Type,
        T::Base: Numeric,
    {
        self.by(column.def(), BinaryOp::Sub, Scalar::into_value(by))
    }

    /// A column that is named again is changed by both amounts.
    fn by(mut self, column: &'static ColumnDef, op: BinaryOp, by: Value) -> Self {
        let by = ast::Expr::Value(by);
        match self.set.iter_mut().find(|(other, _)| other.index == column.index) {
            Some((_, sum)) => *sum = ast::Expr::binary(op, sum.clone(), by),
            None => self.set.push((column, ast::Expr::binary(op, column.into(), by))),
        }
        self
    }

    /// Changes the numbers, whatever they are in the database by now, in one statement, and reads the row again.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the row is gone, else the database's.
    pub fn exec<E: Runs<M> + ?Sized>(self, db: &'m E) -> Running<'m, ()> {
        Box::pin(compute(self.row, self.set, db.session()))
    }
}

/// Changes numbers of a row by what the database computes from them, and reads the row again.
async fn compute<M: Model>(
    row: &mut M,
    mut set: Vec<(&'static ColumnDef, ast::Expr)>,
    session: &dyn Session,
) -> Result<()> {
    let def = M::DEF;
    if !set.is_empty() {
        touch(def, &mut set);
        let (filter, visibility) = (key_filter(def, &key_of(row)?), known(row));
        let update = ast::Update { model: def, set, filter, visibility, returning: Returning::Nothing };
        if update_each(session, def, Box::new(update), false).await?.1 == 0 {
            return Err(RowKey::of_key(key_of(row)?).lost(session, def, known(row)).await);
        }
    }
    reread(row, session).await
}
