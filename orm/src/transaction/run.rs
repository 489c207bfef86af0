//! Running a closure in a transaction, and running it again when the database asks for that. Which errors call for it is
//! `Error::is_retryable`'s decision; pauses and limits are in `options`.

use std::error::Error as StdError;
use std::panic::Location;

use orm_core::{Error, ErrorKind, Result};
use tokio::time::{Instant, sleep, timeout_at};

use super::inside::inside;
use super::state::timed_out;
use super::{Transaction, TransactionOptions};
use crate::inner::Handle;
use crate::pool::is_away;

/// Whether an error of a closure's type asks for running the closure again; `None` when the type does not tell.
pub(crate) type Classify<E> = fn(&E) -> Option<bool>;

/// Looks for an error of ours in the chain of causes.
pub(crate) fn classify(error: &Error) -> Option<bool> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    let mut found = None;
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<Error>() {
            if error.kind() == ErrorKind::AmbiguousCommit {
                return Some(false);
            }
            if error.is_retryable() {
                found = Some(true);
            }
        }
        cause = error.source();
    }
    found
}

/// A closure that can be run again: a clone of it runs in each try. So it borrows by `&` what is around it, and changes none
/// of it.
#[diagnostic::on_unimplemented(
    message = "this closure may run several times, and changes what is around it",
    label = "captures something by `&mut`, or something that is not `Clone`",
    note = "a try must not see what the one before it wrote: make the change to a row that the closure itself reads \
            (`User::find_by_pk(id).required(tx)`) or clones, and give it back as the closure's value"
)]
pub trait RunsAgain: Sized {
    /// The closure for another try.
    #[doc(hidden)]
    fn another(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<F: Clone> RunsAgain for F {
    fn another(&self) -> Self {
        self.clone()
    }
}

/// One try that failed.
struct Failed<E> {
    error: E,
    again: bool,
}

impl<E: From<Error>> Failed<E> {
    fn new(error: Error) -> Self {
        Self { again: classify(&error) == Some(true), error: error.into() }
    }
}

/// Runs a closure in a transaction once.
pub(crate) async fn once<T, E: From<Error>>(
    handle: &Handle,
    at: &'static Location<'static>,
    body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
) -> Result<T, E> {
    let options = TransactionOptions::default();
    attempt(handle, &options, None, (1, false), at, |_| None, body).await.map_err(|failed| failed.error)
}

/// Runs a closure in a transaction, as often as the options allow.
pub(crate) async fn again<T, E: From<Error>>(
    handle: &Handle,
    options: TransactionOptions,
    at: &'static Location<'static>,
    classify: Classify<E>,
    body: impl AsyncFnOnce(&Transaction) -> Result<T, E> + RunsAgain,
) -> Result<T, E> {
    let deadline = options.timeout.map(crate::options::deadline);
    let mut number = 1;
    loop {
        let more = number <= options.retries;
        let body = body.another();
        let failed = match attempt(handle, &options, deadline, (number, more), at, classify, body).await {
            Ok(value) => return Ok(value),
            Err(failed) => failed,
        };
        if !(failed.again && more) {
            return Err(failed.error);
        }
        let pause = options.pause(number);
        if deadline.is_some_and(|deadline| crate::options::deadline(pause) >= deadline) {
            return Err(failed.error);
        }
        tracing::debug!(target: "orm::transaction", attempt = number, ?pause, "running a transaction again");
        sleep(pause).await;
        number += 1;
    }
}

async fn attempt<T, E: From<Error>>(
    handle: &Handle,
    options: &TransactionOptions,
    deadline: Option<Instant>,
    (number, more): (u32, bool),
    at: &'static Location<'static>,
    classify: Classify<E>,
    body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
) -> Result<T, Failed<E>> {
    let opened = Transaction::open(handle, options, deadline, number, at).await;
    let tx = opened.map_err(|error| Failed {
        again: is_away(&error) || self::classify(&error) == Some(true),
        error: error.into(),
    })?;
    let locks = tx.core.work.try_lock().is_ok_and(|work| work.locks());
    let body = inside(&handle.inner, locks, body(&tx));
    let result = match deadline {
        None => body.await,
        Some(deadline) => timeout_at(deadline, body).await.unwrap_or_else(|_| Err(timed_out().into())),
    };
    match result {
        Ok(value) => {
            tx.commit_unless_run_again(more).await.map_err(Failed::new)?;
            Ok(value)
        }
        Err(error) => {
            let again = classify(&error).unwrap_or_else(|| tx.core.saw_retryable());
            if again && more {
                tx.core.callbacks.clear();
            }
            if let Err(error) = tx.rollback().await {
                // The closure's error is the one to tell; the connection is closed, which rolls back as well.
                tracing::warn!(target: "orm::transaction", %error, "rolling back failed");
            }
            Err(Failed { error, again })
        }
    }
}
