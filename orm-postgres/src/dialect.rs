//! PostgreSQL's SQL: capabilities by server version, placeholders, types and constants of DDL, forms of functions.
//! Statements are rendered by `orm-core`; how values travel is in `bind` and `row`.

use std::borrow::Cow;
use std::fmt::Write;

use orm_core::ast::{BinaryOp, Expr, Function, JsonChange, JsonForm, JsonStep, LockStrength};
use orm_core::dialect::{
    Capabilities, Dialect, FunctionForm, IndexMethod, Introspect, Level, Lexical, Like, Regexp, Renderer, Replication,
    RowLock, SqlWriter, ddl, standard,
};
use orm_core::model::ColumnDef;
use orm_core::schema::{Column, ColumnType, EnumType, Generated, Index, Operation, QualifiedName};
use orm_core::{EnumStorage, Error, Result, SqlType, Value};

use crate::alter;
use crate::bind;
use crate::json;
use crate::types::{conversion, is_text, is_varchar, quoted, quoted_part, type_name};

/// How text divides into words.
pub(crate) const LEXICAL: Lexical =
    Lexical { dollar_quotes: true, escape_strings: true, nested_comments: true, ..Lexical::STANDARD };

/// PostgreSQL, in one server version.
///
/// ```
/// use orm_core::dialect::{Dialect, SqlWriter};
/// use orm_core::Value;
/// use orm_postgres::PostgresDialect;
///
/// let dialect = PostgresDialect::new((15, 0, 0));
/// let mut writer = SqlWriter::new(&dialect);
/// writer.push_sql("SELECT ");
/// writer.push_bind(Value::Native("inet", "10.0.0.1".into()))?;
/// assert_eq!(writer.sql(), "SELECT $1::text::inet");
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresDialect {
    capabilities: Capabilities,
}

impl PostgresDialect {
    /// The dialect of a server version: major, minor, patch. Versions before 13 are taken for 13.
    ///
    /// What exists since when is from the release notes of the PostgreSQL manual, appendix E.
    pub fn new(version: (u32, u32, u32)) -> Self {
        Self {
            capabilities: Capabilities {
                version,
                returning_insert: true,
                returning_update: true,
                returning_delete: true,
                last_insert_id: false,
                key_step: "1",
                default_keyword: true,
                max_binds: bind::MAX_BINDS,
                max_insert_rows: usize::MAX,
                statement_bytes: Capabilities::MESSAGE,
                max_identifier: 63,
                identifier_chars: false,
                arrays: true,
                enum_types: true,
                nulls_first: false,
                row_ranges: true,
                enums_compare_as_text: false,
                windows: true,
                lateral: true,
                ctes: true,
                row_locks: true,
                nowait: true,
                skip_locked: true,
                partial_indexes: true,
                expression_indexes: true,
                index_if_not_exists: true,
                checks: true,
                add_foreign_key: true,
                schemas: true,
                attached_schemas: false,
                drop_cascade: true,
                truncate: true,
                truncate_cascade: true,
                transactional_ddl: true,
                self_subquery: true,
                limit_in_subquery: true,
                deferrable: true,
                unsigned: false,
                second_digits: 6,
                bare_types_are_whole: false,
                assigns_at_once: true,
                set_default: true,
                round_trips: true,
            },
        }
    }

    /// For connections under TLS: statements of bulk inserts are kept short enough for one record.
    #[must_use]
    pub fn encrypted(mut self) -> Self {
        self.capabilities.statement_bytes = Capabilities::TLS_RECORD;
        self
    }
}

