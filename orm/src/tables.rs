//! Creating and dropping the tables of models, on a database or inside a transaction.

use std::fmt;
use std::pin::Pin;

use orm_core::driver::{Executor, Session};
use orm_core::model::ModelDef;
use orm_core::query::{self, ModelList};
use orm_core::schema::{Difference, Schema};

use crate::{Database, Model, Result, Transaction};

macro_rules! tables {
    ($($name:ident)+) => {$(
        impl $name {
            /// Creates the tables of models with their keys, indexes and constraints, in the order of their foreign
            /// keys, cycles included. Tables that are there already are left as they are: it is an error when one is
            /// not fit for its model, and [`check`](Self::check) tells of every difference.
            ///
            /// ```
            /// # use orm::prelude::*;
            /// # #[derive(Debug, Clone, Model)]
            /// # struct User { #[orm(primary_key)] id: i64, posts: HasMany<Post> }
            /// # #[derive(Debug, Clone, Model)]
            /// # struct Post { #[orm(primary_key)] id: i64, user_id: i64, user: BelongsTo<User> }
            /// # #[cfg(feature = "sqlite")]
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> Result<()> {
            /// # let db = connect("sqlite::memory:").await?;
            /// db.create_tables::<(User, Post)>().await?;
            /// # assert!(db.table_exists::<Post>().await?);
            /// # Ok(())
            /// # }
            /// # #[cfg(not(feature = "sqlite"))]
            /// # fn main() {}
            /// ```
            ///
            /// # Errors
            /// [`ErrorKind::SchemaDiffers`](crate::ErrorKind::SchemaDiffers) when a table is there in which a column is
            /// missing, has a type that does not suit the field, or wants a value that no field gives;
            /// [`ErrorKind::UnknownTable`](crate::ErrorKind::UnknownTable) when a foreign key points at a table that is
            /// neither among them nor there; [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for what the
            /// database does not have, and inside a transaction on MySQL and MariaDB, which would commit it; else the
            /// database's.
            pub async fn create_tables<L: ModelList>(&self) -> Result<()> {
                query::create_tables(Executor::session(self), &L::defs()).await
            }

            /// Creates the tables of all models of the program, as [`create_tables`](Self::create_tables) does;
            /// [`models`](crate::models) says which they are, and narrows them to those of a module.
            ///
            /// ```standalone_crate
            /// # use orm::prelude::*;
            /// # #[derive(Debug, Clone, Model)]
            /// # struct User { #[orm(primary_key)] id: i64, posts: HasMany<Post> }
            /// # #[derive(Debug, Clone, Model)]
            /// # struct Post { #[orm(primary_key)] id: i64, user_id: i64, user: BelongsTo<User> }
            /// # #[cfg(feature = "sqlite")]
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> Result<()> {
            /// # let db = connect("sqlite::memory:").await?;
            /// db.create_all().await?;
            /// assert!(db.table_exists::<Post>().await?);
            /// # Ok(())
            /// # }
            /// # #[cfg(not(feature = "sqlite"))]
            /// # fn main() {}
            /// ```
            ///
            /// # Errors
            /// As [`create_tables`](Self::create_tables), and [`ErrorKind::Config`](crate::ErrorKind::Config) when the
            /// program has no models.
            #[cfg(feature = "registry")]
            pub async fn create_all(&self) -> Result<()> {
                crate::models().create_tables(self).await
            }

            /// Compares models with the tables that are there, and gives every difference with what to do about it: none
            /// means that the tables are what the models say. Nothing is changed. Expressions (of checks, defaults,
            /// computed columns, partial indexes) are not compared, since a database keeps them in words of its own.
            ///
            /// ```
            /// # use orm::prelude::*;
            /// # #[cfg(feature = "sqlite")]
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> Result<()> {
            /// # let db = connect("sqlite::memory:").await?;
            /// #[derive(Debug, Clone, Model)]
            /// struct User {
            ///     #[orm(primary_key)]
            ///     id: i64,
            ///     #[orm(unique)]
            ///     email: String,
            /// }
            ///
            /// db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)", ()).await?;
            /// let differences = db.check::<User>().await?;
            /// let shown: Vec<String> = differences.iter().map(ToString::to_string).collect();
            /// assert_eq!(shown[0], "`users.email`: the column is not there");
            /// assert!(differences[0].breaks());
            /// # Ok(())
            /// # }
            /// # #[cfg(not(feature = "sqlite"))]
            /// # fn main() {}
            /// ```
            ///
            /// # Errors
            /// The database's.
            pub async fn check<L: ModelList>(&self) -> Result<Vec<Difference>> {
                query::check_tables(Executor::session(self), &L::defs()).await
            }

            /// What the database has: tables, columns, keys, indexes, constraints, enum types, and what else is there by
            /// name. `None` is the connection's own schema (database, on MySQL and MariaDB; `main`, on SQLite).
            ///
            /// ```
            /// # use orm::prelude::*;
            /// # #[cfg(feature = "sqlite")]
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> Result<()> {
            /// # let db = connect("sqlite::memory:").await?;
            /// db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, age INT CHECK (age >= 0))", ()).await?;
            /// let schema = db.introspect(None).await?;
            /// let users = schema.table(&"users".into()).unwrap();
            /// assert!(users.column("age").unwrap().nullable);
            /// assert_eq!(users.checks.len(), 1);
            /// # Ok(())
            /// # }
            /// # #[cfg(not(feature = "sqlite"))]
            /// # fn main() {}
            /// ```
            ///
            /// # Errors
            /// The database's.
            pub async fn introspect(&self, schema: Option<&str>) -> Result<Schema> {
                query::introspect(Executor::session(self), schema).await
            }

            /// Drops the tables of models when it is awaited, those that point at others first. What is not there is
            /// passed over.
            ///
            /// ```
            /// # use orm::prelude::*;
            /// # #[derive(Debug, Clone, Model)]
            /// # struct User { #[orm(primary_key)] id: i64, posts: HasMany<Post> }
            /// # #[derive(Debug, Clone, Model)]
            /// # struct Post { #[orm(primary_key)] id: i64, user_id: i64, user: BelongsTo<User> }
            /// # #[cfg(feature = "sqlite")]
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> Result<()> {
            /// # let db = connect("sqlite::memory:").await?;
            /// # db.create_tables::<(User, Post)>().await?;
            /// db.drop_tables::<(User, Post)>().await?;
            /// # assert!(!db.table_exists::<Post>().await?);
            /// # Ok(())
            /// # }
            /// # #[cfg(not(feature = "sqlite"))]
            /// # fn main() {}
            /// ```
            pub fn drop_tables<L: ModelList>(&self) -> DropTables<'_> {
                DropTables::new(Executor::session(self), L::defs())
            }

            /// Whether the table of a model is there.
            ///
            /// # Errors
            /// The database's.
            pub async fn table_exists<M: Model>(&self) -> Result<bool> {
                query::table_exists(Executor::session(self), M::DEF).await
            }
        }
    )+};
}

tables!(Database Transaction);

/// Tables to drop: [`Database::drop_tables`], [`Transaction::drop_tables`]. Await it.
///
/// # Errors
/// [`ErrorKind::HasDependents`](crate::ErrorKind::HasDependents) when something that stays depends on the tables: a foreign
/// key of another table, on every database; a view, on PostgreSQL. MySQL, MariaDB and SQLite drop tables under a view, which
/// stays and fails when it is read. Else the database's.
#[must_use = "nothing is dropped until this is awaited"]
pub struct DropTables<'a> {
    session: &'a dyn Session,
    defs: Vec<&'static ModelDef>,
    cascade: bool,
}

impl<'a> DropTables<'a> {
    pub(crate) fn new(session: &'a dyn Session, defs: Vec<&'static ModelDef>) -> Self {
        Self { session, defs, cascade: false }
    }

    /// Drops what depends on the tables as well: foreign keys of other tables, and views. PostgreSQL;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) elsewhere.
    pub fn cascade(mut self) -> Self {
        self.cascade = true;
        self
    }
}

impl fmt::Debug for DropTables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables: Vec<&str> = self.defs.iter().map(|def| def.table.name).collect();
        f.debug_struct("DropTables").field("tables", &tables).field("cascade", &self.cascade).finish()
    }
}

impl<'a> IntoFuture for DropTables<'a> {
    type Output = Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { query::drop_tables(self.session, &self.defs, self.cascade).await })
    }
}
