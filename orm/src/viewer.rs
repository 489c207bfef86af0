//! [`As`]: a handle that says who is looking; [`Bypass`]: one that says why that does not matter.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use orm_core::driver::{Allows, Executor, Policed, SeenBy, Session, Tx};
use orm_core::model::Model;
use orm_core::query::{self, Action, Policy};
use orm_core::{Error, Result};

use crate::transaction::InTransaction;
use crate::{Atomic, Database, Transaction};

/// A database, or a transaction, for a viewer: what [`Database::as_viewer`] gives. Statements about models with a
/// [policy](Policy) run on it and see and change what the policy lets this viewer; statements about other models run as on any
/// handle. There is no raw SQL on it. Clones are cheap and have the same viewer.
pub struct As<V, H = Database> {
    handle: H,
    viewer: Arc<V>,
}

impl<V, H: Clone> Clone for As<V, H> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), viewer: Arc::clone(&self.viewer) }
    }
}

/// Who is looking may be secret, so it is left out.
impl<V, H: fmt::Debug> fmt::Debug for As<V, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("As").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl<V: Send + Sync, H: Executor> Executor for As<V, H> {
    fn session(&self) -> &dyn Session {
        self.handle.session()
    }

    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        self.handle.shared_session()
    }
}

#[diagnostic::do_not_recommend]
impl<V, H: Send + Sync, M: SeenBy<V>> Allows<M, Policed> for As<V, H> {}

impl<V: Send + Sync, H: Executor> As<V, H> {
    /// Who is looking.
    pub fn viewer(&self) -> &V {
        &self.viewer
    }

    /// The fact of a type that was given by [`Database::with`] before the viewer was.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.handle.session().context().get()
    }

    /// Whether the viewer may do something to a row, as the database has it now: for a page that shows a button or does not. A
    /// statement asks by itself, so this is never needed before one.
    ///
    /// # Errors
    /// Those of the query.
    pub async fn can<M: SeenBy<V>>(&self, action: Action, row: &M) -> Result<bool>
    where
        V: Policy<M>,
    {
        query::can(self.handle.session(), action, row).await
    }

    /// The rules that this viewer's statements about a model are subject to, by name, each as SQL with placeholders for its values:
    /// for finding out why a row is not there.
    ///
    /// # Errors
    /// Those of a rule that the database cannot express.
    pub fn explain_policy<M: SeenBy<V>>(&self) -> Result<Vec<(String, String)>>
    where
        V: Policy<M>,
    {
        query::explain::<M>(self.handle.session())
    }
}

impl<V: Send + Sync, H: Atomic> As<V, H> {
    /// Runs a closure in a transaction of the same viewer; see [`Database::transaction`].
    ///
    /// # Errors
    /// The closure's; those of beginning and committing.
    pub fn transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&As<V, &Transaction>) -> Result<T, E>,
    ) -> InTransaction<T, E, impl Future<Output = Result<T, E>>> {
        InTransaction::new(self.try_transaction(body))
    }

    /// As [`transaction`](Self::transaction), with an error type of your own.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction), converted.
    pub fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&As<V, &Transaction>) -> Result<T, E>,
    ) -> impl Future<Output = Result<T, E>> {
        let viewer = Arc::clone(&self.viewer);
        self.handle.try_transaction(async move |tx: &Transaction| body(&As { handle: tx, viewer }).await)
    }

    /// Begins a transaction of the same viewer that is ended by hand: [`commit`](As::commit) it.
    ///
    /// # Errors
    /// As [`Database::begin`].
    pub async fn begin(&self) -> Result<As<V, Transaction>> {
        Ok(As { handle: self.handle.begin().await?, viewer: Arc::clone(&self.viewer) })
    }
}

impl<V> As<V, Transaction> {
    /// Makes the changes permanent.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit(self) -> Result<()> {
        self.handle.commit().await
    }

    /// Undoes the changes.
    ///
    /// # Errors
    /// As [`Transaction::rollback`].
    pub async fn rollback(self) -> Result<()> {
        self.handle.rollback().await
    }
}

