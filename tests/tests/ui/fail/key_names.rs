//! Relations whose foreign key has another name on the other side.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    posts: HasMany<Post>,
    profile: HasOne<Post>,
    groups: BelongsToMany<Group, Membership>,
}

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    author_id: i64,
    #[orm(belongs_to(key = author_id))]
    author: BelongsTo<User>,
}

#[derive(Debug, Clone, Model)]
struct Group {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(user_id, team_id))]
struct Membership {
    user_id: i64,
    team_id: i64,
}

fn main() {}
