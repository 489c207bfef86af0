//! Many rows that get new values, each its own: by their keys, or rows at hand that are saved.

use std::marker::PhantomData;

use super::running::Running;
use super::update::{Unfiltered, UpdateRows};
use crate::ast::{self, Visibility};
use crate::driver::{Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{KeyOperand, Select};
use crate::model::{ColumnDef, Model, Mutability, read_model};
use crate::row::Columns;
use crate::run::ValueRow;
use crate::value::Value;
use crate::write::{NewValues, RowKey, Wanted, is_seen, known, may_differ, refresh, saves, update_many};

/// New values of many rows: `User::bulk_update([(1, User::update().name("Ada")), (2, User::update().visits(3))])`.
///
/// Rows that get new values of the same columns share a statement, up to 100 of them, in which the key tells the values apart. Each
/// passes the model's rules and normalisers; `updated_at` is set and the version incremented, without a check. The hooks of a model
/// see row after row. Several statements are one transaction.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct BulkUpdate<M> {
    rows: Vec<NewValues>,
    silent: bool,
    /// Whether a change says which rows it is about by more than its key.
    filtered: bool,
    _model: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for BulkUpdate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkUpdate").field("rows", &self.rows.len()).finish()
    }
}

impl<M: Model> BulkUpdate<M> {
    pub(super) fn new<K, U>(changes: impl IntoIterator<Item = (K, U)>) -> Self
    where
        K: KeyOperand<M>,
        U: UpdateRows<Model = M, Rows = Unfiltered>,
    {
        let (mut rows, mut filtered) = (Vec::new(), false);
        for (key, change) in changes {
            let (update, silent, more) = change.__finish().into_parts();
            filtered |= more;
            let (target, visibility) = (RowKey::of_key(key.into_key()), update.visibility);
            rows.push(NewValues { target, set: update.set, visibility, silent, current: None });
        }
        Self { rows, silent: false, filtered, _model: PhantomData }
    }

    /// Leaves `updated_at` as it is.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let before = User::find_by_pk(1).required(&db).await?.updated_at;
    /// User::bulk_update([(1, User::update().visits(7))]).silent().exec(&db).await?;
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.updated_at, before);
    /// # Ok(()) });
    /// ```
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Changes the rows, all or none, and gives the number of those that were there.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let changes = [
    ///     (1, User::update().name("Ada L.").visits(User::VISITS + 1)),
    ///     (2, User::update().name("Bob B.").visits(0)),
    ///     (9, User::update().name("Nobody").visits(0)),
    /// ];
    /// assert_eq!(User::bulk_update(changes).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] when two changes are about one row, change a key, or have a filter; else the database's.
    pub fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Running<'_, u64> {
        let rows = self.into_rows();
        Box::pin(async move { Ok(update_many(db.session(), M::DEF, rows?, Wanted::Count).await?.1) })
    }

    /// As [`exec`](Self::exec), giving the rows that were there as they are then, in the order of the changes. A change without
    /// new values gives none.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let changes = [(2, User::update().visits(5)), (1, User::update().visits(6))];
    /// let users: Vec<User> = User::bulk_update(changes).returning(&db).await?;
    /// assert_eq!(users.iter().map(|user| (user.id, user.visits)).collect::<Vec<_>>(), [(2, 5), (1, 6)]);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub fn returning<E: Runs<M> + ?Sized>(self, db: &E) -> Running<'_, Vec<M>> {
        let rows = self.into_rows();
        Box::pin(async move {
            let (rows, _) = update_many(db.session(), M::DEF, rows?, Wanted::Rows).await?;
            rows.iter().map(|values| read_model(&mut Columns::new(&ValueRow(values)))).collect()
        })
    }

    fn into_rows(mut self) -> Result<Vec<NewValues>> {
        if self.filtered {
            let message = "a bulk update finds each row by its key, and takes no filter, order or limit";
            return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(M::DEF.name));
        }
        for row in &mut self.rows {
            row.silent |= self.silent;
        }
        Ok(self.rows)
    }
}

