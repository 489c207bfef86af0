//! The clauses as the SQL standard writes them, and other forms that several databases share. They are the defaults of
//! [`Dialect`](super::Dialect)'s methods, and for dialects to call: a dialect that differs in one case handles that case
//! and calls the standard form for the others.

use super::clause::{Like, Limits, NewRows, OrderKey, Returned, Tail, Write};
use super::render::{Renderer, RowLock, operator, unnests};
use super::{FunctionForm, Level, unsupported};
use crate::ast::{
    Aggregate, BinaryOp, Conflict, ConflictAction, Delete, Expr, Function, InList, Insert, JsonStep, LikeKind,
    ListItems, LockWait, NullsOrder, Returning, Update, Window,
};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{EnumDef, SqlType, Value};

/// `SELECT`, `SELECT DISTINCT`.
pub fn select(r: &mut Renderer<'_>, distinct: bool) {
    r.push_sql(if distinct { "SELECT DISTINCT " } else { "SELECT " });
}

/// ORDER BY, then the limits.
///
/// # Errors
/// Those of the keys.
pub fn tail(r: &mut Renderer<'_>, tail: &Tail<'_>) -> Result<()> {
    r.order(tail)?;
    if tail.limits.are_none() {
        return Ok(());
    }
    let dialect = r.dialect();
    dialect.push_limits(r, tail.limits)
}

/// `LIMIT n OFFSET m`, each on its own: not the standard's form, but that of most databases.
///
/// # Errors
/// When the offset cannot be bound.
pub fn limits(r: &mut Renderer<'_>, limits: Limits) -> Result<()> {
    if let Some(limit) = limits.limit {
        r.push_sql(" LIMIT ");
        r.push_number(limit);
    }
    if let Some(offset) = limits.offset_value() {
        r.push_sql(" OFFSET ");
        r.push_bind(offset)?;
    }
    Ok(())
}

/// `LIMIT n OFFSET m` where an offset needs a limit: the number `all` stands for none.
///
/// # Errors
/// As [`limits`].
pub fn limits_with_offset_after_limit(r: &mut Renderer<'_>, these: Limits, all: &str) -> Result<()> {
    if these.limit.is_none() {
        r.push_sql(" LIMIT ");
        r.push_sql(all);
    }
    limits(r, these)
}

/// One key of an order with `NULLS FIRST` or `NULLS LAST`.
///
/// # Errors
/// Those of the key.
pub fn order_key(r: &mut Renderer<'_>, key: &OrderKey<'_>) -> Result<()> {
    r.order_expr(key)?;
    if key.descending {
        r.push_sql(" DESC");
    }
    r.push_sql(match key.nulls {
        None => "",
        Some(NullsOrder::First) => " NULLS FIRST",
        Some(NullsOrder::Last) => " NULLS LAST",
    });
    Ok(())
}

/// One key of an order after the condition that it is NULL, for databases that sort conditions but do not have
/// `NULLS FIRST`.
///
/// # Errors
/// Those of the key.
pub fn order_key_by_null_test(r: &mut Renderer<'_>, key: &OrderKey<'_>) -> Result<()> {
    if let Some(nulls) = key.nulls {
        r.order_null_operand(key)?;
        // FALSE sorts before TRUE.
        r.push_sql(if nulls == NullsOrder::First { " IS NULL DESC, " } else { " IS NULL, " });
    }
    r.order_expr(key)?;
    if key.descending {
        r.push_sql(" DESC");
    }
    Ok(())
}

/// A row lock after a query, with `strength` such as ` FOR UPDATE`. Without `of`, the database cannot name the tables.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for tables, `NOWAIT` or `SKIP LOCKED` that the database does not have.
pub fn row_lock(r: &mut Renderer<'_>, lock: &RowLock, strength: &str, of: bool) -> Result<()> {
    let has = r.dialect().capabilities();
    r.push_sql(strength);
    if of {
        r.locked_tables(lock)?;
    } else if lock.names_tables {
        return Err(unsupported(r.dialect(), "OF after a row lock"));
    }
    match lock.wait {
        LockWait::Wait => {}
        LockWait::NoWait if has.nowait => r.push_sql(" NOWAIT"),
        LockWait::NoWait => return Err(unsupported(r.dialect(), "NOWAIT")),
        LockWait::SkipLocked if has.skip_locked => r.push_sql(" SKIP LOCKED"),
        LockWait::SkipLocked => return Err(unsupported(r.dialect(), "SKIP LOCKED")),
    }
    Ok(())
}

