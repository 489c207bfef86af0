//! Values inside JSON documents in PostgreSQL's SQL: PostgreSQL manual, 9.16.

use orm_core::ast::{Expr, JsonChange, JsonEdit, JsonStep};
use orm_core::dialect::{DATE_PATTERN, JsonValue, Level, Renderer, standard};
use orm_core::{Result, SqlType, Value};

/// A part of a document, by an operator whose right side is the path as an array of text.
pub(crate) fn push_part(r: &mut Renderer<'_>, document: &Expr, operator: &str, path: &[JsonStep]) -> Result<()> {
    r.operand(document, Level::Atom)?;
    r.push_sql(operator);
    push_path(r, path)
}

fn push_path(r: &mut Renderer<'_>, path: &[JsonStep]) -> Result<()> {
    let steps = path.iter().map(|step| {
        Value::Text(match step {
            JsonStep::Key(key) => key.clone().into(),
            JsonStep::Index(index) => index.to_string().into(),
        })
    });
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

/// A document with a change at one place. A step that does not fit fails the statement, or takes an index for a key: so the
/// way is looked at before. The document is computed once, in a sub-query.
pub(crate) fn push_change(r: &mut Renderer<'_>, change: &JsonChange) -> Result<()> {
    let JsonChange { document, path, edit } = change;
    r.push_sql("(SELECT CASE WHEN ");
    for (i, condition) in change.conditions().into_iter().enumerate() {
        r.push_sql(if i > 0 { " AND " } else { "" });
        let kind = if condition.array { "'array'" } else { "'object'" };
        r.push_sql(if condition.may_be_missing { "COALESCE(jsonb_typeof(_j._d #> " } else { "jsonb_typeof(_j._d #> " });
        push_path(r, condition.at)?;
        if condition.may_be_missing {
            r.push_sql("), ");
            r.push_sql(kind);
        }
        r.push_sql(") = ");
        r.push_sql(kind);
    }
    r.push_sql(" THEN ");
    let value = |r: &mut Renderer<'_>, before: &str, value: &Value, after: &str| -> Result<()> {
        r.push_sql(before);
        r.push_bind(value.clone())?;
        r.push_sql("::jsonb");
        r.push_sql(after);
        Ok(())
    };
    let made: Vec<(&[JsonStep], bool)> = change.made_on_the_way().collect();
    // The document with the containers on the way.
    let base = |r: &mut Renderer<'_>| -> Result<()> {
        made.iter().for_each(|_| r.push_sql("jsonb_set("));
        r.push_sql(if change.starts_with_array() { "COALESCE(_j._d, '[]')" } else { "COALESCE(_j._d, '{}')" });
        for (at, array) in &made {
            r.push_sql(", ");
            push_path(r, at)?;
            r.push_sql(", COALESCE(_j._d #> ");
            push_path(r, at)?;
            r.push_sql(if *array { ", '[]'))" } else { ", '{}'))" });
        }
        Ok(())
    };
    let items = |r: &mut Renderer<'_>| -> Result<()> {
        r.push_sql("COALESCE(_j._d #> ");
        push_path(r, path)?;
        r.push_sql(", '[]')");
        Ok(())
    };
    match edit {
        JsonEdit::Remove => {
            r.push_sql("_j._d #- ");
            push_path(r, path)?;
        }
        JsonEdit::Set(new) => {
            r.push_sql("jsonb_set(");
            base(r)?;
            r.push_sql(", ");
            push_path(r, path)?;
            value(r, ", ", new, ")")?;
        }
        JsonEdit::Append(new) | JsonEdit::Prepend(new) => {
            // Set at the end of no path at all, nothing would be.
            if !path.is_empty() {
                r.push_sql("jsonb_set(");
                base(r)?;
                r.push_sql(", ");
                push_path(r, path)?;
                r.push_sql(", ");
            }
            if matches!(edit, JsonEdit::Append(_)) {
                items(r)?;
                value(r, " || jsonb_build_array(", new, ")")?;
            } else {
                value(r, "jsonb_build_array(", new, ") || ")?;
                items(r)?;
            }
            r.push_sql(if path.is_empty() { "" } else { ")" });
        }
    }
    r.push_sql(" ELSE _j._d END FROM (SELECT (");
    r.expr(document)?;
    r.push_sql(")::jsonb AS _d) AS _j)");
    Ok(())
}
