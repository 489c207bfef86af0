//! A row as the ORM reads it: what each column is ([`Kind`]), resolved once per result set, and its bytes, borrowed from
//! sqlx's buffer and read when asked for. Both protocols: binary for prepared statements, text for the others.
//!
//! Source: MySQL's "Binary Protocol Resultset Row" and "Text Resultset Row"; MariaDB's are the same.

use std::str::from_utf8;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use orm_core::row::{Row, utf8};
use orm_core::{Error, Result, ValueRef};
use sqlx::mysql::{MySql, MySqlColumn, MySqlRow, MySqlTypeInfo};
use sqlx::{Column, ColumnIndex, Decode, Row as _, Type, TypeInfo};

/// How a column's bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    Year,
    Bit,
    Decimal,
    Text,
    Bytes,
    Json,
    Date,
    Time,
    DateTime,
    Timestamp,
}

impl Kind {
    fn of(column: &MySqlColumn) -> Self {
        let ty: &MySqlTypeInfo = column.type_info();
        match ty.name() {
            "NULL" => Self::Null,
            // TINYINT(1), signed or not: sqlx's name for it does not say.
            "BOOLEAN" if <u8 as Type<MySql>>::compatible(ty) => Self::U8,
            "BOOLEAN" | "TINYINT" => Self::I8,
            "TINYINT UNSIGNED" => Self::U8,
            "SMALLINT" => Self::I16,
            "SMALLINT UNSIGNED" => Self::U16,
            "INT" | "MEDIUMINT" => Self::I32,
            "INT UNSIGNED" | "MEDIUMINT UNSIGNED" => Self::U32,
            "BIGINT" => Self::I64,
            "BIGINT UNSIGNED" => Self::U64,
            "FLOAT" => Self::F32,
            "DOUBLE" => Self::F64,
            "YEAR" => Self::Year,
            "BIT" => Self::Bit,
            "DECIMAL" => Self::Decimal,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "DATETIME" => Self::DateTime,
            "TIMESTAMP" => Self::Timestamp,
            "JSON" => Self::Json,
            "ENUM" | "SET" => Self::Text,
            "GEOMETRY" => Self::Bytes,
            // Text when its character set is not `binary`. The names will not do: they call text with a binary
            // collation bytes.
            _ if <str as Type<MySql>>::compatible(ty) => Self::Text,
            _ => Self::Bytes,
        }
    }
}

/// Which of the two encodings a row is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Binary,
    Text,
}

/// Fills `kinds` for the result set of this row.
pub(crate) fn resolve(row: &MySqlRow, kinds: &mut Vec<Kind>) {
    kinds.clear();
    kinds.extend(row.columns().iter().map(Kind::of));
}

/// A row and what its columns are.
pub(crate) struct MysqlRow<'r> {
    pub(crate) row: &'r MySqlRow,
    pub(crate) kinds: &'r [Kind],
    pub(crate) protocol: Protocol,
}

/// A column that exists. The client need not look for it a second time, and as that cannot fail, the compiler
/// builds the value where it is read and moves it nowhere.
#[derive(Debug, Clone, Copy)]
struct Known(usize);

impl ColumnIndex<MySqlRow> for Known {
    fn index(&self, _row: &MySqlRow) -> sqlx::Result<usize> {
        Ok(self.0)
    }
}

impl Row for MysqlRow<'_> {
    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn name(&self, index: usize) -> &str {
        self.row.columns().get(index).map_or("", Column::name)
    }

    #[inline]
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let Some(kind) = self.kinds.get(index) else { return Err(missing(self.kinds.len())) };
        let Ok(raw) = self.row.try_get_raw(Known(index)) else { return Err(missing(self.kinds.len())) };
        // Not `is_null()`: it takes zero dates for NULL. Only NULL has no bytes.
        let Ok(bytes) = <&[u8] as Decode<'_, MySql>>::decode(raw) else { return Ok(ValueRef::Null) };
        match (self.protocol, kind) {
            // What most columns are, without the detours of the rest.
            (Protocol::Binary, Kind::Text) => utf8(bytes).map(ValueRef::Text),
            (Protocol::Binary, Kind::I64) => match bytes.try_into() {
                Ok(bytes) => Ok(ValueRef::I64(i64::from_le_bytes(bytes))),
                Err(_) => Err(malformed(*kind)),
            },
            (Protocol::Binary, kind) => binary(*kind, bytes),
            (Protocol::Text, kind) => text(*kind, bytes),
        }
    }
}

#[cold]
fn missing(columns: usize) -> Error {
    Error::decode("a further column", format_args!("a row of {columns}"))
}

#[cold]
fn malformed(kind: Kind) -> Error {
    Error::decode("a value of its column's type", format_args!("malformed bytes for {kind:?}"))
}

