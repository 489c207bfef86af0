//! The harness: cases run in turn within each round, so that noise from outside hits all of them alike. Also counts
//! allocations.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

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
            self.cases.retain(|case| filter.split(';').any(|part| case.name.starts_with(part)));
        }
        if let Some(times) = std::env::var("TIMES").ok().and_then(|v| v.parse().ok()) {
            for case in &mut self.cases {
                if let Some(before) = &mut case.before {
                    before();
                }
                (case.run)(times);
            }
            return;
        }
        let mut times = Vec::new();
        let mut allocations = Vec::new();
        for case in &mut self.cases {
            // Connects and prepares, which would be taken for what the case costs.
            if let Some(before) = &mut case.before {
                before();
            }
            (case.run)(1);
            let mut n = 1;
            loop {
                if let Some(before) = &mut case.before {
                    before();
                }
                let ms = (case.run)(n).as_secs_f64() * 1e3;
                if ms > round_ms / 4.0 {
                    times.push(((n as f64 * round_ms / ms).round() as u64).max(1));
                    break;
                }
                n *= 2;
            }
            if let Some(before) = &mut case.before {
                before();
            }
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
                if let Some(before) = &mut case.before {
                    before();
                }
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

fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e4 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}
