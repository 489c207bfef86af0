//! [`Layout`]: which columns a type reads from a row of raw SQL, and where they are in a result set. Typed statements know
//! the order of their columns and need none of this.

use std::any::type_name;

use std::sync::Arc;

use super::opened::with_opened;
use super::{Columns, Decode, Flow, Row, RowSink, Seal, SealedColumns};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{SealDef, ValueRef};

/// Which columns a type reads from a row of raw SQL, from left to right: values by their position, the columns of a model or
/// a projection by their names.
#[derive(Debug, Default)]
pub struct Layout {
    parts: Vec<Part>,
    width: usize,
    /// The encrypted columns, by their position in the row.
    sealed: SealedColumns,
}

#[derive(Debug)]
enum Part {
    Value,
    Named { of: &'static str, names: Vec<&'static str> },
}

impl Part {
    fn width(&self) -> usize {
        match self {
            Self::Value => 1,
            Self::Named { names, .. } => names.len(),
        }
    }
}

impl Layout {
    /// The layout of a type.
    #[must_use]
    pub fn of<T: Decode>() -> Self {
        let mut layout = Self::default();
        T::layout(&mut layout);
        layout
    }

    /// Appends a value, read by its position.
    pub fn value(&mut self) {
        self.parts.push(Part::Value);
        self.width += 1;
    }

    /// Appends the columns of a struct, read by their names in this order. `of` is the struct's name, for messages.
    pub fn named(&mut self, of: &'static str, names: impl IntoIterator<Item = &'static str>) {
        let names: Vec<_> = names.into_iter().collect();
        self.width += names.len();
        self.parts.push(Part::Named { of, names });
    }

    /// Marks the column at a position as encrypted.
    pub(crate) fn sealed(&mut self, position: usize, def: &'static SealDef) {
        self.sealed.push((position, def));
    }

    /// The number of columns so far.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Where each column is in the rows of a result set; `None` when all are where they are read.
    fn places<T>(&self, row: &dyn Row) -> Result<Option<Vec<usize>>> {
        // A struct at the end takes all that is left, so that its error names what is too much.
        let ends_named = matches!(self.parts.last(), Some(Part::Named { .. }));
        let len = row.len();
        if len < self.width && self.parts.len() > 1 || len > self.width && !ends_named {
            return Err(miscounted::<T>(len, self.width));
        }
        let (mut places, mut start, mut moved) = (Vec::new(), 0, false);
        for (index, part) in self.parts.iter().enumerate() {
            let end = if index + 1 == self.parts.len() { len } else { start + part.width() };
            if let Part::Named { of, names } = part
                && !in_order(names, row, start, end)
            {
                moved = true;
                places.extend(0..start);
                places.truncate(start);
                places.extend(found(of, names, row, start, end)?);
            } else if moved {
                places.extend(start..end);
            }
            start = end;
        }
        Ok(moved.then_some(places))
    }

    /// The name of the column at a position, where it has one.
    fn name(&self, position: usize) -> Option<&'static str> {
        let mut start = 0;
        for part in &self.parts {
            if let Part::Named { names, .. } = part
                && let Some(name) = position.checked_sub(start).and_then(|at| names.get(at))
            {
                return Some(name);
            }
            start += part.width();
        }
        None
    }
}

/// Whether the columns from `start` to `end` are the names, in their order.
fn in_order(names: &[&str], row: &dyn Row, start: usize, end: usize) -> bool {
    end - start == names.len() && names.iter().zip(start..end).all(|(name, at)| row.name(at) == *name)
}

