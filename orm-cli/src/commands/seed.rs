//! `orm seed`: rows that a database begins with. A seed is a folder like that of a migration. Unless `seed_storage` says where
//! they are noted, all of them run each time, so each is written in a way that may be repeated.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use orm::Database;
use orm::migrate::{Migration, Migrations, Migrator, State, split};
use serde_json::json;

use crate::args;
use crate::commands::migrate::{failed, milliseconds, read, shown_status, with_progress};
use crate::config::SeedStorage;
use crate::context::Context;
use crate::failure::{Code, Failure, Outcome};
use crate::files;
use crate::report::{Report, dim, good, shown, table};

/// Runs one of the commands.
///
/// # Errors
/// What went wrong.
pub(crate) async fn run(context: &Context, command: args::Seed) -> Outcome<Report> {
    match command {
        args::Seed::New(named) => files::new_seed(context, &named.name),
        args::Seed::Run(seeds) => self::up(context, &seeds.names).await,
        args::Seed::Undo(undo) => self::undo(context, &undo).await,
        args::Seed::Status => status(context).await,
    }
}

fn seeds(context: &Context) -> Outcome<Migrations> {
    read(context, &context.config.seeds, "orm seed new NAME")
}

/// A migrator whose history is that of the seeds.
fn migrator(context: &Context, seeds: Migrations) -> Migrator {
    super::migrate::migrator(context, seeds, None).table("_orm_seeds")
}

/// The seeds that are named: by version, name, or folder. All of them where none is.
fn chosen(seeds: &Migrations, names: &[String]) -> Outcome<Vec<Migration>> {
    if names.is_empty() {
        return Ok(seeds.iter().cloned().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let wanted = name.trim_end_matches(".js").trim_end_matches('/');
        let found: Vec<&Migration> = seeds
            .iter()
            .filter(|seed| [&seed.version, &seed.name, &seed.folder()].iter().any(|own| *own == wanted))
            .collect();
        match found.as_slice() {
            [one] => chosen.push((*one).clone()),
            [] => {
                let known: Vec<String> = seeds.iter().map(Migration::folder).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Failure::new(format!("there is no seed `{name}`; there are {known}")));
            }
            _ => return Err(Failure::new(format!("several seeds are called `{name}`")).hint("name the version")),
        }
    }
    Ok(chosen)
}

async fn up(context: &Context, names: &[String]) -> Outcome<Report> {
    let seeds = seeds(context)?;
    let chosen = chosen(&seeds, names)?;
    let db = context.connect_existing().await?;
    if context.config.seed_storage == SeedStorage::Table && names.is_empty() {
        let migrator = with_progress(migrator(context, seeds), chosen.len());
        let ran = migrator.up(&db).await.map_err(|error| failed(context, error))?;
        let ran: Vec<(String, u64)> =
            ran.iter().map(|ran| (format!("{}_{}", ran.version, ran.name), milliseconds(ran.took))).collect();
        return Ok(told(context, &db, &ran, "ran"));
    }
    let mut had = noted(context)?;
    let mut ran = Vec::new();
    for seed in &chosen {
        if context.config.seed_storage == SeedStorage::Json && had.contains(&seed.folder()) {
            continue;
        }
        let took = send(context, &db, seed, &seed.up, "up.sql").await?;
        had.insert(seed.folder());
        note(context, &had)?;
        ran.push((seed.folder(), took));
    }
    Ok(told(context, &db, &ran, "ran"))
}

async fn undo(context: &Context, undo: &args::SeedUndo) -> Outcome<Report> {
    context.config.allow_loss("undoing seeds", undo.loss.allow_protected)?;
    let seeds = seeds(context)?;
    let db = context.connect_existing().await?;
    if context.config.seed_storage == SeedStorage::Table && undo.names.is_empty() {
        let migrator = migrator(context, seeds);
        let had = migrator.status(&db).await?.iter().filter(|status| status.state != State::Pending).count();
        let count = if undo.all { had } else { had.min(1) };
        let ran = with_progress(migrator, count).down(&db, count).await.map_err(|error| failed(context, error))?;
        let ran: Vec<(String, u64)> =
            ran.iter().map(|ran| (format!("{}_{}", ran.version, ran.name), milliseconds(ran.took))).collect();
        return Ok(told(context, &db, &ran, "undid"));
    }
    let mut had = noted(context)?;
    let mut chosen = chosen(&seeds, &undo.names)?;
    chosen.reverse();
    if context.config.seed_storage == SeedStorage::Json && undo.names.is_empty() {
        chosen.retain(|seed| had.contains(&seed.folder()));
    }
    if undo.names.is_empty() && !undo.all {
        chosen.truncate(1);
    }
    if let Some(seed) = chosen.iter().find(|seed| seed.down.is_none()) {
        return Err(Failure::new(format!("{} cannot be undone: it has no file `down.sql`", seed.folder()))
            .code(Code::Refused)
            .hint("nothing was undone"));
    }
    let mut ran = Vec::new();
    for seed in &chosen {
        let took = send(context, &db, seed, seed.down.as_deref().unwrap_or_default(), "down.sql").await?;
        had.remove(&seed.folder());
        note(context, &had)?;
        ran.push((seed.folder(), took));
    }
    Ok(told(context, &db, &ran, "undid"))
}

