//! The models of users with posts and comments, for the databases of all binaries. What is done with them is in the binaries.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub posts: HasMany<Post>,
}

#[derive(Debug, Clone, Model)]
pub struct Post {
    #[orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub title: String,
    pub user: BelongsTo<User>,
    pub comments: HasMany<Comment>,
}

#[derive(Debug, Clone, Model)]
pub struct Comment {
    #[orm(primary_key)]
    pub id: i64,
    pub post_id: i64,
    pub text: String,
    pub post: BelongsTo<Post>,
}
