//! [`Statements`]: the statements of a model that need nothing from its derive. In the prelude; `update` and `destroy`
//! are the model's own.

use super::{
    AggregateOf, BulkCreate, Complete, Count, Exists, Find, FindAndCount, FindByPk, FindOne, FindOrCreate, InsertRow,
    Instance, Truncate, Upsert,
};
use crate::expr::{KeyOperand, Select};
use crate::model::Model;
use crate::write::Prefilled;

/// The statements every model has: `User::find_all()`. In the prelude, like [`Instance`](super::Instance).
pub trait Statements: Model {
    /// Starts a new row: a builder with a setter per column.
    fn create() -> Self::Create
    where
        Self: Instance,
    {
        Self::__start(Prefilled::default())
    }

    /// As [`create`](Self::create), but the setters of required columns keep the builder's type, so all columns may be set in
    /// `if` and in loops. What is missing is an error when the row is written, of the kind
    /// [`NotNullViolation`](crate::ErrorKind::NotNullViolation), which names the columns.
    fn draft() -> Self::Draft
    where
        Self: Instance,
    {
        Self::__draft()
    }

    /// Creates a row or, where its unique columns are taken, updates the row that has them; gives the row and whether it
    /// was created. See [`Upsert`].
    fn upsert<C: Complete<Self>>(row: C) -> Upsert<Self> {
        Upsert::new(row)
    }

    /// Finds rows.
    fn find_all() -> Find<Self> {
        Find::default()
    }

    /// Finds the first row, if there is one.
    fn find_one() -> FindOne<Self> {
        FindOne::default()
    }

    /// Finds the row with a primary key, if there is one.
    fn find_by_pk(key: impl KeyOperand<Self>) -> FindByPk<Self> {
        FindByPk::new(key)
    }

    /// Finds a page of rows, and the number of all.
    fn find_and_count_all() -> FindAndCount<Self> {
        FindAndCount::default()
    }

    /// Finds a row, or creates it when there is none.
    fn find_or_create() -> FindOrCreate<Self> {
        FindOrCreate::new()
    }

    /// Counts rows.
    fn count() -> Count<Self> {
        Count::new()
    }

    /// Asks whether there is a row.
    fn exists() -> Exists<Self> {
        Exists::new()
    }

    /// Reads one aggregate of all rows, such as `User::AGE.max()`.
    fn aggregate<X: Select<Self>>(aggregate: X) -> AggregateOf<Self, X::Output> {
        AggregateOf::new(aggregate)
    }

    /// Creates several rows at once.
    fn bulk_create<C: Complete<Self>>(rows: impl IntoIterator<Item = C>) -> BulkCreate<Self> {
        BulkCreate::new(rows)
    }

    /// Inserts a whole struct.
    fn insert(row: Self) -> InsertRow<Self> {
        InsertRow::new(row)
    }

    /// Removes all rows at once, whether marked as deleted or not.
    fn truncate() -> Truncate<Self> {
        Truncate::new()
    }
}

impl<M: Model> Statements for M {}