/// A database, or a transaction, on which policies do not apply, for a reason: what [`Database::bypass`] gives. For the work of
/// the program itself: imports, exports, nightly jobs.
#[derive(Debug, Clone)]
pub struct Bypass<H = Database> {
    handle: H,
}

impl<H: Executor> Executor for Bypass<H> {
    fn session(&self) -> &dyn Session {
        self.handle.session()
    }

    fn shared_session(&self) -> Result<Arc<dyn Session>> {
        self.handle.shared_session()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, H: Send + Sync> Allows<M, Policed> for Bypass<H> {}

impl<H: Atomic> Bypass<H> {
    /// Runs a closure in a transaction on which policies do not apply either; see [`Database::transaction`].
    ///
    /// # Errors
    /// The closure's; those of beginning and committing.
    pub fn transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Bypass<&Transaction>) -> Result<T, E>,
    ) -> InTransaction<T, E, impl Future<Output = Result<T, E>>> {
        InTransaction::new(self.try_transaction(body))
    }

    /// As [`transaction`](Self::transaction), with an error type of your own.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction), converted.
    pub fn try_transaction<T, E: From<Error>>(
        &self,
        body: impl AsyncFnOnce(&Bypass<&Transaction>) -> Result<T, E>,
    ) -> impl Future<Output = Result<T, E>> {
        self.handle.try_transaction(async move |tx: &Transaction| body(&Bypass { handle: tx }).await)
    }

    /// Begins a transaction that is ended by hand: [`commit`](Bypass::commit) it.
    ///
    /// # Errors
    /// As [`Database::begin`].
    pub async fn begin(&self) -> Result<Bypass<Transaction>> {
        Ok(Bypass { handle: self.handle.begin().await? })
    }
}

impl Bypass<Transaction> {
    /// Makes the changes permanent.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit(self) -> Result<()> {
        self.handle.commit().await
    }

    /// Undoes the changes.
    ///
    /// # Errors
    /// As [`Transaction::rollback`].
    pub async fn rollback(self) -> Result<()> {
        self.handle.rollback().await
    }
}

impl Database {
    /// The same database for a viewer: models with a [policy](Policy) are run on the handle that this gives, and show and let change
    /// what the policy lets this viewer.
    #[must_use]
    pub fn as_viewer<V: Send + Sync + 'static>(&self, viewer: V) -> As<V> {
        let viewer = Arc::new(viewer);
        let context = Executor::context(self).as_viewer(Arc::clone(&viewer) as _);
        As { handle: self.under(context), viewer }
    }

    /// The same database, on which policies do not apply, and why. Each call is written to `tracing`, as a warning `orm.policy.bypass`
    /// with its reason and place.
    #[must_use]
    #[track_caller]
    pub fn bypass(&self, reason: &'static str) -> Bypass {
        tell(reason, Location::caller());
        Bypass { handle: self.under(Executor::context(self).bypassing(reason)) }
    }
}

impl Transaction {
    /// The transaction, for statements of a viewer; as [`Database::as_viewer`].
    #[must_use]
    pub fn as_viewer<V: Send + Sync + 'static>(&self, viewer: V) -> As<V, Tx<'_>> {
        let viewer = Arc::new(viewer);
        let context = Executor::context(self).as_viewer(Arc::clone(&viewer) as _);
        As { handle: self.under(context), viewer }
    }

    /// The transaction, for statements that policies do not apply to; as [`Database::bypass`].
    #[must_use]
    #[track_caller]
    pub fn bypass(&self, reason: &'static str) -> Bypass<Tx<'_>> {
        tell(reason, Location::caller());
        Bypass { handle: self.under(Executor::context(self).bypassing(reason)) }
    }
}

fn tell(reason: &str, at: &Location<'_>) {
    tracing::warn!(
        name: "orm.policy.bypass",
        target: "orm::policy",
        reason,
        code.file.path = at.file(),
        code.line.number = at.line(),
        "policies are bypassed"
    );
}
