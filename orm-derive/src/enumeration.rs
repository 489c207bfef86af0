//! `derive(Enum)`: a fieldless enum as a column type.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, ExprLit, ExprUnary, Fields, Index, Lit, UnOp, Variant, parse_quote};

use crate::attr::{EnumAttrs, Storage, VariantAttrs};
use crate::case::{RenameRule, plain, snake};
use crate::ctxt::Ctxt;
use crate::ir::{private, text};

/// A variant with its label and number.
struct Label<'a> {
    ident: &'a Ident,
    label: String,
    number: i32,
    /// Whether it has fields after all, which was reported: it cannot be read then.
    has_fields: bool,
}

/// The code of an enum.
pub(crate) fn derive(ctxt: &Ctxt, input: &DeriveInput) -> TokenStream {
    let attrs = EnumAttrs::read(ctxt, &input.attrs);
    let Data::Enum(data) = &input.data else {
        ctxt.error(&input.ident, "`Enum` is for enums; for a newtype derive `Value`");
        return TokenStream::new();
    };
    if !input.generics.params.is_empty() {
        ctxt.error(&input.generics.params, "an enum in a column has no type, lifetime or const parameters");
        return TokenStream::new();
    }
    if data.variants.is_empty() {
        ctxt.error(&input.ident, "an enum without variants has no values to store");
        return TokenStream::new();
    }
    let storage = attrs.storage.get().copied().unwrap_or(Storage::Text);
    let mut labels = Vec::<Label<'_>>::new();
    let mut other: Option<&Variant> = None;
    let mut next = Some(0);
    for variant in &data.variants {
        let own = VariantAttrs::read(ctxt, &variant.attrs);
        if let Some(word) = own.other.name() {
            check_other(ctxt, word, variant, other, storage);
            other = Some(variant);
            continue;
        }
        let has_fields = !matches!(variant.fields, Fields::Unit);
        if has_fields {
            ctxt.error(&variant.fields, "a variant in a column has no fields; store the data as `Json<..>`");
        }
        if let Some((_, value)) = &variant.discriminant {
            next = number(value);
            if next.is_none() && storage == Storage::Integer {
                ctxt.error(value, "expected a whole number of 32 bits: columns hold it");
            }
        }
        let label = label(&attrs, &own, variant);
        if let Some(first) = labels.iter().find(|first| first.label == label) {
            let message = format!("`{}` and `{}` are both stored as `{label}`", first.ident, variant.ident);
            ctxt.error(&variant.ident, message);
            continue;
        }
        labels.push(Label { ident: &variant.ident, label, number: next.unwrap_or_default(), has_fields });
        next = next.and_then(|number| number.checked_add(1));
    }
    if labels.is_empty() {
        ctxt.error(&input.ident, "an enum in a column has a label of its own beside `other`");
    }
    let name = text(attrs.name.get()).unwrap_or_else(|| snake(&input.ident));
    let other = other.map(|variant| &variant.ident);
    expand(input, &private(attrs.krate.get()), &name, storage, &labels, other)
}

/// Reports a variant for other labels that cannot take them in.
fn check_other(ctxt: &Ctxt, word: &Ident, variant: &Variant, before: Option<&Variant>, storage: Storage) {
    let takes_text = match &variant.fields {
        Fields::Unnamed(fields) => one(fields.unnamed.iter())
            .is_some_and(|field| crate::ast::last_word(&field.ty).is_some_and(|word| word == "String")),
        _ => false,
    };
    if !takes_text {
        ctxt.error(variant, "the variant for other labels holds the label: `Other(String)`");
    }
    if storage == Storage::Integer {
        ctxt.error(word, "`other` takes labels in; an enum stored as integers has none");
    }
    if let Some(before) = before {
        ctxt.error(word, format!("`{}` takes other labels in already", before.ident));
    }
}

/// What a variant is stored as.
pub(crate) fn label(attrs: &EnumAttrs, own: &VariantAttrs, variant: &Variant) -> String {
    let rule = attrs.rename_all.get().copied().unwrap_or(RenameRule::Snake);
    text(own.rename.get()).unwrap_or_else(|| rule.apply(&plain(&variant.ident)))
}

