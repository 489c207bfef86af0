//! Typed statements and expressions: what users build queries from. Everything here ends in a tree of `ast`; types see
//! to it that an operand fits its column and a column its query. Relations are in `load`.

#[macro_use]
mod refine;

mod aggregate;
mod beside;
mod between;
mod bulk;
mod cascade;
mod column;
mod condition;
mod create;
mod create_tree;
mod destroy;
mod exec;
mod explain;
mod expr;
mod find;
mod find_one;
mod find_or_create;
mod function;
mod include;
mod insert;
mod instance;
mod joined;
mod json;
mod key;
mod operand;
mod order;
mod page;
mod rows;
mod scope;
mod select;
mod statements;
mod stream;
mod tables;
mod tracked;
mod update;
mod window;

pub use aggregate::{AggregateOf, Count, Exists};
pub use beside::{Beside, Pick};
pub use between::Start;
pub(crate) use between::{
    Linked, Payload, any_row, begin_write, count_rows, latest_row, lock_rows, no_key, other_keys, payload_values,
    pointing,
};
pub use bulk::{BulkCreate, BulkUpsert, OnConflict};
pub(crate) use bulk::{alive_filter, is_key, is_unique};
pub use column::Column;
pub use condition::{Condition, IntoCondition, all_of, any_of};
pub use create::{Building, Complete, Create, Creating, Given, InsertRow, Missing, Set};
pub(crate) use create_tree::insert_values;
pub use destroy::{Destroy, DestroyOne, Truncate};
pub(crate) use exec::{about, fetch_into, not_found, query as as_query, write as execute};
pub use expr::{Dated, Expr, Free, Listed, Within};
pub use find::{Find, JoinBy};
pub use find_one::{FindByPk, FindOne};
pub use find_or_create::{FindOrCreate, FindOrInsert};
pub use function::{CaseWhen, Operands, call, case, coalesce, concat, count_all, now, random, raw, row_number, val};
pub use include::{Attach, IncludeNode, IntoInclude, LoadFuture, Owners, Parents, RowSet};
pub(crate) use include::{include_into, load_into, merged};
pub(crate) use insert::{client_values, time_value};
pub use instance::Instance;
pub(crate) use joined::Joins;
pub use joined::Strategy;
pub use json::{Document, JsonPath};
pub(crate) use key::{Comparable, key_filter, key_of};
pub use key::{KeyOperand, KeyPart, SingleKey};
pub use operand::{InList, IntoExpr, Operand};
pub use order::{IntoOrder, Order};
pub use page::{FindAndCount, Page};
pub use rows::Between;
pub(crate) use rows::{ModelSet, ValueRow};
pub(crate) use scope::Scope;
pub use select::{Copied, Fits, LeadsToOne, Nest, NestSlot, Projection, Select, SelectItems};
pub use statements::Statements;
pub use stream::Rows;
pub use tables::{ModelList, create_tables, drop_tables, table_exists};
pub use tracked::Tracked;
pub use update::{
    Assign, AssignTo, Assigned, Changes, Changing, Filtered, IsFiltered, Kind, Nullable, Plain, Restore, Unfiltered,
    Update, update_row,
};
pub(crate) use update::{count_up, update_of};
pub use window::Partition;
