//! SELECT: clauses in order, joins for to-one paths, limits per parent, locks.

use super::super::{HintPlace, Level, Limits, OrderKey, Tail, unsupported};
use super::expr::{sealed_column, sealed_in};
use super::lock::RowLock;
use super::{Frame, Renderer, Source};
use crate::ast::{Expr, Hop, JoinKind, ListItems, NullsOrder, Order, Select, SelectList, Step};
use crate::error::Result;
use crate::model::{ColumnDef, ModelDef};
use crate::value::{SealKind, Value};

impl Renderer<'_> {
    /// A whole SELECT, or a sub-query without parentheses.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for what the dialect does not have; those of its parts.
    pub fn select(&mut self, select: &Select) -> Result<()> {
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
        let mut sources = vec![Source { alias, ..Source::named(select.model, select.visibility) }];
        for join in &select.joins {
            sources.push(Source::aliased(join.model, self.next_alias(), join.visibility));
        }
        let explicit = sources.len();
        let paths = to_one_paths(select);
        for path in &paths {
            let alias = self.next_alias();
            if let Some(last) = path.last() {
                let path = path.iter().map(Hop::step).collect();
                sources.push(Source::aliased(last.relation.target(), alias, last.visibility).at(path));
            }
        }
        self.frames.push(Frame { sources, qualified: false, joins: true, items: Vec::new() });

        let dialect = self.dialect();
        let limits = Limits::new(select.limit, select.offset);
        let lock = self.row_lock(select, explicit)?;
        dialect.push_select(self, select.distinct, limits)?;
        if select.read_first && !nested {
            dialect.push_read_first(self, select.model.table, HintPlace::Select)?;
        }
        self.select_list(select)?;
        self.w.push_sql(" FROM ");
        self.from(select, explicit, &paths, lock.as_ref())?;
        self.filter(&select.filter)?;
        if !select.group_by.is_empty() {
            self.w.push_sql(" GROUP BY ");
            for (i, expr) in select.group_by.iter().enumerate() {
                if i > 0 {
                    self.w.push_sql(", ");
                }
                match ordinal(select, expr) {
                    Some(position) => dialect.push_group_item(self, position)?,
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
                self.condition(expr, Level::And)?;
            }
        }
        // Rows with a limit per parent are ordered within their windows.
        let order_by: &[Order] = if select.per_parent.is_none() { &select.order_by } else { &[] };
        if !order_by.is_empty() || !limits.are_none() {
            let nested = nested || select.per_parent.is_some();
            // The standard takes a bare name for an item of the list that happens to be called so, here and here alone.
            self.qualify(has_expressions(&select.list));
            let tail = Tail { order_by, limits, distinct: select.distinct, nested, select: Some(select) };
            dialect.push_tail(self, &tail)?;
            self.qualify(false);
        }
        if let Some(lock) = &lock {
            dialect.push_lock(self, lock)?;
        }
        self.frames.pop();
        Ok(())
    }

    fn select_list(&mut self, select: &Select) -> Result<()> {
        let (named, nested) = (select.per_parent.is_some(), self.frames.len() > 1);
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
            // Equal values have different bytes each time, so they would all stay.
            let random = |column: &&ColumnDef| column.sealed.is_some_and(|sealed| sealed.kind == SealKind::Random);
            if let Some(column) = sealed_column(expr).filter(random).filter(|_| select.distinct) {
                return Err(sealed_in(column));
            }
            let start = self.w.sql().len();
            match expr {
                // On its own, some databases take such a parameter for text.
                Expr::Value(value @ (Value::Bytes(_) | Value::Uuid(_))) => {
                    self.dialect().push_cast(self, expr, value.sql_type())?;
                }
                expr if nested => self.expr(expr)?,
                expr => self.readable(expr, |r| r.expr(expr))?,
            }
            if !select.group_by.is_empty() {
                let columns = if model { select.model.columns.len() } else { 0 };
                let item = ((columns + i + 1) as u64, start..self.w.sql().len());
                if let Some(frame) = self.frames.last_mut() {
                    frame.items.push(item);
                }
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
            self.window_order(&select.order_by, true)?;
            self.w.push_sql(") AS ");
            self.w.push_ident("_n")?;
        }
        Ok(())
    }

    fn from(&mut self, select: &Select, explicit: usize, paths: &[Vec<Hop>], lock: Option<&RowLock>) -> Result<()> {
        let sources = self.frames.last().map(|f| f.sources.clone()).unwrap_or_default();
        let Some(root) = sources.first() else { return Ok(()) };
        self.push_source(root)?;
        if select.read_first && root.alias.is_none() {
            self.dialect().push_read_first(self, select.model.table, HintPlace::Table)?;
        }
        self.lock_hint(root, lock)?;
        if let Some(reached) = &select.reached {
            self.reached(root, reached)?;
        }
        for (join, source) in select.joins.iter().zip(&sources[1..]) {
            self.w.push_sql(match join.kind {
                JoinKind::Inner => " INNER JOIN ",
                JoinKind::Left => " LEFT JOIN ",
            });
            self.push_source(source)?;
            self.lock_hint(source, lock)?;
            self.w.push_sql(" ON ");
            // Tables of paths come after these, so that paths are sub-queries here.
            self.join_paths(false);
            self.condition(&join.on, Level::And)?;
            self.join_paths(true);
            self.push_visible(source, " AND ")?;
        }
        for (path, source) in paths.iter().zip(&sources[explicit..]) {
            let Some((Hop { relation, scope, .. }, before)) = path.split_last() else { continue };
            let parent = if before.is_empty() {
                root
            } else {
                let before: Vec<Step> = before.iter().map(Hop::step).collect();
                match sources.iter().find(|s| s.path == before) {
                    Some(parent) => parent,
                    None => continue, // Prefixes come first: `to_one_paths` lists them.
                }
            };
            self.w.push_sql(" LEFT JOIN ");
            self.push_source(source)?;
            self.w.push_sql(" ON ");
            self.push_meeting(relation.first(), source, |r, column| r.push_source_column(parent, column))?;
            self.push_visible(source, " AND ")?;
            if let Some(scope) = scope {
                self.w.push_sql(" AND ");
                self.about(source.clone(), |r| r.condition(scope, Level::And))?;
            }
        }
        Ok(())
    }

    /// Whether columns of the innermost query are written with their table from here on.
    fn qualify(&mut self, qualified: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.qualified = qualified;
        }
    }

    fn join_paths(&mut self, joins: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.joins = joins;
        }
    }

    /// ` ORDER BY` and its keys; nothing for no keys.
    ///
    /// # Errors
    /// Those of the keys.
    pub fn order(&mut self, tail: &Tail<'_>) -> Result<()> {
        self.order_by(tail.order_by, tail.select)
    }

    /// As [`order`](Self::order); the keys may be items of a query's list.
    pub(super) fn order_by(&mut self, order_by: &[Order], select: Option<&Select>) -> Result<()> {
        let dialect = self.dialect();
        let nulls_first = dialect.capabilities().nulls_first;
        for (i, order) in order_by.iter().filter(|order| !is_constant(&order.expr)).enumerate() {
            self.w.push_sql(if i == 0 { " ORDER BY " } else { ", " });
            let by_itself = match order.nulls {
                None => true,
                Some(NullsOrder::First) => nulls_first != order.descending,
                Some(NullsOrder::Last) => nulls_first == order.descending,
            };
            let nulls = if by_itself { None } else { order.nulls };
            dialect
                .push_order_key(self, &OrderKey { expr: &order.expr, descending: order.descending, nulls, select })?;
        }
        Ok(())
    }

    /// What a key of an order compares: an expression, or the position of an item of the list.
    ///
    /// # Errors
    /// Those of the expression.
    pub fn order_expr(&mut self, key: &OrderKey<'_>) -> Result<()> {
        let listed = key.select.filter(|select| select.distinct || !select.group_by.is_empty());
        match listed.and_then(|select| ordinal(select, key.expr)) {
            Some(position) => {
                self.w.push_number(position);
                Ok(())
            }
            None => self.expr(key.expr),
        }
    }

    /// What a key of an order compares, as the operand of a test for NULL.
    ///
    /// # Errors
    /// Those of the expression.
    pub fn order_null_operand(&mut self, key: &OrderKey<'_>) -> Result<()> {
        let grouped = key.select.filter(|select| !select.group_by.is_empty());
        match grouped.and_then(|select| ordinal(select, key.expr)) {
            // Of a group's key, the greatest is the key; it is the same whatever the values in it are bound as.
            Some(_) if !aggregates(key.expr) => {
                self.w.push_sql("MAX(");
                self.expr(key.expr)?;
                self.w.push_sql(")");
                Ok(())
            }
            _ => self.operand(key.expr, Level::Compare.tighter()),
        }
    }

    /// Appends the expression at a position of the list of a query with groups once more, with the placeholders that it has
    /// there: for dialects with numbered placeholders in which GROUP BY takes no positions.
    pub fn repeat_item(&mut self, position: u64) {
        let items = self.frames.last().map_or(&[][..], |frame| &frame.items);
        if let Some((_, range)) = items.iter().find(|(at, _)| *at == position) {
            self.w.repeat(range.clone());
        }
    }
}

/// Whether a list has items that are more than columns. The database gives those a name of its own, such as `count` or that of
/// a column in it.
fn has_expressions(list: &SelectList) -> bool {
    match list {
        SelectList::Model | SelectList::One => false,
        SelectList::ModelAnd(exprs) | SelectList::Exprs(exprs) => exprs.iter().any(|e| !matches!(e, Expr::Column(_))),
    }
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
                let same = |path: &[Hop]| path.iter().zip(prefix).all(|(a, b)| a.step() == b.step());
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
    hops.first().is_some_and(|hop| hop.relation.keys().iter().all(|pair| pair.from.table.is(model.table)))
}

/// Whether a path never multiplies rows: every relation on it leads to one row, as the database sees to it.
pub(super) fn joinable(hops: &[Hop]) -> bool {
    hops.iter().all(|hop| hop.relation.leads_to_one())
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
            ListItems::Rows(rows) => rows.is_empty(),
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
