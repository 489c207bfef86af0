//! Columns: names, defaults, which ones are keys, timestamps and versions.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit};

use super::{Column, DefaultValue, position, text};
use crate::ast::{Field, Model};
use crate::attr::{self, MutabilityAttr, RelationKind};
use crate::case::{constant, plain};
use crate::ctxt::Ctxt;
use crate::ir::relations::own_key;

const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];
/// Types that are certainly no instants; others may be aliases.
const NOT_INSTANTS: [&str; 15] = [
    "i8",
    "i16",
    "i32",
    "i64",
    "u8",
    "u16",
    "u32",
    "u64",
    "f32",
    "f64",
    "bool",
    "String",
    "NaiveDate",
    "NaiveTime",
    "Uuid",
];

/// The columns with a part of their own in the model.
#[derive(Debug)]
pub(super) struct Marks {
    pub(super) primary_key: Vec<usize>,
    pub(super) created_at: Option<usize>,
    pub(super) updated_at: Option<usize>,
    pub(super) deleted_at: Option<usize>,
    pub(super) version: Option<usize>,
    pub(super) tenant: Option<usize>,
    /// The columns that the database generates.
    auto_increment: Option<usize>,
}

impl Marks {
    pub(super) fn resolve(ctxt: &Ctxt, model: &Model<'_>) -> Self {
        let primary_key: Vec<usize> = match model.attrs.primary_key.get() {
            Some(fields) => fields.iter().filter_map(|field| position(ctxt, model, field)).collect(),
            None => marked(model, |field| field.attrs.primary_key.is_set()).collect(),
        };
        let timestamps = model.attrs.timestamps.get();
        let word = model.attrs.timestamps.name();
        let created = timestamps.map(|fields| (fields.created_at.get(), fields.created_at.name()));
        let updated = timestamps.map(|fields| (fields.updated_at.get(), fields.updated_at.name()));
        let named = |slot: Option<(Option<&Option<Ident>>, Option<&Ident>)>, usual: &str| match slot {
            Some((Some(Some(field)), _)) => Some(field.clone()),
            Some((None, _)) => word.map(|word| Ident::new(usual, word.span())),
            _ => None,
        };
        let deleted = model.attrs.paranoid.get().and_then(|field| match field {
            Some(field) => Some(field.clone()),
            None => model.attrs.paranoid.name().map(|word| Ident::new("deleted_at", word.span())),
        });
        Self {
            created_at: instant(ctxt, model, named(created, "created_at"), "created_at", |field| {
                field.attrs.created_at.name()
            }),
            updated_at: instant(ctxt, model, named(updated, "updated_at"), "updated_at", |field| {
                field.attrs.updated_at.name()
            }),
            deleted_at: instant(ctxt, model, deleted, "deleted_at", |field| field.attrs.deleted_at.name()),
            version: only(ctxt, model, "version", |field| field.attrs.version.name()),
            tenant: only(ctxt, model, "tenant", |field| field.attrs.tenant.name()),
            auto_increment: auto_increment(ctxt, model, &primary_key),
            primary_key,
        }
    }
}

fn marked(model: &Model<'_>, is: impl Fn(&Field<'_>) -> bool) -> impl Iterator<Item = usize> {
    model.columns().enumerate().filter(move |(_, field)| is(field)).map(|(index, _)| index)
}

/// The one column with a mark.
fn only<'a>(
    ctxt: &Ctxt,
    model: &'a Model<'_>,
    mark: &str,
    name: impl Fn(&'a Field<'a>) -> Option<&'a Ident>,
) -> Option<usize> {
    let mut found = None;
    for (index, field) in model.columns().enumerate() {
        let Some(word) = name(field) else { continue };
        if found.is_some() {
            ctxt.error(word, format!("a model has one `{mark}` column"));
        } else {
            found = Some(index);
        }
    }
    found
}

