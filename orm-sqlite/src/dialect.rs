//! Where SQLite's SQL differs: names of types, functions, constants of DDL, and what each version of SQLite has. How
//! values are stored is in `types.rs`.

use std::borrow::Cow;
use std::fmt::Write;

use orm_core::ast::{Aggregate, BinaryOp, Expr, Function, JsonChange, JsonForm, JsonStep, LikeKind, Window};
use orm_core::dialect::{
    Capabilities, Dialect, FunctionForm, HintPlace, Introspect, Level, Lexical, Like, Limits, OrderKey, Regexp,
    Renderer, SqlWriter, standard,
};
use orm_core::model::{ColumnDef, ModelDef, TableName};
use orm_core::schema::{Column, ColumnType, Operation};
use orm_core::{EnumStorage, Error, Result, SqlType, Value};

use crate::NAME;
use crate::alter;
use crate::lexical::LEXICAL;
use crate::types::{self, Cell};
use crate::{json, row_list};

/// Lists of up to this many values are bound one by one.
const SHORT_LIST: usize = 8;

/// SQLite's dialect, with the capabilities of one version.
///
/// Made for what this driver sets up on each connection: `REGEXP`, `CEIL`, `FLOOR` and `MOD` exist, and a misspelt name in
/// double quotes is an error rather than text.
///
/// ```
/// use orm_core::dialect::Dialect;
/// use orm_sqlite::SqliteDialect;
/// assert!(SqliteDialect::linked().capabilities().returning_insert);
/// assert!(!SqliteDialect::new((3, 34, 1)).capabilities().returning_insert);
/// ```
#[derive(Debug, Clone)]
pub struct SqliteDialect {
    capabilities: Capabilities,
}

impl SqliteDialect {
    /// The dialect of a version: major, minor, patch. See <https://www.sqlite.org/changes.html>.
    pub fn new(version: (u32, u32, u32)) -> Self {
        let since = |major, minor| version >= (major, minor, 0);
        Self {
            capabilities: Capabilities {
                version,
                returning_insert: since(3, 35),
                returning_update: since(3, 35),
                returning_delete: since(3, 35),
                last_insert_id: true,
                key_step: "1",
                default_keyword: false,
                max_binds: 32_766,
                max_insert_rows: usize::MAX,
                statement_bytes: usize::MAX,
                max_identifier: usize::MAX,
                identifier_chars: false,
                arrays: false,
                enum_types: false,
                nulls_first: true,
                row_ranges: since(3, 15),
                enums_compare_as_text: false,
                windows: since(3, 28),
                lateral: false,
                ctes: true,
                row_locks: false,
                nowait: false,
                skip_locked: false,
                partial_indexes: true,
                expression_indexes: true,
                index_if_not_exists: true,
                checks: true,
                add_foreign_key: false,
                schemas: true,
                attached_schemas: true,
                drop_cascade: false,
                truncate: false,
                truncate_cascade: false,
                transactional_ddl: true,
                self_subquery: true,
                limit_in_subquery: true,
                deferrable: false,
                unsigned: false,
                second_digits: 9,
                bare_types_are_whole: false,
                assigns_at_once: true,
                set_default: true,
                round_trips: false,
            },
        }
    }

    /// The dialect of the SQLite in this program.
    pub fn linked() -> Self {
        Self::new(crate::handle::version())
    }
}

impl SqliteDialect {
    fn since_3_30(&self) -> bool {
        self.capabilities.version >= (3, 30, 0)
    }

