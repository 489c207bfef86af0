//! Defaults of other types than their columns.

use orm::prelude::*;

#[derive(Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(default = 1)]
    title: String,
    #[orm(default_fn = String::new)]
    likes: i64,
}

fn main() {}
