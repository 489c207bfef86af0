//! `#[orm::serde]`: says on every relation field and every variant what `serde` should know of it, so that it is written
//! once, on the item.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Meta, Path, Token, Type, parse_quote};

use crate::ast::relation;
use crate::attr::{EnumAttrs, FieldAttrs, ModelAttrs, VariantAttrs};
use crate::ctxt::Ctxt;
use crate::enumeration;
use crate::ir::private;

/// The item, with attributes of `serde` on its fields or variants.
pub(crate) fn attribute(args: &TokenStream, item: TokenStream) -> TokenStream {
    let mut input = match syn::parse2::<DeriveInput>(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#error #item);
        }
    };
    let ctxt = Ctxt::new();
    if !args.is_empty() {
        ctxt.error(args, "`#[orm::serde]` takes no words: those of `serde` are its own, `#[serde(..)]`");
    }
    if !derives(&input.attrs) {
        ctxt.error(
            &input.ident,
            "`#[orm::serde]` stands above the `#[derive(..)]` of `Serialize` or `Deserialize`, which reads what it adds",
        );
    }
    // What `#[orm(..)]` says wrongly is the derive's to report.
    let silent = Ctxt::new();
    match &mut input.data {
        Data::Struct(data) => {
            let private = private(ModelAttrs::read(&silent, &input.attrs).krate.get());
            for field in &mut data.fields {
                let attrs = FieldAttrs::read(&silent, &field.attrs);
                if attrs.tracked.is_set() && !says(&field.attrs, &["skip"]) {
                    field.attrs.push(parse_quote!(#[serde(skip)]));
                }
                let hidden = attrs.hidden.is_set();
                if hidden && !says(&field.attrs, &["skip", "skip_serializing"]) {
                    field.attrs.push(parse_quote!(#[serde(skip_serializing)]));
                }
                if let Some((_, _, between)) = relation(&field.ty)
                    && !says(
                        &field.attrs,
                        &["skip", "skip_serializing", "skip_serializing_if", "with", "serialize_with"],
                    )
                {
                    let with = between.map(|_| {
                        let path = quote!(#private::with_through).to_string().replace(' ', "");
                        quote!(, with = #path)
                    });
                    let not_loaded = format!("{}::not_loaded", plain_path(&field.ty));
                    field.attrs.push(parse_quote!(#[serde(default, skip_serializing_if = #not_loaded #with)]));
                }
            }
        }
        Data::Enum(data) => {
            let attrs = EnumAttrs::read(&silent, &input.attrs);
            for variant in &mut data.variants {
                if says(&variant.attrs, &["rename", "skip", "other", "untagged"]) {
                    continue;
                }
                let own = VariantAttrs::read(&silent, &variant.attrs);
                if own.other.is_set() {
                    // Any other label, as it is.
                    variant.attrs.push(parse_quote!(#[serde(untagged)]));
                } else if matches!(variant.fields, Fields::Unit) {
                    let label = enumeration::label(&attrs, &own, variant);
                    variant.attrs.push(parse_quote!(#[serde(rename = #label)]));
                }
            }
        }
        Data::Union(_) => ctxt.error(&input.ident, "`#[orm::serde]` is for models, and for enums that derive `Enum`"),
    }
    silent.finish();
    let errors = ctxt.finish();
    quote!(#input #errors)
}

/// Whether an item derives what reads the attributes, below.
fn derives(attrs: &[Attribute]) -> bool {
    let named =
        |path: &Path| path.segments.last().is_some_and(|last| last.ident == "Serialize" || last.ident == "Deserialize");
    attrs.iter().filter(|attr| attr.path().is_ident("derive") || attr.path().is_ident("cfg_attr")).any(|attr| {
        match &attr.meta {
            Meta::List(list) if attr.path().is_ident("derive") => {
                let paths = Punctuated::<Path, Token![,]>::parse_terminated.parse2(list.tokens.clone());
                paths.is_ok_and(|paths| paths.iter().any(named))
            }
            // A condition: the compiler knows.
            meta => meta.to_token_stream().to_string().contains("Serialize"),
        }
    })
}

/// Whether one of `serde`'s words is said already.
fn says(attrs: &[Attribute], words: &[&str]) -> bool {
    let metas = attrs
        .iter()
        .filter(|attr| attr.path().is_ident("serde"))
        .flat_map(|attr| attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default());
    let mut names = metas.filter_map(|meta| meta.path().get_ident().map(Ident::to_string));
    names.any(|name| words.contains(&&*name))
}

/// The path of a type, without its arguments.
fn plain_path(ty: &Type) -> String {
    let Type::Path(path) = crate::ast::ungrouped(ty) else { return String::new() };
    let words: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let start = if path.path.leading_colon.is_some() { "::" } else { "" };
    format!("{start}{}", words.join("::"))
}
