//! What derived models cost to compile: writes a crate of 1 and one of 50 models per library, and prints the processor time
//! that rustc takes for the metadata of each, and the lines that macros make. What the crates contain is in `models`.
//!
//! `cargo run --release -p compile-cost -- [PEER]..`, where peers are those of `PEERS`; none means all. `ROUNDS` (7) is the
//! number of samples, `LIMIT` (60) the processor seconds after which one is cut off, `BUILD_LIMIT` (900) those for a peer's dependencies.
//!
//! Each peer is a workspace of its own, as toasty needs another libsqlite3 than sqlx. Cargo builds the dependencies and then
//! calls this program in place of rustc for the two crates: it runs rustc as often as wanted and measures that alone.

mod models;

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};

/// Models of the greater crate, and of the ORM's longest chain.
const MANY: usize = 50;
const CHAIN: usize = 200;

/// Names the file for what was measured; set for the runs in place of rustc.
const RESULTS: &str = "COMPILE_COST_RESULTS";

struct Peer {
    name: &'static str,
    make: fn(usize) -> String,
    /// Models of the greater crate.
    many: usize,
    dependencies: &'static str,
    /// The lock file with the versions of the other benchmarks.
    lock: &'static str,
    /// Lines of a model as it is written, where those are not to count.
    written: usize,
}

const ORM: &str = "orm = { path = \"{benches}/../orm\", default-features = false, features = [\"sqlite\"] }";
const SEA_ORM: &str = "sea-orm = { version = \"2\", default-features = false, features = [\"sqlx-sqlite\", \
                       \"runtime-tokio\", \"macros\"] }";
const DIESEL: &str = "diesel = { version = \"2.3\", default-features = false, features = [\"sqlite\"] }";
const TOASTY: &str = "toasty = { version = \"0.11\", features = [\"sqlite\"] }";

const PEERS: &[Peer] = &[
    peer("orm", models::orm, ORM),
    Peer { written: 17, ..peer("orm-alone", models::orm_alone, ORM) },
    Peer { many: CHAIN, ..peer("orm-chain", models::orm, ORM) },
    peer("sea-orm-compact", models::sea_orm_compact, SEA_ORM),
    peer("sea-orm-model", models::sea_orm_model, SEA_ORM),
    peer("diesel", models::diesel, DIESEL),
    Peer { lock: "toasty/Cargo.lock", ..peer("toasty", models::toasty, TOASTY) },
];

const fn peer(name: &'static str, make: fn(usize) -> String, dependencies: &'static str) -> Peer {
    Peer { name, make, many: MANY, dependencies, lock: "Cargo.lock", written: 0 }
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(or)
}

/// Processor milliseconds of finished children of this process.
fn processor_ms() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let ms = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3;
    ms(usage.user_time()) + ms(usage.system_time())
}

/// In place of rustc: measures it on the two crates, and lets it do its work otherwise.
fn in_place_of_rustc(results: &str) -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let rustc = args.next().expect("cargo gives the path of rustc");
    let args: Vec<_> = args.collect();
    let name = args.iter().position(|arg| arg == "--crate-name").map(|at| args[at + 1].to_string_lossy().into_owned());
    let run = |extra: &[&str]| {
        let mut command = Command::new(&rustc);
        command.args(&args).args(extra);
        command
    };
    // Cargo also asks rustc what it is.
    let Some(name) = name.filter(|name| name == "one" || name == "many") else {
        return if run(&[]).status().unwrap().success() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    };
    // Rustc inherits it; this process itself does next to nothing.
    let limit = number("LIMIT", 60);
    setrlimit(Resource::RLIMIT_CPU, limit, limit + 1).unwrap();
    let mut figures = Vec::new();
    for round in 0..=number("ROUNDS", 7) {
        let before = processor_ms();
        let mut command = run(&[]);
        if round > 0 {
            command.stderr(Stdio::null()); // What rustc has to say was said in the first round.
        }
        match command.status().unwrap() {
            status if status.signal().is_some() => break,
            status if !status.success() => return ExitCode::FAILURE,
            _ if round == 0 => {} // Files come into the page cache.
            _ => figures.push(processor_ms() - before),
        }
    }
    let mut expanded = run(&["-Zunpretty=expanded"]);
    let output = expanded.env("RUSTC_BOOTSTRAP", "1").stderr(Stdio::null()).output().unwrap();
    // Cut off as well, it gives a part.
    let lines = if output.status.success() { output.stdout.split(|byte| *byte == b'\n').count() } else { 0 };
    figures.sort_by(f64::total_cmp);
    let line = match figures.get(figures.len() / 2) {
        Some(median) => format!("{name}\t{median}\t{}\t{lines}\n", figures[0]),
        None => format!("{name}\t\t\t{lines}\n"),
    };
    let mut text = std::fs::read_to_string(results).unwrap_or_default();
    text.push_str(&line);
    std::fs::write(results, text).unwrap();
    // Cut off, there is no metadata, which cargo would miss.
    if figures.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Writes a peer's workspace.
