//! A column: its type, default and generation expression.

use std::fmt;

use super::EnumType;
use crate::value::{EnumStorage, SqlType, Value};

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: ColumnType,
    /// The type as the database's own text, when a model overrides the name that the dialect would choose, or as a
    /// database reports it.
    pub type_name: Option<String>,
    /// The greatest length of text in characters, of bytes in bytes; `None` is unbounded.
    pub length: Option<u32>,
    /// Digits in all and after the point, of a decimal.
    pub precision: Option<(u8, u8)>,
    /// The collation of text; `None` is that of the table or database.
    pub collation: Option<String>,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether the database increments the value by itself (identity, serial, AUTO_INCREMENT).
    pub auto_increment: bool,
    /// Whether the column is part of a key, an index or a foreign key: some databases bound the length of such text.
    pub indexed: bool,
    /// The default.
    pub default: Option<ColumnDefault>,
    /// How the database computes the column, when it does.
    pub generated: Option<Generated>,
    /// What else a database says of the column, as SQL, such as `ON UPDATE CURRENT_TIMESTAMP`.
    pub extra: Option<String>,
    /// The comment; empty for none.
    pub comment: String,
}

impl Column {
    /// A NOT NULL column without default; change the rest with the struct update syntax.
    ///
    /// ```
    /// use orm_core::schema::{Column, ColumnDefault};
    /// use orm_core::{SqlType, Value};
    ///
    /// let default = Some(ColumnDefault::Value(Value::Text("new".into())));
    /// let title = Column { length: Some(120), default, ..Column::new("title", SqlType::Text) };
    /// assert!(!title.nullable);
    /// ```
    pub fn new(name: impl Into<String>, ty: impl Into<ColumnType>) -> Self {
        Self {
            name: name.into(),
            ty: ty.into(),
            type_name: None,
            length: None,
            precision: None,
            collation: None,
            nullable: false,
            auto_increment: false,
            indexed: false,
            default: None,
            generated: None,
            extra: None,
            comment: String::new(),
        }
    }
}

/// The type of a column, as owned data: the static parts of a [`SqlType`] become text of the schema's own.
///
/// ```
/// use orm_core::schema::ColumnType;
/// use orm_core::SqlType;
///
/// assert_eq!(ColumnType::from(SqlType::I64), ColumnType::Plain(SqlType::I64));
/// assert_eq!(ColumnType::from(SqlType::Native("inet")), ColumnType::Native("inet".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnType {
    /// A type that is neither an enum nor a list nor one of the database's own.
    Plain(SqlType),
    /// An enum type of the database's own; text where it has none.
    Enum(EnumType),
    /// An enum that is stored as the text of its labels.
    EnumText(Vec<String>),
    /// A list of one element type.
    Array(Box<ColumnType>),
    /// A type that only some databases have, by its name there, such as `inet`.
    Native(String),
}

/// An enum stored as integers is an integer to the database.
impl From<SqlType> for ColumnType {
    fn from(ty: SqlType) -> Self {
        match ty {
            SqlType::Enum(def) => match def.storage {
                EnumStorage::Integer => Self::Plain(SqlType::I32),
                EnumStorage::Text => Self::EnumText(EnumType::from(def).labels),
                EnumStorage::Native => Self::Enum(def.into()),
            },
            SqlType::Array(element) => Self::Array(Box::new((*element).into())),
            SqlType::Native(name) => Self::Native(name.to_owned()),
            ty => Self::Plain(ty),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(ty) => ty.fmt(f),
            Self::Enum(ty) => write!(f, "enum {}", ty.name),
            Self::EnumText(labels) => write!(f, "enum of {}", labels.join(", ")),
            Self::Array(element) => write!(f, "array of {element}"),
            Self::Native(name) => f.write_str(name),
        }
    }
}

/// The default of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnDefault {
    /// A constant. Labels of enums and values of the database's own types are text.
    Value(Value),
    /// The time of the statement, in the form in which instants are stored.
    Now,
    /// An expression, as SQL.
    Sql(String),
}

/// How the database computes a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression, as SQL.
    pub sql: String,
    /// Whether the value is stored with the row, rather than computed when it is read.
    pub stored: bool,
}
