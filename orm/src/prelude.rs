//! What a program that uses models needs, in one import: `use orm::prelude::*;`. Only names that are used everywhere.

pub use chrono::{DateTime, Utc};
pub use orm_core::expr::{Column, Condition, all_of, any_of, count_all};
#[cfg(feature = "json")]
pub use orm_core::query::Audited;
#[doc(hidden)]
pub use orm_core::query::{CreateNames as _, DestroyNames as _, FinderNames as _};
pub use orm_core::query::{Instance, Page, Refine, RefineRows, Statements, UpdateRows};
pub use orm_core::relation::{BelongsTo, BelongsToMany, HasMany, HasOne};

pub use orm_derive::Value;

pub use crate::{
    Atomic, Database, Enum, Error, ErrorKind, Executor, Isolation, Model, OneOf, Projection, Result, Runs, Transaction,
    TransactionOptions, connect,
};
