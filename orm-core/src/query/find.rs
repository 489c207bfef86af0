//! [`Find`]: which rows, in which order, what to read from each and which relations to load. One builder for all finders:
//! its last type says how many rows are wanted, and with it what `exec` gives.

use std::marker::PhantomData;

use super::aggregate::{count_rows, fetch_count};
use super::decoder::Decoder;
use super::explain::Lines;
use super::page::{Page, snapshot};
use super::refine::{Refine, RefineRows};
use super::scope::IntoScope;
use super::stream::Rows;
use super::tracked::Tracked;
use crate::ast::{self, JoinKind, ListItems, SelectList, Statement, Visibility};
use crate::dialect::{Dialect, Rendered, render, render_select, show};
use crate::driver::{Reading, Runs, Session, Shape};
use crate::error::Result;
use crate::expr::{Assign, CaseResult, Free, InList, IntoFilter, Operand, Select};
use crate::model::{Model, read_model};
use crate::relation::{JoinBy, Projection, SelectItems};
use crate::run::{self, IncludeNode, IntoInclude, include_into, push_node};
use crate::value::{Scalar, Type};

/// Finds rows: `User::find_all()`. `Out` is what each row becomes, `S` what its expressions may mention, `N` how many rows
/// are wanted: all, the first ([`FindOne`]), or a page with the number of all ([`FindAndCount`]).
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Find<M, Out = M, S = M, N = All> {
    pub(super) select: Box<ast::Select>,
    pub(super) includes: Vec<IncludeNode>,
    pub(super) decoder: Decoder<Out>,
    _types: Types<M, S, N>,
}

/// The model, what expressions may mention, and how many rows are wanted.
type Types<M, S, N> = PhantomData<fn() -> (M, S, N)>;

/// The first row of a query, or none: `User::find_one()`.
pub type FindOne<M, Out = M, S = M> = Find<M, Out, S, First>;

/// A page of rows with the number of all, both from one snapshot: `User::find_and_count_all()`.
pub type FindAndCount<M, Out = M, S = M> = Find<M, Out, S, Counted>;

/// How many rows a finder wants.
pub trait Wanted {
    /// The greatest number of rows, when the finder fixes it.
    const LIMIT: Option<u64>;
}

/// A finder of any number of rows, which can be limited.
#[diagnostic::on_unimplemented(message = "this finder gives one row at most, so it takes no limit")]
pub trait Limited: Wanted {}

/// Every row of a query.
#[derive(Debug, Clone, Copy)]
pub enum All {}

/// The first row of a query.
#[derive(Debug, Clone, Copy)]
pub enum First {}

/// A page of rows, and the number of all.
#[derive(Debug, Clone, Copy)]
pub enum Counted {}

impl Wanted for All {
    const LIMIT: Option<u64> = None;
}
impl Wanted for First {
    const LIMIT: Option<u64> = Some(1);
}
impl Wanted for Counted {
    const LIMIT: Option<u64> = None;
}
impl Limited for All {}
impl Limited for Counted {}

impl<M, Out, S, N> Clone for Find<M, Out, S, N> {
    fn clone(&self) -> Self {
        let (select, includes) = (self.select.clone(), self.includes.clone());
        Self { select, includes, decoder: self.decoder, _types: PhantomData }
    }
}

/// The SQL, in the standard's form, and the relations that are loaded.
impl<M, Out, S, N> std::fmt::Debug for Find<M, Out, S, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show(&Statement::Select(self.select.clone()), f)?;
        let included = self.includes.iter().map(|node| node.relation.name);
        included.enumerate().try_for_each(|(i, name)| write!(f, "{}{name}", if i == 0 { " -- with " } else { ", " }))
    }
}

impl<M: Model, N: Wanted> Default for Find<M, M, M, N> {
    fn default() -> Self {
        Self::from_select(ast::Select::new(M::DEF))
    }
}

impl<M: Model, N: Wanted> Find<M, M, M, N> {
    /// Finds the rows of a tree.
    pub(crate) fn from_select(mut select: ast::Select) -> Self {
        select.limit = N::LIMIT.or(select.limit);
        Self { select: Box::new(select), includes: Vec::new(), decoder: Decoder::model(), _types: PhantomData }
    }
}

