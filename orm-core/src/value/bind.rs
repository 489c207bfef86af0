//! [`Bind`]: whatever can be bound to SQL that is written by hand, where no column says which type is meant.

use std::borrow::Cow;

use super::{Scalar, SqlType, Type, Value};

/// A value for a placeholder of SQL that is written by hand: every column type and `Option`s of them, borrowed text and
/// bytes, or a [`Value`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to SQL",
    label = "not a column type",
    note = "derive `Value` for a newtype, `Enum` for an enum, or implement `orm::Scalar`"
)]
pub trait Bind {
    /// The value to bind.
    fn into_bind(self) -> Value;
}

impl<T: Type> Bind for T {
    fn into_bind(self) -> Value {
        Type::into_value(self)
    }
}

impl Bind for Value {
    fn into_bind(self) -> Value {
        self
    }
}

impl Bind for &str {
    fn into_bind(self) -> Value {
        Value::Text(Cow::Owned(self.to_owned()))
    }
}

impl Bind for &String {
    fn into_bind(self) -> Value {
        self.as_str().into_bind()
    }
}

impl Bind for Option<&str> {
    fn into_bind(self) -> Value {
        self.map_or(Value::Null(String::TYPE), Bind::into_bind)
    }
}

impl Bind for &[u8] {
    fn into_bind(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl Bind for Option<&[u8]> {
    fn into_bind(self) -> Value {
        self.map_or(Value::Null(SqlType::Bytes), Bind::into_bind)
    }
}
