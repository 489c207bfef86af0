//! Upserts that tell of each row what was done: the row is looked for by its unique columns and locked, then changed or inserted,
//! in one transaction.

use std::collections::HashMap;

use super::conflict::key_values;
use super::draft::{Draft, all_values};
use super::guard::refused_assignments;
use super::insert::{given_assignments, insert_row, insert_rows, rows_without_repeats};
use super::many::{NewValues, Wanted, update_many};
use super::policy::{refuse_unless_changed, refused_row};
use super::prepare::fill;
use super::send::removed;
use super::statement::update_each;
use super::update::RowKey;
use crate::ast::{self, BinaryOp, Conflict, ConflictAction, LockStrength, LockWait, Returning, Statement, Visibility};
use crate::driver::{BeginOptions, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::run::{Comparable, begin_write, fetch_all, fetch_first};
use crate::value::Value;

/// How often a statement whose transaction lost against another one is begun anew.
const RETRIES: u32 = 8;

/// Unique keys per query that looks for their rows.
const KEYS: usize = 500;

/// What an upsert did with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// There was none with its unique columns.
    Inserted,
    /// The one that was there was given new values.
    Updated,
    /// The one that was there was left as it is.
    Skipped,
}

/// How often a transaction may be begun anew: never where it is part of another one, which has lost with it.
pub(crate) fn retries(session: &dyn Session) -> u32 {
    if session.in_transaction() { 0 } else { RETRIES }
}

/// Creates or changes one row.
pub(crate) async fn upsert_one(
    session: &dyn Session,
    def: &'static ModelDef,
    row: Draft,
    conflict: &Conflict,
) -> Result<(Vec<Value>, Outcome)> {
    let mut row = [row];
    ready(session, def, &mut row, conflict)?;
    let [row] = row;
    let mut left = retries(session);
    loop {
        let unit = begin_write(session).await?;
        match alone(&*unit, def, &row, conflict).await {
            Err(error) if left > 0 && error.is_retryable() => left -= 1,
            Err(error) => return Err(error),
            Ok(done) => match unit.commit().await {
                Err(error) if left > 0 && error.is_retryable() => left -= 1,
                outcome => return outcome.map(|()| done),
            },
        }
    }
}

/// Creates or changes rows, all or none, and tells of each what was done, in the given order.
pub(crate) async fn upsert_many(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<Draft>,
    conflict: &Conflict,
) -> Result<Vec<(Vec<Value>, Outcome)>> {
    ready(session, def, &mut rows, conflict)?;
    let mut left = retries(session);
    loop {
        let unit = begin_write(session).await?;
        match together(&*unit, def, &rows, conflict).await {
            Err(error) if left > 0 && error.is_retryable() => left -= 1,
            Err(error) => return Err(error),
            Ok(done) => match unit.commit().await {
                Err(error) if left > 0 && error.is_retryable() => left -= 1,
                outcome => return outcome.map(|()| done),
            },
        }
    }
}

/// Fills in what the client makes, and refuses what cannot be told by unique columns, and rows with others around them.
fn ready(session: &dyn Session, def: &'static ModelDef, rows: &mut [Draft], conflict: &Conflict) -> Result<()> {
    if conflict.target.is_empty() {
        let message =
            "which row is in the way is told by the unique columns that are meant; name them by `.on_conflict(..)`";
        return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
    }
    let mut now = None;
    for row in rows {
        row.settle()?;
        if row.nested.is_some() {
            let message = "an upsert cannot create nested rows";
            return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
        }
        fill(session, def, row, &mut now)?;
    }
    Ok(())
}

/// Creates or changes one row. The session must be a transaction.
async fn alone(
    session: &dyn Session,
    def: &'static ModelDef,
    row: &Draft,
    conflict: &Conflict,
) -> Result<(Vec<Value>, Outcome)> {
    if let Some(found) = change(session, def, row, conflict, false).await? {
        return Ok(found);
    }
    // A savepoint: on some databases a failed INSERT would end the whole transaction.
    let attempt = session.begin(&BeginOptions::default()).await?;
    match insert_row(&*attempt, def, row.clone()).await {
        Ok(made) => {
            attempt.commit().await?;
            Ok((made, Outcome::Inserted))
        }
        Err(error) if error.kind() == ErrorKind::UniqueViolation => {
            drop(attempt);
            change(session, def, row, conflict, true).await?.ok_or(error)
        }
        Err(error) => Err(error),
    }
}

