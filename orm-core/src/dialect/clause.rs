//! What the methods of [`Dialect`](super::Dialect) that write one clause are told about it. How the standard writes each
//! clause is in [`standard`](super::standard).

use crate::ast::{Expr, Function, LikeKind, NullsOrder, Order, Returning, Select};
use crate::model::ModelDef;
use crate::value::Value;

/// How tightly an operator binds its operands, loosest first. Databases differ in the middle; parentheses are written where
/// any of them would need one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing needs parentheses.
    Loosest,
    /// OR.
    Or,
    /// AND.
    And,
    /// NOT.
    Not,
    /// Comparisons, IN, BETWEEN, LIKE.
    Compare,
    /// Operators on bits, JSON and text.
    Bits,
    /// `+` and `-`.
    Sum,
    /// `*`, `/` and `%`.
    Product,
    /// Names, placeholders, calls and what is in parentheses already.
    Atom,
    /// Everything gets parentheses.
    Always,
}

impl Level {
    /// The next tighter level: for an operand that must not be an operator of the same level.
    #[must_use]
    pub const fn tighter(self) -> Self {
        match self {
            Self::Loosest => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Compare,
            Self::Compare => Self::Bits,
            Self::Bits => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Atom,
            Self::Atom | Self::Always => Self::Always,
        }
    }
}

/// The greatest number of rows of a query, and how many are left out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// The greatest number of rows; at most `i64::MAX`.
    pub limit: Option<u64>,
    /// The number of rows left out first; at most `i64::MAX`.
    pub offset: Option<u64>,
}

impl Limits {
    /// Databases count rows in signed 64-bit numbers, and no table has more.
    pub(super) fn new(limit: Option<u64>, offset: Option<u64>) -> Self {
        let most = i64::MAX.unsigned_abs();
        Self { limit: limit.map(|n| n.min(most)), offset: offset.map(|n| n.min(most)) }
    }

    /// Whether all rows are read.
    pub fn are_none(&self) -> bool {
        self.limit.is_none() && self.offset.is_none()
    }

    /// The offset as the value to bind. Every page has another: written into the text, each would be a statement that is
    /// prepared once and never run again.
    pub fn offset_value(&self) -> Option<Value> {
        self.offset.map(|offset| Value::I64(i64::try_from(offset).unwrap_or(i64::MAX)))
    }
}

/// Where a SELECT has a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintPlace {
    /// After the word `SELECT`.
    Select,
    /// After the table.
    Table,
}

/// The end of a query: its order and limits.
#[derive(Debug, Clone, Copy)]
pub struct Tail<'a> {
    /// The keys of the order. Those that are constants are not written.
    pub order_by: &'a [Order],
    /// The limits.
    pub limits: Limits,
    /// Whether equal rows come once.
    pub distinct: bool,
    /// Whether this is a sub-query, or a derived table.
    pub nested: bool,
    /// The query, whose list the keys may refer to by position.
    pub(super) select: Option<&'a Select>,
}

/// One key of ORDER BY.
#[derive(Debug, Clone, Copy)]
pub struct OrderKey<'a> {
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Where NULLs go, when they do not go there by themselves.
    pub nulls: Option<NullsOrder>,
    pub(super) expr: &'a Expr,
    pub(super) select: Option<&'a Select>,
}

impl OrderKey<'_> {
    /// Whether equal rows of the query come once, so that some databases order them by items of its list only.
    pub fn of_distinct_rows(&self) -> bool {
        self.select.is_some_and(|select| select.distinct)
    }

    /// Whether it is a value that is bound, or the first of such: the same for every row, so it orders nothing.
    pub fn is_constant(&self) -> bool {
        is_constant(self.expr)
    }
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => true,
        Expr::Function(Function::Coalesce, all) => all.iter().all(is_constant),
        _ => false,
    }
}

/// A text pattern.
#[derive(Debug, Clone, Copy)]
pub struct Like<'a> {
    /// What is tested.
    pub expr: &'a Expr,
    /// The pattern, or the literal text.
    pub pattern: &'a Expr,
    /// What the pattern means.
    pub kind: LikeKind,
    /// Whether letter case is ignored whatever the column's collation.
    pub ignore_case: bool,
    /// Whether the test is negated.
    pub negated: bool,
}

impl Like<'_> {
    /// The character that escapes wildcards: a backslash in patterns that users write, `!` in those made of literal text.
    /// Some databases have no default, so it is always written.
    pub fn escape(&self) -> &'static str {
        if self.kind == LikeKind::Pattern { "\\" } else { "!" }
    }
}

/// A regular expression.
#[derive(Debug, Clone, Copy)]
pub struct Regexp<'a> {
    /// What is tested.
    pub expr: &'a Expr,
    /// The regular expression.
    pub pattern: &'a Expr,
    /// Whether letter case is ignored.
    pub ignore_case: bool,
    /// Whether the test is negated.
    pub negated: bool,
}

/// A statement that changes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

/// What a write gives back of the rows that it changed.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a> {
    /// The statement.
    pub write: Write,
    /// The model.
    pub model: &'static ModelDef,
    /// The columns.
    pub columns: &'a Returning,
}

/// The values of the rows of an INSERT, row after row.
#[derive(Debug)]
pub struct NewRows {
    pub(super) values: std::vec::IntoIter<Value>,
}
