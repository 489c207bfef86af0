//! Rules across words and fields, one function each. What one word alone may say is `attr`'s; names of other fields
//! are looked up in `ir`.

use std::collections::HashMap;

use proc_macro2::Ident;

use crate::ast::{Field, Model, Part};
use crate::attr::{MutabilityAttr, RelationAttrs, RelationKind};
use crate::case::{constant, plain};
use crate::ctxt::Ctxt;

/// Columns fit into one word of two, which the library keeps per row to know what changed.
const MAX_COLUMNS: usize = 128;

/// Verbs of the create and update builders, and names of the model's own constants.
const BUILDER_VERBS: [&str; 12] = [
    "exec",
    "to_sql",
    "set",
    "set_if",
    "filter",
    "all_rows",
    "on_conflict",
    "returning",
    "include",
    "silent",
    "expect_version",
    "def",
];

/// Functions and methods of a model.
const MODEL_VERBS: [&str; 26] = [
    "aggregate",
    "bulk_create",
    "count",
    "create",
    "decrement",
    "def",
    "destroy",
    "draft",
    "exists",
    "find_all",
    "find_and_count_all",
    "find_by_pk",
    "find_one",
    "find_or_create",
    "increment",
    "insert",
    "into_values",
    "load",
    "reload",
    "restore",
    "restore_with",
    "save",
    "truncate",
    "update",
    "upsert",
    "value",
];

/// The types whose values a length does not bound.
const UNBOUNDED: [&str; 15] =
    ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "char", "Uuid", "DateTime", "Decimal"];

/// Every rule.
pub(crate) fn check(ctxt: &Ctxt, model: &Model<'_>) {
    column_count(ctxt, model);
    distinct_names(ctxt, model);
    nested_names(ctxt, model);
    primary_key_given(ctxt, model);
    tracked_once(ctxt, model);
    for field in &model.fields {
        words_fit_the_field(ctxt, field);
        name_is_free(ctxt, field);
        if let Part::Relation(kind, _, between) = field.part {
            relation_options(ctxt, field, kind, between.is_some());
        }
        if let Part::Column = field.part {
            key_is_not_null(ctxt, field);
            one_origin(ctxt, field);
            sizes(ctxt, field);
            counters(ctxt, field);
            mutability(ctxt, field);
            tenant(ctxt, field);
        }
    }
}

fn column_count(ctxt: &Ctxt, model: &Model<'_>) {
    if model.columns().next().is_none() {
        ctxt.error(model.ident, "a model has at least one column");
    }
    if let Some(field) = model.columns().nth(MAX_COLUMNS) {
        ctxt.error(
            field.ident,
            format!("a model has at most {MAX_COLUMNS} columns; move some to a model of their own"),
        );
    }
}

/// No two fields may give the same constant.
fn distinct_names(ctxt: &Ctxt, model: &Model<'_>) {
    let mut seen = HashMap::<String, &Ident>::new();
    for field in model.fields.iter().filter(|field| !matches!(field.part, Part::Skipped)) {
        let name = constant(field.ident);
        if let Some(first) = seen.insert(name.to_string(), field.ident) {
            let message = format!("`{}` and `{first}` both make the constant `{name}`; rename one", field.ident);
            ctxt.error(field.ident, message);
        }
    }
}

/// Rows of relations are created together with this one by methods called after them.
fn nested_names(ctxt: &Ctxt, model: &Model<'_>) {
    for relation in model.fields.iter().filter(|field| matches!(field.part, Part::Relation(..))) {
        let (relation, name) = (relation.ident, format!("with_{}", plain(relation.ident)));
        if let Some(field) = model.fields.iter().find(|field| plain(field.ident) == name) {
            let message = format!(
                "`{name}` is how rows of `{relation}` are created together with this one; rename the field and keep the \
                 column: `#[orm(column = \"{name}\")]`"
            );
            ctxt.error(field.ident, message);
        }
    }
}

