//! `Debug` of a model with an encrypted column is written by the derive, without the column.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct Patient {
    #[orm(primary_key)]
    id: i64,
    #[orm(encrypt)]
    name: String,
}

fn main() {}
