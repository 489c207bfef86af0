//! Changing rows: the statement, versions and times, and one row by its key.

use std::collections::HashMap;
use std::sync::Arc;

use super::draft::{Changes, all_values};
use super::guard::Guard;
use super::hooks::{self, Event, Hooks};
use super::insert::{lock_parents, record};
use super::policy::Granted;
use super::prepare::{self, integer_value, time_value};
use super::send::{checked, removed, write_rows};
use super::trail::Change;
use super::{guard, hooked, policy, violated};
use crate::ast::{self, BinaryOp, Purpose, Returning, Statement, Visibility};
use crate::dialect::{for_column, render, rewrites};
use crate::driver::{BeginOptions, Runs, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, ModelDef, read_model};
use crate::row::{Discard, First, RowSink};
use crate::run::{
    Comparable, ValueRow, about, affected_rows, after_write, after_write_read, begin_write, fetch_all, fetch_first,
    kept, key_filter, key_of, read_back_sql, rendered,
};
use crate::value::Value;

/// Keys per query that reads rows back.
const KEYS_PER_QUERY: usize = 500;

/// The first rows of those that a change is about.
#[derive(Clone, Default)]
pub(crate) struct FirstRows {
    pub(crate) order_by: Vec<ast::Order>,
    pub(crate) limit: Option<u64>,
}

impl FirstRows {
    /// An error where there is a limit or an order.
    pub(crate) fn refuse(&self, def: &'static ModelDef) -> Result<()> {
        if self.limit.is_none() && self.order_by.is_empty() {
            return Ok(());
        }
        let message = "batches are all rows in the order of the primary key: leave `limit` and `order_by` out";
        Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name))
    }

    /// The condition that a row is among them. They are found by a sub-query for their keys, which every database has;
    /// few take a limit in the change itself.
    pub(crate) fn narrow(
        self,
        def: &'static ModelDef,
        filter: &mut Vec<ast::Expr>,
        visibility: &mut Visibility,
    ) -> Result<()> {
        if self.limit.is_none() {
            return Ok(());
        }
        let mut rows = ast::Select::new(def);
        rows.filter = std::mem::take(filter);
        rows.visibility = std::mem::replace(visibility, Visibility::ALL);
        (rows.order_by, rows.limit) = (self.order_by, self.limit);
        let Some(among) = ast::Expr::is_among(rows) else {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "the model has no primary key, so the first rows cannot be told from the others; leave the limit out",
            )
            .with_model(def.name));
        };
        filter.push(among);
        Ok(())
    }
}

/// Sets `updated_at` and increments the version, unless the statement does.
pub(crate) fn touch(def: &'static ModelDef, set: &mut Vec<(&'static ColumnDef, ast::Expr)>) {
    count_up(def, set);
    if let Some(index) = def.updated_at
        && !set.iter().any(|(column, _)| column.index == index)
    {
        let column = &def.columns[index];
        set.push((column, ast::Expr::Value(time_value(column, crate::value::now()))));
    }
}

/// Increments the version, unless the statement sets it: whoever holds the row as it was learns that it changed.
pub(crate) fn count_up(def: &'static ModelDef, set: &mut Vec<(&'static ColumnDef, ast::Expr)>) {
    if let Some(index) = def.version
        && !set.iter().any(|(column, _)| column.index == index)
    {
        let column = &def.columns[index];
        let one = ast::Expr::Value(integer_value(column.ty, 1));
        set.push((column, ast::Expr::binary(BinaryOp::Add, column.into(), one)));
    }
}

