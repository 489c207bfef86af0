//! Primary keys as arguments: a value for a key of one column, a tuple for a composite key.

use super::Column;
use crate::model::Model;
use crate::value::{Scalar, Value};

/// A primary key of `M`: `1`, `"code"`, `uuid`, or a tuple for a composite key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a primary key of `{M}`",
    label = "expected the type of the key column, or a tuple for a composite key"
)]
pub trait KeyOperand<M> {
    /// The values, one per key column.
    fn into_key(self) -> Vec<Value>;
}

/// A model whose primary key is one column, of type `K`. The type is a parameter, and no type of the model's, so that it
/// may be private where the model is not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no primary key of one column to point at",
    label = "which column of `{Self}` does it point at?",
    note = "name it: `references = code`; of a key of several columns all of them: `key(a, b), references(a, b)`"
)]
pub trait SingleKey<K>: Model {
    /// The column.
    const COLUMN: Column<Self, K>;
}

#[diagnostic::do_not_recommend]
impl<M: SingleKey<K>, K: Scalar> KeyOperand<M> for K {
    fn into_key(self) -> Vec<Value> {
        vec![Scalar::into_value(self)]
    }
}

#[diagnostic::do_not_recommend]
impl<M: SingleKey<String>> KeyOperand<M> for &String {
    fn into_key(self) -> Vec<Value> {
        vec![self.encode()]
    }
}

#[cfg(feature = "uuid")]
#[diagnostic::do_not_recommend]
impl<M: SingleKey<uuid::Uuid>> KeyOperand<M> for &uuid::Uuid {
    fn into_key(self) -> Vec<Value> {
        vec![self.encode()]
    }
}

#[diagnostic::do_not_recommend]
impl<M: SingleKey<String>> KeyOperand<M> for &str {
    fn into_key(self) -> Vec<Value> {
        vec![Value::Text(self.to_owned().into())]
    }
}

/// One part of a composite key.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a `{T}`", label = "expected the type of the key column")]
pub trait KeyPart<T> {
    /// The value.
    fn into_part(self) -> Value;
}

impl<T: Scalar> KeyPart<T> for T {
    fn into_part(self) -> Value {
        Scalar::into_value(self)
    }
}

impl<T: Scalar> KeyPart<T> for &T {
    fn into_part(self) -> Value {
        self.encode()
    }
}

impl KeyPart<String> for &str {
    fn into_part(self) -> Value {
        Value::Text(self.to_owned().into())
    }
}
