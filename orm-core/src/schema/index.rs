//! Indexes and unique keys.

use super::QualifiedName;

/// An index or unique key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The name.
    pub name: String,
    /// Whether no two rows may have the same key.
    pub unique: bool,
    /// Whether it is declared as a UNIQUE constraint rather than as an index.
    pub constraint: bool,
    /// The parts of the key, in their order.
    pub keys: Vec<IndexKey>,
    /// Columns that are stored in the index without being part of the key.
    pub include: Vec<String>,
    /// The access method, such as `gin`; `None` is the database's choice.
    pub method: Option<String>,
    /// The rows covered, as SQL; `None` is all.
    pub filter: Option<String>,
    /// The soft-delete timestamp of the table, when the unique key covers only rows in which it is NULL. Databases without
    /// partial indexes reach the same by other means.
    pub soft_delete: Option<String>,
    /// The statement by which a database describes the index, with what no other field says.
    pub definition: Option<String>,
}

impl Index {
    /// An index of all rows; change the rest with the struct update syntax.
    ///
    /// ```
    /// use orm_core::schema::{Index, IndexKey};
    ///
    /// let email = Index { unique: true, ..Index::new("users_email_key", vec![IndexKey::column("email")]) };
    /// assert_eq!(email.columns(), Some(vec!["email"]));
    /// ```
    pub fn new(name: impl Into<String>, keys: Vec<IndexKey>) -> Self {
        Self {
            name: name.into(),
            unique: false,
            constraint: false,
            keys,
            include: Vec::new(),
            method: None,
            filter: None,
            soft_delete: None,
            definition: None,
        }
    }

    /// The columns of the key, when it is over nothing but whole columns.
    pub fn columns(&self) -> Option<Vec<&str>> {
        let column = |key: &'_ IndexKey| match key {
            IndexKey::Column { prefix: None, .. } => true,
            IndexKey::Column { .. } | IndexKey::Expression { .. } => false,
        };
        self.keys.iter().all(column).then(|| self.keys.iter().filter_map(IndexKey::name).collect())
    }

    /// The name that an index gets when none is given: the table, what the key is over, `key` or `idx`.
    ///
    /// ```
    /// use orm_core::schema::{Index, IndexKey};
    ///
    /// assert_eq!(Index::automatic_name(&"users".into(), &[IndexKey::column("email")], true), "users_email_key");
    /// ```
    pub fn automatic_name(table: &QualifiedName, keys: &[IndexKey], unique: bool) -> String {
        let mut name = table.name.clone();
        for key in keys {
            name.push('_');
            name.push_str(key.name().unwrap_or("expr"));
        }
        name.push_str(if unique { "_key" } else { "_idx" });
        name
    }
}

/// One part of the key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKey {
    /// A column.
    Column {
        /// The name.
        name: String,
        /// Whether the index descends.
        descending: bool,
        /// How many characters or bytes of the value are indexed; `None` is all.
        prefix: Option<u32>,
    },
    /// An expression.
    Expression {
        /// The expression, as SQL.
        sql: String,
        /// Whether the index descends.
        descending: bool,
    },
}

impl IndexKey {
    /// A whole column, ascending.
    pub fn column(name: impl Into<String>) -> Self {
        Self::Column { name: name.into(), descending: false, prefix: None }
    }

    /// An expression, ascending.
    pub fn expression(sql: impl Into<String>) -> Self {
        Self::Expression { sql: sql.into(), descending: false }
    }

    /// The column's name; `None` for an expression.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Column { name, .. } => Some(name),
            Self::Expression { .. } => None,
        }
    }
}
