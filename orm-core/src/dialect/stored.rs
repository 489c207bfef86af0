//! Values on their way to a column: the form that its declared type takes, and what is kept of them there.

use chrono::SubsecRound;

use super::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::value::{SqlType, Value};

/// A value as a column stores it: times are cut to the digits of a second that the column has, so that an
/// instance has the values of its row in the table.
///
/// # Errors
/// [`ErrorKind::Encode`] when the column cannot keep the value exactly, [`ErrorKind::OutOfRange`] when it has more digits
/// before the point than the column, [`ErrorKind::DataTooLong`] for text and bytes that are longer.
pub(crate) fn stored(dialect: &dyn Dialect, column: &ColumnDef, value: Value) -> Result<Value> {
    let value = column.normalized(value);
    if column.sealed.is_some() {
        let length = column.length.filter(|_| !column.is_blind_index());
        return within(&value, length)
            .and_then(|()| fitting(value, precision(dialect, column)))
            .map(|value| formed(dialect, column, value))
            .and_then(|value| dialect.check_value(&value).map(|()| value))
            .map_err(|error| error.with_table(column.table.name).with_columns([column.name]));
    }
    let kept = match value {
        Value::Time(_) | Value::DateTime(_) | Value::Timestamp(_) => Ok(cut(value, second_digits(dialect, column))),
        Value::Decimal(_) if column.is_text() => Err(decimal_in_text()),
        Value::Decimal(_) => fitting(value, precision(dialect, column)),
        Value::Array(SqlType::Time | SqlType::DateTime | SqlType::Timestamp | SqlType::Decimal, _) => {
            in_list(dialect, column, value)
        }
        Value::Text(_) | Value::Bytes(_) | Value::Array(SqlType::Text, _) => {
            within(&value, length(column)).map(|()| formed(dialect, column, value))
        }
        value => Ok(formed(dialect, column, value)),
    };
    kept.and_then(|value| dialect.check_value(&value).map(|()| value))
        .map_err(|error| error.with_table(column.table.name).with_columns([column.name]))
}

#[cold]
fn in_list(dialect: &dyn Dialect, column: &ColumnDef, value: Value) -> Result<Value> {
    let Value::Array(element, items) = value else { return Ok(value) };
    let (seconds, digits) = (second_digits(dialect, column), precision(dialect, column));
    let kept = items.into_iter().map(|item| fitting(cut(item, seconds), digits)).collect::<Result<_>>()?;
    Ok(Value::Array(element, kept))
}

/// A time cut to so many digits of a second.
fn cut(value: Value, digits: u16) -> Value {
    match value {
        Value::Time(v) => Value::Time(v.trunc_subsecs(digits)),
        Value::DateTime(v) => Value::DateTime(v.trunc_subsecs(digits)),
        Value::Timestamp(v) => Value::Timestamp(v.trunc_subsecs(digits)),
        value => value,
    }
}

/// A decimal, when it has no more digits than the column: in all, after the point.
fn fitting(value: Value, precision: Option<(u16, u16)>) -> Result<Value> {
    let (Value::Decimal(text), Some((digits, scale))) = (&value, precision) else { return Ok(value) };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (whole, fraction) = (whole.trim_start_matches(['-', '0']), fraction.trim_end_matches('0'));
    let room = usize::from(digits.saturating_sub(scale));
    if fraction.len() > usize::from(scale) {
        return Err(too_fine(scale));
    }
    if whole.len() > room && whole.bytes().all(|b| b.is_ascii_digit()) {
        return Err(too_great(room));
    }
    Ok(value)
}

/// The digits of a second that a column has: those of its declared type, or the most there are.
fn second_digits(dialect: &dyn Dialect, column: &ColumnDef) -> u16 {
    let has = dialect.capabilities();
    let most = u16::from(has.second_digits);
    let Some(name) = column.type_name else { return most };
    match declared(name, &["time", "timetz", "timestamp", "timestamptz", "datetime"]) {
        Some((Some(digits), _)) => most.min(digits),
        Some((None, _)) if has.bare_types_are_whole => 0,
        _ => most,
    }
}

/// The digits of a decimal column, in all and after the point: those of its declared type, or of the model.
fn precision(dialect: &dyn Dialect, column: &ColumnDef) -> Option<(u16, u16)> {
    let said = column.precision.map(|(digits, scale)| (digits.into(), scale.into()));
    let Some(name) = column.type_name else { return said };
    match declared(name, &["decimal", "numeric", "dec", "fixed"])? {
        (Some(digits), scale) => Some((digits, scale.unwrap_or(0))),
        // MySQL manual, 11.1.3.
        (None, _) => dialect.capabilities().bare_types_are_whole.then_some((10, 0)),
    }
}

