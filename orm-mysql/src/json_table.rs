//! Many rows of values as one bind: a JSON document that the server reads as a table.

use orm_core::Result;
use orm_core::dialect::Renderer;
use orm_core::value::Value;

use crate::server::Server;

/// ` IN (SELECT .. FROM JSON_TABLE(..))`, after several columns in parentheses. The rows are `json`.
///
/// The columns of the table have the collation of the database, which on MariaDB does not give way to that of the column
/// compared. What `JSON_UNQUOTE` gives does, and a derived table of it is looked up by its key, also where the column
/// compared has no index.
pub(crate) fn push_in(
    r: &mut Renderer<'_>,
    server: Server,
    rows: &[Vec<Value>],
    json: String,
    negated: bool,
) -> Result<()> {
    let first = rows.first().map_or(&[][..], |row| row);
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    let unquotes = server.is_mariadb() && first.iter().any(is_text);
    r.push_sql(if negated { " NOT IN (SELECT " } else { " IN (SELECT " });
    if unquotes {
        r.push_sql("* FROM (SELECT DISTINCT ");
    }
    for (place, value) in first.iter().enumerate() {
        r.push_sql(if place > 0 { ", " } else { "" });
        let unquote = unquotes && is_text(value);
        r.push_sql(if unquote { "JSON_UNQUOTE(" } else { "" });
        push_name(r, place);
        r.push_sql(if unquote { ")" } else { "" });
    }
    r.push_sql(" FROM JSON_TABLE(");
    r.push_bind(Value::Text(json.into()))?;
    r.push_sql(", '$[*]' COLUMNS (");
    for (place, value) in first.iter().enumerate() {
        r.push_sql(if place > 0 { ", " } else { "" });
        push_name(r, place);
        match (is_text(value), unquotes) {
            (false, _) => r.push_sql(" BIGINT"),
            (true, true) => r.push_sql(" JSON"),
            (true, false) => {
                r.push_sql(" VARCHAR(");
                r.push_number(longest(rows, place));
                r.push_sql(")");
            }
        }
        r.push_sql(" PATH '$[");
        r.push_number(place as u64);
        r.push_sql("]'");
    }
    r.push_sql(if unquotes { ")) AS `_j`) AS `_d`)" } else { ")) AS `_j`)" });
    Ok(())
}

/// Whether the texts are short enough for columns of the table.
pub(crate) fn holds(rows: &[Vec<Value>]) -> bool {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).all(|place| longest(rows, place) <= 4096)
}

fn push_name(r: &mut Renderer<'_>, place: usize) {
    r.push_sql("`_");
    r.push_number(place as u64 + 1);
    r.push_sql("`");
}

/// The length of the longest text of a column, up to a power of two, so that there are few statement texts.
fn longest(rows: &[Vec<Value>], place: usize) -> u64 {
    let length = |row: &Vec<Value>| match row.get(place) {
        Some(Value::Text(text)) => text.chars().count(),
        _ => 0,
    };
    rows.iter().map(length).max().unwrap_or(0).next_power_of_two().max(32) as u64
}
