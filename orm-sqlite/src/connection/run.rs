//! One try to run a statement: in slices on the caller's thread, or in chunks of rows from the blocking pool. Which of
//! the two, and what follows from a try that failed, is the connection's to say.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use orm_core::row::{Flow, RowSink};
use orm_core::{Error, Result};

use super::job::{End, Job};
use super::{Place, SqliteConnection, lost};
use crate::handle::{Handle, Step};
use crate::hooks::Hooks;
use crate::row::Chunk;

/// How long a statement runs on the caller's thread before the task yields.
const SLICE: Duration = Duration::from_micros(500);
/// Rows between two looks at the clock.
const LOOK_EVERY: u32 = 32;
/// A statement that needed less than this in the blocking pool is not long any more.
const SHORT: Duration = Duration::from_micros(200);

/// How a try to run a statement ended.
pub(super) enum Outcome {
    Done,
    /// The sink wants no more rows.
    Stopped,
    /// The statement's step was longer than its budget.
    TooLong,
    /// The statement is between two rows and goes on in the blocking pool.
    Move,
    Failed(Error),
}

/// How statements are run on the caller's thread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// And are interrupted when they are long.
    Watched,
    /// To their end.
    Unwatched,
    /// Not there, but in the blocking pool.
    Blocking,
}

/// A statement that runs: reset whatever way this ends.
pub(super) struct Run<'c>(pub(super) &'c mut SqliteConnection);

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if let Place::Here(handle) = &mut self.0.place
            && handle.is_active()
        {
            handle.finish();
        }
    }
}

impl Run<'_> {
    /// Runs the statement in use once.
    #[inline]
    pub(super) async fn attempt(&mut self, mode: Mode, sink: &mut dyn RowSink) -> Result<Outcome> {
        if mode != Mode::Blocking {
            match self.inline(mode == Mode::Watched, sink).await? {
                Outcome::Move => {}
                outcome => return Ok(outcome),
            }
        }
        self.in_chunks(sink).await
    }

    /// On the caller's thread.
    async fn inline(&mut self, watched: bool, sink: &mut dyn RowSink) -> Result<Outcome> {
        let mut restartable = true;
        loop {
            let hooks = Arc::as_ref(&self.0.hooks);
            let Place::Here(handle) = &mut self.0.place else { return Err(lost()) };
            match slice(handle, hooks, watched && restartable, sink)? {
                Slice::Ended(outcome) => return Ok(outcome),
                Slice::Spent => yield_now().await,
                Slice::Paused => poll_fn(|cx| sink.poll_ready(cx)).await,
            }
            restartable = sink.restartable();
            if !restartable {
                return Ok(Outcome::Move);
            }
        }
    }

    /// In the blocking pool, rows in chunks.
    async fn in_chunks(&mut self, sink: &mut dyn RowSink) -> Result<Outcome> {
        let mut taken = Duration::ZERO;
        let mut chunk = Chunk::default();
        loop {
            let end;
            (chunk, end) = self.0.away(Job::Rows(chunk)).await?;
            taken += chunk.taken();
            for row in chunk.rows() {
                match sink.row(&row)? {
                    Flow::Continue => {}
                    Flow::Pause => poll_fn(|cx| sink.poll_ready(cx)).await,
                    Flow::Stop => return Ok(Outcome::Stopped),
                }
            }
            match end {
                End::More => {}
                End::Failed(error) | End::FailedAt(_, error) => return Ok(Outcome::Failed(error)),
                End::Done | End::Checkpointed(..) => {
                    if taken < SHORT {
                        self.0.here()?.set_long(false);
                    }
                    return Ok(Outcome::Done);
                }
            }
        }
    }
}

/// How a slice of a statement on the caller's thread ended.
enum Slice {
    Ended(Outcome),
    /// Its time is over.
    Spent,
    /// The sink has no room.
    Paused,
}

/// Runs the statement in use for a while; nothing is awaited here.
#[inline]
fn slice(handle: &mut Handle, hooks: &Hooks, watched: bool, sink: &mut dyn RowSink) -> Result<Slice> {
    let mut rows = 0_u32;
    let mut start: Option<Instant> = None;
    loop {
        hooks.arm(watched);
        match handle.step() {
            Step::Row => match sink.row(&handle.view())? {
                Flow::Continue => {}
                Flow::Pause => return Ok(Slice::Paused),
                Flow::Stop => return Ok(Slice::Ended(Outcome::Stopped)),
            },
            Step::Done => return Ok(Slice::Ended(Outcome::Done)),
            Step::Failed(_) if hooks.spent() => return Ok(Slice::Ended(Outcome::TooLong)),
            Step::Failed(said) => return Ok(Slice::Ended(Outcome::Failed(said.into()))),
        }
        rows = rows.wrapping_add(1);
        if rows.is_multiple_of(LOOK_EVERY) || hooks.ticked() {
            match start {
                None => start = Some(Instant::now()),
                Some(start) if start.elapsed() >= SLICE => return Ok(Slice::Spent),
                Some(_) => {}
            }
        }
    }
}

/// Lets other tasks run.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