/// An UPDATE that sets `updated_at` and increments the version as well.
pub(crate) fn update_of(
    def: &'static ModelDef,
    mut set: Vec<(&'static ColumnDef, ast::Expr)>,
    filter: Vec<ast::Expr>,
) -> Statement {
    touch(def, &mut set);
    let (visibility, returning) = (Visibility::ROW, Returning::Nothing);
    Statement::Update(Box::new(ast::Update { model: def, set, filter, visibility, returning }))
}

/// Changes the rows of an UPDATE of the user's: with hooks one by one, else by the statement. With `wanted`, gives them then.
pub(crate) async fn update_each(
    session: &dyn Session,
    def: &'static ModelDef,
    mut update: Box<ast::Update>,
    wanted: bool,
) -> Result<(Vec<Vec<Value>>, u64)> {
    let Some(hooks) = hooks::of(session, def) else {
        if !wanted {
            let affected = write_rows(session, def, Statement::Update(update)).await?;
            return Ok((Vec::new(), affected));
        }
        if !session.dialect().capabilities().returning_update {
            let rows = Box::pin(found_and_updated(session, def, *update)).await?;
            let affected = rows.len() as u64;
            return Ok((rows, affected));
        }
        update.returning = Returning::Model;
        let update = checked(session, def, Statement::Update(update))?;
        if let Statement::Update(update) = &update
            && policy::applies(session, def)
        {
            Box::pin(policy::check_assignments(session, def, &update.set)).await?;
            if session.context().polices(def) {
                return Box::pin(policy::change(session, def, update.clone(), true)).await;
            }
        }
        let rows = fetch_all(session, def, update, all_values).await?;
        let affected = rows.len() as u64;
        return Ok((rows, affected));
    };
    let unit = begin_write(session).await?;
    let mut rows = Box::pin(updated(&*unit, def, hooks, *update)).await?;
    let affected = rows.len() as u64;
    if wanted && session.context().polices(def) {
        // As the viewer sees them.
        let keys = keys_of(def, &rows);
        rows = by_keys(&*unit, def, &keys.iter().map(Vec::as_slice).collect::<Vec<_>>()).await?;
    }
    unit.commit().await?;
    Ok((rows, affected))
}

/// Changes the rows of an UPDATE with the hooks of the model, and keeps what it asks to be kept. The session must be a transaction.
pub(super) async fn updated(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    update: ast::Update,
) -> Result<Vec<Vec<Value>>> {
    if hooks.is_bare() {
        let changes = tracked(session, def, hooks, Event::Update, Statement::Update(Box::new(update))).await?;
        return Ok(changes.into_iter().filter_map(|(_, after)| after).collect());
    }
    let rows = hooked::update_each(session, def, hooks, update).await?;
    let changes: Vec<Change> = rows.into_iter().map(|(before, after)| (Some(before), Some(after))).collect();
    record(session, def, hooks, Event::Update, &changes).await?;
    Ok(changes.into_iter().filter_map(|(_, after)| after).collect())
}

/// Runs a statement of a handle or a cascade, which run no hooks, and keeps what the model asks to be kept.
pub(crate) async fn change_rows(session: &dyn Session, def: &'static ModelDef, statement: Statement) -> Result<u64> {
    let Some(hooks) = hooks::trail(def) else { return write_rows(session, def, statement).await };
    let marks = |set: &[(&'static ColumnDef, ast::Expr)]| {
        let marked = set.iter().find(|(column, _)| Some(column.index) == def.deleted_at);
        marked.map(|(_, value)| matches!(value, ast::Expr::Value(value) if value.is_null()))
    };
    let event = match &statement {
        Statement::Update(update) => match marks(&update.set) {
            None => Event::Update,
            Some(true) => Event::Restore,
            Some(false) => Event::Destroy,
        },
        _ => Event::Destroy,
    };
    let unit = begin_write(session).await?;
    let changes = Box::pin(tracked(&*unit, def, hooks, event, statement)).await?;
    unit.commit().await?;
    Ok(changes.len() as u64)
}

/// Runs a statement about rows that are found and locked first, keeps what the model asks to be kept, and gives the rows as they
/// were and as they are then. The session must be a transaction.
async fn tracked(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    mut statement: Statement,
) -> Result<Vec<Change>> {
    let mut new_key = Vec::new();
    let (filter, visibility) = match &mut statement {
        Statement::Update(update) => {
            // Rows that may not have the new values are none of the statement's.
            guard::narrow(&**session.dialect(), def, update)?;
            new_key =
                update.set.iter().filter(|(column, _)| def.primary_key.contains(&column.index)).cloned().collect();
            (&mut update.filter, &mut update.visibility)
        }
        Statement::Delete(delete) => (&mut delete.filter, &mut delete.visibility),
        _ => return Ok(Vec::new()),
    };
    let found = hooked::changed_rows(*visibility);
    let before = hooked::rows(session, def, std::mem::take(filter), found).await?;
    if before.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys = keys_of(def, &before);
    (*filter, *visibility) = (vec![has_keys(def, &keys)], Visibility::ALL.to(found.purpose));
    let gone = matches!(statement, Statement::Delete(_));
    let mut rows = before.clone();
    if let Statement::Update(update) = &statement {
        for (column, value) in &update.set {
            if let ast::Expr::Value(value) = value {
                rows.iter_mut().for_each(|row| row[column.index] = value.clone());
            }
        }
    }
    let rows: Vec<&[Value]> = before.iter().chain(&rows).map(Vec::as_slice).collect();
    lock_parents(session, def, hooks, &rows).await?;
    write_rows(session, def, statement).await?;
    for (column, value) in &new_key {
        let place = def.primary_key.iter().position(|index| *index == column.index);
        match (&mut keys[..], place, value) {
            ([key], Some(place), ast::Expr::Value(value)) => key[place] = value.clone(),
            _ => {
                let message = "the keys of several rows, or one that the database computes, cannot be changed where each \
                               change is kept; update the rows one by one";
                return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
            }
        }
    }
    let after = match gone {
        true => vec![None; before.len()],
        false => {
            let keys: Vec<&[Value]> = keys.iter().map(Vec::as_slice).collect();
            whole_by_keys(session, def, &keys).await?.into_iter().map(Some).collect()
        }
    };
    let changes: Vec<Change> = before.into_iter().map(Some).zip(after).collect();
    record(session, def, hooks, event, &changes).await?;
    Ok(changes)
}

/// Keeps what a model asks to be kept with a change of one row, which is read as it is now. The session must be the transaction of
/// the change.
pub(crate) async fn record_row(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    before: Option<Vec<Value>>,
    key: &[Value],
) -> Result<()> {
    if hooks.trail.is_none() {
        return Ok(());
    }
    let after = whole_by_keys(session, def, &[key]).await?.pop();
    record(session, def, hooks, event, &[(before, after)]).await
}

/// The row that is about to be changed, where something is kept with the change.
pub(crate) async fn row_to_record(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    key: &[Value],
) -> Result<Option<Vec<Value>>> {
    if hooks.trail.is_none() {
        return Ok(None);
    }
    hooked::row_before(session, def, key_filter(def, key), Visibility::UNCHECKED).await
}

/// The rows of an UPDATE as they are then, where the database does not return them: they are found and locked first.
async fn found_and_updated(
    session: &dyn Session,
    def: &'static ModelDef,
    mut update: ast::Update,
) -> Result<Vec<Vec<Value>>> {
    if update.set.iter().any(|(column, _)| def.primary_key.contains(&column.index)) {
        let message = "rows that get another key cannot be given back by this database; update them, then find them";
        return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
    }
    let unit = begin_write(session).await?;
    guard::narrow(&**session.dialect(), def, &mut update)?;
    let found = hooked::changed_rows(update.visibility);
    let rows = hooked::rows(&*unit, def, std::mem::take(&mut update.filter), found).await?;
    let keys = keys_of(def, &rows);
    if !keys.is_empty() {
        (update.filter, update.visibility) = (vec![has_keys(def, &keys)], Visibility::ALL);
        write_rows(&*unit, def, Statement::Update(Box::new(update))).await?;
    }
    let keys: Vec<&[Value]> = keys.iter().map(Vec::as_slice).collect();
    let rows = by_keys(&*unit, def, &keys).await?;
    unit.commit().await?;
    Ok(rows)
}

/// The keys of rows.
fn keys_of(def: &'static ModelDef, rows: &[Vec<Value>]) -> Vec<Vec<Value>> {
    rows.iter().map(|row| def.primary_key.iter().map(|index| row[*index].clone()).collect()).collect()
}

/// The condition that a row has one of these keys.
fn has_keys(def: &'static ModelDef, keys: &[Vec<Value>]) -> ast::Expr {
    ast::Expr::has_key(&def.key_columns().collect::<Vec<_>>(), keys)
}

/// The rows of keys, deleted or not, in the order of the keys, as who is looking sees them.
pub(super) async fn by_keys(
    session: &dyn Session,
    def: &'static ModelDef,
    keys: &[&[Value]],
) -> Result<Vec<Vec<Value>>> {
    rows_of_keys(session, def, keys, Visibility::ALL).await
}

/// As [`by_keys`], whoever is looking: for what is kept with a change.
async fn whole_by_keys(session: &dyn Session, def: &'static ModelDef, keys: &[&[Value]]) -> Result<Vec<Vec<Value>>> {
    rows_of_keys(session, def, keys, Visibility::UNCHECKED).await
}

async fn rows_of_keys(
    session: &dyn Session,
    def: &'static ModelDef,
    keys: &[&[Value]],
    visibility: Visibility,
) -> Result<Vec<Vec<Value>>> {
    let columns: Vec<_> = def.key_columns().collect();
    let mut found = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(KEYS_PER_QUERY) {
        let keys: Vec<Vec<Value>> = keys.iter().map(|key| key.to_vec()).collect();
        let mut select = ast::Select::new(def);
        (select.visibility, select.filter) = (visibility, vec![ast::Expr::has_key(&columns, &keys)]);
        for row in fetch_all(session, def, Statement::Select(Box::new(select)), all_values).await? {
            let key: Vec<Value> = def.primary_key.iter().map(|index| row[*index].clone()).collect();
            found.insert(comparable_key(def, &key), row);
        }
    }
    // A key that the database alone takes for equal has its row at the end.
    let mut rows: Vec<_> = keys.iter().filter_map(|key| found.remove(&comparable_key(def, key))).collect();
    rows.extend(found.into_values());
    Ok(rows)
}

/// A key as it is compared in memory.
pub(super) fn comparable_key(def: &'static ModelDef, key: &[Value]) -> Vec<Comparable> {
    def.key_columns().zip(key).map(|(column, value)| Comparable::of_type(column.ty, value)).collect()
}

/// Removes or restores the rows of a statement of the user's, with the hooks of the model.
pub(crate) async fn event_of_rows(
    session: &dyn Session,
    def: &'static ModelDef,
    event: Event,
    statement: Statement,
) -> Result<u64> {
    let Some(hooks) = hooks::of(session, def) else { return write_rows(session, def, statement).await };
    let unit = begin_write(session).await?;
    let affected = Box::pin(event_of_each(&*unit, def, hooks, event, statement)).await?.len() as u64;
    unit.commit().await?;
    Ok(affected)
}

/// Removes or restores rows with the hooks of the model, keeps what it asks to be kept, and gives the rows as they were. The session
/// must be a transaction.
async fn event_of_each(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    statement: Statement,
) -> Result<Vec<Vec<Value>>> {
    if hooks.is_bare() {
        let changes = tracked(session, def, hooks, event, statement).await?;
        return Ok(changes.into_iter().filter_map(|(before, _)| before).collect());
    }
    let gone = matches!(statement, Statement::Delete(_));
    let before = hooked::event_of_each(session, def, hooks, event, statement).await?;
    if hooks.trail.is_none() || before.is_empty() {
        return Ok(before);
    }
    let after = match gone {
        true => vec![None; before.len()],
        false => {
            let keys = keys_of(def, &before);
            let keys: Vec<&[Value]> = keys.iter().map(Vec::as_slice).collect();
            whole_by_keys(session, def, &keys).await?.into_iter().map(Some).collect()
        }
    };
    let changes: Vec<Change> = before.into_iter().map(Some).zip(after).collect();
    record(session, def, hooks, event, &changes).await?;
    Ok(changes.into_iter().filter_map(|(before, _)| before).collect())
}

/// As [`event_of_rows`], giving the rows: those that are gone as they were, the others as they are then.
pub(crate) async fn event_of_found(
    session: &dyn Session,
    def: &'static ModelDef,
    event: Event,
    mut statement: Statement,
) -> Result<Vec<Vec<Value>>> {
    let hooks = hooks::of(session, def);
    let has = session.dialect().capabilities();
    let returns = match &mut statement {
        Statement::Update(update) if has.returning_update => Some(&mut update.returning),
        Statement::Delete(delete) if has.returning_delete => Some(&mut delete.returning),
        _ => None,
    };
    if let (None, Some(returning), false) = (hooks, returns, session.context().polices(def)) {
        *returning = Returning::Model;
        let statement = checked(session, def, statement)?;
        return fetch_all(session, def, statement, all_values).await;
    }
    let marks = matches!(statement, Statement::Update(_));
    let unit = begin_write(session).await?;
    let shown = match &statement {
        // What is gone afterwards is read before, as the viewer sees it.
        Statement::Delete(delete) if session.context().polices(def) => {
            let mut select = ast::Select::new(def);
            (select.filter, select.visibility) = (delete.filter.clone(), delete.visibility);
            Some(fetch_all(&*unit, def, Statement::Select(Box::new(select)), all_values).await?)
        }
        _ => None,
    };
    let mut rows = match hooks {
        Some(hooks) => Box::pin(event_of_each(&*unit, def, hooks, event, statement)).await?,
        None => {
            let (filter, visibility) = match &mut statement {
                Statement::Update(update) => (&mut update.filter, &mut update.visibility),
                Statement::Delete(delete) => (&mut delete.filter, &mut delete.visibility),
                _ => return Ok(Vec::new()),
            };
            let found = hooked::changed_rows(*visibility);
            let rows = hooked::rows(&*unit, def, std::mem::take(filter), found).await?;
            (*filter, *visibility) = (vec![has_keys(def, &keys_of(def, &rows))], Visibility::ALL.to(found.purpose));
            if !rows.is_empty() {
                write_rows(&*unit, def, statement).await?;
            }
            rows
        }
    };
    if let Some(shown) = shown {
        rows = shown;
    }
    if marks {
        let keys = keys_of(def, &rows);
        rows = by_keys(&*unit, def, &keys.iter().map(Vec::as_slice).collect::<Vec<_>>()).await?;
    }
    unit.commit().await?;
    Ok(rows)
}

/// Whether saving a row writes a column: not its key, nor what the database or the library makes.
pub(crate) fn saves(def: &'static ModelDef, column: &ColumnDef) -> bool {
    !def.primary_key.contains(&column.index)
        && column.generated.is_none()
        && !column.counter
        && ![def.created_at, def.updated_at, def.version].contains(&Some(column.index))
}

/// Writes new values of a row and puts them into the struct. Checks and increments the version, sets `updated_at`.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the row is gone or was soft-deleted meanwhile, [`ErrorKind::Stale`] when its version changed,
/// else the database's.
pub async fn update_row<M: Model, E: Runs<M> + ?Sized>(row: &mut M, changes: Changes, db: &E) -> Result<()> {
    let visibility = known(row);
    write_row(row, changes, db.session(), visibility).await
}

/// As [`write_row`], of a struct that has the new values already: hooks see what the row had before.
pub(crate) async fn save_row<M: Model>(
    row: &mut M,
    changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
) -> Result<()> {
    let mut changes = changes;
    policy::leave_out_unseen(session, M::DEF, &mut changes)?;
    match hooks::of(session, M::DEF).filter(|_| !changes.is_empty()) {
        None => write_row(row, changes, session, visibility).await,
        Some(hooks) => Box::pin(write_hooked(row, changes, session, visibility, hooks, None)).await,
    }
}

/// Writes new values of a row with the hooks of the model. `before` has the values of the row, which is read where they are not
/// known.
async fn write_hooked<M: Model>(
    row: &mut M,
    mut changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
    hooks: &'static Hooks,
    before: Option<Vec<Value>>,
) -> Result<()> {
    let (def, target) = (M::DEF, RowKey::of(row)?);
    let unit = begin_write(session).await?;
    let before = match before {
        Some(before) => before,
        None => match hooked::row_before(&*unit, def, key_filter(def, &target.key), visibility).await? {
            Some(before) => before,
            None => return Err(target.lost(&*unit, def, visibility).await),
        },
    };
    let restored = def.deleted_at.filter(|index| matches!(&changes.set[..], [(column, _)] if column == index));
    let event = if restored.is_some() { Event::Restore } else { Event::Update };
    match event {
        Event::Restore => hooked::before_event(&*unit, def, hooks, event, row).await?,
        _ => hooked::before_update(&*unit, def, hooks, &mut changes, &before).await?,
    }
    if hooks.trail.is_some() {
        let mut new = before.clone();
        changes.values().iter().for_each(|(column, value)| new[*column] = value.clone());
        lock_parents(&*unit, def, hooks, &[&before, &new]).await?;
    }
    policy::check_changes(&*unit, def, &changes).await?;
    let granted = grant(&*unit, def, &changes, true)?;
    let visibility = granted.map_or(visibility, |granted| visibility.to(granted.purpose));
    let mut fresh = None;
    let mut update = RowUpdate::new(&*unit, def, changes, target.clone(), visibility, true)?;
    let guards = std::mem::take(&mut update.guards);
    let (current, mut sink) = (|column| row.value(column), First::new(&mut fresh, read_model::<M>));
    update_by_key(&*unit, def, update, &current, &mut sink).await?;
    let Some(fresh) = fresh else { return Err(target.missed(&*unit, def, visibility, &guards).await) };
    if granted.is_some_and(|granted| granted.ask) {
        policy::after_update(&*unit, def, vec![target.key.clone()]).await?;
    }
    let values = || (0..def.columns.len()).map(|column| fresh.value(column)).collect();
    hooked::after(&*unit, def, hooks, event, &fresh, &values).await?;
    if hooks.trail.is_some() {
        record(&*unit, def, hooks, event, &[(Some(before), Some(values()))]).await?;
    }
    unit.commit().await?;
    refresh(row, fresh);
    Ok(())
}

/// As [`update_row`], where the database computes some of the new values; the row is read again.
pub(crate) async fn compute_row<M: Model>(
    row: &mut M,
    changes: Changes,
    computed: Vec<(&'static ColumnDef, ast::Expr)>,
    session: &dyn Session,
) -> Result<()> {
    let (def, target, visibility) = (M::DEF, RowKey::of(row)?, known(row));
    let values = changes.set.into_iter().map(|(index, value)| (&def.columns[index], ast::Expr::Value(value)));
    let mut set: Vec<_> = computed.into_iter().chain(values).collect();
    if changes.silent {
        count_up(def, &mut set);
    } else {
        touch(def, &mut set);
    }
    let (filter, returning) = (target.filter(def), Returning::Nothing);
    let guards = guard::of_assignments(&**session.dialect(), def, &set)?;
    let update = ast::Update { model: def, set, filter, visibility, returning };
    if update_each(session, def, Box::new(update), false).await?.1 == 0 {
        return Err(target.missed(session, def, visibility, &guards).await);
    }
    reread(row, session).await
}

/// Reads a row again, deleted or not; loaded relations stay as they are.
pub(crate) async fn reread<M: Model>(row: &mut M, session: &dyn Session) -> Result<()> {
    let def = M::DEF;
    let mut select = ast::Select::new(def);
    select.visibility = Visibility::ALL;
    select.filter = key_filter(def, &key_of(row)?);
    let select = Statement::Select(Box::new(select));
    match fetch_first(session, def, select, read_model::<M>).await? {
        Some(fresh) => {
            refresh(row, fresh);
            Ok(())
        }
        None => Err(removed(def)),
    }
}

/// Which rows a write of this one sees: the deleted ones where the struct knows that its row is one. A copy from before the
/// deletion does not write over it.
pub(crate) fn known<M: Model>(row: &M) -> Visibility {
    let knows = M::DEF.deleted_at.is_some_and(|index| !row.value(index).is_null());
    if knows { Visibility::ALL } else { Visibility::ROW }
}

pub(crate) async fn write_row<M: Model>(
    row: &mut M,
    mut changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
) -> Result<()> {
    let target = RowKey::of(row)?;
    if changes.is_empty() {
        return target.check_version(session, M::DEF, visibility).await;
    }
    if policy::applies(session, M::DEF) && hooks::of(session, M::DEF).is_none() {
        return Box::pin(write_policed(row, changes, session, visibility)).await;
    }
    if let Some(hooks) = hooks::of(session, M::DEF) {
        // What is kept of a change is what the database had.
        let values = || (0..M::DEF.columns.len()).map(|column| row.value(column)).collect();
        let before = hooks.trail.is_none().then(values);
        return Box::pin(write_hooked(row, changes, session, visibility, hooks, before)).await;
    }
    prepare::check_changes(session, M::DEF, &mut changes, &|column| row.value(column))?;
    let mut fresh = None;
    let mut update = RowUpdate::new(session, M::DEF, changes, target.clone(), visibility, true)?;
    let guards = std::mem::take(&mut update.guards);
    let (current, mut sink) = (|column| row.value(column), First::new(&mut fresh, read_model::<M>));
    update_by_key(session, M::DEF, update, &current, &mut sink).await?;
    let Some(fresh) = fresh else { return Err(target.missed(session, M::DEF, visibility, &guards).await) };
    refresh(row, fresh);
    Ok(())
}

/// As [`write_row`], for a viewer.
async fn write_policed<M: Model>(
    row: &mut M,
    mut changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
) -> Result<()> {
    let (def, target) = (M::DEF, RowKey::of(row)?);
    prepare::check_changes(session, def, &mut changes, &|column| row.value(column))?;
    policy::check_changes(session, def, &changes).await?;
    let granted = grant(session, def, &changes, false)?;
    let visibility = granted.map_or(visibility, |granted| visibility.to(granted.purpose));
    let unit = match granted {
        Some(granted) if granted.ask => Some(begin_write(session).await?),
        _ => None,
    };
    let inside = unit.as_ref().map_or(session, |unit| &**unit);
    let mut fresh = None;
    let mut update = RowUpdate::new(inside, def, changes, target.clone(), visibility, true)?;
    let guards = std::mem::take(&mut update.guards);
    let (current, mut sink) = (|column| row.value(column), First::new(&mut fresh, read_model::<M>));
    update_by_key(inside, def, update, &current, &mut sink).await?;
    let Some(fresh) = fresh else { return Err(target.missed(inside, def, visibility, &guards).await) };
    if let Some(unit) = unit {
        policy::after_update(&*unit, def, vec![target.key.clone()]).await?;
        unit.commit().await?;
    }
    refresh(row, fresh);
    Ok(())
}

/// What the viewer may change of a row, which times and the version are among.
fn grant(session: &dyn Session, def: &'static ModelDef, changes: &Changes, rehooked: bool) -> Result<Option<Granted>> {
    let set: Vec<_> = changes.values().iter().map(|(index, _)| (&def.columns[*index], None)).collect();
    policy::before_update(session, def, &set, rehooked)
}

/// Puts the row as the database has it now into a struct, which keeps the relations that were loaded for the same keys.
pub(crate) fn refresh<M: Model>(row: &mut M, fresh: M) {
    let old = std::mem::replace(row, fresh);
    let keys = M::DEF.relations.iter().flat_map(|relation| {
        let when = relation.first().when.map(|(column, _)| column);
        relation.keys().iter().map(|pair| pair.from).chain(when).map(|column| column.index)
    });
    let changed =
        keys.filter(|column| row.value(*column) != old.value(*column)).fold(0, |all, column| all | 1 << column);
    row.keep_relations(old, changed);
}

/// Which row a write is about: its key, and the version that the struct has.
#[derive(Clone)]
pub(crate) struct RowKey {
    key: Vec<Value>,
    version: Option<Value>,
}

impl RowKey {
    /// The row of a struct.
    pub(crate) fn of<M: Model>(row: &M) -> Result<Self> {
        Ok(Self { key: key_of(row)?, version: M::DEF.version.map(|index| row.value(index)) })
    }

    /// The row of a key, in whatever version.
    pub(crate) fn of_key(key: Vec<Value>) -> Self {
        Self { key, version: None }
    }

    /// The values of the key.
    pub(crate) fn key(&self) -> &[Value] {
        &self.key
    }

    /// The columns that find rows, all with a version or all without, and the values of each.
    pub(super) fn found_by<'r>(
        def: &'static ModelDef,
        rows: impl Iterator<Item = &'r Self>,
    ) -> (Vec<&'static ColumnDef>, Vec<Vec<Value>>) {
        let mut columns: Vec<_> = Self::columns(def).collect();
        let keys: Vec<Vec<Value>> = rows.map(|row| row.key.iter().chain(&row.version).cloned().collect()).collect();
        columns.truncate(keys.first().map_or(0, Vec::len));
        (columns, keys)
    }

    /// Whether the database has the row, in the version of the struct where there are versions.
    pub(super) async fn is_there(
        &self,
        session: &dyn Session,
        def: &'static ModelDef,
        visibility: Visibility,
    ) -> Result<bool> {
        let mut select = ast::Select::new(def);
        select.list = ast::SelectList::One;
        (select.filter, select.visibility) = (self.filter(def), visibility);
        Ok(fetch_first(session, def, Statement::Select(Box::new(select)), |_| Ok(())).await?.is_some())
    }

    /// The columns that find the row: the key's, and the version.
    fn columns(def: &'static ModelDef) -> impl Iterator<Item = &'static ColumnDef> {
        def.key_columns().chain(def.version.map(|index| &def.columns[index]))
    }

    /// The condition that a row is this one, with typed placeholders for its values.
    fn slots(def: &'static ModelDef) -> Vec<ast::Expr> {
        let slot = |column: &'static ColumnDef| {
            ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(Value::Null(column.ty)))
        };
        Self::columns(def).map(slot).collect()
    }

    /// The condition that a row is this one.
    pub(crate) fn filter(&self, def: &'static ModelDef) -> Vec<ast::Expr> {
        let values = self.key.iter().chain(&self.version);
        let equal = |(column, value): (&'static ColumnDef, &Value)| {
            ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(value.clone()))
        };
        Self::columns(def).zip(values).map(equal).collect()
    }

    /// The version that the row has in the database; none when there is no such row.
    async fn version_now(
        &self,
        session: &dyn Session,
        def: &'static ModelDef,
        column: &'static ColumnDef,
        visibility: Visibility,
    ) -> Result<Option<i64>> {
        let mut select = ast::Select::new(def);
        select.list = ast::SelectList::Exprs(vec![column.into()]);
        select.filter = key_filter(def, &self.key);
        select.visibility = visibility;
        let select = Statement::Select(Box::new(select));
        fetch_first(session, def, select, |columns| columns.next::<i64>()).await
    }

    /// Whether the version, if there is one, is not what a write failed by.
    async fn version_is_known(&self, session: &dyn Session, def: &'static ModelDef, visibility: Visibility) -> bool {
        let (Some(index), Some(version)) = (def.version, &self.version) else { return true };
        let found = self.version_now(session, def, &def.columns[index], visibility).await.ok().flatten();
        found == integer(version)
    }

    /// Checks the version where nothing is to be written, with a query: only models with a version have one.
    ///
    /// # Errors
    /// [`ErrorKind::Stale`] when it is not that of the struct.
    async fn check_version(&self, session: &dyn Session, def: &'static ModelDef, visibility: Visibility) -> Result<()> {
        let (Some(index), Some(version)) = (def.version, &self.version) else { return Ok(()) };
        let found = self.version_now(session, def, &def.columns[index], visibility).await?;
        if found.is_some() && found == integer(version) { Ok(()) } else { Err(stale(def, integer(version), found)) }
    }

    /// As [`lost`](Self::lost), of new values that the row may not have.
    #[cold]
    async fn missed(
        &self,
        session: &dyn Session,
        def: &'static ModelDef,
        visibility: Visibility,
        guards: &[Guard],
    ) -> Error {
        match guard::refused(session, def, self.filter(def), visibility, guards).await {
            Some(refused) => refused,
            None => self.lost(session, def, visibility).await,
        }
    }

    /// The error after a write that found no row: what the database has instead is asked for.
    #[cold]
    pub(crate) async fn lost(&self, session: &dyn Session, def: &'static ModelDef, visibility: Visibility) -> Error {
        let visibility = visibility.to(Purpose::Read);
        if self.version_is_known(session, def, visibility).await
            && let Some(refused) = policy::refused(session, def, &self.key, visibility).await
        {
            return refused;
        }
        let (Some(index), Some(version)) = (def.version, &self.version) else { return removed(def) };
        let expected = integer(version);
        // Where this fails, the reason of the write still is the better one to tell.
        let found = self.version_now(session, def, &def.columns[index], visibility).await.ok().flatten();
        // A transaction that reads a snapshot may see the version that is no longer there.
        stale(def, expected, found.filter(|found| Some(*found) != expected))
    }

    /// Appends the values of the placeholders.
    fn bind(self, session: &dyn Session, def: &'static ModelDef, binds: &mut Vec<Value>) -> Result<()> {
        for (column, value) in Self::columns(def).zip(self.key.into_iter().chain(self.version)) {
            let value = for_column(&**session.dialect(), column, value);
            session.dialect().check_value(&value)?;
            binds.push(value);
        }
        Ok(())
    }
}