/// A column of an instant, named by the struct's attribute or marked at the field.
fn instant<'a>(
    ctxt: &Ctxt,
    model: &'a Model<'_>,
    named: Option<Ident>,
    mark: &str,
    name: impl Fn(&'a Field<'a>) -> Option<&'a Ident>,
) -> Option<usize> {
    let marked = only(ctxt, model, mark, name);
    let found = match (marked, named) {
        (Some(marked), _) => Some(marked),
        (None, None) => None,
        (None, Some(named)) => {
            let plain_name = plain(&named);
            let found = model.columns().position(|field| plain(field.ident) == plain_name);
            if found.is_none() {
                let ty = if mark == "deleted_at" { "Option<DateTime<Utc>>" } else { "DateTime<Utc>" };
                let message = match mark {
                    "deleted_at" => format!("add the field `pub {plain_name}: {ty}`, or name another: `paranoid = ..`"),
                    _ => format!(
                        "add the field `pub {plain_name}: {ty}`, name another: `timestamps({mark} = ..)`, \
                         or switch it off: `timestamps({mark} = false)`"
                    ),
                };
                ctxt.error(named, message);
            }
            found
        }
    }?;
    let field = model.columns().nth(found)?;
    if let Some(ty) = field.type_word().filter(|ty| NOT_INSTANTS.iter().any(|known| ty == known)) {
        let wanted = if mark == "deleted_at" { "Option<DateTime<Utc>>" } else { "DateTime<Utc>" };
        ctxt.error(ty, format!("`{}` holds an instant: make it `{wanted}`", field.ident));
    } else if mark == "deleted_at" && field.nullable().is_none() && field.type_word().is_some_and(|ty| ty == "DateTime")
    {
        ctxt.error(field.ty, format!("`{}` is NULL until the row is deleted: make it an `Option`", field.ident));
    }
    Some(found)
}

/// The column that the database generates: marked, or a single integer key that is no foreign key.
fn auto_increment(ctxt: &Ctxt, model: &Model<'_>, primary_key: &[usize]) -> Option<usize> {
    let marked = only(ctxt, model, "auto_increment", |field| {
        field.attrs.auto_increment.name().filter(|_| field.attrs.auto_increment.get() == Some(&true))
    });
    let &[key] = primary_key else { return marked };
    let field = model.columns().nth(key)?;
    let foreign = model.relations().any(|relation| {
        relation.kind == RelationKind::BelongsTo
            && own_key(relation.field).iter().any(|key| plain(key) == plain(field.ident))
    });
    let integer =
        field.nullable().is_none() && field.type_word().is_some_and(|ty| INTEGERS.iter().any(|known| ty == known));
    let attrs = &field.attrs;
    let otherwise =
        attrs.tenant.is_set() || attrs.auto_increment.is_set() || attrs.default.is_set() || attrs.generated.is_set();
    marked.or_else(|| (integer && !foreign && !otherwise).then_some(key))
}

/// The columns, in the order of the fields.
pub(super) fn resolve<'a>(ctxt: &Ctxt, model: &'a Model<'a>, marks: &Marks) -> Vec<Column<'a>> {
    let columns = model.columns().enumerate();
    columns.map(|(index, field)| column(ctxt, model, marks, index, field)).collect()
}

