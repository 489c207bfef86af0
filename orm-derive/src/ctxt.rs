//! Collects the errors of one derive, so that all of them are reported at once and at their spans.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;

/// The errors found so far. [`finish`](Self::finish) must be called: dropping it unasked would lose them.
#[derive(Debug)]
pub(crate) struct Ctxt {
    errors: RefCell<Option<Vec<syn::Error>>>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Reports an error at `tokens`.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error of the parser.
    pub(crate) fn push(&self, error: syn::Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// Reports a word that is none of `known`, with the nearest one.
    pub(crate) fn unknown(&self, kind: &str, word: &Ident, known: &[&str]) {
        let name = word.to_string();
        match nearest(&name, known) {
            Some(near) => self.error(word, format!("unknown {kind} `{name}`; did you mean `{near}`?")),
            None if known.is_empty() => self.error(word, format!("unknown {kind} `{name}`")),
            None => self.error(word, format!("unknown {kind} `{name}`; expected one of: {}", known.join(", "))),
        }
    }

    /// The errors as `compile_error!` calls; empty when there are none.
    pub(crate) fn finish(self) -> TokenStream {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        errors.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.errors.borrow().is_none(), "a derive forgot to report its errors");
        }
    }
}

/// The known word that `name` was probably meant to be.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |other: &str| strsim::damerau_levenshtein(name, other);
    let limit = (name.len() / 3).clamp(1, 3);
    let near = known.iter().copied().min_by_key(|other| distance(other))?;
    (distance(near) <= limit).then_some(near)
}
