//! Primary keys of rows: as conditions, as placeholders, and as values that can be compared in memory.

use crate::ast::{self, BinaryOp};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef};
use crate::value::{Scalar, SqlType, Value};

/// A decimal without zeros at its ends, in whatever form the database gives it.
fn plain_decimal(value: &Value) -> String {
    let text = match value {
        Value::Decimal(text) => text.clone(),
        Value::Text(text) => text.to_string(),
        Value::F64(number) => number.to_string(),
        other => match Comparable::of(other) {
            Comparable::Integer(number) => number.to_string(),
            other => return format!("{other:?}"),
        },
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if whole.is_empty() && fraction.is_empty() { "" } else { sign };
    format!("{sign}{whole}.{fraction}")
}

/// A value that can be compared and hashed in memory: integers of all widths are alike, times are instants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Comparable {
    Null,
    Integer(i128),
    Text(String),
    Bytes(Vec<u8>),
    Uuid([u8; 16]),
    Other(String),
}

impl Comparable {
    /// A value of a column of this type; some databases give dates and times as text.
    pub(crate) fn of_type(ty: SqlType, value: &Value) -> Self {
        let typed = match ty {
            SqlType::Date => chrono::NaiveDate::decode(value.as_ref()).map(|v| v.encode()),
            SqlType::Time => chrono::NaiveTime::decode(value.as_ref()).map(|v| v.encode()),
            SqlType::DateTime => chrono::NaiveDateTime::decode(value.as_ref()).map(|v| v.encode()),
            SqlType::Decimal => return Self::Other(plain_decimal(value)),
            SqlType::Timestamp => chrono::DateTime::<chrono::Utc>::decode(value.as_ref()).map(|v| v.encode()),
            SqlType::Uuid => {
                return match value {
                    Value::Text(text) => uuid(text).map_or_else(|| Self::of(value), Self::Uuid),
                    value => Self::of(value),
                };
            }
            _ => return Self::of(value),
        };
        Self::of(typed.as_ref().unwrap_or(value))
    }

    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null(_) => Self::Null,
            Value::Bool(v) => Self::Integer((*v).into()),
            Value::I16(v) => Self::Integer((*v).into()),
            Value::I32(v) => Self::Integer((*v).into()),
            Value::I64(v) => Self::Integer((*v).into()),
            Value::U64(v) => Self::Integer((*v).into()),
            Value::Text(v) => Self::Text(v.to_string()),
            Value::Enum(_, label) => Self::Text(label.to_string()),
            Value::Native(_, text) => Self::Text(text.clone()),
            // A UUID comes back as bytes from databases without the type.
            Value::Bytes(v) => match <[u8; 16]>::try_from(&v[..]) {
                Ok(bytes) => Self::Uuid(bytes),
                Err(_) => Self::Bytes(v.clone()),
            },
            Value::Uuid(v) => Self::Uuid(*v),
            Value::F32(v) => Self::Other(f64::from(*v).to_string()),
            Value::F64(v) => Self::Other(v.to_string()),
            Value::Date(v) => Self::Other(v.to_string()),
            Value::Time(v) => Self::Other(v.to_string()),
            Value::DateTime(v) => Self::Other(v.to_string()),
            Value::Timestamp(v) => Self::Other(v.naive_utc().to_string()),
            Value::Decimal(v) => Self::Other(v.clone()),
            Value::Json(v) => Self::Other(v.clone()),
            Value::Invalid(_) => Self::Null,
            Value::Sealed(_, inner) => Self::of(inner),
            Value::Array(_, items) => Self::Other(format!("{:?}", items.iter().map(Self::of).collect::<Vec<_>>())),
        }
    }
}

/// Appends bytes that two values of a column of this type share where [`Comparable::of_type`] gives the same for both.
pub(crate) fn push_form(ty: SqlType, value: &Value, form: &mut Vec<u8>) {
    // The most common ones, without a copy.
    match (ty, value) {
        (SqlType::Text | SqlType::Char, Value::Text(text)) => return push_long(form, b't', text.as_bytes()),
        (SqlType::I64, Value::I64(number)) => return push_short(form, b'i', &i128::from(*number).to_le_bytes()),
        _ => {}
    }
    match Comparable::of_type(ty, value) {
        Comparable::Null => push_short(form, b'n', &[]),
        Comparable::Integer(number) => push_short(form, b'i', &number.to_le_bytes()),
        Comparable::Uuid(bytes) => push_short(form, b'u', &bytes),
        Comparable::Text(text) => push_long(form, b't', text.as_bytes()),
        Comparable::Bytes(bytes) => push_long(form, b'b', &bytes),
        Comparable::Other(text) => push_long(form, b'o', text.as_bytes()),
    }
}

/// Bytes whose number their tag tells.
fn push_short(form: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    form.push(tag);
    form.extend_from_slice(bytes);
}

fn push_long(form: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    push_short(form, tag, &bytes.len().to_le_bytes());
    form.extend_from_slice(bytes);
}

/// A UUID that is stored as text.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> =
        text.chars().filter(|c| *c != '-').map(|c| c.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 32 { bytes.try_into().ok() } else { None }
}

/// The condition that a row has this key.
pub(crate) fn key_filter(def: &'static ModelDef, key: &[Value]) -> Vec<ast::Expr> {
    def.key_columns()
        .zip(key)
        .map(|(column, value)| ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(value.clone())))
        .collect()
}

/// Typed placeholders for the key, whose values come later.
pub(crate) fn key_slots(def: &'static ModelDef) -> Vec<Value> {
    def.key_columns().map(|column| Value::Null(column.ty)).collect()
}

/// The values of a row's key.
pub(crate) fn key_of<M: Model>(row: &M) -> Result<Vec<Value>> {
    if M::DEF.primary_key.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidStatement,
            "the model has no primary key, so its rows cannot be told apart; filter instead",
        )
        .with_model(M::DEF.name));
    }
    Ok(M::DEF.primary_key.iter().map(|index| row.value(*index)).collect())
}
