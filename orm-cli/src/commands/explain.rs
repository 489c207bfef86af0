//! `orm explain`: how the database would run a query.

use orm::driver::{Executor, Query};
use orm::row::{Flow, Row, RowSink};
use serde_json::json;

use crate::args;
use crate::context::Context;
use crate::failure::{Code, Failure, Outcome};
use crate::report::Report;

/// The rows of a plan, each as one line.
#[derive(Default)]
struct Lines(Vec<String>);

impl RowSink for Lines {
    fn row(&mut self, row: &dyn Row) -> orm::Result<Flow> {
        let mut parts = Vec::new();
        for at in 0..row.len() {
            let value = row.get(at)?;
            if matches!(value, orm::ValueRef::Null) {
                continue;
            }
            parts.push(match value {
                orm::ValueRef::Text(text) | orm::ValueRef::Json(text) => text.to_owned(),
                orm::ValueRef::I64(number) => number.to_string(),
                orm::ValueRef::U64(number) => number.to_string(),
                orm::ValueRef::F64(number) => number.to_string(),
                other => format!("{other:?}"),
            });
        }
        self.0.push(parts.join(" | "));
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.0.clear();
    }
}

/// Runs the command.
///
/// # Errors
/// The database's, and for what is not one query.
pub(crate) async fn run(context: &Context, explain: &args::Explain) -> Outcome<Report> {
    let db = context.connect_existing().await?;
    let statements = orm::migrate::split(&explain.sql, db.dialect())?;
    let [statement] = statements.as_slice() else {
        return Err(Failure::new("one query is explained at a time").code(Code::Usage));
    };
    let sql = format!("{}{}", db.dialect().explain()?, statement.sql);
    let mut lines = Lines::default();
    Executor::session(&db).fetch(Query::text(&sql), &mut lines).await?;
    let json = json!({ "database": db.target(), "plan": lines.0 });
    Ok(Report::new(lines.0.join("\n"), json))
}
