//! Finders: many rows, the first one, one by its key, a page with its count, a stream.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::exec::{self, Read};
use super::include::RowSet;
use super::select::ProjectedSet;
use super::{
    Condition, Free, IncludeNode, IntoCondition, IntoInclude, IntoOrder, KeyOperand, Projection, Select, SelectItems,
};
use crate::ast::{self, Deleted, Join, JoinKind, Lock, LockStrength, LockWait, SelectList, Statement};
use crate::dialect::{Dialect, Rendered, render};
use crate::driver::{BeginOptions, Isolation, Runs, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, read_model};
use crate::row::{Columns, Decode, Flow, Row, RowSink};
use crate::value::Value;

/// Finds rows: `User::find_all()`. `Out` is what each row becomes, `S` what its expressions may mention.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Find<M, Out = M, S = M> {
    select: Box<ast::Select>,
    includes: Vec<IncludeNode>,
    read: Read<Out>,
    load: LoadAll<Out>,
    _types: PhantomData<fn() -> (M, S)>,
}

impl<M, Out, S> Clone for Find<M, Out, S> {
    fn clone(&self) -> Self {
        Self {
            select: self.select.clone(),
            includes: self.includes.clone(),
            read: self.read,
            load: self.load,
            _types: PhantomData,
        }
    }
}

impl<M, Out, S> std::fmt::Debug for Find<M, Out, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Find").field("select", &self.select).field("includes", &self.includes).finish()
    }
}

impl<M: Model> Find<M> {
    /// Finds every row; called by the derive.
    pub fn new() -> Self {
        Self::from_select(ast::Select::new(M::DEF))
    }

    /// Finds the rows of a tree.
    pub(crate) fn from_select(select: ast::Select) -> Self {
        Self {
            select: Box::new(select),
            includes: Vec::new(),
            read: read_model::<M>,
            load: load_models::<M>,
            _types: PhantomData,
        }
    }

    /// Loads relations into the rows' relation fields: one query per to-many relation, whatever the number of rows.
    pub fn include<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        super::include::include_into(&mut self.select, &mut self.includes, relations);
        self
    }
}

impl<M: Model> Default for Find<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// Methods that every finder has.
macro_rules! refine {
    (|$self:ident| $select:expr) => {
        /// Keeps rows for which a condition holds; several filters must all hold.
        pub fn filter<C: IntoCondition<S>>(mut self, condition: C) -> Self {
            let $self = &mut self;
            $select.filter.push(condition.into_condition());
            self
        }

        /// Filters when there is a value, else not.
        pub fn filter_if<V, C: IntoCondition<S>>(self, value: Option<V>, condition: impl FnOnce(V) -> C) -> Self {
            match value {
                Some(value) => self.filter(condition(value)),
                None => self,
            }
        }

        /// Orders rows; several calls add keys.
        pub fn order_by<O: IntoOrder<S>>(mut self, order: O) -> Self {
            let $self = &mut self;
            order.push(&mut $select.order_by);
            self
        }

        /// Leaves out the first rows.
        pub fn offset(mut self, rows: u64) -> Self {
            let $self = &mut self;
            $select.offset = Some(rows);
            self
        }

        /// Finds soft-deleted rows as well.
        pub fn with_deleted(mut self) -> Self {
            let $self = &mut self;
            $select.deleted = Deleted::Included;
            self
        }

        /// Finds soft-deleted rows only.
        pub fn only_deleted(mut self) -> Self {
            let $self = &mut self;
            $select.deleted = Deleted::Only;
            self
        }

        /// Locks the rows for changing them, until the transaction ends.
        pub fn for_update(self) -> Self {
            self.lock(LockStrength::Update)
        }

        /// Locks the rows against changes by others, until the transaction ends.
        pub fn for_share(self) -> Self {
            self.lock(LockStrength::Share)
        }

        /// Locks the rows.
        pub fn lock(mut self, strength: LockStrength) -> Self {
            let $self = &mut self;
            $select.lock = Some(Lock { strength, wait: LockWait::Wait, of: Vec::new() });
            self
        }

        /// Fails instead of waiting for rows that others have locked; after a lock.
        pub fn nowait(mut self) -> Self {
            let $self = &mut self;
            if let Some(lock) = &mut $select.lock {
                lock.wait = LockWait::NoWait;
            }
            self
        }

        /// Leaves out rows that others have locked; after a lock.
        pub fn skip_locked(mut self) -> Self {
            let $self = &mut self;
            if let Some(lock) = &mut $select.lock {
                lock.wait = LockWait::SkipLocked;
            }
            self
        }

        /// Locks rows of one of the joined models only; after a lock.
        pub fn lock_of<J: Model>(mut self) -> Self {
            let $self = &mut self;
            if let Some(lock) = &mut $select.lock {
                lock.of.push(J::DEF);
            }
            self
        }

        /// The SQL and binds for a dialect.
        ///
        /// # Errors
        /// What the dialect cannot express; see [`render`](crate::dialect::render).
        pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
            let $self = self;
            render(&Statement::Select($select.clone()), dialect)
        }
    };
}