/// Two operands and the operator between them.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for operators of arrays where there are none; those of the operands.
pub fn binary(r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
    let (text, level) = operator(op);
    let arrays = matches!(op, BinaryOp::Contains | BinaryOp::ContainedBy | BinaryOp::Overlaps);
    if matches!(op, BinaryOp::IsDistinct | BinaryOp::IsNotDistinct) {
        return null_safe(r, " IS NOT DISTINCT FROM ", op, left, right);
    }
    if arrays && !r.dialect().capabilities().arrays {
        return Err(unsupported(r.dialect(), format_args!("operator {}", text.trim())));
    }
    // Operators of equal precedence group to the left; comparisons do not chain at all.
    let left_level = if matches!(level, Level::Compare | Level::Bits) { level.tighter() } else { level };
    if level != Level::Compare && !arrays {
        r.operand(left, left_level)?;
        r.push_sql(text);
        return r.operand(right, level.tighter());
    }
    r.compared(left, right, left_level)?;
    r.push_sql(text);
    r.compared(right, left, level.tighter())
}

/// Whether two values are equal where NULL equals NULL, or `NOT (..)` of that, with the database's operator for it.
///
/// # Errors
/// Those of the operands.
pub fn null_safe(r: &mut Renderer<'_>, equals: &str, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
    let negated = op == BinaryOp::IsDistinct;
    r.push_sql(if negated { "NOT (" } else { "" });
    r.compared(left, right, Level::Compare.tighter())?;
    r.push_sql(equals);
    r.compared(right, left, Level::Compare.tighter())?;
    r.push_sql(if negated { ")" } else { "" });
    Ok(())
}

/// `x IN (..)`, of values, expressions or a sub-query; the list is not empty.
///
/// # Errors
/// Those of the operands.
pub fn in_list(r: &mut Renderer<'_>, list: &InList) -> Result<()> {
    if let (Expr::Row(columns), ListItems::Rows(rows)) = (&list.expr, &list.items) {
        return r.row_list(columns, rows, list.negated);
    }
    r.operand(&list.expr, Level::Compare.tighter())?;
    if let ListItems::Values(ty, values) = &list.items {
        return r.value_list(&list.expr, *ty, values, list.negated);
    }
    r.push_sql(if list.negated { " NOT IN (" } else { " IN (" });
    match &list.items {
        ListItems::Select(select) => r.sub_query(select)?,
        ListItems::Exprs(items) => {
            r.do_not_cache();
            r.list(items)?;
        }
        ListItems::Values(..) | ListItems::Rows(_) => {}
    }
    r.push_sql(")");
    Ok(())
}

/// ` IN (..)` with one bind per value. The last value is repeated up to a power of two, so that there are few statement
/// texts.
///
/// # Errors
/// When a value cannot be bound.
pub fn value_list(r: &mut Renderer<'_>, values: &[Value], negated: bool) -> Result<()> {
    r.push_sql(if negated { " NOT IN (" } else { " IN (" });
    let room = r.dialect().capabilities().max_binds.saturating_sub(r.bind_count());
    let padded = values.len().next_power_of_two().min(room.max(values.len()));
    let last = values.len().saturating_sub(1);
    for i in 0..padded {
        if i > 0 {
            r.push_sql(", ");
        }
        r.push_bind(values[i.min(last)].clone())?;
    }
    r.push_sql(")");
    Ok(())
}

