//! The unique keys that an upsert may name.

use super::draft::Draft;
use crate::ast;
use crate::model::{ColumnDef, ModelDef};
use crate::run::Comparable;
use crate::schema::join_keys;
use crate::value::Value;

/// Whether columns are the primary key.
pub(crate) fn is_key(def: &'static ModelDef, columns: &[&'static ColumnDef]) -> bool {
    columns.len() == def.primary_key.len() && columns.iter().all(|column| def.primary_key.contains(&column.index))
}

/// The condition of the unique index meant: those of soft-deleting models cover the rows that are not deleted.
pub(crate) fn alive_filter(
    def: &'static ModelDef,
    target: &[&'static ColumnDef],
    filter: Option<ast::Expr>,
) -> Option<ast::Expr> {
    let deleted_at = match def.deleted_at {
        Some(index) if !target.is_empty() && !is_key(def, target) => &def.columns[index],
        _ => return filter,
    };
    let alive = ast::Expr::IsNull { expr: Box::new(deleted_at.into()), negated: false };
    Some(match filter {
        Some(filter) => alive.and(filter),
        None => alive,
    })
}

/// The primary key, and the unique keys of columns alone that cover all rows that are not deleted.
pub(crate) fn unique_keys(def: &'static ModelDef) -> impl Iterator<Item = Vec<&'static ColumnDef>> {
    let indexes = def.indexes.iter().filter(|index| index.unique && index.filter.is_none());
    let keys = indexes.filter_map(|index| index.columns());
    let primary = (!def.primary_key.is_empty()).then(|| def.primary_key.to_vec());
    primary.into_iter().chain(keys).map(|key| key.into_iter().map(|index| &def.columns[index]).collect())
}

/// Whether columns are the unique key of a join model that a many-to-many relation of one of its ends declares.
pub(crate) fn is_join_key(def: &'static ModelDef, columns: &[&'static ColumnDef]) -> bool {
    let ends: Vec<&'static ModelDef> = def.relations.iter().map(|relation| relation.target()).collect();
    join_keys(&ends).iter().any(|(model, key)| {
        model.is(def) && key.len() == columns.len() && columns.iter().all(|column| key.contains(column))
    })
}

/// Whether a unique key or the primary key has just these columns; with `partial`, also a unique key of some rows only.
pub(crate) fn is_unique(def: &'static ModelDef, columns: &[&'static ColumnDef], partial: bool) -> bool {
    let same = |indexes: &mut dyn Iterator<Item = usize>| {
        let mut indexes: Vec<usize> = indexes.collect();
        let mut wanted: Vec<usize> = columns.iter().map(|column| column.index).collect();
        indexes.sort_unstable();
        wanted.sort_unstable();
        indexes == wanted
    };
    same(&mut def.primary_key.iter().copied())
        || def.indexes.iter().any(|index| {
            index.unique
                && (partial || index.filter.is_none())
                && index.parts.iter().all(|part| matches!(part, crate::model::IndexPart::Column { .. }))
                && same(&mut index.parts.iter().filter_map(|part| match part {
                    crate::model::IndexPart::Column { index, .. } => Some(*index),
                    crate::model::IndexPart::Expression(_) => None,
                }))
        })
}

/// The columns of a unique key, with the tenant: callers name the key without it, but in a model with tenants it begins with it.
pub(crate) fn whole_key(def: &'static ModelDef, columns: Vec<&'static ColumnDef>) -> Vec<&'static ColumnDef> {
    let Some(tenant) = def.tenant_column() else { return columns };
    let whole: Vec<_> = std::iter::once(tenant).chain(columns.iter().copied()).collect();
    if is_unique(def, &whole, true) { whole } else { columns }
}

/// The values by which a row is told from others, as they are compared in memory and as they are; none where one of them is not
/// given, or NULL, which equals nothing.
pub(super) fn key_values(row: &Draft, target: &[&'static ColumnDef]) -> Option<(Vec<Comparable>, Vec<Value>)> {
    let value = |column: &&'static ColumnDef| {
        let given = row.given & (1 << column.index) != 0;
        let value = column.normalized(row.values.get(column.index)?.clone());
        (given && !value.is_null()).then_some(value)
    };
    let values: Vec<Value> = target.iter().map(value).collect::<Option<_>>()?;
    let comparable = target.iter().zip(&values).map(|(column, value)| Comparable::of_type(column.ty, value)).collect();
    (!values.is_empty()).then_some((comparable, values))
}
