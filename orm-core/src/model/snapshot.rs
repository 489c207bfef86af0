//! [`Snapshot`]: the values of a row's columns as they were read.

use std::fmt;

use super::Model;
use crate::value::Value;

/// The values of a row's columns as they were last read or written: the type of a field `#[orm(tracked)]`. Saving a model with
/// such a field writes only the columns that differ from the snapshot.
///
/// ```
/// # use {orm::{Snapshot, prelude::*}, orm_guide::run};
/// #[derive(Debug, Clone, PartialEq, Model)]
/// struct Page {
///     #[orm(primary_key)]
///     id: i64,
///     title: String,
///     text: String,
///     #[orm(tracked)]
///     read: Snapshot,
/// }
///
/// # run(async |db| {
/// # db.create_tables::<Page>().await?;
/// let mut page = Page::create().title("Start").text("..").exec(&db).await?;
/// page.title = "Home".to_owned();
/// page.save(&db).await?; // UPDATE pages SET title = .. WHERE id = ..
/// page.save(&db).await?; // nothing to write
/// # Ok(()) });
/// ```
///
/// If you construct the struct yourself, use `Snapshot::default()`, which is empty: then all columns are saved. Any two snapshots are
/// equal, so comparing two rows compares their columns.
#[derive(Clone, Default)]
pub struct Snapshot(Option<Box<[Value]>>);

impl Snapshot {
    /// The snapshot of a row that was just read; called by generated code.
    #[doc(hidden)]
    pub fn of<M: Model>(row: &M) -> Self {
        Self(Some((0..M::DEF.columns.len()).map(|column| row.value(column)).collect()))
    }

    /// The value that a column had; `None` if the snapshot is empty.
    pub(crate) fn value(&self, column: usize) -> Option<&Value> {
        self.0.as_ref()?.get(column)
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Snapshot {}

impl std::hash::Hash for Snapshot {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// Leaves out the values, since they may be secret.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Snapshot(..)" } else { "Snapshot" })
    }
}
