//! The driver on databases in memory and in files of their own, through the public seam.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod cancel;
mod errors;
mod sessions;
mod statements;
mod support;
mod transactions;
mod values;
