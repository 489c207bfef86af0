//! Expressions and SELECT: they are made of each other. Operators and other words of theirs are in `operator`.

use std::sync::Arc;

use super::operator::{
    BinaryOp, Function, JoinKind, JsonForm, JsonStep, LikeKind, LockStrength, LockWait, NullsOrder, Visibility,
};
use crate::model::{ColumnDef, ModelDef, RelationDef};
use crate::value::{SqlType, Value};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A column of a table of this query or of one around it.
    Column(&'static ColumnDef),
    /// A column of a query around this one, where this one reads the same table.
    Outer(&'static ColumnDef),
    /// An expression about the row that to-one relations lead to, the first relation first.
    Path(Vec<Hop>, Box<Expr>),
    /// A value, always bound.
    Value(Value),
    /// A value that was read from a column, to compare with it: in the form that the column's type takes, and not normalised
    /// once more.
    AsRead(&'static ColumnDef, Value),
    /// Two operands and an operator.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// Logical negation.
    Not(Box<Expr>),
    /// Arithmetic negation.
    Negate(Box<Expr>),
    /// All of them; TRUE when empty.
    And(Vec<Expr>),
    /// Any of them; FALSE when empty.
    Or(Vec<Expr>),
    /// `IS NULL`, or `IS NOT NULL` when negated.
    IsNull {
        /// What is tested.
        expr: Box<Expr>,
        /// Whether the test is negated.
        negated: bool,
    },
    /// Membership in a list or sub-query.
    In(Box<InList>),
    /// `low <= expr AND expr <= high`.
    Between {
        /// What is tested, the low and the high bound.
        operands: Box<(Expr, Expr, Expr)>,
        /// Whether the test is negated.
        negated: bool,
    },
    /// A text pattern.
    Like {
        /// What is tested and the pattern.
        operands: Box<(Expr, Expr)>,
        /// What the pattern means.
        kind: LikeKind,
        /// Whether letter case is ignored whatever the column's collation.
        ignore_case: bool,
        /// Whether the test is negated.
        negated: bool,
    },
    /// A regular expression, in the database's own syntax.
    Regexp {
        /// What is tested and the pattern.
        operands: Box<(Expr, Expr)>,
        /// Whether letter case is ignored.
        ignore_case: bool,
        /// Whether the test is negated.
        negated: bool,
    },
    /// A function that every dialect has in some form.
    Function(Function, Vec<Expr>),
    /// A function by its name in the database.
    Call(&'static str, Vec<Expr>),
    /// An aggregate.
    Aggregate(Box<Aggregate>),
    /// A window function.
    Window(Box<Window>),
    /// `CASE WHEN .. THEN .. END`.
    Case(Box<Case>),
    /// A conversion in SQL.
    Cast(Box<Expr>, SqlType),
    /// Text under a collation.
    Collate(Box<Expr>, &'static str),
    /// A sub-query that gives one value.
    Subquery(Box<Select>),
    /// Whether a sub-query has rows.
    Exists {
        /// The sub-query.
        select: Box<Select>,
        /// Whether the test is negated.
        negated: bool,
    },
    /// A question about the rows a relation leads to.
    Related(Box<Related>),
    /// A column of the key of the parent that [`Select::reached`] leads from, by its place in the key.
    ParentKey(usize),
    /// A value inside a JSON document.
    Json {
        /// The document.
        expr: Box<Expr>,
        /// The way to the value.
        path: Vec<JsonStep>,
        /// What is read of it.
        form: JsonForm,
    },
    /// A JSON document with a change at one place.
    JsonChange(Box<JsonChange>),
    /// Several values as one row, for comparing composite keys.
    Row(Vec<Expr>),
    /// The value that was to be inserted, in an upsert's update.
    Excluded(&'static ColumnDef),
    /// SQL the user wrote, with `?` for each operand.
    Raw(String, Vec<Expr>),
}

impl Expr {
    /// The column that this is, here or at the end of a path.
    pub fn as_column(&self) -> Option<&'static ColumnDef> {
        match self {
            Self::Column(column) | Self::Outer(column) => Some(column),
            Self::Path(_, inner) => inner.as_column(),
            _ => None,
        }
    }

    /// Both of two conditions, flattening chains.
    #[must_use]
    pub fn and(self, other: Expr) -> Expr {
        match (self, other) {
            (Self::And(mut all), Self::And(mut others)) => {
                all.append(&mut others);
                Self::And(all)
            }
            (Self::And(mut all), other) => {
                all.push(other);
                Self::And(all)
            }
            (first, Self::And(mut others)) => {
                others.insert(0, first);
                Self::And(others)
            }
            (first, other) => Self::And(vec![first, other]),
        }
    }

    /// Either of two conditions, flattening chains.
    #[must_use]
    pub fn or(self, other: Expr) -> Expr {
        match (self, other) {
            (Self::Or(mut all), Self::Or(mut others)) => {
                all.append(&mut others);
                Self::Or(all)
            }
            (Self::Or(mut all), other) => {
                all.push(other);
                Self::Or(all)
            }
            (first, Self::Or(mut others)) => {
                others.insert(0, first);
                Self::Or(others)
            }
            (first, other) => Self::Or(vec![first, other]),
        }
    }

    /// The condition that a row is among those of a query, by its key; `None` for models without one.
    #[must_use]
    pub fn is_among(mut rows: Select) -> Option<Expr> {
        let mut key: Vec<Expr> = rows.model.key_columns().map(Self::Column).collect();
        rows.list = SelectList::Exprs(key.clone());
        let expr = match key.len() {
            0 | 1 => key.pop()?,
            _ => Self::Row(key),
        };
        Some(Self::In(Box::new(InList { expr, items: ListItems::Select(Box::new(rows)), negated: false })))
    }

    /// The condition that the values of columns are one of some keys, which hold no NULL.
    #[must_use]
    pub fn has_key(columns: &[&'static ColumnDef], keys: &[Vec<Value>]) -> Expr {
        let equal = |(column, value): (&&'static ColumnDef, &Value)| {
            Self::binary(BinaryOp::Eq, Self::Column(column), Self::Value(value.clone()))
        };
        match (columns, keys) {
            (_, []) => Self::Or(Vec::new()),
            ([column], [key]) => Self::binary(BinaryOp::Eq, Self::Column(column), Self::Value(key[0].clone())),
            (columns, [key]) => Self::And(columns.iter().zip(key).map(equal).collect()),
            ([column], keys) => {
                let values = keys.iter().map(|key| key[0].clone()).collect();
                let items = ListItems::Values(column.ty, values);
                Self::In(Box::new(InList { expr: Self::Column(column), items, negated: false }))
            }
            (columns, keys) => Self::has_row(columns, keys.to_vec().into()),
        }
    }

    /// The condition that the values of several columns are one of some rows, which hold no NULL.
    pub(crate) fn has_row(columns: &[&'static ColumnDef], rows: Arc<[Vec<Value>]>) -> Expr {
        let expr = Self::Row(columns.iter().map(|column| Self::Column(column)).collect());
        Self::In(Box::new(InList { expr, items: ListItems::Rows(rows), negated: false }))
    }

    /// Two operands and an operator.
    #[must_use]
    pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
        Self::Binary(op, Box::new((left, right)))
    }

    /// The condition that a row of the other model, or of the join model, is about this relation, where a column beside
    /// the foreign key says so.
    pub(crate) fn tag_of(relation: &RelationDef) -> Option<Expr> {
        let (column, text) = relation.first().tag?;
        Some(Self::binary(BinaryOp::Eq, Self::Column(column), Self::Value(Value::Text(text.into()))))
    }

    /// Calls `visit` with this expression and everything below it in the same query; not inside sub-queries.
    pub fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        match self {
            Self::Column(_)
            | Self::Outer(_)
            | Self::Value(_)
            | Self::AsRead(..)
            | Self::Excluded(_)
            | Self::ParentKey(_)
            | Self::Subquery(_)
            | Self::Exists { .. } => {}
            // What a path or a relation leads to belongs to another table.
            Self::Path(..) | Self::Related(_) => {}
            Self::Binary(_, pair) => {
                pair.0.walk(visit);
                pair.1.walk(visit);
            }
            Self::Like { operands, .. } | Self::Regexp { operands, .. } => {
                operands.0.walk(visit);
                operands.1.walk(visit);
            }
            Self::Between { operands, .. } => {
                operands.0.walk(visit);
                operands.1.walk(visit);
                operands.2.walk(visit);
            }
            Self::Not(expr)
            | Self::Negate(expr)
            | Self::Cast(expr, _)
            | Self::Collate(expr, _)
            | Self::IsNull { expr, .. }
            | Self::Json { expr, .. } => {
                expr.walk(visit);
            }
            Self::JsonChange(change) => change.document.walk(visit),
            Self::And(all)
            | Self::Or(all)
            | Self::Row(all)
            | Self::Function(_, all)
            | Self::Call(_, all)
            | Self::Raw(_, all) => {
                for expr in all {
                    expr.walk(visit);
                }
            }
            Self::In(list) => {
                list.expr.walk(visit);
                if let ListItems::Exprs(items) = &list.items {
                    for expr in items {
                        expr.walk(visit);
                    }
                }
            }
            Self::Aggregate(aggregate) => {
                if let Some(expr) = &aggregate.argument {
                    expr.walk(visit);
                }
                if let Some(expr) = &aggregate.filter {
                    expr.walk(visit);
                }
            }
            Self::Window(window) => {
                window.function.walk(visit);
                for expr in &window.partition_by {
                    expr.walk(visit);
                }
                for order in &window.order_by {
                    order.expr.walk(visit);
                }
            }
            Self::Case(case) => {
                for (when, then) in &case.branches {
                    when.walk(visit);
                    then.walk(visit);
                }
                if let Some(expr) = &case.otherwise {
                    expr.walk(visit);
                }
            }
        }
    }
}

/// Membership in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct InList {
    /// What is looked for.
    pub expr: Expr,
    /// Where.
    pub items: ListItems,
    /// Whether the test is negated.
    pub negated: bool,
}

/// The right side of a membership test.
#[derive(Debug, Clone, PartialEq)]
pub enum ListItems {
    /// Values of one type; dialects may bind them as one.
    Values(SqlType, Vec<Value>),
    /// Rows of values, for an [`Expr::Row`] of columns.
    Rows(Arc<[Vec<Value>]>),
    /// Expressions.
    Exprs(Vec<Expr>),
    /// The rows of a sub-query.
    Select(Box<Select>),
}

/// An aggregate function.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The function's name: one of COUNT, SUM, AVG, MIN, MAX.
    pub function: &'static str,
    /// Whether equal values count once.
    pub distinct: bool,
    /// What is aggregated; `None` is every row.
    pub argument: Option<Expr>,
    /// The rows that count.
    pub filter: Option<Expr>,
    /// Whether the result is a decimal that may have more digits than its operands: an average.
    pub decimal: bool,
}

impl Aggregate {
    /// A function of an argument in all rows, or of the rows themselves.
    pub fn of(function: &'static str, argument: Option<Expr>) -> Self {
        Self { function, distinct: false, argument, filter: None, decimal: false }
    }
}

/// A window function.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The function.
    pub function: Expr,
    /// Rows that belong together.
    pub partition_by: Vec<Expr>,
    /// Their order.
    pub order_by: Vec<Order>,
}

/// `CASE WHEN .. THEN .. ELSE .. END`.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Conditions and results.
    pub branches: Vec<(Expr, Expr)>,
    /// The result when no condition holds; NULL when absent.
    pub otherwise: Option<Expr>,
}

