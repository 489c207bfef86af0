//! The tables of the services, one struct each. Every secret in them is a hash, or sealed with a key that the database does not
//! have. Rows go with their account: the foreign keys cascade.
//!
//! Read them as your own; what changes them is [`Auth`](crate::Auth):
//!
//! ```
//! # use orm_guide::accounts::*;
//! # shop(async |shop| {
//! use orm::prelude::*;
//! use orm_auth::models::Session;
//!
//! # let (db, ada) = (&shop.db, shop.ada().await?.session.account().clone());
//! let open = Session::<User>::count().filter(Session::<User>::ACCOUNT_ID.eq(ada.id)).exec(db).await?;
//! assert_eq!(open, 1);
//! # Ok(()) });
//! ```

use std::marker::PhantomData;

use orm::prelude::*;

use crate::account::Account;
use crate::stored::{Digest, Sealed, StoredHash};

/// How surely it is known who acts: the authenticator assurance levels of NIST SP 800-63B.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[orm(storage = "integer")]
pub enum Level {
    /// One factor: a password.
    Aal1 = 1,
    /// Two factors: a password, and a code or a recovery code.
    Aal2 = 2,
}

/// The password of an account, in a table of its own: no query of accounts reads it by accident.
#[derive(Debug, Clone, Model)]
#[orm(table = "auth_passwords")]
pub struct Password<A: Account> {
    /// Whose it is.
    #[orm(primary_key, auto_increment = false, length = 64)]
    pub account_id: A::Id,
    /// The hash, with its parameters.
    #[orm(length = 255)]
    pub hash: StoredHash,
    /// When it was set.
    pub changed_at: DateTime<Utc>,
    /// Whose it is.
    #[orm(on_delete = cascade)]
    pub account: BelongsTo<A>,
}

/// A session: somebody who is signed in with one client.
#[derive(Debug, Clone, Model)]
#[orm(table = "auth_sessions")]
pub struct Session<A: Account> {
    /// By which it is listed and revoked; not a secret.
    #[orm(primary_key)]
    pub id: i64,
    /// Who is signed in.
    #[orm(index, length = 64)]
    pub account_id: A::Id,
    /// SHA-256 of the token that the client has.
    #[orm(unique, length = 32)]
    pub token_hash: Digest,
    /// How surely.
    pub level: Level,
    /// By what, such as `pwd otp`.
    #[orm(length = 60)]
    pub methods: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When the account last proved itself.
    pub authenticated_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: DateTime<Utc>,
    /// When it ends.
    #[orm(index)]
    pub expires_at: DateTime<Utc>,
    /// Where the client was when it began.
    #[orm(length = 60)]
    pub address: Option<String>,
    /// What the client calls itself.
    #[orm(length = 255)]
    pub user_agent: Option<String>,
    /// Who is signed in.
    #[orm(on_delete = cascade)]
    pub account: BelongsTo<A>,
}

/// What a token of [`Token`] is for. One of a purpose is not taken for one of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(rename_all = "snake_case")]
pub enum Purpose {
    /// The time between the first factor and the second.
    SecondFactor,
    /// The link of a mail that verifies an address.
    VerifyEmail,
    /// The link of a mail that resets a password.
    ResetPassword,
}

/// A token that is good once.
#[derive(Debug, Clone, Model)]
#[orm(table = "auth_tokens", unique(purpose, token_hash))]
pub struct Token<A: Account> {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    #[orm(index, length = 64)]
    pub account_id: A::Id,
    /// What for.
    #[orm(length = 20)]
    pub purpose: Purpose,
    /// SHA-256 of what the client has.
    #[orm(length = 32)]
    pub token_hash: Digest,
    /// The address that it was sent to; of another it is not good.
    #[orm(length = 255)]
    pub sent_to: Option<String>,
    /// The session that goes on with the second factor; none where one begins.
    pub session_id: Option<i64>,
    /// How many codes were tried with it.
    #[orm(default = 0)]
    pub attempts: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    #[orm(index)]
    pub expires_at: DateTime<Utc>,
    /// Whose it is.
    #[orm(on_delete = cascade)]
    pub account: BelongsTo<A>,
}

