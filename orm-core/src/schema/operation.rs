//! What changes a schema, one step at a time.

use super::{Check, Column, EnumType, ForeignKey, Index, QualifiedName, Table};

/// One change of a schema. [`dialect::ddl`](crate::dialect::ddl) orders the operations that create or drop tables and
/// writes an operation as the statements of one dialect.
///
/// What is to be removed is carried whole where databases need more than its name to remove it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Creates an enum type unless it is there. Nothing, on databases without such types.
    CreateEnum(EnumType),
    /// Drops an enum type if it is there. Nothing, on databases without such types.
    DropEnum(QualifiedName),
    /// Creates a table with its keys, indexes, checks and comments, and the foreign keys that it holds.
    CreateTable(Table),
    /// Drops a table if it is there.
    DropTable {
        /// The table.
        table: QualifiedName,
        /// Whether what depends on the table is dropped as well.
        cascade: bool,
    },
    /// Renames a table inside of its schema.
    RenameTable {
        /// The table.
        table: QualifiedName,
        /// The new name.
        to: String,
    },
    /// Adds a column at the end of the table.
    AddColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: Column,
    },
    /// Drops a column.
    DropColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
    },
    /// Renames a column.
    RenameColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// The new name.
        to: String,
    },
    /// Creates an index, or a UNIQUE constraint.
    CreateIndex {
        /// The table.
        table: QualifiedName,
        /// The index.
        index: Index,
    },
    /// Drops an index or a UNIQUE constraint.
    DropIndex {
        /// The table.
        table: QualifiedName,
        /// The index.
        index: Index,
    },
    /// Adds a foreign key.
    AddForeignKey {
        /// The table.
        table: QualifiedName,
        /// The key.
        key: ForeignKey,
    },
    /// Drops a foreign key.
    DropForeignKey {
        /// The table.
        table: QualifiedName,
        /// The constraint's name.
        key: String,
    },
    /// Adds a CHECK constraint.
    AddCheck {
        /// The table.
        table: QualifiedName,
        /// The check.
        check: Check,
    },
    /// Drops a CHECK constraint.
    DropCheck {
        /// The table.
        table: QualifiedName,
        /// The constraint's name.
        check: String,
    },
    /// Sets the comment of a table; an empty one removes it. Nothing, on databases without comments.
    CommentOnTable {
        /// The table.
        table: QualifiedName,
        /// The comment.
        comment: String,
    },
    /// Sets the comment of a column to the one that the column has. Nothing, on databases without comments.
    CommentOnColumn {
        /// The table.
        table: QualifiedName,
        /// The column, as it is but for the comment.
        column: Column,
    },
    /// Sets a column to NULL in every row.
    ClearColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
    },
    /// Removes every row of a table.
    DeleteRows(QualifiedName),
}

impl Operation {
    /// The table that is changed; `None` for enum types.
    ///
    /// ```
    /// use orm_core::schema::Operation;
    ///
    /// let drop = Operation::DropColumn { table: "users".into(), column: "age".into() };
    /// assert_eq!(drop.table(), Some(&"users".into()));
    /// ```
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            Self::CreateEnum(_) | Self::DropEnum(_) => None,
            Self::CreateTable(table) => Some(&table.name),
            Self::DropTable { table, .. }
            | Self::RenameTable { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::AddForeignKey { table, .. }
            | Self::DropForeignKey { table, .. }
            | Self::AddCheck { table, .. }
            | Self::DropCheck { table, .. }
            | Self::CommentOnTable { table, .. }
            | Self::CommentOnColumn { table, .. }
            | Self::ClearColumn { table, .. }
            | Self::DeleteRows(table) => Some(table),
        }
    }
}
