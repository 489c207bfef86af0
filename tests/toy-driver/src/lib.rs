//! A driver and a dialect as somebody else would write them: made from documented items of `orm-core`, for a database that
//! the ORM knows nothing about. `ToyDB` is a file that sqlx's SQLite client reads, spoken to in a dialect of its own:
//! identifiers in back quotes, placeholders `$1`, five types, no `RETURNING`.
//!
//! ```
//! use orm_toy_driver::Toy;
//!
//! # async fn example() -> orm::Result<()> {
//! let db = orm::Database::connect_with(Toy::new("shop.toy"), orm::PoolOptions::new()).await?;
//! # let _ = db; Ok(())
//! # }
//! ```
//!
//! # The steps
//! 1. **Depend on `orm-core`** and on the database's client. `orm`, with the pool, transactions and retries, is above the
//!    driver and is what its users add.
//! 2. **Implement [`Dialect`](orm_core::dialect::Dialect)** (`dialect.rs`): what a placeholder looks like, what types are
//!    called. Each clause that the database does not write as the standard does is one method; the forms in
//!    [`standard`](orm_core::dialect::standard) are there to call. What exists at all is data: start from
//!    [`Capabilities::core`](orm_core::dialect::Capabilities::core) and set what the database has. What cannot be
//!    expressed is `ErrorKind::Unsupported`, never left out.
//! 3. **Implement [`Connection`](orm_core::driver::Connection)** (`connection.rs`): run a text with its values and push
//!    each row into the sink, borrowed from the client's buffer, as a [`Row`](orm_core::row::Row). Do what the sink's
//!    answer says: go on, wait, or stop. A future that is dropped half-way leaves the connection usable, or
//!    `is_broken` says that it is not; the pool replaces it then.
//!
//!    A value of a row is a [`ValueRef`](orm_core::ValueRef), which owns nothing. Where the client hands out bytes,
//!    [`utf8`](orm_core::row::utf8) makes text of them. What the buffer does not have in the wanted form, such as a decimal
//!    in the server's own digits or an array, the row writes out and keeps, for instance in a `OnceCell` for each column.
//! 4. **Map errors to kinds** (`error.rs`). Users branch on [`ErrorKind`](orm_core::ErrorKind), and retries and the pool
//!    depend on it; the client's own error stays as the source.
//! 5. **Implement [`Driver`](orm_core::driver::Driver)** (`driver.rs`): open a connection, and tell the dialect of the
//!    server behind it. When there is none to be had, the error says where it was to go and, with
//!    [`connect_advice`](orm_core::driver::connect_advice), what to do.
//! 6. **Run models on it**, as `tests/models.rs` does: tables, rows, relations, transactions.

mod connection;
mod dialect;
mod driver;
mod error;

pub use dialect::ToyDialect;
pub use driver::Toy;
