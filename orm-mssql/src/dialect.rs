//! [`MssqlDialect`]: how SQL Server writes each clause. Names of types are in `types`, constants in `literal`, upserts in
//! `merge`, DDL in `ddl`.
//!
//! Source: Microsoft's documentation of Transact-SQL; the title of the page is at each method.

use std::borrow::Cow;
use std::fmt::Write as _;

use orm_core::ast::{
    Aggregate, BinaryOp, Delete, Expr, Function, InList, Insert, JsonForm, JsonStep, LikeKind, ListItems, LockStrength,
    LockWait, NullsOrder, Update, Window,
};
use orm_core::dialect::{
    Capabilities, Dialect, FunctionForm, JsonValue, Level, Lexical, Like, Limits, NewRows, OrderKey, Renderer,
    Returned, RowLock, SqlWriter, Tail, Write, standard,
};
use orm_core::model::{ColumnDef, OnDelete};
use orm_core::schema::{Column, Operation};
use orm_core::{Error, ErrorKind, Result, SqlType, Value};

use crate::merge::{self, NEW_ROW};
use crate::output::push_output;
use crate::{NAME, ddl, literal, types};

/// Lists of up to this many numbers are bound one by one.
const SHORT_LIST: usize = 8;

/// The dialect of one server version; the T-SQL of SQL Server 2019.
///
/// ```
/// use orm_core::dialect::Dialect;
/// use orm_mssql::MssqlDialect;
///
/// let dialect = MssqlDialect::new((15, 0, 0));
/// assert!(dialect.capabilities().row_locks && !dialect.capabilities().arrays);
/// ```
#[derive(Debug, Clone)]
pub struct MssqlDialect {
    capabilities: Capabilities,
}

impl MssqlDialect {
    /// The dialect of a server version: major (15 is SQL Server 2019), minor, build.
    pub fn new(version: (u32, u32, u32)) -> Self {
        Self {
            capabilities: Capabilities {
                returning_insert: true,
                returning_update: true,
                returning_delete: true,
                // 2,100 parameters of a procedure, of which `sp_executesql` takes two for itself.
                max_binds: 2_098,
                max_insert_rows: 1_000,
                max_identifier: 128,
                identifier_chars: true,
                nulls_first: true,
                windows: true,
                ctes: true,
                row_locks: true,
                nowait: true,
                skip_locked: true,
                partial_indexes: true,
                schemas: true,
                truncate: true,
                transactional_ddl: true,
                limit_in_subquery: true,
                second_digits: 7,
                ..Capabilities::core(version)
            },
        }
    }
}

impl Dialect for MssqlDialect {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// "Database identifiers".
    fn identifier_quotes(&self) -> (char, char) {
        ('[', ']')
    }

    /// "Slash star (block comment)": comments nest.
    fn lexical(&self) -> Lexical {
        Lexical { brackets: true, nested_comments: true, ..Lexical::STANDARD }
    }

