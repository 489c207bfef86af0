//! The only place where SQL text and binds are appended, so that quoting and binding cannot be forgotten.

use super::{Dialect, unsupported};
use crate::error::{Error, ErrorKind, Result};
use crate::model::TableName;
use crate::value::{SqlType, Value};

/// A statement ready to run.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The text.
    pub sql: String,
    /// The binds, in the order of their placeholders.
    pub binds: Vec<Value>,
    /// Whether the text is one of few, so that its prepared statement is worth keeping.
    pub cacheable: bool,
    /// Whether a bind is for an encrypted column, so the session must encrypt it before the statement is sent.
    pub sealed: bool,
}

/// Appends SQL for one dialect.
#[derive(Debug)]
pub struct SqlWriter<'d> {
    dialect: &'d dyn Dialect,
    sql: String,
    binds: Vec<Value>,
    cacheable: bool,
    sealed: bool,
    /// Whether values are written as constants rather than bound.
    constants: bool,
}

impl<'d> SqlWriter<'d> {
    /// Starts an empty statement.
    pub fn new(dialect: &'d dyn Dialect) -> Self {
        Self {
            dialect,
            sql: String::with_capacity(160),
            binds: Vec::new(),
            cacheable: true,
            sealed: false,
            constants: false,
        }
    }

    /// The dialect written for.
    pub fn dialect(&self) -> &'d dyn Dialect {
        self.dialect
    }

    /// Appends SQL that the library or the user's raw SQL wrote; never an identifier or a value.
    pub fn push_sql(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Appends one character of SQL.
    pub(super) fn push_char(&mut self, c: char) {
        self.sql.push(c);
    }

    /// Appends a part of the text once more.
    pub(super) fn repeat(&mut self, range: std::ops::Range<usize>) {
        self.sql.extend_from_within(range);
    }

    /// Appends a whole number.
    pub fn push_number(&mut self, number: u64) {
        use std::fmt::Write;
        let _ = write!(self.sql, "{number}");
    }

    /// Appends an identifier in quotes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] when it is empty, has a NUL, or is longer than the database allows.
    pub fn push_ident(&mut self, name: &str) -> Result<()> {
        let (open, close) = self.dialect.identifier_quotes();
        if name.is_empty() || name.contains('\0') || !self.dialect.capabilities().identifier_fits(name) {
            return Err(bad_identifier(self.dialect, name));
        }
        self.sql.push(open);
        if name.contains(close) {
            for c in name.chars() {
                if c == close {
                    self.sql.push(close);
                }
                self.sql.push(c);
            }
        } else {
            self.sql.push_str(name);
        }
        self.sql.push(close);
        Ok(())
    }

    /// Appends a table's name, with its schema.
    ///
    /// # Errors
    /// As [`push_ident`](Self::push_ident), and [`ErrorKind::Unsupported`] for a schema on a database without them.
    pub fn push_table(&mut self, table: &TableName) -> Result<()> {
        self.push_qualified(table.schema, table.name)
    }

    /// Appends a name with an optional schema.
    ///
    /// # Errors
    /// As [`push_table`](Self::push_table).
    pub fn push_qualified(&mut self, schema: Option<&str>, name: &str) -> Result<()> {
        if let Some(schema) = schema {
            if !self.dialect.capabilities().schemas {
                return Err(unsupported(self.dialect, format_args!("schemas (table `{schema}.{name}`)")));
            }
            self.push_ident(schema)?;
            self.sql.push('.');
        }
        self.push_ident(name)
    }

    /// Whether the values that follow are written as constants rather than bound: for what the database must know before
    /// it has the values, such as the condition that names a partial index.
    pub(super) fn write_constants(&mut self, constants: bool) -> bool {
        std::mem::replace(&mut self.constants, constants)
    }

    /// Appends a placeholder and keeps the value for it.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`] when the database cannot store the value, [`ErrorKind::Unsupported`] when it has no such
    /// type.
    pub fn push_bind(&mut self, value: Value) -> Result<()> {
        self.dialect.check_value(&value)?;
        if self.constants {
            return self.push_literal(&value);
        }
        self.dialect.push_placeholder(&mut self.sql, self.binds.len() + 1, value.sql_type())?;
        self.sealed |= value.is_sealed();
        self.binds.push(value);
        Ok(())
    }

    /// Makes room for so many more binds.
    pub(super) fn expect_binds(&mut self, binds: usize) {
        self.binds.reserve(binds);
        self.sql.reserve(binds * 4);
    }

    /// Appends the placeholder of a value that comes later; for texts that are made once and run often.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when the database has no such type.
    pub fn push_slot(&mut self, position: usize, ty: SqlType) -> Result<()> {
        self.dialect.push_placeholder(&mut self.sql, position, ty)
    }

    /// Appends a constant, for DDL.
    ///
    /// # Errors
    /// As [`Dialect::push_literal`].
    pub fn push_literal(&mut self, value: &Value) -> Result<()> {
        self.dialect.push_literal(&mut self.sql, value)
    }

    /// Appends a text constant, for DDL.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`] for text with a NUL.
    pub fn push_text_literal(&mut self, text: &str) -> Result<()> {
        if text.contains('\0') {
            return Err(Error::encode("text constants of DDL cannot hold a NUL character"));
        }
        self.dialect.push_text_literal(&mut self.sql, text);
        Ok(())
    }

    /// Appends the parts with a separator between them.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn separated<T>(
        &mut self,
        separator: &str,
        parts: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        for (i, part) in parts.into_iter().enumerate() {
            if i > 0 {
                self.sql.push_str(separator);
            }
            each(self, part)?;
        }
        Ok(())
    }

    /// Says that this text will hardly come again, so its prepared statement is not kept.
    pub fn do_not_cache(&mut self) {
        self.cacheable = false;
    }

    /// The text so far.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The number of binds so far.
    pub fn bind_count(&self) -> usize {
        self.binds.len()
    }

    /// The statement.
    pub fn finish(self) -> Rendered {
        Rendered { sql: self.sql, binds: self.binds, cacheable: self.cacheable, sealed: self.sealed }
    }
}

#[cold]
fn bad_identifier(dialect: &dyn Dialect, name: &str) -> Error {
    let why = if name.is_empty() {
        "an identifier cannot be empty".to_owned()
    } else if name.contains('\0') {
        "an identifier cannot hold a NUL character".to_owned()
    } else {
        let capabilities = dialect.capabilities();
        let unit = if capabilities.identifier_chars { "characters" } else { "bytes" };
        format!("identifiers of {} have at most {} {unit}", dialect.name(), capabilities.max_identifier)
    };
    Error::new(ErrorKind::InvalidStatement, format!("{why}: {name:?}"))
}
