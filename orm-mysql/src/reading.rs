//! What an answer of MySQL or MariaDB has in it: rows of one or more sets, and what was changed.

use orm_core::Result;
use orm_core::driver::{Done, Reads};
use orm_core::row::{Flow, RowSink};
use orm_server::Answer;
use sqlx::mysql::{MySqlQueryResult, MySqlRow};
use sqlx::{Column, Row, TypeInfo};

use crate::row::{Kind, MysqlRow, Protocol, resolve};
use crate::server::Server;
use crate::suits::suits;

/// The answer to a statement, as far as it was read.
pub(crate) struct MysqlAnswer<'c> {
    kinds: &'c mut Vec<Kind>,
    protocol: Protocol,
    server: Server,
    /// The columns of models that the rows have.
    reads: Reads<'c>,
    /// The next row is the first of its set.
    new_set: bool,
    pub(crate) done: Done,
}

impl<'c> MysqlAnswer<'c> {
    pub(crate) fn new(kinds: &'c mut Vec<Kind>, protocol: Protocol, server: Server, reads: Reads<'c>) -> Self {
        Self { kinds, protocol, server, reads, new_set: true, done: Done::default() }
    }
}

impl Answer for MysqlAnswer<'_> {
    type Row = MySqlRow;
    type End = MySqlQueryResult;

    #[inline]
    fn row(&mut self, row: &MySqlRow, sink: &mut dyn RowSink) -> Result<Flow> {
        if self.new_set {
            resolve(row, self.kinds);
            sink.new_set();
            self.new_set = false;
            let (kinds, server) = (&self.kinds, self.server);
            self.reads.check(|position, column| match (kinds.get(position), row.columns().get(position)) {
                (Some(kind), Some(found)) => suits(server, *kind, found.type_info().name(), column),
                _ => Ok(()),
            })?;
        }
        sink.row(&MysqlRow { row, kinds: self.kinds, protocol: self.protocol })
    }

    fn end(&mut self, end: &MySqlQueryResult) {
        // After INSERT .. RETURNING, MariaDB counts nothing but the rows it sent.
        self.done.rows_affected += end.rows_affected();
        if end.last_insert_id() != 0 {
            self.done.last_insert_id = Some(end.last_insert_id().cast_signed());
        }
        self.new_set = true;
    }
}
