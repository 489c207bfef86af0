//! Numbers of rows that parents keep: what is to be written with a change of their rows. The callers write it.

use std::collections::HashMap;

use super::hooks::Trail;
use crate::ast::{self, BinaryOp, Function, Returning, Statement, Visibility};
use crate::error::Result;
use crate::model::{ModelDef, RelationDef};
use crate::run::Comparable;
use crate::value::Value;

/// The values of a row before and after a change; none where there was no row.
pub(crate) type Change = (Option<Vec<Value>>, Option<Vec<Value>>);

/// The statements that keep the numbers of rows: one for each amount.
pub(super) fn counted(
    def: &'static ModelDef,
    trail: &'static Trail,
    changes: &[Change],
) -> Result<Vec<(&'static ModelDef, Statement)>> {
    let mut statements = Vec::new();
    for counter in trail.counters {
        let (relation, column) = counter.resolved(def)?;
        let mut amounts: HashMap<Vec<Comparable>, (Vec<Value>, i64)> = HashMap::new();
        for (before, after) in changes {
            for (row, by) in [(before, -1), (after, 1)] {
                let Some(key) = row.as_ref().and_then(|row| parent_of(def, relation, row)) else { continue };
                let of = key.iter().zip(relation.keys()).map(|(value, pair)| Comparable::of_type(pair.to.ty, value));
                amounts.entry(of.collect()).or_insert((key, 0)).1 += by;
            }
        }
        let mut by_amount: Vec<(i64, Vec<Vec<Value>>)> = Vec::new();
        for (key, amount) in amounts.into_values().filter(|(_, amount)| *amount != 0) {
            match by_amount.iter_mut().find(|(other, _)| *other == amount) {
                Some((_, keys)) => keys.push(key),
                None => by_amount.push((amount, vec![key])),
            }
        }
        // In one order, so that two writers do not wait for each other.
        by_amount.sort_by_key(|(amount, _)| *amount);
        let columns: Vec<_> = relation.keys().iter().map(|pair| pair.to).collect();
        for (amount, keys) in by_amount {
            let now = match column.nullable {
                true => ast::Expr::Function(Function::Coalesce, vec![column.into(), ast::Expr::Value(Value::I64(0))]),
                false => column.into(),
            };
            let op = if amount < 0 { BinaryOp::Sub } else { BinaryOp::Add };
            let by = Value::I64(amount.checked_abs().unwrap_or(i64::MAX));
            let set = vec![(column, ast::Expr::binary(op, now, ast::Expr::Value(by)))];
            for keys in keys.chunks(500) {
                let (filter, returning) = (vec![ast::Expr::has_key(&columns, keys)], Returning::Nothing);
                let (model, set) = (relation.target(), set.clone());
                let update = ast::Update { model, set, filter, visibility: Visibility::UNCHECKED, returning };
                statements.push((model, Statement::Update(Box::new(update))));
            }
        }
    }
    Ok(statements)
}

/// The parents that count rows, as conditions on them.
pub(super) fn parents(
    def: &'static ModelDef,
    trail: &'static Trail,
    rows: &[&[Value]],
) -> Result<Vec<(&'static ModelDef, ast::Expr)>> {
    let mut found = Vec::new();
    for counter in trail.counters {
        let (relation, _) = counter.resolved(def)?;
        let mut keys: Vec<Vec<Value>> = rows.iter().filter_map(|row| parent_of(def, relation, row)).collect();
        keys.dedup();
        let columns: Vec<_> = relation.keys().iter().map(|pair| pair.to).collect();
        let keys = keys.chunks(500).map(|keys| (relation.target(), ast::Expr::has_key(&columns, keys)));
        found.extend(keys);
    }
    Ok(found)
}

/// The key of the parent that counts a row; none for a row that is deleted, or has no parent.
fn parent_of(def: &'static ModelDef, relation: &RelationDef, row: &[Value]) -> Option<Vec<Value>> {
    if def.deleted_at.is_some_and(|index| !row[index].is_null()) {
        return None;
    }
    if let Some((column, text)) = relation.first().when
        && Comparable::of(&row[column.index]) != Comparable::Text(text.to_owned())
    {
        return None;
    }
    let key: Vec<Value> = relation.keys().iter().map(|pair| row[pair.from.index].clone()).collect();
    key.iter().all(|value| !value.is_null()).then_some(key)
}
