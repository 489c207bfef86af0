//! How `ToyDB` writes SQL.

use std::borrow::Cow;
use std::fmt::Write;

use orm_core::ast::{BinaryOp, Expr};
use orm_core::dialect::{Capabilities, Dialect, Lexical, Limits, OrderKey, Renderer, SqlWriter, standard};
use orm_core::schema::{Column, ColumnType};
use orm_core::{Error, Result, SqlType, Value};

/// The dialect of one version of `ToyDB`.
///
/// ```
/// use orm_core::dialect::{Dialect, SqlWriter};
/// use orm_toy_driver::ToyDialect;
///
/// let dialect = ToyDialect::new((1, 0, 0));
/// let mut writer = SqlWriter::new(&dialect);
/// writer.push_ident("order")?;
/// assert_eq!(writer.finish().sql, "`order`");
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ToyDialect {
    capabilities: Capabilities,
}

impl ToyDialect {
    /// The dialect of a version.
    pub fn new(version: (u32, u32, u32)) -> Self {
        Self {
            capabilities: Capabilities {
                // Without RETURNING, rows are read back by the key that the database reports.
                last_insert_id: true,
                default_keyword: false,
                nulls_first: true,
                windows: true,
                index_if_not_exists: true,
                // A foreign key is part of CREATE TABLE or is not there.
                add_foreign_key: false,
                transactional_ddl: true,
                ..Capabilities::core(version)
            },
        }
    }

    fn no_type(&self, ty: SqlType) -> Error {
        Error::unsupported(self.name(), format_args!("type `{ty}`"))
    }

    fn type_name(&self, ty: SqlType) -> Result<&'static str> {
        Ok(match ty {
            ty if ty.is_integer() => "INTEGER",
            SqlType::Bool => "BOOLEAN",
            SqlType::F32 | SqlType::F64 => "REAL",
            SqlType::Text | SqlType::Char => "TEXT",
            SqlType::Bytes => "BLOB",
            ty => return Err(self.no_type(ty)),
        })
    }
}

impl Dialect for ToyDialect {
    fn name(&self) -> &'static str {
        "toydb"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn identifier_quotes(&self) -> (char, char) {
        ('`', '`')
    }

    fn lexical(&self) -> Lexical {
        Lexical { backquotes: true, ..Lexical::STANDARD }
    }

    fn push_placeholder(&self, sql: &mut String, position: usize, ty: SqlType) -> Result<()> {
        self.type_name(ty)?;
        let _ = write!(sql, "${position}");
        Ok(())
    }

    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        let name = match (&column.type_name, &column.ty) {
            (Some(name), _) => return Ok(name.clone().into()),
            (None, ColumnType::Plain(ty)) => self.type_name(*ty),
            (None, ty) => Err(Error::unsupported(self.name(), format_args!("type `{ty}`"))),
        };
        Ok(name.map_err(|error| error.with_columns([column.name.clone()]))?.into())
    }

    fn cast_type(&self, ty: SqlType) -> Result<Cow<'static, str>> {
        Ok(self.type_name(ty)?.into())
    }

    fn auto_increment(&self) -> &'static str {
        "AUTOINCREMENT"
    }

    fn auto_increment_is_key(&self) -> bool {
        true
    }

    fn push_literal(&self, sql: &mut String, value: &Value) -> Result<()> {
        let _ = match value {
            Value::Null(_) => write!(sql, "NULL"),
            Value::Bool(v) => write!(sql, "{}", u8::from(*v)),
            Value::I16(v) => write!(sql, "{v}"),
            Value::I32(v) => write!(sql, "{v}"),
            Value::I64(v) => write!(sql, "{v}"),
            Value::F64(v) if v.is_finite() => write!(sql, "{v:?}"),
            Value::Text(v) if !v.contains('\0') => {
                // The default doubles quotes, which is all that this database needs.
                self.push_text_literal(sql, v);
                Ok(())
            }
            Value::Text(_) => return Err(Error::encode("text constants cannot hold a NUL")),
            value => return Err(self.no_type(value.sql_type())),
        };
        Ok(())
    }

    // Three clauses are not as the standard has them, and each is one method.

    fn push_binary(&self, r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        match op {
            BinaryOp::IsDistinct | BinaryOp::IsNotDistinct => standard::null_safe(r, " IS ", op, left, right),
            op => standard::binary(r, op, left, right),
        }
    }

    fn push_order_key(&self, r: &mut Renderer<'_>, key: &OrderKey<'_>) -> Result<()> {
        standard::order_key_by_null_test(r, key)
    }

    fn push_limits(&self, r: &mut Renderer<'_>, limits: Limits) -> Result<()> {
        standard::limits_with_offset_after_limit(r, limits, "-1")
    }

    /// The default asks the information schema of the standard, which this database lacks.
    fn push_table_exists(&self, w: &mut SqlWriter<'_>, _schema: Option<&str>, name: &str) -> Result<()> {
        w.push_sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ");
        w.push_bind(Value::Text(name.to_owned().into()))
    }
}
