//! Rows that load relations together: asking for a relation of one row loads it for all its siblings.

use super::batch::load;
use super::constant::Relation;
use crate::driver::Runs;
use crate::error::Result;
use crate::model::{Cardinality, Model};

/// Rows of one query that load relations when they are first asked for, for all rows at once. For code that cannot know
/// beforehand which relations it needs; where it can, `include` them.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let mut users = orm::LazyBatch::new(User::find_all().exec(&db).await?, &db);
/// for i in 0..users.len() {
///     let user = users.with(i, User::POSTS).await?; // one query, at the first row
///     println!("{} has {} posts", user.email, user.posts.get()?.len());
/// }
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct LazyBatch<'e, M, E: ?Sized> {
    rows: Vec<M>,
    db: &'e E,
    loaded: Vec<&'static str>,
}

impl<'e, M: Model, E: Runs<M> + ?Sized> LazyBatch<'e, M, E> {
    /// Takes rows, and what to load their relations on.
    pub fn new(rows: Vec<M>, db: &'e E) -> Self {
        Self { rows, db, loaded: Vec::new() }
    }

    /// A row with a relation loaded: for all rows, when it is asked for the first time and was not included before.
    ///
    /// # Errors
    /// As [`Find::exec`](crate::query::Find::exec); [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a position
    /// beyond the last row.
    pub async fn with<C: Model, R: Cardinality>(&mut self, row: usize, relation: Relation<M, C, R>) -> Result<&M> {
        let name = relation.def().name;
        if !self.loaded.contains(&name) {
            if !self.rows.iter_mut().all(|row| relation.is_loaded(row)) {
                load(&mut self.rows, relation, self.db).await?;
            }
            self.loaded.push(name);
        }
        self.rows.get(row).ok_or_else(|| {
            crate::error::Error::new(crate::error::ErrorKind::NotFound, format!("there is no row {row} in the batch"))
                .with_model(M::DEF.name)
        })
    }
}

impl<M, E: ?Sized> LazyBatch<'_, M, E> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, with what was loaded so far.
    pub fn rows(&self) -> &[M] {
        &self.rows
    }

    /// The rows, with what was loaded so far.
    pub fn into_rows(self) -> Vec<M> {
        self.rows
    }
}
