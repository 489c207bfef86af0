//! The rules for files of migrations: for each, a file that it is about and one that does the same as it should be.

use orm::Result;
use orm::dialect::Dialect;
use orm::migrate::{LintOptions, Migration, Migrations, lint, lint_rules};
use orm::mysql::{MysqlDialect, Server};
use orm::postgres::PostgresDialect;
use orm::sqlite::SqliteDialect;

fn dialect(name: &str) -> Box<dyn Dialect> {
    match name {
        "postgres" => Box::new(PostgresDialect::new((15, 0, 0))),
        "mysql" => Box::new(MysqlDialect::new(Server::from_version("9.7.0"))),
        "mariadb" => Box::new(MysqlDialect::new(Server::from_version("10.11.2-MariaDB"))),
        _ => Box::new(SqliteDialect::new((3, 45, 0))),
    }
}

fn codes(database: &str, up: &str, options: &LintOptions) -> Result<Vec<&'static str>> {
    let migration = Migration::new("1", "change", up, Some("SELECT 1".to_owned()))?;
    let found = lint(&Migrations::new([migration])?, &*dialect(database), options)?;
    Ok(found.iter().map(|found| found.code).collect())
}

/// The rule, the database, what it is about, and what is as it should be.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("DS101", "postgres", "DROP SCHEMA old", "CREATE SCHEMA new"),
    ("DS102", "sqlite", "DROP TABLE users", "CREATE TABLE users (id INTEGER PRIMARY KEY)"),
    ("DS103", "mysql", "ALTER TABLE users DROP COLUMN age", "ALTER TABLE users ADD COLUMN age INT"),
    ("DS103", "postgres", "ALTER TABLE users DROP age", "ALTER TABLE users DROP CONSTRAINT users_age_check"),
    ("DS104", "postgres", "TRUNCATE users", "DELETE FROM users WHERE gone"),
    ("BC101", "sqlite", "ALTER TABLE users RENAME TO people", "ALTER TABLE users ADD COLUMN nick TEXT"),
    ("BC101", "mysql", "RENAME TABLE users TO people", "ALTER TABLE users RENAME INDEX a TO b"),
    ("BC102", "mariadb", "ALTER TABLE users RENAME COLUMN a TO b", "ALTER TABLE users RENAME INDEX a TO b"),
    ("BC103", "postgres", "ALTER TYPE mood RENAME VALUE 'a' TO 'b'", "ALTER TYPE mood ADD VALUE 'c'"),
    (
        "CD101",
        "mysql",
        "ALTER TABLE posts DROP FOREIGN KEY posts_user_id_fkey",
        "ALTER TABLE posts DROP INDEX posts_user_id_idx",
    ),
    (
        "CD101",
        "postgres",
        "ALTER TABLE posts DROP CONSTRAINT \"posts_user_id_fkey\"",
        "ALTER TABLE posts DROP CONSTRAINT posts_check1",
    ),
    (
        "MF101",
        "sqlite",
        "CREATE UNIQUE INDEX users_email_key ON users (email)",
        "CREATE TABLE users (email TEXT); CREATE UNIQUE INDEX users_email_key ON users (email)",
    ),
    ("MF101", "mysql", "ALTER TABLE users ADD UNIQUE KEY a (email)", "ALTER TABLE users ADD KEY a (email)"),
    (
        "MF103",
        "postgres",
        "ALTER TABLE users ADD COLUMN age INT NOT NULL",
        "ALTER TABLE users ADD COLUMN age INT NOT NULL DEFAULT 0",
    ),
    (
        "MF104",
        "postgres",
        "ALTER TABLE users ALTER COLUMN age SET NOT NULL",
        "ALTER TABLE users ALTER COLUMN age DROP NOT NULL",
    ),
    ("MF104", "mysql", "ALTER TABLE users MODIFY age INT NOT NULL", "ALTER TABLE users MODIFY age INT NULL"),
    ("GN7", "mysql", "ALTER TABLE users ADD age INT; UPDATE users SET age = 1", "UPDATE users SET age = 1"),
    ("GN8", "sqlite", "BEGIN; DELETE FROM users; COMMIT", "DELETE FROM users"),
    (
        "PG1",
        "postgres",
        "CREATE INDEX users_age_idx ON users (age)",
        "CREATE INDEX CONCURRENTLY users_age_idx ON users (age)",
    ),
    ("PG1", "postgres", "DROP INDEX users_age_idx", "DROP INDEX CONCURRENTLY users_age_idx"),
    (
        "PG2",
        "postgres",
        "CREATE INDEX CONCURRENTLY a ON users (age); ALTER TABLE users ADD nick TEXT",
        "CREATE INDEX CONCURRENTLY a ON users (age)",
    ),
    (
        "PG3",
        "postgres",
        "ALTER TABLE posts ADD CONSTRAINT a FOREIGN KEY (user_id) REFERENCES users (id)",
        "ALTER TABLE posts ADD CONSTRAINT a FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID",
    ),
    (
        "PG4",
        "postgres",
        "ALTER TABLE posts ADD CONSTRAINT a CHECK (stars > 0)",
        "ALTER TABLE posts ADD CONSTRAINT a CHECK (stars > 0) NOT VALID",
    ),
    (
        "PG5",
        "postgres",
        "ALTER TABLE posts ALTER stars SET NOT NULL",
        "ALTER TABLE posts ADD CONSTRAINT a CHECK (stars IS NOT NULL) NOT VALID",
    ),
    (
        "PG6",
        "postgres",
        "ALTER TABLE users ADD CONSTRAINT a UNIQUE (email)",
        "ALTER TABLE users ADD CONSTRAINT a UNIQUE USING INDEX b",
    ),
    (
        "PG7",
        "postgres",
        "ALTER TABLE users ADD token UUID DEFAULT gen_random_uuid()",
        "ALTER TABLE users ADD made TIMESTAMPTZ DEFAULT now()",
    ),
    ("PG8", "postgres", "ALTER TABLE users ADD number BIGSERIAL", "ALTER TABLE users ADD number BIGINT"),
    (
        "PG9",
        "postgres",
        "ALTER TABLE users ALTER COLUMN age TYPE BIGINT",
        "ALTER TABLE users ALTER COLUMN age SET DEFAULT 1",
    ),
    ("PG11", "postgres", "ALTER TABLE users ADD settings JSON", "ALTER TABLE users ADD settings JSONB"),
    (
        "PG12",
        "postgres",
        "CREATE TABLE a (id BIGINT PRIMARY KEY, made TIMESTAMP)",
        "CREATE TABLE a (id BIGINT PRIMARY KEY, made TIMESTAMP WITH TIME ZONE)",
    ),
    ("PG13", "postgres", "CREATE TABLE a (id SERIAL PRIMARY KEY)", "CREATE TABLE a (id BIGSERIAL PRIMARY KEY)"),
    (
        "PG14",
        "postgres",
        "CREATE TABLE a (id BIGINT PRIMARY KEY, code CHAR(4))",
        "CREATE TABLE a (id BIGINT PRIMARY KEY, code VARCHAR(4))",
    ),
    (
        "PG15",
        "postgres",
        "ALTER TABLE users ADD a23456789012345678901234567890123456789012345678901234567890123x INT",
        "ALTER TABLE users ADD a2345678901234567890123456789012345678901234567890123456789012 INT",
    ),
    (
        "PG16",
        "postgres",
        "ALTER TYPE mood ADD VALUE 'new'; UPDATE users SET mood = 'new'",
        "ALTER TYPE mood ADD VALUE 'new'",
    ),
    (
        "PG17",
        "postgres",
        "ALTER TABLE bookings ADD CONSTRAINT a EXCLUDE USING gist (room WITH =)",
        "CREATE TABLE bookings (room INT, EXCLUDE USING gist (room WITH =))",
    ),
    ("PG19", "postgres", "ALTER TABLE users ADD age INT; UPDATE users SET age = 1", "UPDATE users SET age = 1"),
    (
        "MY1",
        "mysql",
        "ALTER TABLE users MODIFY age BIGINT",
        "ALTER TABLE users MODIFY age BIGINT, ALGORITHM=INPLACE, LOCK=NONE",
    ),
    (
        "MY3",
        "mysql",
        "CREATE TABLE posts (user_id BIGINT REFERENCES users (id))",
        "CREATE TABLE posts (user_id BIGINT, FOREIGN KEY (user_id) REFERENCES users (id))",
    ),
    (
        "MY7",
        "mariadb",
        "ALTER TABLE users CONVERT TO CHARACTER SET utf8, ALGORITHM=COPY",
        "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4, ALGORITHM=COPY",
    ),
    (
        "MY8",
        "mysql",
        "ALTER TABLE users ADD token CHAR(36) DEFAULT (uuid())",
        "ALTER TABLE users ADD token CHAR(36) DEFAULT ''",
    ),
    (
        "MY9",
        "mysql",
        "ALTER TABLE users ADD a INT; ALTER TABLE users ADD b INT",
        "ALTER TABLE users ADD a INT, ADD b INT",
    ),
    (
        "SL1",
        "sqlite",
        "CREATE TABLE n (id INTEGER); INSERT INTO n SELECT id FROM users; DROP TABLE users; ALTER TABLE n RENAME TO users",
        "CREATE TABLE n (id INTEGER)",
    ),
    (
        "SL2",
        "sqlite",
        "ALTER TABLE users ADD made TEXT DEFAULT CURRENT_TIMESTAMP",
        "ALTER TABLE users ADD made TEXT DEFAULT ('now')",
    ),
    (
        "SL2",
        "sqlite",
        "ALTER TABLE users ADD email TEXT UNIQUE",
        "ALTER TABLE users ADD age INTEGER NOT NULL DEFAULT (-7)",
    ),
];

