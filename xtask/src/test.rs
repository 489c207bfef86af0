//! `test`: the tests of the workspace, with servers around them. Here: options, the order of events and the summary.
//! Reading counts out of what the test runners write is in `counts`; the servers are in `servers`.

mod counts;

use std::io::{BufRead, BufReader, IsTerminal, Write, pipe, stderr, stdout};
use std::process::Command;
use std::thread;
use std::time::Instant;
use std::{env, fs};

use nix::sys::signal::Signal;

use crate::process::{Guarded, Outcome, cargo, dies_with_us, output_of, scratch};
use crate::servers::cluster::{Cluster, Kind};
use crate::servers::{self, Backend, Fleet, pgbouncer};
use crate::{browser, scriptdom};
use counts::{Binary, Count};

#[derive(Debug, Default)]
struct Options {
    /// Get missing servers; always in CI.
    install: bool,
    /// Names of backends, `sqlite` among them; empty means all, and the other tests too.
    backends: Vec<String>,
    /// The tests of clusters rather than the others.
    clusters: bool,
    /// What goes to the test runner.
    rest: Vec<String>,
}

impl Options {
    fn parse(args: &[String], ci: bool) -> Outcome<Self> {
        let mut options = Self { install: ci, ..Self::default() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--install" => options.install = true,
                "--clusters" => options.clusters = true,
                "--backend" => {
                    let name = args.next().ok_or("--backend needs a name")?;
                    if name != "sqlite" && Backend::from_name(name).is_none() {
                        return Err(format!("`{name}` is no backend: sqlite, postgres, mariadb or mysql"));
                    }
                    options.backends.push(name.clone());
                }
                "--" => {
                    options.rest = args.cloned().collect();
                    break;
                }
                other => return Err(format!("`test` does not know `{other}`; what follows `--` goes to the runner")),
            }
        }
        Ok(options)
    }

    fn servers(&self) -> Vec<Backend> {
        let wanted = |b: &Backend| {
            !self.clusters && self.backends.is_empty() || self.backends.iter().any(|name| name == b.name())
        };
        Backend::ALL.into_iter().filter(wanted).collect()
    }

    /// Whether every test runs, so that a backend without tests is a mistake.
    fn everything(&self) -> bool {
        self.backends.is_empty() && self.rest.is_empty() && !self.clusters
    }

    /// Which packages and tests the runner is asked for.
    fn selection(&self) -> Vec<String> {
        let mut selection = Vec::new();
        if self.clusters {
            selection.extend(["--package", "orm-cluster-tests"].map(str::to_owned));
        } else if !self.backends.is_empty() {
            selection.extend(["--package".to_owned(), "orm-tests".to_owned()]);
            selection.extend(self.backends.iter().flat_map(|name| ["--test".to_owned(), name.clone()]));
        } else if !self.rest.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
            selection.push("--workspace".to_owned());
        }
        selection.push("--all-features".to_owned());
        selection.extend(self.rest.iter().cloned());
        selection
    }
}

