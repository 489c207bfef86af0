//! Expressions: every kind in one enum.

use super::select::{Deleted, Order, Select, SelectList};
use crate::model::{ColumnDef, RelationDef};
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
    /// A value inside a JSON document.
    Json {
        /// The document.
        expr: Box<Expr>,
        /// The way to the value.
        path: Vec<JsonStep>,
        /// Whether the result is the value as text rather than as JSON.
        text: bool,
    },
    /// Several values as one row, for comparing composite keys.
    Row(Vec<Expr>),
    /// The value that was to be inserted, in an upsert's update.
    Excluded(&'static ColumnDef),
    /// SQL the user wrote, with `?` for each operand.
    Raw(String, Vec<Expr>),
}

impl Expr {
    /// Both of two conditions, flattening chains.
    #[must_use]
    pub fn and(self, other: Expr) -> Expr {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            first => Self::And(vec![first, other]),
        }
    }

    /// Either of two conditions, flattening chains.
    #[must_use]
    pub fn or(self, other: Expr) -> Expr {
        match self {
            Self::Or(mut all) => {
                all.push(other);
                Self::Or(all)
            }
            first => Self::Or(vec![first, other]),
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

    /// Two operands and an operator.
    #[must_use]
    pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
        Self::Binary(op, Box::new((left, right)))
    }

    /// The condition that a row of the other model, or of the one in between, is about this relation, where a column beside
    /// the foreign key says so.
    pub(crate) fn tag_of(relation: &RelationDef) -> Option<Expr> {
        let (column, text) = relation.tag?;
        Some(Self::binary(BinaryOp::Eq, Self::Column(column), Self::Value(Value::Text(text.into()))))
    }

    /// Calls `visit` with this expression and everything below it in the same query; not inside sub-queries.
    pub fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        match self {
            Self::Column(_)
            | Self::Outer(_)
            | Self::Value(_)
            | Self::Excluded(_)
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
            | Self::IsNull { expr, .. }
            | Self::Json { expr, .. } => {
                expr.walk(visit);
            }
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

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BinaryOp {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// Equal, where NULL equals NULL.
    IsNotDistinct,
    /// Different, where NULL equals NULL.
    IsDistinct,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// Text concatenation.
    Concat,
    /// Bitwise and.
    BitAnd,
    /// Bitwise or.
    BitOr,
    /// An array with every item of another, on databases that have them.
    Contains,
    /// An array of items of another only.
    ContainedBy,
    /// Arrays with something in common.
    Overlaps,
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
    /// Expressions.
    Exprs(Vec<Expr>),
    /// The rows of a sub-query.
    Select(Box<Select>),
}

/// What the pattern of a text match means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LikeKind {
    /// A pattern with `%` and `_`.
    Pattern,
    /// The literal start.
    StartsWith,
    /// The literal end.
    EndsWith,
    /// A literal part.
    Contains,
}

/// Functions that every dialect has in some form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function {
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// Without white space at both ends.
    Trim,
    /// The number of characters.
    Length,
    /// Absolute value.
    Abs,
    /// Rounded, to a number of digits when there is a second argument.
    Round,
    /// Rounded up.
    Ceil,
    /// Rounded down.
    Floor,
    /// The first argument that is not NULL.
    Coalesce,
    /// NULL when both arguments are equal.
    NullIf,
    /// A part of a text: text, start from 1, length.
    Substring,
    /// A text with every occurrence of the second argument replaced by the third.
    Replace,
    /// Texts one after the other.
    Concat,
    /// The greatest argument.
    Greatest,
    /// The least argument.
    Least,
    /// The current instant.
    Now,
    /// The current date.
    CurrentDate,
    /// A random number that orders rows randomly.
    Random,
    /// The year of a date.
    Year,
    /// The month of a date, from 1.
    Month,
    /// The day of a date, from 1.
    Day,
    /// The whole part of the quotient of two integers. A dialect gives its operator, as text, when that is not `/`.
    IntegerDivide,
    /// The quotient of two decimals.
    Divide,
    /// What is left of the division of two decimals.
    Remainder,
    /// What is left of the division of two floats.
    FloatRemainder,
    /// The date of a date-time, or of a text.
    Date,
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

/// One step into a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonStep {
    /// A key of an object; any text.
    Key(String),
    /// An element of an array, from 0.
    Index(u32),
}

/// One relation of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// The relation.
    pub relation: RelationDef,
    /// The condition every row of the relation meets.
    pub scope: Option<Expr>,
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
    /// Soft-deleted related rows.
    pub deleted: Deleted,
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
