//! Static metadata of models, as the derive writes it: tables, columns, keys, indexes, relations. Everything is `const`
//! and `'static`; typed columns and statements on top of it live in `query`.

mod cardinality;
mod column;
mod index;
mod life;
mod mutability;
mod policy;
#[cfg(feature = "registry")]
mod registry;
mod relation;
mod row_draft;
pub mod rule;
mod snapshot;
mod violation;

pub use cardinality::{Cardinality, Many, One, Optional, Required, one};
pub use column::{ColumnDef, DefaultDef};
pub use index::{IndexDef, IndexPart};
pub use life::{Check, Life};
#[doc(hidden)]
pub use mutability::has_label;
pub use mutability::{Mutability, Transition};
pub use policy::{Access, PolicyFn, Ruling};
#[cfg(feature = "registry")]
pub use registry::{Registered, registered};
pub use relation::{Between, HopDef, KeyPair, OnDelete, OneOfDef, RelationDef, RelationKind, concat_hops};
pub use row_draft::RowDraft;
pub use snapshot::Snapshot;
pub use violation::{Violation, Violations};

use crate::error::{Error, Result};
use crate::row::{Columns, Layout};
use crate::value::Value;

/// The name of a table, with its schema when it has one. One static per model; columns point at it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The schema (a database, on MySQL), when it is not the connection's own.
    pub schema: Option<&'static str>,
    /// The table.
    pub name: &'static str,
}

impl TableName {
    /// A table of the connection's own schema.
    pub const fn new(name: &'static str) -> Self {
        Self { schema: None, name }
    }

    /// A table of another schema.
    pub const fn of(schema: &'static str, name: &'static str) -> Self {
        Self { schema: Some(schema), name }
    }

    /// Whether both names are the same table.
    pub fn is(&self, other: &TableName) -> bool {
        std::ptr::eq(self, other) || self == other
    }
}

/// The metadata of one model.
#[derive(Debug)]
pub struct ModelDef {
    /// The struct's name, for messages.
    pub name: &'static str,
    /// The table.
    pub table: &'static TableName,
    /// The columns, in the order of the struct's fields; rows are read in this order.
    pub columns: &'static [ColumnDef],
    /// The positions of the primary key's columns in [`columns`](Self::columns).
    pub primary_key: &'static [usize],
    /// Indexes and unique keys.
    pub indexes: &'static [IndexDef],
    /// CHECK constraints of the table: name and SQL.
    pub checks: &'static [(&'static str, &'static str)],
    /// The relations.
    pub relations: &'static [RelationDef],
    /// Foreign keys of which a row has one.
    pub one_of: &'static [OneOfDef],
    /// The position of the column set when a row is created.
    pub created_at: Option<usize>,
    /// The position of the column set when a row is changed.
    pub updated_at: Option<usize>,
    /// The position of the column that marks a row as deleted.
    pub deleted_at: Option<usize>,
    /// The position of the column incremented by every change of a row, for optimistic locking.
    pub version: Option<usize>,
    /// The position of the tenant's column, in a model with tenants.
    pub tenant: Option<usize>,
    /// The comment of the table.
    pub comment: &'static str,
    /// The name that the table had before, for a migration that is planned; empty for none.
    pub renamed_from: &'static str,
    /// Whether there are columns of UUIDs.
    pub has_uuids: bool,
    /// Whether there are columns that may not change in any way.
    pub has_guarded: bool,
    /// Whether there are encrypted columns.
    pub has_sealed: bool,
    /// The condition that rows meet unless a statement asks for others. A function, so that a time in it is that of the statement.
    pub scope: Option<fn() -> crate::ast::Expr>,
    /// Who may see and change which rows; none for models that everybody may.
    pub policy: Option<PolicyFn>,
    /// What happens to rows on their way in; none for models that declare nothing of it.
    pub life: Option<&'static Life>,
}

/// Models are equal when they have the same name and table.
impl PartialEq for ModelDef {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.table == other.table
    }
}

impl ModelDef {
    /// A plain model; the derive changes what differs with the struct's update syntax.
    pub const fn new(
        name: &'static str,
        table: &'static TableName,
        columns: &'static [ColumnDef],
        primary_key: &'static [usize],
    ) -> Self {
        Self {
            name,
            table,
            columns,
            primary_key,
            indexes: &[],
            checks: &[],
            relations: &[],
            one_of: &[],
            created_at: None,
            updated_at: None,
            deleted_at: None,
            version: None,
            tenant: None,
            comment: "",
            renamed_from: "",
            has_uuids: any_uuids(columns),
            has_guarded: any_guarded(columns),
            has_sealed: any_sealed(columns),
            scope: None,
            policy: None,
            life: None,
        }
    }

    /// Whether both are about the same columns of the same table. The metadata of a model with parameters are constants,
    /// which may be in the program twice; with other arguments it may have other columns.
    pub fn is(&self, other: &ModelDef) -> bool {
        let same = |(a, b): (&ColumnDef, &ColumnDef)| a.name == b.name && a.ty == b.ty && a.nullable == b.nullable;
        std::ptr::eq(self, other)
            || self == other
                && self.columns.len() == other.columns.len()
                && self.columns.iter().zip(other.columns).all(same)
    }

