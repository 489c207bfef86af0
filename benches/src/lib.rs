//! The harness: cases run in turn within each round, so that noise from outside hits all of them alike. Also counts
//! allocations.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

pub mod grouped;

/// Counts allocations by Rust code while told to; what C code allocates is not seen.
pub struct Counting;

static COUNT: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNT.load(Relaxed) {
            ALLOCATIONS.fetch_add(1, Relaxed);
        }
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if COUNT.load(Relaxed) {
            ALLOCATIONS.fetch_add(1, Relaxed);
        }
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Case<'a> {
    name: String,
    run: Box<dyn FnMut(u64) -> Duration + 'a>,
    before: Option<Box<dyn FnMut() + 'a>>,
}

impl Case<'_> {
    /// Does what comes before a sample.
    fn prepare(&mut self) {
        if let Some(before) = &mut self.before {
            before();
        }
    }
}

/// Controls the callgrind that this runs under.
fn callgrind(what: &str) {
    let pid = std::process::id().to_string();
    let control = Command::new("callgrind_control").args([what, &pid]).stdout(Stdio::null()).status();
    assert!(control.is_ok_and(|status| status.success()), "callgrind_control {what} failed");
}

/// Cases that do the same, to be compared.
pub struct Group<'a> {
    title: String,
    rows: u64,
    base: &'static str,
    runtime: &'a Runtime,
    cases: Vec<Case<'a>>,
}

impl<'a> Group<'a> {
    /// A group whose operations touch so many rows, compared with the case named `base`.
    pub fn new(runtime: &'a Runtime, title: impl Into<String>, rows: u64, base: &'static str) -> Self {
        Self { title: title.into(), rows, base, runtime, cases: Vec::new() }
    }

    /// A case without futures.
    pub fn sync<T>(&mut self, name: &str, mut body: impl FnMut() -> T + 'a) {
        let run = Box::new(move |n| {
            let start = Instant::now();
            for _ in 0..n {
                black_box(body());
            }
            start.elapsed()
        });
        self.cases.push(Case { name: name.to_owned(), run, before: None });
    }

    /// A case with futures, each driven to its end before the next.
    pub fn with<T>(&mut self, name: &str, mut body: impl AsyncFnMut() -> T + 'a) {
        let runtime = self.runtime;
        let run = Box::new(move |n| {
            runtime.block_on(async {
                let start = Instant::now();
                for _ in 0..n {
                    black_box(body().await);
                }
                start.elapsed()
            })
        });
        self.cases.push(Case { name: name.to_owned(), run, before: None });
    }

    /// What runs before each sample of the case added last, outside of the time.
    pub fn before(&mut self, before: impl FnMut() + 'a) {
        if let Some(case) = self.cases.last_mut() {
            case.before = Some(Box::new(before));
        }
    }

