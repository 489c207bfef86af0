//! What the changes by handles have in common: whose rows, which, and the conditions that find them.

use crate::ast::{self, BinaryOp, InList, ListItems, Select, SelectList};
use crate::dialect::Policies as _;
use crate::driver::Session;
use crate::error::{Error, Result};
use crate::model::{ColumnDef, ModelDef, RelationDef};
use crate::run::{Comparable, count_rows, lock_rows};
use crate::value::Value;
use crate::write::{RelationFilter, check_end, no_key};

/// What is done to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Add,
    Remove,
    Set,
}

/// A change of which rows are related to one.
#[derive(Debug)]
pub(super) struct Change {
    /// The model that has the relation.
    pub(super) owner: &'static ModelDef,
    pub(super) def: RelationDef,
    /// The values of the row that the relation leads from.
    pub(super) parent: Vec<Value>,
    /// The children's keys: the primary key, or the columns that the join table points at.
    pub(super) children: Vec<Vec<Value>>,
    /// Why there are no keys.
    pub(super) wrong: Option<Error>,
    pub(super) kind: Kind,
    pub(super) scope: Option<RelationFilter>,
}

impl Change {
    /// Refuses a change that cannot be made.
    pub(super) fn check(&mut self) -> Result<()> {
        if let Some(error) = self.wrong.take() {
            return Err(error);
        }
        let missing = self.def.keys().iter().zip(&self.parent).find(|(_, value)| value.is_null());
        match missing {
            Some((pair, _)) if self.kind != Kind::Remove && !self.children.is_empty() => Err(no_key(pair.from)),
            _ => Ok(()),
        }
    }

    /// Whether there is nothing to do.
    pub(super) fn is_nothing(&self) -> bool {
        self.children.is_empty() && self.kind != Kind::Set
    }

    /// The condition that a row of the other model, or of the join model, points at the row.
    pub(super) fn owned(&self) -> Vec<ast::Expr> {
        parent_filter(&self.def, &self.parent)
    }

    /// Waits until nobody else changes what is related to the row. The session must be a transaction.
    pub(super) async fn lock_parent(&self, session: &dyn Session) -> Result<()> {
        let row = self.def.keys().iter().zip(&self.parent);
        let row = row.map(|(pair, value)| equal(pair.from, ast::Expr::Value(value.clone())));
        lock_rows(session, self.owner, row.collect()).await
    }

    /// Refuses a change that the policies of the two models do not allow. `columns` are those of the children's keys.
    pub(super) async fn check_policies(&self, session: &dyn Session, columns: &[&'static ColumnDef]) -> Result<()> {
        if !session.context().is_restricted() && !session.context().polices(self.owner) {
            return Ok(());
        }
        let near: Vec<&'static ColumnDef> = self.def.keys().iter().map(|pair| pair.from).collect();
        check_end(session, self.owner, &near, std::slice::from_ref(&self.parent)).await?;
        check_end(session, self.def.target(), columns, &self.children).await
    }

    /// Refuses children that do not meet the relation's filter. `columns` are those of their keys.
    pub(super) async fn check_scope(&self, session: &dyn Session, columns: &[&'static ColumnDef]) -> Result<()> {
        let Some(scope) = &self.scope else { return Ok(()) };
        let target = self.def.target();
        let mut these = vec![ast::Expr::has_key(columns, &self.children)];
        let all = count_rows(session, target, these.clone()).await?;
        these.extend(scope.of_target());
        if count_rows(session, target, these).await? == all {
            return Ok(());
        }
        Err(scope.outside("a row does not meet its filter; change that row first"))
    }
}

/// Keys, each once.
pub(super) fn distinct(keys: impl Iterator<Item = Result<Vec<Value>>>) -> Result<Vec<Vec<Value>>> {
    let mut seen = std::collections::HashSet::new();
    let mut distinct = Vec::new();
    for key in keys {
        let key = key?;
        if seen.insert(key.iter().map(Comparable::of).collect::<Vec<_>>()) {
            distinct.push(key);
        }
    }
    Ok(distinct)
}

pub(super) fn equal(column: &'static ColumnDef, other: ast::Expr) -> ast::Expr {
    ast::Expr::binary(BinaryOp::Eq, column.into(), other)
}

/// The condition that a row of the other model, or of the join model, points at a key.
pub(super) fn parent_filter(relation: &RelationDef, values: &[Value]) -> Vec<ast::Expr> {
    let keys = relation.keys().iter().zip(values);
    let keys = keys.map(|(pair, value)| equal(pair.to, ast::Expr::Value(value.clone())));
    keys.chain(ast::Expr::tag_of(relation)).collect()
}

/// The conditions that a chain leads to a row from the row with a key: each model on the way is read by a sub-query of its
/// own, so that a table may be on it twice.
pub(super) fn reached_from(relation: &RelationDef, values: &[Value]) -> Vec<ast::Expr> {
    let mut conditions = parent_filter(relation, values);
    for (hop, next) in relation.hops.iter().zip(&relation.hops[1..]) {
        let is = |(column, text): (&'static ColumnDef, &'static str)| {
            equal(column, ast::Expr::Value(Value::Text(text.into())))
        };
        let mut rows = Select::new((hop.target)());
        rows.list = SelectList::Exprs(next.keys.iter().map(|pair| pair.from.into()).collect());
        rows.filter = conditions;
        rows.filter.extend(hop.filter.map(|filter| filter()));
        rows.filter.extend(next.when.map(is));
        let mut key: Vec<ast::Expr> = next.keys.iter().map(|pair| pair.to.into()).collect();
        let expr = if key.len() == 1 { key.remove(0) } else { ast::Expr::Row(key) };
        let items = ListItems::Select(Box::new(rows));
        conditions = vec![ast::Expr::In(Box::new(InList { expr, items, negated: false }))];
        conditions.extend(next.tag.map(is));
    }
    conditions
}

/// The key of the one row that is given.
pub(super) fn only<T>(
    mut rows: impl Iterator<Item = T>,
    key: impl FnOnce(T) -> Result<Vec<Value>>,
) -> Result<Vec<Value>> {
    rows.next().map_or(Ok(Vec::new()), key)
}
