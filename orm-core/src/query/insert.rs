//! Getting new rows into the database and what it makes of them back: defaults of the client, the statement, keys and
//! defaults of the database. The builders are in `create` and `bulk`.

use std::collections::HashMap;

use super::create_tree::{Around, Nested, create_tree, fill};
use super::exec;
use super::rows::{ModelSet, ValueRow};
use crate::ast::{self, Conflict, ConflictAction, Insert, Returning, Statement};
use crate::dialect::{Dialect, render, render_insert, rewrites, stored, unnests};
use crate::driver::{BeginOptions, Query, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, DefaultDef, Model, ModelDef, read_model};
use crate::row::{Collect, Columns, Discard};
use crate::value::{SqlType, Value};

/// The values of a new row, by the columns' positions, and which of them were given.
#[derive(Clone)]
pub(super) struct NewRow {
    pub(super) values: Vec<Value>,
    pub(super) given: u128,
    /// Rows to create around this one.
    pub(super) nested: Option<Box<Nested>>,
}

/// Fills in what the client makes: constants, client functions, times. One instant for all rows of a statement.
pub(super) fn complete(def: &'static ModelDef, row: &mut NewRow, now: &mut Option<chrono::DateTime<chrono::Utc>>) {
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
fn needs_reading(dialect: &dyn Dialect, def: &'static ModelDef, given: u128) -> bool {
    def.columns.iter().any(|column| match given & (1 << column.index) {
        0 => column.generated.is_some() || matches!(column.default, DefaultDef::Sql(_)),
        _ => rewrites(dialect, column),
    })
}

pub(super) fn given_columns(def: &'static ModelDef, given: u128) -> Vec<&'static ColumnDef> {
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

/// Whether a row can be found again by its key: the client or the counter makes all of it.
fn key_is_known(def: &'static ModelDef, given: u128) -> bool {
    !def.primary_key.is_empty()
        && def.key_columns().all(|column| column.auto_increment || given & (1 << column.index) != 0)
}

#[cold]
fn key_unknown(session: &dyn Session, def: &'static ModelDef) -> Error {
    Error::unsupported(
        session.dialect().name(),
        "reading back what it made for a row whose key the client does not know (give the key, or use `.count(..)`)",
    )
    .with_model(def.name)
}

fn way_back(session: &dyn Session, def: &'static ModelDef, given: u128) -> Back {
    let capabilities = session.dialect().capabilities();
    let key_is_made = def.auto_increment().is_some_and(|column| given & (1 << column.index) == 0);
    match (needs_reading(&**session.dialect(), def, given), key_is_made) {
        (false, false) => Back::Nothing,
        (false, true) if capabilities.last_insert_id => Back::LastId,
        _ if capabilities.returning_insert => Back::Returning,
        _ => Back::Read,
    }
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

pub(super) async fn create_one<M: Model>(session: &dyn Session, mut row: NewRow) -> Result<M> {
    let def = M::DEF;
    row.settle()?;
    if row.nested.is_some() {
        let unit = session.begin(&BeginOptions::default()).await?;
        let created = create_tree(&*unit, def, row).await?;
        unit.commit().await?;
        let mut models = models_of(&[created.values], vec![created.nested])?;
        return models.pop().ok_or_else(|| super::exec::not_found(def.name));
    }
    complete(def, &mut row, &mut None);
    let back = way_back(session, def, row.given);
    if back == Back::Read && !key_is_known(def, row.given) {
        return Err(key_unknown(session, def));
    }
    let shape = if back == Back::Returning { Shape::InsertReturning(row.given) } else { Shape::Insert(row.given) };
    let sql = session.shapes().get(def, shape, || insert_sql(session, def, row.given, back == Back::Returning))?;
    // The values given, in the place of the row's: nothing is copied.
    let mut binds = std::mem::take(&mut row.values);
    let mut columns = def.columns.iter();
    binds.retain(|_| columns.next().is_some_and(|column| row.given & (1 << column.index) != 0));
    for (column, bind) in def.columns.iter().filter(|column| row.given & (1 << column.index) != 0).zip(&mut binds) {
        let value = std::mem::replace(bind, Value::Null(column.ty));
        *bind = stored(&**session.dialect(), column, value).map_err(|e| e.with_model(def.name))?;
    }
    if back == Back::Returning {
        let created = exec::fetch_shape(session, def, &sql, &binds, read_model::<M>).await?;
        return created.ok_or_else(|| super::exec::not_found(def.name));
    }
    let query = Query { sql: &sql, binds: &binds, cacheable: true };
    let done = session.fetch(query, &mut Discard).await.map_err(exec::about(def))?;
    row.values = binds;
    for column in def.columns.iter().filter(|column| row.given & (1 << column.index) == 0) {
        row.values.insert(column.index, Value::Null(column.ty));
    }
    if matches!(back, Back::LastId | Back::Read)
        && let (Some(column), Some(id)) = (counted_key(def, row.given), done.last_insert_id)
    {
        row.values[column.index] = reported_key(column, id);
    }
    if back == Back::Read {
        let key: Vec<Value> = def.primary_key.iter().map(|index| row.values[*index].clone()).collect();
        let sql = exec::read_back_sql(session, def)?;
        let created = exec::fetch_shape(session, def, &sql, &key, read_model::<M>).await?;
        return created.ok_or_else(|| super::exec::not_found(def.name));
    }
    read_model(&mut Columns::new(&ValueRow(&row.values)))
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

/// The number of rows that go into one statement without exceeding what the database takes best at once: all of them, or a
/// power of two. So the same few texts come up whatever the values, and the next rows find them prepared.
fn rows_that_fit(session: &dyn Session, rows: &[NewRow], members: &[usize]) -> usize {
    let limit = session.dialect().capabilities().statement_bytes;
    let mut fit = members.len();
    if limit < usize::MAX {
        let bytes_of = |row: &usize| rows[*row].values.iter().map(Value::bytes).sum::<usize>();
        let too_much = |fit: usize| members[..fit].iter().map(bytes_of).sum::<usize>() > limit;
        if fit > 1 && too_much(fit) {
            fit = 1 << (fit - 1).ilog2();
            while fit > 1 && too_much(fit) {
                fit /= 2;
            }
        }
    }
    fit
}

/// The models of rows that were created, with the rows created around each.
pub(super) fn models_of<M: Model>(rows: &[Vec<Value>], nested: Vec<Around>) -> Result<Vec<M>> {
    let models = rows.iter().map(|values| read_model(&mut Columns::new(&ValueRow(values)))).collect::<Result<_>>()?;
    let mut set = ModelSet::<M>::new(models);
    fill(&mut set, nested)?;
    Ok(set.rows)
}

/// What inserting many rows gave: the rows in the given order, when they were wanted.
pub(super) struct Inserted {
    pub(super) rows: Vec<Vec<Value>>,
    /// What was created around each; empty when nothing was.
    pub(super) nested: Vec<Around>,
    pub(super) affected: u64,
}

/// Rows per statement where the text is kept: enough to spread its cost, few enough that the last, shorter statement
/// does not matter.
const ROWS_PER_STATEMENT: usize = 64;
/// Rows per statement where each statement costs a round trip.
const ROWS_PER_ROUND_TRIP: usize = 1000;

/// The greatest number of rows with these columns that one statement inserts.
fn rows_per_statement(session: &dyn Session, def: &'static ModelDef, given: u128, wanted: bool) -> usize {
    let dialect = &**session.dialect();
    let capabilities = dialect.capabilities();
    let columns = given_columns(def, given);
    // Rows without any value are inserted one by one.
    let Some(room) = capabilities.max_binds.checked_div(columns.len()) else { return 1 };
    if wanted && !key_is_known(def, given) && way_back(session, def, given) != Back::Nothing {
        // Returned rows could not be told apart.
        return 1;
    }
    if unnests(dialect, &columns) {
        return ROWS_PER_ROUND_TRIP;
    }
    room.clamp(1, if capabilities.round_trips { ROWS_PER_ROUND_TRIP } else { ROWS_PER_STATEMENT })
}

pub(super) async fn insert_many(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<NewRow>,
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<Inserted> {
    rows.iter_mut().try_for_each(NewRow::settle)?;
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
    let mut chunks: Vec<(u128, &[usize])> = Vec::new();
    for (given, members) in &groups {
        let most = rows_per_statement(session, def, *given, wanted);
        for mut members in members.chunks(most) {
            while !members.is_empty() {
                let (chunk, rest) = members.split_at(rows_that_fit(session, &rows, members));
                chunks.push((*given, chunk));
                members = rest;
            }
        }
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
    let rows = if wanted { rows.into_iter().map(|row| row.values).collect() } else { Vec::new() };
    Ok(Inserted { rows, nested: Vec::new(), affected })
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
    let (mut created, mut nested) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        let row = create_tree(&*unit, def, row).await?;
        created.push(row.values);
        nested.push(row.nested);
    }
    unit.commit().await?;
    let affected = created.len() as u64;
    Ok(Inserted { rows: created, nested, affected })
}

/// One INSERT of rows with the same columns. Values are taken out of the rows unless they are kept.
pub(super) fn insert_of(
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [NewRow],
    conflict: Option<&Conflict>,
    keep: bool,
    returning: Returning,
) -> Insert {
    let columns = given_columns(def, given);
    let mut values = Vec::with_capacity(chunk.len() * columns.len());
    for row in chunk {
        for column in &columns {
            let value = &mut rows[*row].values[column.index];
            values.push(if keep { value.clone() } else { std::mem::replace(value, Value::Null(column.ty)) });
        }
    }
    let conflict = conflict.map(|conflict| Conflict {
        target: conflict.target.clone(),
        target_filter: conflict.target_filter.clone(),
        action: given_assignments(&conflict.action, given),
    });
    Insert { model: def, columns, values, rows: chunk.len(), conflict, returning }
}

/// Without the new values of columns that these rows do not give: existing rows keep theirs.
fn given_assignments(action: &ConflictAction, given: u128) -> ConflictAction {
    let ConflictAction::Update(set) = action else { return action.clone() };
    let is_given = |value: &ast::Expr| match value {
        ast::Expr::Excluded(column) => given & (1 << column.index) != 0,
        _ => true,
    };
    let set: Vec<_> = set.iter().filter(|(_, value)| is_given(value)).cloned().collect();
    if set.is_empty() { ConflictAction::Nothing } else { ConflictAction::Update(set) }
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
    if back == Back::Read && !key_is_known(def, given) {
        return Err(key_unknown(session, def));
    }
    let dialect = &**session.dialect();
    for column in given_columns(def, given) {
        for row in chunk {
            let value = &mut rows[*row].values[column.index];
            let given = std::mem::replace(value, Value::Null(column.ty));
            *value = stored(dialect, column, given).map_err(|e| e.with_model(def.name))?;
        }
    }
    let returns = matches!(back, Back::Returning | Back::LastId) && dialect.capabilities().returning_insert;
    // Whole rows come back, but without counted keys they must be matched with those that were given.
    let keep = wanted && !(returns && counted_key(def, given).is_some());
    let returning = if returns { Returning::Model } else { Returning::Nothing };
    let rendered = render_insert(insert_of(def, given, chunk, rows, conflict, keep, returning), dialect)?;
    if returns {
        let mut made = Vec::with_capacity(chunk.len());
        let mut sink = Collect::new(&mut made, read_values);
        session.fetch(exec::query(&rendered), &mut sink).await.map_err(exec::about(def))?;
        let affected = made.len() as u64;
        place(def, given, chunk, rows, made)?;
        return Ok(affected);
    }
    let done = session.fetch(exec::query(&rendered), &mut Discard).await.map_err(exec::about(def))?;
    if matches!(back, Back::LastId | Back::Read) {
        read_made(session, def, given, chunk, rows, done.last_insert_id).await?;
    }
    Ok(done.rows_affected)
}

/// The key that the database counts up for rows with these columns.
fn counted_key(def: &'static ModelDef, given: u128) -> Option<&'static ColumnDef> {
    def.auto_increment().filter(|column| given & (1 << column.index) == 0)
}

/// A key that the database reported.
fn reported_key(column: &ColumnDef, id: i64) -> Value {
    if column.ty == SqlType::U64 { Value::U64(id.cast_unsigned()) } else { Value::I64(id) }
}

fn read_values(columns: &mut Columns<'_>) -> Result<Vec<Value>> {
    let mut values = Vec::with_capacity(columns.left());
    while columns.left() > 0 {
        values.push(columns.next_value()?.into());
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
    match counted_key(def, given) {
        _ if chunk.len() == 1 => {}
        Some(column) => made.sort_by_key(|values| match values.get(column.index) {
            Some(Value::I64(id)) => i128::from(*id),
            Some(Value::U64(id)) => i128::from(*id),
            _ => 0,
        }),
        None => {
            let key_of = |values: &[Value]| -> Vec<super::key::Comparable> {
                let part = |i: &usize| super::key::Comparable::of_type(def.columns[*i].ty, &values[*i]);
                def.primary_key.iter().map(part).collect()
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
    let made_key = counted_key(def, given);
    let mut select = ast::Select::new(def);
    select.deleted = ast::Deleted::Included;
    match (made_key, first_id) {
        (Some(column), Some(first)) => {
            let from =
                ast::Expr::binary(ast::BinaryOp::Ge, column.into(), ast::Expr::Value(reported_key(column, first)));
            select.filter.push(from);
            select.order_by.push(ast::Order { expr: column.into(), descending: false, nulls: None });
            select.limit = Some(chunk.len() as u64);
        }
        _ => {
            let keys = chunk.iter().map(|i| {
                let key: Vec<Value> = def.primary_key.iter().map(|index| rows[*i].values[*index].clone()).collect();
                ast::Expr::And(super::key::key_filter(def, &key))
            });
            select.filter.push(ast::Expr::Or(keys.collect()));
        }
    }
    let mut made = Vec::new();
    let rendered = render(&Statement::Select(Box::new(select)), &**session.dialect())?;
    session.fetch(exec::query(&rendered), &mut Collect::new(&mut made, read_values)).await.map_err(exec::about(def))?;
    place(def, given, chunk, rows, made)
}
