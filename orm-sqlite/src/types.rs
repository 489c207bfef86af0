//! How values are stored: the form of each type in SQLite's five storage classes, and which values are refused
//! because no form keeps them exactly. Binding is in `bind.rs`; names of types in DDL are in `dialect.rs`.
//!
//! | Value | Stored as |
//! |---|---|
//! | booleans | INTEGER 0 or 1 |
//! | integers | INTEGER; an unsigned one above `i64::MAX` is refused |
//! | floats | REAL; NaN is refused, since SQLite stores NULL for it |
//! | text, JSON, enum labels | TEXT |
//! | bytes | BLOB |
//! | UUIDs | BLOB of 16 bytes |
//! | dates | TEXT `2026-11-23` |
//! | times | TEXT `10:11:12`, `10:11:12.345`, with more digits when needed |
//! | dates with times | TEXT `2026-11-23 10:11:12.345`, with more digits when needed |
//! | instants | TEXT `2026-11-23 10:11:12.345 +00:00` |
//! | decimals | INTEGER or REAL when that reads back as the same decimal, otherwise refused |
//!
//! Texts of dates sort as the dates do, and SQLite's own date functions read them
//! (<https://www.sqlite.org/lang_datefunc.html>). Years outside 0000 to 9999 and leap seconds have no such form and
//! are refused.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use orm_core::{Error, ErrorKind, Result, SqlType, Value};

use crate::NAME;

/// A stored value whose text or bytes lie in a buffer beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT at these offsets of the buffer.
    Text(usize, usize),
    /// BLOB at these offsets of the buffer.
    Blob(usize, usize),
}

/// The stored form of a value; text and bytes are appended to the buffer.
pub(crate) fn encode(value: &Value, buffer: &mut Vec<u8>) -> Result<Cell> {
    let start = buffer.len();
    Ok(match value {
        Value::Null(SqlType::Array(_) | SqlType::Native(_)) => return Err(no_type(value)),
        Value::Null(_) => Cell::Null,
        Value::Bool(v) => Cell::Integer((*v).into()),
        Value::I16(v) => Cell::Integer((*v).into()),
        Value::I32(v) => Cell::Integer((*v).into()),
        Value::I64(v) => Cell::Integer(*v),
        Value::U64(v) => Cell::Integer(signed(*v)?),
        Value::F32(v) => Cell::Real(number((*v).into())?),
        Value::F64(v) => Cell::Real(number(*v)?),
        Value::Text(v) => text(buffer, start, v),
        Value::Json(v) => text(buffer, start, v),
        Value::Enum(_, label) => text(buffer, start, label),
        Value::Bytes(v) => {
            buffer.extend_from_slice(v);
            Cell::Blob(start, buffer.len())
        }
        Value::Uuid(v) => {
            buffer.extend_from_slice(v);
            Cell::Blob(start, buffer.len())
        }
        Value::Date(v) => {
            push_date(buffer, *v)?;
            Cell::Text(start, buffer.len())
        }
        Value::Time(v) => {
            push_time(buffer, *v)?;
            // As other programs write whole seconds; shorter text sorts first.
            if buffer.ends_with(b".000") {
                buffer.truncate(buffer.len() - 4);
            }
            Cell::Text(start, buffer.len())
        }
        Value::DateTime(v) => {
            push_date(buffer, v.date())?;
            buffer.push(b' ');
            push_time(buffer, v.time())?;
            Cell::Text(start, buffer.len())
        }
        Value::Timestamp(v) => {
            let v = v.naive_utc();
            push_date(buffer, v.date())?;
            buffer.push(b' ');
            push_time(buffer, v.time())?;
            buffer.extend_from_slice(b" +00:00");
            Cell::Text(start, buffer.len())
        }
        Value::Decimal(v) => decimal(v)?,
        Value::Invalid(why) => return Err(Error::encode(why.clone())),
        Value::Native(..) | Value::Array(..) => return Err(no_type(value)),
        _ => return Err(no_type(value)),
    })
}

