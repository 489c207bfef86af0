//! Foreign keys and CHECK constraints.

use super::super::{Dialect, SqlWriter, unsupported};
use super::{drop_constraint, push_alter_table, push_expression, push_name, push_names};
use crate::error::{Error, ErrorKind, Result};
use crate::model::OnDelete;
use crate::schema::{Check, CheckCondition, Column, Deferrable, ForeignKey, PrimaryKey, QualifiedName};

/// Appends a foreign key as a constraint of a table.
pub(super) fn push_foreign_key(w: &mut SqlWriter<'_>, table: &QualifiedName, key: &ForeignKey) -> Result<()> {
    push_constraint(w, &key.name)?;
    w.push_sql("FOREIGN KEY (");
    push_names(w, &key.columns)?;
    w.push_sql(") ");
    push_target(w, table, key)
}

/// Appends a foreign key as a constraint of its column.
pub(super) fn push_references(w: &mut SqlWriter<'_>, table: &QualifiedName, key: &ForeignKey) -> Result<()> {
    push_constraint(w, &key.name)?;
    push_target(w, table, key)
}

fn push_target(w: &mut SqlWriter<'_>, table: &QualifiedName, key: &ForeignKey) -> Result<()> {
    let dialect = w.dialect();
    let mut target_schema = key.target.schema.as_deref();
    if dialect.capabilities().attached_schemas {
        if key.target.schema != table.schema {
            return Err(unsupported(dialect, "foreign keys to another schema"));
        }
        target_schema = None;
    }
    w.push_sql("REFERENCES ");
    w.push_qualified(target_schema, &key.target.name)?;
    w.push_sql(" (");
    push_names(w, &key.target_columns)?;
    w.push_sql(")");
    push_action(w, " ON DELETE ", key.on_delete)?;
    push_action(w, " ON UPDATE ", key.on_update)?;
    push_deferrable(w, key.deferrable, dialect)
}

/// Appends `CONSTRAINT name`, unless the database is to name it.
fn push_constraint(w: &mut SqlWriter<'_>, name: &str) -> Result<()> {
    if !name.is_empty() {
        w.push_sql("CONSTRAINT ");
        push_name(w, name)?;
        w.push_sql(" ");
    }
    Ok(())
}

/// Appends a primary key as a constraint of a table.
pub(super) fn push_primary_key(w: &mut SqlWriter<'_>, key: &PrimaryKey) -> Result<()> {
    push_constraint(w, key.name.as_deref().unwrap_or_default())?;
    w.push_sql("PRIMARY KEY (");
    push_names(w, &key.columns)?;
    w.push_sql(")");
    Ok(())
}

/// The statements that replace a primary key.
pub(super) fn alter_primary_key(
    table: &QualifiedName,
    from: Option<&PrimaryKey>,
    to: Option<&PrimaryKey>,
    added: &[Column],
    dialect: &dyn Dialect,
) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    if let Some(from) = from {
        let Some(name) = &from.name else {
            return Err(unsupported(dialect, "dropping a primary key whose name is not known"));
        };
        let mut w = SqlWriter::new(dialect);
        drop_constraint(&mut w, table, name)?;
        statements.push(w.finish().sql);
    }
    for column in added {
        let mut w = SqlWriter::new(dialect);
        push_alter_table(&mut w, table)?;
        w.push_sql(" ADD COLUMN ");
        dialect.push_column(&mut w, column)?;
        statements.push(w.finish().sql);
    }
    if let Some(to) = to {
        let mut w = SqlWriter::new(dialect);
        push_alter_table(&mut w, table)?;
        w.push_sql(" ADD ");
        push_primary_key(&mut w, to)?;
        statements.push(w.finish().sql);
    }
    Ok(statements)
}

fn push_action(w: &mut SqlWriter<'_>, event: &str, action: OnDelete) -> Result<()> {
    if action != OnDelete::NoAction {
        let name = w.dialect().referential_action(action)?;
        w.push_sql(event);
        w.push_sql(name);
    }
    Ok(())
}

fn push_deferrable(w: &mut SqlWriter<'_>, deferrable: Deferrable, dialect: &dyn Dialect) -> Result<()> {
    let sql = match deferrable {
        Deferrable::No => return Ok(()),
        _ if !dialect.deferrable_foreign_keys() => return Err(unsupported(dialect, "deferrable foreign keys")),
        Deferrable::Immediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferrable::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    };
    w.push_sql(sql);
    Ok(())
}

/// Appends a CHECK constraint of a table.
pub(super) fn push_check(w: &mut SqlWriter<'_>, check: &Check) -> Result<()> {
    push_constraint(w, &check.name)?;
    w.push_sql("CHECK (");
    match &check.condition {
        CheckCondition::Sql(sql) => push_expression(w, sql)?,
        CheckCondition::Labels { column, labels } => {
            w.push_ident(column)?;
            w.push_sql(" IN (");
            w.separated(", ", labels, |w, label| w.push_text_literal(label))?;
            w.push_sql(")");
        }
        CheckCondition::Range { column, ty } => {
            w.push_ident(column)?;
            let range = w.dialect().checked_range(*ty).or_else(|| ty.integer_range());
            let Some((min, max)) = range else {
                return Err(Error::new(ErrorKind::InvalidStatement, format!("`{ty}` has no range to check")));
            };
            w.push_sql(" BETWEEN ");
            w.push_sql(min);
            w.push_sql(" AND ");
            w.push_sql(max);
        }
        CheckCondition::OneKey { keys, required } => {
            w.separated(" + ", keys, |w, key| {
                w.push_sql("CASE WHEN ");
                w.separated(" AND ", key, |w, column| {
                    w.push_ident(column)?;
                    w.push_sql(" IS NOT NULL");
                    Ok(())
                })?;
                w.push_sql(" THEN 1 ELSE 0 END");
                Ok(())
            })?;
            w.push_sql(if *required { " = 1" } else { " <= 1" });
        }
    }
    w.push_sql(")");
    Ok(())
}