    fn push_placeholder(&self, sql: &mut String, position: usize, ty: SqlType) -> Result<()> {
        if matches!(ty, SqlType::Array(_) | SqlType::Native(_)) {
            return Err(Error::unsupported(NAME, format_args!("type `{ty}`")));
        }
        // Writing to a String cannot fail.
        let _ = write!(sql, "@P{position}");
        Ok(())
    }

    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        types::column_type(column)
    }

    fn cast_type(&self, ty: SqlType) -> Result<Cow<'static, str>> {
        types::cast_type(ty).map(Cow::Borrowed)
    }

    /// TINYINT is the only unsigned type, and that of 8 bits.
    fn checked_range(&self, ty: SqlType) -> Option<(&'static str, &'static str)> {
        match ty {
            SqlType::I8 | SqlType::U16 | SqlType::U32 => ty.integer_range(),
            SqlType::U64 => Some(("0", "9223372036854775807")),
            _ => None,
        }
    }

    fn auto_increment(&self) -> &'static str {
        "IDENTITY(1, 1)"
    }

    /// A computed column has no type ("Specify computed columns").
    fn push_column(&self, w: &mut SqlWriter<'_>, column: &Column) -> Result<()> {
        ddl::push_column(w, column)
    }

    /// There is no RESTRICT; NO ACTION refuses at the end of the statement.
    fn referential_action(&self, action: OnDelete) -> Result<&'static str> {
        Ok(match action {
            OnDelete::NoAction | OnDelete::Restrict => "NO ACTION",
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
            OnDelete::SetDefault => "SET DEFAULT",
        })
    }

    fn index_include(&self) -> bool {
        true
    }

    fn operation(&self, operation: &Operation) -> Result<Option<Vec<String>>> {
        ddl::statements(operation, self)
    }

    fn push_text_literal(&self, sql: &mut String, text: &str) {
        literal::push_text(sql, text);
    }

    fn push_literal(&self, sql: &mut String, value: &Value) -> Result<()> {
        literal::push(sql, value)
    }

    fn check_value(&self, value: &Value) -> Result<()> {
        literal::check(value)
    }

    /// `LEN` does not count spaces at the end, `%` takes no floats, `RAND()` gives the same number for every row.
    fn function(&self, function: Function) -> Option<FunctionForm> {
        Some(match function {
            Function::Length => FunctionForm::Around("(LEN((", "", ") + N'.') - 1)"),
            Function::Ceil => FunctionForm::Call("CEILING"),
            Function::Substring => FunctionForm::Call("SUBSTRING"),
            Function::Now => FunctionForm::Text("SYSUTCDATETIME()"),
            Function::CurrentDate => FunctionForm::Text("CAST(SYSUTCDATETIME() AS DATE)"),
            Function::Random => FunctionForm::Text("(CAST(CHECKSUM(NEWID()) & 2147483647 AS FLOAT(53)) / 2147483648)"),
            Function::Year => FunctionForm::Call("YEAR"),
            Function::Month => FunctionForm::Call("MONTH"),
            Function::Day => FunctionForm::Call("DAY"),
            Function::Remainder => FunctionForm::Operator("%"),
            Function::FloatRemainder => {
                FunctionForm::Around("CAST(CAST(", " AS DECIMAL(38, 15)) % CAST(", " AS DECIMAL(38, 15)) AS FLOAT(53))")
            }
            // `GREATEST` came with SQL Server 2022.
            Function::Greatest => {
                FunctionForm::Around("(SELECT MAX([_v]) FROM (VALUES (", "), (", ")) AS [_l] ([_v]))")
            }
            Function::Least => FunctionForm::Around("(SELECT MIN([_v]) FROM (VALUES (", "), (", ")) AS [_l] ([_v]))"),
            _ => return None,
        })
    }

    /// `CONCAT` takes NULL for empty text. Text of up to 4,000 characters joined with `+` is cut there, unless one of it may
    /// be longer.
    fn push_function(&self, r: &mut Renderer<'_>, function: Function, arguments: &[Expr]) -> Result<()> {
        match (function, arguments) {
            (Function::Concat, [first, rest @ ..]) => {
                r.push_sql("(");
                push_long_text(r, first)?;
                for text in rest {
                    r.push_sql(" + ");
                    r.operand(text, Level::Atom)?;
                }
                r.push_sql(")");
                Ok(())
            }
            // The number of digits must be given.
            (Function::Round, [number]) => {
                r.push_sql("ROUND(");
                r.expr(number)?;
                r.push_sql(", 0)");
                Ok(())
            }
            _ => standard::function(r, function, arguments),
        }
    }

    /// "COLLATE (Transact-SQL)": the name is a word, not an identifier that may be quoted.
    fn push_collate(&self, r: &mut Renderer<'_>, text: &Expr, name: &'static str) -> Result<()> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(Error::new(ErrorKind::InvalidStatement, format!("{name:?} is not the name of a collation")));
        }
        r.push_sql("(");
        r.operand(text, Level::Atom)?;
        r.push_sql(" COLLATE ");
        r.push_sql(name);
        r.push_sql(")");
        Ok(())
    }

    /// There is no MIN of bits.
    fn ordered_as(&self, ty: SqlType) -> Option<SqlType> {
        (ty == SqlType::Bool).then_some(SqlType::I32)
    }

    /// Plans are asked for by a setting of the session ("SET SHOWPLAN_ALL").
    fn explain(&self) -> Result<&'static str> {
        Err(Error::unsupported(NAME, "EXPLAIN"))
    }

    fn current_schema(&self) -> &'static str {
        "SCHEMA_NAME()"
    }

    /// In capitals, since names mind letter case where the database's collation does.
    fn push_table_exists(&self, w: &mut SqlWriter<'_>, schema: Option<&str>, name: &str) -> Result<()> {
        w.push_sql("SELECT 1 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = ");
        w.push_bind(Value::Text(name.to_owned().into()))?;
        w.push_sql(" AND TABLE_SCHEMA = ");
        match schema {
            Some(schema) => w.push_bind(Value::Text(schema.to_owned().into())),
            None => {
                w.push_sql(self.current_schema());
                Ok(())
            }
        }
    }

    fn truth(&self, holds: bool) -> &'static str {
        if holds { "1 = 1" } else { "1 = 0" }
    }

    /// There are no values that are conditions: what holds is 1, what does not 0, what is neither NULL.
    fn push_condition_as_value(&self, r: &mut Renderer<'_>, condition: &Expr, _at_least: Level) -> Result<()> {
        r.push_sql("CAST(CASE WHEN ");
        if let Some(tested) = truth_of(condition) {
            r.condition(tested, Level::Loosest)?;
            r.push_sql(" THEN 1 ELSE 0 END AS BIT)");
            return Ok(());
        }
        r.condition(condition, Level::Loosest)?;
        r.push_sql(" THEN 1 ");
        if condition.may_be_null() && !is_never_null(condition) {
            r.push_sql("WHEN NOT (");
            r.condition(condition, Level::Loosest)?;
            r.push_sql(") THEN 0 END AS BIT)");
        } else {
            r.push_sql("ELSE 0 END AS BIT)");
        }
        Ok(())
    }

    fn push_value_as_condition(&self, r: &mut Renderer<'_>, value: &Expr, at_least: Level) -> Result<()> {
        let parentheses = at_least > Level::Compare;
        r.push_sql(if parentheses { "(" } else { "" });
        r.operand(value, Level::Compare.tighter())?;
        r.push_sql(if parentheses { " = 1)" } else { " = 1" });
        Ok(())
    }

    /// INTERSECT takes NULLs for equal ("EXCEPT and INTERSECT"). `&`, `|` and `+` bind alike ("Operator precedence"), so that
    /// operands of them are in parentheses.
    fn push_binary(&self, r: &mut Renderer<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        match op {
            BinaryOp::IsDistinct | BinaryOp::IsNotDistinct => {
                let negated = op == BinaryOp::IsDistinct;
                r.push_sql(if negated { "NOT EXISTS (SELECT " } else { "EXISTS (SELECT " });
                r.compared(left, right, Level::Loosest)?;
                r.push_sql(" INTERSECT SELECT ");
                r.compared(right, left, Level::Loosest)?;
                r.push_sql(")");
                Ok(())
            }
            BinaryOp::Concat => {
                push_long_text(r, left)?;
                r.push_sql(" + ");
                r.operand(right, Level::Atom)
            }
            BinaryOp::BitAnd | BinaryOp::BitOr => {
                r.operand(left, Level::Atom)?;
                r.push_sql(if op == BinaryOp::BitAnd { " & " } else { " | " });
                r.operand(right, Level::Atom)
            }
            op => standard::binary(r, op, left, right),
        }
    }

    fn push_is_not_true(&self, r: &mut Renderer<'_>, condition: &Expr) -> Result<()> {
        r.push_sql("CASE WHEN ");
        r.condition(condition, Level::Loosest)?;
        r.push_sql(" THEN 1 ELSE 0 END = 0");
        Ok(())
    }

    /// Rows of several values cannot be compared.
    fn push_in(&self, r: &mut Renderer<'_>, list: &InList) -> Result<()> {
        let Expr::Row(values) = &list.expr else { return standard::in_list(r, list) };
        match &list.items {
            ListItems::Exprs(rows) => {
                r.do_not_cache();
                r.push_sql(if list.negated { "NOT (" } else { "(" });
                for (i, row) in rows.iter().enumerate() {
                    let Expr::Row(others) = row else {
                        return Err(Error::new(ErrorKind::InvalidStatement, "a row is compared with a single value"));
                    };
                    r.push_sql(if i > 0 { " OR " } else { "" });
                    push_row_equals(r, values, others)?;
                }
                r.push_sql(")");
                Ok(())
            }
            ListItems::Rows(rows) => {
                r.push_sql(if list.negated { "NOT (" } else { "(" });
                for (i, row) in rows.iter().enumerate() {
                    let others: Vec<Expr> = row.iter().cloned().map(Expr::Value).collect();
                    r.push_sql(if i > 0 { " OR " } else { "" });
                    push_row_equals(r, values, &others)?;
                }
                r.push_sql(")");
                Ok(())
            }
            ListItems::Select(select) if !list.negated => {
                r.push_sql("EXISTS (SELECT 1 FROM (");
                r.sub_query(select)?;
                r.push_sql(") AS [_r] (");
                (1..=values.len()).try_for_each(|i| push_numbered(r, i, ""))?;
                r.push_sql(") WHERE ");
                for (i, value) in values.iter().enumerate() {
                    r.push_sql(if i > 0 { " AND [_r]." } else { "[_r]." });
                    r.push_ident(&format!("_{}", i + 1))?;
                    r.push_sql(" = ");
                    r.operand(value, Level::Compare.tighter())?;
                }
                r.push_sql(")");
                Ok(())
            }
            // With a NULL in one of the rows, NOT EXISTS holds where NOT IN does not.
            _ => Err(Error::unsupported(NAME, "NOT IN of several columns and a sub-query")),
        }
    }

    /// A long list of numbers is one bind: a JSON array. Text is not, since it would have the collation of the database.
    fn push_value_list(&self, r: &mut Renderer<'_>, ty: SqlType, values: &[Value], negated: bool) -> Result<()> {
        let numbers = self.lists_are_one_bind(ty) && values.len() > SHORT_LIST;
        let Some(json) = numbers.then(|| standard::json_array(values)).flatten() else {
            return standard::value_list(r, values, negated);
        };
        r.push_sql(if negated { " NOT IN" } else { " IN" });
        r.push_sql(" (SELECT [_v] FROM OPENJSON(");
        r.push_bind(Value::Text(json.into()))?;
        r.push_sql(") WITH ([_v] BIGINT '$'))");
        Ok(())
    }

    fn lists_are_one_bind(&self, ty: SqlType) -> bool {
        matches!(ty, SqlType::I16 | SqlType::I32 | SqlType::I64)
    }

    /// "LIKE (Transact-SQL)": `[` begins a class of characters, which no pattern means to be.
    fn push_like(&self, r: &mut Renderer<'_>, like: &Like<'_>) -> Result<()> {
        if like.kind != LikeKind::Pattern {
            return standard::like(r, like);
        }
        let pattern = match like.pattern {
            Expr::Value(Value::Text(text)) => Expr::Value(Value::Text(without_classes(text).into())),
            pattern => Expr::Raw("REPLACE(?, N'[', N'\\[')".to_owned(), vec![pattern.clone()]),
        };
        standard::like(r, &Like { pattern: &pattern, ..*like })
    }

    fn push_pattern(&self, r: &mut Renderer<'_>, text: &Expr, kind: LikeKind) -> Result<()> {
        r.push_sql(if kind == LikeKind::StartsWith { "(" } else { "(N'%' + " });
        standard::escaped(r, text)?;
        r.push_sql(if kind == LikeKind::EndsWith { ")" } else { " + N'%')" });
        Ok(())
    }

    fn wildcards(&self) -> &'static [char] {
        &['%', '_', '[']
    }

    /// `COUNT` gives an INT, and so does `SUM` of one: both are counted in BIGINT.
    fn push_aggregate(&self, r: &mut Renderer<'_>, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
        let small = |column: &ColumnDef| column.ty.is_integer() && !matches!(column.ty, SqlType::I64 | SqlType::U64);
        match (aggregate.function, &aggregate.argument) {
            ("COUNT", _) => {
                standard::aggregate_by_case(r, &Aggregate { function: "COUNT_BIG", ..aggregate.clone() }, window)
            }
            ("SUM", Some(Expr::Column(column))) if small(column) => {
                let argument = Some(Expr::Cast(Box::new(Expr::Column(column)), SqlType::I64));
                standard::aggregate_by_case(r, &Aggregate { argument, ..aggregate.clone() }, window)
            }
            _ => standard::aggregate_by_case(r, aggregate, window),
        }
    }

    fn no_window_order(&self) -> &'static str {
        " ORDER BY (SELECT NULL)"
    }

    /// "OPENJSON": a row for each member, with its key, its value as text, and its type. `JSON_VALUE` gives NULL for text of
    /// more than 4,000 characters, and for objects. Each step is a query of its own, whose key is bound.
    fn push_json(&self, r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep], form: JsonForm) -> Result<()> {
        match form {
            JsonForm::Value(ty) => push_json_as(r, path, ty)?,
            _ if path.is_empty() => return r.operand(document, Level::Atom),
            JsonForm::Text => r.push_sql("(SELECT TOP (1) [value] FROM "),
            JsonForm::Document => r.push_sql(
                "(SELECT TOP (1) CASE [type] WHEN 0 THEN N'null' \
                 WHEN 1 THEN N'\"' + STRING_ESCAPE([value], N'json') + N'\"' ELSE [value] END FROM ",
            ),
        }
        push_members(r, document, path)?;
        r.push_sql(")");
        Ok(())
    }

    fn push_excluded(&self, r: &mut Renderer<'_>, column: &'static ColumnDef) -> Result<()> {
        merge::push_new(r, column)
    }

    /// "TOP": unlike FETCH, it needs no order and may be 0.
    fn push_select(&self, r: &mut Renderer<'_>, distinct: bool, limits: Limits) -> Result<()> {
        standard::select(r, distinct);
        if let Some(rows) = top(limits) {
            r.push_sql("TOP (");
            r.push_number(rows);
            r.push_sql(") ");
        }
        Ok(())
    }

    /// GROUP BY takes no positions. A parameter is the same wherever its name is written, so the expression is too.
    fn push_group_item(&self, r: &mut Renderer<'_>, position: u64) -> Result<()> {
        r.repeat_item(position);
        Ok(())
    }

    /// "ORDER BY clause": OFFSET and FETCH are parts of it, so that there must be an order; and a sub-query has one only
    /// with TOP or OFFSET, without which it means nothing.
    fn push_tail(&self, r: &mut Renderer<'_>, tail: &Tail<'_>) -> Result<()> {
        let offset = tail.limits.offset.is_some() && top(tail.limits).is_none();
        if tail.nested && !offset && tail.limits.limit.is_none() {
            return Ok(());
        }
        let before = r.sql().len();
        r.order(tail)?;
        if !offset {
            return Ok(());
        }
        if r.sql().len() == before {
            // Distinct rows are ordered by items of their list only.
            r.push_sql(if tail.distinct { " ORDER BY 1" } else { " ORDER BY (SELECT NULL)" });
        }
        self.push_limits(r, tail.limits)
    }

    fn push_limits(&self, r: &mut Renderer<'_>, limits: Limits) -> Result<()> {
        r.push_sql(" OFFSET ");
        match limits.offset_value() {
            Some(offset) => r.push_bind(offset)?,
            None => r.push_sql("0"),
        }
        r.push_sql(" ROWS");
        if let Some(limit) = limits.limit {
            r.push_sql(" FETCH NEXT ");
            r.push_number(limit);
            r.push_sql(" ROWS ONLY");
        }
        Ok(())
    }

    fn push_order_key(&self, r: &mut Renderer<'_>, key: &OrderKey<'_>) -> Result<()> {
        if let Some(nulls) = key.nulls {
            if key.of_distinct_rows() {
                return Err(Error::unsupported(NAME, "NULLS FIRST and NULLS LAST of distinct rows"));
            }
            r.push_sql("CASE WHEN ");
            r.order_null_operand(key)?;
            let first = nulls == NullsOrder::First;
            r.push_sql(if first { " IS NULL THEN 0 ELSE 1 END, " } else { " IS NULL THEN 1 ELSE 0 END, " });
        }
        r.order_expr(key)?;
        r.push_sql(if key.descending { " DESC" } else { "" });
        Ok(())
    }

    /// See [`push_lock_hint`](Dialect::push_lock_hint).
    fn push_lock(&self, _r: &mut Renderer<'_>, _lock: &RowLock) -> Result<()> {
        Ok(())
    }

    /// "Table hints": REPEATABLEREAD keeps shared locks until the transaction ends; READPAST leaves locked rows out.
    fn push_lock_hint(&self, r: &mut Renderer<'_>, lock: &RowLock) -> Result<()> {
        r.push_sql(match lock.strength {
            LockStrength::Update | LockStrength::NoKeyUpdate => " WITH (UPDLOCK, ROWLOCK",
            LockStrength::Share | LockStrength::KeyShare => " WITH (REPEATABLEREAD, ROWLOCK",
        });
        r.push_sql(match lock.wait {
            LockWait::Wait => ")",
            LockWait::NoWait => ", NOWAIT)",
            LockWait::SkipLocked => ", READPAST)",
        });
        Ok(())
    }

    /// "INSERT": rows that come from a SELECT with an order get the values of an identity column in it.
    fn push_insert(&self, r: &mut Renderer<'_>, insert: &Insert, rows: NewRows) -> Result<()> {
        if insert.rows > self.capabilities.max_insert_rows {
            let most = self.capabilities.max_insert_rows;
            let why = format!("the statement inserts {} rows, {NAME} takes at most {most}; split it", insert.rows);
            return Err(Error::new(ErrorKind::InvalidStatement, why));
        }
        let given = insert.columns.iter().any(|column| column.auto_increment);
        if given {
            push_identity_insert(r, insert, "ON; ")?;
        }
        match &insert.conflict {
            Some(conflict) => merge::push_merge(r, insert, conflict, rows)?,
            None => push_plain_insert(r, insert, rows, !given && insert.model.auto_increment().is_some())?,
        }
        if given {
            r.push_sql(if insert.conflict.is_some() { " " } else { "; " });
            push_identity_insert(r, insert, "OFF")?;
        }
        Ok(())
    }

    fn push_update(&self, r: &mut Renderer<'_>, update: &Update) -> Result<()> {
        r.push_sql("UPDATE ");
        r.push_table(update.model.table)?;
        r.push_sql(" SET ");
        r.update_assignments(update)?;
        push_output(r, &Returned { write: Write::Update, model: update.model, columns: &update.returning })?;
        r.filter(&update.filter)
    }

    fn push_delete(&self, r: &mut Renderer<'_>, delete: &Delete) -> Result<()> {
        r.push_sql("DELETE FROM ");
        r.push_table(delete.model.table)?;
        push_output(r, &Returned { write: Write::Delete, model: delete.model, columns: &delete.returning })?;
        r.filter(&delete.filter)
    }
}