/// What [`Dialect::name`] is on PostgreSQL, in errors and spans: the value of `db.system.name` in OpenTelemetry.
pub const NAME: &str = "postgresql";

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Manual, 9.27.10: it is the session's, and known in one database.
    fn push_try_lock(&self, w: &mut SqlWriter<'_>, name: &str) -> Result<bool> {
        w.push_sql("SELECT CASE WHEN pg_try_advisory_lock(hashtextextended(");
        w.push_bind(Value::Text(name.to_owned().into()))?;
        w.push_sql(", 0)) THEN 1 ELSE 0 END::int8");
        Ok(true)
    }

    /// Manual, 9.27.3 and 9.27.4. Uses the insert position and not the write position, since a commit may be acknowledged before it
    /// is written (`synchronous_commit`). A promoted replica has no replay position any more.
    fn replication(&self) -> Option<Replication> {
        Some(Replication {
            position: "SELECT pg_current_wal_insert_lsn()::text",
            reached: "SELECT CASE WHEN $2::float8 >= 0 AND CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
                      ELSE pg_current_wal_insert_lsn() END >= $1::text::pg_lsn THEN 1 ELSE 0 END::int8",
            refuses_writes: "SELECT CASE WHEN pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool \
                             THEN 1 ELSE 0 END::int8",
        })
    }

    fn introspect(&self) -> Option<&dyn Introspect> {
        Some(self)
    }

    fn session_functions(&self) -> &'static [&'static str] {
        &[
            "set_config",
            "pg_advisory_lock",
            "pg_advisory_lock_shared",
            "pg_try_advisory_lock",
            "pg_try_advisory_lock_shared",
        ]
    }

    fn lexical(&self) -> Lexical {
        LEXICAL
    }

    fn push_placeholder(&self, sql: &mut String, position: usize, ty: SqlType) -> Result<()> {
        // Refuses what cannot be bound.
        crate::types::bind_oid(ty)?;
        let _ = write!(sql, "${position}");
        if let Some(conversion) = conversion(ty)? {
            sql.push_str(&conversion);
        }
        Ok(())
    }

    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        if let Some(name) = &column.type_name {
            return type_name(name).map(|name| Cow::Owned(name.to_owned()));
        }
        column_type_of(&column.ty, column)
    }

    fn cast_type(&self, ty: SqlType) -> Result<Cow<'static, str>> {
        type_of(ty)
    }

    /// There are neither unsigned integers nor those of 8 bits.
    fn checked_range(&self, ty: SqlType) -> Option<(&'static str, &'static str)> {
        match ty {
            SqlType::U64 => Some(("0", "9223372036854775807")),
            SqlType::I8 | SqlType::U8 | SqlType::U16 | SqlType::U32 => ty.integer_range(),
            _ => None,
        }
    }

    fn auto_increment(&self) -> &'static str {
        "GENERATED BY DEFAULT AS IDENTITY"
    }

    /// A text with backslashes is written in the form `E'..'`, which means the same whether
    /// `standard_conforming_strings` is on or off (PostgreSQL manual, 4.1.2.2).
    fn push_text_literal(&self, sql: &mut String, text: &str) {
        let escapes = text.contains('\\');
        if escapes {
            if sql.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
                sql.push(' ');
            }
            sql.push('E');
        }
        sql.push('\'');
        for c in text.chars() {
            if c == '\'' || c == '\\' {
                sql.push(c);
            }
            sql.push(c);
        }
        sql.push('\'');
    }

    fn push_literal(&self, sql: &mut String, value: &Value) -> Result<()> {
        bind::check(value)?;
        let typed = |sql: &mut String, text: &str, ty: SqlType| -> Result<()> {
            self.push_text_literal(sql, text);
            sql.push_str("::");
            sql.push_str(&type_of(ty)?);
            Ok(())
        };
        let ty = value.sql_type();
        match value {
            Value::Null(_) => sql.push_str("NULL"),
            Value::Bool(v) => sql.push_str(if *v { "TRUE" } else { "FALSE" }),
            Value::I16(v) => put(sql, format_args!("{v}")),
            Value::I32(v) => put(sql, format_args!("{v}")),
            Value::I64(v) => put(sql, format_args!("{v}")),
            Value::U64(v) => put(sql, format_args!("{v}")),
            // Rust writes the shortest text that reads back as the same float.
            Value::F32(v) if v.is_finite() => put(sql, format_args!("{v:?}")),
            Value::F64(v) if v.is_finite() => put(sql, format_args!("{v:?}")),
            Value::F32(v) => typed(sql, non_finite(f64::from(*v)), ty)?,
            Value::F64(v) => typed(sql, non_finite(*v), ty)?,
            Value::Text(v) => self.push_text_literal(sql, v),
            Value::Bytes(v) => {
                sql.push_str("decode('");
                for byte in v {
                    put(sql, format_args!("{byte:02x}"));
                }
                sql.push_str("', 'hex')");
            }
            Value::Uuid(v) => {
                let hex = format!("{:032x}", u128::from_be_bytes(*v));
                let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
                typed(sql, &text, ty)?;
            }
            // Years of more than four digits have no sign here.
            Value::Date(v) => typed(sql, v.to_string().trim_start_matches('+'), ty)?,
            Value::Time(v) => typed(sql, &v.format("%H:%M:%S%.6f").to_string(), ty)?,
            Value::DateTime(v) => {
                let text = v.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
                typed(sql, text.trim_start_matches('+'), ty)?;
            }
            Value::Timestamp(v) => {
                let text = v.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string();
                typed(sql, text.trim_start_matches('+'), ty)?;
            }
            Value::Decimal(v)
                if v.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') && v.len() < 1000 =>
            {
                match v.as_str() {
                    "-Infinity" => typed(sql, v, ty)?,
                    plain => sql.push_str(plain),
                }
            }
            Value::Decimal(v) => typed(sql, v, ty)?,
            Value::Json(v) | Value::Native(_, v) => typed(sql, v, ty)?,
            Value::Enum(_, label) => typed(sql, label, ty)?,
            Value::Array(_, items) => {
                sql.push_str("ARRAY[");
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        sql.push_str(", ");
                    }
                    self.push_literal(sql, item)?;
                }
                sql.push_str("]::");
                sql.push_str(&type_of(ty)?);
            }
            other => return Err(Error::unsupported(NAME, format_args!("constants of type {}", other.sql_type()))),
        }
        Ok(())
    }

    fn function(&self, function: Function) -> Option<FunctionForm> {
        Some(match function {
            Function::Length => FunctionForm::Call("char_length"),
            Function::Random => FunctionForm::Text("random()"),
            Function::Now => FunctionForm::Text("now()"),
            Function::CurrentDate => FunctionForm::Text("CURRENT_DATE"),
            // Rounding to digits exists for numeric alone; a single argument is rounded as what it is.
            Function::Round => FunctionForm::Around("ROUND((", ")::numeric, (", "))"),
            // There is none of floats.
            Function::FloatRemainder => {
                FunctionForm::Around("CAST(MOD((", ")::numeric, (", ")::numeric) AS DOUBLE PRECISION)")
            }
            Function::Year => FunctionForm::Around("CAST(EXTRACT(YEAR FROM ", ", ", ") AS INTEGER)"),
            Function::Month => FunctionForm::Around("CAST(EXTRACT(MONTH FROM ", ", ", ") AS INTEGER)"),
            Function::Day => FunctionForm::Around("CAST(EXTRACT(DAY FROM ", ", ", ") AS INTEGER)"),
            _ => return None,
        })
    }

    /// The server may have any method, from extensions.
    fn index_method<'a>(&self, index: &'a Index) -> Result<IndexMethod<'a>> {
        Ok(index.method.as_deref().map_or(IndexMethod::Own, IndexMethod::Before))
    }

    fn comment_on_table(&self, table: &QualifiedName, comment: &str) -> Result<Vec<String>> {
        ddl::comment_on_table(table, comment, self)
    }

    fn comment_on_column(&self, table: &QualifiedName, column: &Column) -> Result<Vec<String>> {
        ddl::comment_on_column(table, column, self)
    }

    /// A list is one array, for types whose arrays can be bound.
    fn push_value_list(&self, r: &mut Renderer<'_>, ty: SqlType, values: &[Value], negated: bool) -> Result<()> {
        let Some(element) = element_type(ty) else { return standard::value_list(r, values, negated) };
        r.push_sql(if negated { " <> ALL(" } else { " = ANY(" });
        r.push_bind(Value::Array(element, values.to_vec()))?;
        r.push_sql(")");
        Ok(())
    }

    /// Rows are one array for each column (PostgreSQL manual, 9.19: `unnest` of several arrays).
    fn push_row_list(&self, r: &mut Renderer<'_>, columns: &[Expr], rows: &[Vec<Value>], negated: bool) -> Result<()> {
        let first = rows.first().map_or(&[][..], |row| row);
        let elements: Option<Vec<_>> = first.iter().map(|value| element_type(value.sql_type())).collect();
        let Some(elements) = elements.filter(|elements| elements.len() == columns.len()) else {
            return standard::row_list(r, columns, "", rows, negated);
        };
        standard::row(r, columns, negated)?;
        r.push_sql("(SELECT * FROM UNNEST(");
        for (place, element) in elements.into_iter().enumerate() {
            if place > 0 {
                r.push_sql(", ");
            }
            r.push_bind(Value::Array(element, rows.iter().map(|row| row[place].clone()).collect()))?;
        }
        r.push_sql("))");
        Ok(())
    }

    fn lists_are_one_bind(&self, ty: SqlType) -> bool {
        element_type(ty).is_some()
    }

    /// Types without an operator for equality are compared as another: documents as `jsonb`, shapes and XML as their text.
    fn push_binary(&self, r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        let columns = [left, right].into_iter().filter_map(Expr::as_column);
        let (Some(through), Some(operator)) = (columns.into_iter().find_map(compared_as), equality(op)) else {
            return standard::binary(r, op, left, right);
        };
        r.push_sql("(");
        r.compared(left, right, Level::Loosest)?;
        r.push_sql(")::");
        r.push_sql(through);
        r.push_sql(operator);
        r.push_sql("(");
        r.compared(right, left, Level::Loosest)?;
        r.push_sql(")::");
        r.push_sql(through);
        Ok(())
    }

    fn push_like(&self, r: &mut Renderer<'_>, like: &Like<'_>) -> Result<()> {
        if !like.ignore_case {
            return standard::like(r, like);
        }
        r.operand(like.expr, Level::Sum)?;
        r.push_sql(if like.negated { " NOT ILIKE " } else { " ILIKE " });
        standard::pattern(r, like)?;
        standard::escape(r, like)
    }

    /// PostgreSQL manual, 9.7.3.
    fn push_regexp(&self, r: &mut Renderer<'_>, regexp: &Regexp<'_>) -> Result<()> {
        r.operand(regexp.expr, Level::Sum)?;
        r.push_sql(match (regexp.ignore_case, regexp.negated) {
            (false, false) => " ~ ",
            (false, true) => " !~ ",
            (true, false) => " ~* ",
            (true, true) => " !~* ",
        });
        r.operand(regexp.pattern, Level::Sum)
    }

    /// PostgreSQL manual, 9.16: `#>` and `#>>` with the path as an array of text.
    fn push_json(&self, r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], form: JsonForm) -> Result<()> {
        match form {
            JsonForm::Document => json::push_part(r, document, " #> ", path),
            JsonForm::Text => json::push_part(r, document, " #>> ", path),
            JsonForm::Value(ty) => json::push_typed(r, document, path, ty),
        }
    }

    fn push_json_change(&self, r: &mut Renderer<'_>, change: &JsonChange) -> Result<()> {
        json::push_change(r, change)
    }

    /// An array has the type of the column that it is put together with.
    fn push_function(&self, r: &mut Renderer<'_>, function: Function, arguments: &[Expr]) -> Result<()> {
        let (Function::ArrayConcat, [one, other]) = (function, arguments) else {
            return standard::function(r, function, arguments);
        };
        r.push_sql("array_cat(");
        r.compared(one, other, Level::Loosest)?;
        r.push_sql(", ");
        r.compared(other, one, Level::Loosest)?;
        r.push_sql(")");
        Ok(())
    }

    /// PostgreSQL manual, 13.3.2.
    fn push_lock(&self, r: &mut Renderer<'_>, lock: &RowLock) -> Result<()> {
        let strength = match lock.strength {
            LockStrength::Update => " FOR UPDATE",
            LockStrength::NoKeyUpdate => " FOR NO KEY UPDATE",
            LockStrength::Share => " FOR SHARE",
            LockStrength::KeyShare => " FOR KEY SHARE",
        };
        standard::row_lock(r, lock, strength, true)
    }

    /// The text of UUIDs has their order. PostgreSQL manual, 9.21: there is no MIN of booleans and UUIDs.
    fn ordered_as(&self, ty: SqlType) -> Option<SqlType> {
        match ty {
            SqlType::Bool => Some(SqlType::I32),
            SqlType::Uuid => Some(SqlType::Text),
            _ => None,
        }
    }

    /// There is no CREATE TYPE IF NOT EXISTS: the block passes over the error of a type that is there, and over that of
    /// one made by someone else at the same moment.
    fn push_create_enum(&self, w: &mut SqlWriter<'_>, ty: &EnumType) -> Result<()> {
        let texts = ty.labels.iter().chain(&ty.name.schema).chain([&ty.name.name]);
        if texts.into_iter().any(|text| text.contains("$orm$")) {
            return Err(Error::encode("the name and labels of an enum cannot contain `$orm$`"));
        }
        w.push_sql("DO $orm$ BEGIN CREATE TYPE ");
        w.push_qualified(ty.name.schema.as_deref(), &ty.name.name)?;
        w.push_sql(" AS ENUM (");
        w.separated(", ", &ty.labels, |w, label| w.push_text_literal(label))?;
        w.push_sql("); EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $orm$");
        Ok(())
    }

    fn online(&self, operation: &Operation) -> Result<Option<ddl::Online>> {
        alter::online(operation, self)
    }

    fn operation(&self, operation: &Operation) -> Result<Option<Vec<String>>> {
        alter::operation(operation, self)
    }

    /// Columns computed when they are read came with PostgreSQL 18.
    fn push_generated(&self, w: &mut SqlWriter<'_>, generated: &Generated) -> Result<()> {
        if !generated.stored && self.capabilities.version < (18, 0, 0) {
            return Err(Error::unsupported(NAME, "generated columns that are not stored, before version 18"));
        }
        w.push_sql(" GENERATED ALWAYS AS (");
        w.push_sql(&generated.sql);
        w.push_sql(if generated.stored { ") STORED" } else { ") VIRTUAL" });
        Ok(())
    }

    fn index_include(&self) -> bool {
        true
    }

    /// Not so for lists: `UNNEST` takes all dimensions of an array apart at once (PostgreSQL manual, 9.19).
    fn unnests(&self, ty: SqlType) -> bool {
        match ty {
            SqlType::Array(_) => false,
            // `int4[]`, and `_int4`, which is the same.
            SqlType::Native(name) => !name.contains('[') && !name.starts_with('_'),
            ty => crate::types::bind_oid(ty).is_ok(),
        }
    }

    fn takes_text_as(&self, type_name: &str) -> bool {
        !is_text(type_name)
    }

    /// PostgreSQL manual, 8.15.6.
    fn list_as_text(&self, type_name: &str, items: &[Value]) -> Option<String> {
        let element = type_name.trim_end().strip_suffix("[]")?;
        if is_text(element) {
            return None;
        }
        let mut text = "{".to_owned();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            match item {
                Value::Text(item) => quote_element(&mut text, item),
                _ => text.push_str("NULL"),
            }
        }
        text.push('}');
        Some(text)
    }

    /// PostgreSQL manual, 9.19: operators of arrays take two of the same type, and `varchar[]` is not `text[]`.
    fn list_type(&self, column: &ColumnDef) -> Option<SqlType> {
        let SqlType::Array(item) = column.ty else { return None };
        let bounded = match (item, column.type_name) {
            (SqlType::Text | SqlType::Char, Some(name)) => is_varchar(name.trim_end().strip_suffix("[]")?),
            (SqlType::Text, None) => column.length.is_some(),
            (SqlType::Char, None) => true,
            _ => false,
        };
        bounded.then_some(SqlType::Array(&SqlType::Native("varchar")))
    }

    fn check_value(&self, value: &Value) -> Result<()> {
        bind::check(value)
    }
}

