//! Defaults that are not of the column's type.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(default = "x")]
    visits: i32,
    #[orm(default = 1)]
    name: String,
    #[orm(default = 1)]
    active: bool,
    #[orm(default = 0)]
    score: f64,
    #[orm(default = true)]
    level: Option<i64>,
    #[orm(default = -1)]
    right: i16,
}

fn main() {}