/// `(columns) IN (..)` and rows of values, each in parentheses, after `open`. The last row is repeated up to a power of two,
/// so that there are few statement texts.
///
/// # Errors
/// Those of the columns; when a value cannot be bound.
pub fn row_list(
    r: &mut Renderer<'_>,
    columns: &[Expr],
    open: &'static str,
    rows: &[Vec<Value>],
    negated: bool,
) -> Result<()> {
    row(r, columns, negated)?;
    r.push_sql("(");
    r.push_sql(open);
    let width = rows.first().map_or(1, Vec::len).max(1);
    let room = r.dialect().capabilities().max_binds.saturating_sub(r.bind_count()) / width;
    let padded = rows.len().next_power_of_two().min(room.max(rows.len()));
    let last = rows.len().saturating_sub(1);
    for i in 0..padded {
        r.push_sql(if i > 0 { ", (" } else { "(" });
        for (place, value) in rows[i.min(last)].iter().enumerate() {
            if place > 0 {
                r.push_sql(", ");
            }
            r.push_bind(value.clone())?;
        }
        r.push_sql(")");
    }
    r.push_sql(")");
    Ok(())
}

/// `(columns) IN `, or `NOT IN`.
///
/// # Errors
/// Those of the columns.
pub fn row(r: &mut Renderer<'_>, columns: &[Expr], negated: bool) -> Result<()> {
    r.push_sql("(");
    r.list(columns)?;
    r.push_sql(if negated { ") NOT IN " } else { ") IN " });
    Ok(())
}

/// `LIKE`, of lower-case text when letter case is ignored.
///
/// # Errors
/// Those of the operands.
pub fn like(r: &mut Renderer<'_>, like: &Like<'_>) -> Result<()> {
    let operator = if like.negated { " NOT LIKE " } else { " LIKE " };
    if like.ignore_case {
        r.push_sql("LOWER(");
        r.expr(like.expr)?;
        r.push_sql(")");
        r.push_sql(operator);
        r.push_sql("LOWER(");
        pattern(r, like)?;
        r.push_sql(")");
    } else {
        r.operand(like.expr, Level::Sum)?;
        r.push_sql(operator);
        pattern(r, like)?;
    }
    escape(r, like)
}

/// The pattern of a text match: as it is, or made of literal text.
///
/// # Errors
/// Those of the pattern.
pub fn pattern(r: &mut Renderer<'_>, like: &Like<'_>) -> Result<()> {
    let dialect = r.dialect();
    match (like.kind, like.pattern) {
        (LikeKind::Pattern, pattern) => r.operand(pattern, Level::Sum),
        (kind, Expr::Value(Value::Text(text))) => {
            r.push_bind(Value::Text(literal_pattern(text, kind, dialect.wildcards()).into()))
        }
        (kind, text) => dialect.push_pattern(r, text, kind),
    }
}

/// ` ESCAPE '!'`.
///
/// # Errors
/// None; the signature is that of what it calls.
pub fn escape(r: &mut Renderer<'_>, like: &Like<'_>) -> Result<()> {
    r.push_sql(" ESCAPE ");
    r.push_text_literal(like.escape())
}

/// A text as a pattern that matches just it: wildcards and the escape character `!` are escaped.
fn literal_pattern(text: &str, kind: LikeKind, wildcards: &[char]) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if kind != LikeKind::StartsWith {
        pattern.push('%');
    }
    for c in text.chars() {
        if c == '!' || wildcards.contains(&c) {
            pattern.push('!');
        }
        pattern.push(c);
    }
    if kind != LikeKind::EndsWith {
        pattern.push('%');
    }
    pattern
}

/// The pattern that matches the literal text which an expression gives, joined with `||`.
///
/// # Errors
/// Those of the expression.
pub fn pattern_of(r: &mut Renderer<'_>, text: &Expr, kind: LikeKind) -> Result<()> {
    r.push_sql(if kind == LikeKind::StartsWith { "(" } else { "('%' || " });
    escaped(r, text)?;
    r.push_sql(if kind == LikeKind::EndsWith { ")" } else { " || '%')" });
    Ok(())
}

/// The text which an expression gives, with the escape character and the dialect's wildcards escaped by `REPLACE`.
///
/// # Errors
/// Those of the expression.
pub fn escaped(r: &mut Renderer<'_>, text: &Expr) -> Result<()> {
    let wildcards = r.dialect().wildcards();
    for _ in 0..=wildcards.len() {
        r.push_sql("REPLACE(");
    }
    r.expr(text)?;
    for wildcard in std::iter::once(&'!').chain(wildcards) {
        r.push_sql(&format!(", '{wildcard}', '!{wildcard}')"));
    }
    Ok(())
}

