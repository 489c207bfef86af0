//! [`Account`]: what the project's own model of people tells the services. What the services keep about them is in `models`.

use std::fmt::Debug;

use orm::expr::SingleKey;
use orm::{Database, Model, Result, Scalar, Transaction};

use crate::chrono::{DateTime, Utc};

/// The model of those who sign in. `orm generate auth` writes it, with this trait; a model that is there already implements it by
/// hand. All of it is plain code of the project, so conditions of your own (accounts that are closed, tenants) go here.
pub trait Account: Model + SingleKey<<Self as Account>::Id> + Debug + Clone {
    /// The type of the primary key: an integer, a UUID, or text of up to 64 characters.
    type Id: Scalar + PartialEq + Debug;

    /// The primary key.
    fn id(&self) -> Self::Id;

    /// The address by which the account signs in, as the column has it.
    fn email(&self) -> &str;

    /// Whether the account may sign in; sessions that are open end with it as well.
    fn may_sign_in(&self) -> bool {
        true
    }

    /// Finds an account by its address, which has the form that [`normalize_email`](crate::normalize_email) gives. Store it in
    /// that form. An account that a database finds by another address, such as one without its accents, is not taken for it.
    fn find_by_email(db: &Database, email: &str) -> impl Future<Output = Result<Option<Self>>> + Send;

    /// Finds an account by its key.
    fn find_by_id(db: &Database, id: Self::Id) -> impl Future<Output = Result<Option<Self>>> + Send;

    /// Notes that the account's address is its own: sets `email_verified_at` where the key and the address are these.
    fn email_was_verified(
        tx: &Transaction,
        id: Self::Id,
        email: &str,
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<()>> + Send;
}
