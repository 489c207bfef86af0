//! The ORM against what the real Sequelize answered: every case of the corpus is said again in Rust and must give the
//! recorded result on each database, or be listed with the reason why not. The corpus itself is not part of this
//! repository: set `ORM_CORPUS` to its folder, or have it in `../shared/corpus/open`. `ORM_CORPUS_CASE=include` runs the
//! cases with that in their names.
//!
//! Here: the run and the report. The cases are in the modules, by category.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod association;
mod chinook;
mod data;
mod extras;
mod filter;
mod include;
mod json;
mod kinds;
mod life;
mod listed;
mod order;
mod read;
mod sakila;
mod scopes;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::pin::Pin;

use orm::{Database, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::data::{Backend, Store};
use crate::json::{Likeness, compare};

/// A case, said in Rust.
pub(crate) struct Case {
    id: &'static str,
    run: Run,
    /// Where the answer is not Sequelize's, on purpose.
    differs: Vec<Differs>,
}

/// Runs a case.
type Run = for<'d> fn(&'d Database) -> Pin<Box<dyn Future<Output = Result<Value>> + 'd>>;

/// A difference on purpose.
#[derive(Clone, Copy)]
pub(crate) struct Differs {
    /// The parts of the answer that differ, as JSON pointers; the rest is compared.
    parts: &'static [&'static str],
    /// The backends where they do.
    backends: &'static [Backend],
    reason: &'static str,
    /// The backend whose recorded answer holds for the parts instead.
    instead: Option<Backend>,
}

impl Case {
    /// Says which parts of the answer differ on purpose, and why.
    pub(crate) fn differs(self, parts: &'static [&'static str], reason: &'static str) -> Self {
        self.differs_on(&Backend::ALL, parts, reason)
    }

    /// As [`differs`](Self::differs), on some backends only.
    pub(crate) fn differs_on(
        mut self,
        backends: &'static [Backend],
        parts: &'static [&'static str],
        reason: &'static str,
    ) -> Self {
        self.differs.push(Differs { parts, backends, reason, instead: None });
        self
    }

    /// As [`differs_on`](Self::differs_on), where the parts are what is recorded for another backend.
    pub(crate) fn answers_as(
        mut self,
        instead: Backend,
        backends: &'static [Backend],
        parts: &'static [&'static str],
        reason: &'static str,
    ) -> Self {
        self.differs.push(Differs { parts, backends, reason, instead: Some(instead) });
        self
    }
}

/// `case!("include-001", |db| Find.exec(db).await)`: the body gives what is serialised.
macro_rules! case {
    ($id:literal, |$db:ident| $body:expr) => {
        crate::Case {
            id: $id,
            run: |$db: &orm::Database| {
                Box::pin(async move { Ok::<serde_json::Value, orm::Error>(crate::json::to_json($body)) })
            },
            differs: Vec::new(),
        }
    };
}
pub(crate) use case;

/// What stands in an answer for something that cannot be said at all.
pub(crate) const DOES_NOT_COMPILE: &str = "(does not compile)";

/// A projection on a chinook model, with the corpus' names of attributes.
macro_rules! chinook {
    ($name:ident of $model:ident { $($fields:tt)* }) => {
        #[derive(Debug, Clone, serde::Serialize, orm::Projection)]
        #[orm(model = $model)]
        #[serde(rename_all = "PascalCase")]
        struct $name { $($fields)* }
    };
}
pub(crate) use chinook as chinook_rows;

/// A projection on a sakila or extras model, with the corpus' names of attributes.
macro_rules! camel {
    ($name:ident of $model:ident { $($fields:tt)* }) => {
        #[derive(Debug, Clone, serde::Serialize, orm::Projection)]
        #[orm(model = $model)]
        #[serde(rename_all = "camelCase")]
        struct $name { $($fields)* }
    };
}
pub(crate) use camel as camel_rows;

/// A case as recorded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    id: String,
    category: String,
    db: String,
    mutates: bool,
    only_dialects: Option<Vec<String>>,
    dialect: String,
    expected: Value,
    others: BTreeMap<String, Other>,
}

/// The same case on another dialect.
#[derive(Deserialize)]
struct Other {
    same: bool,
    expected: Option<Value>,
}

