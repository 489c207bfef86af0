//! Rows of one table that point at each other, with defaults of every origin.

use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(timestamps)]
pub struct Node {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub label: String,
    pub note: Option<String>,
    #[orm(default = 0)]
    pub visits: i32,
    #[orm(default_sql = "7")]
    pub weight: i32,
    pub parent_id: Option<i64>,
    #[orm(version)]
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub parent: BelongsTo<Node>,
    #[orm(key = parent_id)]
    pub children: HasMany<Node>,
}
