//! Relations: the fields that hold related rows, the typed constants that lead to them, what to load, the loading, and
//! handles on a row's related rows. To-many relations take one query each, whatever the number of parents.

mod change;
mod children;
mod detector;
mod equal;
mod field;
mod foreign_key;
mod include;
mod keys;
mod kind;
mod links;
mod loader;
mod one_of;
mod owner;
mod peers;
mod related;
mod relation;

pub use children::{Child, Children, OneChild};
pub use detector::THRESHOLD as N_PLUS_ONE_THRESHOLD;
pub use field::{BelongsTo, BelongsToMany, HasMany, HasOne, Many, RelationField, Slot};
pub use foreign_key::ChangeRows;
pub use include::Include;
pub use kind::{CreateUnder, Leads, ManyToMany, MayBeNone, NewChild, Over, ToMany, ToOne, ToOwner, Writes};
pub use links::ChangeLinks;
pub use loader::load;
pub use one_of::{Fill, OneOf, OneOfField, Variant, Variants};
pub use owner::ChangeOwner;
pub use peers::Peers;
pub use related::Related;
pub use relation::{Link, Names, References, Relation, belongs, has, scope, when};
