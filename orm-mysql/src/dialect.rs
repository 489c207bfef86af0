//! [`MysqlDialect`]: how MySQL and MariaDB write SQL, and what each version of them has. Names of types are in `types`.
//!
//! Source: the reference manuals of MySQL 8.0 to 9.x, the MariaDB knowledge base; the version a feature came with is in
//! the section of its statement.

use std::borrow::Cow;
use std::fmt::Write;

use orm_core::ast::{
    Aggregate, BinaryOp, Conflict, ConflictAction, Expr, Function, Insert, JsonChange, JsonForm, JsonStep, LikeKind,
    LockStrength, Window,
};
use orm_core::dialect::{
    Capabilities, Dialect, FunctionForm, HintPlace, IndexMethod, Introspect, Level, Lexical, Limits, OrderKey, Regexp,
    Renderer, Replication, RowLock, SqlWriter, ddl, standard,
};
use orm_core::model::{ColumnDef, TableName};
use orm_core::schema::{Column, ColumnType, Index, Operation, QualifiedName};
use orm_core::{Error, ErrorKind, Result, SqlType, Value};

use crate::alter;
use crate::bind::{check, stored_date_time, stored_time};
use crate::server::Server;
use crate::suits::is_json;
use crate::{json, json_table, types};

/// How text divides into words in a session whose `sql_mode` has neither `ANSI_QUOTES` nor `NO_BACKSLASH_ESCAPES`.
pub(crate) const LEXICAL: Lexical = Lexical {
    backslash_escapes: true,
    backquotes: true,
    hash_comments: true,
    spaced_dashes: true,
    executable_comments: true,
    ..Lexical::STANDARD
};

/// The name of the row that was to be inserted, in an upsert.
const NEW_ROW: &str = "_new";

/// Lists of up to this many rows of values are bound one by one.
const SHORT_LIST: usize = 8;

/// The most keys of several columns in a statement, whose JSON is to stay within `max_allowed_packet`.
const MOST_ROWS: usize = 1 << 16;

/// More rows than there are.
const ALL_ROWS: &str = "18446744073709551615";

/// The dialect of one server.
///
/// ```
/// use orm_core::dialect::Dialect;
/// use orm_mysql::{MysqlDialect, Server};
///
/// let mysql = MysqlDialect::new(Server::from_version("8.4.2"));
/// let mariadb = MysqlDialect::new(Server::from_version("10.11.19-MariaDB"));
/// assert_eq!((mysql.name(), mariadb.name()), ("mysql", "mariadb"));
/// assert!(mysql.capabilities().lateral && !mariadb.capabilities().lateral);
/// assert!(mariadb.capabilities().returning_insert && !mysql.capabilities().returning_insert);
/// ```
#[derive(Debug, Clone)]
pub struct MysqlDialect {
    server: Server,
    capabilities: Capabilities,
    /// Whether a backslash in a text constant begins an escape.
    escapes: bool,
    /// Whether `||` joins text rather than being OR.
    pipes_join: bool,
}

impl MysqlDialect {
    /// The dialect of a server, with what its version has.
    pub fn new(server: Server) -> Self {
        Self { server, capabilities: capabilities(server), escapes: true, pipes_join: false }
    }

    /// The dialect for sessions under a `sql_mode`: with `NO_BACKSLASH_ESCAPES` in it, a backslash in a text constant is
    /// a character like others, and with `PIPES_AS_CONCAT`, `||` joins text.
    ///
    /// ```
    /// use orm_core::dialect::Dialect;
    /// use orm_mysql::{MysqlDialect, Server};
    ///
    /// let mut sql = String::new();
    /// let dialect = MysqlDialect::new(Server::from_version("8.4.2")).sql_mode("ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
    /// dialect.push_text_literal(&mut sql, "it's \\");
    /// assert_eq!(sql, "'it''s \\'");
    /// ```
    #[must_use]
    pub fn sql_mode(mut self, mode: &str) -> Self {
        let has = |wanted: &str| mode.split(',').any(|word| word.trim().eq_ignore_ascii_case(wanted));
        self.escapes = !has("NO_BACKSLASH_ESCAPES");
        self.pipes_join = has("PIPES_AS_CONCAT");
        self
    }

