//! `derive(OneOf)`: an enum of models, a variant for each, as what a relation may lead to.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Type};

use crate::attr::EnumAttrs;
use crate::ctxt::Ctxt;
use crate::ir::private;

/// The code of an enum of models.
pub(crate) fn derive(ctxt: &Ctxt, input: &DeriveInput) -> TokenStream {
    let attrs = EnumAttrs::read_newtype(ctxt, &input.attrs);
    let Data::Enum(data) = &input.data else {
        ctxt.error(&input.ident, "`OneOf` is for enums with a variant for each model: `enum Subject { Post(Post) }`");
        return TokenStream::new();
    };
    if !input.generics.params.is_empty() {
        ctxt.error(&input.generics.params, "an enum of models has no type, lifetime or const parameters");
        return TokenStream::new();
    }
    let (ident, private) = (&input.ident, private(attrs.krate.get()));
    let mut types = Vec::<&Type>::new();
    let mut output = TokenStream::new();
    for variant in &data.variants {
        let ty = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first().map(|field| &field.ty),
            _ => None,
        };
        let Some(ty) = ty else {
            ctxt.error(variant, format!("a variant holds a row: `{0}({0})`", variant.ident));
            continue;
        };
        if types.contains(&ty) {
            ctxt.error(ty, "a model has one variant: its rows would be told apart by nothing");
            continue;
        }
        types.push(ty);
        let name = &variant.ident;
        output.extend(quote_spanned! {ty.span()=>
            #[automatically_derived]
            impl #private::Variant<#ty> for #ident {
                fn of(row: #ty) -> Self {
                    Self::#name(row)
                }
                #[allow(unreachable_patterns)]
                fn row(&self) -> ::core::option::Option<&#ty> {
                    match self {
                        Self::#name(row) => ::core::option::Option::Some(row),
                        _ => ::core::option::Option::None,
                    }
                }
            }
        });
    }
    let count = types.len();
    output.extend(quote! {
        #[automatically_derived]
        impl #private::Variants for #ident {
            const COUNT: usize = #count;
        }
    });
    output
}
