//! The statements that differ from model to model. The others are the library's, in its trait `Statements`.

use proc_macro2::TokenStream;
use quote::quote;

use super::update_name;
use crate::ir::ModelIr;

/// `User::update()`, `User::destroy()` and `User::restore()` share their names with methods of a row, so they cannot be a
/// trait's.
pub(super) fn statements(model: &ModelIr<'_>) -> TokenStream {
    let (this, vis) = (model.params.this(), model.vis);
    let (builder, rows) = (update_name(model), model.params.named(&[quote!(__orm::Update<#this>)]));
    let update = quote!(#builder #rows);
    let restore = model.deleted_at.map(|_| {
        quote! {
            /// Restores the soft-deleted rows that a filter finds.
            #vis fn restore() -> __orm::Restore<#this> {
                __orm::Update::restore()
            }
        }
    });
    quote! {
        /// Changes the rows that a filter leaves.
        #vis fn update() -> #update {
            #builder(__orm::UpdateBuilder::rows())
        }
        /// Removes the rows that a filter leaves.
        #vis fn destroy() -> __orm::Destroy<#this> {
            __orm::Destroy::new()
        }
        #restore
    }
}
