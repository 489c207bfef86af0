//! Many rows of values as one bind: a JSON document that the server reads as a table.

use std::fmt::Write;

use orm_core::ast::Expr;
use orm_core::dialect::{Renderer, standard};
use orm_core::model::ColumnDef;
use orm_core::value::Value;
use orm_core::{Result, SqlType};

use crate::bind::{stored_date_time, stored_time};
use crate::server::Server;

/// The most characters of a VARCHAR column of the table.
const LONGEST: u64 = 16_383;

/// What a column of the table is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    /// As digits of base 16, without hyphens.
    Uuid,
    /// A type that reads what JSON has for it.
    Plain(&'static str),
}

/// Which column a value needs; `None` for values that JSON does not hold exactly.
fn kind(value: &Value) -> Option<Kind> {
    Some(match value.sql_type() {
        SqlType::Bool | SqlType::I8 | SqlType::I16 | SqlType::I32 | SqlType::I64 => Kind::Plain("BIGINT"),
        SqlType::U64 => Kind::Plain("BIGINT UNSIGNED"),
        SqlType::Char | SqlType::Text => Kind::Text,
        SqlType::Uuid => Kind::Uuid,
        SqlType::Date => Kind::Plain("DATE"),
        SqlType::Time => Kind::Plain("TIME(6)"),
        SqlType::DateTime | SqlType::Timestamp => Kind::Plain("DATETIME(6)"),
        SqlType::Decimal => Kind::Plain("DECIMAL(65,30)"),
        _ => return None,
    })
}

/// Whether rows of such values can be a table.
pub(crate) fn holds(row: &[Value]) -> bool {
    row.iter().all(|value| kind(value).is_some())
}

/// `(columns) IN (SELECT .. FROM JSON_TABLE(..))`; `None` when a value does not fit in.
pub(crate) fn push_in(
    r: &mut Renderer<'_>,
    server: Server,
    columns: &[Expr],
    rows: &[Vec<Value>],
    negated: bool,
) -> Option<Result<()>> {
    let kinds: Vec<Kind> = rows.first()?.iter().map(kind).collect::<Option<_>>()?;
    let mut longest = vec![1; kinds.len()];
    let json = json(rows, &kinds, &mut longest)?;
    Some(push_table(r, server, columns, &kinds, &longest, json, negated))
}

/// The rows as an array of arrays, and the length of the longest text of each column.
fn json(rows: &[Vec<Value>], kinds: &[Kind], longest: &mut [u64]) -> Option<String> {
    let mut json = String::with_capacity(2 + rows.len() * (2 + kinds.len() * 10));
    json.push('[');
    for (i, row) in rows.iter().enumerate() {
        json.push_str(if i > 0 { ",[" } else { "[" });
        for (place, value) in row.iter().enumerate() {
            json.push_str(if place > 0 { "," } else { "" });
            if kind(value) != kinds.get(place).copied() {
                return None;
            }
            longest[place] = longest[place].max(push_value(&mut json, value)?);
        }
        json.push(']');
    }
    json.push(']');
    Some(json)
}

/// Appends a value; what comes back is the number of its characters.
fn push_value(json: &mut String, value: &Value) -> Option<u64> {
    let written = match value {
        Value::Bool(v) => write!(json, "{}", u8::from(*v)),
        Value::U64(v) => write!(json, "{v}"),
        Value::Uuid(v) => {
            json.push('"');
            v.iter().try_for_each(|byte| write!(json, "{byte:02x}")).ok()?;
            json.push('"');
            Ok(())
        }
        Value::Date(v) => write!(json, "\"{v}\""),
        Value::Time(v) => write!(json, "\"{}\"", stored_time(*v)),
        Value::DateTime(v) => write!(json, "\"{}\"", stored_date_time(*v)),
        Value::Timestamp(v) => write!(json, "\"{}\"", stored_date_time(v.naive_utc())),
        Value::Decimal(v) => write!(json, "\"{v}\""),
        Value::Text(text) if text.starts_with('"') => {
            // `JSON_UNQUOTE` takes it for a string in JSON, so it becomes one.
            let mut quoted = String::new();
            standard::push_json_value(&mut quoted, value)?;
            let length = quoted.chars().count() as u64;
            standard::push_json_value(json, &Value::Text(quoted.into()))?;
            return Some(length);
        }
        Value::Text(text) => {
            standard::push_json_value(json, value)?;
            return Some(text.chars().count() as u64);
        }
        integer => {
            standard::push_json_value(json, integer)?;
            return Some(0);
        }
    };
    written.ok().map(|()| 0)
}

