//! Which values suit which fields: those that `=` finds by what was read. A column of SQLite holds values of any class, so each
//! value is looked at, where there are two for one field: UUIDs, as bytes or, where the model declares it, as text.

use orm_core::driver::{Reads, Unsuited};
use orm_core::model::ColumnDef;
use orm_core::row::{Flow, Row, RowSink};
use orm_core::{Result, ValueRef};

/// Gives rows on whose UUIDs have the class by which they are found.
pub(crate) struct Suited<'s> {
    sink: &'s mut dyn RowSink,
    uuids: Vec<(usize, &'static ColumnDef)>,
}

impl<'s> Suited<'s> {
    /// `Err` with the sink itself where there are no UUIDs.
    pub(crate) fn new(reads: Reads<'_>, sink: &'s mut dyn RowSink) -> std::result::Result<Self, &'s mut dyn RowSink> {
        let uuids = reads.uuids();
        if uuids.is_empty() { Err(sink) } else { Ok(Self { sink, uuids }) }
    }
}

impl RowSink for Suited<'_> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        for (position, column) in &self.uuids {
            let (found, mend) = match (row.get(*position)?, column.is_text()) {
                (ValueRef::Text(_), false) => ("text", "declare the column's type: `#[orm(type = \"CHAR(36)\")]`"),
                (ValueRef::Bytes(_), true) => ("bytes", "leave out the `type` of text"),
                _ => continue,
            };
            return Err(Unsuited { found: found.to_owned(), mend: mend.to_owned() }.error(*position, column));
        }
        self.sink.row(row)
    }
    fn new_set(&mut self) {
        self.sink.new_set();
    }
    fn restart(&mut self) {
        self.sink.restart();
    }
    fn restartable(&self) -> bool {
        self.sink.restartable()
    }
    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        self.sink.poll_ready(cx)
    }
}
