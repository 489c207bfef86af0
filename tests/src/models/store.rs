//! Soft deletion on several levels: boxes in boxes, with items that have notes, and marks on boxes.

use chrono::{DateTime, Utc};
use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "boxes", paranoid)]
pub struct Carton {
    #[orm(primary_key)]
    pub id: i64,
    pub outer_id: Option<i64>,
    #[orm(version)]
    pub version: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    pub outer: BelongsTo<Self>,
    #[orm(key = outer_id)]
    pub inner: HasMany<Self>,
    pub things: HasMany<Thing>,
    pub marks: BelongsToMany<Sign, Marking>,
    pub markings: HasMany<Marking>,
}

/// Has a key of two columns.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Thing {
    #[orm(primary_key)]
    pub carton_id: i64,
    #[orm(primary_key)]
    pub number: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    pub carton: BelongsTo<Carton>,
    #[orm(key(carton_id, number))]
    pub notes: HasMany<Note>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Note {
    #[orm(primary_key)]
    pub id: i64,
    pub carton_id: i64,
    pub number: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(key(carton_id, number), references(carton_id, number))]
    pub thing: BelongsTo<Thing>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Sign {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(carton_id, sign_id), paranoid)]
pub struct Marking {
    pub carton_id: i64,
    pub sign_id: i64,
    pub deleted_at: Option<DateTime<Utc>>,
    pub carton: BelongsTo<Carton>,
    pub sign: BelongsTo<Sign>,
}

/// All tables.
pub type Store = (Carton, Thing, Note, Sign, Marking);
