//! Finding a row or creating it, safe against others doing the same at once.

use std::marker::PhantomData;

use super::{Complete, Create, Tracked};
use crate::ast::{self, LockStrength, LockWait, Statement};
use crate::dialect::show;
use crate::driver::{BeginOptions, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::IntoCondition;
use crate::model::{Model, read_model};
use crate::run::{self, Comparable, begin_write};
use crate::value::Value;
use crate::write::{create_one, fixed_by, retries};

/// Finds a row or creates it: `User::find_or_create().filter(..).defaults(..)`. The row to create comes second, so a
/// missing required column does not compile.
#[must_use = "a statement does nothing until `.defaults(..).exec(&db).await`"]
pub struct FindOrCreate<M> {
    select: Box<ast::Select>,
    _model: PhantomData<fn() -> M>,
}

impl<M> Clone for FindOrCreate<M> {
    fn clone(&self) -> Self {
        Self { select: self.select.clone(), _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for FindOrCreate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show(&Statement::Select(self.select.clone()), f)
    }
}

impl<M: Model> FindOrCreate<M> {
    /// Looks for any row; called by the derive.
    pub fn new() -> Self {
        let mut select = ast::Select::new(M::DEF);
        select.limit = Some(1);
        // A row outside of the default scope would be in the way of the one to create.
        select.visibility.scoped = false;
        Self { select: Box::new(select), _model: PhantomData }
    }

    /// Looks for a row for which a condition holds; several filters must all hold. It should be about the columns of
    /// a unique key: only the database can keep two callers from creating the row twice.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (dee, created) = User::find_or_create()
    ///     .filter(User::EMAIL.eq("dee@example.com"))
    ///     .defaults(User::create().email("dee@example.com").name("Dee"))
    ///     .exec(&db)
    ///     .await?;
    /// assert!(created && dee.name.as_deref() == Some("Dee"));
    /// # Ok(()) });
    /// ```
    pub fn filter<C: IntoCondition<M>>(mut self, condition: C) -> Self {
        self.select.filter.push(condition.into_condition());
        self
    }

    /// The row to create when there is none. Columns that the filter gives one value, as `User::EMAIL.eq("a@b.c")` does, get
    /// it: leave them out here.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (ada, created) = User::find_or_create()
    ///     .filter(User::EMAIL.eq("ada@example.com"))
    ///     .defaults(User::create().email("ada@example.com").name("Other"))
    ///     .exec(&db)
    ///     .await?;
    /// assert!(!created && ada.name.as_deref() == Some("Ada"));
    /// # Ok(()) });
    /// ```
    pub fn defaults<C: Complete<M>>(self, row: C) -> FindOrInsert<M> {
        FindOrInsert { select: self.select, row: row.into_create() }
    }
}

impl<M: Model> Default for FindOrCreate<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// Finds a row or creates the one given.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindOrInsert<M> {
    select: Box<ast::Select>,
    row: Create<M>,
}

impl<M: Model> std::fmt::Debug for FindOrInsert<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show(&Statement::Select(self.select.clone()), f)?;
        write!(f, "; {:?}", self.row)
    }
}

impl<M> Clone for FindOrInsert<M> {
    fn clone(&self) -> Self {
        Self { select: self.select.clone(), row: self.row.clone() }
    }
}

impl<M: Model> FindOrInsert<M> {
    /// Gives the row and whether it was created, in one transaction, which is begun anew after a deadlock unless it is part of
    /// another one.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let tag = User::find_or_create()
    ///     .filter(User::EMAIL.eq("eli@example.com"))
    ///     .defaults(User::create().email("eli@example.com"));
    /// let (_, created) = tag.clone().exec(&db).await?;
    /// let (_, again) = tag.exec(&db).await?;
    /// assert_eq!((created, again), (true, false));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`], naming the column, when the row to create has another value of a column than the one
    /// that the filter asks for: it would never be found. [`ErrorKind::UniqueViolation`] when the row to create collides with one that the filter does not find, else the
    /// database's.
    pub async fn exec<E: Runs<M> + ?Sized>(mut self, db: &E) -> Result<(M, bool)> {
        from_filter::<M>(&self.select.filter, &mut self.row)?;
        let session = db.session();
        let mut left = retries(session);
        loop {
            match self.attempt(session).await {
                Err(error) if left > 0 && error.is_retryable() => left -= 1,
                outcome => return outcome,
            }
        }
    }

