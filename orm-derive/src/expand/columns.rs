//! One typed constant per column, and the model's `DEF`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::ir::{Column, ModelIr};

/// `User::DEF`, `User::ID` and the like.
pub(super) fn constants(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis) = (model.ident, model.vis);
    let constants = model.columns.iter().enumerate().map(|(index, column)| {
        let Column { vis, ty, constant, .. } = column;
        let doc = doc(&column.doc);
        let value = quote_spanned!(ty.span()=> __orm::Column::new(&__COLUMNS[#index]));
        quote! {
            #doc
            #vis const #constant: __orm::Column<#ident, #ty> = #value;
        }
    });
    quote! {
        /// The model's metadata.
        #vis const DEF: &'static __orm::ModelDef = &__DEF;
        #(#constants)*
    }
}

/// The field's own documentation. Without it there is none: a crate that insists on documentation has it on the field.
pub(super) fn doc(text: &str) -> TokenStream {
    if text.is_empty() { TokenStream::new() } else { quote!(#[doc = #text]) }
}
