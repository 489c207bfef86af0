//! One suite for every database. Here: what a backend supplies ([`Setup`]), how a test runs ([`run`]), and the macro
//! that makes a test binary of a backend ([`suite!`](macro@crate::suite)). The tests are in [`suite`](mod@suite), by subject; what they
//! are about in [`models`]. A test function knows its [`Test`] only, never which database it is: where databases
//! differ, it asks for a capability, as the library does.

// Tests stop at the first surprise, and this whole crate is tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(missing_docs, missing_debug_implementations)]

mod cases;
pub mod models;
pub mod relay;
mod setup;
mod slow_migrations;
pub mod suite;
mod test;

pub use setup::{Home, Lists, Mariadb, Mysql, Postgres, Setup, Shape, Sqlite, Upserts};
pub use slow_migrations::{TABLES, slow_migrations};
pub use test::{Case, Running, Test, run};
