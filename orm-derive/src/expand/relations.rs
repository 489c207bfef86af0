//! Per relation, a typed constant and a method that starts from one row; per foreign key, how rows are created under
//! the row it points at.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::columns::doc;
use super::create::required;
use super::create_name;
use super::key_number::{key_number, relation_number, text};
use crate::attr::RelationKind;
use crate::ir::{ModelIr, OneOf, Pair, Relation, sure};

/// `User::POSTS` and `user.posts()`.
pub(super) fn constants(model: &ModelIr<'_>) -> TokenStream {
    let relations = model.relations.iter().map(|relation| relation_items(model, relation));
    let one_of = model.one_of.iter().map(|one_of| one_of_items(&model.params.this(), one_of));
    relations.chain(one_of).collect()
}

fn relation_items(ir: &ModelIr<'_>, relation: &Relation<'_>) -> TokenStream {
    let Relation { ident, vis, constant, target, .. } = relation;
    // At the relation's place, where errors about it belong.
    let model = ir.params.this_at(ident.span());
    let def = definition(&model, relation);
    let mut field = relation.one_of.map_or(ident, |place| ir.one_of[place].ident).clone();
    // Whether the target is a model is asked in several places: at one span, the answer is one error.
    let place = target.span();
    field.set_span(place.resolved_at(field.span()));
    let slot = quote_spanned!(place=> |__row: &mut #model| &mut __row.#field);
    let (goal, path) = (relation.sure_target(), relation.path(&ir.params));
    let start = quote_spanned!(place=> __orm::Link::<#model, #goal>);
    let link = match (&relation.through, relation.one_of) {
        (_, Some(place)) => {
            let (key, OneOf { keys, target: of, .. }) = (&relation.foreign_key, &ir.one_of[place]);
            let keys = keys.iter().map(|key| quote!(&[#(#key),*]));
            let field = quote!(__orm::OneOfField::<#model, #goal, #of>::new);
            quote_spanned!(of.span()=> #start::one_of(&#field(#slot, &[#(#key),*], &[#(#keys),*])))
        }
        (Some((between, _)), _) if relation.loads_between => {
            let between = sure(between);
            quote!(#start::with_between::<#between>(#slot))
        }
        _ => quote!(#start::new(#slot)),
    };
    let handle = handle_kind(relation);
    let reach = reach(relation);
    let ty = quote_spanned!(place=> __orm::Relation<#model, #target, #reach>);
    let value = quote_spanned!(place=> __orm::Relation::new(#def, #link));
    let handle = quote_spanned!(place=> __orm::Related<'_, #model, #target, #handle>);
    let start = quote_spanned!(place=> __orm::Related::new(self, #path));
    let doc = doc(&relation.doc);
    quote_spanned! {ident.span()=>
        #doc
        #vis const #constant: #ty = #value;
        #doc
        #vis fn #ident(&self) -> #handle {
            #start
        }
    }
}

/// The metadata: `RelationDef::new(name, kind, &[hop, hop])`.
fn definition(model: &TokenStream, relation: &Relation<'_>) -> TokenStream {
    let Relation { name, target, .. } = relation;
    let kind = format_ident!("{}", relation.kind.type_name());
    let filter = relation
        .scope
        .as_ref()
        .map(|filter| quote!(filter: ::core::option::Option::Some(|| __orm::scope::<#target, _>(#filter))));
    if !relation.chain.is_empty() {
        return chain(model, relation, &kind);
    }
    let when = relation.when.as_ref().map(|(column, text)| {
        let side = if relation.foreign_key.is_empty() { quote!(tag) } else { quote!(when) };
        quote!(#side: ::core::option::Option::Some(__orm::when(#column, #text)))
    });
    let hops = match &relation.through {
        Some((between, keys)) => vec![hop(between, &relation.keys, &[when]), hop(target, keys, &[filter])],
        None => vec![hop(target, &relation.keys, &[when, filter])],
    };
    let mut fields = Vec::new();
    if !relation.constraint {
        fields.push(quote!(constraint: false));
    }
    if !relation.indexed {
        fields.push(quote!(indexed: false));
    }
    if !relation.unique {
        fields.push(quote!(unique: false));
    }
    for (name, action) in [("on_delete", relation.on_delete), ("on_update", relation.on_update)] {
        if action != "NoAction" {
            let (name, action) = (format_ident!("{name}"), format_ident!("{action}"));
            fields.push(quote!(#name: __orm::OnDelete::#action));
        }
    }
    let plain = quote!(__orm::RelationDef::new(#name, __orm::RelationKind::#kind, &[#(#hops),*]));
    if fields.is_empty() { plain } else { quote!(__orm::RelationDef { #(#fields,)* ..#plain }) }
}

/// One step: `HopDef::new::<Target>(&[pair])`.
fn hop(target: &TokenStream, keys: &[Pair], fields: &[Option<TokenStream>]) -> TokenStream {
    let keys = keys.iter().map(pair);
    let target = sure(target);
    let plain = quote!(__orm::HopDef::new::<#target>(&[#(#keys),*]));
    let fields: Vec<_> = fields.iter().flatten().collect();
    if fields.is_empty() { plain } else { quote!(__orm::HopDef { #(#fields,)* ..#plain }) }
}

/// A chain of relations: the hops of all of them. Each must start where the one before it ends.
fn chain(model: &TokenStream, relation: &Relation<'_>, kind: &Ident) -> TokenStream {
    let Relation { name, target, chain, .. } = relation;
    let ends =
        chain.iter().zip(&chain[1..]).map(|(one, next)| quote_spanned!(next.span()=> __orm::follows(&#one, &#next);));
    let (first, last) = (&chain[0], &chain[chain.len() - 1]);
    let start = quote_spanned!(first.span()=> __orm::starts_at::<#model, _, _>(&#first));
    let end = quote_spanned!(last.span()=> __orm::ends_at::<_, #target, _>(&#last));
    let count = quote!(0 #(+ #chain.def().hops.len())*);
    let filter = match &relation.scope {
        Some(filter) => quote!(Some(|| __orm::also(#last.def(), __orm::scope::<#target, _>(#filter)))),
        None => quote!(None),
    };
    quote!({
        #start;
        #(#ends)*
        #end;
        __orm::RelationDef::chain(
            #name,
            __orm::RelationKind::#kind,
            &__orm::concat_hops::<{ #count }>(&[#(#chain.def()),*], ::core::option::Option::#filter),
        )
    })
}

/// What the relation leads to from each row.
fn reach(relation: &Relation<'_>) -> TokenStream {
    match relation.kind {
        RelationKind::HasMany | RelationKind::BelongsToMany => quote!(__orm::Many),
        _ if relation.never_null => {
            let target = &relation.target;
            quote_spanned!(target.span()=> __orm::Referred<#target>)
        }
        _ => quote!(__orm::Optional),
    }
}

/// What a relation's handle can do.
fn handle_kind(relation: &Relation<'_>) -> TokenStream {
    match (&relation.through, relation.kind) {
        (_, RelationKind::BelongsTo) => {
            let nullable = relation.may_be_none;
            quote!(__orm::ToOwner<#nullable>)
        }
        (Some((between, _)), RelationKind::BelongsToMany) => quote!(__orm::ManyToMany<#between>),
        _ if !relation.chain.is_empty() => {
            let one = relation.kind == RelationKind::HasOne;
            quote!(__orm::Through<#one>)
        }
        (Some(_), kind) => {
            let one = kind == RelationKind::HasOne;
            quote!(__orm::Through<#one>)
        }
        (None, kind) => {
            // The number under which the other model says how it is created: see `create_under`.
            let number = relation_number(relation);
            let kind = if kind == RelationKind::HasOne { quote!(ToOne) } else { quote!(ToMany) };
            quote!(__orm::#kind<#number>)
        }
    }
}

/// `Comment::SUBJECT`, whose row is of one of several models.
fn one_of_items(model: &TokenStream, one_of: &OneOf<'_>) -> TokenStream {
    let OneOf { vis, constant, target, relations, .. } = one_of;
    let doc = doc(&one_of.doc);
    quote_spanned! {target.span()=>
        #doc
        #vis const #constant: __orm::OneOf<#model, #target> = __orm::OneOf::<_, #target>::new(
            &[#(#model::#relations.erase()),*],
            |nodes| {
                #(__orm::IntoInclude::push(#model::#relations, nodes);)*
            },
        );
    }
}

fn pair(pair: &Pair) -> TokenStream {
    let Pair { key, foreign_key: (holder, foreign_key), from_key, missing } = pair;
    let join = if *from_key { quote!(has) } else { quote!(belongs) };
    let joined = quote!(__orm::#join(#key, #holder::#foreign_key));
    let Some(missing) = missing else { return joined };
    // A model's own constant goes before that of a trait, which is found where there is no other.
    let place = foreign_key.span();
    let missing = quote_spanned!(place=> ::core::panic!(#missing));
    quote!({
        trait __Missing: ::core::marker::Sized {
            const #foreign_key: __orm::Column<Self, __orm::AnyKey> = #missing;
        }
        impl<__T> __Missing for __T {}
        #joined
    })
}

/// `CreateUnder`, once per foreign key; two relations over one key share it, unless a column tells them apart.
pub(super) fn create_under(model: &ModelIr<'_>) -> TokenStream {
    let same = |a: &Relation<'_>, b: &Relation<'_>| a.foreign_key == b.foreign_key && text(a) == text(b);
    let relations = model.relations.iter().enumerate().filter(|(index, relation)| {
        !relation.foreign_key.is_empty() && !model.relations[..*index].iter().any(|earlier| same(earlier, relation))
    });
    let impls = relations.map(|(_, relation)| {
        let (this, create, key) = (model.params.this(), create_name(model), &relation.foreign_key);
        let (params, bounds) = (model.params.plain(&[]), model.params.all_bounds(&[]));
        let names = key.iter().map(|index| &model.columns[*index].constant);
        let number = key_number(names, relation);
        let states = required(model);
        let states = states.iter().map(|of| if of.filled_by(relation) { quote!(Given) } else { quote!(Missing) });
        let when = relation.when_column.zip(text(relation));
        let tagged = when.iter().map(|(index, text)| quote!(.with(#index, __orm::text(#text))));
        let building = match when {
            // The state before `with` is nowhere named.
            Some(_) => quote!(CreateBuilder::<#this, ()>),
            None => quote!(CreateBuilder),
        };
        let named = model.params.named(&[quote!((#(__orm::#states,)*))]);
        quote! {
            impl #params __orm::CreateUnder<#number> for #this #bounds {
                type Create = #create #named;
                fn create_under(start: __orm::Prefilled) -> Self::Create {
                    #create(__orm::#building::under(&[#(#key),*], start)#(#tagged)*)
                }
            }
        }
    });
    impls.collect()
}
