//! Rows on their way out of a database: [`Row`] borrows from the client's buffer, [`RowSink`] receives rows one by one
//! without a box per row, [`Columns`] reads a row's columns in order. Only rows of raw SQL are read by name: [`Layout`].

mod layout;
mod opened;

pub use layout::{CollectRaw, Layout};
pub use opened::Seal;
pub(crate) use opened::{OpeningSink, SealedColumns, no_keys, of_column};

use std::task::{Context, Poll};

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Type, ValueRef};

/// A row in the client's buffer, valid until the next one is read.
pub trait Row {
    /// The number of columns.
    fn len(&self) -> usize;

    /// Whether the row has no columns.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a column, by position: empty when the column does not exist.
    fn name(&self, index: usize) -> &str;

    /// The value of a column, by position.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when the column does not exist or its bytes are not what its type says.
    fn get(&self, index: usize) -> Result<ValueRef<'_>>;
}

/// The text that bytes from a database are.
///
/// # Errors
/// [`ErrorKind::Decode`] when they are not UTF-8.
#[inline]
pub fn utf8(bytes: &[u8]) -> Result<&str> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| not_utf8(bytes))
}

/// Looks again, for the place of the mistake.
#[cold]
fn not_utf8(bytes: &[u8]) -> Error {
    let error = Error::decode("text", "bytes that are not UTF-8");
    match std::str::from_utf8(bytes) {
        Ok(_) => error,
        Err(place) => error.with_source(place),
    }
}

/// What a sink wants after a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The next row.
    Continue,
    /// The next row, but only when [`RowSink::poll_ready`] says so.
    Pause,
    /// No more rows.
    Stop,
}

/// Receives the rows of a query.
pub trait RowSink: Send {
    /// Takes one row.
    ///
    /// # Errors
    /// Any error ends the query and becomes its result.
    fn row(&mut self, row: &dyn Row) -> Result<Flow>;

    /// Says that the rows that follow belong to another result set than those before, and may have other columns. Drivers
    /// whose statements have several result sets call it before each.
    fn new_set(&mut self) {}

    /// Forgets the rows of this query that were taken so far: the driver starts it over, perhaps with other columns.
    fn restart(&mut self);

    /// Whether [`restart`](Self::restart) is possible. A sink that gives rows away before the query has ended answers
    /// `false` from the first row that left it on; asked again after every wait.
    fn restartable(&self) -> bool {
        true
    }

    /// Whether the next row may come; asked after [`Flow::Pause`]. The task that polls is the one that drains the
    /// sink, so an implementation that answers `Pending` need not wake it.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

/// A sink for statements whose rows nobody wants.
#[derive(Debug, Default, Clone, Copy)]
pub struct Discard;

impl RowSink for Discard {
    fn row(&mut self, _row: &dyn Row) -> Result<Flow> {
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {}
}

/// Reads what one row becomes.
pub(crate) type Read<T> = fn(&mut Columns<'_>) -> Result<T>;

/// A sink that keeps the first row.
pub(crate) struct First<'a, T> {
    row: &'a mut Option<T>,
    read: Read<T>,
}

impl<'a, T> First<'a, T> {
    /// Puts what `read` makes of the first row into `row`.
    pub(crate) fn new(row: &'a mut Option<T>, read: Read<T>) -> Self {
        Self { row, read }
    }
}

impl<T: Send> RowSink for First<'_, T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        *self.row = Some((self.read)(&mut Columns::new(row))?);
        Ok(Flow::Stop)
    }
    fn restart(&mut self) {
        *self.row = None;
    }
}

/// Collects what a function makes of each row.
pub struct Collect<'a, T> {
    rows: &'a mut Vec<T>,
    kept: usize,
    read: fn(&mut Columns<'_>) -> Result<T>,
}

impl<'a, T> Collect<'a, T> {
    /// Appends to `rows`.
    pub fn new(rows: &'a mut Vec<T>, read: fn(&mut Columns<'_>) -> Result<T>) -> Self {
        let kept = rows.len();
        Self { rows, kept, read }
    }
}

impl<T> std::fmt::Debug for Collect<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collect").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl<T: Send> RowSink for Collect<'_, T> {
    #[inline]
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        // Not `?`: it moves what was read, and rows are many.
        match (self.read)(&mut Columns::new(row)) {
            Ok(read) => self.rows.push(read),
            Err(error) => return Err(error),
        }
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.rows.truncate(self.kept);
    }
}

/// Reads the columns of a row from left to right.
pub struct Columns<'r> {
    row: &'r dyn Row,
    next: usize,
}

impl<'r> Columns<'r> {
    /// Starts at the first column.
    #[inline]
    pub fn new(row: &'r dyn Row) -> Self {
        Self { row, next: 0 }
    }

    /// The position of the next column.
    #[inline]
    pub fn position(&self) -> usize {
        self.next
    }