fn binary(kind: Kind, bytes: &[u8]) -> Result<ValueRef<'_>> {
    macro_rules! number {
        ($ty:ty) => {
            <$ty>::from_le_bytes(bytes.try_into().map_err(|_| malformed(kind))?)
        };
    }
    Ok(match kind {
        Kind::I8 => ValueRef::I64(number!(i8).into()),
        Kind::U8 => ValueRef::I64(number!(u8).into()),
        Kind::I16 => ValueRef::I64(number!(i16).into()),
        Kind::U16 | Kind::Year => ValueRef::I64(number!(u16).into()),
        Kind::I32 => ValueRef::I64(number!(i32).into()),
        Kind::U32 => ValueRef::I64(number!(u32).into()),
        Kind::I64 => ValueRef::I64(number!(i64)),
        Kind::U64 => ValueRef::U64(number!(u64)),
        Kind::F32 => ValueRef::F64(number!(f32).into()),
        Kind::F64 => ValueRef::F64(number!(f64)),
        Kind::Date => ValueRef::Date(binary_date_time(kind, bytes)?.date()),
        Kind::DateTime => ValueRef::DateTime(binary_date_time(kind, bytes)?),
        Kind::Timestamp => ValueRef::Timestamp(binary_date_time(kind, bytes)?.and_utc()),
        Kind::Time => ValueRef::Time(binary_time(bytes)?),
        Kind::Null | Kind::Bit | Kind::Decimal | Kind::Text | Kind::Bytes | Kind::Json => plain(kind, bytes)?,
    })
}

/// What both protocols send alike.
#[inline]
fn plain(kind: Kind, bytes: &[u8]) -> Result<ValueRef<'_>> {
    Ok(match kind {
        Kind::Text => ValueRef::Text(utf8(bytes)?),
        Kind::Json => ValueRef::Json(utf8(bytes)?),
        Kind::Decimal => ValueRef::Decimal(utf8(bytes)?),
        Kind::Bytes => ValueRef::Bytes(bytes),
        // Big-endian, as many bytes as the bits need.
        Kind::Bit if bytes.len() <= 8 => ValueRef::U64(bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))),
        Kind::Null => ValueRef::Null,
        _ => return Err(malformed(kind)),
    })
}

/// Year, month, day, hour, minute, second, microsecond; as many as the length byte says, the rest being zero.
fn binary_date_time(kind: Kind, bytes: &[u8]) -> Result<NaiveDateTime> {
    let Some((length, rest)) = bytes.split_first() else { return Err(malformed(kind)) };
    if usize::from(*length) != rest.len() || !matches!(rest.len(), 0 | 4 | 7 | 11) {
        return Err(malformed(kind));
    }
    let at = |index: usize| u32::from(rest.get(index).copied().unwrap_or(0));
    let micros = at(7) | at(8) << 8 | at(9) << 16 | at(10) << 24;
    date_time(at(0) | at(1) << 8, at(2), at(3), (at(4), at(5), at(6), micros))
}

/// Sign, days, hours, minutes, seconds, microseconds; as many as the length byte says.
fn binary_time(bytes: &[u8]) -> Result<NaiveTime> {
    let Some((length, rest)) = bytes.split_first() else { return Err(malformed(Kind::Time)) };
    if usize::from(*length) != rest.len() || !matches!(rest.len(), 0 | 8 | 12) {
        return Err(malformed(Kind::Time));
    }
    let at = |index: usize| u32::from(rest.get(index).copied().unwrap_or(0));
    let negative_or_days = at(0) | at(1) | at(2) | at(3) | at(4);
    let micros = at(8) | at(9) << 8 | at(10) << 16 | at(11) << 24;
    if negative_or_days != 0 { None } else { NaiveTime::from_hms_micro_opt(at(5), at(6), at(7), micros) }
        .ok_or_else(not_of_a_day)
}

fn text(kind: Kind, bytes: &[u8]) -> Result<ValueRef<'_>> {
    macro_rules! parsed {
        () => {
            from_utf8(bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(|| malformed(kind))?
        };
    }
    Ok(match kind {
        Kind::I8 | Kind::U8 | Kind::I16 | Kind::U16 | Kind::I32 | Kind::U32 | Kind::I64 | Kind::Year => {
            ValueRef::I64(parsed!())
        }
        Kind::U64 => ValueRef::U64(parsed!()),
        Kind::F32 | Kind::F64 => ValueRef::F64(parsed!()),
        Kind::Date => ValueRef::Date(text_date_time(kind, bytes)?.date()),
        Kind::DateTime => ValueRef::DateTime(text_date_time(kind, bytes)?),
        Kind::Timestamp => ValueRef::Timestamp(text_date_time(kind, bytes)?.and_utc()),
        Kind::Time => ValueRef::Time(text_time(bytes)?),
        Kind::Null | Kind::Bit | Kind::Decimal | Kind::Text | Kind::Bytes | Kind::Json => plain(kind, bytes)?,
    })
}