fn number(value: &Expr) -> Option<i32> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match &**expr {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => format!("-{}", number.base10_digits()).parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn expand(
    input: &DeriveInput,
    private: &TokenStream,
    name: &str,
    storage: Storage,
    labels: &[Label<'_>],
    other: Option<&Ident>,
) -> TokenStream {
    let (ident, vis) = (&input.ident, &input.vis);
    let patterns = labels.iter().map(Label::pattern);
    let texts: Vec<_> = labels.iter().map(|label| &label.label).collect();
    let fieldless = || labels.iter().filter(|label| !label.has_fields);
    let readable = fieldless().map(|label| &label.label);
    let idents = fieldless().map(|label| label.ident);
    let storage_name = format_ident!("{storage:?}");
    let (encode, decode) = coding(storage, labels, other);
    let as_str = match other {
        Some(other) => quote! {
            #vis fn as_str(&self) -> &str {
                match self {
                    #(#patterns => #texts,)*
                    Self::#other(label) => label,
                }
            }
        },
        None => quote! {
            #vis const fn as_str(&self) -> &'static str {
                match self {
                    #(#patterns => #texts,)*
                }
            }
        },
    };
    let unknown = match other {
        Some(other) => {
            quote!(label => ::core::option::Option::Some(Self::#other(::std::borrow::ToOwned::to_owned(label))))
        }
        None => quote!(_ => ::core::option::Option::None),
    };
    let self_span = input.ident.span();
    let self_ty = quote::quote_spanned!(self_span=> #ident);
    quote! {
        const _: () = {
            use #private as __orm;
            static __DEF: __orm::EnumDef = __orm::EnumDef {
                name: #name,
                labels: #ident::LABELS,
                storage: __orm::EnumStorage::#storage_name,
            };
            #[allow(dead_code)]
            impl #ident {
                /// The stored labels, in the order of the variants.
                #vis const LABELS: &'static [&'static str] = &[#(#texts),*];
                /// The stored label.
                #as_str
                /// The variant that is stored as a label.
                #vis fn from_label(label: &str) -> ::core::option::Option<Self> {
                    match label {
                        #(#readable => ::core::option::Option::Some(Self::#idents),)*
                        #unknown,
                    }
                }
            }
            #[automatically_derived]
            impl __orm::Scalar for #self_ty {
                const TYPE: __orm::SqlType = __orm::SqlType::Enum(&__DEF);
                fn encode(&self) -> __orm::Value {
                    #encode
                }
                fn decode(value: __orm::ValueRef<'_>) -> __orm::Result<Self> {
                    #decode
                }
            }
        };
    }
}