/// A change of a JSON document at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonChange {
    /// The document.
    pub document: Expr,
    /// The way to the place.
    pub path: Vec<JsonStep>,
    /// What is done there.
    pub edit: JsonEdit,
}

impl JsonChange {
    /// What must hold of the document for the change to be made, the same on every database: each container on the way is
    /// of the kind that the next step needs. A place that a key leads to may be missing.
    pub fn conditions(&self) -> Vec<JsonCondition<'_>> {
        let last = matches!(self.edit, JsonEdit::Append(_) | JsonEdit::Prepend(_)).then_some(true);
        let wanted = self.path.iter().map(|step| matches!(step, JsonStep::Index(_))).chain(last);
        let condition = |(depth, array)| {
            let by_key = depth == 0 || matches!(self.path[depth - 1], JsonStep::Key(_));
            JsonCondition { at: &self.path[..depth], array, may_be_missing: by_key && self.edit != JsonEdit::Remove }
        };
        wanted.enumerate().map(condition).collect()
    }

    /// Whether the document that is changed where it is NULL is an array.
    pub fn starts_with_array(&self) -> bool {
        match self.path.first() {
            Some(step) => matches!(step, JsonStep::Index(_)),
            None => true,
        }
    }

    /// The containers below the document that are made where they are missing: where, and whether it is an array.
    pub fn made_on_the_way(&self) -> impl Iterator<Item = (&[JsonStep], bool)> {
        let made = |condition: JsonCondition<'_>| condition.may_be_missing && !condition.at.is_empty();
        let depths: Vec<(usize, bool)> =
            self.conditions().into_iter().filter(|c| made(*c)).map(|c| (c.at.len(), c.array)).collect();
        depths.into_iter().map(|(depth, array)| (&self.path[..depth], array))
    }
}

