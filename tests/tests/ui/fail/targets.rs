//! Relations to what is no model: each is said once.

use orm::prelude::*;

#[derive(Debug, Clone)]
struct Country {
    id: i64,
}

#[derive(Debug, Clone)]
struct Thing {
    id: i64,
}

#[derive(Debug, Clone)]
struct Membership {
    id: i64,
}

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    country_id: i64,
    country: BelongsTo<Country>,
    things: HasMany<Thing>,
    groups: BelongsToMany<Post, Membership>,
    number_id: Option<i64>,
    number: BelongsTo<i64>,
}

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
