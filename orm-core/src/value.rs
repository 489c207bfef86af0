//! Values on their way to and from a database: owned ones to bind ([`Value`]), borrowed ones from a row
//! ([`ValueRef`]), their SQL types ([`SqlType`]), and the traits that tie Rust types to them ([`Scalar`], [`Type`]).
//! How a database writes a value down is each driver's work.

mod bind;
mod convert;
mod literal;
mod packed;
mod scalar;
mod sealed;
mod sql_type;
mod value_ref;
pub mod written;

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

pub use bind::Bind;
#[cfg(feature = "json")]
pub use convert::Json;
pub use literal::{FromText, Parsed};
pub(crate) use packed::{Packed, of_type, pack};
pub use scalar::{Numeric, Scalar, Type};
pub use sealed::{BlindIndex, SealDef, SealKind};
pub(crate) use sealed::{comparable_bytes, plain_bytes, plain_value};
pub use sql_type::{EnumDef, EnumStorage, SqlType};
pub use value_ref::ValueRef;

/// A value to bind to a statement. NULL knows its type, so every statement text has one type per placeholder.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// NULL of a type.
    Null(SqlType),
    /// A boolean.
    Bool(bool),
    /// A 16-bit integer; smaller ones are widened to it.
    I16(i16),
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// An unsigned 64-bit integer; databases without one check the range.
    U64(u64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
    /// Text.
    Text(Cow<'static, str>),
    /// Bytes.
    Bytes(Vec<u8>),
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
    /// A decimal number in plain notation, such as `-12.50`.
    Decimal(String),
    /// A JSON document as text.
    Json(String),
    /// A label of an enum stored natively.
    Enum(&'static EnumDef, Cow<'static, str>),
    /// A value of a type only this database has, in its text form.
    Native(&'static str, String),
    /// A list, for databases with array types; the type is the element's.
    Array(&'static SqlType, Vec<Value>),
    /// A plain value for an encrypted column. The session encrypts it before it sends the statement, so drivers get bytes.
    Sealed(&'static SealDef, Box<Value>),
    /// What cannot be written down, and why: a statement that binds it is refused with
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) before it is sent.
    Invalid(Cow<'static, str>),
}

impl Value {
    /// The value's type.
    pub fn sql_type(&self) -> SqlType {
        match self {
            Self::Null(ty) => *ty,
            Self::Bool(_) => SqlType::Bool,
            Self::I16(_) => SqlType::I16,
            Self::I32(_) => SqlType::I32,
            Self::I64(_) => SqlType::I64,
            Self::U64(_) => SqlType::U64,
            Self::F32(_) => SqlType::F32,
            Self::F64(_) => SqlType::F64,
            Self::Text(_) => SqlType::Text,
            Self::Bytes(_) => SqlType::Bytes,
            Self::Uuid(_) => SqlType::Uuid,
            Self::Date(_) => SqlType::Date,
            Self::Time(_) => SqlType::Time,
            Self::DateTime(_) => SqlType::DateTime,
            Self::Timestamp(_) => SqlType::Timestamp,
            Self::Decimal(_) => SqlType::Decimal,
            Self::Json(_) => SqlType::Json,
            Self::Enum(def, _) => SqlType::Enum(def),
            Self::Native(name, _) => SqlType::Native(name),
            Self::Array(element, _) => SqlType::Array(element),
            Self::Sealed(..) => SqlType::Bytes,
            Self::Invalid(_) => SqlType::Text,
        }
    }

    /// Whether it, or one of its items, must be encrypted before it is sent.
    pub(crate) fn is_sealed(&self) -> bool {
        match self {
            Self::Sealed(..) => true,
            Self::Array(_, items) => items.iter().any(Self::is_sealed),
            _ => false,
        }
    }

    /// Whether this is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// About the number of bytes that the value takes on its way to a server: rather too many than too few.
    pub(crate) fn bytes(&self) -> usize {
        // The length, or a placeholder in the text.
        8 + match self {
            Self::Null(_) | Self::Bool(_) | Self::I16(_) | Self::I32(_) | Self::F32(_) => 0,
            Self::Text(v) => v.len(),
            Self::Bytes(v) => v.len(),
            Self::Decimal(v) | Self::Json(v) | Self::Native(_, v) => v.len(),
            Self::Enum(_, label) => label.len(),
            Self::Array(_, items) => 20 + items.iter().map(Self::bytes).sum::<usize>(),
            Self::Uuid(_) => 16,
            Self::Sealed(_, inner) => 48 + inner.bytes(),
            _ => 8,
        }
    }

    /// The value as a row would give it back.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null(_) => ValueRef::Null,
            Self::Bool(v) => ValueRef::Bool(*v),
            Self::I16(v) => ValueRef::I64((*v).into()),
            Self::I32(v) => ValueRef::I64((*v).into()),
            Self::I64(v) => ValueRef::I64(*v),
            Self::U64(v) => ValueRef::U64(*v),
            Self::F32(v) => ValueRef::F64((*v).into()),
            Self::F64(v) => ValueRef::F64(*v),
            Self::Text(v) => ValueRef::Text(v),
            Self::Bytes(v) => ValueRef::Bytes(v),
            Self::Uuid(v) => ValueRef::Uuid(*v),
            Self::Date(v) => ValueRef::Date(*v),
            Self::Time(v) => ValueRef::Time(*v),
            Self::DateTime(v) => ValueRef::DateTime(*v),
            Self::Timestamp(v) => ValueRef::Timestamp(*v),
            Self::Decimal(v) => ValueRef::Decimal(v),
            Self::Json(v) => ValueRef::Json(v),
            Self::Enum(_, label) => ValueRef::Text(label),
            Self::Native(_, text) => ValueRef::Text(text),
            Self::Array(_, items) => ValueRef::Array(items),
            Self::Sealed(_, inner) => Value::as_ref(inner),
            Self::Invalid(_) => ValueRef::Null,
        }
    }
}

/// Shows the type, never the value: a value may be a secret and `Debug` output ends up in logs.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null(ty) => write!(f, "NULL({ty})"),
            Self::Invalid(why) => write!(f, "Invalid({why})"),
            value => write!(f, "Value({})", value.sql_type()),
        }
    }
}

/// The current instant in whole microseconds, the finest that every database keeps.
pub fn now() -> DateTime<Utc> {
    use chrono::SubsecRound;
    Utc::now().trunc_subsecs(6)
}
