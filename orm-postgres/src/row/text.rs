//! Values that come as text, from the simple protocol: the client of this driver does not ask for rows that way, but
//! poolers between it and the server may. The forms are the server's own output with `DateStyle` ISO.

use chrono::{DateTime, NaiveDateTime, Utc};
use orm_core::value::written;
use orm_core::{Error, Result, Value, ValueRef};

use super::{Made, PostgresRow, element_type, infinite, malformed};
use crate::types::{ColumnType, Form, Kind};

/// Reads a column.
pub(super) fn read<'r>(row: &'r PostgresRow<'_>, index: usize, ty: ColumnType, text: &'r str) -> Result<ValueRef<'r>> {
    if ty.array {
        return row.made(index, || array(ty, text).map(Made::List));
    }
    if ty.form != Form::One {
        return Ok(ValueRef::Text(text));
    }
    Ok(match ty.kind {
        Kind::Bytea => return row.made(index, || bytea(text).map(Made::Bytes)),
        Kind::Numeric => ValueRef::Decimal(text),
        Kind::Json | Kind::Jsonb => ValueRef::Json(text),
        kind => match value(kind, text)? {
            Value::Bool(v) => ValueRef::Bool(v),
            Value::I64(v) => ValueRef::I64(v),
            Value::U64(v) => ValueRef::U64(v),
            Value::F64(v) => ValueRef::F64(v),
            Value::Uuid(v) => ValueRef::Uuid(v),
            Value::Date(v) => ValueRef::Date(v),
            Value::Time(v) => ValueRef::Time(v),
            Value::DateTime(v) => ValueRef::DateTime(v),
            Value::Timestamp(v) => ValueRef::Timestamp(v),
            _ => ValueRef::Text(text),
        },
    })
}

fn number<T: std::str::FromStr>(text: &str, what: &'static str) -> Result<T> {
    text.parse().map_err(|_| Error::decode(what, "other text"))
}

/// A value on its own.
fn value(kind: Kind, text: &str) -> Result<Value> {
    Ok(match kind {
        Kind::Bool => match text {
            "t" => Value::Bool(true),
            "f" => Value::Bool(false),
            _ => return Err(Error::decode("a boolean", "other text")),
        },
        Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid => Value::I64(number(text, "an integer")?),
        Kind::Xid8 => Value::U64(number(text, "an integer")?),
        Kind::Float4 => Value::F64(f64::from(number::<f32>(text, "a float")?)),
        Kind::Float8 => Value::F64(number(text, "a float")?),
        Kind::Numeric => Value::Decimal(text.to_owned()),
        Kind::Json | Kind::Jsonb => Value::Json(text.to_owned()),
        Kind::Bytea => Value::Bytes(bytea(text)?),
        Kind::Uuid => Value::Uuid(written::uuid(text).ok_or_else(|| malformed("uuid"))?),
        Kind::Date | Kind::Timestamp | Kind::Timestamptz if text.ends_with("infinity") => {
            return Err(infinite("a date"));
        }
        Kind::Date => Value::Date(before_christ(text, written::date)?),
        Kind::Time => Value::Time(written::time(text).ok_or_else(|| Error::decode("a time of day", "other text"))?),
        Kind::Timestamp => Value::DateTime(before_christ(text, date_time)?),
        Kind::Timestamptz => Value::Timestamp(before_christ(text, instant)?),
        _ => Value::Text(text.to_owned().into()),
    })
}

/// Reads a date; years before the first are refused, as nothing can be bound that gives them.
fn before_christ<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
    read(text).ok_or_else(|| Error::decode("a date", "another form of text"))
}

fn date_time(text: &str) -> Option<NaiveDateTime> {
    written::date_time(text).and_then(|(local, zone)| zone.is_none().then_some(local))
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let (local, zone) = written::date_time(text)?;
    Some(local.checked_sub_offset(zone?)?.and_utc())
}

fn hex((high, low): (u8, u8)) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// Bytes in either of the server's two forms.
fn bytea(text: &str) -> Result<Vec<u8>> {
    let wrong = || malformed("bytea");
    if let Some(digits) = text.strip_prefix("\\x") {
        return digits
            .as_bytes()
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => hex((*high, *low)).ok_or_else(wrong),
                _ => Err(wrong()),
            })
            .collect();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'\\', [b'\\', tail @ ..]) => {
                out.push(b'\\');
                rest = tail;
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = tail;
            }
            (b'\\', _) => return Err(wrong()),
            (byte, _) => out.push(*byte),
        }
    }
    Ok(out)
}

