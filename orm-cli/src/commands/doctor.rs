//! `orm doctor`: what is worth a look in a database, and whether the models are what the tables are.

use orm::schema::{Index, Schema, Table};
use serde_json::json;

use crate::args;
use crate::context::Context;
use crate::failure::{Code, Outcome};
use crate::project;
use crate::report::{Report, bad, counted, good};

/// Something worth a look.
#[derive(Debug, Clone, PartialEq)]
struct Finding {
    /// A word for programs.
    rule: &'static str,
    table: String,
    says: String,
}

/// Runs the command.
///
/// # Errors
/// The database's.
pub(crate) async fn run(context: &Context, doctor: &args::Doctor) -> Outcome<Report> {
    let db = context.connect_existing().await?;
    let mut schema = db.introspect(None).await?;
    schema.tables.retain(|table| !table.name.name.starts_with("_orm_"));
    let mut findings = Vec::new();
    for table in &schema.tables {
        keys(table, &mut findings);
        foreign_keys(table, &schema, &mut findings);
        redundant(table, &mut findings);
    }
    let models = project::models().ok();
    if let Some(models) = &models {
        for difference in models.check(&db).await? {
            let says = difference.to_string();
            findings.push(Finding { rule: "drift", table: difference.table.to_string(), says });
        }
        let declared: Vec<String> =
            models.iter().map(|model| orm::schema::QualifiedName::from(model.def.table).to_string()).collect();
        for table in schema.tables.iter().filter(|table| !declared.contains(&table.name.to_string())) {
            let says = format!("`{}` has no model", table.name);
            findings.push(Finding { rule: "no-model", table: table.name.to_string(), says });
        }
    }
    let json: Vec<_> = findings
        .iter()
        .map(|finding| json!({ "rule": finding.rule, "table": finding.table, "message": finding.says }))
        .collect();
    let json = json!({
        "database": db.target(), "tables": schema.tables.len(), "models": models.as_ref().map(orm::Models::len), "findings": json,
    });
    let mut lines = vec![format!("{}   {}", context.place(&db), counted(schema.tables.len(), "table", "tables"))];
    lines.extend(findings.iter().map(|finding| format!("  {} {}", bad(finding.rule), finding.says)));
    if findings.is_empty() {
        lines.push(format!("  {}", good("nothing to do")));
    }
    if models.is_none() {
        lines.push("  the models were not looked at: the project's own `orm` knows them, see `orm init`".to_owned());
    }
    let code = (doctor.check && !findings.is_empty()).then_some(Code::Differs);
    Ok(Report::new(lines.join("\n"), json).code(code))
}

fn keys(table: &Table, findings: &mut Vec<Finding>) {
    if table.primary_key.is_none() {
        let says = format!(
            "`{}` has no primary key: its rows cannot be told apart, saved or replicated one by one",
            table.name
        );
        findings.push(Finding { rule: "no-primary-key", table: table.name.to_string(), says });
    }
}

/// A foreign key without an index: deleting or changing the row that it points at reads the whole table.
fn foreign_keys(table: &Table, schema: &Schema, findings: &mut Vec<Finding>) {
    for key in &table.foreign_keys {
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let begins =
            |names: &[&str]| names.get(..columns.len()).is_some_and(|first| columns.iter().all(|c| first.contains(c)));
        let primary = table.primary_key.as_ref().map(|key| key.columns.iter().map(String::as_str).collect::<Vec<_>>());
        let covered = primary.is_some_and(|names| begins(&names))
            || table
                .indexes
                .iter()
                .any(|index| index.filter.is_none() && index.columns().is_some_and(|names| begins(&names)));
        if !covered {
            let list = key.columns.join(", ");
            let says = format!(
                "`{}` has no index that begins with ({list}), which points at {}: removing a row there reads this whole table",
                table.name, key.target
            );
            findings.push(Finding { rule: "unindexed-foreign-key", table: table.name.to_string(), says });
        }
        let target = schema.table(&key.target);
        for (column, to) in key.columns.iter().zip(&key.target_columns) {
            let own = table.column(column).and_then(|column| column.type_name.as_deref());
            let other = target.and_then(|target| target.column(to)).and_then(|column| column.type_name.as_deref());
            if let (Some(own), Some(other)) = (own, other)
                && !own.eq_ignore_ascii_case(other)
            {
                let says = format!(
                    "`{}.{column}` is {own}, and {}.{to}, which it points at, is {other}",
                    table.name, key.target
                );
                findings.push(Finding { rule: "foreign-key-type", table: table.name.to_string(), says });
            }
        }
    }
}

/// An index whose columns another one begins with: it costs writes and finds nothing that the other does not.
fn redundant(table: &Table, findings: &mut Vec<Finding>) {
    let is_plain = |index: &Index| {
        index.filter.is_none()
            && index.soft_delete.is_none()
            && index.include.is_empty()
            && index.columns().is_some()
            && index.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case("btree"))
    };
    for (at, index) in table.indexes.iter().enumerate().filter(|(_, index)| is_plain(index) && !index.unique) {
        let begins = |keys: &[orm::schema::IndexKey]| keys.starts_with(&index.keys);
        let other = table.indexes.iter().enumerate().find(|(place, other)| {
            let twice = other.keys.len() == index.keys.len();
            // Of two that are the same, the later one is named.
            *place != at && is_plain(other) && begins(&other.keys) && (!twice || other.unique || *place < at)
        });
        let columns = index.columns().unwrap_or_default();
        let in_key = table.primary_key.as_ref().is_some_and(|key| {
            key.columns
                .get(..columns.len())
                .is_some_and(|first| first.iter().zip(&columns).all(|(one, other)| one == other))
        });
        let covered = match (other, in_key) {
            (Some((_, other)), _) => format!("`{}`", other.name),
            (None, true) => "the primary key".to_owned(),
            (None, false) => continue,
        };
        let says = format!(
            "`{}`: the index `{}` on ({}) is not needed, since {covered} begins with the same",
            table.name,
            index.name,
            columns.join(", ")
        );
        findings.push(Finding { rule: "redundant-index", table: table.name.to_string(), says });
    }
}
