//! The dialect-neutral types of columns and values. Their names in one database's DDL are its dialect's work.

use std::fmt;

/// The type of a column or value, before a dialect names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// true or false.
    Bool,
    /// A signed 8-bit integer.
    I8,
    /// A signed 16-bit integer.
    I16,
    /// A signed 32-bit integer.
    I32,
    /// A signed 64-bit integer.
    I64,
    /// An unsigned 8-bit integer.
    U8,
    /// An unsigned 16-bit integer.
    U16,
    /// An unsigned 32-bit integer.
    U32,
    /// An unsigned 64-bit integer.
    U64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// One character.
    Char,
    /// Text; bounded when the column has a length.
    Text,
    /// Bytes; bounded when the column has a length.
    Bytes,
    /// A UUID.
    Uuid,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A date and time without a zone.
    DateTime,
    /// An instant; UTC both ways.
    Timestamp,
    /// An exact decimal number.
    Decimal,
    /// A JSON document.
    Json,
    /// One of a fixed set of labels.
    Enum(&'static EnumDef),
    /// A list of one element type.
    Array(&'static SqlType),
    /// A type that only some databases have, by its name there, such as `inet`.
    Native(&'static str),
}

impl SqlType {
    /// The least and the greatest value of an integer type, in digits.
    ///
    /// ```
    /// assert_eq!(orm_core::SqlType::I8.integer_range(), Some(("-128", "127")));
    /// assert_eq!(orm_core::SqlType::Text.integer_range(), None);
    /// ```
    pub fn integer_range(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::I8 => ("-128", "127"),
            Self::I16 => ("-32768", "32767"),
            Self::I32 => ("-2147483648", "2147483647"),
            Self::I64 => ("-9223372036854775808", "9223372036854775807"),
            Self::U8 => ("0", "255"),
            Self::U16 => ("0", "65535"),
            Self::U32 => ("0", "4294967295"),
            Self::U64 => ("0", "18446744073709551615"),
            _ => return None,
        })
    }

    /// Whether this is one of the integer types.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::U8 | Self::U16 | Self::U32 | Self::U64)
    }
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date and time",
            Self::Timestamp => "timestamp",
            Self::Decimal => "decimal",
            Self::Json => "json",
            Self::Enum(def) => return write!(f, "enum {}", def.name),
            Self::Array(element) => return write!(f, "array of {element}"),
            Self::Native(name) => name,
        })
    }
}

/// The labels of an enum and how its columns store them. Made by `derive(Enum)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct EnumDef {
    /// The name of the database's enum type, when stored natively.
    pub name: &'static str,
    /// The stored labels, in declaration order.
    pub labels: &'static [&'static str],
    /// How columns store it.
    pub storage: EnumStorage,
}

/// How the columns of an enum store its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnumStorage {
    /// As the label's text, with a CHECK on the labels.
    Text,
    /// As the variant's integer.
    Integer,
    /// As the database's own enum type; text with a CHECK where it has none.
    Native,
}
