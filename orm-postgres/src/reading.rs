//! What an answer of PostgreSQL has in it: rows, and how many were changed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use orm_core::Result;
use orm_core::driver::{Done, Reads};
use orm_core::row::{Flow, RowSink};
use orm_server::Answer;
use sqlx::Row as _;
use sqlx::postgres::{PgQueryResult, PgRow};

use crate::pooler;
use crate::row::{Layout, PostgresRow};

/// The answer to a statement, as far as it was read.
pub(crate) struct PostgresAnswer<'c> {
    layout: &'c mut Layout,
    /// Whether there was a row.
    seen: &'c mut bool,
    /// The columns of models that the rows have.
    reads: Reads<'c>,
    pub(crate) done: Done,
}

impl<'c> PostgresAnswer<'c> {
    pub(crate) fn new(layout: &'c mut Layout, seen: &'c mut bool, reads: Reads<'c>) -> Self {
        Self { layout, seen, reads, done: Done::default() }
    }
}

impl Answer for PostgresAnswer<'_> {
    type Row = PgRow;
    type End = PgQueryResult;

    #[inline]
    fn row(&mut self, row: &PgRow, sink: &mut dyn RowSink) -> Result<Flow> {
        if !*self.seen {
            if !is_whole(row) {
                return Err(pooler::of_row());
            }
            self.layout.resolve(row);
            *self.seen = true;
            self.layout.check(row, self.reads)?;
        }
        let said = sink.row(&PostgresRow::new(row, self.layout));
        self.layout.next();
        said
    }

    fn end(&mut self, end: &PgQueryResult) {
        self.done.rows_affected += end.rows_affected();
    }
}

/// Whether a row has all columns of its statement. The client (`sqlx` 0.9.0) believes what the statement was described
/// with, and panics where the row has fewer.
fn is_whole(row: &PgRow) -> bool {
    let Some(last) = row.len().checked_sub(1) else { return true };
    catch_unwind(AssertUnwindSafe(|| row.try_get_raw(last).is_ok())).unwrap_or(false)
}
