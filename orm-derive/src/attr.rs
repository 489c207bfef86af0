//! Reads `#[orm(..)]` into records: [`item`] is their grammar, the other modules know the words of one place each.
//! Unknown words, duplicates and values of the wrong kind are reported here; what words mean together is `check`'s.

mod enumeration;
mod field;
mod item;
mod model;
mod mutability;
mod projection;
mod rule;
mod sealed;
mod transition;

pub(crate) use enumeration::{EnumAttrs, Storage, VariantAttrs};
pub(crate) use field::{DefaultAttr, FieldAttrs, RelationAttrs, RelationKind};
pub(crate) use item::is_number;
pub(crate) use model::{InputAttr, ModelAttrs, PartAttr};
pub(crate) use mutability::MutabilityAttr;
pub(crate) use projection::{PathAttr, ProjectionAttrs, ProjectionFieldAttrs, Source};
pub(crate) use rule::{Limit, NormalAttr, RuleAttr, RuleKind};
pub(crate) use sealed::{EncryptAttr, names as key_names};
pub(crate) use transition::State;

use syn::Attribute;

/// The first paragraph of the doc comment, on one line.
pub(crate) fn doc_comment(attrs: &[Attribute]) -> String {
    let mut words = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        let syn::Meta::NameValue(meta) = &attr.meta else { continue };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &meta.value else { continue };
        for line in text.value().lines().map(str::trim) {
            match line {
                "" if words.is_empty() => {}
                "" => return words.join(" "),
                line => words.push(line.to_owned()),
            }
        }
        // `///` alone is an empty text, which has no lines.
        if text.value().trim().is_empty() && !words.is_empty() {
            break;
        }
    }
    words.join(" ")
}
