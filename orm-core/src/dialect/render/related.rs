//! Questions about related rows as correlated sub-queries, and columns of to-one related rows.

use super::super::{Level, Limits, Tail};
use super::select::{joinable, starts_at};
use super::{Frame, Renderer, Source};
use crate::ast::{BinaryOp, Expr, Function, Hop, Order, Quantifier, Reached, Related, Visibility};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, HopDef, RelationDef};
use crate::value::Value;

/// The name of the derived table with the pairs of [`Renderer::reached`].
const REACHED: &str = "_r";

impl Renderer<'_> {
    pub(super) fn related(&mut self, related: &Related) -> Result<()> {
        match &related.quantifier {
            Quantifier::Any => self.correlated("EXISTS (SELECT 1", related, false),
            Quantifier::None => self.correlated("NOT EXISTS (SELECT 1", related, false),
            // No related row for which the filter is false or unknown.
            Quantifier::All => self.correlated("NOT EXISTS (SELECT 1", related, true),
            Quantifier::Aggregate(aggregate) => self.correlated_aggregate(aggregate, related),
        }
    }

    fn correlated(&mut self, start: &str, related: &Related, fails: bool) -> Result<()> {
        self.w.push_sql(start);
        let frame = self.relation_frame(&related.relation, related.visibility);
        self.frames.push(frame);
        self.relation_from(&related.relation, related.filter.as_ref(), fails)?;
        self.frames.pop();
        self.w.push_sql(")");
        Ok(())
    }

    fn correlated_aggregate(&mut self, aggregate: &Expr, related: &Related) -> Result<()> {
        self.w.push_sql("(SELECT ");
        // The aggregate's columns belong to the related table, whose scope opens with FROM: open it first.
        let frame = self.relation_frame(&related.relation, related.visibility);
        self.frames.push(frame);
        self.expr(aggregate)?;
        self.relation_from(&related.relation, related.filter.as_ref(), false)?;
        self.frames.pop();
        self.w.push_sql(")");
        Ok(())
    }

    /// The scope of a relation's target. The model between two ends stands in it as well, since conditions may name its
    /// columns.
    fn relation_frame(&mut self, relation: &RelationDef, visibility: Visibility) -> Frame {
        let mut frame = Frame::of(Source::aliased(relation.target(), self.next_alias(), visibility));
        if let Some(between) = relation.between() {
            frame.sources.push(Source::aliased(between.model, self.next_alias(), Visibility::DEFAULT));
        }
        frame
    }

    /// Appends `FROM` and `WHERE` of a relation's target, whose scope is open.
    fn relation_from(&mut self, relation: &RelationDef, filter: Option<&Expr>, fails: bool) -> Result<()> {
        let sources = self.frames.last().map(|f| f.sources.clone()).unwrap_or_default();
        let outer = self.frames.len() - 1;
        if outer == 0 {
            return Err(Error::new(ErrorKind::InvalidStatement, "a relation is asked about outside of any query"));
        }
        let target = &sources[0];
        self.w.push_sql(" FROM ");
        self.push_source(target)?;
        if let Some(between) = sources.get(1) {
            self.w.push_sql(" INNER JOIN ");
            self.push_source(between)?;
            self.w.push_sql(" ON ");
            self.push_meeting(relation.last(), target, |r, column| r.push_source_column(between, column))?;
            self.push_visible(between, " AND ")?;
        }
        self.w.push_sql(" WHERE ");
        if relation.chain {
            self.w.push_sql("EXISTS (SELECT 1");
            let frame = self.links_frame(relation);
            self.frames.push(frame);
            self.links(relation, Some(target), |r, first| {
                r.push_meeting(relation.first(), first, |r, column| r.push_column_from(column, outer))
            })?;
            self.frames.pop();
            self.w.push_sql(")");
        } else {
            let near = sources.last().unwrap_or(target);
            self.push_meeting(relation.first(), near, |r, column| r.push_column_from(column, outer))?;
        }
        self.push_visible(target, " AND ")?;
        if let Some(filter) = filter {
            self.w.push_sql(" AND ");
            if fails {
                self.dialect().push_is_not_true(self, filter)?;
            } else {
                self.condition(filter, Level::And)?;
            }
        }
        Ok(())
    }

    /// Appends what holds where a hop leads from one row to another: equal keys, and columns that tell models apart. `from`
    /// appends a column of the earlier row.
    pub(super) fn push_meeting(
        &mut self,
        hop: &HopDef,
        target: &Source,
        from: impl Fn(&mut Self, &'static ColumnDef) -> Result<()>,
    ) -> Result<()> {
        for (i, pair) in hop.keys.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(" AND ");
            }
            self.push_source_column(target, pair.to)?;
            self.w.push_sql(" = ");
            from(self, pair.from)?;
        }
        if let Some((column, text)) = hop.when {
            self.w.push_sql(" AND ");
            from(self, column)?;
            self.w.push_sql(" = ");
            self.w.push_bind(Value::Text(text.into()))?;
        }
        if let Some((column, text)) = hop.tag {
            self.w.push_sql(" AND ");
            self.push_source_column(target, column)?;
            self.w.push_sql(" = ");
            self.w.push_bind(Value::Text(text.into()))?;
        }
        Ok(())
    }

    /// The scope of the models between the ends of a chain: that beside the target first. Expressions do not name them, so
    /// a table may be among them twice.
    fn links_frame(&mut self, relation: &RelationDef) -> Frame {
        let between = relation.hops.split_last().map_or(&[][..], |(_, between)| between);
        let sources = between.iter().rev().map(|hop| {
            Source::aliased((hop.target)(), self.next_alias(), Visibility::DEFAULT)
                .at(vec![(relation.name, Visibility::DEFAULT)])
        });
        Frame { sources: sources.collect(), qualified: true, joins: false, items: Vec::new() }
    }

    /// Appends `FROM` and `WHERE` of the models between the ends of a chain, whose scope is open. `target` appends a column of
    /// the target, `start` what is said of the first model.
    fn links(
        &mut self,
        relation: &RelationDef,
        target: Option<&Source>,
        start: impl FnOnce(&mut Self, &Source) -> Result<()>,
    ) -> Result<()> {
        let sources = self.frames.last().map(|frame| frame.sources.clone()).unwrap_or_default();
        let (Some(beside), Some(first)) = (sources.first(), sources.last()) else { return Ok(()) };
        self.w.push_sql(" FROM ");
        self.push_source(beside)?;
        let hops = relation.hops.iter().rev();
        for ((source, later), hop) in sources[1..].iter().zip(&sources).zip(hops.clone().skip(1)) {
            self.w.push_sql(" INNER JOIN ");
            self.push_source(source)?;
            self.w.push_sql(" ON ");
            self.push_meeting(hop, later, |r, column| r.push_source_column(source, column))?;
        }
        self.w.push_sql(" WHERE ");
        start(self, first)?;
        if let Some(target) = target {
            self.w.push_sql(" AND ");
            self.push_meeting(relation.last(), target, |r, column| r.push_source_column(beside, column))?;
        } else if let Some((column, text)) = relation.last().when {
            self.w.push_sql(" AND ");
            self.push_source_column(beside, column)?;
            self.w.push_sql(" = ");
            self.w.push_bind(Value::Text(text.into()))?;
        }
        for (source, hop) in sources.iter().zip(hops.skip(1)) {
            self.push_visible(source, " AND ")?;
            if let Some(filter) = hop.filter {
                self.w.push_sql(" AND ");
                self.about(source.clone(), |r| r.condition(&filter(), Level::And))?;
            }
        }
        Ok(())
    }

    /// Appends a join to the pairs of a parent's key and a row that a chain leads to from there, each pair once.
    pub(super) fn reached(&mut self, target: &Source, reached: &Reached) -> Result<()> {
        let relation = &reached.relation;
        self.w.push_sql(" INNER JOIN (SELECT DISTINCT ");
        let frame = self.links_frame(relation);
        let (Some(beside), Some(first)) = (frame.sources.first().cloned(), frame.sources.last().cloned()) else {
            return Err(Error::new(ErrorKind::InvalidStatement, "a chain leads over at least one model"));
        };
        self.frames.push(frame);
        for (i, pair) in relation.keys().iter().enumerate() {
            self.push_source_column(&first, pair.to)?;
            self.w.push_sql(" AS ");
            self.w.push_ident(&format!("_k{i}"))?;
            self.w.push_sql(", ");
        }
        for (i, pair) in relation.last().keys.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.push_source_column(&beside, pair.from)?;
            self.w.push_sql(" AS ");
            self.w.push_ident(&format!("_f{i}"))?;
        }
        self.links(relation, None, |r, first| {
            r.about(first.clone(), |r| r.condition(&reached.from, Level::And))?;
            match relation.first().tag {
                Some((column, text)) => {
                    r.w.push_sql(" AND ");
                    r.push_source_column(first, column)?;
                    r.w.push_sql(" = ");
                    r.w.push_bind(Value::Text(text.into()))
                }
                None => Ok(()),
            }
        })?;
        self.frames.pop();
        self.w.push_sql(") AS ");
        self.w.push_ident(REACHED)?;
        self.w.push_sql(" ON ");
        let last = HopDef { when: None, ..*relation.last() };
        self.push_meeting(&last, target, |r, column| {
            let place = last.keys.iter().position(|pair| pair.from == column).unwrap_or_default();
            r.w.push_ident(REACHED)?;
            r.w.push_sql(".");
            r.w.push_ident(&format!("_f{place}"))
        })
    }

    /// A column of the key of the parent that a chain was followed from: see [`reached`](Self::reached).
    pub(super) fn parent_key(&mut self, place: usize) -> Result<()> {
        self.w.push_ident(REACHED)?;
        self.w.push_sql(".");
        self.w.push_ident(&format!("_k{place}"))
    }
    /// An expression about the row that to-one relations lead to: of a joined table where the query has joins, else of
    /// a sub-query.
    pub(super) fn path(&mut self, hops: &[Hop], inner: &Expr) -> Result<()> {
        match self.joined_path(hops, inner) {
            Some((source, None)) => self.about(source, |r| r.expr(inner)),
            // Where there is no row, there is nothing to say about it, as in a sub-query.
            Some((source, Some(key))) => {
                self.w.push_sql("CASE WHEN ");
                self.push_source_column(&source, key)?;
                self.w.push_sql(" IS NOT NULL THEN ");
                self.about(source, |r| r.expr(inner))?;
                self.w.push_sql(" END");
                Ok(())
            }
            None => self.path_query(hops, inner),
        }
    }

    /// The joined table that to-one relations lead to, when the query has joins; and its key, when it must be tested to know
    /// whether there is a row.
    pub(super) fn joined_path(&self, hops: &[Hop], inner: &Expr) -> Option<(Source, Option<&'static ColumnDef>)> {
        let frame = self.frames.last().filter(|frame| frame.joins && joinable(hops))?;
        // The same relation names on another root would be another path.
        let fits = starts_at(hops, frame.sources[0].model);
        let same = |source: &&Source| {
            fits && source.path.len() == hops.len()
                && source.path.iter().zip(hops).all(|(step, hop)| *step == hop.step())
        };
        let source = frame.sources.iter().find(same)?.clone();
        let key = hops.last().and_then(|hop| hop.relation.keys().first()).map(|pair| pair.to);
        Some((source, key.filter(|_| !null_without_row(inner))))
    }

    fn path_query(&mut self, hops: &[Hop], inner: &Expr) -> Result<()> {
        let Some((Hop { relation, scope, visibility }, rest)) = hops.split_first() else { return self.expr(inner) };
        let dialect = self.dialect();
        let limits = Limits::new(Some(1), None);
        self.w.push_sql("(");
        dialect.push_select(self, false, limits)?;
        let frame = self.relation_frame(relation, *visibility);
        self.frames.push(frame);
        if rest.is_empty() {
            self.expr(inner)?
        } else {
            self.path(rest, inner)?
        }
        self.relation_from(relation, scope.as_ref(), false)?;
        let mut order_by = Vec::new();
        if !relation.leads_to_one() {
            // Of several rows the first one, as in an include.
            let order = |column| Order { expr: Expr::Column(column), descending: false, nulls: None };
            order_by.extend(relation.target().key_columns().map(order));
        }
        let tail = Tail { order_by: &order_by, limits, distinct: false, nested: true, select: None };
        dialect.push_tail(self, &tail)?;
        self.frames.pop();
        self.w.push_sql(")");
        Ok(())
    }

    /// Something about the rows of one joined table.
    pub(super) fn about(&mut self, mut source: Source, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        source.path = Vec::new();
        self.frames.push(Frame::of(source));
        let done = write(self);
        self.frames.pop();
        done
    }
}

