//! The statements of a model as associated functions, each one call into the library.

use proc_macro2::TokenStream;
use quote::quote;

use super::create_name;
use crate::ir::ModelIr;

/// `User::find_all()` and the like.
pub(super) fn statements(model: &ModelIr<'_>) -> TokenStream {
    let (ident, vis) = (model.ident, model.vis);
    let create = create_name(model);
    quote! {
        /// Starts a query for rows.
        #vis fn find_all() -> __orm::Find<#ident> {
            __orm::Find::new()
        }
        /// Starts a query for the first row.
        #vis fn find_one() -> __orm::FindOne<#ident> {
            __orm::FindOne::new()
        }
        /// Starts a query for the row with this primary key.
        #vis fn find_by_pk(key: impl __orm::KeyOperand<#ident>) -> __orm::FindByPk<#ident> {
            __orm::FindByPk::new(key)
        }
        /// Starts a query for a page of rows and the number of all.
        #vis fn find_and_count_all() -> __orm::FindAndCount<#ident> {
            __orm::FindAndCount::new()
        }
        /// Starts a query for a row that is created when there is none.
        #vis fn find_or_create() -> __orm::FindOrCreate<#ident> {
            __orm::FindOrCreate::new()
        }
        /// Starts a query for the number of rows.
        #vis fn count() -> __orm::Count<#ident> {
            __orm::Count::new()
        }
        /// Starts a query for whether there is a row.
        #vis fn exists() -> __orm::Exists<#ident> {
            __orm::Exists::new()
        }
        /// Reads one aggregate of all rows, such as `User::AGE.max()`.
        #vis fn aggregate<__X: __orm::Select<#ident>>(aggregate: __X) -> __orm::AggregateOf<#ident, __X::Output> {
            __orm::AggregateOf::new(aggregate)
        }
        /// Starts a new row.
        #vis fn create() -> #create {
            #create { create: __orm::Create::new(), given: ::core::marker::PhantomData }
        }
        /// Creates several rows at once.
        #vis fn bulk_create<__C>(rows: impl ::core::iter::IntoIterator<Item = __C>) -> __orm::BulkCreate<#ident>
        where
            __C: __orm::Complete<#ident>,
        {
            __orm::BulkCreate::new(rows)
        }
        /// Inserts a struct as it is.
        #vis fn insert(row: #ident) -> __orm::InsertRow<#ident> {
            __orm::InsertRow::new(row)
        }
        /// Changes the rows that a filter leaves.
        #vis fn update() -> __orm::Update<#ident> {
            __orm::Update::new()
        }
        /// Removes the rows that a filter leaves.
        #vis fn destroy() -> __orm::Destroy<#ident> {
            __orm::Destroy::new()
        }
        /// Removes all rows at once.
        #vis fn truncate() -> __orm::Truncate<#ident> {
            __orm::Truncate::new()
        }
    }
}