    /// The arrows came with 3.38, and their paths cannot name every key.
    fn check_json(&self, path: &[JsonStep]) -> Result<()> {
        if self.capabilities.version < (3, 38, 0) {
            return Err(Error::unsupported(NAME, "values inside of JSON documents"));
        }
        if path.iter().any(|step| matches!(step, JsonStep::Key(key) if key.contains('"'))) {
            return Err(Error::unsupported(NAME, "JSON paths through keys with a double quote"));
        }
        Ok(())
    }
}

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn introspect(&self) -> Option<&dyn Introspect> {
        Some(self)
    }

    fn lexical(&self) -> Lexical {
        LEXICAL
    }

    fn push_placeholder(&self, sql: &mut String, position: usize, ty: SqlType) -> Result<()> {
        if matches!(ty, SqlType::Array(_) | SqlType::Native(_)) {
            return Err(Error::unsupported(NAME, format_args!("type `{ty}`")));
        }
        let _ = write!(sql, "?{position}");
        Ok(())
    }

    /// Types by affinity (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>): dates are TEXT,
    /// since names such as DATETIME would turn text that looks like a number into one.
    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        if let Some(name) = &column.type_name {
            return Ok(name.clone().into());
        }
        let unknown =
            || Error::unsupported(NAME, format_args!("type `{}`", column.ty)).with_columns([column.name.clone()]);
        let ty = match &column.ty {
            ColumnType::Plain(ty) => *ty,
            ColumnType::Enum(_) | ColumnType::EnumText(_) => return Ok("TEXT".into()),
            _ => return Err(unknown()),
        };
        Ok(match ty {
            SqlType::Bool => "BOOLEAN".into(),
            ty if ty.is_integer() => "INTEGER".into(),
            SqlType::F32 | SqlType::F64 => "REAL".into(),
            SqlType::Text => column.length.map_or("TEXT".into(), |n| format!("VARCHAR({n})").into()),
            SqlType::Char => "CHAR(1)".into(),
            SqlType::Bytes | SqlType::Uuid => "BLOB".into(),
            SqlType::Date | SqlType::Time | SqlType::DateTime | SqlType::Timestamp | SqlType::Json => "TEXT".into(),
            SqlType::Decimal => {
                column.precision.map_or("DECIMAL".into(), |(digits, scale)| format!("DECIMAL({digits},{scale})").into())
            }
            _ => return Err(unknown()),
        })
    }

    fn cast_type(&self, ty: SqlType) -> Result<Cow<'static, str>> {
        Ok(match ty {
            ty if ty.is_integer() => "INTEGER",
            SqlType::Bool => "INTEGER",
            SqlType::F32 | SqlType::F64 => "REAL",
            SqlType::Decimal => "NUMERIC",
            SqlType::Bytes | SqlType::Uuid => "BLOB",
            SqlType::Enum(def) if def.storage == EnumStorage::Integer => "INTEGER",
            SqlType::Array(_) | SqlType::Native(_) => {
                return Err(Error::unsupported(NAME, format_args!("conversion to `{ty}`")));
            }
            _ => "TEXT",
        }
        .into())
    }

    /// Integers have 64 bits; a result beyond them is a float.
    fn checked_range(&self, ty: SqlType) -> Option<(&'static str, &'static str)> {
        match ty {
            // Stored as a signed integer.
            SqlType::U64 => Some(("0", "9223372036854775807")),
            ty => ty.integer_range(),
        }
    }

    /// Only a column that is an alias of the rowid is numbered (<https://www.sqlite.org/lang_createtable.html#rowid>): it
    /// is the key alone, and no index holds that.
    fn push_numbers_rows(&self, w: &mut SqlWriter<'_>, model: &ModelDef, column: &ColumnDef) -> Result<bool> {
        let table = |w: &mut SqlWriter<'_>| -> Result<()> {
            w.push_bind(Value::Text(model.table.name.into()))?;
            if let Some(schema) = model.table.schema {
                w.push_sql(", ");
                w.push_bind(Value::Text(schema.into()))?;
            }
            Ok(())
        };
        w.push_sql("SELECT pk = 1 AND NOT EXISTS (SELECT 1 FROM pragma_index_list(");
        table(w)?;
        w.push_sql(") WHERE origin = 'pk') FROM pragma_table_info(");
        table(w)?;
        w.push_sql(") WHERE name = ");
        w.push_bind(Value::Text(column.name.into()))?;
        w.push_sql(" COLLATE NOCASE");
        Ok(true)
    }

    fn auto_increment(&self) -> &'static str {
        "AUTOINCREMENT"
    }

    fn auto_increment_is_key(&self) -> bool {
        true
    }

    fn push_literal(&self, sql: &mut String, value: &Value) -> Result<()> {
        let mut buffer = Vec::new();
        match types::encode(value, &mut buffer)? {
            Cell::Null => sql.push_str("NULL"),
            Cell::Integer(i64::MIN) => sql.push_str("(-9223372036854775807 - 1)"),
            Cell::Integer(v) => {
                let _ = write!(sql, "{v}");
            }
            // Too large to be a finite number, which is how SQLite's own shell writes infinity.
            Cell::Real(v) if v.is_infinite() => sql.push_str(if v > 0.0 { "9.0e+999" } else { "-9.0e+999" }),
            Cell::Real(v) => {
                let _ = write!(sql, "{v:?}");
            }
            Cell::Text(..) => {
                let text = String::from_utf8(buffer).map_err(|_| Error::encode("text that is not UTF-8"))?;
                if text.contains('\0') {
                    return Err(Error::encode("text constants of DDL cannot hold a NUL character"));
                }
                self.push_text_literal(sql, &text);
            }
            Cell::Blob(..) => {
                sql.push_str("X'");
                for byte in buffer {
                    let _ = write!(sql, "{byte:02X}");
                }
                sql.push('\'');
            }
        }
        Ok(())
    }

    /// Plain EXPLAIN lists the byte code: <https://www.sqlite.org/lang_explain.html>.
    fn explain(&self) -> Result<&'static str> {
        Ok("EXPLAIN QUERY PLAN ")
    }

    fn function(&self, function: Function) -> Option<FunctionForm> {
        Some(match function {
            Function::Greatest => FunctionForm::Call("MAX"),
            Function::Least => FunctionForm::Call("MIN"),
            // The form in which instants are stored, so that the two compare.
            Function::Now => FunctionForm::Text("strftime('%Y-%m-%d %H:%M:%f +00:00', 'now')"),
            // Decimals that are whole are stored as integers.
            Function::Divide => FunctionForm::Around("(CAST(", " AS REAL) / CAST(", " AS REAL))"),
            Function::Date => FunctionForm::Call("date"),
            Function::Year => FunctionForm::Around("CAST(strftime('%Y', ", ", ", ") AS INTEGER)"),
            Function::Month => FunctionForm::Around("CAST(strftime('%m', ", ", ", ") AS INTEGER)"),
            Function::Day => FunctionForm::Around("CAST(strftime('%d', ", ", ", ") AS INTEGER)"),
            _ => return None,
        })
    }

    /// <https://www.sqlite.org/lang_expr.html#isisnot>: `IS` compares any two values.
    fn push_binary(&self, r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        if [left, right].into_iter().filter_map(Expr::as_column).any(|column| column.ty == SqlType::Json) {
            match op {
                BinaryOp::Eq => return push_same_document(r, " = ", left, right),
                BinaryOp::IsNotDistinct => return push_same_document(r, " IS ", left, right),
                BinaryOp::Ne | BinaryOp::IsDistinct => {
                    r.push_sql("(NOT ");
                    push_same_document(r, if op == BinaryOp::Ne { " = " } else { " IS " }, left, right)?;
                    r.push_sql(")");
                    return Ok(());
                }
                _ => {}
            }
        }
        match op {
            BinaryOp::IsDistinct | BinaryOp::IsNotDistinct => standard::null_safe(r, " IS ", op, left, right),
            op => standard::binary(r, op, left, right),
        }
    }

    /// A long list of integers or text is one bind: a JSON array, as <https://www.sqlite.org/json1.html#jeach> reads it.
    fn push_value_list(&self, r: &mut Renderer<'_>, _ty: SqlType, values: &[Value], negated: bool) -> Result<()> {
        let json = if values.len() > SHORT_LIST { standard::json_array(values) } else { None };
        let Some(json) = json else { return standard::value_list(r, values, negated) };
        r.push_sql(if negated { " NOT IN" } else { " IN" });
        r.push_sql(" (SELECT value FROM json_each(");
        r.push_bind(Value::Text(json.into()))?;
        r.push_sql("))");
        Ok(())
    }

    /// As lists of values, many rows are one bind; see `row_list`. Rows of values by themselves need VALUES
    /// (<https://www.sqlite.org/rowvalue.html>, "Row Value IN Operators").
    fn push_row_list(&self, r: &mut Renderer<'_>, columns: &[Expr], rows: &[Vec<Value>], negated: bool) -> Result<()> {
        match row_list::Members::of(rows).filter(|_| rows.len() > SHORT_LIST) {
            Some(members) => members.push_in(r, columns, negated),
            None => standard::row_list(r, columns, "VALUES ", rows, negated),
        }
    }

    /// SQLite takes a table made of JSON for one of a few rows, and has no number of rows without `ANALYZE`: they are counted as
    /// far as it matters.
    fn push_row_estimate(&self, w: &mut SqlWriter<'_>, table: &TableName, most: u64) -> Result<bool> {
        w.push_sql("SELECT COUNT(*) AS rows FROM (SELECT 1 FROM ");
        w.push_table(table)?;
        w.push_sql(" LIMIT ");
        w.push_number(most);
        w.push_sql(")");
        Ok(true)
    }

    /// <https://www.sqlite.org/lang_indexedby.html>
    fn push_read_first(&self, r: &mut Renderer<'_>, _table: &TableName, place: HintPlace) -> Result<()> {
        r.push_sql(if place == HintPlace::Table { " NOT INDEXED" } else { "" });
        Ok(())
    }

    fn lists_are_one_bind(&self, ty: SqlType) -> bool {
        matches!(ty, SqlType::I16 | SqlType::I32 | SqlType::I64 | SqlType::Text)
    }

    /// `LIKE` ignores the case of ASCII letters, as `=` does for columns of the collation NOCASE alone. `GLOB` minds it, and
    /// finds the start of text by an index: <https://www.sqlite.org/optoverview.html#the_like_optimization>.
    fn push_like(&self, r: &mut Renderer<'_>, like: &Like<'_>) -> Result<()> {
        let ignores_case = ignores_case(like.expr).or_else(|| ignores_case(like.pattern)).unwrap_or(false);
        if like.kind == LikeKind::Pattern || like.ignore_case || ignores_case {
            return standard::like(r, like);
        }
        let (before, after) = (like.kind != LikeKind::StartsWith, like.kind != LikeKind::EndsWith);
        r.operand(like.expr, Level::Sum)?;
        r.push_sql(if like.negated { " NOT GLOB " } else { " GLOB " });
        if let Expr::Value(Value::Text(text)) = like.pattern {
            return r.push_bind(Value::Text(glob(text, before, after).into()));
        }
        r.push_sql(if before { "('*' || " } else { "(" });
        r.push_sql("REPLACE(REPLACE(REPLACE(");
        r.expr(like.pattern)?;
        // The bracket first: the others are put into some.
        r.push_sql(", '[', '[[]'), '*', '[*]'), '?', '[?]')");
        r.push_sql(if after { " || '*')" } else { ")" });
        Ok(())
    }

    /// `REGEXP` is a function of this driver, whose patterns take `(?i)`.
    fn push_regexp(&self, r: &mut Renderer<'_>, regexp: &Regexp<'_>) -> Result<()> {
        r.operand(regexp.expr, Level::Sum)?;
        r.push_sql(if regexp.negated { " NOT REGEXP " } else { " REGEXP " });
        let flag = if regexp.ignore_case { "(?i)" } else { "(?-i)" };
        if let Expr::Value(Value::Text(text)) = regexp.pattern {
            return r.push_bind(Value::Text(format!("{flag}{text}").into()));
        }
        r.push_sql("(");
        r.push_text_literal(flag)?;
        r.push_sql(" || ");
        r.expr(regexp.pattern)?;
        r.push_sql(")");
        Ok(())
    }

    /// `FILTER` came with 3.30: <https://www.sqlite.org/changes.html#version_3_30_0>.
    fn push_aggregate(&self, r: &mut Renderer<'_>, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
        if self.since_3_30() {
            standard::aggregate(r, aggregate, window)
        } else {
            standard::aggregate_by_case(r, aggregate, window)
        }
    }

    /// `NULLS FIRST` came with 3.30.
    fn push_order_key(&self, r: &mut Renderer<'_>, key: &OrderKey<'_>) -> Result<()> {
        if self.since_3_30() { standard::order_key(r, key) } else { standard::order_key_by_null_test(r, key) }
    }

    /// Converted, a value in a document keeps its own type on the way.
    fn push_cast(&self, r: &mut Renderer<'_>, inner: &Expr, ty: SqlType) -> Result<()> {
        let Expr::Json { expr, path, form: JsonForm::Text } = inner else { return standard::cast(r, inner, ty) };
        if ty == SqlType::Text {
            return standard::cast(r, inner, ty);
        }
        let name = self.cast_type(ty)?;
        r.push_sql("CAST(");
        self.check_json(path)?;
        json::push_value(r, expr, path)?;
        r.push_sql(" AS ");
        r.push_sql(&name);
        r.push_sql(")");
        Ok(())
    }

    /// <https://www.sqlite.org/json1.html#jptr>. `->>` gives numbers as numbers, and truth values as 0 and 1.
    fn push_json(&self, r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], form: JsonForm) -> Result<()> {
        self.check_json(path)?;
        match form {
            JsonForm::Text => {}
            JsonForm::Value(ty) => return json::push_typed(r, document, path, ty),
            JsonForm::Document => {
                r.operand(document, Level::Atom)?;
                r.push_sql(" -> ");
                return r.push_bind(Value::Text(standard::json_path(path, false).into()));
            }
        }
        r.push_sql("CASE ");
        json::push_type(r, document, path)?;
        r.push_sql(" WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(");
        json::push_value(r, document, path)?;
        r.push_sql(" AS TEXT) END");
        Ok(())
    }

    fn push_json_change(&self, r: &mut Renderer<'_>, change: &JsonChange) -> Result<()> {
        self.check_json(&change.path)?;
        json::push_change(r, change)
    }

    /// <https://www.sqlite.org/lang_select.html#limitoffset>: an offset needs a limit, and a negative one is none.
    fn push_limits(&self, r: &mut Renderer<'_>, limits: Limits) -> Result<()> {
        standard::limits_with_offset_after_limit(r, limits, "-1")
    }

    fn current_schema(&self) -> &'static str {
        "'main'"
    }

    /// In the form that columns of the type keep, so that the two compare.
    fn current(&self, ty: SqlType) -> Option<&'static str> {
        match ty {
            SqlType::DateTime => Some("strftime('%Y-%m-%d %H:%M:%f', 'now')"),
            SqlType::Time => Some("strftime('%H:%M:%f', 'now')"),
            _ => None,
        }
    }

    fn push_table_exists(&self, w: &mut SqlWriter<'_>, schema: Option<&str>, name: &str) -> Result<()> {
        w.push_sql("SELECT 1 FROM ");
        if let Some(schema) = schema {
            w.push_ident(schema)?;
            w.push_sql(".");
        }
        w.push_sql("sqlite_master WHERE type IN ('table', 'view') AND name = ");
        w.push_bind(Value::Text(name.to_owned().into()))?;
        w.push_sql(" COLLATE NOCASE");
        Ok(())
    }

    fn deferrable_foreign_keys(&self) -> bool {
        true
    }

    /// What ALTER TABLE cannot do (<https://www.sqlite.org/lang_altertable.html>) is refused whatever rows there are: some of
    /// it would succeed on an empty table.
    fn operation(&self, operation: &Operation) -> Result<Option<Vec<String>>> {
        alter::operation(operation, self)
    }

    fn rebuilds(&self, operation: &Operation) -> bool {
        alter::needs_rebuild(operation, self).is_some()
    }

    fn check_value(&self, value: &Value) -> Result<()> {
        types::check(value)
    }
}

