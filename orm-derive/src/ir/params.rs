//! The parameters of a model, as the places where it is named and implemented need them. Most models have none, and
//! none of this leaves a trace in their code.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Type};

use crate::ast::{self, Field, Model, Part};

/// The parameters of a model.
#[derive(Debug)]
pub(crate) struct Params {
    ident: Ident,
    generics: Generics,
    /// As they are declared, with their defaults.
    declared: Vec<TokenStream>,
    /// As implementations declare them.
    plain: Vec<TokenStream>,
    names: Vec<TokenStream>,
    /// What the struct demands of them.
    bounds: Vec<TokenStream>,
    /// What implementations demand besides.
    implied: Vec<TokenStream>,
}

impl Params {
    pub(super) fn of(model: &Model<'_>) -> Self {
        let generics = model.generics;
        let plain = generics.params.iter().map(|param| {
            let mut param = param.clone();
            match &mut param {
                GenericParam::Type(param) => param.default = None,
                GenericParam::Const(param) => param.default = None,
                GenericParam::Lifetime(_) => {}
            }
            param.to_token_stream()
        });
        let bounds = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let params = Self {
            ident: model.ident.clone(),
            generics: generics.clone(),
            declared: generics.params.iter().map(ToTokens::to_token_stream).collect(),
            plain: plain.collect(),
            names: ast::parameters(generics).into_iter().map(ToTokens::to_token_stream).collect(),
            bounds: bounds.map(ToTokens::to_token_stream).collect(),
            implied: Vec::new(),
        };
        let mut implied = Vec::new();
        if params.exist() {
            let this = params.this();
            implied.push(quote!(#this: ::core::marker::Send + ::core::marker::Sync + 'static));
            let columns = model.fields.iter().filter(|field| matches!(field.part, Part::Column));
            let types = columns.map(Field::scalar).filter(|ty| mentions(ty, generics));
            implied.extend(types.map(|ty| quote!(#ty: __orm::Scalar)));
        }
        Self { implied, ..params }
    }

    /// Whether there are any: metadata of a model with parameters cannot be statics.
    pub(crate) fn exist(&self) -> bool {
        !self.names.is_empty()
    }

    /// The model, as a type and as the start of a path.
    pub(crate) fn this(&self) -> TokenStream {
        self.this_at(self.ident.span())
    }

    /// The same, at another place.
    pub(crate) fn this_at(&self, span: Span) -> TokenStream {
        ast::this(&self.ident, &self.generics, span)
    }

    /// `<T: Bound, More>`, for `impl`.
    pub(crate) fn plain(&self, more: &[TokenStream]) -> TokenStream {
        list(&[], &self.plain, more)
    }

    /// `<'a, T: Bound>`, for `impl`.
    pub(crate) fn plain_after(&self, before: &[TokenStream]) -> TokenStream {
        list(before, &self.plain, &[])
    }

    /// `<T: Bound = Default, More>`, for a builder beside the model.
    pub(crate) fn declared(&self, more: &[TokenStream]) -> TokenStream {
        list(&[], &self.declared, more)
    }

    /// `<T, More>`, for naming a builder.
    pub(crate) fn named(&self, more: &[TokenStream]) -> TokenStream {
        list(&[], &self.names, more)
    }

    /// The `where` of a builder beside the model.
    pub(crate) fn bounds(&self) -> TokenStream {
        clause(&self.bounds, &[], &[])
    }

    /// The `where` of an `impl`.
    pub(crate) fn all_bounds(&self, more: &[TokenStream]) -> TokenStream {
        clause(&self.bounds, &self.implied, more)
    }

    /// As implementations declare them, each with a comma after it.
    pub(crate) fn declarations(&self) -> TokenStream {
        let plain = &self.plain;
        quote!(#(#plain,)*)
    }

    /// The names alone, each with a comma after it.
    pub(crate) fn names(&self) -> TokenStream {
        let names = &self.names;
        quote!(#(#names,)*)
    }
}

fn list(before: &[TokenStream], params: &[TokenStream], more: &[TokenStream]) -> TokenStream {
    let all: Vec<_> = before.iter().chain(params).chain(more).collect();
    if all.is_empty() { TokenStream::new() } else { quote!(<#(#all),*>) }
}

fn clause(bounds: &[TokenStream], implied: &[TokenStream], more: &[TokenStream]) -> TokenStream {
    let all: Vec<_> = bounds.iter().chain(implied).chain(more).collect();
    if all.is_empty() { TokenStream::new() } else { quote!(where #(#all,)*) }
}

/// Whether a type is made with a parameter.
fn mentions(ty: &Type, generics: &Generics) -> bool {
    fn any(tokens: TokenStream, names: &[&Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => names.contains(&&word),
            TokenTree::Group(group) => any(group.stream(), names),
            _ => false,
        })
    }
    any(ty.to_token_stream(), &ast::parameters(generics))
}
