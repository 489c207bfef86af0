//! What derived models cost to compile: writes crates of models for the ORM and for sea-orm, checks them in turn, prints
//! seconds per model, and counts the lines the derive makes. `cargo run --release -p compile-cost -- [ROUNDS]`;
//! `write` instead of a number only writes the crates, into `target/compile`.
//!
//! Seconds are processor seconds of cargo and all it starts, which depend less on what else the machine does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const MANY: usize = 50;
const CHAIN: usize = 200;

/// The models of a chain: each belongs to the one before it and has many of the one after it.
fn orm(models: usize) -> String {
    let mut text = String::from("use chrono::{DateTime, Utc};\nuse orm::prelude::*;\n");
    for i in 0..models {
        let (parent, child) = (i.checked_sub(1).unwrap_or(i), if i + 1 < models { i + 1 } else { i });
        write!(
            text,
            "
#[derive(Debug, Clone, Model)]
#[orm(table = \"model{i}s\")]
pub struct Model{i} {{
    #[orm(primary_key)]
    pub id: i64,
    pub parent_id: Option<i64>,
    pub name: String,
    #[orm(unique)]
    pub email: String,
    pub bio: Option<String>,
    pub age: i32,
    pub score: f64,
    pub active: bool,
    pub data: Vec<u8>,
    pub made_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub gone_at: Option<DateTime<Utc>>,
    #[orm(key = parent_id)]
    pub parent: BelongsTo<Model{parent}>,
    #[orm(key = parent_id)]
    pub children: HasMany<Model{child}>,
}}
"
        )
        .unwrap();
    }
    text
}

fn sea_orm_compact(models: usize) -> String {
    let mut text = String::new();
    for i in 0..models {
        let (parent, child) = (i.checked_sub(1).unwrap_or(i), if i + 1 < models { i + 1 } else { i });
        // An entity can be related to another in one way only.
        let (first, last) = (i == 0, i + 1 == models);
        let one = format!(
            "    #[sea_orm(belongs_to = \"super::model{parent}::Entity\", from = \"Column::ParentId\", \
             to = \"super::model{parent}::Column::Id\")]\n    Parent,\n"
        );
        let many = format!("    #[sea_orm(has_many = \"super::model{child}::Entity\")]\n    Children,\n");
        let related = |other: usize, name: &str| {
            format!(
                "    impl Related<super::model{other}::Entity> for Entity {{\n        fn to() -> RelationDef \
                 {{ Relation::{name}.def() }}\n    }}\n"
            )
        };
        write!(
            text,
            "
pub mod model{i} {{
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = \"model{i}s\")]
    pub struct Model {{
        #[sea_orm(primary_key)]
        pub id: i64,
        pub parent_id: Option<i64>,
        pub name: String,
        #[sea_orm(unique)]
        pub email: String,
        pub bio: Option<String>,
        pub age: i32,
        pub score: f64,
        pub active: bool,
        pub data: Vec<u8>,
        pub made_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
        pub gone_at: Option<DateTimeUtc>,
    }}

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {{
{}{}    }}

{}{}
    impl ActiveModelBehavior for ActiveModel {{}}
}}
",
            if first { "" } else { &one },
            if last { "" } else { &many },
            if first { String::new() } else { related(parent, "Parent") },
            if last { String::new() } else { related(child, "Children") },
        )
        .unwrap();
    }
    text
}

fn sea_orm_model(models: usize) -> String {
    let mut text = String::new();
    for i in 0..models {
        let mut relations = String::new();
        if i > 0 {
            write!(
                relations,
                "        #[sea_orm(belongs_to, from = \"parent_id\", to = \"id\")]\n        pub parent: \
                 BelongsTo<Option<super::model{}::Entity>>,\n",
                i - 1
            )
            .unwrap();
        }
        if i + 1 < models {
            write!(
                relations,
                "        #[sea_orm(has_many)]\n        pub children: HasMany<super::model{}::Entity>,\n",
                i + 1
            )
            .unwrap();
        }
        write!(
            text,
            "
pub mod model{i} {{
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = \"model{i}s\")]
    pub struct Model {{
        #[sea_orm(primary_key)]
        pub id: i64,
        pub parent_id: Option<i64>,
        pub name: String,
        #[sea_orm(unique)]
        pub email: String,
        pub bio: Option<String>,
        pub age: i32,
        pub score: f64,
        pub active: bool,
        pub data: Vec<u8>,
        pub made_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
        pub gone_at: Option<DateTimeUtc>,
{relations}    }}

    impl ActiveModelBehavior for ActiveModel {{}}
}}
"
        )
        .unwrap();
    }
    text
}

struct Crate {
    name: &'static str,
    models: usize,
    make: fn(usize) -> String,
    dependencies: &'static str,
}