/// `test [--install] [--backend NAME]... [-- ARGS]`
pub(crate) fn run(args: &[String]) -> Outcome<()> {
    let ci = env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    let options = Options::parse(args, ci)?;
    let start = Instant::now();
    let mut fleet = servers::start(&options.servers(), options.install)?;
    announce(&fleet);
    if let (true, Some(missing)) = (ci, fleet.missing.first()) {
        return Err(format!(
            "in CI every backend must be tested, and there is no {}: {}",
            missing.backend, missing.why
        ));
    }
    pooler(&fleet, ci)?;
    if options.backends.is_empty() && !options.clusters {
        parser_of_tsql(&options, ci)?;
        browser_of_pages(&options, ci)?;
    }
    let started = options.clusters.then(|| Kind::ALL.map(|kind| Cluster::start(kind, options.install)));
    let mut clusters = started.into_iter().flatten().collect::<Outcome<Vec<_>>>()?;
    let variables = clusters.iter().flat_map(|cluster| cluster.variables.iter().cloned()).collect();
    let around = Around { fleet: &fleet, clusters: variables };
    let ready = start.elapsed();

    let mut count = Count::default();
    let mut passed = true;
    if has_nextest() {
        passed &= nextest(&options, &around, &mut count)?;
        if options.everything() {
            // nextest does not run the examples in the documentation.
            passed &= cargo_test(&["--doc", "--workspace", "--all-features"], &around, &mut count)?;
        }
    } else {
        let selection = options.selection();
        passed &= cargo_test(&selection.iter().map(String::as_str).collect::<Vec<_>>(), &around, &mut count)?;
    }
    let mut silent = summary(&options, &fleet, &count);
    if silent.is_empty() && count.is_empty() {
        silent.push("what follows `--`");
    }
    println!(
        "servers ready after {:.1} s, everything done after {:.1} s",
        ready.as_secs_f32(),
        start.elapsed().as_secs_f32()
    );
    announce_missing(&fleet);
    fleet.all_alive()?;
    clusters.iter_mut().try_for_each(Cluster::all_alive)?;
    match (passed, silent.as_slice()) {
        (false, _) => Err("there are failures".to_owned()),
        (true, []) => Ok(()),
        (true, names) if ci => Err(format!("no test ran for {}", names.join(", "))),
        (true, names) => {
            println!("WARNING: no test ran for {}", names.join(", "));
            Ok(())
        }
    }
}

fn announce(fleet: &Fleet) {
    for running in &fleet.running {
        eprintln!("xtask: {} {}", running.backend, running.version);
    }
    announce_missing(fleet);
}

/// Says loudly which backends are not tested, and what to do about it.
fn announce_missing(fleet: &Fleet) {
    for missing in &fleet.missing {
        let (backend, line) = (missing.backend, "=".repeat(100));
        eprintln!("{line}\nSKIPPED: {backend}. Its tests do not run.\n  why:  {}", missing.why);
        eprintln!("  get:  {}", backend.how_to_get());
        let url = backend.variable("URL");
        eprintln!("  or:   export {url}={backend}://user:password@host:port/database\n{line}");
    }
}

/// Says loudly when nothing is tested behind a pooler; in CI that is an error.
fn pooler(fleet: &Fleet, ci: bool) -> Outcome<()> {
    let Some(Err(why)) = &fleet.pooler else { return Ok(()) };
    if ci {
        return Err(format!("in CI PostgreSQL must be tested behind a pooler, and there is no PgBouncer: {why}"));
    }
    let line = "=".repeat(100);
    eprintln!("{line}\nSKIPPED: PgBouncer. Nothing is tested behind a pooler.\n  why:  {why}");
    eprintln!("  get:  {}", pgbouncer::HOW_TO_GET);
    eprintln!("  or:   export {}=postgres://user:password@host:port/database\n{line}", pgbouncer::VARIABLE);
    Ok(())
}

/// Sees to the parser that the test of the T-SQL dialect wants, which learns of it from the environment. Without it that
/// test says so and returns.
fn parser_of_tsql(options: &Options, ci: bool) -> Outcome<()> {
    let mut fetched = Ok(());
    if scriptdom::find().is_none() && options.install {
        fetched = scriptdom::fetch();
    }
    match (scriptdom::find(), fetched) {
        (Some(_), _) => Ok(()),
        (None, Err(why)) if ci => Err(format!("in CI T-SQL must be parsed, and there is no ScriptDom: {why}")),
        (None, fetched) => {
            let line = "=".repeat(100);
            eprintln!("{line}\nSKIPPED: ScriptDom. T-SQL is rendered and not parsed.");
            eprintln!("  why:  {}", fetched.err().unwrap_or_else(|| "it is not fetched".to_owned()));
            eprintln!("  get:  cargo xtask test --install    (from PyPI, into a cache folder)\n{line}");
            Ok(())
        }
    }
}

