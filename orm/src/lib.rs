//! An ORM in the manner of Sequelize: derive a model, get typed finders, associations and transactions on SQLite, MySQL,
//! MariaDB and PostgreSQL.
//!
//! Here: connecting, the pool, transactions. Models and statements come from `orm-core`, the derive from `orm-derive`,
//! each database from its driver crate; this crate brings them together, and is the only one to depend on.

mod connect;
mod database;
mod observe;
mod options;
mod pool;
pub mod prelude;
mod random;
mod raw;
mod tables;
mod transaction;

/// The driver of MySQL and MariaDB, with its options.
#[cfg(feature = "mysql")]
pub use orm_mysql as mysql;
/// The driver of PostgreSQL, with its options.
#[cfg(feature = "postgres")]
pub use orm_postgres as postgres;
/// The driver of SQLite, with its options.
#[cfg(feature = "sqlite")]
pub use orm_sqlite as sqlite;

pub use connect::{connect, connect_with};
pub use database::Database;
pub use observe::QueryLog;
pub use options::{DatabaseOptions, LogOptions, PoolOptions};
#[doc(hidden)]
pub use orm_core::__private;
#[cfg(feature = "json")]
pub use orm_core::Json;
pub use orm_core::driver::{Done, Driver, Executor, Isolation, LockMode, Runs, Unpoliced};
pub use orm_core::load::{BelongsTo, BelongsToMany, HasMany, HasOne, Include, Related, Relation, load};
pub use orm_core::model::Model;
pub use orm_core::query::{
    Column, Condition, Expr, Find, Free, Instance, JsonPath, Order, Page, Projection, Rows, all_of, any_of, call, case,
    coalesce, concat, count_all, now, random, raw, row_number, val,
};
pub use orm_core::row::Decode;
pub use orm_core::{EnumDef, EnumStorage, Error, ErrorKind, Numeric, Result, Scalar, SqlType, Type, Value, ValueRef};
pub use orm_core::{ast, async_trait, dialect, driver, model, query, row, schema};
pub use orm_derive::{Enum, Model, Projection, Value};
pub use pool::PoolStatus;
pub use raw::{Bind, Values};
pub use transaction::{Transaction, TransactionOptions};
