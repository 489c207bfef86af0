//! [`Draft`]: a row before it is written, as user-supplied functions see it.

use std::marker::PhantomData;

use super::create::Set;
use crate::error::{Error, Result};
use crate::expr::Column;
use crate::model::{Model, RowDraft};
use crate::value::Type;

/// A row before it is written, as the functions see it that a model names in `#[orm(validate = ..)]`:
///
/// ```
/// # use {orm::prelude::*, orm::{Draft, Violations}, orm_guide::run};
/// #[derive(Debug, Clone, Model)]
/// #[orm(validate = Trip::ends_after_it_begins)]
/// struct Trip {
///     #[orm(primary_key)]
///     id: i64,
///     begins: i32,
///     ends: i32,
/// }
///
/// impl Trip {
///     fn ends_after_it_begins(trip: &Draft<'_, Trip>, found: &mut Violations) -> Result<()> {
///         if trip.get(Trip::BEGINS)? > trip.get(Trip::ENDS)? {
///             found.add("ends", "order", "must not be before the beginning");
///         }
///         Ok(())
///     }
/// }
/// # run(async |db| {
/// # db.create_tables::<Trip>().await?;
/// let error = Trip::create().begins(5).ends(3).exec(&db).await.unwrap_err();
/// assert_eq!(error.violations().unwrap().to_string(), "`ends` must not be before the beginning");
/// # Ok(()) });
/// ```
///
/// A new row has the values that it was given and those that the client makes; the others are made by the database. A row that is
/// changed has all values, the new ones among them. An update of many rows has no rows to look at.
pub struct Draft<'d, M> {
    row: &'d mut RowDraft,
    _model: PhantomData<fn() -> M>,
}

impl<'d, M: Model> Draft<'d, M> {
    /// A view of a row of the model; called by the derive.
    #[doc(hidden)]
    pub fn new(row: &'d mut RowDraft) -> Self {
        Self { row, _model: PhantomData }
    }

    /// Whether the row is new, rather than changed.
    pub fn is_new(&self) -> bool {
        self.row.before.is_none()
    }

    /// Whether the column is written.
    pub fn gives<T: Type, K>(&self, column: Column<M, T, K>) -> bool {
        self.row.given & (1 << column.def().index) != 0
    }

    /// Whether the column is written with a value that the row does not have yet. Of a model with hooks, `save` reads the row first.
    pub fn changes<T: Type, K>(&self, column: Column<M, T, K>) -> bool {
        let index = column.def().index;
        let before = self.row.before.as_ref().and_then(|before| before.get(index));
        self.gives(column) && before != self.row.values.get(index)
    }

    /// Gives a column a value; for hooks that come before a write. The column's normalisers have their say.
    pub fn set<T: Type, K>(&mut self, column: Column<M, T, K>, value: impl Set<T>) {
        let def = column.def();
        if let Some(slot) = self.row.values.get_mut(def.index) {
            *slot = def.normalized(value.into_set());
            self.row.known |= 1 << def.index;
            self.row.given |= 1 << def.index;
        }
    }

    /// The value that a column of a row that is changed had before; `None` of a new row.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a value that is not of the column's type.
    pub fn before<T: Type, K>(&self, column: Column<M, T, K>) -> Result<Option<T>> {
        let named = |error: Error| error.with_model(M::DEF.name).with_columns([column.def().name]);
        let before = self.row.before.as_ref().and_then(|before| before.get(column.def().index));
        before.map(|value| T::take(value.as_ref()).map_err(named)).transpose()
    }

    /// The value of a column; `None` where the database is to make it.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a value that is not of the column's type.
    pub fn get<T: Type, K>(&self, column: Column<M, T, K>) -> Result<Option<T>> {
        let def = column.def();
        if self.row.known & (1 << def.index) == 0 {
            return Ok(None);
        }
        let named = |error: Error| error.with_model(M::DEF.name).with_columns([def.name]);
        self.row.values.get(def.index).map(|value| T::take(value.as_ref()).map_err(named)).transpose()
    }
}

impl<M: Model> std::fmt::Debug for Draft<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("model", &M::DEF.name).field("is_new", &self.is_new()).finish_non_exhaustive()
    }
}
