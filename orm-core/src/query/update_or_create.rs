//! Updating a row that is found or creating it, safe against others doing the same at once.

use std::marker::PhantomData;

use super::find_or_create::{collision, from_filter};
use super::update::{Unfiltered, UpdateRows};
use super::{Complete, Create};
use crate::ast::{self, LockStrength, LockWait, Returning, Statement, Visibility};
use crate::dialect::show;
use crate::driver::{BeginOptions, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::IntoCondition;
use crate::model::{Model, read_model};
use crate::run::{self, begin_write, key_filter, key_of};
use crate::write::{count_up, create_one, retries, touch, update_each};

/// Updates the row that a filter finds, or creates it:
/// `User::update_or_create().filter(..).values(User::update()..).defaults(User::create()..)`.
#[must_use = "a statement does nothing until `.defaults(..).exec(&db).await`"]
pub struct UpdateOrCreate<M> {
    select: Box<ast::Select>,
    set: Vec<(&'static crate::model::ColumnDef, ast::Expr)>,
    silent: bool,
    /// Whether the new values say which rows they are about.
    filtered: bool,
    _model: PhantomData<fn() -> M>,
}

impl<M> Clone for UpdateOrCreate<M> {
    fn clone(&self) -> Self {
        let Self { select, set, silent, filtered, .. } = self;
        let (select, set, silent, filtered) = (select.clone(), set.clone(), *silent, *filtered);
        Self { select, set, silent, filtered, _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for UpdateOrCreate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show(&Statement::Select(self.select.clone()), f)
    }
}

impl<M: Model> UpdateOrCreate<M> {
    pub(super) fn new() -> Self {
        let mut select = ast::Select::new(M::DEF);
        select.limit = Some(1);
        // A row outside of the default scope would be in the way of the one to create.
        select.visibility.scoped = false;
        Self { select: Box::new(select), set: Vec::new(), silent: false, filtered: false, _model: PhantomData }
    }

    /// Looks for a row for which a condition holds; several filters must all hold. It should be about the columns of a unique
    /// key: only the database can keep two callers from creating the row twice.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (ada, created) = User::update_or_create()
    ///     .filter(User::EMAIL.eq("ada@example.com"))
    ///     .values(User::update().visits(User::VISITS + 1))
    ///     .defaults(User::create().email("ada@example.com").visits(1))
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!((ada.visits, created), (4, false));
    /// # Ok(()) });
    /// ```
    pub fn filter<C: IntoCondition<M>>(mut self, condition: C) -> Self {
        self.select.filter.push(condition.into_condition());
        self
    }

    /// What the row gets that is there: values and expressions, by the setters of `User::update()`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (dee, created) = User::update_or_create()
    ///     .filter(User::EMAIL.eq("dee@example.com"))
    ///     .values(User::update().name("Again"))
    ///     .defaults(User::create().email("dee@example.com").name("First"))
    ///     .exec(&db)
    ///     .await?;
    /// assert!(created && dee.name.as_deref() == Some("First"));
    /// # Ok(()) });
    /// ```
    pub fn values<U: UpdateRows<Model = M, Rows = Unfiltered>>(mut self, new: U) -> Self {
        let (update, silent, filtered) = new.__finish().into_parts();
        (self.set, self.silent, self.filtered) = (update.set, silent, filtered);
        self
    }

    /// The row to create when there is none. Columns that the filter gives one value get it: leave them out here.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let count = || {
    ///     User::update_or_create()
    ///         .filter(User::EMAIL.eq("eli@example.com"))
    ///         .values(User::update().visits(User::VISITS + 1))
    ///         .defaults(User::create().email("eli@example.com").visits(1))
    /// };
    /// assert!(count().exec(&db).await?.1);
    /// assert_eq!(count().exec(&db).await?.0.visits, 2);
    /// # Ok(()) });
    /// ```
    pub fn defaults<C: Complete<M>>(self, row: C) -> UpdateOrInsert<M> {
        UpdateOrInsert { found: self, row: row.into_create() }
    }
}

/// Updates the row that is found, or creates the one given.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct UpdateOrInsert<M> {
    found: UpdateOrCreate<M>,
    row: Create<M>,
}

impl<M> Clone for UpdateOrInsert<M> {
    fn clone(&self) -> Self {
        Self { found: self.found.clone(), row: self.row.clone() }
    }
}

impl<M: Model> std::fmt::Debug for UpdateOrInsert<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}; {:?}", self.found, self.row)
    }
}

