//! Inserting new rows and getting back what the database makes of them: keys, defaults, generated columns.

use std::collections::{HashMap, HashSet};

use super::draft::{Draft, given_columns};
use super::hooks::{self, Event, Hooks};
use super::send::unchecked;
use super::trail::{Change, counted, parents};
use super::{guard, hooked, policy, prepare, violated};
use crate::ast::{self, Conflict, ConflictAction, Insert, Returning, Statement};
use crate::dialect::{Dialect, SqlWriter, render, render_insert, rewrites, unnests};
use crate::driver::{BeginOptions, Reads, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, DefaultDef, ModelDef, Mutability};
use crate::row::{Collect, Columns, Discard, First, RowSink};
use crate::run::{self, Comparable, ValueRow, about, after_write, after_write_read};
use crate::value::{SqlType, Value};

/// Inserts a row of these values.
pub(crate) async fn insert_values(
    session: &dyn Session,
    def: &'static ModelDef,
    values: Vec<(&'static ColumnDef, Value)>,
) -> Result<()> {
    let mut row = Draft::new(def);
    for (column, value) in values {
        row.give(column.index, value);
    }
    insert_row(session, def, row).await.map(|_| ())
}

/// Whether the database makes something that the client does not know, but for a generated key.
fn needs_reading(dialect: &dyn Dialect, def: &'static ModelDef, given: u128) -> bool {
    def.columns.iter().any(|column| match given & (1 << column.index) {
        0 => column.generated.is_some() || matches!(column.default, DefaultDef::Sql(_)),
        _ => rewrites(dialect, column),
    })
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

/// Uses one connection for an INSERT and the query that reads its rows back. Another connection might go to a server that does not have
/// the rows yet, or fail, which would look as if nothing had been written.
async fn one_connection(session: &dyn Session, reads: bool) -> Result<Option<Box<dyn Session + '_>>> {
    if reads && !session.in_transaction() { session.pin().await.map(Some) } else { Ok(None) }
}

/// Inserts one row, without what is nested in it. The row as the database has it goes into the sink.
pub(super) async fn insert_one(
    session: &dyn Session,
    def: &'static ModelDef,
    mut draft: Draft,
    sink: &mut dyn RowSink,
) -> Result<()> {
    prepare::row(session, def, &mut draft)?;
    let given = draft.given;
    let back = way_back(session, def, given);
    if back == Back::Read && !key_is_known(def, given) {
        return Err(key_unknown(session, def));
    }
    let shape = if back == Back::Returning { Shape::InsertReturning(given) } else { Shape::Insert(given) };
    let sql = match session.shapes().find(def, shape) {
        Some(sql) => sql,
        None => {
            if back != Back::Returning {
                check_numbered(session, def, given).await?;
            }
            session.shapes().get(def, shape, || insert_sql(session, def, given, back == Back::Returning))?
        }
    };
    let pinned = one_connection(session, back == Back::Read).await?;
    let session = pinned.as_deref().unwrap_or(session);
    // The values given, in the place of the row's: nothing is copied.
    let mut values = draft.values;
    let mut columns = def.columns.iter();
    values.retain(|_| columns.next().is_some_and(|column| given & (1 << column.index) != 0));
    let done = match back {
        Back::Returning => {
            let query = run::kept(&sql, &values).sealed(def.has_sealed).reading(Reads::Returned(def));
            session.fetch(query, sink).await
        }
        _ => session.fetch(run::kept(&sql, &values).sealed(def.has_sealed), &mut Discard).await,
    };
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            return Err(violated::by_rows(session, def, given, &values, after_write(session, def)(error)).await);
        }
    };
    if back == Back::Returning {
        return Ok(());
    }
    for column in def.columns.iter().filter(|column| given & (1 << column.index) == 0) {
        values.insert(column.index, Value::Null(column.ty));
    }
    if let (Some(column), Some(id)) = (counted_key(def, given), done.last_insert_id) {
        values[column.index] = reported_key(column, id);
    }
    if back == Back::Read {
        let key: Vec<Value> = def.primary_key.iter().map(|index| values[*index].clone()).collect();
        let sql = run::read_back_sql(session, def)?;
        let query = run::kept(&sql, &key).reading(Reads::Returned(def));
        session.fetch(query, sink).await.map_err(after_write_read(session, def))?;
        return Ok(());
    }
    sink.row(&ValueRow(&values)).map(|_| ()).map_err(after_write(session, def))
}

