//! Relations: the fields that hold related rows, the typed constants that lead to them, what to load, the loading, and
//! handles on a row's related rows. To-many relations take one query each, whatever the number of parents.

mod children;
mod detector;
mod equal;
mod field;
mod include;
mod loader;
mod one_of;
mod peers;
mod related;
mod relation;

pub use children::{Child, Children};
pub use detector::THRESHOLD as N_PLUS_ONE_THRESHOLD;
pub use field::{BelongsTo, BelongsToMany, HasMany, HasOne, Many, RelationField, Slot};
pub use include::Include;
pub use loader::load;
pub use one_of::{Fill, OneOf, OneOfField, Variant, Variants};
pub use peers::Peers;
pub use related::{AddNew, ChangeLinks, CreateUnder, NewChild, Related};
pub use relation::{Link, Names, References, Relation, belongs, has, scope, when};
