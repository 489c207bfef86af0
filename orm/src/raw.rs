//! Raw SQL: the way past typed statements. The text goes to the database as it is, with the dialect's own placeholders
//! (`?`, `$1`); values are always bound.

use orm_core::driver::{Done, Query, Session};
use std::any::type_name;

use orm_core::row::{Collect, Columns, Decode, Discard};
use orm_core::{Bind, Error, ErrorKind, Result, Value};

pub(crate) async fn execute(session: &dyn Session, sql: &str, values: Vec<Value>) -> Result<Done> {
    session.fetch(Query { sql, binds: &values, cacheable: true }, &mut Discard).await
}

pub(crate) async fn query<T: Decode>(session: &dyn Session, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut sink = Collect::new(&mut rows, whole::<T>);
    session.fetch(Query { sql, binds: &values, cacheable: true }, &mut sink).await?;
    Ok(rows)
}

/// Reads a row, all of it.
fn whole<T: Decode>(columns: &mut Columns<'_>) -> Result<T> {
    let row = T::decode(columns)?;
    match columns.left() {
        0 => Ok(row),
        left => Err(Error::new(
            ErrorKind::Decode,
            format!("the row has {left} columns more than `{}` reads; leave them out of the query", type_name::<T>()),
        )),
    }
}

/// Values for the placeholders of raw SQL, in their order: `()`, a tuple of [`Bind`], a list of [`Value`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of values",
    label = "expected `()`, a tuple or a list of `Value`",
    note = "one value is written `(value,)`"
)]
pub trait Values {
    /// The values.
    fn into_values(self) -> Vec<Value>;
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
                vec![$($name.into_bind()),+]
            }
        }
    )+};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}