    /// For connections under TLS: statements of bulk inserts are kept short enough for one record.
    #[must_use]
    pub fn encrypted(mut self) -> Self {
        self.capabilities.statement_bytes = Capabilities::TLS_RECORD;
        self
    }

    /// Whether a backslash in a text constant begins an escape.
    pub(crate) fn escapes(&self) -> bool {
        self.escapes
    }

    /// `JSON_TABLE`.
    fn check_json(&self, path: &[JsonStep]) -> Result<()> {
        let minus = |step: &JsonStep| matches!(step, JsonStep::Key(key) if key.starts_with('-'));
        if self.server.is_mariadb() && path.iter().any(minus) {
            return Err(Error::unsupported(self.name(), "JSON paths through keys that start with a minus"));
        }
        Ok(())
    }

    fn has_json_table(&self) -> bool {
        self.server.since(Some((8, 0, 4)), Some((10, 6, 0)))
    }

    /// The server.
    pub fn server(&self) -> Server {
        self.server
    }
}

impl MysqlDialect {
    /// MariaDB has documents as text, and `JSON_EQUALS` since 10.7.
    fn compares_documents(&self) -> bool {
        self.server.is_mariadb() && self.server.since(None, Some((10, 7, 0)))
    }

    /// Whether two texts are the same document, however they are written.
    fn push_same_document(&self, r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        if self.server.is_mariadb() {
            r.push_sql("JSON_EQUALS(");
            r.compared(left, right, Level::Loosest)?;
            r.push_sql(", ");
            r.compared(right, left, Level::Loosest)?;
            r.push_sql(if op == BinaryOp::Ne { ") = 0" } else { ") = 1" });
            return Ok(());
        }
        let document = |r: &mut Renderer<'_>, one: &Expr, other: &Expr| {
            // Other rows may hold text that is none.
            let is_column = one.as_column().is_some();
            if is_column {
                r.push_sql("CASE WHEN JSON_VALID(");
                r.compared(one, other, Level::Loosest)?;
                r.push_sql(") THEN ");
            }
            r.push_sql("CAST(");
            r.compared(one, other, Level::Loosest)?;
            r.push_sql(if is_column { " AS JSON) END" } else { " AS JSON)" });
            Ok(())
        };
        document(r, left, right)?;
        r.push_sql(if op == BinaryOp::Ne { " <> " } else { " = " });
        document(r, right, left)
    }
}

fn capabilities(server: Server) -> Capabilities {
    let mariadb = server.is_mariadb();
    let since = |mysql, mariadb| server.since(mysql, mariadb);
    Capabilities {
        version: server.version,
        returning_insert: since(None, Some((10, 5, 0))),
        returning_update: false,
        returning_delete: since(None, Some((10, 0, 5))),
        last_insert_id: true,
        key_step: "@@auto_increment_increment",
        default_keyword: true,
        // A 16-bit count in the protocol.
        max_binds: 65_535,
        max_insert_rows: usize::MAX,
        statement_bytes: Capabilities::MESSAGE,
        max_identifier: 64,
        identifier_chars: true,
        arrays: false,
        enum_types: false,
        nulls_first: true,
        row_ranges: false,
        // Manual, "The ENUM Type": sorted by index; in comparisons with text, a text.
        enums_compare_as_text: true,
        windows: since(Some((8, 0, 2)), Some((10, 2, 0))),
        lateral: since(Some((8, 0, 14)), None),
        ctes: since(Some((8, 0, 1)), Some((10, 2, 2))),
        row_locks: true,
        nowait: since(Some((8, 0, 1)), Some((10, 3, 0))),
        skip_locked: since(Some((8, 0, 1)), Some((10, 6, 0))),
        partial_indexes: false,
        expression_indexes: since(Some((8, 0, 13)), None),
        index_if_not_exists: mariadb,
        checks: since(Some((8, 0, 16)), Some((10, 2, 1))),
        add_foreign_key: true,
        schemas: true,
        attached_schemas: false,
        drop_cascade: false,
        truncate: true,
        truncate_cascade: false,
        transactional_ddl: false,
        self_subquery: since(None, Some((10, 3, 2))),
        limit_in_subquery: false,
        deferrable: false,
        unsigned: true,
        second_digits: 6,
        bare_types_are_whole: true,
        assigns_at_once: false,
        set_default: false,
        round_trips: true,
    }
}

