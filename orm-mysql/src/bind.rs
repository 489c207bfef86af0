//! Values to bind, in the binary protocol's types. Which SQL stands around a placeholder is the dialect's work; what a
//! server cannot store exactly is refused here ([`check`]), for the dialect and for every statement.
//!
//! Source: MySQL's "Binary Protocol Value" and the range of each type in the manual's chapter "Data Types".

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, Timelike};
use orm_core::{EnumDef, EnumStorage, Error, ErrorKind, Result, SqlType, Value};
use sqlx::Encode;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySql, MySqlArguments, MySqlTypeInfo};
use sqlx::types::Decimal;
use sqlx::{Arguments, Type};

/// The arguments of a statement.
///
/// # Errors
/// As [`check`].
pub(crate) fn arguments(binds: &[Value]) -> Result<MySqlArguments> {
    let mut arguments = MySqlArguments::default();
    arguments.reserve(binds.len(), binds.len() * 16);
    for value in binds {
        check(value)?;
        add(&mut arguments, value)?;
    }
    Ok(arguments)
}

/// The bytes of text and the like among the values, which are what makes a statement long.
pub(crate) fn bytes(binds: &[Value]) -> usize {
    let bytes = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Json(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    binds.iter().map(bytes).sum()
}

/// What kinds of values these are, as far as MySQL turns one into another.
pub(crate) fn kinds(binds: &[Value]) -> u64 {
    let kind = |value: &Value| match value.sql_type() {
        SqlType::U64 => 1,
        SqlType::Bool | SqlType::Enum(EnumDef { storage: EnumStorage::Integer, .. }) => 2,
        ty if ty.is_integer() => 2,
        SqlType::F32 | SqlType::F64 => 3,
        SqlType::Decimal => 4,
        SqlType::Bytes | SqlType::Uuid => 5,
        SqlType::Date => 6,
        SqlType::Time => 7,
        SqlType::DateTime | SqlType::Timestamp => 8,
        SqlType::Json => 9,
        _ => 10,
    };
    binds.iter().fold(0_u64, |kinds, value| kinds.wrapping_mul(31).wrapping_add(kind(value)))
}

/// An error for a value that MySQL and MariaDB cannot store.
///
/// # Errors
/// [`ErrorKind::Encode`] for NaN and infinity, years outside 0 to 9999, leap seconds, decimals of more than 65 digits or more than 30
/// after the point; [`ErrorKind::Unsupported`] for arrays.
pub(crate) fn check(value: &Value) -> Result<()> {
    match value {
        Value::F32(v) if !v.is_finite() => Err(Error::encode("NaN and infinity have no form in a FLOAT column")),
        Value::F64(v) if !v.is_finite() => Err(Error::encode("NaN and infinity have no form in a DOUBLE column")),
        Value::Date(v) => check_year(v.year()),
        Value::Time(v) => check_second(*v),
        Value::DateTime(v) => check_year(v.year()).and_then(|()| check_second(v.time())),
        Value::Timestamp(v) => check_year(v.year()).and_then(|()| check_second(v.time())),
        Value::Decimal(text) => check_decimal(text),
        Value::Array(..) => Err(unsupported_array()),
        Value::Invalid(why) => Err(Error::encode(why.clone())),
        _ => Ok(()),
    }
}

fn check_year(year: i32) -> Result<()> {
    if (0..=9999).contains(&year) { Ok(()) } else { Err(Error::encode("dates have years from 0 to 9999")) }
}

fn check_second(time: NaiveTime) -> Result<()> {
    if time.nanosecond() < 1_000_000_000 { Ok(()) } else { Err(Error::encode("leap seconds cannot be stored")) }
}

fn check_decimal(text: &str) -> Result<()> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(Error::encode("a decimal is written with digits and one point"));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 30 || whole.trim_start_matches('0').len() + fraction.len() > 65 {
        return Err(Error::encode("decimals have at most 65 digits, 30 of them after the point"));
    }
    Ok(())
}

#[cold]
fn unsupported_array() -> Error {
    Error::new(ErrorKind::Unsupported, "MySQL and MariaDB have no arrays; store a list as JSON")
}

/// The time of day as it is stored: cut to the microsecond.
pub(crate) fn stored_time(time: NaiveTime) -> NaiveTime {
    time.trunc_subsecs(6)
}

/// The date and time as it is stored: see [`stored_time`].
pub(crate) fn stored_date_time(value: NaiveDateTime) -> NaiveDateTime {
    value.date().and_time(stored_time(value.time()))
}

