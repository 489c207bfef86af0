//! Values on their way to the server: each is a parameter of an exact type in its binary form (PostgreSQL manual,
//! 55.2.3 and the `*_recv` functions of its source). How placeholders are written is in `dialect`, reading in `row`.
//!
//! Times have microseconds on the server; finer digits are cut off, towards the past, the same way everywhere.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use orm_core::{Error, ErrorKind, Result, SqlType, Value};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::{Arguments, Encode, Type};

use crate::numeric;
use crate::types::{bind_oid, oid};

/// 2000-01-01, where the server counts from: days since the first day of year 1, and microseconds since 1970.
pub(crate) const EPOCH_DAYS: i32 = 730_120;
pub(crate) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The greatest number of parameters of a statement: the protocol counts them in 16 bits.
pub(crate) const MAX_BINDS: usize = 65_535;

/// The types of values that [`arguments`] takes, in order.
pub(crate) fn types(binds: &[Value]) -> impl Iterator<Item = u32> {
    binds.iter().map_while(|value| bind_oid(value.sql_type()).ok())
}

/// The values as the client sends them.
pub(crate) fn arguments(binds: &[Value]) -> Result<PgArguments> {
    if binds.len() > MAX_BINDS {
        return Err(Error::new(
            ErrorKind::InvalidStatement,
            format!("a statement of PostgreSQL has at most {MAX_BINDS} values, this one has {}", binds.len()),
        ));
    }
    let mut arguments = PgArguments::default();
    arguments.reserve(binds.len(), binds.len() * 16);
    for value in binds {
        let oid = bind_oid(value.sql_type())?;
        arguments.add(Parameter { oid, value }).map_err(|error| match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error::encode("a value is too large for PostgreSQL").with_source(error),
        })?;
    }
    Ok(arguments)
}

/// Whether the server can store a value exactly; says why not.
pub(crate) fn check(value: &Value) -> Result<()> {
    match value {
        Value::U64(v) => i64::try_from(*v).map(drop).map_err(|_| too_large()),
        Value::Text(v) => text(v).map(drop),
        Value::Json(v) | Value::Native(_, v) => text(v).map(drop),
        Value::Date(v) => date(*v).map(drop),
        Value::Time(v) => time(*v).map(drop),
        Value::DateTime(v) => date_time(*v).map(drop),
        Value::Timestamp(v) => date_time(v.naive_utc()).map(drop),
        Value::Decimal(v) => numeric::check(v),
        Value::Array(element, items) => {
            bind_oid(SqlType::Array(element))?;
            items.iter().try_for_each(check)
        }
        Value::Invalid(why) => Err(Error::encode(why.clone())),
        _ => Ok(()),
    }
}

/// One value and the type it is sent as.
struct Parameter<'v> {
    oid: u32,
    value: &'v Value,
}

impl Type<sqlx::Postgres> for Parameter<'_> {
    /// Never asked for: [`Encode::produces`] answers with the exact type.
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::TEXT))
    }
}

impl Encode<'_, sqlx::Postgres> for Parameter<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        if self.value.is_null() {
            return Ok(IsNull::Yes);
        }
        match self.value {
            Value::Array(element, items) => array(buffer, bind_oid(**element)?, items)?,
            value => write(buffer, self.oid, value)?,
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.oid)))
    }

    fn size_hint(&self) -> usize {
        match self.value {
            Value::Text(v) => v.len(),
            Value::Bytes(v) => v.len(),
            Value::Json(v) | Value::Decimal(v) | Value::Native(_, v) => v.len(),
            Value::Array(_, items) => 20 + items.len() * 12,
            _ => 16,
        }
    }
}

