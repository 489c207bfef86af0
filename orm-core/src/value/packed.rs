//! Values as bytes, in which nothing of them is lost, and values of rows by the types of their columns: what cursors are made of.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use super::{EnumStorage, Scalar, SqlType, Value, ValueRef, written};
use crate::error::{Error, Result};

/// What follows in the bytes.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const SIGNED: u8 = 3;
    pub(super) const UNSIGNED: u8 = 4;
    pub(super) const FLOAT: u8 = 5;
    pub(super) const TEXT: u8 = 6;
    pub(super) const BYTES: u8 = 7;
    pub(super) const UUID: u8 = 8;
    pub(super) const DATE: u8 = 9;
    pub(super) const TIME: u8 = 10;
    pub(super) const DATE_TIME: u8 = 11;
    pub(super) const TIMESTAMP: u8 = 12;
    pub(super) const DECIMAL: u8 = 13;
}

/// Appends a value; `false` for one that has no such form: documents, lists.
pub(crate) fn pack(value: &Value, into: &mut Vec<u8>) -> bool {
    match value {
        Value::Null(_) => into.push(tag::NULL),
        Value::Bool(false) => into.push(tag::FALSE),
        Value::Bool(true) => into.push(tag::TRUE),
        Value::I16(number) => pack_signed(into, (*number).into()),
        Value::I32(number) => pack_signed(into, (*number).into()),
        Value::I64(number) => pack_signed(into, *number),
        Value::U64(number) => {
            into.push(tag::UNSIGNED);
            pack_number(into, *number);
        }
        Value::F32(number) => pack_float(into, (*number).into()),
        Value::F64(number) => pack_float(into, *number),
        Value::Text(text) | Value::Enum(_, text) => pack_bytes(into, tag::TEXT, text.as_bytes()),
        Value::Native(_, text) => pack_bytes(into, tag::TEXT, text.as_bytes()),
        Value::Bytes(bytes) => pack_bytes(into, tag::BYTES, bytes),
        Value::Uuid(bytes) => {
            into.push(tag::UUID);
            into.extend_from_slice(bytes);
        }
        Value::Date(date) => {
            into.push(tag::DATE);
            pack_date(into, *date);
        }
        Value::Time(time) => {
            into.push(tag::TIME);
            pack_time(into, *time);
        }
        Value::DateTime(at) => pack_date_time(into, tag::DATE_TIME, *at),
        Value::Timestamp(at) => pack_date_time(into, tag::TIMESTAMP, at.naive_utc()),
        Value::Decimal(text) => pack_bytes(into, tag::DECIMAL, text.as_bytes()),
        Value::Json(_) | Value::Array(..) | Value::Sealed(..) | Value::Invalid(_) => return false,
    }
    true
}

fn pack_signed(into: &mut Vec<u8>, number: i64) {
    into.push(tag::SIGNED);
    pack_number(into, zigzag(number));
}

/// Small numbers of both signs are small.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn pack_float(into: &mut Vec<u8>, number: f64) {
    into.push(tag::FLOAT);
    into.extend_from_slice(&number.to_bits().to_be_bytes());
}

