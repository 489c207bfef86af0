//! Rows on their way from the server: each value is decoded from its own bytes when it is asked for, by position, with
//! the column types looked up once per result. The binary forms are those of the `*_send` functions of the server's
//! source. Types that have no value of their own in the ORM come as the text the server would write: `row::native`.
//! Results of the simple protocol, which come as text, are read in `row::text`.

mod native;
mod text;

use std::cell::{Cell, OnceCell};

use chrono::{DateTime, NaiveDate, NaiveTime};
use orm_core::driver::Reads;
use orm_core::row::{Row, utf8};
use orm_core::{Error, Result, SqlType, Value, ValueRef};
use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{Column, ColumnIndex, Row as _};

use crate::bind::{EPOCH_DAYS, EPOCH_MICROS};
use crate::suits::suits;
use crate::types::{ColumnType, Form, Kind};

/// What the rows of a result have in common; looked up with the first one.
#[derive(Default)]
pub(crate) struct Layout {
    types: Vec<ColumnType>,
    ways: Vec<Way>,
    /// Values come as text rather than in binary.
    text: bool,
    /// Values of the row at hand that had to be written out, by column.
    made: Vec<OnceCell<Made>>,
    /// Whether there are any.
    has_made: Cell<bool>,
}

impl Layout {
    pub(crate) fn resolve(&mut self, row: &PgRow) {
        self.types.clear();
        self.types.extend(row.columns().iter().map(|column| ColumnType::resolve(column.type_info())));
        self.text = row.try_get_raw(0).is_ok_and(|raw| raw.format() == PgValueFormat::Text);
        let text = self.text;
        self.ways.clear();
        self.ways.extend(self.types.iter().map(|ty| match ty.kind {
            _ if text || !ty.is_alone() => Way::Other,
            Kind::Text => Way::Text,
            Kind::Int8 => Way::Int8,
            Kind::Int4 => Way::Int4,
            _ => Way::Other,
        }));
        self.made.clear();
        if text || self.ways.contains(&Way::Other) {
            self.made.resize_with(self.types.len(), OnceCell::new);
        }
    }

    /// Holds the types of the result against the columns of models that it has.
    pub(crate) fn check(&self, row: &PgRow, reads: Reads<'_>) -> Result<()> {
        if self.text {
            // Without the types' names.
            return Ok(());
        }
        reads.check(|position, column| match row.columns().get(position) {
            Some(found) => suits(found.type_info(), column),
            None => Ok(()),
        })
    }

    /// Forgets what was written out for a row.
    pub(crate) fn next(&mut self) {
        if self.has_made.take() {
            self.made.iter_mut().for_each(|made| drop(made.take()));
        }
    }
}

/// How a column is read: what most columns are, decided once per result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Text,
    Int8,
    Int4,
    /// With a look at the type.
    Other,
}

/// A row in the client's buffer.
pub(crate) struct PostgresRow<'r> {
    row: &'r PgRow,
    layout: &'r Layout,
}

/// A value that is not in the client's buffer as it is needed.
enum Made {
    Text(String),
    Decimal(String),
    List(Vec<Value>),
    Bytes(Vec<u8>),
}

impl<'r> PostgresRow<'r> {
    pub(crate) fn new(row: &'r PgRow, layout: &'r Layout) -> Self {
        Self { row, layout }
    }

    /// Keeps a value that `make` writes out, once.
    fn made(&self, index: usize, make: impl FnOnce() -> Result<Made>) -> Result<ValueRef<'_>> {
        let cell = self.layout.made.get(index).ok_or_else(|| no_such_column(index))?;
        let made = match cell.get() {
            Some(made) => made,
            None => {
                let made = make()?;
                self.layout.has_made.set(true);
                cell.get_or_init(|| made)
            }
        };
        Ok(match made {
            Made::Text(text) => ValueRef::Text(text),
            Made::Decimal(text) => ValueRef::Decimal(text),
            Made::List(items) => ValueRef::Array(items),
            Made::Bytes(bytes) => ValueRef::Bytes(bytes),
        })
    }
}

