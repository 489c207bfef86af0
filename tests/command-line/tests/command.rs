//! The command line with models inside: what `orm generate` writes is what the derive declares, and a changed model becomes a
//! migration.

#![allow(clippy::unwrap_used, clippy::panic)] // tests stop at the first surprise

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The models as `orm generate` writes them, and after a change.
const BEFORE: &str = env!("CARGO_BIN_EXE_shop-orm");
const AFTER: &str = env!("CARGO_BIN_EXE_shop-orm-later");
/// A model with an encrypted column.
const LETTERS: &str = env!("CARGO_BIN_EXE_letters-orm");

/// A folder with a project in it.
struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("command-{name}"));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::write(root.join("src/lib.rs"), "").unwrap();
        std::fs::write(root.join("orm.toml"), "[env.development]\nurl = \"sqlite:dev.db\"\n").unwrap();
        Self(root)
    }

    /// The tables of the models, by the migrations that `orm generate` writes.
    fn ready(name: &str) -> Self {
        let project = Self::new(name);
        let user = ["email:string:unique", "age:int?", "role:enum{member,admin}=member"];
        project.ok(BEFORE, &[&["generate", "model", "User"], &user[..]].concat());
        project.ok(BEFORE, &["generate", "model", "Post", "title:string", "body:text?", "user:belongs_to"]);
        project.ok(BEFORE, &["migrate", "up"]);
        project
    }

    fn run(&self, program: &str, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.0).stdin(Stdio::null()).env_remove("DATABASE_URL").env_remove("ORM_ENV");
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
    }

    #[track_caller]
    fn ok(&self, program: &str, args: &[&str]) -> String {
        let (code, said) = self.run(program, args);
        assert_eq!(code, 0, "{args:?}\n{said}");
        said
    }
}

#[test]
fn what_generate_writes_is_what_the_derive_declares() {
    let project = Project::ready("generate");
    assert!(project.ok(BEFORE, &["migrate", "diff", "--check"]).contains("is what the models say"));
    let said = project.ok(BEFORE, &["doctor", "--check"]);
    assert!(said.contains("nothing to do"), "{said}");
    // The struct here is the one that was written.
    let written = std::fs::read_to_string(project.0.join("src/models/user.rs")).unwrap();
    let (_, fields) = written.split_once("pub struct User {").unwrap();
    let (fields, _) = fields.split_once('}').unwrap();
    assert!(include_str!("../src/bin/shop-orm.rs").contains(fields), "{fields}");
}

