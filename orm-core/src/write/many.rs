//! Changing many rows, each to new values of its own: a statement for each set of columns, whose values are told apart by the
//! key.

use std::collections::{HashMap, HashSet};

use super::guard::refused_assignments;
use super::hooks::{self, Hooks};
use super::policy::refused_row;
use super::prepare;
use super::send::{removed, unchecked};
use super::statement::{by_keys, comparable_key, count_up, touch, updated};
use super::update::RowKey;
use crate::ast::{self, Case, Returning, Statement, Visibility};
use crate::dialect::rewrites;
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::run::{begin_write, key_filter};
use crate::value::{EnumStorage, SqlType, Value};

/// Rows per statement: the database compares the key of each with all of them.
const ROWS: usize = 100;

/// The new values of one row.
pub(crate) struct NewValues {
    pub(crate) target: RowKey,
    pub(crate) set: Vec<(&'static ColumnDef, ast::Expr)>,
    pub(crate) visibility: Visibility,
    /// Whether `updated_at` stays as it is.
    pub(crate) silent: bool,
    /// The values that the row has with the new ones, where they are at hand.
    pub(crate) current: Option<Vec<Value>>,
}

/// What comes of changing many rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The number of those that were there.
    Count,
    /// Those that were there, as they are then, in the order given.
    Rows,
    /// All of them: one that is not there is an error.
    All,
}

/// Changes rows, all or none.
pub(crate) async fn update_many(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<NewValues>,
    wanted: Wanted,
) -> Result<(Vec<Vec<Value>>, u64)> {
    check(def, &mut rows)?;
    if rows.is_empty() {
        return Ok((Vec::new(), 0));
    }
    if let Some(hooks) = hooks::of(session, def) {
        return Box::pin(one_by_one(session, def, hooks, rows, wanted)).await;
    }
    prepare::each(session, def, rows.iter_mut().map(|row| (&mut row.set, row.current.as_deref())))?;
    let chunks = chunks(session, def, &rows);
    if let ([chunk], Wanted::Count) = (&chunks[..], wanted) {
        let affected = unchecked(session, def, statement(def, &rows, chunk)).await?;
        return Ok((Vec::new(), affected));
    }
    let unit = begin_write(session).await?;
    let mut affected = 0;
    for chunk in &chunks {
        affected += unchecked(&*unit, def, statement(def, &rows, chunk)).await?;
    }
    if wanted == Wanted::All && affected != rows.len() as u64 {
        drop(unit);
        return Err(lost(session, def, &rows).await?);
    }
    let keys: Vec<&[Value]> = rows.iter().map(|row| row.target.key()).collect();
    let changed = if wanted == Wanted::Count { Vec::new() } else { by_keys(&*unit, def, &keys).await? };
    if wanted == Wanted::All && changed.len() != rows.len() {
        // A row that the viewer does not see any more.
        return Err(removed(def));
    }
    unit.commit().await?;
    Ok((changed, affected))
}

/// Refuses what cannot be told apart.
fn check(def: &'static ModelDef, rows: &mut Vec<NewValues>) -> Result<()> {
    let refused = |message: &'static str| Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
    if def.primary_key.is_empty() {
        return refused("the model has no primary key, so its rows cannot be told apart; update by a filter instead");
    }
    let mut seen = HashSet::with_capacity(rows.len());
    for row in &mut *rows {
        if row.target.key().len() != def.primary_key.len() || !seen.insert(comparable_key(def, row.target.key())) {
            return refused("two changes are about the row of the same key; make one of them");
        }
        if row.set.iter().any(|(column, _)| def.primary_key.contains(&column.index)) {
            return refused("the key of a row finds it, so it cannot be changed here; update the row alone");
        }
        row.set.sort_by_key(|(column, _)| column.index);
    }
    rows.retain(|row| !row.set.is_empty());
    Ok(())
}

