//! Per relation, a typed constant and a method that starts from one row; per foreign key, how rows are created under
//! the row it points at.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::columns::doc;
use super::create_name;
use crate::ir::{ModelIr, Pair, Relation};

/// `User::POSTS` and `user.posts()`.
pub(super) fn constants(model: &ModelIr<'_>) -> TokenStream {
    model.relations.iter().map(|relation| relation_items(model.ident, relation)).collect()
}

fn relation_items(model: &Ident, relation: &Relation<'_>) -> TokenStream {
    let Relation { ident, vis, constant, name, target, .. } = relation;
    // At the relation's place, where errors about it belong.
    let mut model = model.clone();
    model.set_span(ident.span());
    let kind = format_ident!("{}", relation.kind.type_name());
    let keys = relation.keys.iter().map(pair);
    let mut fields = Vec::new();
    if let Some((between, keys)) = &relation.through {
        let keys = keys.iter().map(pair);
        let through = quote!(__orm::ThroughDef::new::<#between>(&[#(#keys),*]));
        fields.push(quote!(through: ::core::option::Option::Some(#through)));
    }
    if let Some((column, text)) = &relation.when {
        fields.push(quote!(when: ::core::option::Option::Some((#model::#column.def(), #text))));
    }
    if !relation.constraint {
        fields.push(quote!(constraint: false));
    }
    for (name, action) in [("on_delete", relation.on_delete), ("on_update", relation.on_update)] {
        if action != "NoAction" {
            let (name, action) = (format_ident!("{name}"), format_ident!("{action}"));
            fields.push(quote!(#name: __orm::OnDelete::#action));
        }
    }
    let plain = quote!(__orm::RelationDef::new::<#target>(#name, __orm::RelationKind::#kind, &[#(#keys),*]));
    let def = if fields.is_empty() { plain } else { quote!(__orm::RelationDef { #(#fields,)* ..#plain }) };
    let link = match &relation.through {
        Some((between, _)) if relation.loads_between => quote!(with_between::<#between>),
        _ => quote!(new),
    };
    // The number under which the other model says how it is created: see `create_under`.
    let under = (relation.foreign_key.is_empty() && relation.through.is_none()).then(|| {
        let number = relation_number(&model, relation);
        quote!(, { #number })
    });
    let scope = relation.scope.iter().map(|filter| quote!(.with_scope(|| __orm::scope::<#target, _>(#filter))));
    let doc = doc(&relation.doc);
    quote_spanned! {ident.span()=>
        #doc
        #vis const #constant: __orm::Relation<#model, #target> = __orm::Relation::new(
            #def,
            __orm::Link::#link(|__row: &mut #model| &mut __row.#ident),
        )#(#scope)*;
        #doc
        #vis fn #ident(&self) -> __orm::Related<'_, #model, #target #under> {
            __orm::Related::new(self, #model::#constant)
        }
    }
}

fn pair(pair: &Pair) -> TokenStream {
    let ((key_model, key), (holder, foreign_key)) = (&pair.key, &pair.foreign_key);
    let join = if pair.from_key { quote!(has) } else { quote!(belongs) };
    quote!(__orm::#join(#key_model::#key, #holder::#foreign_key))
}

/// `CreateUnder`, once per foreign key; two relations over one key share it.
pub(super) fn create_under(model: &ModelIr<'_>) -> TokenStream {
    let keys = model.relations.iter().map(|relation| &relation.foreign_key);
    let keys = keys.enumerate().filter(|(index, key)| {
        !key.is_empty() && model.relations[..*index].iter().all(|earlier| earlier.foreign_key != **key)
    });
    let impls = keys.map(|(_, key)| {
        let (ident, create) = (model.ident, create_name(model));
        let number = key_number(key.iter().map(|index| model.columns[*index].name.to_token_stream()));
        let required = model.columns.iter().enumerate().filter(|(_, column)| column.required);
        let states = required.map(|(index, _)| if key.contains(&index) { quote!(Given) } else { quote!(Missing) });
        quote! {
                impl __orm::CreateUnder<{ #number }> for #ident {
                type Create = #create<(#(__orm::#states,)*)>;
                fn create_under(key: ::std::vec::Vec<__orm::Value>) -> Self::Create {
                    #create(__orm::Building::under(&[#(#key),*], key))
                }
            }
        }
    });
    impls.collect()
}

/// The number of the foreign key that a relation's rows point with.
pub(super) fn relation_number(model: &Ident, relation: &Relation<'_>) -> TokenStream {
    let constant = &relation.constant;
    key_number((0..relation.keys.len()).map(|place| quote!(#model::#constant.def().keys[#place].to.name)))
}

/// The number of a foreign key, from the names of its columns.
fn key_number(names: impl Iterator<Item = TokenStream>) -> TokenStream {
    let numbers = names.enumerate().map(|(place, name)| match place {
        0 => quote!(__orm::name_id(#name)),
        _ => {
            let place = u32::try_from(place).unwrap_or_default();
            quote!(^ __orm::name_id(#name).rotate_left(#place))
        }
    });
    numbers.collect()
}
