//! [`Upsert`]: one row that is created, or else changes the row that has its unique columns.

use std::marker::PhantomData;

use super::bulk::{BulkCreate, BulkUpsert};
use super::create::Complete;
use crate::ast::{self, BinaryOp, Conflict, ConflictAction, LockStrength, LockWait, Returning, Statement, Visibility};
use crate::driver::{BeginOptions, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{IntoCondition, Select};
use crate::model::{ColumnDef, Model, read_model};
use crate::run::{self, begin_write};
use crate::write::{Draft, complete, create_one, given_assignments, unique_keys, update_each};

/// A row that is created or, where its unique columns are taken, changes the row that has them:
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let row = User::create().email("ada@example.com").name("Countess");
/// let (ada, created) = User::upsert(row).exec(&db).await?;
/// assert_eq!((ada.id, ada.name.as_deref(), created), (1, Some("Countess"), false));
/// # Ok(()) });
/// ```
///
/// Which unique key is meant is clear where the row gives all columns of one; else say it by
/// [`on_conflict`](Self::on_conflict). The row that is there gets all that the new one gives, or the columns that
/// [`update`](Self::update) names; `updated_at` is set as well, and the version incremented.
///
/// The row is looked for, locked, and created or changed, in one transaction, which is begun anew after a deadlock unless it is
/// part of another one. For many rows there is
/// [`on_conflict`](BulkCreate::on_conflict) of `bulk_create`: one statement, which does not tell which rows were there.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Upsert<M> {
    row: Draft,
    target: Option<Vec<ast::Expr>>,
    filter: Option<ast::Expr>,
    change: Change,
    _model: PhantomData<fn() -> M>,
}

/// How often an upsert whose transaction lost against another one is begun anew.
const RETRIES: u32 = 8;

/// What happens to the row that is there.
#[derive(Clone)]
enum Change {
    All,
    Columns(Vec<ast::Expr>),
    Nothing,
}

impl<M> Clone for Upsert<M> {
    fn clone(&self) -> Self {
        let Self { row, target, filter, change, .. } = self;
        let (row, target, filter, change) = (row.clone(), target.clone(), filter.clone(), change.clone());
        Self { row, target, filter, change, _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for Upsert<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upsert").field("target", &self.target).field("filter", &self.filter).finish_non_exhaustive()
    }
}

impl<M: Model> Upsert<M> {
    /// Takes the row.
    pub(super) fn new<C: Complete<M>>(row: C) -> Self {
        let row = row.into_create().row;
        Self { row, target: None, filter: None, change: Change::All, _model: PhantomData }
    }

    /// The columns of the unique key meant.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let row = User::create().email("ada@example.com").visits(9);
    /// let (ada, created) = User::upsert(row).on_conflict(User::EMAIL).exec(&db).await?;
    /// assert!(!created && ada.visits == 9);
    /// # Ok(()) });
    /// ```
    pub fn on_conflict<X: Select<M>>(mut self, unique: X) -> Self {
        unique.push(self.target.insert(Vec::new()));
        self
    }

    /// The condition of the partial unique index meant.
    pub fn filter<C: IntoCondition<M>>(mut self, condition: C) -> Self {
        self.filter = Some(condition.into_condition());
        self
    }

    /// Gives the row that is there the new values of some columns, instead of all that the new row gives.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let row = User::create().email("ada@example.com").name("Other").visits(9);
    /// let (ada, _) = User::upsert(row).update(User::VISITS).exec(&db).await?;
    /// assert_eq!((ada.name.as_deref(), ada.visits), (Some("Ada"), 9));
    /// # Ok(()) });
    /// ```
    pub fn update<X: Select<M>>(mut self, columns: X) -> Self {
        let mut list = Vec::new();
        columns.push(&mut list);
        self.change = Change::Columns(list);
        self
    }

    /// Leaves the row that is there as it is.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let row = User::create().email("ada@example.com").name("Other");
    /// let (ada, created) = User::upsert(row).do_nothing().exec(&db).await?;
    /// assert!(!created && ada.name.as_deref() == Some("Ada"));
    /// # Ok(()) });
    /// ```
    pub fn do_nothing(mut self) -> Self {
        self.change = Change::Nothing;
        self
    }

