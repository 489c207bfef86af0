//! SELECT: clauses in order, joins for to-one paths, limits per parent, locks.

use super::super::{LimitStyle, unsupported};
use super::{Frame, Renderer, Source};
use crate::ast::{
    Deleted, Expr, Hop, JoinKind, ListItems, LockStrength, LockWait, NullsOrder, Order, Select, SelectList,
};
use crate::error::Result;
use crate::model::ModelDef;
use crate::value::Value;

impl Renderer<'_> {
    /// A whole statement or a sub-query.
    pub(super) fn select(&mut self, select: &Select) -> Result<()> {
        match &select.per_parent {
            None => self.plain_select(select),
            Some(per_parent) => {
                if !self.dialect().capabilities().windows {
                    return Err(unsupported(self.dialect(), "window functions (a limit per parent needs them)"));
                }
                self.w.push_sql("SELECT * FROM (");
                self.plain_select(select)?;
                self.w.push_sql(") AS ");
                self.w.push_ident("_p")?;
                self.w.push_sql(" WHERE ");
                self.w.push_ident("_n")?;
                self.w.push_sql(" > ");
                self.w.push_number(per_parent.offset);
                if let Some(limit) = per_parent.limit {
                    self.w.push_sql(" AND ");
                    self.w.push_ident("_n")?;
                    self.w.push_sql(" <= ");
                    self.w.push_number(per_parent.offset.saturating_add(limit));
                }
                self.w.push_sql(" ORDER BY ");
                self.w.push_ident("_n")
            }
        }
    }

    fn plain_select(&mut self, select: &Select) -> Result<()> {
        let nested = !self.frames.is_empty();
        let alias = if nested { Some(self.next_alias()) } else { None };
        let mut sources = vec![Source { model: select.model, alias, path: Vec::new() }];
        for join in &select.joins {
            sources.push(Source { model: join.model, alias: Some(self.next_alias()), path: Vec::new() });
        }
        let explicit = sources.len();
        let paths = to_one_paths(select);
        for path in &paths {
            let alias = self.next_alias();
            if let Some(last) = path.last() {
                sources.push(Source {
                    model: (last.relation.target)(),
                    alias: Some(alias),
                    path: path.iter().map(|hop| hop.relation.name).collect(),
                });
            }
        }
        self.frames.push(Frame { sources, qualified: false, joins: true });

        self.w.push_sql(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.select_list(select)?;
        self.w.push_sql(" FROM ");
        self.from(select, explicit, &paths)?;
        self.push_where(select.deleted, &select.filter)?;
        if !select.group_by.is_empty() {
            self.w.push_sql(" GROUP BY ");
            for (i, expr) in select.group_by.iter().enumerate() {
                if i > 0 {
                    self.w.push_sql(", ");
                }
                match ordinal(select, expr) {
                    Some(position) => self.w.push_number(position),
                    None => self.expr(expr)?,
                }
            }
        }
        if !select.having.is_empty() {
            self.w.push_sql(" HAVING ");
            for (i, expr) in select.having.iter().enumerate() {
                if i > 0 {
                    self.w.push_sql(" AND ");
                }
                self.operand(expr, super::expr::AND)?;
            }
        }
        if select.per_parent.is_none() {
            self.order_by(&select.order_by, Some(select))?;
        }
        self.limit(select.limit, select.offset)?;
        self.lock(select, explicit)?;
        self.frames.pop();
        Ok(())
    }

    fn select_list(&mut self, select: &Select) -> Result<()> {
        let named = select.per_parent.is_some();
        let (model, exprs): (bool, &[Expr]) = match &select.list {
            SelectList::Model => (true, &[]),
            SelectList::ModelAnd(exprs) => (true, exprs),
            SelectList::Exprs(exprs) => (false, exprs),
            SelectList::One => {
                self.w.push_sql("1");
                return Ok(());
            }
        };
        let mut first = true;
        if model {
            let source = self.frames.last().map(|f| (f.sources[0].clone(), f.sources.len() > 1));
            let Some((source, several)) = source else { return Ok(()) };
            let qualified = several || self.frames.len() > 1;
            for column in select.model.columns {
                if !std::mem::take(&mut first) {
                    self.w.push_sql(", ");
                }
                if qualified {
                    self.push_source_column(&source, column)?;
                } else {
                    self.w.push_ident(column.name)?;
                }
            }
        }
        for (i, expr) in exprs.iter().enumerate() {
            if !std::mem::take(&mut first) {
                self.w.push_sql(", ");
            }
            match expr {
                // On its own, some databases take such a parameter for text.
                Expr::Value(value @ (Value::Bytes(_) | Value::Uuid(_))) => self.cast(expr, value.sql_type())?,
                expr => self.expr(expr)?,
            }
            if named {
                self.w.push_sql(" AS ");
                self.w.push_ident(&format!("_e{i}"))?;
            }
        }
        if let Some(per_parent) = &select.per_parent {
            self.w.push_sql(", ROW_NUMBER() OVER (PARTITION BY ");
            for (i, expr) in per_parent.partition_by.iter().enumerate() {
                if i > 0 {
                    self.w.push_sql(", ");
                }
                self.expr(expr)?;
            }
            self.order_by(&select.order_by, None)?;
            self.w.push_sql(") AS ");
            self.w.push_ident("_n")?;
        }
        Ok(())
    }

    fn from(&mut self, select: &Select, explicit: usize, paths: &[Vec<Hop>]) -> Result<()> {
        let sources = self.frames.last().map(|f| f.sources.clone()).unwrap_or_default();
        let Some(root) = sources.first() else { return Ok(()) };
        self.push_source(root)?;
        for (join, source) in select.joins.iter().zip(&sources[1..]) {
            self.w.push_sql(match join.kind {
                JoinKind::Inner => " INNER JOIN ",
                JoinKind::Left => " LEFT JOIN ",
            });
            self.push_source(source)?;
            self.w.push_sql(" ON ");
            // Tables of paths come after these, so that paths are sub-queries here.
            self.join_paths(false);
            self.operand(&join.on, super::expr::AND)?;
            self.join_paths(true);
            if source.model.deleted_at.is_some() && join.deleted != Deleted::Included {
                self.w.push_sql(" AND ");
                self.deleted_filter(source, join.deleted)?;
            }
        }
        for (path, source) in paths.iter().zip(&sources[explicit..]) {
            let Some((Hop { relation, scope }, before)) = path.split_last() else { continue };
            let parent = if before.is_empty() {
                root
            } else {
                let before: Vec<&str> = before.iter().map(|hop| hop.relation.name).collect();
                match sources.iter().find(|s| s.path == before) {
                    Some(parent) => parent,
                    None => continue, // Prefixes come first: `to_one_paths` lists them.
                }
            };
            self.w.push_sql(" LEFT JOIN ");
            self.push_source(source)?;
            self.w.push_sql(" ON ");
            for (i, pair) in relation.keys.iter().enumerate() {
                if i > 0 {
                    self.w.push_sql(" AND ");
                }
                self.push_source_column(source, pair.to)?;
                self.w.push_sql(" = ");
                self.push_source_column(parent, pair.from)?;
            }
            if let Some((column, text)) = relation.when {
                self.w.push_sql(" AND ");
                self.push_source_column(parent, column)?;
                self.w.push_sql(" = ");
                self.w.push_bind(Value::Text(text.into()))?;
            }
            if let Some((column, text)) = relation.tag {
                self.w.push_sql(" AND ");
                self.push_source_column(source, column)?;
                self.w.push_sql(" = ");
                self.w.push_bind(Value::Text(text.into()))?;
            }
            if source.model.deleted_at.is_some() {
                self.w.push_sql(" AND ");
                self.deleted_filter(source, Deleted::Hidden)?;
            }
            if let Some(scope) = scope {
                self.w.push_sql(" AND ");
                self.about(source.clone(), scope, super::expr::AND)?;
            }
        }
        Ok(())
    }

    fn join_paths(&mut self, joins: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.joins = joins;
        }
    }

    /// `ORDER BY`, with its leading space; nothing for no keys. The keys may be items of the query's list.
    pub(super) fn order_by(&mut self, order_by: &[Order], of: Option<&Select>) -> Result<()> {
        let capabilities = self.dialect().capabilities();
        // Databases take a constant for the number of a column, or refuse it.
        for (i, order) in order_by.iter().filter(|order| !is_constant(&order.expr)).enumerate() {
            self.w.push_sql(if i == 0 { " ORDER BY " } else { ", " });
            let natural = match order.nulls {
                None => true,
                Some(NullsOrder::First) => capabilities.nulls_first != order.descending,
                Some(NullsOrder::Last) => capabilities.nulls_first == order.descending,
            };
            if !natural && !capabilities.nulls_order {
                // FALSE sorts before TRUE everywhere.
                match of.filter(|of| !of.group_by.is_empty()).and_then(|of| ordinal(of, &order.expr)) {
                    // Of a group's key, the greatest is the key; it is the same whatever the values in it are bound as.
                    Some(_) if !aggregates(&order.expr) => {
                        self.w.push_sql("MAX(");
                        self.expr(&order.expr)?;
                        self.w.push_sql(")");
                    }
                    _ => self.operand(&order.expr, super::expr::COMPARE + 1)?,
                }
                self.w.push_sql(if order.nulls == Some(NullsOrder::First) { " IS NULL DESC, " } else { " IS NULL, " });
            }
            match of.filter(|of| of.distinct || !of.group_by.is_empty()).and_then(|of| ordinal(of, &order.expr)) {
                Some(position) => self.w.push_number(position),
                None => self.expr(&order.expr)?,
            }
            if order.descending {
                self.w.push_sql(" DESC");
            }
            if !natural && capabilities.nulls_order {
                self.w.push_sql(if order.nulls == Some(NullsOrder::First) { " NULLS FIRST" } else { " NULLS LAST" });
            }
        }
        Ok(())
    }

    pub(super) fn limit(&mut self, limit: Option<u64>, offset: Option<u64>) -> Result<()> {
        match (limit, offset, self.dialect().capabilities().limit) {
            (None, None, _) => {}
            (Some(limit), _, _) => {
                self.w.push_sql(" LIMIT ");
                self.w.push_number(signed(limit).unsigned_abs());
            }
            (None, Some(_), LimitStyle::Standard) => {}
            (None, Some(_), LimitStyle::OffsetNeedsLimit(all)) => {
                self.w.push_sql(" LIMIT ");
                self.w.push_sql(all);
            }
        }
        if let Some(offset) = offset {
            // Bound, as every page has another: a statement for each would be prepared once and never again. The number of
            // rows of a page seldom changes, and planners like to know it.
            self.w.push_sql(" OFFSET ");
            self.w.push_bind(Value::I64(signed(offset)))?;
        }
        Ok(())
    }

    /// `FOR UPDATE` and the like; `explicit` is the number of tables the statement names.
    fn lock(&mut self, select: &Select, explicit: usize) -> Result<()> {
        let Some(lock) = &select.lock else { return Ok(()) };
        let capabilities = self.dialect().capabilities();
        if !capabilities.row_locks {
            return Err(unsupported(self.dialect(), "row locks (begin an immediate transaction instead)"));
        }
        self.w.push_sql(match lock.strength {
            LockStrength::Update => " FOR UPDATE",
            LockStrength::NoKeyUpdate if capabilities.key_locks => " FOR NO KEY UPDATE",
            LockStrength::NoKeyUpdate => " FOR UPDATE",
            LockStrength::KeyShare if capabilities.key_locks => " FOR KEY SHARE",
            LockStrength::Share | LockStrength::KeyShare if capabilities.for_share => " FOR SHARE",
            LockStrength::Share | LockStrength::KeyShare => " LOCK IN SHARE MODE",
        });
        if !lock.of.is_empty() {
            if !capabilities.lock_of {
                return Err(unsupported(self.dialect(), "OF after a row lock"));
            }
            let sources = self.frames.last().map(|f| f.sources.clone()).unwrap_or_default();
            for (i, model) in lock.of.iter().enumerate() {
                self.w.push_sql(if i == 0 { " OF " } else { ", " });
                match sources.iter().find(|s| s.model.table.is(model.table)) {
                    Some(source) => self.push_source_name(source)?,
                    None => return Err(self.not_in_query(&model.columns[0])),
                }
            }
        }
        let sources = self.frames.last().map_or(&[][..], |f| &f.sources);
        let outer = sources.len() > explicit || select.joins.iter().any(|join| join.kind == JoinKind::Left);
        if outer && lock.of.is_empty() && capabilities.lock_of {
            // Rows of outer joins cannot be locked everywhere, and those of paths are not what was asked for.
            let inner = select.joins.iter().zip(&sources[1..]).filter(|(join, _)| join.kind == JoinKind::Inner);
            let locked: Vec<Source> =
                sources.first().into_iter().chain(inner.map(|(_, source)| source)).cloned().collect();
            for (i, source) in locked.iter().enumerate() {
                self.w.push_sql(if i == 0 { " OF " } else { ", " });
                self.push_source_name(source)?;
            }
        }
        match lock.wait {
            LockWait::Wait => {}
            LockWait::NoWait if capabilities.nowait => self.w.push_sql(" NOWAIT"),
            LockWait::NoWait => return Err(unsupported(self.dialect(), "NOWAIT")),
            LockWait::SkipLocked if capabilities.skip_locked => self.w.push_sql(" SKIP LOCKED"),
            LockWait::SkipLocked => return Err(unsupported(self.dialect(), "SKIP LOCKED")),
        }
        Ok(())
    }
}