fn push_plain_insert(r: &mut Renderer<'_>, insert: &Insert, rows: NewRows, counted: bool) -> Result<()> {
    let returned = Returned { write: Write::Insert, model: insert.model, columns: &insert.returning };
    r.push_sql("INSERT INTO ");
    r.push_table(insert.model.table)?;
    if insert.columns.is_empty() {
        push_output(r, &returned)?;
        r.push_sql(" DEFAULT VALUES");
        return Ok(());
    }
    r.push_sql(" (");
    r.names(&insert.columns)?;
    r.push_sql(")");
    push_output(r, &returned)?;
    if insert.rows == 1 || !counted {
        r.push_sql(" VALUES ");
        return r.rows(insert, rows);
    }
    let columns = insert.columns.len();
    r.push_sql(" SELECT ");
    (1..=columns).try_for_each(|i| push_numbered(r, i, ""))?;
    r.push_sql(" FROM (VALUES ");
    r.numbered_rows(insert, rows)?;
    r.push_sql(") AS ");
    r.push_ident(NEW_ROW)?;
    r.push_sql(" (");
    (1..=columns + 1).try_for_each(|i| push_numbered(r, i, ""))?;
    r.push_sql(") ORDER BY ");
    r.push_ident(&format!("_{}", columns + 1))
}

