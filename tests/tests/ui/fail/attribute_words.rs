//! Attributes that are misspelled or missing, or contradict each other.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(tabel = "users")]
struct Misspelled {
    #[orm(primary_keys)]
    id: i64,
    #[orm(rename = other)]
    renamed: i64,
    #[orm(column_name = "x")]
    unknown: i64,
    #[orm(default("x"))]
    listed: String,
    #[orm(type = text)]
    typed: String,
    #[orm(index = true)]
    indexed: String,
}

#[derive(Debug, Clone, Model)]
struct WithoutKey {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(id))]
struct TwoKeys {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Debug, Clone, Model)]
struct NullableKey {
    #[orm(primary_key)]
    id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[orm(timestamps, index(nam))]
struct Incomplete {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[orm(paranoid)]
struct AlwaysDeleted {
    #[orm(primary_key)]
    id: i64,
    deleted_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Model)]
struct Owner {
    #[orm(primary_key)]
    id: i64,
    key_id: i32,
    #[orm(belongs_to(key = key_id))]
    key: BelongsTo<Owner>,
    nothing: BelongsTo<Owner>,
}

fn main() {}