impl Recorded {
    /// What is expected on a backend; `None` when the case is not for it.
    fn expected_on(&self, backend: Backend) -> Option<&Value> {
        let dialect = backend.recorded();
        if self.only_dialects.as_ref().is_some_and(|only| !only.iter().any(|name| name == dialect)) {
            return None;
        }
        if self.dialect == dialect {
            return Some(&self.expected);
        }
        let other = self.others.get(dialect)?;
        if other.same { Some(&self.expected) } else { other.expected.as_ref() }
    }
}

/// Counts of a category on a backend.
#[derive(Default, Clone, Copy)]
struct Counts {
    ran: usize,
    passed: usize,
    on_purpose: usize,
}

#[test]
fn cases_give_what_sequelize_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let Some(folder) = data::folder() else {
        println!("SKIPPED: no conformance corpus. Set ORM_CORPUS to its folder, or put it into ../shared/corpus/open.");
        return;
    };
    let recorded: Vec<Recorded> =
        serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).expect("cases.json is well-formed");
    let cases: BTreeMap<&str, Case> = [
        include::cases(),
        association::cases(),
        order::cases(),
        filter::cases(),
        read::cases(),
        kinds::cases(),
        scopes::cases(),
        life::cases(),
        write::cases(),
    ]
    .into_iter()
    .flatten()
    .map(|case| (case.id, case))
    .collect();

    // At the same time: most of it is waiting for servers to load data.
    let on = |backend| run_backend(backend, &folder, &recorded, &cases);
    let [sqlite, postgres, mariadb, mysql] = Backend::ALL.map(on);
    let (sqlite, postgres, mariadb, mysql) = tokio::join!(sqlite, postgres, mariadb, mysql);
    let mut report = Report::default();
    [sqlite, postgres, mariadb, mysql].into_iter().for_each(|part| report.merge(part));
    report.print(&recorded, &cases);
    let known: BTreeSet<&str> = recorded.iter().map(|case| &*case.id).collect();
    let unknown: Vec<&&str> = cases.keys().filter(|id| !known.contains(**id)).collect();
    let forgotten: Vec<&str> = known
        .into_iter()
        .filter(|id| {
            !cases.contains_key(id)
                && listed::reason(id, &recorded.iter().find(|case| case.id == *id).unwrap().category).is_none()
        })
        .collect();
    assert!(unknown.is_empty(), "cases that the corpus does not have: {unknown:?}");
    assert!(report.failures.is_empty(), "{} cases fail:\n{}", report.failures.len(), report.failures.join("\n"));
    assert!(forgotten.is_empty(), "cases that are neither run nor listed: {forgotten:?}");
}

/// Runs all cases on one backend.
async fn run_backend(backend: Backend, folder: &Path, recorded: &[Recorded], cases: &BTreeMap<&str, Case>) -> Report {
    let mut report = Report::default();
    let Some(mut store) = Store::open(backend, folder) else {
        println!("SKIPPED: no server for {}", backend.name());
        return report;
    };
    let wanted = std::env::var("ORM_CORPUS_CASE").unwrap_or_default();
    for case in recorded.iter().filter(|case| case.id.contains(&wanted)) {
        let (Some(expected), Some(ours)) = (case.expected_on(backend), cases.get(&*case.id)) else { continue };
        let outcome = run_case(&mut store, backend, case, ours, expected).await;
        report.add(backend, case, ours, outcome);
    }
    store.close().await.unwrap();
    report
}

/// Runs one case on a database of its data set.
async fn run_case(
    store: &mut Store,
    backend: Backend,
    case: &Recorded,
    ours: &Case,
    expected: &Value,
) -> std::result::Result<Likeness, String> {
    let text = |error: orm::Error| format!("{error} ({:?})", error.kind());
    let answer = if case.mutates {
        let database = store.copy(&case.db).await.map_err(text)?;
        let answer = (ours.run)(&database).await;
        store.done(database).await.map_err(text)?;
        answer
    } else {
        (ours.run)(&store.shared(&case.db).await.map_err(text)?).await
    };
    let (mut answer, mut expected) = (answer.map_err(text)?, expected.clone());
    for differs in on(ours, backend) {
        let instead = differs.instead.map(|other| case.expected_on(other).expect("recorded there as well"));
        for part in differs.parts {
            let (Some(ours), Some(theirs)) = (answer.pointer_mut(part), expected.pointer_mut(part)) else {
                return Err(format!("`{part}` is not in the answer"));
            };
            if compare(ours, theirs).is_ok() {
                return Err(format!("`{part}` is listed as different, but is the same"));
            }
            if let Some(instead) = instead.and_then(|instead| instead.pointer(part)) {
                compare(ours, instead)?;
            }
            *ours = Value::Null;
            *theirs = Value::Null;
        }
    }
    compare(&answer, &expected)
}

