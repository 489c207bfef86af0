//! Constants of DDL, and which values SQL Server can store.
//!
//! Source: Microsoft's documentation of Transact-SQL, "Constants" and "Data types".

use std::fmt::Write;

use orm_core::{Error, ErrorKind, Result, Value};

use crate::NAME;

/// The greatest number of digits of a decimal.
const DIGITS: usize = 38;

/// Appends a text constant: `N'..'`, so that it is Unicode. A backslash at the end of a line would join the lines, so the
/// constant is cut between the two ("Backslash (Line Continuation)").
pub(crate) fn push_text(sql: &mut String, text: &str) {
    let continues = text.contains("\\\n") || text.contains("\\\r");
    sql.push_str(if continues { "(N'" } else { "N'" });
    let mut before = '\0';
    for c in text.chars() {
        if before == '\\' && matches!(c, '\n' | '\r') {
            sql.push_str("' + N'");
        }
        if c == '\'' {
            sql.push('\'');
        }
        sql.push(c);
        before = c;
    }
    sql.push_str(if continues { "')" } else { "'" });
}

/// Appends a constant.
pub(crate) fn push(sql: &mut String, value: &Value) -> Result<()> {
    check(value)?;
    let cast = |sql: &mut String, text: &str, ty: &str| {
        let _ = write!(sql, "CAST(N'{text}' AS {ty})");
    };
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Null(_) => write!(sql, "NULL"),
        Value::Bool(v) => write!(sql, "{}", u8::from(*v)),
        Value::I16(v) => write!(sql, "{v}"),
        Value::I32(v) => write!(sql, "{v}"),
        Value::I64(v) => write!(sql, "{v}"),
        Value::U64(v) => write!(sql, "{v}"),
        Value::F32(v) => write!(sql, "{:e}", f64::from(*v)),
        Value::F64(v) => write!(sql, "{v:e}"),
        Value::Decimal(v) => write!(sql, "{v}"),
        Value::Bytes(v) => {
            sql.push_str("0x");
            v.iter().try_for_each(|byte| write!(sql, "{byte:02X}"))
        }
        Value::Uuid(v) => {
            let hex = format!("{:032x}", u128::from_be_bytes(*v));
            let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
            cast(sql, &text, "UNIQUEIDENTIFIER");
            Ok(())
        }
        Value::Date(v) => {
            cast(sql, &v.format("%Y-%m-%d").to_string(), "DATE");
            Ok(())
        }
        Value::Time(v) => {
            cast(sql, &seconds(v.format("%H:%M:%S%.9f").to_string()), "TIME(7)");
            Ok(())
        }
        Value::DateTime(v) => {
            cast(sql, &seconds(v.format("%Y-%m-%dT%H:%M:%S%.9f").to_string()), "DATETIME2(7)");
            Ok(())
        }
        Value::Timestamp(v) => {
            let text = seconds(v.format("%Y-%m-%dT%H:%M:%S%.9f").to_string());
            cast(sql, &format!("{text}+00:00"), "DATETIMEOFFSET(7)");
            Ok(())
        }
        Value::Text(text) => return text_constant(sql, text),
        Value::Json(text) => return text_constant(sql, text),
        Value::Enum(_, label) => return text_constant(sql, label),
        other => return Err(Error::unsupported(NAME, format_args!("constants of type {}", other.sql_type()))),
    };
    Ok(())
}

/// Nine digits of a second cut to seven.
fn seconds(mut text: String) -> String {
    text.truncate(text.len().saturating_sub(2));
    text
}

fn text_constant(sql: &mut String, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::encode("text constants of DDL cannot hold a NUL character"));
    }
    push_text(sql, text);
    Ok(())
}

/// Refuses what SQL Server cannot store.
pub(crate) fn check(value: &Value) -> Result<()> {
    use std::ops::RangeInclusive;
    const YEARS: RangeInclusive<&str> = "0001"..="9999";
    let year = |text: String| {
        // A year of more than four digits has a sign.
        if YEARS.contains(&text.as_str()) && text.len() == 4 {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::OutOfRange, "SQL Server stores dates of the years 1 to 9999"))
        }
    };
    match value {
        Value::U64(v) if i64::try_from(*v).is_err() => {
            Err(Error::new(ErrorKind::OutOfRange, format!("BIGINT cannot store {v}: it is greater than {}", i64::MAX)))
        }
        Value::F32(v) if !v.is_finite() => Err(Error::encode(format!("SQL Server cannot store {v} in a float"))),
        Value::F64(v) if !v.is_finite() => Err(Error::encode(format!("SQL Server cannot store {v} in a float"))),
        Value::Date(v) => year(v.format("%Y").to_string()),
        Value::DateTime(v) => year(v.format("%Y").to_string()),
        Value::Timestamp(v) => year(v.format("%Y").to_string()),
        Value::Decimal(v) => {
            let digits = v.bytes().filter(u8::is_ascii_digit).count();
            if digits == 0 || v.contains(['e', 'E']) || v.trim_start_matches(['-', '0', '.']).len() > DIGITS + 1 {
                return Err(Error::encode(format!("SQL Server stores decimals of up to {DIGITS} digits, not {v}")));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(value: Value) -> String {
        let mut sql = String::new();
        push(&mut sql, &value).map_or_else(|error| error.to_string(), |()| sql)
    }

    #[test]
    fn constants_are_typed() {
        assert_eq!(literal(Value::Bool(true)), "1");
        assert_eq!(literal(Value::F64(1e300)), "1e300");
        assert_eq!(literal(Value::Bytes(vec![0, 255])), "0x00FF");
        assert_eq!(literal(Value::Text("it's ü".into())), "N'it''s ü'");
        assert_eq!(
            literal(Value::Uuid([0x11; 16])),
            "CAST(N'11111111-1111-1111-1111-111111111111' AS UNIQUEIDENTIFIER)"
        );
        assert_eq!(
            literal(Value::Timestamp("2026-11-23T10:11:12.123456789Z".parse().unwrap())),
            "CAST(N'2026-11-23T10:11:12.1234567+00:00' AS DATETIMEOFFSET(7))"
        );
    }

    #[test]
    fn a_backslash_at_the_end_of_a_line_stays() {
        assert_eq!(literal(Value::Text("a\\\nb".into())), "(N'a\\' + N'\nb')");
        assert_eq!(literal(Value::Text("a\\b\n".into())), "N'a\\b\n'");
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        let refused = [
            Value::U64(u64::MAX),
            Value::F64(f64::NAN),
            Value::Date("-0001-01-01".parse().unwrap()),
            Value::Date("+10000-01-01".parse().unwrap()),
            Value::Decimal("NaN".into()),
            Value::Decimal("1".repeat(40)),
        ];
        for value in refused {
            assert!(check(&value).is_err(), "{value:?}");
        }
        for value in [Value::U64(1), Value::Decimal("-0.00000000000000000000000000000000000001".into())] {
            assert!(check(&value).is_ok(), "{value:?}");
        }
    }
}