/// Changes rows one after the other, with their hooks.
async fn one_by_one(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    rows: Vec<NewValues>,
    wanted: Wanted,
) -> Result<(Vec<Vec<Value>>, u64)> {
    let unit = begin_write(session).await?;
    let mut changed = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut set = row.set.clone();
        if row.silent {
            count_up(def, &mut set);
        } else {
            touch(def, &mut set);
        }
        let (filter, visibility, returning) = (row.target.filter(def), row.visibility, Returning::Nothing);
        let update = ast::Update { model: def, set, filter, visibility, returning };
        match updated(&*unit, def, hooks, update).await?.pop() {
            Some(row) => changed.push(row),
            None if wanted == Wanted::All => return Err(row.target.lost(&*unit, def, row.visibility).await),
            None => {}
        }
    }
    unit.commit().await?;
    let affected = changed.len() as u64;
    Ok((changed, affected))
}

/// The rows of each statement: those with the same columns, as many as the database takes.
fn chunks(session: &dyn Session, def: &'static ModelDef, rows: &[NewValues]) -> Vec<Vec<usize>> {
    let dialect = &**session.dialect();
    let has = dialect.capabilities();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut places = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let mask = row.set.iter().fold(0_u128, |mask, (column, _)| mask | 1 << column.index);
        let shape = (mask, row.silent, row.visibility == Visibility::ALL, row.visibility.scoped);
        let place = *places.entry(shape).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(index);
    }
    let mut chunks = Vec::new();
    for group in groups {
        let Some(first) = group.first().map(|index| &rows[*index]) else { continue };
        // Values of a type of the database's own are of that type only where they are assigned by themselves.
        let native = |column: &ColumnDef| {
            rewrites(dialect, column)
                // How it may change is told of one plain value.
                || !column.mutability.is_free()
                || matches!(column.ty, SqlType::Native(_))
                || matches!(column.ty, SqlType::Enum(def) if def.storage == EnumStorage::Native)
        };
        let keys = def.primary_key.len() + 1;
        let binds = first.set.len() * (keys + 1) + keys;
        let most = match first.set.iter().any(|(column, _)| native(column)) {
            true => 1,
            false => (has.max_binds.saturating_sub(8) / binds).clamp(1, ROWS),
        };
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        for index in group {
            let values = rows[index].set.iter().filter_map(|(_, value)| match value {
                ast::Expr::Value(value) => Some(value.bytes()),
                _ => None,
            });
            let size = values.sum::<usize>();
            if !chunk.is_empty() && (chunk.len() == most || bytes + size > has.statement_bytes) {
                chunks.push(std::mem::take(&mut chunk));
                bytes = 0;
            }
            chunk.push(index);
            bytes += size;
        }
        chunks.push(chunk);
    }
    chunks
}

/// The UPDATE of rows with the same columns.
fn statement(def: &'static ModelDef, rows: &[NewValues], chunk: &[usize]) -> Statement {
    let first = &rows[chunk[0]];
    let mut set = Vec::with_capacity(first.set.len() + 2);
    for (place, (column, value)) in first.set.iter().enumerate() {
        let of = |index: &usize| &rows[*index].set[place].1;
        let new = if chunk.iter().all(|index| of(index) == value) {
            value.clone()
        } else {
            let is = |index: &usize| ast::Expr::And(key_filter(def, rows[*index].target.key()));
            let branches = chunk.iter().map(|index| (is(index), of(index).clone())).collect();
            ast::Expr::Case(Box::new(Case { branches, otherwise: None }))
        };
        set.push((*column, new));
    }
    if first.silent {
        count_up(def, &mut set);
    } else {
        touch(def, &mut set);
    }
    let (columns, keys) = RowKey::found_by(def, chunk.iter().map(|index| &rows[*index].target));
    let filter = vec![ast::Expr::has_key(&columns, &keys)];
    let (visibility, returning) = (first.visibility, Returning::Nothing);
    Statement::Update(Box::new(ast::Update { model: def, set, filter, visibility, returning }))
}

/// The error for the first row that is not there in the version that was expected.
#[cold]
async fn lost(session: &dyn Session, def: &'static ModelDef, rows: &[NewValues]) -> Result<Error> {
    for row in rows {
        if !row.target.is_there(session, def, row.visibility).await? {
            return Ok(row.target.lost(session, def, row.visibility).await);
        }
    }
    for row in rows {
        refused_assignments(session, def, key_filter(def, row.target.key()), &row.set).await?;
    }
    if session.context().polices(def) {
        return Ok(refused_row(session, def));
    }
    Ok(removed(def))
}