/// Whether a value has a stored form, without writing it.
pub(crate) fn check(value: &Value) -> Result<()> {
    match value {
        Value::U64(v) => signed(*v).map(drop),
        Value::F32(v) => number((*v).into()).map(drop),
        Value::F64(v) => number(*v).map(drop),
        Value::Date(v) => year(*v).map(drop),
        Value::Time(v) => leap(*v),
        Value::DateTime(v) => year(v.date()).and_then(|_| leap(v.time())),
        Value::Timestamp(v) => year(v.naive_utc().date()).and_then(|_| leap(v.naive_utc().time())),
        Value::Decimal(v) => decimal(v).map(drop),
        Value::Invalid(why) => Err(Error::encode(why.clone())),
        Value::Null(SqlType::Array(_) | SqlType::Native(_)) | Value::Native(..) | Value::Array(..) => {
            Err(no_type(value))
        }
        _ => Ok(()),
    }
}

fn text(buffer: &mut Vec<u8>, start: usize, text: &str) -> Cell {
    buffer.extend_from_slice(text.as_bytes());
    Cell::Text(start, buffer.len())
}

#[cold]
fn no_type(value: &Value) -> Error {
    Error::unsupported(NAME, format_args!("type `{}`", value.sql_type()))
}

fn signed(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| {
        Error::encode("SQLite's integers are signed: an unsigned one must be at most 9223372036854775807 (i64::MAX)")
    })
}

fn number(value: f64) -> Result<f64> {
    if value.is_nan() {
        Err(Error::encode("SQLite stores NULL for a float that is not a number (NaN)"))
    } else {
        Ok(value)
    }
}

fn year(date: NaiveDate) -> Result<u32> {
    u32::try_from(date.year())
        .ok()
        .filter(|year| *year <= 9999)
        .ok_or_else(|| Error::encode("a date of SQLite has a year from 0000 to 9999"))
}

fn leap(time: NaiveTime) -> Result<()> {
    if time.nanosecond() >= 1_000_000_000 {
        return Err(Error::encode("SQLite has no form for times within a leap second"));
    }
    Ok(())
}

fn push_date(buffer: &mut Vec<u8>, date: NaiveDate) -> Result<()> {
    let year = year(date)?;
    push_two(buffer, year / 100);
    push_two(buffer, year % 100);
    buffer.push(b'-');
    push_two(buffer, date.month());
    buffer.push(b'-');
    push_two(buffer, date.day());
    Ok(())
}

/// At least three digits of a second, and no zeros at the end beyond them.
fn push_time(buffer: &mut Vec<u8>, time: NaiveTime) -> Result<()> {
    leap(time)?;
    push_two(buffer, time.hour());
    buffer.push(b':');
    push_two(buffer, time.minute());
    buffer.push(b':');
    push_two(buffer, time.second());
    buffer.push(b'.');
    let nanoseconds = time.nanosecond();
    let mut digits = [0; 9];
    let mut left = nanoseconds;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + digit_of(left % 10);
        left /= 10;
    }
    let wanted = match nanoseconds {
        n if n % 1_000_000 == 0 => 3,
        _ => digits.iter().rposition(|digit| *digit != b'0').map_or(3, |last| last + 1),
    };
    buffer.extend_from_slice(digits.get(..wanted).unwrap_or(&digits));
    Ok(())
}

fn push_two(buffer: &mut Vec<u8>, number: u32) {
    buffer.push(b'0' + digit_of(number / 10 % 10));
    buffer.push(b'0' + digit_of(number % 10));
}

#[allow(clippy::cast_possible_truncation)] // Below ten.
fn digit_of(number: u32) -> u8 {
    number as u8
}

