//! `orm init`: what a project begins with. What is there stays as it is.

use std::path::Path;

use serde_json::json;

use crate::args::{Database, Init};
use crate::config::{FILE, SeedStorage};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::files;
use crate::report::{Report, dim, good};
use crate::source::{Source, edited};

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn run(context: &Context, init: &Init) -> Outcome<Report> {
    let root = &context.config.root;
    let name = package_name(root)?;
    let mut steps = Steps { root, lines: Vec::new(), wrote: Vec::new() };
    steps.file(Path::new(FILE), &settings(init.database, name.as_deref()))?;
    steps.file(
        Path::new(".env"),
        "# What is set here wins over orm.toml, and what the environment sets over this. Do not commit it.\n\
         # DATABASE_URL=postgres://user:password@localhost/app\n",
    )?;
    steps.line(Path::new(".gitignore"), ".env")?;
    if init.database == Database::Sqlite {
        steps.line(Path::new(".gitignore"), "*.db*")?;
    }
    if !init.only_config {
        for folder in ["migrations", "seeds"] {
            steps.file(&Path::new(folder).join(".gitkeep"), "")?;
        }
        if let Some(name) = &name {
            steps.module()?;
            if root.join("src/lib.rs").is_file() {
                steps.binary(name, &context.config.bin)?;
            }
        }
    }
    let mut text = steps.lines.join("\n");
    if name.is_none() {
        text.push_str("\nthere is no Cargo.toml here: `cargo init --lib` makes this a project of Rust, and `orm init` does the rest then");
    } else if !root.join("src/lib.rs").is_file() && !init.only_config {
        text.push_str(
            "\nthere is no src/lib.rs: with the models in a library, `orm init` writes the project's own `orm`, which knows them",
        );
    }
    Ok(Report::new(text, json!({ "wrote": steps.wrote })))
}

/// The name of the package, where there is one.
///
/// # Errors
/// When `Cargo.toml` cannot be read.
pub(crate) fn package_name(root: &Path) -> Outcome<Option<String>> {
    let path = root.join("Cargo.toml");
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))?;
    let manifest: toml::Table =
        text.parse().map_err(|error: toml::de::Error| Failure::new(format!("`Cargo.toml`: {}", error.message())))?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    Ok(name.map(str::to_owned))
}

/// The text of `orm.toml`.
fn settings(database: Database, name: Option<&str>) -> String {
    let name = name.unwrap_or("app").replace('-', "_");
    let url = match database {
        Database::Sqlite => "sqlite:dev.db".to_owned(),
        Database::Postgres => format!("postgres://localhost/{name}_dev"),
        Database::Mysql => format!("mysql://root@localhost/{name}_dev"),
        Database::Mariadb => format!("mariadb://root@localhost/{name}_dev"),
    };
    let storage = match SeedStorage::default() {
        SeedStorage::None => "none",
        SeedStorage::Json => "json",
        SeedStorage::Table => "table",
    };
    format!(
        "# Settings of the command `orm`. Folders are from here.\n\
         migrations = \"migrations\"\n\
         seeds = \"seeds\"\n\
         models = \"src/models\"\n\
         bin = \"orm\"\n\
         # Where it is noted which seeds a database has had: none (each runs every time), json, table.\n\
         seed_storage = \"{storage}\"\n\n\
         [env.development]\n\
         url = \"{url}\"\n\n\
         # orm --env production ..; a password belongs into the environment, not into this file.\n\
         [env.production]\n\
         url = \"env:DATABASE_URL\"\n\
         protected = true\n\
         lock_wait = \"1m\"\n\
         out_of_order = \"refuse\"\n"
    )
}

/// What is written, step by step.
struct Steps<'c> {
    root: &'c Path,
    lines: Vec<String>,
    wrote: Vec<String>,
}

impl Steps<'_> {
    fn told(&mut self, mark: &str, path: &Path, what: &str) {
        let what = if what.is_empty() { String::new() } else { format!("  {}", dim(what)) };
        self.lines.push(format!("  {mark} {}{what}", path.display()));
    }

    /// A file that is written unless it is there.
    fn file(&mut self, path: &Path, text: &str) -> Outcome<()> {
        let full = self.root.join(path);
        if full.exists() {
            self.told("=", path, "is there");
            return Ok(());
        }
        files::create(&full, text)?;
        self.told(&good("+"), path, "");
        self.wrote.push(path.display().to_string());
        Ok(())
    }

    /// A line that a file has afterwards.
    fn line(&mut self, path: &Path, line: &str) -> Outcome<()> {
        let full = self.root.join(path);
        let text = match std::fs::read_to_string(&full) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::file("read", &full, &error)),
        };
        if text.lines().any(|other| other.trim() == line) {
            return Ok(());
        }
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        files::replace(&full, &format!("{text}{end}{line}\n"))?;
        self.told(&good("~"), path, line);
        self.wrote.push(path.display().to_string());
        Ok(())
    }

    /// The module of the models.
    fn module(&mut self) -> Outcome<()> {
        let path = Path::new("src/lib.rs");
        let full = self.root.join(path);
        if !full.is_file() {
            return Ok(());
        }
        self.file(Path::new("src/models.rs"), "//! The models.\n")?;
        let source = Source::read(&full)?;
        if source.modules.iter().any(|module| module == "models") {
            return Ok(());
        }
        let at = source.module_at;
        files::replace(&full, &edited(&source.text, vec![(at..at, "pub mod models;\n".to_owned())]))?;
        self.told(&good("~"), path, "pub mod models;");
        self.wrote.push(path.display().to_string());
        Ok(())
    }

    /// The project's own `orm`, behind a feature, so that the application does not compile it.
    fn binary(&mut self, name: &str, bin: &str) -> Outcome<()> {
        let path = Path::new("src/bin").join(format!("{bin}.rs"));
        let krate = name.replace('-', "_");
        self.file(
            &path,
            &format!(
                "//! The command `orm` with this project's models inside.\n\n\
                 use {krate} as _; // so that the models are part of the program\n\n\
                 fn main() -> std::process::ExitCode {{\n    orm_cli::main()\n}}\n"
            ),
        )?;
        let manifest = std::fs::read_to_string(self.root.join("Cargo.toml")).unwrap_or_default();
        if !manifest.contains("orm-cli") {
            self.lines.push(format!(
                "\nadd this to Cargo.toml, and the project's own `orm` is there:\n\n\
                 [features]\n\
                 cli = [\"dep:orm-cli\"]\n\n\
                 [dependencies]\n\
                 orm-cli = {{ version = \"{}\", optional = true }}\n\n\
                 [[bin]]\n\
                 name = \"{bin}\"\n\
                 required-features = [\"cli\"]",
                env!("CARGO_PKG_VERSION")
            ));
        }
        Ok(())
    }
}
