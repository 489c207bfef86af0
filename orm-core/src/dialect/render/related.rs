//! Questions about related rows as correlated sub-queries, and columns of to-one related rows.

use super::super::{Level, Limits, Tail};
use super::select::{joinable, starts_at};
use super::{Frame, Renderer, Source};
use crate::ast::{BinaryOp, Deleted, Expr, Function, Hop, Order, Quantifier, Related};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, RelationDef};
use crate::value::Value;

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
        let frame = self.relation_frame(&related.relation);
        self.frames.push(frame);
        self.relation_from(&related.relation, related.deleted, related.filter.as_ref(), fails)?;
        self.frames.pop();
        self.w.push_sql(")");
        Ok(())
    }

    fn correlated_aggregate(&mut self, aggregate: &Expr, related: &Related) -> Result<()> {
        self.w.push_sql("(SELECT ");
        // The aggregate's columns belong to the related table, whose scope opens with FROM: open it first.
        let frame = self.relation_frame(&related.relation);
        self.frames.push(frame);
        self.expr(aggregate)?;
        self.relation_from(&related.relation, related.deleted, related.filter.as_ref(), false)?;
        self.frames.pop();
        self.w.push_sql(")");
        Ok(())
    }

    fn relation_frame(&mut self, relation: &RelationDef) -> Frame {
        let mut frame =
            Frame::of(Source { model: (relation.target)(), alias: Some(self.next_alias()), path: Vec::new() });
        if let Some(through) = relation.through {
            // A path of its own keeps the join table out of the way of columns that users name; but its payload
            // columns may be named, so it has none.
            frame.sources.push(Source { model: (through.model)(), alias: Some(self.next_alias()), path: Vec::new() });
        }
        frame
    }

    /// Appends `FROM` and `WHERE` of a relation's target, whose scope is open.
    fn relation_from(
        &mut self,
        relation: &RelationDef,
        deleted: Deleted,
        filter: Option<&Expr>,
        fails: bool,
    ) -> Result<()> {
        let sources = self.frames.last().map(|f| f.sources.clone()).unwrap_or_default();
        let outer = self.frames.len() - 1;
        if outer == 0 {
            return Err(Error::new(ErrorKind::InvalidStatement, "a relation is asked about outside of any query"));
        }
        let target = &sources[0];
        self.w.push_sql(" FROM ");
        self.push_source(target)?;
        let near = match (relation.through, sources.get(1)) {
            (Some(through), Some(between)) => {
                self.w.push_sql(" INNER JOIN ");
                self.push_source(between)?;
                self.w.push_sql(" ON ");
                for (i, pair) in through.keys.iter().enumerate() {
                    if i > 0 {
                        self.w.push_sql(" AND ");
                    }
                    self.push_source_column(target, pair.to)?;
                    self.w.push_sql(" = ");
                    self.push_source_column(between, pair.from)?;
                }
                if between.model.deleted_at.is_some() {
                    self.w.push_sql(" AND ");
                    self.deleted_filter(between, Deleted::Hidden)?;
                }
                between
            }
            _ => target,
        };
        self.w.push_sql(" WHERE ");
        for (i, pair) in relation.keys.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(" AND ");
            }
            self.push_source_column(near, pair.to)?;
            self.w.push_sql(" = ");
            self.push_column_from(pair.from, outer)?;
        }
        if let Some((column, text)) = relation.when {
            self.w.push_sql(" AND ");
            self.push_column_from(column, outer)?;
            self.w.push_sql(" = ");
            self.w.push_bind(Value::Text(text.into()))?;
        }
        if let Some((column, text)) = relation.tag {
            self.w.push_sql(" AND ");
            self.push_source_column(near, column)?;
            self.w.push_sql(" = ");
            self.w.push_bind(Value::Text(text.into()))?;
        }
        if target.model.deleted_at.is_some() && deleted != Deleted::Included {
            self.w.push_sql(" AND ");
            self.deleted_filter(target, deleted)?;
        }
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
                && source.path.iter().zip(hops).all(|(name, hop)| *name == hop.relation.name)
        };
        let source = frame.sources.iter().find(same)?.clone();
        let key = hops.last().and_then(|hop| hop.relation.keys.first()).map(|pair| pair.to);
        Some((source, key.filter(|_| !null_without_row(inner))))
    }

    fn path_query(&mut self, hops: &[Hop], inner: &Expr) -> Result<()> {
        let Some((Hop { relation, scope }, rest)) = hops.split_first() else { return self.expr(inner) };
        let dialect = self.dialect();
        let limits = Limits::new(Some(1), None);
        self.w.push_sql("(");
        dialect.push_select(self, false, limits)?;
        let frame = self.relation_frame(relation);
        self.frames.push(frame);
        if rest.is_empty() {
            self.expr(inner)?
        } else {
            self.path(rest, inner)?
        }
        self.relation_from(relation, Deleted::Hidden, scope.as_ref(), false)?;
        let mut order_by = Vec::new();
        if !relation.leads_to_one() {
            // Of several rows the first one, as in an include.
            let order = |column| Order { expr: Expr::Column(column), descending: false, nulls: None };
            order_by.extend((relation.target)().key_columns().map(order));
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
        Expr::Not(inner) | Expr::Negate(inner) | Expr::Cast(inner, _) => null_without_row(inner),
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
