//! Creating rows: one through a builder that knows its required columns, a whole struct, many at once, upserts.

use std::collections::HashMap;
use std::marker::PhantomData;

use super::create_tree::{Nested, create_tree};
use super::exec::{self, ValueRow};
use super::{IntoCondition, Select};
use crate::ast::{self, Conflict, ConflictAction, Insert, Returning, Statement};
use crate::dialect::{Dialect, Rendered, render};
use crate::driver::{BeginOptions, Query, Runs, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, DefaultDef, Model, ModelDef, RelationDef, read_model};
use crate::row::{Collect, Columns, Discard};
use crate::value::{Scalar, SqlType, Type, Value};

/// State of a required column in a create builder: not set yet.
#[derive(Debug, Clone, Copy)]
pub enum Missing {}

/// State of a required column in a create builder: set.
#[derive(Debug, Clone, Copy)]
pub enum Given {}

/// The required column `C` of `M` has been given.
#[diagnostic::on_unimplemented(
    message = "`{M}::create()` lacks the required column `{C}`",
    label = "add `.{C}(..)` before this call"
)]
pub trait IsGiven<M, C> {}
impl<M, C> IsGiven<M, C> for Given {}

/// What a setter takes for a column of type `T`: the type itself, `&str` for text, a plain value for a nullable column.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be stored in a `{T}` column", label = "expected a `{T}`")]
pub trait Set<T> {
    /// The value.
    fn into_set(self) -> Value;
}

impl<T: Type> Set<T> for T {
    fn into_set(self) -> Value {
        Type::into_value(self)
    }
}

impl<T: Scalar> Set<Option<T>> for T {
    fn into_set(self) -> Value {
        Scalar::into_value(self)
    }
}

impl Set<String> for &str {
    fn into_set(self) -> Value {
        Value::Text(self.to_owned().into())
    }
}

impl Set<Option<String>> for &str {
    fn into_set(self) -> Value {
        Value::Text(self.to_owned().into())
    }
}

impl Set<Option<String>> for Option<&str> {
    fn into_set(self) -> Value {
        self.map_or(Value::Null(SqlType::Text), |text| Value::Text(text.to_owned().into()))
    }
}

/// One row to create, column by column. The derive wraps it into a builder with a setter per column.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Create<M> {
    row: NewRow,
    _model: PhantomData<fn() -> M>,
}

/// The values of a new row, by the columns' positions, and which of them were given.
#[derive(Clone)]
pub(super) struct NewRow {
    pub(super) values: Vec<Value>,
    pub(super) given: u128,
    /// Rows to create around this one.
    pub(super) nested: Option<Box<Nested>>,
}

impl<M> Clone for Create<M> {
    fn clone(&self) -> Self {
        Self { row: self.row.clone(), _model: PhantomData }
    }
}

impl<M> std::fmt::Debug for Create<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Create").field("columns", &self.row.given.count_ones()).finish()
    }
}

impl<M: Model> Create<M> {
    /// Starts with no column given.
    pub fn new() -> Self {
        Self { row: NewRow::new(M::DEF), _model: PhantomData }
    }

    /// Gives a column, by its position; the last one counts.
    pub fn set(&mut self, column: usize, value: Value) {
        self.row.give(column, value);
    }

    /// Creates a row that this one belongs to, first; called by the derive.
    pub fn nest_parent<P: Model, C: Complete<P>>(&mut self, relation: RelationDef, row: C) {
        for pair in relation.keys {
            self.set(pair.from.index, Value::Null(pair.from.ty));
        }
        self.row.nested().parents.push((relation, row.into_create().row));
    }

    /// Creates rows that point at this one, or are connected to it, afterwards; called by the derive.
    pub fn nest_children<C: Model, R: Complete<C>>(
        &mut self,
        relation: RelationDef,
        rows: impl IntoIterator<Item = R>,
    ) {
        let rows = rows.into_iter().map(|row| row.into_create().row).collect();
        self.row.nested().children.push((relation, rows));
    }

    /// Creates the row and reads it back: keys and defaults made by the database are in it.
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        create_one(db.session(), self.row).await
    }
}

impl<M: Model> Default for Create<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// A whole struct to insert: `User::insert(user)`. An auto-increment key of 0 is left to the database.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug, Clone)]
pub struct InsertRow<M>(Create<M>);

