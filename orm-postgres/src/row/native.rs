//! The text of types that have no value of their own in the ORM, from their binary forms: what the server itself would
//! write with `DateStyle` and `IntervalStyle` at their defaults, so that it can be bound again as it is.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use orm_core::{Error, Result};

use super::{fixed, malformed, scalar, utf8};
use crate::numeric;
use crate::types::{ColumnType, Form, Kind};

/// The text of a value.
pub(super) fn text(ty: ColumnType, bytes: &[u8]) -> Result<String> {
    let mut out = String::new();
    match ty.form {
        Form::One => push(&mut out, ty.kind, bytes)?,
        Form::Range => range(&mut out, ty.kind, bytes)?,
        Form::Multirange => {
            let mut bytes = Bytes(bytes);
            let count = bytes.count()?;
            out.push('{');
            for at in 0..count {
                if at > 0 {
                    out.push(',');
                }
                let part = bytes.sized()?.ok_or_else(|| malformed("multirange"))?;
                range(&mut out, ty.kind, part)?;
            }
            out.push('}');
            bytes.end()?;
        }
    }
    Ok(out)
}

/// Bytes that are read from the front.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk().ok_or_else(|| malformed("binary value"))?;
        self.0 = tail;
        Ok(*head)
    }
    fn slice(&mut self, len: usize) -> Result<&'b [u8]> {
        let (head, tail) = self.0.split_at_checked(len).ok_or_else(|| malformed("binary value"))?;
        self.0 = tail;
        Ok(head)
    }
    fn u8(&mut self) -> Result<u8> {
        Ok(self.take::<1>()?[0])
    }
    fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_be_bytes(self.take()?))
    }
    fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.take()?))
    }
    fn count(&mut self) -> Result<u32> {
        u32::try_from(self.i32()?).map_err(|_| malformed("binary value"))
    }
    fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_be_bytes(self.take()?))
    }
    fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_be_bytes(self.take()?))
    }
    /// A value after its length; `None` for NULL.
    fn sized(&mut self) -> Result<Option<&'b [u8]>> {
        match usize::try_from(self.i32()?) {
            Ok(len) => self.slice(len).map(Some),
            Err(_) => Ok(None),
        }
    }
    /// Text up to a NUL.
    fn until_nul(&mut self) -> Result<&'b str> {
        let end = self.0.iter().position(|b| *b == 0).ok_or_else(|| malformed("binary value"))?;
        let text = utf8(self.slice(end)?)?;
        self.u8()?;
        Ok(text)
    }
    fn end(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed("binary value")) }
    }
}

