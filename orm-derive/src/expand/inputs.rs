//! Structs for what requests say of a row, `input(..)` and `patch(..)`, and `Debug` without hidden columns.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::columns::doc;
use super::create::required;
use super::described::described;
use super::{create_name, update_name};
use crate::ast::one_argument;
use crate::case::plain;
use crate::ir::{Column, DefaultValue, Input, ModelIr};

/// How a field says that it is absent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// It cannot be.
    Never,
    /// As NULL, which is what the column has then.
    Null,
    /// By an `Option` around the type.
    Option,
}

fn absence(input: &Input<'_>, column: &Column<'_>) -> Absence {
    let nullable = one_argument(column.ty, "Option").is_some();
    if input.attr.patch {
        Absence::Option
    } else if column.required {
        Absence::Never
    } else if nullable && matches!(column.default, DefaultValue::None) {
        Absence::Null
    } else {
        Absence::Option
    }
}

fn columns<'m>(model: &'m ModelIr<'_>, input: &Input<'_>) -> Vec<(usize, &'m Column<'m>)> {
    input.columns.iter().filter_map(|index| Some((*index, model.columns.get(*index)?))).collect()
}

/// The structs.
pub(super) fn structs(model: &ModelIr<'_>) -> TokenStream {
    let (vis, private) = (model.vis, &model.private);
    let path = private.to_string().replace(' ', "");
    let (serde, schemars) = (format!("{path}::serde"), format!("{path}::schemars"));
    let (some, serde_crate) = (format!("{path}::some"), &serde);
    let each = model.inputs.iter().map(|input| {
        let (ident, derives) = (&input.attr.ident, &input.attr.derives);
        let fields = columns(model, input).into_iter().map(|(_, column)| {
            let Column { ident, ty, .. } = column;
            let doc = doc(&column.doc);
            let absence = absence(input, column);
            let described = described(column, absence == Absence::Option, private);
            match absence {
                Absence::Never => quote!(#described #doc pub #ident: #ty),
                Absence::Null => quote!(#described #doc #[serde(default)] pub #ident: #ty),
                Absence::Option => quote! {
                    #described
                    #doc
                    #[serde(default, deserialize_with = #some)]
                    pub #ident: ::core::option::Option<#ty>
                },
            }
        });
        let usual = match input.attr.patch {
            true => {
                format!("What a request changes of a [`{}`]: absent fields are left alone, null is NULL.", model.ident)
            }
            false => format!("What a request says of a new [`{}`].", model.ident),
        };
        let about = input.attr.doc.get().map_or(usual, syn::LitStr::value);
        let rename = input.attr.rename_all.get().map(|rule| quote!(, rename_all = #rule));
        let hides = input.columns.iter().any(|index| model.columns[*index].is_secret());
        let debug = (!hides).then(|| quote!(::core::fmt::Debug,));
        quote! {
            #private::input! { {#[schemars(crate = #schemars)]}
                #[doc = #about]
                #[derive(#debug ::core::clone::Clone, #private::serde::Deserialize #(, #derives)*)]
                #[serde(deny_unknown_fields, crate = #serde_crate #rename)]
                #vis struct #ident {
                    #(#fields,)*
                }
            }
        }
    });
    quote!(#(#each)*)
}

/// `SignUp::create`, `Profile::apply` and `Profile::update`.
pub(super) fn methods(model: &ModelIr<'_>) -> TokenStream {
    let each = model.inputs.iter().map(|input| {
        let ident = &input.attr.ident;
        let methods = if input.attr.patch { changes(model, input) } else { creates(model, input) };
        let columns = columns(model, input);
        let debug = columns.iter().any(|(_, column)| column.is_secret()).then(|| {
            debug(
                model,
                ident,
                &columns.iter().map(|(_, column)| (column.ident, column.is_secret())).collect::<Vec<_>>(),
            )
        });
        quote! {
            impl #ident {
                #methods
            }
            #debug
        }
    });
    quote!(#(#each)*)
}

fn creates(model: &ModelIr<'_>, input: &Input<'_>) -> TokenStream {
    let (this, vis, create) = (model.params.this(), model.vis, create_name(model));
    let columns = columns(model, input);
    let states =
        required(model).into_iter().map(|of| match of.columns().iter().any(|index| input.columns.contains(index)) {
            true => quote!(__orm::Given),
            false => quote!(__orm::Missing),
        });
    let named = model.params.named(&[quote!((#(#states,)*))]);
    let sets = columns.into_iter().map(|(_, column)| {
        let Column { ident, constant, .. } = column;
        match absence(input, column) {
            Absence::Never | Absence::Null => quote!(.#ident(self.#ident)),
            Absence::Option => quote!(.set_if(#this::#constant, self.#ident)),
        }
    });
    let doc = format!("A new [`{}`] with these values; set what else it needs, then `.exec(&db)`.", model.ident);
    quote! {
        #[doc = #doc]
        #vis fn create(self) -> #create #named {
            <#this as __orm::Statements>::create() #(#sets)*
        }
    }
}

fn changes(model: &ModelIr<'_>, input: &Input<'_>) -> TokenStream {
    let (this, vis, update) = (model.params.this(), model.vis, update_name(model));
    let sets: Vec<_> = columns(model, input)
        .into_iter()
        .map(|(_, Column { ident, constant, .. })| quote!(.set_if(#this::#constant, self.#ident)))
        .collect();
    let one = model.params.named(&[quote!(__orm::UpdateOne<'__r, #this>)]);
    let doc = format!("The changes to a [`{}`], which `.exec(&db)` writes.", model.ident);
    quote! {
        #[doc = #doc]
        #vis fn apply<'__r>(self, row: &'__r mut #this) -> #update #one {
            __orm::Instance::update(row) #(#sets)*
        }
        /// The changes to rows that a filter finds.
        #vis fn update(self) -> #update {
            #this::update() #(#sets)*
        }
    }
}

/// `Debug` for a model with hidden or encrypted columns. A derived one would show them, and conflicts with this one.
pub(super) fn debug_of_model(model: &ModelIr<'_>) -> TokenStream {
    let is_hidden = |ident: &Ident| model.columns.iter().any(|column| column.ident == ident && column.is_secret());
    if !model.columns.iter().any(Column::is_secret) {
        return TokenStream::new();
    }
    let fields: Vec<_> = model.fields.iter().map(|field| (field.ident(), is_hidden(field.ident()))).collect();
    debug(model, model.ident, &fields)
}

fn debug(model: &ModelIr<'_>, ident: &Ident, fields: &[(&Ident, bool)]) -> TokenStream {
    let shown = fields.iter().filter(|(_, hidden)| !hidden).map(|(ident, _)| {
        let name = plain(ident);
        quote!(.field(#name, &self.#ident))
    });
    let name = ident.to_string();
    let (params, this, bounds) = if model.ident == ident {
        (model.params.plain(&[]), model.params.this(), model.params.all_bounds(&[]))
    } else {
        (TokenStream::new(), quote!(#ident), TokenStream::new())
    };
    quote! {
        impl #params ::core::fmt::Debug for #this #bounds {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name) #(#shown)* .finish_non_exhaustive()
            }
        }
    }
}
