//! The set of rows that are read as something else than a model: the rows, and the keys that relations need besides.

use std::any::Any;

use super::include::{Owners, Parents, RowSet};
use crate::error::Result;
use crate::model::ColumnDef;
use crate::row::{Columns, Flow, Row, RowSink};
use crate::value::{SqlType, Value};

/// A set of projections, with the model's key columns that relations need.
pub(crate) struct ProjectedSet<S> {
    rows: Vec<S>,
    read: fn(&mut Columns<'_>) -> Result<S>,
    /// Makes the rows what they become, in a `Vec` of that.
    grow: fn(Vec<S>) -> Result<Box<dyn Any + Send>>,
    keys: Vec<&'static ColumnDef>,
    values: Vec<Value>,
    extra: Vec<Value>,
    extra_count: usize,
    mark: usize,
}

impl<S: Send + 'static> ProjectedSet<S> {
    pub(crate) fn reading(
        read: fn(&mut Columns<'_>) -> Result<S>,
        grow: fn(Vec<S>) -> Result<Box<dyn Any + Send>>,
    ) -> Self {
        Self {
            rows: Vec::new(),
            read,
            grow,
            keys: Vec::new(),
            values: Vec::new(),
            extra: Vec::new(),
            extra_count: 0,
            mark: 0,
        }
    }
}

impl<T: Send + 'static> RowSink for ProjectedSet<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let mut columns = Columns::new(row);
        self.rows.push((self.read)(&mut columns)?);
        for _ in &self.keys {
            self.values.push(columns.next_value()?.into());
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

impl<T: Send + 'static> Parents for ProjectedSet<T> {
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn value(&self, row: usize, column: usize) -> Value {
        match self.keys.iter().position(|key| key.index == column) {
            Some(place) => self.values[row * self.keys.len() + place].clone(),
            None => Value::Null(SqlType::Text),
        }
    }
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn Any> {
        self.rows.get_mut(row).map(|row| row as _)
    }
}

impl<T: Send + 'static> RowSet for ProjectedSet<T> {
    fn need(&mut self, column: &'static ColumnDef) {
        if !self.keys.contains(&column) {
            self.keys.push(column);
        }
    }
    fn keys(&self) -> &[&'static ColumnDef] {
        &self.keys
    }
    fn extra(&self, row: usize) -> &[Value] {
        &self.extra[row * self.extra_count..(row + 1) * self.extra_count]
    }
    fn read_extra(&mut self, count: usize) {
        self.extra_count = count;
    }
    fn between(&self) -> &'static [ColumnDef] {
        &[]
    }
    fn split_between(&mut self, _owners: &Owners) -> Vec<Box<dyn Any + Send + Sync>> {
        Vec::new()
    }
    fn into_rows(self: Box<Self>) -> Result<Box<dyn Any + Send>> {
        (self.grow)(self.rows)
    }
    fn mark(&mut self) {
        self.mark = self.rows.len();
    }
    fn truncate_to_mark(&mut self) {
        self.truncate(self.mark);
    }
    fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        self.values.truncate(rows * self.keys.len());
        self.extra.truncate(rows * self.extra_count);
    }
}
