//! One typed constant per column.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::ir::{Column, ModelIr};

/// `User::ID` and the like.
pub(super) fn constants(model: &ModelIr<'_>) -> TokenStream {
    let ident = model.ident;
    let constants = model.columns.iter().enumerate().map(|(index, column)| {
        let Column { vis, ty, constant, .. } = column;
        let doc = doc(&column.doc);
        let index = Literal::usize_unsuffixed(index);
        let value = quote_spanned!(ty.span()=> __orm::Column::new(&__COLS[#index]));
        quote! {
            #doc
            #vis const #constant: __orm::Column<#ident, #ty> = #value;
        }
    });
    quote! {
        #(#constants)*
    }
}

/// The field's own documentation. Without it there is none: a crate that insists on documentation has it on the field.
pub(super) fn doc(text: &str) -> TokenStream {
    if text.is_empty() { TokenStream::new() } else { quote!(#[doc = #text]) }
}
