//! DDL that differs from the standard: computed columns, unique keys with NULLs, names that change.
//!
//! Source: Microsoft's documentation of Transact-SQL, "CREATE TABLE", "ALTER TABLE", "CREATE INDEX", "sp_rename".

use orm_core::Result;
use orm_core::dialect::{Dialect, SqlWriter, ddl};
use orm_core::schema::{Column, Index, IndexKey, Operation, QualifiedName, Table};

/// Appends the definition of a column.
pub(crate) fn push_column(w: &mut SqlWriter<'_>, column: &Column) -> Result<()> {
    let Some(generated) = &column.generated else { return ddl::push_column(w, column) };
    w.push_ident(&column.name)?;
    w.push_sql(" AS (");
    w.push_sql(&generated.sql);
    w.push_sql(if generated.stored { ") PERSISTED" } else { ")" });
    Ok(())
}

/// The statements of an operation that has a form of its own.
pub(crate) fn statements(operation: &Operation, dialect: &dyn Dialect) -> Result<Option<Vec<String>>> {
    let mut w = SqlWriter::new(dialect);
    match operation {
        Operation::CreateTable(table) => {
            let table = with_many_nulls(table, dialect)?;
            return ddl::standard(&Operation::CreateTable(table), dialect).map(Some);
        }
        Operation::AddColumn { table, column } => {
            ddl::push_alter_table(&mut w, table)?;
            w.push_sql(" ADD ");
            push_column(&mut w, column)?;
        }
        Operation::DropColumn { table, column } => push_drop_column(&mut w, table, column)?,
        Operation::RenameTable { table, to } => push_rename(&mut w, table, None, to)?,
        Operation::RenameColumn { table, column, to } => push_rename(&mut w, table, Some(column), to)?,
        Operation::DropIndex { table, index } if !index.constraint => {
            w.push_sql("DROP INDEX ");
            ddl::push_name(&mut w, &index.name)?;
            w.push_sql(" ON ");
            w.push_qualified(table.schema.as_deref(), &table.name)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(vec![w.finish().sql]))
}

/// A unique key of SQL Server takes NULLs for equal, so that one row may have them. Elsewhere they differ: the key covers
/// only rows in which no column of it is NULL.
fn with_many_nulls(table: &Table, dialect: &dyn Dialect) -> Result<Table> {
    let mut changed = table.clone();
    for index in changed.indexes.iter_mut().filter(|index| index.unique) {
        let nullable: Vec<&str> = index.keys.iter().filter_map(|key| nullable_column(table, key)).collect();
        if nullable.is_empty() {
            continue;
        }
        let mut w = SqlWriter::new(dialect);
        w.separated(" AND ", nullable, |w, name| {
            w.push_ident(name)?;
            w.push_sql(" IS NOT NULL");
            Ok(())
        })?;
        if let Some(filter) = &index.filter {
            w.push_sql(" AND ");
            w.push_sql(filter);
        }
        let filter = Some(w.finish().sql);
        // A constraint covers all rows.
        *index = Index { filter, constraint: false, ..index.clone() };
    }
    Ok(changed)
}

fn nullable_column<'k>(table: &Table, key: &'k IndexKey) -> Option<&'k str> {
    key.name().filter(|name| table.column(name).is_some_and(|column| column.nullable))
}

/// A column cannot be dropped while it has a default, which is a constraint with a name that the server has made.
fn push_drop_column(w: &mut SqlWriter<'_>, table: &QualifiedName, column: &str) -> Result<()> {
    let name = quoted(w.dialect(), table, None)?;
    w.push_sql("DECLARE @sql NVARCHAR(MAX) = (SELECT ");
    w.push_text_literal(&format!("ALTER TABLE {name} DROP CONSTRAINT "))?;
    w.push_sql(" + QUOTENAME([name]) FROM sys.default_constraints WHERE [parent_object_id] = OBJECT_ID(");
    w.push_text_literal(&name)?;
    w.push_sql(") AND [parent_column_id] = COLUMNPROPERTY([parent_object_id], ");
    w.push_text_literal(column)?;
    w.push_sql(", N'ColumnId')); EXEC (@sql); ");
    ddl::push_alter_table(w, table)?;
    w.push_sql(" DROP COLUMN ");
    w.push_ident(column)
}

/// The new name is no identifier but the text of one.
fn push_rename(w: &mut SqlWriter<'_>, table: &QualifiedName, column: Option<&str>, to: &str) -> Result<()> {
    let from = quoted(w.dialect(), table, column)?;
    // Refused as others are when it is too long.
    SqlWriter::new(w.dialect()).push_ident(to)?;
    w.push_sql("EXEC sp_rename ");
    w.push_text_literal(&from)?;
    w.push_sql(", ");
    w.push_text_literal(to)?;
    w.push_sql(if column.is_some() { ", N'COLUMN'" } else { "" });
    Ok(())
}

/// The name of a table, or of a column of it, in quotes.
fn quoted(dialect: &dyn Dialect, table: &QualifiedName, column: Option<&str>) -> Result<String> {
    let mut w = SqlWriter::new(dialect);
    w.push_qualified(table.schema.as_deref(), &table.name)?;
    if let Some(column) = column {
        w.push_sql(".");
        w.push_ident(column)?;
    }
    Ok(w.finish().sql)
}
