//! Rows with encrypted columns: [`Seal`] seals and opens values, and what reads a row sees the opened ones. The cryptography is behind
//! the trait.

use std::task::{Context, Poll};

use super::{Flow, Row, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{SealDef, SealKind, Value, ValueRef, plain_value};

/// The encrypted columns of a row, by their positions.
pub(crate) type SealedColumns = Vec<(usize, &'static SealDef)>;

/// Seals and opens values of encrypted columns. `orm` implements it for a `Cipher`; an implementation of your own may ask a service.
pub trait Seal: std::fmt::Debug + Send + Sync {
    /// The bytes that a column keeps of a value, by its [kind](SealDef::kind).
    ///
    /// # Errors
    /// [`ErrorKind::Encryption`].
    fn seal(&self, column: &SealDef, plain: &[u8]) -> Result<Vec<u8>>;

    /// The value of such bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Encryption`] when they were changed, were sealed for another column, or by a key that is not known.
    fn open(&self, column: &SealDef, sealed: &[u8]) -> Result<Vec<u8>>;

    /// Whether bytes are those of a sealed value, whoever sealed it.
    fn is_sealed(&self, bytes: &[u8]) -> bool;

    /// Whether a sealed value is sealed as it would be now: with the current key, and by the column's kind.
    fn is_current(&self, column: &SealDef, sealed: &[u8]) -> bool;
}

/// The error where there are values of an encrypted column and no keys.
#[cold]
pub(crate) fn no_keys(def: Option<&'static SealDef>) -> Error {
    let error = Error::new(
        ErrorKind::Encryption,
        "the column is encrypted, and the handle has no keys: give them when you connect, `DatabaseOptions::new().keys(..)`, or to a \
         handle, `db.with_keys(..)`",
    );
    match def {
        Some(def) => of_column(def)(error),
        None => error,
    }
}

/// Names an encrypted column in an error.
pub(crate) fn of_column(def: &'static SealDef) -> impl FnOnce(Error) -> Error {
    |error| error.with_table(def.table).with_columns([def.column])
}

/// A value of an encrypted column, from the bytes that the column has. What a blind index has is of no use to anybody, and is not read.
fn opened(seal: &dyn Seal, def: &'static SealDef, value: ValueRef<'_>) -> Result<Value> {
    let plain = match value {
        ValueRef::Null => return Ok(Value::Null(def.ty)),
        _ if def.kind == SealKind::Index => return Ok(Value::Bytes(Vec::new())),
        ValueRef::Bytes(bytes) if def.allows_plaintext && !seal.is_sealed(bytes) => bytes.to_vec(),
        ValueRef::Text(text) if def.allows_plaintext => text.as_bytes().to_vec(),
        ValueRef::Bytes(bytes) => seal.open(def, bytes)?,
        other => {
            let message = format!("the column has {}, and not the bytes of a sealed value", other.kind_name());
            return Err(Error::new(ErrorKind::Encryption, message));
        }
    };
    plain_value(def.ty, plain)
}

fn open_row(seal: &dyn Seal, plan: &[(usize, &'static SealDef)], row: &dyn Row, values: &mut Vec<Value>) -> Result<()> {
    values.clear();
    for (position, def) in plan {
        let value = row.get(*position).and_then(|value| opened(seal, def, value));
        values.push(value.map_err(|error| of_column(def)(error).with_index(*position))?);
    }
    Ok(())
}

/// What a function makes of a row whose encrypted columns are open.
pub(super) fn with_opened<T>(
    seal: Option<&dyn Seal>,
    plan: &[(usize, &'static SealDef)],
    row: &dyn Row,
    read: impl FnOnce(&dyn Row) -> Result<T>,
) -> Result<T> {
    let Some(seal) = seal else { return Err(no_keys(plan.first().map(|(_, def)| *def))) };
    let mut values = Vec::with_capacity(plan.len());
    open_row(seal, plan, row, &mut values)?;
    read(&OpenedRow { row, plan, values: &values })
}

/// Opens the encrypted columns of each row before another sink takes it.
pub(crate) struct OpeningSink<'a> {
    sink: &'a mut dyn RowSink,
    seal: &'a dyn Seal,
    plan: SealedColumns,
    values: Vec<Value>,
}

impl<'a> OpeningSink<'a> {
    pub(crate) fn new(sink: &'a mut dyn RowSink, seal: &'a dyn Seal, plan: SealedColumns) -> Self {
        Self { sink, seal, plan, values: Vec::new() }
    }
}

impl RowSink for OpeningSink<'_> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        open_row(self.seal, &self.plan, row, &mut self.values)?;
        self.sink.row(&OpenedRow { row, plan: &self.plan, values: &self.values })
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

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sink.poll_ready(cx)
    }
}

/// A row whose encrypted columns are open.
struct OpenedRow<'r> {
    row: &'r dyn Row,
    plan: &'r [(usize, &'static SealDef)],
    values: &'r [Value],
}

impl Row for OpenedRow<'_> {
    fn len(&self) -> usize {
        self.row.len()
    }

    fn name(&self, index: usize) -> &str {
        self.row.name(index)
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.plan.iter().position(|(position, _)| *position == index).and_then(|at| self.values.get(at)) {
            Some(value) => Ok(value.as_ref()),
            None => self.row.get(index),
        }
    }
}
