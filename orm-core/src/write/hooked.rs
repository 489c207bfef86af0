//! Running hooks: before and after a row is written, and one row after the other where a statement is about many. A statement with
//! hooks is all or nothing.

use std::any::Any;

use super::draft::{Changes, Draft, all_values};
use super::hooks::{After, Before, Event, Hooks};
use super::prepare;
use super::{guard, send};
use crate::ast::{self, LockStrength, LockWait, Purpose, Select, Statement, Visibility};
use crate::driver::{Session, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ModelDef, RowDraft, Violations};
use crate::run::{fetch_all, key_filter};
use crate::value::Value;

/// Everything that comes before a new row is inserted: its rules are asked, and its values are those that the hooks leave.
pub(super) async fn before_create(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    drafts: &mut [Draft],
) -> Result<()> {
    let tx = Tx::of(session);
    let mut now = None;
    for draft in &mut *drafts {
        prepare::fill(session, def, draft, &mut now)?;
        if !draft.validated && session.context().validates() {
            new_row(def, draft, hooks.before_validate, &tx).await?;
        }
    }
    let asked = session.context().validates();
    match &mut *drafts {
        [one] => prepare::row(session, def, one)?,
        many => prepare::rows(session, def, many)?,
    }
    if asked {
        let (mut found, many) = (Violations::new(), drafts.len() > 1);
        for (index, draft) in drafts.iter_mut().enumerate() {
            let from = found.len();
            let mut row = taken(def, draft);
            let said = ask(hooks, &mut row, &mut found, &tx).await;
            give_back(draft, row);
            said?;
            if many {
                found.move_below(from, &format!("[{index}]"));
            }
        }
        found.into_result(def.name)?;
    }
    for draft in drafts {
        if asked {
            new_row(def, draft, hooks.after_validate, &tx).await?;
        }
        draft.validated = true;
        new_row(def, draft, hooks.before_create, &tx).await?;
        new_row(def, draft, hooks.before_save, &tx).await?;
    }
    Ok(())
}

/// Runs hooks on a new row.
async fn new_row(def: &'static ModelDef, draft: &mut Draft, all: &'static [Before], tx: &Tx<'_>) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut row = taken(def, draft);
    let said = run(all, &mut row, tx).await;
    give_back(draft, row);
    said
}

/// A new row as hooks see it.
fn taken(def: &'static ModelDef, draft: &mut Draft) -> RowDraft {
    let values = std::mem::take(&mut draft.values);
    RowDraft { def, values, known: draft.given, given: draft.given, before: None }
}

fn give_back(draft: &mut Draft, row: RowDraft) {
    draft.values = row.values;
    draft.by_caller |= row.given & !draft.given;
    draft.given = row.given;
}

async fn run(all: &'static [Before], row: &mut RowDraft, tx: &Tx<'_>) -> Result<()> {
    for hook in all {
        hook(row, tx).await.map_err(|error| named(error, row.def))?;
    }
    Ok(())
}

async fn ask(hooks: &'static Hooks, row: &mut RowDraft, found: &mut Violations, tx: &Tx<'_>) -> Result<()> {
    for ask in hooks.asks {
        ask(row, found, tx).await.map_err(|error| named(error, row.def))?;
    }
    Ok(())
}

/// The error of a hook, which is about a row of the model unless it is about another one.
fn named(error: Error, def: &'static ModelDef) -> Error {
    if error.model().is_none() { error.with_model(def.name) } else { error }
}

/// Everything that comes before a row is changed: its rules are asked, and its new values are those that the hooks leave.
/// `before` has the values of the row.
pub(super) async fn before_update(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    changes: &mut Changes,
    before: &[Value],
) -> Result<()> {
    let tx = Tx::of(session);
    let validates = session.context().validates();
    let current = |column: usize| before.get(column).cloned().unwrap_or(Value::Bool(false));
    if validates {
        changed_row(def, changes, before, hooks.before_validate, &tx).await?;
        prepare::check_changes(session, def, changes, &current)?;
        if !hooks.asks.is_empty() {
            let (mut row, mut found) = (changed(def, changes, before), Violations::new());
            ask(hooks, &mut row, &mut found, &tx).await?;
            take_changes(changes, row);
            found.into_result(def.name)?;
        }
        changed_row(def, changes, before, hooks.after_validate, &tx).await?;
    }
    changed_row(def, changes, before, hooks.before_update, &tx).await?;
    changed_row(def, changes, before, hooks.before_save, &tx).await
}

