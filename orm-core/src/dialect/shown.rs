//! Statements as people look at them, in `{:?}`: as the standard writes them, with a placeholder for each value, which may be a
//! secret. No database runs them.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use super::{Capabilities, Dialect, render};
use crate::ast::Statement;
use crate::error::{Error, Result};
use crate::schema::Column;
use crate::value::{SqlType, Value};

/// The standard's forms, of a database that has everything.
#[derive(Debug)]
struct Shown;

static CAPABILITIES: LazyLock<Capabilities> = LazyLock::new(|| Capabilities {
    returning_insert: true,
    returning_update: true,
    returning_delete: true,
    windows: true,
    row_locks: true,
    nowait: true,
    skip_locked: true,
    partial_indexes: true,
    expression_indexes: true,
    schemas: true,
    self_subquery: true,
    limit_in_subquery: true,
    max_binds: usize::MAX,
    max_insert_rows: usize::MAX,
    ..Capabilities::core((1, 0, 0))
});

impl Dialect for Shown {
    fn name(&self) -> &'static str {
        "standard SQL"
    }
    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }
    fn push_placeholder(&self, sql: &mut String, _position: usize, _ty: SqlType) -> Result<()> {
        sql.push('?');
        Ok(())
    }
    fn column_type(&self, _column: &Column) -> Result<Cow<'static, str>> {
        Err(Error::unsupported(self.name(), "tables"))
    }
    fn cast_type(&self, ty: SqlType) -> Result<Cow<'static, str>> {
        Ok(ty.to_string().into())
    }
    fn auto_increment(&self) -> &'static str {
        ""
    }
    fn push_literal(&self, sql: &mut String, _value: &Value) -> Result<()> {
        sql.push('?');
        Ok(())
    }
}

/// Writes a statement for people.
///
/// # Errors
/// The formatter's.
pub(crate) fn show(statement: &Statement, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match render(statement, &Shown) {
        Ok(rendered) => f.write_str(&rendered.sql),
        Err(error) => write!(f, "({error})"),
    }
}
