//! The values of columns that come back without those that they had: a column that was dropped, or that was allowed to be NULL
//! meanwhile, wants some value in every row.

use orm_core::Result;
use orm_core::Value;
use orm_core::dialect::{Dialect, SqlWriter};
use orm_core::schema::{Column, ColumnType, Schema, Table};
use orm_core::value::SqlType;

use super::Fill;

/// The values for the way from one schema back to another.
pub(super) fn fills(from: &Schema, to: &Schema, dialect: &dyn Dialect) -> Result<Vec<Fill>> {
    let mut fills = Vec::new();
    for table in &to.tables {
        let Some(now) = from.tables.iter().find(|other| other.name == table.name) else { continue };
        for column in table.columns.iter().filter(|column| wants_value(column)) {
            let has_values = now.column(&column.name).is_some_and(|now| !now.nullable);
            if has_values || points_somewhere(table, column) {
                continue;
            }
            if let Some(value) = empty(column, dialect)? {
                fills.push(Fill { table: table.name.name.clone(), column: column.name.clone(), value });
            }
        }
    }
    Ok(fills)
}

fn wants_value(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.generated.is_none() && !column.auto_increment
}

/// No value that is made up points at a row.
fn points_somewhere(table: &Table, column: &Column) -> bool {
    table.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
}

/// Zero, the empty text, the first label; `None` for types that have nothing of the kind.
fn empty(column: &Column, dialect: &dyn Dialect) -> Result<Option<String>> {
    let text = |text: &str| Value::Text(text.to_owned().into());
    let value = match &column.ty {
        ColumnType::Enum(ty) => match ty.labels.first() {
            Some(label) => text(label),
            None => return Ok(None),
        },
        ColumnType::EnumText(labels) => match labels.first() {
            Some(label) => text(label),
            None => return Ok(None),
        },
        ColumnType::Plain(ty) => match ty {
            SqlType::Bool => Value::Bool(false),
            SqlType::F32 | SqlType::F64 => Value::F64(0.0),
            SqlType::Decimal => Value::I64(0),
            SqlType::Text => text(""),
            SqlType::Date => text("1970-01-01"),
            SqlType::Time => text("00:00:00"),
            SqlType::DateTime | SqlType::Timestamp => text("1970-01-01 00:00:00"),
            ty if ty.is_integer() => Value::I64(0),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let mut w = SqlWriter::new(dialect);
    w.push_literal(&value)?;
    Ok(Some(w.finish().sql))
}
