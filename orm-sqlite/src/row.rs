//! Rows on their way out: read straight from the statement on the caller's thread ([`View`]), or copied into a
//! [`Chunk`] on another thread.

use std::time::Duration;

use orm_core::row::{Row, utf8};
use orm_core::{Error, ErrorKind, Result, ValueRef};

use crate::handle::{Column, View};
use crate::types::Cell;

/// Rows of a chunk at most.
const CHUNK_ROWS: usize = 1024;
/// Bytes of a chunk from which on it takes no further row.
const CHUNK_BYTES: usize = 256 * 1024;

impl Row for View<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.width()
    }

    fn name(&self, index: usize) -> &str {
        self.column_name(index)
    }

    #[inline]
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.column(index) {
            Some(Column::Integer(v)) => Ok(ValueRef::I64(v)),
            Some(Column::Text(bytes)) => utf8(bytes).map(ValueRef::Text),
            Some(Column::Null) => Ok(ValueRef::Null),
            Some(Column::Real(v)) => Ok(ValueRef::F64(v)),
            Some(Column::Blob(bytes)) => Ok(ValueRef::Bytes(bytes)),
            None => Err(no_column(index, self.width())),
        }
    }
}

#[cold]
fn no_column(index: usize, width: usize) -> Error {
    Error::new(ErrorKind::Decode, format!("the row has {width} columns, and the one at {index} was asked for"))
}

/// Rows copied out of a statement.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    width: usize,
    names: Vec<String>,
    cells: Vec<Cell>,
    buffer: Vec<u8>,
    taken: Duration,
}

impl Chunk {
    /// Forgets the rows, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.buffer.clear();
    }

    /// How long it took to make.
    pub(crate) fn taken(&self) -> Duration {
        self.taken
    }

    /// Says how long it took to make.
    pub(crate) fn set_taken(&mut self, taken: Duration) {
        self.taken = taken;
    }

    /// Copies one row.
    pub(crate) fn push(&mut self, row: &View<'_>) {
        self.width = row.width();
        if self.names.is_empty() {
            self.names.extend((0..self.width).map(|index| row.column_name(index).to_owned()));
        }
        for index in 0..self.width {
            let start = self.buffer.len();
            self.cells.push(match row.column(index) {
                None | Some(Column::Null) => Cell::Null,
                Some(Column::Integer(v)) => Cell::Integer(v),
                Some(Column::Real(v)) => Cell::Real(v),
                Some(Column::Text(bytes)) => {
                    self.buffer.extend_from_slice(bytes);
                    Cell::Text(start, self.buffer.len())
                }
                Some(Column::Blob(bytes)) => {
                    self.buffer.extend_from_slice(bytes);
                    Cell::Blob(start, self.buffer.len())
                }
            });
        }
    }

    /// Whether no further row should be copied.
    pub(crate) fn is_full(&self) -> bool {
        self.cells.len() >= CHUNK_ROWS * self.width.max(1) || self.buffer.len() >= CHUNK_BYTES
    }

    /// The rows, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = ChunkRow<'_>> {
        self.cells.chunks(self.width.max(1)).map(|cells| ChunkRow { names: &self.names, cells, buffer: &self.buffer })
    }
}

/// One row of a [`Chunk`].
#[derive(Debug)]
pub(crate) struct ChunkRow<'c> {
    names: &'c [String],
    cells: &'c [Cell],
    buffer: &'c [u8],
}

impl Row for ChunkRow<'_> {
    fn len(&self) -> usize {
        self.cells.len()
    }

    fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }

    #[inline]
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.cells.get(index) {
            Some(Cell::Integer(v)) => Ok(ValueRef::I64(*v)),
            Some(Cell::Text(start, end)) => {
                let bytes = self.buffer.get(*start..*end).unwrap_or_default();
                utf8(bytes).map(ValueRef::Text)
            }
            Some(Cell::Null) => Ok(ValueRef::Null),
            Some(Cell::Real(v)) => Ok(ValueRef::F64(*v)),
            Some(Cell::Blob(start, end)) => Ok(ValueRef::Bytes(self.buffer.get(*start..*end).unwrap_or_default())),
            None => Err(no_column(index, self.cells.len())),
        }
    }
}
