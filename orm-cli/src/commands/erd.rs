//! `orm erd`: a diagram of the tables, from the database or from the models.

use std::fmt::Write;

use orm::schema::{ForeignKey, Schema, Table, from_models};
use serde_json::json;

use crate::args::{self, Diagram};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::files;
use crate::project;
use crate::report::Report;

/// Runs the command.
///
/// # Errors
/// What went wrong.
pub(crate) async fn run(context: &Context, erd: args::Erd) -> Outcome<Report> {
    let mut schema = if erd.models {
        from_models(&project::models()?.defs())?
    } else {
        context.connect_existing().await?.introspect(None).await?
    };
    schema.tables.retain(|table| !table.name.name.starts_with("_orm_"));
    if schema.tables.is_empty() {
        return Err(
            Failure::new("there are no tables to draw").hint("`orm migrate up` creates those of your migrations")
        );
    }
    let text = match erd.format {
        Diagram::Mermaid => mermaid(&schema),
        Diagram::Dbml => dbml(&schema),
        Diagram::Dot => dot(&schema),
    };
    let json = json!({ "tables": schema.tables.len(), "text": text });
    match erd.out {
        None => Ok(Report::new(text, json)),
        Some(path) => {
            files::replace(&path, &text)?;
            Ok(Report::new(format!("wrote {}", path.display()), json))
        }
    }
}

/// A name of letters, digits and `_`, which is all that these languages take without quotes.
fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

fn is_key(table: &Table, column: &str) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| name == column))
}

fn refers(table: &Table, column: &str) -> bool {
    table.foreign_keys.iter().any(|key| key.columns.iter().any(|name| name == column))
}

/// Whether a row is referred to by one row at most.
fn is_one(table: &Table, key: &ForeignKey) -> bool {
    let same =
        |names: &[&str]| names.len() == key.columns.len() && key.columns.iter().all(|c| names.contains(&c.as_str()));
    let primary = table.primary_key.as_ref().map(|key| key.columns.iter().map(String::as_str).collect::<Vec<_>>());
    primary.is_some_and(|names| same(&names))
        || table.indexes.iter().any(|index| index.unique && index.columns().is_some_and(|names| same(&names)))
}

fn optional(table: &Table, key: &ForeignKey) -> bool {
    key.columns.iter().any(|name| table.column(name).is_some_and(|column| column.nullable))
}

fn shown_type(column: &orm::schema::Column) -> String {
    column.type_name.clone().unwrap_or_else(|| column.ty.to_string())
}

fn mermaid(schema: &Schema) -> String {
    let mut text = "erDiagram\n".to_owned();
    for table in &schema.tables {
        let _ = writeln!(text, "    {} {{", word(&table.name.to_string()));
        for column in &table.columns {
            let key = match (is_key(table, &column.name), refers(table, &column.name)) {
                (true, true) => " PK, FK",
                (true, false) => " PK",
                (false, true) => " FK",
                (false, false) => "",
            };
            let ty = word(&shown_type(column));
            let ty = if ty.is_empty() { "any" } else { ty.trim_matches('_') };
            let _ = writeln!(text, "        {ty} {}{key}", word(&column.name));
        }
        text.push_str("    }\n");
    }
    for table in &schema.tables {
        for key in &table.foreign_keys {
            let near = if optional(table, key) { "|o" } else { "||" };
            let far = if is_one(table, key) { "o|" } else { "o{" };
            let (to, from) = (word(&key.target.to_string()), word(&table.name.to_string()));
            let _ = writeln!(text, "    {to} {near}--{far} {from} : \"{}\"", key.columns.join(", "));
        }
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}

fn dbml(schema: &Schema) -> String {
    let mut text = String::new();
    for table in &schema.tables {
        let _ = writeln!(text, "Table {} {{", quoted(&table.name.to_string()));
        let is_single = table.primary_key.as_ref().is_some_and(|key| key.columns.len() == 1);
        for column in &table.columns {
            let mut settings = Vec::new();
            if is_single && is_key(table, &column.name) {
                settings.push("pk".to_owned());
            }
            if column.auto_increment {
                settings.push("increment".to_owned());
            }
            if !column.nullable && !is_key(table, &column.name) {
                settings.push("not null".to_owned());
            }
            let settings = if settings.is_empty() { String::new() } else { format!(" [{}]", settings.join(", ")) };
            let ty = shown_type(column);
            let ty = if ty.is_empty() { "any" } else { &ty };
            let _ = writeln!(text, "  {} {}{settings}", quoted(&column.name), quoted(ty));
        }
        let lists = |columns: &[&str]| columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let mut indexes = Vec::new();
        if let Some(key) = table.primary_key.as_ref().filter(|key| key.columns.len() > 1) {
            indexes.push(format!("({}) [pk]", lists(&key.columns.iter().map(String::as_str).collect::<Vec<_>>())));
        }
        for index in &table.indexes {
            if let Some(columns) = index.columns() {
                let unique = if index.unique { " [unique]" } else { "" };
                indexes.push(format!("({}){unique}", lists(&columns)));
            }
        }
        if !indexes.is_empty() {
            let _ = writeln!(text, "\n  indexes {{\n    {}\n  }}", indexes.join("\n    "));
        }
        text.push_str("}\n\n");
    }
    for table in &schema.tables {
        for key in &table.foreign_keys {
            let columns = |names: &[String]| match names {
                [name] => quoted(name),
                names => format!("({})", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
            };
            let arrow = if is_one(table, key) { "-" } else { ">" };
            let (from, to) = (quoted(&table.name.to_string()), quoted(&key.target.to_string()));
            let _ =
                writeln!(text, "Ref: {from}.{} {arrow} {to}.{}", columns(&key.columns), columns(&key.target_columns));
        }
    }
    text
}

fn dot(schema: &Schema) -> String {
    let mut text = "digraph schema {\n  rankdir = LR;\n  node [shape = record];\n".to_owned();
    // What means something in a label of a record.
    let plain = |text: &str| {
        text.chars()
            .map(|c| if matches!(c, '{' | '}' | '|' | '<' | '>' | '"' | '\\') { ' ' } else { c })
            .collect::<String>()
    };
    for table in &schema.tables {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let mark = if is_key(table, &column.name) { " (key)" } else { "" };
                format!("{} {}{mark}\\l", plain(&column.name), plain(&shown_type(column)))
            })
            .collect();
        let name = table.name.to_string();
        let _ = writeln!(text, "  {} [label = \"{}|{}\"];", quoted(&name), plain(&name), columns.concat());
    }
    for table in &schema.tables {
        for key in &table.foreign_keys {
            let label = quoted(&key.columns.join(", "));
            let _ = writeln!(
                text,
                "  {} -> {} [label = {label}];",
                quoted(&table.name.to_string()),
                quoted(&key.target.to_string())
            );
        }
    }
    text.push_str("}\n");
    text
}
