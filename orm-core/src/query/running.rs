//! The future of statements that must be told something before they run.

use std::pin::Pin;

use crate::error::Result;

/// A statement that runs. What it was told is no part of the type, nor of what must hold for it: the compiler reports what
/// is missing, a column or a filter, where the statement is run, and not again where its future is.
pub type Running<'d, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'd>>;