fn push(out: &mut String, kind: Kind, bytes: &[u8]) -> Result<()> {
    let mut rest = Bytes(bytes);
    match kind {
        Kind::TimeTz => {
            time_of_day(out, rest.i64()?);
            zone(out, -i64::from(rest.i32()?));
        }
        Kind::Interval => interval(out, rest.i64()?, rest.i32()?, rest.i32()?),
        Kind::Inet | Kind::Cidr => {
            let (_family, bits, _is_cidr, len) = (rest.u8()?, rest.u8()?, rest.u8()?, rest.u8()?);
            match len {
                4 => put(out, format_args!("{}", Ipv4Addr::from(rest.take::<4>()?))),
                16 => put(out, format_args!("{}", Ipv6Addr::from(rest.take::<16>()?))),
                _ => return Err(malformed("inet")),
            }
            if kind == Kind::Cidr || u32::from(bits) != u32::from(len) * 8 {
                put(out, format_args!("/{bits}"));
            }
        }
        Kind::Macaddr => {
            for (at, byte) in rest.slice(bytes.len())?.iter().enumerate() {
                put(out, format_args!("{}{byte:02x}", if at > 0 { ":" } else { "" }));
            }
        }
        Kind::Bits => {
            let len = usize::try_from(rest.i32()?).map_err(|_| malformed("bit"))?;
            let bits = rest.slice(len.div_ceil(8))?;
            out.extend((0..len).map(|at| if bits[at / 8] & (0x80 >> (at % 8)) == 0 { '0' } else { '1' }));
        }
        Kind::Point => point(out, &mut rest)?,
        Kind::Segment => {
            out.push('[');
            points(out, &mut rest, 2)?;
            out.push(']');
        }
        Kind::Box => points(out, &mut rest, 2)?,
        Kind::Path => {
            let (open, close) = if rest.u8()? == 0 { ('[', ']') } else { ('(', ')') };
            let count = rest.count()?;
            out.push(open);
            points(out, &mut rest, count)?;
            out.push(close);
        }
        Kind::Polygon => {
            let count = rest.count()?;
            out.push('(');
            points(out, &mut rest, count)?;
            out.push(')');
        }
        Kind::Line => {
            out.push('{');
            for at in 0..3 {
                if at > 0 {
                    out.push(',');
                }
                float(out, rest.f64()?);
            }
            out.push('}');
        }
        Kind::Circle => {
            out.push('<');
            point(out, &mut rest)?;
            out.push(',');
            float(out, rest.f64()?);
            out.push('>');
        }
        Kind::TsVector => ts_vector(out, &mut rest)?,
        Kind::Lsn => {
            let position = rest.i64()?.cast_unsigned();
            put(out, format_args!("{:X}/{:X}", position >> 32, position & 0xffff_ffff));
        }
        Kind::Hstore => {
            for at in 0..rest.count()? {
                if at > 0 {
                    out.push_str(", ");
                }
                let key = rest.sized()?.ok_or_else(|| malformed("hstore"))?;
                quoted(out, utf8(key)?, '"', '\\');
                out.push_str("=>");
                match rest.sized()? {
                    Some(value) => quoted(out, utf8(value)?, '"', '\\'),
                    None => out.push_str("NULL"),
                }
            }
        }
        Kind::Vector => {
            let (dimensions, _unused) = (rest.u16()?, rest.u16()?);
            out.push('[');
            for at in 0..dimensions {
                if at > 0 {
                    out.push(',');
                }
                put(out, format_args!("{}", f32::from_be_bytes(rest.take()?)));
            }
            out.push(']');
        }
        Kind::Numeric => return numeric::read(bytes, out),
        // What follows stands here only as the bound of a range.
        Kind::Date => match i32::from_be_bytes(fixed(bytes, "date")?) {
            i32::MAX => out.push_str("infinity"),
            i32::MIN => out.push_str("-infinity"),
            days => {
                let suffix = date(out, i64::from(days));
                out.push_str(suffix);
            }
        },
        Kind::Timestamp | Kind::Timestamptz => match i64::from_be_bytes(fixed(bytes, "timestamp")?) {
            i64::MAX => out.push_str("infinity"),
            i64::MIN => out.push_str("-infinity"),
            micros => {
                let suffix = date(out, micros.div_euclid(DAY));
                out.push(' ');
                time_of_day(out, micros.rem_euclid(DAY));
                if kind == Kind::Timestamptz {
                    out.push_str("+00");
                }
                out.push_str(suffix);
            }
        },
        Kind::Time => time_of_day(out, i64::from_be_bytes(fixed(bytes, "time")?)),
        kind => match scalar(kind, bytes)? {
            Some(orm_core::ValueRef::I64(v)) => put(out, format_args!("{v}")),
            Some(orm_core::ValueRef::U64(v)) => put(out, format_args!("{v}")),
            Some(orm_core::ValueRef::F64(v)) => float(out, v),
            Some(orm_core::ValueRef::Text(v)) => out.push_str(v),
            _ => return Err(Error::decode("text", "a type without a text form here")),
        },
    }
    match kind {
        Kind::TimeTz
        | Kind::Interval
        | Kind::Inet
        | Kind::Cidr
        | Kind::Macaddr
        | Kind::Bits
        | Kind::Point
        | Kind::Segment
        | Kind::Box
        | Kind::Path
        | Kind::Polygon
        | Kind::Line
        | Kind::Circle
        | Kind::TsVector
        | Kind::Lsn
        | Kind::Hstore
        | Kind::Vector => rest.end(),
        _ => Ok(()),
    }
}

/// Writing to a string cannot fail.
fn put(out: &mut String, args: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(args);
}

/// `[lower,upper)`, after a byte of flags.
fn range(out: &mut String, kind: Kind, bytes: &[u8]) -> Result<()> {
    const EMPTY: u8 = 0x01;
    const LOWER_IN: u8 = 0x02;
    const UPPER_IN: u8 = 0x04;
    const LOWER_INFINITE: u8 = 0x08;
    const UPPER_INFINITE: u8 = 0x10;
    let mut bytes = Bytes(bytes);
    let flags = bytes.u8()?;
    if flags & EMPTY != 0 {
        out.push_str("empty");
        return bytes.end();
    }
    let mut bound = |out: &mut String, infinite: u8| -> Result<()> {
        if flags & infinite == 0 {
            let bytes = bytes.sized()?.ok_or_else(|| malformed("range"))?;
            let mut text = String::new();
            push(&mut text, kind, bytes)?;
            let special = |c: char| c.is_whitespace() || matches!(c, '"' | '\\' | '(' | ')' | '[' | ']' | ',');
            if text.is_empty() || text.contains(special) {
                quoted(out, &text, '"', '\0');
            } else {
                out.push_str(&text);
            }
        }
        Ok(())
    };
    out.push(if flags & LOWER_IN == 0 { '(' } else { '[' });
    bound(out, LOWER_INFINITE)?;
    out.push(',');
    bound(out, UPPER_INFINITE)?;
    out.push(if flags & UPPER_IN == 0 { ')' } else { ']' });
    bytes.end()
}

/// Text in quotes; quotes and backslashes inside follow `escape`, or are doubled when that is NUL.
fn quoted(out: &mut String, text: &str, quote: char, escape: char) {
    out.push(quote);
    for c in text.chars() {
        if c == quote || c == '\\' {
            out.push(if escape == '\0' { c } else { escape });
        }
        out.push(c);
    }
    out.push(quote);
}