/// A primary key, and only in one place.
fn primary_key_given(ctxt: &Ctxt, model: &Model<'_>) {
    let marked = model.columns().find(|field| field.attrs.primary_key.is_set());
    let marked = marked.and_then(|field| field.attrs.primary_key.name());
    match (marked, model.attrs.primary_key.name(), model.attrs.no_primary_key.name()) {
        (Some(_), Some(word), _) => {
            ctxt.error(word, "the key is given twice: keep `primary_key(..)` here or `primary_key` on the fields");
        }
        (Some(_), None, Some(word)) | (None, Some(_), Some(word)) => {
            ctxt.error(word, "`no_primary_key` contradicts `primary_key`; keep one");
        }
        (None, None, None) if model.columns().next().is_some() => {
            let id = model.columns().find(|field| field.ident == "id");
            let message = "a model needs a primary key: mark its field with `#[orm(primary_key)]`, \
                           or the struct with `#[orm(no_primary_key)]`";
            ctxt.error(id.map_or(model.ident, |field| field.ident), message);
        }
        _ => {}
    }
}

/// A model has at most one snapshot field.
fn tracked_once(ctxt: &Ctxt, model: &Model<'_>) {
    for word in model.fields.iter().filter_map(|field| field.attrs.tracked.name()).skip(1) {
        ctxt.error(word, "a model has one `tracked` field");
    }
}

/// Words of relations on relations, words of columns on columns.
fn words_fit_the_field(ctxt: &Ctxt, field: &Field<'_>) {
    let words = &field.attrs.words;
    match field.part {
        Part::Column => {
            if let Some(word) = field.attrs.relation.unique.name() {
                ctxt.error(word, "of a column it is `unique`, `unique = \"name\"` or nothing");
            }
            let Some(word) = RelationAttrs::first_word(words) else { return };
            let kind = RelationKind::ALL.into_iter().find(|kind| word == kind.word());
            let message = match kind {
                Some(kind) => format!("a `{word}` relation has the type `{}<Model>`", kind.type_name()),
                None => format!(
                    "`{word}` belongs to relations, whose types are `BelongsTo`, `HasOne`, `HasMany` and `BelongsToMany`"
                ),
            };
            ctxt.error(word, message);
        }
        Part::Relation(kind, ..) => {
            if let (Some(given), Some(word)) = (field.attrs.relation.kind.get(), field.attrs.relation.kind.name())
                && *given != kind
            {
                let (made, wanted) = (kind.type_name(), given.type_name());
                ctxt.error(
                    word,
                    format!("the type is `{made}<..>`: write `{}`, or make it `{wanted}<..>`", kind.word()),
                );
            }
            if let (Some(word), true) = (field.attrs.relation.counter_cache.name(), kind != RelationKind::BelongsTo) {
                let message =
                    "rows are counted by the model that has the foreign key: `counter_cache` goes on its `BelongsTo`";
                ctxt.error(word, message);
            }
            if let Some(word) =
                RelationAttrs::first_other_word(words).or(field.attrs.unique.name()).or(field.attrs.index.name())
            {
                ctxt.error(word, format!("`{word}` belongs to columns, and `{}` is a relation", field.ident));
            }
        }
        Part::OneOf(_) => {
            let one_of = field.attrs.relation.one_of.name();
            let others = |word: &&Ident| Some(*word) != one_of && *word != "belongs_to";
            if let (Some(word), Some(one_of)) = (words.iter().find(others), one_of) {
                ctxt.error(word, format!("`{word}` goes to the model it is about: `{one_of}(Post({word} = ..), ..)`"));
            }
        }
        Part::Skipped => {
            if let Some(word) =
                words.iter().find(|word| !["skip", "computed", "tracked"].iter().any(|own| *word == own))
            {
                ctxt.error(word, format!("`{}` is no column, so `{word}` has no meaning here", field.ident));
            }
            let own = field.attrs.computed.name().or(field.attrs.tracked.name());
            if let (Some(own), Some(word)) = (own, field.attrs.skip.name()) {
                ctxt.error(word, format!("`{own}` fields are no columns already; remove `skip`"));
            }
            if let (Some(computed), Some(word)) = (field.attrs.computed.name(), field.attrs.tracked.name()) {
                ctxt.error(word, format!("`{word}` and `{computed}` both fill the field; keep one"));
            }
        }
    }
}

