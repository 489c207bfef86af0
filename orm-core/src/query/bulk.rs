//! Many rows at once: created, or, where unique columns are taken, skipped or updated.

use std::marker::PhantomData;

use super::Complete;
use crate::ast::{self, Conflict, ConflictAction, Returning};
use crate::dialect::{Dialect, Rendered, render_insert};
use crate::driver::Runs;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{IntoCondition, Select};
use crate::model::{ColumnDef, Model, read_model};
use crate::row::Columns;
use crate::run::{ValueRow, after_write};
use crate::write::{
    Draft, Outcome, alive_filter, complete, count_up, create_many, given_columns, hooks, insert_of, is_join_key,
    is_unique, models_of, upsert_many, whole_key,
};

/// Many rows to create at once: `User::bulk_create([..])`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct BulkCreate<M> {
    rows: Vec<Draft>,
    _model: PhantomData<fn() -> M>,
}

impl<M> Clone for BulkCreate<M> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for BulkCreate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkCreate").field("rows", &self.rows.len()).finish()
    }
}

impl<M: Model> BulkCreate<M> {
    /// One row that was prepared elsewhere.
    pub(super) fn of(row: Draft) -> Self {
        Self { rows: vec![row], _model: PhantomData }
    }

    /// Takes rows; called by the derive.
    pub fn new<C: Complete<M>>(rows: impl IntoIterator<Item = C>) -> Self {
        Self { rows: rows.into_iter().map(|row| row.into_create().row).collect(), _model: PhantomData }
    }

    /// Creates the rows, all or none, and gives them back in the given order with the keys and defaults the database
    /// made.
    ///
    /// Neighbours with the same columns share a statement: up to 64 rows on SQLite, up to 1,000 on servers. A statement has
    /// fewer where the database takes fewer values, and where they are larger than it takes best at once: 1 MiB, and under TLS
    /// one record of 16 KiB. PostgreSQL gets an array per column (`UNNEST`) wherever the columns' types allow it, and so
    /// has no limit of values. Several statements run in one transaction.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = ["dee", "eli"].map(|name| User::create().email(format!("{name}@example.com")));
    /// let users: Vec<User> = User::bulk_create(rows).exec(&db).await?;
    /// assert_eq!((users[0].id, users[1].id), (4, 5));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<M>> {
        let session = db.session();
        let inserted = create_many(session, M::DEF, self.rows, None, true).await?;
        models_of(&inserted.rows, inserted.nested).map_err(after_write(session, M::DEF))
    }

    /// Creates the rows, all or none, and gives their number. Cheaper than [`exec`](Self::exec) when nobody wants the
    /// keys.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = ["dee", "eli"].map(|name| User::create().email(format!("{name}@example.com")));
    /// assert_eq!(User::bulk_create(rows).count(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn count<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64> {
        Ok(create_many(db.session(), M::DEF, self.rows, None, false).await?.affected)
    }

    /// Says what happens to rows whose unique columns are taken: `.on_conflict(User::EMAIL).update(User::NAME)`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = [
    ///     User::create().email("ada@example.com").name("Ada L."),
    ///     User::create().email("dee@example.com").name("Dee"),
    /// ];
    /// User::bulk_create(rows).on_conflict(User::EMAIL).update(User::NAME).exec(&db).await?;
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.name.as_deref(), Some("Ada L."));
    /// # Ok(()) });
    /// ```
    pub fn on_conflict<X: Select<M>>(self, unique: X) -> OnConflict<M> {
        let mut list = Vec::new();
        unique.push(&mut list);
        self.on_columns(list)
    }

    pub(super) fn on_columns(self, list: Vec<ast::Expr>) -> OnConflict<M> {
        let target = columns_of(list);
        let valid = target.is_some();
        let target = whole_key(M::DEF, target.unwrap_or_default());
        OnConflict { rows: self.rows, target, filter: None, valid, _model: PhantomData }
    }
}

/// The columns of a list, if it has nothing else.
fn columns_of(list: Vec<ast::Expr>) -> Option<Vec<&'static ColumnDef>> {
    list.into_iter()
        .map(|expr| match expr {
            ast::Expr::Column(column) => Some(column),
            _ => None,
        })
        .collect()
}

/// Rows to create or, where unique columns are taken, to skip or update.
#[must_use = "say what to do: `.do_nothing()`, `.update(..)` or `.update_all()`"]
pub struct OnConflict<M> {
    rows: Vec<Draft>,
    target: Vec<&'static ColumnDef>,
    filter: Option<ast::Expr>,
    /// Whether only columns were named.
    valid: bool,
    _model: PhantomData<fn() -> M>,
}

