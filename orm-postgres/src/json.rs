//! Values inside JSON documents in PostgreSQL's SQL: PostgreSQL manual, 9.16.

use orm_core::ast::{Expr, JsonStep};
use orm_core::dialect::{DATE_PATTERN, JsonValue, Level, Renderer, standard};
use orm_core::{Result, SqlType, Value};

/// A part of a document, by an operator whose right side is the path as an array of text.
pub(crate) fn push_part(r: &mut Renderer<'_>, document: &Expr, operator: &str, path: &[JsonStep]) -> Result<()> {
    let steps = path.iter().map(|step| {
        Value::Text(match step {
            JsonStep::Key(key) => key.clone().into(),
            JsonStep::Index(index) => index.to_string().into(),
        })
    });
    r.operand(document, Level::Atom)?;
    r.push_sql(operator);
    r.push_bind(Value::Array(&SqlType::Text, steps.collect()))
}

/// A value inside a document as a type: NULL where it is of another. A conversion that fails would fail the statement,
/// and only CASE promises that what stands behind a test is not computed before it (PostgreSQL manual, 4.2.14).
pub(crate) fn push_typed(r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], ty: SqlType) -> Result<()> {
    let text = |r: &mut Renderer<'_>, before: &str| {
        r.push_sql(before);
        push_part(r, document, " #>> ", path)
    };
    let read = JsonValue::of(r.dialect(), ty)?;
    r.push_sql("CASE WHEN jsonb_typeof((");
    push_part(r, document, " #> ", path)?;
    r.push_sql(match read {
        JsonValue::Bool => ")::jsonb) = 'boolean' THEN ",
        JsonValue::Integer(..) | JsonValue::Float(..) | JsonValue::Decimal => ")::jsonb) = 'number' THEN ",
        JsonValue::Text | JsonValue::Label(_) | JsonValue::Date => ")::jsonb) = 'string' THEN ",
    });
    let name = r.dialect().cast_type(ty)?;
    match read {
        JsonValue::Text => text(r, "")?,
        JsonValue::Bool | JsonValue::Decimal => {
            text(r, "(")?;
            r.push_sql(")::");
            r.push_sql(&name);
        }
        JsonValue::Integer(min, max) => {
            text(r, "CASE WHEN (")?;
            r.push_sql(")::numeric BETWEEN ");
            r.push_sql(min);
            r.push_sql(" AND ");
            r.push_sql(max);
            text(r, " AND (")?;
            text(r, ")::numeric % 1 = 0 THEN (")?;
            r.push_sql(")::numeric::");
            r.push_sql(&name);
            r.push_sql(" END");
        }
        JsonValue::Float(min, max) => {
            text(r, "CASE WHEN (")?;
            text(r, ")::numeric = 0 OR abs((")?;
            r.push_sql(")::numeric) BETWEEN ");
            r.push_sql(min);
            r.push_sql(" AND ");
            r.push_sql(max);
            text(r, " THEN (")?;
            r.push_sql(")::");
            r.push_sql(&name);
            r.push_sql(" END");
        }
        JsonValue::Label(def) => {
            text(r, "CASE WHEN (")?;
            r.push_sql(") IN ");
            standard::labels(r, def)?;
            text(r, " THEN (")?;
            r.push_sql(")::");
            r.push_sql(&name);
            r.push_sql(" END");
        }
        JsonValue::Date => {
            // Days that the month does not have are those of the next month.
            let day = |r: &mut Renderer<'_>, before: &str| -> Result<()> {
                text(r, before)?;
                text(r, ", 8) || '01')::date + (right(")?;
                r.push_sql(", 2)::int - 1)");
                Ok(())
            };
            text(r, "CASE WHEN (")?;
            r.push_sql(") ~ '");
            r.push_sql(DATE_PATTERN);
            day(r, "' THEN CASE WHEN to_char((left(")?;
            text(r, ", 'YYYY-MM-DD') = (")?;
            day(r, ") THEN (left(")?;
            r.push_sql(" END END");
        }
    }
    r.push_sql(" END");
    Ok(())
}
