//! The statements that differ from model to model. The others are the library's, in its trait `Statements`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::ModelIr;

/// `User::update()`, `User::destroy()` and `User::restore()` share their names with methods of a row, so they cannot be a
/// trait's.
pub(super) fn statements(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis) = (model.ident, model.vis);
    let restore = model.deleted_at.map(|_| {
        quote! {
            /// Takes the mark of deletion off the rows that a filter leaves.
            #vis fn restore() -> __orm::Restore<#ident> {
                __orm::Update::restore()
            }
        }
    });
    quote! {
        /// Changes the rows that a filter leaves.
        #vis fn update() -> __orm::Update<#ident> {
            __orm::Update::new()
        }
        /// Removes the rows that a filter leaves.
        #vis fn destroy() -> __orm::Destroy<#ident> {
            __orm::Destroy::new()
        }
        #restore
    }
}