impl Label<'_> {
    fn pattern(&self) -> TokenStream {
        let ident = self.ident;
        if self.has_fields { quote!(Self::#ident { .. }) } else { quote!(Self::#ident) }
    }
}

/// The bodies of `encode` and `decode`.
fn coding(storage: Storage, labels: &[Label<'_>], other: Option<&Ident>) -> (TokenStream, TokenStream) {
    let readable: Vec<_> = labels.iter().filter(|label| !label.has_fields).collect();
    let idents: Vec<_> = readable.iter().map(|label| label.ident).collect();
    let texts: Vec<_> = readable.iter().map(|label| &label.label).collect();
    let numbers: Vec<_> = readable.iter().map(|label| label.number).collect();
    if storage == Storage::Integer {
        let known = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let expected = format!("one of {known}");
        let patterns = labels.iter().map(Label::pattern);
        let stored = labels.iter().map(|label| label.number);
        let encode = quote! {
            __orm::Value::I32(match self {
                #(#patterns => #stored,)*
            })
        };
        let decode = quote! {
            match <i32 as __orm::Scalar>::decode(value)? {
                #(#numbers => ::core::result::Result::Ok(Self::#idents),)*
                other => ::core::result::Result::Err(__orm::Error::decode(#expected, other)),
            }
        };
        return (encode, decode);
    }
    let expected = format!("one of `{}`", labels.iter().map(|label| &*label.label).collect::<Vec<_>>().join("`, `"));
    let label = match other {
        Some(_) => quote!(::std::borrow::Cow::Owned(::std::borrow::ToOwned::to_owned(self.as_str()))),
        None => quote!(::std::borrow::Cow::Borrowed(self.as_str())),
    };
    let encode = match storage {
        Storage::Native => quote!(__orm::Value::Enum(&__DEF, #label)),
        _ => quote!(__orm::Value::Text(#label)),
    };
    let unknown = match other {
        Some(other) => quote! {
            __orm::ValueRef::Text(label) => {
                ::core::result::Result::Ok(Self::#other(::std::borrow::ToOwned::to_owned(label)))
            }
        },
        None => quote! {
            __orm::ValueRef::Text(_) => ::core::result::Result::Err(__orm::Error::decode(#expected, "another text")),
        },
    };
    let decode = quote! {
        match value {
            #(__orm::ValueRef::Text(#texts) => ::core::result::Result::Ok(Self::#idents),)*
            #unknown
            other => ::core::result::Result::Err(__orm::Error::decode(#expected, other.kind_name())),
        }
    };
    (encode, decode)
}

/// The code of a newtype that derives `Value`: everything is the inner type's.
pub(crate) fn derive_value(ctxt: &Ctxt, input: &DeriveInput) -> TokenStream {
    let attrs = EnumAttrs::read_newtype(ctxt, &input.attrs);
    let field = match &input.data {
        Data::Struct(data) => match &data.fields {
            // Markers such as `PhantomData<T>` may stand beside the value.
            Fields::Unnamed(fields) => {
                one(fields.unnamed.iter().enumerate().filter(|(_, field)| !is_marker(&field.ty)))
            }
            _ => None,
        },
        Data::Enum(_) => {
            ctxt.error(&input.ident, "for an enum in a column derive `Enum`");
            return TokenStream::new();
        }
        Data::Union(_) => None,
    };
    let (Some((place, field)), Data::Struct(data)) = (field, &input.data) else {
        ctxt.error(&input.ident, "`Value` is for newtypes, such as `struct Email(String);`");
        return TokenStream::new();
    };
    if let Some(lifetime) = input.generics.lifetimes().next() {
        ctxt.error(lifetime, "a value owns what it holds, so it has no lifetimes");
        return TokenStream::new();
    }
    if crate::ast::one_argument(&field.ty, "Option").is_some() {
        ctxt.error(&field.ty, "a value is never NULL: put the `Option` around it, in the model's field");
        return TokenStream::new();
    }
    let (ident, ty, private) = (&input.ident, &field.ty, private(attrs.krate.get()));
    let scalar = quote::quote_spanned!(field.ty.span()=> <#ty as __orm::Scalar>);
    let place = Index::from(place);
    let made = if data.fields.len() == 1 {
        quote!(Self)
    } else {
        let fields = data
            .fields
            .iter()
            .map(|field| if is_marker(&field.ty) { quote!(::core::marker::PhantomData) } else { quote!(value) });
        quote!(|value| Self(#(#fields),*))
    };
    let mut generics = input.generics.clone();
    if !generics.params.is_empty() {
        let bounds = &mut generics.make_where_clause().predicates;
        bounds.push(parse_quote!(#ty: __orm::Scalar));
        bounds.push(parse_quote!(Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static));
    }
    let (params, arguments, bounds) = generics.split_for_impl();
    quote! {
        const _: () = {
            use #private as __orm;
            #[automatically_derived]
            impl #params __orm::Scalar for #ident #arguments #bounds {
                const TYPE: __orm::SqlType = #scalar::TYPE;
                fn encode(&self) -> __orm::Value {
                    #scalar::encode(&self.#place)
                }
                fn into_value(self) -> __orm::Value {
                    #scalar::into_value(self.#place)
                }
                fn decode(value: __orm::ValueRef<'_>) -> __orm::Result<Self> {
                    ::core::result::Result::map(#scalar::decode(value), #made)
                }
                fn decode_computed(value: __orm::ValueRef<'_>) -> __orm::Result<Self> {
                    ::core::result::Result::map(#scalar::decode_computed(value), #made)
                }
            }
        };
    }
}

/// The only one, if there is exactly one.
fn one<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

fn is_marker(ty: &syn::Type) -> bool {
    crate::ast::last_word(ty).is_some_and(|word| word == "PhantomData")
}