/// A column that exists. The client need not look for it a second time, and as that cannot fail, the compiler
/// builds the value where it is read and moves it nowhere.
#[derive(Debug, Clone, Copy)]
struct Known(usize);

impl ColumnIndex<PgRow> for Known {
    fn index(&self, _row: &PgRow) -> sqlx::Result<usize> {
        Ok(self.0)
    }
}

impl Row for PostgresRow<'_> {
    fn len(&self) -> usize {
        self.layout.types.len()
    }

    fn name(&self, index: usize) -> &str {
        self.row.columns().get(index).map_or("", Column::name)
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let Some(way) = self.layout.ways.get(index) else { return Err(no_such_column(index)) };
        let raw = self.row.try_get_raw(Known(index));
        let bytes = match &raw {
            Ok(raw) => raw.as_bytes(),
            Err(_) => return Err(no_such_column(index)),
        };
        // Only NULL has no bytes.
        let Ok(bytes) = bytes else { return Ok(ValueRef::Null) };
        match way {
            Way::Text => utf8(bytes).map(ValueRef::Text),
            Way::Int8 => fixed(bytes, "int8").map(|bytes| ValueRef::I64(i64::from_be_bytes(bytes))),
            Way::Int4 => fixed(bytes, "int4").map(|bytes| ValueRef::I64(i32::from_be_bytes(bytes).into())),
            Way::Other => self.other(index, bytes),
        }
    }
}

impl PostgresRow<'_> {
    /// A value of any type.
    fn other<'s>(&'s self, index: usize, bytes: &'s [u8]) -> Result<ValueRef<'s>> {
        let ty = *self.layout.types.get(index).ok_or_else(|| no_such_column(index))?;
        if self.layout.text {
            return text::read(self, index, ty, utf8(bytes)?);
        }
        if ty.array {
            return self.made(index, || array(ty, bytes).map(Made::List));
        }
        if ty.form == Form::One
            && let Some(value) = scalar(ty.kind, bytes)?
        {
            return Ok(value);
        }
        self.made(index, || written(ty, bytes))
    }
}

/// A value that its bytes do not give alone.
fn written(ty: ColumnType, bytes: &[u8]) -> Result<Made> {
    let text = native::text(ty, bytes)?;
    let is_decimal = ty.form == Form::One && ty.kind == Kind::Numeric;
    Ok(if is_decimal { Made::Decimal(text) } else { Made::Text(text) })
}

#[cold]
fn no_such_column(index: usize) -> Error {
    Error::decode("a column", format_args!("none at position {index}")).with_index(index)
}

#[cold]
fn malformed(what: &'static str) -> Error {
    Error::decode(what, "malformed bytes")
}

#[inline]
fn fixed<const N: usize>(bytes: &[u8], what: &'static str) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| malformed(what))
}

/// A value that can be given from its bytes alone; `None` for those that must be written out first.
#[inline]
fn scalar(kind: Kind, bytes: &[u8]) -> Result<Option<ValueRef<'_>>> {
    Ok(Some(match kind {
        Kind::Bool => ValueRef::Bool(fixed::<1>(bytes, "bool")?[0] != 0),
        Kind::Int2 => ValueRef::I64(i16::from_be_bytes(fixed(bytes, "int2")?).into()),
        Kind::Int4 => ValueRef::I64(i32::from_be_bytes(fixed(bytes, "int4")?).into()),
        Kind::Int8 => ValueRef::I64(i64::from_be_bytes(fixed(bytes, "int8")?)),
        Kind::Text => ValueRef::Text(utf8(bytes)?),
        Kind::Timestamptz => ValueRef::Timestamp(timestamp(bytes)?),
        Kind::Timestamp => ValueRef::DateTime(timestamp(bytes)?.naive_utc()),
        Kind::Uuid => ValueRef::Uuid(fixed(bytes, "uuid")?),
        Kind::Float8 => ValueRef::F64(f64::from_be_bytes(fixed(bytes, "float8")?)),
        Kind::Float4 => ValueRef::F64(f32::from_be_bytes(fixed(bytes, "float4")?).into()),
        Kind::Bytea => ValueRef::Bytes(bytes),
        Kind::Date => ValueRef::Date(date(bytes)?),
        Kind::Time => ValueRef::Time(time(i64::from_be_bytes(fixed(bytes, "time")?))?),
        Kind::Json => ValueRef::Json(utf8(bytes)?),
        Kind::Jsonb => match bytes {
            [1, text @ ..] => ValueRef::Json(utf8(text)?),
            _ => return Err(malformed("jsonb of version 1")),
        },
        Kind::Oid => ValueRef::I64(u32::from_be_bytes(fixed(bytes, "oid")?).into()),
        Kind::Xid8 => ValueRef::U64(u64::from_be_bytes(fixed(bytes, "xid8")?)),
        Kind::Versioned => match bytes {
            [1, text @ ..] => ValueRef::Text(utf8(text)?),
            _ => return Err(malformed("a value of version 1")),
        },
        // Text of this server never holds a NUL, and few binary forms are without one.
        Kind::Unknown => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => ValueRef::Text(text),
            _ => ValueRef::Bytes(bytes),
        },
        Kind::Refused => return Err(refused()),
        _ => return Ok(None),
    }))
}