impl Dialect for MysqlDialect {
    fn name(&self) -> &'static str {
        self.server.name()
    }

    fn current_schema(&self) -> &'static str {
        "DATABASE()"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Manuals, "Locking Functions": the names are the server's, and have up to 64 characters.
    fn push_try_lock(&self, w: &mut SqlWriter<'_>, name: &str) -> Result<bool> {
        w.push_sql("SELECT COALESCE(GET_LOCK(SHA2(CONCAT(DATABASE(), ' ', ");
        w.push_bind(Value::Text(name.to_owned().into()))?;
        w.push_sql("), 224), 0), 0)");
        Ok(true)
    }

    /// See "Functions Used with Global Transaction Identifiers" (MySQL) and "MASTER_GTID_WAIT" (MariaDB, returns -1 after the
    /// timeout) in the manuals.
    fn replication(&self) -> Option<Replication> {
        let refuses_writes = "SELECT @@GLOBAL.read_only <> 0";
        Some(if self.server.is_mariadb() {
            Replication {
                refuses_writes,
                position: "SELECT @@GLOBAL.gtid_binlog_pos",
                reached: "SELECT MASTER_GTID_WAIT(?, ?) = 0",
            }
        } else {
            Replication {
                refuses_writes,
                position: "SELECT @@GLOBAL.gtid_executed",
                reached: "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) = 0",
            }
        })
    }

    fn introspect(&self) -> Option<&dyn Introspect> {
        Some(self)
    }

    fn identifier_quotes(&self) -> (char, char) {
        ('`', '`')
    }

    fn lexical(&self) -> Lexical {
        Lexical { backslash_escapes: self.escapes, ..LEXICAL }
    }

    fn session_functions(&self) -> &'static [&'static str] {
        &["get_lock"]
    }

    fn push_placeholder(&self, sql: &mut String, _position: usize, ty: SqlType) -> Result<()> {
        match ty {
            SqlType::Array(_) => return Err(Error::unsupported(self.name(), "arrays")),
            // As text it would be compared with documents as a JSON string.
            SqlType::Json if !self.server.is_mariadb() => sql.push_str("CAST(? AS JSON)"),
            SqlType::Native(name) if !self.server.is_mariadb() && is_json(name) => sql.push_str("CAST(? AS JSON)"),
            _ => sql.push('?'),
        }
        Ok(())
    }

    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        types::column_type(self.server, column, |sql, text| self.push_text_literal(sql, text))
    }

    fn cast_type(&self, ty: SqlType) -> Result<Cow<'static, str>> {
        types::cast_type(self.server, ty)
    }

    fn auto_increment(&self) -> &'static str {
        "AUTO_INCREMENT"
    }

    fn push_text_literal(&self, sql: &mut String, text: &str) {
        sql.push('\'');
        for c in text.chars() {
            if c == '\'' || (c == '\\' && self.escapes) {
                sql.push(c);
            }
            sql.push(c);
        }
        sql.push('\'');
    }

    fn push_literal(&self, sql: &mut String, value: &Value) -> Result<()> {
        check(value)?;
        // Writing to a String cannot fail.
        let _ = match value {
            Value::Null(_) => write!(sql, "NULL"),
            Value::Bool(v) => write!(sql, "{}", u8::from(*v)),
            Value::I16(v) => write!(sql, "{v}"),
            Value::I32(v) => write!(sql, "{v}"),
            Value::I64(v) => write!(sql, "{v}"),
            Value::U64(v) => write!(sql, "{v}"),
            Value::F32(v) => write!(sql, "{:e}", f64::from(*v)),
            Value::F64(v) => write!(sql, "{v:e}"),
            Value::Bytes(v) => hex(sql, v),
            Value::Uuid(v) => hex(sql, v),
            Value::Date(v) => write!(sql, "'{}'", v.format("%Y-%m-%d")),
            Value::Time(v) => write!(sql, "'{}'", stored_time(*v).format("%H:%M:%S%.6f")),
            Value::DateTime(v) => write!(sql, "'{}'", stored_date_time(*v).format("%Y-%m-%d %H:%M:%S%.6f")),
            Value::Timestamp(v) => {
                write!(sql, "'{}'", stored_date_time(v.naive_utc()).format("%Y-%m-%d %H:%M:%S%.6f"))
            }
            Value::Decimal(v) => write!(sql, "{v}"),
            Value::Text(text) => return self.push_text_constant(sql, text),
            Value::Json(text) | Value::Native(_, text) => return self.push_text_constant(sql, text),
            Value::Enum(_, label) => return self.push_text_constant(sql, label),
            _ => return Err(Error::unsupported(self.name(), format_args!("constant of {}", value.sql_type()))),
        };
        Ok(())
    }

    fn function(&self, function: Function) -> Option<FunctionForm> {
        Some(match function {
            Function::Length => FunctionForm::Call("CHAR_LENGTH"),
            Function::Ceil => FunctionForm::Call("CEILING"),
            Function::Substring => FunctionForm::Call("SUBSTRING"),
            Function::Concat => FunctionForm::Call("CONCAT"),
            Function::Now => FunctionForm::Text("UTC_TIMESTAMP(6)"),
            Function::CurrentDate => FunctionForm::Text("UTC_DATE()"),
            Function::Random => FunctionForm::Text("RAND()"),
            Function::Year => FunctionForm::Call("YEAR"),
            Function::Month => FunctionForm::Call("MONTH"),
            Function::Day => FunctionForm::Call("DAYOFMONTH"),
            // `/` of integers gives a decimal.
            Function::IntegerDivide => FunctionForm::Operator("DIV"),
            // See `push_aggregate`.
            Function::Divide => FunctionForm::Around("ROUND((", ") / (", "), 16)"),
            _ => return None,
        })
    }

    /// MySQL manual, 14.4.2: `<=>`. `||` is OR unless the session says otherwise (`PIPES_AS_CONCAT`).
    fn push_binary(&self, r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        if let BinaryOp::Eq | BinaryOp::Ne = op
            && let Some(column) = [left, right].into_iter().filter_map(Expr::as_column).find(|c| c.ty == SqlType::Json)
            && (self.compares_documents() || !self.server.is_mariadb() && column.is_text())
        {
            return self.push_same_document(r, op, left, right);
        }
        match op {
            BinaryOp::IsDistinct | BinaryOp::IsNotDistinct => standard::null_safe(r, " <=> ", op, left, right),
            BinaryOp::Concat => {
                r.push_sql("CONCAT(");
                r.expr(left)?;
                r.push_sql(", ");
                r.expr(right)?;
                r.push_sql(")");
                Ok(())
            }
            op => standard::binary(r, op, left, right),
        }
    }

    /// Text for a document is one, not a JSON string. MariaDB's documents are text.
    fn takes_text_as(&self, type_name: &str) -> bool {
        !self.server.is_mariadb() && is_json(type_name)
    }

    fn push_pattern(&self, r: &mut Renderer<'_>, text: &Expr, kind: LikeKind) -> Result<()> {
        r.push_sql(if kind == LikeKind::StartsWith { "CONCAT(" } else { "CONCAT('%', " });
        standard::escaped(r, text)?;
        r.push_sql(if kind == LikeKind::EndsWith { ")" } else { ", '%')" });
        Ok(())
    }

    /// MySQL manual, 14.8.2: `REGEXP` goes by the collation, `REGEXP_LIKE` takes the letter case as an argument. MariaDB has
    /// no such function, but its patterns take `(?i)`.
    fn push_regexp(&self, r: &mut Renderer<'_>, regexp: &Regexp<'_>) -> Result<()> {
        if self.server.is_mariadb() {
            r.operand(regexp.expr, Level::Sum)?;
            r.push_sql(if regexp.negated { " NOT REGEXP " } else { " REGEXP " });
            // Said either way: the column's collation would decide otherwise.
            let flag = if regexp.ignore_case { "(?i)" } else { "(?-i)" };
            if let Expr::Value(Value::Text(text)) = regexp.pattern {
                return r.push_bind(Value::Text(format!("{flag}{text}").into()));
            }
            r.push_sql("CONCAT(");
            r.push_text_literal(flag)?;
            r.push_sql(", ");
            r.expr(regexp.pattern)?;
            r.push_sql(")");
            return Ok(());
        }
        r.push_sql(if regexp.negated { "NOT REGEXP_LIKE(" } else { "REGEXP_LIKE(" });
        r.expr(regexp.expr)?;
        r.push_sql(", ");
        r.expr(regexp.pattern)?;
        r.push_sql(if regexp.ignore_case { ", 'i')" } else { ", 'c')" });
        Ok(())
    }

    /// Averages and quotients have up to thirty digits after the point, more than decimal types hold: they are rounded to
    /// 16. There is no `FILTER`.
    fn push_aggregate(&self, r: &mut Renderer<'_>, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
        if !aggregate.decimal {
            return standard::aggregate_by_case(r, aggregate, window);
        }
        r.push_sql("ROUND(");
        standard::aggregate_by_case(r, aggregate, window)?;
        r.push_sql(", 16)");
        Ok(())
    }

    /// The text of a boolean in a document is no boolean.
    fn push_cast(&self, r: &mut Renderer<'_>, inner: &Expr, ty: SqlType) -> Result<()> {
        if ty != SqlType::Bool || !matches!(inner, Expr::Json { form: JsonForm::Text, .. }) {
            return standard::cast(r, inner, ty);
        }
        r.push_sql("(");
        r.expr(inner)?;
        r.push_sql(" = 'true')");
        Ok(())
    }

    /// As text, the null of JSON is NULL. Documents are text to MariaDB, whose paths cannot name keys that start with a
    /// minus.
    fn push_json(&self, r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], form: JsonForm) -> Result<()> {
        self.check_json(path)?;
        let mariadb = self.server.is_mariadb();
        let text = match form {
            JsonForm::Document => false,
            JsonForm::Text => true,
            JsonForm::Value(ty) => return json::push_typed(r, document, path, ty),
        };
        r.push_sql(match (text, mariadb) {
            (false, _) => "JSON_EXTRACT(",
            (true, false) => "JSON_UNQUOTE(NULLIF(JSON_EXTRACT(",
            // `CONCAT` takes the type away: compared as JSON, the string "null" equals the null of JSON.
            (true, true) => "JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(",
        });
        r.expr(document)?;
        r.push_sql(", ");
        r.push_bind(Value::Text(standard::json_path(path, true).into()))?;
        match (text, mariadb) {
            (false, _) => r.push_sql(")"),
            (true, false) => {
                r.push_sql("), ");
                r.push_bind(Value::Json("null".into()))?;
                r.push_sql("))");
            }
            (true, true) => r.push_sql(")), 'null'))"),
        }
        Ok(())
    }

    fn push_json_change(&self, r: &mut Renderer<'_>, change: &JsonChange) -> Result<()> {
        self.check_json(&change.path)?;
        json::push_change(r, change, self.server.is_mariadb())
    }

    /// Many rows are one bind, a table made of JSON: a list in the text costs the optimizer a range for each, and on MariaDB
    /// the server a comparison of each row with all of them.
    fn push_row_list(&self, r: &mut Renderer<'_>, columns: &[Expr], rows: &[Vec<Value>], negated: bool) -> Result<()> {
        let many = rows.len() > SHORT_LIST && self.has_json_table();
        let table = if many { json_table::push_in(r, self.server, columns, rows, negated) } else { None };
        table.unwrap_or_else(|| standard::row_list(r, columns, "", rows, negated))
    }

    fn keys_of_one_query(&self, key: &[Value]) -> Option<usize> {
        (key.len() > 1 && self.has_json_table() && json_table::holds(key)).then_some(MOST_ROWS)
    }

    /// The optimizer takes a table made of JSON for one of a few rows. What it expects of a real one is said by EXPLAIN.
    fn push_row_estimate(&self, w: &mut SqlWriter<'_>, table: &TableName, _most: u64) -> Result<bool> {
        w.push_sql(if self.server.is_mariadb() {
            "EXPLAIN SELECT 1 FROM "
        } else {
            "EXPLAIN FORMAT=TRADITIONAL SELECT 1 FROM "
        });
        w.push_table(table)?;
        Ok(true)
    }

    /// MySQL manual, 10.9.3; there, `STRAIGHT_JOIN` would make a sub-query that is run for each row of the key list. MariaDB has
    /// no hints.
    fn push_read_first(&self, r: &mut Renderer<'_>, table: &TableName, place: HintPlace) -> Result<()> {
        if place == HintPlace::Table {
            return Ok(());
        }
        if self.server.is_mariadb() {
            r.push_sql("STRAIGHT_JOIN ");
            return Ok(());
        }
        r.push_sql("/*+ JOIN_PREFIX(");
        r.push_ident(table.name)?;
        r.push_sql(") */ ");
        Ok(())
    }

    /// MariaDB takes a number that is bound for the position of an item (10.11.19).
    fn push_order_key(&self, r: &mut Renderer<'_>, key: &OrderKey<'_>) -> Result<()> {
        if self.server.is_mariadb() && key.is_constant() {
            r.push_sql("NULL");
            return Ok(());
        }
        standard::order_key_by_null_test(r, key)
    }

    /// MySQL manual, 15.2.13: an offset needs a limit, and the greatest number stands for none.
    fn push_limits(&self, r: &mut Renderer<'_>, limits: Limits) -> Result<()> {
        standard::limits_with_offset_after_limit(r, limits, ALL_ROWS)
    }

    /// The optimizer merges a derived table without a limit into the query around it (MySQL manual, 10.2.2.4), and the query
    /// would read the table that it changes.
    fn optimizer_fence(&self) -> &'static str {
        " LIMIT 18446744073709551615"
    }

    /// MySQL manual, 17.7.2.4. `FOR SHARE` and `OF` came with MySQL 8.0.1; MariaDB has neither.
    fn push_lock(&self, r: &mut Renderer<'_>, lock: &RowLock) -> Result<()> {
        let since_8_0_1 = self.server.since(Some((8, 0, 1)), None);
        let strength = match lock.strength {
            LockStrength::Update | LockStrength::NoKeyUpdate => " FOR UPDATE",
            LockStrength::Share | LockStrength::KeyShare if since_8_0_1 => " FOR SHARE",
            LockStrength::Share | LockStrength::KeyShare => " LOCK IN SHARE MODE",
        };
        standard::row_lock(r, lock, strength, since_8_0_1)
    }

    fn default_row(&self) -> &'static str {
        "() VALUES ()"
    }

    /// MySQL manual, 15.2.7.2. MariaDB and MySQL before 8.0.19 have no name for the new row but `VALUES(column)`, which later
    /// versions of MySQL deprecate.
    fn push_conflict(&self, r: &mut Renderer<'_>, insert: &Insert, conflict: &Conflict) -> Result<()> {
        if self.names_new_row() {
            r.push_sql(" AS ");
            r.push_ident(NEW_ROW)?;
        }
        r.push_sql(" ON DUPLICATE KEY UPDATE ");
        match &conflict.action {
            // Changing a column to itself changes nothing, and unlike IGNORE hides no other error.
            ConflictAction::Nothing => {
                let key = insert.model.key_columns().next().or_else(|| insert.columns.first().copied());
                if let Some(column) = key {
                    r.push_ident(column.name)?;
                    r.push_sql(" = ");
                    r.push_column(column)?;
                }
                Ok(())
            }
            ConflictAction::Update(set) => r.assignments(set),
        }
    }

    fn push_excluded(&self, r: &mut Renderer<'_>, column: &'static ColumnDef) -> Result<()> {
        if self.names_new_row() {
            r.push_ident(NEW_ROW)?;
            r.push_sql(".");
            return r.push_ident(column.name);
        }
        r.push_sql("VALUES(");
        r.push_ident(column.name)?;
        r.push_sql(")");
        Ok(())
    }

    fn table_options(&self) -> &'static str {
        " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    }

    /// MySQL manual, 15.1.15: `USING` is for the two methods that engines have; the others are kinds of indexes.
    fn index_method<'a>(&self, index: &'a Index) -> Result<IndexMethod<'a>> {
        let Some(method) = index.method.as_deref() else { return Ok(IndexMethod::Own) };
        let is = |name: &str| method.eq_ignore_ascii_case(name);
        Ok(match index.unique {
            _ if is("btree") => IndexMethod::After(" USING BTREE"),
            _ if is("hash") => IndexMethod::After(" USING HASH"),
            false if is("fulltext") => IndexMethod::Kind("FULLTEXT "),
            false if is("spatial") => IndexMethod::Kind("SPATIAL "),
            unique => {
                let unique = if unique { "unique " } else { "" };
                return Err(Error::unsupported(self.name(), format_args!("{unique}indexes of the method `{method}`")));
            }
        })
    }

    fn push_table_comment(&self, w: &mut SqlWriter<'_>, comment: &str) -> Result<bool> {
        w.push_sql(" COMMENT = ");
        w.push_text_literal(comment)?;
        Ok(true)
    }

    fn push_column_comment(&self, w: &mut SqlWriter<'_>, comment: &str) -> Result<bool> {
        w.push_sql(" COMMENT ");
        w.push_text_literal(comment)?;
        Ok(true)
    }

    fn comment_on_table(&self, table: &QualifiedName, comment: &str) -> Result<Vec<String>> {
        let mut w = SqlWriter::new(self);
        ddl::push_alter_table(&mut w, table)?;
        self.push_table_comment(&mut w, comment)?;
        Ok(vec![w.finish().sql])
    }

    fn comment_on_column(&self, table: &QualifiedName, column: &Column) -> Result<Vec<String>> {
        let mut w = SqlWriter::new(self);
        ddl::push_alter_table(&mut w, table)?;
        w.push_sql(" MODIFY COLUMN ");
        self.push_column(&mut w, column)?;
        Ok(vec![w.finish().sql])
    }

    /// ENUM is a type of the column's own.
    fn type_checks_labels(&self, column: &Column) -> bool {
        column.type_name.is_none() && matches!(column.ty, ColumnType::Enum(_))
    }

    /// MariaDB takes constants for every type.
    fn literal_default_in_parentheses(&self, type_name: &str) -> bool {
        !self.server.is_mariadb() && types::defaults_are_expressions(type_name)
    }

    fn check_expression(&self, sql: &str) -> Result<()> {
        if self.pipes_join || !pipes(sql, self.escapes) {
            return Ok(());
        }
        let message = format!("`||` is OR to {}, not the joining of text: write CONCAT(..), or OR: {sql}", self.name());
        Err(Error::new(ErrorKind::InvalidStatement, message))
    }

    /// One statement, which commits once.
    fn indexes_in_create_table(&self) -> bool {
        true
    }

    fn index_prefixes(&self) -> bool {
        true
    }

    /// MySQL's errors 3959, 3108 and 3837 refuse it.
    fn renames_in_expressions(&self) -> bool {
        self.server.is_mariadb()
    }

    fn online(&self, operation: &Operation) -> Result<Option<ddl::Online>> {
        alter::online(operation, self)
    }

    fn operation(&self, operation: &Operation) -> Result<Option<Vec<String>>> {
        if matches!(operation, Operation::RenameColumn { .. }) && !self.server.since(Some((8, 0, 3)), Some((10, 5, 2)))
        {
            return Err(Error::unsupported(self.name(), "RENAME COLUMN in this version"));
        }
        alter::operation(operation, self)
    }

    fn check_value(&self, value: &Value) -> Result<()> {
        check(value)
    }
}

