//! Statements and expressions as dialect-neutral trees. Nothing here is SQL text (but for what the user wrote as raw
//! SQL) and nothing here is typed: `query` builds these trees from typed parts, `dialect` renders them.

mod expr;
mod operator;
mod truth;
mod write;

pub(crate) use expr::Step;
pub use expr::{
    Aggregate, Case, Expr, Hop, InList, Join, JsonChange, JsonCondition, JsonEdit, ListItems, Lock, Order, PerParent,
    Quantifier, Reached, Related, Select, SelectList, Window,
};
pub use operator::{
    BinaryOp, Deleted, Function, JoinKind, JsonForm, JsonStep, LikeKind, LockStrength, LockWait, NullsOrder, Purpose,
    Visibility,
};
pub use write::{Conflict, ConflictAction, Delete, Insert, Returning, Update};

/// Any statement about rows.
#[derive(Debug, Clone)]
pub enum Statement {
    /// SELECT.
    Select(Box<Select>),
    /// INSERT.
    Insert(Box<Insert>),
    /// UPDATE.
    Update(Box<Update>),
    /// DELETE.
    Delete(Box<Delete>),
}
