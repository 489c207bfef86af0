//! The set of rows that are read as whole models, what else is read with them, and rows made of values.

use std::any::Any;

use super::include::{Owners, Parents, RowSet};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, read_model};
use crate::row::{Columns, Flow, Row, RowSink};
use crate::value::{Value, ValueRef};

/// What is read of the join table of a many-to-many relation: nothing, or its model.
pub trait JoinRow: Sized + Send + Sync + 'static {
    /// The columns read.
    fn columns() -> &'static [ColumnDef];
    /// Reads them.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for values that do not fit.
    fn read(columns: &mut Columns<'_>) -> Result<Self>;
}

impl JoinRow for () {
    fn columns() -> &'static [ColumnDef] {
        &[]
    }
    fn read(_columns: &mut Columns<'_>) -> Result<Self> {
        Ok(())
    }
}

impl<J: Model> JoinRow for J {
    fn columns() -> &'static [ColumnDef] {
        J::DEF.columns
    }
    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        read_model(columns)
    }
}

/// The set of rows of a model, with those of the join table.
pub(crate) struct ModelSet<M, J = ()> {
    pub(crate) rows: Vec<M>,
    pub(crate) between: Vec<J>,
    pub(crate) extra: Vec<Value>,
    pub(crate) extra_count: usize,
    mark: usize,
}

impl<M, J> ModelSet<M, J> {
    pub(crate) fn new(rows: Vec<M>) -> Self {
        Self { rows, between: Vec::new(), extra: Vec::new(), extra_count: 0, mark: 0 }
    }
}

/// An empty set of models, for rows of `C` and of the join model `J`.
pub(crate) fn new_set<C: Model, J: JoinRow>() -> Box<dyn RowSet> {
    Box::new(ModelSet::<C, J>::new(Vec::new()))
}

/// A row that has all columns of a model.
pub(crate) trait WholeRow: Sized + Send + 'static {
    fn read(columns: &mut Columns<'_>) -> Result<Self>;
    fn value(&self, column: usize) -> Value;
}

impl<M: Model> WholeRow for M {
    #[inline]
    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        read_model(columns)
    }
    #[inline]
    fn value(&self, column: usize) -> Value {
        Model::value(self, column)
    }
}

/// With a place for what belongs to it.
impl<M: Model, F: Default + Send + 'static> WholeRow for (M, F) {
    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        Ok((read_model(columns)?, F::default()))
    }
    fn value(&self, column: usize) -> Value {
        self.0.value(column)
    }
}

impl<M: WholeRow, J: JoinRow> RowSink for ModelSet<M, J> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let mut columns = Columns::new(row);
        self.rows.push(M::read(&mut columns)?);
        if !J::columns().is_empty() {
            self.between.push(J::read(&mut columns)?);
        }
        for _ in 0..self.extra_count {
            self.extra.push(columns.next_value()?.into());
        }
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.truncate_to_mark();
    }
}

impl<M: WholeRow, J: JoinRow> Parents for ModelSet<M, J> {
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn value(&self, row: usize, column: usize) -> Value {
        self.rows[row].value(column)
    }
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn Any> {
        self.rows.get_mut(row).map(|row| row as _)
    }
}

impl<M: WholeRow, J: JoinRow> RowSet for ModelSet<M, J> {
    fn extra(&self, row: usize) -> &[Value] {
        &self.extra[row * self.extra_count..(row + 1) * self.extra_count]
    }
    fn read_extra(&mut self, count: usize) {
        self.extra_count = count;
    }
    fn between(&self) -> &'static [ColumnDef] {
        J::columns()
    }
    fn split_between(&mut self, owners: &Owners) -> Vec<Box<dyn Any + Send + Sync>> {
        if J::columns().is_empty() {
            return Vec::new();
        }
        let mut groups: Vec<Vec<J>> = (0..owners.groups).map(|_| Vec::new()).collect();
        for (row, group) in std::mem::take(&mut self.between).into_iter().zip(&owners.children) {
            if let Some(group) = groups.get_mut(*group as usize) {
                group.push(row);
            }
        }
        groups.into_iter().map(|group| Box::new(group) as _).collect()
    }
    fn into_rows(self: Box<Self>) -> Result<Box<dyn Any + Send>> {
        Ok(Box::new(self.rows))
    }
    fn mark(&mut self) {
        self.mark = self.rows.len();
    }
    fn truncate_to_mark(&mut self) {
        self.truncate(self.mark);
    }
    fn reorders(&self) -> bool {
        J::columns().is_empty() && self.extra_count == 0
    }
    fn reorder(&mut self, order: &[usize]) {
        let mut rows: Vec<Option<M>> = std::mem::take(&mut self.rows).into_iter().map(Some).collect();
        self.rows = order.iter().filter_map(|row| rows.get_mut(*row)?.take()).collect();
    }
    fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        if !J::columns().is_empty() {
            self.between.truncate(rows);
        }
        self.extra.truncate(rows * self.extra_count);
    }
}

/// Values in memory as a row, for models made from what was written.
pub(crate) struct ValueRow<'v>(pub(crate) &'v [Value]);

impl Row for ValueRow<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }
    /// Values that were written have no names; nobody reads them by name.
    fn name(&self, _index: usize) -> &str {
        ""
    }
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.0.get(index) {
            Some(value) => Ok(value.as_ref()),
            None => Err(Error::new(ErrorKind::Decode, "the row has no such column").with_index(index)),
        }
    }
}
