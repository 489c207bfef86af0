//! Who signs in. Everything else about signing in is in tables of `orm-auth`.

use orm::prelude::*;

/// Somebody with an account.
#[derive(Debug, Clone, Model)]
#[orm(timestamps)]
pub struct User {
    /// Its number.
    #[orm(primary_key)]
    pub id: i64,
    /// The address, in the form of [`orm_auth::normalize_email`].
    #[orm(unique, length = 255, validate(email))]
    pub email: String,
    /// What it may see besides its own.
    #[orm(default = Role::Member)]
    pub role: Role,
    /// When a link that was sent to the address came back.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// When the account was opened.
    pub created_at: DateTime<Utc>,
    /// When the row was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What an account may see besides its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Role {
    /// Nothing more.
    Member,
    /// The audit.
    Admin,
}

impl orm_auth::Account for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn email(&self) -> &str {
        &self.email
    }

    async fn find_by_email(db: &Database, email: &str) -> Result<Option<Self>> {
        Self::find_one().filter(Self::EMAIL.eq(email)).exec(db).await
    }

    async fn find_by_id(db: &Database, id: i64) -> Result<Option<Self>> {
        Self::find_by_pk(id).exec(db).await
    }

    async fn email_was_verified(tx: &Transaction, id: i64, email: &str, at: DateTime<Utc>) -> Result<()> {
        let this = Self::ID.eq(id).and(Self::EMAIL.eq(email));
        Self::update().email_verified_at(at).filter(this).exec(tx).await?;
        Ok(())
    }
}

orm_auth::register!(User);
