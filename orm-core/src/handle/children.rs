//! What the handles take to add, remove, set and ask for: rows or their keys, one or several.

use crate::error::{Error, ErrorKind, Result};
use crate::expr::KeyOperand;
use crate::model::{KeyPair, Model};
use crate::run::key_of;
use crate::value::Value;

/// Rows of `C`, by themselves or by their primary keys: `&row`, `&rows`, `[&a, &b]`, an iterator of references; `7`,
/// `("hall", 7)`, `[1, 2]`, a `Vec` or an iterator of keys. `Q` says which; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a `&{C}` nor the key of one, nor several of them",
    label = "expected `&row`, `&rows`, a list of `&{C}`, a key or a list of keys"
)]
pub trait Children<'c, C: 'c, Q> {
    /// The rows.
    fn children(self) -> impl Iterator<Item = Child<'c, C>>;
}

/// A row, or the key of one.
#[derive(Debug)]
pub enum Child<'c, C> {
    /// The row.
    Row(&'c C),
    /// Its primary key.
    Key(Vec<Value>),
}

impl<C: Model> Child<'_, C> {
    pub(super) fn key(&self) -> Result<Vec<Value>> {
        match self {
            Self::Row(row) => key_of(*row),
            Self::Key(key) => Ok(key.clone()),
        }
    }

    /// The values of the columns that foreign keys point at.
    pub(super) fn pointed_at(self, keys: &[KeyPair]) -> Result<Vec<Value>> {
        let columns = keys.iter().map(|pair| pair.to.index);
        match self {
            Self::Row(row) => Ok(columns.map(|column| row.value(column)).collect()),
            Self::Key(key) => {
                let of_key = |column| C::DEF.primary_key.iter().position(|index| *index == column);
                columns.map(|column| of_key(column).and_then(|place| key.get(place).cloned())).collect::<Option<_>>()
            }
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidStatement,
                    "the relation points at another key than the primary key: give the row itself",
                )
                .with_model(C::DEF.name)
                .with_columns(keys.iter().map(|pair| pair.to.name))
            }),
        }
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub enum OneRow {}

/// Several rows.
#[derive(Debug, Clone, Copy)]
pub enum ManyRows {}

/// One key.
#[derive(Debug, Clone, Copy)]
pub enum OneKey {}

/// One row of `C`, by itself or by its primary key: `&row`, `7`, `("hall", 7)`.
#[diagnostic::on_unimplemented(
    message = "this relation leads to one row of `{C}`",
    label = "expected `&row` or its key"
)]
pub trait OneChild<'c, C: 'c, Q>: Children<'c, C, Q> {}

impl<'c, C: Model, T: Children<'c, C, OneRow>> OneChild<'c, C, OneRow> for T {}
impl<'c, C: Model, T: Children<'c, C, OneKey>> OneChild<'c, C, OneKey> for T {}

/// Several keys, in an iterator.
#[derive(Debug, Clone, Copy)]
pub enum KeyIterator {}

/// Several keys, in a `Vec`.
#[derive(Debug, Clone, Copy)]
pub enum KeyVec {}

/// Several keys, in an array.
#[derive(Debug, Clone, Copy)]
pub enum KeyArray {}

impl<'c, C: Model> Children<'c, C, OneRow> for &'c C {
    fn children(self) -> impl Iterator<Item = Child<'c, C>> {
        std::iter::once(Child::Row(self))
    }
}

impl<'c, C: Model, I: IntoIterator<Item = &'c C>> Children<'c, C, ManyRows> for I {
    fn children(self) -> impl Iterator<Item = Child<'c, C>> {
        self.into_iter().map(Child::Row)
    }
}

impl<'c, C: Model, K: KeyOperand<C>> Children<'c, C, OneKey> for K {
    fn children(self) -> impl Iterator<Item = Child<'c, C>> {
        std::iter::once(Child::Key(self.into_key()))
    }
}

impl<'c, C: Model, K: KeyOperand<C>, I: Iterator<Item = K>> Children<'c, C, KeyIterator> for I {
    fn children(self) -> impl Iterator<Item = Child<'c, C>> {
        self.map(|key| Child::Key(key.into_key()))
    }
}

impl<'c, C: Model, K: KeyOperand<C>> Children<'c, C, KeyVec> for Vec<K> {
    fn children(self) -> impl Iterator<Item = Child<'c, C>> {
        self.into_iter().map(|key| Child::Key(key.into_key()))
    }
}

/// Arrays of keys. An empty one has no type of its own, and is an array of rows.
macro_rules! arrays {
    ($($len:literal)+) => {$(
        impl<'c, C: Model, K: KeyOperand<C>> Children<'c, C, KeyArray> for [K; $len] {
            fn children(self) -> impl Iterator<Item = Child<'c, C>> {
                self.into_iter().map(|key| Child::Key(key.into_key()))
            }
        }
    )+};
}

arrays! { 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 }