impl<M: Model, S, N> Find<M, M, S, N> {
    /// Loads relations into the rows' relation fields: one query per to-many relation, whatever the number of rows. To-one
    /// relations are loaded by the query itself, with LEFT JOINs. `None` loads nothing.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let users = User::find_all()
    ///     .include((User::POSTS.order_by(Post::ID), User::PROFILE))
    ///     .order_by(User::ID)
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(users[0].posts.get()?[0].title, "Notes");
    /// # Ok(()) });
    /// ```
    pub fn include<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        include_into(&mut self.select, &mut self.includes, relations);
        self
    }

    /// As [`include`](Self::include), where it is wanted: `.include_if(query.with_posts, User::POSTS)`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let with_posts = true;
    /// let users = User::find_all().include_if(with_posts, User::POSTS).exec(&db).await?;
    /// assert!(users[0].posts.is_loaded());
    /// # Ok(()) });
    /// ```
    pub fn include_if<I: IntoInclude<M>>(self, wanted: bool, relations: I) -> Self {
        self.include(wanted.then_some(relations))
    }

    /// Returns rows whose `save` writes only the changed columns; see [`Tracked`]. Call `include` before this.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut users = User::find_all().order_by(User::ID).tracked().exec(&db).await?;
    /// users[0].visits += 1;
    /// users[0].save(&db).await?; // UPDATE users SET visits = .. WHERE id = ..
    /// # Ok(()) });
    /// ```
    pub fn tracked(self) -> Find<M, Tracked<M>, S, N> {
        self.becoming(Decoder::tracked())
    }
}

impl<M: Model, Out, S, N> Refine for Find<M, Out, S, N> {
    type Scope = S;
    fn __select(&mut self) -> &mut ast::Select {
        &mut self.select
    }
}

impl<M: Model, Out, S, N> RefineRows for Find<M, Out, S, N> {}

impl<M: Model, Out, S, N: Wanted> Find<M, Out, S, N> {
    /// Adds a scope: what a function of yours says about conditions, includes, orders and limits. See [`Scope`](super::Scope).
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// fn published() -> Condition<Post> {
    ///     Post::PUBLISHED.eq(true)
    /// }
    /// # run(async |db| {
    /// assert_eq!(Post::find_all().scope(published()).exec(&db).await?.len(), 2);
    /// # Ok(()) });
    /// ```
    pub fn scope(mut self, scope: impl IntoScope<M>) -> Self {
        scope.into_scope().apply(&mut self.select, &mut self.includes, N::LIMIT.is_none());
        self
    }
}

impl<M: Model, Out, S, N> Find<M, Out, S, N> {
    /// Limits the query to `rows` rows. With to-many includes, still so many rows of this model. A count is of all rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(User::find_all().order_by(User::ID).limit(2).exec(&db).await?.len(), 2);
    /// # Ok(()) });
    /// ```
    pub fn limit(mut self, rows: u64) -> Self
    where
        N: Limited,
    {
        self.select.limit = Some(rows);
        self
    }

    /// Leaves out the first rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let users = User::find_all().order_by(User::ID).offset(2).exec(&db).await?;
    /// assert_eq!(users[0].id, 3);
    /// # Ok(()) });
    /// ```
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// Gives equal rows once.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let authors: Vec<i64> =
    ///     Post::find_all().select(Post::USER_ID).distinct().order_by(Post::USER_ID).exec(&db).await?;
    /// assert_eq!(authors, [1, 2]);
    /// # Ok(()) });
    /// ```
    pub fn distinct(mut self) -> Self {
        self.select.distinct = true;
        self
    }

    /// Groups rows; select what the groups have in common, and aggregates.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let views: Vec<(i64, Option<i64>)> = Post::find_all()
    ///     .select((Post::USER_ID, Post::VIEWS.sum()))
    ///     .group_by(Post::USER_ID)
    ///     .order_by(Post::USER_ID)
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(views, [(1, Some(20)), (2, Some(5))]);
    /// # Ok(()) });
    /// ```
    pub fn group_by<G: Select<S>>(mut self, groups: G) -> Self {
        groups.push(&mut self.select.group_by);
        self
    }

