//! The schema of a database as owned data that can be compared: tables, columns, keys, indexes, constraints, enum types,
//! and the operations that change them. Models fill it through [`from_models`], a database through
//! [`Introspect`](crate::dialect::Introspect). SQL is written from it in `dialect`.

mod column;
mod declared;
mod difference;
mod foreign_key;
mod index;
mod object;
mod operation;
mod table;

use std::fmt;

pub use column::{Column, ColumnDefault, ColumnType, Generated};
pub use declared::from_models;
pub(crate) use declared::join_keys;
pub use difference::{Change, Difference};
pub use foreign_key::{Deferrable, ForeignKey};
pub use index::{Index, IndexKey};
pub use object::{Object, ObjectKind};
pub use operation::Operation;
pub use table::{Check, CheckCondition, PrimaryKey, Table};

use crate::value::EnumDef;

/// Tables and enum types. Two schemas are equal when they declare the same, in the same order.
///
/// ```
/// use orm_core::schema::{Column, Schema, Table};
/// use orm_core::SqlType;
///
/// let users = Table { columns: vec![Column::new("id", SqlType::I64)], ..Table::new("users") };
/// let schema = Schema { tables: vec![users], ..Schema::default() };
/// let mut other = schema.clone();
/// assert_eq!(other, schema);
/// other.tables[0].columns[0].nullable = true;
/// assert_ne!(other, schema);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// The tables. [`from_models`] orders them so that a table comes after those its foreign keys point at, except in
    /// cycles.
    pub tables: Vec<Table>,
    /// The enum types that columns of type [`ColumnType::Enum`] use.
    pub enums: Vec<EnumType>,
    /// What a database has beside them, such as views and triggers. Models declare none.
    pub objects: Vec<Object>,
}

impl Schema {
    /// The table of a name.
    ///
    /// ```
    /// use orm_core::schema::{QualifiedName, Schema, Table};
    ///
    /// let schema = Schema { tables: vec![Table::new("users")], ..Schema::default() };
    /// assert!(schema.table(&"users".into()).is_some());
    /// assert!(schema.table(&QualifiedName::of("app", "users")).is_none());
    /// ```
    pub fn table(&self, name: &QualifiedName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }
}

/// The name of a table or enum type, with its schema when that is not the connection's own.
///
/// ```
/// use orm_core::schema::QualifiedName;
///
/// assert_eq!(QualifiedName::from("users").to_string(), "users");
/// assert_eq!(QualifiedName::of("app", "users").to_string(), "app.users");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QualifiedName {
    /// The schema (a database, on MySQL).
    pub schema: Option<String>,
    /// The name in the schema.
    pub name: String,
}

impl QualifiedName {
    /// A name in a schema.
    pub fn of(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into() }
    }
}

/// A name in the connection's own schema.
impl From<&str> for QualifiedName {
    fn from(name: &str) -> Self {
        Self { schema: None, name: name.to_owned() }
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// An enum type of the database's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnumType {
    /// The name.
    pub name: QualifiedName,
    /// The labels, in their order.
    pub labels: Vec<String>,
}

/// The type of an enum that is stored natively. A dot in its name separates the schema.
impl From<&EnumDef> for EnumType {
    fn from(def: &EnumDef) -> Self {
        let name = match def.name.split_once('.') {
            Some((schema, name)) => QualifiedName::of(schema, name),
            None => def.name.into(),
        };
        Self { name, labels: def.labels.iter().map(|label| (*label).to_owned()).collect() }
    }
}