    /// Measures and prints a table.
    pub fn run(mut self) {
        let number = |name: &str, or: f64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
        let (rounds, round_ms) = (number("ROUNDS", 21.0) as usize, number("ROUND_MS", 15.0));
        if let Ok(filter) = std::env::var("GROUP")
            && !self.title.contains(&filter)
        {
            return;
        }
        if let Ok(filter) = std::env::var("CASE") {
            let exact = |part: &str| self.cases.iter().any(|case| case.name == part);
            let parts: Vec<(&str, bool)> = filter.split(';').map(|part| (part, exact(part))).collect();
            self.cases.retain(|case| {
                parts.iter().any(|(part, exact)| if *exact { case.name == *part } else { case.name.starts_with(part) })
            });
        }
        if std::env::var_os("LIST").is_some() {
            self.cases.iter().for_each(|case| println!("{}\t{}", self.title, case.name));
            return;
        }
        if let Some(times) = std::env::var("TIMES").ok().and_then(|v| v.parse().ok()) {
            for case in &mut self.cases {
                case.prepare();
                (case.run)(times);
            }
            return;
        }
        if let Ok(path) = std::env::var("CALLGRIND") {
            self.count_instructions(Path::new(&path));
            return;
        }
        let mut times = Vec::new();
        let mut allocations = Vec::new();
        for case in &mut self.cases {
            // Connects and prepares, which would be taken for what the case costs.
            case.prepare();
            (case.run)(1);
            let mut n = 1;
            loop {
                case.prepare();
                let ms = (case.run)(n).as_secs_f64() * 1e3;
                if ms > round_ms / 4.0 {
                    times.push(((n as f64 * round_ms / ms).round() as u64).max(1));
                    break;
                }
                n *= 2;
            }
            case.prepare();
            (case.run)(2); // After a deletion, statements may be prepared anew.
            COUNT.store(true, Relaxed);
            let start = ALLOCATIONS.load(Relaxed);
            (case.run)(4);
            COUNT.store(false, Relaxed);
            allocations.push((ALLOCATIONS.load(Relaxed) - start) as f64 / 4.0);
        }
        let mut samples = vec![Vec::new(); self.cases.len()];
        for round in 0..rounds {
            for at in 0..self.cases.len() {
                // Another neighbour before each case in every second round.
                let at = if round % 2 == 0 { at } else { self.cases.len() - 1 - at };
                let case = &mut self.cases[at];
                case.prepare();
                let took = (case.run)(times[at]);
                samples[at].push(took.as_nanos() as f64 / times[at] as f64);
            }
        }
        for list in &mut samples {
            list.sort_by(f64::total_cmp);
        }
        let at = |list: &[f64], part: f64| list[((list.len() - 1) as f64 * part).round() as usize];
        let base = self.cases.iter().position(|case| case.name == self.base);
        println!("\n### {}\n", self.title);
        println!(
            "| case | median | p25..p75 | fastest | x {0} (median) | x {0} (fastest) | allocations/row |",
            self.base
        );
        println!("|---|---:|---:|---:|---:|---:|---:|");
        for ((case, list), allocations) in self.cases.iter().zip(&samples).zip(&allocations) {
            let figures = [at(list, 0.5), list[0], allocations / self.rows as f64];
            record("time", [&self.title, self.base, &case.name], &figures);
            let ratio = |part: f64| base.map_or(f64::NAN, |base| at(list, part) / at(&samples[base], part));
            println!(
                "| {} | {} | {}..{} | {} | {:.2} | {:.2} | {:.2} |",
                case.name,
                time(at(list, 0.5)),
                time(at(list, 0.25)),
                time(at(list, 0.75)),
                time(list[0]),
                ratio(0.5),
                ratio(0.0),
                allocations / self.rows as f64,
            );
        }
    }
}

impl Group<'_> {
    /// Counts instructions, in all threads, where this runs under `valgrind --tool=callgrind --instr-atstart=no` with the
    /// path as `--callgrind-out-file`. The profile of each case stays beside it, with the next number.
    fn count_instructions(mut self, path: &Path) {
        static DUMPS: AtomicU64 = AtomicU64::new(0);
        let mut counts = Vec::new();
        for case in &mut self.cases {
            case.prepare();
            (case.run)(2); // Connects and prepares.
            case.prepare();
            let took = (case.run)(1).as_secs_f64();
            let times = (0.05 / took).clamp(2.0, 1000.0) as u64;
            case.prepare();
            callgrind("--instr=on");
            (case.run)(times);
            callgrind("--instr=off");
            callgrind("--dump");
            let dump = path.with_added_extension((DUMPS.fetch_add(1, Relaxed) + 1).to_string());
            counts.push((total(&dump) / times as f64, dump));
        }
        let base = self.cases.iter().position(|case| case.name == self.base).map_or(f64::NAN, |base| counts[base].0);
        println!("\n### {}\n\n| case | instructions | x {} | profile |\n|---|---:|---:|---|", self.title, self.base);
        for (case, (count, dump)) in self.cases.iter().zip(&counts) {
            record("instructions", [&self.title, self.base, &case.name], &[*count]);
            println!("| {} | {count:.0} | {:.2} | {} |", case.name, count / base, dump.display());
        }
    }
}

/// The sum in a profile, which callgrind writes some time after it was told to.
fn total(dump: &Path) -> f64 {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        let text = std::fs::read_to_string(dump).unwrap_or_default();
        if let Some(total) = text.lines().find_map(|line| line.strip_prefix("totals: ")) {
            return total.parse().expect("a number");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no profile in {}", dump.display());
}

/// Appends figures of a case, with the names of its group, the group's base and its own, to the file that `RECORD` names, for `table`.
fn record(what: &str, names: [&str; 3], figures: &[f64]) {
    let Ok(path) = std::env::var("RECORD") else { return };
    let figures: Vec<String> = figures.iter().map(|figure| format!("{figure}")).collect();
    let line = format!("{what}\t{}\t{}\n", names.join("\t"), figures.join("\t"));
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap_or_else(|error| panic!("{path}: {error}"));
}

fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e4 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}
