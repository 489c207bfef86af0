//! CREATE TABLE, the definition of a column, and comments.

use std::borrow::Cow;

use super::super::{Dialect, FunctionForm, SqlWriter};
use super::{constraint, index, push_expression};
use crate::ast::Function;
use crate::error::Result;
use crate::schema::{Check, CheckCondition, Column, ColumnDefault, ColumnType, Index, QualifiedName, Table};
use crate::value::{SqlType, Value};

/// The statements that create a table, its indexes and its comments.
pub(super) fn create(table: &Table, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let capabilities = dialect.capabilities();
    let mut w = SqlWriter::new(dialect);
    w.push_sql("CREATE TABLE ");
    w.push_qualified(table.name.schema.as_deref(), &table.name.name)?;
    w.push_sql(" (");
    let mut key_is_declared = false;
    for (i, column) in table.columns.iter().enumerate() {
        if i > 0 {
            w.push_sql(", ");
        }
        dialect.push_column(&mut w, column)?;
        key_is_declared |= column.auto_increment && dialect.auto_increment_is_key();
    }
    for index in table.indexes.iter().filter(|index| index::needs_live_column(index, dialect)) {
        w.push_sql(", ");
        index::push_live_column(&mut w, index)?;
    }
    if let (Some(key), false) = (&table.primary_key, key_is_declared) {
        w.push_sql(", ");
        constraint::push_primary_key(&mut w, key)?;
    }
    let is_inline = |index: &Index| index.constraint || dialect.indexes_in_create_table();
    for index in table.indexes.iter().filter(|index| is_inline(index)) {
        w.push_sql(", ");
        index::push_inline(&mut w, index)?;
    }
    if capabilities.checks {
        for check in table.checks.iter().filter(|check| !follows_from_type(table, check, dialect)) {
            w.push_sql(", ");
            constraint::push_check(&mut w, check)?;
        }
    }
    for key in &table.foreign_keys {
        w.push_sql(", ");
        constraint::push_foreign_key(&mut w, &table.name, key)?;
    }
    w.push_sql(")");
    w.push_sql(table.options.as_deref().unwrap_or(dialect.table_options()));
    let has_comment = !table.comment.is_empty();
    let is_written = has_comment && dialect.push_table_comment(&mut w, &table.comment)?;
    let mut statements = vec![w.finish().sql];
    for index in table.indexes.iter().filter(|index| !is_inline(index)) {
        statements.push(index::create_statement(&table.name, index, dialect)?);
    }
    if has_comment && !is_written {
        statements.append(&mut dialect.comment_on_table(&table.name, &table.comment)?);
    }
    for column in &table.columns {
        statements.append(&mut comment_after(&table.name, column, dialect)?);
    }
    Ok(statements)
}

/// Whether a column's type says the same as a check of its table: the labels of an enum, the range of an integer. Such a
/// check is not written.
pub fn follows_from_type(table: &Table, check: &Check, dialect: &dyn Dialect) -> bool {
    match &check.condition {
        CheckCondition::Labels { column, .. } => table.column(column).is_some_and(|c| dialect.type_checks_labels(c)),
        CheckCondition::Range { ty, .. } => dialect.checked_range(*ty).is_none(),
        CheckCondition::Sql(_) | CheckCondition::OneKey { .. } => false,
    }
}

/// Appends the definition of a column: name, type, generation, NOT NULL, key, default, comment.
///
/// # Errors
/// As [`render`](super::render).
pub fn push_column(w: &mut SqlWriter<'_>, column: &Column) -> Result<()> {
    let dialect = w.dialect();
    w.push_ident(&column.name)?;
    w.push_sql(" ");
    w.push_sql(&type_name(column, dialect)?);
    if let Some(collation) = &column.collation {
        w.push_sql(" COLLATE ");
        w.push_ident(collation)?;
    }
    if let Some(generated) = &column.generated {
        dialect.check_expression(&generated.sql)?;
        dialect.push_generated(w, generated)?;
    }
    if column.auto_increment && dialect.auto_increment_is_key() {
        w.push_sql(" PRIMARY KEY");
    } else if !column.nullable && column.generated.is_none() {
        w.push_sql(" NOT NULL");
    }
    if column.auto_increment {
        w.push_sql(" ");
        w.push_sql(dialect.auto_increment());
    }
    if let Some(default) = &column.default {
        w.push_sql(" DEFAULT ");
        push_default(w, column, default)?;
    }
    if let Some(extra) = &column.extra {
        w.push_sql(" ");
        w.push_sql(extra);
    }
    if !column.comment.is_empty() {
        dialect.push_column_comment(w, &column.comment)?;
    }
    Ok(())
}

