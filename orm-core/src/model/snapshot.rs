//! [`Snapshot`]: the columns of a row as they were read.

use std::fmt;

use super::Model;
use crate::value::Value;

/// The columns of a row as they were read or written last: the type of a field `#[orm(tracked)]`. A model that has one is saved by what was
/// changed in the struct since then.
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
/// That of a struct put together by hand, `Snapshot::default()`, knows nothing, so all columns are saved. Snapshots are equal whatever they
/// know: rows with the same columns are.
#[derive(Clone, Default)]
pub struct Snapshot(Option<Box<[Value]>>);

impl Snapshot {
    /// Of a row that was just read; called by the derive.
    #[doc(hidden)]
    pub fn of<M: Model>(row: &M) -> Self {
        Self(Some((0..M::DEF.columns.len()).map(|column| row.value(column)).collect()))
    }

    /// The value that a column had; none where nothing is known.
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

/// Values may be secret, so they are left out.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Snapshot(..)" } else { "Snapshot" })
    }
}
