//! The derives of the ORM: `Model`, `OneOf`, `Enum`, `Value`, `Projection`; the attribute `serde`; and what `migrate!`
//! becomes. Entry points only; a model passes through
//! `attr → ast → check → ir → expand`, each of which imports only what is left of it. Errors are collected on the way
//! and reported together, beside whatever could be expanded, so that one mistake is one message.
//!
//! Users get these through the `orm` crate.

mod ast;
mod attr;
mod case;
mod check;
mod ctxt;
mod embed;
mod enumeration;
mod expand;
mod ir;
mod one_of;
mod projection;
mod serde;
#[cfg(test)]
mod tests;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use syn::{DeriveInput, Generics};

use crate::ctxt::Ctxt;

#[doc = include_str!("../docs/model.md")]
#[proc_macro_derive(Model, attributes(orm))]
pub fn derive_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into(), model).into()
}

#[doc = include_str!("../docs/enum.md")]
#[proc_macro_derive(Enum, attributes(orm))]
pub fn derive_enum(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into(), enumeration::derive).into()
}

#[doc = include_str!("../docs/value.md")]
#[proc_macro_derive(Value, attributes(orm))]
pub fn derive_value(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into(), enumeration::derive_value).into()
}

#[doc = include_str!("../docs/one_of.md")]
#[proc_macro_derive(OneOf, attributes(orm))]
pub fn derive_one_of(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into(), one_of::derive).into()
}

#[doc = include_str!("../docs/projection.md")]
#[proc_macro_derive(Projection, attributes(orm))]
pub fn derive_projection(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into(), projection::derive).into()
}

/// What `orm::migrate!` becomes.
#[doc(hidden)]
#[proc_macro]
pub fn __embed_migrations(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    embed::expand(input.into()).into()
}

#[doc = include_str!("../docs/serde.md")]
#[proc_macro_attribute]
pub fn serde(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    serde::attribute(&args.into(), item.into()).into()
}

/// Parses the item, runs one derive on it and adds the errors it collected.
fn derive(input: TokenStream, expand: impl FnOnce(&Ctxt, &DeriveInput) -> TokenStream) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(named(input)) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let ctxt = Ctxt::new();
    let mut tokens = expand(&ctxt, &input);
    tokens.extend(ctxt.finish());
    tokens
}

fn model(ctxt: &Ctxt, input: &DeriveInput) -> TokenStream {
    let Some(model) = ast::Model::read(ctxt, input) else { return TokenStream::new() };
    check::check(ctxt, &model);
    expand::expand(&ir::ModelIr::resolve(ctxt, &model))
}

/// The item with its name in place of `Self`: what is written in a field is also printed where `Self` is a builder.
fn named(input: TokenStream) -> TokenStream {
    let mut words = input.clone().into_iter().skip_while(
        |token| !matches!(token, TokenTree::Ident(word) if *word == "struct" || *word == "enum" || *word == "union"),
    );
    match (words.nth(1), words.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(next))) if next.as_char() == '<' => {
            // What does not parse is reported by the caller.
            let generics = syn::parse2::<DeriveInput>(input.clone()).map(|item| item.generics).unwrap_or_default();
            replace_self(input, &|span| ast::this(&name, &generics, span))
        }
        (Some(TokenTree::Ident(name)), _) => replace_self(input, &|span| ast::this(&name, &Generics::default(), span)),
        _ => input,
    }
}

fn replace_self(tokens: TokenStream, this: &dyn Fn(Span) -> TokenStream) -> TokenStream {
    let replaced = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(word) if word == "Self" => this(word.span()),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), this));
            inner.set_span(group.span());
            TokenTree::Group(inner).into()
        }
        token => token.into(),
    });
    replaced.collect()
}
