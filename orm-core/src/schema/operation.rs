//! What changes a schema, one step at a time.

use super::{Check, Column, EnumType, ForeignKey, Index, Object, PrimaryKey, QualifiedName, Table};

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
    /// Gives a column another type, default, collation, comment, or another answer to whether NULL is allowed and whether
    /// the database counts it up; a stored generated column can become a plain one and keeps its values.
    AlterColumn {
        /// The table.
        table: QualifiedName,
        /// The column as it is.
        from: Box<Column>,
        /// The column as it is to be, under the same name.
        to: Box<Column>,
    },
    /// Gives a column a value in every row in which it is NULL.
    FillColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// The value, as SQL.
        value: String,
    },
    /// Replaces the primary key.
    AlterPrimaryKey {
        /// The table.
        table: QualifiedName,
        /// The key as it is.
        from: Option<PrimaryKey>,
        /// The key as it is to be.
        to: Option<PrimaryKey>,
        /// Columns of the new key that the database increments. They are added in the same operation, since some databases
        /// increment only columns of a key.
        added: Vec<Column>,
    },
    /// Gives an enum type other labels: new ones are added where they belong; for labels that go, or that change places,
    /// the type is replaced. Nothing, on databases without such types.
    AlterEnum {
        /// The type as it is.
        from: EnumType,
        /// The type as it is to be, under the same name.
        to: EnumType,
        /// The columns that have the type, each with its table.
        columns: Vec<(QualifiedName, Column)>,
    },
    /// Replaces a table by one of the same name that has what the old one has in the columns of the same name, for what a
    /// database cannot do by ALTER TABLE.
    RebuildTable {
        /// The table as it is.
        from: Box<Table>,
        /// The table as it is to be.
        to: Box<Table>,
        /// Values of columns that the old table has not, or has with NULL: the column, and the value as SQL.
        values: Vec<(String, String)>,
        /// The triggers of the table, which go with it and are created again.
        triggers: Vec<Object>,
    },
    /// Ends the checking of foreign keys, where it would see the tables half rebuilt. Comes before everything else.
    SuspendForeignKeys,
    /// Begins the checking of foreign keys again. Comes after everything else.
    ResumeForeignKeys,
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
    /// The table that is changed; `None` for enum types and foreign keys in general.
    ///
    /// ```
    /// use orm_core::schema::Operation;
    ///
    /// let drop = Operation::DropColumn { table: "users".into(), column: "age".into() };
    /// assert_eq!(drop.table(), Some(&"users".into()));
    /// ```
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            Self::CreateEnum(_)
            | Self::DropEnum(_)
            | Self::AlterEnum { .. }
            | Self::SuspendForeignKeys
            | Self::ResumeForeignKeys => None,
            Self::CreateTable(table) => Some(&table.name),
            Self::RebuildTable { to, .. } => Some(&to.name),
            Self::DropTable { table, .. }
            | Self::RenameTable { table, .. }
            | Self::AddColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::FillColumn { table, .. }
            | Self::AlterPrimaryKey { table, .. }
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
