//! `orm migrate`: what the library's `Migrator` does, told in words.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use orm::migrate::{
    Event, Fill, Finding, LintOptions, Migration, Migrations, Migrator, OutOfOrder, Plan, PlanOptions, Ran, Rename,
    Resolution, Severity, State, Status,
};
use orm::{Database, Error, ErrorKind};
use serde_json::{Value, json};

use crate::args;
use crate::config::Order;
use crate::context::{Context, dialect_of};
use crate::failure::{Code, Failure, Outcome};
use crate::files;
use crate::progress::Progress;
use crate::project;
use crate::report::{Report, ask, bad, counted, dim, good, note, shown, table};

/// Runs one of the commands.
///
/// # Errors
/// What went wrong.
pub(crate) async fn run(context: &Context, command: args::Migrate) -> Outcome<Report> {
    match command {
        args::Migrate::New(named) => files::new_migration(context, &named.name),
        args::Migrate::Diff(diff) => self::diff(context, diff).await,
        args::Migrate::Lint(lint) => self::lint(context, &lint),
        args::Migrate::Up(up) => self::up(context, up).await,
        args::Migrate::Down(down) => self::down(context, down).await,
        args::Migrate::Redo(loss) => redo(context, &loss).await,
        args::Migrate::Status(check) => status(context, check.check).await,
        args::Migrate::Verify => verify(context).await,
        args::Migrate::Sum => {
            let place = context.config.shown(&files::sum(&context.config.migrations)?);
            Ok(Report::new(format!("wrote {place}"), json!({ "wrote": place })))
        }
        args::Migrate::Baseline { version } => baseline(context, &version).await,
        args::Migrate::Resolve(resolve) => self::resolve(context, &resolve).await,
        args::Migrate::Squash(squash) => self::squash(context, &squash),
        args::Migrate::Repair => repair(context).await,
    }
}

/// The migrations of the project.
///
/// # Errors
/// When the folder is not there or cannot be read, or has what is no migration.
pub(crate) fn migrations(context: &Context) -> Outcome<Migrations> {
    read(context, &context.config.migrations, "orm migrate new NAME")
}

/// The migrations of a folder.
///
/// # Errors
/// As [`migrations`].
pub(crate) fn read(context: &Context, folder: &Path, how: &str) -> Outcome<Migrations> {
    if !folder.is_dir() {
        let shown = context.config.shown(folder);
        return Err(Failure::new(format!("there is no folder `{shown}`"))
            .hint(format!("`orm init` makes it, and `{how}` writes the first file into it")));
    }
    // A mistake in the folder is one of its files, not of the history.
    Migrations::from_folder(folder).map_err(|error| match error.kind() {
        ErrorKind::Migration => Failure::new(with_cause(&error))
            .code(Code::History)
            .hint("look at the order of the migrations; `orm migrate sum` writes orm.sum anew"),
        _ => Failure::new(with_cause(&error)),
    })
}

