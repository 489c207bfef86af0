//! What code written by the derive names, in one place. Not part of the API: it changes without notice.

pub use core::future::Future;
pub use core::pin::Pin;
pub use core::task::{Context, Poll};

#[cfg(feature = "serde")]
pub use crate::__input as input;
pub use crate::driver::{OfTenant, Open, Policed, PolicedTenanted, Runs, SeenBy, Tenanted};
pub use crate::error::{Error, Result};
pub use crate::expr::{Assign, Column, Encrypted, Expr, Findable, KeyOperand, KeyPart, SingleKey};
pub use crate::handle::{CreateUnder, ManyToMany, NewChild, Related, Through, ToMany, ToOne, ToOwner};
pub use crate::model::rule::RuleDef;
pub use crate::model::{
    ColumnDef, DefaultDef, HopDef, IndexDef, IndexPart, Itself, Life, Many, Model, ModelDef, Mutability, OnDelete, One,
    OneOfDef, Optional, Referred, RelationDef, RelationKind, Snapshot, TableName, Transition, Versioned, concat_hops,
    has_label, model_layout, one, read_model, rule,
};
#[cfg(feature = "json")]
pub use crate::query::Audited;
pub use crate::query::{
    Complete, Create, CreateBuilder, Destroy, Draft, Filtered, Given, Instance, Missing, Restore, Running, RunsAlone,
    Set, Statements, Update, UpdateBuilder, UpdateOne, UpdateRows, Updates, judge,
};
#[cfg(feature = "serde")]
pub use crate::relation::with_through;
pub use crate::relation::{
    AnyKey, Copied, Link, OneOf, OneOfField, Projection, Relation, RelationField, SelectItems, Variant, Variants, also,
    belongs, ends_at, follows, forget_stale, has, scope, starts_at, when,
};
pub use crate::row::{Columns, Decode, Layout};
pub use crate::run::IntoInclude;
pub use crate::value::{EnumDef, EnumStorage, Scalar, SealDef, SealKind, SqlType, Type, Value, ValueRef};
pub use crate::write::{Audit, Counter, Hooks, Prefilled, Trail, owned, row_of};
pub use crate::{
    __create_builder as create_builder, __decode_model as decode_model, __pattern as pattern, __register as register,
    __update_builder as update_builder,
};
#[cfg(feature = "registry")]
pub use inventory;
#[cfg(feature = "schemars")]
pub use schemars;
#[cfg(feature = "serde")]
pub use serde;

/// The model of a relation; see [`Itself`].
pub type Target<M> = <M as Itself>::Model;

/// The type of a column; see [`Type`].
pub type Stored<T> = <T as Type>::Itself;

/// The value of a column, as its default.
pub fn value<T: Type>(value: T) -> Value {
    value.into_value()
}

/// The type of a column's values.
pub const fn type_of<T: Type>() -> SqlType {
    <T::Base as Scalar>::TYPE
}

/// The value of a label, which the enum has.
pub fn state<T: Scalar>(state: Option<T>) -> Value {
    state.map_or(Value::Null(T::TYPE), Scalar::into_value)
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

/// A value that is there, for fields of inputs that may be absent: null is a value of a nullable type, and an error of others.
///
/// # Errors
/// Those of the value.
#[cfg(feature = "serde")]
pub fn some<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// The schema of a field that may be absent, so it has no default.
#[cfg(feature = "schemars")]
pub fn without_default(schema: &mut schemars::Schema) {
    schema.remove("default");
}

/// The schema of such a field if its column is never NULL: `None` means that the field is absent, not NULL.
#[cfg(feature = "schemars")]
pub fn never_null(schema: &mut schemars::Schema) {
    without_default(schema);
    if let Some(values) = schema.get_mut("enum").and_then(|values| values.as_array_mut()) {
        values.retain(|value| !value.is_null());
    }
    if let Some(types) = schema.get_mut("type").and_then(|types| types.as_array_mut()) {
        types.retain(|name| name.as_str() != Some("null"));
        if types.len() == 1
            && let Some(only) = types.pop()
        {
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(any) = schema.get_mut("anyOf").and_then(|any| any.as_array_mut()) {
        any.retain(|one| one.get("type").and_then(|name| name.as_str()) != Some("null"));
        if any.len() == 1
            && let Some(only) = any.pop()
        {
            schema.remove("anyOf");
            for (key, value) in only.as_object().into_iter().flatten() {
                schema.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A struct for what requests say of a row, with its JSON Schema where the feature `schemars` is on.
#[cfg(feature = "schemars")]
#[doc(hidden)]
#[macro_export]
macro_rules! __input {
    ({$($schema:tt)*} $(#[$about:meta])* $vis:vis struct $name:ident {
        $({$($described:tt)*} $(#[$of:meta])* pub $field:ident: $ty:ty,)*
    }) => {
        #[derive($crate::__private::schemars::JsonSchema)]
        $($schema)*
        $(#[$about])*
        $vis struct $name {
            $($($described)* $(#[$of])* pub $field: $ty,)*
        }
    };
}

/// A struct for what requests say of a row, with its JSON Schema where the feature `schemars` is on.
#[cfg(all(feature = "serde", not(feature = "schemars")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __input {
    ({$($schema:tt)*} $(#[$about:meta])* $vis:vis struct $name:ident {
        $({$($described:tt)*} $(#[$of:meta])* pub $field:ident: $ty:ty,)*
    }) => {
        $(#[$about])*
        $vis struct $name {
            $($(#[$of])* pub $field: $ty,)*
        }
    };
}