/// The name of the column with a number, of tables that are made up; with a comma before all but the first.
fn push_numbered(r: &mut Renderer<'_>, number: usize, prefix: &str) -> Result<()> {
    r.push_sql(if number > 1 { ", " } else { "" });
    r.push_sql(prefix);
    r.push_ident(&format!("_{number}"))
}

/// "SET IDENTITY_INSERT": without it, an identity column cannot be given a value.
fn push_identity_insert(r: &mut Renderer<'_>, insert: &Insert, state: &str) -> Result<()> {
    r.push_sql("SET IDENTITY_INSERT ");
    r.push_table(insert.model.table)?;
    r.push_sql(" ");
    r.push_sql(state);
    Ok(())
}

fn push_long_text(r: &mut Renderer<'_>, text: &Expr) -> Result<()> {
    r.push_sql("CAST(");
    r.expr(text)?;
    r.push_sql(" AS NVARCHAR(MAX))");
    Ok(())
}

/// The start of the query of a member, read as a type: NULL where it is of another. Strings have type 1, numbers 2, truth
/// values 3. `TRY_CAST` takes text with a point for no integer.
fn push_json_as(r: &mut Renderer<'_>, path: &[JsonStep], ty: SqlType) -> Result<()> {
    if path.is_empty() {
        return Err(Error::unsupported(NAME, "a JSON document that is a single value"));
    }
    let read = JsonValue::of(r.dialect(), ty)?;
    r.push_sql(match read {
        JsonValue::Bool => "(SELECT TOP (1) CASE WHEN [type] = 3 THEN ",
        JsonValue::Integer(..) | JsonValue::Float(..) | JsonValue::Decimal => {
            "(SELECT TOP (1) CASE WHEN [type] = 2 THEN "
        }
        JsonValue::Text | JsonValue::Label(_) | JsonValue::Date => "(SELECT TOP (1) CASE WHEN [type] = 1 THEN ",
    });
    match read {
        JsonValue::Text => r.push_sql("[value]"),
        JsonValue::Label(def) => {
            r.push_sql("CASE WHEN [value] IN ");
            standard::labels(r, def)?;
            r.push_sql(" THEN [value] END");
        }
        // Style 23 is `yyyy-mm-dd`.
        JsonValue::Date => r.push_sql(
            "CASE WHEN [value] LIKE N'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' \
             THEN TRY_CONVERT(DATE, [value], 23) END",
        ),
        _ => {
            let name = r.dialect().cast_type(ty)?;
            r.push_sql("TRY_CAST([value] AS ");
            r.push_sql(&name);
            r.push_sql(")");
        }
    }
    r.push_sql(" END FROM ");
    Ok(())
}

