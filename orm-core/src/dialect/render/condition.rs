//! Tests of membership and text patterns: what every database does alike, before the dialect writes the test.

use super::super::{Like, Regexp, for_column};
use super::Renderer;
use super::expr::{column_of, compared_with};
use crate::ast::{Expr, InList, ListItems, Select, SelectList};
use crate::error::{Error, Result};
use crate::model::ColumnDef;
use crate::value::{SqlType, Value};

impl Renderer<'_> {
    pub(super) fn in_list(&mut self, list: &InList) -> Result<()> {
        let dialect = self.dialect();
        let empty = match &list.items {
            ListItems::Values(_, values) => values.is_empty(),
            ListItems::Rows(rows) => rows.is_empty(),
            ListItems::Exprs(items) => items.is_empty(),
            ListItems::Select(select) => finds_nothing(select),
        };
        // MySQL does not say the types of values that a condition without rows leaves unread.
        if empty {
            self.w.push_sql(dialect.truth(list.negated));
            return Ok(());
        }
        dialect.push_in(self, list)
    }

    /// The sub-query of a membership test, without parentheses. Where the database refuses limits in it, or reading the
    /// table being changed, it becomes a derived table.
    ///
    /// # Errors
    /// Those of the sub-query.
    pub fn sub_query(&mut self, select: &Select) -> Result<()> {
        let dialect = self.dialect();
        let changes = self.reads_itself(select.model);
        let limited = select.limit.is_some() || select.offset.is_some();
        let wrap = changes || (limited && !dialect.capabilities().limit_in_subquery);
        if wrap {
            self.w.push_sql("SELECT * FROM (");
        }
        self.derived |= changes;
        self.select(select)?;
        self.derived &= !changes;
        if changes && !limited {
            self.w.push_sql(dialect.optimizer_fence());
        }
        if wrap {
            self.w.push_sql(") AS ");
            self.w.push_ident("_d")?;
        }
        Ok(())
    }

    /// ` IN (..)` after its operand, of values in the form that the operand's column takes.
    ///
    /// # Errors
    /// When a value cannot be bound.
    pub fn value_list(&mut self, operand: &Expr, ty: SqlType, values: &[Value], negated: bool) -> Result<()> {
        let dialect = self.dialect();
        let column = column_of(operand);
        let pushed = match column.filter(|column| has_form(column)) {
            Some(column) => {
                let form = |value: &Value| for_column(dialect, column, value.clone());
                let values: Vec<Value> = values.iter().map(form).collect();
                let ty = values.first().map_or(ty, Value::sql_type);
                dialect.push_value_list(self, ty, &values, negated)
            }
            None => dialect.push_value_list(self, ty, values, negated),
        };
        match (pushed, column) {
            (Err(error), Some(column)) => Err(compared_with(error, column)),
            (pushed, _) => pushed,
        }
    }

    /// `(columns) IN (..)`, of rows of values in the forms that the columns take.
    ///
    /// # Errors
    /// Those of the columns; when a value cannot be bound.
    pub fn row_list(&mut self, columns: &[Expr], rows: &[Vec<Value>], negated: bool) -> Result<()> {
        let dialect = self.dialect();
        if !columns.iter().any(|column| column_of(column).is_some_and(has_form)) {
            return dialect.push_row_list(self, columns, rows, negated);
        }
        let form = |(column, value): (&Expr, &Value)| match column_of(column) {
            Some(column) => for_column(dialect, column, value.clone()),
            None => value.clone(),
        };
        let rows: Vec<Vec<Value>> = rows.iter().map(|row| columns.iter().zip(row).map(form).collect()).collect();
        dialect.push_row_list(self, columns, &rows, negated)
    }

    pub(super) fn like(&mut self, like: &Like<'_>) -> Result<()> {
        if let Expr::Value(Value::Text(text)) = like.pattern
            && text.contains('\0')
        {
            // Some databases take it for the end of the pattern.
            return Err(Error::encode("text to search for cannot hold a NUL character"));
        }
        self.dialect().push_like(self, like)
    }

    pub(super) fn regexp(&mut self, regexp: &Regexp<'_>) -> Result<()> {
        self.dialect().push_regexp(self, regexp)
    }
}

/// Whether a query is known to have no rows.
fn finds_nothing(select: &Select) -> bool {
    let computes = |expr: &Expr| {
        let mut found = false;
        expr.walk(&mut |part| found |= matches!(part, Expr::Aggregate(_)));
        found
    };
    // Without groups, aggregates of no rows are a row.
    let one_row = select.group_by.is_empty()
        && match &select.list {
            SelectList::Exprs(list) | SelectList::ModelAnd(list) => list.iter().any(computes),
            SelectList::Model | SelectList::One => false,
        };
    select.limit == Some(0) || (!one_row && select.filter.iter().any(|condition| constant(condition) == Some(false)))
}

/// What a condition is whatever the rows are.
fn constant(condition: &Expr) -> Option<bool> {
    match condition {
        Expr::And(all) => {
            let known: Vec<Option<bool>> = all.iter().map(constant).collect();
            if known.contains(&Some(false)) { Some(false) } else { known.iter().all(Option::is_some).then_some(true) }
        }
        Expr::Or(all) => {
            let known: Vec<Option<bool>> = all.iter().map(constant).collect();
            if known.contains(&Some(true)) { Some(true) } else { known.iter().all(Option::is_some).then_some(false) }
        }
        Expr::Not(inner) => constant(inner).map(|holds| !holds),
        Expr::In(list) => match &list.items {
            ListItems::Values(_, values) if values.is_empty() => Some(list.negated),
            ListItems::Exprs(items) if items.is_empty() => Some(list.negated),
            ListItems::Select(select) if finds_nothing(select) => Some(list.negated),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a column's values may be sent in another form than that of their type.
fn has_form(column: &ColumnDef) -> bool {
    column.type_name.is_some()
        || !column.normal.is_empty()
        || column.sealed.is_some()
        || matches!(column.ty, SqlType::Array(_))
}