impl<M> Clone for OnConflict<M> {
    fn clone(&self) -> Self {
        let Self { rows, target, filter, valid, .. } = self;
        let (rows, target, filter) = (rows.clone(), target.clone(), filter.clone());
        Self { rows, target, filter, valid: *valid, _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for OnConflict<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnConflict").field("rows", &self.rows.len()).field("target", &self.target).finish()
    }
}

impl<M: Model> OnConflict<M> {
    /// The condition of the partial unique index meant.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::query::Statements as _;
    ///
    /// let rows = [User::create().email("dee@example.com")];
    /// let upsert =
    ///     User::bulk_create(rows).on_conflict(User::EMAIL).filter(User::DELETED_AT.is_null()).do_nothing();
    /// assert!(format!("{upsert:?}").starts_with("BulkUpsert"));
    /// # Ok(()) });
    /// ```
    pub fn filter<C: IntoCondition<M>>(self, condition: C) -> Self {
        self.filter_by(condition.into_condition())
    }

    pub(super) fn filter_by(mut self, condition: ast::Expr) -> Self {
        self.filter = Some(condition);
        self
    }

    /// Leaves existing rows as they are.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = [User::create().email("ada@example.com").name("Other")];
    /// User::bulk_create(rows).on_conflict(User::EMAIL).do_nothing().exec(&db).await?;
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.name.as_deref(), Some("Ada"));
    /// # Ok(()) });
    /// ```
    pub fn do_nothing(self) -> BulkUpsert<M> {
        self.finish(ConflictAction::Nothing)
    }

    /// Gives existing rows the new values of some columns; `updated_at` is set as well, and the version incremented. A column
    /// that a new row does not give keeps its value in the existing row: a default is for new rows. A row that gives none of
    /// the columns leaves the existing row as it is.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = [User::create().email("ada@example.com").name("Other").visits(9)];
    /// User::bulk_create(rows).on_conflict(User::EMAIL).update(User::VISITS).exec(&db).await?;
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// assert_eq!((ada.name.as_deref(), ada.visits), (Some("Ada"), 9));
    /// # Ok(()) });
    /// ```
    pub fn update<X: Select<M>>(self, columns: X) -> BulkUpsert<M> {
        let mut list = Vec::new();
        columns.push(&mut list);
        self.update_columns(list)
    }

    pub(super) fn update_columns(mut self, list: Vec<ast::Expr>) -> BulkUpsert<M> {
        let columns = columns_of(list);
        self.valid &= columns.is_some();
        self.updating(columns.unwrap_or_default())
    }

    /// Gives existing rows the new values of every column given but the unique ones, the key and `created_at`. Of each row
    /// only the columns count that it gives itself: not what other rows give, and not defaults.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = [User::create().email("ada@example.com").name("Other")];
    /// User::bulk_create(rows).on_conflict(User::EMAIL).update_all().exec(&db).await?;
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.name.as_deref(), Some("Other"));
    /// # Ok(()) });
    /// ```
    pub fn update_all(self) -> BulkUpsert<M> {
        let def = M::DEF;
        let given = self.rows.iter().fold(0, |all, row| all | row.given);
        let columns = given_columns(def, given)
            .into_iter()
            .filter(|column| {
                !self.target.contains(column)
                    && !def.primary_key.contains(&column.index)
                    && def.created_at != Some(column.index)
            })
            .collect();
        self.updating(columns)
    }

    fn updating(self, mut columns: Vec<&'static ColumnDef>) -> BulkUpsert<M> {
        if let Some(index) = M::DEF.updated_at
            && !columns.iter().any(|column| column.index == index)
        {
            columns.push(&M::DEF.columns[index]);
        }
        columns.retain(|column| M::DEF.version != Some(column.index));
        let mut set = columns.into_iter().map(|column| (column, ast::Expr::Excluded(column))).collect();
        count_up(M::DEF, &mut set);
        self.finish(ConflictAction::Update(set))
    }

    fn finish(self, action: ConflictAction) -> BulkUpsert<M> {
        let target_filter = alive_filter(M::DEF, &self.target, self.filter);
        let conflict = Conflict { target: self.target, target_filter, action };
        BulkUpsert { rows: self.rows, conflict, valid: self.valid, _model: PhantomData }
    }
}

/// An upsert of many rows.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct BulkUpsert<M> {
    rows: Vec<Draft>,
    conflict: Conflict,
    valid: bool,
    _model: PhantomData<fn() -> M>,
}