impl<M: Model, Out, S> Find<M, Out, S> {
    refine!(|this| this.select);

    /// Finds at most so many rows. With to-many includes, still so many rows of this model.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// Gives equal rows once.
    pub fn distinct(mut self) -> Self {
        self.select.distinct = true;
        self
    }

    /// Groups rows; select what the groups have in common, and aggregates.
    pub fn group_by<G: Select<S>>(mut self, groups: G) -> Self {
        groups.push(&mut self.select.group_by);
        self
    }

    /// Keeps groups for which a condition holds.
    pub fn having<C: IntoCondition<S>>(mut self, condition: C) -> Self {
        self.select.having.push(condition.into_condition());
        self
    }

    /// Reads columns and expressions instead of whole models; a tuple gives tuples.
    pub fn select<X: Select<S>>(mut self, items: X) -> Find<M, X::Output, S> {
        let mut list = Vec::new();
        items.push(&mut list);
        self.select.list = SelectList::Exprs(list);
        self.reading(X::Output::decode)
    }

    /// Reads a projection instead of whole models.
    pub fn project<P: Projection<M>>(mut self) -> Find<M, P, S> {
        let mut items = SelectItems::new();
        P::select(&mut items);
        let (list, nodes) = items.into_parts();
        self.select.list = SelectList::Exprs(list);
        for node in nodes {
            super::include::push_node(&mut self.select, &mut self.includes, node);
        }
        Find {
            select: self.select,
            includes: self.includes,
            read: P::read,
            load: load_projected::<M, P>,
            _types: PhantomData,
        }
    }

    /// Joins another model; from here on expressions of every joined model are accepted, and checked when the
    /// statement runs. Rows without a partner are left out.
    pub fn join<J: Model>(self, on: Condition<Free>) -> Find<M, Out, Free> {
        self.add_join(JoinKind::Inner, J::DEF, on)
    }

    /// Joins another model, keeping rows without a partner; select its columns with `.nullable()`.
    pub fn left_join<J: Model>(self, on: Condition<Free>) -> Find<M, Out, Free> {
        self.add_join(JoinKind::Left, J::DEF, on)
    }

    fn add_join(
        mut self,
        kind: JoinKind,
        model: &'static crate::model::ModelDef,
        on: Condition<Free>,
    ) -> Find<M, Out, Free> {
        self.select.joins.push(Join { kind, model, deleted: Deleted::Hidden, on: on.into_node() });
        Find { select: self.select, includes: self.includes, read: self.read, load: self.load, _types: PhantomData }
    }

    fn reading<T: Send + 'static>(self, read: Read<T>) -> Find<M, T, S> {
        Find { select: self.select, includes: self.includes, read, load: load_nothing::<T>, _types: PhantomData }
    }

    /// The tree.
    pub fn into_select(self) -> Box<ast::Select> {
        self.select
    }
}