/// A function in the form that the dialect has for it, else in its standard form.
///
/// # Errors
/// Those of the arguments.
pub fn function(r: &mut Renderer<'_>, function: Function, arguments: &[Expr]) -> Result<()> {
    if let (Function::Coalesce, [only]) = (function, arguments) {
        return r.operand(only, Level::Always);
    }
    if matches!(function, Function::ArrayConcat | Function::ArrayRemove) && !r.dialect().capabilities().arrays {
        return Err(unsupported(r.dialect(), "arrays"));
    }
    let form = r.dialect().function(function).unwrap_or_else(|| function_form(function));
    r.function_form(form, function, arguments)
}

fn function_form(function: Function) -> FunctionForm {
    FunctionForm::Call(match function {
        Function::Lower => "LOWER",
        Function::Upper => "UPPER",
        Function::Trim => "TRIM",
        Function::Length => "LENGTH",
        Function::Abs => "ABS",
        Function::Round => "ROUND",
        Function::Ceil => "CEIL",
        Function::Floor => "FLOOR",
        Function::Coalesce => "COALESCE",
        Function::NullIf => "NULLIF",
        Function::Substring => "SUBSTR",
        Function::Replace => "REPLACE",
        Function::Concat => return FunctionForm::Operator("||"),
        Function::Greatest => "GREATEST",
        Function::Least => "LEAST",
        Function::Now => return FunctionForm::Text("CURRENT_TIMESTAMP"),
        Function::CurrentDate => return FunctionForm::Text("CURRENT_DATE"),
        Function::Random => "RANDOM",
        Function::Year => return FunctionForm::Around("EXTRACT(YEAR FROM ", ", ", ")"),
        Function::Month => return FunctionForm::Around("EXTRACT(MONTH FROM ", ", ", ")"),
        Function::Day => return FunctionForm::Around("EXTRACT(DAY FROM ", ", ", ")"),
        Function::IntegerDivide | Function::Divide => return FunctionForm::Operator("/"),
        Function::Remainder | Function::FloatRemainder => "MOD",
        Function::Date => return FunctionForm::Around("CAST(", ", ", " AS DATE)"),
        Function::ArrayConcat => "ARRAY_CAT",
        Function::ArrayRemove => "ARRAY_REMOVE",
    })
}

/// An aggregate, with `FILTER (WHERE ..)` for those of some rows.
///
/// # Errors
/// Those of its parts.
pub fn aggregate(r: &mut Renderer<'_>, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
    aggregate_start(r, aggregate);
    aggregated(r, aggregate)?;
    r.push_sql(")");
    if let Some(filter) = &aggregate.filter {
        r.push_sql(" FILTER (WHERE ");
        r.condition(filter, Level::Loosest)?;
        r.push_sql(")");
    }
    over(r, window)
}

/// An aggregate, with `CASE WHEN .. END` as the argument of those of some rows.
///
/// # Errors
/// Those of its parts.
pub fn aggregate_by_case(r: &mut Renderer<'_>, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
    aggregate_start(r, aggregate);
    aggregate_cases(r, aggregate)?;
    r.push_sql(")");
    over(r, window)
}

fn aggregate_start(r: &mut Renderer<'_>, aggregate: &Aggregate) {
    r.push_sql(aggregate.function);
    r.push_sql(if aggregate.distinct { "(DISTINCT " } else { "(" });
}

/// The argument of an aggregate: NULL for rows that do not count.
///
/// # Errors
/// Those of its parts.
pub fn aggregate_cases(r: &mut Renderer<'_>, aggregate: &Aggregate) -> Result<()> {
    let Some(filter) = &aggregate.filter else { return aggregated(r, aggregate) };
    r.push_sql("CASE WHEN ");
    r.condition(filter, Level::Loosest)?;
    r.push_sql(" THEN ");
    match &aggregate.argument {
        Some(argument) => r.expr(argument)?,
        None => r.push_sql("1"),
    }
    r.push_sql(" END");
    Ok(())
}

fn aggregated(r: &mut Renderer<'_>, aggregate: &Aggregate) -> Result<()> {
    match &aggregate.argument {
        Some(argument) => r.expr(argument),
        None => {
            r.push_sql("*");
            Ok(())
        }
    }
}