#[cold]
fn refused() -> Error {
    Error::decode("a value", "a type whose text only the server knows (convert it to text in the query)")
}

/// The instant; microseconds since 2000-01-01.
#[inline]
fn timestamp(bytes: &[u8]) -> Result<DateTime<chrono::Utc>> {
    let micros = i64::from_be_bytes(fixed(bytes, "timestamp")?);
    if micros == i64::MAX || micros == i64::MIN {
        return Err(infinite("timestamp"));
    }
    micros
        .checked_add(EPOCH_MICROS)
        .and_then(DateTime::from_timestamp_micros)
        .ok_or_else(|| unreachable_year("timestamp"))
}

/// The date; days since 2000-01-01.
fn date(bytes: &[u8]) -> Result<NaiveDate> {
    let days = i32::from_be_bytes(fixed(bytes, "date")?);
    if days == i32::MAX || days == i32::MIN {
        return Err(infinite("date"));
    }
    days.checked_add(EPOCH_DAYS).and_then(NaiveDate::from_num_days_from_ce_opt).ok_or_else(|| unreachable_year("date"))
}

/// The time of day; microseconds since midnight. The server's 24:00 has no counterpart.
fn time(micros: i64) -> Result<NaiveTime> {
    u32::try_from(micros / 1_000_000)
        .ok()
        .zip(u32::try_from(micros % 1_000_000).ok())
        .and_then(|(seconds, micros)| NaiveTime::from_num_seconds_from_midnight_opt(seconds, micros * 1000))
        .ok_or_else(|| Error::decode("a time of day", "24:00:00"))
}

#[cold]
fn infinite(what: &'static str) -> Error {
    Error::decode(what, "an infinite one")
}

#[cold]
fn unreachable_year(what: &'static str) -> Error {
    Error::decode(what, "a year outside the range of chrono")
}

/// The elements of a list: dimensions, whether there are NULLs, element type, length, lower bound, elements.
fn array(ty: ColumnType, bytes: &[u8]) -> Result<Vec<Value>> {
    let mut rest = bytes;
    let mut word = || -> Result<i32> {
        let (head, tail) = rest.split_first_chunk::<4>().ok_or_else(|| malformed("array"))?;
        rest = tail;
        Ok(i32::from_be_bytes(*head))
    };
    let dimensions = word()?;
    let _nulls = word()?;
    let element = ColumnType::built_in(word()?.cast_unsigned()).unwrap_or(ColumnType { array: false, ..ty });
    if dimensions == 0 {
        return Ok(Vec::new());
    }
    if dimensions != 1 {
        return Err(Error::decode("a list", format_args!("an array of {dimensions} dimensions")));
    }
    let length = usize::try_from(word()?).map_err(|_| malformed("array"))?;
    let _lower = word()?;
    // Every element takes four bytes at least, so a false length cannot make this allocate much.
    let mut items = Vec::with_capacity(length.min(rest.len() / 4));
    for _ in 0..length {
        let (size, tail) = rest.split_first_chunk::<4>().ok_or_else(|| malformed("array"))?;
        rest = tail;
        items.push(match usize::try_from(i32::from_be_bytes(*size)) {
            Err(_) => Value::Null(*element_type(element)),
            Ok(size) => {
                let (bytes, tail) = rest.split_at_checked(size).ok_or_else(|| malformed("array"))?;
                rest = tail;
                owned(element, bytes)?
            }
        });
    }
    Ok(items)
}

