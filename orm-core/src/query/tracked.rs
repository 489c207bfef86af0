//! [`Tracked`]: a row that knows what was changed in it, and saves only that.

use std::ops::{Deref, DerefMut};

use crate::ast::Visibility;
use crate::driver::Runs;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Column;
use crate::model::{ColumnDef, Model};
use crate::run::key_of;
use crate::value::{Type, Value, ValueRef};
use crate::write::{Changes, save_row, saves};

/// A row that remembers its columns, so that [`save`](Self::save) writes those that were changed and no others. It reads
/// and changes like the row itself.
///
/// ```
/// # use {orm::{Tracked, prelude::*}, orm_guide::*};
/// # run(async |db| {
/// let mut user = Tracked::new(User::find_by_pk(1).required(&db).await?);
/// user.name = Some("Ada Lovelace".to_owned());
/// user.save(&db).await?; // UPDATE users SET name = .. WHERE id = ..
/// user.save(&db).await?; // nothing to write
/// assert!(user.changed().is_empty());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct Tracked<M> {
    row: M,
    before: Vec<Value>,
}

impl<M: Model> Tracked<M> {
    /// Takes a row as it is in the database.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::Tracked;
    ///
    /// let mut ada = Tracked::new(User::find_by_pk(1).required(&db).await?);
    /// ada.visits = 4;
    /// ada.save(&db).await?; // UPDATE users SET visits = ..
    /// assert_eq!(User::find_by_pk(1).required(&db).await?.visits, 4);
    /// # Ok(()) });
    /// ```
    pub fn new(row: M) -> Self {
        let before = values(&row);
        Self { row, before }
    }

    /// The columns whose values were changed, but for those that nobody sets: keys, computed columns, times, the version.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::Tracked;
    ///
    /// let mut ada = Tracked::new(User::find_by_pk(1).required(&db).await?);
    /// assert!(ada.changed().is_empty());
    /// ada.visits = 4;
    /// assert_eq!(ada.changed()[0].name, "visits");
    /// # Ok(()) });
    /// ```
    pub fn changed(&self) -> Vec<&'static ColumnDef> {
        let differs = |column: &&'static ColumnDef| {
            saves(M::DEF, column) && self.before.get(column.index) != Some(&self.row.value(column.index))
        };
        M::DEF.columns.iter().filter(differs).collect()
    }

    /// The value of a column as it was read, or saved since.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::Tracked;
    ///
    /// let mut ada = Tracked::new(User::find_by_pk(1).required(&db).await?);
    /// ada.visits = 4;
    /// assert_eq!(ada.previous(User::VISITS)?, 3);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for a value that the column's type does not read.
    pub fn previous<T: Type, K>(&self, column: Column<M, T, K>) -> Result<T> {
        let named = |error: Error| error.with_model(M::DEF.name).with_columns([column.def().name]);
        let value = self.before.get(column.def().index).map_or(ValueRef::Null, Value::as_ref);
        T::take(value).map_err(named)
    }

    /// Writes the changed columns; nothing when there are none. `updated_at` is set, the version checked and incremented. A
    /// version that was set by hand is checked in any case.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::Tracked;
    ///
    /// let mut ada = Tracked::new(User::find_by_pk(1).required(&db).await?);
    /// ada.visits = 4;
    /// ada.save(&db).await?;
    /// assert!(ada.changed().is_empty());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the row is gone or was soft-deleted meanwhile, [`ErrorKind::Stale`] when its version
    /// changed, [`ErrorKind::InvalidStatement`] when its key was changed, else the database's.
    pub async fn save<E: Runs<M> + ?Sized>(&mut self, db: &E) -> Result<()> {
        let def = M::DEF;
        let key: Vec<Value> = def.primary_key.iter().filter_map(|index| self.before.get(*index).cloned()).collect();
        if key_of(&self.row)? != key {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "the primary key was modified, and `save` cannot change it",
            )
            .with_model(def.name)
            .with_columns(def.key_columns().map(|column| column.name)));
        }
        let mut changes = Changes::new();
        for column in self.changed() {
            changes.set(column.index, self.row.value(column.index));
        }
        let version_is_read = def.version.is_none_or(|index| self.before.get(index) == Some(&self.row.value(index)));
        if changes.is_empty() && version_is_read {
            return Ok(());
        }
        // A row that was deleted when it was read may be changed, and restored.
        let knew = def.deleted_at.is_some_and(|index| self.before.get(index).is_some_and(|value| !value.is_null()));
        let visibility = if knew { Visibility::ALL } else { Visibility::ROW };
        save_row(&mut self.row, changes, db.session(), visibility).await?;
        self.before = values(&self.row);
        Ok(())
    }

    /// The row, with changes that were not saved.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::Tracked;
    ///
    /// let ada: User = Tracked::new(User::find_by_pk(1).required(&db).await?).into_inner();
    /// assert_eq!(ada.id, 1);
    /// # Ok(()) });
    /// ```
    pub fn into_inner(self) -> M {
        self.row
    }
}

fn values<M: Model>(row: &M) -> Vec<Value> {
    (0..M::DEF.columns.len()).map(|index| row.value(index)).collect()
}

impl<M> Deref for Tracked<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.row
    }
}

impl<M> DerefMut for Tracked<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.row
    }
}
