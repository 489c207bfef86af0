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
    fn filter<C: IntoFilter<Self::Scope>>(mut self, condition: C) -> Self {
        condition.push(&mut self.__select().filter);
        self
    }

    /// Filters when there is a value, else not.
    fn filter_if<V, C: IntoFilter<Self::Scope>>(self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
        self.filter(value.map(condition))
    }

    /// Finds soft-deleted rows as well.
    fn with_deleted(mut self) -> Self {
        self.__select().visibility.deleted = Deleted::Included;
        self
    }

    /// Finds soft-deleted rows only.
    fn only_deleted(mut self) -> Self {
        self.__select().visibility.deleted = Deleted::Only;
        self
    }
}

/// The order and the locks of a finder that gives rows: `find_all`, `find_one`, `find_by_pk`, `find_and_count_all`. In the
/// prelude.
pub trait RefineRows: Refine {
    /// Orders rows; several calls add keys, and `None` adds none.
    fn order_by<O: IntoOrder<Self::Scope>>(mut self, order: O) -> Self {
        order.push(&mut self.__select().order_by);
        self
    }

    /// Locks the rows for changing them, until the transaction ends.
    fn for_update(self) -> Self {
        self.lock(LockStrength::Update)
    }

    /// Locks the rows against changes by others, until the transaction ends.
    fn for_share(self) -> Self {
        self.lock(LockStrength::Share)
    }

    /// Locks the rows; `None` does not.
    fn lock(mut self, strength: impl Into<Option<LockStrength>>) -> Self {
        if let Some(strength) = strength.into() {
            self.__select().lock.get_or_insert_default().strength = strength;
        }
        self
    }

    /// Locks the rows, and fails instead of waiting for those that others have locked.
    fn nowait(mut self) -> Self {
        self.__select().lock.get_or_insert_default().wait = LockWait::NoWait;
        self
    }

    /// Locks the rows, and leaves out those that others have locked.
    fn skip_locked(mut self) -> Self {
        self.__select().lock.get_or_insert_default().wait = LockWait::SkipLocked;
        self
    }

    /// Locks rows of one of the joined models only.
    fn lock_of<J: Model>(mut self) -> Self {
        self.__select().lock.get_or_insert_default().of.push(J::DEF);
        self
    }
}
