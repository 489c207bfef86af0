//! Values on their way to a column: the form that its declared type takes, and what is kept of them there.

use chrono::SubsecRound;

use super::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::value::{SqlType, Value};

/// A value as a column keeps it: times are cut to the digits of a second that the database has, so that a row in hand is
/// the row in the table.
///
/// # Errors
/// [`ErrorKind::Encode`] when the column cannot keep the value exactly, [`ErrorKind::OutOfRange`] when it has more digits
/// before the point than the column.
pub(crate) fn stored(dialect: &dyn Dialect, column: &ColumnDef, value: Value) -> Result<Value> {
    let digits = u16::from(dialect.capabilities().second_digits);
    let value = match value {
        Value::Time(v) => Value::Time(v.trunc_subsecs(digits)),
        Value::DateTime(v) => Value::DateTime(v.trunc_subsecs(digits)),
        Value::Timestamp(v) => Value::Timestamp(v.trunc_subsecs(digits)),
        value => for_column(dialect, column, value),
    };
    let fits = match (&value, column.precision) {
        (Value::Decimal(text), Some((digits, scale))) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let (whole, fraction) = (whole.trim_start_matches(['-', '0']), fraction.trim_end_matches('0'));
            let room = usize::from(digits.saturating_sub(scale));
            match (fraction.len() > usize::from(scale), whole.len() > room && whole.bytes().all(|b| b.is_ascii_digit()))
            {
                (true, _) => Err(too_fine(scale)),
                (_, true) => Err(too_great(room)),
                (false, false) => Ok(()),
            }
        }
        _ => Ok(()),
    };
    match fits.and_then(|()| dialect.check_value(&value)) {
        Ok(()) => Ok(value),
        Err(error) => Err(error.with_table(column.table.name).with_columns([column.name])),
    }
}

#[cold]
fn too_fine(scale: u8) -> Error {
    Error::encode(format!("the column keeps {scale} digits after the point, the value has more; round it first"))
}

#[cold]
fn too_great(digits: usize) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("the column keeps {digits} digits before the point, the value has more"))
}

/// A value in the form that the declared type of its column takes: text as a value of a type of the database's own, a
/// UUID as text where that is what the column holds.
pub(crate) fn for_column(dialect: &dyn Dialect, column: &ColumnDef, value: Value) -> Value {
    let Some(name) = column.type_name else { return value };
    match value {
        Value::Text(text) if dialect.takes_text_as(name) => Value::Native(name, text.into_owned()),
        Value::Null(SqlType::Text | SqlType::Char) if dialect.takes_text_as(name) => Value::Null(SqlType::Native(name)),
        Value::Uuid(bytes) if is_text(name) => Value::Text(hyphenated(bytes).into()),
        Value::Null(SqlType::Uuid) if is_text(name) => Value::Null(SqlType::Text),
        value => value,
    }
}

/// Whether a type that a model names is one of text.
fn is_text(name: &str) -> bool {
    let base = name.split(['(', ' ']).next().unwrap_or(name);
    ["char", "varchar", "nchar", "nvarchar", "character", "text", "tinytext"]
        .iter()
        .any(|t| base.eq_ignore_ascii_case(t))
}

/// A UUID as text: RFC 9562, section 4.
fn hyphenated(bytes: [u8; 16]) -> String {
    use std::fmt::Write;
    bytes.iter().enumerate().fold(String::with_capacity(36), |mut text, (i, byte)| {
        let hyphen = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{hyphen}{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_written_as_the_standard_does() {
        let bytes = 0x0199_b2ee_7f11_7abc_8def_0123_4567_89ab_u128.to_be_bytes();
        assert_eq!(hyphenated(bytes), "0199b2ee-7f11-7abc-8def-0123456789ab");
    }

    #[test]
    fn types_of_text_are_known_by_their_name() {
        assert!(["CHAR(36)", "varchar", "character varying(36)", "TEXT"].into_iter().all(is_text));
        assert!(!["BINARY(16)", "uuid", "textile", "charming"].into_iter().any(is_text));
    }
}
