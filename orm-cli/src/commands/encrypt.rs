//! `orm encrypt`: creates keys of encrypted columns, and checks or re-encrypts stored values.

use std::fmt::Write;

use orm::crypt::Keys;
use orm::query::{SealReport, is_encrypted, reseal_table};
use orm::{Executor, Models};
use serde_json::{Value, json};

use crate::args::{self, KeySource};
use crate::context::Context;
use crate::failure::{Code, Failure, Outcome};
use crate::progress::Progress;
use crate::project;
use crate::report::{Report, table};

/// Runs one of the commands.
///
/// # Errors
/// What went wrong.
pub(crate) async fn run(context: &Context, command: args::Encrypt) -> Outcome<Report> {
    match command {
        args::Encrypt::Init(keys) => init(&keys.keys),
        args::Encrypt::Status(sealed) => look(context, &sealed, false).await,
        args::Encrypt::Verify(sealed) => look(context, &sealed, true).await,
        args::Encrypt::Rotate(sealed) | args::Encrypt::Backfill(sealed) => seal(context, &sealed).await,
    }
}

/// Puts a new key before existing ones, which are still needed to decrypt.
fn init(source: &KeySource) -> Outcome<Report> {
    let keys = match read(source) {
        Ok(keys) => keys.rotated(),
        Err(failure) if source.is_there() => return Err(failure),
        Err(_) => Keys::generate(),
    };
    let keys = keys.map_err(|error| Failure::new(error.to_string()))?;
    let text = keys.to_text();
    let ids: Vec<String> = keys.ids().map(|id| format!("{id:08x}")).collect();
    Ok(Report::new(text.as_str(), json!({ "ids": ids, "keys": text.as_str() })))
}

fn read(source: &KeySource) -> Outcome<Keys> {
    let keys = match source {
        KeySource::Env(name) => Keys::from_env(name),
        KeySource::File(path) => Keys::from_file(path),
    };
    keys.map_err(|error| {
        Failure::new(error.to_string()).hint("`orm encrypt init` writes keys; `--keys` says where they are")
    })
}

async fn look(context: &Context, sealed: &args::Sealed, insists: bool) -> Outcome<Report> {
    let reports = each(context, sealed, false).await?;
    let current = reports.iter().all(|(_, report)| report.is_current());
    let report = told(&reports);
    Ok(report.code((insists && !current).then_some(Code::Differs)))
}

async fn seal(context: &Context, sealed: &args::Sealed) -> Outcome<Report> {
    let reports = each(context, sealed, true).await?;
    let unread = reports.iter().any(|(_, report)| !report.unreadable.is_empty() || report.changed > 0);
    Ok(told(&reports).code(unread.then_some(Code::Failed)))
}

/// Processes the tables of models with encrypted columns.
async fn each(context: &Context, sealed: &args::Sealed, write: bool) -> Outcome<Vec<(&'static str, SealReport)>> {
    let models: Models = project::models()?;
    let mut defs: Vec<_> = models.defs().into_iter().filter(|def| is_encrypted(def)).collect();
    if let Some(name) = &sealed.model {
        defs.retain(|def| def.name == name || def.table.name == name);
        if defs.is_empty() {
            return Err(Failure::new(format!("no model `{name}` has encrypted columns")));
        }
    }
    if defs.is_empty() {
        return Err(Failure::new("no model has encrypted columns").hint("mark one: `#[orm(encrypt)]`"));
    }
    let keys = read(&sealed.keys.keys)?;
    let db = context.connect_existing().await?.with_keys(keys).bypass("orm encrypt");
    let progress = Progress::new(1);
    let mut reports = Vec::with_capacity(defs.len());
    for def in defs {
        let mut tell = |report: &SealReport| progress.says(format!("{}: {} rows", def.table.name, report.rows));
        let report = reseal_table(db.session(), def, write, sealed.batch, &mut tell).await?;
        reports.push((def.table.name, report));
    }
    Ok(reports)
}

fn told(reports: &[(&'static str, SealReport)]) -> Report {
    let rows = reports.iter().map(|(name, report)| {
        let numbers = [
            report.rows,
            report.current,
            report.older,
            report.plain,
            report.unindexed,
            report.unreadable.len() as u64,
            report.written,
            report.changed,
        ];
        std::iter::once((*name).to_owned()).chain(numbers.map(|number| number.to_string())).collect()
    });
    let head =
        ["table", "rows", "current", "older key", "plain", "no index", "unreadable", "written", "changed meanwhile"];
    let mut text = table(std::iter::once(head.map(str::to_owned).to_vec()).chain(rows));
    for (name, report) in reports {
        for (column, key) in &report.unreadable {
            let _ = writeln!(text, "{name} {key}: `{column}` does not open");
        }
    }
    let json: Vec<Value> = reports
        .iter()
        .map(|(name, report)| {
            let unreadable: Vec<Value> =
                report.unreadable.iter().map(|(column, key)| json!({ "column": column, "key": key })).collect();
            json!({
                "table": name, "rows": report.rows, "current": report.current, "older": report.older,
                "plain": report.plain, "unindexed": report.unindexed, "unreadable": unreadable,
                "written": report.written, "changed": report.changed,
            })
        })
        .collect();
    Report::new(text, json!({ "tables": json }))
}