/// A version as a number.
pub(crate) fn integer(version: &Value) -> Option<i64> {
    match version {
        Value::I16(v) => Some(i64::from(*v)),
        Value::I32(v) => Some(i64::from(*v)),
        Value::I64(v) => Some(*v),
        Value::U64(v) => i64::try_from(*v).ok(),
        _ => None,
    }
}

/// The version after this one.
fn next_version(column: &ColumnDef, current: &Value) -> Value {
    match current {
        Value::I16(v) => Value::I16(v.wrapping_add(1)),
        Value::I32(v) => Value::I32(v.wrapping_add(1)),
        Value::I64(v) => Value::I64(v.wrapping_add(1)),
        Value::U64(v) => Value::U64(v.wrapping_add(1)),
        _ => integer_value(column.ty, 1),
    }
}

/// An UPDATE of one row, by its kept text.
struct RowUpdate {
    sql: Arc<str>,
    /// The new values, then those that find the row.
    binds: Vec<Value>,
    /// The columns of the new values.
    columns: Vec<usize>,
    /// Whether the database computes columns from the new values.
    computes: bool,
    /// Whether the statement returns the row.
    returning: bool,
    /// Conditions of the statement.
    guards: Vec<Guard>,
}

impl RowUpdate {
    fn new(
        session: &dyn Session,
        def: &'static ModelDef,
        mut changes: Changes,
        target: RowKey,
        visibility: Visibility,
        wanted: bool,
    ) -> Result<Self> {
        let dialect = &**session.dialect();
        prepare::changes(dialect, def, &mut changes)?;
        let guards = guard::of_row(dialect, def, &mut changes)?;
        if let (Some(index), Some(version)) = (def.version, &target.version) {
            changes.set(index, next_version(&def.columns[index], version));
        }
        // In the order of the columns, so that the same columns have the same text.
        changes.set.sort_unstable_by_key(|(column, _)| *column);
        let computes = wanted
            && (guard::may_differ(&guards)
                || def.columns.iter().any(|column| column.generated.is_some())
                || changes.set.iter().any(|(index, _)| rewrites(dialect, &def.columns[*index])));
        let returning = computes && dialect.capabilities().returning_update;
        let policed = session.context().polices(def);
        if !guards.is_empty() || policed {
            let returning = returning && !policed;
            let columns = changes.set.iter().map(|(index, _)| *index).collect();
            let set = changes.set.into_iter();
            let set = set.map(|(index, value)| (&def.columns[index], ast::Expr::Value(value))).collect();
            let filter = target.filter(def).into_iter().chain(guards.iter().map(Guard::condition)).collect();
            let returned = if returning { Returning::Model } else { Returning::Nothing };
            let update = ast::Update { model: def, set, filter, visibility, returning: returned };
            // The text depends on the values, or on who is looking, so none is kept by the shape.
            let rendered = rendered(session, &Statement::Update(Box::new(update)))?;
            return Ok(Self { sql: rendered.sql.into(), binds: rendered.binds, columns, computes, returning, guards });
        }
        let mask = changes.set.iter().fold(0, |mask, (index, _)| mask | 1 << index);
        let shape = Shape::UpdateByKey { columns: mask, all: visibility == Visibility::ALL, returning };
        let sql = session.shapes().get(def, shape, || {
            let slot = |(index, _): &(usize, Value)| {
                let column = &def.columns[*index];
                (column, ast::Expr::Value(Value::Null(column.ty)))
            };
            let set = changes.set.iter().map(slot).collect();
            let returning = if returning { Returning::Model } else { Returning::Nothing };
            let update = ast::Update { model: def, set, filter: RowKey::slots(def), visibility, returning };
            Ok(render(&Statement::Update(Box::new(update)), dialect)?.sql)
        })?;
        let mut columns = Vec::with_capacity(changes.set.len());
        let mut binds = Vec::with_capacity(changes.set.len() + target.key.len() + 1);
        for (column, value) in changes.set {
            columns.push(column);
            binds.push(value);
        }
        target.bind(session, def, &mut binds)?;
        Ok(Self { sql, binds, columns, computes, returning, guards })
    }
}

