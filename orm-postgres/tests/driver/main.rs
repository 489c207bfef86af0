//! The driver against a real server: `ORM_TEST_POSTGRES_URL` names one whose user may create databases and roles.
//! Without it the tests say so and pass. Each test has a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers are outside of test functions.

mod cancel;
mod dialect;
mod errors;
mod pooler;
mod sessions;
mod statements;
mod support;
mod transactions;
mod values;