    /// Keeps groups for which a condition holds.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let busy: Vec<i64> = Post::find_all()
    ///     .select(Post::USER_ID)
    ///     .group_by(Post::USER_ID)
    ///     .having(count_all().gt(1))
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(busy, [1]);
    /// # Ok(()) });
    /// ```
    pub fn having<C: IntoFilter<S>>(mut self, condition: C) -> Self {
        condition.push(&mut self.select.having);
        self
    }

    /// Reads columns and expressions instead of whole models; a tuple gives tuples.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows: Vec<(i64, String)> =
    ///     User::find_all().select((User::ID, User::EMAIL)).order_by(User::ID).exec(&db).await?;
    /// assert_eq!(rows[1], (2, "bob@example.com".to_owned()));
    /// # Ok(()) });
    /// ```
    pub fn select<X: Select<S>>(mut self, items: X) -> Find<M, X::Output, S, N> {
        let mut list = Vec::new();
        items.push(&mut list);
        self.select.list = SelectList::Exprs(list);
        self.becoming(Decoder::without_relations(X::read))
    }

    /// Reads a projection instead of whole models.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// #[derive(Debug, Projection)]
    /// #[orm(model = User)]
    /// struct Card {
    ///     id: i64,
    ///     email: String,
    /// }
    ///
    /// let cards: Vec<Card> = User::find_all().project::<Card>().order_by(User::ID).exec(&db).await?;
    /// assert_eq!((cards[0].id, cards[0].email.as_str()), (1, "ada@example.com"));
    /// # Ok(()) });
    /// ```
    pub fn project<P: Projection<M>>(mut self) -> Find<M, P, S, N> {
        let mut items = SelectItems::new();
        P::select(&mut items);
        let (list, nodes) = items.into_parts();
        self.select.list = SelectList::Exprs(list);
        for node in &mut self.includes {
            node.refused = Some("is included into rows that are not read whole; nest it in the projection instead");
        }
        for node in nodes {
            push_node(&mut self.select, &mut self.includes, node);
        }
        self.becoming(Decoder::projection::<M>())
    }

    /// Joins another model: over a relation, `.join(User::POSTS)`, or on a condition,
    /// `.join::<Post>(Post::USER_ID.free().eq(User::ID.free()))`. From here on expressions of every joined model are
    /// accepted, and checked when the statement runs. Rows without a partner are left out; rows with several are there
    /// several times.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows: Vec<(String, String)> = User::find_all()
    ///     .join(User::POSTS)
    ///     .select((User::EMAIL, Post::TITLE))
    ///     .order_by(Post::ID.free())
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(rows[0], ("ada@example.com".to_owned(), "Notes".to_owned()));
    /// # Ok(()) });
    /// ```
    pub fn join<J: Model>(self, by: impl JoinBy<S, J>) -> Find<M, Out, Free, N> {
        self.add_join(JoinKind::Inner, by)
    }

    /// As [`join`](Self::join), keeping rows without a partner; select its columns with `.nullable()`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let titles: Vec<Option<String>> = User::find_all()
    ///     .left_join(User::POSTS)
    ///     .filter(User::ID.eq(3))
    ///     .select(Post::TITLE.nullable())
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!(titles, [None]);
    /// # Ok(()) });
    /// ```
    pub fn left_join<J: Model>(self, by: impl JoinBy<S, J>) -> Find<M, Out, Free, N> {
        self.add_join(JoinKind::Left, by)
    }

    fn add_join<J: Model>(mut self, kind: JoinKind, by: impl JoinBy<S, J>) -> Find<M, Out, Free, N> {
        by.push(kind, &mut self.select.joins);
        self.typed()
    }

    /// Reads rows of a joined model besides.
    pub(crate) fn with_rows_of<J: Model>(mut self) -> Find<M, (M, J), S, N> {
        self.select.list = SelectList::ModelAnd(J::DEF.columns.iter().map(ast::Expr::Column).collect());
        self.becoming(Decoder::without_relations(|columns| Ok((read_model(columns)?, read_model(columns)?))))
    }

    /// Gives each row as something else.
    pub(super) fn becoming<T>(self, decoder: Decoder<T>) -> Find<M, T, S, N> {
        Find { select: self.select, includes: self.includes, decoder, _types: PhantomData }
    }

    /// The same query, about other models or for another number of rows.
    pub(super) fn typed<T, C>(self) -> Find<M, Out, T, C> {
        Find { select: self.select, includes: self.includes, decoder: self.decoder, _types: PhantomData }
    }