async fn changed_row(
    def: &'static ModelDef,
    changes: &mut Changes,
    before: &[Value],
    all: &'static [Before],
    tx: &Tx<'_>,
) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut row = changed(def, changes, before);
    run(all, &mut row, tx).await?;
    take_changes(changes, row);
    Ok(())
}

/// A row with its new values as hooks see it.
fn changed(def: &'static ModelDef, changes: &Changes, before: &[Value]) -> RowDraft {
    let mut row = RowDraft { def, values: before.to_vec(), known: u128::MAX, given: 0, before: Some(before.to_vec()) };
    for (column, value) in changes.values() {
        row.values[*column] = value.clone();
        row.given |= 1 << *column;
    }
    row
}

fn take_changes(changes: &mut Changes, row: RowDraft) {
    for (column, value) in row.values.into_iter().enumerate() {
        if row.given & (1 << column) != 0 {
            changes.set(column, value);
        }
    }
}

/// Runs what comes before a row is removed or restored.
pub(crate) async fn before_event(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    row: &(dyn Any + Send + Sync),
) -> Result<()> {
    let all = if event == Event::Destroy { hooks.before_destroy } else { hooks.before_restore };
    let tx = Tx::of(session);
    for hook in all {
        hook(row, &tx).await.map_err(|error| named(error, def))?;
    }
    Ok(())
}

/// Runs what comes after something was done with a row, and leaves to the transaction what comes after its commit.
pub(crate) async fn after(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    row: &(dyn Any + Send + Sync),
    values: &(dyn Fn() -> Vec<Value> + Sync),
) -> Result<()> {
    let tx = Tx::of(session);
    let saved: &[After] = if event.saves() { hooks.after_save } else { &[] };
    for hook in hooks.after(event).iter().chain(saved) {
        hook(row, &tx).await.map_err(|error| named(error, def))?;
    }
    if hooks.after_commit.is_empty() {
        return Ok(());
    }
    let values = values();
    for hook in hooks.after_commit {
        let row = (hooks.make)(&values)?;
        session.after_commit(Box::new(move || hook(row)))?;
    }
    Ok(())
}

/// As [`after`], of a row of values.
pub(super) async fn after_values(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    values: &[Value],
) -> Result<()> {
    if !hooks.looks_after(event) {
        return Ok(());
    }
    let row = (hooks.make)(values)?;
    after(session, def, hooks, event, &*row, &|| values.to_vec()).await
}

/// Whether the hooks look at rows after they were inserted.
pub(super) fn wants_created(hooks: &'static Hooks) -> bool {
    hooks.looks_after(Event::Create) || hooks.trail.is_some()
}

/// The rows that an UPDATE is about.
pub(super) fn changed_rows(visibility: Visibility) -> Visibility {
    if visibility.purpose == Purpose::Read { visibility.to(Purpose::Update(0)) } else { visibility }
}

/// The rows that a statement is about, whole, locked until the transaction ends where there are such locks. Which they are is a
/// matter of the policy; hooks and histories have all of each, whatever the viewer sees of it.
pub(super) async fn rows(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: Vec<ast::Expr>,
    visibility: Visibility,
) -> Result<Vec<Vec<Value>>> {
    if def.primary_key.is_empty() {
        let message = "the model has no primary key, so the rows of this statement, which its hooks see or which it gives back, \
                       cannot be told apart";
        return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
    }
    let mut select = Select::new(def);
    (select.filter, select.visibility) = (filter, visibility);
    if session.context().polices(def) && visibility.purpose != Purpose::Unchecked {
        select.list = ast::SelectList::Exprs(def.key_columns().map(Into::into).collect());
        let keys = fetch_all(session, def, Statement::Select(Box::new(select)), all_values).await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        select = Select::new(def);
        select.filter = vec![ast::Expr::has_key(&def.key_columns().collect::<Vec<_>>(), &keys)];
        select.visibility = Visibility::UNCHECKED;
    }
    let first = |column| ast::Order { expr: ast::Expr::Column(column), descending: false, nulls: None };
    select.order_by = def.key_columns().map(first).collect();
    if session.dialect().capabilities().row_locks {
        select.lock = Some(ast::Lock { strength: LockStrength::Update, wait: LockWait::Wait, of: Vec::new() });
    }
    fetch_all(session, def, Statement::Select(Box::new(select)), all_values).await
}

