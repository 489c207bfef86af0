//! [`Atomic`]: what a function asks for that needs a transaction, whoever calls it.

use std::sync::Arc;

use orm_core::driver::Executor;
use orm_core::{Error, Result};

use crate::transaction::InTransaction;
use crate::{Database, Transaction};

/// An executor that opens transactions: a database; or a transaction, on which they are savepoints. It is the bound of a
/// function that writes several things or none, so that it can be called by itself and as a part of something greater:
///
/// ```
/// # use orm::prelude::*;
/// # #[derive(Debug, Clone, Model)]
/// # struct Account { #[orm(primary_key)] id: i64, cents: i64 }
/// async fn transfer(db: &impl Atomic, from: i64, to: i64, cents: i64) -> Result<()> {
///     db.transaction(async |tx| {
///         Account::update().cents(Account::CENTS - cents).filter(Account::ID.eq(from)).exec(tx).await?;
///         Account::update().cents(Account::CENTS + cents).filter(Account::ID.eq(to)).exec(tx).await?;
///         Ok(())
///     })
///     .await
/// }
/// # async fn example(db: Database) -> Result<()> {
/// transfer(&db, 1, 2, 100).await?; // a transaction
/// db.transaction(async |tx| {
///     transfer(tx, 1, 2, 100).await?; // a savepoint
///     transfer(tx, 2, 3, 100).await
/// })
/// .await
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot open a transaction",
    label = "expected `&Database` or `&Transaction`"
)]
pub trait Atomic: Executor {
    /// Runs a closure in a transaction, or in a savepoint of the transaction this is. See
    /// [`Database::transaction`] and [`Transaction::transaction`].
    ///
    /// Errors: the closure's; those of beginning and committing.
    #[doc(alias = "savepoint")]
    fn transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> InTransaction<T, E, impl Future<Output = Result<T, E>>> {
        InTransaction::new(self.try_transaction(body))
    }

    /// As [`transaction`](Self::transaction), with an error type of your own.
    ///
    /// Errors: as [`transaction`](Self::transaction), converted.
    fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> impl Future<Output = Result<T, E>>;

    /// Begins a transaction, or a savepoint, that is ended by hand: [`commit`](Transaction::commit) it. The form for functions
    /// whose futures must be `Send` whatever they are called with.
    ///
    /// Errors: those of getting a connection and of beginning.
    fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send;
}

impl Atomic for Database {
    fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> impl Future<Output = Result<T, E>> {
        Database::try_transaction(self, body)
    }
    fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send {
        Database::begin(self)
    }
}

impl Atomic for Transaction {
    fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> impl Future<Output = Result<T, E>> {
        Transaction::try_transaction(self, body)
    }
    fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send {
        Transaction::begin(self)
    }
}

macro_rules! through {
    ($($pointer:ty),+) => {$(
        impl<D: Atomic> Atomic for $pointer {
            fn try_transaction<T, E: From<Error>>(
                &self,
                body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
            ) -> impl Future<Output = Result<T, E>> {
                (**self).try_transaction(body)
            }
            fn begin(&self) -> impl Future<Output = Result<Transaction>> + Send {
                (**self).begin()
            }
        }
    )+};
}

through!(&D, Arc<D>);
