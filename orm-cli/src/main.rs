//! The program `orm`. What it does is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    orm_cli::main()
}