/// Whether two texts are the same document, however they are written: the same values in the same places
/// (<https://www.sqlite.org/json1.html#jtree>).
fn push_same_document(r: &mut Renderer<'_>, equals: &str, left: &Expr, right: &Expr) -> Result<()> {
    r.push_sql("(");
    r.compared(left, right, Level::Compare.tighter())?;
    r.push_sql(equals);
    r.compared(right, left, Level::Compare.tighter())?;
    // Under names of their own: `json_tree` has columns named `value` and the like.
    r.push_sql(" OR EXISTS (SELECT 1 FROM (SELECT ");
    r.compared(left, right, Level::Loosest)?;
    r.push_sql(" AS a, ");
    r.compared(right, left, Level::Loosest)?;
    r.push_sql(
        " AS b) AS _j WHERE JSON_VALID(_j.a) AND JSON_VALID(_j.b) \
         AND NOT EXISTS (SELECT fullkey, type, atom FROM json_tree(_j.a) EXCEPT SELECT fullkey, type, atom FROM json_tree(_j.b)) \
         AND NOT EXISTS (SELECT fullkey, type, atom FROM json_tree(_j.b) EXCEPT SELECT fullkey, type, atom FROM json_tree(_j.a))))",
    );
    Ok(())
}

/// Whether `=` ignores the case of ASCII letters in what an expression gives; `None` where the other operand decides. See
/// <https://www.sqlite.org/datatype3.html#assigning_collating_sequences_from_sql>.
fn ignores_case(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Column(column) | Expr::Outer(column) => {
            let declared = column.type_name.unwrap_or_default().to_ascii_lowercase();
            let collation = declared.split_once("collate").map_or("", |(_, name)| name.trim_start());
            Some(collation.trim_start_matches(['"', '`', '[']).starts_with("nocase"))
        }
        Expr::Path(_, inner) | Expr::Cast(inner, _) => ignores_case(inner),
        _ => None,
    }
}

/// The pattern of `GLOB` that matches a text as it is, with any text before or after it.
fn glob(text: &str, before: bool, after: bool) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if before {
        pattern.push('*');
    }
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[') {
            pattern.extend(['[', c, ']']);
        } else {
            pattern.push(c);
        }
    }
    if after {
        pattern.push('*');
    }
    pattern
}
