//! Statements and expressions as dialect-neutral trees. Nothing here is SQL text (but for what the user wrote as raw
//! SQL) and nothing here is typed: `query` builds these trees from typed parts, `dialect` renders them.

mod expr;
mod select;
mod truth;
mod write;

pub use expr::{
    Aggregate, BinaryOp, Case, Expr, Function, Hop, InList, JsonStep, LikeKind, ListItems, Quantifier, Related, Window,
};
pub use select::{
    Deleted, Join, JoinKind, Lock, LockStrength, LockWait, NullsOrder, Order, PerParent, Select, SelectList,
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