/// The elements of `{a,"b c",NULL}`.
fn array(ty: ColumnType, text: &str) -> Result<Vec<Value>> {
    let wrong = || malformed("array");
    // Lower bounds other than 1 are written before: `[0:1]={1,2}`.
    let body = match text.split_once('=') {
        Some((bounds, body)) if bounds.starts_with('[') => body,
        _ => text,
    };
    let body = body.strip_prefix('{').and_then(|t| t.strip_suffix('}')).ok_or_else(wrong)?;
    let mut items = Vec::new();
    let mut rest = body.chars().peekable();
    while rest.peek().is_some() {
        let mut item = String::new();
        let quoted = rest.next_if_eq(&'"').is_some();
        loop {
            match rest.next() {
                Some('"') if quoted => break,
                Some('\\') => item.push(rest.next().ok_or_else(wrong)?),
                Some('{') if !quoted => return Err(Error::decode("a list", "an array of several dimensions")),
                Some(c) => item.push(c),
                None if quoted => return Err(wrong()),
                None => break,
            }
            if !quoted && rest.peek() == Some(&',') {
                break;
            }
        }
        items.push(if !quoted && item == "NULL" {
            Value::Null(*element_type(ColumnType { array: false, ..ty }))
        } else if ty.form == Form::One {
            value(ty.kind, &item)?
        } else {
            Value::Text(item.into())
        });
        match rest.next() {
            Some(',') | None => {}
            Some(_) => return Err(wrong()),
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::SqlType;

    fn check(kind: Kind, text: &str, expected: Value) {
        assert!(value(kind, text).unwrap() == expected, "{text}");
    }

    #[test]
    fn every_text_form_is_read() {
        check(Kind::Bool, "t", Value::Bool(true));
        check(Kind::Int4, "-5", Value::I64(-5));
        check(Kind::Float8, "-Infinity", Value::F64(f64::NEG_INFINITY));
        check(Kind::Numeric, "1.50", Value::Decimal("1.50".into()));
        check(Kind::Bytea, "\\x00ff", Value::Bytes(vec![0, 255]));
        check(Kind::Bytea, "a\\\\\\001", Value::Bytes(vec![b'a', b'\\', 1]));
        check(
            Kind::Uuid,
            "00112233-4455-6677-8899-aabbccddeeff",
            Value::Uuid(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes()),
        );
        check(Kind::Date, "2026-11-23", Value::Date("2026-11-23".parse().unwrap()));
        check(Kind::Time, "10:11:12.5", Value::Time("10:11:12.5".parse().unwrap()));
        check(Kind::Timestamp, "2026-11-23 10:11:12", Value::DateTime("2026-11-23T10:11:12".parse().unwrap()));
        let instant = Value::Timestamp("2026-11-23T10:11:12.123456Z".parse().unwrap());
        check(Kind::Timestamptz, "2026-11-23 10:11:12.123456+00", instant.clone());
        check(Kind::Timestamptz, "2026-11-23 05:11:12.123456-05:00", instant);
        check(Kind::Interval, "1 day", Value::Text("1 day".into()));
        for (kind, text) in [
            (Kind::Date, "infinity"),
            (Kind::Date, "0044-03-15 BC"),
            (Kind::Timestamptz, "-infinity"),
            (Kind::Uuid, "1"),
            (Kind::Bytea, "\\x0"),
            (Kind::Int4, "x"),
            (Kind::Bool, "true"),
            (Kind::Date, "2026-11-23 10:11:12x"),
            (Kind::Time, "10:11:12x"),
            (Kind::Timestamp, "2026-11-23 10:11:12+00"),
            (Kind::Timestamptz, "2026-11-23 10:11:12"),
        ] {
            assert!(value(kind, text).is_err(), "{text}");
        }
    }

    #[test]
    fn arrays_are_read_with_quotes_nulls_and_bounds() {
        let texts = ColumnType { array: true, form: Form::One, kind: Kind::Text };
        let text = |t: &str| Value::Text(t.to_owned().into());
        let items = array(texts, r#"{a,"b,\"c\\",NULL,"NULL",""}"#).unwrap();
        assert!(items == [text("a"), text("b,\"c\\"), Value::Null(SqlType::Text), text("NULL"), text("")]);
        assert!(array(texts, "{}").unwrap().is_empty());
        assert!(array(texts, "[0:0]={x}").unwrap() == [text("x")]);
        for bad in ["", "{", "{{a}}", "{\"a}"] {
            assert!(array(texts, bad).is_err(), "{bad}");
        }
    }
}
