//! The history of the rows of an audited model: reading it, rows as they were, and going back.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

use crate::ast::{self, BinaryOp, Statement, Visibility};
use crate::driver::{Reading, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::KeyOperand;
use crate::model::{ColumnDef, Model, read_model};
use crate::row::Columns;
use crate::run::{ValueRow, fetch_all, fetch_first, key_filter, key_of};
use crate::value::{Scalar, Value};
use crate::write::{
    Changes, HistoryColumn, all_values, history_columns, key_text, refuse_whole_table, restored, saves, write_row,
};

/// A model whose changes are kept in a history: `#[orm(audited = UserHistory)]`. In the prelude. Written by the derive.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not audited",
    note = "add `#[orm(audited = UserHistory)]` to the model, and declare `UserHistory` by `orm::history!`"
)]
pub trait Audited: Model {
    /// The model of the entries.
    type History: Model;

    /// The changes of the row, the first one first.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::run};
    /// orm::history!(pub struct PageHistory, "page_history");
    ///
    /// #[derive(Debug, Clone, Model)]
    /// #[orm(audited = PageHistory)]
    /// struct Page {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     title: String,
    /// }
    ///
    /// # run(async |db| {
    /// db.create_tables::<(Page, PageHistory)>().await?;
    /// let ada = db.with(orm::Actor::new("ada"));
    /// let mut page = Page::create().title("One").exec(&ada).await?;
    /// page.update().title("Two").exec(&ada).await?;
    ///
    /// let versions = page.versions(&db).await?;
    /// assert_eq!((versions[0].operation(), versions[1].operation()), ("create", "update"));
    /// assert_eq!((versions[1].actor(), versions[1].before(Page::TITLE)?), (Some("ada"), Some("One".to_owned())));
    /// page.revert_to(&versions[0], &db).await?;
    /// assert_eq!(page.title, "One");
    /// # Ok(()) });
    /// ```
    ///
    /// Errors: the database's.
    fn versions<E: Runs<Self> + ?Sized>(&self, db: &E) -> impl Future<Output = Result<Vec<Version<Self>>>> + Send {
        async move { read(Reading::of(db.session()).session(), &key_of(self)?).await }
    }

    /// The changes of the row with a key, which may be gone.
    ///
    /// Errors: the database's.
    fn versions_of<E: Runs<Self> + ?Sized>(
        key: impl KeyOperand<Self>,
        db: &E,
    ) -> impl Future<Output = Result<Vec<Version<Self>>>> + Send {
        let key = key.into_key();
        async move { read(Reading::of(db.session()).session(), &key).await }
    }

    /// The row with a key as it was at a time, if there was one. Columns that the history does not keep have the values that they
    /// have now.
    ///
    /// Errors: [`ErrorKind::Decode`] when a column had another type then, else the database's.
    fn as_of<E: Runs<Self> + ?Sized>(
        key: impl KeyOperand<Self>,
        time: DateTime<Utc>,
        db: &E,
    ) -> impl Future<Output = Result<Option<Self>>> + Send {
        let key = key.into_key();
        async move {
            let on = Reading::of(db.session());
            let session = on.session();
            let (now, versions) = (current::<Self>(session, &key).await?, read::<Self>(session, &key).await?);
            let later = versions.iter().filter(|version| version.at > time);
            match before(now, later)? {
                Some(values) => read_model(&mut Columns::new(&ValueRow(&values))).map(Some),
                None => Ok(None),
            }
        }
    }

    /// Gives the row the values that it had after a change, which is a change as well. Its key, times and version are not among
    /// them.
    ///
    /// Errors: [`ErrorKind::NotFound`] when the row is gone, or was after that change; [`ErrorKind::InvalidStatement`] for the change
    /// of another row; else the database's.
    fn revert_to<E: Runs<Self> + ?Sized>(
        &mut self,
        version: &Version<Self>,
        db: &E,
    ) -> impl Future<Output = Result<()>> + Send {
        async move {
            let (session, def) = (db.session(), Self::DEF);
            let key = key_of(self)?;
            let wrong = |kind, message: &'static str| Err(Error::new(kind, message).with_model(def.name));
            if key_text(def, &key) != version.key {
                return wrong(ErrorKind::InvalidStatement, "the change is one of another row");
            }
            let (now, versions) = (current::<Self>(session, &key).await?, read::<Self>(session, &key).await?);
            let Some(now) = now else { return wrong(ErrorKind::NotFound, "the row is gone; create it anew") };
            let later = versions.iter().filter(|other| other.id > version.id);
            let Some(then) = before(Some(now.clone()), later)? else {
                return wrong(ErrorKind::NotFound, "after that change there was no row to go back to");
            };
            let mut changes = Changes::new();
            for column in def.columns.iter().filter(|column| saves(def, column)) {
                if then[column.index] != now[column.index] {
                    changes.set(column.index, then[column.index].clone());
                }
            }
            write_row(self, changes, session, Visibility::ALL).await
        }
    }
}

/// A change of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Version<M> {
    id: i64,
    key: String,
    operation: String,
    at: DateTime<Utc>,
    actor: Option<String>,
    old: Option<Map<String, Json>>,
    new: Option<Map<String, Json>>,
    _model: PhantomData<fn() -> M>,
}

