//! Loading one relation for many parents: their keys, one query (or few, where a database limits the number of values),
//! the relations below, and moving the rows into the parents. Untyped, so it is compiled once.

use std::pin::Pin;
use std::sync::Arc;

use super::collation;
use super::errors::about;
use super::exec::fetch_into;
use super::grouping::Keys;
use super::include::{IncludeNode, Parents, RowSet};
use super::join::{Joined, Joins, Plan};
use super::keyset::{Gate, Through};
use super::text::query;
use crate::ast::{self, BinaryOp, Deleted, Join, JoinKind, Order, PerParent, Reached, Select, SelectList, Visibility};
use crate::dialect::{Capabilities, SqlWriter};
use crate::driver::Session;
use crate::error::Result;
use crate::model::{Between, ColumnDef, ModelDef, RelationKind};
use crate::row::{Flow, Row, RowSink};
use crate::value::{Scalar, SqlType, Value, ValueRef};

/// The future of loading relations.
type LoadFuture<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// A query's rows and their relations.
pub(crate) async fn fetch_with(
    session: &dyn Session,
    mut select: Select,
    nodes: &[IncludeNode],
    set: &mut dyn RowSet,
) -> Result<()> {
    let rows = Rows::of(&select);
    let mut joins = Joins::of(&mut select, nodes)?;
    fetch_into(session, select, &mut joins.sink(set)).await?;
    finish(session, joins.into_plan(), set, rows).await
}

/// As [`fetch_with`], of the rows that a gate lets through.
pub(crate) async fn fetch_gated(
    session: &dyn Session,
    mut select: Select,
    nodes: &[IncludeNode],
    set: &mut dyn RowSet,
    gate: &mut Gate<'_>,
) -> Result<()> {
    let mut joins = Joins::of(&mut select, nodes)?;
    fetch_into(session, select, &mut Through { gate, sink: &mut joins.sink(set) }).await?;
    finish(session, joins.into_plan(), set, Rows::Some).await
}

/// Which rows relations are loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Every row of their table. Of a table with soft deletion that takes `with_deleted`: most of its rows may be hidden, and
    /// what is related to those is not wanted.
    All,
    /// Some.
    Some,
}

impl Rows {
    /// The rows of a query.
    fn of(select: &Select) -> Self {
        let all = select.filter.is_empty()
            && select.joins.is_empty()
            && select.group_by.is_empty()
            && select.having.is_empty()
            && select.limit.is_none()
            && select.offset.is_none()
            && select.per_parent.is_none()
            && !select.distinct
            && (select.model.deleted_at.is_none() || select.visibility.deleted == Deleted::Included)
            && (select.model.scope.is_none() || !select.visibility.scoped)
            // A viewer or a tenant sees only some of them.
            && select.model.policy.is_none()
            && select.model.tenant.is_none();
        if all { Self::All } else { Self::Some }
    }
}

/// The fewest parents for which the related table is read whole rather than by their keys. Below, an index on the foreign
/// key is faster: measured with 10 rows a parent.
const SCAN: usize = 500;

/// Whether the rows of a relation are found without the keys of their parents: all of them belong to one of these. Keys of
/// text are compared by the database, whose collation may find more of them equal.
fn scans(node: &IncludeNode, parents: usize, rows: Rows) -> bool {
    rows == Rows::All
        && parents >= SCAN
        && node.relation.kind != RelationKind::BelongsTo
        && node.limit.is_none()
        && node.offset.is_none()
        && !node.relation.chain
        && (node.relation.kind.is_many() || node.relation.leads_to_one())
        && node.relation.keys().iter().all(|pair| pair.to.ty.is_integer() || pair.to.ty == SqlType::Uuid)
}

/// Loads one relation for rows.
pub(crate) fn load_node<'a>(
    session: &'a dyn Session,
    node: &'a IncludeNode,
    parents: &'a mut dyn Parents,
    rows: Rows,
) -> LoadFuture<'a> {
    Box::pin(async move {
        let mut children = (node.new_set)();
        let mut keys = Keys::of(parents, &node.relation);
        if scans(node, keys.distinct.len(), rows) {
            scan(session, node, &mut *children).await?;
        } else if !keys.distinct.is_empty() {
            fetch(session, node, &keys, &mut *children).await?;
        }
        let mut owners = keys.owners(&node.relation, &*children);
        collation::reconcile(session, node, &keys.distinct, &keys.groups, &mut *children, &mut owners).await?;
        (node.attach)(parents, children, &owners)
    })
}

