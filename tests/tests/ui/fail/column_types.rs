//! Types that are none of a column: each is said once.

use orm::prelude::*;

#[derive(Debug, Clone)]
struct Address {
    street: String,
}

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    address: Address,
    work: Option<Address>,
    size: usize,
    name: &'static str,
    posts: Vec<Post>,
    first: Option<HasOne<Post>>,
}

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
}

fn main() {}