impl<M: Model, Out: Send + 'static, S> Find<M, Out, S> {
    /// Runs the query and gives all rows.
    ///
    /// # Errors
    /// The database's, naming the model; [`ErrorKind::Decode`] for values that do not fit.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<Out>> {
        run(db.session(), *self.select, &self.includes, self.read, self.load).await
    }

    /// The number of rows without limit and offset.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn count<E: Runs<M> + ?Sized>(self, db: &E) -> Result<u64> {
        super::aggregate::run_count(db.session(), super::aggregate::count_of(&self.select)).await
    }

    /// Runs the query and gives rows as they come, holding few in memory. The connection is in use until the stream
    /// ends or is dropped. Relations cannot be included.
    ///
    /// ```ignore
    /// let mut users = User::find_all().stream(&db);
    /// while let Some(user) = users.next().await { println!("{}", user?.name); }
    /// ```
    pub fn stream<'e, E: Runs<M> + ?Sized>(self, db: &'e E) -> Rows<'e, Out> {
        Rows::new(db.session(), self)
    }

    /// The database's plan for the query, one line per row of its answer.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn explain<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<String>> {
        let session = db.session();
        let mut rendered = render(&Statement::Select(self.select), &**session.dialect())?;
        rendered.sql.insert_str(0, session.dialect().explain());
        let mut lines = Lines(Vec::new());
        session.fetch(exec::query(&rendered), &mut lines).await.map_err(exec::about(M::DEF))?;
        Ok(lines.0)
    }
}

/// Runs a query, then loads its relations on the same connection.
async fn run<Out: Send + 'static>(
    session: &dyn Session,
    select: ast::Select,
    includes: &[IncludeNode],
    read: Read<Out>,
    load: LoadAll<Out>,
) -> Result<Vec<Out>> {
    let def = select.model;
    if includes.is_empty() {
        if is_plain(&select) {
            let sql = session
                .shapes()
                .get(def, Shape::All, || Ok(render(&Statement::Select(Box::new(select)), &**session.dialect())?.sql))?;
            return exec::fetch_all_shape(session, def, &sql, read).await;
        }
        return exec::fetch_all(session, def, &Statement::Select(Box::new(select)), read).await;
    }
    let pinned = session.pin().await?;
    load(&*pinned, select, includes).await
}

/// Reads rows together with their relations.
type LoadAll<Out> = for<'a> fn(
    &'a dyn Session,
    ast::Select,
    &'a [IncludeNode],
) -> Pin<Box<dyn Future<Output = Result<Vec<Out>>> + Send + 'a>>;

fn load_models<'a, M: Model>(
    session: &'a dyn Session,
    select: ast::Select,
    includes: &'a [IncludeNode],
) -> Pin<Box<dyn Future<Output = Result<Vec<M>>> + Send + 'a>> {
    Box::pin(async move {
        let rows = exec::fetch_all(session, M::DEF, &Statement::Select(Box::new(select)), read_model::<M>).await?;
        exec::with_includes(session, includes, rows).await
    })
}

fn load_projected<'a, M: Model, P: Projection<M>>(
    session: &'a dyn Session,
    mut select: ast::Select,
    includes: &'a [IncludeNode],
) -> Pin<Box<dyn Future<Output = Result<Vec<P>>> + Send + 'a>> {
    Box::pin(async move {
        let mut set = ProjectedSet::<P>::new::<M>();
        if let SelectList::Exprs(list) = &mut select.list {
            list.extend(set.keys().iter().copied().map(ast::Expr::Column));
        }
        let rendered = render(&Statement::Select(Box::new(select)), &**session.dialect())?;
        session.fetch(exec::query(&rendered), &mut set).await.map_err(exec::about(M::DEF))?;
        for node in includes {
            if !set.is_empty() {
                (node.load)(session, node, &mut set).await?;
            }
        }
        Ok(set.into_vec())
    })
}

fn load_nothing<'a, Out: Send + 'static>(
    _session: &'a dyn Session,
    select: ast::Select,
    includes: &'a [IncludeNode],
) -> Pin<Box<dyn Future<Output = Result<Vec<Out>>> + Send + 'a>> {
    let name = includes.first().map_or("", |node| node.relation.name);
    let message = format!("`{name}` is loaded into whole models; leave `select` out or use a nested projection");
    let error = Error::new(ErrorKind::InvalidStatement, message).with_model(select.model.name);
    Box::pin(std::future::ready(Err(error)))
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
        && select.deleted == Deleted::Hidden
}

/// The first row of a query, or none: `User::find_one()`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindOne<M, Out = M, S = M>(Find<M, Out, S>);