/// The setters and methods named after fields must not hide the verbs.
fn name_is_free(ctxt: &Ctxt, field: &Field<'_>) {
    let name = plain(field.ident);
    match field.part {
        Part::Column if BUILDER_VERBS.contains(&&*name) => {
            let message = format!(
                "`{name}` is a verb of the builders; rename the field and keep the column: `#[orm(column = \"{name}\")]`"
            );
            ctxt.error(field.ident, message);
        }
        Part::OneOf(_) | Part::Relation(RelationKind::BelongsTo, ..) if BUILDER_VERBS.contains(&&*name) => {
            ctxt.error(field.ident, format!("`{name}` is a verb of the builders; rename the relation"));
        }
        Part::Relation(..) if MODEL_VERBS.contains(&&*name) => {
            ctxt.error(field.ident, format!("`{name}` is a verb of every model; rename the relation"));
        }
        _ => {}
    }
}

/// Options that only some kinds of relations have.
fn relation_options(ctxt: &Ctxt, field: &Field<'_>, kind: RelationKind, between: bool) {
    let relation = &field.attrs.relation;
    if let Some(word) = relation.one_of.name() {
        ctxt.error(
            word,
            format!("a row of one of several models is a `BelongsTo<..>` of an enum, not a `{}`", kind.type_name()),
        );
    }
    if let Some(word) = relation.chain.name() {
        chain_options(ctxt, relation, kind, word);
        return;
    }
    let through = relation.through.name();
    if kind == RelationKind::BelongsToMany && through.is_none() && !between {
        let word = relation.kind.name().unwrap_or(field.ident);
        ctxt.error(word, "name the join model: `belongs_to_many(through = Membership)`");
    }
    if let (true, Some(word)) = (between, through) {
        ctxt.error(word, "the type names the join model already; remove `through`");
    }
    if let (RelationKind::BelongsTo, Some(word)) = (kind, through) {
        ctxt.error(word, format!("a `{}` relation has no join model", kind.word()));
    }
    for word in [relation.other_key.name(), relation.other_references.name()].into_iter().flatten() {
        if through.is_none() && kind != RelationKind::BelongsToMany {
            ctxt.error(
                word,
                format!("`{word}` is the second key of a relation through a join model; give it with `through = ..`"),
            );
        }
    }
    if let (false, Some(word)) = (kind == RelationKind::BelongsToMany, relation.unique.name()) {
        ctxt.error(word, format!("`{word}` is about the pairs of a `BelongsToMany`; a column is `unique` by itself"));
    }
    let constraint =
        [relation.on_delete.name(), relation.on_update.name(), relation.constraints.name(), relation.index.name()];
    for word in constraint.iter().flatten().filter(|_| kind != RelationKind::BelongsTo) {
        let message =
            format!("`{word}` goes where the foreign key is: on the `belongs_to` relation of the other model");
        ctxt.error(word, message);
    }
    if relation.constraints.get() == Some(&false) {
        for word in constraint.iter().take(2).flatten() {
            ctxt.error(word, format!("without a constraint (`constraints = false`) there is no `{word}`"));
        }
    }
}

/// A chain has its keys from the relations it consists of.
fn chain_options(ctxt: &Ctxt, relation: &RelationAttrs, kind: RelationKind, chain: &Ident) {
    if !matches!(kind, RelationKind::HasMany | RelationKind::HasOne) {
        let message = format!("a chain of relations fills a `HasMany` or a `HasOne`, not a `{}`", kind.type_name());
        ctxt.error(chain, message);
    }
    let others = [
        relation.through.name(),
        relation.key.name(),
        relation.other_key.name(),
        relation.references.name(),
        relation.other_references.name(),
        relation.when.name(),
        relation.on_delete.name(),
        relation.on_update.name(),
        relation.constraints.name(),
        relation.index.name(),
        relation.unique.name(),
    ];
    for word in others.into_iter().flatten() {
        ctxt.error(word, format!("`{word}` belongs to the relations that `through(..)` lists; say it there"));
    }
}

/// A relation knows by itself whether it is loaded and found.
fn key_is_not_null(ctxt: &Ctxt, field: &Field<'_>) {
    if field.attrs.primary_key.is_set() && field.nullable().is_some() {
        ctxt.error(field.ty, "a primary key is never NULL: remove the `Option`; `create()` does not ask for it");
    }
}

