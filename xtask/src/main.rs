//! The project's commands: `cargo xtask <command>`. Here: the command line and nothing else. Each command lives in the
//! module of its name; what they share about child processes is in `process`.
#![allow(clippy::print_stdout, reason = "a command-line tool talks on stdout")]

mod browser;
mod process;
mod scriptdom;
mod servers;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command>

  test [--install] [--backend NAME]... [-- ARGS]
            Start the database servers, run the tests of the workspace, stop the servers.
            --install       get missing servers (Debian: apt as root; MySQL needs no root), the parser of T-SQL and a
                            browser. CI=true does the same, and makes what is missing an error
            --backend NAME  only the tests of sqlite, postgres, mariadb or mysql
            ARGS            go to `cargo nextest run`, or to `cargo test` where nextest is not installed
  tidy      Check the rules of the house that no compiler checks.
  servers [--install] [--backend NAME]...
            Start the database servers, print the variables that name them, stop them on Ctrl-C.
  test --clusters [--install] [-- ARGS]
            Start servers that follow each other, run the tests of replicas, stop the servers.
  cluster NAME [--install]
            Start servers that follow each other, `pg-replica` or `mariadb-replica`, print the variables that name them,
            stop them on Ctrl-C.
  server NAME DIR PORT
            Start one server on a data directory of its own, made when missing and kept afterwards (for tests that
            kill and restart a server). Prints `pid=`, `url=`, then `ready`.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = process::watch_for_interrupt().and_then(|()| match args.split_first() {
        Some((command, rest)) => match command.as_str() {
            "test" => test::run(rest),
            "servers" => servers::command::all(rest),
            "cluster" => servers::command::cluster(rest),
            "tidy" => tidy::run(rest),
            "server" => servers::command::one(rest),
            _ => Err(format!("unknown command `{command}`\n\n{USAGE}")),
        },
        None => Err(USAGE.to_owned()),
    });
    match outcome {
        _ if process::interrupted() => ExitCode::from(130),
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