impl<M, Out, S> Clone for FindOne<M, Out, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M, Out, S> std::fmt::Debug for FindOne<M, Out, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model> FindOne<M> {
    /// Finds any row; called by the derive.
    pub fn new() -> Self {
        Self::from_find(Find::new())
    }

    /// The first row of a query.
    pub(crate) fn from_find(find: Find<M>) -> Self {
        Self(find.limit(1))
    }

    /// Loads relations into the row's relation fields.
    pub fn include<I: IntoInclude<M>>(self, relations: I) -> Self {
        Self(self.0.include(relations))
    }
}

impl<M: Model> Default for FindOne<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, Out, S> FindOne<M, Out, S> {
    refine!(|this| this.0.select);

    /// Reads columns and expressions instead of a whole model.
    pub fn select<X: Select<S>>(self, items: X) -> FindOne<M, X::Output, S> {
        FindOne(self.0.select(items))
    }

    /// Reads a projection instead of a whole model.
    pub fn project<P: Projection<M>>(self) -> FindOne<M, P, S> {
        FindOne(self.0.project())
    }

    /// Joins another model; see [`Find::join`].
    pub fn join<J: Model>(self, on: Condition<Free>) -> FindOne<M, Out, Free> {
        FindOne(self.0.join::<J>(on))
    }
}

impl<M: Model, Out: Send + 'static, S> FindOne<M, Out, S> {
    /// Runs the query and gives the first row, if any.
    ///
    /// # Errors
    /// As [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Option<Out>> {
        let find = self.0;
        if find.includes.is_empty() {
            return exec::fetch_first(db.session(), M::DEF, &Statement::Select(find.select), find.read).await;
        }
        Ok(find.exec(db).await?.into_iter().next())
    }

    /// Runs the query and gives the first row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none; as [`Find::exec`].
    pub async fn required<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Out> {
        self.exec(db).await?.ok_or_else(|| not_found(M::DEF.name))
    }
}

/// The error for a row that is not there.
#[cold]
pub(crate) fn not_found(model: &'static str) -> Error {
    Error::new(ErrorKind::NotFound, "no row matches").with_model(model)
}

/// The row with a primary key, or none: `User::find_by_pk(1)`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct FindByPk<M> {
    key: Vec<Value>,
    find: Option<Box<Find<M>>>,
}

impl<M> Clone for FindByPk<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), find: self.find.clone() }
    }
}

impl<M> std::fmt::Debug for FindByPk<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FindByPk").field("key", &self.key).field("find", &self.find).finish()
    }
}

impl<M: Model> FindByPk<M> {
    /// Finds a row by its key; called by the derive.
    pub fn new<K: KeyOperand<M>>(key: K) -> Self {
        Self { key: key.into_key(), find: None }
    }

    fn refine(mut self, change: impl FnOnce(Find<M>) -> Find<M>) -> Self {
        let find = self.find.take().map_or_else(Find::new, |find| *find);
        self.find = Some(Box::new(change(find)));
        self
    }

    /// Loads relations into the row's relation fields.
    pub fn include<I: IntoInclude<M>>(self, relations: I) -> Self {
        self.refine(|find| find.include(relations))
    }

    /// Finds the row even when it is soft-deleted.
    pub fn with_deleted(self) -> Self {
        self.refine(Find::with_deleted)
    }

    /// Locks the row for changing it, until the transaction ends.
    pub fn for_update(self) -> Self {
        self.refine(Find::for_update)
    }

    /// Locks the row against changes by others, until the transaction ends.
    pub fn for_share(self) -> Self {
        self.refine(Find::for_share)
    }

    fn find(self) -> Find<M> {
        let mut find = self.find.map_or_else(Find::new, |find| *find);
        find.select.filter.append(&mut super::update::key_filter(M::DEF, &self.key));
        find
    }

    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// As [`Find::to_sql`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        self.clone().find().to_sql(dialect)
    }

    /// Runs the query and gives the row, if there is one.
    ///
    /// # Errors
    /// As [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Option<M>> {
        if self.find.is_some() {
            return Ok(self.find().exec(db).await?.into_iter().next());
        }
        let session = db.session();
        for value in &self.key {
            session.dialect().check_value(value)?;
        }
        let sql = exec::by_key_sql(session, M::DEF)?;
        exec::fetch_shape(session, M::DEF, &sql, &self.key, read_model::<M>).await
    }

    /// Runs the query and gives the row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none; as [`Find::exec`].
    pub async fn required<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        self.exec(db).await?.ok_or_else(|| not_found(M::DEF.name))
    }
}

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

