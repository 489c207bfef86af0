//! Values inside JSON documents in the SQL of MySQL and MariaDB: MySQL manual, 14.17.

use orm_core::ast::{Expr, JsonChange, JsonEdit, JsonStep};
use orm_core::dialect::{DATE_PATTERN, JsonValue, Renderer, standard};
use orm_core::{Result, SqlType, Value};

/// A part of a document, as a document.
pub(crate) fn push_part(r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep]) -> Result<()> {
    r.push_sql("JSON_EXTRACT(");
    r.expr(document)?;
    r.push_sql(", ");
    r.push_bind(Value::Text(standard::json_path(path, true).into()))?;
    r.push_sql(")");
    Ok(())
}

/// A value inside a document as a type: NULL where it is of another. What is converted is tested before: in a write, a
/// conversion that fails would fail the statement. Numbers are compared as floats first, since a number that is too large
/// for a decimal is cut or fails the statement.
pub(crate) fn push_typed(r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], ty: SqlType) -> Result<()> {
    let text = |r: &mut Renderer<'_>, before: &str| -> Result<()> {
        r.push_sql(before);
        r.push_sql("JSON_UNQUOTE(");
        push_part(r, document, path)?;
        r.push_sql(")");
        Ok(())
    };
    let read = JsonValue::of(r.dialect(), ty)?;
    r.push_sql("CASE WHEN JSON_TYPE(");
    push_part(r, document, path)?;
    r.push_sql(match read {
        JsonValue::Bool => ") = 'BOOLEAN' THEN ",
        JsonValue::Integer(..) | JsonValue::Float(..) | JsonValue::Decimal => {
            ") IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN "
        }
        JsonValue::Text | JsonValue::Label(_) | JsonValue::Date => ") = 'STRING' THEN ",
    });
    match read {
        JsonValue::Text => text(r, "")?,
        JsonValue::Bool => {
            text(r, "")?;
            r.push_sql(" = 'true'");
        }
        JsonValue::Decimal => {
            text(r, "CASE WHEN ABS(")?;
            text(r, " + 0e0) < 1e30 THEN CAST(")?;
            r.push_sql(" AS DECIMAL(65,30)) END");
        }
        JsonValue::Integer(min, max) => {
            let exact = |r: &mut Renderer<'_>, before: &str| -> Result<()> {
                r.push_sql(before);
                text(r, "CAST(")?;
                r.push_sql(" AS DECIMAL(65,30))");
                Ok(())
            };
            text(r, "CASE WHEN ABS(")?;
            text(r, " + 0e0) < 1e20 AND ")?;
            text(r, " + 0e0 = FLOOR(")?;
            exact(r, " + 0e0) THEN CASE WHEN ")?;
            r.push_sql(" BETWEEN ");
            r.push_sql(min);
            r.push_sql(" AND ");
            r.push_sql(max);
            exact(r, " AND ")?;
            exact(r, " = FLOOR(")?;
            exact(r, ") THEN CAST(")?;
            r.push_sql(" AS ");
            let name = r.dialect().cast_type(ty)?;
            r.push_sql(&name);
            r.push_sql(") END END");
        }
        JsonValue::Float(min, max) => {
            text(r, "CASE WHEN ")?;
            text(r, " + 0e0 = 0 OR ABS(")?;
            r.push_sql(" + 0e0) BETWEEN ");
            r.push_sql(min);
            r.push_sql(" AND ");
            r.push_sql(max);
            text(r, " THEN ")?;
            r.push_sql(" + 0e0 END");
        }
        JsonValue::Label(def) => {
            text(r, "CASE WHEN ")?;
            r.push_sql(" IN ");
            standard::labels(r, def)?;
            text(r, " THEN ")?;
            r.push_sql(" END");
        }
        JsonValue::Date => {
            // Days that the month does not have are those of the next month.
            let day = |r: &mut Renderer<'_>, before: &str| -> Result<()> {
                r.push_sql(before);
                text(r, "CAST(CONCAT(LEFT(")?;
                text(r, ", 8), '01') AS DATE) + INTERVAL (RIGHT(")?;
                r.push_sql(", 2) - 1) DAY");
                Ok(())
            };
            text(r, "CASE WHEN ")?;
            r.push_sql(" REGEXP '");
            r.push_sql(DATE_PATTERN);
            day(r, "' THEN CASE WHEN DATE_FORMAT(")?;
            text(r, ", '%Y-%m-%d') = ")?;
            day(r, " THEN ")?;
            r.push_sql(" END END");
        }
    }
    r.push_sql(" END");
    Ok(())
}

