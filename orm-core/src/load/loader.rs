//! Loading one relation for many parents: their keys, one query (or few, where a database limits the number of values),
//! the relations below, and moving the rows into the parents. Untyped, so it is compiled once.

use std::any::Any;
use std::sync::Arc;

use super::equal;
use super::field::{LoadedRows, Many, Slot};
use super::keys::Keys;
use crate::ast::{
    self, BinaryOp, Deleted, Hop, InList, Join, JoinKind, ListItems, Order, PerParent, Select, SelectList,
};
use crate::dialect::{Capabilities, ListStyle, element_type};
use crate::driver::{Runs, Session};
use crate::error::Result;
use crate::model::{ColumnDef, KeyPair, Model, ModelDef};
use crate::query::{
    Attach, Between, IncludeNode, IntoInclude, Joins, LoadFuture, ModelSet, Owners, Parents, RowSet, Strategy,
    fetch_into, load_into, merged,
};
use crate::value::Value;

/// An empty set of `C` rows.
pub(super) fn new_set<C: Model, J: Between>() -> Box<dyn RowSet> {
    Box::new(ModelSet::<C, J>::new(Vec::new()))
}

/// A node that fills a field with related rows.
pub(super) fn node(
    parent: &'static ModelDef,
    hop: Hop,
    select: Select,
    new_set: fn() -> Box<dyn RowSet>,
    attach: Arc<Attach>,
) -> IncludeNode {
    IncludeNode {
        parent,
        relation: hop.relation,
        scope: hop.scope,
        select,
        limit: None,
        offset: None,
        children: Vec::new(),
        required: false,
        strategy: Strategy::Auto,
        refused: None,
        new_set,
        attach,
        load: load_node,
    }
}

/// Loads relations for rows in hand, one query per relation, whatever holds the rows: a `Vec`, a slice, an `Option`, any
/// iterator of `&mut`. For one row there is [`Instance::load`](crate::query::Instance::load).
///
/// ```ignore
/// orm::load(&mut users, User::POSTS.include(Post::TAGS), &db).await?;
/// orm::load(users_by_id.values_mut(), User::GROUPS, &db).await?;
/// ```
///
/// # Errors
/// As [`Find::exec`](crate::query::Find::exec); [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a relation that is `required`: rows in
/// hand cannot be left out.
pub async fn load<'p, P: Model, E: Runs<P> + ?Sized>(
    parents: impl IntoIterator<Item = &'p mut P>,
    relations: impl IntoInclude<P>,
    db: &E,
) -> Result<()> {
    load_into(parents.into_iter().collect(), merged(relations), db.session()).await
}

fn load_node<'a>(session: &'a dyn Session, node: &'a IncludeNode, parents: &'a mut dyn Parents) -> LoadFuture<'a> {
    Box::pin(async move {
        let mut children = (node.new_set)();
        let mut keys = Keys::of(parents, &node.relation);
        if !keys.distinct.is_empty() {
            fetch(session, node, &keys, &mut *children).await?;
        }
        let mut owners = keys.owners(&node.relation, &*children);
        equal::reconcile(session, node, &keys.distinct, &keys.groups, &mut *children, &mut owners).await?;
        (node.attach)(parents, children, &owners)
    })
}

/// Reads the related rows of all keys.
async fn fetch(session: &dyn Session, node: &IncludeNode, keys: &Keys, children: &mut dyn RowSet) -> Result<()> {
    let capabilities = session.dialect().capabilities();
    let pairs = node.relation.keys;
    let one_bind = pairs.len() == 1
        && match capabilities.lists {
            ListStyle::Array => element_type(pairs[0].to.ty).is_some(),
            ListStyle::Json => {
                matches!(keys.distinct[0][0], Value::I16(_) | Value::I32(_) | Value::I64(_) | Value::Text(_))
            }
            ListStyle::Padded => false,
        };
    // A power of two leaves room for the filter's own values.
    let room = (capabilities.max_binds / 2 + 1).next_power_of_two() / 2;
    let most = if one_bind { usize::MAX } else { (room / pairs.len()).max(1) };
    let mut joins: Option<Joins<'_>> = None;
    for chunk in keys.distinct.chunks(most.min(keys.distinct.len())) {
        let mut select = related_rows(node, chunk, children, capabilities);
        let joined = Joins::of(&mut select, &node.children)?;
        children.mark();
        // All chunks read the same columns, so the first one's plan holds for all.
        fetch_into(session, select, &mut joins.get_or_insert(joined).sink(children)).await?;
    }
    match joins {
        Some(joins) => joins.finish(session, children).await,
        None => Ok(()),
    }
}

