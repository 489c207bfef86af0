//! A page of rows together with the number of all.

use crate::driver::{BeginOptions, Isolation, LockMode, Session, Unit};
use crate::error::Result;

/// A page of rows and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// The number of rows without limit and offset.
    pub count: u64,
}

/// Begins a transaction whose statements read one snapshot.
pub(super) async fn snapshot(session: &dyn Session) -> Result<Box<dyn Unit + '_>> {
    let server = session.dialect().capabilities().round_trips;
    let options = BeginOptions {
        isolation: server.then_some(Isolation::RepeatableRead),
        read_only: server,
        // It only reads: it must not wait for a writer.
        lock_mode: (!server).then_some(LockMode::Deferred),
        ..BeginOptions::default()
    };
    session.begin(&options).await
}