/// A value comes from one place.
fn one_origin(ctxt: &Ctxt, field: &Field<'_>) {
    let attrs = &field.attrs;
    let counted = attrs.auto_increment.name().filter(|_| attrs.auto_increment.get() == Some(&true));
    let origins = [
        counted,
        attrs.default.name(),
        attrs.generated.name(),
        attrs.version.name(),
        attrs.created_at.name(),
        attrs.updated_at.name(),
        attrs.deleted_at.name(),
    ];
    let mut origins = origins.into_iter().flatten();
    if let Some(first) = origins.next() {
        for word in origins {
            ctxt.error(word, format!("`{word}` and `{first}` both fill the column; keep one"));
        }
    }
}

fn sizes(ctxt: &Ctxt, field: &Field<'_>) {
    let attrs = &field.attrs;
    let Some(ty) = field.type_word() else { return };
    if let Some(word) = attrs.length.name()
        && UNBOUNDED.iter().any(|known| ty == known)
    {
        ctxt.error(word, format!("`length` bounds text and bytes, not `{ty}`"));
    }
    if let (Some(word), Some(0)) = (attrs.length.name(), attrs.length.get()) {
        ctxt.error(word, "a column of `length = 0` holds nothing");
    }
    if let Some(word) = attrs.precision.name()
        && ty != "Decimal"
        && (ty == "String" || UNBOUNDED.iter().any(|known| ty == known))
    {
        ctxt.error(word, format!("`precision` is for `Decimal`, not `{ty}`"));
    }
}

/// A generated key is an integer.
fn counters(ctxt: &Ctxt, field: &Field<'_>) {
    let attrs = &field.attrs;
    let counted = attrs.auto_increment.name().filter(|_| attrs.auto_increment.get() == Some(&true));
    for word in [counted, attrs.version.name()].into_iter().flatten() {
        if field.nullable().is_some() {
            ctxt.error(field.ty, format!("a column with `{word}` is never NULL: remove the `Option`"));
        } else if let Some(ty) = field.type_word()
            && ["String", "bool", "f32", "f64", "Uuid", "DateTime", "Decimal"].iter().any(|known| ty == known)
        {
            ctxt.error(word, format!("`{word}` counts, so it needs an integer, not `{ty}`"));
        }
    }
}

/// The tenant comes from the handle, is never NULL and does not change.
fn tenant(ctxt: &Ctxt, field: &Field<'_>) {
    let attrs = &field.attrs;
    let Some(word) = attrs.tenant.name() else { return };
    let counted = attrs.auto_increment.name().filter(|_| attrs.auto_increment.get() == Some(&true));
    let others = [
        counted,
        attrs.default.name(),
        attrs.generated.name(),
        attrs.version.name(),
        attrs.created_at.name(),
        attrs.updated_at.name(),
        attrs.deleted_at.name(),
        attrs.counter.name(),
        attrs.mutability.name(),
    ];
    if let Some(other) = others.into_iter().flatten().next() {
        ctxt.error(
            other,
            format!("`{other}` contradicts `{word}`: the column is filled in from the handle, and immutable"),
        );
    }
    if field.nullable().is_some() {
        ctxt.error(field.ty, "every row belongs to a tenant: remove the `Option`");
    }
}

/// Only columns that the user sets can restrict how they change.
fn mutability(ctxt: &Ctxt, field: &Field<'_>) {
    let (Some(word), Some(kind)) = (field.attrs.mutability.name(), field.attrs.mutability.get()) else { return };
    let attrs = &field.attrs;
    let own = [&attrs.version, &attrs.created_at, &attrs.updated_at, &attrs.deleted_at, &attrs.primary_key];
    if let Some(other) = own.into_iter().find_map(|slot| slot.name()) {
        ctxt.error(word, format!("`{word}` contradicts `{other}`: no user changes that column; leave `{word}` out"));
    }
    if let Some(generated) = attrs.generated.name() {
        ctxt.error(word, format!("`{word}` contradicts `{generated}`: nobody writes the column"));
    }
    if matches!(kind, MutabilityAttr::WriteOnce) && field.nullable().is_none() {
        ctxt.error(field.ty, "`write_once` is for a column that is NULL until it is written: make it an `Option`");
    }
}