/// Loads what was not joined, and moves joined rows into the rows they belong to.
fn finish<'a>(session: &'a dyn Session, plan: Plan<'a>, set: &'a mut dyn Parents, rows: Rows) -> LoadFuture<'a> {
    Box::pin(async move {
        for joined in plan.joined {
            let Joined { node, set: mut children, below, mut owners, .. } = joined;
            owners.groups = children.len();
            finish(session, below, &mut *children, Rows::Some).await?;
            (node.attach)(set, children, &owners)?;
        }
        for node in plan.separate {
            if !set.is_empty() {
                load_node(session, node, set, rows).await?;
            }
        }
        Ok(())
    })
}

/// Reads the related rows of all keys.
async fn fetch(session: &dyn Session, node: &IncludeNode, keys: &Keys, children: &mut dyn RowSet) -> Result<()> {
    let capabilities = session.dialect().capabilities();
    let pairs = node.relation.keys();
    // A power of two leaves room for the filter's own values.
    let room = 1 << (capabilities.max_binds / 2 + 1).ilog2();
    let most = session.dialect().keys_of_one_query(&keys.distinct[0]).unwrap_or((room / pairs.len()).max(1));
    let read_first = reads_first(session, node, keys.distinct.len()).await?;
    // Read through, the table gives its rows in that order.
    let sorts = !read_first && sorts(node, children);
    let mut joins: Option<Joins<'_>> = None;
    let columns: Vec<&'static ColumnDef> = pairs.iter().map(|pair| pair.to).collect();
    for chunk in keys.distinct.chunks(most.min(keys.distinct.len())) {
        let of_parents = match chunk.len() == keys.distinct.len() && columns.len() > 1 && chunk.len() > 1 {
            true => ast::Expr::has_row(&columns, Arc::clone(&keys.distinct)),
            false => ast::Expr::has_key(&columns, chunk),
        };
        let mut select = related_rows(node, Some(of_parents), children, capabilities);
        select.read_first = read_first;
        if sorts {
            select.order_by.clear();
        }
        let joined = Joins::of(&mut select, &node.children)?;
        children.mark();
        // All chunks read the same columns, so the first one's plan holds for all.
        fetch_into(session, select, &mut joins.get_or_insert(joined).sink(children)).await?;
    }
    if let Some(joins) = joins {
        finish(session, joins.into_plan(), children, Rows::Some).await?;
    }
    if sorts {
        sort(node.select.model, children);
    }
    Ok(())
}

/// Whether related rows are put into the order of their key here. Found by keys of several columns, they come in no order that
/// is of use, and databases sort whole rows, on disk where they are many.
fn sorts(node: &IncludeNode, children: &dyn RowSet) -> bool {
    let integers = node.select.model.key_columns().all(|column| column.ty.is_integer());
    node.relation.keys().len() > 1
        && node.relation.hops.len() == 1
        && node.select.order_by.is_empty()
        && node.limit.is_none()
        && node.offset.is_none()
        && (node.relation.kind.is_many() || node.relation.leads_to_one())
        && integers
        && children.reorders()
}

/// Puts rows into the order of their key, of integers.
fn sort(model: &'static ModelDef, children: &mut dyn RowSet) {
    let columns: Vec<usize> = model.key_columns().map(|column| column.index).collect();
    let keys: Vec<i128> = (0..children.len())
        .flat_map(|row| columns.iter().map(move |column| (row, *column)))
        .map(|(row, column)| match children.value(row, column) {
            Value::U64(number) => number.into(),
            number => i64::decode(number.as_ref()).unwrap_or_default().into(),
        })
        .collect();
    let key = |row: usize| &keys[row * columns.len()..(row + 1) * columns.len()];
    if (1..children.len()).any(|row| key(row) < key(row - 1)) {
        let mut order: Vec<usize> = (0..children.len()).collect();
        order.sort_by(|row, other| key(*row).cmp(key(*other)));
        children.reorder(&order);
    }
}

/// How many rows of a table are read in the time in which one key is looked up in an index.
const READ_PER_LOOKUP: u64 = 3;

/// Whether the related table is read through, because it has few rows for so many keys of several columns.
async fn reads_first(session: &dyn Session, node: &IncludeNode, keys: usize) -> Result<bool> {
    if node.relation.keys().len() == 1 || node.relation.hops.len() > 1 || keys < SCAN {
        return Ok(false);
    }
    let mut w = SqlWriter::new(&**session.dialect());
    let most = keys as u64 * READ_PER_LOOKUP;
    if !session.dialect().push_row_estimate(&mut w, node.select.model.table, most + 1)? {
        return Ok(false);
    }
    let mut estimate = Estimate(None);
    session.fetch(query(&w.finish()), &mut estimate).await.map_err(about(node.select.model))?;
    Ok(estimate.0.is_some_and(|rows| rows <= most))
}

