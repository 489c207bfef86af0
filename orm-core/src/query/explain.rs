//! A database's plan for a query, as lines.

use crate::error::Result;
use crate::row::{Flow, Row, RowSink};

/// Lines of a plan: the columns of each row, joined.
pub(super) struct Lines(pub(super) Vec<String>);

impl RowSink for Lines {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        use std::fmt::Write;
        let mut line = String::new();
        for index in 0..row.len() {
            let mut part = String::new();
            match row.get(index)? {
                crate::value::ValueRef::Text(text) => part.push_str(text),
                crate::value::ValueRef::Json(text) => part.push_str(text),
                crate::value::ValueRef::I64(number) => {
                    let _ = write!(part, "{number}");
                }
                crate::value::ValueRef::U64(number) => {
                    let _ = write!(part, "{number}");
                }
                crate::value::ValueRef::F64(number) => {
                    let _ = write!(part, "{number}");
                }
                _ => {}
            }
            if !part.is_empty() {
                if !line.is_empty() {
                    line.push_str(" | ");
                }
                line.push_str(&part);
            }
        }
        self.0.push(line);
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.0.clear();
    }
}