/// Appends a value in the binary form of a type.
fn write(out: &mut Vec<u8>, oid: u32, value: &Value) -> Result<()> {
    match value {
        Value::Invalid(why) => return Err(Error::encode(why.clone())),
        Value::I16(v) => integer(out, oid, i64::from(*v))?,
        Value::I32(v) => integer(out, oid, i64::from(*v))?,
        Value::I64(v) => integer(out, oid, *v)?,
        Value::U64(v) => integer(out, oid, i64::try_from(*v).map_err(|_| too_large())?)?,
        Value::Text(v) if oid == oid::TEXT => out.extend_from_slice(text(v)?),
        Value::Enum(_, label) if oid == oid::TEXT => out.extend_from_slice(text(label)?),
        Value::Native(_, v) if oid == oid::TEXT => out.extend_from_slice(text(v)?),
        Value::Bool(v) if oid == oid::BOOL => out.push((*v).into()),
        Value::F32(v) if oid == oid::FLOAT4 => out.extend_from_slice(&v.to_be_bytes()),
        Value::F32(v) if oid == oid::FLOAT8 => out.extend_from_slice(&f64::from(*v).to_be_bytes()),
        Value::F64(v) if oid == oid::FLOAT8 => out.extend_from_slice(&v.to_be_bytes()),
        Value::Bytes(v) if oid == oid::BYTEA => out.extend_from_slice(v),
        Value::Uuid(v) if oid == oid::UUID => out.extend_from_slice(v),
        Value::Date(v) if oid == oid::DATE => out.extend_from_slice(&date(*v)?.to_be_bytes()),
        Value::Time(v) if oid == oid::TIME => out.extend_from_slice(&time(*v)?.to_be_bytes()),
        Value::DateTime(v) if oid == oid::TIMESTAMP => out.extend_from_slice(&date_time(*v)?.to_be_bytes()),
        Value::Timestamp(v) if oid == oid::TIMESTAMPTZ => {
            out.extend_from_slice(&date_time(v.naive_utc())?.to_be_bytes());
        }
        Value::Decimal(v) if oid == oid::NUMERIC => numeric::write(out, v)?,
        Value::Json(v) if oid == oid::JSONB => {
            // The version of the format.
            out.push(1);
            out.extend_from_slice(text(v)?);
        }
        _ => return Err(Error::encode(format!("a list holds {}, which is not its element type", value.sql_type()))),
    }
    Ok(())
}

/// Appends a list: dimensions, whether there are NULLs, element type, length, lower bound, elements.
fn array(out: &mut Vec<u8>, element: u32, items: &[Value]) -> Result<()> {
    let dimensions = i32::from(!items.is_empty());
    let nulls = i32::from(items.iter().any(Value::is_null));
    let length = i32::try_from(items.len()).map_err(|_| Error::encode("a list is too long for PostgreSQL"))?;
    for word in [dimensions, nulls, element.cast_signed()] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    if items.is_empty() {
        return Ok(());
    }
    for word in [length, 1] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for item in items {
        let start = out.len();
        out.extend_from_slice(&(-1_i32).to_be_bytes());
        if !item.is_null() {
            write(out, element, item)?;
            let size = i32::try_from(out.len() - start - 4)
                .map_err(|_| Error::encode("an element of a list is too large for PostgreSQL"))?;
            out[start..start + 4].copy_from_slice(&size.to_be_bytes());
        }
    }
    Ok(())
}

fn integer(out: &mut Vec<u8>, oid: u32, value: i64) -> Result<()> {
    let narrow = |_| Error::encode("an integer is outside the range of its type");
    match oid {
        oid::INT8 => out.extend_from_slice(&value.to_be_bytes()),
        oid::INT4 => out.extend_from_slice(&i32::try_from(value).map_err(narrow)?.to_be_bytes()),
        oid::INT2 => out.extend_from_slice(&i16::try_from(value).map_err(narrow)?.to_be_bytes()),
        _ => return Err(Error::encode("a list of another type holds an integer")),
    }
    Ok(())
}

#[cold]
fn too_large() -> Error {
    Error::encode(format!("PostgreSQL's largest integer is {}; use a decimal for greater numbers", i64::MAX))
}

fn text(text: &str) -> Result<&[u8]> {
    if text.contains('\0') {
        return Err(Error::encode("text of PostgreSQL cannot hold a NUL character"));
    }
    Ok(text.as_bytes())
}

