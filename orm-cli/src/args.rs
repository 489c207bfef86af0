//! The command line, as clap reads it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// What `orm` is told.
#[derive(Debug, Parser)]
#[command(
    name = "orm",
    version,
    about = "Migrations, seeds, models from a database, and what else a project of the `orm` crate needs",
    after_help = "Exit codes: 0 done, 1 failed, 2 there is a difference or something pending, 3 an answer is needed, \
                  4 another process migrates, 5 refused, 6 the history says that a migration failed or was edited, \
                  64 wrong usage, 130 interrupted.",
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The environment of `orm.toml`; else ORM_ENV, else `development`
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// The database; else DATABASE_URL, else `.env`, else `orm.toml`
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Another file than the `orm.toml` of this folder or one above it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say it as one JSON document on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Never ask; what needs an answer ends with exit code 3
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// Colours; NO_COLOR turns them off as well
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set a project up: `orm.toml`, folders, the project's own `orm`; changes nothing that is there
    Init(Init),
    /// Write a model, a migration or a seed
    #[command(subcommand, visible_alias = "g")]
    Generate(Generate),
    /// Run, undo and look at migrations
    #[command(subcommand, visible_alias = "m")]
    Migrate(Migrate),
    /// Rows that a database begins with
    #[command(subcommand)]
    Seed(Seed),
    /// Create and drop the database itself
    #[command(subcommand)]
    Db(Db),
    /// The schema that the database has, as SQL
    #[command(subcommand)]
    Schema(Schema),
    /// Write models from the tables of the database, or bring those that are there up to date
    Pull(Pull),
    /// Create keys of encrypted columns, and check or re-encrypt stored values
    #[command(subcommand)]
    Encrypt(Encrypt),
    /// A diagram of tables and their relations
    Erd(Erd),
    /// What is worth a look: missing and needless indexes, tables without a key, models that differ
    Doctor(Doctor),
    /// How the database would run a query
    Explain(Explain),
    /// Print the script that completes commands in a shell
    #[cfg(feature = "docs")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a manual page for each command into a folder
    #[cfg(feature = "docs")]
    Man {
        /// The folder
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The database of development
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    pub(crate) database: Database,
    /// Only the settings, no folders and no binary
    #[arg(long)]
    pub(crate) only_config: bool,
}

/// Databases that a project begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
    Mysql,
    Mariadb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Encrypt {
    /// Print keys with a new first key, which encrypts; existing keys stay in the list to decrypt. Keep them secret
    Init(KeysGiven),
    /// Count the encrypted values of each table by state: current key, older key, plain
    Status(Sealed),
    /// Like `status`; exit code 2 unless every value can be decrypted and has the current key
    Verify(Sealed),
    /// Re-encrypt values of older keys with the current key; can be interrupted and run again
    Rotate(Sealed),
    /// Encrypt plain values of columns with `encrypt(allow_plaintext)`, and write missing blind indexes
    Backfill(Sealed),
}

#[derive(Debug, Args)]
pub(crate) struct KeysGiven {
    /// Where the keys are: `env:NAME` or `file:PATH`
    #[arg(long, default_value = "env:ORM_KEYS", value_name = "SOURCE")]
    pub(crate) keys: KeySource,
}

#[derive(Debug, Args)]
pub(crate) struct Sealed {
    #[command(flatten)]
    pub(crate) keys: KeysGiven,
    /// One model or table; by default all with encrypted columns
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// How many rows to read at once and update in one transaction
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) batch: u32,
}

/// The source of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeySource {
    Env(String),
    File(PathBuf),
}

impl KeySource {
    /// Whether the source exists; its content may be invalid.
    pub(crate) fn is_there(&self) -> bool {
        match self {
            Self::Env(name) => std::env::var_os(name).is_some(),
            Self::File(path) => path.exists(),
        }
    }
}

