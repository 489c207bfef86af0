//! Foreign keys.

use super::QualifiedName;
use crate::model::OnDelete;

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The columns.
    pub columns: Vec<String>,
    /// The table pointed at.
    pub target: QualifiedName,
    /// The columns pointed at.
    pub target_columns: Vec<String>,
    /// What happens when the row pointed at is removed.
    pub on_delete: OnDelete,
    /// What happens when the key pointed at changes.
    pub on_update: OnDelete,
    /// When the key is checked.
    pub deferrable: Deferrable,
}

impl ForeignKey {
    /// A foreign key of one column that refuses to lose its target.
    ///
    /// ```
    /// use orm_core::schema::ForeignKey;
    ///
    /// let key = ForeignKey::new("posts_user_id_fkey", "user_id", "users", "id");
    /// assert_eq!(key.target.name, "users");
    /// ```
    pub fn new(
        name: impl Into<String>,
        column: impl Into<String>,
        target: impl Into<QualifiedName>,
        target_column: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            columns: vec![column.into()],
            target: target.into(),
            target_columns: vec![target_column.into()],
            on_delete: OnDelete::NoAction,
            on_update: OnDelete::NoAction,
            deferrable: Deferrable::No,
        }
    }
}

/// When a foreign key is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deferrable {
    /// At every statement.
    No,
    /// At every statement, unless the transaction defers it to its end.
    Immediate,
    /// At the end of the transaction, unless it asks for it earlier.
    Deferred,
}
