//! The tests, by subject. Each module ends with the list of its tests.

pub mod crud;
pub mod ddl;
pub mod error;
pub mod filter;
pub mod includes;
pub mod injection;
pub mod order;
pub mod relation;
pub mod transaction;
pub mod types;
