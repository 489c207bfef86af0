//! Where `#[orm::serde]` stands, and what it takes.

use orm::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[orm::serde]
struct Below {
    #[orm(primary_key)]
    id: i64,
    posts: HasMany<Post>,
}

#[orm::serde(rename_all = "camelCase")]
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    below_id: i64,
}

#[orm::serde]
#[derive(Debug, Clone, Copy, Enum)]
enum Mood {
    Happy,
}

fn main() {}