/// The type of a column, as it is written.
pub(super) fn type_name<'c>(column: &'c Column, dialect: &dyn Dialect) -> Result<Cow<'c, str>> {
    match &column.type_name {
        Some(name) => Ok(name.into()),
        None => dialect.column_type(column),
    }
}

/// Appends the default of a column, without the word DEFAULT.
///
/// # Errors
/// As [`render`](super::render).
pub fn push_default(w: &mut SqlWriter<'_>, column: &Column, default: &ColumnDefault) -> Result<()> {
    let dialect = w.dialect();
    let is_constant = matches!(default, ColumnDefault::Value(_));
    let in_parentheses = !is_constant || dialect.literal_default_in_parentheses(&type_name(column, dialect)?);
    if in_parentheses {
        w.push_sql("(");
    }
    match default {
        // A catalog's constants are text; as a text, TRUE would stay one in SQLite.
        ColumnDefault::Value(Value::Text(text)) if is_bare(text, column) => w.push_sql(text),
        ColumnDefault::Value(value) => w.push_literal(value)?,
        // In the form of the instants that are written, so that they compare.
        ColumnDefault::Now => w.push_sql(match dialect.function(Function::Now) {
            Some(FunctionForm::Text(now)) => now,
            _ => "CURRENT_TIMESTAMP",
        }),
        ColumnDefault::Sql(sql) => match current(dialect, column, sql) {
            Some(current) => w.push_sql(current),
            None => push_expression(w, sql)?,
        },
    }
    if in_parentheses {
        w.push_sql(")");
    }
    Ok(())
}

/// Whether the text of a constant is a number or a truth value of a column of such a type.
fn is_bare(text: &str, column: &Column) -> bool {
    let ColumnType::Plain(ty) = column.ty else { return false };
    let is_number = ty.is_integer() || matches!(ty, SqlType::F32 | SqlType::F64 | SqlType::Decimal);
    let digits = text.strip_prefix('-').unwrap_or(text);
    match text {
        "true" | "false" => ty == SqlType::Bool,
        _ if is_number || ty == SqlType::Bool => {
            digits.starts_with(|c: char| c.is_ascii_digit())
                && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
                && text.parse::<f64>().is_ok()
        }
        _ => false,
    }
}

/// The current time in the form that the column's values have, where the database writes it otherwise.
fn current(dialect: &dyn Dialect, column: &Column, sql: &str) -> Option<&'static str> {
    let ColumnType::Plain(ty) = column.ty else { return None };
    let is = |name: &str| sql.trim().eq_ignore_ascii_case(name);
    (is("CURRENT_TIMESTAMP") || is("CURRENT_TIME")).then(|| dialect.current(ty)).flatten()
}

/// The statements that set the comment of a column after its definition, where it cannot be a part of that.
pub(super) fn comment_after(table: &QualifiedName, column: &Column, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let is_part =
        column.comment.is_empty() || dialect.push_column_comment(&mut SqlWriter::new(dialect), &column.comment)?;
    if is_part { Ok(Vec::new()) } else { dialect.comment_on_column(table, column) }
}

/// `COMMENT ON TABLE table IS ..`: not of the standard, but of several databases.
///
/// # Errors
/// For names and text that cannot be written.
pub fn comment_on_table(table: &QualifiedName, comment: &str, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut w = SqlWriter::new(dialect);
    w.push_sql("COMMENT ON TABLE ");
    w.push_qualified(table.schema.as_deref(), &table.name)?;
    w.push_sql(" IS ");
    w.push_text_literal(comment)?;
    Ok(vec![w.finish().sql])
}

/// `COMMENT ON COLUMN table.column IS ..`.
///
/// # Errors
/// As [`comment_on_table`].
pub fn comment_on_column(table: &QualifiedName, column: &Column, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut w = SqlWriter::new(dialect);
    w.push_sql("COMMENT ON COLUMN ");
    w.push_qualified(table.schema.as_deref(), &table.name)?;
    w.push_sql(".");
    w.push_ident(&column.name)?;
    w.push_sql(" IS ");
    w.push_text_literal(&column.comment)?;
    Ok(vec![w.finish().sql])
}
