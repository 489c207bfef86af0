//! Pages by cursor: so many rows after or before the place of one, [`Find::first`] and [`Find::last`]. What a cursor is made of is
//! in `cursor`; orders, conditions and keys are in `run::keyset`.

use super::aggregate::{count_rows, fetch_count};
#[cfg(feature = "signed-cursors")]
use super::cursor::CursorKey;
use super::cursor::{Codec, Cursor, IntoCursor};
use super::decoder::Decoder;
use super::find::Find;
use super::page::snapshot;
use super::refine::{Refine, RefineRows};
use crate::ast::{self, SelectList, Statement};
use crate::dialect::{Dialect, Rendered, render_select};
use crate::driver::{Reading, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::row::Collect;
use crate::run::{self, Gate, IncludeNode, Keyset, Side, Through};
use crate::value::Value;

/// So many rows after or before a cursor: `User::find_all().order_by(User::NAME).first(20).after(cursor)`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Paged<M, Out = M, S = M> {
    find: Find<M, Out, S>,
    size: u32,
    backward: bool,
    after: Option<Cursor>,
    before: Option<Cursor>,
    total: bool,
    #[cfg(feature = "signed-cursors")]
    key: Option<CursorKey>,
}

/// A page of rows, each with its cursor, in the shape of Relay's connections. With the feature `serde` it is JSON of that shape:
/// `edges`, `pageInfo` and, where it was asked for, `totalCount`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct CursorPage<T> {
    /// The rows with their cursors, in the order of the query whichever way it was paged.
    pub edges: Vec<Edge<T>>,
    /// What is around them.
    pub page_info: PageInfo,
    /// The number of all rows of the query, where it was asked for: [`Paged::with_total`].
    #[cfg_attr(feature = "serde", serde(rename = "totalCount", default, skip_serializing_if = "Option::is_none"))]
    pub total: Option<u64>,
}

/// A row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Edge<T> {
    /// Its place.
    pub cursor: Cursor,
    /// The row.
    pub node: T,
}

/// What is around a page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct PageInfo {
    /// Whether there are rows after the page.
    pub has_next_page: bool,
    /// Whether there are rows before the page.
    pub has_previous_page: bool,
    /// The cursor of the first row; `None` without rows.
    pub start_cursor: Option<Cursor>,
    /// The cursor of the last row; `None` without rows.
    pub end_cursor: Option<Cursor>,
}

impl<T> CursorPage<T> {
    /// The rows.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &T> {
        self.edges.iter().map(|edge| &edge.node)
    }

    /// The rows without their cursors.
    pub fn into_nodes(self) -> Vec<T> {
        self.edges.into_iter().map(|edge| edge.node).collect()
    }

    /// A page of what a function makes of each row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let page = User::find_all().order_by(User::ID).first(2).exec(&db).await?.map(|user| user.email);
    /// assert_eq!(page.into_nodes(), ["ada@example.com", "bob@example.com"]);
    /// # Ok(()) });
    /// ```
    pub fn map<U>(self, mut of: impl FnMut(T) -> U) -> CursorPage<U> {
        let edges = self.edges.into_iter().map(|edge| Edge { cursor: edge.cursor, node: of(edge.node) }).collect();
        CursorPage { edges, page_info: self.page_info, total: self.total }
    }
}

