//! To-one relations read by the query of the rows they belong to: their columns follow the rows' own, so they cost no
//! query. What cannot be joined (to-many relations, limits, locks) is loaded separately.

use super::include::{IncludeNode, Owners, Parents, RowSet, Strategy};
use crate::ast::{self, Case, Hop, Select, SelectList, Visibility};
use crate::error::Result;
use crate::model::RelationDef;
use crate::row::{Flow, Row, RowSink};
use crate::value::ValueRef;

/// Relations of one set of rows: those its own query reads, and those that take queries of their own.
#[derive(Default)]
pub(super) struct Plan<'n> {
    pub(super) joined: Vec<Joined<'n>>,
    pub(super) separate: Vec<&'n IncludeNode>,
}

/// A joined relation.
pub(super) struct Joined<'n> {
    pub(super) node: &'n IncludeNode,
    /// The column that is NULL when there is no related row; the row's own columns follow.
    at: usize,
    pub(super) set: Box<dyn RowSet>,
    pub(super) below: Plan<'n>,
    pub(super) owners: Owners,
}

/// The relations of a query's rows, part of them read by the query itself.
pub(crate) struct Joins<'n>(Plan<'n>);

impl<'n> Joins<'n> {
    /// Decides how each relation is loaded, and adds the columns of joined ones to the query: after its own. Fails for
    /// relations that are included twice.
    pub(crate) fn of(select: &mut Select, nodes: &'n [IncludeNode]) -> Result<Self> {
        let locked = select.lock.is_some() || select.distinct || !select.group_by.is_empty();
        let (model, mut list) = match std::mem::replace(&mut select.list, SelectList::One) {
            SelectList::Exprs(list) => (false, list),
            SelectList::ModelAnd(list) => (true, list),
            SelectList::Model | SelectList::One => (true, Vec::new()),
        };
        let next = list.len() + if model { select.model.columns.len() } else { 0 };
        let plan = plan(nodes, &[], next, &mut list, locked)?;
        select.list = match (model, list.is_empty()) {
            (false, _) => SelectList::Exprs(list),
            (true, true) => SelectList::Model,
            (true, false) => SelectList::ModelAnd(list),
        };
        Ok(Self(plan))
    }

    /// Where the query's rows go.
    pub(crate) fn sink<'a>(&'a mut self, set: &'a mut dyn RowSet) -> JoinSink<'a, 'n> {
        JoinSink { set, plan: &mut self.0 }
    }

    /// The first relation that was not joined.
    pub(crate) fn separate(&self) -> Option<&'n IncludeNode> {
        self.0.first_separate()
    }

    /// Moves joined rows into the rows they belong to, and is ready for more rows.
    pub(crate) fn settle(&mut self, set: &mut dyn Parents) -> Result<()> {
        self.0.settle(set)
    }

    /// How the relations are loaded, with the rows of joined ones.
    pub(super) fn into_plan(self) -> Plan<'n> {
        self.0
    }
}

/// Decides for each relation, and appends the columns of joined ones; `next` is the position of the first of them.
fn plan<'n>(
    nodes: &'n [IncludeNode],
    path: &[Hop],
    mut next: usize,
    list: &mut Vec<ast::Expr>,
    locked: bool,
) -> Result<Plan<'n>> {
    let mut plan = Plan::default();
    for node in nodes {
        node.check()?;
        let select = &node.select;
        let joins = node.strategy == Strategy::Auto
            && node.relation.leads_to_one()
            && node.limit.is_none()
            && node.offset.is_none()
            && (select.visibility == Visibility::DEFAULT || points_at_primary_key(&node.relation))
            && select.joins.is_empty()
            && !locked
            && path.len() < 4;
        if !joins {
            plan.separate.push(node);
            continue;
        }
        let mut path = path.to_vec();
        path.push(Hop { relation: node.relation, scope: node.scope.clone(), visibility: select.visibility });
        let reach = |expr: ast::Expr| match expr {
            ast::Expr::Path(mut further, inner) => {
                let mut all = path.clone();
                all.append(&mut further);
                ast::Expr::Path(all, inner)
            }
            expr => ast::Expr::Path(path.clone(), Box::new(expr)),
        };
        let at = next;
        let key = ast::Expr::Column(node.relation.keys()[0].to);
        // The scope is part of the path.
        let filter = &select.filter[usize::from(node.scope.is_some())..];
        list.push(reach(if filter.is_empty() {
            key
        } else {
            let branches = vec![(ast::Expr::And(filter.to_vec()), key)];
            ast::Expr::Case(Box::new(Case { branches, otherwise: None }))
        }));
        next += 1;
        let set = (node.new_set)();
        let own: Vec<ast::Expr> = match &select.list {
            SelectList::Exprs(list) => {
                list.iter().cloned().chain(set.keys().iter().copied().map(ast::Expr::Column)).collect()
            }
            _ => select.model.columns.iter().map(ast::Expr::Column).collect(),
        };
        next += own.len();
        list.extend(own.into_iter().map(reach));
        let before = list.len();
        let below = self::plan(&node.children, &path, next, list, locked)?;
        next += list.len() - before;
        plan.joined.push(Joined { node, at, set, below, owners: Owners::default() });
    }
    Ok(plan)
}

