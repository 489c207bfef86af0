//! Relations: the fields that hold related rows, the typed constants that lead to them, what to load of them, and
//! projections with related rows nested in them.

mod attach;
mod batch;
mod constant;
mod field;
mod include;
mod join;
mod lazy;
mod one_of;
mod projection;
mod selection;
mod stale;

pub use attach::NestSlot;
pub use batch::load;
pub(crate) use batch::load_into;
pub use constant::{
    AnyKey, Link, Names, References, Relation, also, belongs, ends_at, follows, forget_stale, has, scope, starts_at,
    when,
};
#[cfg(feature = "serde")]
pub use field::with_through;
pub use field::{BelongsTo, BelongsToMany, HasMany, HasOne, RelatedRows, RelationField, Slot};
pub use include::Include;
pub use join::JoinBy;
pub use lazy::LazyBatch;
pub use one_of::{Fill, IncludeOneOf, OneOf, OneOfField, Variant, Variants};
pub(crate) use projection::projected_set;
pub use projection::{Copied, Fits, LeadsToOne, Nest, Projection, SelectItems};
pub use selection::{RelatedSelection, WithRelated};