impl<M: Model, Out: Send + 'static, S> Find<M, Out, S> {
    /// Gives the first `rows` rows, or, with [`after`](Paged::after), those that follow the place of a cursor. Unlike pages by
    /// offset, the next page costs what the first did, and rows that come and go meanwhile neither repeat nor leave out others.
    ///
    /// The order is the query's. Where rows may be alike in it, the primary key follows by itself.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let newest = || Post::find_all().filter(Post::VIEWS.ge(0)).order_by(Post::VIEWS.desc());
    /// let page = newest().first(2).exec(&db).await?;
    /// assert!(page.page_info.has_next_page && !page.page_info.has_previous_page);
    ///
    /// let next = newest().first(2).after(page.page_info.end_cursor).exec(&db).await?;
    /// assert_eq!(next.nodes().map(|post| post.views).collect::<Vec<_>>(), [0]);
    /// assert!(!next.page_info.has_next_page && next.page_info.has_previous_page);
    /// # Ok(()) });
    /// ```
    pub fn first(self, rows: u32) -> Paged<M, Out, S> {
        Paged::new(self, rows, false)
    }

    /// Gives the last `rows` rows, or, with [`before`](Paged::before), those that come just before the place of a cursor. They are in
    /// the order of the query all the same.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let page = User::find_all().order_by(User::ID).last(2).exec(&db).await?;
    /// let before = User::find_all().order_by(User::ID).last(2).before(page.page_info.start_cursor).exec(&db).await?;
    /// assert_eq!(before.nodes().map(|user| user.id).collect::<Vec<_>>(), [1]);
    /// # Ok(()) });
    /// ```
    pub fn last(self, rows: u32) -> Paged<M, Out, S> {
        Paged::new(self, rows, true)
    }
}

impl<M, Out, S> Clone for Paged<M, Out, S> {
    fn clone(&self) -> Self {
        Self {
            find: self.find.clone(),
            size: self.size,
            backward: self.backward,
            after: self.after.clone(),
            before: self.before.clone(),
            total: self.total,
            #[cfg(feature = "signed-cursors")]
            key: self.key.clone(),
        }
    }
}

/// The SQL without the conditions of the cursors, in the standard's form.
impl<M, Out, S> std::fmt::Debug for Paged<M, Out, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} -- {} {}", self.find, if self.backward { "last" } else { "first" }, self.size)
    }
}

impl<M: Model, Out, S> Refine for Paged<M, Out, S> {
    type Scope = S;
    fn __select(&mut self) -> &mut ast::Select {
        &mut self.find.select
    }
}

impl<M: Model, Out, S> RefineRows for Paged<M, Out, S> {}

impl<M, Out, S> Paged<M, Out, S> {
    fn new(find: Find<M, Out, S>, size: u32, backward: bool) -> Self {
        Self {
            find,
            size,
            backward,
            after: None,
            before: None,
            total: false,
            #[cfg(feature = "signed-cursors")]
            key: None,
        }
    }

    /// Only rows that come after the place of a cursor; `None` is the beginning. The row itself need not be there any more.
    pub fn after(mut self, cursor: impl IntoCursor) -> Self {
        self.after = cursor.into_cursor();
        self
    }

    /// Only rows that come before the place of a cursor; `None` is the end.
    pub fn before(mut self, cursor: impl IntoCursor) -> Self {
        self.before = cursor.into_cursor();
        self
    }

    /// Counts all rows of the query as well, in the same snapshot.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let page = User::find_all().order_by(User::ID).first(2).with_total().exec(&db).await?;
    /// assert_eq!((page.edges.len(), page.total), (2, Some(3)));
    /// # Ok(()) });
    /// ```
    pub fn with_total(mut self) -> Self {
        self.total = true;
        self
    }

    /// Signs the cursors that are given, and takes none that are not signed. See [`CursorKey`].
    #[cfg(feature = "signed-cursors")]
    pub fn signed(mut self, key: &CursorKey) -> Self {
        self.key = Some(key.clone());
        self
    }
}

