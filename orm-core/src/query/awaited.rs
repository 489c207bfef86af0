//! What the compiler says of a statement that is awaited before it was told where to run. No statement is a future.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{
    AggregateOf, BulkCreate, BulkUpsert, Count, Destroy, DestroyOne, Exists, Find, FindByPk, FindOrCreate,
    FindOrInsert, InsertRow, Restore, Truncate, Update,
};
use crate::error::Result;

/// A statement that knows where to run. There is none.
#[diagnostic::on_unimplemented(
    message = "a statement runs on a database or in a transaction: `.exec(&db).await`",
    label = "`.exec(&db)` is missing before this"
)]
pub trait RunsAlone {}
#[diagnostic::do_not_recommend]
impl RunsAlone for Infallible {}

macro_rules! statements {
    ($([$($generics:tt)*] $statement:ty;)+) => {$(
        #[doc(hidden)]
        impl<$($generics)*> Future for $statement
        where
            M: RunsAlone,
        {
            type Output = Result<Infallible>;
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
                Poll::Pending
            }
        }
    )+};
}

statements! {
    [M, T] AggregateOf<M, T>;
    [M] BulkCreate<M>;
    [M] BulkUpsert<M>;
    [M] Count<M>;
    [M, F] Destroy<M, F>;
    [M] DestroyOne<'_, M>;
    [M] Exists<M>;
    [M, Out, S, N] Find<M, Out, S, N>;
    [M] FindByPk<M>;
    [M] FindOrCreate<M>;
    [M] FindOrInsert<M>;
    [M] InsertRow<M>;
    [M, F] Restore<M, F>;
    [M] Truncate<M>;
    [M, F] Update<M, F>;
}
