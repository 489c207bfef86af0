//! The tests, by subject. Each module ends with the list of its tests.

pub mod crud;
pub mod filter;
pub mod includes;
pub mod order;
pub mod relation;
pub mod types;