/// Lines of a plan: the columns of each row, joined.
struct Lines(Vec<String>);

impl RowSink for Lines {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        use std::fmt::Write;
        let mut line = String::new();
        for index in 0..row.len() {
            let mut part = String::new();
            match row.get(index)? {
                crate::value::ValueRef::Text(text) => part.push_str(text),
                crate::value::ValueRef::Json(text) => part.push_str(&text),
                crate::value::ValueRef::I64(number) => {
                    let _ = write!(part, "{number}");
                }
                crate::value::ValueRef::U64(number) => {
                    let _ = write!(part, "{number}");
                }
                crate::value::ValueRef::F64(number) => {
                    let _ = write!(part, "{number}");
                }
                _ => {}
            }
            if !part.is_empty() {
                if !line.is_empty() {
                    line.push_str(" | ");
                }
                line.push_str(&part);
            }
        }
        self.0.push(line);
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.0.clear();
    }
}

/// Rows as they come. At most [`Rows::AHEAD`] are held in memory.
#[must_use = "streams do nothing until they are polled"]
pub struct Rows<'e, T> {
    shared: Arc<Mutex<Ahead<T>>>,
    run: Option<Pin<Box<dyn Future<Output = Result<()>> + Send + 'e>>>,
}

/// Rows that were read and not yet taken.
struct Ahead<T> {
    rows: VecDeque<T>,
    /// Whether a row was given away.
    taken: bool,
}

struct Feed<T> {
    shared: Arc<Mutex<Ahead<T>>>,
    read: Read<T>,
}

impl<T: Send> RowSink for Feed<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let mut ahead = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.rows.push_back((self.read)(&mut Columns::new(row))?);
        Ok(if ahead.rows.len() >= Rows::<T>::AHEAD { Flow::Pause } else { Flow::Continue })
    }
    fn restart(&mut self) {
        let mut ahead = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.rows.clear();
    }
    fn restartable(&self) -> bool {
        !self.shared.lock().unwrap_or_else(PoisonError::into_inner).taken
    }
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        let ahead = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.rows.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<T> Rows<'_, T> {
    /// The greatest number of rows read ahead.
    pub const AHEAD: usize = 64;
}

impl<'e, T: Send + 'static> Rows<'e, T> {
    fn new<M: Model, S>(session: &'e dyn Session, find: Find<M, T, S>) -> Self {
        let shared = Arc::new(Mutex::new(Ahead { rows: VecDeque::new(), taken: false }));
        let mut feed = Feed { shared: Arc::clone(&shared), read: find.read };
        let (select, includes) = (find.select, find.includes);
        let run = async move {
            if let Some(node) = includes.first() {
                return Err(Error::new(
                    ErrorKind::InvalidStatement,
                    format!("`{}` cannot be included in a stream; load it for batches of rows", node.relation.name),
                )
                .with_model(M::DEF.name));
            }
            let rendered = render(&Statement::Select(select), &**session.dialect())?;
            session.fetch(exec::query(&rendered), &mut feed).await.map_err(exec::about(M::DEF))?;
            Ok(())
        };
        Self { shared, run: Some(Box::pin(run)) }
    }

    /// The next row.
    ///
    /// # Errors
    /// As [`Find::exec`]; the stream ends after an error.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T: Send + 'static> Stream for Rows<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            {
                let mut ahead = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(row) = ahead.rows.pop_front() {
                    ahead.taken = true;
                    return Poll::Ready(Some(Ok(row)));
                }
            }
            let Some(run) = &mut self.run else { return Poll::Ready(None) };
            match run.as_mut().poll(cx) {
                Poll::Ready(result) => {
                    self.run = None;
                    if let Err(error) = result {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Poll::Pending => {
                    let ahead = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                    if ahead.rows.is_empty() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}

impl<T> std::fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("finished", &self.run.is_none()).finish_non_exhaustive()
    }
}
