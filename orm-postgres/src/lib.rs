//! The PostgreSQL driver of the ORM, for PostgreSQL 15 and later, on the connections of `sqlx`.
//!
//! [`Postgres`] opens connections as [`PostgresOptions`] say; [`PostgresDialect`] is its SQL. Statements run prepared,
//! values travel in binary form both ways, rows are streamed and decoded by position. Pooling, retries and spans are
//! in the `orm` crate, rendering of statements in `orm-core`.
//!
//! ```no_run
//! # async fn example() -> orm_core::Result<()> {
//! use orm_core::Value;
//! use orm_core::driver::{Driver, Query};
//! use orm_core::row::Collect;
//! use orm_postgres::{Postgres, PostgresOptions};
//!
//! let driver = Postgres::new(PostgresOptions::from_url("postgres://app:secret@localhost/shop")?);
//! let mut connection = driver.connect().await?;
//! let mut names: Vec<String> = Vec::new();
//! let query = Query::new("SELECT name FROM users WHERE id = $1", &[Value::I64(1)]);
//! connection.fetch(query, &mut Collect::new(&mut names, |columns| columns.next())).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What travels how
//!
//! | ORM | PostgreSQL | notes |
//! |---|---|---|
//! | integers | `smallint`, `integer`, `bigint` | the smallest signed type that holds all values; `u64` up to `i64::MAX` |
//! | floats | `real`, `double precision` | NaN and infinities included |
//! | decimal | `numeric` | exact at any size; NaN and infinities as their names |
//! | date and times | `date`, `time`, `timestamp`, `timestamptz` | microseconds, finer digits are cut off; years from 1 on; infinities are decode errors |
//! | text, char | `text`, `varchar` | without NUL |
//! | JSON | `jsonb` | `json` is read too |
//! | native enums and types | bound as text and converted by the server | read as the server's text form |
//! | lists | arrays of one dimension | elements may be NULL |
//!
//! Sessions run in UTC whatever the server's zone is. Statements with a result column of a multirange type, of
//! `money` or of `tsquery` need a conversion to text in the query: `sqlx` 0.9.0 cannot describe the first, and nothing
//! but the server knows the form of the others.

mod alter;
mod backend;
mod bind;
mod connection;
mod dialect;
mod driver;
mod error;
mod introspect;
mod json;
mod numeric;
mod options;
mod pooler;
mod reading;
mod row;
mod statements;
mod suits;
mod types;

pub use dialect::{NAME, PostgresDialect};
pub use driver::Postgres;
pub use options::PostgresOptions;
pub use orm_server::SslMode;
pub use pooler::Pooler;
