//! Whole rows together with related rows of which only some columns are read, in a tuple.

use std::marker::PhantomData;
use std::sync::Arc;

use super::decoder::Decoder;
use super::find::{Find, FindOne};
use super::find_by_pk::FindByPk;
use crate::model::Model;
use crate::relation::WithRelated;
use crate::run::{Parents, push_node};

impl<M: Model, N> Find<M, M, M, N> {
    /// Gives each row together with related rows of which only some columns are read, in a tuple.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let users: Vec<(User, Vec<(i64, String)>)> =
    ///     User::find_all().with_related(User::POSTS.limit(3).select((Post::ID, Post::TITLE))).exec(&db).await?;
    /// assert_eq!(users[0].1[0].1, "Notes");
    /// # Ok(()) });
    /// ```
    ///
    /// A to-many relation gives a `Vec`, a to-one relation an `Option`, or the row itself where there is always one. Several
    /// relations are given as a tuple: `.with_related((User::POSTS.select(Post::TITLE), User::COUNTRY.project::<Card>()))`.
    /// Loading is that of [`include`](Self::include), which comes before.
    pub fn with_related<B: WithRelated<M>>(mut self, related: B) -> Find<M, B::Output, M, N> {
        for node in &mut self.includes {
            let into_model = Arc::clone(&node.attach);
            node.attach = Arc::new(move |parents, children, owners| {
                into_model(&mut FirstOfPair::<M, B::Found>(parents, PhantomData), children, owners)
            });
        }
        let mut nodes = Vec::new();
        related.push(&mut nodes);
        for node in nodes {
            push_node(&mut self.select, &mut self.includes, node);
        }
        self.becoming(Decoder::with_related::<M, B>())
    }
}

impl<M: Model> FindByPk<M> {
    /// Gives the row together with related rows; see [`Find::with_related`].
    pub fn with_related<B: WithRelated<M>>(self, related: B) -> FindOne<M, B::Output> {
        self.find().with_related(related)
    }
}

/// Rows in pairs, of which relations are loaded into the first.
struct FirstOfPair<'p, M, F>(&'p mut dyn Parents, PhantomData<fn() -> (M, F)>);

impl<M: Model, F: Send + 'static> Parents for FirstOfPair<'_, M, F> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn value(&self, row: usize, column: usize) -> crate::value::Value {
        self.0.value(row, column)
    }
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn std::any::Any> {
        self.0.row_mut(row)?.downcast_mut::<(M, F)>().map(|pair| &mut pair.0 as _)
    }
}