/// Sees to the browser that tests of pages want. Without it they say so and return.
fn browser_of_pages(options: &Options, ci: bool) -> Outcome<()> {
    let mut installed = Ok(());
    if browser::find().is_none() && options.install {
        installed = browser::install();
    }
    match (browser::find(), installed) {
        (Some(_), _) => Ok(()),
        (None, installed) => {
            let why = installed.err().unwrap_or_else(|| "there is no chromedriver on this machine".to_owned());
            if ci {
                return Err(format!("in CI pages must be tested, and there is no browser: {why}"));
            }
            let line = "=".repeat(100);
            eprintln!("{line}\nSKIPPED: pages. Nothing is tested in a browser.\n  why:  {why}");
            eprintln!("  get:  {}\n{line}", browser::HOW_TO_GET);
            Ok(())
        }
    }
}

fn has_nextest() -> bool {
    output_of(cargo().args(["nextest", "--version"])).is_some()
}

/// The tests by nextest, which writes what it did into a JUnit file.
fn nextest(options: &Options, around: &Around<'_>, count: &mut Count) -> Outcome<bool> {
    let scratch = scratch()?;
    let report = scratch.join("junit.xml");
    let config = scratch.join("nextest.toml");
    let _ = fs::remove_file(&report);
    // Tests wait for servers more than they compute.
    let at_a_time = 2 * thread::available_parallelism().map_or(2, usize::from);
    // The first run of the UI tests builds every dependency once more, on a small machine for more than five minutes.
    let settings = format!(
        "[profile.default]\ntest-threads = {at_a_time}\nslow-timeout = {{ period = \"60s\", terminate-after = 5 }}\n\
         [[profile.default.overrides]]\nfilter = 'binary(ui)'\n\
         slow-timeout = {{ period = \"300s\", terminate-after = 6 }}\n\
         [profile.default.junit]\npath = {:?}\n",
        report.display().to_string()
    );
    fs::write(&config, settings).map_err(|e| format!("cannot write {}: {e}", config.display()))?;
    let mut command = cargo();
    command.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass", "--tool-config-file"]);
    command.arg(format!("xtask:{}", config.display())).args(options.selection());
    export(around, &mut command);
    let status = Guarded::spawn(&mut dies_with_us(&command, Signal::SIGTERM), Signal::SIGINT)?.wait()?;
    count.add_junit(&fs::read_to_string(&report).unwrap_or_default());
    Ok(status.success())
}

/// The tests by `cargo test`, whose output is shown and read at the same time.
fn cargo_test(selection: &[&str], around: &Around<'_>, count: &mut Count) -> Outcome<bool> {
    // Cargo names a binary on one stream and its result comes on the other: in one pipe they stay in order.
    let broken = |e| format!("no pipe: {e}");
    let (reader, writer) = pipe().map_err(broken)?;
    let mut command = cargo();
    command.arg("test").arg("--no-fail-fast").args(selection);
    if stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    export(around, &mut command);
    let mut command = dies_with_us(&command, Signal::SIGTERM);
    command.stdout(writer.try_clone().map_err(broken)?).stderr(writer);
    let child = Guarded::spawn(&mut command, Signal::SIGINT)?;
    drop(command); // closes our ends of the pipe
    let reading = thread::spawn(move || {
        let mut lines = counts::CargoTest::default();
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            // Whoever read our output may be gone; the tests still run to their end.
            let _ = writeln!(stdout(), "{line}");
            lines.read(&line);
        }
        lines.finish()
    });
    let status = child.wait()?;
    count.add_all(reading.join().map_err(|_| "reading the output of cargo failed")?);
    Ok(status.success())
}

/// The servers around the tests.
struct Around<'f> {
    fleet: &'f Fleet,
    /// The variables that name clusters.
    clusters: Vec<(String, String)>,
}

