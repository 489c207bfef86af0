//! Soft deletion on both sides of a relation.

use chrono::{DateTime, Utc};
use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "shelves", paranoid)]
pub struct Shelf {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(has_many)]
    pub books: HasMany<Book>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Book {
    #[orm(primary_key)]
    pub id: i64,
    pub shelf_id: i64,
    pub title: String,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(belongs_to)]
    pub shelf: BelongsTo<Shelf>,
}
