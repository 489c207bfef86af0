//! [`Wraps`]: what the handles for viewers and tenants share, and the transactions that they open.

use std::sync::Arc;

use orm_core::driver::{Context, Executor, Tx};

use crate::{Atomic, Database, Transaction};

/// A handle that opens transactions with the same viewer and tenant.
#[doc(hidden)]
pub trait Wraps: Executor {
    /// The database or transaction that opens the transactions.
    type Base: Atomic;
    /// The same kind of handle around another database or transaction.
    type Over<H>;

    fn base(&self) -> &Self::Base;
    fn over<H>(&self, handle: H) -> Self::Over<H>;
}

impl<D: Atomic> Wraps for D {
    type Base = D;
    type Over<H> = H;

    fn base(&self) -> &D {
        self
    }
    fn over<H>(&self, handle: H) -> H {
        handle
    }
}

/// A handle around a transaction that the caller commits or rolls back.
#[doc(hidden)]
pub trait Holds {
    fn into_transaction(self) -> Transaction;
}

impl Holds for Transaction {
    fn into_transaction(self) -> Transaction {
        self
    }
}

/// A database or a transaction that can get another context.
#[doc(hidden)]
pub trait Knows: Executor {
    /// The handle with another context.
    type Knowing<'h>
    where
        Self: 'h;

    fn knowing(&self, context: Context) -> Self::Knowing<'_>;
}

impl Knows for Database {
    type Knowing<'h> = Self;

    fn knowing(&self, context: Context) -> Self {
        self.under(context)
    }
}

impl Knows for Transaction {
    type Knowing<'h> = Tx<'h>;

    fn knowing(&self, context: Context) -> Tx<'_> {
        self.under(context)
    }
}

impl<D: Knows> Knows for &D {
    type Knowing<'h>
        = D::Knowing<'h>
    where
        Self: 'h;

    fn knowing(&self, context: Context) -> D::Knowing<'_> {
        (**self).knowing(context)
    }
}

impl<D: Knows> Knows for Arc<D> {
    type Knowing<'h>
        = D::Knowing<'h>
    where
        Self: 'h;

    fn knowing(&self, context: Context) -> D::Knowing<'_> {
        (**self).knowing(context)
    }
}

/// Implements the methods for transactions of a handle that wraps another one.
macro_rules! transactions {
    ([$($params:tt)*] $handle:ty, $of:literal) => {
        impl<$($params)* H: $crate::wraps::Wraps> $handle
        where
            Self: $crate::wraps::Wraps,
        {
            #[doc = concat!("Runs a closure in a transaction ", $of, "; see [`Database::transaction`](crate::Database::transaction).")]
            ///
            /// # Errors
            /// Errors of the closure, of BEGIN and of COMMIT.
            pub fn transaction<X, E: From<orm_core::Error>>(
                &self,
                body: impl AsyncFnOnce(&<Self as $crate::wraps::Wraps>::Over<&$crate::Transaction>) -> orm_core::Result<X, E>,
            ) -> $crate::transaction::InTransaction<X, E, impl Future<Output = orm_core::Result<X, E>>> {
                $crate::transaction::InTransaction::new(self.try_transaction(body))
            }

            /// Like [`transaction`](Self::transaction), with your own error type.
            ///
            /// # Errors
            /// As [`transaction`](Self::transaction), converted.
            pub fn try_transaction<X, E: From<orm_core::Error>>(
                &self,
                body: impl AsyncFnOnce(&<Self as $crate::wraps::Wraps>::Over<&$crate::Transaction>) -> orm_core::Result<X, E>,
            ) -> impl Future<Output = orm_core::Result<X, E>> {
                use $crate::wraps::Wraps as _;
                $crate::Atomic::try_transaction(self.base(), async move |tx: &$crate::Transaction| body(&self.over(tx)).await)
            }

            #[doc = concat!("Begins a transaction ", $of, " that is ended by hand: commit it.")]
            ///
            /// # Errors
            /// As [`Database::begin`](crate::Database::begin).
            pub async fn begin(&self) -> orm_core::Result<<Self as $crate::wraps::Wraps>::Over<$crate::Transaction>> {
                use $crate::wraps::Wraps as _;
                Ok(self.over($crate::Atomic::begin(self.base()).await?))
            }
        }

        impl<$($params)* H> $handle
        where
            Self: $crate::wraps::Holds,
        {
            /// Makes the changes permanent.
            ///
            /// # Errors
            /// As [`Transaction::commit`](crate::Transaction::commit).
            pub async fn commit(self) -> orm_core::Result<()> {
                $crate::wraps::Holds::into_transaction(self).commit().await
            }

            /// Undoes the changes.
            ///
            /// # Errors
            /// As [`Transaction::rollback`](crate::Transaction::rollback).
            pub async fn rollback(self) -> orm_core::Result<()> {
                $crate::wraps::Holds::into_transaction(self).rollback().await
            }
        }
    };
}

pub(crate) use transactions;
