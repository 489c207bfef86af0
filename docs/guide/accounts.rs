//! What the chapter on authentication shares: the model of accounts, as `orm generate auth` writes it, and the services on a database
//! with one account.

use std::fmt::Display;
use std::sync::{Arc, Mutex};

use orm::async_trait;
use orm::prelude::*;
use orm_auth::{
    About, Auth, BoxError, Client, Clock, Keys, Mail, MailToken, Mailer, ManualClock, PasswordCost, Secret, Settings,
    SignIn, SignedIn, Tables, TotpSetup,
};

#[derive(Debug, Clone, Model)]
#[orm(timestamps)]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 255)]
    pub email: String,
    pub email_verified_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl orm_auth::Account for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn email(&self) -> &str {
        &self.email
    }

    async fn find_by_email(db: &Database, email: &str) -> orm::Result<Option<Self>> {
        Self::find_one().filter(Self::EMAIL.eq(email)).exec(db).await
    }

    async fn find_by_id(db: &Database, id: i64) -> orm::Result<Option<Self>> {
        Self::find_by_pk(id).exec(db).await
    }

    async fn email_was_verified(tx: &Transaction, id: i64, email: &str, at: DateTime<Utc>) -> orm::Result<()> {
        let this = Self::ID.eq(id).and(Self::EMAIL.eq(email));
        Self::update().email_verified_at(at).filter(this).exec(tx).await?;
        Ok(())
    }
}

orm_auth::register!(User);

/// The services of a block, and what its hidden lines need.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The database.
    pub db: Database,
    /// The services.
    pub auth: Auth<User>,
    /// Where requests come from.
    pub client: Client,
    /// The clock of the services.
    pub clock: ManualClock,
    mails: Mails,
}

/// The mails of a block.
#[derive(Debug, Clone, Default)]
struct Mails(Arc<Mutex<Vec<Mail>>>);

#[async_trait]
impl Mailer for Mails {
    async fn send(&self, mail: Mail) -> Result<(), BoxError> {
        self.0.lock().map_err(|_| "the lock is poisoned")?.push(mail);
        Ok(())
    }
}

/// The password of the account that is there, `ada@example.com`.
pub const PASSWORD: &str = "correct horse battery staple";

impl Shop {
    async fn new() -> orm_auth::Result<Self> {
        let db = connect("sqlite::memory:").await?;
        db.create_tables::<(User, Tables<User>)>().await?;
        let mut settings = Settings::new("Shop");
        settings.password_cost = PasswordCost::insecure_for_tests();
        settings.reset_answer_time = std::time::Duration::ZERO;
        let (clock, mails) = (ManualClock::at(Utc::now()), Mails::default());
        let keys = Keys::new([7; 32]);
        let auth = Auth::build(&db, settings, keys, mails.clone()).clock(clock.clone()).finish()?;
        let client = Client::at([192, 0, 2, 7].into());
        let password = auth.new_password("ada@example.com", &Secret::from(PASSWORD)).await?;
        db.try_transaction(async |tx| {
            let ada = User::create().email("ada@example.com").exec(tx).await?;
            auth.store_password(tx, ada.id, password).await
        })
        .await?;
        Ok(Self { db, auth, client, clock, mails })
    }

    /// Ada, signed in by her password.
    ///
    /// # Errors
    /// Those of signing in.
    #[allow(clippy::panic)] // a failed example is a failed test
    pub async fn ada(&self) -> orm_auth::Result<SignedIn<User>> {
        match self.auth.sign_in("ada@example.com", &Secret::from(PASSWORD), &self.client).await? {
            SignIn::Done(signed_in) => Ok(signed_in),
            other => panic!("{other:?}"),
        }
    }

    /// What the app shows for a secret.
    ///
    /// # Panics
    /// When the URL is none.
    #[allow(clippy::expect_used)] // a failed example is a failed test
    pub fn code(&self, setup: &TotpSetup) -> Secret {
        let app = totp_rs::Totp::from_url(setup.url()).expect("a URL of a secret");
        Secret::from(shown(app.generate(self.clock.now().timestamp().unsigned_abs())))
    }

    /// The token in the last mail.
    ///
    /// # Panics
    /// When there is none.
    #[allow(clippy::panic)] // a failed example is a failed test
    pub fn link(&self) -> MailToken {
        match self.mails.0.lock().ok().and_then(|mut mails| mails.pop()) {
            Some(Mail { about: About::VerifyEmail(token) | About::ResetPassword(token), .. }) => token,
            other => panic!("{other:?}"),
        }
    }
}

fn shown(code: impl Display) -> String {
    code.to_string()
}

/// Runs a block of the chapter.
///
/// # Panics
/// When the block ends with an error.
#[allow(clippy::panic)] // a failed example is a failed test
pub fn shop(block: impl AsyncFnOnce(Shop) -> orm_auth::Result<()>) {
    let run = async || block(Shop::new().await?).await;
    let ended =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| runtime.block_on(run()));
    match ended {
        Ok(Ok(())) => {}
        other => panic!("{other:?}"),
    }
}