/// A number of rows: databases count them in signed 64-bit numbers, and no table has more.
fn signed(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The to-one paths a query's expressions use, prefixes first, each once.
fn to_one_paths(select: &Select) -> Vec<Vec<Hop>> {
    let mut paths: Vec<Vec<Hop>> = Vec::new();
    let mut visit = |expr: &Expr| {
        if let Expr::Path(hops, _) = expr
            && joinable(hops)
            && starts_at(hops, select.model)
        {
            for end in 1..=hops.len() {
                let prefix = &hops[..end];
                let same = |path: &[Hop]| path.iter().zip(prefix).all(|(a, b)| a.relation.name == b.relation.name);
                let known = paths.iter().any(|path| path.len() == end && same(path));
                if !known {
                    paths.push(prefix.to_vec());
                }
            }
        }
    };
    if let SelectList::ModelAnd(exprs) | SelectList::Exprs(exprs) = &select.list {
        exprs.iter().for_each(|e| e.walk(&mut visit));
    }
    select.filter.iter().chain(&select.group_by).chain(&select.having).for_each(|e| e.walk(&mut visit));
    select.order_by.iter().for_each(|o| o.expr.walk(&mut visit));
    paths
}

/// Whether a path starts at a model: those from joined models are sub-queries.
pub(super) fn starts_at(hops: &[Hop], model: &ModelDef) -> bool {
    hops.first().is_some_and(|hop| hop.relation.keys.iter().all(|pair| pair.from.table.is(model.table)))
}

/// Whether a path never multiplies rows: every relation on it leads to one row, as the database sees to it.
pub(super) fn joinable(hops: &[Hop]) -> bool {
    hops.iter().all(|hop| hop.relation.through.is_none() && hop.relation.leads_to_one())
}

fn aggregates(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part, Expr::Aggregate(_) | Expr::Window(_)));
    found
}

/// Whether an expression is written as TRUE or FALSE.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::And(all) | Expr::Or(all) if all.len() < 2 => all.first().is_none_or(is_constant),
        Expr::In(list) => match &list.items {
            ListItems::Values(_, values) => values.is_empty(),
            ListItems::Exprs(items) => items.is_empty(),
            ListItems::Select(_) => false,
        },
        Expr::Not(inner) => is_constant(inner),
        Expr::Path(_, inner) => is_constant(inner),
        _ => false,
    }
}

/// The position in the query's list of an expression that is more than a column. Written again, its values would be bound
/// again, and to the database the two would be different expressions.
fn ordinal(select: &Select, expr: &Expr) -> Option<u64> {
    let (before, exprs) = match &select.list {
        _ if matches!(expr, Expr::Column(_)) => return None,
        SelectList::Exprs(exprs) => (0, exprs),
        SelectList::ModelAnd(exprs) => (select.model.columns.len(), exprs),
        _ => return None,
    };
    exprs.iter().position(|item| item == expr || item.is_truth_of(expr)).map(|i| (before + i + 1) as u64)
}