/// What became of one attempt.
enum Attempt<M> {
    Done(M, bool),
    /// Somebody else created the row meanwhile.
    Lost(Error),
}

impl<M: Model> UpdateOrInsert<M> {
    /// Gives the row as it is then and whether it was created. The row is found, locked, and changed or created in one
    /// transaction, which is begun anew where others were faster, unless it is part of another one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`], naming the column, when the row to create has another value of a column than the one
    /// that the filter asks for, or the new values have a filter of their own. [`ErrorKind::UniqueViolation`] when the row to
    /// create collides with one that the filter does not find, else the database's.
    pub async fn exec<E: Runs<M> + ?Sized>(mut self, db: &E) -> Result<(M, bool)> {
        if self.found.filtered {
            let message = "the row to update is found by the filter of `update_or_create`; the new values take none";
            return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(M::DEF.name));
        }
        from_filter::<M>(&self.found.select.filter, &mut self.row)?;
        let session = db.session();
        let mut left = retries(session);
        loop {
            match self.attempt(session).await {
                Ok(Attempt::Done(row, created)) => return Ok((row, created)),
                // Anew, so that nothing is locked by what failed.
                Ok(Attempt::Lost(_)) if left > 0 => left -= 1,
                Ok(Attempt::Lost(error)) => return Err(collision(error)),
                Err(error) if left > 0 && error.is_retryable() => left -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn attempt(&self, session: &dyn Session) -> Result<Attempt<M>> {
        let unit = begin_write(session).await?;
        if let Some(row) = self.change(&*unit, false).await? {
            unit.commit().await?;
            return Ok(Attempt::Done(row, false));
        }
        // A savepoint: on some databases a failed INSERT would end the whole transaction.
        let attempt = unit.begin(&BeginOptions::default()).await?;
        let (row, created) = match create_one(&*attempt, self.row.row.clone()).await {
            Ok(row) => {
                attempt.commit().await?;
                (row, true)
            }
            Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                drop(attempt);
                if !session.in_transaction() {
                    drop(unit);
                    // The row is there, or another one is in the way.
                    return match self.find(session, None).await? {
                        Some(_) => Ok(Attempt::Lost(error)),
                        None => Err(collision(error)),
                    };
                }
                match self.change(&*unit, true).await? {
                    Some(row) => (row, false),
                    None => return Err(collision(error)),
                }
            }
            Err(error) => return Err(error),
        };
        unit.commit().await?;
        Ok(Attempt::Done(row, created))
    }

    async fn find(&self, session: &dyn Session, lock: Option<LockStrength>) -> Result<Option<M>> {
        let mut select = self.found.select.clone();
        select.lock = lock.map(|strength| ast::Lock { strength, wait: LockWait::Wait, of: Vec::new() });
        run::fetch_first(session, M::DEF, Statement::Select(select), read_model::<M>).await
    }

    /// Changes the row that is there. `known` says that there is one, which a snapshot may not show.
    async fn change(&self, session: &dyn Session, known: bool) -> Result<Option<M>> {
        let def = M::DEF;
        let locks = session.dialect().capabilities().row_locks;
        // Without a lock first: to lock a row that is not there makes others wait, and each other for ever.
        let mut found = if locks && known { None } else { self.find(session, None).await? };
        if locks && (known || found.is_some()) {
            found = self.find(session, Some(LockStrength::Update)).await?;
        }
        let Some(found) = found else { return Ok(None) };
        let mut set = self.found.set.clone();
        match (set.is_empty(), self.found.silent) {
            (true, _) => return Ok(Some(found)),
            (false, false) => touch(def, &mut set),
            (false, true) => count_up(def, &mut set),
        }
        let mut key = key_of(&found)?;
        for (index, value) in def.primary_key.iter().zip(&mut key) {
            if let Some((_, ast::Expr::Value(new))) = set.iter().find(|(column, _)| column.index == *index) {
                value.clone_from(new);
            }
        }
        let filter = key_filter(def, &key_of(&found)?);
        let (visibility, returning) = (Visibility::ALL, Returning::Nothing);
        update_each(session, def, Box::new(ast::Update { model: def, set, filter, visibility, returning }), false)
            .await?;
        let mut select = ast::Select::new(def);
        (select.visibility, select.filter) = (Visibility::ALL, key_filter(def, &key));
        run::fetch_first(session, def, Statement::Select(Box::new(select)), read_model::<M>).await
    }
}
