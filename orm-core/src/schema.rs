//! A snapshot of tables, as declared by models (or, later, read back from a database). DDL is rendered from it.

mod declared;
mod table;

pub use declared::from_models;
pub use table::{
    CheckCondition, CheckSchema, ColumnDefault, ColumnSchema, ForeignKey, IndexKey, IndexSchema, TableSchema,
};

use crate::value::EnumDef;

/// Tables in the order in which they can be created: a table comes after those it points at, but for cycles.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The tables.
    pub tables: Vec<TableSchema>,
    /// The enums stored natively.
    pub enums: Vec<&'static EnumDef>,
}