    /// How many columns have not been read.
    #[inline]
    pub fn left(&self) -> usize {
        self.row.len().saturating_sub(self.next)
    }

    /// The name of the next column; empty when there is none.
    #[cfg(all(feature = "serde", feature = "json"))]
    pub(crate) fn name(&self) -> &str {
        self.row.name(self.next)
    }

    /// Leaves columns out.
    #[inline]
    pub fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    /// What the next columns hold: a value, a tuple, a model.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the column's position when a value is of another type.
    #[inline]
    pub fn read<T: Decode>(&mut self) -> Result<T> {
        T::decode(self)
    }

    /// The next value, as it lies in the row.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when there is no further column.
    #[inline]
    pub fn next_value(&mut self) -> Result<ValueRef<'r>> {
        let index = self.next;
        self.next += 1;
        self.row.get(index).map_err(|error| at(error, index))
    }

    /// The values of the next columns of a table: a tuple of them.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    #[inline]
    pub fn exact<T: Exact>(&mut self) -> Result<T> {
        T::read(self)
    }

    /// What a function makes of the next value.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the column's position, and the function's.
    #[doc(hidden)]
    #[inline]
    pub fn next_by<T>(&mut self, take: impl FnOnce(ValueRef<'_>) -> Result<T>) -> Result<T> {
        let index = self.next;
        self.next += 1;
        match self.row.get(index) {
            Ok(value) => take(value).map_err(|error| at(error, index)),
            Err(error) => Err(at(error, index)),
        }
    }

    /// The next value, as a Rust type: what a column has, exactly.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the column's position when the value is of another type.
    #[inline]
    #[allow(clippy::should_implement_trait)] // Each call reads another type; an iterator cannot.
    pub fn next<T: Type>(&mut self) -> Result<T> {
        self.next_by(T::take)
    }

    /// The next value, as a Rust type: what a query computed; see [`Scalar::decode_computed`](crate::Scalar::decode_computed).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    #[inline]
    pub fn next_computed<T: Type>(&mut self) -> Result<T> {
        self.next_by(T::take_computed)
    }
}

impl std::fmt::Debug for Columns<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columns").field("next", &self.next).field("len", &self.row.len()).finish()
    }
}

#[cold]
fn at(error: Error, index: usize) -> Error {
    if error.kind() == ErrorKind::Decode { error.with_index(index) } else { error }
}

/// Something read from the next columns of a row: a value, a tuple, a model, a projection.
///
/// Raw SQL finds the columns of models and projections by name, and everything else by position:
///
/// | type | reads |
/// |---|---|
/// | a value, `i64` | the next column |
/// | a model or a projection, `User` | the columns with its names, in any order |
/// | a tuple, `(i64, User, String)` | its parts from left to right; a struct takes as many columns as it has, and finds them by name among these |
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from the rows of raw SQL",
    label = "expected a value, a tuple, a model or a projection",
    note = "a struct needs `#[derive(Model)]`, or `#[derive(Projection)]` without nested rows"
)]
pub trait Decode: Sized + Send + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when a column is of another type.
    fn decode(columns: &mut Columns<'_>) -> Result<Self>;

    /// Appends the columns that [`decode`](Self::decode) reads, in its order.
    fn layout(layout: &mut Layout);
}

impl<T: Type> Decode for T {
    #[inline]
    fn decode(columns: &mut Columns<'_>) -> Result<Self> {
        columns.next_computed()
    }
    fn layout(layout: &mut Layout) {
        layout.value();
    }
}

/// Values of columns of a table, read from left to right: tuples of them, for the code of the derives.
#[doc(hidden)]
pub trait Exact: Sized {
    /// Reads them.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when a column is of another type.
    fn read(columns: &mut Columns<'_>) -> Result<Self>;
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: Type),+> Exact for ($($name,)+) {
            // Always, so that a model's columns become its fields without being a tuple in memory before.
            #[inline(always)]
            fn read(columns: &mut Columns<'_>) -> Result<Self> {
                Ok(($(columns.next::<$name>()?,)+))
            }
        }
        impl<$($name: Decode),+> Decode for ($($name,)+) {
            #[inline(always)]
            fn decode(columns: &mut Columns<'_>) -> Result<Self> {
                Ok(($($name::decode(columns)?,)+))
            }
            fn layout(layout: &mut Layout) {
                $($name::layout(layout);)+
            }
        }
    )+};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_checked_and_its_fault_has_a_place() {
        let long = "ü".repeat(200);
        for text in ["", "abc", "ünï", &long] {
            assert_eq!(utf8(text.as_bytes()).unwrap(), text);
        }
        for (bytes, place) in
            [(&b"ab\xff"[..], "index 2"), (&[0xc3], "index 0"), (&[[b'a'; 99], [0x80; 99]].concat(), "index 99")]
        {
            let error = utf8(bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains(place), "{source}");
        }
    }
}