fn write(peer: &Peer, benches: &Path, dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    let workspace =
        "[workspace]\nresolver = \"3\"\nmembers = [\"one\", \"many\"]\n[profile.dev]\nincremental = false\n";
    std::fs::write(dir.join("Cargo.toml"), workspace).unwrap();
    std::fs::copy(benches.join(peer.lock), dir.join("Cargo.lock")).unwrap();
    let dependencies = peer.dependencies.replace("{benches}", &benches.display().to_string());
    for (name, models) in [("one", 1), ("many", peer.many)] {
        let dir = dir.join(name);
        std::fs::create_dir_all(dir.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{dependencies}\n"
        );
        std::fs::write(dir.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(dir.join("src/lib.rs"), (peer.make)(models)).unwrap();
    }
}

/// What was measured of a crate.
struct Figures {
    /// Median and least processor milliseconds; none when all samples were cut off.
    ms: Option<(f64, f64)>,
    /// Lines after macros; 0 when that was cut off.
    lines: usize,
}

fn measure(peer: &Peer, benches: &Path) -> Option<(Figures, Figures)> {
    let dir = benches.join("target/compile").join(peer.name);
    write(peer, benches, &dir);
    let results = dir.join("results.tsv");
    let _ = std::fs::remove_file(&results);
    let limit = Duration::from_secs(number("BUILD_LIMIT", 900));
    for name in ["one", "many"] {
        let mut cargo = Command::new("cargo");
        cargo.args(["check", "--quiet", "--package", name]).current_dir(&dir);
        // The peers share what they have in common.
        cargo.env("CARGO_TARGET_DIR", benches.join("target/compile/target"));
        cargo.env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe().unwrap()).env(RESULTS, &results);
        // Cargo would not call rustc again for what has not changed.
        std::fs::write(dir.join(name).join("src/lib.rs"), (peer.make)(if name == "one" { 1 } else { peer.many }))
            .unwrap();
        // What it has to say of a crate that was cut off is noise.
        cargo.stderr(std::fs::File::create(dir.join(format!("{name}.log"))).unwrap());
        let (mut child, start) = (cargo.spawn().unwrap(), Instant::now());
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > limit {
                child.kill().unwrap();
                child.wait().unwrap();
                eprintln!("{}: `cargo check` took longer than {limit:?}", peer.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let text = std::fs::read_to_string(&results).ok()?;
    let figures = |name: &str| {
        let line = text.lines().find(|line| line.split('\t').next() == Some(name))?;
        let fields: Vec<&str> = line.split('\t').collect();
        let ms = fields[1].parse().ok().zip(fields[2].parse().ok());
        Some(Figures { ms, lines: fields[3].parse().ok()? })
    };
    Some((figures("one")?, figures("many")?))
}

fn main() -> ExitCode {
    if let Ok(results) = std::env::var(RESULTS) {
        return in_place_of_rustc(&results);
    }
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let benches = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    println!("Processor milliseconds of rustc for the metadata, median (least):\n");
    println!("| | 1 model | models | all of them | per further model | lines per further model after macros |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut complete = true;
    for peer in PEERS {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == peer.name) {
            continue;
        }
        let Some((one, many)) = measure(peer, &benches) else {
            println!("| {} | see target/compile/{0}/*.log | | | | |", peer.name);
            complete = false;
            continue;
        };
        let shown = |figures: &Figures| match figures.ms {
            Some((median, least)) => format!("{median:.0} ({least:.0})"),
            None => format!("over {},000 (cut off)", number("LIMIT", 60)),
        };
        let further = |one: f64, many: f64| (many - one) / (peer.many - 1) as f64;
        let per = one.ms.zip(many.ms).map_or(String::new(), |(one, many)| {
            format!("{:.1} ({:.1})", further(one.0, many.0), further(one.1, many.1))
        });
        let lines = match many.lines.checked_sub(one.lines) {
            Some(lines) if one.lines > 0 => (lines / (peer.many - 1)).saturating_sub(peer.written).to_string(),
            _ => String::new(),
        };
        println!("| {} | {} | {} | {} | {per} | {lines} |", peer.name, shown(&one), peer.many, shown(&many));
    }
    if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
