//! The program `orm`, run as people run it: in a folder of its own, on SQLite.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // tests stop at the first surprise

mod bad_input;
mod first_project;
mod generate;
mod interrupt;
mod migrate;
mod pull;
mod sequelize;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with a project in it, and the program.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Project {
    /// An empty folder.
    pub fn empty(name: &str) -> Self {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("orm-cli-{name}"));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    /// A library of Rust, as `cargo init --lib` makes it.
    pub fn library(name: &str) -> Self {
        let project = Self::empty(name);
        project.write(
            "Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n",
        );
        project.write("src/lib.rs", "");
        project
    }

    /// A project after `orm init`.
    pub fn ready(name: &str) -> Self {
        let project = Self::library(name);
        project.ok(&["init"]);
        project
    }

    /// The program, with the environment of nobody.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orm"));
        command.args(args).current_dir(&self.root).stdin(Stdio::null());
        for name in ["DATABASE_URL", "ORM_ENV", "ORM_CLI_VERSION", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Said {
        said(self.command(args).output().unwrap())
    }

    /// Runs the program, which ends well, and gives what it said.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}\n{}\n{}", said.out, said.err);
        said.out
    }

    /// Runs the program, which ends with a code, and gives what it said on stderr.
    #[track_caller]
    pub fn fails(&self, args: &[&str], code: i32) -> String {
        let said = self.run(args);
        assert_eq!(said.code, code, "{args:?}\n{}\n{}", said.out, said.err);
        assert!(!said.err.contains("panicked"), "{}", said.err);
        said.err
    }

    /// Runs the program with `--json`.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let said = self.run(&args);
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{args:?} {error}\n{}\n{}", said.out, said.err))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Writes a migration.
    pub fn migration(&self, folder: &str, up: &str, down: Option<&str>) {
        self.write(&format!("migrations/{folder}/up.sql"), up);
        if let Some(down) = down {
            self.write(&format!("migrations/{folder}/down.sql"), down);
        }
    }

    /// The one folder in a folder whose name ends so.
    pub fn find(&self, folder: &str, end: &str) -> PathBuf {
        let found: Vec<PathBuf> = std::fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(end)))
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }
}

/// What a program said.
pub fn said(output: Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The rows of a query, as text.
pub fn rows(file: &Path, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = orm::connect(&format!("sqlite://{}?mode=rw", file.display())).await.unwrap();
        let rows = db.query::<String>(sql.to_owned(), ()).await.unwrap();
        db.close().await.unwrap();
        rows
    })
}