/// What is done at a place of a JSON document. Values are documents.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonEdit {
    /// The place gets a value. A key that is missing is made, and so are the objects on the way; an index past the end
    /// appends.
    Set(Value),
    /// The place is removed.
    Remove,
    /// The array at the place gets a value at its end.
    Append(Value),
    /// The array at the place gets a value at its start.
    Prepend(Value),
}

/// A condition on a container inside of a JSON document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JsonCondition<'a> {
    /// The way to the container.
    pub at: &'a [JsonStep],
    /// Whether it is an array, else an object.
    pub array: bool,
    /// Whether it holds as well where there is nothing.
    pub may_be_missing: bool,
}

/// One relation of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// The relation.
    pub relation: RelationDef,
    /// The condition every row of the relation meets.
    pub scope: Option<Expr>,
    /// Which rows it sees.
    pub visibility: Visibility,
}

/// What tells two hops from one row apart: the relation's name, and which rows it sees.
pub(crate) type Step = (&'static str, Visibility);

impl Hop {
    /// What tells it from other hops from the same row.
    pub(crate) fn step(&self) -> Step {
        (self.relation.name, self.visibility)
    }
}

/// A question about the rows a relation leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// The relation.
    pub relation: RelationDef,
    /// The question.
    pub quantifier: Quantifier,
    /// The related rows that count.
    pub filter: Option<Expr>,
    /// Which related rows are seen.
    pub visibility: Visibility,
}

