//! One typed constant per column.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::ir::{Column, ModelIr};

/// `User::ID` and the like.
pub(super) fn constants(model: &ModelIr<'_>) -> TokenStream {
    let this = model.params.this();
    let columns = if model.params.exist() { quote!(#this::__COLS) } else { quote!(__COLS) };
    let constants = model.columns.iter().enumerate().map(|(index, column)| {
        let Column { vis, ty, constant, .. } = column;
        let doc = doc(&column.doc);
        let index = Literal::usize_unsuffixed(index);
        let kind = column.kind().map(|kind| quote!(, #kind));
        let value = quote_spanned!(ty.span()=> __orm::Column::new(&#columns[#index]));
        quote! {
            #doc
            #vis const #constant: __orm::Column<#this, #ty #kind> = #value;
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