/// Where each name is among the columns from `start` to `end`. Databases ignore the case of most names, so that it counts
/// only where two differ in nothing else.
fn found(of: &str, names: &[&'static str], row: &dyn Row, start: usize, end: usize) -> Result<Vec<usize>> {
    let mut places = vec![usize::MAX; names.len()];
    let mut taken = vec![false; end - start];
    let same: [fn(&str, &str) -> bool; 2] = [|a, b| a == b, str::eq_ignore_ascii_case];
    for same in same {
        for (name, place) in names.iter().zip(&mut places).filter(|(_, place)| **place == usize::MAX) {
            if let Some(at) = (start..end).find(|at| !taken[at - start] && same(row.name(*at), name)) {
                *place = at;
                taken[at - start] = true;
            }
        }
    }
    if taken.iter().all(|taken| *taken) && !places.contains(&usize::MAX) {
        return Ok(places);
    }
    let missing = names.iter().zip(&places).filter(|(_, place)| **place == usize::MAX).map(|(name, _)| *name);
    let extra = (start..end).filter(|at| !taken[at - start]).map(|at| row.name(at));
    let (twice, unknown): (Vec<_>, Vec<_>) =
        extra.partition(|extra| names.iter().any(|name| extra.eq_ignore_ascii_case(name)));
    let has: Vec<_> = (start..end).map(|at| row.name(at)).collect();
    Err(mismatched(of, names, &has, [missing.collect(), unknown, twice]))
}

#[cold]
fn mismatched(of: &str, names: &[&'static str], has: &[&str], faults: [Vec<&str>; 3]) -> Error {
    let list = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let faults: Vec<_> = ["missing: ", "unknown: ", "more than once: "]
        .into_iter()
        .zip(&faults)
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}{}", list(names)))
        .collect();
    let message = format!(
        "the columns of the query are not those of `{of}` ({}); the query gives {}, and `{of}` reads {}",
        faults.join("; "),
        list(has),
        list(names),
    );
    Error::new(ErrorKind::Decode, message)
}

#[cold]
fn miscounted<T>(len: usize, width: usize) -> Error {
    let name = type_name::<T>();
    let message = match len.checked_sub(width) {
        Some(more) => format!("the row has {more} columns more than `{name}` reads; leave them out of the query"),
        None => format!("the row has {len} columns, and `{name}` reads {width}"),
    };
    Error::new(ErrorKind::Decode, message)
}

/// Collects the rows of raw SQL. Where the columns are is found with the first row of each result set.
#[derive(Debug)]
pub struct CollectRaw<'a, T> {
    rows: &'a mut Vec<T>,
    layout: Layout,
    places: Places,
    seal: Option<Arc<dyn Seal>>,
}

#[derive(Debug)]
enum Places {
    Unknown,
    InOrder,
    Moved(Vec<usize>),
}

impl<'a, T: Decode> CollectRaw<'a, T> {
    /// Appends to `rows`, which must be empty.
    pub fn new(rows: &'a mut Vec<T>) -> Self {
        Self { rows, layout: Layout::of::<T>(), places: Places::Unknown, seal: None }
    }

    /// Decrypts encrypted columns of models.
    #[must_use]
    pub fn opening(mut self, seal: Option<Arc<dyn Seal>>) -> Self {
        self.seal = seal;
        self
    }

    #[cold]
    fn resolve(&mut self, row: &dyn Row) -> Result<()> {
        self.places = self.layout.places::<T>(row)?.map_or(Places::InOrder, Places::Moved);
        Ok(())
    }

    fn decode(&self, row: &dyn Row) -> Result<T> {
        if self.layout.sealed.is_empty() {
            return T::decode(&mut Columns::new(row));
        }
        with_opened(self.seal.as_deref(), &self.layout.sealed, row, |row| T::decode(&mut Columns::new(row)))
    }

    /// Says where in the row, and in which column, a value does not fit.
    #[cold]
    fn locate(&self, error: Error) -> Error {
        let Some(position) = error.index() else { return error };
        let error = match self.layout.name(position) {
            Some(name) if error.columns().is_empty() => error.with_columns([name]),
            _ => error,
        };
        match &self.places {
            Places::Moved(places) => error.with_index(places.get(position).copied().unwrap_or(position)),
            _ => error,
        }
    }
}

impl<T: Decode> RowSink for CollectRaw<'_, T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if matches!(self.places, Places::Unknown) {
            self.resolve(row)?;
        }
        let read = match &self.places {
            Places::Moved(places) => self.decode(&Moved { row, places }),
            _ => self.decode(row),
        };
        // Not `?`: it moves what was read, and rows are many.
        match read {
            Ok(read) => self.rows.push(read),
            Err(error) => return Err(self.locate(error)),
        }
        Ok(Flow::Continue)
    }
    fn new_set(&mut self) {
        self.places = Places::Unknown;
    }
    fn restart(&mut self) {
        self.rows.clear();
        self.places = Places::Unknown;
    }
}

/// A row whose columns are read in another order.
struct Moved<'r> {
    row: &'r dyn Row,
    places: &'r [usize],
}

impl Row for Moved<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }
    fn name(&self, index: usize) -> &str {
        self.places.get(index).map_or("", |place| self.row.name(*place))
    }
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        self.row.get(self.places.get(index).copied().unwrap_or(usize::MAX))
    }
}
