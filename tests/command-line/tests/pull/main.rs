//! Models that `orm pull` makes of a database: their text is in the files beside this one, which are compiled here, and the
//! tables that they declare are those of the database. `UPDATE_EXPECT=1` writes the files anew.
//!
//! Chinook and Sakila are in the corpus, which is not part of this repository: see `tests/tests/corpus`. `odd` is a schema of
//! what real ones have and samples lack.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // tests stop at the first surprise
#![allow(dead_code, unreachable_pub)] // nobody reads the fields

mod chinook_mariadb;
mod chinook_mysql;
mod chinook_postgres;
mod chinook_sqlite;
mod odd_mariadb;
mod odd_mysql;
mod odd_postgres;
mod odd_sqlite;
mod sakila_mariadb;
mod sakila_mysql;
mod sakila_postgres;
mod sakila_sqlite;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use orm::migrate::PlanOptions;
use orm::query::Statements as _;
use orm::{Database, PoolOptions};
use orm_tests::{Mariadb, Mysql, Postgres, Setup, Sqlite};

/// The script of a data set; `None` without the corpus.
fn script(set: &str, backend: &str) -> Option<String> {
    let dialect = if backend == "mariadb" { "mysql" } else { backend };
    if set == "odd" {
        return Some(std::fs::read_to_string(here(&format!("odd.{dialect}.sql"))).unwrap());
    }
    let folder = match std::env::var_os("ORM_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/open"),
    };
    let file = std::fs::File::open(folder.join(format!("{set}.{dialect}.sql.gz"))).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text)
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pull").join(file)
}

/// What the differences between the pulled models and the tables are.
async fn differences(db: &Database, module: &str) -> Vec<String> {
    let models = orm::models().within(&format!("pull::{module}"));
    assert!(!models.is_empty(), "{module}");
    let mut all: Vec<String> = models.check(db).await.unwrap().iter().map(ToString::to_string).collect();
    // Expressions are compared here, in the database's own words.
    let plan = orm::migrate::plan(db, &models.defs(), &PlanOptions::new()).await.unwrap();
    all.extend(plan.differences.iter().map(ToString::to_string));
    all.sort();
    all.dedup();
    all
}

/// Pulls a data set of one backend, compares the text with the file and the file's models with the tables.
async fn check<S: Setup>(set: &str, expected: &[&str]) {
    let Some(script) = script(set, S::NAME) else {
        println!("SKIPPED: no corpus. Set ORM_CORPUS to its folder, or put it into ../shared/corpus/open.");
        return;
    };
    let Some(home) = S::create(&format!("pull_{set}")).await.unwrap() else { return };
    let connect = || orm::connect_with(&home.url, PoolOptions::new().max_connections(2));
    let db = connect().await.unwrap();
    db.batch(&script).await.unwrap();
    db.close().await.unwrap();
    // The script has settings for its own session.
    let db = connect().await.unwrap();
    let pulled = orm_cli::pull::from_database(&db, None).await.unwrap();
    let module = format!("{set}_{}", S::NAME);
    let text = format!("//! What `orm pull` makes of `{set}`. Written by the test.\n\n{}", pulled.text());
    let file = here(&format!("{module}.rs"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let mut differences = if written == text { differences(&db, &module).await } else { Vec::new() };
    if written == text && set == "odd" {
        // Their one row has a value in every column.
        let rows = match S::NAME {
            "sqlite" => odd_sqlite::OptionRow::find_all().exec(&db).await.map(|rows| rows.len()),
            "postgres" => odd_postgres::OptionRow::find_all().exec(&db).await.map(|rows| rows.len()),
            "mariadb" => odd_mariadb::OptionRow::find_all().exec(&db).await.map(|rows| rows.len()),
            _ => odd_mysql::OptionRow::find_all().exec(&db).await.map(|rows| rows.len()),
        };
        differences.extend(rows.err().map(|error| error.to_string()));
    }
    db.close().await.unwrap();
    S::remove(home).await.unwrap();
    assert!(written == text, "{} is not what is pulled: UPDATE_EXPECT=1 writes it anew", file.display());
    assert_eq!(differences, expected, "{module}");
}

/// A store has a manager, who works at a store: the key is deferrable, which a model cannot say.
const DEFERRABLE: &str = "`store`: the foreign key (manager_staff_id) to staff (staff_id) has ON DELETE NO ACTION ON UPDATE \
    NO ACTION, the model says ON DELETE NO ACTION ON UPDATE NO ACTION";

macro_rules! tests {
    ($($name:ident: $backend:ident $set:literal $differences:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            check::<$backend>($set, &$differences).await;
        }
    )*};
}

tests! {
    chinook_on_sqlite: Sqlite "chinook" [];
    chinook_on_postgres: Postgres "chinook" [];
    chinook_on_mariadb: Mariadb "chinook" [];
    chinook_on_mysql: Mysql "chinook" [];
    sakila_on_sqlite: Sqlite "sakila" [DEFERRABLE];
    sakila_on_postgres: Postgres "sakila" [DEFERRABLE];
    sakila_on_mariadb: Mariadb "sakila" [];
    sakila_on_mysql: Mysql "sakila" [];
    odd_on_sqlite: Sqlite "odd" [];
    odd_on_postgres: Postgres "odd" [];
    odd_on_mariadb: Mariadb "odd" [];
    odd_on_mysql: Mysql "odd" [];
}
