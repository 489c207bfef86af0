//! `orm schema`: the schema that a database has, as statements that create it.

use std::path::{Path, PathBuf};

use orm::dialect::ddl;
use orm::driver::Query;
use orm::schema::{ObjectKind, Schema};
use orm::{Error, Executor};
use serde_json::json;

use crate::args;
use crate::context::Context;
use crate::failure::{Code, Failure, Outcome};
use crate::files;
use crate::report::{Report, counted};

/// Runs one of the commands.
///
/// # Errors
/// What went wrong.
pub(crate) async fn run(context: &Context, command: args::Schema) -> Outcome<Report> {
    match command {
        args::Schema::Dump { out } => dump(context, out).await,
        args::Schema::Load { file } => load(context, &file).await,
    }
}

async fn dump(context: &Context, out: Option<PathBuf>) -> Outcome<Report> {
    let db = context.connect_existing().await?;
    let mut schema = db.introspect(None).await?;
    schema.tables.retain(|table| !table.name.name.starts_with("_orm_"));
    let statements = statements(&schema, db.dialect())?;
    let text = statements
        .iter()
        .map(|sql| format!("{};\n", sql.trim_end().trim_end_matches(';')))
        .collect::<Vec<_>>()
        .join("\n");
    let json = json!({ "database": db.target(), "statements": statements });
    match out {
        None => Ok(Report::new(text, json)),
        Some(path) => {
            files::replace(&path, &text)?;
            Ok(Report::new(format!("wrote {}", path.display()), json))
        }
    }
}

/// Runs a script. If the database's DDL is transactional, an error undoes all of it.
async fn load(context: &Context, file: &Path) -> Outcome<Report> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?;
    let db = context.connect().await?;
    let mut tables = db.introspect(None).await?.tables;
    tables.retain(|table| !table.name.name.starts_with("_orm_"));
    if let Some(first) = tables.first() {
        let count = counted(tables.len(), "table", "tables");
        return Err(Failure::new(format!("the database has {count} already, `{}` first", first.name.name))
            .code(Code::Refused)
            .hint("load into an empty database: `orm db create`, or `orm db reset`"));
    }
    let statements = orm::migrate::split(&text, db.dialect())
        .map_err(|error| Failure::new(format!("{}: {}", file.display(), error.message())))?;
    let run = async |db: &dyn Executor| {
        for statement in &statements {
            // Sent as a script, since some statements cannot be prepared.
            db.session().batch(Query::text(&statement.sql)).await.map_err(|error| {
                let message = format!("{}:{}: {}", file.display(), statement.line, error.message());
                error.with_message(message)
            })?;
        }
        Ok::<(), Error>(())
    };
    if db.dialect().capabilities().transactional_ddl {
        db.transaction(async |tx| run(tx).await).await?;
    } else {
        run(&db).await?;
    }
    let count = statements.len();
    let text = format!(
        "{}\nran {}; migrations that have made the same are noted by `orm migrate baseline VERSION`",
        context.place(&db),
        counted(count, "statement", "statements")
    );
    Ok(Report::new(text, json!({ "database": db.target(), "statements": count })))
}

/// The statements, tables before what is made of them.
fn statements(schema: &Schema, dialect: &dyn orm::dialect::Dialect) -> Outcome<Vec<String>> {
    let own: Vec<String> = schema.tables.iter().filter_map(|table| table.definition.clone()).collect();
    // Where the database keeps the statement itself, that says more than the parts of it.
    let mut statements = if own.len() == schema.tables.len() && !own.is_empty() {
        let indexes = schema.tables.iter().flat_map(|table| &table.indexes);
        own.into_iter().chain(indexes.filter_map(|index| index.definition.clone())).collect()
    } else {
        ddl::render_all(&ddl::create(schema, &[], dialect), dialect)?
    };
    for object in &schema.objects {
        let sql = object.sql.trim();
        let is_whole = sql.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("create"));
        statements.push(match object.kind {
            _ if is_whole => sql.to_owned(),
            ObjectKind::View if !sql.is_empty() => format!("CREATE VIEW {} AS {sql}", object.name),
            ObjectKind::MaterializedView if !sql.is_empty() => {
                format!("CREATE MATERIALIZED VIEW {} AS {sql}", object.name)
            }
            kind => format!("-- {kind} {}", object.name),
        });
    }
    Ok(statements)
}
