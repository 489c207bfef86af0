//! The metadata of a column.

use super::TableName;
use super::mutability::Mutability;
use super::rule::{Normal, normalized};
use crate::value::{Scalar, SealDef, SealKind, SqlType, Type, Value};

/// A column of a table.
#[derive(Debug)]
pub struct ColumnDef {
    /// The table.
    pub table: &'static TableName,
    /// The position in [`ModelDef::columns`](super::ModelDef::columns).
    pub index: usize,
    /// The name in the database.
    pub name: &'static str,
    /// The name of the struct's field.
    pub field: &'static str,
    /// The type.
    pub ty: SqlType,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether the database counts the value up by itself.
    pub auto_increment: bool,
    /// What the column holds when a row is created without a value for it.
    pub default: DefaultDef,
    /// The longest text or byte string, in characters or bytes; `None` is unbounded.
    pub length: Option<u32>,
    /// Digits in all and after the point, of a decimal.
    pub precision: Option<(u8, u8)>,
    /// The type's name in the database, when the model overrides it.
    pub type_name: Option<&'static str>,
    /// A CHECK constraint, as SQL.
    pub check: Option<&'static str>,
    /// An expression the database computes the column from; such columns are never written.
    pub generated: Option<&'static str>,
    /// The comment.
    pub comment: &'static str,
    /// The name that the column had before, for a migration that is planned; empty for none.
    pub renamed_from: &'static str,
    /// Whether it is in nothing that is shown: not in `Debug`, JSON or lists.
    pub hidden: bool,
    /// What texts go through on their way into the column, and when they are compared with it.
    pub normal: &'static [Normal],
    /// Whether it has a number of rows that the library keeps, which `save` leaves out.
    pub counter: bool,
    /// How its value may change once the row is there.
    pub mutability: Mutability,
    /// How it is encrypted, if it is; then the column's type is bytes.
    pub sealed: Option<&'static SealDef>,
    /// The position of the column with its blind index; `None` without one.
    pub blind_index: Option<usize>,
}

/// Columns are equal when they are the same column of the same table.
impl PartialEq for ColumnDef {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table && self.index == other.index && self.name == other.name
    }
}

impl ColumnDef {
    /// A plain NOT NULL column of a type.
    pub const fn new(table: &'static TableName, index: usize, name: &'static str, ty: SqlType) -> Self {
        Self {
            table,
            index,
            name,
            field: name,
            ty,
            nullable: false,
            auto_increment: false,
            default: DefaultDef::None,
            length: None,
            precision: None,
            type_name: None,
            check: None,
            generated: None,
            comment: "",
            renamed_from: "",
            hidden: false,
            normal: &[],
            counter: false,
            mutability: Mutability::Free,
            sealed: None,
            blind_index: None,
        }
    }

    /// Whether the model declares a type of text.
    pub fn is_text(&self) -> bool {
        self.type_name.is_some_and(is_text)
    }

    /// A value as the column's normalisers leave it.
    pub(crate) fn normalized(&self, value: Value) -> Value {
        if self.normal.is_empty() { value } else { normalized(value, self.normal) }
    }

    /// Whether it is the blind index of another column, which the library writes.
    pub const fn is_blind_index(&self) -> bool {
        matches!(self.sealed, Some(SealDef { kind: SealKind::Index, .. }))
    }

    /// Whether the column holds UUIDs.
    pub(crate) const fn has_uuids(&self) -> bool {
        matches!(self.ty, SqlType::Uuid)
    }

    /// A plain column of a Rust type; the derive changes what differs with the struct's update syntax.
    pub const fn of<T: Type>(table: &'static TableName, index: usize, name: &'static str) -> Self {
        Self { nullable: T::NULLABLE, ..Self::new(table, index, name, <T::Base as Scalar>::TYPE) }
    }
}

/// Whether a type that a model names is one of text.
fn is_text(name: &str) -> bool {
    let base = name.split(['(', ' ']).next().unwrap_or(name);
    ["char", "varchar", "nchar", "nvarchar", "character", "text", "tinytext", "mediumtext", "longtext"]
        .iter()
        .any(|t| base.eq_ignore_ascii_case(t))
}

/// Where a missing value comes from when a row is created.
#[derive(Debug, Clone, Copy)]
pub enum DefaultDef {
    /// Nowhere: NULL where allowed; the time in columns of the model's timestamps; otherwise the value is required.
    None,
    /// A constant, written into the DDL and filled in by the client as well.
    Value(fn() -> Value),
    /// A function of the client, called for every row; not in the DDL.
    Client(fn() -> Value),
    /// An expression of the database, as SQL; the column is left out of the INSERT.
    Sql(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_text_are_known_by_their_name() {
        assert!(["CHAR(36)", "varchar", "character varying(36)", "TEXT", "LONGTEXT"].into_iter().all(is_text));
        assert!(!["BINARY(16)", "uuid", "textile", "charming"].into_iter().any(is_text));
    }
}