/// The members of a document, or of a part of it, with the key of the last step.
fn push_members(r: &mut Renderer<'_>, document: &Expr, path: &[JsonStep]) -> Result<()> {
    let Some((last, parents)) = path.split_last() else { return Ok(()) };
    r.push_sql("OPENJSON(");
    if parents.is_empty() {
        r.expr(document)?;
    } else {
        r.push_sql("(SELECT TOP (1) [value] FROM ");
        push_members(r, document, parents)?;
        // Arrays are 4, objects 5; text would be taken for a document.
        r.push_sql(" AND [type] > 3)");
    }
    r.push_sql(") WHERE [key] = ");
    r.push_bind(Value::Text(match last {
        JsonStep::Key(key) => key.clone().into(),
        JsonStep::Index(index) => index.to_string().into(),
    }))
}

fn push_row_equals(r: &mut Renderer<'_>, values: &[Expr], others: &[Expr]) -> Result<()> {
    r.push_sql("(");
    for (i, (value, other)) in values.iter().zip(others).enumerate() {
        r.push_sql(if i > 0 { " AND " } else { "" });
        standard::binary(r, BinaryOp::Eq, value, other)?;
    }
    r.push_sql(")");
    Ok(())
}

/// The rows of a query without an offset; FETCH does not take 0.
fn top(limits: Limits) -> Option<u64> {
    limits.limit.filter(|limit| limits.offset.is_none() || *limit == 0)
}