fn add(arguments: &mut MySqlArguments, value: &Value) -> Result<()> {
    let added = match value {
        Value::Null(ty) => return add_null(arguments, *ty),
        Value::Bool(v) => arguments.add(*v),
        Value::I16(v) => arguments.add(*v),
        Value::I32(v) => arguments.add(*v),
        Value::I64(v) => arguments.add(*v),
        Value::U64(v) => arguments.add(*v),
        Value::F32(v) => arguments.add(*v),
        Value::F64(v) => arguments.add(*v),
        Value::Text(v) => arguments.add(&**v),
        Value::Bytes(v) => arguments.add(&v[..]),
        Value::Uuid(v) => arguments.add(&v[..]),
        Value::Date(v) => arguments.add(*v),
        Value::Time(v) => arguments.add(stored_time(*v)),
        Value::DateTime(v) => arguments.add(stored_date_time(*v)),
        Value::Timestamp(v) => arguments.add(stored_date_time(v.naive_utc())),
        Value::Decimal(v) => arguments.add(DecimalText(v)),
        Value::Json(v) | Value::Native(_, v) => arguments.add(v.as_str()),
        Value::Enum(_, label) => arguments.add(&**label),
        Value::Array(..) => return Err(unsupported_array()),
        _ => {
            return Err(Error::new(ErrorKind::Unsupported, "this version of orm-mysql does not know the value's type"));
        }
    };
    added.map_err(not_encoded)
}

fn add_null(arguments: &mut MySqlArguments, ty: SqlType) -> Result<()> {
    let added = match ty {
        SqlType::Bool => arguments.add(None::<bool>),
        SqlType::I8 | SqlType::U8 | SqlType::I16 => arguments.add(None::<i16>),
        SqlType::U16 | SqlType::I32 => arguments.add(None::<i32>),
        SqlType::U32 | SqlType::I64 => arguments.add(None::<i64>),
        SqlType::U64 => arguments.add(None::<u64>),
        SqlType::F32 => arguments.add(None::<f32>),
        SqlType::F64 => arguments.add(None::<f64>),
        SqlType::Bytes | SqlType::Uuid => arguments.add(None::<&[u8]>),
        SqlType::Date => arguments.add(None::<NaiveDate>),
        SqlType::Time => arguments.add(None::<NaiveTime>),
        SqlType::DateTime | SqlType::Timestamp => arguments.add(None::<NaiveDateTime>),
        SqlType::Decimal => arguments.add(None::<DecimalText<'_>>),
        SqlType::Array(_) => return Err(unsupported_array()),
        _ => arguments.add(None::<&str>),
    };
    added.map_err(not_encoded)
}

#[cold]
fn not_encoded(cause: BoxDynError) -> Error {
    Error::encode("the value has no form in the binary protocol").with_source(cause)
}

/// A decimal in plain notation, sent as DECIMAL: sent as text, a comparison would be one of floats.
struct DecimalText<'v>(&'v str);

impl Type<MySql> for DecimalText<'_> {
    fn type_info() -> MySqlTypeInfo {
        <Decimal as Type<MySql>>::type_info()
    }
}

impl Encode<'_, MySql> for DecimalText<'_> {
    fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        <&str as Encode<'_, MySql>>::encode_by_ref(&self.0, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    #[test]
    fn values_without_a_stored_form_are_refused() {
        let date = |year| Value::Date(NaiveDate::from_ymd_opt(year, 1, 1).unwrap());
        for value in [
            Value::F32(f32::NAN),
            Value::F64(f64::INFINITY),
            Value::F64(f64::NEG_INFINITY),
            date(-1),
            date(10_000),
            Value::Timestamp(DateTime::<Utc>::MAX_UTC),
            Value::DateTime(NaiveDateTime::MIN),
            Value::Time(NaiveTime::from_hms_milli_opt(23, 59, 59, 1500).unwrap()),
            Value::Invalid("no form".into()),
            Value::Decimal("9".repeat(66)),
            Value::Decimal(format!("0.{}1", "0".repeat(30))),
            Value::Decimal("NaN".into()),
            Value::Decimal("1e3".into()),
            Value::Decimal(".5".into()),
        ] {
            assert_eq!(check(&value).unwrap_err().kind(), ErrorKind::Encode, "{value:?}");
            assert_eq!(arguments(&[value]).unwrap_err().kind(), ErrorKind::Encode);
        }
        for value in [
            date(0),
            date(9999),
            Value::Decimal("9".repeat(65)),
            Value::Decimal(format!("-{}.{}", "9".repeat(35), "9".repeat(30))),
            Value::Decimal(format!("1.{}", "0".repeat(99))),
        ] {
            check(&value).unwrap();
        }
        assert_eq!(check(&Value::Array(&SqlType::I64, vec![])).unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn digits_below_the_microsecond_are_cut_off() {
        let time = |nanos| NaiveTime::from_hms_nano_opt(23, 59, 59, nanos).unwrap();
        assert_eq!(stored_time(time(999_999_999)), time(999_999_000));
        assert_eq!(stored_time(time(1)), time(0));
    }
}
