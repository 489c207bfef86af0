//! What the compiler says of a statement that is awaited before it was told where to run. No statement is a future.

use std::convert::Infallible;

use super::{
    AggregateOf, BulkCreate, BulkUpsert, Count, Destroy, DestroyBatches, DestroyOne, Exists, Find, FindByPk,
    FindOrCreate, FindOrInsert, InsertRow, Paged, Restore, Truncate, Update, UpdateBatches,
};

/// A statement that knows where to run. There is none.
#[diagnostic::on_unimplemented(
    message = "a statement runs on a database or in a transaction: `.exec(&db).await`",
    label = "`.exec(&db)` is missing before this"
)]
pub trait RunsAlone {}
#[diagnostic::do_not_recommend]
impl RunsAlone for Infallible {}

/// Makes a statement something that rustc says [`RunsAlone`]'s message about where it is awaited.
#[doc(hidden)]
#[macro_export]
macro_rules! __not_a_future {
    ([$($params:tt)*] $statement:ty, [$($alone:tt)*]) => {
        #[doc(hidden)]
        impl $($params)* ::core::future::Future for $statement $($alone)* {
            type Output = $crate::Result<::core::convert::Infallible>;
            fn poll(
                self: ::core::pin::Pin<&mut Self>,
                _: &mut ::core::task::Context<'_>,
            ) -> ::core::task::Poll<Self::Output> {
                ::core::task::Poll::Pending
            }
        }
    };
}

macro_rules! statements {
    ($([$($params:tt)*] $statement:ty;)+) => {$(
        $crate::__not_a_future!([<$($params)*>] $statement, [where M: RunsAlone]);
    )+};
}

statements! {
    [M, T, S] AggregateOf<M, T, S>;
    [M] BulkCreate<M>;
    [M] BulkUpsert<M>;
    [M, S] Count<M, S>;
    [M, F] Destroy<M, F>;
    [M] DestroyBatches<M>;
    [M] DestroyOne<'_, M>;
    [M, S] Exists<M, S>;
    [M, Out, S, N] Find<M, Out, S, N>;
    [M] FindByPk<M>;
    [M] FindOrCreate<M>;
    [M] FindOrInsert<M>;
    [M] InsertRow<M>;
    [M, F] Restore<M, F>;
    [M, Out, S] Paged<M, Out, S>;
    [M] Truncate<M>;
    [M, F] Update<M, F>;
    [M] UpdateBatches<M>;
}