/// What is tested by `condition IS NOT DISTINCT FROM TRUE`, which is how a condition is read that may be NULL.
fn truth_of(condition: &Expr) -> Option<&Expr> {
    match condition {
        Expr::Binary(BinaryOp::IsNotDistinct, pair) if pair.1 == Expr::Value(Value::Bool(true)) => Some(&pair.0),
        _ => None,
    }
}

fn is_never_null(condition: &Expr) -> bool {
    matches!(
        condition,
        Expr::IsNull { .. }
            | Expr::Exists { .. }
            | Expr::Related(_)
            | Expr::Binary(BinaryOp::IsDistinct | BinaryOp::IsNotDistinct, _)
    )
}

/// A pattern in which `[` is a character like others: it is escaped, unless it is already.
fn without_classes(pattern: &str) -> String {
    let mut escaped = String::with_capacity(pattern.len());
    let mut after_escape = false;
    for c in pattern.chars() {
        if c == '[' && !after_escape {
            escaped.push('\\');
        }
        escaped.push(c);
        after_escape = c == '\\' && !after_escape;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_patterns_are_characters() {
        assert_eq!(without_classes("a[b]%"), "a\\[b]%");
        assert_eq!(without_classes("a\\[b"), "a\\[b");
        assert_eq!(without_classes("a\\\\[b"), "a\\\\\\[b");
    }
}
