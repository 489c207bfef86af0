//! The update builder of one row: a setter per column.

use proc_macro2::TokenStream;
use quote::quote;

use super::columns::doc;
use super::create::refer;
use super::update_name;
use crate::attr::MutabilityAttr;
use crate::case::plain;
use crate::ir::{Column, ModelIr, OneOf};

/// `UserUpdate`.
pub(super) fn builder(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis, private) = (model.ident, model.vis, &model.private);
    let (update, this) = (update_name(model), model.params.this());
    let (params, bounds) = (model.params.declared(&[quote!(__U = #private::Update<#this>)]), model.params.bounds());
    let doc = format!("Changes to one [`{ident}`], or to those that a filter finds: set columns, then `.exec(&db)`.");
    quote! {
        #[doc = #doc]
        #[must_use = "nothing is changed until `.exec(&db).await`"]
        #vis struct #update #params(#private::UpdateBuilder<#this, __U>) #bounds;
    }
}

/// Methods of `User::update()` that are not its setters: a column of such a name has its setter on `user.update()` alone.
const ROW_VERBS: [&str; 4] = ["filter_if", "with_deleted", "limit", "order_by"];

/// Its setters and `exec`.
pub(super) fn setters(model: &ModelIr<'_>) -> TokenStream {
    let (this, vis) = (model.params.this(), model.vis);
    let update = update_name(model);
    let setter = |(index, column): (usize, &Column<'_>)| {
        let Column { ident, vis, ty, .. } = column;
        let doc = doc(&column.doc);
        quote! {
            #doc
            #vis fn #ident(self, value: impl __orm::Assign<#this, #ty>) -> Self {
                Self(self.0.with(#index, value.into_assigned()))
            }
        }
    };
    let writable = model.columns.iter().enumerate();
    let writable =
        writable.filter(|(_, column)| column.writable && !matches!(column.mutability, Some(MutabilityAttr::Immutable)));
    let (of_one, setters): (Vec<_>, Vec<_>) =
        writable.partition(|(_, column)| ROW_VERBS.contains(&plain(column.ident).as_str()));
    let (of_one, setters) = (of_one.into_iter().map(setter), setters.into_iter().map(setter));
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
    let silent = model.updated_at.map(|_| quote!(silent));
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
    let of_one: TokenStream = of_one.chain(version).collect();
    let bounds = model.params.all_bounds(&[]);
    let alone = model.params.all_bounds(&[quote!(__U: __orm::RunsAlone)]);
    let (params, names) = (model.params.declarations(), model.params.names());
    let of_one = (!of_one.is_empty()).then(|| {
        let params = model.params.plain_after(&[quote!('__a)]);
        let named = model.params.named(&[quote!(__orm::UpdateOne<'__a, #this>)]);
        quote! {
            impl #params #update #named #bounds {
                #of_one
            }
        }
    });
    let (any, any_named) =
        (model.params.plain(&[quote!(__U: __orm::Updates<#this>)]), model.params.named(&[quote!(__U)]));
    quote! {
        __orm::update_builder!(#update [#params] [#names], #this, #vis exec #silent, [#bounds], [#alone]);
        impl #any #update #any_named #bounds {
            #(#setters)*
            #(#references)*
            #(#one_of)*
        }
        #of_one
    }
}