fn pack_bytes(into: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    into.push(tag);
    pack_number(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

fn pack_date(into: &mut Vec<u8>, date: NaiveDate) {
    pack_number(into, zigzag(date.num_days_from_ce().into()));
}

fn pack_time(into: &mut Vec<u8>, time: NaiveTime) {
    pack_number(into, time.num_seconds_from_midnight().into());
    pack_number(into, time.nanosecond().into());
}

fn pack_date_time(into: &mut Vec<u8>, tag: u8, at: NaiveDateTime) {
    into.push(tag);
    pack_date(into, at.date());
    pack_time(into, at.time());
}

/// Seven bits in each byte, the lowest first; the highest bit says that more follow.
fn pack_number(into: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        into.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    into.push(u8::try_from(number).unwrap_or_default());
}

/// Bytes that values are read from. What is not of the form is `None`.
pub(crate) struct Packed<'b>(pub(crate) &'b [u8]);

impl Packed<'_> {
    /// Whether everything has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next value, of the widest type of its kind.
    pub(crate) fn next_value(&mut self) -> Option<Value> {
        Some(match self.take(1)?[0] {
            tag::NULL => Value::Null(SqlType::Text),
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::SIGNED => Value::I64(self.signed()?),
            tag::UNSIGNED => Value::U64(self.number()?),
            tag::FLOAT => Value::F64(f64::from_bits(u64::from_be_bytes(self.take(8)?.try_into().ok()?))),
            tag::TEXT => Value::Text(Cow::Owned(self.text()?)),
            tag::BYTES => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(length)?.to_vec())
            }
            tag::UUID => Value::Uuid(self.take(16)?.try_into().ok()?),
            tag::DATE => Value::Date(self.date()?),
            tag::TIME => Value::Time(self.time()?),
            tag::DATE_TIME => Value::DateTime(self.date()?.and_time(self.time()?)),
            tag::TIMESTAMP => Value::Timestamp(self.date()?.and_time(self.time()?).and_utc()),
            tag::DECIMAL => Value::Decimal(self.text().filter(|text| is_decimal(text))?),
            _ => return None,
        })
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for place in 0..10_u32 {
            let byte = self.take(1)?[0];
            let bits = u64::from(byte & 0x7f);
            // What does not fit is not a number that was packed.
            number |= bits.checked_shl(place * 7).filter(|shifted| shifted >> (place * 7) == bits)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    fn date(&mut self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(i32::try_from(self.signed()?).ok()?)
    }

    fn time(&mut self) -> Option<NaiveTime> {
        let seconds = u32::try_from(self.number()?).ok()?;
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, u32::try_from(self.number()?).ok()?)
    }
}

/// Whether this is a decimal as databases give them.
fn is_decimal(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (digits && number.bytes().any(|byte| byte.is_ascii_digit()) && number.matches('.').count() <= 1)
        || matches!(number, "NaN" | "Infinity")
}