impl<M: Model> InsertRow<M> {
    /// Takes all columns from the struct; called by the derive.
    pub fn new(model: M) -> Self {
        Self(Complete::into_create(Whole(model)))
    }

    /// Inserts the row and reads it back.
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        self.0.exec(db).await
    }
}

/// A struct with all its columns.
struct Whole<M>(M);

impl<M: Model> Complete<M> for Whole<M> {
    fn into_create(self) -> Create<M> {
        let columns = M::DEF.columns;
        let values = self.0.into_values();
        let mut given = 0;
        for (column, value) in columns.iter().zip(&values) {
            let by_database = column.generated.is_some()
                || (column.auto_increment
                    && matches!(value, Value::I16(0) | Value::I32(0) | Value::I64(0) | Value::U64(0)));
            if !by_database {
                given |= 1 << column.index;
            }
        }
        Create { row: NewRow { values, given, nested: None }, _model: PhantomData }
    }
}

/// A row with all required columns: a finished builder, or a whole struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a complete `{M}`",
    note = "every required column must be set before the builder is used"
)]
pub trait Complete<M> {
    /// The row.
    fn into_create(self) -> Create<M>;
}

impl<M: Model> Complete<M> for M {
    fn into_create(self) -> Create<M> {
        Whole(self).into_create()
    }
}

impl<M: Model> Complete<M> for InsertRow<M> {
    fn into_create(self) -> Create<M> {
        self.0
    }
}

/// Fills in what the client makes: constants, client functions, times. One instant for all rows of a statement.
fn complete(def: &'static ModelDef, row: &mut NewRow, now: &mut Option<chrono::DateTime<chrono::Utc>>) {
    for column in def.columns {
        if row.given & (1 << column.index) != 0 {
            continue;
        }
        let value = if Some(column.index) == def.created_at || Some(column.index) == def.updated_at {
            Some(time_value(column, *now.get_or_insert_with(crate::value::now)))
        } else if Some(column.index) == def.version {
            Some(integer_value(column.ty, 0))
        } else {
            match column.default {
                DefaultDef::Value(make) | DefaultDef::Client(make) => Some(make()),
                DefaultDef::None | DefaultDef::Sql(_) => None,
            }
        };
        match value {
            Some(value) => {
                row.values[column.index] = value;
                row.given |= 1 << column.index;
            }
            None => row.values[column.index] = Value::Null(column.ty),
        }
    }
}

/// What the client makes for columns that are not given.
pub(crate) fn client_values(def: &'static ModelDef, given: &[usize]) -> Vec<(&'static ColumnDef, Value)> {
    let mut row = NewRow::new(def);
    for index in given {
        row.given |= 1 << index;
    }
    let before = row.given;
    complete(def, &mut row, &mut None);
    let made = |column: &&'static ColumnDef| row.given & !before & (1 << column.index) != 0;
    def.columns.iter().filter(made).map(|column| (column, row.values[column.index].clone())).collect()
}

/// An instant as a column of this type holds it.
pub(crate) fn time_value(column: &ColumnDef, now: chrono::DateTime<chrono::Utc>) -> Value {
    if column.ty == SqlType::DateTime { Value::DateTime(now.naive_utc()) } else { Value::Timestamp(now) }
}

/// A small integer as a column of this type holds it.
pub(super) fn integer_value(ty: SqlType, number: i16) -> Value {
    match ty {
        SqlType::I8 | SqlType::I16 | SqlType::U8 => Value::I16(number),
        SqlType::I32 | SqlType::U16 => Value::I32(number.into()),
        SqlType::U64 => Value::U64(number.unsigned_abs().into()),
        _ => Value::I64(number.into()),
    }
}

/// Whether the database makes something that the client does not know, but for the key that counts up.
fn needs_reading(def: &'static ModelDef, given: u128) -> bool {
    def.columns.iter().any(|column| {
        given & (1 << column.index) == 0 && (column.generated.is_some() || matches!(column.default, DefaultDef::Sql(_)))
    })
}

fn given_columns(def: &'static ModelDef, given: u128) -> Vec<&'static ColumnDef> {
    def.columns.iter().filter(|column| given & (1 << column.index) != 0).collect()
}

/// How the values that the database makes come back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Back {
    /// There are none.
    Nothing,
    /// The key is reported after the INSERT.
    LastId,
    /// The row is returned.
    Returning,
    /// The key is reported, then the row is read.
    Read,
}