/// The type as which values of a column are compared, where its own has no `=` or one of something else (of areas).
fn compared_as(column: &ColumnDef) -> Option<&'static str> {
    const AS_TEXT: [&str; 8] = ["xml", "point", "line", "lseg", "box", "path", "polygon", "circle"];
    // A column of documents may be of the type `json`; to one of `jsonb` the conversion is nothing.
    if column.ty == SqlType::Json && column.type_name.is_none() {
        return Some("jsonb");
    }
    let name = column.type_name?.trim();
    if name.eq_ignore_ascii_case("json") {
        return Some("jsonb");
    }
    AS_TEXT.iter().any(|ty| name.eq_ignore_ascii_case(ty)).then_some("text")
}

fn equality(op: BinaryOp) -> Option<&'static str> {
    match op {
        BinaryOp::Eq => Some(" = "),
        BinaryOp::Ne => Some(" <> "),
        BinaryOp::IsDistinct => Some(" IS DISTINCT FROM "),
        BinaryOp::IsNotDistinct => Some(" IS NOT DISTINCT FROM "),
        _ => None,
    }
}

/// The type as an array's element, for types whose arrays can be bound.
fn element_type(ty: SqlType) -> Option<&'static SqlType> {
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

/// Writing to a string cannot fail.
fn put(sql: &mut String, args: std::fmt::Arguments<'_>) {
    let _ = sql.write_fmt(args);
}

