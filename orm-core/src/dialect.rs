//! How one database writes SQL: [`Dialect`] has a method for each clause that databases write differently,
//! [`Capabilities`] says what exists in one server version, [`SqlWriter`] is the only place where text and binds are
//! appended, and [`render()`] turns a statement into a [`Rendered`] query. What a database calls its errors and how it is
//! talked to is the driver's work.

mod capabilities;
mod clause;
pub mod compare;
pub mod ddl;
pub mod introspect;
mod json;
mod lexical;
mod policies;
mod render;
mod replication;
mod shown;
pub mod standard;
mod stored;
mod writer;

use std::borrow::Cow;
use std::fmt;

pub use capabilities::Capabilities;
pub use clause::{HintPlace, Level, Like, Limits, NewRows, OrderKey, Regexp, Returned, Tail, Write};
pub use introspect::Introspect;
pub use json::{DATE_PATTERN, JsonValue};
pub use lexical::Lexical;
pub use policies::Policies;
pub use render::{Renderer, RowLock, render, render_condition, render_for};
pub(crate) use render::{render_insert, render_select, unnests};
pub use replication::Replication;
pub(crate) use shown::show;
pub(crate) use stored::hyphenated;
pub(crate) use stored::{for_column, formed, rewrites, stored};
pub use writer::{Rendered, SqlWriter};

use crate::ast::{
    Aggregate, BinaryOp, Conflict, Delete, Expr, Function, InList, Insert, JsonChange, JsonForm, JsonStep, LikeKind,
    Update, Window,
};
use crate::error::{Error, Result};
use crate::model::{ColumnDef, ModelDef, OnDelete, TableName};
use crate::schema::{Column, ColumnType, EnumType, Generated, Index, Operation, QualifiedName};
use crate::value::{SqlType, Value};