fn over(r: &mut Renderer<'_>, window: Option<&Window>) -> Result<()> {
    window.map_or(Ok(()), |window| r.over(window))
}

/// `CAST(x AS type)`.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for types that the database cannot convert to; those of the operand.
pub fn cast(r: &mut Renderer<'_>, inner: &Expr, ty: SqlType) -> Result<()> {
    let name = r.dialect().cast_type(ty)?;
    r.push_sql("CAST(");
    r.expr(inner)?;
    r.push_sql(" AS ");
    r.push_sql(&name);
    r.push_sql(")");
    Ok(())
}

/// The labels of an enum as a list in parentheses, bound.
///
/// # Errors
/// For labels that the database cannot store.
pub fn labels(r: &mut Renderer<'_>, def: &EnumDef) -> Result<()> {
    r.push_sql("(");
    for (i, label) in def.labels.iter().enumerate() {
        r.push_sql(if i > 0 { ", " } else { "" });
        r.push_bind(Value::Text((*label).into()))?;
    }
    r.push_sql(")");
    Ok(())
}

/// A path into a JSON document: `$."key"[0]`, with quotes and backslashes escaped as in JSON text, control characters only
/// when `escapes_control` says so.
pub fn json_path(path: &[JsonStep], escapes_control: bool) -> String {
    let mut text = String::from("$");
    for step in path {
        match step {
            JsonStep::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
            JsonStep::Key(key) => {
                text.push_str(".\"");
                for c in key.chars() {
                    if escapes_control && c < ' ' {
                        push_control(&mut text, c);
                        continue;
                    }
                    if matches!(c, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(c);
                }
                text.push('"');
            }
        }
    }
    text
}

/// A control character as documents have it that the ORM wrote: MariaDB compares keys as they are escaped.
fn push_control(text: &mut String, c: char) {
    match c {
        '\u{8}' => text.push_str("\\b"),
        '\t' => text.push_str("\\t"),
        '\n' => text.push_str("\\n"),
        '\u{c}' => text.push_str("\\f"),
        '\r' => text.push_str("\\r"),
        c => text.push_str(&format!("\\u{:04x}", u32::from(c))),
    }
}

/// Integers and text as a JSON array; `None` as for [`push_json_value`].
pub fn json_array(values: &[Value]) -> Option<String> {
    let mut json = String::with_capacity(2 + values.len() * 8);
    json.push('[');
    push_json_items(&mut json, values, push_json_value)?;
    json.push(']');
    Some(json)
}

/// Appends one item after another to a JSON document, with commas between them.
pub fn push_json_items<T>(
    json: &mut String,
    items: impl IntoIterator<Item = T>,
    push: impl Fn(&mut String, T) -> Option<()>,
) -> Option<()> {
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            json.push(',');
        }
        push(json, item)?;
    }
    Some(())
}

/// Appends an integer or text to a JSON document; `None` for a value of another type and for text with a NUL.
pub fn push_json_value(json: &mut String, value: &Value) -> Option<()> {
    use std::fmt::Write;
    match value {
        Value::I16(v) => write!(json, "{v}").ok(),
        Value::I32(v) => write!(json, "{v}").ok(),
        Value::I64(v) => write!(json, "{v}").ok(),
        Value::Text(text) => {
            json.push('"');
            for c in text.chars() {
                match c {
                    '\0' => return None,
                    '"' | '\\' => {
                        json.push('\\');
                        json.push(c);
                    }
                    c if u32::from(c) < 0x20 => write!(json, "\\u{:04x}", u32::from(c)).ok()?,
                    c => json.push(c),
                }
            }
            json.push('"');
            Some(())
        }
        _ => None,
    }
}

/// `(text COLLATE "name")`.
///
/// # Errors
/// Those of the text; for names that cannot be quoted.
pub fn collate(r: &mut Renderer<'_>, text: &Expr, name: &str) -> Result<()> {
    r.push_sql("(");
    r.operand(text, Level::Atom)?;
    r.push_sql(" COLLATE ");
    r.push_ident(name)?;
    r.push_sql(")");
    Ok(())
}