/// An error with what is behind it.
fn with_cause(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// A migrator as the settings want it.
pub(crate) fn migrator(context: &Context, migrations: Migrations, lock_wait: Option<Duration>) -> Migrator {
    let order = match context.config.order {
        Order::Run => OutOfOrder::Run,
        Order::Refuse => OutOfOrder::Refuse,
    };
    let stop = context.stop.clone();
    let migrator = Migrator::new(migrations).out_of_order(order).stop_when(move || stop.is_asked());
    match lock_wait.or(context.config.lock_wait) {
        Some(wait) => migrator.lock_wait(wait),
        None => migrator,
    }
}

/// The same, with a line that tells how it goes.
pub(crate) fn with_progress(migrator: Migrator, steps: usize) -> Migrator {
    let progress = Arc::new(Progress::new(steps));
    migrator.on_event(move |event| match event {
        Event::Waiting => note("another process migrates; waiting for it"),
        Event::Applying(migration) => progress.says(migration.folder()),
        Event::Reverting(migration) => progress.says(format!("undoing {}", migration.folder())),
        Event::Applied(..) | Event::Reverted(..) => progress.step(),
        _ => {}
    })
}

/// The failure of a run, which Ctrl-C may have ended.
pub(crate) fn failed(context: &Context, error: Error) -> Failure {
    if context.stop.is_asked() {
        return Failure::new(error.message().to_owned())
            .code(Code::Interrupted)
            .hint("`orm migrate status` shows how far it got; the next run goes on there");
    }
    Failure::from(error)
}

async fn diff(context: &Context, diff: args::Diff) -> Outcome<Report> {
    let mut options = PlanOptions::new();
    for rename in &diff.rename {
        options = options.rename(Rename::parse(rename).map_err(usage)?);
    }
    for fill in &diff.fill {
        options = options.fill(Fill::parse(fill).map_err(usage)?);
    }
    for table in &diff.drop_table {
        options = options.drop_table(table.as_str());
    }
    let models = project::models()?.defs();
    let db = context.connect().await?;
    if context.config.migrations.is_dir() {
        let pending = pending(&migrator(context, migrations(context)?, None), &db, None).await?;
        if let Some(first) = pending.first() {
            let count = counted(pending.len(), "migration is", "migrations are");
            return Err(Failure::new(format!(
                "{count} pending, {} first: what they do would be planned again",
                folder(first)
            ))
            .hint("`orm migrate up` runs them"));
        }
    }
    let mut plan = orm::migrate::plan(&db, &models, &options).await.map_err(planned)?;
    if !diff.check && !diff.no_rename {
        let answered = answered(context, &plan)?;
        if !answered.is_empty() {
            options = answered.into_iter().fold(options, PlanOptions::rename);
            plan = orm::migrate::plan(&db, &models, &options).await.map_err(planned)?;
        }
    }
    let notes: Vec<String> = plan.notes.iter().map(ToString::to_string).collect();
    let differences: Vec<String> = plan.differences.iter().map(ToString::to_string).collect();
    let mut json = json!({ "differences": differences, "notes": notes });
    if plan.is_empty() {
        return Ok(Report::new("the database is what the models say", json));
    }
    let mut lines: Vec<String> = differences.iter().map(|difference| format!("  {difference}")).collect();
    lines.extend(notes.iter().map(|note| format!("  {} {note}", bad("!"))));
    let (false, Some(name)) = (diff.check, &diff.name) else {
        return Ok(Report::new(lines.join("\n"), json).code(Some(Code::Differs)));
    };
    let mut wrote = Vec::new();
    for file in &plan.files {
        let place = files::migration(
            &context.config.migrations,
            &format!("{name}{}", file.suffix),
            &file.up,
            Some(&file.down),
        )?;
        wrote.push(context.config.shown(&place));
    }
    lines.extend(wrote.iter().map(|place| format!("wrote {place}/up.sql and {place}/down.sql")));
    json["wrote"] = wrote.into();
    Ok(Report::new(lines.join("\n"), json))
}

fn lint(context: &Context, lint: &args::Lint) -> Outcome<Report> {
    let dialect = dialect_of(&context.config.url()?)?;
    let mut options = LintOptions::new();
    for code in &lint.allow {
        options = options.allow(code);
    }
    if let Some(version) = &lint.after {
        options = options.after(version);
    }
    let migrations = migrations(context)?;
    let found = orm::migrate::lint(&migrations, &*dialect, &options).map_err(planned)?;
    let json: Vec<Value> = found
        .iter()
        .map(|finding| {
            json!({
                "code": finding.code, "severity": finding.severity.to_string(), "migration": finding.migration,
                "line": finding.line, "message": finding.message,
            })
        })
        .collect();
    let text = if found.is_empty() {
        format!("nothing to say about {}", counted(migrations.len(), "migration", "migrations"))
    } else {
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let is_bad = found.iter().any(|finding| finding.severity >= Severity::Warning);
    let json = json!({ "findings": json });
    let (text, json) = match lint.format {
        args::LintFormat::Text => (text, json),
        args::LintFormat::Json => (format!("{json:#}"), json),
        args::LintFormat::Sarif => {
            let sarif = sarif(context, &found);
            (format!("{sarif:#}"), sarif)
        }
    };
    Ok(Report::new(text, json).code((lint.check && is_bad).then_some(Code::Differs)))
}

/// Findings in the form of SARIF 2.1.0 (OASIS), with paths from the project's folder.
fn sarif(context: &Context, found: &[Finding]) -> Value {
    let folder = context.config.shown(&context.config.migrations).replace('\\', "/");
    let results: Vec<Value> = found
        .iter()
        .map(|finding| {
            let level = match finding.severity {
                Severity::Danger => "error",
                Severity::Warning => "warning",
                _ => "note",
            };
            json!({
                "ruleId": finding.code,
                "level": level,
                "message": { "text": finding.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": format!("{folder}/{}/up.sql", finding.migration) },
                    "region": { "startLine": finding.line.max(1) },
                } }],
            })
        })
        .collect();
    let rules: Vec<Value> = orm::migrate::lint_rules()
        .iter()
        .map(|(code, _, says)| json!({ "id": code, "shortDescription": { "text": says } }))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "orm", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn squash(context: &Context, squash: &args::Squash) -> Outcome<Report> {
    let dialect = dialect_of(&context.config.url()?)?;
    let (one, replaced) =
        migrations(context)?.squashed(&squash.name, squash.to.as_deref(), &*dialect).map_err(planned)?;
    let wrote = files::squashed(&context.config.migrations, &one, &replaced)?;
    let wrote = context.config.shown(&wrote);
    let gone: Vec<String> = replaced.iter().map(Migration::folder).collect();
    let text = format!("wrote {wrote} in the place of\n  {}", gone.join("\n  "));
    Ok(Report::new(text, json!({ "wrote": wrote, "replaced": gone })))
}

async fn repair(context: &Context) -> Outcome<Report> {
    let migrations = migrations(context)?;
    let db = context.connect_existing().await?;
    let migrator = migrator(context, migrations, None);
    let repaired = migrator.repair(&db).await.map_err(|error| failed(context, error))?;
    Ok(told(context, &db, &repaired, "noted anew", "nothing to note: the files are what the database has had"))
}

/// A plan that could not be made is a matter of the models, not of the history.
fn planned(error: Error) -> Failure {
    Failure::from(error).code(Code::Failed).hint("")
}

fn usage(error: Error) -> Failure {
    Failure::new(error.message().to_owned()).code(Code::Usage)
}

/// What is a rename, of what could be one.
///
/// # Errors
/// [`Code::NeedsAnswer`] when there is nobody to ask: a guess would lose data.
fn answered(context: &Context, plan: &Plan) -> Outcome<Vec<Rename>> {
    let mut renames = Vec::new();
    for question in &plan.questions {
        let answer = if context.no_input || context.json { None } else { ask(&question.text) };
        match answer {
            Some(true) => renames.push(question.rename.clone()),
            Some(false) => {}
            None => {
                let rename = match &question.rename {
                    Rename::Table { from, to } => format!("{from}={to}"),
                    Rename::Column { table, from, to } => format!("{table}.{from}={to}"),
                };
                return Err(Failure::new(question.text.clone())
                    .code(Code::NeedsAnswer)
                    .hint(format!("say --rename {rename}, or --no-rename when it is none")));
            }
        }
    }
    Ok(renames)
}

async fn up(context: &Context, up: args::Up) -> Outcome<Report> {
    let migrations = migrations(context)?;
    let db = context.connect().await?;
    let migrator = migrator(context, migrations, up.lock_wait);
    let pending = pending(&migrator, &db, up.to.as_deref()).await?;
    if up.check {
        let names: Vec<String> = pending.iter().map(folder).collect();
        let text = match names.as_slice() {
            [] => "nothing is pending".to_owned(),
            names => format!("pending:\n  {}", names.join("\n  ")),
        };
        let code = (!names.is_empty()).then_some(Code::Differs);
        return Ok(Report::new(text, json!({ "pending": names })).code(code));
    }
    let migrator = with_progress(migrator, pending.len());
    let ran = match &up.to {
        Some(version) => migrator.up_to(&db, version).await,
        None => migrator.up(&db).await,
    };
    let ran = ran.map_err(|error| failed(context, error))?;
    Ok(told(context, &db, &ran, "ran", "nothing to do: the database has had every migration"))
}

async fn pending(migrator: &Migrator, db: &Database, to: Option<&str>) -> Outcome<Vec<Status>> {
    let all = migrator.status(db).await?;
    let last = to.and_then(|version| all.iter().position(|status| status.version == version));
    let wanted = all.into_iter().enumerate().filter(|(at, _)| last.is_none_or(|last| *at <= last));
    Ok(wanted.map(|(_, status)| status).filter(|status| status.state == State::Pending).collect())
}

async fn down(context: &Context, down: args::Down) -> Outcome<Report> {
    context.config.allow_loss("undoing migrations", down.loss.allow_protected)?;
    let migrations = migrations(context)?;
    let db = context.connect_existing().await?;
    let migrator = migrator(context, migrations.clone(), down.loss.lock_wait);
    let had: Vec<Status> = had(&migrator.status(&db).await?);
    let count = match &down.to {
        Some(version) => {
            if !had.iter().any(|status| status.version == *version) {
                return Err(Failure::new(format!("the database has had no migration {version}"))
                    .hint("`orm migrate status` lists those that it has had"));
            }
            had.iter().rev().take_while(|status| status.version != *version).count()
        }
        None if down.all => had.len(),
        None => down.step,
    };
    let no_way_back = had
        .iter()
        .rev()
        .take(count)
        .find(|status| migrations.get(&status.version).is_some_and(|migration| migration.down.is_none()));
    if let Some(status) = no_way_back {
        return Err(Failure::new(format!("{} cannot be undone: it has no file `down.sql`", folder(status)))
            .code(Code::Refused)
            .hint("nothing was undone; write the file, or write a migration that brings the old state back"));
    }
    let migrator = with_progress(migrator, count);
    let ran = migrator.down(&db, count).await.map_err(|error| failed(context, error))?;
    Ok(told(context, &db, &ran, "undid", "nothing to undo: the database has had no migration"))
}

/// What the database has had, in order.
fn had(all: &[Status]) -> Vec<Status> {
    all.iter().filter(|status| status.state != State::Pending).cloned().collect()
}

async fn redo(context: &Context, loss: &args::Loss) -> Outcome<Report> {
    context.config.allow_loss("undoing migrations", loss.allow_protected)?;
    let migrations = migrations(context)?;
    let db = context.connect_existing().await?;
    let migrator = with_progress(migrator(context, migrations, loss.lock_wait), 2);
    let ran = migrator.redo(&db).await.map_err(|error| failed(context, error))?;
    Ok(told(context, &db, &ran, "ran again", "nothing to run again: the database has had no migration"))
}

/// The report of a run.
fn told(context: &Context, db: &Database, ran: &[Ran], verb: &str, nothing: &str) -> Report {
    let json: Vec<Value> = ran
        .iter()
        .map(|ran| json!({ "version": ran.version, "name": ran.name, "milliseconds": milliseconds(ran.took) }))
        .collect();
    let json = json!({ "environment": context.config.env, "database": db.target(), "migrations": json });
    if ran.is_empty() {
        return Report::new(nothing, json);
    }
    let rows = ran.iter().map(|ran| vec![ran.version.clone(), ran.name.clone(), good(verb), dim(&shown(ran.took))]);
    Report::new(format!("{}\n{}", context.place(db), table(rows)), json)
}

/// Whole milliseconds.
pub(crate) fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn folder(status: &Status) -> String {
    format!("{}_{}", status.version, status.name)
}

/// A migration that no database has had.
fn pending_one(migration: &Migration) -> Status {
    let (version, name) = (migration.version.clone(), migration.name.clone());
    Status { version, name, state: State::Pending, ran: None, changed: false, missing: false }
}

async fn status(context: &Context, check: bool) -> Outcome<Report> {
    let migrations = migrations(context)?;
    let (all, place) = match context.connect_existing().await {
        Ok(db) => (migrator(context, migrations, None).status(&db).await?, db.target().to_owned()),
        // What is not there has had nothing.
        Err(_) if context.missing_file()?.is_some() => {
            (migrations.iter().map(pending_one).collect(), "no database yet".to_owned())
        }
        Err(failure) => return Err(failure),
    };
    let (text, json) = shown_status(&all);
    let is_broken = |status: &&Status| matches!(status.state, State::Failed { .. } | State::Interrupted { .. });
    let applied = all.iter().filter(|status| status.state == State::Applied).count();
    let pending = all.iter().filter(|status| status.state == State::Pending).count();
    let broken = all.iter().filter(is_broken).count();
    let edited = all.iter().filter(|status| status.changed || status.missing).count();
    let mut head = format!("{}  {place}   {applied} applied, {pending} pending", context.config.env);
    if broken > 0 {
        head.push_str(&format!(", {}", bad(&format!("{broken} failed"))));
    }
    let code = match (broken + edited, check && pending > 0) {
        (0, false) => None,
        (0, true) => Some(Code::Differs),
        _ => Some(Code::History),
    };
    let json = json!({
        "environment": context.config.env, "database": place, "migrations": json,
        "applied": applied, "pending": pending, "failed": broken,
    });
    let text = if all.is_empty() { format!("{head}\nthere is no migration yet") } else { format!("{head}\n{text}") };
    Ok(Report::new(text, json).code(code.filter(|code| check || *code != Code::History)))
}

/// Where migrations or seeds stand, for people and for programs.
pub(crate) fn shown_status(all: &[Status]) -> (String, Vec<Value>) {
    let rows = all.iter().map(|status| {
        let (word, more) = match &status.state {
            State::Applied if status.changed => (bad("edited"), "the file was changed after it ran".to_owned()),
            State::Applied if status.missing => {
                (bad("missing"), "the database has had it, there is no file".to_owned())
            }
            State::Applied => (good("applied"), String::new()),
            State::Pending => ("pending".to_owned(), String::new()),
            State::Failed { done, of, error } => {
                let next = (done + 1).min(*of);
                (bad("failed"), format!("at statement {next} of {of}: {error} → mend it, then orm migrate up"))
            }
            State::Interrupted { done, of } => {
                let next = (done + 1).min(*of);
                let version = &status.version;
                let how = format!(
                    "at statement {next} of {of} → look whether it took effect, then \
                                   orm migrate resolve {version} done|not-done"
                );
                (bad("interrupted"), how)
            }
            other => (format!("{other:?}"), String::new()),
        };
        let when = match (&status.ran, status.state == State::Pending) {
            (Some((when, took)), false) => format!("{}  {}", when.format("%Y-%m-%d %H:%M"), shown(*took)),
            _ => String::new(),
        };
        vec![status.version.clone(), status.name.clone(), word, dim(&when), more]
    });
    let json = all.iter().map(|status| {
        let mut json = json!({
            "version": status.version, "name": status.name, "changed": status.changed, "missing": status.missing,
            "state": match &status.state {
                State::Applied => "applied",
                State::Pending => "pending",
                State::Failed { .. } => "failed",
                State::Interrupted { .. } => "interrupted",
                _ => "unknown",
            },
        });
        if let State::Failed { done, of, .. } | State::Interrupted { done, of } = &status.state {
            json["done"] = (*done).into();
            json["statements"] = (*of).into();
        }
        if let State::Failed { error, .. } = &status.state {
            json["error"] = error.clone().into();
        }
        if let Some((when, took)) = &status.ran {
            json["ran_at"] = when.to_rfc3339().into();
            json["milliseconds"] = milliseconds(*took).into();
        }
        json
    });
    (table(rows), json.collect())
}

async fn verify(context: &Context) -> Outcome<Report> {
    let migrations = migrations(context)?;
    let db = context.connect_existing().await?;
    for migration in &migrations {
        let files = [Some(("up.sql", migration.up.as_str())), migration.down.as_deref().map(|sql| ("down.sql", sql))];
        for (file, sql) in files.into_iter().flatten() {
            orm::migrate::split(sql, db.dialect())
                .map_err(|error| Failure::new(format!("{}/{file}: {}", migration.folder(), error.message())))?;
        }
    }
    let all = migrator(context, migrations, None).status(&db).await?;
    let wrong: Vec<Status> = all
        .iter()
        .filter(|status| {
            let is_broken = matches!(status.state, State::Failed { .. } | State::Interrupted { .. });
            status.changed || status.missing || is_broken
        })
        .cloned()
        .collect();
    let (text, json) = shown_status(&wrong);
    if wrong.is_empty() {
        let text = format!(
            "{} what the database has had",
            counted(all.len(), "migration agrees with", "migrations agree with")
        );
        return Ok(Report::new(text, json!({ "wrong": [] })));
    }
    let text = format!(
        "{}\n{text}\na file that was changed: undo the change, and write a migration for what is new",
        context.place(&db)
    );
    Ok(Report::new(text, json!({ "wrong": json })).code(Some(Code::History)))
}

async fn baseline(context: &Context, version: &str) -> Outcome<Report> {
    let migrations = migrations(context)?;
    let db = context.connect_existing().await?;
    let migrator = migrator(context, migrations, None);
    let noted = migrator.baseline(&db, version).await.map_err(|error| failed(context, error))?;
    Ok(told(context, &db, &noted, "noted as had", "nothing to note: the database has had them"))
}

async fn resolve(context: &Context, resolve: &args::Resolve) -> Outcome<Report> {
    let migrations = migrations(context)?;
    let db = context.connect_existing().await?;
    let resolution = match resolve.outcome {
        args::Resolved::Done => Resolution::TookEffect,
        args::Resolved::NotDone => Resolution::DidNot,
    };
    let migrator = migrator(context, migrations, None);
    migrator.resolve(&db, &resolve.version, resolution).await.map_err(|error| failed(context, error))?;
    let text = format!("{} is resolved; `orm migrate up` goes on with it", resolve.version);
    Ok(Report::new(text, json!({ "version": resolve.version })))
}
