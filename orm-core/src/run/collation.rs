//! Keys that are equal to the database and not to us: its collation may ignore the case of letters, accents and spaces at
//! the end, its decimals zeros at the end. Rows that were found by such keys are told where they belong by the database.

use std::collections::HashMap;

use super::errors::about;
use super::grouping::{Groups, child_key, form};
use super::include::{IncludeNode, Owners, RowSet};
use super::text::query;
use crate::ast::{self, BinaryOp, Case, Select, SelectList, Statement, Visibility};
use crate::dialect::render;
use crate::driver::Session;
use crate::error::Result;
use crate::model::{ColumnDef, ModelDef, RelationKind};
use crate::row::{Collect, Columns};
use crate::value::{SqlType, Value};

/// Finds the parents of rows whose key none of them has byte by byte.
pub(super) async fn reconcile(
    session: &dyn Session,
    node: &IncludeNode,
    sent: &[Vec<Value>],
    groups: &Groups,
    children: &mut dyn RowSet,
    owners: &mut Owners,
) -> Result<()> {
    let pairs = node.relation.keys();
    if children.is_empty() || !pairs.iter().any(|pair| is_loose(pair.from.ty)) {
        return Ok(());
    }
    if node.relation.kind == RelationKind::BelongsTo {
        // The key they point at is there once: ask it which of the foreign keys are equal to it.
        let found: HashMap<Vec<u8>, usize> =
            (0..children.len()).map(|row| (form(pairs, &child_key(&node.relation, children, row)), row)).collect();
        let (lost, places): (Vec<_>, Vec<u32>) = (sent.iter().zip(0..))
            .filter(|(key, _)| !found.contains_key(&form(pairs, key)))
            .map(|(key, group)| (key.clone(), group))
            .unzip();
        let columns: Vec<_> = pairs.iter().map(|pair| pair.to).collect();
        for (place, key) in equal(session, node.relation.target(), &columns, lost).await? {
            let Some(&row) = found.get(&form(pairs, &key)) else { continue };
            let group = places[place];
            match owners.children[row] {
                Owners::NONE => owners.children[row] = group,
                // Foreign keys that differ lead to one row: their parents share it.
                other => {
                    owners.parents.iter_mut().filter(|parent| **parent == group).for_each(|parent| *parent = other)
                }
            }
        }
        return Ok(());
    }
    // The key is there once: ask it which of the foreign keys are equal to it.
    let mut lost: Vec<Vec<Value>> = Vec::new();
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for row in (0..children.len()).filter(|row| owners.children[*row] == Owners::NONE) {
        let key = child_key(&node.relation, children, row);
        let place = *places.entry(form(pairs, &key)).or_insert(rows.len());
        if place == rows.len() {
            rows.push(Vec::new());
            lost.push(key);
        }
        rows[place].push(row);
    }
    let columns: Vec<_> = pairs.iter().map(|pair| pair.from).collect();
    for (place, key) in equal(session, node.parent, &columns, lost).await? {
        if let Some(group) = groups.get(pairs, &key) {
            rows[place].iter().for_each(|row| owners.children[*row] = group);
        }
    }
    Ok(())
}

/// The most keys of one question.
const MOST_KEYS: usize = 512;

/// Whether the database may find values of a type equal that have different bytes.
fn is_loose(ty: SqlType) -> bool {
    matches!(ty, SqlType::Text | SqlType::Char | SqlType::Decimal | SqlType::Native(_))
}

/// For keys, the key of the row that the database finds equal: the position of the first, and the second.
async fn equal(
    session: &dyn Session,
    def: &'static ModelDef,
    columns: &[&'static ColumnDef],
    lost: Vec<Vec<Value>>,
) -> Result<Vec<(usize, Vec<Value>)>> {
    // Each row that is found is compared with all keys of its statement.
    let most = (session.dialect().capabilities().max_binds / columns.len() / 4).clamp(1, MOST_KEYS);
    let mut found: Vec<(usize, Vec<Value>)> = Vec::new();
    let mut waiting: Vec<usize> = (0..lost.len()).collect();
    // One answer names one of the keys that are equal to each other: ask again for the others.
    while !waiting.is_empty() {
        let mut answered = Vec::new();
        for chunk in waiting.chunks(most) {
            let is = |place: &usize| {
                let equal = columns.iter().zip(&lost[*place]).map(|(column, value)| {
                    ast::Expr::binary(BinaryOp::Eq, (*column).into(), ast::Expr::Value(value.clone()))
                });
                ast::Expr::And(equal.collect())
            };
            let number = |place: usize| ast::Expr::Value(Value::I64(i64::try_from(place).unwrap_or_default()));
            let branches = chunk.iter().enumerate().map(|(place, key)| (is(key), number(place))).collect();
            let mut list = vec![ast::Expr::Case(Box::new(Case { branches, otherwise: None }))];
            list.extend(columns.iter().map(|column| ast::Expr::Column(column)));
            let mut select = Select::new(def);
            select.list = SelectList::Exprs(list);
            select.visibility = Visibility::UNCHECKED;
            let keys: Vec<Vec<Value>> = chunk.iter().map(|place| lost[*place].clone()).collect();
            select.filter = vec![ast::Expr::has_key(columns, &keys)];
            let rendered = render(&Statement::Select(Box::new(select)), &**session.dialect())?;
            let mut rows: Vec<(i64, Vec<Value>)> = Vec::new();
            let read = |row: &mut Columns<'_>| {
                let place = row.next()?;
                let mut key = Vec::new();
                while row.left() > 0 {
                    key.push(row.next_value()?.into());
                }
                Ok((place, key))
            };
            session.fetch(query(&rendered), &mut Collect::new(&mut rows, read)).await.map_err(about(def))?;
            let rows =
                rows.into_iter().filter_map(|(place, key)| Some((*chunk.get(usize::try_from(place).ok()?)?, key)));
            answered.extend(rows);
        }
        if answered.is_empty() {
            break; // Their rows are gone meanwhile.
        }
        waiting.retain(|place| answered.iter().all(|(answer, _)| answer != place));
        found.append(&mut answered);
    }
    Ok(found)
}
