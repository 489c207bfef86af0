//! The one pipeline of writes: a draft of a row is prepared (defaults, times, the form that columns keep), then inserted,
//! updated, removed or linked. Untyped, so it is compiled once; the builders of `query` and the handles only call it.

mod cascade;
mod conflict;
mod create;
mod draft;
mod evaluate;
mod guard;
#[cfg(feature = "json")]
mod history;
pub(crate) mod hooked;
pub(crate) mod hooks;
mod insert;
mod link;
mod many;
mod policy;
mod prepare;
mod relation_filter;
mod remove;
mod send;
mod statement;
mod tenant;
mod trail;
mod tree;
mod update;
mod upsert;
mod validate;
mod violated;

pub(crate) use cascade::{Mark, cascade, deleted_at, of_row};
pub(crate) use conflict::{alive_filter, is_join_key, is_key, is_unique, unique_keys, whole_key};
pub(crate) use create::{create_many, create_one, models_of};
pub use draft::{Changes, Prefilled};
pub(crate) use draft::{Draft, Linked, Payload, all_values, given_columns, nest, no_key, payload_values};
#[cfg(feature = "json")]
pub(crate) use history::{Column as HistoryColumn, columns as history_columns, key_text, restored};
pub use hooks::{Actor, After, Ask, Audit, Before, Committed, Counter, Hooked, Hooks, Trail, owned, row_of};
pub(crate) use hooks::{Event, counters, keeps_trail};
pub(crate) use insert::{insert_of, insert_values};
pub(crate) use link::{other_keys, pointing};
pub(crate) use many::{NewValues, Wanted, update_many};
pub(crate) use policy::{check_end, is_seen, may, refuse_whole_table};
pub(crate) use prepare::{complete, integer_value, time_value};
pub(crate) use relation_filter::{RelationFilter, fixed_by};
pub(crate) use remove::remove;
pub(crate) use send::{prepared, write_rows};
pub(crate) use statement::{
    FirstRows, change_rows, count_up, event_of_found, event_of_rows, record_row, row_to_record, touch, update_each,
    update_of,
};
pub use update::update_row;
pub(crate) use update::{
    RowKey, compute_row, expect_version, known, may_differ, refresh, remove_row, reread, save_row, saves, write_row,
};
pub use upsert::Outcome;
pub(crate) use upsert::{retries, upsert_many, upsert_one};
