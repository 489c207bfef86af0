//! Relation fields are read by `get`, since they may not be loaded.

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

fn show(user: &User, post: &Post) {
    let _ = user.posts.len();
    let _ = user.posts.is_empty();
    for _ in user.posts.iter() {}
    for _ in &user.posts {}
    let _ = &user.posts[0];
    let _ = post.user.unwrap();
    let _ = &post.user.email;
}

fn main() {}