/// Which question about related rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantifier {
    /// Whether there is one.
    Any,
    /// Whether there is none.
    None,
    /// Whether all related rows pass the filter.
    All,
    /// How many there are, or what else is computed from aggregates of them.
    Aggregate(Box<Expr>),
}

/// A lock on the rows that are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lock {
    /// How strong.
    pub strength: LockStrength,
    /// What to do about rows that others have locked.
    pub wait: LockWait,
    /// The models whose rows are locked; empty is all.
    pub of: Vec<&'static ModelDef>,
}

/// A SELECT statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The model whose rows are read.
    pub model: &'static ModelDef,
    /// What is read from each row.
    pub list: SelectList,
    /// Whether equal rows come once.
    pub distinct: bool,
    /// Which rows of the model are seen.
    pub visibility: Visibility,
    /// The parents that a chain of relations leads from to these rows.
    pub reached: Option<Box<Reached>>,
    /// Further tables.
    pub joins: Vec<Join>,
    /// Conditions, all of which must hold.
    pub filter: Vec<Expr>,
    /// What groups are made by.
    pub group_by: Vec<Expr>,
    /// Conditions on groups, all of which must hold.
    pub having: Vec<Expr>,
    /// The order of rows.
    pub order_by: Vec<Order>,
    /// The greatest number of rows.
    pub limit: Option<u64>,
    /// The number of rows left out first.
    pub offset: Option<u64>,
    /// A limit and offset for each parent instead of for all, when loading a relation.
    pub per_parent: Option<PerParent>,
    /// How the rows are locked.
    pub lock: Option<Lock>,
    /// Whether the table is read through and its rows looked up among the keys of a condition, where the database is to be
    /// told.
    pub read_first: bool,
}

impl Select {
    /// Reads all columns of all rows of a model.
    pub fn new(model: &'static ModelDef) -> Self {
        Self {
            model,
            list: SelectList::Model,
            distinct: false,
            visibility: Visibility::DEFAULT,
            reached: None,
            joins: Vec::new(),
            filter: Vec::new(),
            group_by: Vec::new(),
            having: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            per_parent: None,
            lock: None,
            read_first: false,
        }
    }
}

/// The parents that a chain of relations leads from: each row comes once for each of them, with the parent's key at hand as
/// [`Expr::ParentKey`].
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// The chain.
    pub relation: RelationDef,
    /// The condition about the first model on the way: whose rows it points at.
    pub from: Expr,
}

/// What is read from each row.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectList {
    /// Every column of the model, in its order.
    Model,
    /// Every column of the model, then expressions.
    ModelAnd(Vec<Expr>),
    /// Expressions.
    Exprs(Vec<Expr>),
    /// The constant 1: only whether there are rows matters.
    One,
}

/// A further table of a SELECT.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Which rows survive without a partner.
    pub kind: JoinKind,
    /// The table.
    pub model: &'static ModelDef,
    /// Which rows of it are seen.
    pub visibility: Visibility,
    /// The condition.
    pub on: Expr,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What is compared.
    pub expr: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Where NULLs go; `None` is the database's own choice.
    pub nulls: Option<NullsOrder>,
}

/// Limit and offset per parent row. The first columns of the select list are the parent's keys.
#[derive(Debug, Clone, PartialEq)]
pub struct PerParent {
    /// What makes rows belong to the same parent.
    pub partition_by: Vec<Expr>,
    /// The greatest number of rows per parent.
    pub limit: Option<u64>,
    /// The number of rows left out first, per parent.
    pub offset: u64,
}

/// A column as an order key or select item, for code that has only metadata.
impl From<&'static ColumnDef> for Expr {
    fn from(column: &'static ColumnDef) -> Self {
        Self::Column(column)
    }
}
