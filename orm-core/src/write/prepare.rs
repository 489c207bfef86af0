//! What every write passes before it becomes SQL: defaults and times of the client, versions, and the form in which a
//! column keeps a value.

use super::draft::{Changes, Draft};
use crate::ast::Expr;
use crate::dialect::{Dialect, stored};
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, DefaultDef, ModelDef};
use crate::value::{SqlType, Value};

/// Prepares a new row: fills in what the client makes, and brings each value into the form that its column keeps.
///
/// # Errors
/// Those of [`stored`], naming the model.
pub(super) fn row(session: &dyn Session, def: &'static ModelDef, draft: &mut Draft) -> Result<()> {
    complete(def, draft, &mut None);
    check_complete(def, draft)?;
    keep(&**session.dialect(), def, draft)
}

/// The error for a draft that lacks required columns: neither it nor the database has a value for them.
fn check_complete(def: &'static ModelDef, draft: &Draft) -> Result<()> {
    if !draft.by_hand {
        return Ok(());
    }
    let lacks = |column: &&ColumnDef| {
        draft.given & (1 << column.index) == 0
            && !(column.nullable || column.auto_increment || column.generated.is_some())
            && !matches!(column.default, DefaultDef::Sql(_))
    };
    let missing: Vec<&str> = def.columns.iter().filter(lacks).map(|column| column.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("the new row lacks the required columns `{}`; set them before it is written", missing.join("`, `"));
    Err(Error::new(ErrorKind::NotNullViolation, message).with_model(def.name).with_columns(missing))
}

/// As [`row`], with one instant for all.
pub(super) fn rows(session: &dyn Session, def: &'static ModelDef, drafts: &mut [Draft]) -> Result<()> {
    let mut now = None;
    drafts.iter_mut().for_each(|draft| complete(def, draft, &mut now));
    drafts.iter().try_for_each(|draft| check_complete(def, draft))?;
    drafts.iter_mut().try_for_each(|draft| keep(&**session.dialect(), def, draft))
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
    for (index, value) in &mut changes.set {
        let column = &def.columns[*index];
        let given = std::mem::replace(value, Value::Null(column.ty));
        *value = kept(dialect, def, column, given)?;
    }
    Ok(())
}

/// Brings the values that an UPDATE assigns into the form that their columns keep. Expressions are the database's.
pub(crate) fn assignments(
    dialect: &dyn Dialect,
    def: &'static ModelDef,
    set: &mut [(&'static ColumnDef, Expr)],
) -> Result<()> {
    for (column, assigned) in set {
        if let Expr::Value(value) = assigned {
            let given = std::mem::replace(value, Value::Null(column.ty));
            *value = kept(dialect, def, column, given)?;
        }
    }
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