/// The column `rows` of the first row.
struct Estimate(Option<u64>);

impl RowSink for Estimate {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if let Some(place) = (0..row.len()).find(|place| row.name(*place) == "rows") {
            // MariaDB gives the number as text.
            self.0 = match row.get(place)? {
                ValueRef::Text(digits) => digits.parse().ok(),
                number => u64::decode(number).ok(),
            };
        }
        Ok(Flow::Stop)
    }
    fn restart(&mut self) {
        self.0 = None;
    }
}

/// Reads all related rows, whatever their keys.
async fn scan(session: &dyn Session, node: &IncludeNode, children: &mut dyn RowSet) -> Result<()> {
    let mut select = related_rows(node, None, children, session.dialect().capabilities());
    // Rows that belong to none, and what is related to them, are not wanted.
    let pairs = node.relation.keys().iter().filter(|pair| pair.to.nullable);
    let belongs = pairs.map(|pair| ast::Expr::IsNull { expr: Box::new(pair.to.into()), negated: true });
    select.filter.extend(belongs);
    let rows = Rows::of(&select);
    let mut joins = Joins::of(&mut select, &node.children)?;
    children.mark();
    fetch_into(session, select, &mut joins.sink(children)).await?;
    finish(session, joins.into_plan(), children, rows).await
}

/// The query for the related rows of some keys, or of all.
fn related_rows(
    node: &IncludeNode,
    of_parents: Option<ast::Expr>,
    children: &mut dyn RowSet,
    capabilities: &Capabilities,
) -> Select {
    // An index on the foreign key spares a database in the process to sort.
    let in_index_order = of_parents.is_some() && !capabilities.round_trips;
    let mut select = node.select.clone();
    let pairs = node.relation.keys();
    // Models are read whole; projections read the keys that relations need besides what they show.
    let mut further: Vec<ast::Expr> = children.between().iter().map(ast::Expr::Column).collect();
    let direct = node.relation.hops.len() == 1;
    if direct {
        pairs.iter().for_each(|pair| children.need(pair.to));
    }
    further.extend(children.keys().iter().copied().map(ast::Expr::Column));
    // The key of the parent that each row belongs to.
    let parent_key: Vec<ast::Expr> = match node.relation.chain {
        true => (0..pairs.len()).map(ast::Expr::ParentKey).collect(),
        false => pairs.iter().map(|pair| ast::Expr::Column(pair.to)).collect(),
    };
    if !direct {
        further.extend(parent_key.iter().cloned());
        children.read_extra(pairs.len());
    }
    if let Some(Between { model, keys }) = node.relation.between() {
        let on = keys
            .iter()
            .map(|pair| ast::Expr::binary(BinaryOp::Eq, ast::Expr::Column(pair.from), ast::Expr::Column(pair.to)));
        select.joins.push(Join {
            kind: JoinKind::Inner,
            model,
            visibility: Visibility::DEFAULT,
            on: ast::Expr::And(on.collect()),
        });
    }
    match &mut select.list {
        SelectList::Exprs(list) | SelectList::ModelAnd(list) => list.append(&mut further),
        list if !further.is_empty() => *list = SelectList::ModelAnd(further),
        _ => {}
    }
    if node.relation.chain {
        let from = of_parents.unwrap_or_else(|| ast::Expr::And(Vec::new()));
        select.reached = Some(Box::new(Reached { relation: node.relation, from }));
    } else {
        if let Some(of_parents) = of_parents {
            select.filter.insert(0, of_parents);
        }
        select.filter.extend(ast::Expr::tag_of(&node.relation));
    }
    let several = !node.relation.leads_to_one();
    // Of several rows a to-one relation is the first.
    let first_only = several && !node.relation.kind.is_many() && capabilities.windows;
    let limit = if first_only { Some(node.limit.unwrap_or(1).min(1)) } else { node.limit };
    let per_parent = limit.is_some() || node.offset.is_some();
    // Rows come in the order of their key unless another is asked for; a key ends ties, so pages are the same each time.
    if several || per_parent {
        let by_parent = in_index_order && select.order_by.is_empty() && direct && pairs.len() == 1;
        let first = pairs.iter().map(|pair| pair.to).filter(|_| by_parent && !per_parent);
        for column in first.chain(node.select.model.key_columns()) {
            select.order_by.push(Order { expr: ast::Expr::Column(column), descending: false, nulls: None });
        }
    }
    if per_parent {
        select.per_parent = Some(PerParent { partition_by: parent_key, limit, offset: node.offset.unwrap_or(0) });
    }
    select
}