fn way_back(session: &dyn Session, def: &'static ModelDef, given: u128) -> Back {
    let capabilities = session.dialect().capabilities();
    let key_is_made = def.auto_increment().is_some_and(|column| given & (1 << column.index) == 0);
    match (needs_reading(def, given), key_is_made) {
        (false, false) => Back::Nothing,
        (false, true) if capabilities.last_insert_id => Back::LastId,
        _ if capabilities.returning_insert => Back::Returning,
        _ => Back::Read,
    }
}

/// Creates a row on a session.
pub(super) async fn insert<M: Model>(session: &dyn Session, create: Create<M>) -> Result<M> {
    create_one(session, create.row).await
}

/// Inserts one row, without what is nested in it, and gives its values as the database has them.
pub(super) async fn insert_row(session: &dyn Session, def: &'static ModelDef, mut row: NewRow) -> Result<Vec<Value>> {
    complete(def, &mut row, &mut None);
    let given = row.given;
    let mut rows = [row];
    insert_chunk(session, def, given, &[0], &mut rows, None, true).await?;
    let [row] = rows;
    Ok(row.values)
}

async fn create_one<M: Model>(session: &dyn Session, mut row: NewRow) -> Result<M> {
    let def = M::DEF;
    if row.nested.is_some() {
        let unit = session.begin(&BeginOptions::default()).await?;
        let values = create_tree(&*unit, def, row).await?;
        unit.commit().await?;
        return read_model(&mut Columns::new(&ValueRow(&values)));
    }
    complete(def, &mut row, &mut None);
    let back = way_back(session, def, row.given);
    let shape = if back == Back::Returning { Shape::InsertReturning(row.given) } else { Shape::Insert(row.given) };
    let sql = session.shapes().get(def, shape, || insert_sql(session, def, row.given, back == Back::Returning))?;
    let binds: Vec<Value> = if row.given.count_ones() as usize == row.values.len() {
        row.values.clone()
    } else {
        given_columns(def, row.given).into_iter().map(|column| row.values[column.index].clone()).collect()
    };
    for (value, column) in binds.iter().zip(given_columns(def, row.given)) {
        session.dialect().check_value(value).map_err(|e| e.with_model(def.name).with_columns([column.name]))?;
    }
    let query = Query { sql: &sql, binds: &binds, cacheable: true };
    match back {
        Back::Returning => {
            let created = exec::fetch_shape(session, def, &sql, &binds, read_model::<M>).await?;
            created.ok_or_else(|| super::find::not_found(def.name))
        }
        Back::Nothing => {
            session.fetch(query, &mut Discard).await.map_err(exec::about(def))?;
            read_model(&mut Columns::new(&ValueRow(&row.values)))
        }
        Back::LastId | Back::Read => {
            let done = session.fetch(query, &mut Discard).await.map_err(exec::about(def))?;
            if let (Some(column), Some(id)) = (def.auto_increment(), done.last_insert_id)
                && row.given & (1 << column.index) == 0
            {
                row.values[column.index] = Value::I64(id);
            }
            if back == Back::LastId {
                return read_model(&mut Columns::new(&ValueRow(&row.values)));
            }
            let key: Vec<Value> = def.primary_key.iter().map(|index| row.values[*index].clone()).collect();
            let sql = exec::by_key_sql(session, def)?;
            let created = exec::fetch_shape(session, def, &sql, &key, read_model::<M>).await?;
            created.ok_or_else(|| super::find::not_found(def.name))
        }
    }
}

/// The text of an INSERT of one row with these columns.
fn insert_sql(session: &dyn Session, def: &'static ModelDef, given: u128, returning: bool) -> Result<String> {
    let columns = given_columns(def, given);
    let values = columns.iter().map(|column| Value::Null(column.ty)).collect();
    let insert = Insert {
        model: def,
        columns,
        values,
        rows: 1,
        conflict: None,
        returning: if returning { Returning::Model } else { Returning::Nothing },
    };
    Ok(render(&Statement::Insert(Box::new(insert)), &**session.dialect())?.sql)
}

/// Many rows to create at once: `User::bulk_create([..])`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct BulkCreate<M> {
    rows: Vec<NewRow>,
    _model: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for BulkCreate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkCreate").field("rows", &self.rows.len()).finish()
    }
}