/// Text gets the collation of the column that it is compared with, which neither a column of JSON_TABLE nor text has by
/// itself: so it can be looked up, in the index of that column as well as among the keys.
///
/// MariaDB would read the document once for every row of an UPDATE or DELETE; a derived table it reads once.
fn push_table(
    r: &mut Renderer<'_>,
    server: Server,
    columns: &[Expr],
    kinds: &[Kind],
    longest: &[u64],
    json: String,
    negated: bool,
) -> Result<()> {
    let derived = server.is_mariadb() && r.changes_rows();
    standard::row(r, columns, negated)?;
    r.push_sql(if derived { "(SELECT * FROM (SELECT DISTINCT " } else { "(SELECT " });
    for (place, kind) in kinds.iter().enumerate() {
        r.push_sql(if place > 0 { ", " } else { "" });
        match (kind, columns.get(place).and_then(Expr::as_column)) {
            (Kind::Plain(_), _) => push_name(r, place),
            (Kind::Uuid, _) => push_call(r, "UNHEX(", place),
            (Kind::Text, None) => push_call(r, "JSON_UNQUOTE(", place),
            (Kind::Text, Some(column)) => {
                r.push_sql("IFNULL((SELECT ");
                push_nothing_of(r, column)?;
                r.push_sql("), ");
                push_call(r, "JSON_UNQUOTE(", place);
                r.push_sql(")");
            }
        }
        if derived && !matches!(kind, Kind::Plain(_)) {
            r.push_sql(" AS ");
            push_name(r, place);
        }
    }
    r.push_sql(" FROM JSON_TABLE(");
    r.push_bind(Value::Text(json.into()))?;
    r.push_sql(", '$[*]' COLUMNS (");
    for (place, kind) in kinds.iter().enumerate() {
        r.push_sql(if place > 0 { ", " } else { "" });
        push_name(r, place);
        match kind {
            Kind::Plain(ty) => {
                r.push_sql(" ");
                r.push_sql(ty);
            }
            Kind::Uuid => r.push_sql(" VARCHAR(32)"),
            // Powers of two, so that there are few statement texts.
            Kind::Text => match longest[place].next_power_of_two().max(32) {
                length @ ..=LONGEST => {
                    r.push_sql(" VARCHAR(");
                    r.push_number(length);
                    r.push_sql(")");
                }
                _ => r.push_sql(" LONGTEXT"),
            },
        }
        // Else it would be that of the database.
        r.push_sql(if *kind == Kind::Text { " CHARACTER SET utf8mb4" } else { "" });
        r.push_sql(" PATH '$[");
        r.push_number(place as u64);
        r.push_sql("]'");
    }
    r.push_sql(if derived { ")) AS `_j`) AS `_d`)" } else { ")) AS `_j`)" });
    Ok(())
}

/// A column of none of its rows. A statement that changes the table may read it in a derived table only.
fn push_nothing_of(r: &mut Renderer<'_>, column: &ColumnDef) -> Result<()> {
    r.push_ident(column.name)?;
    r.push_sql(" FROM (SELECT ");
    r.push_ident(column.name)?;
    r.push_sql(" FROM ");
    r.push_table(column.table)?;
    r.push_sql(" LIMIT 0) AS `_e`");
    Ok(())
}

fn push_call(r: &mut Renderer<'_>, function: &'static str, place: usize) {
    r.push_sql(function);
    push_name(r, place);
    r.push_sql(")");
}

fn push_name(r: &mut Renderer<'_>, place: usize) {
    r.push_sql("`_");
    r.push_number(place as u64 + 1);
    r.push_sql("`");
}
