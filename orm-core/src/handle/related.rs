//! Handles on the related rows of a row, and what each kind of relation lets them do. How changes are written is in
//! `owner`, `foreign_key` and `links`.

use std::marker::PhantomData;

use super::belongs_to::ChangeOwner;
use super::change;
use super::children::{Children, OneChild};
use super::has_many::ChangeRows;
use super::kind::{CreateUnder, Leads, ManyToMany, MayBeNone, Through, ToMany, ToOne, ToOwner, Writes};
use super::many_to_many::ChangeLinks;
use crate::ast::{self, BinaryOp, Join, JoinKind, Select, Visibility};
use crate::driver::Runs;
use crate::error::Result;
use crate::expr::{Assign, Column, IntoFilter, IntoOrder};
use crate::model::{Between, Cardinality, Model};
use crate::query::{Find, FindAndCount, FindOne, Instance, Refine, RefineRows};
use crate::relation::Relation;
use crate::run::{IntoInclude, key_filter, not_found};
use crate::value::{Type, Value};
use crate::write::{Linked, Payload, Prefilled, RelationFilter};

/// The related rows of one row: `user.posts()`. What can be done with them depends on the kind of the relation, `S`:
///
/// | | `BelongsTo` | `HasOne` | `HasMany` | `BelongsToMany` |
/// |---|---|---|---|---|
/// | [`find`](Self::find), [`filter`](Self::filter), [`count`](Self::count), [`has`](Self::has) .. | yes | yes | yes | yes |
/// | `exec` gives | the row or none | the row or none | a list | a list |
/// | `create` | the row; this one points at it | the row | a row | a row, and its join row |
/// | `set` | one row | one row | these rows and no others | these rows and no others |
/// | `unset` | if the key may be NULL | yes | | |
/// | `add`, `remove` | | | yes | yes |
/// | `with`, `pairs` | | | | columns of the join model |
///
/// Relations that lead over another model (`HasMany` and `HasOne` with `through`) are read only.
///
/// Where the relation has a `filter`, only rows that meet it are found, counted and removed; created rows and those that
/// are added to a `HasMany` or `HasOne` are given the values it asks for, and rows that do not meet it are an error.
///
/// A handle borrows the row as it is: what it writes is in the database, and the struct shows it after `reload`.
#[must_use = "a handle does nothing by itself"]
pub struct Related<'p, P, C, S> {
    parent: &'p P,
    relation: Relation<P, C>,
    /// Columns of join rows.
    payload: Payload,
    _kind: PhantomData<fn() -> S>,
}

impl<P, C, S> std::fmt::Debug for Related<'_, P, C, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Related").field("relation", &self.relation).finish_non_exhaustive()
    }
}

impl<'p, P, C, S> Related<'p, P, C, S> {
    /// The handle of a relation; called by the derive.
    pub fn new<R: Cardinality>(parent: &'p P, relation: Relation<P, C, R>) -> Self {
        Self { parent, relation: relation.any_cardinality(), payload: Payload::new(), _kind: PhantomData }
    }
}

impl<'p, P: Model, C: Model, S> Related<'p, P, C, S> {
    /// A finder of the related rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let titles: Vec<String> = ada.posts().find().select(Post::TITLE).order_by(Post::ID).exec(&db).await?;
    /// assert_eq!(titles, ["Notes", "Engines"]);
    /// # Ok(()) });
    /// ```
    #[track_caller]
    pub fn find(&self) -> Find<C> {
        Find::from_select(self.select())
    }

    /// A finder of one related row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let best = ada.posts().find_one().order_by(Post::VIEWS.desc()).required(&db).await?;
    /// assert_eq!(best.title, "Notes");
    /// # Ok(()) });
    /// ```
    #[track_caller]
    pub fn find_one(&self) -> FindOne<C> {
        FindOne::from_select(self.select())
    }

    /// A finder of a page of the related rows, with the number of all.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let page = ada.posts().find_and_count_all().limit(1).exec(&db).await?;
    /// assert_eq!((page.rows.len(), page.count), (1, 2));
    /// # Ok(()) });
    /// ```
    #[track_caller]
    pub fn find_and_count_all(&self) -> FindAndCount<C> {
        FindAndCount::from_select(self.select())
    }

