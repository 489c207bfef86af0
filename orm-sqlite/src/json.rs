//! Values inside JSON documents in SQLite's SQL: <https://www.sqlite.org/json1.html>.

use orm_core::ast::{Expr, JsonChange, JsonEdit, JsonStep};
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

/// A document with a change at one place. Objects on the way are made by `JSON_SET` itself, and nothing happens where
/// something else is on the way; only what indexes lead through must be looked at, since one past the end does nothing.
pub(crate) fn push_change(r: &mut Renderer<'_>, change: &JsonChange) -> Result<()> {
    let indexed = change.path.iter().any(|step| matches!(step, JsonStep::Index(_)));
    let guarded = indexed || matches!(change.edit, JsonEdit::Prepend(_));
    if !guarded {
        return push_edit(r, change);
    }
    r.push_sql("CASE WHEN ");
    for (i, condition) in change.conditions().into_iter().enumerate() {
        r.push_sql(if i > 0 { " AND " } else { "" });
        let kind = if condition.array { "'array'" } else { "'object'" };
        if condition.may_be_missing {
            r.push_sql("COALESCE(");
            push_type(r, &change.document, condition.at)?;
            r.push_sql(", ");
            r.push_sql(kind);
            r.push_sql(")");
        } else {
            push_type(r, &change.document, condition.at)?;
        }
        r.push_sql(" = ");
        r.push_sql(kind);
    }
    r.push_sql(" THEN ");
    push_edit(r, change)?;
    r.push_sql(" ELSE ");
    r.expr(&change.document)?;
    r.push_sql(" END");
    Ok(())
}

fn push_edit(r: &mut Renderer<'_>, change: &JsonChange) -> Result<()> {
    let JsonChange { document, path, edit } = change;
    let at = standard::json_path(path, false);
    let base = |r: &mut Renderer<'_>| -> Result<()> {
        r.push_sql("COALESCE(");
        r.expr(document)?;
        r.push_sql(if change.starts_with_array() { ", '[]')" } else { ", '{}')" });
        Ok(())
    };
    let place = |r: &mut Renderer<'_>, at: String| {
        r.push_sql(", ");
        r.push_bind(Value::Text(at.into()))
    };
    let value = |r: &mut Renderer<'_>, value: &Value| -> Result<()> {
        r.push_sql(", JSON(");
        r.push_bind(value.clone())?;
        r.push_sql("))");
        Ok(())
    };
    match edit {
        JsonEdit::Remove => {
            r.push_sql("JSON_REMOVE(");
            r.expr(document)?;
            place(r, at)?;
            r.push_sql(")");
            Ok(())
        }
        JsonEdit::Set(new) => {
            let Some((JsonStep::Index(index), array)) = path.split_last() else {
                r.push_sql("JSON_SET(");
                base(r)?;
                place(r, at)?;
                return value(r, new);
            };
            let array = standard::json_path(array, false);
            r.push_sql("CASE WHEN JSON_ARRAY_LENGTH(");
            r.expr(document)?;
            place(r, array.clone())?;
            r.push_sql(") > ");
            r.push_number(u64::from(*index));
            r.push_sql(" THEN JSON_SET(");
            base(r)?;
            place(r, at)?;
            value(r, new)?;
            r.push_sql(" ELSE JSON_INSERT(");
            base(r)?;
            place(r, format!("{array}[#]"))?;
            value(r, new)?;
            r.push_sql(" END");
            Ok(())
        }
        JsonEdit::Append(new) => {
            r.push_sql("JSON_INSERT(JSON_INSERT(");
            base(r)?;
            place(r, at.clone())?;
            r.push_sql(", JSON('[]'))");
            place(r, format!("{at}[#]"))?;
            value(r, new)
        }
        // Nothing inserts before an element: the text of the array is written anew.
        JsonEdit::Prepend(new) => {
            r.push_sql("JSON_SET(");
            base(r)?;
            place(r, at.clone())?;
            r.push_sql(", JSON('[' || JSON(");
            r.push_bind(new.clone())?;
            r.push_sql(") || CASE WHEN JSON_ARRAY_LENGTH(");
            r.expr(document)?;
            place(r, at.clone())?;
            r.push_sql(") > 0 THEN ',' || SUBSTR(JSON_EXTRACT(");
            r.expr(document)?;
            place(r, at)?;
            r.push_sql("), 2) ELSE ']' END))");
            Ok(())
        }
    }
}
