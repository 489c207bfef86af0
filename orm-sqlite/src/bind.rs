//! Values into a statement: all are brought into their stored form in one buffer that the statement owns, then bound
//! from there, so that nothing a statement reads belongs to the caller and the statement can move to another thread.

use orm_core::{Error, ErrorKind, Result, Value};

use crate::handle::Handle;
use crate::types;

/// Binds of which a write is not done on the caller's thread: that many rows take a while.
pub(crate) const MANY_BINDS: usize = 1000;
/// Bytes of binds of which a write is not done on the caller's thread.
pub(crate) const MANY_BYTES: usize = 256 * 1024;

/// Binds values to the statement in use.
///
/// # Errors
/// [`ErrorKind::InvalidStatement`] when their number is wrong, [`ErrorKind::Encode`] for one that has no stored form.
#[inline]
pub(crate) fn bind(handle: &mut Handle, values: &[Value]) -> Result<()> {
    let wanted = handle.parameter_count();
    if wanted != values.len() {
        return Err(wrong_count(wanted, values.len()));
    }
    if wanted == 0 {
        return Ok(());
    }
    handle.bind_with(|cells, buffer| {
        for value in values {
            cells.push(types::encode(value, buffer)?);
        }
        Ok(())
    })
}

#[cold]
fn wrong_count(wanted: usize, given: usize) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("the statement has {wanted} placeholders and got {given} values"))
}