    /// The SQL and binds for a dialect.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rendered = User::find_all().filter(User::ID.gt(1)).to_sql(db.dialect())?;
    /// assert!(rendered.sql.contains("WHERE") && rendered.binds.len() == 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// What the dialect cannot express; see [`render`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        render_select(&self.select, dialect)
    }

    /// The tree.
    pub fn into_select(self) -> Box<ast::Select> {
        self.select
    }

    /// The database's plan for the query, one line per row of its answer.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let plan: Vec<String> = User::find_all().filter(User::ID.eq(1)).explain(&db).await?;
    /// assert!(!plan.is_empty());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn explain<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<String>> {
        let session = db.session();
        let mut rendered = run::rendered(session, &Statement::Select(self.select))?;
        rendered.sql.insert_str(0, session.dialect().explain()?);
        let mut lines = Lines(Vec::new());
        session.fetch(run::query(&rendered), &mut lines).await.map_err(run::about(M::DEF))?;
        Ok(lines.0)
    }
}

impl<M: Model, Out: Send + 'static, S> Find<M, Out, S> {
    /// Runs the query and gives all rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let users: Vec<User> = User::find_all().order_by(User::ID).exec(&db).await?;
    /// assert_eq!(users.len(), 3);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model; [`ErrorKind::Decode`](crate::ErrorKind::Decode) for values that do not fit.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<Out>> {
        let on = Reading::of_select(db.session(), &self.select);
        fetch(on.session(), *self.select, &self.includes, self.decoder).await
    }

    /// The number of rows without limit and offset.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let first = User::find_all().filter(User::VISITS.gt(0)).limit(1);
    /// assert_eq!(first.count(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn count<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64> {
        fetch_count(Reading::of(db.session()).session(), count_rows(&self.select)).await
    }

    /// Runs the query and gives rows as they come, holding few in memory. The connection is in use until the stream
    /// ends or is dropped; on a transaction, its other statements wait until then.
    ///
    /// To-one relations can be included: they are read by the same query. Relations that take a query of their own cannot;
    /// load them for batches of rows, with [`load`](crate::relation::load).
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut users = User::find_all().order_by(User::ID.asc()).stream(&db);
    /// let mut emails = Vec::new();
    /// while let Some(user) = users.next().await {
    ///     emails.push(user?.email);
    /// }
    /// assert_eq!(emails, ["ada@example.com", "bob@example.com", "cy@example.com"]);
    /// # Ok(()) });
    /// ```
    pub fn stream<'e, E: Runs<M> + ?Sized>(self, db: &'e E) -> Rows<'e, Out> {
        Rows::start(db.shared_session(), self.select, self.includes, self.decoder)
    }

    /// As [`stream`](Self::stream), with the database inside: it borrows nothing, so it can be the body of an answer, or go to
    /// another task. A transaction that is given to it is rolled back after its end; one that others use as well is given as
    /// an `Arc` of it.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut users = User::find_all().stream_owned(db.clone());
    /// let count = async move {
    ///     let mut count = 0;
    ///     while let Some(user) = users.next().await {
    ///         user?;
    ///         count += 1;
    ///     }
    ///     Ok::<_, Error>(count)
    /// };
    /// // What borrows nothing may go to another task.
    /// fn is_free<F: Future + Send + 'static>(future: F) -> F {
    ///     future
    /// }
    /// assert_eq!(is_free(count).await?, 3);
    /// # Ok(()) });
    /// ```
    pub fn stream_owned<E: Runs<M> + 'static>(self, db: E) -> Rows<'static, Out> {
        Rows::start(db.shared_session(), self.select, self.includes, self.decoder).keeping(Box::new(db))
    }
}

impl<M: Model, Out: Send + 'static, S> FindOne<M, Out, S> {
    /// Runs the query and gives the first row, if any.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let ada: Option<User> = User::find_one().filter(User::NAME.eq("Ada")).exec(&db).await?;
    /// assert_eq!(ada.map(|ada| ada.id), Some(1));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Option<Out>> {
        let on = Reading::of_select(db.session(), &self.select);
        let session = on.session();
        if self.includes.is_empty() {
            return run::fetch_first(session, M::DEF, Statement::Select(self.select), self.decoder.read).await;
        }
        Ok(fetch(session, *self.select, &self.includes, self.decoder).await?.into_iter().next())
    }

    /// Runs the query and gives the first row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let error = User::find_one().filter(User::NAME.eq("Dee")).required(&db).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; as [`Find::exec`].
    pub async fn required<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Out> {
        self.exec(db).await?.ok_or_else(|| run::not_found(M::DEF.name))
    }
}