impl<M> Clone for BulkUpsert<M> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), conflict: self.conflict.clone(), valid: self.valid, _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for BulkUpsert<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkUpsert").field("rows", &self.rows.len()).field("conflict", &self.conflict).finish()
    }
}

impl<M: Model> BulkUpsert<M> {
    /// Creates or changes the rows, all or none, and gives the number of rows the database counted: MySQL and MariaDB
    /// count a changed row twice, and once a row that was left as it is.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = [User::create().email("dee@example.com"), User::create().email("eli@example.com")];
    /// let written = User::bulk_create(rows).on_conflict(User::EMAIL).update_all().exec(&db).await?;
    /// assert_eq!(written, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64> {
        self.check()?;
        if hooks::of(db.session(), M::DEF).is_some() {
            // One statement does not tell which rows are new, so hooks would not know which of them to run.
            let done = Box::pin(upsert_many(db.session(), M::DEF, self.rows, &self.conflict)).await?;
            return Ok(done.iter().filter(|(_, outcome)| *outcome != Outcome::Skipped).count() as u64);
        }
        Ok(create_many(db.session(), M::DEF, self.rows, Some(&self.conflict), false).await?.affected)
    }

    /// Creates or changes the rows, all or none, and gives them as they are then, each with what was done, in the given order.
    ///
    /// The rows that are there are looked for and locked first, then changed in one statement and the others inserted in
    /// another, in one transaction. It is begun anew after a deadlock, unless it is part of another one.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::query::Outcome;
    ///
    /// let rows = ["ada@example.com", "dee@example.com"].map(|email| User::create().email(email).visits(9));
    /// let done = User::bulk_create(rows).on_conflict(User::EMAIL).update(User::VISITS).returning(&db).await?;
    /// assert_eq!((done[0].0.id, done[0].0.visits, done[0].1), (1, 9, Outcome::Updated));
    /// assert_eq!((done[1].0.id, done[1].1), (4, Outcome::Inserted));
    ///
    /// let rows = [User::create().email("ada@example.com"), User::create().email("eli@example.com")];
    /// let done = User::bulk_create(rows).on_conflict(User::EMAIL).do_nothing().returning(&db).await?;
    /// assert_eq!((done[0].1, done[1].1), (Outcome::Skipped, Outcome::Inserted));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] without the unique columns that are meant; as [`exec`](Self::exec).
    pub async fn returning<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<(M, Outcome)>> {
        self.check()?;
        let done = upsert_many(db.session(), M::DEF, self.rows, &self.conflict).await?;
        let model = |(values, outcome): (Vec<_>, _)| Ok((read_model(&mut Columns::new(&ValueRow(&values)))?, outcome));
        done.into_iter().map(model).collect()
    }

    /// The first row, and what happens where its unique columns are taken.
    pub(super) fn into_row(mut self) -> Result<(Draft, Conflict)> {
        self.check()?;
        Ok((self.rows.pop().unwrap_or_else(|| Draft::new(M::DEF)), self.conflict))
    }

    fn check(&self) -> Result<()> {
        let error = |message| Error::new(ErrorKind::InvalidStatement, message).with_model(M::DEF.name);
        if !self.valid {
            return Err(error("an upsert names columns only, no expressions"));
        }
        let columns = &self.conflict.target;
        if columns.is_empty() || is_unique(M::DEF, columns, true) || is_join_key(M::DEF, columns) {
            return Ok(());
        }
        Err(error("no unique key of the model has just these columns; name the columns of one")
            .with_columns(columns.iter().map(|column| column.name)))
    }

    /// The SQL and binds of the first statement for a dialect.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = [User::create().email("dee@example.com")];
    /// let upsert = User::bulk_create(rows).on_conflict(User::EMAIL).update_all();
    /// assert!(!upsert.to_sql(db.dialect())?.sql.is_empty());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`](crate::dialect::render).
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        self.check()?;
        let mut rows = self.rows.clone();
        rows.iter_mut().for_each(|row| complete(M::DEF, row, &mut None));
        let columns = |row: &Draft| (row.given, row.by_caller);
        let first = rows.first().map_or((0, 0), columns);
        let given = first.0;
        let all: Vec<usize> = (0..rows.len()).take_while(|row| columns(&rows[*row]) == first).collect();
        let conflict = Some(&self.conflict);
        render_insert(insert_of(M::DEF, given, &all, &mut rows, conflict, false, Returning::Nothing), dialect)
    }
}
