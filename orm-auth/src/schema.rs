//! The tables of the services as data, for `orm generate auth`: those of the models, for accounts of any table.

use std::fmt::Debug;

use orm::prelude::*;
use orm::query::ModelList;
use orm::schema::{CheckCondition, Column as SchemaColumn, ColumnType, QualifiedName, Schema, from_models};
use orm::{Result, Scalar};

use crate::account::Account;
use crate::models::Tables;

/// The tables for accounts of a table with this primary key.
///
/// ```
/// use orm::SqlType;
/// use orm::schema::Column;
///
/// let schema = orm_auth::schema(&"users".into(), &Column::new("id", SqlType::Uuid))?;
/// let sessions = schema.tables.iter().find(|table| table.name.name == "auth_sessions").expect("there is one");
/// assert_eq!(sessions.foreign_keys[0].target, "users".into());
/// # Ok::<(), orm::Error>(())
/// ```
///
/// # Errors
/// None that is known: those of making a schema of models.
pub fn schema(account: &QualifiedName, key: &SchemaColumn) -> Result<Schema> {
    let mut schema = from_models(&<Tables<Nobody<i64>>>::defs())?;
    for table in &mut schema.tables {
        for column in table.columns.iter_mut().filter(|column| column.name == COLUMN) {
            column.ty = key.ty.clone();
            column.type_name = key.type_name.clone();
        }
        for foreign in table.foreign_keys.iter_mut().filter(|foreign| foreign.columns == [COLUMN]) {
            foreign.target = account.clone();
            foreign.target_columns = vec![key.name.clone()];
        }
        // Only integers have a range.
        table.checks.retain_mut(|check| match (&mut check.condition, &key.ty) {
            (CheckCondition::Range { column, ty }, ColumnType::Plain(of_key)) if column == COLUMN => {
                *ty = *of_key;
                of_key.is_integer()
            }
            (CheckCondition::Range { column, .. }, _) => column != COLUMN,
            _ => true,
        });
    }
    Ok(schema)
}

/// The column that leads to the account.
const COLUMN: &str = "account_id";

/// Accounts of which there is none.
#[derive(Debug, Clone, Model)]
#[orm(table = "accounts")]
struct Nobody<K: Scalar + PartialEq + Debug> {
    #[orm(primary_key, auto_increment = false)]
    id: K,
}

impl<K: Scalar + PartialEq + Debug> Account for Nobody<K> {
    type Id = K;

    fn id(&self) -> K {
        self.id.clone()
    }
    fn email(&self) -> &str {
        ""
    }
    async fn find_by_email(_db: &Database, _email: &str) -> Result<Option<Self>> {
        Ok(None)
    }
    async fn find_by_id(_db: &Database, _id: K) -> Result<Option<Self>> {
        Ok(None)
    }
    async fn email_was_verified(_tx: &Transaction, _id: K, _email: &str, _at: DateTime<Utc>) -> Result<()> {
        Ok(())
    }
}
