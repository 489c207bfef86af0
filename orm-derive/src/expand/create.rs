//! The create builder: a setter per column, and a type that says which required columns were given.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::columns::doc;
use super::create_name;
use super::key_number::relation_number;
use crate::attr::RelationKind;
use crate::case::plain;
use crate::ir::{Column, ModelIr, OneOf, Relation};

/// `UserCreate`.
pub(super) fn builder(model: &ModelIr<'_>) -> TokenStream {
    let (this, vis, private) = (model.params.this(), model.vis, &model.private);
    let create = create_name(model);
    let doc = format!("A new [`{}`]: set its columns, then `.exec(&db)`.", model.ident);
    let missing = required(model).into_iter().map(|_| quote!(#private::Missing));
    let params = model.params.declared(&[quote!(__S = (#(#missing,)*))]);
    let bounds = model.params.bounds();
    quote! {
        #[doc = #doc]
        #[must_use = "nothing is created until `.exec(&db).await`"]
        #vis struct #create #params(#private::CreateBuilder<#this, __S>) #bounds;
    }
}

/// Its setters, `exec` and `Complete`.
pub(super) fn setters(model: &ModelIr<'_>) -> TokenStream {
    let (this, vis) = (model.params.this(), model.vis);
    let create = create_name(model);
    let required = required(model);
    let traits = required.iter().map(|required| given_trait(model.ident, required.ident));
    let states: Vec<_> = required.iter().map(|required| format_ident!("__S{}", required.number)).collect();
    // The builder's type once these were given.
    let after = |given: &dyn Fn(&Required<'_>) -> bool| {
        let after = required.iter().zip(&states);
        let after = after.map(|(of, state)| if given(of) { quote!(__orm::Given) } else { quote!(#state) });
        let named = model.params.named(&[quote!((#(#after,)*))]);
        quote!(#create #named)
    };
    let writable = model.columns.iter().enumerate().filter(|(_, column)| column.writable);
    let (counted, optional): (Vec<_>, Vec<_>) =
        writable.partition(|(index, _)| required.iter().any(|of| of.columns.contains(index)));
    let optional = optional.into_iter().map(|(index, column)| {
        let Column { ident, vis, ty, .. } = column;
        let doc = doc(&column.doc);
        quote! {
            #doc
            #vis fn #ident(self, value: impl __orm::Set<#ty>) -> Self {
                Self(self.0.with(#index, value.into_set()))
            }
        }
    });
    let required_setters = counted.into_iter().map(|(index, column)| {
        let Column { ident, vis, ty, .. } = column;
        let (doc, after) = (doc(&column.doc), after(&|of| of.columns.contains(&index)));
        quote! {
            #doc
            #vis fn #ident(self, value: impl __orm::Set<#ty>) -> #after {
                #create(self.0.with(#index, value.into_set()))
            }
        }
    });
    let one_of = model.one_of.iter().map(|one_of| {
        let OneOf { ident, vis, constant, target, .. } = one_of;
        let (doc, after) = (doc(&one_of.doc), after(&|of| of.ident == *ident));
        quote! {
            #doc
            #vis fn #ident<__C: __orm::Model>(self, row: &__C) -> #after
            where
                #target: __orm::Variant<__C>,
            {
                #create(self.0.refer(#this::#constant.relations(), row))
            }
        }
    });
    let references = model.relations.iter().filter(|relation| relation.is_own_field());
    let references =
        references.map(|relation| refer(model, relation, &after(&|of| of.filled_by(relation)), &create, &[quote!(_)]));
    // Rows of a relation through another model are created under rows of that model, except for many-to-many relations.
    let beside = |relation: &&Relation<'_>| {
        relation.chain.is_empty() && (relation.through.is_none() || relation.kind == RelationKind::BelongsToMany)
    };
    let nested = model.relations.iter().filter(|relation| relation.foreign_key.is_empty()).filter(beside);
    let nested = nested.map(|relation| nested_children(model, relation));
    let (fixed, open): (Vec<_>, Vec<_>) = model
        .relations
        .iter()
        .filter(|relation| !relation.foreign_key.is_empty())
        .partition(|relation| required.iter().any(|of| of.filled_by(relation)));
    let fixed = fixed.into_iter().map(|relation| nested_parent(model, relation, &after(&|of| of.filled_by(relation))));
    let open = open.into_iter().map(|relation| nested_parent(model, relation, &quote!(Self)));
    let bounds = required.iter().zip(&states).map(|(of, state)| {
        let given = given_name(of.ident);
        quote!(#state: #given)
    });
    let given: Vec<_> = bounds.collect();
    let (any, any_named) = (model.params.plain(&[quote!(__S)]), model.params.named(&[quote!(__S)]));
    let each: Vec<_> = states.iter().map(ToTokens::to_token_stream).collect();
    let (each, each_named) = (model.params.plain(&each), model.params.named(&[quote!((#(#each,)*))]));
    let alone = model.params.all_bounds(&[quote!(__S: __orm::RunsAlone)]);
    let (bounds, given) = (model.params.all_bounds(&[]), model.params.all_bounds(&given));
    quote! {
        #(#traits)*
        __orm::create_builder!([#any] #create #any_named, #this, #vis exec [Self: __orm::Complete<#this>], [#bounds], [#alone]);
        impl #any #create #any_named #bounds {
            #(#optional)*
            #(#nested)*
            #(#open)*
        }
        impl #each #create #each_named #bounds {
            #(#required_setters)*
            #(#references)*
            #(#one_of)*
            #(#fixed)*
        }
        impl #each __orm::Complete<#this> for #create #each_named #given {
            fn into_create(self) -> __orm::Create<#this> {
                self.0.finish()
            }
        }
    }
}

/// `user(..)`: the row that this one belongs to.
pub(super) fn refer(
    model: &ModelIr<'_>,
    relation: &Relation<'_>,
    output: &TokenStream,
    builder: &Ident,
    inferred: &[TokenStream],
) -> TokenStream {
    let Relation { ident, vis, target, .. } = relation;
    let (doc, sure, path) = (doc(&relation.doc), relation.sure_target(), relation.path(&model.params));
    quote! {
        #doc
        #vis fn #ident(self, row: &#target) -> #output {
            #builder(self.0.refer::<#sure #(, #inferred)*>(&[#path.erase()], row))
        }
    }
}

/// `with_posts(..)`: rows to create after this one.
fn nested_children(model: &ModelIr<'_>, relation: &Relation<'_>) -> TokenStream {
    let Relation { ident, vis, constant, target, .. } = relation;
    let (name, path, sure) =
        (format_ident!("with_{}", plain(ident)), relation.path(&model.params), relation.sure_target());
    let doc = format!("Creates rows of [`{}::{constant}`] together with this one.", model.ident);
    let kind = match &relation.through {
        Some((between, _)) => quote!(ManyToMany<#between>),
        None => {
            let number = relation_number(relation);
            quote!(ToMany<#number>)
        }
    };
    quote! {
        #[doc = #doc]
        #vis fn #name<__I: ::core::iter::IntoIterator<Item: __orm::Complete<#target>>>(
            self,
            rows: impl ::core::ops::FnOnce(__orm::NewChild<#target, __orm::#kind>) -> __I,
        ) -> Self {
            Self(self.0.children::<#sure, _>(#path, rows(__orm::NewChild::new())))
        }
    }
}

/// `with_user(..)`: the row to create before this one, which belongs to it.
fn nested_parent(model: &ModelIr<'_>, relation: &Relation<'_>, output: &TokenStream) -> TokenStream {
    let Relation { ident, vis, constant, target, .. } = relation;
    let (name, path, create) =
        (format_ident!("with_{}", plain(ident)), relation.path(&model.params), create_name(model));
    let sure = relation.sure_target();
    let doc = format!("Creates the row of [`{}::{constant}`] first; this row's foreign key is filled in.", model.ident);
    quote! {
        #[doc = #doc]
        #vis fn #name(self, row: impl __orm::Complete<#target>) -> #output {
            #create(self.0.parent::<#sure, _, _>(#path, row))
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

/// Something `create()` insists on: a column, or one of several keys.
pub(super) struct Required<'a> {
    ident: &'a Ident,
    /// A number for its state, unlike those of others.
    number: usize,
    /// The positions of the columns any of which is enough.
    columns: Vec<usize>,
}

impl Required<'_> {
    /// The columns any of which is enough.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Whether the row that a relation leads to is enough.
    pub(super) fn filled_by(&self, relation: &Relation<'_>) -> bool {
        self.columns.iter().any(|column| relation.fills(*column))
    }
}

/// What `create()` insists on.
pub(super) fn required<'a>(model: &'a ModelIr<'_>) -> Vec<Required<'a>> {
    let columns = model.columns.iter().enumerate().filter(|(_, column)| column.required);
    let columns = columns.map(|(number, column)| Required { ident: column.ident, number, columns: vec![number] });
    let one_of = model.one_of.iter().enumerate().filter(|(_, one_of)| one_of.required);
    let one_of = one_of.map(|(place, one_of)| Required {
        ident: one_of.ident,
        number: model.columns.len() + place,
        columns: one_of.keys.iter().flatten().copied().collect(),
    });
    columns.chain(one_of).collect()
}
