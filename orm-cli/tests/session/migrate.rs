//! Migrations from the command line: what runs, what is undone, what is refused, and with which exit code.

use super::{Project, rows};

fn two(name: &str) -> Project {
    let project = Project::ready(name);
    project.migration("1_users", "CREATE TABLE users (id INTEGER PRIMARY KEY);", Some("DROP TABLE users;"));
    project.migration(
        "2_email",
        "ALTER TABLE users ADD COLUMN email TEXT;",
        Some("ALTER TABLE users DROP COLUMN email;"),
    );
    project
}

#[test]
fn up_down_redo_and_status_tell_what_they_did() {
    let project = two("up-down");
    assert_eq!(project.run(&["migrate", "up", "--check"]).code, 2);
    assert!(project.ok(&["migrate", "up", "--to", "1"]).contains("users  ran"));
    let status = project.json(&["migrate", "status"]);
    assert_eq!((status["applied"].as_u64(), status["pending"].as_u64()), (Some(1), Some(1)));
    assert_eq!(project.run(&["migrate", "status", "--check"]).code, 2);
    assert!(project.ok(&["migrate", "up"]).contains("email"));
    assert!(project.ok(&["migrate", "up"]).contains("nothing to do"));
    assert_eq!(project.run(&["migrate", "status", "--check"]).code, 0);
    assert!(project.ok(&["migrate", "redo"]).contains("email"));
    assert!(project.ok(&["migrate", "down"]).contains("undid"));
    assert!(project.ok(&["migrate", "down", "--all"]).contains("users"));
    assert!(project.ok(&["migrate", "down"]).contains("nothing to undo"));
}

#[test]
fn a_file_that_was_changed_or_is_gone_is_told_of() {
    let project = two("edited");
    project.ok(&["migrate", "up"]);
    assert!(project.ok(&["migrate", "verify"]).contains("2 migrations agree"));
    project.migration("2_email", "ALTER TABLE users ADD COLUMN mail TEXT;", None);
    let said = project.run(&["migrate", "verify"]);
    assert_eq!(said.code, 6);
    assert!(said.out.contains("edited"), "{}", said.out);
    assert!(project.ok(&["migrate", "status"]).contains("edited"));
    assert_eq!(project.run(&["migrate", "status", "--check"]).code, 6);
    assert!(project.fails(&["migrate", "up"], 6).contains("was changed after the database had it"));
}

#[test]
fn a_statement_that_fails_is_named_by_file_and_line() {
    let project = two("broken");
    project.migration("3_broken", "CREATE TABLE a (id INTEGER);\n\nCREATE TABEL b (id INTEGER);", None);
    let error = project.fails(&["migrate", "up"], 1);
    assert!(error.contains("3_broken/up.sql, line 3"), "{error}");
    // SQLite takes the whole migration back.
    assert_eq!(rows(&project.path("dev.db"), "SELECT name FROM sqlite_schema WHERE name IN ('a', 'b')"), [""; 0]);
    project.migration("3_broken", "CREATE TABLE a (id INTEGER);", None);
    project.ok(&["migrate", "up"]);
}

#[test]
fn what_cannot_be_undone_is_refused_before_anything_is() {
    let project = two("one-way");
    project.migration("3_one_way", "CREATE TABLE a (id INTEGER);", None);
    project.ok(&["migrate", "up"]);
    let error = project.fails(&["migrate", "down", "--step", "2"], 5);
    assert!(error.contains("3_one_way cannot be undone") && error.contains("nothing was undone"), "{error}");
    assert_eq!(project.json(&["migrate", "status"])["applied"].as_u64(), Some(3));
}

#[test]
fn a_protected_environment_keeps_its_data() {
    let project = two("protected");
    let toml = project.read("orm.toml").replace("url = \"env:DATABASE_URL\"", "url = \"sqlite:production.db\"");
    project.write("orm.toml", &toml);
    project.ok(&["migrate", "up", "--env", "production"]);
    for command in [["migrate", "down"], ["migrate", "redo"], ["db", "drop"], ["db", "reset"], ["seed", "undo"]] {
        let error = project.fails(&[command[0], command[1], "--env", "production"], 5);
        assert!(error.contains("`production` is protected") && error.contains("--allow-protected"), "{error}");
    }
    project.ok(&["migrate", "down", "--env", "production", "--allow-protected"]);
}

