//! A table, its primary key and its checks.

use super::{Column, ForeignKey, Index, QualifiedName};
use crate::value::SqlType;

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The name.
    pub name: QualifiedName,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Indexes and unique keys.
    pub indexes: Vec<Index>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints.
    pub checks: Vec<Check>,
    /// What follows the column list in CREATE TABLE, as SQL, such as an engine; `None` is the dialect's choice.
    pub options: Option<String>,
    /// The statement by which a database describes the table, where it keeps one, with what no other field says.
    pub definition: Option<String>,
    /// The comment; empty for none.
    pub comment: String,
}

impl Table {
    /// A table of the connection's own schema, without columns; change the rest with the struct update syntax.
    ///
    /// ```
    /// use orm_core::schema::{Column, PrimaryKey, Table};
    /// use orm_core::SqlType;
    ///
    /// let table = Table {
    ///     columns: vec![Column::new("id", SqlType::I64)],
    ///     primary_key: Some(PrimaryKey::new(["id"])),
    ///     ..Table::new("users")
    /// };
    /// assert!(table.column("id").is_some());
    /// ```
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            options: None,
            definition: None,
            comment: String::new(),
        }
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The constraint's name; `None` is the database's choice.
    pub name: Option<String>,
    /// The columns, in their order.
    pub columns: Vec<String>,
}

impl PrimaryKey {
    /// A key that the database names.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { name: None, columns: columns.into_iter().map(Into::into).collect() }
    }
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The name.
    pub name: String,
    /// The condition.
    pub condition: CheckCondition,
}

/// The condition of a CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckCondition {
    /// A condition, as SQL.
    Sql(String),
    /// The column of an enum holds one of its labels.
    Labels {
        /// The column.
        column: String,
        /// The labels.
        labels: Vec<String>,
    },
    /// The column of an integer holds a value of its Rust type.
    Range {
        /// The column.
        column: String,
        /// The type.
        ty: SqlType,
    },
    /// Of these keys, exactly one has no column that is NULL; at most one where it is not required.
    OneKey {
        /// The columns of each key.
        keys: Vec<Vec<String>>,
        /// Whether there must be one.
        required: bool,
    },
}
