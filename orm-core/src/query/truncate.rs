//! Emptying a table.

use std::marker::PhantomData;

use crate::dialect::{Dialect, Rendered, SqlWriter};
use crate::driver::{Query, Runs};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::row::Discard;
use crate::run::about;
use crate::write::refuse_whole_table;

/// Empties a table: `User::truncate()`. Every row goes, marked as deleted or not.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Truncate<M> {
    cascade: bool,
    restart: bool,
    _model: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for Truncate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Truncate").field("cascade", &self.cascade).field("restart", &self.restart).finish()
    }
}

impl<M: Model> Truncate<M> {
    /// Empties the model's table; called by the derive.
    pub fn new() -> Self {
        Self { cascade: false, restart: false, _model: PhantomData }
    }

    /// Empties tables that point at this one as well (PostgreSQL).
    pub fn cascade(mut self) -> Self {
        self.cascade = true;
        self
    }

    /// Starts keys from 1 again, where the database can be told; MySQL and MariaDB always do.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// Comment::truncate().restart_identity().exec(&db).await?;
    /// assert_eq!(Comment::count().exec(&db).await?, 0);
    /// # Ok(()) });
    /// ```
    pub fn restart_identity(mut self) -> Self {
        self.restart = true;
        self
    }

    /// The SQL for a dialect.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert!(Comment::truncate().to_sql(db.dialect()).is_ok());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for `cascade` on databases without it.
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<Rendered> {
        let capabilities = dialect.capabilities();
        let mut w = SqlWriter::new(dialect);
        w.push_sql(if capabilities.truncate { "TRUNCATE TABLE " } else { "DELETE FROM " });
        w.push_table(M::DEF.table)?;
        if self.restart && capabilities.truncate_cascade {
            w.push_sql(" RESTART IDENTITY");
        }
        if self.cascade {
            if !capabilities.truncate_cascade {
                return Err(Error::unsupported(dialect.name(), "TRUNCATE .. CASCADE"));
            }
            w.push_sql(" CASCADE");
        }
        w.do_not_cache();
        Ok(w.finish())
    }

    /// Empties the table.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// Comment::truncate().exec(&db).await?;
    /// assert!(!Comment::exists().exec(&db).await?);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's: other tables' rows may point here;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) inside a transaction that the database would commit.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<()> {
        let session = db.session();
        refuse_whole_table(session, M::DEF, "empty the table")?;
        let rendered = self.to_sql(&**session.dialect())?;
        if session.dialect().capabilities().truncate {
            super::tables::outside_transaction(session, "TRUNCATE")?;
        }
        session.fetch(Query::text(&rendered.sql), &mut Discard).await.map_err(about(M::DEF))?;
        Ok(())
    }
}

impl<M: Model> Default for Truncate<M> {
    fn default() -> Self {
        Self::new()
    }
}