/// The differences on purpose that hold on a backend.
fn on(case: &Case, backend: Backend) -> impl Iterator<Item = &Differs> {
    case.differs.iter().filter(move |differs| differs.backends.contains(&backend))
}

/// What came out.
#[derive(Default)]
struct Report {
    counts: BTreeMap<(String, &'static str), Counts>,
    on_purpose: BTreeMap<(String, &'static str), Vec<&'static str>>,
    typed_numbers: BTreeSet<String>,
    all_fields: BTreeSet<String>,
    failures: Vec<String>,
}

impl Report {
    fn merge(&mut self, other: Self) {
        self.counts.extend(other.counts);
        for (case, backends) in other.on_purpose {
            self.on_purpose.entry(case).or_default().extend(backends);
        }
        self.typed_numbers.extend(other.typed_numbers);
        self.all_fields.extend(other.all_fields);
        self.failures.extend(other.failures);
    }

    fn add(&mut self, backend: Backend, case: &Recorded, ours: &Case, outcome: std::result::Result<Likeness, String>) {
        let counts = self.counts.entry((case.category.clone(), backend.name())).or_default();
        counts.ran += 1;
        match outcome {
            Ok(likeness) => {
                for differs in on(ours, backend) {
                    let backends = self.on_purpose.entry((case.id.clone(), differs.reason)).or_default();
                    backends.push(backend.name());
                }
                if on(ours, backend).next().is_some() {
                    counts.on_purpose += 1;
                } else {
                    counts.passed += 1;
                }
                match likeness {
                    Likeness::Same => {}
                    Likeness::TypedNumbers => _ = self.typed_numbers.insert(case.id.clone()),
                    Likeness::AllFields => _ = self.all_fields.insert(case.id.clone()),
                }
            }
            Err(message) => self.failures.push(format!("  {} on {}: {message}", case.id, backend.name())),
        }
    }

    fn print(&self, recorded: &[Recorded], cases: &BTreeMap<&str, Case>) {
        println!("Sequelize's answers: cases passed/run, with those that differ on purpose after the plus sign");
        let categories: BTreeSet<&str> = recorded.iter().map(|case| &*case.category).collect();
        let mut sum = Counts::default();
        for category in categories {
            let of_category: Vec<&Recorded> = recorded.iter().filter(|case| case.category == category).collect();
            let said = of_category.iter().filter(|case| cases.contains_key(&*case.id)).count();
            let mut line = format!("  {category:16} {said:>3} of {:>3} said in Rust", of_category.len());
            for backend in Backend::ALL {
                if let Some(counts) = self.counts.get(&(category.to_owned(), backend.name())) {
                    let cell = format!("{} {}/{}+{}", backend.name(), counts.passed, counts.ran, counts.on_purpose);
                    line.push_str(&format!("  {cell:18}"));
                    sum.ran += counts.ran;
                    sum.passed += counts.passed;
                    sum.on_purpose += counts.on_purpose;
                }
            }
            println!("{line}");
        }
        println!(
            "  in all: {} runs, {} passed, {} differ on purpose in a part, {} fail",
            sum.ran,
            sum.passed,
            sum.on_purpose,
            self.failures.len()
        );
        println!("Different on purpose:");
        for ((id, reason), backends) in &self.on_purpose {
            println!("  {id} ({}): {reason}", backends.join(", "));
        }
        println!("Numbers are numbers where Sequelize gives text: {:?}", self.typed_numbers);
        println!("A created struct has all its fields, NULL ones too: {:?}", self.all_fields);
        println!("Not said in Rust:");
        for case in recorded.iter().filter(|case| !cases.contains_key(&*case.id)) {
            let reason = listed::reason(&case.id, &case.category).unwrap_or("NOT LISTED");
            println!("  {}: {reason}", case.id);
        }
    }
}
