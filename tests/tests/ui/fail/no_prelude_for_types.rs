//! The types of relations where the prelude is missing.

use orm::Model;

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    comments: HasMany<Comment>,
}

#[derive(Debug, Clone, Model)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    post_id: i64,
    post: BelongsTo<Post>,
}

fn main() {}