    /// Gives the row as it is in the database then, and whether it was created.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (dee, created) = User::upsert(User::create().email("dee@example.com")).exec(&db).await?;
    /// assert!(created && dee.id == 4);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] when it is not clear which unique key is meant, [`ErrorKind::UniqueViolation`] when the row
    /// has unique columns of a row that the key does not find, else the database's.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<(M, bool)> {
        let (mut row, conflict) = self.into_parts()?;
        row.settle()?;
        if row.nested.is_some() {
            return Err(refused::<M>("an upsert cannot create nested rows"));
        }
        complete(M::DEF, &mut row, &mut None);
        let session = db.session();
        let mut left = if session.in_transaction() { 0 } else { RETRIES };
        loop {
            match Self::attempt(session, &row, &conflict).await {
                Err(error) if left > 0 && error.is_retryable() => left -= 1,
                outcome => return outcome,
            }
        }
    }

    /// Creates or changes the row in one transaction.
    async fn attempt(session: &dyn Session, row: &Draft, conflict: &Conflict) -> Result<(M, bool)> {
        let unit = begin_write(session).await?;
        let (made, created) = match change::<M>(&*unit, row, conflict, false).await? {
            Some(found) => (found, false),
            None => {
                // A savepoint: on some databases a failed INSERT would end the whole transaction.
                let attempt = unit.begin(&BeginOptions::default()).await?;
                match create_one(&*attempt, row.clone()).await {
                    Ok(made) => {
                        attempt.commit().await?;
                        (made, true)
                    }
                    Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                        drop(attempt);
                        match change::<M>(&*unit, row, conflict, true).await? {
                            Some(found) => (found, false),
                            None => return Err(error),
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        unit.commit().await?;
        Ok((made, created))
    }

    fn into_parts(self) -> Result<(Draft, Conflict)> {
        let target = match self.target {
            Some(target) => target,
            None => the_key::<M>(&self.row)?.into_iter().map(ast::Expr::Column).collect(),
        };
        let mut upsert = BulkCreate::<M>::of(self.row).on_columns(target);
        if let Some(filter) = self.filter {
            upsert = upsert.filter_by(filter);
        }
        let upsert: BulkUpsert<M> = match self.change {
            Change::All => upsert.update_all(),
            Change::Columns(list) => upsert.update_columns(list),
            Change::Nothing => upsert.do_nothing(),
        };
        upsert.into_row()
    }
}

fn refused<M: Model>(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidStatement, message).with_model(M::DEF.name)
}

/// The one unique key of which a row gives all columns.
fn the_key<M: Model>(row: &Draft) -> Result<Vec<&'static ColumnDef>> {
    let given = |key: &Vec<&'static ColumnDef>| key.iter().all(|column| row.given & (1 << column.index) != 0);
    let mut keys = unique_keys(M::DEF).filter(given);
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (None, _) => Err(refused::<M>("the row gives no unique key whole; name one by `.on_conflict(..)`")),
        (Some(_), Some(_)) => {
            Err(refused::<M>("the row gives several unique keys; say which one is meant by `.on_conflict(..)`"))
        }
    }
}

/// Changes the row that has the unique columns, and gives it; none when there is none. `known` says that there is one.
async fn change<M: Model>(session: &dyn Session, row: &Draft, conflict: &Conflict, known: bool) -> Result<Option<M>> {
    let def = M::DEF;
    let equal = |column: &&'static ColumnDef| {
        let value = row.values[column.index].clone();
        ast::Expr::binary(BinaryOp::Eq, (*column).into(), ast::Expr::Value(value))
    };
    let filter: Vec<ast::Expr> = conflict.target.iter().map(equal).chain(conflict.target_filter.clone()).collect();
    let read = async |lock: Option<LockStrength>| {
        let mut select = Box::new(ast::Select::new(def));
        (select.visibility, select.limit) = (Visibility::ALL, Some(1));
        select.filter.clone_from(&filter);
        select.lock = lock.map(|strength| ast::Lock { strength, wait: LockWait::Wait, of: Vec::new() });
        run::fetch_first(session, def, Statement::Select(select), read_model::<M>).await
    };
    let locks = session.dialect().capabilities().row_locks;
    // Without a lock first: to lock a row that is not there makes others wait, and each other for ever.
    let mut found = if locks && known { None } else { read(None).await? };
    if locks && (known || found.is_some()) {
        found = read(Some(LockStrength::Update)).await?;
    }
    let Some(found) = found else { return Ok(None) };
    let ConflictAction::Update(mut set) = given_assignments(def, &conflict.action, row.by_caller) else {
        return Ok(Some(found));
    };
    for (_, value) in &mut set {
        if let ast::Expr::Excluded(column) = value {
            *value = ast::Expr::Value(row.values[column.index].clone());
        }
    }
    let (visibility, returning) = (Visibility::ALL, Returning::Nothing);
    let update = ast::Update { model: def, set, filter: filter.clone(), visibility, returning };
    update_each(session, def, Box::new(update), false).await?;
    read(None).await
}
