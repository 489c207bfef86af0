//! The core of the ORM: static metadata of models, typed columns and expressions, statements, the dialect-neutral tree
//! they build, its rendering for one dialect, the traits a driver implements, and loading of relations.
//!
//! No database client and no async runtime is used here. Modules import leftwards only:
//! `error → value → row → model → ast → schema → dialect → driver → expr → run → write → relation → query → handle`.
//!
//! Most users add the `orm` crate, which re-exports what they need.

pub mod ast;
pub mod dialect;
pub mod driver;
mod error;
pub mod expr;
pub mod handle;
pub mod model;
pub mod query;
pub mod relation;
pub mod row;
#[doc(hidden)]
pub mod run;
pub mod schema;
pub mod value;
#[doc(hidden)]
pub mod write;

pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "json")]
pub use value::Json;
pub use value::{Bind, BlindIndex, EnumDef, EnumStorage, Numeric, Scalar, SqlType, Type, Value, ValueRef};

#[doc(hidden)]
pub mod __private;

/// The crate of the dates and times of models.
pub use chrono;
/// The crate of exact decimals.
#[cfg(feature = "decimal")]
pub use rust_decimal;
/// The crate of JSON documents.
#[cfg(feature = "json")]
pub use serde_json;
/// The crate of UUIDs.
#[cfg(feature = "uuid")]
pub use uuid;

/// Allows implementing the object-safe async traits of [`driver`] with the version this crate uses.
pub use async_trait::async_trait;
