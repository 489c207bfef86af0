//! Migrations that take their time, for a process that is killed while it runs them.

use orm::dialect::Dialect;
use orm::migrate::{Migration, Migrations};

/// How many tables the migrations create, one with its row each.
pub const TABLES: usize = 6;

/// Two migrations of several statements each, with a pause between them where the database has one.
///
/// # Panics
/// Never: the names are constants.
pub fn slow_migrations(dialect: &dyn Dialect) -> Migrations {
    let pause = match dialect.name() {
        "postgresql" => "SELECT pg_sleep(0.03);",
        "sqlite" => "",
        _ => "DO SLEEP(0.03);",
    };
    let migration = |version: usize| {
        let tables = (version - 1) * TABLES / 2..version * TABLES / 2;
        let statements = tables.map(|number| {
            let create = format!("CREATE TABLE t{number} (id INTEGER NOT NULL PRIMARY KEY);");
            format!("{pause}\n{create}\n{pause}\nINSERT INTO t{number} VALUES ({number});\n")
        });
        let up: String = statements.collect();
        Migration::new(&version.to_string(), "slow", up, None).expect("the name is one")
    };
    Migrations::new([migration(1), migration(2)]).expect("the versions differ")
}
