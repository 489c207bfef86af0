//! Relations over keys that do not exist or do not fit, and to what is no model.

use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    posts: HasMany<Post>,
    #[orm(key = autor_id)]
    written: HasMany<Post>,
    things: HasMany<Thing>,
    comments: HasMany<Comment>,
    country: BelongsTo<Country>,
}

#[derive(Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    user_id: String,
    author_id: i64,
    user: BelongsTo<User>,
}

#[derive(Model)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
}

struct Thing;

fn main() {
    let _ = |user: &User| user.comments().create();
}
