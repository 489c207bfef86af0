//! What every write passes before it becomes SQL: defaults and times of the client, versions, the rules of the model, and the
//! form in which a column keeps a value.

use super::draft::{Changes, Draft};
use super::{tenant, validate};
use crate::ast::Expr;
use crate::dialect::{Dialect, stored};
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, DefaultDef, Life, ModelDef, Violations};
use crate::value::{SqlType, Value};

/// Prepares a new row: fills in what the client makes, asks the rules of the model, and brings each value into the form that its
/// column keeps.
///
/// # Errors
/// [`ErrorKind::Validation`] with all that the rules found; those of [`stored`], naming the model.
pub(super) fn row(session: &dyn Session, def: &'static ModelDef, draft: &mut Draft) -> Result<()> {
    fill(session, def, draft, &mut None)?;
    let Some(life) = rules(session, def).filter(|_| !draft.validated) else {
        check_complete(def, draft)?;
        return keep(&**session.dialect(), def, draft);
    };
    let mut found = Violations::new();
    validate::row(&**session.dialect(), def, life, draft, 0, &mut found)?;
    found.into_result(def.name)
}

/// The rules that a write must keep.
fn rules(session: &dyn Session, def: &'static ModelDef) -> Option<&'static Life> {
    def.life.filter(|_| session.context().validates())
}

/// The error for a draft that lacks required columns.
fn check_complete(def: &'static ModelDef, draft: &Draft) -> Result<()> {
    if !draft.by_hand {
        return Ok(());
    }
    let missing: Vec<&str> = draft.lacking(def).map(|column| column.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("the new row lacks the required columns `{}`; set them before it is written", missing.join("`, `"));
    Err(Error::new(ErrorKind::NotNullViolation, message).with_model(def.name).with_columns(missing))
}

/// As [`row`], with one instant for all; what the rules found in any row is one error.
pub(super) fn rows(session: &dyn Session, def: &'static ModelDef, drafts: &mut [Draft]) -> Result<()> {
    let (dialect, mut now) = (&**session.dialect(), None);
    drafts.iter_mut().try_for_each(|draft| fill(session, def, draft, &mut now))?;
    let Some(life) = rules(session, def).filter(|_| unvalidated(drafts)) else {
        drafts.iter().try_for_each(|draft| check_complete(def, draft))?;
        return drafts.iter_mut().try_for_each(|draft| keep(dialect, def, draft));
    };
    let mut found = Violations::new();
    for (index, draft) in drafts.iter_mut().enumerate() {
        let from = found.len();
        validate::row(dialect, def, life, draft, 0, &mut found)?;
        found.move_below(from, &format!("[{index}]"));
    }
    found.into_result(def.name)?;
    drafts.iter_mut().for_each(|draft| draft.validated = true);
    Ok(())
}

/// Whether the rules were not asked yet about some of these rows.
pub(super) fn unvalidated(drafts: &[Draft]) -> bool {
    drafts.iter().any(|draft| !draft.validated)
}

/// Asks the rules of all rows that are to be created around each other, before any of them is written: what they find is one
/// error. The keys that connect the rows come later.
pub(super) fn trees(session: &dyn Session, def: &'static ModelDef, drafts: &mut [Draft]) -> Result<()> {
    if !session.context().validates() {
        return Ok(());
    }
    let (mut found, many) = (Violations::new(), drafts.len() > 1);
    for (index, draft) in drafts.iter_mut().enumerate() {
        let from = found.len();
        tree(session, def, draft, 0, &mut found)?;
        if many {
            found.move_below(from, &format!("[{index}]"));
        }
    }
    found.into_result(def.name)
}

/// The rows of a tree. The columns of `later` get their values from the row above.
fn tree(
    session: &dyn Session,
    def: &'static ModelDef,
    draft: &mut Draft,
    mut later: u128,
    found: &mut Violations,
) -> Result<()> {
    // Hooks that come before the rules run when it is the row's turn, in the transaction.
    let early = super::hooks::of(session, def).is_none_or(|hooks| hooks.before_validate.is_empty());
    if let Some(life) = def.life.filter(|_| early) {
        fill(session, def, draft, &mut None)?;
        for (node, _) in draft.nested.iter().flat_map(|nested| &nested.parents) {
            later |= node.relation.keys().iter().fold(0, |keys, pair| keys | 1 << pair.from.index);
        }
        validate::row(&**session.dialect(), def, life, draft, later, found)?;
        draft.validated = true;
    }
    let Some(nested) = &mut draft.nested else { return Ok(()) };
    for (node, parent) in &mut nested.parents {
        let from = found.len();
        let later = if node.scope.is_some() { u128::MAX } else { 0 };
        tree(session, node.relation.target(), parent, later, found)?;
        found.move_below(from, node.relation.name);
    }
    for (node, children) in &mut nested.children {
        let first = node.relation.first();
        let linked = first.tag.map(|(column, _)| column).into_iter().chain(first.keys.iter().map(|pair| pair.to));
        let later = match (node.relation.between(), &node.scope) {
            (None, None) => linked.fold(0, |keys, column| keys | 1 << column.index),
            (Some(_), None) => 0,
            (_, Some(_)) => u128::MAX,
        };
        for (index, child) in children.iter_mut().enumerate() {
            let from = found.len();
            tree(session, node.relation.target(), child, later, found)?;
            found.move_below(from, &format!("{}[{index}]", node.relation.name));
        }
    }
    Ok(())
}

/// Brings the values given into the form that their columns keep.
fn keep(dialect: &dyn Dialect, def: &'static ModelDef, draft: &mut Draft) -> Result<()> {
    for column in def.columns.iter().filter(|column| draft.given & (1 << column.index) != 0) {
        let slot = &mut draft.values[column.index];
        let value = std::mem::replace(slot, Value::Null(column.ty));
        *slot = kept(dialect, def, column, value)?;
    }
    Ok(())
}

/// A value in the form that a column keeps.
pub(super) fn kept(dialect: &dyn Dialect, def: &'static ModelDef, column: &ColumnDef, value: Value) -> Result<Value> {
    stored(dialect, column, value).map_err(|error| error.with_model(def.name))
}

/// Prepares the new values of one row: `updated_at`, and each value in the form that its column keeps.
pub(super) fn changes(dialect: &dyn Dialect, def: &'static ModelDef, changes: &mut Changes) -> Result<()> {
    if let Some(index) = def.updated_at
        && !changes.silent
        && !changes.set.iter().any(|(column, _)| *column == index)
    {
        changes.set(index, time_value(&def.columns[index], crate::value::now()));
    }
    index_changes(def, changes);
    for (index, value) in &mut changes.set {
        let column = &def.columns[*index];
        let given = std::mem::replace(value, Value::Null(column.ty));
        *value = kept(dialect, def, column, given)?;
    }
    Ok(())
}

/// Copies the values of encrypted columns into the columns of their blind indexes, where they are hashed later.
fn index_row(def: &'static ModelDef, row: &mut Draft) {
    for (source, index) in blind_indexes(def) {
        let (given, by_caller) = (row.given >> source.index & 1, row.by_caller >> source.index & 1);
        row.values[index.index] =
            if given == 1 { unsealed(&row.values[source.index]) } else { Value::Null(SqlType::Bytes) };
        row.given = row.given & !(1 << index.index) | given << index.index;
        row.by_caller = row.by_caller & !(1 << index.index) | by_caller << index.index;
    }
}

/// Like [`index_row`], for an update of one row.
fn index_changes(def: &'static ModelDef, changes: &mut Changes) {
    for (source, index) in blind_indexes(def) {
        let value = changes.set.iter().find(|(column, _)| *column == source.index).map(|(_, value)| unsealed(value));
        match value {
            Some(value) => changes.set(index.index, value),
            None => changes.unset(index.index),
        }
    }
}

/// Like [`index_row`], for an update of many rows.
pub(super) fn index_assignments(def: &'static ModelDef, set: &mut Vec<(&'static ColumnDef, Expr)>) {
    for (source, index) in blind_indexes(def) {
        let assigned = set.iter().find(|(column, _)| column.index == source.index).map(|(_, assigned)| assigned);
        let assigned = match assigned {
            Some(Expr::Value(value)) => Some(Expr::Value(unsealed(value))),
            Some(Expr::Excluded(_)) => Some(Expr::Excluded(index)),
            // A CASE with one value per row, whose index has its own CASE already. The renderer refuses other expressions.
            Some(_) => continue,
            None => None,
        };
        set.retain(|(column, _)| column.index != index.index);
        set.extend(assigned.map(|assigned| (index, assigned)));
    }
}

/// The encrypted columns that have a blind index, each with the column of the index.
fn blind_indexes(def: &'static ModelDef) -> impl Iterator<Item = (&'static ColumnDef, &'static ColumnDef)> {
    let columns = if def.has_sealed { def.columns } else { &[] };
    columns.iter().filter_map(|column| Some((column, def.columns.get(column.blind_index?)?)))
}

fn unsealed(value: &Value) -> Value {
    match value {
        Value::Sealed(_, inner) => (**inner).clone(),
        value => value.clone(),
    }
}

/// Asks the rules of the model about the new values of one row; `current` gives the values that it has.
///
/// # Errors
/// [`ErrorKind::Validation`] with all that they found.
pub(super) fn check_changes(
    session: &dyn Session,
    def: &'static ModelDef,
    changes: &mut Changes,
    current: &(dyn Fn(usize) -> Value + Sync),
) -> Result<()> {
    let Some(life) = rules(session, def) else { return Ok(()) };
    // Neither a soft deletion nor its end is stopped by what is wrong with the row.
    if changes.set.iter().all(|(column, _)| Some(*column) == def.deleted_at) {
        return Ok(());
    }
    index_changes(def, changes);
    let mut found = Violations::new();
    validate::changes(&**session.dialect(), def, life, changes, current, &mut found)?;
    found.into_result(def.name)
}

/// Asks the rules of columns about the values that an UPDATE of many rows assigns.
///
/// # Errors
/// [`ErrorKind::Validation`] with all that they found.
pub(super) fn check_assignments(
    session: &dyn Session,
    def: &'static ModelDef,
    set: &mut [(&'static ColumnDef, Expr)],
) -> Result<()> {
    let Some(life) = rules(session, def) else { return Ok(()) };
    let mut found = Violations::new();
    for (column, assigned) in set {
        if let Expr::Value(value) = assigned {
            validate::value(&**session.dialect(), life, column, value, &mut found)?;
        }
    }
    found.into_result(def.name)
}

/// Prepares what many rows are assigned, each by itself; what the rules found in any row is one error. Of a row at hand its other
/// values are known.
pub(super) fn each<'r>(
    session: &dyn Session,
    def: &'static ModelDef,
    rows: impl Iterator<Item = (&'r mut Vec<(&'static ColumnDef, Expr)>, Option<&'r [Value]>)>,
) -> Result<()> {
    let (dialect, life) = (&**session.dialect(), rules(session, def));
    let mut found = Violations::new();
    for (index, (set, current)) in rows.enumerate() {
        let from = found.len();
        match (life, current) {
            (None, _) => {}
            (Some(life), None) => {
                for (column, assigned) in &mut *set {
                    if let Expr::Value(value) = assigned {
                        validate::value(dialect, life, column, value, &mut found)?;
                    }
                }
            }
            (Some(life), Some(current)) => {
                let mut changes = Changes::new();
                for (column, assigned) in &*set {
                    if let Expr::Value(value) = assigned {
                        changes.set(column.index, value.clone());
                    }
                }
                let value = |column: usize| current.get(column).cloned().unwrap_or(Value::Bool(false));
                validate::changes(dialect, def, life, &mut changes, &value, &mut found)?;
                for (column, value) in changes.set {
                    if let Some((_, assigned)) = set.iter_mut().find(|(other, _)| other.index == column) {
                        *assigned = Expr::Value(value);
                    }
                }
            }
        }
        found.move_below(from, &format!("[{index}]"));
        if found.is_empty() {
            assignments(dialect, def, set)?;
        }
    }
    found.into_result(def.name)
}

/// Brings the values that an UPDATE assigns into the form that their columns keep. Expressions are the database's.
pub(super) fn assignments(
    dialect: &dyn Dialect,
    def: &'static ModelDef,
    set: &mut Vec<(&'static ColumnDef, Expr)>,
) -> Result<()> {
    index_assignments(def, set);
    for (column, assigned) in set {
        if let Expr::Value(value) = assigned {
            let given = std::mem::replace(value, Value::Null(column.ty));
            *value = kept(dialect, def, column, given)?;
        }
    }
    Ok(())
}

/// Sets the tenant, and the values that the client generates.
///
/// # Errors
/// Those of [`tenant::own`].
pub(super) fn fill(
    session: &dyn Session,
    def: &'static ModelDef,
    row: &mut Draft,
    now: &mut Option<chrono::DateTime<chrono::Utc>>,
) -> Result<()> {
    tenant::own(session, def, row)?;
    complete(def, row, now);
    Ok(())
}

/// Fills in what the client makes: constants, client functions, times. One instant for all rows of a statement.
pub(crate) fn complete(def: &'static ModelDef, row: &mut Draft, now: &mut Option<chrono::DateTime<chrono::Utc>>) {
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
    index_row(def, row);
}

/// An instant as a column of this type holds it.
pub(crate) fn time_value(column: &ColumnDef, now: chrono::DateTime<chrono::Utc>) -> Value {
    if column.ty == SqlType::DateTime { Value::DateTime(now.naive_utc()) } else { Value::Timestamp(now) }
}

/// A small integer as a column of this type holds it.
pub(crate) fn integer_value(ty: SqlType, number: i16) -> Value {
    match ty {
        SqlType::I8 | SqlType::I16 | SqlType::U8 => Value::I16(number),
        SqlType::I32 | SqlType::U16 => Value::I32(number.into()),
        SqlType::U64 => Value::U64(number.unsigned_abs().into()),
        _ => Value::I64(number.into()),
    }
}
