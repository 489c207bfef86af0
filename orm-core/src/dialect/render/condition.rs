//! Conditions with a shape of their own on each database: lists, patterns, regular expressions, upserts' new values.

use super::super::{ListStyle, RegexpStyle, UpsertStyle, for_column, unsupported};
use super::Renderer;
use super::expr::{COMPARE, column_of};
use crate::ast::{Expr, InList, LikeKind, ListItems};
use crate::error::{Error, Result};
use crate::model::ColumnDef;
use crate::value::{SqlType, Value};

/// Lists of up to this many values are bound one by one even where one JSON array could hold them.
const SHORT_LIST: usize = 8;

impl Renderer<'_> {
    pub(super) fn in_list(&mut self, list: &InList) -> Result<()> {
        let negated = list.negated;
        match &list.items {
            ListItems::Values(_, values) if values.is_empty() => {
                self.w.push_sql(if negated { "TRUE" } else { "FALSE" });
                Ok(())
            }
            ListItems::Exprs(items) if items.is_empty() => {
                self.w.push_sql(if negated { "TRUE" } else { "FALSE" });
                Ok(())
            }
            ListItems::Select(select) => {
                let capabilities = self.dialect().capabilities();
                // Databases that refuse LIMIT in such a sub-query, or reading the table being changed, take a derived
                // table instead.
                let changes = self.reads_itself(select.model);
                let limited = select.limit.is_some() || select.offset.is_some();
                let wrap = changes || (limited && !capabilities.limit_in_subquery);
                self.operand(&list.expr, COMPARE + 1)?;
                self.w.push_sql(if negated { " NOT IN (" } else { " IN (" });
                if wrap {
                    self.w.push_sql("SELECT * FROM (");
                }
                self.derived |= changes;
                self.select(select)?;
                self.derived &= !changes;
                if changes && !limited {
                    self.keep_derived(capabilities.limit);
                }
                if wrap {
                    self.w.push_sql(") AS ");
                    self.w.push_ident("_d")?;
                }
                self.w.push_sql(")");
                Ok(())
            }
            ListItems::Exprs(items) => {
                self.w.do_not_cache();
                self.operand(&list.expr, COMPARE + 1)?;
                self.w.push_sql(if negated { " NOT IN (" } else { " IN (" });
                self.list(items)?;
                self.w.push_sql(")");
                Ok(())
            }
            ListItems::Values(ty, values) => {
                self.operand(&list.expr, COMPARE + 1)?;
                match column_of(&list.expr).filter(|column| column.type_name.is_some()) {
                    Some(column) => {
                        let form = |value: &Value| for_column(self.dialect(), column, value.clone());
                        let values: Vec<Value> = values.iter().map(form).collect();
                        let ty = values.first().map_or(*ty, Value::sql_type);
                        self.value_list(ty, &values, negated)
                    }
                    None => self.value_list(*ty, values, negated),
                }
            }
        }
    }

    fn value_list(&mut self, ty: SqlType, values: &[Value], negated: bool) -> Result<()> {
        let style = self.dialect().capabilities().lists;
        if style == ListStyle::Array
            && let Some(element) = element_type(ty)
        {
            self.w.push_sql(if negated { " <> ALL(" } else { " = ANY(" });
            self.w.push_bind(Value::Array(element, values.to_vec()))?;
            self.w.push_sql(")");
            return Ok(());
        }
        if style == ListStyle::Json
            && values.len() > SHORT_LIST
            && let Some(json) = json_array(values)
        {
            self.w.push_sql(if negated {
                " NOT IN (SELECT value FROM json_each("
            } else {
                " IN (SELECT value FROM json_each("
            });
            self.w.push_bind(Value::Text(json.into()))?;
            self.w.push_sql("))");
            return Ok(());
        }
        self.w.push_sql(if negated { " NOT IN (" } else { " IN (" });
        let room = self.dialect().capabilities().max_binds.saturating_sub(self.w.bind_count());
        let padded = values.len().next_power_of_two().min(room.max(values.len()));
        let last = values.len().saturating_sub(1);
        for i in 0..padded {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.w.push_bind(values[i.min(last)].clone())?;
        }
        self.w.push_sql(")");
        Ok(())
    }

    pub(super) fn like(
        &mut self,
        expr: &Expr,
        pattern: &Expr,
        kind: LikeKind,
        ignore_case: bool,
        negated: bool,
    ) -> Result<()> {
        if let Expr::Value(Value::Text(text)) = pattern
            && text.contains('\0')
        {
            // Some databases take it for the end of the pattern.
            return Err(Error::encode("text to search for cannot hold a NUL character"));
        }
        let lower = ignore_case && !self.dialect().capabilities().ilike;
        let operator = match (ignore_case && !lower, negated) {
            (true, false) => " ILIKE ",
            (true, true) => " NOT ILIKE ",
            (false, false) => " LIKE ",
            (false, true) => " NOT LIKE ",
        };
        if lower {
            self.w.push_sql("LOWER(");
            self.expr(expr)?;
            self.w.push_sql(")");
        } else {
            self.operand(expr, COMPARE + 2)?;
        }
        self.w.push_sql(operator);
        if lower {
            self.w.push_sql("LOWER(");
        }
        match (kind, pattern) {
            (LikeKind::Pattern, _) => self.operand(pattern, COMPARE + 2)?,
            (_, Expr::Value(Value::Text(text))) => self.w.push_bind(Value::Text(literal_pattern(text, kind).into()))?,
            _ => self.pattern_in_sql(pattern, kind)?,
        }
        if lower {
            self.w.push_sql(")");
        }
        self.w.push_sql(" ESCAPE ");
        // Some databases have no default escape character, so it is always said.
        self.w.push_text_literal(if kind == LikeKind::Pattern { "\\" } else { "!" })
    }

    /// The literal text of an expression as a pattern, escaped by the database.
    fn pattern_in_sql(&mut self, pattern: &Expr, kind: LikeKind) -> Result<()> {
        let operator = self.dialect().capabilities().concat_operator;
        let (before, after) = (kind != LikeKind::StartsWith, kind != LikeKind::EndsWith);
        self.w.push_sql(match (operator, before) {
            (true, true) => "('%' || ",
            (true, false) => "(",
            (false, true) => "CONCAT('%', ",
            (false, false) => "CONCAT(",
        });
        self.w.push_sql("REPLACE(REPLACE(REPLACE(");
        self.expr(pattern)?;
        self.w.push_sql(", '!', '!!'), '%', '!%'), '_', '!_')");
        self.w.push_sql(match (operator, after) {
            (true, true) => " || '%')",
            (false, true) => ", '%')",
            (_, false) => ")",
        });
        Ok(())
    }

    pub(super) fn regexp(&mut self, expr: &Expr, pattern: &Expr, ignore_case: bool, negated: bool) -> Result<()> {
        match self.dialect().capabilities().regexp {
            RegexpStyle::None => return Err(unsupported(self.dialect(), "regular expressions")),
            RegexpStyle::Tilde => {
                self.operand(expr, COMPARE + 2)?;
                self.w.push_sql(match (ignore_case, negated) {
                    (false, false) => " ~ ",
                    (false, true) => " !~ ",
                    (true, false) => " ~* ",
                    (true, true) => " !~* ",
                });
                self.operand(pattern, COMPARE + 2)?;
            }
            RegexpStyle::RegexpLike => {
                self.w.push_sql(if negated { "NOT REGEXP_LIKE(" } else { "REGEXP_LIKE(" });
                self.expr(expr)?;
                self.w.push_sql(", ");
                self.expr(pattern)?;
                self.w.push_sql(if ignore_case { ", 'i')" } else { ", 'c')" });
            }
            RegexpStyle::Regexp => {
                self.operand(expr, COMPARE + 2)?;
                self.w.push_sql(if negated { " NOT REGEXP " } else { " REGEXP " });
                // Said either way: the column's collation would decide otherwise.
                let flag = if ignore_case { "(?i)" } else { "(?-i)" };
                if let Expr::Value(Value::Text(text)) = pattern {
                    self.w.push_bind(Value::Text(format!("{flag}{text}").into()))?;
                } else {
                    let operator = self.dialect().capabilities().concat_operator;
                    self.w.push_sql(if operator { "(" } else { "CONCAT(" });
                    self.w.push_text_literal(flag)?;
                    self.w.push_sql(if operator { " || " } else { ", " });
                    self.expr(pattern)?;
                    self.w.push_sql(")");
                }
            }
        }
        Ok(())
    }

    pub(super) fn excluded(&mut self, column: &'static ColumnDef) -> Result<()> {
        match self.dialect().capabilities().upsert {
            UpsertStyle::OnConflict => self.w.push_sql("excluded."),
            UpsertStyle::OnDuplicateKeyAlias => {
                self.w.push_ident("_new")?;
                self.w.push_sql(".");
            }
            UpsertStyle::OnDuplicateKeyValues => {
                self.w.push_sql("VALUES(");
                self.w.push_ident(column.name)?;
                self.w.push_sql(")");
                return Ok(());
            }
        }
        self.w.push_ident(column.name)
    }
}