/// A value on its own, for lists.
fn owned(ty: ColumnType, bytes: &[u8]) -> Result<Value> {
    let value = match ty.form {
        Form::One => scalar(ty.kind, bytes)?,
        Form::Range | Form::Multirange => None,
    };
    let Some(value) = value else {
        return Ok(match written(ty, bytes)? {
            Made::Text(text) => Value::Text(text.into()),
            Made::Decimal(text) => Value::Decimal(text),
            Made::List(items) => Value::Array(element_type(ty), items),
            Made::Bytes(bytes) => Value::Bytes(bytes),
        });
    };
    Ok(match (value, ty.kind) {
        (ValueRef::I64(v), Kind::Int2) => i16::try_from(v).map_or(Value::I64(v), Value::I16),
        (ValueRef::I64(v), Kind::Int4) => i32::try_from(v).map_or(Value::I64(v), Value::I32),
        (value, _) => value.into(),
    })
}

/// The type of a NULL inside a list.
fn element_type(ty: ColumnType) -> &'static SqlType {
    match (ty.form, ty.kind) {
        (Form::Range | Form::Multirange, _) => &SqlType::Text,
        (Form::One, kind) => match kind {
            Kind::Bool => &SqlType::Bool,
            Kind::Int2 => &SqlType::I16,
            Kind::Int4 => &SqlType::I32,
            Kind::Int8 | Kind::Oid => &SqlType::I64,
            Kind::Xid8 => &SqlType::U64,
            Kind::Float4 => &SqlType::F32,
            Kind::Float8 => &SqlType::F64,
            Kind::Numeric => &SqlType::Decimal,
            Kind::Bytea => &SqlType::Bytes,
            Kind::Uuid => &SqlType::Uuid,
            Kind::Date => &SqlType::Date,
            Kind::Time => &SqlType::Time,
            Kind::Timestamp => &SqlType::DateTime,
            Kind::Timestamptz => &SqlType::Timestamp,
            Kind::Json | Kind::Jsonb => &SqlType::Json,
            _ => &SqlType::Text,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_bytes_are_errors_of_every_type() {
        for kind in [Kind::Bool, Kind::Int2, Kind::Int4, Kind::Int8, Kind::Float4, Kind::Float8, Kind::Uuid, Kind::Date]
        {
            assert!(scalar(kind, &[0; 3]).is_err(), "{kind:?}");
        }
        assert!(scalar(Kind::Text, &[0xff]).is_err());
        assert!(scalar(Kind::Jsonb, &[2, b'1']).is_err());
        assert!(scalar(Kind::Time, &86_400_000_000_i64.to_be_bytes()).is_err());
        assert!(scalar(Kind::Time, &(-1_i64).to_be_bytes()).is_err());
        assert!(scalar(Kind::Date, &i32::MAX.to_be_bytes()).is_err());
        assert!(scalar(Kind::Date, &(i32::MAX - 1).to_be_bytes()).is_err());
        assert!(scalar(Kind::Timestamptz, &(i64::MAX - 1).to_be_bytes()).is_err());
        let ints = ColumnType { array: true, form: Form::One, kind: Kind::Int4 };
        let header: Vec<u8> = [1_i32, 0, 23, i32::MAX, 1].iter().flat_map(|w| w.to_be_bytes()).collect();
        for bytes in [&[][..], &[0; 11], &header, &header[..16]] {
            assert!(array(ints, bytes).is_err());
        }
    }
}
