//! The service from outside: over HTTP, and in a browser.
#![allow(clippy::unwrap_used, reason = "what a test stumbles over is its failure")]

mod http;
mod pages;
mod server;