fn column<'a>(ctxt: &Ctxt, model: &Model<'_>, marks: &Marks, index: usize, field: &'a Field<'a>) -> Column<'a> {
    let attrs = &field.attrs;
    let plain_name = plain(field.ident);
    let renamed = model.attrs.rename_all.get().map(|rule| rule.apply(&plain_name));
    let auto_increment = marks.auto_increment == Some(index);
    let default = default(ctxt, marks, index, field);
    let generated = text(attrs.generated.get());
    let time = [marks.created_at, marks.updated_at, marks.deleted_at].contains(&Some(index));
    let tenant = marks.tenant == Some(index);
    let filled = tenant || auto_increment || generated.is_some() || time || !matches!(default, DefaultValue::None);
    let writable = generated.is_none() && marks.version != Some(index);
    Column {
        ident: field.ident,
        vis: field.vis,
        ty: field.ty,
        constant: constant(field.ident),
        name: text(attrs.column.get()).or(renamed).unwrap_or_else(|| plain_name.clone()),
        field: plain_name,
        auto_increment,
        default,
        length: attrs.length.get().copied(),
        precision: attrs.precision.get().copied(),
        type_name: text(attrs.type_name.get()),
        check: text(attrs.check.get()),
        generated,
        comment: text(attrs.comment.get()).unwrap_or_else(|| field.doc.clone()),
        renamed_from: text(attrs.renamed_from.get()).unwrap_or_default(),
        doc: field.doc.clone(),
        required: writable && !filled && field.nullable().is_none(),
        writable,
        hidden: attrs.hidden.is_set(),
        rules: &attrs.rules,
        normals: &attrs.normals,
        counter: attrs.counter.is_set(),
        audited: !attrs.unaudited.is_set() && !attrs.hidden.is_set() && !attrs.encrypt.is_set(),
        sealed: None,
        blind_index: None,
        mutability: if tenant { Some(&MutabilityAttr::Immutable) } else { attrs.mutability.get() },
    }
}

fn default(ctxt: &Ctxt, marks: &Marks, index: usize, field: &Field<'_>) -> DefaultValue {
    let ty = field.ty;
    match field.attrs.default.get() {
        Some(attr::DefaultAttr::Trait) => {
            DefaultValue::Value(quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default()))
        }
        Some(attr::DefaultAttr::Value(value)) if !fits(ctxt, field, value) => DefaultValue::Sql(String::new()),
        Some(attr::DefaultAttr::Value(value)) => DefaultValue::Value(converted(value, field.nullable().is_some())),
        Some(attr::DefaultAttr::Function(path)) => DefaultValue::Client(quote_spanned!(path.span()=> (#path)())),
        Some(attr::DefaultAttr::Sql(sql)) => DefaultValue::Sql(sql.value()),
        None if marks.version == Some(index) || field.attrs.counter.is_set() => DefaultValue::Value(quote!(0)),
        None if marks.primary_key == [index] && field.type_word().is_some_and(|ty| ty == "Uuid") => DefaultValue::Uuid,
        None => DefaultValue::None,
    }
}

/// Whether a literal is one of the column's type, as far as its name tells.
fn fits(ctxt: &Ctxt, field: &Field<'_>, value: &Expr) -> bool {
    let Some(ty) = field.type_word().map(ToString::to_string) else { return true };
    let (given, number) = match value {
        Expr::Lit(ExprLit { lit, .. }) => (lit, false),
        Expr::Unary(unary) if attr::is_number(value) => match &*unary.expr {
            Expr::Lit(ExprLit { lit, .. }) => (lit, true),
            _ => return true,
        },
        _ => return true,
    };
    let (fits, wanted, example) = match &*ty {
        ty if INTEGERS.contains(&ty) => (matches!(given, Lit::Int(_)), "an integer", "0"),
        "f32" | "f64" => (matches!(given, Lit::Float(_)), "a number with a point", "0.0"),
        "bool" => (matches!(given, Lit::Bool(_)) && !number, "`true` or `false`", "false"),
        "String" => (matches!(given, Lit::Str(_)), "a text", "\"..\""),
        _ => return true,
    };
    if !fits {
        ctxt.error(value, format!("`default` of a column of type `{ty}` is {wanted}: `default = {example}`"));
    }
    fits
}

/// The value as the column's type. Numbers take their type from the place they stand in; the rest goes through `Into`.
fn converted(value: &Expr, nullable: bool) -> TokenStream {
    let span = value.span();
    let literal = attr::is_number(value) || matches!(value, Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }));
    match (literal, matches!(value, Expr::Lit(_)), nullable) {
        (true, _, false) => quote!(#value),
        (true, _, true) => quote_spanned!(span=> ::core::option::Option::Some(#value)),
        (false, true, true) => {
            quote_spanned!(span=> ::core::option::Option::Some(::core::convert::Into::into(#value)))
        }
        _ => quote_spanned!(span=> ::core::convert::Into::into(#value)),
    }
}
