//! What runs after a transaction: kept in order with the level that registered it, thrown away with its savepoint, and run
//! apart from the transaction, so that nothing it does changes the outcome.

use std::sync::{Mutex, PoisonError};

use orm_core::driver::Callback;

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Committed,
    RolledBack,
}

struct Entry {
    end: End,
    /// The level whose rollback throws it away.
    level: u32,
    callback: Callback,
}

/// The callbacks of one transaction and its savepoints.
#[derive(Default)]
pub(crate) struct Callbacks(Mutex<Vec<Entry>>);

impl Callbacks {
    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, end: End, level: u32, callback: Callback) {
        self.entries().push(Entry { end, level, callback });
    }

    /// A savepoint ended well: its callbacks now hang on the level around it.
    pub(super) fn keep(&self, level: u32) {
        for entry in self.entries().iter_mut() {
            entry.level = entry.level.min(level - 1);
        }
    }

    /// A savepoint was rolled back: its callbacks go, and those of the savepoints inside it.
    pub(super) fn discard(&self, level: u32) {
        self.entries().retain(|entry| entry.level < level);
    }

    /// Forgets all of them.
    pub(super) fn clear(&self) {
        self.entries().clear();
    }

    /// Takes those that are to run now; the others are forgotten.
    fn take(&self, end: End) -> Vec<Callback> {
        let entries = std::mem::take(&mut *self.entries());
        entries.into_iter().filter(|entry| entry.end == end).map(|entry| entry.callback).collect()
    }

    /// Starts them, one after the other, in a task that goes on when nobody waits for it.
    pub(super) fn start(&self, end: End) -> Option<tokio::task::JoinHandle<()>> {
        let callbacks = self.take(end);
        if callbacks.is_empty() {
            return None;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            tracing::error!(target: "orm::transaction", "no runtime: callbacks of a transaction did not run");
            return None;
        };
        Some(runtime.spawn(async move {
            for callback in callbacks {
                // A task of its own, so that a panic ends this callback only.
                if let Err(error) = tokio::spawn(async move { callback().await }).await {
                    tracing::error!(target: "orm::transaction", %error, "a callback of a transaction failed");
                }
            }
        }))
    }

    /// Runs them and waits for them.
    pub(super) async fn run(&self, end: End) {
        if let Some(running) = self.start(end) {
            // Panics were reported where they happened.
            let _ = running.await;
        }
    }
}

impl std::fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Callbacks").field(&self.entries().len()).finish()
    }
}