impl<M: Model> BulkCreate<M> {
    /// Takes rows; called by the derive.
    pub fn new<C: Complete<M>>(rows: impl IntoIterator<Item = C>) -> Self {
        Self { rows: rows.into_iter().map(|row| row.into_create().row).collect(), _model: PhantomData }
    }

    /// Creates the rows, all or none, and gives them back in the given order with the keys and defaults the database
    /// made. Statements are split by the database's limit of values.
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<M>> {
        let rows = insert_many(db.session(), M::DEF, self.rows, None, true).await?.rows;
        rows.iter().map(|values| read_model(&mut Columns::new(&ValueRow(values)))).collect()
    }

    /// Creates the rows, all or none, and gives their number. Cheaper than [`exec`](Self::exec) when nobody wants the
    /// keys.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn count<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64> {
        Ok(insert_many(db.session(), M::DEF, self.rows, None, false).await?.affected)
    }

    /// Says what happens to rows whose unique columns are taken: `.on_conflict(User::EMAIL).update(User::NAME)`.
    pub fn on_conflict<X: Select<M>>(self, unique: X) -> OnConflict<M> {
        let mut list = Vec::new();
        unique.push(&mut list);
        OnConflict { rows: self.rows, target: columns_of(list), filter: None, _model: PhantomData }
    }
}

fn columns_of(list: Vec<ast::Expr>) -> Vec<&'static ColumnDef> {
    list.into_iter()
        .filter_map(|expr| match expr {
            ast::Expr::Column(column) => Some(column),
            _ => None,
        })
        .collect()
}

/// Rows to create or, where unique columns are taken, to skip or update.
#[must_use = "say what to do: `.do_nothing()`, `.update(..)` or `.update_all()`"]
pub struct OnConflict<M> {
    rows: Vec<NewRow>,
    target: Vec<&'static ColumnDef>,
    filter: Option<ast::Expr>,
    _model: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for OnConflict<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnConflict").field("rows", &self.rows.len()).field("target", &self.target).finish()
    }
}

impl<M: Model> OnConflict<M> {
    /// The condition of the partial unique index meant.
    pub fn filter<C: IntoCondition<M>>(mut self, condition: C) -> Self {
        self.filter = Some(condition.into_condition());
        self
    }

    /// Leaves existing rows as they are.
    pub fn do_nothing(self) -> BulkUpsert<M> {
        self.finish(ConflictAction::Nothing)
    }

    /// Gives existing rows the new values of some columns; `updated_at` is set as well.
    pub fn update<X: Select<M>>(self, columns: X) -> BulkUpsert<M> {
        let mut list = Vec::new();
        columns.push(&mut list);
        let columns = columns_of(list);
        self.updating(columns)
    }

    /// Gives existing rows the new values of every column given but the unique ones, the key and `created_at`.
    pub fn update_all(self) -> BulkUpsert<M> {
        let def = M::DEF;
        let given = self.rows.iter().fold(0, |all, row| all | row.given);
        let columns = given_columns(def, given)
            .into_iter()
            .filter(|column| {
                !self.target.iter().any(|target| std::ptr::eq(*target, *column))
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
        let set = columns.into_iter().map(|column| (column, ast::Expr::Excluded(column))).collect();
        self.finish(ConflictAction::Update(set))
    }

    fn finish(self, action: ConflictAction) -> BulkUpsert<M> {
        let conflict = Conflict { target: self.target, target_filter: self.filter, action };
        BulkUpsert { rows: self.rows, conflict, _model: PhantomData }
    }
}

/// An upsert of many rows.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct BulkUpsert<M> {
    rows: Vec<NewRow>,
    conflict: Conflict,
    _model: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for BulkUpsert<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkUpsert").field("rows", &self.rows.len()).field("conflict", &self.conflict).finish()
    }
}

impl<M: Model> BulkUpsert<M> {
    /// Creates or changes the rows, all or none, and gives the number of rows the database counted: MySQL and MariaDB
    /// count a changed row twice.
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64> {
        if let Some(target) = self.conflict.target.first()
            && !is_unique(M::DEF, &self.conflict.target)
        {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "no unique key of the model has just these columns; name the columns of one",
            )
            .with_model(M::DEF.name)
            .with_columns([target.name]));
        }
        Ok(insert_many(db.session(), M::DEF, self.rows, Some(&self.conflict), false).await?.affected)
    }

    /// The SQL and binds of the first statement for a dialect.
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        let mut rows = self.rows.clone();
        rows.iter_mut().for_each(|row| complete(M::DEF, row, &mut None));
        let given = rows.first().map_or(0, |row| row.given);
        let all: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].given == given).collect();
        let insert = insert_of(M::DEF, given, &all, &rows, Some(&self.conflict), Returning::Nothing);
        render(&Statement::Insert(Box::new(insert)), dialect)
    }
}