fn float(out: &mut String, value: f64) {
    if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else if value == 0.0 || value.is_nan() || (1e-4..1e15).contains(&value.abs()) {
        put(out, format_args!("{value}"));
    } else {
        put(out, format_args!("{value:e}"));
    }
}

fn point(out: &mut String, bytes: &mut Bytes<'_>) -> Result<()> {
    out.push('(');
    float(out, bytes.f64()?);
    out.push(',');
    float(out, bytes.f64()?);
    out.push(')');
    Ok(())
}

fn points(out: &mut String, bytes: &mut Bytes<'_>, count: u32) -> Result<()> {
    for at in 0..count {
        if at > 0 {
            out.push(',');
        }
        point(out, bytes)?;
    }
    Ok(())
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

fn time_of_day(out: &mut String, micros: i64) {
    let seconds = micros / 1_000_000;
    put(out, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    fraction(out, micros % 1_000_000);
}

fn fraction(out: &mut String, micros: i64) {
    if micros != 0 {
        put(out, format_args!(".{micros:06}"));
        while out.ends_with('0') {
            out.pop();
        }
    }
}

/// An offset east of Greenwich, in seconds.
fn zone(out: &mut String, offset: i64) {
    out.push(if offset < 0 { '-' } else { '+' });
    let offset = offset.abs();
    put(out, format_args!("{:02}", offset / 3600));
    if offset % 3600 != 0 {
        put(out, format_args!(":{:02}", offset / 60 % 60));
    }
    if offset % 60 != 0 {
        put(out, format_args!(":{:02}", offset % 60));
    }
}

/// A date by days since 2000-01-01, in the Gregorian calendar of all times; gives what follows the time of day.
fn date(out: &mut String, days: i64) -> &'static str {
    // Counted from 0000-03-01, in eras of 400 years, so that the leap day is the last of its year.
    let days = days + 730_425;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (year, suffix) = if year < 1 { (1 - year, " BC") } else { (year, "") };
    put(out, format_args!("{year:04}-{month:02}-{day_of_month:02}"));
    suffix
}

/// The style `postgres`: `1 year 2 mons -3 days +04:05:06.7`.
fn interval(out: &mut String, micros: i64, days: i32, months: i32) {
    match (micros, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => return out.push_str("infinity"),
        (i64::MIN, i32::MIN, i32::MIN) => return out.push_str("-infinity"),
        _ => {}
    }
    let mut negative_before = false;
    for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if value != 0 {
            let space = if out.is_empty() { "" } else { " " };
            let plus = if negative_before && value > 0 { "+" } else { "" };
            put(out, format_args!("{space}{plus}{value} {unit}{}", if value == 1 { "" } else { "s" }));
            negative_before = value < 0;
        }
    }
    if out.is_empty() || micros != 0 {
        if !out.is_empty() {
            out.push(' ');
        }
        if micros < 0 {
            out.push('-');
        } else if negative_before {
            out.push('+');
        }
        let micros = micros.unsigned_abs();
        let seconds = micros / 1_000_000;
        put(out, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
        // Less than a million.
        fraction(out, (micros % 1_000_000).cast_signed());
    }
}

/// `'lexeme':1A,2 'other'`.
fn ts_vector(out: &mut String, bytes: &mut Bytes<'_>) -> Result<()> {
    for at in 0..bytes.count()? {
        if at > 0 {
            out.push(' ');
        }
        quoted(out, bytes.until_nul()?, '\'', '\0');
        for at in 0..bytes.u16()? {
            out.push(if at > 0 { ',' } else { ':' });
            let position = bytes.u16()?;
            put(out, format_args!("{}", position & 0x3fff));
            match position >> 14 {
                3 => out.push('A'),
                2 => out.push('B'),
                1 => out.push('C'),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_age_are_written() {
        let check = |days, expected: &str| {
            let mut out = String::new();
            let suffix = date(&mut out, days);
            out.push_str(suffix);
            assert_eq!(out, expected);
        };
        check(0, "2000-01-01");
        check(-1, "1999-12-31");
        check(59, "2000-02-29");
        check(366, "2001-01-01");
        check(-730_119, "0001-01-01");
        check(-730_120, "0001-12-31 BC");
        check(9824, "2026-11-24");
    }

    #[test]
    fn false_lengths_end_in_errors() {
        for kind in [Kind::Polygon, Kind::Path, Kind::TsVector, Kind::Hstore, Kind::Vector, Kind::Bits, Kind::Inet] {
            assert!(push(&mut String::new(), kind, &[0x7f, 0xff, 0xff, 0xff, 1]).is_err(), "{kind:?}");
        }
        let multirange = ColumnType { array: false, form: Form::Multirange, kind: Kind::Int4 };
        assert!(text(multirange, &[0x7f, 0xff, 0xff, 0xff]).is_err());
        assert!(text(ColumnType { form: Form::Range, ..multirange }, &[0]).is_err());
    }
}
