//! What is left to read when a stream on a transaction is dropped before its end. It is read in a task of its own, which
//! has the transaction's connection until then; the transaction's next statement waits for it. A transaction that is
//! dropped meanwhile is undone: the task is stopped, which cuts the connection off.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::task::AbortHandle;

use super::Core;

/// The tasks of one transaction.
#[derive(Default)]
pub(super) struct Drains(Mutex<Vec<AbortHandle>>);

impl Drains {
    fn add(&self, task: AbortHandle) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Stops them.
    pub(super) fn cut_off(&self) {
        for task in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

/// Reads the rest of a statement. Without a runtime nobody can, and the statement is cut off.
pub(super) fn spawn(core: Arc<Core>, run: Pin<Box<dyn Future<Output = ()> + Send>>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    core.returned().draining += 1;
    let over = DrainEnd(Arc::clone(&core));
    let task = runtime.spawn(Drain { run, _over: over });
    core.root().drains.add(task.abort_handle());
}

/// Leaves the connection of a level that was dropped to whoever has it: a savepoint, or a stream.
pub(super) fn leave_to_drains(core: &Core) {
    match &core.parent {
        None => core.drains.cut_off(),
        Some(parent) => {
            // Locked throughout: giving back begins with this lock.
            let returned = core.returned();
            if returned.draining > 0 || returned.awaited {
                parent.returned().awaited = true;
            }
        }
    }
}

/// The task. Its fields are dropped in this order: first the statement lets go of the connection.
struct Drain {
    run: Pin<Box<dyn Future<Output = ()> + Send>>,
    _over: DrainEnd,
}

impl Future for Drain {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.run.as_mut().poll(cx)
    }
}

/// Gives the connection away if its level was dropped in the meantime.
struct DrainEnd(Arc<Core>);

impl Drop for DrainEnd {
    fn drop(&mut self) {
        let ended = {
            let mut returned = self.0.returned();
            returned.draining -= 1;
            returned.ended
        };
        if ended {
            self.0.abandon_here();
        }
    }
}