    /// A finder of the related rows for which a condition holds.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// assert_eq!(ada.posts().filter(Post::PUBLISHED).exec(&db).await?.len(), 1);
    /// # Ok(()) });
    /// ```
    #[track_caller]
    pub fn filter<X: IntoFilter<C>>(&self, condition: X) -> Find<C> {
        self.find().filter(condition)
    }

    /// A finder of the related rows in an order.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let posts = ada.posts().order_by(Post::VIEWS.asc()).exec(&db).await?;
    /// assert_eq!(posts[0].title, "Engines");
    /// # Ok(()) });
    /// ```
    #[track_caller]
    pub fn order_by<O: IntoOrder<C>>(&self, order: O) -> Find<C> {
        self.find().order_by(order)
    }

    /// A finder of the related rows that loads relations of theirs.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let posts = ada.posts().include(Post::COMMENTS).order_by(Post::ID).exec(&db).await?;
    /// assert_eq!(posts[0].comments.get()?.len(), 2);
    /// # Ok(()) });
    /// ```
    #[track_caller]
    pub fn include<I: IntoInclude<C>>(&self, relations: I) -> Find<C> {
        self.find().include(relations)
    }

    /// All related rows; of a to-one relation the row that an include loads, or `None`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let posts: Vec<Post> = ada.posts().exec(&db).await?;
    /// let profile: Option<Profile> = ada.profile().exec(&db).await?;
    /// assert_eq!((posts.len(), profile.is_some()), (2, true));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model.
    #[track_caller]
    pub fn exec<'e, E: Runs<C> + ?Sized>(
        &self,
        db: &'e E,
    ) -> impl Future<Output = Result<S::Rows<C>>> + use<'e, P, C, E, S>
    where
        S: Leads,
    {
        let mut select = self.select();
        if S::ONE {
            select.limit = Some(1);
            if !self.relation.def().leads_to_one() {
                let first = |column| ast::Order { expr: ast::Expr::Column(column), descending: false, nulls: None };
                select.order_by.extend(C::DEF.key_columns().map(first));
            }
        }
        let found = Find::<C>::from_select(select).exec(db);
        async move { found.await.map(S::rows) }
    }

    /// The row of a to-one relation.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let post = Post::find_by_pk(1).required(&db).await?;
    /// let author: User = post.user().required(&db).await?;
    /// assert_eq!(author.email, "ada@example.com");
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none, else the database's.
    #[track_caller]
    pub fn required<'e, E: Runs<C> + ?Sized>(&self, db: &'e E) -> impl Future<Output = Result<C>> + use<'e, P, C, E, S>
    where
        S: Leads<Rows<C> = Option<C>>,
    {
        let found = self.exec(db);
        async move { found.await?.ok_or_else(|| not_found(C::DEF.name)) }
    }

    /// The number of related rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// assert_eq!(ada.posts().count(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model.
    #[track_caller]
    pub fn count<'e, E: Runs<C> + ?Sized>(&self, db: &'e E) -> impl Future<Output = Result<u64>> + use<'e, P, C, E, S> {
        self.find().count(db)
    }

    /// Whether a row is related to this one, or all of several.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// assert!(ada.posts().has(2, &db).await?);
    /// assert!(!ada.posts().has([2, 3], &db).await?);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model.
    pub async fn has<'c, Q, E: Runs<C> + ?Sized>(&self, children: impl Children<'c, C, Q>, db: &E) -> Result<bool>
    where
        C: 'c,
    {
        let keys = change::distinct(children.children().map(|child| child.key()))?;
        if keys.is_empty() {
            return Ok(true);
        }
        let mut select = self.rows();
        select.filter.push(ast::Expr::has_key(&C::DEF.key_columns().collect::<Vec<_>>(), &keys));
        Ok(Find::<C>::from_select(select).count(db).await? == keys.len() as u64)
    }

    /// The values of this row that the relation leads from.
    fn key(&self) -> Vec<Value> {
        self.relation.def().keys().iter().map(|pair| self.parent.value(pair.from.index)).collect()
    }

    fn scope(&self) -> Option<RelationFilter> {
        self.relation.scope_node().map(|filter| RelationFilter::of(P::DEF, self.relation.def(), filter))
    }

    fn change<'c, Q>(&self, children: impl Children<'c, C, Q>, kind: change::Kind) -> change::Change
    where
        C: 'c,
    {
        let def = *self.relation.def();
        let children = children.children().map(|child| match def.between() {
            Some(through) => child.pointed_at(through.keys),
            None => child.key(),
        });
        let (children, wrong) = match change::distinct(children) {
            Ok(children) => (children, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        change::Change { owner: P::DEF, def, parent: self.key(), children, wrong, kind, scope: self.scope() }
    }

    #[track_caller]
    fn select(&self) -> Select {
        super::n_plus_one::note(P::DEF.name, self.relation.def().name, std::panic::Location::caller());
        self.rows()
    }

    fn rows(&self) -> Select {
        let def = self.relation.def();
        let mut select = Select::new(C::DEF);
        if let Some((column, text)) = def.first().when
            && !matches!(self.parent.value(column.index), Value::Text(found) if found == text)
        {
            select.filter.push(ast::Expr::Or(Vec::new())); // This row's key points at another model.
        }
        if def.chain {
            select.filter.extend(change::reached_from(def, &self.key()));
            select.filter.extend(self.relation.scope_node());
            return select;
        }
        if let Some(Between { model, keys }) = def.between() {
            let on = keys.iter().map(|pair| ast::Expr::binary(BinaryOp::Eq, pair.from.into(), pair.to.into()));
            let on = ast::Expr::And(on.collect());
            select.joins.push(Join { kind: JoinKind::Inner, model, visibility: Visibility::DEFAULT, on });
        }
        select.filter.extend(change::parent_filter(def, &self.key()));
        select.filter.extend(self.relation.scope_node());
        select
    }

    /// How a row starts that has the foreign key.
    fn start_under(&self) -> Prefilled {
        let key = self.key();
        let mut pairs = self.relation.def().keys().iter().zip(&key);
        let missing = pairs.find(|(_, value)| value.is_null()).map(|(pair, _)| pair.from);
        let start = Prefilled::under(key).within(self.scope());
        match missing {
            Some(column) => start.linked(Linked::Nothing(column)),
            None => start,
        }
    }
}

/// Of the row that this one belongs to.
impl<'p, P: Model, C: Model, const NULLABLE: bool> Related<'p, P, C, ToOwner<NULLABLE>> {
    /// Makes this row belong to another one, given by itself or by its key: `post.author().set(&ann)`. What it is
    /// executed to is this row as it is then; the struct keeps its foreign key. To change it as well, write
    /// `post.update().author(&ann)`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (bob, mut post) = (User::find_by_pk(2).required(&db).await?, Post::find_by_pk(1).required(&db).await?);
    /// post.user().set(&bob).exec(&db).await?;
    /// post.reload(&db).await?;
    /// assert_eq!(post.user_id, 2);
    /// # Ok(()) });
    /// ```
    pub fn set<'c, Q>(&self, row: impl OneChild<'c, C, Q>) -> ChangeOwner<'p, P>
    where
        C: 'c,
    {
        let key = change::only(row.children(), |child| child.pointed_at(self.relation.def().keys()));
        ChangeOwner { row: self.parent, relation: *self.relation.def(), key: Some(key), scope: self.scope() }
    }

    /// Starts a row that this one belongs to from then on, in one transaction: `post.author().create().name("Ann")`. The
    /// struct keeps its foreign key.
    pub fn create(&self) -> C::Create
    where
        C: Instance,
    {
        let key: Vec<Value> = P::DEF.primary_key.iter().map(|index| self.parent.value(*index)).collect();
        let mut filter = key_filter(P::DEF, &key);
        filter.extend(P::DEF.version.map(|index| {
            let version = ast::Expr::Value(self.parent.value(index));
            ast::Expr::binary(BinaryOp::Eq, (&P::DEF.columns[index]).into(), version)
        }));
        let link = Linked::Owner { model: P::DEF, relation: *self.relation.def(), filter };
        C::__start(Prefilled::default().linked(link).within(self.scope()))
    }

    /// Makes this row belong to none, where its foreign key may be NULL. What it is executed to is this row as it is then;
    /// the struct keeps its foreign key.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut comment = Comment::find_by_pk(1).required(&db).await?;
    /// comment.user().unset().exec(&db).await?;
    /// comment.reload(&db).await?;
    /// assert_eq!(comment.user_id, None);
    /// # Ok(()) });
    /// ```
    pub fn unset(&self) -> ChangeOwner<'p, P>
    where
        ToOwner<NULLABLE>: MayBeNone,
    {
        ChangeOwner { row: self.parent, relation: *self.relation.def(), key: None, scope: None }
    }
}

