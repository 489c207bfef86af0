//! The static metadata: table name, columns, model.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{column_type, option};
use crate::case::plain;
use crate::ir::{Column, DefaultValue, Index, IndexPart, ModelIr};

/// `__TABLE`, `__COLUMNS` and `__DEF`.
pub(super) fn statics(model: &ModelIr<'_>) -> TokenStream {
    let (schema, table) = (option(model.schema.as_ref()), &model.table);
    let count = model.columns.len();
    let columns = model.columns.iter().enumerate().map(|(index, column)| column_def(index, column));
    let def = model_def(model);
    quote! {
        static __TABLE: __orm::TableName = __orm::TableName { schema: #schema, name: #table };
        static __COLUMNS: [__orm::ColumnDef; #count] = [#(#columns),*];
        static __DEF: __orm::ModelDef = #def;
    }
}

/// A column; what is as in `ColumnDef::new` is left out.
fn column_def(index: usize, column: &Column<'_>) -> TokenStream {
    let name = &column.name;
    let ty = column_type(column.ty);
    let mut fields = Vec::new();
    if column.field != column.name {
        let field = &column.field;
        fields.push(quote!(field: #field));
    }
    fields.push(quote!(nullable: #ty::NULLABLE));
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
    let ty = quote_spanned!(column.ty.span()=> <#ty::Base as __orm::Scalar>::TYPE);
    quote! {
        __orm::ColumnDef {
            #(#fields,)*
            ..__orm::ColumnDef::new(&__TABLE, #index, #name, #ty)
        }
    }
}

fn default_def(column: &Column<'_>) -> Option<TokenStream> {
    let ty = column_type(column.ty);
    Some(match &column.default {
        DefaultValue::None => return None,
        DefaultValue::Value(value) => quote!(Value(|| #ty::into_value(#value))),
        DefaultValue::Client(value) => quote!(Client(|| #ty::into_value(#value))),
        DefaultValue::Now => quote!(Client(__orm::now)),
        DefaultValue::Uuid => quote!(Client(__orm::new_uuid)),
        DefaultValue::Sql(sql) => quote!(Sql(#sql)),
    })
}

fn model_def(model: &ModelIr<'_>) -> TokenStream {
    let ident = model.ident;
    let name = plain(ident);
    let (primary_key, comment) = (&model.primary_key, &model.comment);
    let indexes = model.indexes.iter().map(index_def);
    let checks = model.checks.iter().map(|(name, sql)| quote!((#name, #sql)));
    let relations = model.relations.iter().map(|relation| &relation.constant);
    let marks = [model.created_at, model.updated_at, model.deleted_at, model.version].map(option);
    let [created_at, updated_at, deleted_at, version] = marks;
    quote! {
        __orm::ModelDef {
            name: #name,
            table: &__TABLE,
            columns: &__COLUMNS,
            primary_key: &[#(#primary_key),*],
            indexes: &[#(#indexes),*],
            checks: &[#(#checks),*],
            relations: &[#(#ident::#relations.erase()),*],
            created_at: #created_at,
            updated_at: #updated_at,
            deleted_at: #deleted_at,
            version: #version,
            comment: #comment,
        }
    }
}

fn index_def(index: &Index) -> TokenStream {
    let Index { name, unique, .. } = index;
    let parts = index.parts.iter().map(|part| match part {
        IndexPart::Column { index, descending } => {
            quote!(__orm::IndexPart::Column { index: #index, descending: #descending })
        }
        IndexPart::Expression(sql) => quote!(__orm::IndexPart::Expression(#sql)),
    });
    let (method, filter) = (option(index.method.as_ref()), option(index.filter.as_ref()));
    quote! {
        __orm::IndexDef { name: #name, unique: #unique, parts: &[#(#parts),*], method: #method, filter: #filter }
    }
}
