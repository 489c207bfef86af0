//! In what two schemas differ: what is declared, and what a database has.

use std::fmt;

use super::{Check, Column, ColumnDefault, EnumType, ForeignKey, Generated, Index, PrimaryKey, QualifiedName, Table};
use crate::model::OnDelete;

/// One point in which the tables that a database has differ from those that models declare.
///
/// [`Display`](fmt::Display) says it in one sentence; [`breaks`](Self::breaks) tells what must be changed from what may
/// stay.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The table; for a difference of an enum type, the type.
    pub table: QualifiedName,
    /// The column, when it is about one.
    pub column: Option<String>,
    /// What differs.
    pub change: Change,
    /// How to make the database what is declared, or the declaration what the database is; empty where nothing is known
    /// but the difference.
    pub mend: String,
}

/// What differs. The first of two is what is declared, the second what is there.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// The table is not there.
    NoTable(Box<Table>),
    /// There is a view or another relation of the name, not a table.
    NotATable(String),
    /// The column is not there.
    NoColumn(Box<Column>),
    /// A column that no field reads.
    ExtraColumn(Box<Column>),
    /// Another type; whether values of the field can be read and found in it all the same.
    Type {
        /// As it is declared.
        declared: String,
        /// As it is.
        found: String,
        /// Whether values can be read, and found by what is read.
        suits: bool,
    },
    /// NULL is allowed here and not there, or the other way round.
    Nullable {
        /// As it is declared.
        declared: bool,
        /// As it is.
        found: bool,
    },
    /// The database increments the column by itself, or does not.
    AutoIncrement {
        /// As it is declared.
        declared: bool,
        /// As it is.
        found: bool,
    },
    /// Another default.
    Default {
        /// As it is declared.
        declared: Option<ColumnDefault>,
        /// As it is.
        found: Option<ColumnDefault>,
    },
    /// Computed by the database, or not, or in another way.
    Generated {
        /// As it is declared.
        declared: Option<Generated>,
        /// As it is.
        found: Option<Generated>,
    },
    /// Another collation than the declared one.
    Collation {
        /// As it is declared.
        declared: String,
        /// As it is; `None` is that of the table.
        found: Option<String>,
    },
    /// Another comment, of the column or of the table.
    Comment {
        /// As it is declared.
        declared: String,
        /// As it is.
        found: String,
    },
    /// Another primary key.
    PrimaryKey {
        /// As it is declared.
        declared: Option<PrimaryKey>,
        /// As it is.
        found: Option<PrimaryKey>,
    },
    /// The index or unique key is not there.
    NoIndex(Box<Index>),
    /// An index or unique key that is not declared.
    ExtraIndex(Box<Index>),
    /// The foreign key is not there.
    NoForeignKey(Box<ForeignKey>),
    /// A foreign key that is not declared.
    ExtraForeignKey(Box<ForeignKey>),
    /// A foreign key with other actions.
    Actions {
        /// As it is declared.
        declared: Box<ForeignKey>,
        /// As it is.
        found: Box<ForeignKey>,
    },
    /// The CHECK is not there.
    NoCheck(Box<Check>),
    /// A CHECK that is not declared.
    ExtraCheck(Box<Check>),
    /// A CHECK of the name with another condition.
    Check {
        /// As it is declared.
        declared: Box<Check>,
        /// As it is.
        found: Box<Check>,
    },
    /// The enum type is not there.
    NoEnum(EnumType),
    /// Other labels, or another order of them.
    Labels {
        /// As they are declared.
        declared: Vec<String>,
        /// As they are.
        found: Vec<String>,
    },
}

impl Difference {
    pub(crate) fn new(table: &QualifiedName, column: Option<&str>, change: Change) -> Self {
        Self { table: table.clone(), column: column.map(str::to_owned), change, mend: String::new() }
    }

    /// Whether statements of the model must fail: a table or column is not there, a column's type does not suit the field,
    /// a column that no field fills wants a value. Other differences change what the database checks or how fast it is.
    ///
    /// ```
    /// use orm_core::schema::{Change, Index, IndexKey};
    ///
    /// assert!(Change::NotATable("view".into()).breaks());
    /// assert!(!Change::NoIndex(Box::new(Index::new("users_age_idx", vec![IndexKey::column("age")]))).breaks());
    /// ```
    pub fn breaks(&self) -> bool {
        self.change.breaks()
    }
}

