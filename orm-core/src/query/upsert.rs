//! [`Upsert`]: one row that is created, or else changes the row that has its unique columns.

use std::marker::PhantomData;

use super::bulk::{BulkCreate, BulkUpsert};
use super::create::Complete;
use crate::ast::{self, Conflict};
use crate::driver::Runs;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{IntoCondition, Select};
use crate::model::{ColumnDef, Model, read_model};
use crate::row::Columns;
use crate::run::ValueRow;
use crate::write::{Draft, Outcome, unique_keys, upsert_one};

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
/// part of another one. For many rows there is [`on_conflict`](BulkCreate::on_conflict) of `bulk_create`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Upsert<M> {
    row: Draft,
    target: Option<Vec<ast::Expr>>,
    filter: Option<ast::Expr>,
    change: Change,
    _model: PhantomData<fn() -> M>,
}

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
        let (row, conflict) = self.into_parts()?;
        let (values, outcome) = upsert_one(db.session(), M::DEF, row, &conflict).await?;
        Ok((read_model(&mut Columns::new(&ValueRow(&values)))?, outcome == Outcome::Inserted))
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
    let is_given = |index: usize| row.given & (1 << index) != 0 || M::DEF.tenant == Some(index);
    let given = |key: &Vec<&'static ColumnDef>| key.iter().all(|column| is_given(column.index));
    let mut keys = unique_keys(M::DEF).filter(given);
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (None, _) => Err(refused::<M>("the row gives no unique key whole; name one by `.on_conflict(..)`")),
        (Some(_), Some(_)) => {
            Err(refused::<M>("the row gives several unique keys; say which one is meant by `.on_conflict(..)`"))
        }
    }
}