/// A document with a change at one place. Nothing happens where a step leads nowhere, but an index takes what is no array for
/// one of one element, and MariaDB makes NULL of a document that it cannot append to: then the way is looked at before.
pub(crate) fn push_change(r: &mut Renderer<'_>, change: &JsonChange, mariadb: bool) -> Result<()> {
    let indexed = change.path.iter().any(|step| matches!(step, JsonStep::Index(_)));
    let guarded = indexed || matches!(change.edit, JsonEdit::Append(_) | JsonEdit::Prepend(_));
    if !guarded {
        return push_edit(r, change, mariadb);
    }
    r.push_sql("CASE WHEN ");
    for (i, condition) in change.conditions().into_iter().enumerate() {
        r.push_sql(if i > 0 { " AND " } else { "" });
        let kind = if condition.array { "'ARRAY'" } else { "'OBJECT'" };
        r.push_sql(if condition.may_be_missing { "COALESCE(JSON_TYPE(" } else { "JSON_TYPE(" });
        push_part(r, &change.document, condition.at)?;
        if condition.may_be_missing {
            r.push_sql("), ");
            r.push_sql(kind);
        }
        r.push_sql(") = ");
        r.push_sql(kind);
    }
    r.push_sql(" THEN ");
    push_edit(r, change, mariadb)?;
    r.push_sql(" ELSE ");
    r.expr(&change.document)?;
    r.push_sql(" END");
    Ok(())
}

fn push_edit(r: &mut Renderer<'_>, change: &JsonChange, mariadb: bool) -> Result<()> {
    let JsonChange { document, path, edit } = change;
    let place = |r: &mut Renderer<'_>, at: String| {
        r.push_sql(", ");
        r.push_bind(Value::Text(at.into()))
    };
    let at = standard::json_path(path, true);
    let (name, at, value) = match edit {
        JsonEdit::Remove => {
            r.push_sql("JSON_REMOVE(");
            r.expr(document)?;
            place(r, at)?;
            r.push_sql(")");
            return Ok(());
        }
        JsonEdit::Set(value) => ("JSON_SET(", at, value),
        JsonEdit::Append(value) => ("JSON_ARRAY_APPEND(", at, value),
        JsonEdit::Prepend(value) => ("JSON_ARRAY_INSERT(", format!("{at}[0]"), value),
    };
    r.push_sql(name);
    let made: Vec<(&[JsonStep], bool)> = change.made_on_the_way().collect();
    r.push_sql(if made.is_empty() { "" } else { "JSON_INSERT(" });
    r.push_sql("COALESCE(");
    r.expr(document)?;
    r.push_sql(if change.starts_with_array() { ", JSON_ARRAY())" } else { ", JSON_OBJECT())" });
    for (at, array) in &made {
        place(r, standard::json_path(at, true))?;
        r.push_sql(if *array { ", JSON_ARRAY()" } else { ", JSON_OBJECT()" });
    }
    r.push_sql(if made.is_empty() { "" } else { ")" });
    place(r, at)?;
    // A text would become a string. MariaDB has no type of documents to cast to, but a function that gives one.
    r.push_sql(if mariadb { ", JSON_EXTRACT(" } else { ", CAST(" });
    r.push_bind(value.clone())?;
    r.push_sql(if mariadb { ", '$'))" } else { " AS JSON))" });
    Ok(())
}