impl<M: Model, Out: Send + 'static, S> Paged<M, Out, S> {
    /// The SQL and binds for a dialect.
    ///
    /// # Errors
    /// What the dialect cannot express; [`ErrorKind::InvalidCursor`] for cursors of other queries.
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        let (mut plan, mut select) = (self.plan(dialect)?, self.find.select.clone());
        plan.read_by(&mut select);
        render_select(&select, dialect)
    }

    /// The database's plan for the query, one line per row of its answer.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn explain<E: Runs<M> + ?Sized>(mut self, db: &E) -> Result<Vec<String>> {
        let mut plan = self.plan(&**db.session().dialect())?;
        plan.read_by(&mut self.find.select);
        self.find.explain(db).await
    }

    /// Reads the page.
    ///
    /// One query gives the rows. Whether there are rows on the other side of the cursor is asked by a second one only when the
    /// cursor's row is not there any more.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCursor`] for a cursor that is broken or of another model or order;
    /// [`ErrorKind::InvalidStatement`] for groups, joins, offsets and orders that have no place; as [`Find::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<CursorPage<Out>> {
        let on = Reading::of_select(db.session(), &self.find.select);
        let session = on.session();
        let plan = self.plan(&**session.dialect())?;
        if !self.total {
            return plan.page(session, self.find, None).await;
        }
        let count = count_rows(&self.find.select);
        if session.in_transaction() {
            let total = fetch_count(session, count).await?;
            return plan.page(session, self.find, Some(total)).await;
        }
        let unit = snapshot(session).await?;
        let total = fetch_count(&*unit, count).await?;
        let page = plan.page(&*unit, self.find, Some(total)).await?;
        unit.commit().await?;
        Ok(page)
    }

    /// What is known before anything is sent.
    fn plan(&self, dialect: &dyn Dialect) -> Result<Plan> {
        let select = &self.find.select;
        refuse(select)?;
        let keyset = Keyset::of(select, dialect.capabilities())?;
        let codec = Codec {
            signature: keyset.signature(dialect)?,
            model: M::DEF.name,
            order: keyset.shown(),
            #[cfg(feature = "signed-cursors")]
            key: self.key.clone(),
        };
        let bound = |cursor: &Option<Cursor>| match cursor {
            None => Ok(None),
            Some(cursor) => {
                let bytes = codec.read(cursor)?;
                let values = keyset.unpack(&bytes).ok_or_else(|| codec.broken())?;
                Ok(Some(Bound { bytes, values }))
            }
        };
        let (after, before) = (bound(&self.after)?, bound(&self.before)?);
        let (from, to) = if self.backward { (before, after) } else { (after, before) };
        Ok(Plan { keyset, codec, size: self.size, backward: self.backward, from, to })
    }
}

/// The place of a cursor.
struct Bound {
    bytes: Vec<u8>,
    values: Vec<Value>,
}

/// How a page is read.
struct Plan {
    keyset: Keyset,
    codec: Codec,
    size: u32,
    backward: bool,
    /// Where the rows begin, in the direction in which they are read.
    from: Option<Bound>,
    /// Where they end.
    to: Option<Bound>,
}

impl Plan {
    /// Turns a query into that of the page.
    fn read_by(&mut self, select: &mut ast::Select) {
        self.narrow(select);
        self.keyset.read_by(select, self.backward);
    }

    /// Gives a query the bounds, and one row more than wanted, two where the first may be the cursor's.
    fn narrow(&self, select: &mut ast::Select) {
        select.limit = Some(u64::from(self.size) + if self.from.is_some() { 2 } else { 1 });
        if let Some(from) = &self.from {
            select.filter.push(self.keyset.side(&from.values, Side::From, self.backward));
        }
        if let Some(to) = &self.to {
            select.filter.push(self.keyset.side(&to.values, Side::After, !self.backward));
        }
    }