impl MysqlDialect {
    /// Whether the row that was to be inserted has a name in an upsert.
    fn names_new_row(&self) -> bool {
        self.server.since(Some((8, 0, 19)), None)
    }

    fn push_text_constant(&self, sql: &mut String, text: &str) -> Result<()> {
        if text.contains('\0') {
            return Err(Error::encode("text constants of DDL cannot hold a NUL character"));
        }
        self.push_text_literal(sql, text);
        Ok(())
    }
}

/// Whether there is a `||` in an expression, outside of quotes and comments.
fn pipes(sql: &str, escapes: bool) -> bool {
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"', '`', '|', '/', '#', '-']) {
        rest = &rest[at..];
        let passed = match rest.as_bytes() {
            [b'|', b'|', ..] => return true,
            [quote @ (b'\'' | b'"' | b'`'), ..] => quoted(rest, *quote, escapes && *quote != b'`'),
            // What is in `/*! .. */` is no comment.
            [b'/', b'*', third, ..] if *third != b'!' && !rest.starts_with("/*M!") => {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            }
            [b'#', ..] | [b'-', b'-', b' ' | b'\t' | b'\n', ..] => rest.find('\n').unwrap_or(rest.len()),
            _ => 1,
        };
        rest = &rest[passed..];
    }
    false
}

