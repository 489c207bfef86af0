//! The models of the suite, by what they are for. Their tables are created by the tests that need them.

pub mod accounts;
pub mod blog;
pub mod club;
pub mod crew;
pub mod docs;
pub mod entries;
pub mod gallery;
pub mod generic;
pub mod hooked;
pub mod invoices;
pub mod kept;
pub mod keys;
pub mod kinds;
pub mod links;
pub mod nodes;
pub mod people;
pub mod remarks;
pub mod reviews;
pub mod schema;
pub mod shelf;
pub mod shop;
pub mod store;
pub mod tenants;
pub mod tracked;
pub mod yard;
