//! `orm db`: the database itself.

use std::path::Path;

use orm::dialect::Dialect;
use serde_json::json;
use url::Url;

use crate::args;
use crate::commands::{migrate, seed};
use crate::config::scheme;
use crate::context::{Context, connect, dialect_of, sqlite_file};
use crate::failure::{Code, Failure, Outcome};
use crate::report::Report;

/// Runs one of the commands.
///
/// # Errors
/// What went wrong.
pub(crate) async fn run(context: &Context, command: args::Db) -> Outcome<Report> {
    match command {
        args::Db::Create => create(context).await,
        args::Db::Drop(drop) => {
            self::allow(context, &drop, "dropping the database")?;
            self::drop(context).await
        }
        args::Db::Reset(reset) => {
            self::allow(context, &reset, "dropping the database")?;
            let dropped = self::drop(context).await?;
            let set_up = setup(context).await?;
            Ok(joined(vec![dropped, set_up]))
        }
        args::Db::Setup => setup(context).await,
    }
}

fn allow(context: &Context, given: &args::DropDb, what: &str) -> Outcome<()> {
    context.config.allow_loss(what, given.allow_protected)?;
    let place = Place::of(context)?;
    if given.yes { Ok(()) } else { context.confirm(&format!("Drop {} and everything in it?", place.shown())) }
}

fn joined(reports: Vec<Report>) -> Report {
    let text: Vec<String> = reports.iter().map(|report| report.text.clone()).filter(|text| !text.is_empty()).collect();
    let json = reports.into_iter().map(|report| report.json).collect();
    Report::new(text.join("\n"), serde_json::Value::Array(json))
}

async fn setup(context: &Context) -> Outcome<Report> {
    let mut reports = vec![create(context).await?];
    if context.config.migrations.is_dir() {
        let up = args::Up { to: None, check: false, lock_wait: None };
        reports.push(migrate::run(context, args::Migrate::Up(up)).await?);
    }
    if context.config.seeds.is_dir() {
        reports.push(seed::run(context, args::Seed::Run(args::Seeds { names: Vec::new() })).await?);
    }
    Ok(joined(reports))
}

/// Where a database is.
enum Place {
    /// In a file.
    File(String),
    /// On a server: its name, and the URL by which the server is reached without it.
    Server { name: String, url: String },
}

impl Place {
    fn of(context: &Context) -> Outcome<Self> {
        let url = context.config.url()?;
        let scheme = scheme(&url);
        if scheme == "sqlite" {
            return match sqlite_file(&url) {
                Some(path) => Ok(Self::File(path)),
                None => Err(Failure::new("a database in memory is neither created nor dropped")),
            };
        }
        // The text of a URL may have a password in it: neither it nor the parser's error is shown.
        let wrong = |why: &str| Failure::new(format!("the URL from {} {why}", context.config.url_source()));
        let mut server = Url::parse(&url).map_err(|_| wrong("cannot be read"))?;
        let name = server.path().trim_start_matches('/').to_owned();
        let name = orm::driver::percent_decoded(&name)?.into_owned();
        if name.is_empty() {
            return Err(wrong("names no database: postgres://host/NAME"));
        }
        server.set_path(if scheme.starts_with("postgres") { "/postgres" } else { "" });
        Ok(Self::Server { name, url: server.to_string() })
    }

    fn shown(&self) -> String {
        match self {
            Self::File(path) => format!("`{path}`"),
            Self::Server { name, .. } => format!("the database `{name}`"),
        }
    }
}

async fn create(context: &Context) -> Outcome<Report> {
    let place = Place::of(context)?;
    let is_new = match &place {
        Place::File(path) => {
            let is_new = !Path::new(path).exists();
            if let Some(folder) = Path::new(path).parent().filter(|_| is_new) {
                std::fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
            }
            // Opening it makes it, with the settings that the URL has.
            context.connect().await?.ping().await?;
            is_new
        }
        Place::Server { name, url } => {
            let sql = format!("CREATE DATABASE {}", quoted(&*dialect_of(url)?, name)?);
            match connect(url).await?.execute(sql, ()).await {
                Ok(_) => true,
                Err(error) if error.kind() == orm::ErrorKind::AlreadyExists => false,
                Err(error) => return Err(error.into()),
            }
        }
    };
    let said = if is_new { "created" } else { "is there already:" };
    Ok(Report::new(format!("{said} {}", place.shown()), json!({ "created": is_new })))
}

async fn drop(context: &Context) -> Outcome<Report> {
    let place = Place::of(context)?;
    let was_there = match &place {
        Place::File(path) => {
            let was_there = Path::new(path).exists();
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let file = format!("{path}{suffix}");
                match std::fs::remove_file(&file) {
                    Ok(()) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(Failure::file("remove", Path::new(&file), &error)),
                }
            }
            was_there
        }
        Place::Server { name, url } => {
            let sql = format!("DROP DATABASE {}", quoted(&*dialect_of(url)?, name)?);
            match connect(url).await?.execute(sql, ()).await {
                Ok(_) => true,
                Err(error) if error.kind() == orm::ErrorKind::UnknownDatabase => false,
                Err(error) => {
                    let in_use = error.code() == Some("55006");
                    let failure = Failure::from(error);
                    return Err(if in_use {
                        failure.code(Code::Failed).hint("end the programs that use it first")
                    } else {
                        failure
                    });
                }
            }
        }
    };
    let said = if was_there { "dropped" } else { "was not there:" };
    Ok(Report::new(format!("{said} {}", place.shown()), json!({ "dropped": was_there })))
}

/// A name as SQL.
fn quoted(dialect: &dyn Dialect, name: &str) -> Outcome<String> {
    let mut w = orm::dialect::SqlWriter::new(dialect);
    w.push_ident(name)?;
    Ok(w.finish().sql)
}
