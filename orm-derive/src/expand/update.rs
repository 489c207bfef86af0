//! The update builder of one row: a setter per column.

use proc_macro2::TokenStream;
use quote::quote;

use super::columns::doc;
use super::create::refer;
use super::update_name;
use crate::ir::{Column, ModelIr, OneOf};

/// `UserUpdate`.
pub(super) fn builder(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis, private) = (model.ident, model.vis, &model.private);
    let (update, this) = (update_name(model), model.params.this());
    let (params, bounds) = (model.params.declared(&[quote!('__a)], &[]), model.params.bounds());
    let doc = format!("Changes to a [`{ident}`]: set columns, then `.exec(&db)`.");
    quote! {
        #[doc = #doc]
        #[must_use = "nothing is changed until `.exec(&db).await`"]
        #vis struct #update #params(#private::UpdateBuilder<'__a, #this>) #bounds;
    }
}

/// Its setters and `exec`.
pub(super) fn setters(model: &ModelIr<'_>) -> TokenStream {
    let (this, vis) = (model.params.this(), model.vis);
    let update = update_name(model);
    let writable = model.columns.iter().enumerate().filter(|(_, column)| column.writable);
    let setters = writable.map(|(index, column)| {
        let Column { ident, vis, ty, .. } = column;
        let doc = doc(&column.doc);
        quote! {
            #doc
            #vis fn #ident(self, value: impl __orm::Assign<#this, #ty>) -> Self {
                Self(self.0.with(#index, value.into_assigned()))
            }
        }
    });
    let references = model.relations.iter().filter(|relation| relation.is_own_field());
    let references = references.map(|relation| refer(model, relation, &quote!(Self), &update, &[]));
    let one_of = model.one_of.iter().map(|one_of| {
        let OneOf { ident, vis, constant, target, .. } = one_of;
        let doc = doc(&one_of.doc);
        quote! {
            #doc
            #vis fn #ident<__C: __orm::Model>(self, row: &__C) -> Self
            where
                #target: __orm::Variant<__C>,
            {
                Self(self.0.refer(#this::#constant.relations(), row))
            }
        }
    });
    let silent = model.updated_at.map(|_| {
        quote! {
            /// Leaves the time of the last change as it is.
            #vis fn silent(self) -> Self {
                Self(self.0.silent())
            }
        }
    });
    let version = model.version.map(|index| {
        let ty = model.columns[index].ty;
        quote! {
            /// Says which version the row must have, such as the one that a form or a request was made from. With another
            /// one nothing is written, and the error is of the kind `Stale`.
            #vis fn expect_version(self, version: #ty) -> Self {
                Self(self.0.expect_version(version))
            }
        }
    });
    let (params, bounds) = (model.params.plain_after(&[quote!('__a)]), model.params.all_bounds(&[]));
    let (named, captured) = (model.params.named(&[quote!('__a)], &[]), model.params.captured());
    quote! {
        __orm::update_builder!([#params] #update #named, #this, #vis exec, [#captured], [#bounds]);
        impl #params #update #named #bounds {
            #(#setters)*
            #(#references)*
            #(#one_of)*
            #silent
            #version
        }
    }
}
