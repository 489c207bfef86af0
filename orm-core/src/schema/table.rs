//! One table of a snapshot.

use crate::model::OnDelete;
use crate::value::{SqlType, Value};

/// A table.
#[derive(Debug, Clone)]
pub struct TableSchema {
    /// The schema, when it is not the connection's own.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// The columns.
    pub columns: Vec<ColumnSchema>,
    /// The names of the primary key's columns.
    pub primary_key: Vec<String>,
    /// Indexes and unique keys.
    pub indexes: Vec<IndexSchema>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints.
    pub checks: Vec<CheckSchema>,
    /// The comment.
    pub comment: String,
}

impl TableSchema {
    /// Whether both are one table: tables of one name may be in several schemas.
    pub fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.schema == other.schema
    }
}

/// A column.
#[derive(Debug, Clone)]
pub struct ColumnSchema {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: SqlType,
    /// The type's name in the database, when the model overrides it.
    pub type_name: Option<String>,
    /// The longest text or byte string.
    pub length: Option<u32>,
    /// Digits in all and after the point.
    pub precision: Option<(u8, u8)>,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether the database counts the value up by itself.
    pub auto_increment: bool,
    /// Whether the column is part of a key or index; some databases bound the length of such text.
    pub indexed: bool,
    /// The default.
    pub default: ColumnDefault,
    /// An expression the database computes the column from.
    pub generated: Option<String>,
    /// The comment.
    pub comment: String,
}

/// The default of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnDefault {
    /// None.
    None,
    /// A constant.
    Value(Value),
    /// An expression.
    Sql(String),
}

/// An index or unique key.
#[derive(Debug, Clone)]
pub struct IndexSchema {
    /// The name.
    pub name: String,
    /// Whether no two rows may have the same values.
    pub unique: bool,
    /// The key parts.
    pub keys: Vec<IndexKey>,
    /// The access method.
    pub method: Option<String>,
    /// The rows covered, as SQL.
    pub filter: Option<String>,
    /// The column that marks rows as deleted, when the unique key is about the others only.
    pub alive: Option<String>,
}

/// One key part of an index.
#[derive(Debug, Clone)]
pub enum IndexKey {
    /// A column.
    Column {
        /// The name.
        name: String,
        /// Whether the index descends.
        descending: bool,
    },
    /// An expression, as SQL.
    Expression(String),
}

/// A foreign key.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The columns.
    pub columns: Vec<String>,
    /// The schema of the table pointed at.
    pub target_schema: Option<String>,
    /// The table pointed at.
    pub target_table: String,
    /// The columns pointed at.
    pub target_columns: Vec<String>,
    /// What happens when the row pointed at is removed.
    pub on_delete: OnDelete,
    /// What happens when the key pointed at changes.
    pub on_update: OnDelete,
}

impl ForeignKey {
    /// Whether this is the table pointed at.
    pub fn points_at(&self, table: &TableSchema) -> bool {
        self.target_table == table.name && self.target_schema == table.schema
    }
}

/// A CHECK constraint.
#[derive(Debug, Clone)]
pub struct CheckSchema {
    /// The name.
    pub name: String,
    /// The condition.
    pub condition: CheckCondition,
}

/// The condition of a CHECK constraint.
#[derive(Debug, Clone)]
pub enum CheckCondition {
    /// SQL the user wrote.
    Sql(String),
    /// A column holds one of these constants.
    OneOf(String, Vec<Value>),
    /// Of these keys, one has no column that is NULL; where it is not required, at most one.
    OneKey {
        /// The columns of each key.
        keys: Vec<Vec<String>>,
        /// Whether there must be one.
        required: bool,
    },
}
