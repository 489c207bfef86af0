//! The history of audited models: rows as JSON and back, and the entries of changes. The callers write them.

use serde_json::{Map, Value as Json};

use super::draft::Draft;
use super::hooks::{Actor, Audit, Event};
use super::prepare::time_value;
use super::trail::Change;
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::run::Comparable;
use crate::value::{EnumStorage, Scalar, SqlType, Value};

/// A column of a history.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column {
    Id,
    RowKey,
    Operation,
    At,
    Actor,
    OldValues,
    NewValues,
}

/// The columns of a history, in the order of [`Column`].
pub(crate) fn columns(history: &'static ModelDef) -> Result<[&'static ColumnDef; 7]> {
    let find = |name: &'static str| {
        history.columns.iter().find(|column| column.field == name).ok_or_else(|| {
            let message = "a history has the columns of `orm::history!`; declare it by that";
            Error::new(ErrorKind::InvalidStatement, message).with_model(history.name).with_columns([name])
        })
    };
    Ok([
        find("id")?,
        find("row_key")?,
        find("operation")?,
        find("at")?,
        find("actor")?,
        find("old_values")?,
        find("new_values")?,
    ])
}

impl Event {
    /// Its word in a history.
    fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Destroy => "destroy",
            Self::Restore => "restore",
        }
    }
}

/// The entries of changes: of an update the columns that differ, else all.
pub(super) fn entries(
    session: &dyn Session,
    def: &'static ModelDef,
    audit: &Audit,
    event: Event,
    changes: &[Change],
) -> Result<(&'static ModelDef, Vec<Draft>)> {
    let history = (audit.history)();
    let columns = columns(history)?;
    let actor = session.context().get::<Actor>().map(Actor::name);
    let now = crate::value::now();
    let mut entries = Vec::with_capacity(changes.len());
    for (before, after) in changes {
        let (mut old, mut new) = (Map::new(), Map::new());
        for column in def.columns.iter().filter(|column| !audit.hidden.contains(&column.index)) {
            let of = |row: &Option<Vec<Value>>| row.as_ref().map(|row| json(column.ty, &row[column.index]));
            match (of(before), of(after)) {
                (Some(before), Some(after)) if before == after => {}
                (before, after) => {
                    old.extend(before.map(|value| (column.name.to_owned(), value)));
                    new.extend(after.map(|value| (column.name.to_owned(), value)));
                }
            }
        }
        let hidden = |row: &Vec<Value>, other: &Vec<Value>| audit.hidden.iter().any(|i| row[*i] != other[*i]);
        let (Some(row), differ) = (match (before, after) {
            (Some(before), Some(after)) => (Some(before), !old.is_empty() || hidden(before, after)),
            (before, after) => (before.as_ref().or(after.as_ref()), true),
        }) else {
            continue;
        };
        if !differ {
            continue;
        }
        let key: Vec<Value> = def.primary_key.iter().map(|index| row[*index].clone()).collect();
        let document = |there: bool, map: Map<String, Json>| match there {
            true => Value::Json(Json::Object(map).to_string()),
            false => Value::Null(SqlType::Json),
        };
        let mut entry = Draft::new(history);
        entry.give(columns[Column::RowKey as usize].index, Value::Text(key_text(def, &key).into()));
        entry.give(columns[Column::Operation as usize].index, Value::Text(event.word().into()));
        entry.give(columns[Column::At as usize].index, time_value(columns[Column::At as usize], now));
        let actor = actor.map_or(Value::Null(SqlType::Text), |actor| Value::Text(actor.to_owned().into()));
        entry.give(columns[Column::Actor as usize].index, actor);
        entry.give(columns[Column::OldValues as usize].index, document(before.is_some(), old));
        entry.give(columns[Column::NewValues as usize].index, document(after.is_some(), new));
        entries.push(entry);
    }
    Ok((history, entries))
}

/// A key as a history has it: the value of one column as it is, several as a JSON array.
pub(crate) fn key_text(def: &'static ModelDef, key: &[Value]) -> String {
    let parts: Vec<Json> = def.key_columns().zip(key).map(|(column, value)| json(column.ty, value)).collect();
    match &parts[..] {
        [Json::String(text)] => text.clone(),
        [one] => one.to_string(),
        _ => Json::Array(parts).to_string(),
    }
}

