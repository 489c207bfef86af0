//! Tables with every part of DDL: cycles, checks, defaults, indexes, actions of foreign keys, names that need quotes.

use orm::prelude::*;

use super::kinds::Colour;

/// Points at [`Player`], which points back.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Team {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub captain_id: Option<i64>,
    #[orm(belongs_to)]
    pub captain: BelongsTo<Player>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Player {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub team_id: i64,
    #[orm(belongs_to)]
    pub team: BelongsTo<Team>,
}

/// It's a table; its comments and defaults hold quotes.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(unique(shop, number), index(name, desc(price)), check(name = "cheap", "price < 1000"))]
pub struct Product {
    #[orm(primary_key)]
    pub id: i64,
    /// The shop's number; 'quoted', "quoted" and \ not.
    pub shop: i32,
    pub number: i32,
    #[orm(length = 40, default = "it's \\ a; -- \"thing\"")]
    pub name: String,
    #[orm(check = "price >= 0", default = 1)]
    pub price: i64,
    #[orm(default_sql = "1 + 1")]
    pub stock: i32,
    #[orm(default = true)]
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(unique(email, where = "active = 1"))]
pub struct Partial {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 60)]
    pub email: String,
    pub active: i32,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(unique(expression = "lower(email)", name = "lowered_key"))]
pub struct Lowered {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 60)]
    pub email: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Parent {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "kids")]
pub struct Kid {
    #[orm(primary_key)]
    pub id: i64,
    pub cascade_id: Option<i64>,
    pub null_id: Option<i64>,
    pub restrict_id: Option<i64>,
    pub plain_id: Option<i64>,
    #[orm(belongs_to(key = cascade_id, on_delete = cascade, on_update = cascade))]
    pub cascading: BelongsTo<Parent>,
    #[orm(belongs_to(key = null_id, on_delete = set_null))]
    pub nulling: BelongsTo<Parent>,
    #[orm(belongs_to(key = restrict_id, on_delete = restrict))]
    pub restricting: BelongsTo<Parent>,
    #[orm(belongs_to(key = plain_id))]
    pub plain: BelongsTo<Parent>,
}

/// Names that mean something else without quotes.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "select \"from\" `it`; [x] ü --")]
pub struct Odd {
    #[orm(primary_key, column = "order")]
    pub id: i64,
    #[orm(column = "a\"b", unique, length = 40)]
    pub double: String,
    #[orm(column = "a`b", index)]
    pub tick: i32,
    #[orm(column = "a]b'c\\d")]
    pub bracket: Option<i32>,
    #[orm(column = "with space; --")]
    pub space: i32,
    #[orm(column = "größe ☃")]
    pub unicode: i32,
    #[orm(column = "Group", default = 5)]
    pub group: i32,
    pub parent: Option<i64>,
    #[orm(belongs_to(key = parent, references = id))]
    pub above: BelongsTo<Odd>,
    #[orm(has_many(key = parent))]
    pub below: HasMany<Odd>,
}

/// What injections must not touch.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "canary")]
pub struct Canary {
    #[orm(primary_key)]
    pub id: i64,
    pub text: String,
}

/// What constants of DDL may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(storage = "native")]
pub enum Sign {
    Plain,
    #[orm(rename = "\\'; DROP TABLE canary; --")]
    Odd,
}

/// Constants everywhere that DDL has them, all of them odd.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "quoted")]
pub struct Quoted {
    #[orm(primary_key)]
    pub id: i64,
    /// \'; DROP TABLE canary; -- \\ "x" it's
    #[orm(length = 60, default = "\\'; DROP TABLE canary; -- \\\\ \"x\" it's \\")]
    pub text: String,
    #[orm(default = Sign::Odd)]
    pub sign: Sign,
    #[orm(default = Colour::Blue)]
    pub colour: Colour,
    pub note: Option<String>,
}

/// An index that every database has.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "sorted", index(name, method = "btree"))]
pub struct Sorted {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 60)]
    pub name: String,
}

/// An index for equality alone.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "hashed", index(name, method = "hash"))]
pub struct Hashed {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 60)]
    pub name: String,
}

/// The indexes of MySQL and MariaDB that are not of values.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "worded", index(words, method = "fulltext"), index(place, method = "spatial"))]
pub struct Worded {
    #[orm(primary_key)]
    pub id: i64,
    pub words: String,
    #[orm(type = "POINT")]
    pub place: Vec<u8>,
}

/// The indexes of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(
    table = "methods",
    index(document, method = "gin"),
    index(span, method = "gist"),
    index(name, method = "spgist"),
    index(number, method = "brin")
)]
pub struct Methods {
    #[orm(primary_key)]
    pub id: i64,
    pub document: serde_json::Value,
    #[orm(type = "int4range")]
    pub span: String,
    pub name: String,
    pub number: i64,
}

/// A soft-deleting table whose unique keys are pointed at: one by another table and by itself, one that may be NULL.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Region {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 8)]
    pub code: String,
    #[orm(unique, length = 8)]
    pub alias: Option<String>,
    #[orm(unique, length = 8)]
    pub label: Option<String>,
    #[orm(length = 8)]
    pub within_code: Option<String>,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(key = within_code, references = code)]
    pub within: BelongsTo<Region>,
    #[orm(key = region_code, references = code)]
    pub places: HasMany<Place>,
    #[orm(key = known_as, references = alias)]
    pub known: HasMany<Place>,
}

/// Points at keys that are not primary.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Place {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 8)]
    pub region_code: String,
    #[orm(length = 8)]
    pub known_as: Option<String>,
    #[orm(key = region_code, references = code)]
    pub region: BelongsTo<Region>,
    #[orm(key = known_as, references = alias)]
    pub known: BelongsTo<Region>,
}
