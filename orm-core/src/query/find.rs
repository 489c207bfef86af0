//! [`Find`]: rows by filter, in an order, with what to read from each and which relations to load.

use std::any::Any;
use std::marker::PhantomData;

use super::Rows;
use super::explain::Lines;
use crate::ast::{self, Deleted, JoinKind, ListItems, SelectList, Statement};
use crate::dialect::render;
use crate::driver::{Runs, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Free, InList, IntoCondition, Operand, Select};
use crate::model::{Model, read_model};
use crate::relation::{JoinBy, Projection, SelectItems, projected_set};
use crate::row::{Decode, Read};
use crate::run::{self, IncludeNode, IntoInclude, ModelSet, RowSet, include_into, push_node};
use crate::value::Scalar;

/// Finds rows: `User::find_all()`. `Out` is what each row becomes, `S` what its expressions may mention.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Find<M, Out = M, S = M> {
    pub(super) select: Box<ast::Select>,
    pub(super) includes: Vec<IncludeNode>,
    pub(super) read: Read<Out>,
    pub(super) load: Load<Out>,
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
            load: Load::by(|| Box::new(ModelSet::<M>::new(Vec::new()))),
            _types: PhantomData,
        }
    }

    /// Loads relations into the rows' relation fields: one query per to-many relation, whatever the number of rows.
    pub fn include<I: IntoInclude<M>>(mut self, relations: I) -> Self {
        include_into(&mut self.select, &mut self.includes, relations);
        self
    }
}

impl<M: Model> Default for Find<M> {
    fn default() -> Self {
        Self::new()
    }
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
        for node in &mut self.includes {
            node.refused = Some("is included into rows that are not read whole; nest it in the projection instead");
        }
        for node in nodes {
            push_node(&mut self.select, &mut self.includes, node);
        }
        self.becoming(|columns| P::grow(P::read(columns)?), Load::by(projected_set::<M, P>))
    }

    /// Joins another model: over a relation, `.join(User::POSTS)`, or on a condition,
    /// `.join::<Post>(Post::USER_ID.free().eq(User::ID.free()))`. From here on expressions of every joined model are
    /// accepted, and checked when the statement runs. Rows without a partner are left out; rows with several are there
    /// several times.
    pub fn join<J: Model>(self, by: impl JoinBy<S, J>) -> Find<M, Out, Free> {
        self.add_join(JoinKind::Inner, by)
    }

    /// As [`join`](Self::join), keeping rows without a partner; select its columns with `.nullable()`.
    pub fn left_join<J: Model>(self, by: impl JoinBy<S, J>) -> Find<M, Out, Free> {
        self.add_join(JoinKind::Left, by)
    }

    fn add_join<J: Model>(mut self, kind: JoinKind, by: impl JoinBy<S, J>) -> Find<M, Out, Free> {
        by.push(kind, &mut self.select.joins);
        Find { select: self.select, includes: self.includes, read: self.read, load: self.load, _types: PhantomData }
    }

    /// Reads rows of a joined model besides.
    pub(crate) fn with_rows_of<J: Model>(mut self) -> Find<M, (M, J), S> {
        self.select.list = SelectList::ModelAnd(J::DEF.columns.iter().map(ast::Expr::Column).collect());
        self.reading(|columns| Ok((read_model(columns)?, read_model(columns)?)))
    }

    fn reading<T: Send + 'static>(self, read: Read<T>) -> Find<M, T, S> {
        self.becoming(read, Load::nothing())
    }

    /// Gives each row as something else.
    pub(super) fn becoming<T>(self, read: Read<T>, load: Load<T>) -> Find<M, T, S> {
        Find { select: self.select, includes: self.includes, read, load, _types: PhantomData }
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
        super::aggregate::count_rows_of(db.session(), &self.select).await
    }

    /// Runs the query and gives rows as they come, holding few in memory. The connection is in use until the stream
    /// ends or is dropped; on a transaction, its other statements wait until then.
    ///
    /// To-one relations can be included: they are read by the same query. Relations that take a query of their own cannot;
    /// load them for batches of rows, with [`load`](crate::relation::load).
    ///
    /// ```ignore
    /// let mut users = User::find_all().stream(&db);
    /// while let Some(user) = users.next().await { println!("{}", user?.name); }
    /// ```
    pub fn stream<'e, E: Runs<M> + ?Sized>(self, db: &'e E) -> Rows<'e, Out> {
        Rows::new(db, self)
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
        session.fetch(run::query(&rendered), &mut lines).await.map_err(run::about(M::DEF))?;
        Ok(lines.0)
    }
}

