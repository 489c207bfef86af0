//! Creating and dropping the tables of models, on a database or inside a transaction.

use orm_core::driver::Executor;
use orm_core::query::{self, ModelList};

use crate::{Database, Model, Result, Transaction};

macro_rules! tables {
    ($($name:ident)+) => {$(
        impl $name {
            /// Creates the tables of models with their keys, indexes and constraints, in the order of their foreign
            /// keys, cycles included. Tables that are there already are left as they are, whatever they look like.
            ///
            /// ```ignore
            /// db.create_tables::<(User, Post)>().await?;
            /// ```
            ///
            /// # Errors
            /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for what the database does not have, else the
            /// database's.
            pub async fn create_tables<L: ModelList>(&self) -> Result<()> {
                query::create_tables(self.session(), &L::defs()).await
            }

            /// Drops the tables of models, those that point at others first. What is not there is passed over.
            ///
            /// # Errors
            /// The database's: tables of other models may point here.
            pub async fn drop_tables<L: ModelList>(&self) -> Result<()> {
                query::drop_tables(self.session(), &L::defs()).await
            }

            /// Whether the table of a model is there.
            ///
            /// # Errors
            /// The database's.
            pub async fn table_exists<M: Model>(&self) -> Result<bool> {
                query::table_exists(self.session(), M::DEF).await
            }
        }
    )+};
}

tables!(Database Transaction);
