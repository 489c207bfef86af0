//! [`Reading`]: the answer to a statement, pushed into a sink row by row. How a row is decoded is the driver's matter.

use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::BoxStream;
use orm_core::Result;
use orm_core::row::{Flow, RowSink};
use sqlx::Either;

use crate::patience::{Clock, Patience};

/// The stream of an answer, as sqlx gives it.
pub type Answers<'c, A> = BoxStream<'c, sqlx::Result<Either<<A as Answer>::End, <A as Answer>::Row>>>;

/// What a driver makes of the parts of an answer.
pub trait Answer {
    /// A row, as the client has it.
    type Row;
    /// What the client has at the end of a result.
    type End;

    /// Pushes a row into the sink.
    ///
    /// # Errors
    /// The sink's.
    fn row(&mut self, row: &Self::Row, sink: &mut dyn RowSink) -> Result<Flow>;

    /// Takes the end of a result.
    fn end(&mut self, end: &Self::End);
}

/// The answer to a statement, on its way into a sink.
pub struct Reading<'c, A: Answer> {
    answers: Answers<'c, A>,
    answer: A,
    rows: u64,
    clock: Clock,
    patience: Patience,
}

/// Why reading stopped.
#[derive(Debug)]
pub enum Event {
    /// There is nothing more.
    End,
    /// Other tasks get their turn: sqlx never yields while there is something to read.
    Turn,
    /// The sink asks for a pause.
    Pause,
    /// The sink wants no more rows.
    Enough(Result<()>),
}

impl<'c, A: Answer> Reading<'c, A> {
    /// Rows between two looks at the task's budget, which is 128 of them.
    const TURN: u64 = 16;

    /// For an answer whose first part was not read yet.
    pub fn new(answers: Answers<'c, A>, answer: A, patience: Patience) -> Self {
        Self { answers, answer, rows: 0, clock: Clock::new(patience.statement), patience }
    }

    /// Reads until there is something to say. Rows stay where the client puts them: a loop of a future moves each one
    /// several times, which takes longer than to decode it.
    ///
    /// # Errors
    /// The client's; that of a server that says nothing for too long.
    #[inline]
    pub fn poll(&mut self, sink: &mut dyn RowSink, context: &mut Context<'_>) -> Poll<sqlx::Result<Event>> {
        loop {
            let answers = AssertUnwindSafe(|| self.answers.as_mut().poll_next(context));
            // The client (`sqlx` 0.9.0) panics where a packet is too short. The connection is of no use after it.
            let Ok(answer) = std::panic::catch_unwind(answers) else {
                return Poll::Ready(Err(sqlx::Error::Protocol("a packet of the server's could not be read".into())));
            };
            let row = match &answer {
                Poll::Ready(Some(Ok(Either::Right(row)))) => row,
                Poll::Ready(Some(Ok(Either::Left(end)))) => {
                    self.answer.end(end);
                    continue;
                }
                Poll::Pending => return self.clock.poll(self.rows, context).map(|silent| Err(silent.into())),
                Poll::Ready(_) => return answer.map(|end| end.transpose().map(|_| Event::End)),
            };
            self.rows += 1;
            match self.answer.row(row, sink) {
                Ok(Flow::Continue) if self.rows.is_multiple_of(Self::TURN) => return Poll::Ready(Ok(Event::Turn)),
                Ok(Flow::Continue) => {}
                Ok(Flow::Pause) => return Poll::Ready(Ok(Event::Pause)),
                Ok(Flow::Stop) => return Poll::Ready(Ok(Event::Enough(Ok(())))),
                Err(error) => return Poll::Ready(Ok(Event::Enough(Err(error)))),
            }
        }
    }

    /// Reads the rest and forgets it, for as long and as many rows as the limit allows; all of it without one, since giving
    /// up a connection gives up its transaction. Whether the end was reached. Nobody waits for these rows, so that the server
    /// may not be silent for longer than at the end of a transaction.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub async fn drain(&mut self, limit: Option<(Duration, u64)>) -> sqlx::Result<bool> {
        let most = limit.map_or(u64::MAX, |(_, rows)| rows);
        let mut clock = Clock::new(self.patience.control);
        let rest = async {
            let mut drained = 0;
            loop {
                let next =
                    clock.watch(drained, |context| self.answers.as_mut().poll_next(context).map(Option::transpose));
                let Some(answer) = next.await? else { return Ok(true) };
                match answer {
                    Either::Left(end) => self.answer.end(&end),
                    Either::Right(_) if drained == most => return Ok(false),
                    Either::Right(_) => {
                        drained += 1;
                        tokio::task::consume_budget().await;
                    }
                }
            }
        };
        match limit {
            Some((time, _)) => tokio::time::timeout(time, rest).await.unwrap_or(Ok(false)),
            None => rest.await,
        }
    }

    /// What the driver made of the answer, and how many rows it had.
    pub fn finish(self) -> (A, u64) {
        (self.answer, self.rows)
    }
}

impl<A: Answer> std::fmt::Debug for Reading<'_, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("rows", &self.rows).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use orm_core::row::Discard;

    use super::*;

    struct Rows;

    impl Answer for Rows {
        type Row = ();
        type End = ();

        fn row(&mut self, _row: &(), _sink: &mut dyn RowSink) -> Result<Flow> {
            Ok(Flow::Continue)
        }

        fn end(&mut self, _end: &()) {}
    }

    #[test]
    fn a_packet_that_the_client_cannot_read_is_an_error() {
        let rows = futures_util::stream::iter([Ok(Either::Right(()))]);
        let broken = futures_util::stream::poll_fn(|_| panic!("index out of bounds"));
        let mut reading = Reading::new(rows.chain(broken).boxed(), Rows, Patience::new(None));
        let context = &mut Context::from_waker(std::task::Waker::noop());
        assert!(matches!(reading.poll(&mut Discard, context), Poll::Ready(Err(sqlx::Error::Protocol(_)))));
    }
}
