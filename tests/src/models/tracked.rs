//! Models that remember their columns.

use orm::prelude::*;
use orm::{Json, Snapshot};

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Article {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub title: String,
    pub tags: Json<Vec<String>>,
    #[orm(default = 0)]
    pub visits: i32,
    #[orm(default_fn = new_code)]
    pub code: i64,
    #[orm(updated_at)]
    pub changed_at: DateTime<Utc>,
    #[orm(tracked)]
    pub read: Snapshot,
    pub notes: HasMany<ArticleNote>,
}

/// A code that no other article has.
fn new_code() -> i64 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static LAST: AtomicI64 = AtomicI64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct ArticleNote {
    #[orm(primary_key)]
    pub id: i64,
    pub article_id: i64,
    #[orm(length = 40, validate(length = 2..=40))]
    pub text: String,
    #[orm(version)]
    pub version: i32,
    #[orm(tracked)]
    pub read: Snapshot,
    pub article: BelongsTo<Article>,
}

/// A column that only the database has a value for.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Stamp {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(default_sql = "7")]
    pub number: i32,
    #[orm(length = 40)]
    pub text: Option<String>,
}

/// The tables.
pub type Articles = (Article, ArticleNote, Stamp);
