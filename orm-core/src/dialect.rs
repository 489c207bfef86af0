//! How one database writes SQL: [`Dialect`] names the points where databases differ, [`Capabilities`] what exists in
//! one server version, [`SqlWriter`] is the only place where text and binds are appended, and [`render()`] turns a
//! statement into a [`Rendered`] query. What a database calls its errors and how it is talked to is the driver's work.

mod capabilities;
pub mod ddl;
mod lexical;
mod render;
mod stored;
mod writer;

use std::borrow::Cow;
use std::fmt;

pub use capabilities::{
    Capabilities, CommentStyle, IndexMethodStyle, JsonStyle, LimitStyle, ListStyle, RegexpStyle, UpsertStyle,
};
pub use lexical::Lexical;
pub(crate) use render::{element_type, render_insert, unnests};
pub use render::{render, render_condition};
pub(crate) use stored::{for_column, rewrites, stored};
pub use writer::{Rendered, SqlWriter};

use crate::ast::Function;
use crate::error::{Error, Result};
use crate::schema::{Column, ColumnType, EnumType, Generated, Operation};
use crate::value::{SqlType, Value};

/// The points where one database's SQL differs. Implement it in a driver crate; everything here can be implemented
/// with public items.
///
/// Duties of an implementation: every identifier goes through [`SqlWriter::push_ident`] and every value through
/// [`SqlWriter::push_bind`] (or [`Dialect::push_literal`] in DDL); what cannot be expressed is
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported), never left out.
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The name shown in errors and spans, such as `postgresql`.
    fn name(&self) -> &'static str;

    /// What this server version has.
    fn capabilities(&self) -> &Capabilities;

    /// The characters before and after an identifier that is written; the second is doubled inside of it.
    fn identifier_quotes(&self) -> (char, char) {
        ('"', '"')
    }

    /// How text divides into words: what is quoted, and what is a comment.
    fn lexical(&self) -> Lexical {
        Lexical::STANDARD
    }

    /// Appends the placeholder of the bind at `position`, counted from 1, with a conversion where the type needs one.
    fn push_placeholder(&self, sql: &mut String, position: usize, ty: SqlType) -> Result<()>;

    /// The type of a column in DDL, without collation, NULL, default or key.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for types this database does not have.
    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>>;

    /// The type as `CAST` wants it.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for types this database cannot convert to.
    fn cast_type(&self, ty: SqlType) -> Result<Cow<'static, str>>;

    /// What follows the type of an auto-increment column, such as `AUTO_INCREMENT`.
    fn auto_increment(&self) -> &'static str;

    /// Whether an auto-increment column is declared together with `PRIMARY KEY`.
    fn auto_increment_is_key(&self) -> bool {
        false
    }

    /// Appends a text constant for DDL. The standard form doubles quotes; databases that treat backslashes as escapes
    /// double those too.
    fn push_text_literal(&self, sql: &mut String, text: &str) {
        sql.push('\'');
        for c in text.chars() {
            if c == '\'' {
                sql.push('\'');
            }
            sql.push(c);
        }
        sql.push('\'');
    }

    /// Appends a constant for DDL.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for values this database cannot write as constants,
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for text with a NUL.
    fn push_literal(&self, sql: &mut String, value: &Value) -> Result<()>;

    /// The name and form of a function; `None` leaves it to the standard spelling.
    fn function(&self, _function: Function) -> Option<FunctionForm> {
        None
    }

    /// The type through which MIN and MAX of another go, where they do not exist for it.
    fn ordered_as(&self, _ty: SqlType) -> Option<SqlType> {
        None
    }

    /// What stands before a query to ask for its plan.
    fn explain(&self) -> &'static str {
        "EXPLAIN "
    }

    /// The SQL function that names the schema in use.
    fn current_schema(&self) -> &'static str {
        "current_schema()"
    }

    /// Writes a query that gives one row when a table exists and none when not. The default asks the standard's
    /// information schema.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for names that cannot be bound.
    fn push_table_exists(&self, w: &mut SqlWriter<'_>, schema: Option<&str>, name: &str) -> Result<()> {
        w.push_sql("SELECT 1 FROM information_schema.tables WHERE table_name = ");
        w.push_bind(Value::Text(name.to_owned().into()))?;
        w.push_sql(" AND table_schema = ");
        match schema {
            Some(schema) => w.push_bind(Value::Text(schema.to_owned().into())),
            None => {
                w.push_sql(self.current_schema());
                Ok(())
            }
        }
    }

    /// Writes the statement that creates an enum type unless it is there; only asked of databases with enum types.
    ///
    /// # Errors
    /// As [`SqlWriter::push_ident`].
    fn push_create_enum(&self, w: &mut SqlWriter<'_>, ty: &EnumType) -> Result<()> {
        w.push_sql("CREATE TYPE ");
        w.push_qualified(ty.name.schema.as_deref(), &ty.name.name)?;
        w.push_sql(" AS ENUM (");
        w.separated(", ", &ty.labels, |w, label| w.push_text_literal(label))?;
        w.push_sql(")");
        Ok(())
    }

    /// Whether the type of a column refuses labels that its enum does not have, so that no CHECK is needed.
    fn type_checks_labels(&self, column: &Column) -> bool {
        self.capabilities().enum_types && matches!(column.ty, ColumnType::Enum(_))
    }

    /// Appends how the database computes a column, after the column's type.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for columns this database does not have.
    fn push_generated(&self, w: &mut SqlWriter<'_>, generated: &Generated) -> Result<()> {
        w.push_sql(" GENERATED ALWAYS AS (");
        w.push_sql(&generated.sql);
        w.push_sql(if generated.stored { ") STORED" } else { ") VIRTUAL" });
        Ok(())
    }

    /// Whether the constant default of a column is written in parentheses, as an expression. `type_name` is the column's
    /// type in DDL.
    fn literal_default_in_parentheses(&self, _type_name: &str) -> bool {
        false
    }

    /// Looks at an expression of a schema (a check, a default, a generated column, a part of an index) for what would
    /// silently mean something else to this database.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) with what to write instead.
    fn check_expression(&self, _sql: &str) -> Result<()> {
        Ok(())
    }

    /// Whether indexes are declared in CREATE TABLE, rather than created after it.
    fn indexes_in_create_table(&self) -> bool {
        false
    }

    /// Whether an index can be on the start of a column's values.
    fn index_prefixes(&self) -> bool {
        false
    }

    /// Whether an index can include columns beside its key.
    fn index_include(&self) -> bool {
        false
    }

    /// Whether foreign keys can be checked at the end of a transaction.
    fn deferrable_foreign_keys(&self) -> bool {
        self.capabilities().deferrable
    }

    /// The statements of an operation that this database writes in its own way; `None` leaves it to the form of the
    /// standard. [`ddl`] has the parts to write them with.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for operations that the database does not have.
    fn operation(&self, _operation: &Operation) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// What follows the table's column list in CREATE TABLE, such as an engine.
    fn table_options(&self) -> &'static str {
        ""
    }

    /// Whether values of a type can be bound as the elements of one array that `UNNEST` takes apart again, so that rows to
    /// insert are one array per column: one text and few binds whatever the number of rows.
    fn unnests(&self, _ty: SqlType) -> bool {
        false
    }

    /// Whether text for a column that the model declares with this type is sent as a value of the type, because it would
    /// not be taken as text.
    fn takes_text_as(&self, _type_name: &str) -> bool {
        false
    }

    /// A list of text for a column that the model declares with this type, as text in the form of the type; `None` where it
    /// is taken as a list of text.
    fn list_as_text(&self, _type_name: &str, _items: &[Value]) -> Option<String> {
        None
    }

    /// A value as this database stores it in a column of a type, or an error when it cannot store it exactly.
    /// The default stores everything.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) naming what does not fit.
    fn check_value(&self, _value: &Value) -> Result<()> {
        Ok(())
    }
}

/// How a function is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionForm {
    /// `NAME(arguments)`.
    Call(&'static str),
    /// Text before, between and after the arguments.
    Around(&'static str, &'static str, &'static str),
    /// Text alone, without arguments or parentheses.
    Text(&'static str),
}

/// The error for SQL that a dialect does not have.
pub(crate) fn unsupported(dialect: &dyn Dialect, feature: impl fmt::Display) -> Error {
    Error::unsupported(dialect.name(), feature)
}
