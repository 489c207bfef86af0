//! Upserts: `MERGE .. WITH (HOLDLOCK)`.
//!
//! SQL Server has no conflict clause. `INSERT` and then `UPDATE` when it fails would need error handling in a batch, several
//! rows at once could not be told apart, and an `UPDATE` followed by an `INSERT` of what was not there lets two sessions
//! insert the same key. `MERGE` does both in one statement, but without a hint it locks the keys that it did not find no more
//! than the other forms do: Dan Guzman, "UPSERT Race Condition With MERGE" (weblogs.sqlteam.com, 2009-01-31), shows the
//! duplicate key errors and their end with `HOLDLOCK`, which takes locks on ranges of keys as SERIALIZABLE does. With an
//! index on the key, which an upsert has, other keys are not locked.

use orm_core::ast::{Conflict, ConflictAction, Expr, Insert, Returning};
use orm_core::dialect::{Level, NewRows, Renderer, Returned, Write};
use orm_core::model::{ColumnDef, IndexPart};
use orm_core::{Error, ErrorKind, Result};

use crate::NAME;
use crate::output::push_output;

/// The name of the rows that an upsert was to insert.
pub(crate) const NEW_ROW: &str = "_new";

/// Writes the MERGE that inserts rows or changes those that are there.
pub(crate) fn push_merge(r: &mut Renderer<'_>, insert: &Insert, conflict: &Conflict, rows: NewRows) -> Result<()> {
    if insert.columns.is_empty() {
        return Err(Error::unsupported(NAME, "upserts of rows without any value"));
    }
    r.push_sql("MERGE INTO ");
    r.push_table(insert.model.table)?;
    r.push_sql(" WITH (HOLDLOCK) USING (VALUES ");
    r.rows(insert, rows)?;
    r.push_sql(") AS ");
    r.push_ident(NEW_ROW)?;
    r.push_sql(" (");
    r.names(&insert.columns)?;
    r.push_sql(") ON ");
    push_matches(r, insert, conflict)?;
    if let ConflictAction::Update(set) = &conflict.action {
        r.push_sql(" WHEN MATCHED THEN UPDATE SET ");
        r.assignments(set)?;
    }
    r.push_sql(" WHEN NOT MATCHED THEN INSERT (");
    r.names(&insert.columns)?;
    r.push_sql(") VALUES (");
    for (i, column) in insert.columns.iter().enumerate() {
        r.push_sql(if i > 0 { ", " } else { "" });
        push_new(r, column)?;
    }
    r.push_sql(")");
    if !matches!(insert.returning, Returning::Nothing) {
        let returned = Returned { write: Write::Insert, model: insert.model, columns: &insert.returning };
        push_output(r, &returned)?;
    }
    // The statement must end with it.
    r.push_sql(";");
    Ok(())
}

/// The condition that a row is there already.
fn push_matches(r: &mut Renderer<'_>, insert: &Insert, conflict: &Conflict) -> Result<()> {
    if !conflict.target.is_empty() {
        push_same(r, &conflict.target)?;
        if let Some(filter) = &conflict.target_filter {
            if !holds_of_new_rows(insert, filter) {
                return Err(Error::unsupported(
                    NAME,
                    "upserts by a partial index whose condition new rows may not meet",
                ));
            }
            r.push_sql(" AND ");
            r.condition(filter, Level::And)?;
        }
        return Ok(());
    }
    if matches!(conflict.action, ConflictAction::Update(_)) {
        let what = "an upsert needs the unique columns whose conflict is meant";
        return Err(Error::new(ErrorKind::InvalidStatement, what).with_model(insert.model.name));
    }
    let keys = unique_keys(insert);
    if keys.is_empty() {
        return Err(Error::unsupported(NAME, "ignoring conflicts of rows that give no unique key"));
    }
    for (i, key) in keys.iter().enumerate() {
        r.push_sql(if i > 0 { " OR " } else { "" });
        push_same(r, key)?;
    }
    Ok(())
}

fn push_same(r: &mut Renderer<'_>, key: &[&'static ColumnDef]) -> Result<()> {
    for (i, column) in key.iter().enumerate() {
        r.push_sql(if i > 0 { " AND " } else { "" });
        r.push_column(column)?;
        r.push_sql(" = ");
        push_new(r, column)?;
    }
    Ok(())
}

pub(crate) fn push_new(r: &mut Renderer<'_>, column: &'static ColumnDef) -> Result<()> {
    r.push_ident(NEW_ROW)?;
    r.push_sql(".");
    r.push_ident(column.name)
}

/// The unique keys all of whose columns new rows give: the keys that they can be in conflict about.
fn unique_keys(insert: &Insert) -> Vec<Vec<&'static ColumnDef>> {
    let model = insert.model;
    let column = |part: &IndexPart| match part {
        IndexPart::Column { index, .. } => model.columns.get(*index),
        IndexPart::Expression(_) => None,
    };
    let indexes = model.indexes.iter().filter(|index| index.unique && index.filter.is_none());
    let mut keys: Vec<Vec<&'static ColumnDef>> =
        indexes.filter_map(|index| index.parts.iter().map(column).collect()).collect();
    keys.insert(0, model.key_columns().collect());
    keys.retain(|key| !key.is_empty() && key.iter().all(|column| insert.columns.contains(column)));
    keys
}

/// Whether the condition of a partial index is sure to hold of new rows: it says that columns are NULL which new rows do
/// not give. Where it may not hold there is no conflict, and a MERGE by key alone would change a row that it must not.
fn holds_of_new_rows(insert: &Insert, filter: &Expr) -> bool {
    match filter {
        Expr::And(all) => all.iter().all(|part| holds_of_new_rows(insert, part)),
        Expr::IsNull { expr, negated: false } => {
            matches!(&**expr, Expr::Column(column) if column.nullable && !insert.columns.contains(column))
        }
        _ => false,
    }
}