/// Updates one row. The row as the database has it then goes into the sink; none when there is no such row. `current` gives
/// the values that the struct has.
async fn update_by_key(
    session: &dyn Session,
    def: &'static ModelDef,
    update: RowUpdate,
    current: &(dyn Fn(usize) -> Value + Sync),
    sink: &mut dyn RowSink,
) -> Result<()> {
    let RowUpdate { sql, binds, columns, computes, returning, .. } = update;
    let done = match returning {
        true => session.fetch(kept(&sql, &binds), sink).await,
        false => session.fetch(kept(&sql, &binds), &mut Discard).await,
    };
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            return Err(violated::by_values(session, def, &columns, &binds, after_write(session, def)(error)).await);
        }
    };
    if returning || done.rows_affected == 0 {
        return Ok(());
    }
    let mut values: Vec<Value> = (0..def.columns.len()).map(current).collect();
    for (column, value) in columns.into_iter().zip(binds) {
        values[column] = value;
    }
    if computes && session.context().polices(def) {
        let key: Vec<Value> = def.primary_key.iter().map(|index| values[*index].clone()).collect();
        let mut select = ast::Select::new(def);
        (select.filter, select.visibility) = (key_filter(def, &key), Visibility::ALL);
        let rows = fetch_all(session, def, Statement::Select(Box::new(select)), all_values).await?;
        // A viewer may not see what they changed any more.
        let values = rows.into_iter().next().unwrap_or(values);
        return sink.row(&ValueRow(&values)).map(|_| ()).map_err(after_write(session, def));
    }
    if computes {
        let key: Vec<Value> = def.primary_key.iter().map(|index| values[*index].clone()).collect();
        let sql = read_back_sql(session, def)?;
        session.fetch(kept(&sql, &key), sink).await.map_err(after_write_read(session, def))?;
        return Ok(());
    }
    sink.row(&ValueRow(&values)).map(|_| ()).map_err(after_write(session, def))
}

