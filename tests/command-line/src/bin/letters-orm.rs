//! The command `orm` of a project whose table was there before its column was encrypted.

#![allow(dead_code, missing_docs)] // nobody reads the fields

use orm::prelude::*;

#[derive(Clone, Model)]
pub struct Letter {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(encrypt(allow_plaintext))]
    pub body: String,
}

fn main() -> std::process::ExitCode {
    orm_cli::main()
}
