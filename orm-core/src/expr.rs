//! Typed expressions: columns, conditions, operands, functions, orders and what a query selects. Each ends in a tree of
//! `ast`; the types check that an operand fits its column and a column its query.

mod assign;
mod column;
mod condition;
mod expression;
mod function;
mod json;
mod key;
mod methods;
mod operand;
mod order;
mod sealed;
mod select;
mod window;

pub use assign::Assign;
pub use column::{Clear, Column, Encrypted, Findable, Searchable, Secret};
pub use condition::{Condition, IntoCondition, IntoFilter, all_of, any_of};
pub use expression::{Expr, Free, Within};
pub use function::{CaseWhen, Operands, call, case, coalesce, concat, count_all, now, random, raw, row_number, val};
pub use json::{Document, JsonPath, JsonPlace};
pub use key::{KeyOperand, KeyPart, SingleKey};
pub use methods::{Dated, Listed};
pub use operand::{CaseResult, InList, IntoExpr, Operand};
pub use order::{IntoOrder, Order};
pub use sealed::Ordered;
pub use select::Select;
pub use window::Partition;
