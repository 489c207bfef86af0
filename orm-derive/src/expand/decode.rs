//! Between rows and the struct: reading by position, values by position.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{create_name, update_name};
use crate::ir::{Column, Init, ModelIr};

/// `Model`, `Versioned`, `Decode`, `SeenBy`, `OfTenant` and `Instance`.
pub(super) fn decode(model: &ModelIr<'_>) -> TokenStream {
    let this = model.params.this();
    let (params, bounds) = (model.params.plain(&[]), model.params.all_bounds(&[]));
    let (create, update) = (create_name(model), update_name(model));
    let read = read(model);
    let key = match &*model.primary_key {
        [] => TokenStream::new(),
        [one] => {
            let Column { ty, constant, .. } = &model.columns[*one];
            quote! {
                impl #params __orm::SingleKey<#ty> for #this #bounds {
                    const COLUMN: __orm::Column<Self, #ty> = Self::#constant;
                }
            }
        }
        several => {
            let types: Vec<_> = several.iter().map(|index| model.columns[*index].ty).collect();
            let parts: Vec<_> = (0..several.len()).map(|place| format_ident!("__K{place}")).collect();
            let bound: Vec<_> = parts.iter().zip(&types).map(|(part, ty)| quote!(#part: __orm::KeyPart<#ty>)).collect();
            let params = model.params.plain(&bound);
            let places = (0..several.len()).map(Literal::usize_unsuffixed);
            quote! {
                impl #params __orm::KeyOperand<#this> for (#(#parts,)*) #bounds {
                    fn into_key(self) -> ::std::vec::Vec<__orm::Value> {
                        ::std::vec![#(__orm::KeyPart::<#types>::into_part(self.#places)),*]
                    }
                }
            }
        }
    };
    let snapshot = model.fields.iter().find_map(|init| match init {
        Init::Snapshot(ident) => Some(quote! {
            fn snapshot(&self) -> ::core::option::Option<&__orm::Snapshot> {
                ::core::option::Option::Some(&self.#ident)
            }
        }),
        _ => None,
    });
    let version = model.version.map(|index| {
        let ty = model.columns[index].ty;
        quote! {
            impl #params __orm::Versioned for #this #bounds {
                type Version = #ty;
            }
        }
    });
    let referred = format_ident!(
        "{}",
        if model.deleted_at.is_some() || model.default_scope.is_some() || !model.policy.is_empty() {
            "Optional"
        } else {
            "One"
        }
    );
    let def = if model.params.exist() { quote!(Self::__DEF) } else { quote!(&__DEF) };
    let one = |lifetime| model.params.named(&[quote!(__orm::UpdateOne<#lifetime, Self>)]);
    let (there, here) = (one(quote!('__a)), one(quote!('_)));
    let named = model.params.named(&[]);
    let given = super::create::required(model).into_iter().map(|_| quote!(__orm::Given));
    let complete = model.params.named(&[quote!((#(#given,)*))]);
    let outlives = model.params.exist().then(|| quote!(where Self: '__a));
    // Names of locals have the span of the locals: the fields may come from a macro.
    let row = quote!(self);
    let put = model.columns.iter().enumerate().map(|(index, column)| {
        let (ident, function) = (column.ident, column.function("put"));
        let put = quote_spanned!(column.ty.span()=> #function(&#row.#ident));
        // There are no other positions.
        if index + 1 == model.columns.len() { quote!(_ => #put,) } else { quote!(#index => #put,) }
    });
    let nothing = model.columns.is_empty().then(|| quote!(_ => __orm::Value::Null(__orm::SqlType::Bool),));
    let into_value = model.columns.iter().map(|column| {
        let (ident, function) = (column.ident, column.function("into_value"));
        quote_spanned!(column.ty.span()=> #function(#row.#ident))
    });
    let kept = model.fields.iter().filter_map(|init| match init {
        Init::Relation(ident, _) | Init::Default(ident) => Some(quote!(self.#ident = old.#ident;)),
        Init::Column(_) | Init::Computed(..) | Init::Snapshot(_) => None,
    });
    let kept: Vec<_> = kept.collect();
    let stale = model.relations.iter().map(|relation| {
        let (path, sure) = (relation.path(&model.params), relation.sure_target());
        quote!(__orm::forget_stale::<_, #sure, _>(#path, self, changed);)
    });
    let changed = if model.relations.is_empty() { quote!(_changed) } else { quote!(changed) };
    let keep = (!kept.is_empty()).then(|| {
        quote! {
            fn keep_relations(&mut self, old: Self, #changed: u128) {
                #(#kept)*
                #(#stale)*
            }
        }
    });
    let guard = match (model.policy, model.tenant) {
        ([], None) => quote!(Open),
        ([], Some(_)) => quote!(Tenanted),
        (_, None) => quote!(Policed),
        (_, Some(_)) => quote!(PolicedTenanted),
    };
    let tenant = model.tenant.map(|index| {
        let ty = model.columns[index].ty;
        quote!(impl #params __orm::OfTenant<#ty> for #this #bounds {})
    });
    let seen = model.policy.iter().map(|viewer| quote!(impl #params __orm::SeenBy<#viewer> for #this #bounds {}));
    quote! {
        impl #params __orm::Model for #this #bounds {
            const DEF: &'static __orm::ModelDef = #def;
            type Referred = __orm::#referred;
            type Guard = __orm::#guard;
            fn from_columns(columns: &mut __orm::Columns<'_>) -> __orm::Result<Self> {
                #read
            }
            fn value(&self, column: usize) -> __orm::Value {
                match column {
                    #(#put)*
                    #nothing
                }
            }
            fn into_values(self) -> ::std::vec::Vec<__orm::Value> {
                ::std::vec![#(#into_value),*]
            }
            #snapshot
            #keep
        }
        #(#seen)*
        #tenant
        #key
        #version
        __orm::decode_model!([#params] #this, [#bounds]);
        impl #params __orm::Instance for #this #bounds {
            type Create = #create #named;
            type Draft = #create #complete;
            type Update<'__a> = #update #there #outlives;
            fn __start(start: __orm::Prefilled) -> #create #named {
                #create(__orm::CreateBuilder::new(start))
            }
            fn __draft() -> Self::Draft {
                #create(__orm::CreateBuilder::draft())
            }
            fn update(&mut self) -> #update #here {
                #update(__orm::UpdateBuilder::row(self))
            }
        }
    }
}

/// How many columns are read at once: `Decode` has tuples of so many.
const TUPLE: usize = 12;

/// The struct from the next columns, as tuples: one way out for many columns instead of one for each keeps this
/// function, the largest of a model, cheap to compile.
fn read(model: &ModelIr<'_>) -> TokenStream {
    let locals: Vec<_> = (0..model.columns.len()).map(|index| format_ident!("_{index}")).collect();
    let all: Vec<_> = locals.iter().zip(&model.columns).collect();
    // A type that may be none of a column is read by its own function, which is where the compiler reports it.
    let alike =
        all.chunk_by(|(_, one), (_, next)| one.is_plain() && next.is_plain()).flat_map(|some| some.chunks(TUPLE));
    let read = alike.map(|some| match some {
        [(local, column)] if !column.is_plain() => {
            let take = column.function("take");
            quote_spanned!(column.ty.span()=> let #local = columns.next_by(#take)?;)
        }
        some => {
            let locals = some.iter().map(|(local, _)| local);
            quote!(let (#(#locals,)*) = columns.exact()?;)
        }
    });
    let mut next = locals.iter();
    let inits = model.fields.iter().map(|init| match init {
        Init::Column(ident) => {
            let local = next.next();
            quote!(#ident: #local)
        }
        Init::Relation(ident, path) => quote!(#ident: __orm::RelationField::unloaded(&#path)),
        Init::Default(ident) | Init::Computed(ident, _) | Init::Snapshot(ident) => {
            quote!(#ident: ::core::default::Default::default())
        }
    });
    let computed = model.fields.iter().filter_map(|init| match init {
        Init::Computed(ident, path) => Some(quote!(row.#ident = #path(&row);)),
        Init::Snapshot(ident) => Some(quote!(row.#ident = __orm::Snapshot::of(&row);)),
        _ => None,
    });
    let computed: Vec<_> = computed.collect();
    let found = model.after_find.iter().map(|path| quote_spanned!(path.span()=> #path(&mut row)?;));
    if computed.is_empty() && model.after_find.is_empty() {
        return quote! {
            #(#read)*
            ::core::result::Result::Ok(Self { #(#inits),* })
        };
    }
    quote! {
        #(#read)*
        let mut row = Self { #(#inits),* };
        #(#computed)*
        #(#found)*
        ::core::result::Result::Ok(row)
    }
}