#[test]
fn every_rule_finds_what_it_is_about_and_nothing_else() -> Result<()> {
    for (code, database, bad, good) in CASES {
        let found = codes(database, bad, &LintOptions::new())?;
        assert!(found.contains(code), "{code}, {database}: {bad}\n{found:?}");
        let found = codes(database, good, &LintOptions::new())?;
        assert!(!found.contains(code), "{code}, {database}: {good}\n{found:?}");
    }
    Ok(())
}

#[test]
fn every_rule_has_a_case() {
    for (code, ..) in lint_rules().iter().filter(|(code, ..)| *code != "GN1") {
        assert!(CASES.iter().any(|case| case.0 == *code), "{code}");
    }
    for case in CASES {
        assert!(lint_rules().iter().any(|(code, ..)| *code == case.0), "{}", case.0);
    }
}

#[test]
fn a_migration_without_a_way_back_is_told() {
    let of = |down: Option<&str>| {
        let migration = Migration::new("1", "change", "CREATE TABLE a (id INTEGER)", down.map(str::to_owned)).unwrap();
        lint(&Migrations::new([migration]).unwrap(), &*dialect("sqlite"), &LintOptions::new()).unwrap()
    };
    assert_eq!(of(Some("DROP TABLE a")), []);
    let found = of(None);
    assert_eq!(found.iter().map(|found| (found.code, found.line)).collect::<Vec<_>>(), [("GN1", 0)]);
    assert_eq!(found[0].to_string(), "1_change: advice GN1: there is no `down.sql`: the migration cannot be undone");
}

