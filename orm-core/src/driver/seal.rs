//! Statements about encrypted columns: a session encrypts ("seals") their values before it sends the statement, and decrypts
//! ("opens") their rows before they are decoded. So all other code works with plain values.

use super::{Done, Query, Session};
use crate::error::Result;
use crate::row::{OpeningSink, RowSink, Seal, no_keys, of_column};
use crate::value::{SealDef, SealKind, Value, comparable_bytes, plain_bytes};

/// Runs a statement that binds values of encrypted columns, or reads such columns.
///
/// # Errors
/// [`ErrorKind::Encryption`](crate::ErrorKind::Encryption) if the session has no keys, or a value cannot be decrypted; errors of
/// the statement.
pub async fn fetch_sealed(session: &dyn Session, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
    let plan = query.reads.sealed();
    let Some(seal) = session.context().seal() else {
        let first = query.binds.iter().find_map(column_of);
        return Err(no_keys(first.or(plan.first().map(|(_, def)| *def))));
    };
    let binds = query.binds.iter().map(|value| sealed(&**seal, value)).collect::<Result<Vec<_>>>()?;
    let query = Query { binds: &binds, sealed: false, ..query };
    if plan.is_empty() {
        return session.fetch(query, sink).await;
    }
    session.fetch(query, &mut OpeningSink::new(sink, &**seal, plan)).await
}

/// The value to send: encrypted, if it is for an encrypted column.
fn sealed(seal: &dyn Seal, value: &Value) -> Result<Value> {
    match value {
        Value::Sealed(def, plain) => {
            let bytes = if def.kind == SealKind::Random { plain_bytes(plain) } else { comparable_bytes(plain) };
            let bytes = bytes.and_then(|plain| seal.seal(def, &plain));
            bytes.map(Value::Bytes).map_err(of_column(def))
        }
        Value::Array(element, items) if value.is_sealed() => {
            let items = items.iter().map(|item| sealed(seal, item)).collect::<Result<_>>()?;
            Ok(Value::Array(element, items))
        }
        value => Ok(value.clone()),
    }
}

/// The encrypted column that a value is for.
fn column_of(value: &Value) -> Option<&'static SealDef> {
    match value {
        Value::Sealed(def, _) => Some(def),
        Value::Array(_, items) => items.iter().find_map(column_of),
        _ => None,
    }
}