/// The value of a column of a type, in whatever form its database gives it, as a value to bind.
///
/// # Errors
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a value of another type.
pub(crate) fn of_type(ty: SqlType, value: ValueRef<'_>) -> Result<Value> {
    if matches!(value, ValueRef::Null) {
        return Ok(Value::Null(ty));
    }
    let mismatch = |expected| Err(Error::decode(expected, value.kind_name()));
    Ok(match ty {
        SqlType::Bool => bool::decode(value)?.encode(),
        SqlType::I8 => i8::decode(value)?.encode(),
        SqlType::I16 => i16::decode(value)?.encode(),
        SqlType::I32 => i32::decode(value)?.encode(),
        SqlType::I64 => i64::decode(value)?.encode(),
        SqlType::U8 => u8::decode(value)?.encode(),
        SqlType::U16 => u16::decode(value)?.encode(),
        SqlType::U32 => u32::decode(value)?.encode(),
        SqlType::U64 => u64::decode(value)?.encode(),
        SqlType::F32 => f32::decode(value)?.encode(),
        SqlType::F64 => f64::decode(value)?.encode(),
        SqlType::Char | SqlType::Text => String::decode(value)?.into_value(),
        SqlType::Bytes => Vec::<u8>::decode(value)?.into_value(),
        SqlType::Uuid => match value {
            ValueRef::Uuid(bytes) => Value::Uuid(bytes),
            ValueRef::Bytes(bytes) => match bytes.try_into() {
                Ok(bytes) => Value::Uuid(bytes),
                Err(_) => return mismatch("a UUID"),
            },
            ValueRef::Text(text) => match written::uuid(text) {
                Some(bytes) => Value::Uuid(bytes),
                None => return mismatch("a UUID"),
            },
            _ => return mismatch("a UUID"),
        },
        SqlType::Date => NaiveDate::decode(value)?.encode(),
        SqlType::Time => NaiveTime::decode(value)?.encode(),
        SqlType::DateTime => NaiveDateTime::decode(value)?.encode(),
        SqlType::Timestamp => DateTime::<Utc>::decode(value)?.encode(),
        SqlType::Decimal => match value {
            ValueRef::Decimal(text) | ValueRef::Text(text) => Value::Decimal(text.to_owned()),
            ValueRef::I64(number) => Value::Decimal(number.to_string()),
            ValueRef::U64(number) => Value::Decimal(number.to_string()),
            ValueRef::F64(number) => Value::Decimal(number.to_string()),
            _ => return mismatch("a decimal"),
        },
        SqlType::Enum(def) => match value {
            ValueRef::Text(label) if def.storage == EnumStorage::Native => {
                Value::Enum(def, Cow::Owned(label.to_owned()))
            }
            ValueRef::Text(label) => Value::Text(Cow::Owned(label.to_owned())),
            number if def.storage == EnumStorage::Integer => i32::decode(number)?.encode(),
            _ => return mismatch("a label of an enum"),
        },
        SqlType::Native(name) => match value {
            ValueRef::Text(text) => Value::Native(name, text.to_owned()),
            _ => return mismatch("text"),
        },
        SqlType::Json | SqlType::Array(_) => return mismatch("a value that has an order"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(value: &Value) -> Option<Value> {
        let mut bytes = Vec::new();
        assert!(pack(value, &mut bytes));
        let mut packed = Packed(&bytes);
        let back = packed.next_value()?;
        assert!(packed.is_empty());
        of_type(value.sql_type(), back.as_ref()).ok()
    }

    #[test]
    fn values_come_back_as_they_were() {
        let date = NaiveDate::from_ymd_opt(-44, 3, 15).unwrap();
        let time = NaiveTime::from_hms_nano_opt(23, 59, 59, 123_456_789).unwrap();
        let values = [
            Value::Null(SqlType::I32),
            Value::Bool(true),
            Value::Bool(false),
            Value::I16(i16::MIN),
            Value::I32(i32::MAX),
            Value::I64(i64::MIN),
            Value::I64(i64::MAX),
            Value::I64(-1),
            Value::U64(u64::MAX),
            Value::F32(0.1),
            Value::F64(-0.0),
            Value::F64(f64::INFINITY),
            Value::Text("ünï\0".into()),
            Value::Bytes(vec![0, 255]),
            Value::Uuid([7; 16]),
            Value::Date(date),
            Value::Time(time),
            Value::DateTime(date.and_time(time)),
            Value::Timestamp(date.and_time(time).and_utc()),
            Value::Decimal("-12.50".into()),
            Value::Native("inet", "10.0.0.1".into()),
        ];
        for value in values {
            assert_eq!(back(&value), Some(value));
        }
        assert!(!pack(&Value::Json("1".into()), &mut Vec::new()));
    }

    #[test]
    fn other_bytes_are_no_values_and_never_panic() {
        for bytes in [&[][..], &[99], &[tag::SIGNED], &[tag::TEXT, 5, b'a'], &[tag::TEXT, 1, 0xff], &[tag::UUID, 1]] {
            assert_eq!(Packed(bytes).next_value(), None);
        }
        for text in ["", "-", ".", "1.2.3", "1e5", "1; DROP"] {
            let mut bytes = Vec::new();
            assert!(pack(&Value::Decimal(text.into()), &mut bytes));
            assert_eq!(Packed(&bytes).next_value(), None, "{text}");
        }
        let long = [&[tag::UNSIGNED][..], &[0xff; 12]].concat();
        assert_eq!(Packed(&long).next_value(), None);
        assert_eq!(Packed(&[tag::TIME, 0xff, 0xff, 0xff, 0x7f, 0]).next_value(), None);
    }
}
