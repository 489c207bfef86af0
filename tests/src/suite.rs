//! The tests, by subject. Each module ends with the list of its tests.

pub mod beside;
pub mod cancel;
pub mod change;
pub mod compute;
pub mod crud;
pub mod ddl;
pub mod error;
pub mod exact;
pub mod filter;
pub mod handles;
pub mod includes;
pub mod injection;
pub mod loading;
pub mod nested;
pub mod one_of;
pub mod order;
pub mod owner;
pub mod random;
pub mod raw;
pub mod relation;
pub mod scoped;
pub mod stream;
pub mod tagged;
pub mod transaction;
pub mod trees;
pub mod types;