/// Of rows that belong to rows of a `through` model: nothing more.
impl<P: Model, C: Model, const ONE: bool> Related<'_, P, C, Through<ONE>> {
    #[doc(hidden)]
    pub fn create(&self)
    where
        Through<ONE>: Writes,
    {
    }
}

/// Of the row that belongs to this one.
impl<P: Model, C: Model, const K: u64> Related<'_, P, C, ToOne<K>> {
    /// Starts the row: its foreign key is filled in. `user.profile().create().bio("..").exec(&db)`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bob = User::find_by_pk(2).required(&db).await?;
    /// let profile = bob.profile().create().bio("Writes").exec(&db).await?;
    /// assert_eq!(profile.user_id, 2);
    /// # Ok(()) });
    /// ```
    pub fn create<R>(&self) -> R
    where
        C: CreateUnder<K, Create = R>,
    {
        C::create_under(self.start_under())
    }

    /// Makes a row, given by itself or by its key, belong to this one, and any other that did to none.
    pub fn set<'c, Q>(&self, row: impl OneChild<'c, C, Q>) -> ChangeRows<C>
    where
        C: 'c,
    {
        ChangeRows::new(self.change(row, change::Kind::Set))
    }

    /// Makes the row that belongs to this one belong to none.
    pub fn unset(&self) -> ChangeRows<C> {
        ChangeRows::new(self.change(std::iter::empty::<&C>(), change::Kind::Set))
    }
}

