//! Foreign keys and CHECK constraints.

use super::super::{Dialect, SqlWriter, unsupported};
use super::{push_expression, push_name, push_names};
use crate::error::{Error, ErrorKind, Result};
use crate::model::OnDelete;
use crate::schema::{Check, CheckCondition, Deferrable, ForeignKey, QualifiedName};

/// Appends a foreign key as a constraint of a table.
pub(super) fn push_foreign_key(w: &mut SqlWriter<'_>, table: &QualifiedName, key: &ForeignKey) -> Result<()> {
    let dialect = w.dialect();
    let mut target_schema = key.target.schema.as_deref();
    if dialect.capabilities().attached_schemas {
        if key.target.schema != table.schema {
            return Err(unsupported(dialect, "foreign keys to another schema"));
        }
        target_schema = None;
    }
    w.push_sql("CONSTRAINT ");
    push_name(w, &key.name)?;
    w.push_sql(" FOREIGN KEY (");
    push_names(w, &key.columns)?;
    w.push_sql(") REFERENCES ");
    w.push_qualified(target_schema, &key.target.name)?;
    w.push_sql(" (");
    push_names(w, &key.target_columns)?;
    w.push_sql(")");
    push_action(w, " ON DELETE ", key.on_delete)?;
    push_action(w, " ON UPDATE ", key.on_update)?;
    push_deferrable(w, key.deferrable, dialect)
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
    w.push_sql("CONSTRAINT ");
    push_name(w, &check.name)?;
    w.push_sql(" CHECK (");
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
