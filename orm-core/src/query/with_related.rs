//! Whole rows together with more, in a tuple: related rows of which only some columns are read, columns and expressions.

use std::sync::Arc;

use super::decoder::{And, Decoder};
use super::find::{Find, FindOne};
use super::find_by_pk::FindByPk;
use crate::ast::SelectList;
use crate::expr::Select;
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
        self.load_into(|pair: &mut (M, B::Found)| &mut pair.0);
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
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (ada, posts) = User::find_by_pk(1).with_related(User::POSTS.select(Post::TITLE)).required(&db).await?;
    /// assert_eq!((ada.id, posts.len()), (1, 2));
    /// # Ok(()) });
    /// ```
    pub fn with_related<B: WithRelated<M>>(self, related: B) -> FindOne<M, B::Output> {
        self.find().with_related(related)
    }
}

impl<M: Model, S: 'static, N> Find<M, M, S, N> {
    /// Gives each row together with columns and expressions that are read besides, in a tuple.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let users: Vec<(User, i64)> = User::find_all().select_also(User::POSTS.count()).order_by(User::ID.asc()).exec(&db).await?;
    /// assert_eq!((users[0].0.email.as_str(), users[0].1), ("ada@example.com", 2));
    /// # Ok(()) });
    /// ```
    ///
    /// Several are given as a tuple, and are a tuple: `.select_also((User::POSTS.count(), User::NAME.length()))` gives
    /// `(User, (i64, Option<i64>))`. An [`include`](Self::include) comes before.
    pub fn select_also<X: Select<S> + 'static>(mut self, items: X) -> Find<M, (M, X::Output), S, N> {
        let mut list = Vec::new();
        items.push(&mut list);
        self.select.list = SelectList::ModelAnd(list);
        self.load_into(|row: &mut And<M, S, X>| &mut row.0);
        self.becoming(Decoder::and::<M, S, X>())
    }
}

impl<M: Model, S, N> Find<M, M, S, N> {
    /// Loads the relations of rows that will be inside of others.
    fn load_into<R: 'static>(&mut self, row: fn(&mut R) -> &mut M) {
        for node in &mut self.includes {
            let into_model = Arc::clone(&node.attach);
            node.attach =
                Arc::new(move |parents, children, owners| into_model(&mut Inside { parents, row }, children, owners));
        }
    }
}

impl<M: Model> FindByPk<M> {
    /// Gives the row together with columns and expressions that are read besides; see [`Find::select_also`].
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (ada, posts) = User::find_by_pk(1).select_also(User::POSTS.count()).required(&db).await?;
    /// assert_eq!((ada.id, posts), (1, 2));
    /// # Ok(()) });
    /// ```
    pub fn select_also<X: Select<M> + 'static>(self, items: X) -> FindOne<M, (M, X::Output)> {
        self.find().select_also(items)
    }
}

/// Rows that have a row of a model inside, into which relations are loaded.
struct Inside<'p, R, M> {
    parents: &'p mut dyn Parents,
    row: fn(&mut R) -> &mut M,
}

impl<R: 'static, M: Model> Parents for Inside<'_, R, M> {
    fn len(&self) -> usize {
        self.parents.len()
    }
    fn value(&self, row: usize, column: usize) -> crate::value::Value {
        self.parents.value(row, column)
    }
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn std::any::Any> {
        self.parents.row_mut(row)?.downcast_mut().map(|of| (self.row)(of) as _)
    }
}
