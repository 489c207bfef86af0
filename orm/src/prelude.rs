//! What a program that uses models needs, in one import: `use orm::prelude::*;`. Only names that are used everywhere.

pub use crate::{Database, Error, ErrorKind, Executor, Model, Result, Runs, Transaction, TransactionOptions, connect};
