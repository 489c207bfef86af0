//! `derive(Projection)`: a struct whose fields are columns, paths, counts and expressions of a model, or projections of
//! related rows.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Expr, Fields, Generics, Path, Type, WherePredicate, parse_quote};

use crate::ast::last_word;
use crate::attr::{PathAttr, ProjectionAttrs, ProjectionFieldAttrs, Source};
use crate::case::constant;
use crate::ctxt::Ctxt;
use crate::ir::private;

/// The code of a projection.
pub(crate) fn derive(ctxt: &Ctxt, input: &DeriveInput) -> TokenStream {
    let attrs = ProjectionAttrs::read(ctxt, &input.attrs);
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            _ => None,
        },
        _ => None,
    };
    let Some(fields) = fields else {
        ctxt.error(&input.ident, "a projection is a struct with named fields: one per selected value");
        return TokenStream::new();
    };
    if let Some(lifetime) = input.generics.lifetimes().next() {
        ctxt.error(lifetime, "a projection owns what it holds, so it has no lifetimes");
        return TokenStream::new();
    }
    let mut selected = Vec::new();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        selected.push((ident, &field.ty, ProjectionFieldAttrs::read(ctxt, &field.attrs)));
    }
    let Some(model) = attrs.model.get() else {
        ctxt.error(&input.ident, "name the model: `#[orm(model = User)]`");
        return TokenStream::new();
    };
    let (ident, private) = (&input.ident, private(attrs.krate.get()));
    let readable = selected.iter().filter(|(.., attrs)| !attrs.broken);
    let pushes = readable.map(|(field, ty, attrs)| push(model, field, ty, attrs.source.get()));
    let inits = selected.iter().map(|(field, ty, attrs)| match nested_as(ty, attrs) {
        Some(Nested::One(_)) => quote!(#field: ::core::option::Option::None),
        Some(Nested::Default) => quote!(#field: ::core::default::Default::default()),
        None if matches!(attrs.source.get(), Some(Source::Count(_) | Source::Expr(_))) => {
            quote!(#field: columns.next_computed()?)
        }
        None => quote!(#field: columns.next()?),
    });
    let copies = selected.iter().map(|(field, _, attrs)| match attrs.source.get() {
        Some(Source::Nested(_)) => quote!(#field: __orm::Copied::copied(&self.#field)),
        _ => quote!(#field: ::core::clone::Clone::clone(&self.#field)),
    });
    let mut generics = input.generics.clone();
    if !generics.params.is_empty() {
        let bounds = &mut generics.make_where_clause().predicates;
        bounds.push(parse_quote!(Self: ::core::marker::Send + 'static));
        bounds.extend(selected.iter().map(|(_, ty, attrs)| -> WherePredicate {
            match attrs.source.get() {
                Some(Source::Nested(_)) => parse_quote!(#ty: __orm::Copied),
                _ => parse_quote!(#ty: ::core::clone::Clone),
            }
        }));
    }
    let (seed, seed_name, grow) = seed(ident, model, &input.generics, &selected);
    let (params, arguments, bounds) = generics.split_for_impl();
    let decode = layout(model, ident, &selected).map(|layout| {
        quote! {
            #[automatically_derived]
            impl #params __orm::Decode for #ident #arguments #bounds {
                fn decode(columns: &mut __orm::Columns<'_>) -> __orm::Result<Self> {
                    <Self as __orm::Projection<#model>>::read(columns)
                }
                fn layout(layout: &mut __orm::Layout) {
                    #layout
                }
            }
        }
    });
    quote! {
        const _: () = {
            use #private as __orm;
            #seed
            #[automatically_derived]
            impl #params __orm::Copied for #ident #arguments #bounds {
                fn copied(&self) -> Self {
                    Self { #(#copies),* }
                }
            }
            #[automatically_derived]
            impl #params __orm::Projection<#model> for #ident #arguments #bounds {
                type Seed = #seed_name #arguments;
                fn select(list: &mut __orm::SelectItems<#model>) {
                    #(#pushes)*
                }
                fn read(columns: &mut __orm::Columns<'_>) -> __orm::Result<#seed_name #arguments> {
                    ::core::result::Result::Ok(#seed_name { #(#inits),* })
                }
                fn grow(seed: #seed_name #arguments) -> __orm::Result<Self> {
                    #grow
                }
            }
            #decode
        };
    }
}

/// The names under which raw SQL gives what the fields read: that of a column, else the field's own. `None` when there are
/// nested rows, which raw SQL does not give.
fn layout(model: &Path, ident: &Ident, selected: &[(&Ident, &Type, ProjectionFieldAttrs)]) -> Option<TokenStream> {
    let names = selected.iter().map(|(field, _, attrs)| match attrs.source.get() {
        Some(Source::Nested(_)) => None,
        None => Some(column_name(model, field)),
        Some(Source::Column(name)) => Some(column_name(model, name)),
        Some(Source::Count(_) | Source::Expr(_) | Source::Path(_)) => {
            let name = field.unraw().to_string();
            Some(quote!(#name))
        }
    });
    let names: Vec<_> = names.collect::<Option<_>>()?;
    let of = ident.unraw().to_string();
    Some(quote!(layout.named(#of, [#(#names),*]);))
}

/// The name in the database of a field of the model.
fn column_name(model: &Path, field: &Ident) -> TokenStream {
    let constant = column(model, field);
    quote!(#constant.def().name)
}

/// What a nested projection is before its rows are there.
enum Nested<'a> {
    /// The default of its type: `Vec` or `Option`, recognised by their spelling.
    Default,
    /// Nothing: every row has one, of this relation.
    One(&'a Expr),
}

fn nested_as<'a>(ty: &Type, attrs: &'a ProjectionFieldAttrs) -> Option<Nested<'a>> {
    let Some(Source::Nested(relation)) = attrs.source.get() else { return None };
    Some(match last_word(ty) {
        Some(word) if word == "Vec" || word == "Option" => Nested::Default,
        _ => Nested::One(relation),
    })
}

/// What rows are until related rows are there, its name, and how it becomes the struct. It is the struct itself, unless
/// there are fields that cannot be without their row.
fn seed(
    ident: &Ident,
    model: &Path,
    generics: &Generics,
    selected: &[(&Ident, &Type, ProjectionFieldAttrs)],
) -> (TokenStream, Ident, TokenStream) {
    let is_one = |attrs: &ProjectionFieldAttrs, ty: &Type| matches!(nested_as(ty, attrs), Some(Nested::One(_)));
    if !selected.iter().any(|(_, ty, attrs)| is_one(attrs, ty)) {
        return (TokenStream::new(), ident.clone(), quote!(::core::result::Result::Ok(seed)));
    }
    let fields = selected.iter().map(|(field, ty, attrs)| match is_one(attrs, ty) {
        true => quote!(#field: ::core::option::Option<#ty>),
        false => quote!(#field: #ty),
    });
    let moves = selected.iter().map(|(field, ty, attrs)| match nested_as(ty, attrs) {
        Some(Nested::One(relation)) => {
            let relation = relation_name(model, relation);
            quote!(#field: __orm::one(seed.#field, #relation)?)
        }
        _ => quote!(#field: seed.#field),
    });
    let name = Ident::new("__Seed", Span::call_site());
    let (params, _, bounds) = generics.split_for_impl();
    let code = quote!(pub struct #name #params #bounds { #(#fields),* });
    (code, name, quote!(::core::result::Result::Ok(Self { #(#moves),* })))
}

/// The relation's constant, for messages.
fn relation_name(model: &Path, relation: &Expr) -> String {
    let mut start = relation;
    while let Expr::MethodCall(call) = start {
        start = &call.receiver;
    }
    nested(model, start).to_string().replace(' ', "")
}

/// Selects what a field reads. Where its type is known it is named, so that the compiler compares it with the field's;
/// what a path leads to may be missing, so that an `Option` fits as well.
fn push(model: &Path, field: &Ident, ty: &Type, source: Option<&Source>) -> TokenStream {
    // The field's place, but the names of this code: the field may come from a macro.
    let place = field.span().resolved_at(Span::call_site());
    let typed = |name: &Ident| {
        let item = column(model, name);
        let model = at(model, field.span());
        quote_spanned!(place=> list.push::<__orm::Column<#model, #ty, _>>(#item);)
    };
    match source {
        None => typed(field),
        Some(Source::Column(name)) => typed(name),
        Some(Source::Count(relation)) => {
            let (relation, model) = (column(model, relation), at(model, field.span()));
            quote_spanned!(place=> list.push::<__orm::Expr<#model, #ty>>(#relation.count());)
        }
        Some(Source::Expr(expr)) => quote_spanned!(place=> list.push_into::<#ty, _>(#expr);),
        Some(Source::Nested(relation)) => {
            let relation = nested(model, relation);
            let nest = match last_word(ty) {
                Some(word) if word == "Vec" || word == "Option" => quote!(nest),
                _ => quote!(nest_one),
            };
            quote_spanned!(place=> list.#nest(#relation, |__row: &mut Self::Seed| &mut __row.#field);)
        }
        Some(Source::Path(way)) => {
            let item = path(model, way);
            quote_spanned!(place=> list.push_into::<#ty, _>(#item);)
        }
    }
}

/// The relation to nest: a field of the model by its name, or any expression.
fn nested(model: &Path, relation: &Expr) -> TokenStream {
    match relation {
        Expr::Path(path)
            if path.path.get_ident().is_some_and(|name| name.to_string().starts_with(char::is_lowercase)) =>
        {
            path.path.get_ident().map_or_else(TokenStream::new, |name| column(model, name))
        }
        other => quote!(#other),
    }
}

/// The constant of a field of the model.
fn column(model: &Path, field: &Ident) -> TokenStream {
    let (model, constant) = (at(model, field.span()), constant(field));
    quote!(#model::#constant)
}

/// The path at another place: errors about a field belong to it, not to `model = ..`.
fn at(path: &Path, span: Span) -> TokenStream {
    let moved = path.to_token_stream().into_iter().map(|mut token| {
        token.set_span(span.resolved_at(token.span()));
        token
    });
    moved.collect()
}

/// The column at the end, reached from the model over each relation.
fn path(model: &Path, path: &PathAttr) -> TokenStream {
    let end = path.relations.last().map_or(model, |(_, target)| target);
    let starts = std::iter::once(model).chain(path.relations.iter().map(|(_, target)| target));
    let hops: Vec<_> = starts.zip(&path.relations).map(|(start, (relation, _))| column(start, relation)).collect();
    let end = column(end, &path.column);
    let mut hops = hops.into_iter().rev();
    // At the path's place, where errors about it belong.
    let place = path.column.span().resolved_at(Span::call_site());
    let last = hops.next().map(|relation| quote_spanned!(place=> #relation.col(#end)));
    hops.fold(last.unwrap_or_default(), |inner, relation| quote_spanned!(place=> #relation.expr(#inner)))
}
