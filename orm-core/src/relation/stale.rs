//! Whether rows that were loaded for a relation are still those that a row leads to.

use crate::model::{KeyPair, Model, RelationDef, RelationKind};
use crate::run::Comparable;
use crate::value::Value;

/// The keys by which related rows were found, where they hold them themselves.
pub(super) fn keys_of<'c, C: Model>(relation: &RelationDef, rows: impl Iterator<Item = &'c C>) -> Vec<Vec<Value>> {
    match relation.hops {
        [hop] => rows.map(|child| hop.keys.iter().map(|pair| child.value(pair.to.index)).collect()).collect(),
        _ => Vec::new(),
    }
}

/// Whether a row leads to others than these, which were loaded for it.
pub(super) fn is_stale<P: Model>(relation: &RelationDef, row: &P, found: Vec<Vec<Value>>, changed: u128) -> bool {
    let keys = relation.keys();
    let when = relation.first().when;
    if found.is_empty() {
        // There were none, or they do not say for which key they were loaded.
        let columns = keys.iter().map(|pair| pair.from).chain(when.map(|(column, _)| column));
        let mut columns = columns.into_iter();
        return columns.any(|column| changed & (1 << column.index) != 0) || leads_somewhere(relation, row);
    }
    if when.is_some_and(|(column, text)| !matches!(row.value(column.index), Value::Text(own) if own == text)) {
        return true;
    }
    let own: Vec<Value> = keys.iter().map(|pair| row.value(pair.from.index)).collect();
    found.iter().any(|key| keys.iter().zip(own.iter().zip(key)).any(|(pair, (own, other))| !meet(pair, own, other)))
}

/// Whether the row must have a related one: it has a foreign key that the database checks, to rows that are never hidden.
fn leads_somewhere<P: Model>(relation: &RelationDef, row: &P) -> bool {
    let hop = relation.first();
    relation.kind == RelationKind::BelongsTo
        && relation.constraint
        && hop.filter.is_none()
        && hop.when.is_none()
        && relation.target().deleted_at.is_none()
        && hop.keys.iter().all(|pair| !row.value(pair.from.index).is_null())
}

/// Whether two values of a key may be equal to the database, which may ignore the case of letters and spaces at the end.
fn meet(pair: &KeyPair, own: &Value, other: &Value) -> bool {
    match (own, other) {
        (Value::Text(own), Value::Text(other)) => own.trim_end().to_lowercase() == other.trim_end().to_lowercase(),
        _ => Comparable::of_type(pair.from.ty, own) == Comparable::of_type(pair.to.ty, other),
    }
}
