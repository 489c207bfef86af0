//! The names of types in DDL and in CAST. Which type a value is sent as is in `bind`.
//!
//! Source: the manuals' chapters "Data Types" and "Cast Functions and Operators".

use std::borrow::Cow;

use orm_core::schema::{Column, ColumnType};
use orm_core::{Error, Result, SqlType};

use crate::server::Server;

/// The most characters of four bytes that a row of 65,535 bytes has room for.
const LONGEST_VARCHAR: u32 = 16_383;
/// The most bytes that a row has room for beside the length.
const LONGEST_VARBINARY: u32 = 65_532;
/// What text and bytes get in an index, where LONGTEXT and LONGBLOB are not allowed: 255 characters of four bytes are
/// within an index's 3,072 bytes.
const SHORT: u32 = 255;

/// The type of a column.
pub(crate) fn column_type(
    server: Server,
    column: &Column,
    quote: impl Fn(&mut String, &str),
) -> Result<Cow<'static, str>> {
    if let Some(name) = &column.type_name {
        return Ok(Cow::Owned(name.clone()));
    }
    let length = column.length.or(column.indexed.then_some(SHORT));
    let ty = match &column.ty {
        ColumnType::Plain(ty) => *ty,
        ColumnType::Enum(ty) => return enumeration(server, &ty.labels, quote),
        ColumnType::EnumText(labels) => {
            let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
            let longest = u32::try_from(longest).unwrap_or(LONGEST_VARCHAR);
            return Ok(format!("VARCHAR({})", column.length.unwrap_or(SHORT).max(longest).min(LONGEST_VARCHAR)).into());
        }
        ColumnType::Native(name) => return Ok(name.clone().into()),
        other => return Err(unknown(server, other)),
    };
    Ok(match ty {
        SqlType::Bool => "TINYINT(1)".into(),
        SqlType::I8 => "TINYINT".into(),
        SqlType::I16 => "SMALLINT".into(),
        SqlType::I32 => "INT".into(),
        SqlType::I64 => "BIGINT".into(),
        SqlType::U8 => "TINYINT UNSIGNED".into(),
        SqlType::U16 => "SMALLINT UNSIGNED".into(),
        SqlType::U32 => "INT UNSIGNED".into(),
        SqlType::U64 => "BIGINT UNSIGNED".into(),
        SqlType::F32 => "FLOAT".into(),
        SqlType::F64 => "DOUBLE".into(),
        // Letters differ by case: a character is a value, not a word. CHAR would give a space as no text at all.
        SqlType::Char => "VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin".into(),
        SqlType::Text => match length {
            Some(length @ ..=LONGEST_VARCHAR) => format!("VARCHAR({length})").into(),
            _ => "LONGTEXT".into(),
        },
        SqlType::Bytes => match length {
            Some(length @ ..=LONGEST_VARBINARY) => format!("VARBINARY({length})").into(),
            _ => "LONGBLOB".into(),
        },
        SqlType::Uuid => "BINARY(16)".into(),
        SqlType::Date => "DATE".into(),
        SqlType::Time => "TIME(6)".into(),
        SqlType::DateTime | SqlType::Timestamp => "DATETIME(6)".into(),
        SqlType::Decimal => decimal(server, column.precision)?,
        SqlType::Json => "JSON".into(),
        other => return Err(unknown(server, other)),
    })
}

/// Without a precision, the widest type: it holds every value of Rust's decimal types exactly, where a narrower one
/// would round silently.
fn decimal(server: Server, precision: Option<(u8, u8)>) -> Result<Cow<'static, str>> {
    let Some((digits, scale)) = precision else { return Ok("DECIMAL(65,30)".into()) };
    if digits == 0 || digits > 65 || scale > 30 || scale > digits {
        return Err(Error::unsupported(
            server.name(),
            format_args!("DECIMAL({digits},{scale}): up to 65 digits, up to 30 of them after the point"),
        ));
    }
    Ok(format!("DECIMAL({digits},{scale})").into())
}

fn enumeration(server: Server, labels: &[String], quote: impl Fn(&mut String, &str)) -> Result<Cow<'static, str>> {
    let mut sql = "ENUM(".to_owned();
    for (i, label) in labels.iter().enumerate() {
        if label.contains('\0') {
            return Err(Error::unsupported(server.name(), format_args!("enum label {label:?}")));
        }
        // They would be cut off: manual, "The ENUM Type".
        if label.ends_with(' ') {
            let what = format_args!("ENUM labels that end in a space, such as {label:?}; store the enum as text");
            return Err(Error::unsupported(server.name(), what));
        }
        if i > 0 {
            sql.push(',');
        }
        quote(&mut sql, label);
    }
    sql.push(')');
    Ok(sql.into())
}

/// Whether columns of this type take a constant default only as an expression: MySQL's manual, "Data Type Default Values".
pub(crate) fn defaults_are_expressions(type_name: &str) -> bool {
    let word = type_name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_uppercase();
    let kinds = ["TEXT", "BLOB", "JSON", "LONG", "VECTOR", "GEOMETRY", "POINT", "LINESTRING", "POLYGON", "COLLECTION"];
    kinds.into_iter().any(|kind| word.ends_with(kind))
}

/// The type as CAST wants it.
pub(crate) fn cast_type(server: Server, ty: SqlType) -> Result<Cow<'static, str>> {
    Ok(match ty {
        SqlType::Bool | SqlType::I8 | SqlType::I16 | SqlType::I32 | SqlType::I64 => "SIGNED",
        SqlType::U8 | SqlType::U16 | SqlType::U32 | SqlType::U64 => "UNSIGNED",
        SqlType::F32 => "FLOAT",
        SqlType::F64 => "DOUBLE",
        SqlType::Char => "CHAR(1)",
        SqlType::Text | SqlType::Enum(_) => "CHAR",
        SqlType::Bytes => "BINARY",
        SqlType::Uuid => "BINARY(16)",
        SqlType::Date => "DATE",
        SqlType::Time => "TIME(6)",
        SqlType::DateTime | SqlType::Timestamp => "DATETIME(6)",
        SqlType::Decimal => "DECIMAL(65,30)",
        // MariaDB's JSON is text with a check.
        SqlType::Json if server.is_mariadb() => "CHAR",
        SqlType::Json => "JSON",
        SqlType::Native(name) => name,
        other => return Err(unknown(server, other)),
    }
    .into())
}

#[cold]
fn unknown(server: Server, ty: impl std::fmt::Display) -> Error {
    Error::unsupported(server.name(), format_args!("type for {ty}"))
}
