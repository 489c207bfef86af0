//! The tests of the facade: pool, transactions and cancellation, with a toy driver that is made of public items only and
//! can be told to misbehave, and with SQLite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // Tests stop at the first surprise.

mod cancel;
mod cancelled;
mod limit;
mod observe;
mod parameters;
mod pool;
mod retries;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod servers;
mod sqlite;
mod toy;
mod transactions;