/// The row that a struct is about to change, locked as [`rows`] are.
pub(super) async fn row_before(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: Vec<ast::Expr>,
    visibility: Visibility,
) -> Result<Option<Vec<Value>>> {
    Ok(rows(session, def, filter, visibility).await?.pop())
}

/// The condition that a row is this one.
fn is_row(def: &'static ModelDef, values: &[Value]) -> Vec<ast::Expr> {
    let key: Vec<Value> = def.primary_key.iter().map(|index| values[*index].clone()).collect();
    key_filter(def, &key)
}

/// Changes the rows of an UPDATE one by one, with their hooks, and gives each as it was and as it is then. The session must be a
/// transaction.
pub(super) async fn update_each(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    mut update: ast::Update,
) -> Result<Vec<(Vec<Value>, Vec<Value>)>> {
    // Rows that may not have the new values are none of the statement's.
    guard::narrow(&**session.dialect(), def, &mut update)?;
    let mut written = Vec::new();
    for before in rows(session, def, update.filter, changed_rows(update.visibility)).await? {
        let (mut changes, mut set) = (Changes::new(), Vec::new());
        for (column, value) in &update.set {
            match value {
                ast::Expr::Value(value) => changes.set(column.index, value.clone()),
                computed => set.push((*column, computed.clone())),
            }
        }
        before_update(session, def, hooks, &mut changes, &before).await?;
        let given = changes.values().iter().filter(|(column, _)| set.iter().all(|(other, _)| other.index != *column));
        set.extend(
            given.map(|(column, value)| (&def.columns[*column], ast::Expr::Value(value.clone()))).collect::<Vec<_>>(),
        );
        let statement = ast::Update {
            model: def,
            set,
            filter: is_row(def, &before),
            visibility: Visibility::ALL,
            returning: ast::Returning::Nothing,
        };
        send::unchecked(session, def, Statement::Update(Box::new(statement))).await?;
        // Its key may be among what was changed.
        let mut now = before.clone();
        for (column, value) in changes.values() {
            now[*column] = value.clone();
        }
        let after = rows(session, def, is_row(def, &now), Visibility::UNCHECKED).await?.pop();
        let after = after.ok_or_else(|| send::removed(def))?;
        after_values(session, def, hooks, Event::Update, &after).await?;
        written.push((before, after));
    }
    Ok(written)
}

/// Removes or restores the rows of a statement, with their hooks. The session must be a transaction.
pub(super) async fn event_of_each(
    session: &dyn Session,
    def: &'static ModelDef,
    hooks: &'static Hooks,
    event: Event,
    mut statement: Statement,
) -> Result<Vec<Vec<Value>>> {
    let (filter, visibility) = match &mut statement {
        Statement::Update(update) => (&mut update.filter, &mut update.visibility),
        Statement::Delete(delete) => (&mut delete.filter, &mut delete.visibility),
        _ => return Ok(Vec::new()),
    };
    let rows = rows(session, def, std::mem::take(filter), changed_rows(*visibility)).await?;
    if rows.is_empty() {
        return Ok(rows);
    }
    let mut keys = Vec::with_capacity(rows.len());
    for values in &rows {
        let row = (hooks.make)(values)?;
        before_event(session, def, hooks, event, &*row).await?;
        keys.push(def.primary_key.iter().map(|index| values[*index].clone()).collect());
    }
    filter.push(ast::Expr::has_key(&def.key_columns().collect::<Vec<_>>(), &keys));
    send::unchecked(session, def, statement).await?;
    for values in &rows {
        after_values(session, def, hooks, event, values).await?;
    }
    Ok(rows)
}
