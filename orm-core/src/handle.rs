//! Handles on the related rows of one row, such as `user.posts()`: finding them, and changing which rows are related.

mod belongs_to;
mod change;
mod children;
mod has_many;
mod kind;
mod many_to_many;
mod n_plus_one;
mod related;

pub use belongs_to::ChangeOwner;
pub use children::{Child, Children, OneChild};
pub use has_many::ChangeRows;
pub use kind::{CreateUnder, Leads, ManyToMany, MayBeNone, NewChild, Through, ToMany, ToOne, ToOwner, Writes};
pub use many_to_many::ChangeLinks;
pub use n_plus_one::THRESHOLD as N_PLUS_ONE_THRESHOLD;
pub use related::Related;