    /// The tenant's column, in a model with tenants.
    pub fn tenant_column(&self) -> Option<&'static ColumnDef> {
        let columns = self.columns;
        self.tenant.map(|index| &columns[index])
    }

    /// Whether the rows that a statement sees depend on the handle: whether the model has a policy or tenants.
    pub fn is_restricted(&self) -> bool {
        self.policy.is_some() || self.tenant.is_some()
    }

    /// A column by its name in the database.
    pub fn column(&self, name: &str) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that a blind index is of; any other column itself.
    pub(crate) fn indexed(&self, column: &'static ColumnDef) -> &'static ColumnDef {
        let of = |source: &&ColumnDef| column.is_blind_index() && source.blind_index == Some(column.index);
        self.columns.iter().find(of).unwrap_or(column)
    }

    /// The columns of the primary key.
    pub fn key_columns(&self) -> impl ExactSizeIterator<Item = &'static ColumnDef> + use<> {
        let columns = self.columns;
        self.primary_key.iter().map(move |index| &columns[*index])
    }

    /// The column whose value the database makes when a row is created without it.
    pub fn auto_increment(&self) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|column| column.auto_increment)
    }

    /// A relation by the name of its field.
    pub fn relation(&self, name: &str) -> Option<&'static RelationDef> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}

/// How a row of raw SQL becomes a model: called by the derive, with the parameters, the model and the bounds.
#[doc(hidden)]
#[macro_export]
macro_rules! __decode_model {
    ([$($params:tt)*] $model:ty, [$($bounds:tt)*]) => {
        impl $($params)* $crate::__private::Decode for $model $($bounds)* {
            fn decode(columns: &mut $crate::__private::Columns<'_>) -> $crate::__private::Result<Self> {
                $crate::__private::read_model(columns)
            }
            fn layout(layout: &mut $crate::__private::Layout) {
                $crate::__private::model_layout::<Self>(layout)
            }
        }
    };
}

/// Registers the metadata of a model, where the feature `registry` is on; without it, nothing is left of the call.
#[cfg(feature = "registry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($def:expr) => {
        $crate::__private::inventory::submit! {
            $crate::model::Registered::new($def, ::core::module_path!(), ::core::option_env!("CARGO_PKG_NAME"))
        }
    };
}

/// Registers the metadata of a model, where the feature `registry` is on; without it, nothing is left of the call.
#[cfg(not(feature = "registry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($def:expr) => {};
}

const fn any_uuids(columns: &[ColumnDef]) -> bool {
    let mut at = 0;
    while at < columns.len() {
        if columns[at].has_uuids() {
            return true;
        }
        at += 1;
    }
    false
}

const fn any_guarded(columns: &[ColumnDef]) -> bool {
    let mut at = 0;
    while at < columns.len() {
        if !columns[at].mutability.is_free() {
            return true;
        }
        at += 1;
    }
    false
}

const fn any_sealed(columns: &[ColumnDef]) -> bool {
    let mut at = 0;
    while at < columns.len() {
        if columns[at].sealed.is_some() {
            return true;
        }
        at += 1;
    }
    false
}

/// A model with a column `#[orm(version)]`. Written by the derive.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no version",
    label = "no column of this model is marked `#[orm(version)]`",
    note = "add one: `#[orm(version)] version: i32`"
)]
pub trait Versioned: Model {
    /// The type of the version column.
    type Version: crate::value::Type;
}

/// A struct mapped to a table. Derive it: `#[derive(Model)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(Model)]` to `{Self}`"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The metadata.
    const DEF: &'static ModelDef;

    /// What a foreign key that is never NULL leads to: [`One`] a row, or [`Optional`] one where rows may be marked as
    /// deleted.
    type Referred: Cardinality;

    /// Which handles run statements about the model: [`Open`](crate::driver::Open) where all do,
    /// [`Policed`](crate::driver::Policed), [`Tenanted`](crate::driver::Tenanted), or both,
    /// [`PolicedTenanted`](crate::driver::PolicedTenanted).
    type Guard;

    /// Reads the model's columns, in the order of [`ModelDef::columns`]; relations stay unloaded.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) with the column's position.
    fn from_columns(columns: &mut Columns<'_>) -> Result<Self>;

    /// The value of a column, by its position in [`ModelDef::columns`].
    fn value(&self, column: usize) -> Value;

    /// The values of all columns, for inserting the whole struct.
    fn into_values(self) -> Vec<Value>;

    /// The snapshot, in a model with a field `#[orm(tracked)]`.
    fn snapshot(&self) -> Option<&Snapshot> {
        None
    }

    /// Takes relations and other fields that are no columns over from the same row as it was before. `changed` has a bit for
    /// each column, by its position, with another value than before; relations found by another key are not loaded then.
    fn keep_relations(&mut self, _old: Self, _changed: u128) {}
}

/// Itself, of a model. Code of the derive names the models of relations in this way, so that one which is no model is one
/// error there, and unknown to all that follows.
#[doc(hidden)]
pub trait Itself {
    /// The model.
    type Model: Model;
}

impl<M: Model> Itself for M {
    type Model = M;
}

/// What a foreign key to `M` that is never NULL leads to.
pub type Referred<M> = <<M as Itself>::Model as Model>::Referred;

/// Reads a model and names model and column when a value does not fit.
///
/// # Errors
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) naming the model and the column.
#[inline]
pub fn read_model<M: Model>(columns: &mut Columns<'_>) -> Result<M> {
    let start = columns.position();
    M::from_columns(columns).map_err(|error| name_column(error, M::DEF, start))
}

/// A model's columns, by their names.
pub fn model_layout<M: Model>(layout: &mut Layout) {
    let start = layout.width();
    layout.named(M::DEF.name, M::DEF.columns.iter().map(|column| column.name));
    for column in M::DEF.columns {
        if let Some(sealed) = column.sealed {
            layout.sealed(start + column.index, sealed);
        }
    }
}

#[cold]
fn name_column(error: Error, def: &'static ModelDef, start: usize) -> Error {
    let column = error.index().and_then(|index| def.columns.get(index.checked_sub(start)?));
    let error = error.with_model(def.name).with_table(def.table.name);
    match column {
        Some(column) => error.with_columns([column.name]),
        None => error,
    }
}