/// Whether a unique key or the primary key has just these columns.
fn is_unique(def: &'static ModelDef, columns: &[&'static ColumnDef]) -> bool {
    let same = |indexes: &mut dyn Iterator<Item = usize>| {
        let mut indexes: Vec<usize> = indexes.collect();
        let mut wanted: Vec<usize> = columns.iter().map(|column| column.index).collect();
        indexes.sort_unstable();
        wanted.sort_unstable();
        indexes == wanted
    };
    same(&mut def.primary_key.iter().copied())
        || def.indexes.iter().any(|index| {
            index.unique
                && index.parts.iter().all(|part| matches!(part, crate::model::IndexPart::Column { .. }))
                && same(&mut index.parts.iter().filter_map(|part| match part {
                    crate::model::IndexPart::Column { index, .. } => Some(*index),
                    crate::model::IndexPart::Expression(_) => None,
                }))
        })
}

/// What inserting many rows gave: the rows in the given order, when they were wanted.
struct Inserted {
    rows: Vec<Vec<Value>>,
    affected: u64,
}

/// Rows per statement where the text is kept: enough to spread its cost, few enough that the last, shorter statement
/// does not matter.
const ROWS_PER_STATEMENT: usize = 64;

async fn insert_many(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<NewRow>,
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<Inserted> {
    if rows.iter().any(|row| row.nested.is_some()) {
        return insert_trees(session, def, rows, conflict).await;
    }
    let mut now = None;
    let mut groups: Vec<(u128, Vec<usize>)> = Vec::new();
    for (i, row) in rows.iter_mut().enumerate() {
        complete(def, row, &mut now);
        match groups.iter_mut().find(|(given, _)| *given == row.given) {
            Some((_, members)) => members.push(i),
            None => groups.push((row.given, vec![i])),
        }
    }
    let capabilities = session.dialect().capabilities();
    let mut chunks: Vec<(u128, &[usize])> = Vec::new();
    for (given, members) in &groups {
        let columns = given.count_ones() as usize;
        let most = if columns == 0 {
            1
        } else {
            let room = (capabilities.max_binds / columns).max(1);
            if capabilities.round_trips { room.min(1000) } else { room.min(ROWS_PER_STATEMENT) }
        };
        chunks.extend(members.chunks(most).map(|chunk| (*given, chunk)));
    }
    let mut affected = 0;
    if chunks.len() > 1 {
        let unit = session.begin(&BeginOptions::default()).await?;
        for (given, chunk) in &chunks {
            affected += insert_chunk(&*unit, def, *given, chunk, &mut rows, conflict, wanted).await?;
        }
        unit.commit().await?;
    } else if let Some((given, chunk)) = chunks.first() {
        affected = insert_chunk(session, def, *given, chunk, &mut rows, conflict, wanted).await?;
    }
    Ok(Inserted { rows: if wanted { rows.into_iter().map(|row| row.values).collect() } else { Vec::new() }, affected })
}

/// Inserts rows that have others nested in them, one after the other.
async fn insert_trees(
    session: &dyn Session,
    def: &'static ModelDef,
    rows: Vec<NewRow>,
    conflict: Option<&Conflict>,
) -> Result<Inserted> {
    if conflict.is_some() {
        return Err(Error::new(ErrorKind::InvalidStatement, "an upsert cannot create nested rows").with_model(def.name));
    }
    let unit = session.begin(&BeginOptions::default()).await?;
    let mut created = Vec::with_capacity(rows.len());
    for row in rows {
        created.push(create_tree(&*unit, def, row).await?);
    }
    unit.commit().await?;
    let affected = created.len() as u64;
    Ok(Inserted { rows: created, affected })
}

fn insert_of(
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &[NewRow],
    conflict: Option<&Conflict>,
    returning: Returning,
) -> Insert {
    let columns = given_columns(def, given);
    let values =
        chunk.iter().flat_map(|i| columns.iter().map(move |column| rows[*i].values[column.index].clone())).collect();
    Insert { model: def, columns, values, rows: chunk.len(), conflict: conflict.cloned(), returning }
}

/// Inserts rows with the same columns in one statement, and fills in what the database made.
async fn insert_chunk(
    session: &dyn Session,
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [NewRow],
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<u64> {
    let back = if wanted { way_back(session, def, given) } else { Back::Nothing };
    let returns = session.dialect().capabilities().returning_insert;
    if (back == Back::Returning || back == Back::LastId) && returns {
        let insert = insert_of(def, given, chunk, rows, conflict, Returning::Model);
        let made = exec::fetch_all(session, def, &Statement::Insert(Box::new(insert)), read_values).await?;
        let affected = made.len() as u64;
        place(def, given, chunk, rows, made)?;
        return Ok(affected);
    }
    let insert = insert_of(def, given, chunk, rows, conflict, Returning::Nothing);
    let done = exec::execute(session, def, &Statement::Insert(Box::new(insert))).await?;
    if matches!(back, Back::LastId | Back::Read) {
        read_made(session, def, given, chunk, rows, done.last_insert_id).await?;
    }
    Ok(done.rows_affected)
}

fn read_values(columns: &mut Columns<'_>) -> Result<Vec<Value>> {
    let mut values = Vec::new();
    while let Ok(value) = columns.next_value() {
        values.push(exec::owned(value));
    }
    Ok(values)
}

/// Puts returned rows where they belong: by the key when the client made it, else in the order of the keys that the
/// database counted up.
fn place(
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [NewRow],
    mut made: Vec<Vec<Value>>,
) -> Result<()> {
    if made.len() != chunk.len() {
        return Err(Error::new(
            ErrorKind::Database,
            format!("{} rows were inserted, {} came back", chunk.len(), made.len()),
        )
        .with_model(def.name));
    }
    match def.auto_increment().filter(|column| given & (1 << column.index) == 0) {
        Some(column) => made.sort_by_key(|values| match values.get(column.index) {
            Some(Value::I64(id)) => i128::from(*id),
            Some(Value::U64(id)) => i128::from(*id),
            _ => 0,
        }),
        None => {
            let key_of = |values: &[Value]| -> Vec<super::key::Comparable> {
                def.primary_key.iter().map(|i| super::key::Comparable::of(&values[*i])).collect()
            };
            let mut by_key: HashMap<_, _> = made.into_iter().map(|values| (key_of(&values), values)).collect();
            made = Vec::with_capacity(chunk.len());
            for i in chunk {
                match by_key.remove(&key_of(&rows[*i].values)) {
                    Some(values) => made.push(values),
                    None => made.push(rows[*i].values.clone()),
                }
            }
        }
    }
    for (i, values) in chunk.iter().zip(made) {
        rows[*i].values = values;
    }
    Ok(())
}

/// Reads rows back after an INSERT on databases without RETURNING: keys of one INSERT of known rows follow each other
/// (MySQL manual, "InnoDB AUTO_INCREMENT Counter Initialization": simple inserts).
async fn read_made(
    session: &dyn Session,
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [NewRow],
    first_id: Option<i64>,
) -> Result<()> {
    let made_key = def.auto_increment().filter(|column| given & (1 << column.index) == 0);
    let mut select = ast::Select::new(def);
    select.deleted = ast::Deleted::Included;
    match (made_key, first_id) {
        (Some(column), Some(first)) => {
            let from = ast::Expr::binary(ast::BinaryOp::Ge, column.into(), ast::Expr::Value(Value::I64(first)));
            select.filter.push(from);
            select.order_by.push(ast::Order { expr: column.into(), descending: false, nulls: None });
            select.limit = Some(chunk.len() as u64);
        }
        _ => {
            let keys = chunk.iter().map(|i| {
                let key: Vec<Value> = def.primary_key.iter().map(|index| rows[*i].values[*index].clone()).collect();
                ast::Expr::And(super::update::key_filter(def, &key))
            });
            select.filter.push(ast::Expr::Or(keys.collect()));
        }
    }
    let mut made = Vec::new();
    let rendered = render(&Statement::Select(Box::new(select)), &**session.dialect())?;
    session.fetch(exec::query(&rendered), &mut Collect::new(&mut made, read_values)).await.map_err(exec::about(def))?;
    place(def, given, chunk, rows, made)
}
