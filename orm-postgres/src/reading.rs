//! What an answer of PostgreSQL has in it: rows, and how many were changed.

use orm_core::Result;
use orm_core::driver::Done;
use orm_core::row::{Flow, RowSink};
use orm_server::Answer;
use sqlx::postgres::{PgQueryResult, PgRow};

use crate::row::{Layout, PostgresRow};

/// The answer to a statement, as far as it was read.
pub(crate) struct PostgresAnswer<'c> {
    layout: &'c mut Layout,
    /// Whether there was a row.
    seen: &'c mut bool,
    pub(crate) done: Done,
}

impl<'c> PostgresAnswer<'c> {
    pub(crate) fn new(layout: &'c mut Layout, seen: &'c mut bool) -> Self {
        Self { layout, seen, done: Done::default() }
    }
}

impl Answer for PostgresAnswer<'_> {
    type Row = PgRow;
    type End = PgQueryResult;

    #[inline]
    fn row(&mut self, row: &PgRow, sink: &mut dyn RowSink) -> Result<Flow> {
        if !*self.seen {
            self.layout.resolve(row);
            *self.seen = true;
        }
        let said = sink.row(&PostgresRow::new(row, self.layout));
        self.layout.next();
        said
    }

    fn end(&mut self, end: &PgQueryResult) {
        self.done.rows_affected += end.rows_affected();
    }
}