/// Removes the row of a struct, with the hooks of the model.
///
/// # Errors
/// As [`remove_by_key`].
pub(crate) async fn remove_row<M: Model>(session: &dyn Session, row: &M, force: bool) -> Result<()> {
    let (def, target) = (M::DEF, RowKey::of(row)?);
    let Some(hooks) = hooks::of(session, def) else { return remove_by_key(session, def, target, force).await };
    let unit = session.begin(&BeginOptions::default()).await?;
    let key = target.key.clone();
    let before = Box::pin(row_to_record(&*unit, def, hooks, &key)).await?;
    Box::pin(hooked::before_event(&*unit, def, hooks, Event::Destroy, row)).await?;
    remove_by_key(&*unit, def, target, force).await?;
    let values = || (0..def.columns.len()).map(|column| row.value(column)).collect();
    Box::pin(hooked::after(&*unit, def, hooks, Event::Destroy, row, &values)).await?;
    Box::pin(record_row(&*unit, def, hooks, Event::Destroy, before, &key)).await?;
    unit.commit().await
}

/// Removes one row, or sets its soft-delete timestamp unless forced.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the row is gone, [`ErrorKind::Stale`] when its version changed, else the database's.
pub(crate) async fn remove_by_key(
    session: &dyn Session,
    def: &'static ModelDef,
    target: RowKey,
    force: bool,
) -> Result<()> {
    if let (Some(index), false) = (def.deleted_at, force) {
        let column = &def.columns[index];
        let mut changes = Changes::new();
        changes.set(index, time_value(column, crate::value::now()));
        let visibility = Visibility::ROW.to(Purpose::Delete);
        let update = RowUpdate::new(session, def, changes, target.clone(), visibility, false)?;
        let done = session.fetch(kept(&update.sql, &update.binds), &mut Discard).await.map_err(about(def))?;
        return if done.rows_affected == 0 { Err(target.lost(session, def, Visibility::ROW).await) } else { Ok(()) };
    }
    let visibility = if force { Visibility::ALL } else { Visibility::ROW };
    if session.context().polices(def) {
        let (filter, returning) = (target.filter(def), Returning::Nothing);
        let delete = Statement::Delete(Box::new(ast::Delete { model: def, filter, visibility, returning }));
        return match affected_rows(session, def, &delete).await {
            Ok(0) => Err(target.lost(session, def, visibility).await),
            Ok(_) => Ok(()),
            Err(error) => Err(violated::by_removal(session, def, &key_filter(def, &target.key), error).await),
        };
    }
    let sql = session.shapes().get(def, Shape::DeleteByKey { all: force }, || {
        let delete = ast::Delete { model: def, filter: RowKey::slots(def), visibility, returning: Returning::Nothing };
        Ok(render(&Statement::Delete(Box::new(delete)), &**session.dialect())?.sql)
    })?;
    let mut binds = Vec::with_capacity(target.key.len() + 1);
    target.clone().bind(session, def, &mut binds)?;
    let done = match session.fetch(kept(&sql, &binds), &mut Discard).await {
        Ok(done) => done,
        Err(error) => {
            let filter = key_filter(def, &target.key);
            return Err(violated::by_removal(session, def, &filter, about(def)(error)).await);
        }
    };
    if done.rows_affected == 0 { Err(target.lost(session, def, visibility).await) } else { Ok(()) }
}

