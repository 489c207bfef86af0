//! DDL: which operations create and drop a schema's tables ([`create`], [`drop`]), and the statements of an operation in
//! one dialect ([`render`]). The schema and the operations themselves are in `schema`; running them is the caller's work.

mod constraint;
mod index;
mod plan;
mod table;

use std::borrow::Cow;

use super::{Dialect, SqlWriter, unsupported};
use crate::error::Result;
use crate::schema::{CheckCondition, Operation, QualifiedName};

pub use index::{live_column, needs_live_column};
pub use plan::{create, drop};
pub use table::{comment_on_column, comment_on_table, follows_from_type, push_column, push_default};

/// The statements of an operation, in the order in which they run; none where the database has nothing to do for it.
///
/// ```
/// # use orm_core::{dialect, schema};
/// # fn show(dialect: &dyn dialect::Dialect) -> orm_core::Result<Vec<String>> {
/// let operation = schema::Operation::DropColumn { table: "users".into(), column: "age".into() };
/// let statements = dialect::ddl::render(&operation, dialect)?; // ALTER TABLE "users" DROP COLUMN "age"
/// # Ok(statements)
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for what the database does not have or can only do by
/// rebuilding the table, [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for names that cannot be
/// quoted and expressions that mean something else to this database,
/// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for constants that it cannot store.
pub fn render(operation: &Operation, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let statements = match dialect.operation(operation) {
        Ok(None) => standard(operation, dialect),
        Ok(Some(statements)) => Ok(statements),
        Err(error) => Err(error),
    };
    statements.map_err(|error| match operation.table() {
        Some(table) => error.with_table(table.name.clone()),
        None => error,
    })
}

/// The statements of operations, in order.
///
/// # Errors
/// As [`render`].
pub fn render_all(operations: &[Operation], dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    for operation in operations {
        statements.append(&mut render(operation, dialect)?);
    }
    Ok(statements)
}

/// An operation on a table in use, in steps that keep nobody waiting for long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Online {
    /// What is done with the other operations.
    pub first: Vec<String>,
    /// What is done afterwards, in a transaction of its own.
    pub later: Vec<String>,
    /// What is done alone, outside of any transaction.
    pub alone: Vec<String>,
}

/// The statements of an operation in the form of the standard, where it has one: for dialects that write some operations
/// in another way and this one with other parts.
///
/// # Errors
/// As [`render`].
pub fn standard(operation: &Operation, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut w = SqlWriter::new(dialect);
    match operation {
        Operation::CreateEnum(_) | Operation::DropEnum(_) if !dialect.capabilities().enum_types => {
            return Ok(Vec::new());
        }
        Operation::CreateEnum(ty) => dialect.push_create_enum(&mut w, ty)?,
        Operation::DropEnum(name) => {
            w.push_sql("DROP TYPE IF EXISTS ");
            w.push_qualified(name.schema.as_deref(), &name.name)?;
        }
        Operation::AlterEnum { .. } if !dialect.capabilities().enum_types => return Ok(Vec::new()),
        Operation::SuspendForeignKeys | Operation::ResumeForeignKeys => return Ok(Vec::new()),
        Operation::AlterEnum { .. } => return Err(unsupported(dialect, "other labels of an enum type")),
        Operation::AlterColumn { .. } => return Err(unsupported(dialect, "ALTER COLUMN")),
        Operation::RebuildTable { .. } => return Err(unsupported(dialect, "rebuilding a table")),
        Operation::AlterPrimaryKey { table, from, to, added } => {
            return constraint::alter_primary_key(table, from.as_ref(), to.as_ref(), added, dialect);
        }
        Operation::CreateTable(table) => return table::create(table, dialect),
        Operation::DropTable { table, cascade } => {
            w.push_sql("DROP TABLE IF EXISTS ");
            w.push_qualified(table.schema.as_deref(), &table.name)?;
            if *cascade {
                if !dialect.capabilities().drop_cascade {
                    return Err(unsupported(dialect, "DROP TABLE .. CASCADE"));
                }
                w.push_sql(" CASCADE");
            }
        }
        Operation::RenameTable { table, to } => {
            push_alter_table(&mut w, table)?;
            w.push_sql(" RENAME TO ");
            w.push_ident(to)?;
        }
        Operation::AddColumn { table, column } => {
            push_alter_table(&mut w, table)?;
            w.push_sql(" ADD COLUMN ");
            dialect.push_column(&mut w, column)?;
            let mut statements = vec![w.finish().sql];
            statements.append(&mut table::comment_after(table, column, dialect)?);
            return Ok(statements);
        }
        Operation::DropColumn { table, column } => {
            push_alter_table(&mut w, table)?;
            w.push_sql(" DROP COLUMN ");
            w.push_ident(column)?;
        }
        Operation::RenameColumn { table, column, to } => {
            push_alter_table(&mut w, table)?;
            w.push_sql(" RENAME COLUMN ");
            w.push_ident(column)?;
            w.push_sql(" TO ");
            w.push_ident(to)?;
        }
        Operation::CreateIndex { table, index } => return index::create(table, index, dialect),
        Operation::DropIndex { table, index } if index.constraint => drop_constraint(&mut w, table, &index.name)?,
        Operation::DropIndex { table, index } => {
            w.push_sql("DROP INDEX ");
            if let Some(schema) = &table.schema {
                w.push_ident(schema)?;
                w.push_sql(".");
            }
            push_name(&mut w, &index.name)?;
        }
        Operation::AddForeignKey { table, key } => {
            push_alter_table(&mut w, table)?;
            w.push_sql(" ADD ");
            constraint::push_foreign_key(&mut w, table, key)?;
        }
        Operation::AddCheck { table, check } => {
            push_alter_table(&mut w, table)?;
            w.push_sql(" ADD ");
            constraint::push_check(&mut w, check)?;
        }
        Operation::DropForeignKey { table, key: name } | Operation::DropCheck { table, check: name } => {
            drop_constraint(&mut w, table, name)?;
        }
        Operation::CommentOnTable { table, comment } => return dialect.comment_on_table(table, comment),
        Operation::CommentOnColumn { table, column } => return dialect.comment_on_column(table, column),
        Operation::FillColumn { table, column, value } => {
            w.push_sql("UPDATE ");
            w.push_qualified(table.schema.as_deref(), &table.name)?;
            w.push_sql(" SET ");
            w.push_ident(column)?;
            w.push_sql(" = ");
            push_expression(&mut w, value)?;
            w.push_sql(" WHERE ");
            w.push_ident(column)?;
            w.push_sql(" IS NULL");
        }
        Operation::ClearColumn { table, column } => {
            w.push_sql("UPDATE ");
            w.push_qualified(table.schema.as_deref(), &table.name)?;
            w.push_sql(" SET ");
            w.push_ident(column)?;
            w.push_sql(" = NULL");
        }
        Operation::DeleteRows(table) => {
            w.push_sql("DELETE FROM ");
            w.push_qualified(table.schema.as_deref(), &table.name)?;
        }
    }
    Ok(vec![w.finish().sql])
}

