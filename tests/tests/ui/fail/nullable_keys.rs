//! A key that may be NULL, and foreign keys of another type than it.

use orm::prelude::*;

#[derive(Model)]
struct Tag {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique)]
    alias: Option<String>,
    #[orm(key = tag_alias, references = alias)]
    marks: HasMany<Mark>,
}

#[derive(Model)]
struct Mark {
    #[orm(primary_key)]
    id: i64,
    tag_alias: i32,
    other: Option<i32>,
    #[orm(key = other, references = alias)]
    tag: BelongsTo<Tag>,
}

fn main() {}
