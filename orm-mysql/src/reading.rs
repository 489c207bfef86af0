//! The answer to a statement, pushed into a sink row by row.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use orm_core::Result;
use orm_core::driver::Done;
use orm_core::row::{Flow, RowSink};
use sqlx::Either;
use sqlx::mysql::{MySqlQueryResult, MySqlRow};

use crate::error;
use crate::row::{Kind, MysqlRow, Protocol, resolve};

pub(crate) type Answers<'c> = BoxStream<'c, sqlx::Result<Either<MySqlQueryResult, MySqlRow>>>;

/// The answer to a statement, on its way into a sink.
pub(crate) struct Reading<'c> {
    answers: Answers<'c>,
    kinds: &'c mut Vec<Kind>,
    protocol: Protocol,
    /// The next row is the first of its set.
    new_set: bool,
    rows: u64,
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
    const TURN: u64 = 16;

    pub(crate) fn new(answers: Answers<'c>, kinds: &'c mut Vec<Kind>, protocol: Protocol) -> Self {
        Self { answers, kinds, protocol, new_set: true, rows: 0, done: Done::default() }
    }

    /// Reads until there is something to say. Rows stay where the client puts them: a loop of a future moves each one
    /// several times, which takes longer than to decode it.
    pub(crate) fn poll(&mut self, sink: &mut dyn RowSink, context: &mut Context<'_>) -> Poll<sqlx::Result<Event>> {
        loop {
            let answer = self.answers.as_mut().poll_next(context);
            let row = match &answer {
                Poll::Ready(Some(Ok(Either::Right(row)))) => row,
                Poll::Ready(Some(Ok(Either::Left(end)))) => {
                    // After INSERT .. RETURNING, MariaDB counts nothing but the rows it sent.
                    self.done.rows_affected += end.rows_affected();
                    if end.last_insert_id() != 0 {
                        self.done.last_insert_id = Some(end.last_insert_id().cast_signed());
                    }
                    self.new_set = true;
                    continue;
                }
                _ => return answer.map(|end| end.transpose().map(|_| Event::End)),
            };
            if self.new_set {
                resolve(row, self.kinds);
                self.new_set = false;
            }
            self.rows += 1;
            match sink.row(&MysqlRow { row, kinds: self.kinds, protocol: self.protocol }) {
                Ok(Flow::Continue) if self.rows.is_multiple_of(Self::TURN) => return Poll::Ready(Ok(Event::Turn)),
                Ok(Flow::Continue) => {}
                Ok(Flow::Pause) => return Poll::Ready(Ok(Event::Pause)),
                Ok(Flow::Stop) => return Poll::Ready(Ok(Event::Enough(Ok(())))),
                Err(error) => return Poll::Ready(Ok(Event::Enough(Err(error)))),
            }
        }
    }

    /// Reads the rest of an answer away, for as long as the limit allows; all of it without one, since giving up a
    /// connection would give up its transaction. Whether the end was reached.
    pub(crate) async fn drain(&mut self, limit: Option<Duration>) -> bool {
        let rest = async {
            loop {
                match self.answers.try_next().await {
                    Ok(Some(_)) => tokio::task::consume_budget().await,
                    Ok(None) => return true,
                    // What goes wrong with rows that nobody wants is of no interest.
                    Err(error) => return !error::ends_connection(&error),
                }
            }
        };
        match limit {
            Some(limit) => tokio::time::timeout(limit, rest).await.unwrap_or(false),
            None => rest.await,
        }
    }

    /// What the statement did, and how many rows it gave.
    pub(crate) fn done(self) -> (Done, u64) {
        (self.done, self.rows)
    }
}
