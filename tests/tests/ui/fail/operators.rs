//! Operators of Rust between columns and conditions.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    email: String,
    name: Option<String>,
    #[orm(default = 0)]
    visits: i32,
    posts: HasMany<Post>,
}

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
    title: String,
    user: BelongsTo<User>,
}

fn conditions() {
    let _ = User::find_all().filter(User::VISITS.gt(1) && User::EMAIL.eq("x"));
    let _ = User::find_all().filter(User::VISITS.gt(1) || User::EMAIL.eq("x"));
    let _ = User::find_all().filter(User::VISITS > 1);
    let _ = User::find_all().filter(User::VISITS == 1);
    let _ = User::find_all().filter("visits > 1");
    let _ = User::find_all().filter(true);
}

fn main() {}
