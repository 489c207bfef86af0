//! The command line of the `orm` crate: migrations, seeds, models from a database, diagrams, and what is worth a look.
//!
//! It is a program, `orm`, and a library, so that a project can have the same command line with its models inside. That is one
//! file, `src/bin/orm.rs`, which `orm init` writes:
//!
//! ```no_run
//! // use my_app as _; // so that the models are part of the program
//! fn main() -> std::process::ExitCode {
//!     orm_cli::main()
//! }
//! ```
//!
//! # Exit codes
//! | Code | |
//! |---|---|
//! | 0 | done |
//! | 1 | failed |
//! | 2 | there is a difference, or something pending, and `--check` asked for it |
//! | 3 | an answer is needed, and there is no terminal |
//! | 4 | another process migrates, for longer than the time to wait |
//! | 5 | refused: a protected environment, or what cannot be undone |
//! | 6 | the history says that a migration failed, was interrupted or was edited |
//! | 64 | the command line is wrong |
//! | 130 | Ctrl-C |

mod args;
mod code;
mod commands;
mod config;
mod context;
mod failure;
mod files;
mod naming;
mod progress;
mod project;
pub mod pull;
mod report;
mod sequelize;
mod source;
mod spec;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Color, Command};
use crate::config::{Config, Given};
use crate::context::{Context, Stop};
use crate::failure::{Code, Failure, Outcome};
use crate::report::Report;

pub use crate::code::{Enum, Field, Model};

/// Runs the command line that the program was called with.
pub fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    ExitCode::from(run(args))
}

/// Runs a command line, whose first part is the program's name, and gives the exit code.
fn run(mut args: Vec<String>) -> u8 {
    let program = if args.is_empty() { "orm".to_owned() } else { args.remove(0) };
    if let Some((new, said)) = sequelize::rewritten(&args) {
        report::note(&said);
        args = new;
    }
    let cli = match Cli::try_parse_from(std::iter::once(&program).chain(&args)) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Code::Usage as u8 } else { 0 };
        }
    };
    match cli.global.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::write_global(anstream::ColorChoice::Always),
        Color::Never => anstream::ColorChoice::write_global(anstream::ColorChoice::Never),
    }
    let json = cli.global.json;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            Failure::new(format!("no runtime: {error}")).print(json);
            return Code::Failed as u8;
        }
    };
    let ended = runtime.block_on(command(cli, &args));
    // A statement that cannot be stopped does not keep the program.
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Said(report)) => {
            report.print(json);
            report.code.map_or(0, |code| code as u8)
        }
        Ok(Ended::Elsewhere(code)) => code,
        Err(failure) => {
            failure.print(json);
            failure.code as u8
        }
    }
}

/// How a command ended.
enum Ended {
    /// With something to say.
    Said(Report),
    /// In the project's binary, which has said it.
    Elsewhere(u8),
}

async fn command(cli: Cli, args: &[String]) -> Outcome<Ended> {
    let folder =
        std::env::current_dir().map_err(|error| Failure::new(format!("this folder cannot be read: {error}")))?;
    let given = Given { env: cli.global.env, url: cli.global.url, config: cli.global.config };
    let config = Config::read(&folder, &given, |name| std::env::var(name).ok())?;
    let is_called = std::env::var_os(project::CALLER).is_some();
    if needs_models(&cli.command) && orm::models().is_empty() && !is_called && project::has_binary(&config) {
        return project::run_instead(&config, args).map(Ended::Elsewhere);
    }
    check_caller()?;
    let context = Context { config, json: cli.global.json, no_input: cli.global.no_input, stop: Stop::default() };
    context.stop.listen();
    let ends_in_order = matches!(cli.command, Command::Migrate(_) | Command::Seed(_) | Command::Db(_));
    let work = work(&context, cli.command);
    if ends_in_order {
        return work.await.map(Ended::Said);
    }
    tokio::select! {
        ended = work => ended.map(Ended::Said),
        () = context.stop.asked() => Err(Failure::new("interrupted").code(Code::Interrupted)),
    }
}

/// Whether a command wants the models of the project where it can have them.
fn needs_models(command: &Command) -> bool {
    match command {
        Command::Doctor(_) | Command::Migrate(args::Migrate::Diff(_)) => true,
        Command::Encrypt(encrypt) => !matches!(encrypt, args::Encrypt::Init(_)),
        Command::Erd(erd) => erd.models,
        _ => false,
    }
}

/// A project's binary of another version may take other arguments.
fn check_caller() -> Outcome<()> {
    let own = env!("CARGO_PKG_VERSION");
    match std::env::var(project::CALLER) {
        Ok(version) if version != own => {
            Err(Failure::new(format!("the installed `orm` is {version}, and the project's own is {own}"))
                .hint(format!("cargo install orm-cli --version {own}, or take {version} in Cargo.toml")))
        }
        _ => Ok(()),
    }
}

async fn work(context: &Context, command: Command) -> Outcome<Report> {
    match command {
        Command::Init(init) => commands::init::run(context, &init),
        Command::Generate(generate) => commands::generate::run(context, &generate),
        Command::Migrate(migrate) => commands::migrate::run(context, migrate).await,
        Command::Seed(seed) => commands::seed::run(context, seed).await,
        Command::Db(db) => commands::database::run(context, db).await,
        Command::Schema(schema) => commands::schema::run(context, schema).await,
        Command::Pull(pull) => commands::pull::run(context, &pull).await,
        Command::Encrypt(encrypt) => commands::encrypt::run(context, encrypt).await,
        Command::Erd(erd) => commands::erd::run(context, erd).await,
        Command::Doctor(doctor) => commands::doctor::run(context, &doctor).await,
        Command::Explain(explain) => commands::explain::run(context, &explain).await,
        #[cfg(feature = "docs")]
        Command::Completions { shell } => docs::completions(shell),
        #[cfg(feature = "docs")]
        Command::Man { folder } => docs::man(&folder),
    }
}

/// Completions and manual pages.
#[cfg(feature = "docs")]
mod docs {
    use std::path::Path;

    use clap::CommandFactory;
    use serde_json::json;

    use crate::args::Cli;
    use crate::failure::{Failure, Outcome};
    use crate::report::Report;

    pub(crate) fn completions(shell: clap_complete::Shell) -> Outcome<Report> {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "orm", &mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let json = json!({ "text": text });
        Ok(Report::new(text, json))
    }

    pub(crate) fn man(folder: &Path) -> Outcome<Report> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
        clap_mangen::generate_to(Cli::command(), folder).map_err(|error| Failure::file("write", folder, &error))?;
        Ok(Report::new(format!("wrote the manual pages into {}", folder.display()), json!({ "folder": folder })))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        crate::args::Cli::command().debug_assert();
    }
}
