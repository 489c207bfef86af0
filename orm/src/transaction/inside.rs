//! Which transactions the task is inside of at this moment: what runs on their database instead of on them may wait for
//! their end, which waits for it in turn. Where that is certain, it is refused at once. It is certain of closures; a
//! transaction begun by hand may go to another task, and is looked for after the wait (`Lease::explain`).

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use orm_core::driver::{BeginOptions, LockMode, StatementKind, statement_kind};
use orm_core::{Error, ErrorKind, Result};

use crate::inner::Inner;

/// A transaction whose closure runs.
struct Open {
    /// Its database, by its address.
    of: usize,
    /// Nobody else may write until it ends.
    locks: bool,
}

thread_local! {
    /// The transactions of the task that is polled, the innermost last.
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

fn address(inner: &Inner) -> usize {
    std::ptr::from_ref(inner).addr()
}

/// Takes the innermost transaction away, also when its closure panics.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(Vec::pop);
    }
}

/// Runs the closure of a transaction, known as such while it is polled.
pub(super) async fn inside<F: Future>(inner: &Arc<Inner>, locks: bool, body: F) -> F::Output {
    let of = address(inner);
    let mut body = pin!(body);
    poll_fn(move |context| {
        OPEN.with_borrow_mut(|open| open.push(Open { of, locks }));
        let _leave = Leave;
        body.as_mut().poll(context)
    })
    .await
}

/// Whether the task is inside of a transaction of this database, and if so, whether nobody else may write.
fn open(inner: &Inner) -> Option<bool> {
    OPEN.with_borrow(|open| {
        let mut own = open.iter().filter(|open| open.of == address(inner)).map(|open| open.locks);
        own.next().map(|locks| locks || own.any(|locks| locks))
    })
}

/// Refuses a statement on the database that would wait for the transaction that the task is inside of.
///
/// # Errors
/// [`ErrorKind::InvalidStatement`].
pub(crate) fn check_statement(inner: &Inner, sql: &str) -> Result<()> {
    match open(inner) {
        None => Ok(()),
        Some(locks) => {
            let reads = || statement_kind(sql, inner.dialect.lexical()) == StatementKind::Read;
            check(inner, locks && !reads())
        }
    }
}

/// As [`check_statement`], of another transaction.
///
/// # Errors
/// As [`check_statement`].
pub(crate) fn check_begin(inner: &Inner, options: &BeginOptions) -> Result<()> {
    match open(inner) {
        None => Ok(()),
        Some(locks) => check(inner, locks && !options.read_only && options.lock_mode != Some(LockMode::Deferred)),
    }
}

/// As [`check_statement`], of several statements that read.
///
/// # Errors
/// As [`check_statement`].
pub(crate) fn check_reads(inner: &Inner) -> Result<()> {
    match open(inner) {
        None => Ok(()),
        Some(_) => check(inner, false),
    }
}

#[cold]
fn check(inner: &Inner, waits_to_write: bool) -> Result<()> {
    let why = match (inner.pool.has_only_one(), waits_to_write) {
        (true, _) => "has the one connection of the database",
        (false, true) => "keeps all others from writing until it ends",
        (false, false) => return Ok(()),
    };
    let message = format!(
        "this is inside of a transaction that {why}, so it would wait for itself: run it on the transaction, `tx`, not on `db`"
    );
    Err(Error::new(ErrorKind::InvalidStatement, message))
}
