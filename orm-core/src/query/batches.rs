//! All rows in batches, in the order of their primary key: [`Find::in_batches`], and the parts of a table that updates and removals in
//! batches are about.

use super::find::Find;
use super::paged::read;
use crate::ast::{self, SelectList, Visibility};
use crate::driver::{Reading, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef};
use crate::row::Discard;
use crate::run::{self, Gate, Keyset, Side, Through};
use crate::value::Value;

/// All rows of a finder, some at a time: [`Find::in_batches`].
#[must_use = "batches do nothing until they are asked for: `.next(&db)`, `.each(&db, ..)`"]
pub struct Batches<M, Out = M, S = M> {
    find: Find<M, Out, S>,
    size: u32,
    /// The key of the last row that was given.
    last: Option<Vec<Value>>,
    done: bool,
}

impl<M, Out, S> std::fmt::Debug for Batches<M, Out, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").field("find", &self.find).field("size", &self.size).finish_non_exhaustive()
    }
}

impl<M: Model, Out: Send + 'static, S> Find<M, Out, S> {
    /// Gives all rows in batches of so many, in the order of their primary key. Each batch is a query of its own that goes on behind
    /// the last row of the one before, so no row comes twice, few are in memory, and neither a transaction nor a connection is
    /// held meanwhile.
    ///
    /// Rows that are created meanwhile come as well where their keys are further on.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut batches = User::find_all().include(User::POSTS).in_batches(2);
    /// let mut sizes = Vec::new();
    /// while let Some(users) = batches.next(&db).await? {
    ///     sizes.push(users.len());
    /// }
    /// assert_eq!(sizes, [2, 1]);
    /// # Ok(()) });
    /// ```
    pub fn in_batches(self, rows: u32) -> Batches<M, Out, S> {
        Batches { find: self, size: rows, last: None, done: false }
    }
}

impl<M: Model, Out: Send + 'static, S> Batches<M, Out, S> {
    /// The next batch; `None` when there are no more rows.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] for a finder with an order, a limit, groups or joins, and for models without a primary key; as
    /// [`Find::exec`]. After an error, the same batch is read again.
    pub async fn next<E: Runs<M> + ?Sized>(&mut self, db: &E) -> Result<Option<Vec<Out>>> {
        if self.done {
            return Ok(None);
        }
        let find = self.find.clone();
        let on = Reading::of_select(db.session(), &find.select);
        let session = on.session();
        check(&find.select, self.size)?;
        let mut keyset = Keyset::of(&find.select, session.dialect().capabilities())?;
        let Find { mut select, includes, decoder, .. } = find;
        select.limit = Some(self.size.into());
        if let Some(last) = &self.last {
            select.filter.push(keyset.side(last, Side::After, false));
        }
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let found = read(session, select, &includes, decoder, &mut keyset, false, (size, None)).await?;
        self.done = found.rows.len() < size;
        if let Some(last) = found.keys.last().and_then(|key| keyset.unpack(key)) {
            self.last = Some(last);
        }
        Ok(if found.rows.is_empty() { None } else { Some(found.rows) })
    }

    /// Calls a function with each batch, one after the other, until one fails; gives the number of rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut emails = Vec::new();
    /// let count = User::find_all()
    ///     .in_batches(2)
    ///     .each(&db, async |users| {
    ///         emails.extend(users.into_iter().map(|user| user.email));
    ///         Ok(())
    ///     })
    ///     .await?;
    /// assert_eq!((count, emails.len()), (3, 3));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`next`](Self::next); those of the function.
    pub async fn each<E: Runs<M> + ?Sized>(
        mut self,
        db: &E,
        mut of: impl AsyncFnMut(Vec<Out>) -> Result<()>,
    ) -> Result<u64> {
        let mut count = 0;
        while let Some(rows) = self.next(db).await? {
            count += rows.len() as u64;
            of(rows).await?;
        }
        Ok(count)
    }
}

/// An error for a query that cannot be read by its key.
fn check(select: &ast::Select, size: u32) -> Result<()> {
    let refused =
        |why: &str| Err(Error::new(ErrorKind::InvalidStatement, why.to_owned()).with_model(select.model.name));
    if size == 0 {
        return refused("a batch has at least one row");
    }
    if select.model.primary_key.is_empty() {
        return refused("batches go by the primary key, which the model does not have");
    }
    if !select.order_by.is_empty() || select.limit.is_some() || select.offset.is_some() {
        return refused(
            "batches are all rows in the order of the primary key: leave `order_by`, `limit` and `offset` out",
        );
    }
    if select.distinct || !select.group_by.is_empty() || !select.having.is_empty() || !select.joins.is_empty() {
        return refused("batches are of rows: leave groups, `distinct` and joins out, and filter by relations instead");
    }
    Ok(())
}

/// The parts of a table that a statement is run for, one after the other.
pub(super) struct Ranges {
    select: ast::Select,
    keyset: Keyset,
    size: u32,
    last: Option<Vec<Value>>,
    done: bool,
}

impl Ranges {
    pub(super) fn new(
        session: &dyn Session,
        def: &'static ModelDef,
        filter: &[ast::Expr],
        visibility: Visibility,
        size: u32,
    ) -> Result<Self> {
        let mut select = ast::Select::new(def);
        (select.filter, select.visibility) = (filter.to_vec(), visibility);
        check(&select, size)?;
        let keyset = Keyset::of(&select, session.dialect().capabilities())?;
        select.list = SelectList::Exprs(Vec::new());
        Ok(Self { select, keyset, size, last: None, done: false })
    }

    /// The conditions of the next part.
    pub(super) async fn next(&mut self, session: &dyn Session) -> Result<Option<Vec<ast::Expr>>> {
        if self.done {
            return Ok(None);
        }
        let mut conditions: Vec<ast::Expr> =
            self.last.iter().map(|last| self.keyset.side(last, Side::After, false)).collect();
        let mut select = self.select.clone();
        self.keyset.read_by(&mut select, false);
        select.filter.extend(conditions.iter().cloned());
        (select.limit, select.offset) = (Some(1), Some(u64::from(self.size) - 1));
        let mut gate = Gate::new(&self.keyset, 1, None);
        run::fetch_into(session, select, &mut Through { gate: &mut gate, sink: &mut Discard }).await?;
        let end = gate.keys.pop().and_then(|key| self.keyset.unpack(&key));
        match &end {
            Some(end) => conditions.push(self.keyset.side(end, Side::From, true)),
            // What is left is less than a batch.
            None => self.done = true,
        }
        self.last = end;
        Ok(Some(conditions))
    }
}