/// Days since 2000-01-01.
fn date(date: NaiveDate) -> Result<i32> {
    if date.year() < 1 {
        return Err(before_year_one());
    }
    Ok(date.num_days_from_ce() - EPOCH_DAYS)
}

/// Microseconds since midnight.
fn time(time: NaiveTime) -> Result<i64> {
    if time.nanosecond() >= 1_000_000_000 {
        return Err(Error::encode("PostgreSQL has no leap seconds"));
    }
    Ok(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1000))
}

/// Microseconds since 2000-01-01.
fn date_time(value: NaiveDateTime) -> Result<i64> {
    time(value.time())?;
    if value.year() < 1 {
        return Err(before_year_one());
    }
    let micros: DateTime<_> = value.and_utc();
    Ok(micros.timestamp_micros() - EPOCH_MICROS)
}

#[cold]
fn before_year_one() -> Error {
    Error::encode("dates before year 1 are not supported")
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::SqlType;

    fn bytes(value: &Value) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        match value {
            Value::Array(element, items) => array(&mut out, bind_oid(**element)?, items)?,
            value => write(&mut out, bind_oid(value.sql_type())?, value)?,
        }
        Ok(out)
    }

    #[test]
    fn widths_follow_the_type() {
        assert_eq!(bytes(&Value::I16(-2)).unwrap(), [0xff, 0xfe]);
        assert_eq!(bytes(&Value::I32(1)).unwrap().len(), 4);
        assert_eq!(bytes(&Value::U64(5)).unwrap().len(), 8);
        assert!(types(&[Value::Null(SqlType::U16), Value::Null(SqlType::U32)]).eq([oid::INT4, oid::INT8]));
    }

    #[test]
    fn the_epoch_is_2000() {
        assert_eq!(date(NaiveDate::from_ymd_opt(2000, 1, 1).unwrap()).unwrap(), 0);
        assert_eq!(date_time("1999-12-31T23:59:59.999999999".parse().unwrap()).unwrap(), -1);
        assert_eq!(time("23:59:59.999999999".parse().unwrap()).unwrap(), 86_399_999_999);
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        let old = NaiveDate::from_ymd_opt(0, 12, 31).unwrap();
        let leap = NaiveTime::from_hms_milli_opt(23, 59, 59, 1500).unwrap();
        for value in [
            Value::U64(u64::MAX),
            Value::Text("a\0b".into()),
            Value::Json("\"\0\"".into()),
            Value::Native("inet", "\0".into()),
            Value::Date(old),
            Value::DateTime(old.and_time(NaiveTime::MIN)),
            Value::Timestamp(old.and_time(NaiveTime::MIN).and_utc()),
            Value::Time(leap),
            Value::DateTime(old.with_year(2016).unwrap().and_time(leap)),
            Value::Invalid("no form".into()),
            Value::Decimal("1e3".into()),
            Value::Array(&SqlType::U64, vec![Value::Null(SqlType::U64), Value::U64(u64::MAX)]),
        ] {
            assert_eq!(check(&value).unwrap_err().kind(), ErrorKind::Encode, "{value:?}");
            assert_eq!(bytes(&value).unwrap_err().kind(), ErrorKind::Encode, "{value:?}");
        }
        let nested = Value::Array(&SqlType::Array(&SqlType::I32), vec![]);
        assert_eq!(check(&nested).unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(bytes(&Value::Array(&SqlType::I32, vec![Value::Text("1".into())])).is_err());
        assert!(bytes(&Value::Array(&SqlType::Text, vec![Value::I32(1)])).is_err());
    }

    #[test]
    fn lists_have_nulls_and_may_be_empty() {
        assert_eq!(bytes(&Value::Array(&SqlType::I32, vec![])).unwrap().len(), 12);
        let list = Value::Array(&SqlType::I32, vec![Value::I32(7), Value::Null(SqlType::I32)]);
        let expected = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7]
            .into_iter()
            .chain([0xff; 4])
            .collect::<Vec<u8>>();
        assert_eq!(bytes(&list).unwrap(), expected);
    }
}
