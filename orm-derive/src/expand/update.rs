//! The update builder of one row: a setter per column.

use proc_macro2::TokenStream;
use quote::quote;

use super::columns::doc;
use super::update_name;
use crate::ir::{Column, ModelIr};

/// `UserUpdate`.
pub(super) fn builder(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis, private) = (model.ident, model.vis, &model.private);
    let update = update_name(model);
    let doc = format!("Changes to a [`{ident}`]: set columns, then `.exec(&db)`.");
    quote! {
        #[doc = #doc]
        #[must_use = "nothing is changed until `.exec(&db).await`"]
        #vis struct #update<'__a> {
            row: &'__a mut #ident,
            changes: #private::Changes,
        }
    }
}

/// Its setters and `exec`.
pub(super) fn setters(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis) = (model.ident, model.vis);
    let update = update_name(model);
    let writable = model.columns.iter().enumerate().filter(|(_, column)| column.writable);
    let setters = writable.map(|(index, column)| {
        let Column { ident, vis, ty, .. } = column;
        let doc = doc(&column.doc);
        quote! {
            #doc
            #vis fn #ident(self, value: impl __orm::Set<#ty>) -> Self {
                self.__with(#index, value.into_set())
            }
        }
    });
    quote! {
        impl #update<'_> {
            fn __with(mut self, column: usize, value: __orm::Value) -> Self {
                self.changes.set(column, value);
                self
            }
            #(#setters)*
            /// Writes the changes and refreshes the struct.
            ///
            /// # Errors
            /// Those of the database; a row that is gone or was changed meanwhile.
            #vis async fn exec<__E>(self, db: &__E) -> __orm::Result<()>
            where
                __E: __orm::Runs<#ident> + ?::core::marker::Sized,
            {
                __orm::update_row(self.row, self.changes, db).await
            }
        }
    }
}