/// Runs a seed in one transaction, and gives how long that took.
async fn send(context: &Context, db: &Database, seed: &Migration, sql: &str, file: &str) -> Outcome<u64> {
    let started = Instant::now();
    let place = |line: usize, why: &str| Failure::new(format!("{}/{file}, line {line}: {why}", seed.folder()));
    let statements = split(sql, db.dialect())
        .map_err(|error| Failure::new(format!("{}/{file}: {}", seed.folder(), error.message())))?;
    let tx = db.begin().await?;
    for statement in &statements {
        if context.stop.is_asked() {
            // What is not committed is undone.
            return Err(place(statement.line, "stopped before this statement; nothing of the seed is there")
                .code(Code::Interrupted));
        }
        tx.execute(statement.sql.clone(), ()).await.map_err(|error| {
            place(statement.line, error.message()).hint("nothing of this seed is there; those before it are")
        })?;
    }
    tx.commit().await?;
    Ok(milliseconds(started.elapsed()))
}

fn told(context: &Context, db: &Database, ran: &[(String, u64)], verb: &str) -> Report {
    let json: Vec<_> = ran.iter().map(|(seed, took)| json!({ "seed": seed, "milliseconds": took })).collect();
    let json = json!({ "environment": context.config.env, "database": db.target(), "seeds": json });
    if ran.is_empty() {
        return Report::new("nothing to do", json);
    }
    let rows = ran
        .iter()
        .map(|(seed, took)| vec![seed.clone(), good(verb), dim(&shown(std::time::Duration::from_millis(*took)))]);
    Report::new(format!("{}\n{}", context.place(db), table(rows)), json)
}

async fn status(context: &Context) -> Outcome<Report> {
    let seeds = seeds(context)?;
    if context.config.seed_storage == SeedStorage::Table {
        let db = context.connect_existing().await?;
        let all = migrator(context, seeds).status(&db).await?;
        let (text, json) = shown_status(&all);
        return Ok(Report::new(format!("{}\n{text}", context.place(&db)), json!({ "seeds": json })));
    }
    let had = noted(context)?;
    let word = |seed: &Migration| match context.config.seed_storage {
        SeedStorage::Json if had.contains(&seed.folder()) => "ran",
        SeedStorage::Json => "pending",
        _ => "runs each time",
    };
    let json: Vec<_> = seeds.iter().map(|seed| json!({ "seed": seed.folder(), "state": word(seed) })).collect();
    let rows = seeds.iter().map(|seed| vec![seed.folder(), word(seed).to_owned()]);
    let text = if seeds.is_empty() { "there is no seed yet".to_owned() } else { table(rows) };
    Ok(Report::new(text, json!({ "seeds": json })))
}

fn storage(context: &Context) -> PathBuf {
    context.config.seeds.join("seeds.json")
}

/// The seeds that are noted in the file, for this environment.
fn noted(context: &Context) -> Outcome<BTreeSet<String>> {
    if context.config.seed_storage != SeedStorage::Json {
        return Ok(BTreeSet::new());
    }
    Ok(all_noted(context)?.remove(&context.config.env).unwrap_or_default())
}

type Noted = std::collections::BTreeMap<String, BTreeSet<String>>;

fn all_noted(context: &Context) -> Outcome<Noted> {
    let path = storage(context);
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| Failure::new(format!("`{}`: {error}", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Noted::new()),
        Err(error) => Err(Failure::file("read", &path, &error)),
    }
}

fn note(context: &Context, had: &BTreeSet<String>) -> Outcome<()> {
    if context.config.seed_storage != SeedStorage::Json {
        return Ok(());
    }
    let mut all = all_noted(context)?;
    all.insert(context.config.env.clone(), had.clone());
    files::replace(&storage(context), &format!("{:#}\n", json!(all)))
}
