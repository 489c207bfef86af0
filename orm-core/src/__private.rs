//! What code written by the derive names, in one place. Not part of the API: it changes without notice.

pub use core::future::Future;

pub use crate::driver::{Runs, Unpoliced};
pub use crate::error::{Error, Result};
pub use crate::load::{
    CreateUnder, Link, ManyToMany, NewChild, OneOf, OneOfField, Over, Related, Relation, RelationField, ToMany, ToOne,
    ToOwner, Variant, Variants, belongs, has, scope, when,
};
pub use crate::model::{
    Always, ColumnDef, DefaultDef, IndexDef, IndexPart, Maybe, Model, ModelDef, OnDelete, OneOfDef, RelationDef,
    RelationKind, Several, TableName, ThroughDef, one, read_model,
};
pub use crate::query::{
    Building, Changing, Column, Complete, Copied, Create, Creating, Destroy, Expr, Given, Instance, IntoInclude,
    KeyOperand, KeyPart, Missing, Projection, Restore, SelectItems, Set, SingleKey, Start, Update,
};
pub use crate::row::{Columns, Decode};
pub use crate::value::{EnumDef, EnumStorage, Scalar, SqlType, Type, Value, ValueRef};

/// The value of a column, as its default.
pub fn value<T: Type>(value: T) -> Value {
    value.into_value()
}

/// A text that says which model a key points at.
pub fn text(text: &'static str) -> Value {
    Value::Text(text.into())
}

/// A new UUID of version 7, as the default of a column.
#[cfg(feature = "uuid")]
pub fn new_uuid() -> Value {
    Value::Uuid(uuid::Uuid::now_v7().into_bytes())
}
