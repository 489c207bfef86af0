//! `derive(Projection)`: a struct whose fields are columns, paths, counts and expressions of a model.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Expr, Fields, Path};

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
    if !input.generics.params.is_empty() {
        ctxt.error(&input.generics.params, "a projection has no type, lifetime or const parameters");
        return TokenStream::new();
    }
    let mut selected = Vec::new();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        selected.push((ident, ProjectionFieldAttrs::read(ctxt, &field.attrs)));
    }
    let Some(model) = attrs.model.get() else {
        ctxt.error(&input.ident, "name the model: `#[orm(model = User)]`");
        return TokenStream::new();
    };
    let (ident, private) = (&input.ident, private(attrs.krate.get()));
    let pushes = selected.iter().map(|(field, attrs)| match attrs.source.get() {
        Some(Source::Nested(relation)) => {
            let relation = nested(model, relation);
            // The parameter's name has the span of the parameter: the field may come from a macro.
            let list = quote!(list);
            quote_spanned!(field.span()=> #list.nest(#relation, |__row: &mut Self| &mut __row.#field);)
        }
        source => {
            let item = item(model, field, source);
            quote!(list.push(#item);)
        }
    });
    let inits = selected.iter().map(|(field, attrs)| match attrs.source.get() {
        Some(Source::Nested(_)) => quote!(#field: ::core::default::Default::default()),
        _ => quote!(#field: columns.next()?),
    });
    quote! {
        const _: () = {
            use #private as __orm;
            #[automatically_derived]
            impl __orm::Projection<#model> for #ident {
                fn select(list: &mut __orm::SelectItems<#model>) {
                    #(#pushes)*
                }
                fn read(columns: &mut __orm::Columns<'_>) -> __orm::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#inits),* })
                }
            }
        };
    }
}

/// What a field selects.
fn item(model: &Path, field: &Ident, source: Option<&Source>) -> TokenStream {
    match source {
        None => column(model, field),
        Some(Source::Column(name)) => column(model, name),
        Some(Source::Count(relation)) => {
            let relation = column(model, relation);
            quote_spanned!(field.span()=> #relation.count())
        }
        Some(Source::Expr(expr) | Source::Nested(expr)) => quote!(#expr),
        Some(Source::Path(way)) => path(model, way),
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
    let constant = constant(field);
    quote!(#model::#constant)
}

/// The column at the end, reached from the model over each relation.
fn path(model: &Path, path: &PathAttr) -> TokenStream {
    let end = path.relations.last().map_or(model, |(_, target)| target);
    let starts = std::iter::once(model).chain(path.relations.iter().map(|(_, target)| target));
    let hops: Vec<_> = starts.zip(&path.relations).map(|(start, (relation, _))| column(start, relation)).collect();
    hops.into_iter().rev().fold(column(end, &path.column), |inner, relation| quote!(#relation.col(#inner)))
}
