//! Indexes and UNIQUE constraints.

use super::super::render::check_name;
use super::super::{Dialect, IndexMethod, SqlWriter, unsupported};
use super::{push_alter_table, push_expression, push_name, push_names};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{Index, IndexKey, QualifiedName};

/// The statements that create an index of a table that is there.
pub(super) fn create(table: &QualifiedName, index: &Index, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    if needs_live_column(index, dialect) {
        let mut w = SqlWriter::new(dialect);
        push_alter_table(&mut w, table)?;
        w.push_sql(" ADD COLUMN ");
        push_live_column(&mut w, index)?;
        statements.push(w.finish().sql);
    }
    statements.push(create_statement(table, index, dialect)?);
    Ok(statements)
}

/// CREATE INDEX, or ALTER TABLE for a constraint.
pub(super) fn create_statement(table: &QualifiedName, index: &Index, dialect: &dyn Dialect) -> Result<String> {
    let mut w = SqlWriter::new(dialect);
    if index.constraint {
        push_alter_table(&mut w, table)?;
        w.push_sql(" ADD ");
        push_inline(&mut w, index)?;
        return Ok(w.finish().sql);
    }
    let method = method(index, dialect)?;
    w.push_sql("CREATE ");
    w.push_sql(kind(index, &method));
    w.push_sql("INDEX ");
    if dialect.capabilities().attached_schemas {
        if let Some(schema) = &table.schema {
            w.push_ident(schema)?;
            w.push_sql(".");
        }
        push_name(&mut w, &index.name)?;
        w.push_sql(" ON ");
        w.push_ident(&table.name)?;
    } else {
        push_name(&mut w, &index.name)?;
        w.push_sql(" ON ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
    }
    push_body(&mut w, index, &method)?;
    Ok(w.finish().sql)
}

/// Appends an index or UNIQUE constraint as a part of CREATE TABLE.
pub(super) fn push_inline(w: &mut SqlWriter<'_>, index: &Index) -> Result<()> {
    if index.constraint {
        let whole_columns =
            index.keys.iter().all(|key| matches!(key, IndexKey::Column { descending: false, prefix: None, .. }));
        if !index.unique || !whole_columns || index.filter.is_some() || index.soft_delete.is_some() {
            let message =
                format!("the UNIQUE constraint `{}` is over whole columns of all rows, or an index", index.name);
            return Err(Error::new(ErrorKind::InvalidStatement, message));
        }
        w.push_sql("CONSTRAINT ");
        push_name(w, &index.name)?;
        w.push_sql(" UNIQUE (");
        push_keys(w, index)?;
        w.push_sql(")");
        return push_include(w, index);
    }
    let method = method(index, w.dialect())?;
    w.push_sql(kind(index, &method));
    w.push_sql("KEY ");
    push_name(w, &index.name)?;
    push_body(w, index, &method)
}

fn method<'a>(index: &'a Index, dialect: &dyn Dialect) -> Result<IndexMethod<'a>> {
    let method = dialect.index_method(index)?;
    if let IndexMethod::Before(name) = method {
        check_name(name)?;
    }
    Ok(method)
}

/// What stands before the word INDEX or KEY.
fn kind(index: &Index, method: &IndexMethod<'_>) -> &'static str {
    match method {
        IndexMethod::Kind(kind) => kind,
        _ if index.unique => "UNIQUE ",
        _ => "",
    }
}

/// Appends what follows the name of the index and of its table.
fn push_body(w: &mut SqlWriter<'_>, index: &Index, method: &IndexMethod<'_>) -> Result<()> {
    let dialect = w.dialect();
    let capabilities = dialect.capabilities();
    if let IndexMethod::Before(method) = method {
        w.push_sql(" USING ");
        w.push_sql(method);
    }
    w.push_sql(" (");
    push_keys(w, index)?;
    if let (Some(column), false) = (&index.soft_delete, capabilities.partial_indexes) {
        w.push_sql(", ");
        if capabilities.expression_indexes {
            w.push_sql("(CASE WHEN ");
            w.push_ident(column)?;
            w.push_sql(" IS NULL THEN 1 END)");
        } else {
            push_name(w, &live_column(index))?;
        }
    }
    w.push_sql(")");
    if let IndexMethod::After(method) = method {
        w.push_sql(method);
    }
    push_include(w, index)?;
    let not_deleted = index.soft_delete.as_ref().filter(|_| capabilities.partial_indexes);
    match (&index.filter, not_deleted) {
        (None, None) => Ok(()),
        (Some(_), _) if !capabilities.partial_indexes => Err(unsupported(dialect, "indexes on some rows only")),
        (filter, not_deleted) => {
            w.push_sql(" WHERE ");
            if let Some(column) = not_deleted {
                w.push_ident(column)?;
                w.push_sql(" IS NULL");
            }
            if let Some(sql) = filter {
                w.push_sql(if not_deleted.is_some() { " AND (" } else { "(" });
                push_expression(w, sql)?;
                w.push_sql(")");
            }
            Ok(())
        }
    }
}

fn push_keys(w: &mut SqlWriter<'_>, index: &Index) -> Result<()> {
    let dialect = w.dialect();
    w.separated(", ", &index.keys, |w, key| {
        let descending = match key {
            IndexKey::Column { name, descending, prefix } => {
                w.push_ident(name)?;
                if let Some(prefix) = prefix {
                    if !dialect.index_prefixes() {
                        return Err(unsupported(dialect, "indexes on the start of a value"));
                    }
                    w.push_sql("(");
                    w.push_number(u64::from(*prefix));
                    w.push_sql(")");
                }
                descending
            }
            IndexKey::Expression { sql, descending } => {
                if !dialect.capabilities().expression_indexes {
                    return Err(unsupported(dialect, "indexes on expressions"));
                }
                w.push_sql("(");
                push_expression(w, sql)?;
                w.push_sql(")");
                descending
            }
        };
        w.push_sql(if *descending { " DESC" } else { "" });
        Ok(())
    })
}

fn push_include(w: &mut SqlWriter<'_>, index: &Index) -> Result<()> {
    if index.include.is_empty() {
        return Ok(());
    }
    if !w.dialect().index_include() {
        let error = unsupported(w.dialect(), "indexes that include columns beside their key");
        return Err(error);
    }
    w.push_sql(" INCLUDE (");
    push_names(w, &index.include)?;
    w.push_sql(")");
    Ok(())
}

/// Where unique keys cannot leave deleted rows out, a computed column that is NULL for deleted rows joins the key: NULLs
/// never collide.
pub fn needs_live_column(index: &Index, dialect: &dyn Dialect) -> bool {
    let capabilities = dialect.capabilities();
    index.soft_delete.is_some() && !capabilities.partial_indexes && !capabilities.expression_indexes
}

/// Appends the definition of that column.
pub(super) fn push_live_column(w: &mut SqlWriter<'_>, index: &Index) -> Result<()> {
    push_name(w, &live_column(index))?;
    w.push_sql(" SMALLINT GENERATED ALWAYS AS (CASE WHEN ");
    w.push_ident(index.soft_delete.as_deref().unwrap_or_default())?;
    w.push_sql(" IS NULL THEN 1 END) VIRTUAL");
    Ok(())
}

/// The name of the computed column by which a unique key leaves deleted rows out, where a database has indexes neither on
/// some rows nor on expressions. [`push_name`] writes it.
pub fn live_column(index: &Index) -> String {
    format!("{}_alive", index.name)
}
