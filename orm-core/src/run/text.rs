//! The SQL text of a SELECT, kept by the shape of its tree: the same filter with other values has the same text, so it is
//! rendered once. Trees of one table with common conditions have a shape; others are rendered each time.

use std::sync::Arc;

use super::errors::about;
use crate::ast::{Aggregate, BinaryOp, Deleted, Expr, NullsOrder, Purpose, Select, SelectList, Statement, Visibility};
use crate::dialect::{Policies, Rendered, render_for};
use crate::driver::{Context, Query, Session};
use crate::error::Result;
use crate::model::{Access, ColumnDef, ModelDef, Ruling, TableName};
use crate::value::Value;

/// A rendered statement as a query.
pub(crate) fn query(rendered: &Rendered) -> Query<'_> {
    Query::new(&rendered.sql, &rendered.binds).cacheable(rendered.cacheable).sealed(rendered.sealed)
}

/// A statement of fixed shape as a query: its text is kept, and so is the prepared statement.
pub(crate) fn kept<'q>(sql: &'q str, binds: &'q [Value]) -> Query<'q> {
    Query::new(sql, binds)
}

/// The text and values of a SELECT.
pub(super) enum Text {
    Kept(Arc<str>, Vec<Value>),
    Rendered(Rendered),
}

impl Text {
    pub(super) fn query(&self) -> Query<'_> {
        match self {
            Self::Kept(sql, binds) => kept(sql, binds),
            Self::Rendered(rendered) => query(rendered),
        }
    }
}

/// The text of a SELECT about a model, whose values may be taken out of the statement.
pub(super) fn of(session: &dyn Session, def: &'static ModelDef, statement: &mut Statement) -> Result<Text> {
    // Only what is wrong with a column is about the model.
    text(session, statement).map_err(|error| if error.table().is_some() { about(def)(error) } else { error })
}

fn text(session: &dyn Session, statement: &mut Statement) -> Result<Text> {
    let dialect = &**session.dialect();
    let Statement::Select(select) = statement else { return Ok(Text::Rendered(rendered(session, statement)?)) };
    let before = if session.context().polices(select.model) { imply(session.context(), select)? } else { None };
    let mut shape = Shape::new(select.model.table);
    if shape.select(select).is_none() {
        if let Some((filters, visibility)) = before {
            select.filter.truncate(filters);
            select.visibility = visibility;
        }
        return Ok(Text::Rendered(rendered(session, statement)?));
    }
    if let Some(sql) = session.shapes().tree(shape.words()) {
        let mut binds = Vec::with_capacity(shape.values);
        select.filter.iter_mut().for_each(|condition| take(condition, &mut binds));
        binds.extend(select.offset.map(offset));
        // What the renderer would have refused.
        binds.iter().try_for_each(|value| dialect.check_value(value))?;
        return Ok(Text::Kept(sql, binds));
    }
    let rendered = self::rendered(session, statement)?;
    if rendered.cacheable && rendered.binds.len() == shape.values {
        session.shapes().keep_tree(shape.words(), &rendered.sql);
    }
    Ok(Text::Rendered(rendered))
}

/// A statement as the session's database takes it, under the policies that the session is subject to.
pub(crate) fn rendered(session: &dyn Session, statement: &Statement) -> Result<Rendered> {
    render_for(statement, &**session.dialect(), session.context())
}

/// Adds the tenant's and the policy's conditions to the statement, so that they are part of its shape: all tenants share its text, and
/// so do viewers whose rules have the same shape. Returns the former conditions; `None` if the viewer may not read all columns.
fn imply(context: &Context, select: &mut Select) -> Result<Option<(usize, Visibility)>> {
    if select.visibility.purpose != Purpose::Read {
        return Ok(None);
    }
    for column in select.model.columns {
        if !matches!(context.rule(select.model, Access::ReadField(column))?, Ruling::Allow) {
            return Ok(None);
        }
    }
    let before = (select.filter.len(), select.visibility);
    select.filter.extend(context.owned(select.model)?);
    match context.rule(select.model, Access::Read)? {
        Ruling::Allow => {}
        Ruling::When(condition) => select.filter.push(condition),
        Ruling::Deny | Ruling::AsUpdate => select.filter.push(Expr::Or(Vec::new())),
    }
    select.visibility.purpose = Purpose::Unchecked;
    Ok(Some(before))
}