/// The error after a write that found no row, whose version was not known.
#[cold]
pub(crate) fn gone(def: &'static ModelDef) -> Error {
    if def.version.is_some() { stale(def, None, None) } else { removed(def) }
}

/// The error for a row that the database has in another version, or no longer.
#[cold]
pub(crate) fn stale(def: &'static ModelDef, expected: Option<i64>, found: Option<i64>) -> Error {
    let message = match (expected, found) {
        (Some(expected), Some(found)) => format!(
            "the row has version {found}, not the expected {expected}: it was changed since it was read; reload it and try \
             again"
        ),
        _ => "the row was changed or removed since it was read; reload it and try again".to_owned(),
    };
    Error::new(ErrorKind::Stale, message).with_model(def.name).with_versions(expected, found)
}

/// Compares the version that a struct has with the one that the caller expects.
///
/// # Errors
/// [`ErrorKind::Stale`] when they differ.
pub(crate) fn expect_version<M: Model>(row: &M, expected: Option<&Value>) -> Result<()> {
    let (Some(index), Some(expected)) = (M::DEF.version, expected.and_then(integer)) else { return Ok(()) };
    let found = integer(&row.value(index));
    if found == Some(expected) { Ok(()) } else { Err(stale(M::DEF, Some(expected), found)) }
}
