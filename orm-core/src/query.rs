//! The statements that users build: finders, writes, and the methods of a row. Each builder collects what it is told into a
//! tree, and `exec` hands it to `run` or `write`.

mod aggregate;
mod awaited;
mod batches;
mod bulk;
mod bulk_update;
mod check;
mod counters;
mod create;
mod cursor;
mod decoder;
mod destroy;
mod draft;
mod explain;
#[cfg(all(feature = "serde", feature = "json"))]
mod fields;
mod find;
mod find_by_pk;
mod find_or_create;
mod instance;
#[cfg(all(feature = "serde", feature = "json"))]
mod list_error;
#[cfg(all(feature = "serde", feature = "json"))]
mod list_filter;
#[cfg(all(feature = "serde", feature = "json"))]
mod list_query;
#[cfg(all(feature = "serde", feature = "json"))]
mod listing;
mod other_names;
mod page;
mod paged;
mod policy;
mod refine;
mod reseal;
mod running;
mod scope;
mod statements;
mod stream;
mod tables;
mod tracked;
mod truncate;
mod update;
mod update_or_create;
mod upsert;
#[cfg(feature = "json")]
mod versions;
mod with_related;

pub use aggregate::{AggregateOf, Count, Exists};
pub use awaited::RunsAlone;
pub use batches::Batches;
pub use bulk::{BulkCreate, BulkUpsert, OnConflict};
pub use bulk_update::{BulkSave, BulkUpdate};
pub use check::{check_tables, introspect, introspect_like};
pub use counters::{VerifyCounters, WrongCount};
pub use create::{Complete, Create, CreateBuilder, Given, InsertRow, Missing, Set};
#[cfg(feature = "signed-cursors")]
pub use cursor::CursorKey;
pub use cursor::{Cursor, IntoCursor};
pub use destroy::{Destroy, DestroyBatches, DestroyOne};
pub use draft::Draft;
#[cfg(all(feature = "serde", feature = "json"))]
pub use fields::Fields;
pub use find::{All, Counted, Find, FindAndCount, FindOne, First, Limited, Wanted};
pub use find_by_pk::FindByPk;
pub use find_or_create::{FindOrCreate, FindOrInsert};
pub use instance::{Adjust, Instance};
#[cfg(all(feature = "serde", feature = "json"))]
pub use list_error::{ListError, Problem};
#[cfg(all(feature = "serde", feature = "json"))]
pub use list_filter::{Limits, Op};
#[cfg(all(feature = "serde", feature = "json"))]
pub use list_query::ListQuery;
#[cfg(all(feature = "serde", feature = "json"))]
pub use listing::{Listed, Listing, PagedFields};
#[doc(hidden)]
pub use other_names::{CreateNames, DestroyNames, FinderNames};
pub use page::Page;
pub use paged::{CursorPage, Edge, PageInfo, Paged};
pub use policy::{Action, Field, Policy, Rule};
#[doc(hidden)]
pub use policy::{can, explain, judge};
pub use refine::{Refine, RefineRows};
pub use reseal::{Reseal, SealReport, is_encrypted, reseal, reseal_table, verify_sealed};
pub use running::Running;
pub use scope::{IntoScope, Scope};
pub use statements::Statements;
pub use stream::Rows;
pub use tables::{ModelList, apply_operations, create_tables, drop_tables, table_exists};
pub use tracked::Tracked;
pub use truncate::Truncate;
pub use update::{
    Filtered, IsFiltered, Restore, Unfiltered, Update, UpdateBatches, UpdateBuilder, UpdateOne, UpdateRows, Updates,
};
pub use update_or_create::{UpdateOrCreate, UpdateOrInsert};
pub use upsert::Upsert;
#[cfg(feature = "json")]
pub use versions::{Audited, Version};

pub use crate::write::{Actor, Outcome};