/// `(condition) IS NOT TRUE`: false or NULL.
///
/// # Errors
/// Those of the condition.
pub fn is_not_true(r: &mut Renderer<'_>, condition: &Expr) -> Result<()> {
    r.push_sql("(");
    r.condition(condition, Level::Loosest)?;
    r.push_sql(") IS NOT TRUE");
    Ok(())
}

/// `INSERT INTO table (columns) VALUES .. ON CONFLICT .. RETURNING ..`.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for what the dialect does not have; [`ErrorKind::Encode`] for values that the database cannot
/// store.
pub fn insert(r: &mut Renderer<'_>, insert: &Insert, rows: NewRows) -> Result<()> {
    let dialect = r.dialect();
    r.push_sql("INSERT INTO ");
    r.push_table(insert.model.table)?;
    r.push_sql(" ");
    if insert.columns.is_empty() {
        r.push_sql(dialect.default_row());
    } else if insert.rows > 1 && unnests(dialect, &insert.columns) {
        r.unnested_rows(insert, rows)?;
    } else {
        r.push_sql("(");
        r.names(&insert.columns)?;
        r.push_sql(") VALUES ");
        r.rows(insert, rows)?;
    }
    if let Some(conflict) = &insert.conflict {
        dialect.push_conflict(r, insert, conflict)?;
    }
    let returned = Returned { write: Write::Insert, model: insert.model, columns: &insert.returning };
    returning(r, &returned)
}

/// `ON CONFLICT (columns) DO ..`.
///
/// # Errors
/// [`ErrorKind::InvalidStatement`] for an update without columns whose conflict is meant; those of its parts.
pub fn on_conflict(r: &mut Renderer<'_>, insert: &Insert, conflict: &Conflict) -> Result<()> {
    r.push_sql(" ON CONFLICT");
    if !conflict.target.is_empty() {
        r.push_sql(" (");
        r.names(&conflict.target)?;
        r.push_sql(")");
        if let Some(filter) = &conflict.target_filter {
            r.push_sql(" WHERE ");
            // An index is found before there are values, so the condition holds them itself.
            r.with_constants(|r| r.condition(filter, Level::Loosest))?;
        }
    }
    match &conflict.action {
        ConflictAction::Nothing => r.push_sql(" DO NOTHING"),
        ConflictAction::Update(_) if conflict.target.is_empty() => {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "an upsert needs the unique columns whose conflict is meant",
            )
            .with_model(insert.model.name));
        }
        ConflictAction::Update(set) => {
            r.push_sql(" DO UPDATE SET ");
            r.assignments(set)?;
        }
    }
    Ok(())
}

/// `UPDATE table SET .. WHERE .. RETURNING ..`.
///
/// # Errors
/// As [`insert`].
pub fn update(r: &mut Renderer<'_>, update: &Update) -> Result<()> {
    r.push_sql("UPDATE ");
    r.push_table(update.model.table)?;
    r.push_sql(" SET ");
    r.update_assignments(update)?;
    r.filter(&update.filter)?;
    returning(r, &Returned { write: Write::Update, model: update.model, columns: &update.returning })
}

/// `DELETE FROM table WHERE .. RETURNING ..`.
///
/// # Errors
/// As [`insert`].
pub fn delete(r: &mut Renderer<'_>, delete: &Delete) -> Result<()> {
    r.push_sql("DELETE FROM ");
    r.push_table(delete.model.table)?;
    r.filter(&delete.filter)?;
    returning(r, &Returned { write: Write::Delete, model: delete.model, columns: &delete.returning })
}

/// ` RETURNING columns`; nothing when nothing comes back.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the database does not have it after this statement.
pub fn returning(r: &mut Renderer<'_>, returned: &Returned<'_>) -> Result<()> {
    if matches!(returned.columns, Returning::Nothing) {
        return Ok(());
    }
    let has = r.dialect().capabilities();
    let (has, what) = match returned.write {
        Write::Insert => (has.returning_insert, "INSERT .. RETURNING"),
        Write::Update => (has.returning_update, "UPDATE .. RETURNING"),
        Write::Delete => (has.returning_delete, "DELETE .. RETURNING"),
    };
    if !has {
        return Err(unsupported(r.dialect(), what));
    }
    r.push_sql(" RETURNING ");
    r.returned_columns(returned, "")
}