impl<M: Model> Version<M> {
    /// The key of its entry in the history; later changes have greater ones.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// `create`, `update`, `destroy` or `restore`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// When it was.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Who it was, where the handle knew: see [`Actor`](crate::write::Actor).
    pub fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// The columns whose values the history has: of an update those that changed.
    pub fn changed(&self) -> Vec<&'static ColumnDef> {
        let has = |map: &Option<Map<String, Json>>, name: &str| map.as_ref().is_some_and(|map| map.contains_key(name));
        M::DEF.columns.iter().filter(|c| has(&self.old, c.name) || has(&self.new, c.name)).collect()
    }

    /// The value of a column before the change; none where it did not change, and where there was no row.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when the column had another type then.
    pub fn before<T: crate::value::Type>(&self, column: crate::expr::Column<M, T>) -> Result<Option<T>> {
        value(&self.old, column)
    }

    /// The value of a column after the change; none where it did not change, and where the row was removed.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when the column had another type then.
    pub fn after<T: crate::value::Type>(&self, column: crate::expr::Column<M, T>) -> Result<Option<T>> {
        value(&self.new, column)
    }

    /// All values before the change that the history has.
    pub fn values_before(&self) -> Option<&Map<String, Json>> {
        self.old.as_ref()
    }

    /// All values after the change that the history has.
    pub fn values_after(&self) -> Option<&Map<String, Json>> {
        self.new.as_ref()
    }
}

fn value<M, T: crate::value::Type>(
    values: &Option<Map<String, Json>>,
    column: crate::expr::Column<M, T>,
) -> Result<Option<T>> {
    let def = column.def();
    let Some(json) = values.as_ref().and_then(|values| values.get(def.name)) else { return Ok(None) };
    let values = [restored(def, json)?];
    Columns::new(&ValueRow(&values)).next().map(Some)
}

/// The entries of a row, the first one first.
async fn read<M: Audited>(session: &dyn Session, key: &[Value]) -> Result<Vec<Version<M>>> {
    // What rows were like before, no rule is asked about.
    refuse_whole_table(session, M::DEF, "read the history of rows")?;
    let history = <M::History as Model>::DEF;
    let columns = history_columns(history)?;
    let column = |which: HistoryColumn| columns[which as usize];
    let mut select = ast::Select::new(history);
    let text = ast::Expr::Value(Value::Text(key_text(M::DEF, key).into()));
    select.filter = vec![ast::Expr::binary(BinaryOp::Eq, column(HistoryColumn::RowKey).into(), text)];
    let id = column(HistoryColumn::Id).into();
    select.order_by = vec![ast::Order { expr: id, descending: false, nulls: None }];
    let rows = fetch_all(session, history, Statement::Select(Box::new(select)), all_values).await?;
    rows.into_iter()
        .map(|row| {
            let of = |which: HistoryColumn| row[column(which).index].as_ref();
            let map = |which| -> Result<Option<Map<String, Json>>> {
                let value = of(which);
                if matches!(value, crate::value::ValueRef::Null) {
                    return Ok(None);
                }
                Ok(Json::decode(value)?.as_object().cloned())
            };
            let actor = match of(HistoryColumn::Actor) {
                crate::value::ValueRef::Null => None,
                value => Some(String::decode(value)?),
            };
            Ok(Version {
                id: i64::decode(of(HistoryColumn::Id))?,
                key: String::decode(of(HistoryColumn::RowKey))?,
                operation: String::decode(of(HistoryColumn::Operation))?,
                at: DateTime::<Utc>::decode(of(HistoryColumn::At))?,
                actor,
                old: map(HistoryColumn::OldValues)?,
                new: map(HistoryColumn::NewValues)?,
                _model: PhantomData,
            })
        })
        .collect()
}

/// The row as it is now, deleted or not.
async fn current<M: Model>(session: &dyn Session, key: &[Value]) -> Result<Option<Vec<Value>>> {
    let mut select = ast::Select::new(M::DEF);
    (select.visibility, select.filter) = (Visibility::ALL, key_filter(M::DEF, key));
    fetch_first(session, M::DEF, Statement::Select(Box::new(select)), all_values).await
}

/// A row before some changes, the last of all, which are undone.
fn before<'v, M>(
    now: Option<Vec<Value>>,
    later: impl DoubleEndedIterator<Item = &'v Version<M>>,
) -> Result<Option<Vec<Value>>>
where
    M: Model + 'v,
{
    let (mut row, last) = (now.clone(), now);
    for version in later.rev() {
        let Some(old) = &version.old else {
            row = None;
            continue;
        };
        let mut values = row
            .take()
            .or_else(|| last.clone())
            .unwrap_or_else(|| M::DEF.columns.iter().map(|column| Value::Null(column.ty)).collect::<Vec<Value>>());
        for column in M::DEF.columns {
            if let Some(json) = old.get(column.name) {
                values[column.index] = restored(column, json)?;
            }
        }
        row = Some(values);
    }
    Ok(row)
}
