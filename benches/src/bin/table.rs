//! Puts two recordings beside each other: `RECORD=FILE` of the benchmarks before and after a change, as `measure` makes them.
//! `cargo run --release --bin table -- BEFORE AFTER` prints the goals and then every group, as ratios to the group's base.
//! Several passes may be in one recording: ratios are taken within a pass, then the median of the passes.

use std::process::ExitCode;

/// What a row of the goals compares.
struct Goal {
    work: &'static str,
    group: &'static str,
    case: &'static str,
    base: &'static str,
    wanted: f64,
}

const fn goal(work: &'static str, group: &'static str, case: &'static str, base: &'static str, wanted: f64) -> Goal {
    Goal { work, group, case, base, wanted }
}

const KEY: &str = "One row by key, in memory";
const NAME: &str = "One row by an indexed column, in memory";
const UPDATE: &str = "One column updated by key, in memory";
const SAVE: &str = "One row saved by key, in memory";
const INSERT: &str = "One insert, in memory";
const BULK: &str = "1,000 rows inserted in one transaction, in memory";
const TREE: &str = "1,000 users, 10 posts each, 3 comments each";
const ONE: &str = "orm, find_one().filter()";
const ALL: &str = "orm, find_all().filter()";
const DATABASE: &str = "orm, &Database";
const PLAIN: &str = "tokio-postgres, prepared";
const PG_INSERT: &str = "One insert, PostgreSQL";

const GOALS: &[Goal] = &[
    goal("`find_one().filter(..)` by key", KEY, ONE, "diesel", 1.2),
    goal("`find_all().filter(..)` by key", KEY, ALL, "diesel", 1.2),
    goal("`find_one().filter(..)` by an indexed column", NAME, ONE, "diesel", 1.2),
    goal("`find_all().filter(..)` by an indexed column", NAME, ALL, "diesel", 1.2),
    goal("one row by key, `&Database`", KEY, DATABASE, "diesel", 1.05),
    goal("one insert, `&Database`", INSERT, DATABASE, "diesel", 1.1),
    goal("`bulk_create().exec()`", BULK, "orm, bulk_create().exec()", "orm, bulk_create().count()", 1.3),
    goal("one column updated by key", UPDATE, "orm, user.update()", "diesel", 1.1),
    goal("one row saved by key", SAVE, "orm, user.save()", "diesel", 1.1),
    goal("include of 1,000 x 10 x 3", TREE, "orm, include", "by hand, keys as JSON", 0.7),
    goal("PostgreSQL: by key", "1 row by key, PostgreSQL", DATABASE, PLAIN, 1.0),
    goal("PostgreSQL: 10,000 rows", "10000 rows, PostgreSQL", DATABASE, PLAIN, 1.05),
    goal("PostgreSQL: insert", PG_INSERT, DATABASE, PLAIN, 1.05),
    goal("PostgreSQL: insert that gives the row back", PG_INSERT, DATABASE, "tokio-postgres, RETURNING", 1.05),
];

/// What one pass measured of one case.
struct Entry {
    what: String,
    group: String,
    base: String,
    case: String,
    /// Time: median, fastest, allocations per row. Instructions: their number.
    figures: Vec<f64>,
}

struct Recording(Vec<Entry>);

impl Recording {
    fn read(path: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let entry = |line: &str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [what, group, base, case, figures @ ..] = &*fields else { return Err(format!("{path}: {line}")) };
            let figures = figures.iter().map(|figure| figure.parse().map_err(|_| format!("{path}: {line}")));
            let text = |field: &&str| (*field).to_owned();
            let figures = figures.collect::<Result<_, _>>()?;
            Ok(Entry { what: text(what), group: text(group), base: text(base), case: text(case), figures })
        };
        text.lines().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// One figure of a case in every pass.
    fn figures(&self, what: &str, group: &str, case: &str, index: usize) -> Vec<f64> {
        let of = |entry: &&Entry| entry.what == what && entry.group == group && entry.case == case;
        self.0.iter().filter(of).filter_map(|entry| entry.figures.get(index).copied()).collect()
    }

    /// The median of a case's ratios to a base.
    fn ratio(&self, what: &str, group: &str, case: &str, base: &str, index: usize) -> Option<f64> {
        let base = self.figures(what, group, base, index);
        median(self.figures(what, group, case, index).iter().zip(&base).map(|(case, base)| case / base).collect())
    }

    /// Time ratios by the median and by the fastest sample, as they are printed.
    fn times(&self, group: &str, case: &str, base: &str) -> String {
        let ratios = self.ratio("time", group, case, base, 0).zip(self.ratio("time", group, case, base, 1));
        ratios.map_or(String::new(), |(median, fastest)| format!("{median:.2} ({fastest:.2})"))
    }

    fn instructions(&self, group: &str, case: &str, base: &str) -> String {
        self.ratio("instructions", group, case, base, 0).map_or(String::new(), |ratio| format!("{ratio:.2}"))
    }
}

fn median(mut list: Vec<f64>) -> Option<f64> {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied()
}

fn goals(before: &Recording, after: &Recording) {
    println!("| work | compared with | time before | time after | wanted | instructions before | instructions after |");
    println!("|---|---|---:|---:|---:|---:|---:|");
    for Goal { work, group, case, base, wanted } in GOALS {
        println!(
            "| {work} | {base} | {} | {} | {wanted} | {} | {} |",
            before.times(group, case, base),
            after.times(group, case, base),
            before.instructions(group, case, base),
            after.instructions(group, case, base),
        );
    }
}

fn groups(before: &Recording, after: &Recording) {
    let mut seen = Vec::new();
    for entry in after.0.iter().filter(|entry| entry.what == "time") {
        if !seen.contains(&&entry.group) {
            println!("\n### {}\n", entry.group);
            println!(
                "| | time before | time after | median of {} | instructions before | after | allocations per row before | after |",
                entry.base
            );
            println!("|---|---:|---:|---:|---:|---:|---:|---:|");
            seen.push(&entry.group);
            let mut cases = Vec::new();
            for Entry { group, base, case, .. } in after.0.iter().filter(|other| other.group == entry.group) {
                if cases.contains(&case) {
                    continue;
                }
                cases.push(case);
                let us = median(after.figures("time", group, case, 0)).filter(|_| case == base);
                let allocations = |of: &Recording| {
                    median(of.figures("time", group, case, 2)).map_or(String::new(), |count| format!("{count:.1}"))
                };
                println!(
                    "| {case} | {} | {} | {} | {} | {} | {} | {} |",
                    before.times(group, case, base),
                    after.times(group, case, base),
                    us.map_or(String::new(), |ns| format!("{:.2} us", ns / 1e3)),
                    before.instructions(group, case, base),
                    after.instructions(group, case, base),
                    allocations(before),
                    allocations(after),
                );
            }
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [before, after] = &*args else {
        eprintln!("usage: table BEFORE AFTER");
        return ExitCode::FAILURE;
    };
    match (Recording::read(before), Recording::read(after)) {
        (Ok(before), Ok(after)) => {
            println!("Ratios of time: median (fastest sample).\n");
            goals(&before, &after);
            groups(&before, &after);
            ExitCode::SUCCESS
        }
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
