//! Moving loaded rows into the relation fields of their parents.

use std::any::Any;
use std::sync::Arc;

use super::field::{LoadedRows, RelatedRows, Slot};
use crate::error::Result;
use crate::model::Model;
use crate::run::{Owners, Parents, RowSet};
use crate::value::Value;

/// Moves children into the field of their parents. Parents with equal keys share their rows.
pub(super) fn attach<P: Model, C: Model>(
    parents: &mut dyn Parents,
    children: Box<dyn RowSet>,
    owners: &Owners,
    slot: fn(&mut P) -> &mut dyn Slot<C>,
) -> Result<()> {
    attach_as::<P, C, C>(parents, children, owners, |child| child, |parent| Some(slot(parent)))
}

/// Moves children, as what the field holds, into the field of those parents that have one for them.
pub(super) fn attach_as<P: Model, C: Model, T: Send + Sync + 'static>(
    parents: &mut dyn Parents,
    mut children: Box<dyn RowSet>,
    owners: &Owners,
    wrap: fn(C) -> T,
    slot: impl Fn(&mut P) -> Option<&mut dyn Slot<T>>,
) -> Result<()> {
    let between = children.split_between(owners);
    // The keys of parents that the join table has; other rows hold them themselves.
    let mut keys: Vec<Box<[Value]>> = vec![Box::default(); owners.groups];
    for (row, group) in owners.children.iter().enumerate() {
        match (children.extra(row), keys.get_mut(*group as usize)) {
            ([], _) => break,
            (key, Some(known)) if known.is_empty() => *known = key.into(),
            _ => {}
        }
    }
    let Ok(children) = children.into_rows()?.downcast::<Vec<C>>() else {
        return Ok(()); // The types come from one relation constant, so they are these.
    };
    let mut sizes = vec![0_usize; owners.groups];
    for group in &owners.children {
        if let Some(size) = sizes.get_mut(*group as usize) {
            *size += 1;
        }
    }
    let mut groups: Vec<Vec<T>> = sizes.into_iter().map(Vec::with_capacity).collect();
    for (child, group) in children.into_iter().zip(&owners.children) {
        if let Some(rows) = groups.get_mut(*group as usize) {
            rows.push(wrap(child));
        }
    }
    let mut between: Vec<Option<Box<dyn Any + Send + Sync>>> = between.into_iter().map(Some).collect();
    between.resize_with(groups.len(), || None);
    let groups: Vec<Arc<dyn RelatedRows<T>>> = (groups.into_iter().zip(between).zip(keys))
        .map(|((rows, between), key)| Arc::new(LoadedRows { rows, between, key }) as _)
        .collect();
    let none: Arc<dyn RelatedRows<T>> = Arc::new(LoadedRows { rows: Vec::new(), between: None, key: Box::default() });
    for (row, group) in owners.parents.iter().enumerate() {
        let Some(parent) = parents.row_mut(row).and_then(|row| row.downcast_mut::<P>()) else { continue };
        if let Some(slot) = slot(parent) {
            slot.fill(Arc::clone(groups.get(*group as usize).unwrap_or(&none)));
        }
    }
    Ok(())
}

/// A field that holds nested projections: `Vec<Q>` for to-many relations, `Option<Q>` for to-one.
pub trait NestSlot<Q> {
    /// Puts rows into it.
    fn fill(&mut self, rows: Vec<Q>);
}

impl<Q> NestSlot<Q> for Vec<Q> {
    fn fill(&mut self, rows: Vec<Q>) {
        *self = rows;
    }
}

impl<Q> NestSlot<Q> for Option<Q> {
    fn fill(&mut self, rows: Vec<Q>) {
        *self = rows.into_iter().next();
    }
}

/// Moves nested rows into their parents; a row that several parents have is copied for all but the last.
pub(super) fn attach_copies<P: 'static, Q: 'static>(
    parents: &mut dyn Parents,
    children: Box<dyn RowSet>,
    owners: &Owners,
    slot: impl Fn(&mut P) -> &mut dyn NestSlot<Q>,
    copy: fn(&Vec<Q>) -> Vec<Q>,
) -> Result<()> {
    let Ok(children) = children.into_rows()?.downcast::<Vec<Q>>() else {
        return Ok(()); // The types come from one call of `nest`, so they are these.
    };
    let mut groups: Vec<Vec<Q>> = (0..owners.groups).map(|_| Vec::new()).collect();
    for (child, group) in children.into_iter().zip(&owners.children) {
        if let Some(rows) = groups.get_mut(*group as usize) {
            rows.push(child);
        }
    }
    let mut waiting = vec![0_usize; owners.groups];
    for group in &owners.parents {
        if let Some(count) = waiting.get_mut(*group as usize) {
            *count += 1;
        }
    }
    for (row, group) in owners.parents.iter().enumerate() {
        let Some(parent) = parents.row_mut(row).and_then(|row| row.downcast_mut::<P>()) else { continue };
        let group = *group as usize;
        let rows = match (groups.get_mut(group), waiting.get_mut(group)) {
            (Some(rows), Some(1)) => std::mem::take(rows),
            (Some(rows), Some(count)) => {
                *count -= 1;
                copy(rows)
            }
            _ => Vec::new(),
        };
        slot(parent).fill(rows);
    }
    Ok(())
}