/// How one database writes each clause. Implement it in a driver crate; everything here can be implemented with public
/// items.
///
/// # Where to start
/// The name, the [`Capabilities`] (start from [`Capabilities::core`]), the placeholder, names of types, constants and how a
/// column is counted have no default. Every other method writes a clause as the SQL standard does, by
/// calling the function of the same purpose in [`standard`]; override those that the database writes in another way. The
/// module [`standard`] also has the forms that several databases share, such as
/// [`limits_with_offset_after_limit`](standard::limits_with_offset_after_limit) or
/// [`order_key_by_null_test`](standard::order_key_by_null_test). A method that handles one case calls the standard form for
/// the others:
///
/// ```
/// use orm_core::ast::{BinaryOp, Expr};
/// use orm_core::dialect::{Level, Renderer, standard};
/// use orm_core::Result;
///
/// // As `Dialect::push_binary` of a database that joins text with `+`.
/// fn push_binary(r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
///     if op != BinaryOp::Concat {
///         return standard::binary(r, op, left, right);
///     }
///     r.operand(left, Level::Sum)?;
///     r.push_sql(" + ");
///     r.operand(right, Level::Product)
/// }
/// ```
///
/// # Duties
/// - Every identifier goes through [`SqlWriter::push_ident`] and every value through [`SqlWriter::push_bind`] (or
///   [`Dialect::push_literal`] in DDL). A [`Renderer`] is a writer too.
/// - Binds are numbered in the order in which they are written, so a method writes its operands in the order of the text.
/// - What cannot be expressed is [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported), never left out.
/// - Where the database tells conditions and values apart, override [`Dialect::push_condition_as_value`] and
///   [`Dialect::push_value_as_condition`]; the renderer calls them where the one stands in the place of the other.
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The name shown in errors and spans, such as `postgresql`.
    fn name(&self) -> &'static str;

    /// What this server version has.
    fn capabilities(&self) -> &Capabilities;

    /// The characters before and after an identifier that is written; the second is doubled inside of it.
    fn identifier_quotes(&self) -> (char, char) {
        ('"', '"')
    }

    /// Functions that change the session in a way that outlives a transaction: they set something, or take a lock. A connection
    /// on which raw SQL has named one is closed after it.
    fn session_functions(&self) -> &'static [&'static str] {
        &[]
    }

    /// How text divides into words: what is quoted, and what is a comment.
    fn lexical(&self) -> Lexical {
        Lexical::STANDARD
    }

    /// Appends the placeholder of the bind at `position`, counted from 1, with a conversion where the type needs one.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for types that cannot be bound.
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
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where plans are asked for in another way.
    fn explain(&self) -> Result<&'static str> {
        Ok("EXPLAIN ")
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

    /// Writes a query that takes a lock of the session, known by a name and the database, if nobody has it: one row, with 1
    /// when it was taken and 0 when not. It must not wait. `false` when nothing is written, because there is no such lock.
    ///
    /// # Errors
    /// For a name that cannot be bound.
    fn push_try_lock(&self, w: &mut SqlWriter<'_>, name: &str) -> Result<bool> {
        let _ = (w, name);
        Ok(false)
    }

    /// The SQL that asks a server for its replication position; `None` for a database without replicas.
    fn replication(&self) -> Option<Replication> {
        None
    }

    /// How this database describes the tables it has; `None` where it cannot be asked.
    fn introspect(&self) -> Option<&dyn Introspect> {
        None
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

    /// The least and the greatest value of an integer column, as SQL, where the column's type holds more than the Rust type
    /// does. A CHECK keeps values that cannot be read out of the table then.
    fn checked_range(&self, ty: SqlType) -> Option<(&'static str, &'static str)> {
        let _ = ty;
        None
    }

    /// Writes a query that tells whether the database numbers the rows of a table by a column, so that the key it reports
    /// after an INSERT is the value of that column: a row with a truth value, or none where there is no such table. `false`
    /// when nothing is written, because a reported key is always that of the column.
    ///
    /// # Errors
    /// For names that cannot be quoted.
    fn push_numbers_rows(&self, w: &mut SqlWriter<'_>, model: &ModelDef, column: &ColumnDef) -> Result<bool> {
        let _ = (w, model, column);
        Ok(false)
    }

    /// Appends the definition of a column: see [`ddl::push_column`].
    ///
    /// # Errors
    /// As [`ddl::render`].
    fn push_column(&self, w: &mut SqlWriter<'_>, column: &Column) -> Result<()> {
        ddl::push_column(w, column)
    }

    /// Appends the comment of a table inside of CREATE TABLE; whether the database has it there.
    ///
    /// # Errors
    /// For text that cannot be written.
    fn push_table_comment(&self, w: &mut SqlWriter<'_>, comment: &str) -> Result<bool> {
        let _ = (w, comment);
        Ok(false)
    }

    /// Appends the comment of a column inside of its definition; whether the database has it there.
    ///
    /// # Errors
    /// For text that cannot be written.
    fn push_column_comment(&self, w: &mut SqlWriter<'_>, comment: &str) -> Result<bool> {
        let _ = (w, comment);
        Ok(false)
    }

    /// The statements that set the comment of a table that is there; none where the database has no comments. See
    /// [`ddl::comment_on_table`].
    ///
    /// # Errors
    /// For names and text that cannot be written.
    fn comment_on_table(&self, table: &QualifiedName, comment: &str) -> Result<Vec<String>> {
        let _ = (table, comment);
        Ok(Vec::new())
    }

    /// The statements that set the comment of a column to the one that it has; none where the database has no comments.
    /// See [`ddl::comment_on_column`].
    ///
    /// # Errors
    /// For names and text that cannot be written.
    fn comment_on_column(&self, table: &QualifiedName, column: &Column) -> Result<Vec<String>> {
        let _ = (table, column);
        Ok(Vec::new())
    }

    /// How the access method of an index is written. The default knows B-trees alone, which are not named.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for methods that the database does not have.
    fn index_method<'a>(&self, index: &'a Index) -> Result<IndexMethod<'a>> {
        match index.method.as_deref() {
            Some(method) if !method.eq_ignore_ascii_case("btree") => {
                let unique = if index.unique { "unique " } else { "" };
                Err(Error::unsupported(self.name(), format_args!("{unique}indexes of the method `{method}`")))
            }
            _ => Ok(IndexMethod::Own),
        }
    }

    /// What a foreign key does when the row that it points at goes or changes.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for `SET DEFAULT` where there is none.
    fn referential_action(&self, action: OnDelete) -> Result<&'static str> {
        Ok(match action {
            OnDelete::NoAction => "NO ACTION",
            OnDelete::Restrict => "RESTRICT",
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
            OnDelete::SetDefault if self.capabilities().set_default => "SET DEFAULT",
            OnDelete::SetDefault => return Err(Error::unsupported(self.name(), "SET DEFAULT of foreign keys")),
        })
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

    /// How an operation on a table in use is done so that readers and writers go on; `None` where its usual form does that, and
    /// where there is no such way.
    ///
    /// # Errors
    /// As [`ddl::render`].
    fn online(&self, _operation: &Operation) -> Result<Option<ddl::Online>> {
        Ok(None)
    }

    /// Whether renaming a column renames it in checks, in generated columns and in indexes on expressions as well; elsewhere
    /// the column cannot be renamed while there are such.
    fn renames_in_expressions(&self) -> bool {
        true
    }

    /// Whether an operation can only be done by rebuilding its table, whatever rows the table has.
    fn rebuilds(&self, _operation: &Operation) -> bool {
        false
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

    /// The type as which lists are sent for a column, where the database compares lists only with lists of the column's own
    /// type; `None` where it is the type of the column's values.
    fn list_type(&self, _column: &ColumnDef) -> Option<SqlType> {
        None
    }

    /// The default of a column of this type for which the model says `CURRENT_TIMESTAMP` or `CURRENT_TIME`, where the database
    /// would write these in another form than the column's values have.
    fn current(&self, _ty: SqlType) -> Option<&'static str> {
        None
    }

    /// The condition that always holds, or never.
    fn truth(&self, holds: bool) -> &'static str {
        if holds { "TRUE" } else { "FALSE" }
    }

    /// Writes a condition where SQL wants a value, in parentheses when it binds looser than `at_least`. A condition is a
    /// value in the standard.
    ///
    /// # Errors
    /// As [`Renderer::expr`]; so in all methods that write expressions.
    fn push_condition_as_value(&self, r: &mut Renderer<'_>, condition: &Expr, at_least: Level) -> Result<()> {
        r.as_it_is(condition, at_least)
    }

    /// Writes a boolean value where SQL wants a condition, in parentheses when it binds looser than `at_least`. A boolean
    /// value is a condition in the standard.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_value_as_condition(&self, r: &mut Renderer<'_>, value: &Expr, at_least: Level) -> Result<()> {
        r.as_it_is(value, at_least)
    }

    /// Writes two operands and the operator between them.
    ///
    /// # Errors
    /// As [`standard::binary`].
    fn push_binary(&self, r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        standard::binary(r, op, left, right)
    }

    /// Writes text under a collation of the database's, by its name.
    ///
    /// # Errors
    /// As [`standard::collate`].
    fn push_collate(&self, r: &mut Renderer<'_>, text: &Expr, name: &'static str) -> Result<()> {
        standard::collate(r, text, name)
    }

    /// Writes the condition that another is false or NULL.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_is_not_true(&self, r: &mut Renderer<'_>, condition: &Expr) -> Result<()> {
        standard::is_not_true(r, condition)
    }

    /// Writes a test of membership in a list that is not empty.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_in(&self, r: &mut Renderer<'_>, list: &InList) -> Result<()> {
        standard::in_list(r, list)
    }

    /// Writes ` IN (..)` and values of one type, after the operand; there is at least one value.
    ///
    /// # Errors
    /// As [`SqlWriter::push_bind`].
    fn push_value_list(&self, r: &mut Renderer<'_>, ty: SqlType, values: &[Value], negated: bool) -> Result<()> {
        let _ = ty;
        standard::value_list(r, values, negated)
    }

    /// Writes the test whether several columns are one of some rows of values; there is at least one row, and no NULL.
    ///
    /// # Errors
    /// As [`standard::row_list`].
    fn push_row_list(&self, r: &mut Renderer<'_>, columns: &[Expr], rows: &[Vec<Value>], negated: bool) -> Result<()> {
        standard::row_list(r, columns, "", rows, negated)
    }

    /// Whether a list of values of a type is one bind however long it is, so that all rows of a relation take one query.
    fn lists_are_one_bind(&self, ty: SqlType) -> bool {
        let _ = ty;
        false
    }

    /// The most keys of a relation, all alike, that one query takes as one bind for each column or for all; `None` when each
    /// value is a bind. The default asks [`lists_are_one_bind`](Self::lists_are_one_bind).
    fn keys_of_one_query(&self, key: &[Value]) -> Option<usize> {
        key.iter().all(|value| self.lists_are_one_bind(value.sql_type())).then_some(usize::MAX)
    }

    /// Writes a query whose answer has a column `rows`, with about the number of rows of a table, or `most` where there are
    /// more, if the database cannot weigh that number against the length of a list of keys by itself. `false` when nothing is
    /// written.
    ///
    /// # Errors
    /// For names that cannot be quoted.
    fn push_row_estimate(&self, w: &mut SqlWriter<'_>, table: &TableName, most: u64) -> Result<bool> {
        let _ = (w, table, most);
        Ok(false)
    }

    /// Writes, at a place of a SELECT, that the table is to be read through and its rows looked up among the keys, rather
    /// than the keys in the table. Only asked where [`push_row_estimate`](Self::push_row_estimate) writes something.
    ///
    /// # Errors
    /// For names that cannot be quoted.
    fn push_read_first(&self, r: &mut Renderer<'_>, table: &TableName, place: HintPlace) -> Result<()> {
        let _ = (r, table, place);
        Ok(())
    }

    /// Writes a test of text against a pattern.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_like(&self, r: &mut Renderer<'_>, like: &Like<'_>) -> Result<()> {
        standard::like(r, like)
    }

    /// Writes the pattern that matches the literal text which an expression gives; see [`standard::escaped`].
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_pattern(&self, r: &mut Renderer<'_>, text: &Expr, kind: LikeKind) -> Result<()> {
        standard::pattern_of(r, text, kind)
    }

    /// The characters with a meaning in patterns, which are escaped in literal text.
    fn wildcards(&self) -> &'static [char] {
        &['%', '_']
    }

    /// Writes a test of text against a regular expression. The default has none: that of the standard, `LIKE_REGEX`, exists
    /// nowhere.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without regular expressions.
    fn push_regexp(&self, r: &mut Renderer<'_>, regexp: &Regexp<'_>) -> Result<()> {
        let _ = regexp;
        Err(unsupported(r.dialect(), "regular expressions"))
    }

    /// Writes a function. The default asks [`Dialect::function`] for its form.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_function(&self, r: &mut Renderer<'_>, function: Function, arguments: &[Expr]) -> Result<()> {
        standard::function(r, function, arguments)
    }

    /// Writes an aggregate, of a window when there is one.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_aggregate(&self, r: &mut Renderer<'_>, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
        standard::aggregate(r, aggregate, window)
    }

    /// The order of a window that numbers rows without saying in which order, with a leading space; the standard lets it
    /// out.
    fn no_window_order(&self) -> &'static str {
        ""
    }

    /// Writes a conversion in SQL.
    ///
    /// # Errors
    /// As [`standard::cast`].
    fn push_cast(&self, r: &mut Renderer<'_>, inner: &Expr, ty: SqlType) -> Result<()> {
        standard::cast(r, inner, ty)
    }

    /// Writes a value inside a JSON document. Steps into the document are bound, never part of the text.
    /// [`JsonValue`] says what a value has to be to be read as a type.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without JSON, and for types that no value of JSON has.
    fn push_json(&self, r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], form: JsonForm) -> Result<()> {
        let _ = (document, path, form);
        Err(unsupported(r.dialect(), "values inside of JSON documents"))
    }

    /// Writes a JSON document with a change at one place. A NULL document is an empty one, except to a removal. Where one of
    /// [`JsonChange::conditions`] does not hold, the document stays as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without JSON.
    fn push_json_change(&self, r: &mut Renderer<'_>, change: &JsonChange) -> Result<()> {
        let _ = change;
        Err(unsupported(r.dialect(), "changes inside of JSON documents"))
    }

    /// Writes the value that was to be inserted, in the update of an upsert.
    ///
    /// # Errors
    /// For names that cannot be quoted.
    fn push_excluded(&self, r: &mut Renderer<'_>, column: &'static ColumnDef) -> Result<()> {
        r.push_sql("excluded.");
        r.push_ident(column.name)
    }

    /// Writes `SELECT`, up to the list.
    ///
    /// # Errors
    /// For limits that cannot be written.
    fn push_select(&self, r: &mut Renderer<'_>, distinct: bool, limits: Limits) -> Result<()> {
        let _ = limits;
        standard::select(r, distinct);
        Ok(())
    }

    /// Writes the key of a group that is an item of the query's list, counted from 1. Written once more, its values would be
    /// bound once more, and to the database the two would be different expressions; see [`Renderer::repeat_item`].
    ///
    /// # Errors
    /// None by default.
    fn push_group_item(&self, r: &mut Renderer<'_>, position: u64) -> Result<()> {
        r.push_number(position);
        Ok(())
    }

    /// Writes the order and limits of a query that has one of them.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_tail(&self, r: &mut Renderer<'_>, tail: &Tail<'_>) -> Result<()> {
        standard::tail(r, tail)
    }

    /// Writes the limits of a query that has some, after its order.
    ///
    /// # Errors
    /// As [`SqlWriter::push_bind`].
    fn push_limits(&self, r: &mut Renderer<'_>, limits: Limits) -> Result<()> {
        standard::limits(r, limits)
    }

    /// Writes one key of an order.
    ///
    /// # Errors
    /// As [`Renderer::expr`].
    fn push_order_key(&self, r: &mut Renderer<'_>, key: &OrderKey<'_>) -> Result<()> {
        standard::order_key(r, key)
    }

    /// Writes the row lock after a query. See [`standard::row_lock`].
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without this lock.
    fn push_lock(&self, r: &mut Renderer<'_>, lock: &RowLock) -> Result<()> {
        let _ = lock;
        Err(unsupported(r.dialect(), "row locks (begin an immediate transaction instead)"))
    }

    /// Writes the row lock after the name of each table that it is about, for databases with table hints.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without this lock.
    fn push_lock_hint(&self, r: &mut Renderer<'_>, lock: &RowLock) -> Result<()> {
        let _ = (r, lock);
        Ok(())
    }

    /// What ends a derived table that must be evaluated before the query around it, with a leading space. Asked only where
    /// a sub-query cannot read the table that is changed.
    fn optimizer_fence(&self) -> &'static str {
        ""
    }

    /// Writes an INSERT, or whatever statement inserts rows with this conflict clause.
    ///
    /// # Errors
    /// As [`standard::insert`].
    fn push_insert(&self, r: &mut Renderer<'_>, insert: &Insert, rows: NewRows) -> Result<()> {
        standard::insert(r, insert, rows)
    }

    /// What stands for one row of defaults in an INSERT of no columns.
    fn default_row(&self) -> &'static str {
        "DEFAULT VALUES"
    }

    /// Writes what happens when a row to insert exists already, after the rows. The standard has MERGE, a statement of its
    /// own; the default is the clause of databases that have one.
    ///
    /// # Errors
    /// As [`standard::on_conflict`].
    fn push_conflict(&self, r: &mut Renderer<'_>, insert: &Insert, conflict: &Conflict) -> Result<()> {
        standard::on_conflict(r, insert, conflict)
    }

    /// Writes an UPDATE.
    ///
    /// # Errors
    /// As [`standard::update`].
    fn push_update(&self, r: &mut Renderer<'_>, update: &Update) -> Result<()> {
        standard::update(r, update)
    }

    /// Writes a DELETE.
    ///
    /// # Errors
    /// As [`standard::delete`].
    fn push_delete(&self, r: &mut Renderer<'_>, delete: &Delete) -> Result<()> {
        standard::delete(r, delete)
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
    /// An operator between the arguments, all in parentheses.
    Operator(&'static str),
}

/// Where the access method of an index is written, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexMethod<'a> {
    /// Nowhere: it is the database's own choice.
    Own,
    /// `USING method` before the columns.
    Before(&'a str),
    /// Text after the columns, with its leading space.
    After(&'static str),
    /// Text before the word INDEX or KEY, with a space after it.
    Kind(&'static str),
}

/// The error for SQL that a dialect does not have.
pub(crate) fn unsupported(dialect: &dyn Dialect, feature: impl fmt::Display) -> Error {
    Error::unsupported(dialect.name(), feature)
}