/// Runs a query, then loads its relations on the same connection.
pub(super) async fn run<Out: Send + 'static>(
    session: &dyn Session,
    select: ast::Select,
    includes: &[IncludeNode],
    read: Read<Out>,
    load: Load<Out>,
) -> Result<Vec<Out>> {
    let def = select.model;
    if includes.is_empty() {
        if is_plain(&select) {
            let sql = session
                .shapes()
                .get(def, Shape::All, || Ok(render(&Statement::Select(Box::new(select)), &**session.dialect())?.sql))?;
            return run::fetch_all_shape(session, def, &sql, read).await;
        }
        return run::fetch_all(session, def, &Statement::Select(Box::new(select)), read).await;
    }
    let pinned = session.pin().await?;
    let mut select = select;
    let mut set = load.start(&mut select, includes)?();
    run::fetch_with(&*pinned, select, includes, &mut *set).await?;
    load.finish(set, includes).map_err(run::about(def))
}

/// Makes the rows of a set what they become.
type Take<Out> = fn(Box<dyn Any + Send>, &[IncludeNode]) -> Result<Vec<Out>>;

/// How rows are read together with their relations.
pub(super) struct Load<Out> {
    /// An empty set of rows; `None` where rows have no place for related ones.
    set: Option<fn() -> Box<dyn RowSet>>,
    /// What the rows of a set become.
    take: Take<Out>,
}

impl<Out> Clone for Load<Out> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Out> Copy for Load<Out> {}

impl<Out: 'static> Load<Out> {
    /// By sets whose rows are the result.
    fn by(set: fn() -> Box<dyn RowSet>) -> Self {
        Self { set: Some(set), take: |rows, _| Ok(vec_of(rows)) }
    }

    /// By sets whose rows become the result.
    pub(super) fn with(set: fn() -> Box<dyn RowSet>, take: Take<Out>) -> Self {
        Self { set: Some(set), take }
    }

    /// Not at all.
    fn nothing() -> Self {
        Self { set: None, take: |_, _| Ok(Vec::new()) }
    }

    /// An empty set, whose keys the query reads as well.
    pub(super) fn start(self, select: &mut ast::Select, includes: &[IncludeNode]) -> Result<fn() -> Box<dyn RowSet>> {
        let Some(new_set) = self.set else {
            let name = includes.first().map_or("", |node| node.relation.name);
            let message =
                format!("`{name}` is loaded into whole models; leave `select` out or use a nested projection");
            return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(select.model.name));
        };
        if let SelectList::Exprs(list) = &mut select.list {
            list.extend(new_set().keys().iter().copied().map(ast::Expr::Column));
        }
        Ok(new_set)
    }

    /// The rows of a set.
    pub(super) fn finish(self, set: Box<dyn RowSet>, includes: &[IncludeNode]) -> Result<Vec<Out>> {
        (self.take)(set.into_rows()?, includes)
    }
}

/// Rows of a type that is known.
pub(super) fn vec_of<T: 'static>(rows: Box<dyn Any + Send>) -> Vec<T> {
    rows.downcast().map(|rows| *rows).unwrap_or_default()
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

/// NULL where the sub-query has no row.
impl<S, M: Model, Q, T: Scalar> Operand<S, T> for Find<M, T, Q> {
    type Type = Option<T>;
    fn into_operand(self) -> ast::Expr {
        ast::Expr::Subquery(self.into_select())
    }
}

impl<S, M: Model, Q, T: Scalar> Operand<S, T> for Find<M, Option<T>, Q> {
    type Type = Option<T>;
    fn into_operand(self) -> ast::Expr {
        ast::Expr::Subquery(self.into_select())
    }
}

impl<S, M: Model, Q, T: Scalar> InList<S, T> for Find<M, T, Q> {
    fn into_items(self) -> ListItems {
        ListItems::Select(self.into_select())
    }
}

impl<S, M: Model, Q, T: Scalar> InList<S, T> for Find<M, Option<T>, Q> {
    fn into_items(self) -> ListItems {
        ListItems::Select(self.into_select())
    }
}
