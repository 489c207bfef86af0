//! Fields for one row where there may be none or several, and fields of another type than what is read into them.

use orm::prelude::*;

#[derive(Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    posts: HasMany<Post>,
}

#[derive(Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    user_id: i64,
    reviewer_id: Option<i64>,
    user: BelongsTo<User>,
    reviewer: BelongsTo<User>,
}

#[derive(Projection)]
#[orm(model = Post)]
struct Card {
    #[orm(nested = user)]
    user: User,
    #[orm(nested = reviewer)]
    reviewer: User,
    #[orm(nested = Post::USER.filter(User::ID.gt(1)))]
    some: User,
    #[orm(path = user(User).name)]
    by: String,
    #[orm(path = reviewer(User).name)]
    reviewed_by: String,
    #[orm(expr = Post::TITLE.length())]
    length: i32,
}

#[derive(Projection)]
#[orm(model = User)]
struct Profile {
    #[orm(nested = posts)]
    post: Post,
}

fn main() {}
