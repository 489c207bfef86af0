//! Running statements: one row or many, relations joined or loaded by queries of their own. Untyped but for what a row
//! becomes, so it is compiled once.

mod collation;
mod errors;
mod exec;
mod grouping;
mod include;
mod join;
mod key;
mod keyset;
mod load;
mod probe;
mod projected;
mod rows;
mod text;

pub(crate) use errors::{about, after_write, after_write_read, not_found, not_inserted};
pub(crate) use exec::{
    affected_rows, by_key_sql, fetch_all, fetch_all_shape, fetch_first, fetch_into, fetch_shape, read_back_sql,
};
pub use include::{Attach, IncludeNode, IntoInclude, Owners, Parents, RowSet, Strategy};
pub(crate) use include::{include_into, merge, merged, push_node};
pub(crate) use join::Joins;
pub(crate) use key::{Comparable, key_filter, key_of};
pub(crate) use keyset::{Gate, Keyset, Side, Through};
pub(crate) use load::{Rows, fetch_gated, fetch_with, load_node};
pub(crate) use probe::{any_row, begin_write, count_rows, latest_row, lock_rows};
pub(crate) use projected::ProjectedSet;
pub use rows::JoinRow;
pub(crate) use rows::{ModelSet, ValueRow, WholeRow, new_set};
pub(crate) use text::{kept, query, rendered};
