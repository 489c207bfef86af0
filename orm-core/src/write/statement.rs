//! UPDATE and DELETE of the rows that a filter finds: hooks, what is kept with each change, and giving the rows back.

use std::collections::HashMap;

use super::draft::all_values;
use super::hooks::{self, Event, Hooks};
use super::insert::{lock_parents, record};
use super::prepare::{integer_value, time_value};
use super::send::{checked, write_rows};
use super::trail::Change;
use super::{guard, hooked, policy};
use crate::ast::{self, BinaryOp, Returning, Statement, Visibility};
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::run::{Comparable, begin_write, fetch_all, key_filter};
use crate::value::Value;

/// Keys per query that reads rows back.
const KEYS_PER_QUERY: usize = 500;

/// The first rows of those that a change is about.
#[derive(Clone, Default)]
pub(crate) struct FirstRows {
    pub(crate) order_by: Vec<ast::Order>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
}

impl FirstRows {
    /// An error where there is a limit or an order.
    pub(crate) fn refuse(&self, def: &'static ModelDef) -> Result<()> {
        if self.limit.is_none() && self.offset.is_none() && self.order_by.is_empty() {
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
        if self.limit.is_none() && self.offset.is_none() {
            return Ok(());
        }
        let mut rows = ast::Select::new(def);
        rows.filter = std::mem::take(filter);
        rows.visibility = std::mem::replace(visibility, Visibility::ALL);
        (rows.order_by, rows.limit, rows.offset) = (self.order_by, self.limit, self.offset);
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

/// Runs a user's UPDATE: with hooks one by one, else by the statement. With `wanted`, gives them then.
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

/// Removes or restores the rows of a user's statement, with the hooks of the model.
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