impl std::str::FromStr for KeySource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            _ => Err("expected `env:NAME` or `file:PATH`".to_owned()),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Generate {
    /// A struct and the migration that creates its table: `orm generate model User email:string:unique age:int?`
    Model(GenerateModel),
    /// An empty migration
    Migration(Named),
    /// An empty seed
    Seed(Named),
    /// Authentication by `orm-auth`: the model of accounts, or what it asks of one that is there, and the migration of its tables
    Auth(GenerateAuth),
}

#[derive(Debug, Args)]
pub(crate) struct GenerateAuth {
    /// The model of accounts; it is written unless it is there
    #[arg(default_value = "User")]
    pub(crate) account: String,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateModel {
    /// The struct's name, such as `User`
    pub(crate) name: String,
    /// Fields: `name:type`, then `:unique`, `:index`, `=default`; `?` after the type allows NULL
    #[arg(
        long_help = "Fields: `name:type`, then `:unique`, `:index` or `=default`; `?` after the type allows NULL.\n\n\
        Types: string, string(80), text, int, bigint, smallint, float, double, decimal(10,2), bool, date, time, datetime, \
        timestamp, uuid, json, bytes, enum{a,b}, belongs_to.\n\n\
        `org:belongs_to` is a relation to the model `Org`; `author:belongs_to(User)` names another model."
    )]
    pub(crate) fields: Vec<String>,
    /// Without created_at and updated_at
    #[arg(long)]
    pub(crate) no_timestamps: bool,
    /// With deleted_at: rows are marked, not deleted
    #[arg(long)]
    pub(crate) paranoid: bool,
    /// The table's name, when it is not the plural of the struct's
    #[arg(long)]
    pub(crate) table: Option<String>,
    /// Without a migration
    #[arg(long)]
    pub(crate) no_migration: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The name, such as `add_email`
    pub(crate) name: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    /// An empty migration, to be written by hand
    New(Named),
    /// Write the migration that leads from the tables of the database to the models
    Diff(Diff),
    /// What in the files may lose data, fail, or hold up others; asks no database
    Lint(Lint),
    /// Run what the database has not had
    Up(Up),
    /// Undo the last one, or several
    Down(Down),
    /// Undo the last one and run it again
    Redo(Loss),
    /// Where each migration stands
    Status(Check),
    /// Whether the files are what the database has had
    Verify,
    /// Write `orm.sum`, which tells when two branches have added migrations; afterwards it is kept up to date
    Sum,
    /// Note migrations as had, without running them: for a database that was made by other means
    Baseline {
        /// The last of them
        version: String,
    },
    /// Say what became of the statement during which a migration was interrupted
    Resolve(Resolve),
    /// Replace all migrations up to a version by one, which counts as applied where all of them are applied
    Squash(Squash),
    /// Accept applied files that were edited without effect, and store their new checksums; runs no migration
    Repair,
}

#[derive(Debug, Args)]
pub(crate) struct Squash {
    /// The name of the new migration, such as `base`
    pub(crate) name: String,
    /// The last version to include; by default all
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The name of the migration, such as `rename_title`
    #[arg(required_unless_present = "check")]
    pub(crate) name: Option<String>,
    /// What has another name in the models: `posts.title=headline`, or a table, `posts=articles`
    #[arg(long, value_name = "OLD=NEW")]
    pub(crate) rename: Vec<String>,
    /// Nothing is a rename that `--rename` does not name: what is gone is dropped
    #[arg(long)]
    pub(crate) no_rename: bool,
    /// The value of a new column in rows that are there: `posts.slug=lower(title)`
    #[arg(long, value_name = "COLUMN=SQL")]
    pub(crate) fill: Vec<String>,
    /// Drop a table that no model has
    #[arg(long, value_name = "TABLE")]
    pub(crate) drop_table: Vec<String>,
    /// Write nothing; exit code 2 when the database is not what the models say
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Only those that are newer than this version
    #[arg(long, value_name = "VERSION")]
    pub(crate) after: Option<String>,
    /// Pass over a rule, such as DS103
    #[arg(long, value_name = "CODE")]
    pub(crate) allow: Vec<String>,
    /// Exit code 2 when there is a warning or a danger
    #[arg(long, visible_alias = "exit-code")]
    pub(crate) check: bool,
    /// The output format of findings
    #[arg(long, value_enum, default_value_t = LintFormat::Text, value_name = "FORMAT")]
    pub(crate) format: LintFormat,
}

