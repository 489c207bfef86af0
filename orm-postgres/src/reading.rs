//! The answer to a statement, pushed into a sink row by row.

use std::task::{Context, Poll};

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use orm_core::Result;
use orm_core::driver::Done;
use orm_core::row::{Flow, RowSink};
use sqlx::Either;
use sqlx::postgres::{PgQueryResult, PgRow};

use crate::row::{Layout, PostgresRow};

pub(crate) type Answers<'c> = BoxStream<'c, sqlx::Result<Either<PgQueryResult, PgRow>>>;

/// The answer to a statement, on its way into a sink.
pub(crate) struct Reading<'c> {
    answers: Answers<'c>,
    layout: &'c mut Layout,
    /// Whether there was a row.
    seen: &'c mut bool,
    rows: usize,
    done: Done,
}

/// Why reading stopped.
pub(crate) enum Event {
    /// There is nothing more.
    End,
    /// Other tasks get their turn: sqlx never yields while there is something to read.
    Turn,
    /// The sink asks for a pause.
    Pause,
    /// The sink wants no more rows.
    Enough(Result<()>),
}

impl<'c> Reading<'c> {
    /// Rows between two looks at the task's budget, which is 128 of them.
    const TURN: usize = 16;

    pub(crate) fn new(answers: Answers<'c>, layout: &'c mut Layout, seen: &'c mut bool) -> Self {
        Self { answers, layout, seen, rows: 0, done: Done::default() }
    }

    /// Reads until there is something to say. Rows stay where the client puts them: a loop of a future moves each one
    /// several times, which takes longer than to decode it.
    pub(crate) fn poll(&mut self, sink: &mut dyn RowSink, context: &mut Context<'_>) -> Poll<sqlx::Result<Event>> {
        loop {
            let answer = self.answers.as_mut().poll_next(context);
            let row = match &answer {
                Poll::Ready(Some(Ok(Either::Right(row)))) => row,
                Poll::Ready(Some(Ok(Either::Left(result)))) => {
                    self.done.rows_affected += result.rows_affected();
                    continue;
                }
                _ => return answer.map(|end| end.transpose().map(|_| Event::End)),
            };
            if !*self.seen {
                self.layout.resolve(row);
                *self.seen = true;
            }
            self.rows += 1;
            let said = sink.row(&PostgresRow::new(row, self.layout));
            self.layout.next();
            match said {
                Ok(Flow::Continue) if self.rows.is_multiple_of(Self::TURN) => return Poll::Ready(Ok(Event::Turn)),
                Ok(Flow::Continue) => {}
                Ok(Flow::Pause) => return Poll::Ready(Ok(Event::Pause)),
                Ok(Flow::Stop) => return Poll::Ready(Ok(Event::Enough(Ok(())))),
                Err(error) => return Poll::Ready(Ok(Event::Enough(Err(error)))),
            }
        }
    }

    /// Reads the rest and forgets it, up to so many rows. Whether the end was reached.
    pub(crate) async fn drain(&mut self, limit: Option<usize>) -> sqlx::Result<bool> {
        let mut drained = 0;
        while let Some(answer) = self.answers.try_next().await? {
            match answer {
                Either::Left(result) => self.done.rows_affected += result.rows_affected(),
                Either::Right(_) => {
                    drained += 1;
                    if limit.is_some_and(|limit| drained > limit) {
                        return Ok(false);
                    }
                    tokio::task::consume_budget().await;
                }
            }
        }
        Ok(true)
    }

    /// What the statement did.
    pub(crate) fn done(self) -> Done {
        self.done
    }
}
