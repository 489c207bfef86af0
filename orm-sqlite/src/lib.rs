//! The SQLite driver of the ORM. [`Sqlite`] opens connections from [`SqliteOptions`], [`SqliteDialect`] names the
//! points where SQLite's SQL differs, [`SqliteError`] is what SQLite itself said when something failed.
//!
//! sqlx opens and configures each connection; statements then run on its handle, with prepared statements of our own
//! and rows decoded straight from the statement. The policy that keeps cheap statements on the caller's thread and
//! long ones off it is at the top of `connection.rs`; `handle.rs` is the only file with `unsafe`.
//!
//! A tokio runtime with time enabled is expected around connections. Without any runtime, statements still work, but
//! long ones block the calling thread.

mod alter;
mod bind;
mod connection;
mod definition;
mod dialect;
mod driver;
mod error;
mod functions;
mod handle;
mod hooks;
mod introspect;
mod json;
mod lexical;
mod options;
mod policy;
mod row;
mod row_list;
mod statements;
mod suits;
mod types;

pub use dialect::SqliteDialect;
pub use driver::Sqlite;
pub use error::SqliteError;
pub use options::{JournalMode, SqliteOptions, Synchronous};

/// What [`Dialect::name`](orm_core::dialect::Dialect::name) is on SQLite, in errors and spans.
pub const NAME: &str = "sqlite";