/// Of the rows that belong to this one.
impl<P: Model, C: Model, const K: u64> Related<'_, P, C, ToMany<K>> {
    /// Starts a row: its foreign key is filled in. `user.posts().create().title("Hi").exec(&db)`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let post = ada.posts().create().title("New").exec(&db).await?;
    /// assert_eq!(post.user_id, 1);
    /// # Ok(()) });
    /// ```
    pub fn create<R>(&self) -> R
    where
        C: CreateUnder<K, Create = R>,
    {
        C::create_under(self.start_under())
    }

    /// Makes a row or several belong to this one: `user.posts().add(&post)`, `.add(&posts)`, `.add([1, 2])`. Their
    /// foreign keys are changed in the database; the structs that are given keep theirs until they are reloaded.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bob = User::find_by_pk(2).required(&db).await?;
    /// bob.posts().add([1, 2]).exec(&db).await?;
    /// assert_eq!(bob.posts().count(&db).await?, 3);
    /// # Ok(()) });
    /// ```
    pub fn add<'c, Q>(&self, rows: impl Children<'c, C, Q>) -> ChangeRows<C>
    where
        C: 'c,
    {
        ChangeRows::new(self.change(rows, change::Kind::Add))
    }

    /// Makes a row or several that belong to this one belong to none; see [`ChangeRows::or_destroy`] for foreign keys that
    /// are never NULL.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let post = Post::find_by_pk(1).required(&db).await?;
    /// post.comments().remove(1).or_destroy().exec(&db).await?;
    /// assert_eq!(post.comments().count(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn remove<'c, Q>(&self, rows: impl Children<'c, C, Q>) -> ChangeRows<C>
    where
        C: 'c,
    {
        ChangeRows::new(self.change(rows, change::Kind::Remove))
    }

    /// Makes these rows belong to this one, and all others that did to none.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let post = Post::find_by_pk(1).required(&db).await?;
    /// post.comments().set([2]).or_destroy().exec(&db).await?;
    /// assert_eq!(post.comments().count(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn set<'c, Q>(&self, rows: impl Children<'c, C, Q>) -> ChangeRows<C>
    where
        C: 'c,
    {
        ChangeRows::new(self.change(rows, change::Kind::Set))
    }
}

