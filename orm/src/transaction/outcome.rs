//! [`InTransaction`]: a closure that runs in a transaction, as a future.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use orm_core::Result;

/// What the closure of a transaction gives: a value, or an [`Error`](crate::Error). That it is this error is asked for where
/// the transaction is awaited: there, the compiler says it once.
#[diagnostic::on_unimplemented(
    message = "the closure of `transaction` gives a `Result<_, orm::Error>`, and this one gives a `{Self}`",
    label = "with an error type of your own: `db.try_transaction(async |tx| ..)`",
    note = "`try_transaction` takes closures with any error that is made of an `orm::Error`: `impl From<orm::Error> for AppError`"
)]
pub trait Outcome {}
#[diagnostic::do_not_recommend]
impl<T> Outcome for Result<T> {}

/// A closure that runs in a transaction: what [`Database::transaction`](crate::Database::transaction) gives, to be awaited.
#[must_use = "a transaction does nothing until it is awaited"]
pub struct InTransaction<T, E, F> {
    running: Pin<Box<F>>,
    _gives: PhantomData<fn() -> (T, E)>,
}

impl<T, E, F> InTransaction<T, E, F> {
    pub(crate) fn new(running: F) -> Self {
        Self { running: Box::pin(running), _gives: PhantomData }
    }
}

impl<T, E, F> std::fmt::Debug for InTransaction<T, E, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InTransaction")
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for InTransaction<T, E, F>
where
    Result<T, E>: Outcome,
{
    type Output = Result<T, E>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.running.as_mut().poll(context)
    }
}
