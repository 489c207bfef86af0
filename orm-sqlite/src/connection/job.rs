//! Work done in the blocking pool, with the handle on loan. Sending it there and waiting for it is the connection's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orm_core::{Error, Result};

use crate::handle::{Handle, Step};
use crate::hooks::Hooks;
use crate::row::Chunk;

/// How long the blocking pool collects rows before it hands them over.
const CHUNK_TIME: Duration = Duration::from_millis(2);

/// Work for the blocking pool.
pub(super) enum Job {
    /// Run the statement in use on, and copy rows into this chunk.
    Rows(Chunk),
    /// Run several statements, from an offset on.
    Batch(Arc<str>, usize),
    /// Copy the write-ahead log into the database.
    Checkpoint,
}

/// A handle on its way back.
pub(super) struct Returned {
    pub(super) handle: Box<Handle>,
    pub(super) chunk: Chunk,
    pub(super) end: End,
}

impl std::fmt::Debug for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Returned").field("end", &self.end).finish_non_exhaustive()
    }
}

/// How a job ended.
#[derive(Debug)]
pub(super) enum End {
    /// There are more rows.
    More,
    /// The statement is done; a batch is.
    Done,
    /// The statement failed.
    Failed(Error),
    /// A statement of a batch failed, which starts at this offset.
    FailedAt(usize, Error),
    /// The pages in the write-ahead log, and whether all of them are copied.
    Checkpointed(u32, bool),
}

/// What the blocking pool does.
pub(super) fn perform(handle: &mut Handle, hooks: &Hooks, job: Job) -> (Chunk, End) {
    hooks.arm(false);
    match job {
        Job::Rows(mut chunk) => {
            chunk.clear();
            let start = Instant::now();
            let mut rows = 0_u32;
            let end = loop {
                match handle.step() {
                    Step::Row => chunk.push(&handle.view()),
                    Step::Done => break End::Done,
                    Step::Failed(said) => break End::Failed(said.into()),
                }
                rows += 1;
                if chunk.is_full() || ((rows.is_multiple_of(16) || hooks.ticked()) && start.elapsed() >= CHUNK_TIME) {
                    break End::More;
                }
            };
            chunk.set_taken(start.elapsed());
            (chunk, end)
        }
        Job::Batch(sql, mut at) => {
            let end = loop {
                let rest = sql.get(at..).unwrap_or_default();
                match handle.start_first(rest) {
                    Ok(Some(taken)) => match to_end(handle) {
                        Ok(()) => at += taken,
                        Err(error) => break End::FailedAt(at, error),
                    },
                    Ok(None) => break End::Done,
                    Err(error) => break End::FailedAt(at, error),
                }
            };
            (Chunk::default(), end)
        }
        Job::Checkpoint => {
            let end = match handle.checkpoint() {
                Ok((log, copied)) => End::Checkpointed(log, copied >= log),
                Err(error) => {
                    // Another connection is at it, or the disk failed, which the next commit will say.
                    tracing::debug!(target: "orm::sqlite", error = %error, "checkpoint put off");
                    End::Checkpointed(0, false)
                }
            };
            (Chunk::default(), end)
        }
    }
}

fn to_end(handle: &mut Handle) -> Result<()> {
    let result = loop {
        match handle.step() {
            Step::Row => {}
            Step::Done => break Ok(()),
            Step::Failed(said) => break Err(said.into()),
        }
    };
    handle.finish();
    result
}
