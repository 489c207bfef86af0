//! Results as JSON, in the corpus' terms: its forms of values, and the comparison with what it expects.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use orm::{Error, ErrorKind};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

/// A result as JSON.
pub(crate) fn to_json<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).expect("results are plain data")
}

/// Values that the corpus writes as text.
pub(crate) trait AsText {
    fn text(&self) -> Option<String>;
}

impl AsText for DateTime<Utc> {
    fn text(&self) -> Option<String> {
        Some(self.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }
}
impl AsText for NaiveDate {
    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }
}
impl AsText for NaiveTime {
    fn text(&self) -> Option<String> {
        Some(self.format("%H:%M:%S").to_string())
    }
}
impl AsText for Uuid {
    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }
}
/// With two digits after the point, as nearly all columns have.
impl AsText for Decimal {
    fn text(&self) -> Option<String> {
        Some(scaled(*self, 2))
    }
}
impl<T: AsText> AsText for Option<T> {
    fn text(&self) -> Option<String> {
        self.as_ref().and_then(AsText::text)
    }
}

fn scaled(mut decimal: Decimal, digits: u32) -> String {
    decimal.rescale(digits);
    decimal.to_string()
}

pub(crate) fn as_text<T: AsText, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.text().serialize(serializer)
}

pub(crate) fn as_scale3<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(|decimal| scaled(decimal, 3)).serialize(serializer)
}

pub(crate) fn as_hex<S: Serializer>(value: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    let hex = |bytes: &Vec<u8>| {
        let text = bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string");
            text
        });
        json!({ "$hex": text })
    };
    value.as_ref().map(hex).serialize(serializer)
}

/// What the corpus' `attempt` gives.
pub(crate) fn attempt<T: Serialize>(result: orm::Result<T>) -> Value {
    match result {
        Ok(value) => json!({ "ok": to_json(value) }),
        Err(error) => json!({ "error": { "name": sequelize_name(&error) } }),
    }
}

/// The class that Sequelize has for an error.
pub(crate) fn sequelize_name(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::UniqueViolation => "SequelizeUniqueConstraintError",
        ErrorKind::ForeignKeyViolation => "SequelizeForeignKeyConstraintError",
        ErrorKind::NotNullViolation => "SequelizeValidationError",
        ErrorKind::Stale => "SequelizeOptimisticLockError",
        ErrorKind::NotFound => "SequelizeEmptyResultError",
        ErrorKind::InvalidStatement => "SequelizeEagerLoadingError",
        _ => "SequelizeDatabaseError",
    }
}

/// How an answer compares with what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    Same,
    /// But for numbers that Sequelize gives as text: `COUNT` on PostgreSQL, decimals of raw rows.
    TypedNumbers,
    /// But for fields that are NULL: a struct has all its fields, Sequelize leaves out what it never set.
    AllFields,
}

/// Compares; the error says where they differ first.
pub(crate) fn compare(actual: &Value, expected: &Value) -> Result<Likeness, String> {
    let mut likeness = Likeness::Same;
    at(actual, expected, &mut String::new(), &mut likeness)?;
    Ok(likeness)
}

fn at(actual: &Value, expected: &Value, path: &mut String, likeness: &mut Likeness) -> Result<(), String> {
    let differ = || {
        let brief = |value: &Value| value.to_string().chars().take(400).collect::<String>();
        Err(format!("at `{path}`: expected {}\n            got {}", brief(expected), brief(actual)))
    };
    match (actual, expected) {
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                inside(left, right, path, &index.to_string(), likeness)?;
            }
            Ok(())
        }
        (Value::Object(left), Value::Object(right)) => {
            // Of errors only the name is the same everywhere.
            let is_error = path.ends_with("/error") && right.contains_key("name");
            let keys = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                let mut keys: Vec<String> = map.keys().filter(|key| !is_error || *key == "name").cloned().collect();
                keys.sort();
                keys
            };
            let (ours, theirs) = (keys(left), keys(right));
            if ours != theirs {
                let more = |key: &&String| !theirs.contains(*key);
                if theirs.iter().any(|key| !ours.contains(key))
                    || ours.iter().filter(more).any(|key| !left[key].is_null())
                {
                    return differ();
                }
                *likeness = Likeness::AllFields;
            }
            for key in keys(right) {
                inside(&left[&key], &right[&key], path, &key, likeness)?;
            }
            Ok(())
        }
        (Value::Number(left), Value::Number(right)) => {
            let close = left == right
                || matches!((left.as_f64(), right.as_f64()), (Some(left), Some(right)) if (left - right).abs() < 1e-6);
            if close { Ok(()) } else { differ() }
        }
        (Value::Number(left), Value::String(right)) if right.parse::<f64>().ok() == left.as_f64() => {
            *likeness = Likeness::TypedNumbers;
            Ok(())
        }
        (Value::String(left), Value::String(right)) if right == "<now>" => match left.parse::<DateTime<Utc>>() {
            Ok(time) if (Utc::now() - time).num_minutes().abs() < 180 => Ok(()),
            _ => differ(),
        },
        _ if actual == expected => Ok(()),
        _ => differ(),
    }
}

fn inside(
    actual: &Value,
    expected: &Value,
    path: &mut String,
    step: &str,
    likeness: &mut Likeness,
) -> Result<(), String> {
    let length = path.len();
    path.push('/');
    path.push_str(step);
    let result = at(actual, expected, path, likeness);
    path.truncate(length);
    result
}