/// An error for text and bytes longer than their column. Databases would cut spaces at the end without a word, and not all
/// of them know a length of bytes or say which column it was.
fn within(value: &Value, length: Option<u32>) -> Result<()> {
    let Some(length) = length else { return Ok(()) };
    let most = usize::try_from(length).unwrap_or(usize::MAX);
    match value {
        // There are no more characters than bytes.
        Value::Text(text) if text.len() > most && text.chars().count() > most => Err(too_long(length, "characters")),
        Value::Bytes(bytes) if bytes.len() > most => Err(too_long(length, "bytes")),
        Value::Array(_, items) => items.iter().try_for_each(|item| within(item, Some(length))),
        _ => Ok(()),
    }
}

/// The length of a column of text or bytes: that of its declared type, or of the model.
fn length(column: &ColumnDef) -> Option<u32> {
    let Some(name) = column.type_name else { return column.length };
    let types = ["char", "varchar", "character", "nchar", "nvarchar", "binary", "varbinary"];
    declared(name, &types).and_then(|(length, _)| length).map(u32::from)
}

/// The numbers in parentheses behind the name of a type, if it is one of these.
fn declared(name: &str, types: &[&str]) -> Option<(Option<u16>, Option<u16>)> {
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let (base, rest) = name.split_at(end);
    if !types.iter().any(|ty| base.eq_ignore_ascii_case(ty)) {
        return None;
    }
    let inside = rest.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    let mut numbers = inside.split(',').map(|number| number.trim().parse().ok());
    Some((numbers.next().flatten(), numbers.next().flatten()))
}

#[cold]
fn decimal_in_text() -> Error {
    Error::encode(
        "a decimal in a column of text has not the order of decimals; make the field a `String`, or the column a decimal",
    )
}

#[cold]
fn too_fine(scale: u16) -> Error {
    Error::encode(format!("the column keeps {scale} digits after the point, the value has more; round it first"))
}

#[cold]
fn too_great(digits: usize) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("the column keeps {digits} digits before the point, the value has more"))
}

/// Whether the database writes the values of a column in a form of its own: those of a type that takes text.
pub(crate) fn rewrites(dialect: &dyn Dialect, column: &ColumnDef) -> bool {
    column.type_name.is_some_and(|name| {
        matches!(column.ty, SqlType::Text | SqlType::Array(SqlType::Text)) && dialect.takes_text_as(name)
    })
}

#[cold]
fn too_long(length: u32, unit: &str) -> Error {
    Error::new(ErrorKind::DataTooLong, format!("the column keeps at most {length} {unit}, the value has more"))
}

/// A value as it is compared with a column: normalised as the column's values are, in the form that its declared type takes.
pub(crate) fn for_column(dialect: &dyn Dialect, column: &ColumnDef, value: Value) -> Value {
    formed(dialect, column, column.normalized(value))
}

/// A value in the form that the declared type of its column takes: text as a value of a type of the database's own, a
/// UUID as text where that is what the column holds.
pub(crate) fn formed(dialect: &dyn Dialect, column: &ColumnDef, value: Value) -> Value {
    if let Some(sealed) = column.sealed {
        return match value {
            Value::Null(_) => Value::Null(SqlType::Bytes),
            value @ (Value::Sealed(..) | Value::Invalid(_)) => value,
            value => Value::Sealed(sealed, Box::new(value)),
        };
    }
    if matches!(column.ty, SqlType::Array(_))
        && let Some(list) = dialect.list_type(column)
    {
        return match (value, list) {
            (Value::Array(_, items), SqlType::Array(item)) => Value::Array(item, items),
            (Value::Null(_), list) => Value::Null(list),
            (value, _) => value,
        };
    }
    let Some(name) = column.type_name else { return value };
    match value {
        Value::Text(text) if dialect.takes_text_as(name) => Value::Native(name, text.into_owned()),
        Value::Array(SqlType::Text, items) => match dialect.list_as_text(name, &items) {
            Some(text) => Value::Native(name, text),
            None => Value::Array(&SqlType::Text, items),
        },
        Value::Null(SqlType::Array(SqlType::Text)) if dialect.list_as_text(name, &[]).is_some() => {
            Value::Null(SqlType::Native(name))
        }
        Value::Null(SqlType::Text | SqlType::Char) if dialect.takes_text_as(name) => Value::Null(SqlType::Native(name)),
        Value::Uuid(bytes) if column.is_text() => Value::Text(hyphenated(bytes).into()),
        Value::Null(SqlType::Uuid) if column.is_text() => Value::Null(SqlType::Text),
        value => value,
    }
}

/// A UUID as text: RFC 9562, section 4.
pub(crate) fn hyphenated(bytes: [u8; 16]) -> String {
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
    fn digits_of_declared_types_are_read() {
        let times = ["timestamp", "datetime"];
        assert_eq!(declared("timestamp(3) with time zone", &times), Some((Some(3), None)));
        assert_eq!(declared("DATETIME", &times), Some((None, None)));
        assert_eq!(declared("NUMERIC (10, 2)[]", &["numeric"]), Some((Some(10), Some(2))));
        assert_eq!(declared("varchar(3)", &times), None);
    }
}
