//! A page of rows together with the number of all.

use super::Find;
use super::find::run;
use crate::driver::{BeginOptions, Isolation, Runs};
use crate::error::Result;
use crate::expr::Select;
use crate::model::Model;
use crate::relation::Projection;
use crate::run::IntoInclude;

/// A page of rows and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// The number of rows without limit and offset.
    pub count: u64,
}

/// A page of rows with the number of all, both from one snapshot: `User::find_and_count_all()`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindAndCount<M, Out = M, S = M>(Find<M, Out, S>);

impl<M, Out, S> std::fmt::Debug for FindAndCount<M, Out, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model> FindAndCount<M> {
    /// Finds every row; called by the derive.
    pub fn new() -> Self {
        Self(Find::new())
    }

    /// Loads relations into the rows' relation fields.
    pub fn include<I: IntoInclude<M>>(self, relations: I) -> Self {
        Self(self.0.include(relations))
    }

    pub(super) fn map<T>(self, change: impl FnOnce(Find<M>) -> Find<M, T>) -> FindAndCount<M, T> {
        FindAndCount(change(self.0))
    }
}

impl<M: Model> Default for FindAndCount<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, Out, S> FindAndCount<M, Out, S> {
    refine!(|this| this.0.select);

    /// Gives at most so many rows; the count is of all.
    pub fn limit(self, rows: u64) -> Self {
        Self(self.0.limit(rows))
    }

    /// Reads columns and expressions instead of whole models.
    pub fn select<X: Select<S>>(self, items: X) -> FindAndCount<M, X::Output, S> {
        FindAndCount(self.0.select(items))
    }

    /// Reads a projection instead of whole models.
    pub fn project<P: Projection<M>>(self) -> FindAndCount<M, P, S> {
        FindAndCount(self.0.project())
    }
}

impl<M: Model, Out: Send + 'static, S> FindAndCount<M, Out, S> {
    /// Runs both queries in one snapshot.
    ///
    /// # Errors
    /// As [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Page<Out>> {
        let find = self.0;
        let count = super::aggregate::count_of(&find.select);
        let session = db.session();
        if session.in_transaction() {
            let count = super::aggregate::run_count(session, count).await?;
            let rows = run(session, *find.select, &find.includes, find.read, find.load).await?;
            return Ok(Page { rows, count });
        }
        let server = session.dialect().capabilities().round_trips;
        let options = BeginOptions {
            isolation: server.then_some(Isolation::RepeatableRead),
            read_only: server,
            ..BeginOptions::default()
        };
        let unit = session.begin(&options).await?;
        let count = super::aggregate::run_count(&*unit, count).await?;
        let rows = run(&*unit, *find.select, &find.includes, find.read, find.load).await?;
        unit.commit().await?;
        Ok(Page { rows, count })
    }
}