/// Changes the row that has the unique columns, and gives it; none when there is none. `known` says that there is one.
async fn change(
    session: &dyn Session,
    def: &'static ModelDef,
    row: &Draft,
    conflict: &Conflict,
    known: bool,
) -> Result<Option<(Vec<Value>, Outcome)>> {
    let equal = |column: &&'static ColumnDef| {
        let value = row.values[column.index].clone();
        ast::Expr::binary(BinaryOp::Eq, (*column).into(), ast::Expr::Value(value))
    };
    let filter: Vec<ast::Expr> = conflict.target.iter().map(equal).chain(conflict.target_filter.clone()).collect();
    let read = async |lock: Option<LockStrength>, visibility: Visibility| {
        let mut select = Box::new(ast::Select::new(def));
        (select.visibility, select.limit) = (visibility, Some(1));
        select.filter.clone_from(&filter);
        select.lock = lock.map(|strength| ast::Lock { strength, wait: LockWait::Wait, of: Vec::new() });
        fetch_first(session, def, Statement::Select(select), all_values).await
    };
    let locks = session.dialect().capabilities().row_locks;
    // Without a lock first: to lock a row that is not there makes others wait, and each other for ever.
    let mut found = if locks && known { None } else { read(None, Visibility::UNCHECKED).await? };
    if locks && (known || found.is_some()) {
        found = read(Some(LockStrength::Update), Visibility::UNCHECKED).await?;
    }
    let Some(found) = found else { return Ok(None) };
    let policed = session.context().polices(def);
    let Some(set) = new_values(def, row, conflict) else {
        // As the viewer sees it.
        let shown = if policed { read(None, Visibility::ALL).await? } else { Some(found) };
        return shown.map(|row| Some((row, Outcome::Skipped))).ok_or_else(|| refused_row(session, def));
    };
    let (visibility, returning) = (Visibility::ALL, Returning::Nothing);
    let update = ast::Update { model: def, set: set.clone(), filter: filter.clone(), visibility, returning };
    if update_each(session, def, Box::new(update), false).await?.1 == 0 {
        refused_assignments(session, def, filter.clone(), &set).await?;
        refuse_unless_changed(session, def)?;
    }
    match read(None, Visibility::ALL).await? {
        None if policed => Err(refused_row(session, def)),
        row => Ok(row.map(|row| (row, Outcome::Updated))),
    }
}

/// What a row that is there gets of the one that was to be inserted; none where it is left as it is.
fn new_values(
    def: &'static ModelDef,
    row: &Draft,
    conflict: &Conflict,
) -> Option<Vec<(&'static ColumnDef, ast::Expr)>> {
    let ConflictAction::Update(mut set) = given_assignments(def, &conflict.action, row.by_caller) else { return None };
    for (_, value) in &mut set {
        if let ast::Expr::Excluded(column) = value {
            *value = ast::Expr::Value(row.values[column.index].clone());
        }
    }
    Some(set)
}

/// Creates or changes rows in few statements. The session must be a transaction.
async fn together(
    session: &dyn Session,
    def: &'static ModelDef,
    rows: &[Draft],
    conflict: &Conflict,
) -> Result<Vec<(Vec<Value>, Outcome)>> {
    let mut done: Vec<Option<(Vec<Value>, Outcome)>> = rows.iter().map(|_| None).collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let mut members = &all[..];
    while !members.is_empty() {
        // The outcome is that of one row after the other: a row that occurs again meets what the first has left.
        let (run, rest) = members.split_at(rows_without_repeats(rows, members, &conflict.target));
        some(session, def, rows, run, conflict, &mut done).await?;
        members = rest;
    }
    Ok(done.into_iter().flatten().collect())
}

