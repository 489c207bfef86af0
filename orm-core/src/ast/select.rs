//! SELECT: what is read, from where, which rows, in which order, how many, and locked how.

use super::expr::Expr;
use crate::model::{ColumnDef, ModelDef};

/// A SELECT statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The model whose rows are read.
    pub model: &'static ModelDef,
    /// What is read from each row.
    pub list: SelectList,
    /// Whether equal rows come once.
    pub distinct: bool,
    /// Soft-deleted rows of the model.
    pub deleted: Deleted,
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
}

impl Select {
    /// Reads all columns of all rows of a model.
    pub fn new(model: &'static ModelDef) -> Self {
        Self {
            model,
            list: SelectList::Model,
            distinct: false,
            deleted: Deleted::Hidden,
            joins: Vec::new(),
            filter: Vec::new(),
            group_by: Vec::new(),
            having: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            per_parent: None,
            lock: None,
        }
    }
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

/// What happens to rows that are marked as deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deleted {
    /// Left out.
    #[default]
    Hidden,
    /// Read like the others.
    Included,
    /// The only ones read.
    Only,
}

/// A further table of a SELECT.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Which rows survive without a partner.
    pub kind: JoinKind,
    /// The table.
    pub model: &'static ModelDef,
    /// Soft-deleted rows of it.
    pub deleted: Deleted,
    /// The condition.
    pub on: Expr,
}

/// Which rows of a join survive without a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the tables so far.
    Left,
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

/// Where NULLs go in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsOrder {
    /// Before everything else.
    First,
    /// After everything else.
    Last,
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

/// How strong a row lock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockStrength {
    /// For changing the rows.
    #[default]
    Update,
    /// For changing the rows but not their keys; `FOR UPDATE` where that does not exist.
    NoKeyUpdate,
    /// Against changes by others.
    Share,
    /// Against changes of keys by others; `FOR SHARE` where that does not exist.
    KeyShare,
}

/// What to do about rows that others have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockWait {
    /// Wait.
    #[default]
    Wait,
    /// Fail.
    NoWait,
    /// Leave them out.
    SkipLocked,
}

/// A column as an order key or select item, for code that has only metadata.
impl From<&'static ColumnDef> for Expr {
    fn from(column: &'static ColumnDef) -> Self {
        Self::Column(column)
    }
}
