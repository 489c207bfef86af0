//! [`Error`]: what an operation can end with. Answers to a sign-in are no errors, see [`SignIn`](crate::SignIn). No message has a
//! password, a token or a code in it.

use std::time::Duration;

use crate::models::Level;
use crate::password::PasswordProblem;

/// Any error of another crate.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database's error.
    #[error(transparent)]
    Database(#[from] orm::Error),
    /// The new password cannot be used.
    #[error("the password cannot be used: {0}")]
    Password(#[from] PasswordProblem),
    /// Too many attempts from this address or at this account.
    #[error("too many attempts: try again in {} s", retry_after.as_secs().max(1))]
    Throttled {
        /// When another attempt is worth its while.
        retry_after: Duration,
    },
    /// The token is none, was used, or has expired.
    #[error("the token is not valid: it is unknown, was used already, or has expired")]
    InvalidToken,
    /// The code is wrong, or was used already.
    #[error("the code is wrong or was used already")]
    InvalidCode,
    /// The session is not sure enough, or its proof is too old: ask for the password or a code again.
    #[error("the session must prove itself again, at {level:?}: `step_up_with_password` or `step_up_with_code`")]
    StepUpNeeded {
        /// What is asked for.
        level: Level,
    },
    /// The session has ended while it was in use.
    #[error("the session has ended")]
    SessionEnded,
    /// There is a second factor already.
    #[error("the account has a second factor already: remove it first")]
    SecondFactorExists,
    /// The account has no second factor, or none that was confirmed.
    #[error("the account has no second factor")]
    NoSecondFactor,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// A hash of another system that is not known here.
    #[error("the hash is of no known kind: {0}")]
    UnknownHash(&'static str),
    /// A setting that cannot be used.
    #[error("the setting `{setting}` cannot be used: {why}")]
    Settings {
        /// Which.
        setting: &'static str,
        /// Why.
        why: String,
    },
    /// What is sealed in the database was sealed with another key.
    #[error("a sealed secret cannot be opened: none of the keys is the one it was sealed with (`Keys::with_old`)")]
    WrongKey,
    /// The mail was not handed on.
    #[error("the mail could not be handed on")]
    Mail(#[source] BoxError),
    /// The operating system gives no random numbers, or hashing failed.
    #[error("{0}")]
    Crypto(&'static str),
}
