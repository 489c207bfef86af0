//! Projections of columns that do not exist or are of another type.

use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: Option<String>,
}

#[derive(Projection)]
#[orm(model = User)]
struct Card {
    id: i64,
    name: String,
    nickname: String,
    #[orm(path = friend.name)]
    friend: String,
}

fn main() {}