#[test]
fn a_database_that_was_made_otherwise_begins_at_a_version() {
    let project = two("baseline");
    project.migration("0_nothing", "SELECT 1;", None);
    project.ok(&["db", "create"]);
    assert!(project.ok(&["migrate", "baseline", "1"]).contains("noted as had"));
    let status = project.json(&["migrate", "status"]);
    assert_eq!(status["pending"].as_u64(), Some(1));
    assert!(project.fails(&["migrate", "baseline", "77"], 6).contains("there is no migration 77"));
}

#[test]
fn new_migrations_follow_each_other() {
    let project = Project::ready("new");
    project.ok(&["migrate", "new", "AddEmail"]);
    project.ok(&["generate", "migration", "add email"]);
    let names: Vec<_> = std::fs::read_dir(project.path("migrations")).unwrap().collect();
    assert_eq!(names.len(), 3); // with .gitkeep
    assert_eq!(project.json(&["migrate", "up"])["migrations"].as_array().unwrap().len(), 2);
}

#[test]
fn the_sum_is_kept_and_tells_of_files_that_came_otherwise() {
    let project = two("sum");
    project.ok(&["migrate", "sum"]);
    project.ok(&["migrate", "new", "third"]);
    project.ok(&["migrate", "up"]);
    project.migration("1_other", "SELECT 1;", None);
    std::fs::remove_dir_all(project.path("migrations/1_users")).unwrap();
    let error = project.fails(&["migrate", "status"], 6);
    assert!(error.contains("orm migrate sum"), "{error}");
}

