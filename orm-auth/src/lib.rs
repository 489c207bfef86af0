//! Authentication on models of [`orm`]: passwords, sessions, second factors, recovery codes, links of mails, throttling, and a log
//! of events, on SQLite, MySQL, MariaDB and PostgreSQL.
//!
//! ```
//! use orm::prelude::*;
//! use orm_auth::{Account, Auth, Client, FileMailer, Keys, Secret, SignIn, Tables};
//!
//! #[derive(Debug, Clone, Model)]
//! struct User {
//!     #[orm(primary_key)]
//!     id: i64,
//!     #[orm(unique, length = 255)]
//!     email: String,
//!     email_verified_at: Option<DateTime<Utc>>,
//! }
//!
//! impl Account for User {
//!     type Id = i64;
//!
//!     fn id(&self) -> i64 {
//!         self.id
//!     }
//!     fn email(&self) -> &str {
//!         &self.email
//!     }
//!     async fn find_by_email(db: &Database, email: &str) -> Result<Option<Self>> {
//!         Self::find_one().filter(Self::EMAIL.eq(email)).exec(db).await
//!     }
//!     async fn find_by_id(db: &Database, id: i64) -> Result<Option<Self>> {
//!         Self::find_by_pk(id).exec(db).await
//!     }
//!     async fn email_was_verified(tx: &Transaction, id: i64, email: &str, at: DateTime<Utc>) -> Result<()> {
//!         let this = Self::ID.eq(id).and(Self::EMAIL.eq(email));
//!         Self::update().email_verified_at(at).filter(this).exec(tx).await.map(drop)
//!     }
//! }
//!
//! orm_auth::register!(User);
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm_auth::Result<()> {
//! let db = connect("sqlite::memory:").await?;
//! db.create_tables::<(User, Tables<User>)>().await?;
//! let keys = Keys::from_base64(&Keys::generate()?)?; // from the program's configuration
//! let auth: Auth<User> = Auth::new(&db, "Shop", keys, FileMailer::new("target/mail", "http://localhost:3000"))?;
//!
//! let password = auth.new_password("ada@example.com", &Secret::from("correct horse battery staple")).await?;
//! db.try_transaction(async |tx| {
//!     let ada = User::create().email("ada@example.com").exec(tx).await?;
//!     auth.store_password(tx, ada.id, password).await
//! })
//! .await?;
//!
//! let (typed, client) = (Secret::from("correct horse battery staple"), Client::at([192, 0, 2, 7].into()));
//! let SignIn::Done(signed_in) = auth.sign_in("ada@example.com", &typed, &client).await? else { panic!() };
//! let session = auth.authenticate(&signed_in.token).await?.expect("it has just begun");
//! assert_eq!(session.account().email, "ada@example.com");
//! # Ok(())
//! # }
//! ```
//!
//! # What is whose
//! The model of accounts is the project's: its columns, its rules, its relations. It implements [`Account`], five functions of plain
//! code, which `orm generate auth` writes. Everything else is of this crate: the [`models`] of passwords, sessions and so on
//! are generic over the account, with foreign keys to it and the type of its key. The migration that creates their tables is the
//! project's again.
//!
//! The models are not generated into projects, because they cannot be changed without changing what the services rely on: that a hash
//! is unique, that a row goes with its account, that a column has no plain secret. A fix in this crate reaches every project by
//! an update, and [`db.check`](orm::Database::check) says when tables do not fit. One database has one model of accounts. For what a project wants to know in
//! addition, it has its own tables, with a foreign key to accounts or sessions.
//!
//! # States
//! A step that was left out does not compile. Each value is made by one function only:
//!
//! | Value | Says | Made by |
//! |---|---|---|
//! | [`PendingToken`] | the password was right, and a second factor is wanted | [`Auth::sign_in`] |
//! | [`SignedIn`] | signed in, at [`Level::Aal1`] or [`Level::Aal2`]; has the [`SessionToken`] | [`Auth::sign_in`], [`Auth::finish_with_code`], [`Auth::finish_with_recovery_code`] |
//! | [`CurrentSession`] | the token of a request is that of a session | [`Auth::authenticate`] |
//! | [`Recent`] | the session has just proved itself, with the second factor where there is one | [`Auth::recent`] |
//! | [`NewPassword`] | a password was checked, and hashed | [`Auth::new_password`] |
//!
//! Changes of passwords and factors ask for a [`Recent`]. A token of one kind is not read as one of another.
//!
//! ```compile_fail,E0308
//! # use orm_auth::{Account, Auth, PendingToken, Result};
//! # async fn example<A: Account>(auth: &Auth<A>, pending: PendingToken) -> Result<()> {
//! auth.authenticate(&pending).await?; // the second factor is not proved: it is no `SessionToken`
//! # Ok(())
//! # }
//! ```
//!
//! ```compile_fail,E0308
//! # use orm_auth::{Account, Auth, Client, CurrentSession, Result, Secret};
//! # async fn example<A: Account>(auth: &Auth<A>, session: &CurrentSession<A>, new: &Secret, client: &Client) -> Result<()> {
//! auth.change_password(session, new, client).await?; // nobody asked how old the proof is: it is no `Recent`
//! # Ok(())
//! # }
//! ```
//!
//! # What the database has
//! Passwords as argon2id; tokens of 256 random bits and recovery codes of 80 as SHA-256; secrets of authenticator apps sealed with
//! XChaCha20-Poly1305 under [`Keys`] that the database does not have. Whoever reads all tables can sign in with nothing of it.
//! Bound values are in no log unless [`LogOptions`](orm::LogOptions) ask for them, and then they are these.
//!
//! # What is not here
//! Mail is handed to a [`Mailer`], and lists of leaked passwords are asked through [`BreachedPasswords`]: this crate sends nothing over
//! the network. Cookies, forms and routes are for the web framework. There are no passkeys: `webauthn-rs` is under the MPL, which this
//! workspace does not take into its dependencies.
//!
//! # Features
//! | Feature | What it adds |
//! |---|---|
//! | `import` | password hashes of other systems: bcrypt, scrypt, PBKDF2 |
//! | `qr` | the QR code of an authenticator app's secret, as SVG |

mod account;
mod auth;
mod by_mail;
mod change;
mod client;
mod clock;
mod error;
mod key;
mod mail;
pub mod models;
mod password;
mod schema;
mod second_factor;
mod secret;
mod sessions;
mod settings;
mod sign_in;
mod stored;
mod throttle;
mod totp;

#[doc(hidden)]
pub use orm as __orm;
pub use orm::chrono;

pub use account::Account;
pub use auth::{Auth, Builder};
pub use client::{Client, normalize_email};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{BoxError, Error, Result};
pub use key::Keys;
pub use mail::{About, FileMailer, Mail, Mailer};
pub use models::{Level, Tables};
pub use password::{BreachedPasswords, NewPassword, PasswordProblem};
pub use schema::schema;
pub use second_factor::{RecoveryCodes, SecondFactorAdded, TotpSetup};
pub use secret::{MailToken, PendingToken, Secret, SessionToken};
pub use sessions::{CurrentSession, Recent, SignIn, SignedIn};
pub use settings::{PasswordCost, Settings, Throttling};

/// Registers the tables of the services for the accounts of a model, for `orm::models()` and `orm migrate diff`: the line
/// `orm_auth::register!(User);` beside the model, which `orm generate auth` writes. Without the feature `registry` of `orm`, nothing is
/// left of the call.
#[macro_export]
macro_rules! register {
    ($account:ty) => {
        $crate::__orm::register!(
            $crate::models::Password<$account>,
            $crate::models::Session<$account>,
            $crate::models::Token<$account>,
            $crate::models::Totp<$account>,
            $crate::models::RecoveryCode<$account>,
            $crate::models::Throttle<$account>,
            $crate::models::Event<$account>,
        );
    };
}
