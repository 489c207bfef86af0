//! Questions about related rows as correlated sub-queries, and columns of to-one related rows.

use super::select::{joinable, starts_at};
use super::{Frame, Renderer, Source};
use crate::ast::{BinaryOp, Deleted, Expr, Function, Hop, Order, Quantifier, Related};
use crate::error::{Error, ErrorKind, Result};
use crate::model::RelationDef;
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
            // A path of its own keeps the table in between out of the way of columns that users name; but its payload
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
                self.w.push_sql("(");
                self.expr(filter)?;
                self.w.push_sql(") IS NOT TRUE");
            } else {
                self.operand(filter, super::expr::AND)?;
            }
        }
        Ok(())
    }

    /// An expression about the row that to-one relations lead to: of a joined table where the query has joins, else of
    /// a sub-query.
    pub(super) fn path(&mut self, hops: &[Hop], inner: &Expr) -> Result<()> {
        let names: Vec<&str> = hops.iter().map(|hop| hop.relation.name).collect();
        let joined = self.frames.last().filter(|f| f.joins && joinable(hops)).and_then(|f| {
            // The same relation names on another root would be another path.
            let fits = starts_at(hops, f.sources[0].model);
            f.sources.iter().find(|s| fits && s.path == names).cloned()
        });
        if let Some(source) = joined {
            let key = hops.last().and_then(|hop| hop.relation.keys.first());
            let Some(key) = key.filter(|_| !null_without_row(inner)) else { return self.about(source, inner, 0) };
            // Where there is no row, there is nothing to say about it, as in a sub-query.
            self.w.push_sql("CASE WHEN ");
            self.push_source_column(&source, key.to)?;
            self.w.push_sql(" IS NOT NULL THEN ");
            self.about(source, inner, 0)?;
            self.w.push_sql(" END");
            return Ok(());
        }
        let Some((Hop { relation, scope }, rest)) = hops.split_first() else { return self.expr(inner) };
        self.w.push_sql("(SELECT ");
        let frame = self.relation_frame(relation);
        self.frames.push(frame);
        if rest.is_empty() {
            self.expr(inner)?
        } else {
            self.path(rest, inner)?
        }
        self.relation_from(relation, Deleted::Hidden, scope.as_ref(), false)?;
        if !relation.leads_to_one() {
            // Of several rows the first one, as in an include.
            let order = |column| Order { expr: Expr::Column(column), descending: false, nulls: None };
            self.order_by(&(relation.target)().key_columns().map(order).collect::<Vec<_>>(), None)?;
        }
        self.limit(Some(1), None)?;
        self.frames.pop();
        self.w.push_sql(")");
        Ok(())
    }

    /// An expression about the rows of one joined table.
    pub(super) fn about(&mut self, mut source: Source, expr: &Expr, binding: u8) -> Result<()> {
        source.path = Vec::new();
        self.frames.push(Frame::of(source));
        let done = self.operand(expr, binding);
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
