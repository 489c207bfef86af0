//! Which rows a finder is about, and in which order and with which locks it reads them: said once for all finders.

use crate::ast::{Deleted, LockStrength, LockWait, Select};
use crate::expr::{IntoFilter, IntoOrder};
use crate::model::Model;

/// Which rows a finder is about, on every finder: `find_all`, `find_one`, `find_by_pk`, `find_and_count_all`, `count`,
/// `exists`, `aggregate`. In the prelude. It is also the bound of a function that narrows any of them:
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// fn visible_to<F: Refine<Scope = Post>>(posts: F, user: &User) -> F {
///     posts.filter(Post::PUBLISHED.or(Post::USER_ID.eq(user.id)))
/// }
///
/// # run(async |db| {
/// let ada = User::find_by_pk(1).required(&db).await?;
/// let page = visible_to(Post::find_and_count_all(), &ada).limit(20).exec(&db).await?;
/// let count = visible_to(Post::count(), &ada).exec(&db).await?;
/// assert_eq!((page.rows.len(), count), (3, 3));
/// # Ok(()) });
/// ```
pub trait Refine: Sized {
    /// What its conditions may mention: the model, or anything after a join.
    type Scope;

    #[doc(hidden)]
    fn __select(&mut self) -> &mut Select;

    /// Keeps rows for which a condition holds; several filters must all hold. `None` filters nothing:
    /// `.filter(query.name.map(|name| User::NAME.eq(name)))`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let found =
    ///     User::find_all().filter(User::VISITS.gt(0)).filter(Some(User::NAME.eq("Ada"))).exec(&db).await?;
    /// assert_eq!(found.len(), 1);
    /// # Ok(()) });
    /// ```
    fn filter<C: IntoFilter<Self::Scope>>(mut self, condition: C) -> Self {
        condition.push(&mut self.__select().filter);
        self
    }

    /// Filters when there is a value, else not.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let name: Option<&str> = None;
    /// assert_eq!(User::count().filter_if(name, |name| User::NAME.eq(name)).exec(&db).await?, 3);
    /// # Ok(()) });
    /// ```
    fn filter_if<V, C: IntoFilter<Self::Scope>>(self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        self.filter(value.map(condition))
    }

    /// Finds soft-deleted rows as well.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().filter(User::ID.eq(3)).exec(&db).await?;
    /// assert_eq!(User::count().with_deleted().exec(&db).await?, 3);
    /// # Ok(()) });
    /// ```
    fn with_deleted(mut self) -> Self {
        self.__select().visibility.deleted = Deleted::Included;
        self
    }

    /// Finds soft-deleted rows only.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// User::destroy().filter(User::ID.eq(3)).exec(&db).await?;
    /// assert_eq!(User::count().only_deleted().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    fn only_deleted(mut self) -> Self {
        self.__select().visibility.deleted = Deleted::Only;
        self
    }

    /// Leaves the model's default scope out.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::run};
    /// #[derive(Debug, Clone, Model)]
    /// #[orm(default_scope = Page::PUBLIC.eq(true))]
    /// struct Page {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     public: bool,
    /// }
    /// # run(async |db| {
    /// # db.create_tables::<Page>().await?;
    /// Page::create().public(false).exec(&db).await?;
    /// assert_eq!(Page::count().exec(&db).await?, 0);
    /// assert_eq!(Page::count().unscoped().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    fn unscoped(mut self) -> Self {
        self.__select().visibility.scoped = false;
        self
    }
}

/// The order and the locks of a finder that gives rows: `find_all`, `find_one`, `find_by_pk`, `find_and_count_all`. In the
/// prelude.
pub trait RefineRows: Refine {
    /// Orders rows; several calls add keys, and `None` adds none.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ids: Vec<i64> =
    ///     User::find_all().select(User::ID).order_by((User::ROLE.desc(), User::ID)).exec(&db).await?;
    /// assert_eq!(ids, [2, 3, 1]);
    /// # Ok(()) });
    /// ```
    fn order_by<O: IntoOrder<Self::Scope>>(mut self, order: O) -> Self {
        order.push(&mut self.__select().order_by);
        self
    }

    /// Locks the rows for changing them, until the transaction ends.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let locked = User::find_by_pk(1).for_update();
    /// // SQLite has no locks of rows: there, a transaction that may write has the whole database.
    /// let locks = db.dialect().capabilities().row_locks;
    /// assert_eq!(locked.to_sql(db.dialect()).is_ok(), locks);
    /// # Ok(()) });
    /// ```
    fn for_update(self) -> Self {
        self.lock(LockStrength::Update)
    }

    /// Locks the rows against changes by others, until the transaction ends.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let locked = User::find_by_pk(1).for_share();
    /// // SQLite has no locks of rows: there, a transaction that may write has the whole database.
    /// let locks = db.dialect().capabilities().row_locks;
    /// assert_eq!(locked.to_sql(db.dialect()).is_ok(), locks);
    /// # Ok(()) });
    /// ```
    fn for_share(self) -> Self {
        self.lock(LockStrength::Share)
    }

    /// Locks the rows; `None` does not.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::ast::LockStrength;
    ///
    /// let wanted = Some(LockStrength::Update);
    /// let locked = User::find_by_pk(1).lock(wanted);
    /// // SQLite has no locks of rows: there, a transaction that may write has the whole database.
    /// let locks = db.dialect().capabilities().row_locks;
    /// assert_eq!(locked.to_sql(db.dialect()).is_ok(), locks);
    /// # Ok(()) });
    /// ```
    fn lock(mut self, strength: impl Into<Option<LockStrength>>) -> Self {
        if let Some(strength) = strength.into() {
            self.__select().lock.get_or_insert_default().strength = strength;
        }
        self
    }

    /// Locks the rows, and fails instead of waiting for those that others have locked.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let locked = User::find_by_pk(1).for_update().nowait();
    /// // SQLite has no locks of rows: there, a transaction that may write has the whole database.
    /// let locks = db.dialect().capabilities().row_locks;
    /// assert_eq!(locked.to_sql(db.dialect()).is_ok(), locks);
    /// # Ok(()) });
    /// ```
    fn nowait(mut self) -> Self {
        self.__select().lock.get_or_insert_default().wait = LockWait::NoWait;
        self
    }

    /// Locks the rows, and leaves out those that others have locked.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let locked = Post::find_one().filter(Post::PUBLISHED.eq(false)).for_update().skip_locked();
    /// // SQLite has no locks of rows: there, a transaction that may write has the whole database.
    /// let locks = db.dialect().capabilities().row_locks;
    /// assert_eq!(locked.to_sql(db.dialect()).is_ok(), locks);
    /// # Ok(()) });
    /// ```
    fn skip_locked(mut self) -> Self {
        self.__select().lock.get_or_insert_default().wait = LockWait::SkipLocked;
        self
    }

    /// Locks rows of one of the joined models only.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let locked = Post::find_all().join(Post::USER).for_update().lock_of::<Post>();
    /// // SQLite has no locks of rows: there, a transaction that may write has the whole database.
    /// let locks = db.dialect().capabilities().row_locks;
    /// assert_eq!(locked.to_sql(db.dialect()).is_ok(), locks);
    /// # Ok(()) });
    /// ```
    fn lock_of<J: Model>(mut self) -> Self {
        self.__select().lock.get_or_insert_default().of.push(J::DEF);
        self
    }
}
