//! Rows with encrypted columns: a [`Seal`] encrypts ("seals") and decrypts ("opens") values, and a wrapped row gives decrypted ones.
//! The trait keeps cryptography out of this crate.

use std::task::{Context, Poll};

use super::{Flow, Row, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{SealDef, SealKind, Value, ValueRef, plain_value};

/// The encrypted columns of a row, by their positions.
pub(crate) type SealedColumns = Vec<(usize, &'static SealDef)>;

/// Encrypts and decrypts values of encrypted columns. `orm` implements it with a `Cipher`; your own implementation may call a service.
pub trait Seal: std::fmt::Debug + Send + Sync {
    /// Encrypts a value, or hashes it for a blind index, by the column's [kind](SealDef::kind).
    ///
    /// # Errors
    /// [`ErrorKind::Encryption`] if there is no key.
    fn seal(&self, column: &SealDef, plain: &[u8]) -> Result<Vec<u8>>;

    /// Decrypts a value.
    ///
    /// # Errors
    /// [`ErrorKind::Encryption`] if the bytes were modified, belong to another column, or have an unknown key.
    fn open(&self, column: &SealDef, sealed: &[u8]) -> Result<Vec<u8>>;

    /// Whether the bytes have the format of an encrypted value, with any key.
    fn is_sealed(&self, bytes: &[u8]) -> bool;

    /// Whether an encrypted value has the current key, and the algorithm of the column's kind.
    fn is_current(&self, column: &SealDef, sealed: &[u8]) -> bool;
}

/// The error for a statement about an encrypted column on a handle without keys.
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

/// Adds the name of an encrypted column to an error.
pub(crate) fn of_column(def: &'static SealDef) -> impl FnOnce(Error) -> Error {
    |error| error.with_table(def.table).with_columns([def.column])
}

/// Decrypts the stored bytes of an encrypted column. A blind index cannot be decrypted, so it gives empty bytes.
fn opened(seal: &dyn Seal, def: &'static SealDef, value: ValueRef<'_>) -> Result<Value> {
    let plain = match value {
        ValueRef::Null => return Ok(Value::Null(def.ty)),
        _ if def.kind == SealKind::Index => return Ok(Value::Bytes(Vec::new())),
        ValueRef::Bytes(bytes) if def.reads_plaintext() && !seal.is_sealed(bytes) => bytes.to_vec(),
        ValueRef::Text(text) if def.reads_plaintext() => text.as_bytes().to_vec(),
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

/// Calls a function with a row whose encrypted columns are decrypted.
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

/// Decrypts the encrypted columns of each row, then passes the row to another sink.
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

/// A row whose encrypted columns are decrypted.
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
