//! A relation's filter, as rows that are to be inside it need it: the columns it gives one value, which new rows are given,
//! and the rest, which the database is asked about.

use crate::ast::{BinaryOp, Expr};
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef, RelationDef};
use crate::run::{Comparable, any_row, key_filter};
use crate::value::Value;

/// A relation's filter, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct RelationFilter {
    /// The model that has the relation.
    parent: &'static ModelDef,
    relation: RelationDef,
    /// Columns of the related rows that have one value.
    pub(crate) fixed: Vec<(&'static ColumnDef, Value)>,
    /// Columns of the join rows that have one value.
    between: Vec<(&'static ColumnDef, Value)>,
    /// Whatever else related rows meet.
    rest: Vec<Expr>,
}

impl RelationFilter {
    /// Takes the filter of a relation of `parent` apart.
    pub(crate) fn of(parent: &'static ModelDef, relation: &RelationDef, filter: Expr) -> Self {
        let (fixed, between, rest) = (Vec::new(), Vec::new(), Vec::new());
        let mut scope = Self { parent, relation: *relation, fixed, between, rest };
        scope.take(filter);
        scope
    }

    fn take(&mut self, filter: Expr) {
        if let Expr::And(all) = filter {
            return all.into_iter().for_each(|part| self.take(part));
        }
        let through = self.relation.between().map(|between| between.model);
        match only_value(&filter) {
            Some(fixed) if fixed.0.table.is(self.relation.target().table) => self.fixed.push(fixed),
            Some(fixed) if through.is_some_and(|model| fixed.0.table.is(model.table)) => self.between.push(fixed),
            _ => self.rest.push(filter),
        }
    }

    /// The conditions about the related rows alone.
    pub(crate) fn of_target(&self) -> Vec<Expr> {
        self.fixed.iter().map(is).chain(self.rest.iter().cloned()).collect()
    }

    /// The conditions about the join rows.
    pub(crate) fn of_between(&self) -> Vec<Expr> {
        self.between.iter().map(is).collect()
    }

    /// Whether columns with one value are all there is to it.
    pub(crate) fn is_plain(&self) -> bool {
        self.rest.is_empty()
    }

    /// Adds the values of the columns of a join row.
    pub(super) fn fill_between(&self, values: &mut Vec<(&'static ColumnDef, Value)>) -> Result<()> {
        for (column, value) in &self.between {
            let given = values.iter().find(|(other, _)| other.index == column.index);
            self.agrees(column, value, given.map(|(_, value)| value))?;
            if given.is_none() {
                values.push((column, value.clone()));
            }
        }
        Ok(())
    }

    /// Refuses a value that was given when it is another than the filter's.
    pub(super) fn agrees(&self, column: &'static ColumnDef, value: &Value, given: Option<&Value>) -> Result<()> {
        let of = |value| Comparable::of_type(column.ty, value);
        if given.is_none_or(|given| of(given) == of(value)) {
            return Ok(());
        }
        let message = "its filter has another value of the column; leave it out or give that one";
        Err(self.outside(message).with_columns([column.name]))
    }

    /// Refuses a row that was just created when it does not meet the rest of the filter.
    pub(super) async fn check(&self, session: &dyn Session, values: &[Value]) -> Result<()> {
        if self.is_plain() {
            return Ok(());
        }
        let target = self.relation.target();
        let key: Vec<Value> = target.primary_key.iter().map(|index| values[*index].clone()).collect();
        let mut filter = key_filter(target, &key);
        filter.extend(self.rest.iter().cloned());
        if key.is_empty() || !any_row(session, target, filter).await? {
            return Err(self.outside("the new row does not meet its filter; give it values that do"));
        }
        Ok(())
    }

    /// The error for rows that are not inside.
    #[cold]
    pub(crate) fn outside(&self, message: &str) -> Error {
        let (relation, parent) = (self.relation.name, self.parent.name);
        Error::new(ErrorKind::InvalidStatement, format!("rows of the relation `{relation}` of `{parent}`: {message}"))
            .with_model(self.relation.target().name)
    }
}

/// The columns that conditions give one value, with their values.
pub(crate) fn fixed_by(conditions: &[Expr]) -> Vec<(&'static ColumnDef, Value)> {
    let mut fixed = Vec::new();
    for condition in conditions {
        match condition {
            Expr::And(all) => fixed.append(&mut fixed_by(all)),
            condition => fixed.extend(only_value(condition)),
        }
    }
    fixed
}

/// The one value of a column for which a condition holds, when there is just one.
fn only_value(condition: &Expr) -> Option<(&'static ColumnDef, Value)> {
    match condition {
        Expr::Column(column) => Some((column, Value::Bool(true))),
        Expr::Not(inner) => match **inner {
            Expr::Column(column) => Some((column, Value::Bool(false))),
            _ => None,
        },
        Expr::IsNull { expr, negated: false } => match **expr {
            Expr::Column(column) => Some((column, Value::Null(column.ty))),
            _ => None,
        },
        Expr::Binary(BinaryOp::Eq, pair) => match &**pair {
            (Expr::Column(column), Expr::Value(value)) | (Expr::Value(value), Expr::Column(column)) => {
                (!value.is_null()).then(|| (*column, value.clone()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The condition that a column has a value.
fn is((column, value): &(&'static ColumnDef, Value)) -> Expr {
    match value {
        Value::Null(_) => Expr::IsNull { expr: Box::new((*column).into()), negated: false },
        value => Expr::binary(BinaryOp::Eq, (*column).into(), Expr::Value(value.clone())),
    }
}