impl<M: Model, Out: Send + 'static, S> FindAndCount<M, Out, S> {
    /// Runs both queries in one snapshot.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let page: Page<User> = User::find_and_count_all().order_by(User::ID).limit(2).exec(&db).await?;
    /// assert_eq!((page.rows.len(), page.count), (2, 3));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Page<Out>> {
        let on = Reading::of_select(db.session(), &self.select);
        let session = on.session();
        let count = count_rows(&self.select);
        if session.in_transaction() {
            let count = fetch_count(session, count).await?;
            let rows = fetch(session, *self.select, &self.includes, self.decoder).await?;
            return Ok(Page { rows, count });
        }
        let unit = snapshot(session).await?;
        let count = fetch_count(&*unit, count).await?;
        let rows = fetch(&*unit, *self.select, &self.includes, self.decoder).await?;
        unit.commit().await?;
        Ok(Page { rows, count })
    }
}

/// Runs a query, then loads its relations on the same connection.
async fn fetch<Out: Send + 'static>(
    session: &dyn Session,
    mut select: ast::Select,
    includes: &[IncludeNode],
    decoder: Decoder<Out>,
) -> Result<Vec<Out>> {
    let def = select.model;
    if includes.is_empty() {
        if is_plain(&select) {
            let sql = session
                .shapes()
                .get(def, Shape::All, || Ok(render(&Statement::Select(Box::new(select)), &**session.dialect())?.sql))?;
            return run::fetch_all_shape(session, def, &sql, decoder.read).await;
        }
        return run::fetch_all(session, def, Statement::Select(Box::new(select)), decoder.read).await;
    }
    let pinned = session.pin().await?;
    let mut set = decoder.start(&mut select, includes)?();
    run::fetch_with(&*pinned, select, includes, &mut *set).await?;
    decoder.finish(set, includes).map_err(run::about(def))
}

/// Whether this reads every column of every row, in no order.
fn is_plain(select: &ast::Select) -> bool {
    matches!(select.list, SelectList::Model)
        && select.filter.is_empty()
        && select.order_by.is_empty()
        && select.joins.is_empty()
        && select.group_by.is_empty()
        && select.having.is_empty()
        && select.limit.is_none()
        && select.offset.is_none()
        && select.lock.is_none()
        && !select.distinct
        && select.visibility == Visibility::DEFAULT
        && select.model.scope.is_none()
        && !select.model.is_restricted()
}

/// NULL where the sub-query has no row.
impl<S, M: Model, Q, T: Scalar, N> Operand<S, T> for Find<M, T, Q, N> {
    type Type = Option<T>;
    fn into_operand(self) -> ast::Expr {
        ast::Expr::Subquery(self.into_select())
    }
}

impl<S, M: Model, Q, T: Scalar, N> Operand<S, T> for Find<M, Option<T>, Q, N> {
    type Type = Option<T>;
    fn into_operand(self) -> ast::Expr {
        ast::Expr::Subquery(self.into_select())
    }
}

impl<S, M: Model, Q, T: Scalar, N> CaseResult<S, T> for Find<M, T, Q, N> {}
impl<S, M: Model, Q, T: Scalar, N> CaseResult<S, T> for Find<M, Option<T>, Q, N> {}

/// NULL where the sub-query has no row.
impl<S, M: Model, Q, T: Type, U: Type<Base = T::Base>, N> Assign<S, T> for Find<M, U, Q, N> {
    fn into_assigned(self) -> ast::Expr {
        ast::Expr::Subquery(self.into_select())
    }
}

impl<S, M: Model, Q, T: Scalar, N> InList<S, T> for Find<M, T, Q, N> {
    fn into_items(self) -> ListItems {
        ListItems::Select(self.into_select())
    }
}

impl<S, M: Model, Q, T: Scalar, N> InList<S, T> for Find<M, Option<T>, Q, N> {
    fn into_items(self) -> ListItems {
        ListItems::Select(self.into_select())
    }
}