/// Tells the tests where the servers are, and how to start one more.
fn export(around: &Around<'_>, command: &mut Command) {
    let fleet = around.fleet;
    command.envs(around.clusters.iter().map(|(name, value)| (name, value)));
    for running in &fleet.running {
        command.envs(running.variables.iter().map(|(name, value)| (name, value)));
    }
    if let Some(Ok(pooler)) = &fleet.pooler {
        command.env(pgbouncer::VARIABLE, &pooler.url);
    }
    if let Some(folder) = scriptdom::find() {
        command.env(scriptdom::VARIABLE, folder);
    }
    if let Some(driver) = browser::find() {
        command.env(browser::VARIABLE, driver);
    }
    if let Ok(this) = env::current_exe() {
        command.env("ORM_TEST_SERVER_CTL", this);
    }
}

/// Prints the table; gives the backends that should have had tests and had none.
fn summary(options: &Options, fleet: &Fleet, count: &Count) -> Vec<&'static str> {
    let _ = stderr().flush();
    println!("\n{:<10} {:<44} {:>6} {:>6} {:>6} {:>7}", "tests", "server", "run", "passed", "failed", "skipped");
    let mut silent = Vec::new();
    for name in ["common", "sqlite", "postgres", "mariadb", "mysql", "doc"] {
        let mut binary = count.of(name);
        let server = match Backend::from_name(name) {
            None if name == "sqlite" => sqlite_version(),
            None => String::new(),
            Some(backend) => match fleet.running.iter().find(|r| r.backend == backend) {
                Some(running) => running.version.clone(),
                None => {
                    // Without a server these say so and return.
                    binary = Binary { skipped: binary.run() + binary.skipped, ..Binary::default() };
                    "NONE: skipped".to_owned()
                }
            },
        };
        let is_backend = name == "sqlite" || Backend::from_name(name).is_some();
        let wanted = options.everything() || options.backends.iter().any(|b| b == name);
        if is_backend && wanted && binary.run() + binary.skipped == 0 {
            silent.push(name);
        }
        if wanted || binary.run() > 0 {
            let Binary { passed, failed, skipped } = binary;
            println!("{name:<10} {server:<44} {:>6} {passed:>6} {failed:>6} {skipped:>7}", binary.run());
        }
    }
    silent
}

/// SQLite comes with a crate, whose build leaves the version in the target directory.
fn sqlite_version() -> String {
    let build = scratch().ok().and_then(|dir| Some(dir.parent()?.join("debug/build")));
    let crates = build.and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten().flatten();
    let bindings = crates
        .filter(|dir| dir.file_name().to_string_lossy().starts_with("libsqlite3-sys-"))
        .map(|dir| dir.path().join("out/bindgen.rs"));
    let newest = bindings.max_by_key(|file| file.metadata().and_then(|m| m.modified()).ok());
    let text = newest.and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    let line = text.lines().find(|line| line.contains(" SQLITE_VERSION:")).unwrap_or_default();
    line.split('"').nth(1).map_or("unknown version".to_owned(), |v| v.trim_end_matches("\\0").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(args: &[&str]) -> Options {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>(), false).unwrap()
    }

    #[test]
    fn one_backend_starts_one_server_and_selects_one_binary() {
        let options = options(&["--backend", "mysql", "--", "upsert"]);
        assert_eq!(options.servers(), [Backend::Mysql]);
        assert_eq!(options.selection().join(" "), "--package orm-tests --test mysql --all-features upsert");
        assert!(!options.everything());
    }

    #[test]
    fn sqlite_needs_no_server() {
        assert_eq!(options(&["--backend", "sqlite"]).servers(), []);
    }

    #[test]
    fn a_package_of_the_callers_replaces_the_workspace() {
        assert_eq!(options(&[]).selection().join(" "), "--workspace --all-features");
        assert_eq!(options(&["--", "-p", "orm-core"]).selection().join(" "), "--all-features -p orm-core");
    }

    #[test]
    fn unknown_options_are_refused() {
        assert!(Options::parse(&["--bakcend".to_owned()], false).is_err());
        assert!(Options::parse(&["--backend".to_owned(), "oracle".to_owned()], false).is_err());
    }
}
