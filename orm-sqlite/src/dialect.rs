//! Where SQLite's SQL differs: names of types, functions, constants of DDL, and what each version of SQLite has. How
//! values are stored is in `types.rs`.

use std::borrow::Cow;
use std::fmt::Write;

use orm_core::ast::Function;
use orm_core::dialect::{
    Capabilities, CommentStyle, Dialect, FunctionForm, IndexMethodStyle, JsonStyle, Lexical, LimitStyle, ListStyle,
    RegexpStyle, SqlWriter, UpsertStyle,
};
use orm_core::schema::{Column, ColumnDefault, ColumnType, Operation};
use orm_core::{EnumStorage, Error, Result, SqlType, Value};

use crate::types::{self, Cell};

/// The name in errors and spans.
pub(crate) const NAME: &str = "sqlite";

/// How text divides into words.
pub(crate) const LEXICAL: Lexical = Lexical { backquotes: true, brackets: true, ..Lexical::STANDARD };

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
                default_keyword: false,
                default_values: "DEFAULT VALUES",
                max_binds: 32_766,
                statement_bytes: usize::MAX,
                max_identifier: usize::MAX,
                identifier_chars: false,
                lists: ListStyle::Json,
                arrays: false,
                enum_types: false,
                regexp: RegexpStyle::Regexp,
                ilike: false,
                nulls_order: since(3, 30),
                nulls_first: true,
                is_not_distinct: "IS",
                concat_operator: true,
                limit: LimitStyle::OffsetNeedsLimit("-1"),
                upsert: UpsertStyle::OnConflict,
                json: if since(3, 38) { JsonStyle::ArrowPath } else { JsonStyle::None },
                aggregate_filter: since(3, 30),
                windows: since(3, 28),
                lateral: false,
                ctes: true,
                row_locks: false,
                key_locks: false,
                lock_of: false,
                nowait: false,
                skip_locked: false,
                for_share: false,
                partial_indexes: true,
                expression_indexes: true,
                index_methods: IndexMethodStyle::None,
                index_if_not_exists: true,
                checks: true,
                add_foreign_key: false,
                schemas: true,
                attached_schemas: true,
                comments: CommentStyle::None,
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
                quotient_digits: None,
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

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
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
    fn explain(&self) -> &'static str {
        "EXPLAIN QUERY PLAN "
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

    fn current_schema(&self) -> &'static str {
        "'main'"
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
        let version = self.capabilities.version;
        let what = match operation {
            Operation::AddForeignKey { .. } => "ALTER TABLE .. ADD FOREIGN KEY",
            Operation::AddCheck { .. } => "ALTER TABLE .. ADD CHECK",
            Operation::DropForeignKey { .. } | Operation::DropCheck { .. } => "ALTER TABLE .. DROP CONSTRAINT",
            Operation::CreateIndex { index, .. } if index.constraint => "ALTER TABLE .. ADD UNIQUE",
            Operation::DropIndex { index, .. } if index.constraint => "ALTER TABLE .. DROP CONSTRAINT",
            Operation::AddColumn { column, .. } => match not_addable(column) {
                Some(what) => what,
                None => return Ok(None),
            },
            Operation::DropColumn { .. } if version < (3, 35, 0) => "DROP COLUMN in this version",
            Operation::RenameColumn { .. } if version < (3, 25, 0) => "RENAME COLUMN in this version",
            _ => return Ok(None),
        };
        Err(Error::unsupported(NAME, format_args!("{what}: it takes a rebuild of the table")))
    }

    fn check_value(&self, value: &Value) -> Result<()> {
        types::check(value)
    }
}

/// Why a column cannot be added to a table with rows, if it cannot.
fn not_addable(column: &Column) -> Option<&'static str> {
    match (&column.default, &column.generated) {
        _ if column.auto_increment => Some("ADD COLUMN of a primary key"),
        (_, Some(generated)) if generated.stored => Some("ADD COLUMN of a stored generated column"),
        (_, Some(_)) => None,
        (Some(ColumnDefault::Now | ColumnDefault::Sql(_)), _) => Some("ADD COLUMN with an expression as the default"),
        (None, None) if !column.nullable => Some("ADD COLUMN of a NOT NULL column without a default"),
        _ => None,
    }
}
