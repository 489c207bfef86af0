//! The words on an enum that derives `Enum`, and on its variants.

use syn::{Attribute, LitStr, Path};

use super::item::{Slot, items};
use super::model::rename_rule;
use crate::case::RenameRule;
use crate::ctxt::Ctxt;

const WORDS: [&str; 4] = ["storage", "name", "rename_all", "crate"];

/// What `#[orm(..)]` on the enum says; on a newtype that derives `Value`, only `crate`.
#[derive(Debug, Default)]
pub(crate) struct EnumAttrs {
    pub(crate) storage: Slot<Storage>,
    pub(crate) name: Slot<LitStr>,
    pub(crate) rename_all: Slot<RenameRule>,
    pub(crate) krate: Slot<Path>,
}

/// How columns store the enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Text,
    Integer,
    Native,
}

/// What `#[orm(..)]` on a variant says.
#[derive(Debug, Default)]
pub(crate) struct VariantAttrs {
    pub(crate) rename: Slot<LitStr>,
    pub(crate) other: Slot<()>,
}

impl EnumAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        for item in items(ctxt, attrs) {
            let name = item.name.clone();
            match name.to_string().as_str() {
                "storage" => {
                    let storage = item.text(ctxt, "text").and_then(|text| {
                        let storage = match text.value().as_str() {
                            "text" => Some(Storage::Text),
                            "integer" => Some(Storage::Integer),
                            "native" => Some(Storage::Native),
                            _ => None,
                        };
                        if storage.is_none() {
                            let message = "unknown storage {}; expected `text`, `integer` or `native`";
                            ctxt.error(&text, message.replace("{}", &format!("{:?}", text.value())));
                        }
                        storage
                    });
                    found.storage.set(ctxt, &name, storage);
                }
                "name" => found.name.set(ctxt, &name, item.text(ctxt, "mood")),
                "rename_all" => found.rename_all.set(ctxt, &name, rename_rule(ctxt, &item)),
                "crate" => found.krate.set(ctxt, &name, item.path(ctxt, "\"path::to::orm\"")),
                _ => ctxt.unknown("attribute", &name, &WORDS),
            }
        }
        found
    }

    /// The attributes of a newtype.
    pub(crate) fn read_newtype(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        for item in items(ctxt, attrs) {
            match item.name.to_string().as_str() {
                "crate" => found.krate.set(ctxt, &item.name, item.path(ctxt, "\"path::to::orm\"")),
                _ => ctxt.unknown("attribute", &item.name, &["crate"]),
            }
        }
        found
    }
}

impl VariantAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        for item in items(ctxt, attrs) {
            match item.name.to_string().as_str() {
                "rename" => found.rename.set(ctxt, &item.name, item.text(ctxt, "label")),
                "other" => found.other.set(ctxt, &item.name, item.flag(ctxt)),
                _ => ctxt.unknown("attribute", &item.name, &["rename", "other"]),
            }
        }
        found
    }
}
