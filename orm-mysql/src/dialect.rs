//! [`MysqlDialect`]: how MySQL and MariaDB write SQL, and what each version of them has. Names of types are in `types`.
//!
//! Source: the reference manuals of MySQL 8.0 to 9.x, the MariaDB knowledge base; the version a feature came with is in
//! the section of its statement.

use std::borrow::Cow;
use std::fmt::Write;

use orm_core::ast::Function;
use orm_core::dialect::{
    Capabilities, CommentStyle, Dialect, FunctionForm, IndexMethodStyle, JsonStyle, Lexical, LimitStyle, ListStyle,
    RegexpStyle, SqlWriter, UpsertStyle, ddl,
};
use orm_core::schema::{Column, ColumnType, Operation};
use orm_core::{Error, ErrorKind, Result, SqlType, Value};

use crate::bind::{check, stored_date_time, stored_time};
use crate::server::Server;
use crate::types;

/// How text divides into words in a session whose `sql_mode` has neither `ANSI_QUOTES` nor `NO_BACKSLASH_ESCAPES`.
pub(crate) const LEXICAL: Lexical = Lexical {
    backslash_escapes: true,
    backquotes: true,
    hash_comments: true,
    spaced_dashes: true,
    executable_comments: true,
    ..Lexical::STANDARD
};

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

    /// The server.
    pub fn server(&self) -> Server {
        self.server
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
        default_keyword: true,
        default_values: "() VALUES ()",
        // A 16-bit count in the protocol.
        max_binds: 65_535,
        statement_bytes: Capabilities::MESSAGE,
        max_identifier: 64,
        identifier_chars: true,
        lists: ListStyle::Padded,
        arrays: false,
        enum_types: false,
        regexp: if mariadb { RegexpStyle::Regexp } else { RegexpStyle::RegexpLike },
        ilike: false,
        nulls_order: false,
        nulls_first: true,
        is_not_distinct: "<=>",
        // `||` is OR without PIPES_AS_CONCAT.
        concat_operator: false,
        limit: LimitStyle::OffsetNeedsLimit("18446744073709551615"),
        upsert: if since(Some((8, 0, 19)), None) {
            UpsertStyle::OnDuplicateKeyAlias
        } else {
            UpsertStyle::OnDuplicateKeyValues
        },
        json: if mariadb { JsonStyle::ExtractText } else { JsonStyle::Extract },
        aggregate_filter: false,
        windows: since(Some((8, 0, 2)), Some((10, 2, 0))),
        lateral: since(Some((8, 0, 14)), None),
        ctes: since(Some((8, 0, 1)), Some((10, 2, 2))),
        row_locks: true,
        key_locks: false,
        lock_of: since(Some((8, 0, 1)), None),
        nowait: since(Some((8, 0, 1)), Some((10, 3, 0))),
        skip_locked: since(Some((8, 0, 1)), Some((10, 6, 0))),
        for_share: since(Some((8, 0, 1)), None),
        partial_indexes: false,
        expression_indexes: since(Some((8, 0, 13)), None),
        index_methods: IndexMethodStyle::Kinds,
        index_if_not_exists: mariadb,
        checks: since(Some((8, 0, 16)), Some((10, 2, 1))),
        add_foreign_key: true,
        schemas: true,
        attached_schemas: false,
        comments: CommentStyle::Inline,
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
        quotient_digits: Some(16),
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

    fn identifier_quotes(&self) -> (char, char) {
        ('`', '`')
    }

    fn lexical(&self) -> Lexical {
        Lexical { backslash_escapes: self.escapes, ..LEXICAL }
    }

    fn push_placeholder(&self, sql: &mut String, _position: usize, ty: SqlType) -> Result<()> {
        match ty {
            SqlType::Array(_) => return Err(Error::unsupported(self.name(), "arrays")),
            // As text it would be compared with documents as a JSON string.
            SqlType::Json if !self.server.is_mariadb() => sql.push_str("CAST(? AS JSON)"),
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
            Function::IntegerDivide => FunctionForm::Text("DIV"),
            // A quotient has up to thirty digits after the point, more than decimal types hold: as many as averages have.
            Function::Divide => FunctionForm::Around("ROUND((", ") / (", "), 16)"),
            _ => return None,
        })
    }

    fn table_options(&self) -> &'static str {
        " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
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

    fn operation(&self, operation: &Operation) -> Result<Option<Vec<String>>> {
        let mut w = SqlWriter::new(self);
        match operation {
            Operation::DropIndex { table, index } => {
                ddl::push_alter_table(&mut w, table)?;
                w.push_sql(" DROP INDEX ");
                ddl::push_name(&mut w, &index.name)?;
                if ddl::needs_live_column(index, self) {
                    w.push_sql(", DROP COLUMN ");
                    ddl::push_name(&mut w, &ddl::live_column(index))?;
                }
            }
            // A name without a schema would move the table to the database in use.
            Operation::RenameTable { table, to } => {
                ddl::push_alter_table(&mut w, table)?;
                w.push_sql(" RENAME TO ");
                w.push_qualified(table.schema.as_deref(), to)?;
            }
            Operation::RenameColumn { .. } if !self.server.since(Some((8, 0, 3)), Some((10, 5, 2))) => {
                return Err(Error::unsupported(self.name(), "RENAME COLUMN in this version"));
            }
            _ => return Ok(None),
        }
        Ok(Some(vec![w.finish().sql]))
    }

    fn check_value(&self, value: &Value) -> Result<()> {
        check(value)
    }
}

impl MysqlDialect {
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