/// `2026-11-23` or `2026-11-23 10:11:12.123456`.
fn text_date_time(kind: Kind, bytes: &[u8]) -> Result<NaiveDateTime> {
    let read = || {
        let (date, time) = match bytes.get(10) {
            None => (bytes, None),
            Some(b' ' | b'T') => (bytes.get(..10)?, Some(bytes.get(11..)?)),
            Some(_) => return None,
        };
        let mut parts = date.splitn(3, |b| *b == b'-').map(digits);
        let date = (parts.next()??, parts.next()??, parts.next()??);
        Some((date, time.map_or(Some((0, 0, 0, 0)), text_clock)?))
    };
    let ((year, month, day), clock) = read().ok_or_else(|| malformed(kind))?;
    date_time(year, month, day, clock)
}

/// `10:11:12` with up to six digits after a point; hours may be more than 23.
fn text_clock(bytes: &[u8]) -> Option<(u32, u32, u32, u32)> {
    let (clock, fraction) = match bytes.iter().position(|b| *b == b'.') {
        Some(point) => (bytes.get(..point)?, bytes.get(point + 1..)?),
        None => (bytes, &b"0"[..]),
    };
    let mut parts = clock.splitn(3, |b| *b == b':').map(digits);
    let micros = digits(fraction)? * 10_u32.pow(6_u32.checked_sub(u32::try_from(fraction.len()).ok()?)?);
    Some((parts.next()??, parts.next()??, parts.next()??, micros))
}

fn text_time(bytes: &[u8]) -> Result<NaiveTime> {
    if bytes.first() == Some(&b'-') {
        return Err(not_of_a_day());
    }
    let (hour, minute, second, micros) = text_clock(bytes).ok_or_else(|| malformed(Kind::Time))?;
    NaiveTime::from_hms_micro_opt(hour, minute, second, micros).ok_or_else(not_of_a_day)
}

fn digits(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || bytes.len() > 9 {
        return None;
    }
    bytes.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}

fn date_time(year: u32, month: u32, day: u32, clock: (u32, u32, u32, u32)) -> Result<NaiveDateTime> {
    let (hour, minute, second, micros) = clock;
    i32::try_from(year)
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .and_then(|date| date.and_hms_micro_opt(hour, minute, second, micros))
        .ok_or_else(|| Error::decode("a date", format_args!("{year:04}-{month:02}-{day:02}, which no calendar has")))
}

#[cold]
fn not_of_a_day() -> Error {
    Error::decode("a time of day", "a TIME below 00:00:00 or above 23:59:59")
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::{ErrorKind, Scalar};

    fn refused<T>(result: Result<T>) {
        assert_eq!(result.err().map(|error| error.kind()), Some(ErrorKind::Decode));
    }

    #[test]
    fn zero_dates_are_refused_in_both_protocols() {
        for kind in [Kind::Date, Kind::DateTime, Kind::Timestamp] {
            refused(binary(kind, &[0]));
            refused(binary(kind, &[4, 0xea, 0x07, 2, 0]));
            refused(binary(kind, &[4, 0xea, 0x07, 0, 1]));
            refused(text(kind, b"0000-00-00"));
            refused(text(kind, b"2026-02-00"));
            refused(text(kind, b"2026-02-30"));
        }
        refused(text(Kind::DateTime, b"0000-00-00 00:00:00"));
    }

    #[test]
    fn times_outside_a_day_are_refused_in_both_protocols() {
        refused(binary(Kind::Time, &[8, 1, 0, 0, 0, 0, 1, 0, 0]));
        refused(binary(Kind::Time, &[8, 0, 1, 0, 0, 0, 0, 0, 0]));
        for written in ["-00:00:01", "24:00:00", "838:59:59", "-838:59:59.000001"] {
            refused(text(Kind::Time, written.as_bytes()));
        }
    }

    #[test]
    fn broken_bytes_are_refused() {
        for kind in [Kind::I8, Kind::I64, Kind::F32, Kind::F64, Kind::Year, Kind::Date, Kind::Time, Kind::DateTime] {
            refused(binary(kind, &[]));
            refused(binary(kind, &[9, 9, 9]));
            refused(text(kind, b""));
            refused(text(kind, b"x"));
        }
        refused(binary(Kind::Text, &[0xff]));
        refused(binary(Kind::Bit, &[0; 9]));
        refused(text(Kind::DateTime, b"2026-01-01x00:00:00"));
        refused(text(Kind::Time, b"00:00:00.1234567"));
    }

    #[test]
    fn both_protocols_give_the_same_times() {
        let expected = "2026-11-23T10:11:12.000500".parse::<NaiveDateTime>().unwrap();
        let bytes = [11, 0xea, 0x07, 11, 23, 10, 11, 12, 0xf4, 1, 0, 0];
        assert_eq!(<NaiveDateTime as Scalar>::decode(binary(Kind::DateTime, &bytes).unwrap()).unwrap(), expected);
        let written = text(Kind::DateTime, b"2026-11-23 10:11:12.0005").unwrap();
        assert_eq!(<NaiveDateTime as Scalar>::decode(written).unwrap(), expected);
        let midnight = <NaiveTime as Scalar>::decode(binary(Kind::Time, &[0]).unwrap()).unwrap();
        assert_eq!(midnight, NaiveTime::MIN);
    }
}
