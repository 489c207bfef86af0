//! Diagrams, the dump, the doctor, plans, and what else is printed.

use super::Project;

fn shop(name: &str) -> Project {
    let project = Project::ready(name);
    project.migration(
        "1_shop",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, org TEXT);\n\
         CREATE INDEX users_email ON users (email);\n\
         CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), note TEXT);\n\
         CREATE TABLE profiles (user_id INTEGER PRIMARY KEY REFERENCES users (id));\n\
         CREATE TABLE logs (line TEXT);\n\
         CREATE VIEW emails AS SELECT email FROM users;",
        None,
    );
    project.ok(&["migrate", "up"]);
    project
}

#[test]
fn the_doctor_names_what_is_worth_a_look() {
    let project = shop("doctor");
    let said = project.json(&["doctor", "--url", &format!("sqlite://{}", project.path("dev.db").display())]);
    let rules: Vec<(&str, &str)> = said["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["table"].as_str().unwrap()))
        .collect();
    assert!(rules.contains(&("redundant-index", "users")), "{rules:?}");
    assert!(rules.contains(&("unindexed-foreign-key", "orders")), "{rules:?}");
    assert!(rules.contains(&("no-primary-key", "logs")), "{rules:?}");
    assert_eq!(rules.len(), 3, "{rules:?}");
}

#[test]
fn diagrams_have_tables_keys_and_relations() {
    let project = shop("erd");
    let mermaid = project.ok(&["erd"]);
    assert!(mermaid.starts_with("erDiagram\n"), "{mermaid}");
    assert!(mermaid.contains("users |o--o{ orders : \"user_id\""), "{mermaid}");
    assert!(mermaid.contains("users ||--o| profiles"), "{mermaid}");
    let dbml = project.ok(&["erd", "--format", "dbml"]);
    assert!(dbml.contains("Ref: \"orders\".\"user_id\" > \"users\".\"id\""), "{dbml}");
    let dot = project.ok(&["erd", "--format", "dot", "--out", "erd.dot"]);
    assert!(dot.contains("wrote erd.dot"));
    assert!(project.read("erd.dot").contains("\"orders\" -> \"users\""));
    assert!(!mermaid.contains("_orm_migrations"));
}

#[test]
fn a_dump_makes_the_same_database_again() {
    let project = shop("dump");
    project.ok(&["schema", "dump", "--out", "schema.sql"]);
    let sql = project.read("schema.sql");
    assert!(sql.contains("CREATE VIEW emails") && sql.contains("CREATE INDEX users_email"), "{sql}");
    project.write("migrations/1_shop/up.sql", &sql);
    project.ok(&["migrate", "up", "--url", "sqlite:again.db"]);
    assert_eq!(project.ok(&["schema", "dump", "--url", "sqlite:again.db"]), sql);
}

#[test]
fn a_plan_is_printed_and_nothing_else_runs() {
    let project = shop("explain");
    let plan = project.ok(&["explain", "SELECT * FROM users WHERE email = 'a'"]);
    assert!(plan.contains("users_email") || plan.contains("USING INDEX"), "{plan}");
    project.fails(&["explain", "SELECT 1; DROP TABLE users"], 64);
    project.fails(&["explain", "SELECT * FROM nobody"], 1);
    project.ok(&["explain", "SELECT * FROM users"]);
}

#[test]
fn colours_are_for_terminals_and_on_request() {
    let project = shop("colour");
    assert!(!project.ok(&["migrate", "status"]).contains('\u{1b}'));
    assert!(project.ok(&["migrate", "status", "--color", "always"]).contains('\u{1b}'));
}

#[cfg(feature = "docs")]
#[test]
fn completions_and_manual_pages_are_written() {
    let project = Project::empty("docs");
    assert!(project.ok(&["completions", "bash"]).contains("_orm"));
    project.ok(&["man", "pages"]);
    assert!(project.path("pages/orm-migrate-up.1").is_file());
}

#[test]
fn a_dump_is_loaded_into_an_empty_database() {
    let project = shop("load");
    project.ok(&["schema", "dump", "--out", "schema.sql"]);
    let error = project.fails(&["schema", "load", "schema.sql"], 5);
    assert!(error.contains("tables already"), "{error}");
    assert!(project.ok(&["schema", "load", "schema.sql", "--url", "sqlite:copy.db"]).contains("statements"));
    let url = ["--url", "sqlite:copy.db"];
    assert_eq!(project.ok(&[&["schema", "dump"][..], &url].concat()), project.read("schema.sql"));
    // What fails in the middle leaves nothing.
    project.write("wrong.sql", "CREATE TABLE a (id INTEGER);\nCREATE TABEL b (id INTEGER);");
    let error = project.fails(&["schema", "load", "wrong.sql", "--url", "sqlite:other.db"], 1);
    assert!(error.contains("wrong.sql:2"), "{error}");
    assert!(project.ok(&["schema", "dump", "--url", "sqlite:other.db"]).trim().is_empty());
}

#[test]
fn keys_are_made_and_made_anew_with_the_old_ones_behind() {
    let project = Project::ready("keys");
    let first = project.ok(&["encrypt", "init", "--keys", "file:keys"]);
    assert_eq!(first.trim().lines().count(), 1, "{first}");
    project.write("keys", &first);
    let both = project.ok(&["encrypt", "init", "--keys", "file:keys"]);
    assert_eq!(both.trim().lines().nth(1), Some(first.trim()));
    project.write("keys", "nonsense");
    let error = project.fails(&["encrypt", "init", "--keys", "file:keys"], 1);
    assert!(error.contains("key 1") && !error.contains("nonsense"), "{error}");
    assert_eq!(project.run(&["encrypt", "init", "--keys", "somewhere"]).code, 64);
}