/// Words that are the same for trees with the same text: kinds of nodes, columns by their addresses, types of values.
struct Shape {
    table: &'static TableName,
    words: [u64; Self::MOST],
    len: usize,
    /// The number of values.
    values: usize,
}

impl Shape {
    /// The most words of a shape that is kept.
    const MOST: usize = 32;

    fn new(table: &'static TableName) -> Self {
        Self { table, words: [0; Self::MOST], len: 0, values: 0 }
    }

    fn words(&self) -> &[u64] {
        &self.words[..self.len]
    }

    fn push(&mut self, word: u64) -> Option<()> {
        *self.words.get_mut(self.len)? = word;
        self.len += 1;
        Some(())
    }

    /// `None` for trees that are rendered each time.
    fn select(&mut self, select: &Select) -> Option<()> {
        let plain = (select.model.scope.is_none() || !select.visibility.scoped)
            && (!select.model.is_restricted() || select.visibility.purpose == Purpose::Unchecked)
            && select.reached.is_none()
            && select.joins.is_empty()
            && select.group_by.is_empty()
            && select.having.is_empty()
            && select.per_parent.is_none()
            && select.lock.is_none()
            && !select.read_first;
        if !plain {
            return None;
        }
        self.push(std::ptr::from_ref(select.model) as u64)?;
        let deleted = match select.visibility.deleted {
            Deleted::Hidden => 0,
            Deleted::Included => 1,
            Deleted::Only => 2,
        };
        self.push(deleted | u64::from(select.distinct) << 2 | u64::from(select.offset.is_some()) << 3)?;
        self.push(select.limit.map_or(0, |limit| limit.saturating_add(1)))?;
        match &select.list {
            SelectList::Model => self.push(0)?,
            SelectList::One => self.push(1)?,
            SelectList::ModelAnd(_) => return None,
            SelectList::Exprs(list) => {
                self.push(2 + list.len() as u64)?;
                for item in list {
                    match item {
                        Expr::Column(column) => self.column(column)?,
                        Expr::Aggregate(count) if **count == Aggregate::of("COUNT", None) => self.push(0)?,
                        _ => return None,
                    }
                }
            }
        }
        self.push(select.filter.len() as u64)?;
        select.filter.iter().try_for_each(|condition| self.condition(condition))?;
        for order in &select.order_by {
            let Expr::Column(column) = &order.expr else { return None };
            self.asked(column)?;
            let nulls = match order.nulls {
                None => 0,
                Some(NullsOrder::First) => 1,
                Some(NullsOrder::Last) => 2,
            };
            self.push(nulls << 1 | u64::from(order.descending))?;
        }
        self.values += usize::from(select.offset.is_some());
        Some(())
    }

    fn column(&mut self, column: &'static ColumnDef) -> Option<()> {
        if !column.table.is(self.table) {
            return None;
        }
        self.push(std::ptr::from_ref(column) as u64)
    }

    /// A column in a condition. For an encrypted one, the renderer decides what is possible.
    fn asked(&mut self, column: &'static ColumnDef) -> Option<()> {
        if column.sealed.is_some() { None } else { self.column(column) }
    }