/// The output format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// One line for each finding
    Text,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, which code hosts show next to the lines
    Sarif,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Up to this version and with it
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// Only say what would run; exit code 2 when there is something
    #[arg(long)]
    pub(crate) check: bool,
    /// How long to wait while another process migrates, such as 30s
    #[arg(long, value_parser = crate::config::duration, value_name = "TIME")]
    pub(crate) lock_wait: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// How many
    #[arg(long, default_value_t = 1, conflicts_with_all = ["to", "all"], value_name = "NUMBER")]
    pub(crate) step: usize,
    /// Those that are newer than this version
    #[arg(long, conflicts_with = "all", value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) loss: Loss,
}

/// What destroys data.
#[derive(Debug, Args)]
pub(crate) struct Loss {
    /// Also in an environment that `orm.toml` protects
    #[arg(long)]
    pub(crate) allow_protected: bool,
    /// How long to wait while another process migrates, such as 30s
    #[arg(long, value_parser = crate::config::duration, value_name = "TIME")]
    pub(crate) lock_wait: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Exit code 2 when something is pending
    #[arg(long, visible_alias = "exit-code")]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The migration that was interrupted
    pub(crate) version: String,
    /// Whether the statement in hand took effect
    #[arg(value_enum)]
    pub(crate) outcome: Resolved,
}

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Resolved {
    /// It took effect: go on after it
    Done,
    /// It did not: run it again
    NotDone,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Seed {
    /// An empty seed
    New(Named),
    /// Run the seeds, or those that are named
    Run(Seeds),
    /// Undo the last seed, those that are named, or all
    Undo(SeedUndo),
    /// Where each seed stands
    Status,
}

#[derive(Debug, Args)]
pub(crate) struct Seeds {
    /// Versions or names; all of them unless given
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SeedUndo {
    /// Versions or names
    #[arg(conflicts_with = "all")]
    pub(crate) names: Vec<String>,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) loss: Loss,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Create the database unless it is there
    Create,
    /// Drop the database, with everything in it
    Drop(DropDb),
    /// Drop it, create it, migrate and seed
    Reset(DropDb),
    /// Create it, migrate and seed
    Setup,
}

#[derive(Debug, Args)]
pub(crate) struct DropDb {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Also in an environment that `orm.toml` protects
    #[arg(long)]
    pub(crate) allow_protected: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Schema {
    /// Print the statements that create what is there
    Dump {
        /// Into a file
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Run the statements of a schema file in a database without tables
    Load {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// Only these tables
    #[arg(value_name = "TABLE")]
    pub(crate) tables: Vec<String>,
    /// Leave these tables out
    #[arg(long, value_name = "TABLE")]
    pub(crate) except: Vec<String>,
    /// The schema, or database on MySQL; the connection's own unless given
    #[arg(long, value_name = "NAME")]
    pub(crate) schema: Option<String>,
    /// Print all models as one file and write nothing
    #[arg(long)]
    pub(crate) print: bool,
    /// Only say what would change; exit code 2 when something would
    #[arg(long, conflicts_with = "print")]
    pub(crate) check: bool,
    /// Take fields out whose columns are gone
    #[arg(long)]
    pub(crate) delete: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Erd {
    /// The language of the diagram
    #[arg(long, value_enum, default_value_t = Diagram::Mermaid)]
    pub(crate) format: Diagram,
    /// From the models of the project, not from the database
    #[arg(long)]
    pub(crate) models: bool,
    /// Into a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Languages of diagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Diagram {
    Mermaid,
    Dbml,
    Dot,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Exit code 2 when there is something to do
    #[arg(long, visible_alias = "exit-code")]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The query
    pub(crate) sql: String,
}
