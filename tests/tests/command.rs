//! The command line with models inside: what `orm generate` writes is what the derive declares, and a changed model becomes a
//! migration.

#![allow(clippy::unwrap_used, clippy::panic)] // tests stop at the first surprise

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The models as `orm generate` writes them, and after a change.
const BEFORE: &str = env!("CARGO_BIN_EXE_shop-orm");
const AFTER: &str = env!("CARGO_BIN_EXE_shop-orm-later");

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