    fn condition(&mut self, condition: &Expr) -> Option<()> {
        match condition {
            Expr::Column(column) => {
                self.push(1)?;
                self.asked(column)
            }
            Expr::Binary(op, pair) => {
                let op = match op {
                    BinaryOp::Eq => 0,
                    BinaryOp::Ne => 1,
                    BinaryOp::Lt => 2,
                    BinaryOp::Le => 3,
                    BinaryOp::Gt => 4,
                    BinaryOp::Ge => 5,
                    _ => return None,
                };
                self.push(2 | op << 8)?;
                match (&pair.0, &pair.1) {
                    (Expr::Column(column), value) => self.compared(column, value),
                    (Expr::Row(columns), Expr::Row(values)) => {
                        self.push(columns.len() as u64)?;
                        columns.iter().zip(values).try_for_each(|pair| match pair {
                            (Expr::Column(column), value) => self.compared(column, value),
                            _ => None,
                        })
                    }
                    _ => None,
                }
            }
            Expr::Not(inner) => {
                self.push(3)?;
                self.condition(inner)
            }
            Expr::And(all) => {
                self.push(4 | (all.len() as u64) << 8)?;
                all.iter().try_for_each(|part| self.condition(part))
            }
            Expr::Or(all) => {
                self.push(5 | (all.len() as u64) << 8)?;
                all.iter().try_for_each(|part| self.condition(part))
            }
            Expr::IsNull { expr, negated } => {
                let Expr::Column(column) = &**expr else { return None };
                self.push(6 | u64::from(*negated) << 8)?;
                self.column(column)
            }
            Expr::Between { operands, negated } => {
                let (Expr::Column(column), Expr::Value(low), Expr::Value(high)) = &**operands else { return None };
                self.push(7 | u64::from(*negated) << 8)?;
                self.column(column)?;
                self.value(column, low)?;
                self.value(column, high)
            }
            _ => None,
        }
    }

    fn compared(&mut self, column: &'static ColumnDef, value: &Expr) -> Option<()> {
        let (Expr::Value(value) | Expr::AsRead(_, value)) = value else { return None };
        self.column(column)?;
        self.value(column, value)
    }

    /// The type of a value, which its placeholder depends on. Values of columns with a declared type take its form first.
    fn value(&mut self, column: &ColumnDef, value: &Value) -> Option<()> {
        // The renderer names the column of a value that it refuses.
        if column.type_name.is_some() || column.sealed.is_some() || matches!(value, Value::Invalid(_)) {
            return None;
        }
        self.values += 1;
        self.push(match value {
            Value::Bool(_) => 1,
            Value::I16(_) => 2,
            Value::I32(_) => 3,
            Value::I64(_) => 4,
            Value::U64(_) => 5,
            Value::F32(_) => 6,
            Value::F64(_) => 7,
            Value::Text(_) => 8,
            Value::Bytes(_) => 9,
            Value::Uuid(_) => 10,
            Value::Date(_) => 11,
            Value::Time(_) => 12,
            Value::DateTime(_) => 13,
            Value::Timestamp(_) => 14,
            Value::Decimal(_) => 15,
            Value::Json(_) => 16,
            Value::Enum(def, _) => std::ptr::from_ref(*def) as u64,
            _ => return None,
        })
    }
}

/// Takes the values out of a condition that has a shape, in the order in which the renderer binds them.
fn take(condition: &mut Expr, binds: &mut Vec<Value>) {
    match condition {
        Expr::Value(value) | Expr::AsRead(_, value) => binds.push(std::mem::replace(value, Value::Bool(false))),
        Expr::Row(all) => all.iter_mut().for_each(|part| take(part, binds)),
        Expr::Binary(_, pair) => take_compared(&pair.0, &mut pair.1, binds),
        Expr::Not(inner) => take(inner, binds),
        Expr::And(all) | Expr::Or(all) => all.iter_mut().for_each(|part| take(part, binds)),
        Expr::Between { operands, .. } => {
            let (column, low, high) = &mut **operands;
            take_compared(column, low, binds);
            take_compared(column, high, binds);
        }
        _ => {}
    }
}

/// Takes a value that is compared with a column, normalised as the renderer does.
fn take_compared(column: &Expr, value: &mut Expr, binds: &mut Vec<Value>) {
    let given = matches!(value, Expr::Value(_));
    take(value, binds);
    if let (Expr::Column(column), Some(value)) = (column, binds.last_mut())
        && given
        && !column.normal.is_empty()
    {
        let given = std::mem::replace(value, Value::Bool(false));
        *value = column.normalized(given);
    }
}

/// An offset as the renderer binds it.
fn offset(rows: u64) -> Value {
    Value::I64(i64::try_from(rows).unwrap_or(i64::MAX))
}