/// Of rows that are connected by rows of a join model.
impl<'p, P: Model, C: Model, J: Model> Related<'p, P, C, ManyToMany<J>> {
    /// Gives a column of the join model a value, in all rows of it that this handle writes:
    /// `user.groups().with(Membership::OWNER, true).create().name("Engines")`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bob = User::find_by_pk(2).required(&db).await?;
    /// bob.groups().with(Membership::OWNER, true).add(2).exec(&db).await?;
    /// assert!(Membership::find_by_pk((2, 2)).required(&db).await?.owner);
    /// # Ok(()) });
    /// ```
    pub fn with<T: Type, K, V: Assign<J, T>>(mut self, column: Column<J, T, K>, value: V) -> Self {
        self.payload.push((column.def(), value.into_assigned()));
        self
    }

    /// Starts a row and its join row, in one transaction: `user.groups().create().name("Engines").exec(&db)`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bob = User::find_by_pk(2).required(&db).await?;
    /// let group = bob.groups().create().name("Trees").exec(&db).await?;
    /// assert!(bob.groups().has(group.id, &db).await?);
    /// # Ok(()) });
    /// ```
    pub fn create(&self) -> C::Create
    where
        C: Instance,
    {
        let payload = self.payload.clone();
        let link = Linked::Between { relation: *self.relation.def(), key: self.key(), payload };
        C::__start(Prefilled::default().linked(link).within(self.scope()))
    }

    /// The related rows, each with its join row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// let groups: Vec<(Group, Membership)> = ada.groups().pairs().exec(&db).await?;
    /// assert!(groups[0].0.name == "Engines" && groups[0].1.owner);
    /// # Ok(()) });
    /// ```
    #[track_caller]
    pub fn pairs(&self) -> Find<C, (C, J)> {
        self.find().with_rows_of::<J>()
    }

    /// Connects a row or several with this one: `user.groups().add(&group)`, `.add(&groups)`, `.add([1, 2])`. Those that
    /// are connected already stay so.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// ada.groups().add(2).exec(&db).await?;
    /// assert_eq!(ada.groups().count(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    pub fn add<'c, Q>(&self, rows: impl Children<'c, C, Q>) -> ChangeLinks<J>
    where
        C: 'c,
    {
        ChangeLinks::new(self.change(rows, change::Kind::Add), self.payload.clone())
    }

    /// Ends the connection of a row or several with this one. The rows stay; their join rows are removed.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// ada.groups().remove(1).exec(&db).await?;
    /// assert_eq!(ada.groups().count(&db).await?, 0);
    /// # Ok(()) });
    /// ```
    pub fn remove<'c, Q>(&self, rows: impl Children<'c, C, Q>) -> ChangeLinks<J>
    where
        C: 'c,
    {
        ChangeLinks::new(self.change(rows, change::Kind::Remove), self.payload.clone())
    }

    /// Connects these rows with this one, and no others.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada = User::find_by_pk(1).required(&db).await?;
    /// ada.groups().set([2]).exec(&db).await?;
    /// assert!(ada.groups().has(2, &db).await?);
    /// # Ok(()) });
    /// ```
    pub fn set<'c, Q>(&self, rows: impl Children<'c, C, Q>) -> ChangeLinks<J>
    where
        C: 'c,
    {
        ChangeLinks::new(self.change(rows, change::Kind::Set), self.payload.clone())
    }
}