fn quote_element(text: &mut String, element: &str) {
    text.push('"');
    for c in element.chars() {
        if c == '"' || c == '\\' {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

fn non_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// The type of a column, with the column's length and precision.
fn column_type_of(ty: &ColumnType, column: &Column) -> Result<Cow<'static, str>> {
    let plain = match ty {
        ColumnType::Plain(ty) => *ty,
        ColumnType::Enum(ty) => {
            let schema = ty.name.schema.as_ref().map_or(String::new(), |schema| quoted_part(schema) + ".");
            return Ok(Cow::Owned(schema + &quoted_part(&ty.name.name)));
        }
        ColumnType::EnumText(_) => return Ok("TEXT".into()),
        ColumnType::Array(element) => return Ok(Cow::Owned(format!("{}[]", column_type_of(element, column)?))),
        ColumnType::Native(name) => return type_name(name).map(|name| Cow::Owned(name.to_owned())),
        other => return Err(Error::unsupported(NAME, format_args!("type {other}"))),
    };
    Ok(match (plain, column.length, column.precision) {
        (SqlType::Text, Some(length), _) => Cow::Owned(format!("VARCHAR({length})")),
        // A CHAR would be padded and compared without trailing spaces.
        (SqlType::Char, _, _) => Cow::Borrowed("VARCHAR(1)"),
        (SqlType::Decimal, _, Some((precision, scale))) => Cow::Owned(format!("NUMERIC({precision},{scale})")),
        (ty, _, _) => type_of(ty)?,
    })
}

/// The type's name, without lengths (PostgreSQL manual, chapter 8).
fn type_of(ty: SqlType) -> Result<Cow<'static, str>> {
    Ok(Cow::Borrowed(match ty {
        SqlType::Bool => "BOOLEAN",
        SqlType::I8 | SqlType::I16 | SqlType::U8 => "SMALLINT",
        SqlType::I32 | SqlType::U16 => "INTEGER",
        SqlType::I64 | SqlType::U32 | SqlType::U64 => "BIGINT",
        SqlType::F32 => "REAL",
        SqlType::F64 => "DOUBLE PRECISION",
        SqlType::Char => "VARCHAR(1)",
        SqlType::Text => "TEXT",
        SqlType::Bytes => "BYTEA",
        SqlType::Uuid => "UUID",
        SqlType::Date => "DATE",
        SqlType::Time => "TIME",
        SqlType::DateTime => "TIMESTAMP",
        SqlType::Timestamp => "TIMESTAMPTZ",
        SqlType::Decimal => "NUMERIC",
        SqlType::Json => "JSONB",
        SqlType::Enum(def) => match def.storage {
            EnumStorage::Text => "TEXT",
            EnumStorage::Integer => "INTEGER",
            EnumStorage::Native => return Ok(Cow::Owned(quoted(def.name))),
        },
        SqlType::Array(element) => return Ok(Cow::Owned(format!("{}[]", type_of(*element)?))),
        SqlType::Native(name) => type_name(name)?,
        other => return Err(Error::unsupported(NAME, format_args!("type {other}"))),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::{EnumDef, ErrorKind};

    static MOOD: EnumDef = EnumDef { name: "mood", labels: &["ok"], storage: EnumStorage::Native };
    static MOOD_TYPE: SqlType = SqlType::Enum(&MOOD);

    fn dialect() -> PostgresDialect {
        PostgresDialect::new((15, 0, 0))
    }

    fn column(ty: SqlType) -> Column {
        Column::new("c", ty)
    }

    #[test]
    fn column_types_follow_length_and_precision() {
        let check = |column: Column, expected: &str| assert_eq!(dialect().column_type(&column).unwrap(), expected);
        check(column(SqlType::I64), "BIGINT");
        check(column(SqlType::Text), "TEXT");
        check(Column { length: Some(120), ..column(SqlType::Text) }, "VARCHAR(120)");
        check(column(SqlType::Char), "VARCHAR(1)");
        check(Column { precision: Some((12, 2)), ..column(SqlType::Decimal) }, "NUMERIC(12,2)");
        check(column(SqlType::Enum(&MOOD)), "\"mood\"");
        check(column(SqlType::Array(&MOOD_TYPE)), "\"mood\"[]");
        check(column(SqlType::Array(&SqlType::Timestamp)), "TIMESTAMPTZ[]");
        check(column(SqlType::Native("vector(3)")), "vector(3)");
        check(Column { type_name: Some("citext".into()), ..column(SqlType::Text) }, "citext");
        let evil = Column { type_name: Some("text; DROP TABLE x".into()), ..column(SqlType::Text) };
        assert_eq!(dialect().column_type(&evil).unwrap_err().kind(), ErrorKind::InvalidStatement);
    }

    #[test]
    fn text_constants_mean_the_same_under_both_string_settings() {
        let check = |text: &str, expected: &str| {
            let mut sql = String::from("DEFAULT ");
            dialect().push_text_literal(&mut sql, text);
            assert_eq!(sql, format!("DEFAULT {expected}"));
        };
        check("it's", "'it''s'");
        check("a\\b'c", "E'a\\\\b''c'");
        let mut sql = String::from("LIKE");
        dialect().push_text_literal(&mut sql, "\\");
        assert_eq!(sql, "LIKE E'\\\\'");
    }

    #[test]
    fn constants_are_typed_where_text_alone_is_not_enough() {
        let check = |value: Value, expected: &str| {
            let mut sql = String::new();
            dialect().push_literal(&mut sql, &value).unwrap();
            assert_eq!(sql, expected);
        };
        check(Value::Null(SqlType::I32), "NULL");
        check(Value::F64(1e300), "1e300");
        check(Value::F32(f32::NEG_INFINITY), "'-Infinity'::REAL");
        check(Value::Bytes(vec![0, 255]), "decode('00ff', 'hex')");
        check(Value::Uuid([0x11; 16]), "'11111111-1111-1111-1111-111111111111'::UUID");
        check(Value::Date("2026-11-23".parse().unwrap()), "'2026-11-23'::DATE");
        check(
            Value::Timestamp("2026-11-23T10:11:12.5Z".parse().unwrap()),
            "'2026-11-23 10:11:12.500000+00'::TIMESTAMPTZ",
        );
        check(Value::Decimal("-12.50".into()), "-12.50");
        check(Value::Decimal("-Infinity".into()), "'-Infinity'::NUMERIC");
        check(Value::Json("{}".into()), "'{}'::JSONB");
        check(Value::Enum(&MOOD, "ok".into()), "'ok'::\"mood\"");
        check(Value::Native("inet", "::1".into()), "'::1'::inet");
        check(Value::Array(&SqlType::I32, vec![Value::I32(1), Value::Null(SqlType::I32)]), "ARRAY[1, NULL]::INTEGER[]");
        check(Value::Array(&SqlType::Text, vec![]), "ARRAY[]::TEXT[]");
        let nul = dialect().push_literal(&mut String::new(), &Value::Text("\0".into())).unwrap_err();
        assert_eq!(nul.kind(), ErrorKind::Encode);
    }
}