    async fn page<M: Model, Out: Send + 'static, S>(
        mut self,
        session: &dyn Session,
        find: Find<M, Out, S>,
        total: Option<u64>,
    ) -> Result<CursorPage<Out>> {
        let Find { mut select, includes, decoder, .. } = find;
        let plain = select.clone();
        self.narrow(&mut select);
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let from = self.from.as_ref().map(|from| from.bytes.clone());
        let found = read(session, select, &includes, decoder, &mut self.keyset, self.backward, (size, from)).await?;
        let Found { mut rows, keys, met, more } = found;
        let mut keys: Vec<Cursor> = keys.iter().map(|key| self.codec.write(key)).collect();
        if self.backward {
            rows.reverse();
            keys.reverse();
        }
        let behind = match &self.from {
            Some(from) => met || self.exists(session, &plain, from, !self.backward).await?,
            None => false,
        };
        let ahead = match &self.to {
            Some(to) => more || self.exists(session, &plain, to, self.backward).await?,
            None => more,
        };
        let (has_next_page, has_previous_page) = if self.backward { (behind, ahead) } else { (ahead, behind) };
        let (start_cursor, end_cursor) = (keys.first().cloned(), keys.last().cloned());
        let page_info = PageInfo { has_next_page, has_previous_page, start_cursor, end_cursor };
        let edges = keys.into_iter().zip(rows).map(|(cursor, node)| Edge { cursor, node }).collect();
        Ok(CursorPage { edges, page_info, total })
    }

    /// Whether the query has the row of a cursor, or rows on that side of it.
    async fn exists(&self, session: &dyn Session, plain: &ast::Select, at: &Bound, backward: bool) -> Result<bool> {
        let mut select = Box::new(plain.clone());
        select.list = SelectList::One;
        select.order_by.clear();
        (select.lock, select.limit) = (None, Some(1));
        select.filter.push(self.keyset.side(&at.values, Side::From, backward));
        let def = select.model;
        Ok(run::fetch_first(session, def, Statement::Select(select), |_| Ok(())).await?.is_some())
    }
}

/// Rows of a query in the order of a keyset.
pub(super) struct Found<Out> {
    pub(super) rows: Vec<Out>,
    /// Their keys.
    pub(super) keys: Vec<Vec<u8>>,
    /// Whether the row was there that the rows begin from.
    met: bool,
    /// Whether there were more.
    more: bool,
}

/// Reads so many rows in the order of a keyset, with their relations; the row that they begin from is left out.
pub(super) async fn read<Out: Send + 'static>(
    session: &dyn Session,
    mut select: Box<ast::Select>,
    includes: &[IncludeNode],
    decoder: Decoder<Out>,
    keyset: &mut Keyset,
    backward: bool,
    (size, from): (usize, Option<Vec<u8>>),
) -> Result<Found<Out>> {
    if includes.is_empty() {
        keyset.read_by(&mut select, backward);
        let (mut gate, mut rows) = (Gate::new(keyset, size, from), Vec::new());
        let mut sink = Collect::new(&mut rows, decoder.read);
        run::fetch_into(session, *select, &mut Through { gate: &mut gate, sink: &mut sink }).await?;
        let Gate { keys, met, more, .. } = gate;
        return Ok(Found { rows, keys, met, more });
    }
    let def = select.model;
    let pinned = session.pin().await?;
    let mut set = decoder.start(&mut select, includes)?();
    keyset.read_by(&mut select, backward);
    let mut gate = Gate::new(keyset, size, from);
    run::fetch_gated(&*pinned, *select, includes, &mut *set, &mut gate).await?;
    let Gate { keys, met, more, .. } = gate;
    let rows = decoder.finish(set, includes).map_err(run::about(def))?;
    Ok(Found { rows, keys, met, more })
}

/// An error for a query whose rows have no places.
fn refuse(select: &ast::Select) -> Result<()> {
    let why = if select.distinct || !select.group_by.is_empty() || !select.having.is_empty() {
        "is one of rows, and not of groups or of different rows: leave `group_by` and `distinct` out"
    } else if !select.joins.is_empty() {
        "cannot be of joined rows, of which there may be several for each row of the model: filter by the relation, as in \
         `.filter(User::POSTS.any(..))`, and include it"
    } else if select.offset.is_some() || select.limit.is_some() {
        "begins at its cursor and has the number of rows that `first` or `last` says: leave `limit` and `offset` out"
    } else {
        return Ok(());
    };
    let error = Error::new(ErrorKind::InvalidStatement, format!("a page by cursor {why}"));
    Err(error.with_model(select.model.name))
}
