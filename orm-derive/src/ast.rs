//! The struct as the user wrote it, with its attributes read and each field's part known. Nothing is resolved yet.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Data, DeriveInput, Fields, GenericArgument, GenericParam, Generics, PathArguments, Type, Visibility};

use crate::attr::{self, FieldAttrs, ModelAttrs, RelationKind};
use crate::ctxt::Ctxt;

/// An item itself, as a type and as the start of a path.
pub(crate) fn this(ident: &Ident, generics: &Generics, span: Span) -> TokenStream {
    let mut ident = ident.clone();
    ident.set_span(span);
    let names = parameters(generics);
    if names.is_empty() { ident.into_token_stream() } else { quote_spanned!(span=> #ident::<#(#names),*>) }
}

/// The names of an item's type and const parameters.
pub(crate) fn parameters(generics: &Generics) -> Vec<&Ident> {
    let names = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    names.collect()
}

/// A struct that derives `Model`.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) generics: &'a Generics,
    pub(crate) attrs: ModelAttrs,
    /// The doc comment's first paragraph.
    pub(crate) doc: String,
    pub(crate) fields: Vec<Field<'a>>,
}

/// One of its fields.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) attrs: FieldAttrs,
    pub(crate) doc: String,
    pub(crate) part: Part<'a>,
}

/// What a field is in the model.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    Column,
    /// A relation to the model in the type's angle brackets, through the join model where the type names it.
    Relation(RelationKind, &'a Type, Option<&'a Type>),
    /// A relation to a row of one of several models: those of the enum in the type's angle brackets.
    OneOf(&'a Type),
    /// No column: filled by `Default`, then by a function where one is given.
    Skipped,
}

/// A field that is a relation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relation<'m, 'a> {
    pub(crate) field: &'m Field<'a>,
    pub(crate) kind: RelationKind,
    pub(crate) target: &'a Type,
    /// The join model, when the type names it.
    pub(crate) between: Option<&'a Type>,
}

impl<'a> Model<'a> {
    /// Reads the struct; `None` when it is no struct with named fields, which is reported.
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let fields = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => &fields.named,
                _ => {
                    ctxt.error(&input.ident, "a model is a struct with named fields: one per column and relation");
                    return None;
                }
            },
            _ => {
                ctxt.error(&input.ident, "only a struct can be a model; for an enum in a column derive `Enum`");
                return None;
            }
        };
        if let Some(lifetime) = input.generics.lifetimes().next() {
            ctxt.error(lifetime, "a row owns what it holds, so a model has no lifetimes");
            return None;
        }
        let attrs = ModelAttrs::read(ctxt, &input.attrs);
        Some(Self {
            ident: &input.ident,
            vis: &input.vis,
            generics: &input.generics,
            doc: attr::doc_comment(&input.attrs),
            attrs,
            fields: fields.iter().filter_map(|field| Field::read(ctxt, field)).collect(),
        })
    }

    /// The fields that are columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| matches!(field.part, Part::Column))
    }

    /// The fields that are relations.
    pub(crate) fn relations(&self) -> impl Iterator<Item = Relation<'_, 'a>> {
        self.fields.iter().filter_map(|field| match field.part {
            Part::Relation(kind, target, between) => Some(Relation { field, kind, target, between }),
            _ => None,
        })
    }
}

impl<'a> Field<'a> {
    fn read(ctxt: &Ctxt, field: &'a syn::Field) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let mut attrs = FieldAttrs::read(ctxt, &field.attrs);
        let refused = refused(&field.ty).filter(|_| !attrs.is_beside());
        let part = match relation(&field.ty) {
            _ if let Some(message) = refused => {
                ctxt.error(&field.ty, message);
                attrs = FieldAttrs::default(); // It is no column any more, and nothing else is to be said of it.
                Part::Skipped
            }
            _ if attrs.is_beside() => Part::Skipped,
            Some((RelationKind::BelongsTo, target, _)) if attrs.relation.one_of.is_set() => Part::OneOf(target),
            Some((kind, target, between)) => Part::Relation(kind, target, between),
            None => Part::Column,
        };
        Some(Self { ident, vis: &field.vis, ty: &field.ty, doc: attr::doc_comment(&field.attrs), attrs, part })
    }

    /// The type inside an `Option`, as far as its spelling tells.
    pub(crate) fn nullable(&self) -> Option<&'a Type> {
        one_argument(self.ty, "Option")
    }

    /// The type without `Option`.
    pub(crate) fn scalar(&self) -> &'a Type {
        self.nullable().unwrap_or(self.ty)
    }

    /// The last word of the type, without `Option`.
    pub(crate) fn type_word(&self) -> Option<&'a Ident> {
        last_word(self.scalar())
    }
}

/// Why a type is none of a column, though it looks like one.
fn refused(ty: &Type) -> Option<String> {
    let scalar = one_argument(ty, "Option").unwrap_or(ty);
    if let Type::Reference(_) = scalar {
        return Some("a row owns what it holds: use `String` for text, `Vec<u8>` for bytes".to_owned());
    }
    let word = last_word(scalar)?;
    let relation = RelationKind::ALL.into_iter().map(RelationKind::type_name).find(|name| word == name);
    match relation {
        Some(name) if !std::ptr::eq(ty, scalar) => {
            Some(format!("write `{name}<..>` without `Option`: it can be empty by itself"))
        }
        None if ["usize", "isize", "u128", "i128"].iter().any(|name| word == name) => {
            Some(format!("no database has integers of the type `{word}`: use `i64`, or `u64`"))
        }
        _ => None,
    }
}

/// What the type of a relation field says, by its name.
pub(crate) fn relation(ty: &Type) -> Option<(RelationKind, &Type, Option<&Type>)> {
    RelationKind::ALL.into_iter().find_map(|kind| match *arguments(ty, kind.type_name())? {
        [target] => Some((kind, target, None)),
        [target, between] if kind == RelationKind::BelongsToMany => Some((kind, target, Some(between))),
        _ => None,
    })
}

/// The argument of `Name<Argument>`.
pub(crate) fn one_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    match *arguments(ty, name)? {
        [argument] => Some(argument),
        _ => None,
    }
}

/// The types in `Name<..>`.
fn arguments<'a>(ty: &'a Type, name: &str) -> Option<Vec<&'a Type>> {
    let Type::Path(path) = ungrouped(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let types = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// The last word of a path.
pub(crate) fn last_word(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ungrouped(ty) else { return None };
    path.path.segments.last().map(|last| &last.ident)
}

/// The type inside the invisible group that a `macro_rules!` argument comes in.
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}
