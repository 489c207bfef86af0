//! Operations on a schema that MySQL and MariaDB write in a way of their own.
//!
//! Source: the manuals' chapters on ALTER TABLE.

use orm_core::Result;
use orm_core::dialect::ddl::Online;
use orm_core::dialect::{Dialect, SqlWriter, ddl};
use orm_core::schema::{Operation, PrimaryKey};

/// The statements of an operation; `None` leaves it to the standard form.
pub(crate) fn operation(operation: &Operation, dialect: &dyn Dialect) -> Result<Option<Vec<String>>> {
    let mut w = SqlWriter::new(dialect);
    match operation {
        Operation::DropIndex { table, index } => {
            ddl::push_alter_table(&mut w, table)?;
            w.push_sql(" DROP INDEX ");
            ddl::push_name(&mut w, &index.name)?;
            if ddl::needs_live_column(index, dialect) {
                w.push_sql(", DROP COLUMN ");
                ddl::push_name(&mut w, &ddl::live_column(index))?;
            }
        }
        // A name without a schema would move the table to the database in use.
        Operation::RenameTable { table, to } => {
            ddl::push_alter_table(&mut w, table)?;
            w.push_sql(" RENAME TO ");
            w.push_qualified(table.schema.as_deref(), to)?;
        }
        Operation::AlterColumn { table, to, .. } => {
            ddl::push_alter_table(&mut w, table)?;
            w.push_sql(" MODIFY COLUMN ");
            dialect.push_column(&mut w, to)?;
        }
        // One statement, since a column that is counted up must be a key at the end of each.
        Operation::AlterPrimaryKey { table, from, to, added } => {
            ddl::push_alter_table(&mut w, table)?;
            let mut parts = Vec::new();
            if from.is_some() {
                parts.push("DROP PRIMARY KEY".to_owned());
            }
            for column in added {
                let mut part = SqlWriter::new(dialect);
                part.push_sql("ADD COLUMN ");
                dialect.push_column(&mut part, column)?;
                parts.push(part.finish().sql);
            }
            if let Some(to) = to {
                parts.push(primary_key(to, dialect)?);
            }
            w.push_sql(" ");
            w.push_sql(&parts.join(", "));
        }
        _ => return Ok(None),
    }
    Ok(Some(vec![w.finish().sql]))
}

/// The algorithm and the lock are said, so that a change that the server could only do by keeping writers out fails at once
/// (manual, "Online DDL Operations").
pub(crate) fn online(operation: &Operation, dialect: &dyn Dialect) -> Result<Option<Online>> {
    let how = match operation {
        Operation::CreateIndex { .. } => " ALGORITHM=INPLACE LOCK=NONE",
        Operation::DropIndex { .. } => ", ALGORITHM=INPLACE, LOCK=NONE",
        Operation::AddColumn { column, .. } if column.generated.is_none() && !column.auto_increment => {
            ", ALGORITHM=INPLACE, LOCK=NONE"
        }
        _ => return Ok(None),
    };
    let first = ddl::render(operation, dialect)?.into_iter().map(|sql| sql + how).collect();
    Ok(Some(Online { first, ..Online::default() }))
}

/// The key has no name of its own.
fn primary_key(key: &PrimaryKey, dialect: &dyn Dialect) -> Result<String> {
    let mut w = SqlWriter::new(dialect);
    w.push_sql("ADD PRIMARY KEY (");
    w.separated(", ", &key.columns, |w, name| w.push_ident(name))?;
    w.push_sql(")");
    Ok(w.finish().sql)
}
