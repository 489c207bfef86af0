//! Rows as they come, few of them in memory at a time.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::decoder::Decoder;
use crate::ast;
use crate::driver::{Executor, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{Columns, Flow, Row, RowSink};
use crate::run::{self, IncludeNode, Joins};

/// Rows as they come. At most [`Rows::AHEAD`] are held in memory.
///
/// Dropped before its end, a stream on a transaction leaves the rest to be read and thrown away before the transaction's
/// next statement; one on a database gives its connection up, unless the database is inside it.
#[must_use = "streams do nothing until they are polled"]
pub struct Rows<'e, T: Send + 'static> {
    shared: Arc<Mutex<Ahead<T>>>,
    /// What ended the query, given after the rows that came before it.
    error: Option<Error>,
    /// None where there is nothing to run.
    session: Option<Arc<dyn Session>>,
    run: Option<Pin<Box<dyn Future<Output = Result<()>> + Send>>>,
    started: bool,
    /// While there is a stream, its transaction cannot end.
    executor: PhantomData<&'e ()>,
    /// What it runs on, where it owns that; dropped after the rest.
    owned: Option<Box<dyn Executor>>,
}

#[cold]
fn takes_a_query(node: &IncludeNode) -> Error {
    let message = format!(
        "`{}` takes a query of its own, and the stream's is still running; load it for batches of rows, by `orm::load`",
        node.path()
    );
    Error::new(ErrorKind::InvalidStatement, message).with_model(node.parent.name)
}

/// Rows that were read and not yet taken.
struct Ahead<T> {
    rows: VecDeque<T>,
    /// Whether a row was given away.
    taken: bool,
    /// Whether the stream was dropped.
    gone: bool,
}

struct Feed<T, F> {
    shared: Arc<Mutex<Ahead<T>>>,
    read: F,
}

impl<T: Send + 'static, F: FnMut(&dyn Row) -> Result<T> + Send> RowSink for Feed<T, F> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let mut ahead = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.gone {
            return Ok(Flow::Stop);
        }
        ahead.rows.push_back((self.read)(row)?);
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
        if ahead.rows.is_empty() || ahead.gone { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<T: Send + 'static> Rows<'_, T> {
    /// The greatest number of rows read ahead.
    pub const AHEAD: usize = 64;
}

impl<'e, T: Send + 'static> Rows<'e, T> {
    /// The rows of a query; where there is no session for it, the reason is all that comes.
    pub(super) fn start(
        session: Result<Arc<dyn Session>>,
        select: Box<ast::Select>,
        includes: Vec<IncludeNode>,
        decoder: Decoder<T>,
    ) -> Self {
        match session {
            Ok(session) => Self::new(session, select, includes, decoder),
            Err(error) => Self::ended(Some(error)),
        }
    }

    fn ended(error: Option<Error>) -> Self {
        let shared = Arc::new(Mutex::new(Ahead { rows: VecDeque::new(), taken: false, gone: false }));
        Self { shared, error, session: None, run: None, started: false, executor: PhantomData, owned: None }
    }

    fn new(
        session: Arc<dyn Session>,
        mut select: Box<ast::Select>,
        includes: Vec<IncludeNode>,
        decoder: Decoder<T>,
    ) -> Self {
        let session = session.reading().filter(|_| select.lock.is_none()).unwrap_or(session);
        let on = Arc::clone(&session);
        let mut rows = Self::ended(None);
        let ahead = Arc::clone(&rows.shared);
        let run = async move {
            if includes.is_empty() {
                let mut feed = Feed { shared: ahead, read: |row: &dyn Row| (decoder.read)(&mut Columns::new(row)) };
                return run::fetch_into(&*on, *select, &mut feed).await;
            }
            let new_set = decoder.start(&mut select, &includes)?;
            let mut joins = Joins::of(&mut select, &includes)?;
            if let Some(node) = joins.separate() {
                return Err(takes_a_query(node));
            }
            let read = |row: &dyn Row| {
                let mut set = new_set();
                joins.sink(&mut *set).row(row)?;
                joins.settle(&mut *set)?;
                let row = decoder.finish(set, &includes)?.pop();
                row.ok_or_else(|| Error::new(ErrorKind::Decode, "internal error: no row after decoding"))
            };
            run::fetch_into(&*on, *select, &mut Feed { shared: ahead, read }).await
        };
        rows.session = Some(session);
        rows.run = Some(Box::pin(run));
        rows
    }

    /// Keeps what it runs on.
    pub(super) fn keeping(mut self, executor: Box<dyn Executor>) -> Self {
        self.owned = Some(executor);
        self
    }

    /// The next row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut users = User::find_all().order_by(User::ID).stream(&db);
    /// let first = users.next().await.unwrap()?;
    /// assert_eq!(first.id, 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`Find::exec`](super::Find::exec); the stream ends after an error.
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
            self.started = true;
            let Some(run) = &mut self.run else { return Poll::Ready(self.error.take().map(Err)) };
            match run.as_mut().poll(cx) {
                Poll::Ready(result) => {
                    self.run = None;
                    self.error = result.err();
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

impl<T: Send + 'static> Drop for Rows<'_, T> {
    fn drop(&mut self) {
        let Some(run) = self.run.take().filter(|_| self.started) else { return };
        let Some(session) = self.session.take() else { return };
        {
            let mut ahead = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            ahead.gone = true;
            ahead.rows.clear();
        }
        // An error has nobody to be told to; the transaction notices it.
        session.take_over(Box::pin(async move { drop(run.await) }));
    }
}

impl<T: Send + 'static> std::fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("finished", &self.run.is_none()).finish_non_exhaustive()
    }
}
