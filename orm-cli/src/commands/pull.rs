//! `orm pull`: models from the tables of a database, as new files or as edits of those that are there.

use std::collections::HashMap;
use std::path::Path;

use orm::Database;
use serde_json::json;

use crate::args;
use crate::context::Context;
use crate::failure::{Code, Failure, Outcome};
use crate::files;
use crate::pull::merge::{self, Change};
use crate::pull::{self, Pulled};
use crate::report::{Report, counted, dim, good, note};
use crate::source::Source;

/// Runs the command.
///
/// # Errors
/// What went wrong.
pub(crate) async fn run(context: &Context, given: &args::Pull) -> Outcome<Report> {
    let db = context.connect_existing().await?;
    let folder = &context.config.models;
    let sources = if given.print { Vec::new() } else { merge::sources(folder)? };
    let pulled = read(&db, given, &sources).await?;
    for note in &pulled.notes {
        self::note(note);
    }
    if pulled.models.is_empty() {
        return Err(Failure::new(format!("{} has no tables", db.target()))
            .hint("`orm migrate up` creates those of your migrations; --schema names another schema"));
    }
    if given.print {
        let text = merge::one_text(&pulled);
        let json = json!({ "text": text, "notes": pulled.notes });
        return Ok(Report::new(text, json));
    }
    let merged = merge::merge(&pulled, folder, &sources, given.delete)?;
    for note in &merged.notes {
        self::note(note);
    }
    let changed: Vec<String> = merged.changes.iter().map(|change| context.config.shown(&change.path)).collect();
    let json = json!({
        "models": pulled.models.len(), "files": changed, "notes": ([pulled.notes.clone(), merged.notes.clone()].concat()),
    });
    let models = counted(pulled.models.len(), "model", "models");
    if merged.changes.is_empty() {
        return Ok(Report::new(format!("{models}, nothing to change"), json));
    }
    if given.check {
        let lines: Vec<String> = merged.changes.iter().map(|change| line(context, change)).collect();
        let text = format!("{models} from {}; would change\n{}", db.target(), lines.join("\n"));
        return Ok(Report::new(text, json).code(Some(Code::Differs)));
    }
    let (mut lines, _) = write_all(context, &merged.changes)?;
    declare(context, folder, &mut lines)?;
    Ok(Report::new(format!("{models} from {}\n{}", db.target(), lines.join("\n")), json))
}

/// Writes a file as it should be.
///
/// # Errors
/// When it cannot be written.
fn write(change: &Change) -> Outcome<()> {
    if change.is_new { files::create(&change.path, &change.text) } else { files::replace(&change.path, &change.text) }
}

/// Writes changed files, and gives a line about each and their paths.
///
/// # Errors
/// When one cannot be written.
pub(crate) fn write_all<'c>(
    context: &Context,
    changes: impl IntoIterator<Item = &'c Change>,
) -> Outcome<(Vec<String>, Vec<String>)> {
    let (mut lines, mut wrote) = (Vec::new(), Vec::new());
    for change in changes {
        write(change)?;
        lines.push(line(context, change));
        wrote.push(context.config.shown(&change.path));
    }
    Ok((lines, wrote))
}

/// What happens to a file, as a line of a report.
fn line(context: &Context, change: &Change) -> String {
    let mark = if change.is_new { good("+") } else { good("~") };
    format!("  {mark} {}  {}", context.config.shown(&change.path), dim(&change.what.join(", ")))
}

/// Declares the module of the models where the crate begins.
///
/// # Errors
/// When the file cannot be read or written.
pub(crate) fn declare(context: &Context, folder: &Path, lines: &mut Vec<String>) -> Outcome<()> {
    let source = context.config.root.join("src");
    if folder.parent() != Some(&source) {
        return Ok(());
    }
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
    let roots = [(source.join("lib.rs"), "pub mod"), (source.join("main.rs"), "mod")];
    let Some((path, word)) = roots.into_iter().find(|(path, _)| path.is_file()) else {
        note(&format!("there is no src/lib.rs that has the models: write one with `pub mod {name};`"));
        return Ok(());
    };
    let root = Source::read(&path)?;
    if root.modules.iter().any(|module| module == name) {
        return Ok(());
    }
    let at = root.module_at;
    let text = crate::source::edited(&root.text, vec![(at..at, format!("{word} {name};\n"))]);
    files::replace(&path, &text)?;
    lines.push(format!("  {} {}  {}", good("~"), context.config.shown(&path), dim(&format!("{word} {name};"))));
    Ok(())
}

/// Reads the schema and makes models of it.
///
/// # Errors
/// The database's, and when a table is named that is not there.
pub(crate) async fn read(db: &Database, given: &args::Pull, sources: &[Source]) -> Outcome<Pulled> {
    let mut schema = pull::schema(db, given.schema.as_deref()).await?;
    for name in &given.tables {
        if !schema.tables.iter().any(|table| table.name.name == *name) {
            return Err(Failure::new(format!("there is no table `{name}` in {}", db.target())));
        }
    }
    schema.tables.retain(|table| {
        let name = &table.name.name;
        (given.tables.is_empty() || given.tables.contains(name)) && !given.except.contains(name)
    });
    let known = sources.iter().flat_map(|source| &source.models);
    let names: HashMap<String, String> = known.map(|known| (known.table.clone(), known.name.clone())).collect();
    Ok(pull::pull(&schema, db.dialect(), &names))
}