/// The query for the related rows of some keys.
fn related_rows(
    node: &IncludeNode,
    keys: &[Vec<Value>],
    children: &mut dyn RowSet,
    capabilities: &Capabilities,
) -> Select {
    // An index on the foreign key spares a database in the process to sort.
    let in_index_order = !capabilities.round_trips;
    let mut select = node.select.clone();
    let pairs = node.relation.keys;
    // Models are read whole; projections read the keys that relations need besides what they show.
    let mut further: Vec<ast::Expr> = children.between().iter().map(ast::Expr::Column).collect();
    if node.relation.through.is_none() {
        pairs.iter().for_each(|pair| children.need(pair.to));
    }
    further.extend(children.keys().iter().copied().map(ast::Expr::Column));
    if let Some(through) = node.relation.through {
        let model = (through.model)();
        let on = through
            .keys
            .iter()
            .map(|pair| ast::Expr::binary(BinaryOp::Eq, ast::Expr::Column(pair.from), ast::Expr::Column(pair.to)));
        select.joins.push(Join {
            kind: JoinKind::Inner,
            model,
            deleted: Deleted::Hidden,
            on: ast::Expr::And(on.collect()),
        });
        further.extend(pairs.iter().map(|pair| ast::Expr::Column(pair.to)));
        children.read_extra(pairs.len());
    }
    match &mut select.list {
        SelectList::Exprs(list) | SelectList::ModelAnd(list) => list.append(&mut further),
        list if !further.is_empty() => *list = SelectList::ModelAnd(further),
        _ => {}
    }
    select.filter.insert(0, key_filter(pairs, keys));
    select.filter.extend(ast::Expr::tag_of(&node.relation));
    let several = !node.relation.leads_to_one();
    // Of several rows a to-one relation is the first.
    let first_only = several && !node.relation.kind.is_many() && capabilities.windows;
    let limit = if first_only { Some(node.limit.unwrap_or(1).min(1)) } else { node.limit };
    let per_parent = limit.is_some() || node.offset.is_some();
    // Rows come in the order of their key unless another is asked for; a key ends ties, so pages are the same each time.
    if several || per_parent {
        let by_parent = in_index_order && select.order_by.is_empty() && node.relation.through.is_none();
        let first = pairs.iter().map(|pair| pair.to).filter(|_| by_parent && !per_parent);
        for column in first.chain(node.select.model.key_columns()) {
            select.order_by.push(Order { expr: ast::Expr::Column(column), descending: false, nulls: None });
        }
    }
    if per_parent {
        select.per_parent = Some(PerParent {
            partition_by: pairs.iter().map(|pair| ast::Expr::Column(pair.to)).collect(),
            limit,
            offset: node.offset.unwrap_or(0),
        });
    }
    select
}

fn key_filter(pairs: &'static [KeyPair], keys: &[Vec<Value>]) -> ast::Expr {
    if let [pair] = pairs {
        let column: &'static ColumnDef = pair.to;
        if let [key] = keys {
            return ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(key[0].clone()));
        }
        let values = keys.iter().map(|key| key[0].clone()).collect();
        let items = ListItems::Values(column.ty, values);
        return ast::Expr::In(Box::new(InList { expr: column.into(), items, negated: false }));
    }
    let any = keys.iter().map(|key| {
        let all = pairs.iter().zip(key).map(|(pair, value)| {
            ast::Expr::binary(BinaryOp::Eq, ast::Expr::Column(pair.to), ast::Expr::Value(value.clone()))
        });
        ast::Expr::And(all.collect())
    });
    ast::Expr::Or(any.collect())
}

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
    let groups: Vec<Arc<dyn Many<T>>> =
        groups.into_iter().zip(between).map(|(rows, between)| Arc::new(LoadedRows { rows, between }) as _).collect();
    let none: Arc<dyn Many<T>> = Arc::new(LoadedRows { rows: Vec::new(), between: None });
    for (row, group) in owners.parents.iter().enumerate() {
        let Some(parent) = parents.row_mut(row).and_then(|row| row.downcast_mut::<P>()) else { continue };
        if let Some(slot) = slot(parent) {
            slot.fill(Arc::clone(groups.get(*group as usize).unwrap_or(&none)));
        }
    }
    Ok(())
}