/// The authenticator app of an account: SHA-1, 6 digits, 30 seconds, which is what all apps do.
#[derive(Debug, Clone, Model)]
#[orm(table = "auth_totps")]
pub struct Totp<A: Account> {
    /// Whose it is.
    #[orm(primary_key, auto_increment = false, length = 64)]
    pub account_id: A::Id,
    /// The secret, sealed with a key of the server.
    #[orm(length = 255)]
    pub secret: Sealed,
    /// The last step of which a code was used: that one and earlier ones are good no more.
    pub last_step: Option<i64>,
    /// When the secret was made.
    pub created_at: DateTime<Utc>,
    /// When a first code proved that the app has it. It counts as a factor from then on.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Whose it is.
    #[orm(on_delete = cascade)]
    pub account: BelongsTo<A>,
}

/// A code for the day on which the second factor is lost.
#[derive(Debug, Clone, Model)]
#[orm(table = "auth_recovery_codes", unique(account_id, code_hash))]
pub struct RecoveryCode<A: Account> {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    #[orm(length = 64)]
    pub account_id: A::Id,
    /// SHA-256 of the code, which has 80 random bits.
    #[orm(length = 32)]
    pub code_hash: Digest,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// Whose it is.
    #[orm(on_delete = cascade)]
    pub account: BelongsTo<A>,
}

/// Attempts that failed, of one account or from one address.
#[derive(Debug, Clone, Model)]
#[orm(table = "auth_throttles")]
pub struct Throttle<A: Account> {
    /// What is counted: a word, and a hash of the address, which need not be that of an account.
    #[orm(primary_key, length = 80)]
    pub bucket: String,
    // Before `failures`, from which it is computed: MySQL sets columns one after the other.
    /// Until when no attempt is taken.
    pub blocked_until: DateTime<Utc>,
    /// How many there were since the last one that went well.
    pub failures: i32,
    /// When the last one was.
    #[orm(index)]
    pub last_at: DateTime<Utc>,
    /// A parameter like those of the other tables: a program that has this crate and no accounts has no such table.
    #[orm(skip)]
    pub accounts: PhantomData<A>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// Somebody is signed in.
    SignedIn,
    /// A sign-in was refused: unknown, a wrong password, or an account that may not.
    SignInDenied,
    /// The password was right, the second factor not.
    SecondFactorDenied,
    /// A session proved itself again.
    SteppedUp,
    /// A session was ended.
    SignedOut,
    /// All sessions of an account were ended.
    SessionsEnded,
    /// A password was changed by its owner.
    PasswordChanged,
    /// A mail to reset a password was asked for.
    ResetRequested,
    /// A password was reset by a mail.
    PasswordReset,
    /// An address was verified.
    EmailVerified,
    /// A second factor was added.
    SecondFactorAdded,
    /// A second factor was removed.
    SecondFactorRemoved,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// New recovery codes took the place of the old ones.
    RecoveryCodesRenewed,
}

/// An entry of the log of events. It outlives its account.
#[derive(Debug, Clone, Model)]
#[orm(table = "auth_events")]
pub struct Event<A: Account> {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// Whose account it was about, where that is known.
    #[orm(index, length = 64)]
    pub account_id: Option<A::Id>,
    /// What happened.
    #[orm(length = 30)]
    pub kind: EventKind,
    /// When.
    #[orm(index)]
    pub at: DateTime<Utc>,
    /// Where the client was.
    #[orm(length = 60)]
    pub address: Option<String>,
    /// What the client calls itself.
    #[orm(length = 255)]
    pub user_agent: Option<String>,
    /// Whose account it was about.
    #[orm(on_delete = set_null)]
    pub account: BelongsTo<A>,
}

/// All tables of the services, for [`create_tables`](orm::Database::create_tables): `(User, Tables<User>)`.
pub type Tables<A> = (Password<A>, Session<A>, Token<A>, Totp<A>, RecoveryCode<A>, Throttle<A>, Event<A>);