/// As [`together`], of rows with different unique columns.
async fn some(
    session: &dyn Session,
    def: &'static ModelDef,
    rows: &[Draft],
    members: &[usize],
    conflict: &Conflict,
    done: &mut [Option<(Vec<Value>, Outcome)>],
) -> Result<()> {
    let mut there = found(session, def, rows, members, conflict).await?;
    let (mut updates, mut updated, mut inserted) = (Vec::new(), Vec::new(), Vec::new());
    for index in members {
        let row = &rows[*index];
        let found = key_values(row, &conflict.target).and_then(|(key, _)| there.remove(&key));
        match (found, new_values(def, row, conflict)) {
            (None, _) => inserted.push(*index),
            // As the viewer sees them.
            (Some(_), _) if session.context().polices(def) => {
                done[*index] = Some(alone(session, def, row, conflict).await?);
            }
            (Some(found), None) => done[*index] = Some((found, Outcome::Skipped)),
            (Some(_), Some(_)) if def.primary_key.is_empty() => {
                done[*index] = Some(alone(session, def, row, conflict).await?);
            }
            (Some(found), Some(set)) => {
                let key = def.primary_key.iter().map(|column| found[*column].clone()).collect();
                let target = RowKey::of_key(key);
                updates.push(NewValues { target, set, visibility: Visibility::ALL, silent: false, current: None });
                updated.push(*index);
            }
        }
    }
    let (changed, _) = update_many(session, def, updates, Wanted::All).await?;
    if changed.len() != updated.len() {
        return Err(removed(def));
    }
    for (index, row) in updated.into_iter().zip(changed) {
        done[index] = Some((row, Outcome::Updated));
    }
    if inserted.is_empty() {
        return Ok(());
    }
    let attempt = session.begin(&BeginOptions::default()).await?;
    let drafts = inserted.iter().map(|index| rows[*index].clone()).collect();
    match insert_rows(&*attempt, def, drafts, None, true).await {
        Ok((made, _)) => {
            attempt.commit().await?;
            for (index, row) in inserted.into_iter().zip(made) {
                done[index] = Some((row, Outcome::Inserted));
            }
        }
        // Somebody else was faster, or the database takes values for equal that differ in memory: it says which, row by row.
        Err(error) if error.kind() == ErrorKind::UniqueViolation => {
            drop(attempt);
            for index in inserted {
                done[index] = Some(alone(session, def, &rows[index], conflict).await?);
            }
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The rows that have the unique columns of new ones, locked, by these columns.
async fn found(
    session: &dyn Session,
    def: &'static ModelDef,
    rows: &[Draft],
    members: &[usize],
    conflict: &Conflict,
) -> Result<HashMap<Vec<Comparable>, Vec<Value>>> {
    let mut there = HashMap::new();
    let keys: Vec<Vec<Value>> =
        members.iter().filter_map(|index| Some(key_values(&rows[*index], &conflict.target)?.1)).collect();
    let locks = session.dialect().capabilities().row_locks;
    for keys in keys.chunks(KEYS) {
        let mut select = ast::Select::new(def);
        select.visibility = Visibility::UNCHECKED;
        select.filter = vec![ast::Expr::has_key(&conflict.target, keys)];
        select.filter.extend(conflict.target_filter.clone());
        let read = |select: &ast::Select| Statement::Select(Box::new(select.clone()));
        let mut found = fetch_all(session, def, read(&select), all_values).await?;
        if locks && !found.is_empty() && !def.primary_key.is_empty() {
            // Those that are there alone, in the order of their keys, so that two writers do not wait for each other.
            let key = |row: &Vec<Value>| def.primary_key.iter().map(|column| row[*column].clone()).collect();
            let columns: Vec<_> = def.key_columns().collect();
            select.filter.push(ast::Expr::has_key(&columns, &found.iter().map(key).collect::<Vec<_>>()));
            let order = |column| ast::Order { expr: ast::Expr::Column(column), descending: false, nulls: None };
            select.order_by = columns.into_iter().map(order).collect();
            select.lock = Some(ast::Lock { strength: LockStrength::Update, wait: LockWait::Wait, of: Vec::new() });
            found = fetch_all(session, def, read(&select), all_values).await?;
        }
        for row in found {
            let draft = Draft::whole(row, u128::MAX);
            if let Some((key, _)) = key_values(&draft, &conflict.target) {
                there.insert(key, draft.values);
            }
        }
    }
    Ok(there)
}