impl Change {
    /// See [`Difference::breaks`].
    pub fn breaks(&self) -> bool {
        match self {
            Self::NoTable(_) | Self::NotATable(_) | Self::NoColumn(_) => true,
            Self::Type { suits, .. } => !suits,
            Self::ExtraColumn(column) => {
                !column.nullable && column.default.is_none() && column.generated.is_none() && !column.auto_increment
            }
            Self::Generated { declared, found } => declared.is_none() && found.is_some(),
            _ => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}", self.table)?;
        if let Some(column) = &self.column {
            write!(f, ".{column}")?;
        }
        write!(f, "`: {}", self.change)?;
        if !self.mend.is_empty() {
            write!(f, "; {}", self.mend)?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable(_) => f.write_str("the table is not there"),
            Self::NotATable(kind) => write!(f, "a {kind} has this name, not a table"),
            Self::NoColumn(_) => f.write_str("the column is not there"),
            Self::ExtraColumn(column) if self.breaks() => {
                write!(f, "no field has this column ({}), which is NOT NULL without a default", shown_type(column))
            }
            Self::ExtraColumn(column) => write!(f, "no field has this column ({})", shown_type(column)),
            Self::Type { declared, found, .. } => write!(f, "the type is {found}, the model says {declared}"),
            Self::Nullable { found: true, .. } => f.write_str("NULL is allowed, and the field is no `Option`"),
            Self::Nullable { .. } => f.write_str("NULL is not allowed, and the field is an `Option`"),
            Self::AutoIncrement { declared: true, .. } => f.write_str("the database does not count the column up"),
            Self::AutoIncrement { .. } => f.write_str("the database counts the column up, the model does not say so"),
            Self::Default { declared, found } => {
                write!(f, "the default is {}, the model says {}", shown(found.as_ref()), shown(declared.as_ref()))
            }
            Self::Generated { declared: Some(_), found: None } => {
                f.write_str("the database does not compute the column")
            }
            Self::Generated { declared: None, .. } => f.write_str("the database computes the column"),
            Self::Generated { .. } => f.write_str("the database computes the column in another way"),
            Self::Collation { declared, found } => {
                let found = found.as_deref().unwrap_or("that of the table");
                write!(f, "the collation is {found}, the model says {declared}")
            }
            Self::Comment { declared, found } => write!(f, "the comment is {found:?}, the model says {declared:?}"),
            Self::PrimaryKey { declared, found } => {
                let columns = |key: &Option<PrimaryKey>| match key {
                    Some(key) => format!("({})", key.columns.join(", ")),
                    None => "none".to_owned(),
                };
                write!(f, "the primary key is {}, the model says {}", columns(found), columns(declared))
            }
            Self::NoIndex(index) => write!(f, "the {} is not there", shown_index(index)),
            Self::ExtraIndex(index) => write!(f, "the {} is not in the model", shown_index(index)),
            Self::NoForeignKey(key) => write!(f, "the foreign key {} is not there", shown_key(key)),
            Self::ExtraForeignKey(key) => write!(f, "the foreign key {} is not in the model", shown_key(key)),
            Self::Actions { declared, found } => {
                write!(f, "the foreign key {} has {}", shown_key(found), shown_actions(found))?;
                write!(f, ", the model says {}", shown_actions(declared))
            }
            Self::NoCheck(check) => write!(f, "the CHECK `{}` is not there", check.name),
            Self::ExtraCheck(check) => write!(f, "the CHECK `{}` is not in the model", check.name),
            Self::Check { found, .. } => write!(f, "the CHECK `{}` has another condition", found.name),
            Self::NoEnum(_) => f.write_str("the enum type is not there"),
            Self::Labels { declared, found } => {
                write!(f, "the labels are {}; the enum has {}", found.join(", "), declared.join(", "))
            }
        }
    }
}

fn shown_type(column: &Column) -> String {
    column.type_name.clone().unwrap_or_else(|| column.ty.to_string())
}

fn shown(default: Option<&ColumnDefault>) -> String {
    match default {
        None => "none".to_owned(),
        Some(ColumnDefault::Now) => "the current time".to_owned(),
        Some(ColumnDefault::Sql(sql)) => sql.clone(),
        Some(ColumnDefault::Value(crate::value::Value::Text(text))) => format!("{text:?}"),
        Some(ColumnDefault::Value(_)) => "another constant".to_owned(),
    }
}

fn shown_index(index: &Index) -> String {
    let keys: Vec<&str> = index.keys.iter().map(|key| key.name().unwrap_or("an expression")).collect();
    let kind = if index.unique { "unique key" } else { "index" };
    format!("{kind} `{}` on ({})", index.name, keys.join(", "))
}

fn shown_key(key: &ForeignKey) -> String {
    format!("({}) to {} ({})", key.columns.join(", "), key.target, key.target_columns.join(", "))
}

fn shown_actions(key: &ForeignKey) -> String {
    let name = |action: OnDelete| match action {
        OnDelete::NoAction => "NO ACTION",
        OnDelete::Restrict => "RESTRICT",
        OnDelete::Cascade => "CASCADE",
        OnDelete::SetNull => "SET NULL",
        OnDelete::SetDefault => "SET DEFAULT",
    };
    format!("ON DELETE {} ON UPDATE {}", name(key.on_delete), name(key.on_update))
}