/// Exact or refused: an integer of 64 bits, or a float whose shortest text is the decimal again.
fn decimal(text: &str) -> Result<Cell> {
    let refuse = || {
        Error::encode(
            "SQLite keeps decimals of at most 15 significant digits, or whole numbers of 64 bits; \
             store longer ones as text",
        )
    };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
        return Err(Error::new(ErrorKind::Encode, "a decimal is written in plain notation, such as -12.50"));
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    if fraction.is_empty() {
        return format!("{sign}{whole}").parse().map(Cell::Integer).map_err(|_| refuse());
    }
    let normal = format!("{sign}{whole}.{fraction}");
    let significant = normal.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0').count();
    let float: f64 = normal.parse().map_err(|_| refuse())?;
    if significant > 15 || float.to_string() != normal {
        return Err(refuse());
    }
    Ok(Cell::Real(float))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDateTime, Utc};

    fn stored(value: Value) -> String {
        let mut buffer = Vec::new();
        let cell = encode(&value, &mut buffer).unwrap();
        check(&value).unwrap();
        match cell {
            Cell::Null => "NULL".into(),
            Cell::Integer(v) => format!("INTEGER {v}"),
            Cell::Real(v) => format!("REAL {v}"),
            Cell::Text(..) => format!("TEXT {}", String::from_utf8(buffer).unwrap()),
            Cell::Blob(..) => format!("BLOB of {}", buffer.len()),
        }
    }

    #[track_caller]
    fn refused(value: Value) {
        let kind = encode(&value, &mut Vec::new()).unwrap_err().kind();
        assert_eq!(check(&value).unwrap_err().kind(), kind);
        assert!(matches!(kind, ErrorKind::Encode | ErrorKind::Unsupported), "{kind:?}");
    }

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn dates_and_times_are_sortable_text() {
        assert_eq!(
            stored(Value::Timestamp(instant("2026-11-23T10:11:12.345Z"))),
            "TEXT 2026-11-23 10:11:12.345 +00:00"
        );
        assert_eq!(stored(Value::Timestamp(instant("2026-11-23T10:11:12Z"))), "TEXT 2026-11-23 10:11:12.000 +00:00");
        let fine: NaiveDateTime = "0000-01-02T03:04:05.000120".parse().unwrap();
        assert_eq!(stored(Value::DateTime(fine)), "TEXT 0000-01-02 03:04:05.00012");
        assert_eq!(stored(Value::Time("23:59:59.123456789".parse().unwrap())), "TEXT 23:59:59.123456789");
        assert_eq!(stored(Value::Date("9999-12-31".parse().unwrap())), "TEXT 9999-12-31");
    }

    #[test]
    fn what_has_no_exact_form_is_refused() {
        refused(Value::U64(u64::MAX));
        refused(Value::F64(f64::NAN));
        refused(Value::F32(f32::NAN));
        refused(Value::Date(NaiveDate::MAX));
        refused(Value::Date(NaiveDate::from_ymd_opt(-1, 1, 1).unwrap()));
        refused(Value::Time(NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap()));
        refused(Value::Native("inet", "::1".into()));
        refused(Value::Array(&SqlType::I32, vec![]));
        refused(Value::Null(SqlType::Array(&SqlType::I32)));
        for text in ["0.1234567890123456", "1234567890.1234567", "9223372036854775808", "1e5", "", ".", "abc", "1.2.3"]
        {
            refused(Value::Decimal(text.into()));
        }
    }

    #[test]
    fn decimals_are_exact() {
        for (text, expected) in [
            ("12.50", "REAL 12.5"),
            ("-0.10", "REAL -0.1"),
            ("007", "INTEGER 7"),
            ("-0.00", "INTEGER 0"),
            ("1000000.00", "INTEGER 1000000"),
            ("9223372036854775807", "INTEGER 9223372036854775807"),
            ("-9223372036854775808", "INTEGER -9223372036854775808"),
            ("123456789012.345", "REAL 123456789012.345"),
            ("0.000000000000000000000000001", "REAL 0.000000000000000000000000001"),
        ] {
            assert_eq!(stored(Value::Decimal(text.into())), expected);
        }
    }

    #[test]
    fn numbers_and_bytes() {
        assert_eq!(stored(Value::Bool(true)), "INTEGER 1");
        assert_eq!(stored(Value::U64(u64::MAX / 2)), "INTEGER 9223372036854775807");
        assert_eq!(stored(Value::F64(f64::INFINITY)), "REAL inf");
        assert_eq!(stored(Value::Uuid([7; 16])), "BLOB of 16");
        assert_eq!(stored(Value::Null(SqlType::Uuid)), "NULL");
    }
}
