//! What a database has beside tables and enum types.

use std::fmt;

use super::QualifiedName;

/// Something that models do not declare, as the database describes it. The library neither changes nor drops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// The name.
    pub name: QualifiedName,
    /// The table it belongs to, if it belongs to one.
    pub table: Option<QualifiedName>,
    /// Its definition, as the database gives it.
    pub sql: String,
}

/// Kinds of objects beside tables and enum types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A view.
    View,
    /// A view whose rows are stored.
    MaterializedView,
    /// A table whose rows are elsewhere: a foreign table, a virtual table of SQLite.
    ForeignTable,
    /// A trigger.
    Trigger,
    /// A sequence that belongs to no column.
    Sequence,
    /// A domain, a composite or a range type.
    Type,
    /// A constraint of a kind that [`Table`](super::Table) has no field for, such as an exclusion constraint.
    Constraint,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::ForeignTable => "foreign table",
            Self::Trigger => "trigger",
            Self::Sequence => "sequence",
            Self::Type => "type",
            Self::Constraint => "constraint",
        })
    }
}
