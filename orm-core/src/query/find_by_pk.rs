//! [`FindByPk`]: the row with a primary key, by a kept text unless the query is refined.

use super::find::FindOne;
use super::refine::{Refine, RefineRows};
use super::tracked::Tracked;
use crate::ast;
use crate::dialect::{Dialect, Rendered, for_column};
use crate::driver::{Reading, Runs};
use crate::error::Result;
use crate::expr::{Free, KeyOperand, Select};
use crate::model::{Model, read_model};
use crate::relation::{JoinBy, Projection};
use crate::run::{self, IntoInclude, include_into};
use crate::value::Value;

/// The row with a primary key, or none: `User::find_by_pk(1)`. Refined like every finder: see [`Refine`] and [`RefineRows`].
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindByPk<M> {
    key: Vec<Value>,
    find: Option<Box<FindOne<M>>>,
}

impl<M> Clone for FindByPk<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), find: self.find.clone() }
    }
}

impl<M: Model> std::fmt::Debug for FindByPk<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.clone().find().fmt(f)
    }
}

impl<M: Model> Refine for FindByPk<M> {
    type Scope = M;
    fn __select(&mut self) -> &mut ast::Select {
        &mut self.find.get_or_insert_default().select
    }
}

impl<M: Model> RefineRows for FindByPk<M> {}

impl<M: Model> FindByPk<M> {
    /// Finds a row by its key; called by the derive.
    pub fn new<K: KeyOperand<M>>(key: K) -> Self {
        Self { key: key.into_key(), find: None }
    }

    /// Loads relations into the row's relation fields; `None` loads nothing.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).include(User::POSTS).required(&db).await?;
    /// assert_eq!(ada.posts.get()?.len(), 2);
    /// # Ok(()) });
    /// ```
    pub fn include<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        let find = self.find.get_or_insert_default();
        include_into(&mut find.select, &mut find.includes, relations);
        self
    }

    /// As [`include`](Self::include), where it is wanted.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).include_if(false, User::POSTS).required(&db).await?;
    /// assert!(ada.posts.not_loaded());
    /// # Ok(()) });
    /// ```
    pub fn include_if<I: IntoInclude<M>>(self, wanted: bool, relations: I) -> Self {
        self.include(wanted.then_some(relations))
    }

    /// Returns a row whose `save` writes only the changed columns; see [`Find::tracked`](super::Find::tracked).
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut ada = User::find_by_pk(1).tracked().required(&db).await?;
    /// ada.visits += 1;
    /// assert_eq!(ada.changed()[0].name, "visits");
    /// # Ok(()) });
    /// ```
    pub fn tracked(self) -> FindOne<M, Tracked<M>> {
        self.find().tracked()
    }

    /// Reads columns and expressions instead of the whole model.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let email: Option<String> = User::find_by_pk(1).select(User::EMAIL).exec(&db).await?;
    /// assert_eq!(email.as_deref(), Some("ada@example.com"));
    /// # Ok(()) });
    /// ```
    pub fn select<X: Select<M>>(self, items: X) -> FindOne<M, X::Output> {
        self.find().select(items)
    }

    /// Reads a projection instead of the whole model.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// #[derive(Debug, Projection)]
    /// #[orm(model = User)]
    /// struct Card {
    ///     email: String,
    /// }
    ///
    /// let card: Card = User::find_by_pk(1).project::<Card>().required(&db).await?;
    /// assert_eq!(card.email, "ada@example.com");
    /// # Ok(()) });
    /// ```
    pub fn project<P: Projection<M>>(self) -> FindOne<M, P> {
        self.find().project()
    }

    /// Joins another model; see [`Find::join`](super::Find::join).
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let title = Post::find_by_pk(1).join(Post::USER).select((Post::TITLE, User::EMAIL)).required(&db).await?;
    /// assert_eq!(title, ("Notes".to_owned(), "ada@example.com".to_owned()));
    /// # Ok(()) });
    /// ```
    pub fn join<J: Model>(self, by: impl JoinBy<M, J>) -> FindOne<M, M, Free> {
        self.find().join(by)
    }

    /// Joins another model, keeping the row without a partner; see [`Find::left_join`](super::Find::left_join).
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bio =
    ///     User::find_by_pk(2).left_join(User::PROFILE).select(Profile::BIO.nullable()).required(&db).await?;
    /// assert_eq!(bio, None);
    /// # Ok(()) });
    /// ```
    pub fn left_join<J: Model>(self, by: impl JoinBy<M, J>) -> FindOne<M, M, Free> {
        self.find().left_join(by)
    }

    pub(super) fn find(self) -> FindOne<M> {
        let mut find = self.find.map_or_else(FindOne::default, |find| *find);
        find.select.filter.append(&mut run::key_filter(M::DEF, &self.key));
        find
    }

    /// The SQL and binds for a dialect.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let sql = User::find_by_pk(1).to_sql(db.dialect())?.sql;
    /// assert!(sql.contains("WHERE"));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`Find::to_sql`](super::Find::to_sql).
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        self.clone().find().to_sql(dialect)
    }

    /// Runs the query and gives the row, if there is one.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert!(User::find_by_pk(1).exec(&db).await?.is_some());
    /// assert!(User::find_by_pk(9).exec(&db).await?.is_none());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`Find::exec`](super::Find::exec).
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Option<M>> {
        if self.find.is_some() || M::DEF.scope.is_some() || M::DEF.is_restricted() {
            return self.find().exec(db).await;
        }
        let on = Reading::of(db.session());
        let session = on.session();
        let mut key = self.key;
        for (column, value) in M::DEF.key_columns().zip(&mut key) {
            let given = std::mem::replace(value, Value::Null(column.ty));
            *value = for_column(&**session.dialect(), column, given);
            session.dialect().check_value(value)?;
        }
        let sql = run::by_key_sql(session, M::DEF)?;
        run::fetch_shape(session, M::DEF, &sql, &key, read_model::<M>).await
    }

    /// Runs the query and gives the row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.email, "ada@example.com");
    /// assert_eq!(User::find_by_pk(9).required(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; as [`Find::exec`](super::Find::exec).
    pub async fn required<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        self.exec(db).await?.ok_or_else(|| run::not_found(M::DEF.name))
    }
}