/// A text as a pattern that matches just it: `%`, `_` and the escape character `!` are escaped.
fn literal_pattern(text: &str, kind: LikeKind) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if kind != LikeKind::StartsWith {
        pattern.push('%');
    }
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    if kind != LikeKind::EndsWith {
        pattern.push('%');
    }
    pattern
}

/// The type as an array's element, for types whose arrays can be bound.
pub(crate) fn element_type(ty: SqlType) -> Option<&'static SqlType> {
    Some(match ty {
        SqlType::Bool => &SqlType::Bool,
        SqlType::I8 | SqlType::I16 | SqlType::U8 => &SqlType::I16,
        SqlType::I32 | SqlType::U16 => &SqlType::I32,
        SqlType::I64 | SqlType::U32 => &SqlType::I64,
        SqlType::F32 => &SqlType::F32,
        SqlType::F64 => &SqlType::F64,
        SqlType::Text | SqlType::Char => &SqlType::Text,
        SqlType::Bytes => &SqlType::Bytes,
        SqlType::Uuid => &SqlType::Uuid,
        SqlType::Date => &SqlType::Date,
        SqlType::Time => &SqlType::Time,
        SqlType::DateTime => &SqlType::DateTime,
        SqlType::Timestamp => &SqlType::Timestamp,
        SqlType::Decimal => &SqlType::Decimal,
        _ => return None,
    })
}

/// Integers and texts as a JSON array; `None` when a value is of another type or holds a NUL.
fn json_array(values: &[Value]) -> Option<String> {
    use std::fmt::Write;
    let mut json = String::with_capacity(2 + values.len() * 8);
    json.push('[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            json.push(',');
        }
        match value {
            Value::I16(v) => write!(json, "{v}").ok()?,
            Value::I32(v) => write!(json, "{v}").ok()?,
            Value::I64(v) => write!(json, "{v}").ok()?,
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
            }
            _ => return None,
        }
    }
    json.push(']');
    Some(json)
}