/// A value of a column as JSON.
fn json(ty: SqlType, value: &Value) -> Json {
    if value.is_null() {
        return Json::Null;
    }
    let borrowed = value.as_ref();
    let text = |decoded: Result<String>| decoded.map_or_else(|_| as_it_is(value), Json::String);
    match ty {
        SqlType::Bool => bool::decode(borrowed).map_or_else(|_| as_it_is(value), Json::Bool),
        SqlType::F32 | SqlType::F64 => {
            let number = f64::decode(borrowed).ok().and_then(serde_json::Number::from_f64);
            number.map_or_else(|| as_it_is(value), Json::Number)
        }
        SqlType::Json => match value {
            Value::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone())),
            Value::Text(text) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_string())),
            value => as_it_is(value),
        },
        SqlType::Date => text(chrono::NaiveDate::decode(borrowed).map(|v| v.to_string())),
        SqlType::Time => text(chrono::NaiveTime::decode(borrowed).map(|v| v.to_string())),
        SqlType::DateTime => {
            text(chrono::NaiveDateTime::decode(borrowed).map(|v| v.format("%Y-%m-%dT%H:%M:%S%.f").to_string()))
        }
        SqlType::Timestamp => text(
            chrono::DateTime::<chrono::Utc>::decode(borrowed)
                .map(|v| v.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        ),
        SqlType::Bytes => match value {
            Value::Bytes(bytes) => Json::String(hex(bytes)),
            value => as_it_is(value),
        },
        SqlType::Array(item) => match value {
            Value::Array(_, items) => Json::Array(items.iter().map(|value| json(*item, value)).collect()),
            value => as_it_is(value),
        },
        SqlType::Uuid => match Comparable::of_type(ty, value) {
            Comparable::Uuid(bytes) => Json::String(hex(&bytes)),
            _ => as_it_is(value),
        },
        _ => as_it_is(value),
    }
}

/// A value as JSON, whatever its column is.
fn as_it_is(value: &Value) -> Json {
    match value {
        Value::F32(v) => Json::String(v.to_string()),
        Value::F64(v) => Json::String(v.to_string()),
        Value::Decimal(text) | Value::Native(_, text) | Value::Json(text) => Json::String(text.clone()),
        value => match Comparable::of(value) {
            Comparable::Null => Json::Null,
            Comparable::Integer(number) => match (i64::try_from(number), u64::try_from(number)) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => Json::String(number.to_string()),
            },
            Comparable::Text(text) | Comparable::Other(text) => Json::String(text),
            Comparable::Bytes(bytes) => Json::String(hex(&bytes)),
            Comparable::Uuid(bytes) => Json::String(hex(&bytes)),
        },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// The value of a column that a history has as JSON.
///
/// # Errors
/// [`ErrorKind::Decode`] for what is no value of the column: its type was another one then.
pub(crate) fn restored(column: &ColumnDef, json: &Json) -> Result<Value> {
    of_type(column.ty, json).ok_or_else(|| {
        let message = "the history has a value of another type for the column; it was changed since then";
        Error::new(ErrorKind::Decode, message).with_table(column.table.name).with_columns([column.name])
    })
}

fn of_type(ty: SqlType, json: &Json) -> Option<Value> {
    Some(match (ty, json) {
        (ty, Json::Null) => Value::Null(ty),
        (SqlType::Json, json) => Value::Json(json.to_string()),
        (SqlType::Bool, Json::Bool(v)) => Value::Bool(*v),
        (SqlType::F32, Json::Number(v)) => Value::F32(v.to_string().parse().ok()?),
        (SqlType::F32, Json::String(v)) => Value::F32(v.parse().ok()?),
        (SqlType::F64, Json::Number(v)) => Value::F64(v.as_f64()?),
        (SqlType::F64, Json::String(v)) => Value::F64(v.parse().ok()?),
        (SqlType::Decimal, Json::String(v)) => Value::Decimal(v.clone()),
        (SqlType::Decimal, Json::Number(v)) => Value::Decimal(v.to_string()),
        (SqlType::Bytes, Json::String(v)) => Value::Bytes(unhex(v)?),
        (SqlType::Uuid, Json::String(v)) => Value::Uuid(unhex(v)?.try_into().ok()?),
        (SqlType::Date, Json::String(v)) => Value::Date(v.parse().ok()?),
        (SqlType::Time, Json::String(v)) => Value::Time(v.parse().ok()?),
        (SqlType::DateTime, Json::String(v)) => Value::DateTime(v.parse().ok()?),
        (SqlType::Timestamp, Json::String(v)) => Value::Timestamp(v.parse().ok()?),
        (SqlType::Array(item), Json::Array(items)) => {
            Value::Array(item, items.iter().map(|json| of_type(*item, json)).collect::<Option<_>>()?)
        }
        // In the width of the type, as statements bind it.
        (SqlType::I8 | SqlType::I16 | SqlType::U8, Json::Number(v)) => Value::I16(v.as_i64()?.try_into().ok()?),
        (SqlType::I32 | SqlType::U16, Json::Number(v)) => Value::I32(v.as_i64()?.try_into().ok()?),
        (SqlType::U64, Json::Number(v)) => Value::U64(v.as_u64()?),
        (SqlType::I64 | SqlType::U32 | SqlType::Enum(_), Json::Number(v)) => Value::I64(v.as_i64()?),
        (SqlType::Enum(def), Json::String(v)) if def.storage == EnumStorage::Native => {
            Value::Enum(def, v.clone().into())
        }
        (SqlType::Native(name), Json::String(v)) => Value::Native(name, v.clone()),
        (_, Json::String(v)) => Value::Text(v.clone().into()),
        _ => return None,
    })
}
