//! One key that points at several models: a text that the other end does not know, a column that is no text.

use orm::prelude::*;

#[derive(Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(key = about_id, when(about_type = "Pots"))]
    comments: HasMany<Comment>,
    #[orm(key = about_id, when(number = "Post"))]
    numbered: HasMany<Comment>,
}

#[derive(Model)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    number: i32,
    about_type: String,
    about_id: i64,
    #[orm(key = about_id, when(about_type = "Post"))]
    post: BelongsTo<Post>,
}

fn main() {
    let _ = |post: &Post| post.comments().create();
}