/// Whether an expression is sure to be NULL where all columns of its table are.
fn null_without_row(expr: &Expr) -> bool {
    use Function::{
        Abs, Ceil, Date, Day, Divide, FloatRemainder, Floor, IntegerDivide, Length, Lower, Month, Remainder, Replace,
        Round, Substring, Trim, Upper, Year,
    };
    match expr {
        Expr::Column(_) | Expr::Path(..) => true,
        Expr::Binary(BinaryOp::IsNotDistinct | BinaryOp::IsDistinct, _) => false,
        Expr::Binary(_, pair) => null_without_row(&pair.0) || null_without_row(&pair.1),
        Expr::Not(inner) | Expr::Negate(inner) | Expr::Cast(inner, _) | Expr::Collate(inner, _) => {
            null_without_row(inner)
        }
        Expr::Json { expr, .. } => null_without_row(expr),
        Expr::Like { operands, .. } | Expr::Regexp { operands, .. } => null_without_row(&operands.0),
        Expr::Between { operands, .. } => null_without_row(&operands.0),
        Expr::Case(case) => case.otherwise.is_none() && case.branches.iter().all(|(_, then)| null_without_row(then)),
        Expr::Function(
            Lower | Upper | Trim | Length | Abs | Round | Ceil | Floor | Substring | Replace | Year | Month | Day
            | Date | IntegerDivide | Divide | Remainder | FloatRemainder,
            arguments,
        ) => arguments.first().is_some_and(null_without_row),
        _ => false,
    }
}