#[test]
fn files_are_linted_without_a_database() {
    let project = two("lint");
    project.migration(
        "3_drop",
        "ALTER TABLE users DROP COLUMN email;",
        Some("ALTER TABLE users ADD COLUMN email TEXT;"),
    );
    let said = project.run(&["migrate", "lint", "--check"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.out.contains("3_drop/up.sql:1: danger DS103"), "{said:?}");
    let found = project.json(&["migrate", "lint", "--after", "2", "--allow", "DS103"]);
    assert!(!found.to_string().contains("DS103"), "{found}");
    assert!(!project.path("dev.db").exists());
}

#[test]
fn seeds_run_again_or_once_as_the_settings_say() {
    let project = two("seeds");
    project.ok(&["migrate", "up"]);
    project.write("seeds/1_ada/up.sql", "INSERT INTO users VALUES (1, 'ada') ON CONFLICT DO NOTHING;");
    project.write("seeds/1_ada/down.sql", "DELETE FROM users WHERE id = 1;");
    project.write("seeds/2_bob/up.sql", "INSERT INTO users VALUES (2, 'bob') ON CONFLICT DO NOTHING;");
    let emails = || rows(&project.path("dev.db"), "SELECT email FROM users ORDER BY id");
    assert!(project.ok(&["seed", "run"]).contains("2_bob"));
    assert!(project.ok(&["seed", "run", "ada"]).contains("1_ada"));
    assert_eq!(emails(), ["ada", "bob"]);
    assert!(project.ok(&["seed", "status"]).contains("runs each time"));
    assert!(project.fails(&["seed", "undo", "--all"], 5).contains("2_bob cannot be undone"));
    project.ok(&["seed", "undo", "ada"]);
    assert_eq!(emails(), ["bob"]);
    assert!(project.fails(&["seed", "run", "eve"], 1).contains("there is no seed `eve`; there are 1_ada, 2_bob"));

    for storage in ["json", "table"] {
        let toml = project.read("orm.toml");
        let (before, rest) = toml.split_once("seed_storage = \"").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        project.write("orm.toml", &format!("{before}seed_storage = \"{storage}\"{after}"));
        let ran = |said: &serde_json::Value| said["seeds"].as_array().unwrap().len();
        assert_eq!(ran(&project.json(&["seed", "run"])), 2, "{storage}");
        assert_eq!(ran(&project.json(&["seed", "run"])), 0, "{storage}");
        let status = project.ok(&["seed", "status"]);
        assert!(status.contains("ada") && !status.contains("pending"), "{status}");
    }
    assert!(project.read("seeds/seeds.json").contains("\"development\""));
}

#[test]
fn a_seed_that_fails_leaves_nothing_of_itself() {
    let project = two("seed-fails");
    project.ok(&["migrate", "up"]);
    project.write("seeds/1_bad/up.sql", "INSERT INTO users VALUES (1, 'ada');\nINSERT INTO nobody VALUES (1);");
    let error = project.fails(&["seed", "run"], 1);
    assert!(error.contains("1_bad/up.sql, line 2"), "{error}");
    assert_eq!(rows(&project.path("dev.db"), "SELECT email FROM users"), [""; 0]);
}

#[test]
fn the_database_is_created_dropped_and_set_up() {
    let project = two("db");
    project.write("seeds/1_ada/up.sql", "INSERT INTO users VALUES (1, 'ada');");
    assert!(project.ok(&["db", "setup"]).contains("created"));
    assert!(project.ok(&["db", "create"]).contains("is there already"));
    assert_eq!(rows(&project.path("dev.db"), "SELECT email FROM users"), ["ada"]);
    // Nobody is there to answer.
    assert!(project.fails(&["db", "drop"], 3).contains("--yes"));
    project.ok(&["db", "reset", "--yes"]);
    assert_eq!(rows(&project.path("dev.db"), "SELECT email FROM users"), ["ada"]);
    project.ok(&["db", "drop", "--yes"]);
    assert!(!project.path("dev.db").exists());
    assert!(project.ok(&["db", "drop", "--yes"]).contains("was not there"));
}

#[test]
fn squashed_migrations_are_one_that_databases_have_had() {
    let project = two("squash");
    project.migration("3_posts", "CREATE TABLE posts (id INTEGER PRIMARY KEY);", Some("DROP TABLE posts;"));
    project.ok(&["migrate", "sum"]);
    project.ok(&["migrate", "up"]);
    project.ok(&["migrate", "up", "--url", "sqlite:half.db", "--to", "1"]);
    let said = project.ok(&["migrate", "squash", "base", "--to", "2"]);
    assert!(said.contains("wrote migrations/2_base in the place of\n  1_users\n  2_email"), "{said}");
    assert!(project.read("migrations/2_base/up.sql").starts_with("-- orm:replaces 1 2\n"));
    // One that has had both has had it.
    let status = project.json(&["migrate", "status"]);
    assert_eq!((status["applied"].as_u64(), status["pending"].as_u64()), (Some(2), Some(0)), "{status}");
    assert!(project.ok(&["migrate", "up"]).contains("nothing to do"));
    let had = rows(&project.path("dev.db"), "SELECT version || ' ' || name FROM _orm_migrations ORDER BY 1");
    assert_eq!(had, ["2 base", "3 posts"]);
    // One that has had the first only is not there yet.
    let error = project.fails(&["migrate", "up", "--url", "sqlite:half.db"], 6);
    assert!(error.contains("has not had 2: run those first"), "{error}");
    // A new one has it at once, and back.
    project.ok(&["migrate", "up", "--url", "sqlite:new.db"]);
    assert!(rows(&project.path("new.db"), "SELECT email FROM users").is_empty());
    project.ok(&["migrate", "down", "--all", "--url", "sqlite:new.db"]);
    assert_eq!(rows(&project.path("new.db"), "SELECT name FROM sqlite_schema WHERE name = 'users'"), [""; 0]);
    // What was squashed is squashed again.
    project.ok(&["migrate", "squash", "all"]);
    assert!(project.read("migrations/3_all/up.sql").starts_with("-- orm:replaces 1 2 2 3\n"));
    assert!(project.ok(&["migrate", "up"]).contains("nothing to do"));
    assert!(project.ok(&["migrate", "up", "--url", "sqlite:newer.db"]).contains("all"));
}

#[test]
fn a_comment_in_a_file_that_ran_is_noted_by_repair() {
    let project = two("repair");
    project.ok(&["migrate", "up"]);
    let up = "-- The address.\nALTER TABLE users ADD COLUMN email TEXT;";
    project.migration("2_email", up, Some("ALTER TABLE users DROP COLUMN email;"));
    project.fails(&["migrate", "up"], 6);
    assert!(project.ok(&["migrate", "repair"]).contains("noted anew"));
    assert!(project.ok(&["migrate", "up"]).contains("nothing to do"));
    assert!(project.ok(&["migrate", "repair"]).contains("nothing to note"));
}

#[test]
fn findings_are_sarif_for_code_hosts() {
    let project = two("sarif");
    project.migration("3_drop", "ALTER TABLE users DROP COLUMN email;", None);
    let said = project.ok(&["migrate", "lint", "--format", "sarif"]);
    let sarif: serde_json::Value = serde_json::from_str(&said).unwrap();
    let run = &sarif["runs"][0];
    let result = run["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == "DS103").unwrap();
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "migrations/3_drop/up.sql");
    assert_eq!(place["region"]["startLine"], 1);
    assert!(run["tool"]["driver"]["rules"].as_array().unwrap().iter().any(|rule| rule["id"] == "DS103"));
}
