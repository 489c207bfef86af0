//! Values inside JSON documents: what a value has to be to be read as a type, the same on every database. How a database
//! writes the test and the value is its dialect's work.

use super::Dialect;
use crate::error::{Error, Result};
use crate::value::{EnumDef, EnumStorage, SqlType};

/// The text of a date as JSON documents hold it: year, month and day of the Gregorian calendar, from year 1. Whether the
/// month has the day is not part of it.
pub const DATE_PATTERN: &str =
    "^([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

/// What a value in a JSON document has to be to be read as a type. Anything else is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonValue {
    /// `true` or `false`.
    Bool,
    /// A whole number between two bounds, as SQL writes them.
    Integer(&'static str, &'static str),
    /// A number whose absolute value is 0 or between two bounds, as SQL writes them.
    Float(&'static str, &'static str),
    /// A number.
    Decimal,
    /// A string.
    Text,
    /// One of these strings.
    Label(&'static EnumDef),
    /// A string that is a date; see [`DATE_PATTERN`].
    Date,
}

impl JsonValue {
    /// What is read as a type.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for types that JSON does not have.
    pub fn of(dialect: &dyn Dialect, ty: SqlType) -> Result<Self> {
        if let Some((min, max)) = ty.integer_range() {
            return Ok(Self::Integer(min, max));
        }
        Ok(match ty {
            SqlType::Bool => Self::Bool,
            // IEEE 754: the least and the greatest number.
            SqlType::F32 => Self::Float("1.4e-45", "3.4028235e38"),
            SqlType::F64 => Self::Float("5e-324", "1.7976931348623157e308"),
            SqlType::Decimal => Self::Decimal,
            SqlType::Text => Self::Text,
            SqlType::Date => Self::Date,
            SqlType::Enum(def) if def.storage == EnumStorage::Integer => {
                Self::Integer("-9223372036854775808", "9223372036854775807")
            }
            SqlType::Enum(def) => Self::Label(def),
            ty => {
                let what = format!("a value inside of a JSON document as `{ty}`; read it with `json_text`");
                return Err(Error::unsupported(dialect.name(), what));
            }
        })
    }
}