#[test]
fn a_finding_names_the_file_and_the_line() {
    let up = "CREATE TABLE a (id INTEGER);\n\n-- Nobody has it.\nALTER TABLE users\n  DROP COLUMN age;";
    let migration = Migration::new("1", "change", up, Some(String::new())).unwrap();
    let found = lint(&Migrations::new([migration]).unwrap(), &*dialect("sqlite"), &LintOptions::new()).unwrap();
    assert!(found[0].to_string().starts_with("1_change/up.sql:4: danger DS103: "), "{}", found[0]);
}

#[test]
fn rules_are_allowed_for_a_statement_for_a_file_and_for_all() -> Result<()> {
    let drop = "ALTER TABLE users DROP COLUMN age; ALTER TABLE users DROP COLUMN nick";
    assert_eq!(codes("sqlite", drop, &LintOptions::new())?, ["DS103", "DS103"]);
    let first = format!("-- orm:allow DS103 nobody has it\n{drop}");
    assert_eq!(codes("sqlite", &first, &LintOptions::new())?, ["DS103"]);
    let file = format!("-- orm:allow DS103 nobody has it\n\n{drop}");
    assert_eq!(codes("sqlite", &file, &LintOptions::new())?, [""; 0]);
    assert_eq!(codes("sqlite", drop, &LintOptions::new().allow("ds103"))?, [""; 0]);
    assert_eq!(codes("sqlite", drop, &LintOptions::new().after("1"))?, [""; 0]);
    Ok(())
}

#[test]
fn what_a_plan_writes_is_read_as_a_rebuild() -> Result<()> {
    let up = "PRAGMA foreign_keys = OFF;\nCREATE TABLE \"_orm_new_t\" (\"id\" INTEGER);\n\
        INSERT INTO \"_orm_new_t\" (\"id\") SELECT \"id\" FROM \"t\";\nDROP TABLE IF EXISTS \"t\";\n\
        PRAGMA legacy_alter_table = ON;\nALTER TABLE \"_orm_new_t\" RENAME TO \"t\";\n\
        PRAGMA legacy_alter_table = OFF;\nPRAGMA foreign_keys = ON;\n";
    assert_eq!(codes("sqlite", up, &LintOptions::new())?, ["SL1"]);
    Ok(())
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let up = "CREATE TRIGGER a AFTER INSERT ON users BEGIN DELETE FROM log;";
    let migration = Migration::new("1", "change", up, None).unwrap();
    let error = lint(&Migrations::new([migration]).unwrap(), &*dialect("sqlite"), &LintOptions::new()).unwrap_err();
    assert!(error.to_string().contains("1_change/up.sql: the statement on line 1 does not end"), "{error}");
}