    /// Returns the row that was found, or a new row that is not inserted yet: [`is_new`](Tracked::is_new) tells which, and
    /// [`save`](Tracked::save) inserts it.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let find = User::find_or_create()
    ///     .filter(User::EMAIL.eq("eli@example.com"))
    ///     .defaults(User::create().email("eli@example.com"));
    /// let mut eli = find.build(&db).await?;
    /// assert!(eli.is_new() && User::count().exec(&db).await? == 3);
    /// eli.save(&db).await?;
    /// assert_eq!(User::count().exec(&db).await?, 4);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`exec`](Self::exec), and as [`build`](super::Statements::build).
    #[doc(alias = "find_or_build")]
    pub async fn build<E: Runs<M> + ?Sized>(mut self, db: &E) -> Result<Tracked<M>> {
        from_filter::<M>(&self.select.filter, &mut self.row)?;
        match self.find(db.session(), false).await? {
            Some(row) => Ok(Tracked::new(row)),
            None => Tracked::build(self.row),
        }
    }

    async fn attempt(&self, session: &dyn Session) -> Result<(M, bool)> {
        let unit = begin_write(session).await?;
        let found = self.find(&*unit, false).await?;
        let (row, created) = match found {
            Some(row) => (row, false),
            None => {
                // A savepoint: on some databases a failed INSERT would end the whole transaction.
                let attempt = unit.begin(&BeginOptions::default()).await?;
                match create_one(&*attempt, self.row.row.clone()).await {
                    Ok(row) => {
                        attempt.commit().await?;
                        (row, true)
                    }
                    Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                        drop(attempt);
                        match self.find(&*unit, true).await? {
                            Some(row) => (row, false),
                            None => return Err(collision(error)),
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        unit.commit().await?;
        Ok((row, created))
    }

    /// `latest` reads what others have committed meanwhile, even inside a snapshot.
    async fn find(&self, session: &dyn Session, latest: bool) -> Result<Option<M>> {
        let mut select = self.select.clone();
        if latest && session.dialect().capabilities().row_locks {
            select.lock = Some(ast::Lock { strength: LockStrength::Share, wait: LockWait::Wait, of: Vec::new() });
        }
        run::fetch_first(session, M::DEF, Statement::Select(select), read_model::<M>).await
    }
}

/// Gives the row to create the values that the filter asks for.
pub(super) fn from_filter<M: Model>(filter: &[ast::Expr], create: &mut Create<M>) -> Result<()> {
    let row = &mut create.row;
    for (column, value) in fixed_by(filter) {
        if !column.table.is(M::DEF.table) || column.generated.is_some() {
            continue;
        }
        let of = |value: &Value| Comparable::of_type(column.ty, &column.normalized(value.clone()));
        if row.given & (1 << column.index) == 0 {
            row.give(column.index, value);
        } else if of(&row.values[column.index]) != of(&value) {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "the filter asks for another value of the column than the row to create has, so the row would not be found \
                 the next time; leave the column out of the defaults",
            )
            .with_model(M::DEF.name)
            .with_columns([column.name]));
        }
    }
    Ok(())
}

#[cold]
pub(super) fn collision(error: Error) -> Error {
    let model = error.model().unwrap_or_default();
    let columns: Vec<String> = error.columns().into_iter().map(str::to_owned).collect();
    Error::new(
        ErrorKind::UniqueViolation,
        "the row to create collides with one that the filter does not find; filter by the unique columns",
    )
    .with_model(model)
    .with_columns(columns)
    .with_source(error)
}
