//! Encrypted columns: `encrypt`, `encrypt(deterministic)`, `blind_index(email)`.

use syn::LitStr;

use super::item::{Body, Named, Slot};
use crate::ctxt::Ctxt;

/// The arguments of `encrypt`.
#[derive(Debug, Default)]
pub(crate) struct EncryptAttr {
    /// Whether equal values are encrypted to equal bytes.
    pub(crate) deterministic: Slot<()>,
    /// Whether values that are not encrypted may be read.
    pub(crate) allow_plaintext: Slot<()>,
    /// The table and the column whose names the keys are derived from.
    pub(crate) key: Slot<LitStr>,
}

const WORDS: [&str; 3] = ["deterministic", "allow_plaintext", "key"];

/// Parses the attribute and its arguments.
pub(super) fn encrypt(ctxt: &Ctxt, item: Named) -> Option<EncryptAttr> {
    let mut attr = EncryptAttr::default();
    if let Body::Word = item.body {
        return Some(attr);
    }
    for item in item.list(ctxt, "deterministic")?.into_iter().filter_map(|item| item.named(ctxt)) {
        let name = item.name.clone();
        match name.to_string().as_str() {
            "deterministic" => attr.deterministic.set(ctxt, &name, item.flag(ctxt)),
            "allow_plaintext" => attr.allow_plaintext.set(ctxt, &name, item.flag(ctxt)),
            "key" => {
                let text = item.text(ctxt, "users.email");
                if let Some(text) = &text
                    && names(&text.value()).is_none()
                {
                    ctxt.error(text, "the keys are those of a table and a column: `key = \"users.email\"`");
                }
                attr.key.set(ctxt, &name, text);
            }
            _ => ctxt.unknown("option", &name, &WORDS),
        }
    }
    Some(attr)
}

/// Splits `table.column` into its parts.
pub(crate) fn names(key: &str) -> Option<(&str, &str)> {
    key.split_once('.').filter(|(table, column)| !table.is_empty() && !column.is_empty() && !column.contains('.'))
}
