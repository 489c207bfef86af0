//! The model. Everything that holds of an account is said here, once.

use orm::prelude::*;
use orm::query::Op;
use orm::{Listing, Refine};
use schemars::JsonSchema;
use serde::Serialize;

/// Somebody who has signed up.
#[orm::serde]
#[derive(Debug, Clone, PartialEq, Model, Serialize, JsonSchema)]
#[orm(timestamps, paranoid)]
#[orm(input(SignUp(email, handle, name), derive(Serialize)), patch(Profile(name, bio, website)))]
pub struct Account {
    /// Its number.
    #[orm(primary_key)]
    pub id: i64,
    /// Where mail goes. Nobody else has it.
    #[orm(unique, length = 120, normalize(trim, lowercase), validate(email))]
    pub email: String,
    /// A name for URLs: small letters, digits and hyphens. Nobody else has it.
    #[orm(unique, length = 30, normalize(trim, lowercase), validate(length = 3..=30, pattern = "^[a-z0-9-]*$"))]
    pub handle: String,
    /// The name that others see.
    #[orm(length = 80, normalize(squish), validate(length = 2..=80))]
    pub name: Option<String>,
    /// A few words about the person.
    #[orm(length = 500, normalize(trim))]
    pub bio: Option<String>,
    /// A page of the person.
    #[orm(length = 200, normalize(trim), validate(url))]
    pub website: Option<String>,
    /// Counts the changes; the row's `ETag`.
    #[orm(version)]
    pub version: i32,
    /// When the person signed up.
    pub created_at: DateTime<Utc>,
    /// When the row was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the account was deleted; it can be restored.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Account {
    /// What requests may ask of the list of accounts.
    pub(crate) fn listing() -> Listing<Self> {
        Listing::new()
            .filter((Self::ID, Self::CREATED_AT))
            .filter_by((Self::HANDLE, Self::NAME), [Op::Eq, Op::In, Op::StartsWith, Op::Substring])
            .sort((Self::ID, Self::HANDLE, Self::NAME, Self::CREATED_AT))
            .page_size(20, 100)
    }

    /// The account, deleted or not.
    pub(crate) async fn with_deleted(id: i64, db: &Database) -> Result<Self> {
        Self::find_one().filter(Self::ID.eq(id)).with_deleted().required(db).await
    }
}
