//! The tests, by subject. Each module ends with the list of its tests.

pub mod crud;