/// The length of quoted text at the beginning, with its quotes.
fn quoted(sql: &str, quote: u8, escapes: bool) -> usize {
    let bytes = sql.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if escapes && bytes[at] == b'\\' { 2 } else { 1 };
    }
    // A doubled quote begins the next text.
    (at + 1).min(bytes.len())
}

fn hex(sql: &mut String, bytes: &[u8]) -> std::fmt::Result {
    sql.push_str("X'");
    for byte in bytes {
        write!(sql, "{byte:02X}")?;
    }
    sql.push('\'');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_are_found_outside_of_quotes_and_comments() {
        for sql in
            ["a || b", "a||b", "'x' || y", "`a`||\"b\"", "'it''s' || 'x'", "a -1 || b", "/*! a || */ b", "'\\' || b'"]
        {
            assert!(pipes(sql, sql != "'\\' || b'"), "{sql}");
        }
        for sql in [
            "a | b",
            "'a || b'",
            "\"a||b\"",
            "`||`",
            "/* || */ a",
            "a -- ||",
            "a # ||",
            "'it''s ||'",
            "'\\' || b'",
            "'||",
            "/*|",
        ] {
            assert!(!pipes(sql, true), "{sql}");
        }
    }

    #[test]
    fn two_pipes_are_refused_unless_they_join_text() {
        let dialect = MysqlDialect::new(Server::from_version("8.4.2"));
        assert_eq!(dialect.check_expression("first || last").unwrap_err().kind(), ErrorKind::InvalidStatement);
        dialect.sql_mode("STRICT_ALL_TABLES,PIPES_AS_CONCAT").check_expression("first || last").unwrap();
    }

    #[test]
    fn constant_defaults_are_expressions_only_for_types_that_need_it() {
        let mysql = MysqlDialect::new(Server::from_version("9.7.4"));
        let mariadb = MysqlDialect::new(Server::from_version("10.11.19-MariaDB"));
        for ty in ["LONGTEXT", "text", "JSON", "mediumblob", "POINT", "tinytext(9)"] {
            assert!(mysql.literal_default_in_parentheses(ty) && !mariadb.literal_default_in_parentheses(ty), "{ty}");
        }
        for ty in ["VARCHAR(40)", "ENUM('TEXT')", "BIGINT", "DATETIME(6)", "CHAR(1) CHARACTER SET utf8mb4"] {
            assert!(!mysql.literal_default_in_parentheses(ty), "{ty}");
        }
    }
}
