//! The tests, by subject. Each module ends with the list of its tests.

pub mod crud;
pub mod filter;
pub mod order;
pub mod types;
