//! The kinds of handles, as types: which methods `user.posts()` has is known at compile time.

use std::marker::PhantomData;

use crate::expr::{Assign, Column};
use crate::model::Model;
use crate::query::Instance;
use crate::value::{Type, Value};
use crate::write::{Payload, Prefilled};

/// To the row that this one belongs to. `NULLABLE` says whether there may be none.
#[derive(Debug, Clone, Copy)]
pub enum ToOwner<const NULLABLE: bool> {}

/// To the one row that has the foreign key with the number `K`.
#[derive(Debug, Clone, Copy)]
pub enum ToOne<const K: u64> {}

/// To rows that have the foreign key with the number `K`.
#[derive(Debug, Clone, Copy)]
pub enum ToMany<const K: u64> {}

/// To rows that are connected by rows of the join model `J`.
#[derive(Debug, Clone, Copy)]
pub struct ManyToMany<J>(PhantomData<fn() -> J>);

/// To rows that belong to rows of a `through` model; to `ONE` of them, or to all. They are read-only.
#[derive(Debug, Clone, Copy)]
pub enum Through<const ONE: bool> {}

/// The row may belong to none.
#[diagnostic::on_unimplemented(
    message = "the row always belongs to another one: the foreign key of this relation is never NULL",
    label = "only a foreign key that is an `Option` can be unset"
)]
pub trait MayBeNone {}
impl MayBeNone for ToOwner<true> {}

/// The relation can be written to.
#[diagnostic::on_unimplemented(
    message = "a relation through another model is read-only",
    label = "create the row under the row of the through model that it belongs to"
)]
pub trait Writes {}

/// What reading all related rows gives.
pub trait Leads {
    /// Whether that is one row at most.
    const ONE: bool;
    /// A list, or one row or none.
    type Rows<C>;
    /// Takes the rows.
    fn rows<C>(rows: Vec<C>) -> Self::Rows<C>;
}

macro_rules! leads {
    ($([$($generics:tt)*] $kind:ty: $one:literal $rows:ident $take:expr;)+) => {$(
        impl<$($generics)*> Leads for $kind {
            const ONE: bool = $one;
            type Rows<C> = $rows<C>;
            fn rows<C>(rows: Vec<C>) -> $rows<C> {
                ($take)(rows)
            }
        }
    )+};
}

leads! {
    [const NULLABLE: bool] ToOwner<NULLABLE>: true Option |rows: Vec<C>| rows.into_iter().next();
    [const K: u64] ToOne<K>: true Option |rows: Vec<C>| rows.into_iter().next();
    [const K: u64] ToMany<K>: false Vec |rows| rows;
    [J] ManyToMany<J>: false Vec |rows| rows;
    [] Through<true>: true Option |rows: Vec<C>| rows.into_iter().next();
    [] Through<false>: false Vec |rows| rows;
}

/// `Self` may be created under the relation whose foreign key has the number `K`, which the derive makes from the names of
/// its columns. Written by the derive for every `belongs_to`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no `belongs_to` on the foreign key of this relation",
    note = "add a `BelongsTo` field over that foreign key to `{Self}`"
)]
pub trait CreateUnder<const K: u64>: Model {
    /// The builder, with the foreign key given.
    type Create;
    /// Starts a row with the foreign key's values.
    fn create_under(start: Prefilled) -> Self::Create;
}

/// Starts rows to create together with the one they are related to: `.with_posts(|new| [new.create().title("Hi")])`.
#[must_use = "it starts rows by `create()`"]
pub struct NewChild<C, S> {
    payload: Payload,
    _types: PhantomData<fn() -> (C, S)>,
}

impl<C, S> std::fmt::Debug for NewChild<C, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewChild").finish_non_exhaustive()
    }
}

impl<C, S> NewChild<C, S> {
    /// Called by the derive.
    #[allow(clippy::new_without_default)] // Nobody else makes one.
    pub fn new() -> Self {
        Self { payload: Payload::new(), _types: PhantomData }
    }
}

impl<C: Model, const K: u64> NewChild<C, ToMany<K>> {
    /// Starts a row; its foreign key is filled in when the row it points at has been created.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let post = Post::create()
    ///     .user_id(1)
    ///     .title("With a comment")
    ///     .with_comments(|new| [new.create().text("First")])
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(post.comments.get()?[0].text, "First");
    /// # Ok(()) });
    /// ```
    pub fn create<R>(&self) -> R
    where
        C: CreateUnder<K, Create = R>,
    {
        C::create_under(Prefilled::under(C::DEF.columns.iter().map(|column| Value::Null(column.ty)).collect()))
    }
}

impl<C: Instance, J: Model> NewChild<C, ManyToMany<J>> {
    /// Gives a column of the join row a value, in rows started from what this gives:
    /// `.with_groups(|new| [new.with(Membership::OWNER, true).create().name("Engines")])`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let user = User::create()
    ///     .email("dee@example.com")
    ///     .with_groups(|new| [new.with(Membership::OWNER, true).create().name("Owls")])
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(user.groups().count(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn with<T: Type, K, V: Assign<J, T>>(&self, column: Column<J, T, K>, value: V) -> Self {
        let mut payload = self.payload.clone();
        payload.push((column.def(), value.into_assigned()));
        Self { payload, _types: PhantomData }
    }

    /// Starts a row; the join row is created when both ends have been.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let user = User::create()
    ///     .email("dee@example.com")
    ///     .with_groups(|new| [new.create().name("Owls")])
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(user.groups.get()?[0].name, "Owls");
    /// # Ok(()) });
    /// ```
    pub fn create(&self) -> C::Create {
        C::__start(Prefilled::default().between(self.payload.clone()))
    }
}