/// A constraint that is to be added and is about one column alone: the column, and the constraint as a part of the column's
/// definition. `None` for every other operation.
///
/// ```
/// # use orm_core::{dialect, schema};
/// # fn show(dialect: &dyn dialect::Dialect) -> orm_core::Result<()> {
/// let key = schema::ForeignKey::new("posts_user_fkey", "user_id", "users", "id");
/// let add = schema::Operation::AddForeignKey { table: "posts".into(), key };
/// let (column, sql) = dialect::ddl::column_constraint(&add, dialect)?.unwrap_or_default();
/// assert_eq!(column, "user_id"); // CONSTRAINT "posts_user_fkey" REFERENCES "users" ("id")
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`render`].
pub fn column_constraint(operation: &Operation, dialect: &dyn Dialect) -> Result<Option<(String, String)>> {
    let mut w = SqlWriter::new(dialect);
    let column = match operation {
        Operation::AddCheck { check, .. } => match &check.condition {
            CheckCondition::Range { column, .. } | CheckCondition::Labels { column, .. } => {
                constraint::push_check(&mut w, check)?;
                column
            }
            CheckCondition::Sql(_) | CheckCondition::OneKey { .. } => return Ok(None),
        },
        Operation::AddForeignKey { table, key } => {
            let [column] = key.columns.as_slice() else { return Ok(None) };
            constraint::push_references(&mut w, table, key)?;
            column
        }
        _ => return Ok(None),
    };
    Ok(Some((column.clone(), w.finish().sql)))
}

/// Appends `ALTER TABLE` and the table's name.
///
/// # Errors
/// As [`SqlWriter::push_qualified`].
pub fn push_alter_table(w: &mut SqlWriter<'_>, table: &QualifiedName) -> Result<()> {
    w.push_sql("ALTER TABLE ");
    w.push_qualified(table.schema.as_deref(), &table.name)
}

/// Appends the name of an index or constraint. A name that is too long keeps its start and gets a hash of the whole, so
/// that it stays unique.
///
/// # Errors
/// As [`SqlWriter::push_ident`].
pub fn push_name(w: &mut SqlWriter<'_>, name: &str) -> Result<()> {
    let name = fitting_name(w.dialect(), name);
    w.push_ident(&name)
}

/// The name that [`push_name`] writes.
pub fn fitting_name<'n>(dialect: &dyn Dialect, name: &'n str) -> Cow<'n, str> {
    let capabilities = dialect.capabilities();
    if capabilities.identifier_fits(name) {
        return Cow::Borrowed(name);
    }
    let mut hash: u32 = 0x811c_9dc5;
    for byte in name.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    let most = capabilities.max_identifier.saturating_sub(9);
    let end = if capabilities.identifier_chars {
        name.char_indices().nth(most).map_or(name.len(), |(end, _)| end)
    } else {
        name.floor_char_boundary(most)
    };
    Cow::Owned(format!("{}_{hash:08x}", &name[..end]))
}

fn drop_constraint(w: &mut SqlWriter<'_>, table: &QualifiedName, name: &str) -> Result<()> {
    push_alter_table(w, table)?;
    w.push_sql(" DROP CONSTRAINT ");
    push_name(w, name)
}

/// Appends an expression that a model or a database wrote, after the dialect has looked at it.
fn push_expression(w: &mut SqlWriter<'_>, sql: &str) -> Result<()> {
    w.dialect().check_expression(sql)?;
    w.push_sql(sql);
    Ok(())
}

fn push_names(w: &mut SqlWriter<'_>, names: &[String]) -> Result<()> {
    w.separated(", ", names, |w, name| w.push_ident(name))
}
