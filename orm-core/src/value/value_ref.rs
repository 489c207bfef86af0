//! A value as it lies in a row, borrowed from the client's buffer or from what the row keeps.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::{SqlType, Value};

/// A column's value in a row. Drivers give the variant closest to what is stored; [`Scalar::decode`](super::Scalar)
/// turns it into a Rust type. It owns nothing: what a driver has to write out, it keeps in its [`Row`](crate::row::Row).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ValueRef<'r> {
    /// NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// Any float.
    F64(f64),
    /// Text.
    Text(&'r str),
    /// Bytes.
    Bytes(&'r [u8]),
    /// A UUID.
    Uuid([u8; 16]),
    /// A calendar date.
    Date(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// A date and time without a zone.
    DateTime(NaiveDateTime),
    /// An instant, in UTC.
    Timestamp(DateTime<Utc>),
    /// A decimal number in plain notation.
    Decimal(&'r str),
    /// A JSON document as text.
    Json(&'r str),
    /// A list.
    Array(&'r [Value]),
}

impl ValueRef<'_> {
    /// What was found, for messages: the variant's name, never the value.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a boolean",
            Self::I64(_) => "an integer",
            Self::U64(_) => "an unsigned integer",
            Self::F64(_) => "a float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "a UUID",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
            Self::DateTime(_) => "a date and time",
            Self::Timestamp(_) => "a timestamp",
            Self::Decimal(_) => "a decimal",
            Self::Json(_) => "JSON",
            Self::Array(_) => "an array",
        }
    }
}

/// Shows the kind, never the value.
impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueRef({})", self.kind_name())
    }
}

/// A copy. What came without its type has one that holds it: NULL and the items of a list are text, integers are `i64`.
impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null(SqlType::Text),
            ValueRef::Bool(v) => Self::Bool(v),
            ValueRef::I64(v) => Self::I64(v),
            ValueRef::U64(v) => Self::U64(v),
            ValueRef::F64(v) => Self::F64(v),
            ValueRef::Text(v) => Self::Text(v.to_owned().into()),
            ValueRef::Bytes(v) => Self::Bytes(v.to_vec()),
            ValueRef::Uuid(v) => Self::Uuid(v),
            ValueRef::Date(v) => Self::Date(v),
            ValueRef::Time(v) => Self::Time(v),
            ValueRef::DateTime(v) => Self::DateTime(v),
            ValueRef::Timestamp(v) => Self::Timestamp(v),
            ValueRef::Decimal(v) => Self::Decimal(v.to_owned()),
            ValueRef::Json(v) => Self::Json(v.to_owned()),
            ValueRef::Array(items) => Self::Array(&SqlType::Text, items.to_vec()),
        }
    }
}
