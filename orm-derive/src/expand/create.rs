//! The create builder: a setter per column, and a type that says which required columns were given.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::columns::doc;
use super::create_name;
use super::relations::relation_number;
use crate::case::plain;
use crate::ir::{Column, ModelIr, Relation};

/// `UserCreate`.
pub(super) fn builder(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis, private) = (model.ident, model.vis, &model.private);
    let create = create_name(model);
    let doc = format!("A new [`{}`]: set its columns, then `.exec(&db)`.", model.ident);
    let missing = required(model).map(|_| quote!(#private::Missing));
    quote! {
        #[doc = #doc]
        #[must_use = "nothing is created until `.exec(&db).await`"]
        #vis struct #create<__S = (#(#missing,)*)>(#private::Building<#ident, __S>);
    }
}

/// Its setters, `exec` and `Complete`.
pub(super) fn setters(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis) = (model.ident, model.vis);
    let create = create_name(model);
    let traits = required(model).map(|(_, column)| given_trait(ident, column.ident));
    let states: Vec<_> = required(model).map(|(index, _)| format_ident!("__S{index}")).collect();
    let optional = model.columns.iter().enumerate().filter(|(_, column)| column.writable && !column.required);
    let optional = optional.map(|(index, column)| {
        let Column { ident, vis, ty, .. } = column;
        let doc = doc(&column.doc);
        quote! {
            #doc
            #vis fn #ident(self, value: impl __orm::Set<#ty>) -> Self {
                Self(self.0.with(#index, value.into_set()))
            }
        }
    });
    let required_setters = required(model).enumerate().map(|(place, (index, column))| {
        let Column { ident, vis, ty, .. } = column;
        let doc = doc(&column.doc);
        let after = states.iter().enumerate().map(
            |(other, state)| {
                if other == place { quote!(__orm::Given) } else { quote!(#state) }
            },
        );
        quote! {
            #doc
            #vis fn #ident(self, value: impl __orm::Set<#ty>) -> #create<(#(#after,)*)> {
                #create(self.0.with(#index, value.into_set()))
            }
        }
    });
    let nested =
        model.relations.iter().filter(|relation| relation.foreign_key.is_empty()).map(|r| nested_children(model, r));
    let (fixed, open): (Vec<_>, Vec<_>) = model
        .relations
        .iter()
        .filter(|relation| !relation.foreign_key.is_empty())
        .partition(|relation| required(model).any(|(index, _)| relation.fills(index)));
    let fixed = fixed.into_iter().map(|relation| {
        let after = required(model).zip(&states).map(|((index, _), state)| {
            if relation.fills(index) { quote!(__orm::Given) } else { quote!(#state) }
        });
        nested_parent(model, relation, &quote!(#create<(#(#after,)*)>))
    });
    let open = open.into_iter().map(|relation| nested_parent(model, relation, &quote!(Self)));
    let bounds = required(model).zip(&states).map(|((_, column), state)| {
        let given = given_name(column.ident);
        quote!(#state: #given)
    });
    let bounds: Vec<_> = bounds.collect();
    quote! {
        #(#traits)*
        impl<__S> #create<__S> {
            #(#optional)*
            #(#nested)*
            #(#open)*
            /// Creates the row and gives it back as the database has it, or the database's error.
            #vis async fn exec(self, db: &(impl __orm::Runs<#ident> + ?::core::marker::Sized)) -> __orm::Result<#ident>
            where
                Self: __orm::Complete<#ident>,
            {
                self.0.finish().exec(db).await
            }
        }
        impl<#(#states),*> #create<(#(#states,)*)> {
            #(#required_setters)*
            #(#fixed)*
        }
        impl<#(#states),*> __orm::Complete<#ident> for #create<(#(#states,)*)>
        where
            #(#bounds,)*
        {
            fn into_create(self) -> __orm::Create<#ident> {
                self.0.finish()
            }
        }
    }
}

/// `with_posts(..)`: rows to create after this one.
fn nested_children(model: &ModelIr<'_>, relation: &Relation<'_>) -> TokenStream {
    let Relation { ident, vis, constant, target, .. } = relation;
    let (name, owner) = (format_ident!("with_{}", plain(ident)), model.ident);
    let doc = format!("Creates rows of [`{owner}::{constant}`] together with this one.");
    if relation.through.is_some() {
        return quote! {
            #[doc = #doc]
            #vis fn #name<__R: __orm::Complete<#target>>(self, rows: impl ::core::iter::IntoIterator<Item = __R>) -> Self {
                Self(self.0.children::<#target, __R>(#owner::#constant.erase(), rows))
            }
        };
    }
    let number = relation_number(owner, relation);
    quote! {
        #[doc = #doc]
        #vis fn #name<__I: ::core::iter::IntoIterator<Item: __orm::Complete<#target>>>(
            self,
            rows: impl ::core::ops::FnOnce(__orm::NewChild<#target, { #number }>) -> __I,
        ) -> Self {
            Self(self.0.children::<#target, _>(#owner::#constant.erase(), rows(__orm::NewChild::new())))
        }
    }
}

/// `with_user(..)`: the row to create before this one, which belongs to it.
fn nested_parent(model: &ModelIr<'_>, relation: &Relation<'_>, output: &TokenStream) -> TokenStream {
    let Relation { ident, vis, constant, target, .. } = relation;
    let (name, owner, create) = (format_ident!("with_{}", plain(ident)), model.ident, create_name(model));
    let doc = format!("Creates the row of [`{owner}::{constant}`] first; this row's foreign key is filled in.");
    quote! {
        #[doc = #doc]
        #vis fn #name(self, row: impl __orm::Complete<#target>) -> #output {
            #create(self.0.parent::<#target, _>(#owner::#constant.erase(), row))
        }
    }
}

/// The bound that says whether a required column was given. A trait of its own, so that its message can name the column
/// the way the user would write it.
fn given_trait(model: &Ident, column: &Ident) -> TokenStream {
    let message = format!("`{model}::create()` lacks the required column `{}`", plain(column));
    let label = format!("add `.{column}(..)` before this call");
    let name = given_name(column);
    quote! {
        #[diagnostic::on_unimplemented(message = #message, label = #label)]
        pub trait #name {}
        impl #name for __orm::Given {}
    }
}

fn given_name(column: &Ident) -> Ident {
    format_ident!("{}_is_given", plain(column))
}

/// The columns `create()` insists on, with their positions.
fn required<'a>(model: &'a ModelIr<'_>) -> impl Iterator<Item = (usize, &'a Column<'a>)> {
    model.columns.iter().enumerate().filter(|(_, column)| column.required)
}
