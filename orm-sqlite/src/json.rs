//! Values inside JSON documents in SQLite's SQL: <https://www.sqlite.org/json1.html>.

use orm_core::ast::{Expr, JsonStep};
use orm_core::dialect::{JsonValue, Level, Renderer, standard};
use orm_core::{Result, SqlType, Value};

/// `->>`: a value inside a document with SQL's own type.
pub(crate) fn push_value(r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep]) -> Result<()> {
    r.operand(document, Level::Atom)?;
    r.push_sql(" ->> ");
    r.push_bind(Value::Text(standard::json_path(path, false).into()))
}

/// A value inside a document as a type: its own value where it is of the type, NULL otherwise. Integers that SQLite
/// cannot hold are floats here, which differ from their integer.
pub(crate) fn push_typed(r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], ty: SqlType) -> Result<()> {
    let value = |r: &mut Renderer<'_>, before: &str| {
        r.push_sql(before);
        push_value(r, document, path)
    };
    let read = JsonValue::of(r.dialect(), ty)?;
    r.push_sql("CASE WHEN ");
    push_type(r, document, path)?;
    r.push_sql(match read {
        JsonValue::Bool => " IN ('true', 'false')",
        JsonValue::Integer(..) | JsonValue::Float(..) | JsonValue::Decimal => " IN ('integer', 'real')",
        JsonValue::Text | JsonValue::Label(_) | JsonValue::Date => " = 'text'",
    });
    let mut end = " END";
    match read {
        JsonValue::Bool | JsonValue::Text => value(r, " THEN ")?,
        JsonValue::Integer(min, max) => {
            value(r, " AND (")?;
            r.push_sql(") BETWEEN ");
            r.push_sql(min);
            r.push_sql(" AND ");
            r.push_sql(max);
            value(r, " AND (")?;
            value(r, ") = CAST(")?;
            value(r, " AS INTEGER) THEN CAST(")?;
            end = " AS INTEGER) END";
        }
        JsonValue::Float(min, max) => {
            value(r, " AND ((")?;
            // The absolute value of the least integer is none.
            value(r, ") = 0 OR ABS(CAST(")?;
            r.push_sql(" AS REAL)) BETWEEN ");
            r.push_sql(min);
            r.push_sql(" AND ");
            r.push_sql(max);
            value(r, ") THEN CAST(")?;
            end = " AS REAL) END";
        }
        JsonValue::Decimal => {
            value(r, " THEN CAST(")?;
            end = " AS NUMERIC) END";
        }
        JsonValue::Label(def) => {
            value(r, " AND (")?;
            r.push_sql(") IN ");
            standard::labels(r, def)?;
            value(r, " THEN ")?;
        }
        JsonValue::Date => {
            value(r, " AND (")?;
            r.push_sql(") GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'");
            value(r, " AND (")?;
            r.push_sql(") > '0001'");
            // Days that the month does not have are those of the next month.
            value(r, " AND DATE(")?;
            value(r, ", '+0 days') = (")?;
            value(r, ") THEN ")?;
        }
    }
    r.push_sql(end);
    Ok(())
}

/// The type of a value inside a document; NULL when there is none.
pub(crate) fn push_type(r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep]) -> Result<()> {
    r.push_sql("JSON_TYPE(");
    r.expr(document)?;
    r.push_sql(", ");
    r.push_bind(Value::Text(standard::json_path(path, false).into()))?;
    r.push_sql(")");
    Ok(())
}