const ORM: &str = "orm = { path = \"../../../../orm\", default-features = false, features = [\"sqlite\"] }\n\
                   chrono = { version = \"0.4\", default-features = false }\n";
const SEA_ORM: &str = "sea-orm = { version = \"2\", default-features = false, features = [\"sqlx-sqlite\", \
                       \"runtime-tokio\", \"macros\", \"with-chrono\"] }\n";

const CRATES: &[Crate] = &[
    Crate { name: "orm-1", models: 1, make: orm, dependencies: ORM },
    Crate { name: "orm-50", models: MANY, make: orm, dependencies: ORM },
    Crate { name: "orm-200", models: CHAIN, make: orm, dependencies: ORM },
    Crate { name: "sea-compact-1", models: 1, make: sea_orm_compact, dependencies: SEA_ORM },
    Crate { name: "sea-compact-50", models: MANY, make: sea_orm_compact, dependencies: SEA_ORM },
    Crate { name: "sea-model-1", models: 1, make: sea_orm_model, dependencies: SEA_ORM },
    Crate { name: "sea-model-50", models: MANY, make: sea_orm_model, dependencies: SEA_ORM },
];

fn write(dir: &Path) {
    let names: Vec<String> = CRATES.iter().map(|one| format!("\"{}\"", one.name)).collect();
    std::fs::create_dir_all(dir).unwrap();
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n[profile.dev]\nincremental = false\n",
        names.join(", ")
    );
    std::fs::write(dir.join("Cargo.toml"), workspace).unwrap();
    // The versions of the other benchmarks.
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    for one in CRATES {
        let dir = dir.join(one.name);
        std::fs::create_dir_all(dir.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{}",
            one.name, one.dependencies
        );
        std::fs::write(dir.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(dir.join("src/lib.rs"), (one.make)(one.models)).unwrap();
    }
}

/// Processor seconds of finished children of this process.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split_whitespace().collect();
    // After the name come the state and then the fields from the 4th on; 16 and 17 are those of children.
    (fields[14].parse::<f64>().unwrap() + fields[15].parse::<f64>().unwrap()) / 100.0
}

/// Checks a crate anew: processor seconds, wall seconds.
fn check(dir: &Path, name: &str) -> (f64, f64) {
    let root = dir.join(name).join("src/lib.rs");
    let text = std::fs::read_to_string(&root).unwrap();
    std::fs::write(&root, text).unwrap();
    let (processor, wall) = (processor_seconds(), Instant::now());
    let status = Command::new("cargo").args(["check", "--quiet", "-p", name]).current_dir(dir).status().unwrap();
    assert!(status.success(), "{name} does not compile");
    (processor_seconds() - processor, wall.elapsed().as_secs_f64())
}

/// Lines of the crate after macros, formatted by rustc.
fn lines(dir: &Path, name: &str) -> usize {
    let output = Command::new("cargo")
        .args(["rustc", "--quiet", "--profile", "check", "-p", name, "--", "-Zunpretty=expanded"])
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.split(|byte| *byte == b'\n').count()
}

fn median(list: &mut [f64]) -> f64 {
    list.sort_by(f64::total_cmp);
    list[list.len() / 2]
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5);
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/compile");
    write(&dir);
    if std::env::args().nth(1).as_deref() == Some("write") {
        return;
    }
    let dir = dir.canonicalize().unwrap();
    for one in CRATES {
        check(&dir, one.name);
    }
    let mut samples = vec![(Vec::new(), Vec::new()); CRATES.len()];
    for _ in 0..rounds {
        for (one, (processor, wall)) in CRATES.iter().zip(&mut samples) {
            let (p, w) = check(&dir, one.name);
            processor.push(p);
            wall.push(w);
        }
    }
    println!("| crate | models | processor s | wall s | processor ms per further model |");
    println!("|---|---:|---:|---:|---:|");
    let mut one_model = 0.0;
    for (one, (processor, wall)) in CRATES.iter().zip(&mut samples) {
        let (processor, wall) = (median(processor), median(wall));
        let per = if one.models == 1 {
            one_model = processor;
            String::new()
        } else {
            format!("{:.1}", (processor - one_model) * 1e3 / (one.models - 1) as f64)
        };
        println!("| {} | {} | {processor:.2} | {wall:.2} | {per} |", one.name, one.models);
    }
    println!();
    for (one, many) in [("orm-1", "orm-50"), ("sea-compact-1", "sea-compact-50"), ("sea-model-1", "sea-model-50")] {
        let per = (lines(&dir, many) - lines(&dir, one)) / (MANY - 1);
        println!("{many}: {per} lines per further model after macros");
    }
}
