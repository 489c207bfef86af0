//! [`Tracked`]: a row that knows what was changed in it, and saves only that.

use std::ops::{Deref, DerefMut};

use super::create::Create;
use crate::ast::Visibility;
use crate::driver::{Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Column;
use crate::model::{ColumnDef, Model, read_model};
use crate::row::Columns;
use crate::run::{ValueRow, key_of};
use crate::value::{Type, Value, ValueRef};
use crate::write::{Changes, Draft, complete, create_one, integer_value, refresh, save_row, saves};

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
    /// For a row that is not inserted yet: the columns to insert.
    new: Option<u128>,
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
        Self { row, before, new: None }
    }

    /// A row that is not inserted yet, for [`build`](super::Statements::build).
    pub(super) fn build(create: Create<M>) -> Result<Self> {
        let (def, mut draft) = (M::DEF, create.row);
        let refused = |message| Error::new(ErrorKind::InvalidStatement, message).with_model(def.name);
        draft.settle()?;
        if draft.nested.is_some() {
            return Err(refused("a row that is built has no rows around it; create them with it, or afterwards"));
        }
        complete(def, &mut draft, &mut None);
        let time = |column: &ColumnDef| [def.created_at, def.updated_at].contains(&Some(column.index));
        let mut new = 0;
        for column in def.columns {
            let bit = 1 << column.index;
            if draft.given & bit == 0 {
                if column.auto_increment {
                    draft.values[column.index] = integer_value(column.ty, 0);
                } else if !column.nullable {
                    let message =
                        "the column has no value before the row is in the database, and is no `Option`; give it one";
                    return Err(refused(message).with_columns([column.name]));
                }
            } else if draft.by_caller & bit != 0 || !time(column) {
                new |= bit;
            }
        }
        let row: M = read_model(&mut Columns::new(&ValueRow(&draft.values)))?;
        let before = values(&row);
        Ok(Self { row, before, new: Some(new) })
    }

    /// Whether the row is not inserted yet, see [`build`](super::Statements::build): then [`save`](Self::save) inserts it.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut dee = User::build(User::create().email("dee@example.com"))?;
    /// assert!(dee.is_new() && dee.id == 0);
    /// dee.save(&db).await?; // INSERT
    /// assert!(!dee.is_new() && dee.id == 4);
    /// # Ok(()) });
    /// ```
    pub fn is_new(&self) -> bool {
        self.new.is_some()
    }

    /// The columns whose values changed, except those that are not set by hand: keys, computed columns, timestamps, the version. For a new
    /// row, those that changed since it was built.
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
    /// version that was set by hand is checked in any case. A row that is new is created.
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
        if let Some(new) = self.new {
            return self.insert(new, db.session()).await;
        }
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

    /// Inserts the row. `new` has the columns that were set when it was built.
    async fn insert(&mut self, new: u128, session: &dyn Session) -> Result<()> {
        let now = values(&self.row);
        let mut given = new;
        for column in M::DEF.columns.iter().filter(|column| column.generated.is_none()) {
            if self.before.get(column.index) != now.get(column.index) {
                given |= 1 << column.index;
            }
        }
        let fresh = create_one(session, Draft::whole(now, given)).await?;
        refresh(&mut self.row, fresh);
        (self.before, self.new) = (values(&self.row), None);
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
