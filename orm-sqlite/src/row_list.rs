//! Many rows of values as one bind: a JSON object that SQLite reads as a table.

use orm_core::Result;
use orm_core::ast::Expr;
use orm_core::dialect::{Renderer, standard};
use orm_core::value::Value;

/// Rows as the members of an object: one value of each row is the name, the others are the value. What
/// <https://www.sqlite.org/json1.html#jeach> gives for them are columns, while each `JSON_EXTRACT` reads its document anew.
pub(crate) struct Members {
    json: String,
    /// The place of the values that are names.
    name: usize,
    /// Whether the names are numbers.
    numbers: bool,
}

impl Members {
    /// `None` for values that are neither integers nor text.
    ///
    /// Names are text where a column is. SQLite asks the index for all columns of the key only if the first item compared is
    /// a column without an affinity, or if all columns are numbers.
    pub(crate) fn of(rows: &[Vec<Value>]) -> Option<Self> {
        let first = rows.first()?;
        let text = first.iter().position(|value| matches!(value, Value::Text(_)));
        let name = text.unwrap_or(0);
        let mut json = String::with_capacity(2 + rows.len() * first.len() * 12);
        json.push('{');
        standard::push_json_items(&mut json, rows, |json, row| {
            let value = row.get(name).filter(|value| matches!(value, Value::Text(_)) == text.is_some())?;
            json.push_str(if text.is_none() { "\"" } else { "" });
            standard::push_json_value(json, value)?;
            json.push_str(if text.is_none() { "\":" } else { ":" });
            let others = row.iter().enumerate().filter(|(place, _)| *place != name).map(|(_, value)| value);
            let several = row.len() > 2;
            json.push_str(if several { "[" } else { "" });
            standard::push_json_items(json, others, standard::push_json_value)?;
            json.push_str(if several { "]" } else { "" });
            Some(())
        })?;
        json.push('}');
        Some(Self { json, name, numbers: text.is_none() })
    }

    /// `(columns) IN (SELECT .. FROM json_each(..))`.
    pub(crate) fn push_in(self, r: &mut Renderer<'_>, columns: &[Expr], negated: bool) -> Result<()> {
        let mut in_order = columns.to_vec();
        in_order[..=self.name].rotate_right(1);
        standard::row(r, &in_order, negated)?;
        r.push_sql(if self.numbers { "(SELECT CAST(key AS INTEGER)" } else { "(SELECT key" });
        match columns.len() {
            2 => r.push_sql(", value"),
            several => {
                for place in 0..several - 1 {
                    r.push_sql(", JSON_EXTRACT(value, '$[");
                    r.push_number(place as u64);
                    r.push_sql("]')");
                }
            }
        }
        r.push_sql(" FROM json_each(");
        r.push_bind(Value::Text(self.json.into()))?;
        r.push_sql("))");
        Ok(())
    }
}
