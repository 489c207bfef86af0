//! Ctrl-C: the statement in hand ends, nothing is half-done, and the next run goes on.

#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Project, Said, rows, said};

/// A statement that takes a while.
const SLOW: &str = "INSERT INTO numbers WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) \
                    SELECT count(*) FROM c;";

/// Runs the program, and presses Ctrl-C when a while has passed.
fn interrupted(project: &Project, args: &[&str]) -> Said {
    let child = project.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    std::thread::sleep(Duration::from_millis(700));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let said = said(child.wait_with_output().unwrap());
    assert!(started.elapsed() < Duration::from_secs(60));
    said
}

#[test]
fn a_migration_ends_between_two_statements() {
    let project = Project::ready("interrupt");
    project.migration("1_numbers", "CREATE TABLE numbers (n INTEGER);", None);
    project.ok(&["migrate", "up"]);
    let slow = SLOW.repeat(8).replace(";INSERT", ";\nINSERT");
    project.migration("2_slow", &slow, None);
    let said = interrupted(&project, &["migrate", "up"]);
    assert_eq!(said.code, 130, "{said:?}");
    assert!(said.err.contains("stopped before 2_slow/up.sql, line "), "{said:?}");
    assert!(said.err.contains("the next run goes on there"), "{said:?}");
    // Nothing of it is there, and nothing keeps others out.
    assert_eq!(project.json(&["migrate", "status"])["pending"].as_u64(), Some(1));
    project.migration("2_slow", "INSERT INTO numbers VALUES (7);", None);
    project.ok(&["migrate", "up"]);
    assert_eq!(rows(&project.path("dev.db"), "SELECT CAST(n AS TEXT) FROM numbers"), ["7"]);
}

#[test]
fn a_seed_that_is_interrupted_leaves_nothing() {
    let project = Project::ready("interrupt-seed");
    project.migration("1_numbers", "CREATE TABLE numbers (n INTEGER);", None);
    project.ok(&["migrate", "up"]);
    project.write("seeds/1_slow/up.sql", &SLOW.repeat(8));
    let said = interrupted(&project, &["seed", "run"]);
    assert_eq!(said.code, 130, "{said:?}");
    assert_eq!(rows(&project.path("dev.db"), "SELECT CAST(n AS TEXT) FROM numbers"), [""; 0]);
}

#[test]
fn what_only_looks_ends_at_once() {
    let project = Project::ready("interrupt-look");
    project.ok(&["db", "create"]);
    // A server that takes connections and says nothing.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user:secret@127.0.0.1:{}/db", server.local_addr().unwrap().port());
    let said = interrupted(&project, &["doctor", "--url", &url]);
    assert_eq!(said.code, 130, "{said:?}");
    assert!(!said.err.contains("secret"), "{said:?}");
}
