//! The driver for MySQL (8.0 and later) and MariaDB (10.6 and later), on sqlx's connections: [`Mysql`] opens them,
//! [`MysqlOptions`] says how, [`MysqlDialect`] writes the SQL. Pools, retries and statements are elsewhere.
//!
//! Which of the two servers answers is read from its version at connect time, so `mysql://` and `mariadb://` mean the
//! same. A session is set up so that both behave alike and nothing is stored that was not asked for: UTC, utf8mb4,
//! strict SQL mode, no ANSI quotes; a server's own `sql_mode`, `time_zone` and `autocommit` do not matter.
//!
//! # What to know about values
//! - Times are kept to the microsecond; finer digits are cut off, not rounded, before they are sent.
//! - A date such as `0000-00-00` or `2026-02-00` is an error when read, never a wrong date or NULL.
//! - A `VECTOR` of MySQL 9 is converted in SQL, by `VECTOR_TO_STRING(column)` and `STRING_TO_VECTOR(?)`: sqlx 0.9.0 does
//!   not know the type, and a statement that gives or takes one loses its connection.
//! - MySQL keeps what it has learnt about the values of a prepared statement when a column gets another type (9.7.4): a
//!   DECIMAL that is written to what was a DATETIME(6) is rounded to six digits, without a word. A connection that changes
//!   a table forgets its statements; that another one did is told by nothing the server sends. After changing the types of
//!   columns under a running program, open its connections anew ([`MysqlOptions::statement_cache_capacity`] of 1 keeps
//!   hardly any statement). MariaDB does not do this.
//! - Updated rows are counted as matched, whether or not their values changed.
//!
//! ```no_run
//! use orm_core::driver::{Driver, Query};
//! use orm_mysql::{Mysql, MysqlOptions};
//!
//! # async fn example() -> orm_core::Result<()> {
//! let options = MysqlOptions::from_url("mysql://app:secret@db.example.com/shop?sslmode=verify-full")?;
//! let mut connection = Mysql::new(options).connect().await?;
//! connection.execute(Query::text("UPDATE carts SET open = 0")).await?;
//! # Ok(())
//! # }
//! ```

mod alter;
mod backend;
mod bind;
mod connection;
mod dialect;
mod driver;
mod error;
mod introspect;
mod json;
mod json_table;
mod options;
mod reading;
mod row;
mod server;
mod suits;
mod types;

pub use connection::MysqlConnection;
pub use dialect::MysqlDialect;
pub use driver::Mysql;
pub use options::MysqlOptions;
pub use orm_server::SslMode;
pub use server::{MARIADB, MYSQL};
pub use server::{Server, ServerKind};
