//! The static metadata: table name, columns, model.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::life;
use crate::attr::key_names;
use crate::case::plain;
use crate::ir::{Column, DefaultValue, Index, IndexPart, ModelIr, Sealed};

/// `__TABLE`, `__COLS` and `__DEF`. A static has no parameters, so those of a model with parameters are constants; and since
/// it is no one model, it is not registered.
pub(super) fn statics(model: &ModelIr<'_>) -> TokenStream {
    let table = &model.table;
    let named = match &model.schema {
        Some(schema) => quote!(__orm::TableName::of(#schema, #table)),
        None => quote!(__orm::TableName::new(#table)),
    };
    let count = model.columns.len();
    let (table, columns) = if model.params.exist() {
        (quote!(Self::__TABLE), quote!(Self::__COLS))
    } else {
        (quote!(&__TABLE), quote!(&__COLS))
    };
    let def = model_def(model, &table, &columns);
    let columns = model.columns.iter().enumerate().map(|(index, column)| column_def(model, index, column, &table));
    if model.params.exist() {
        let (this, params, bounds) = (model.params.this(), model.params.plain(&[]), model.params.all_bounds(&[]));
        return quote! {
            impl #params #this #bounds {
                const __TABLE: &'static __orm::TableName = &#named;
                const __COLS: &'static [__orm::ColumnDef] = &[#(#columns),*];
                const __DEF: &'static __orm::ModelDef = &#def;
            }
        };
    }
    quote! {
        static __TABLE: __orm::TableName = #named;
        static __COLS: [__orm::ColumnDef; #count] = [#(#columns),*];
        static __DEF: __orm::ModelDef = #def;
        __orm::register!(&__DEF);
    }
}

/// A column; what is as in `ColumnDef::new` is left out.
fn column_def(model: &ModelIr<'_>, index: usize, column: &Column<'_>, table: &TokenStream) -> TokenStream {
    let name = &column.name;
    let mut fields = Vec::new();
    if column.field != column.name {
        let field = &column.field;
        fields.push(quote!(field: #field));
    }
    if column.auto_increment {
        fields.push(quote!(auto_increment: true));
    }
    if let Some(default) = default_def(column) {
        fields.push(quote!(default: __orm::DefaultDef::#default));
    }
    if let Some(length) = column.length {
        fields.push(quote!(length: ::core::option::Option::Some(#length)));
    }
    if let Some((digits, scale)) = column.precision {
        fields.push(quote!(precision: ::core::option::Option::Some((#digits, #scale))));
    }
    let texts = [("type_name", &column.type_name), ("check", &column.check), ("generated", &column.generated)];
    for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?))) {
        let field = format_ident!("{field}");
        fields.push(quote!(#field: ::core::option::Option::Some(#text)));
    }
    if !column.comment.is_empty() {
        let comment = &column.comment;
        fields.push(quote!(comment: #comment));
    }
    if !column.renamed_from.is_empty() {
        let old = &column.renamed_from;
        fields.push(quote!(renamed_from: #old));
    }
    if column.hidden {
        fields.push(quote!(hidden: true));
    }
    fields.extend(sealed(model, column));
    // A blind index uses the normalisers of its column, so that searched and stored values match.
    fields.extend(life::normal(match column.sealed {
        Some(Sealed::Index(of)) => &model.columns[of],
        _ => column,
    }));
    if column.counter {
        fields.push(quote!(counter: true));
    }
    fields.extend(life::mutability(column));
    let ty = column.ty;
    let stored = column.stored();
    let plain = quote_spanned!(ty.span()=> __orm::ColumnDef::of::<#stored>(#table, #index, #name));
    if fields.is_empty() { plain } else { quote!(__orm::ColumnDef { #(#fields,)* ..#plain }) }
}

/// The `SealDef` of an encrypted column.
fn sealed(model: &ModelIr<'_>, column: &Column<'_>) -> Option<TokenStream> {
    let (source, kind) = match column.sealed? {
        Sealed::Encrypted(attr) => (column, attr.deterministic.is_set().then(|| quote!(Deterministic))),
        Sealed::Index(of) => (&model.columns[of], Some(quote!(Index))),
    };
    let Some(Sealed::Encrypted(attr)) = source.sealed else { return None };
    let (table, name, stored) = (&model.table, &column.name, source.stored());
    let key = attr.key.get().map(syn::LitStr::value);
    let (key_table, key_column) = key.as_deref().and_then(key_names).unwrap_or((table.as_str(), source.name.as_str()));
    let keyed = (key_table != table || key_column != name).then(|| quote!(.keyed(#key_table, #key_column)));
    let kind = kind.map(|kind| quote!(.by(__orm::SealKind::#kind)));
    let plain = attr.allow_plaintext.is_set().then(|| quote!(.or_plain()));
    let ty = quote_spanned!(source.ty.span()=> __orm::type_of::<#stored>());
    let index = column.blind_index.map(|index| quote!(blind_index: ::core::option::Option::Some(#index),));
    let length =
        matches!(column.sealed, Some(Sealed::Index(_))).then(|| quote!(length: ::core::option::Option::Some(32),));
    Some(quote! {
        ty: __orm::SqlType::Bytes,
        #index
        #length
        sealed: ::core::option::Option::Some(const { &__orm::SealDef::new(#table, #name, #ty) #keyed #kind #plain })
    })
}

fn default_def(column: &Column<'_>) -> Option<TokenStream> {
    let (ty, stored) = (column.ty, column.stored());
    let made = quote_spanned!(ty.span()=> __orm::value::<#stored>);
    Some(match &column.default {
        DefaultValue::None => return None,
        // A DEFAULT of the table would not be encrypted.
        DefaultValue::Value(value) if column.sealed.is_some() => quote!(Client(|| #made(#value))),
        DefaultValue::Value(value) => quote!(Value(|| #made(#value))),
        DefaultValue::Client(value) => quote!(Client(|| #made(#value))),
        DefaultValue::Uuid => quote!(Client(__orm::new_uuid)),
        DefaultValue::Sql(sql) => quote!(Sql(#sql)),
    })
}

fn model_def(model: &ModelIr<'_>, table: &TokenStream, columns: &TokenStream) -> TokenStream {
    let name = plain(model.ident);
    let primary_key = &model.primary_key;
    let mut fields = Vec::new();
    if !model.indexes.is_empty() {
        let indexes = model.indexes.iter().map(index_def);
        fields.push(quote!(indexes: &[#(#indexes),*]));
    }
    if !model.checks.is_empty() {
        let checks = model.checks.iter().map(|(name, sql)| quote!((#name, #sql)));
        fields.push(quote!(checks: &[#(#checks),*]));
    }
    if !model.relations.is_empty() {
        let relations = model.relations.iter().map(|relation| relation.path(&model.params));
        fields.push(quote!(relations: &[#(#relations.erase()),*]));
    }
    if !model.one_of.is_empty() {
        let one_of = model.one_of.iter().map(|one_of| {
            let (name, required) = (plain(one_of.ident), one_of.required);
            let keys = one_of.keys.iter().map(|key| quote!(&[#(#key),*]));
            quote!(__orm::OneOfDef { name: #name, keys: &[#(#keys),*], required: #required })
        });
        fields.push(quote!(one_of: &[#(#one_of),*]));
    }
    let marks = [
        ("created_at", model.created_at),
        ("updated_at", model.updated_at),
        ("deleted_at", model.deleted_at),
        ("version", model.version),
        ("tenant", model.tenant),
    ];
    for (name, index) in marks.into_iter().filter_map(|(name, index)| Some((name, index?))) {
        let name = format_ident!("{name}");
        fields.push(quote!(#name: ::core::option::Option::Some(#index)));
    }
    if !model.comment.is_empty() {
        let comment = &model.comment;
        fields.push(quote!(comment: #comment));
    }
    if !model.renamed_from.is_empty() {
        let old = &model.renamed_from;
        fields.push(quote!(renamed_from: #old));
    }
    if let Some(scope) = model.default_scope {
        let this = model.params.this();
        let condition = quote_spanned!(scope.span()=> __orm::scope::<#this, _>(#scope));
        fields.push(quote!(scope: ::core::option::Option::Some(|| #condition)));
    }
    if !model.policy.is_empty() {
        let this = model.params.this();
        let judges = model.policy.iter().enumerate().map(|(index, viewer)| {
            let call = quote_spanned!(viewer.span()=> __orm::judge::<#this, #viewer>(viewer, access));
            if index == 0 { call } else { quote!(.or_else(|| #call)) }
        });
        fields.push(quote!(policy: ::core::option::Option::Some(|viewer, access| #(#judges)*)));
    }
    fields.extend(life::life(model));
    let plain = quote!(__orm::ModelDef::new(#name, #table, #columns, &[#(#primary_key),*]));
    if fields.is_empty() { plain } else { quote!(__orm::ModelDef { #(#fields,)* ..#plain }) }
}

fn index_def(index: &Index) -> TokenStream {
    let Index { name, unique, .. } = index;
    let parts = index.parts.iter().map(|part| match part {
        IndexPart::Column { index, descending: false } => quote!(__orm::IndexPart::column(#index)),
        IndexPart::Column { index, descending } => {
            quote!(__orm::IndexPart::Column { index: #index, descending: #descending })
        }
        IndexPart::Expression(sql) => quote!(__orm::IndexPart::Expression(#sql)),
    });
    let mut fields = Vec::new();
    if !name.is_empty() {
        fields.push(quote!(name: #name));
    }
    for (field, text) in [("method", &index.method), ("filter", &index.filter)] {
        if let Some(text) = text {
            let field = format_ident!("{field}");
            fields.push(quote!(#field: ::core::option::Option::Some(#text)));
        }
    }
    let plain = quote!(__orm::IndexDef::new(#unique, &[#(#parts),*]));
    if fields.is_empty() { plain } else { quote!(__orm::IndexDef { #(#fields,)* ..#plain }) }
}