/// Whether a relation leads to one row even among deleted ones: other unique keys may leave those out.
fn points_at_primary_key(relation: &RelationDef) -> bool {
    let key = relation.target().primary_key;
    relation.between().is_none()
        && relation.keys().len() == key.len()
        && relation.keys().iter().all(|pair| key.contains(&pair.to.index))
}

/// A row from one of its columns on.
struct Shifted<'r> {
    row: &'r dyn Row,
    by: usize,
}

impl Row for Shifted<'_> {
    fn len(&self) -> usize {
        self.row.len().saturating_sub(self.by)
    }
    fn name(&self, index: usize) -> &str {
        self.row.name(index + self.by)
    }
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        self.row.get(index + self.by)
    }
}

/// Gives each row to the set and its joined columns to the sets of the joined relations.
pub(crate) struct JoinSink<'a, 'n> {
    set: &'a mut dyn RowSet,
    plan: &'a mut Plan<'n>,
}

impl RowSink for JoinSink<'_, '_> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let flow = self.set.row(row)?;
        self.plan.row(row)?;
        Ok(flow)
    }
    fn restart(&mut self) {
        self.set.restart();
        self.plan.truncate(self.set.len());
    }
}

impl<'n> Plan<'n> {
    fn first_separate(&self) -> Option<&'n IncludeNode> {
        let below = || self.joined.iter().find_map(|joined| joined.below.first_separate());
        self.separate.first().copied().or_else(below)
    }

    /// Moves joined rows into the rows they belong to.
    fn settle(&mut self, set: &mut dyn Parents) -> Result<()> {
        for Joined { node, set: children, below, owners, .. } in &mut self.joined {
            let mut children = std::mem::replace(children, (node.new_set)());
            let mut owners = std::mem::take(owners);
            owners.groups = children.len();
            below.settle(&mut *children)?;
            (node.attach)(set, children, &owners)?;
        }
        Ok(())
    }

    /// Takes the joined columns of one more row.
    fn row(&mut self, row: &dyn Row) -> Result<()> {
        for joined in &mut self.joined {
            if matches!(row.get(joined.at)?, ValueRef::Null) {
                joined.owners.parents.push(Owners::NONE);
                continue;
            }
            let group = u32::try_from(joined.set.len()).unwrap_or(Owners::NONE);
            joined.set.row(&Shifted { row, by: joined.at + 1 }).map_err(|e| shifted(e, joined.at + 1))?;
            joined.owners.parents.push(group);
            joined.owners.children.push(group);
            joined.below.row(row)?;
        }
        Ok(())
    }

    /// Forgets all but the first rows.
    fn truncate(&mut self, rows: usize) {
        for joined in &mut self.joined {
            joined.owners.parents.truncate(rows);
            let kept = joined.owners.parents.iter().filter(|group| **group != Owners::NONE).count();
            joined.owners.children.truncate(kept);
            joined.set.truncate(kept);
            joined.below.truncate(kept);
        }
    }
}

#[cold]
fn shifted(error: crate::error::Error, by: usize) -> crate::error::Error {
    match error.index() {
        Some(index) => error.with_index(index + by),
        None => error,
    }
}
