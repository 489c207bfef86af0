//! Foreign keys as numbers: the same in the models at both ends, which know only each other's names.

use proc_macro2::{Ident, Literal};
use syn::LitStr;

use crate::ir::Relation;

/// The number of the foreign key that a relation's rows point with.
pub(super) fn relation_number(relation: &Relation<'_>) -> Literal {
    key_number(relation.keys.iter().map(|pair| &pair.foreign_key.1), relation)
}

/// The text that tells relations over one foreign key apart.
pub(super) fn text<'a>(relation: &'a Relation<'_>) -> Option<&'a LitStr> {
    relation.when.as_ref().map(|(_, text)| text)
}

/// A number for a foreign key, from the constants of its columns and what `when` says: both models know these when their
/// code is written, so that nothing is left to evaluate (FNV-1a).
pub(super) fn key_number<'a>(constants: impl Iterator<Item = &'a Ident>, relation: &Relation<'_>) -> Literal {
    let names = constants.map(ToString::to_string).chain(text(relation).map(LitStr::value));
    let bytes = names.flat_map(|name| name.into_bytes().into_iter().chain([0]));
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    Literal::u64_unsuffixed(bytes.fold(0xcbf2_9ce4_8422_2325, step))
}