#[test]
fn a_changed_model_becomes_a_migration_that_is_undone_again() {
    let project = Project::ready("diff");
    let (code, said) = project.run(AFTER, &["migrate", "diff", "--check"]);
    assert_eq!(code, 2, "{said}");
    // Nobody is there to say whether the title became the headline, and a guess would lose it.
    let (code, said) = project.run(AFTER, &["migrate", "diff", "headline"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("--rename posts.title=headline"), "{said}");
    let said = project.ok(AFTER, &["migrate", "diff", "headline", "--rename", "posts.title=headline"]);
    assert!(said.contains("wrote migrations/"), "{said}");
    let (code, said) = project.run(AFTER, &["migrate", "diff", "again"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("1 migration is pending"), "{said}");
    project.ok(AFTER, &["migrate", "up"]);
    assert!(project.ok(AFTER, &["migrate", "diff", "nothing"]).contains("is what the models say"));
    project.ok(AFTER, &["doctor", "--check"]);
    project.ok(AFTER, &["migrate", "down"]);
    project.ok(BEFORE, &["doctor", "--check"]);
}

#[test]
fn a_drop_is_a_drop_when_it_is_said_and_marked() {
    let project = Project::ready("drop");
    let said = project.ok(AFTER, &["migrate", "diff", "headline", "--no-rename"]);
    assert!(said.contains("DS103"), "{said}");
    for (args, code) in [(&["migrate", "diff", "a", "--rename", "nonsense"][..], 64), (&["migrate", "diff"], 64)] {
        assert_eq!(project.run(AFTER, args).0, code, "{args:?}");
    }
}

#[test]
fn diagrams_are_made_of_models_as_well() {
    let project = Project::new("erd");
    assert!(project.ok(BEFORE, &["erd", "--models"]).contains("users ||--o{ posts"));
}

#[test]
fn another_version_than_the_installed_one_is_refused() {
    let project = Project::new("version");
    let mut command = Command::new(BEFORE);
    let output =
        command.args(["erd", "--models"]).current_dir(&project.0).env("ORM_CLI_VERSION", "0.0.1").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the installed `orm` is 0.0.1"));
}

/// A database of its own on a server that is there, by its URL; dropped at the end.
struct Server {
    project: Project,
    url: String,
}

impl Server {
    fn new(backend: &str, name: &str) -> Option<Self> {
        let server = std::env::var(format!("ORM_TEST_{backend}_URL")).ok()?;
        let (before, options) = match server.split_once('?') {
            Some((before, options)) => (before, format!("?{options}")),
            None => (server.as_str(), String::new()),
        };
        let (host, _) = before.rsplit_once('/').unwrap();
        let database = format!("ormtest_command_{name}_{}", std::process::id());
        let project = Project::new(&format!("{}-{name}", backend.to_lowercase()));
        let server = Self { project, url: format!("{host}/{database}{options}") };
        server.migration("1_first", "CREATE TABLE steps (n INTEGER NOT NULL);", Some("DROP TABLE steps;"));
        Some(server)
    }

    fn migration(&self, folder: &str, up: &str, down: Option<&str>) {
        let place = self.project.0.join("migrations").join(folder);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("up.sql"), up).unwrap();
        if let Some(down) = down {
            std::fs::write(place.join("down.sql"), down).unwrap();
        }
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        self.project.run(BEFORE, &[args, &["--url", &self.url]].concat())
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        let (code, said) = self.run(args);
        assert_eq!(code, 0, "{args:?}\n{said}");
        said
    }

    /// Starts the program and does not wait for it.
    fn start(&self, args: &[&str]) -> Child {
        let mut command = Command::new(BEFORE);
        command.args(args).args(["--url", &self.url]).current_dir(&self.project.0).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.run(&["db", "drop", "--yes"]);
    }
}

fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

/// A database is made, lived with and dropped.
fn life(backend: &str) {
    let Some(server) = Server::new(backend, "life") else { return };
    let (code, said) = server.run(&["migrate", "up"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("`orm db create` creates it"), "{said}");
    assert!(server.ok(&["db", "create"]).contains("created"));
    assert!(server.ok(&["db", "create"]).contains("is there already"));
    server.ok(&["migrate", "up"]);
    assert!(server.ok(&["migrate", "status"]).contains("1 applied, 0 pending"));
    assert!(server.ok(&["pull", "--print"]).contains("pub struct Step {"));
    assert!(server.ok(&["schema", "dump"]).contains("steps"));
    assert!(server.ok(&["erd"]).contains("steps {"));
    assert!(server.ok(&["explain", "SELECT n FROM steps WHERE n = 1"]).contains("steps"));
    let (_, said) = server.run(&["doctor"]);
    assert!(said.contains("no-primary-key") && said.contains("`users`: the table is not there"), "{said}");
    server.ok(&["migrate", "diff", "models"]);
    server.ok(&["migrate", "up"]);
    assert!(server.ok(&["migrate", "diff", "--check"]).contains("is what the models say"));
    server.ok(&["migrate", "down", "--all"]);
    assert!(server.ok(&["db", "drop", "--yes"]).contains("dropped"));
    assert!(server.ok(&["db", "drop", "--yes"]).contains("was not there"));
}

#[test]
fn a_database_of_postgres_is_made_lived_with_and_dropped() {
    life("POSTGRES");
}

#[test]
fn a_database_of_mariadb_is_made_lived_with_and_dropped() {
    life("MARIADB");
}

#[test]
fn a_database_of_mysql_is_made_lived_with_and_dropped() {
    life("MYSQL");
}

#[test]
fn who_waits_too_long_for_another_says_so() {
    for (backend, sleep) in [("POSTGRES", "SELECT pg_sleep(4)"), ("MARIADB", "SELECT SLEEP(4)")] {
        let Some(server) = Server::new(backend, "wait") else { continue };
        server.ok(&["db", "create"]);
        server.ok(&["migrate", "up"]);
        server.migration("2_slow", &format!("{sleep};"), None);
        let slow = server.start(&["migrate", "up"]);
        std::thread::sleep(Duration::from_millis(1500));
        let (code, said) = server.run(&["migrate", "up", "--lock-wait", "500ms"]);
        assert_eq!(code, 4, "{backend}: {said}");
        assert!(said.contains("another process migrates; waiting for it"), "{said}");
        assert_eq!(ended(slow).0, 0, "{backend}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_after_the_statement_in_hand_and_the_next_run_goes_on() {
    for (backend, sleep) in [("MARIADB", "SELECT SLEEP(2)"), ("MYSQL", "SELECT SLEEP(2)")] {
        let Some(server) = Server::new(backend, "stop") else { continue };
        server.ok(&["db", "create"]);
        server.migration(
            "2_steps",
            &format!("INSERT INTO steps VALUES (1);\n{sleep};\nINSERT INTO steps VALUES (2);"),
            None,
        );
        let running = server.start(&["migrate", "up"]);
        std::thread::sleep(Duration::from_millis(1200));
        assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
        let (code, said) = ended(running);
        assert_eq!(code, 130, "{backend}: {said}");
        assert!(said.contains("stopped before 2_steps/up.sql, line 3"), "{backend}: {said}");
        let said = server.ok(&["migrate", "status"]);
        assert!(said.contains("at statement 3 of 3"), "{backend}: {said}");
        // The lock is free, and what is done is not done again.
        server.ok(&["migrate", "up", "--lock-wait", "1s"]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let steps: Vec<i64> = runtime.block_on(async {
            let db = orm::connect(&server.url).await.unwrap();
            let steps = db.query::<i64>("SELECT n FROM steps ORDER BY n", ()).await.unwrap();
            db.close().await.unwrap();
            steps
        });
        assert_eq!(steps, [1, 2], "{backend}");
    }
}

#[test]
fn values_are_encrypted_where_they_are_and_keys_rotate() {
    let project = Project::new("letters");
    let table = "CREATE TABLE letters (id INTEGER PRIMARY KEY, body BLOB NOT NULL);\nINSERT INTO letters VALUES (1, 'dear'), (2, 'my love');";
    std::fs::create_dir_all(project.0.join("migrations/1_letters")).unwrap();
    std::fs::write(project.0.join("migrations/1_letters/up.sql"), table).unwrap();
    project.ok(LETTERS, &["migrate", "up"]);
    let keys = ["--keys", "file:keys"];
    let encrypt = |word: &str| project.run(LETTERS, &[&["encrypt", word][..], &keys].concat());
    let (code, said) = encrypt("verify");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("orm encrypt init"), "{said}");
    let new_keys = || std::fs::write(project.0.join("keys"), encrypt("init").1).unwrap();
    new_keys();
    assert_eq!(encrypt("verify").0, 2);
    assert_eq!(encrypt("status").0, 0);
    let (code, said) = project.run(LETTERS, &[&["encrypt", "backfill", "--json"][..], &keys].concat());
    assert!(code == 0 && said.contains("\"written\": 2") && said.contains("\"plain\": 2"), "{said}");
    assert_eq!(encrypt("verify").0, 0);
    new_keys();
    assert_eq!(encrypt("verify").0, 2);
    assert_eq!(encrypt("rotate").0, 0);
    let (code, said) = encrypt("verify");
    assert_eq!(code, 0, "{said}");
    let (code, said) = project.run(LETTERS, &["encrypt", "status", "--model", "Nobody", "--keys", "file:keys"]);
    assert!(code == 1 && said.contains("no model `Nobody`"), "{said}");
}
