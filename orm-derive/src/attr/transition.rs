//! Which states may follow which: the inside of `transitions(draft => paid, paid => [refunded, void])`.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{ExprPath, LitStr, Token, bracketed};

/// A value of an enum.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// By its label.
    Label(LitStr),
    /// By its variant.
    Variant(Ident),
    /// By an expression: the path of a variant, or of a constant.
    Path(Box<ExprPath>),
}

impl Parse for State {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Label);
        }
        if input.peek2(Token![::]) {
            return input.parse().map(|path| Self::Path(Box::new(path)));
        }
        let word = input.call(Ident::parse_any)?;
        let text = word.to_string();
        let upper = text.chars().next().is_some_and(char::is_uppercase);
        Ok(if upper { Self::Variant(word) } else { Self::Label(LitStr::new(&text, word.span())) })
    }
}

/// `draft => paid`, or `draft => [paid, void]`.
struct Step(State, Vec<State>);

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let from = input.parse()?;
        if !input.peek(Token![=>]) {
            return Err(
                input.error("expected what it may become: `transitions(draft => paid, paid => [refunded, void])`")
            );
        }
        input.parse::<Token![=>]>()?;
        if input.peek(syn::token::Bracket) {
            let content;
            bracketed!(content in input);
            let to = Punctuated::<State, Token![,]>::parse_terminated(&content)?;
            return Ok(Self(from, to.into_iter().collect()));
        }
        Ok(Self(from, vec![input.parse()?]))
    }
}

/// The inside of `transitions(..)`.
pub(super) fn steps(content: ParseStream<'_>) -> syn::Result<Vec<(State, State)>> {
    let steps = Punctuated::<Step, Token![,]>::parse_terminated(content)?;
    let pairs = steps.into_iter().flat_map(|Step(from, to)| to.into_iter().map(move |to| (from.clone(), to)));
    Ok(pairs.collect())
}