/// Rows at hand that are saved together: `User::bulk_save(&mut users)`.
///
/// Each is written as [`save`](super::Instance::save) does: all columns, with the version checked. Immutable columns are left out. It is as fast as
/// [`BulkUpdate`], and all or nothing: one row that is gone, or has another version, fails all.
#[must_use = "nothing is saved until `.exec(&db).await`"]
#[derive(Debug)]
pub struct BulkSave<'m, M> {
    rows: &'m mut [M],
    only: Option<Vec<ast::Expr>>,
}

impl<'m, M: Model> BulkSave<'m, M> {
    pub(super) fn new(rows: &'m mut [M]) -> Self {
        Self { rows, only: None }
    }

    /// Writes some columns only.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut users = User::find_all().exec(&db).await?;
    /// users.iter_mut().for_each(|user| user.visits += 1);
    /// User::bulk_save(&mut users).only(User::VISITS).exec(&db).await?;
    /// # Ok(()) });
    /// ```
    pub fn only<X: Select<M>>(mut self, columns: X) -> Self {
        let mut list = Vec::new();
        columns.push(&mut list);
        self.only = Some(list);
        self
    }

    /// The columns to write: unless they are named, those that may change and that the viewer sees.
    fn columns(&self, session: &dyn Session) -> Result<Vec<&'static ColumnDef>> {
        let Some(only) = &self.only else {
            let mut columns = Vec::with_capacity(M::DEF.columns.len());
            for column in M::DEF.columns.iter().filter(|column| saves(M::DEF, column)) {
                if !matches!(column.mutability, Mutability::Immutable) && is_seen(session, M::DEF, column)? {
                    columns.push(column);
                }
            }
            return Ok(columns);
        };
        let wrong = |message: &'static str| Error::new(ErrorKind::InvalidStatement, message).with_model(M::DEF.name);
        let column = |expr: &ast::Expr| match expr {
            ast::Expr::Column(column) if saves(M::DEF, column) => Ok(*column),
            ast::Expr::Column(column) => {
                let message = "the column is written by nobody, or by the library: a key, a generated column, a time or the version";
                Err(wrong(message).with_columns([column.name]))
            }
            _ => Err(wrong("rows are saved by columns, not by expressions")),
        };
        only.iter().map(column).collect()
    }

    /// Saves the rows, all or none, and refreshes the structs.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut users = User::find_all().exec(&db).await?;
    /// for user in &mut users {
    ///     user.name = Some(format!("Number {}", user.id));
    /// }
    /// User::bulk_save(&mut users).exec(&db).await?;
    /// assert_eq!(User::find_by_pk(2).required(&db).await?.name.as_deref(), Some("Number 2"));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when one of the rows is gone, [`ErrorKind::Stale`] when its version changed,
    /// [`ErrorKind::InvalidStatement`] when two structs are the same row, else the database's.
    pub fn exec<E: Runs<M> + ?Sized>(self, db: &'m E) -> Running<'m, ()> {
        Box::pin(async move {
            let columns = self.columns(db.session())?;
            let differs = |row: &M| row.snapshot().is_none() || columns.iter().any(|column| may_differ(row, column));
            let row = |row: &M| -> Result<NewValues> {
                let current: Vec<Value> = (0..M::DEF.columns.len()).map(|column| row.value(column)).collect();
                let value = |column: &&'static ColumnDef| (*column, ast::Expr::Value(current[column.index].clone()));
                let changed = columns.iter().filter(|column| may_differ(row, column));
                let (set, visibility) = (changed.map(value).collect(), known(row));
                let visibility: Visibility = visibility;
                Ok(NewValues { target: RowKey::of(row)?, set, visibility, silent: false, current: Some(current) })
            };
            let changed: Vec<&mut M> = self.rows.iter_mut().filter(|row| differs(row)).collect();
            let rows = changed.iter().map(|changed| row(changed)).collect::<Result<Vec<_>>>()?;
            let (written, _) = update_many(db.session(), M::DEF, rows, Wanted::All).await?;
            for (row, values) in changed.into_iter().zip(written) {
                refresh(row, read_model(&mut Columns::new(&ValueRow(&values)))?);
            }
            Ok(())
        })
    }
}
