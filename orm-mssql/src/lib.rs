//! The T-SQL dialect of the ORM, for SQL Server 2019 and later.
//!
//! **Rendering only until a driver exists; not tested against Microsoft SQL Server.** The project's tests give every
//! statement of the SQL snapshots to Microsoft's own parser (ScriptDom, grammar of SQL Server 2019), which checks syntax and
//! nothing else.
//!
//! ```
//! use orm_core::dialect::{Dialect, SqlWriter};
//! use orm_mssql::MssqlDialect;
//!
//! let dialect = MssqlDialect::new((15, 0, 0));
//! let mut writer = SqlWriter::new(&dialect);
//! writer.push_ident("a]b")?;
//! assert_eq!(writer.sql(), "[a]]b]");
//! assert_eq!(dialect.truth(true), "1 = 1");
//! # Ok::<(), orm_core::Error>(())
//! ```
//!
//! # What is written how
//!
//! | SQL | T-SQL |
//! |---|---|
//! | a condition as a value | `CAST(CASE WHEN .. THEN 1 WHEN NOT (..) THEN 0 END AS BIT)`: there is no boolean type |
//! | a `BIT` as a condition | `.. = 1` |
//! | `LIMIT n` | `TOP (n)` |
//! | `LIMIT n OFFSET m` | `OFFSET m ROWS FETCH NEXT n ROWS ONLY`, with an order, which the clause needs |
//! | `RETURNING` | `OUTPUT INSERTED` and `OUTPUT DELETED`; SQL Server refuses them for tables with triggers |
//! | upserts | `MERGE .. WITH (HOLDLOCK)`: see `merge.rs` for why |
//! | a given value of an auto-increment column | `SET IDENTITY_INSERT` around the statement |
//! | row locks | table hints: `UPDLOCK`, `REPEATABLEREAD`, `ROWLOCK`, `NOWAIT`, `READPAST` |
//! | `IS NOT DISTINCT FROM` | `EXISTS (SELECT a INTERSECT SELECT b)` |
//! | values inside of JSON documents | `OPENJSON`: `JSON_VALUE` gives NULL for text of more than 4,000 characters |
//! | regular expressions, arrays, `EXPLAIN` | not supported |
//!
//! Times have seven digits of a second. Decimals have at most 38 digits, so a decimal column needs a precision.

mod ddl;
mod dialect;
mod literal;
mod merge;
mod output;
mod types;

pub use dialect::MssqlDialect;

/// The name in errors and spans; the value of `db.system.name` in OpenTelemetry.
pub(crate) const NAME: &str = "microsoft.sql_server";
