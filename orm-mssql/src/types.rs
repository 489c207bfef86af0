//! The names of types in DDL and in CAST.
//!
//! Source: Microsoft's documentation of Transact-SQL, "Data types".

use std::borrow::Cow;

use orm_core::schema::{Column, ColumnType};
use orm_core::{EnumStorage, Error, Result, SqlType};

use crate::NAME;

/// The most characters of NVARCHAR without MAX, counted in units of UTF-16.
const LONGEST_TEXT: u32 = 4_000;
/// The most bytes of VARBINARY without MAX.
const LONGEST_BYTES: u32 = 8_000;
/// The length of text and bytes in an index, whose keys have at most 1,700 bytes.
const INDEXED: u32 = 255;
/// The most digits of a decimal.
const DIGITS: u8 = 38;

/// The type of a column.
pub(crate) fn column_type(column: &Column) -> Result<Cow<'static, str>> {
    if let Some(name) = &column.type_name {
        return Ok(name.clone().into());
    }
    let length = column.length.or(column.indexed.then_some(INDEXED));
    let unknown = |error: Error| error.with_columns([column.name.clone()]);
    let ty = match &column.ty {
        ColumnType::Plain(ty) => *ty,
        ColumnType::EnumText(labels) => return Ok(labelled(column, labels)),
        ColumnType::Enum(ty) => return Ok(labelled(column, &ty.labels)),
        other => return Err(unknown(Error::unsupported(NAME, format_args!("type {other}")))),
    };
    Ok(match ty {
        SqlType::Text => match length {
            Some(length @ ..=LONGEST_TEXT) => format!("NVARCHAR({length})").into(),
            _ => "NVARCHAR(MAX)".into(),
        },
        SqlType::Bytes => match length {
            Some(length @ ..=LONGEST_BYTES) => format!("VARBINARY({length})").into(),
            _ => "VARBINARY(MAX)".into(),
        },
        SqlType::Decimal => decimal(column)?.into(),
        ty => type_of(ty).map_err(unknown)?.into(),
    })
}

/// Enums are text: there are no types for them. A CHECK of the table holds the labels.
fn labelled(column: &Column, labels: &[String]) -> Cow<'static, str> {
    let longest = labels.iter().map(|label| label.encode_utf16().count()).max().unwrap_or(0);
    let longest = u32::try_from(longest).unwrap_or(LONGEST_TEXT);
    format!("NVARCHAR({})", column.length.unwrap_or(INDEXED).max(longest).min(LONGEST_TEXT)).into()
}

fn decimal(column: &Column) -> Result<String> {
    match column.precision {
        Some((digits, scale)) if (1..=DIGITS).contains(&digits) && scale <= digits => {
            Ok(format!("DECIMAL({digits}, {scale})"))
        }
        Some((digits, scale)) => Err(Error::unsupported(NAME, format_args!("DECIMAL({digits}, {scale})"))),
        // Any choice would round some values without a word.
        None => Err(Error::unsupported(NAME, "decimals without a precision: it has at most 38 digits; declare them")),
    }
    .map_err(|error| error.with_columns([column.name.clone()]))
}

/// The type as CAST wants it. Decimals get ten digits after the point.
pub(crate) fn cast_type(ty: SqlType) -> Result<&'static str> {
    Ok(match ty {
        SqlType::Text => "NVARCHAR(MAX)",
        SqlType::Bytes => "VARBINARY(MAX)",
        SqlType::Decimal => "DECIMAL(38, 10)",
        SqlType::Enum(def) if def.storage != EnumStorage::Integer => "NVARCHAR(MAX)",
        ty => type_of(ty)?,
    })
}

fn type_of(ty: SqlType) -> Result<&'static str> {
    Ok(match ty {
        SqlType::Bool => "BIT",
        // TINYINT has no sign.
        SqlType::U8 => "TINYINT",
        SqlType::I8 | SqlType::I16 => "SMALLINT",
        SqlType::I32 | SqlType::U16 => "INT",
        SqlType::I64 | SqlType::U32 | SqlType::U64 => "BIGINT",
        SqlType::F32 => "REAL",
        SqlType::F64 => "FLOAT(53)",
        // A character has up to two units of UTF-16. Characters that differ are different values.
        SqlType::Char => "NVARCHAR(2) COLLATE Latin1_General_100_BIN2",
        SqlType::Uuid => "UNIQUEIDENTIFIER",
        SqlType::Date => "DATE",
        SqlType::Time => "TIME(7)",
        SqlType::DateTime => "DATETIME2(7)",
        SqlType::Timestamp => "DATETIMEOFFSET(7)",
        SqlType::Json => "NVARCHAR(MAX)",
        SqlType::Enum(_) => "INT",
        other => return Err(Error::unsupported(NAME, format_args!("type {other}"))),
    })
}
