//! Raw SQL: the way past typed statements. The text goes to the database as it is, with the dialect's own placeholders
//! (`?`, `$1`); values are always bound.

use std::borrow::Cow;

use orm_core::driver::{Done, Query, Session};
use orm_core::row::{Collect, Decode, Discard};
use orm_core::{Result, Scalar, Value};

pub(crate) async fn execute(session: &dyn Session, sql: &str, values: Vec<Value>) -> Result<Done> {
    session.fetch(Query { sql, binds: &values, cacheable: true }, &mut Discard).await
}

pub(crate) async fn query<T: Decode>(session: &dyn Session, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut sink = Collect::new(&mut rows, T::decode);
    session.fetch(Query { sql, binds: &values, cacheable: true }, &mut sink).await?;
    Ok(rows)
}

/// Values for the placeholders of raw SQL, in their order: `()`, a tuple of [`Bind`], a list of [`Value`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of values",
    label = "expected `()`, a tuple or a list of `Value`",
    note = "one value is written `(value,)`; types of your own are bound with `orm::Scalar::encode`"
)]
pub trait Values {
    /// The values.
    fn into_values(self) -> Vec<Value>;
}

/// A value that can be bound to raw SQL: numbers, text, bytes, dates, `Option`s of them, or a [`Value`], which any
/// column type gives with [`Scalar::encode`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to raw SQL",
    label = "not a value",
    note = "types of your own are bound with `orm::Scalar::encode`"
)]
pub trait Bind {
    /// The value.
    fn into_value(self) -> Value;
}

impl Bind for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl Bind for &str {
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self.to_owned()))
    }
}

impl Bind for &[u8] {
    fn into_value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl Bind for Option<&str> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null(String::TYPE), Bind::into_value)
    }
}

macro_rules! binds {
    ($($(#[$attr:meta])* $type:ty),* $(,)?) => {$(
        $(#[$attr])*
        impl Bind for $type {
            fn into_value(self) -> Value {
                Scalar::into_value(self)
            }
        }
        $(#[$attr])*
        impl Bind for Option<$type> {
            fn into_value(self) -> Value {
                self.map_or(Value::Null(<$type as Scalar>::TYPE), Scalar::into_value)
            }
        }
    )*};
}

binds! {
    bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, char, String, Vec<u8>,
    chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime, chrono::DateTime<chrono::Utc>,
}

impl Values for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Values for Vec<Value> {
    fn into_values(self) -> Vec<Value> {
        self
    }
}

impl Values for &[Value] {
    fn into_values(self) -> Vec<Value> {
        self.to_vec()
    }
}

impl<const N: usize> Values for [Value; N] {
    fn into_values(self) -> Vec<Value> {
        self.into()
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: Bind),+> Values for ($($name,)+) {
            fn into_values(self) -> Vec<Value> {
                #[allow(non_snake_case)]
                let ($($name,)+) = self;
                vec![$($name.into_value()),+]
            }
        }
    )+};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}
