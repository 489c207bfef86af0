//! The derives without the compiler behind them: the message of every mistake, and what is written for a small model.
//! That the result compiles, and what rustc says about mistakes only it can see, is in `tests/tests/ui`.

mod errors;
mod expansion;
mod names;

use proc_macro2::{TokenStream, TokenTree};
use syn::DeriveInput;

use crate::ctxt::Ctxt;

/// What a derive makes of an item.
fn expand(derive: impl FnOnce(&Ctxt, &DeriveInput) -> TokenStream, item: &str) -> TokenStream {
    crate::derive(item.parse().unwrap(), derive)
}

/// The messages among the output, one a line.
fn errors(output: TokenStream) -> String {
    let mut messages = Vec::new();
    collect(output, &mut messages);
    messages.join("\n")
}

fn collect(output: TokenStream, messages: &mut Vec<String>) {
    let mut tokens = output.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if name == "compile_error" => {
                let text = tokens.find_map(|token| match token {
                    TokenTree::Group(group) => syn::parse2::<syn::LitStr>(group.stream()).ok(),
                    _ => None,
                });
                messages.extend(text.map(|text| text.value()));
            }
            TokenTree::Group(group) => collect(group.stream(), messages),
            _ => {}
        }
    }
}