/// As [`insert_one`], giving the values; with the hooks of the model, for which the session must be a transaction.
pub(super) async fn insert_row(session: &dyn Session, def: &'static ModelDef, draft: Draft) -> Result<Vec<Value>> {
    let hooks = hooks::of(session, def);
    if hooks.is_some_and(|hooks| hooks.trail.is_some()) {
        let unit = session.begin(&BeginOptions::default()).await?;
        let values = Box::pin(insert_hooked(&*unit, def, draft, hooks)).await?;
        unit.commit().await?;
        return Ok(values);
    }
    insert_hooked(session, def, draft, hooks).await
}

async fn insert_hooked(
    session: &dyn Session,
    def: &'static ModelDef,
    mut draft: Draft,
    hooks: Option<&'static Hooks>,
) -> Result<Vec<Value>> {
    if let Some(hooks) = hooks {
        Box::pin(hooked::before_create(session, def, hooks, std::slice::from_mut(&mut draft))).await?;
        Box::pin(lock_parents(session, def, hooks, &[&draft.values])).await?;
    }
    let mut ask = false;
    if policy::applies(session, def) {
        prepare::row(session, def, &mut draft)?;
        draft.validated = true;
        ask = Box::pin(policy::before_create(session, def, std::slice::from_ref(&draft))).await?;
    }
    let mut values = None;
    insert_one(session, def, draft, &mut First::new(&mut values, read_values)).await?;
    let values = values.ok_or_else(|| run::not_inserted(session, def.name))?;
    if ask {
        Box::pin(policy::after_create(session, def, std::slice::from_ref(&values))).await?;
    }
    if let Some(hooks) = hooks {
        Box::pin(hooked::after_values(session, def, hooks, Event::Create, &values)).await?;
        let change = (None, Some(values));
        Box::pin(record(session, def, hooks, Event::Create, std::slice::from_ref(&change))).await?;
        return change.1.ok_or_else(|| run::not_inserted(session, def.name));
    }
    Ok(values)
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
fn rows_that_fit(session: &dyn Session, rows: &[Draft], members: &[usize]) -> usize {
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
    let room = room.min(capabilities.max_insert_rows);
    if wanted && !key_is_known(def, given) && way_back(session, def, given) != Back::Nothing {
        // Returned rows could not be told apart.
        return 1;
    }
    if unnests(dialect, &columns) {
        return ROWS_PER_ROUND_TRIP.min(capabilities.max_insert_rows);
    }
    room.clamp(1, if capabilities.round_trips { ROWS_PER_ROUND_TRIP } else { ROWS_PER_STATEMENT })
}

/// Inserts rows without what is nested in them, with the hooks of the model, and gives their values, when wanted, and how many were
/// written. Where rows that are there may be changed instead, it is unknown which are new, and no hooks run.
pub(super) async fn insert_rows(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<Draft>,
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<(Vec<Vec<Value>>, u64)> {
    let Some(hooks) = hooks::of(session, def).filter(|_| conflict.is_none()) else {
        if policy::applies(session, def) {
            return Box::pin(insert_policed(session, def, rows, conflict, wanted)).await;
        }
        return insert_prepared(session, def, rows, conflict, wanted).await;
    };
    let unit = session.begin(&BeginOptions::default()).await?;
    Box::pin(hooked::before_create(&*unit, def, hooks, &mut rows)).await?;
    let values: Vec<&[Value]> = rows.iter().map(|row| &row.values[..]).collect();
    Box::pin(lock_parents(&*unit, def, hooks, &values)).await?;
    let wanted = wanted || hooked::wants_created(hooks);
    let (values, affected) = if policy::applies(session, def) {
        Box::pin(insert_policed(&*unit, def, rows, None, wanted)).await?
    } else {
        insert_prepared(&*unit, def, rows, None, wanted).await?
    };
    for row in &values {
        Box::pin(hooked::after_values(&*unit, def, hooks, Event::Create, row)).await?;
    }
    let values = if hooks.trail.is_some() {
        let changes: Vec<Change> = values.into_iter().map(|row| (None, Some(row))).collect();
        Box::pin(record(&*unit, def, hooks, Event::Create, &changes)).await?;
        changes.into_iter().filter_map(|(_, row)| row).collect()
    } else {
        values
    };
    unit.commit().await?;
    Ok((values, affected))
}

/// Locks the parents that count rows, before these are written: a foreign key is checked under a lock that others may share, and
/// two writers who both have it would wait for each other with their numbers.
pub(super) async fn lock_parents(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    rows: &[&[Value]],
) -> Result<()> {
    let Some(trail) = hooks.trail.filter(|trail| !trail.counters.is_empty()) else { return Ok(()) };
    for (parent, filter) in parents(def, trail, rows)? {
        run::lock_rows(session, parent, vec![filter]).await?;
    }
    Ok(())
}

/// Keeps what a model asks to be kept with changes of its rows: numbers of rows in their parents, and entries of its history. The
/// session must be the transaction of the changes.
pub(crate) async fn record(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    changes: &[Change],
) -> Result<()> {
    let Some(trail) = hooks.trail.filter(|_| !changes.is_empty()) else { return Ok(()) };
    for (parent, statement) in counted(def, trail, changes)? {
        unchecked(session, parent, statement).await?;
    }
    #[cfg(feature = "json")]
    if let Some(audit) = &trail.audit {
        let (history, entries) = super::history::entries(session, def, audit, event, changes)?;
        Box::pin(insert_prepared(session, history, entries, None, false)).await?;
    }
    #[cfg(not(feature = "json"))]
    if trail.audit.is_some() {
        let _ = event;
        return Err(Error::unsupported(session.dialect().name(), "histories without the feature `json`"));
    }
    Ok(())
}

/// As [`insert_prepared`], for a viewer.
async fn insert_policed(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<Draft>,
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<(Vec<Vec<Value>>, u64)> {
    prepare::rows(session, def, &mut rows)?;
    rows.iter_mut().for_each(|row| row.validated = true);
    let ask = policy::before_create(session, def, &rows).await?;
    if conflict.is_some() {
        policy::refuse_conflicts(session, def)?;
    }
    if !ask {
        return insert_prepared(session, def, rows, conflict, wanted).await;
    }
    let unit = session.begin(&BeginOptions::default()).await?;
    let (values, affected) = insert_prepared(&*unit, def, rows, conflict, true).await?;
    policy::after_create(&*unit, def, &values).await?;
    unit.commit().await?;
    Ok((if wanted { values } else { Vec::new() }, affected))
}

/// Inserts rows, each of which is prepared if it was not yet.
async fn insert_prepared(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<Draft>,
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<(Vec<Vec<Value>>, u64)> {
    prepare::rows(session, def, &mut rows)?;
    let all: Vec<usize> = (0..rows.len()).collect();
    let mut chunks: Vec<(u128, &[usize])> = Vec::new();
    // The outcome is that of one row after the other, so only neighbours share a statement.
    for members in all.chunk_by(|one, next| is_alike(&rows[*one], &rows[*next], conflict)) {
        let given = rows[members[0]].given;
        let most = rows_per_statement(session, def, given, wanted);
        for mut members in members.chunks(most) {
            while !members.is_empty() {
                let fit = rows_that_fit(session, &rows, members);
                let fit = match conflict {
                    Some(Conflict { target, action: ConflictAction::Update(_), .. }) => {
                        rows_without_repeats(&rows, &members[..fit], target)
                    }
                    _ => fit,
                };
                let (chunk, rest) = members.split_at(fit);
                chunks.push((given, chunk));
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
    Ok((rows, affected))
}

/// Whether two rows go into one statement: they have the same columns, and, where rows that are there may change, change the
/// same ones.
fn is_alike(one: &Draft, other: &Draft, conflict: Option<&Conflict>) -> bool {
    let changes = matches!(conflict, Some(Conflict { action: ConflictAction::Update(_), .. }));
    one.given == other.given && (!changes || one.by_caller == other.by_caller)
}

/// The number of the first rows that have different unique columns: an upsert changes a row at most once in a statement
/// (PostgreSQL manual, INSERT, "ON CONFLICT Clause").
pub(super) fn rows_without_repeats(rows: &[Draft], members: &[usize], target: &[&'static ColumnDef]) -> usize {
    if target.is_empty() {
        return members.len();
    }
    let mut seen = HashSet::with_capacity(members.len());
    let key = |row: &usize| -> Vec<Comparable> {
        target.iter().map(|column| Comparable::of_type(column.ty, &rows[*row].values[column.index])).collect()
    };
    members.iter().position(|row| !seen.insert(key(row))).unwrap_or(members.len())
}

/// One INSERT of rows with the same columns. Values are taken out of the rows unless they are kept.
pub(crate) fn insert_of(
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [Draft],
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
    let by_caller = chunk.first().map_or(given, |row| rows[*row].by_caller);
    let conflict = conflict.map(|conflict| Conflict {
        target: conflict.target.clone(),
        target_filter: conflict.target_filter.clone(),
        action: given_assignments(def, &conflict.action, by_caller),
    });
    Insert { model: def, columns, values, rows: chunk.len(), conflict, returning }
}

/// Without the new values of columns that the caller does not give, and of immutable ones: existing rows keep theirs.
/// `updated_at` and the version change with the others.
pub(crate) fn given_assignments(def: &'static ModelDef, action: &ConflictAction, by_caller: u128) -> ConflictAction {
    let ConflictAction::Update(set) = action else { return action.clone() };
    let follows = |column: &ColumnDef| [def.updated_at, def.version].contains(&Some(column.index));
    let is_given = |column: &ColumnDef, value: &ast::Expr| match value {
        _ if matches!(column.mutability, Mutability::Immutable) => false,
        ast::Expr::Excluded(column) => by_caller & (1 << column.index) != 0 || follows(column),
        _ => true,
    };
    let mut set: Vec<_> = set.iter().filter(|(column, value)| is_given(column, value)).cloned().collect();
    prepare::index_assignments(def, &mut set);
    let changes = set.iter().any(|(column, _)| by_caller & (1 << column.index) != 0 || !follows(column));
    if changes { ConflictAction::Update(set) } else { ConflictAction::Nothing }
}

/// Inserts rows with the same columns in one statement, and fills in what the database made.
async fn insert_chunk(
    session: &dyn Session,
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [Draft],
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<u64> {
    if let Some(conflict) = conflict.filter(|_| def.has_guarded) {
        let by_caller = chunk.first().map_or(given, |row| rows[*row].by_caller);
        guard::check_conflict(def, &given_assignments(def, &conflict.action, by_caller))?;
    }
    let back = if wanted { way_back(session, def, given) } else { Back::Nothing };
    if back == Back::Read && !key_is_known(def, given) {
        return Err(key_unknown(session, def));
    }
    if wanted && back != Back::Returning {
        check_numbered(session, def, given).await?;
    }
    let dialect = &**session.dialect();
    if let (Back::LastId, Some(key), true) = (back, counted_key(def, given), dialect.capabilities().returning_insert)
        && !(chunk.len() > 1 && unnests(dialect, &given_columns(def, given)))
    {
        return insert_for_keys(session, def, given, chunk, rows, conflict, key).await;
    }
    let returns = matches!(back, Back::Returning | Back::LastId) && dialect.capabilities().returning_insert;
    // Whole rows come back, but without counted keys they must be matched with those that were given.
    let keep = wanted && !(returns && counted_key(def, given).is_some());
    let returning = if returns { Returning::Model } else { Returning::Nothing };
    let rendered = render_insert(insert_of(def, given, chunk, rows, conflict, keep, returning), dialect)?;
    if returns {
        let mut made = Vec::with_capacity(chunk.len());
        let mut sink = Collect::new(&mut made, read_values);
        let query = run::query(&rendered).reading(Reads::Returned(def));
        if let Err(error) = session.fetch(query, &mut sink).await {
            return Err(violated::by_rows(session, def, given, &rendered.binds, after_write(session, def)(error)).await);
        }
        let affected = made.len() as u64;
        place(session, def, given, chunk, rows, made)?;
        return Ok(affected);
    }
    let reads = matches!(back, Back::LastId | Back::Read);
    let pinned = one_connection(session, reads).await?;
    let session = pinned.as_deref().unwrap_or(session);
    let done = match session.fetch(run::query(&rendered), &mut Discard).await {
        Ok(done) => done,
        Err(error) => return Err(violated::by_rows(session, def, given, &rendered.binds, about(def)(error)).await),
    };
    if reads {
        read_made(session, def, given, chunk, rows, done.last_insert_id).await?;
    }
    Ok(done.rows_affected)
}

/// As [`insert_chunk`], where the keys are all that the database makes: they come back, and the values are taken back from
/// the statement.
async fn insert_for_keys(
    session: &dyn Session,
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [Draft],
    conflict: Option<&Conflict>,
    key: &'static ColumnDef,
) -> Result<u64> {
    let insert = insert_of(def, given, chunk, rows, conflict, false, Returning::Columns(vec![key]));
    let columns = insert.columns.clone();
    let rendered = render_insert(insert, &**session.dialect())?;
    let mut keys: Vec<Value> = Vec::with_capacity(chunk.len());
    let mut sink = Collect::new(&mut keys, |columns| Ok(columns.next_value()?.into()));
    if let Err(error) = session.fetch(run::query(&rendered), &mut sink).await {
        return Err(violated::by_rows(session, def, given, &rendered.binds, after_write(session, def)(error)).await);
    }
    if keys.len() != chunk.len() {
        return Err(rows_missing(session, def, chunk.len(), keys.len()));
    }
    // Keys are generated in the order of the rows; RETURNING promises none.
    keys.sort_by_key(generated_key);
    let mut values = rendered.binds.into_iter();
    for (row, made) in chunk.iter().zip(keys) {
        let row = &mut rows[*row].values;
        for (column, value) in columns.iter().zip(&mut values) {
            row[column.index] = value;
        }
        row[key.index] = made;
    }
    Ok(chunk.len() as u64)
}

/// A key that the database generated, to sort by.
fn generated_key(key: &Value) -> i128 {
    match key {
        Value::I64(id) => i128::from(*id),
        Value::U64(id) => i128::from(*id),
        _ => 0,
    }
}

#[cold]
fn rows_missing(session: &dyn Session, def: &'static ModelDef, given: usize, returned: usize) -> Error {
    let stored = if session.in_transaction() { "" } else { "; what was written is committed" };
    let message = format!("of {given} rows given, {returned} came back: a trigger of the table left rows out{stored}");
    Error::new(ErrorKind::NotFound, message).with_model(def.name)
}

/// Asks once, for rows whose key the database is to report, whether it numbers the rows by that column.
///
/// # Errors
/// [`ErrorKind::InvalidStatement`] when it does not: the key that it reports is not in the row.
async fn check_numbered(session: &dyn Session, def: &'static ModelDef, given: u128) -> Result<()> {
    let Some(column) = counted_key(def, given) else { return Ok(()) };
    if session.shapes().find(def, Shape::Numbered).is_some() {
        return Ok(());
    }
    let mut w = SqlWriter::new(&**session.dialect());
    if !session.dialect().push_numbers_rows(&mut w, def, column)? {
        return Ok(());
    }
    let query = w.finish();
    let mut numbered: Option<bool> = None;
    let mut sink = First::new(&mut numbered, |columns| columns.next());
    session.fetch(run::query(&query), &mut sink).await.map_err(about(def))?;
    match numbered {
        Some(false) => Err(not_numbered(session, def, column)),
        // The INSERT says that there is no such table.
        None => Ok(()),
        Some(true) => session.shapes().get(def, Shape::Numbered, || Ok(String::new())).map(|_| ()),
    }
}

#[cold]
fn not_numbered(session: &dyn Session, def: &'static ModelDef, column: &'static ColumnDef) -> Error {
    let (table, name) = (def.table.name, column.name);
    let message = format!(
        "{} does not number the rows of `{table}` by `{name}`: give the value of `{name}`, or declare it in the table as the \
         key that is counted",
        session.dialect().name(),
    );
    Error::new(ErrorKind::InvalidStatement, message).with_model(def.name).with_table(table).with_columns([name])
}

/// The key that the database generates for rows with these columns.
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
/// database generated.
fn place(
    session: &dyn Session,
    def: &'static ModelDef,
    given: u128,
    chunk: &[usize],
    rows: &mut [Draft],
    mut made: Vec<Vec<Value>>,
) -> Result<()> {
    if made.len() != chunk.len() {
        return Err(rows_missing(session, def, chunk.len(), made.len()));
    }
    match counted_key(def, given) {
        _ if chunk.len() == 1 => {}
        Some(column) => made.sort_by_key(|values| values.get(column.index).map_or(0, generated_key)),
        None => {
            let key_of = |values: &[Value]| -> Vec<Comparable> {
                let part = |i: &usize| Comparable::of_type(def.columns[*i].ty, &values[*i]);
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
    rows: &mut [Draft],
    first_id: Option<i64>,
) -> Result<()> {
    let made_key = counted_key(def, given);
    let mut select = ast::Select::new(def);
    select.visibility = ast::Visibility::ALL;
    match (made_key, first_id) {
        (Some(column), Some(first)) => {
            select.filter = made_keys(session.dialect().capabilities().key_step, column, first, chunk.len());
            select.order_by.push(ast::Order { expr: column.into(), descending: false, nulls: None });
            select.limit = Some(chunk.len() as u64);
        }
        _ => {
            let key_of = |i: &usize| def.primary_key.iter().map(|index| rows[*i].values[*index].clone()).collect();
            let keys: Vec<Vec<Value>> = chunk.iter().map(key_of).collect();
            select.filter.push(ast::Expr::has_key(&def.key_columns().collect::<Vec<_>>(), &keys));
        }
    }
    let mut made = Vec::new();
    let rendered = render(&Statement::Select(Box::new(select)), &**session.dialect())?;
    let mut sink = Collect::new(&mut made, read_values);
    let query = run::query(&rendered).reading(Reads::Returned(def));
    session.fetch(query, &mut sink).await.map_err(after_write_read(session, def))?;
    place(session, def, given, chunk, rows, made)
}

/// Conditions for the keys that the database generated for the rows of one INSERT: the key it reported, and each next one
/// `step` higher. Other writers' rows may have the keys between them.
fn made_keys(step: &str, column: &'static ColumnDef, first: i64, rows: usize) -> Vec<ast::Expr> {
    use ast::BinaryOp::{Add, Eq, Ge, Le, Mul, Rem};
    let binary = ast::Expr::binary;
    let step = || ast::Expr::Raw(step.to_owned(), Vec::new());
    let first = || ast::Expr::Value(reported_key(column, first));
    let others = ast::Expr::Value(Value::I64(i64::try_from(rows).unwrap_or(i64::MAX) - 1));
    vec![
        binary(Ge, column.into(), first()),
        binary(Le, column.into(), binary(Add, first(), binary(Mul, others, step()))),
        binary(Eq, binary(Rem, column.into(), step()), binary(Rem, first(), step())),
    ]
}
