//! What the tests share: accounts, services with a clock and a mailer of the tests, the other side of a second factor.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use orm::prelude::*;
use orm::{async_trait, uuid::Uuid};
use orm_auth::{
    About, Account, Auth, BoxError, Client, Error, Keys, Mail, MailToken, Mailer, ManualClock, PasswordCost, Secret,
    Settings, SignIn, SignedIn, Tables, TotpSetup,
};
use orm_tests::Test;

/// Who signs in.
#[derive(Debug, Clone, Model)]
#[orm(table = "members")]
pub(crate) struct Member {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(unique, length = 255)]
    pub(crate) email: String,
    pub(crate) email_verified_at: Option<DateTime<Utc>>,
    #[orm(default = true)]
    pub(crate) open: bool,
}

impl Account for Member {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }
    fn email(&self) -> &str {
        &self.email
    }
    fn may_sign_in(&self) -> bool {
        self.open
    }
    async fn find_by_email(db: &Database, email: &str) -> orm::Result<Option<Self>> {
        Self::find_one().filter(Self::EMAIL.eq(email)).exec(db).await
    }
    async fn find_by_id(db: &Database, id: i64) -> orm::Result<Option<Self>> {
        Self::find_by_pk(id).exec(db).await
    }
    async fn email_was_verified(tx: &Transaction, id: i64, email: &str, at: DateTime<Utc>) -> orm::Result<()> {
        let this = Self::ID.eq(id).and(Self::EMAIL.eq(email));
        Self::update().email_verified_at(at).filter(this).exec(tx).await.map(drop)
    }
}

/// An account whose key is a UUID.
#[derive(Debug, Clone, Model)]
#[orm(table = "guests")]
pub(crate) struct Guest {
    #[orm(primary_key)]
    pub(crate) id: Uuid,
    #[orm(unique, length = 255)]
    pub(crate) email: String,
}

impl Account for Guest {
    type Id = Uuid;

    fn id(&self) -> Uuid {
        self.id
    }
    fn email(&self) -> &str {
        &self.email
    }
    async fn find_by_email(db: &Database, email: &str) -> orm::Result<Option<Self>> {
        Self::find_one().filter(Self::EMAIL.eq(email)).exec(db).await
    }
    async fn find_by_id(db: &Database, id: Uuid) -> orm::Result<Option<Self>> {
        Self::find_by_pk(id).exec(db).await
    }
    async fn email_was_verified(_tx: &Transaction, _id: Uuid, _email: &str, _at: DateTime<Utc>) -> orm::Result<()> {
        Ok(())
    }
}

pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The mails of a test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mails(Arc<Mutex<Vec<Mail>>>);

#[async_trait]
impl Mailer for Mails {
    async fn send(&self, mail: Mail) -> std::result::Result<(), BoxError> {
        self.0.lock().unwrap().push(mail);
        Ok(())
    }
}

impl Mails {
    /// The subjects since the last time.
    pub(crate) fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The token of the one mail since the last time.
    #[track_caller]
    pub(crate) fn token(&self) -> MailToken {
        let mails = self.take();
        match mails.as_slice() {
            [Mail { about: About::VerifyEmail(token) | About::ResetPassword(token), .. }] => token.clone(),
            other => panic!("{other:?}"),
        }
    }
}

/// The services of a test.
pub(crate) struct World {
    pub(crate) db: Database,
    pub(crate) auth: Auth<Member>,
    pub(crate) clock: ManualClock,
    pub(crate) mails: Mails,
    pub(crate) client: Client,
}

/// Settings under which tests are fast, and nothing is throttled unless they say so.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::new("Shop");
    settings.password_cost = PasswordCost::insecure_for_tests();
    settings.reset_answer_time = Duration::ZERO;
    settings.account_throttle.free = 1000;
    settings.address_throttle.free = 1000;
    settings
}

pub(crate) fn keys() -> Keys {
    Keys::new([7; 32])
}

impl World {
    pub(crate) async fn new(test: &Test) -> Result<Self> {
        Self::with(test, settings()).await
    }

    pub(crate) async fn with(test: &Test, settings: Settings) -> Result<Self> {
        let db = test.with::<(Member, Tables<Member>)>().await?;
        let clock = ManualClock::at("2026-01-31T12:00:00.123456Z".parse().unwrap());
        let mails = Mails::default();
        let auth = Auth::build(&db, settings, keys(), mails.clone()).clock(clock.clone()).finish()?;
        let client = Client::at("192.0.2.7".parse().unwrap()).with_user_agent("Test/1.0");
        Ok(Self { db, auth, clock, mails, client })
    }

    /// The services with other settings, on the same tables.
    pub(crate) fn again(&self, settings: Settings) -> Result<Auth<Member>> {
        Auth::build(&self.db, settings, keys(), self.mails.clone()).clock(self.clock.clone()).finish()
    }

    /// An account with a password.
    pub(crate) async fn member(&self, email: &str, password: &str) -> Result<Member> {
        let password = self.auth.new_password(email, &Secret::from(password)).await?;
        self.db
            .try_transaction(async |tx| {
                let member = Member::create().email(email).exec(tx).await?;
                self.auth.store_password(tx, member.id, password).await?;
                Ok(member)
            })
            .await
    }

    /// The account of most tests.
    pub(crate) async fn ada(&self) -> Result<Member> {
        self.member(EMAIL, PASSWORD).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<SignIn<Member>> {
        self.auth.sign_in(email, &Secret::from(password), &self.client).await
    }

    /// Signs in by the password alone.
    pub(crate) async fn signed_in(&self) -> Result<SignedIn<Member>> {
        Ok(done(self.sign_in(EMAIL, PASSWORD).await?))
    }

    /// Signs in and adds a second factor, with the app that makes its codes.
    pub(crate) async fn with_app(&self) -> Result<(orm_auth::SecondFactorAdded<Member>, App)> {
        let signed_in = self.signed_in().await?;
        let recent = self.auth.recent(&signed_in.session).await?;
        let app = App::new(&self.auth.begin_totp(&recent).await?);
        let added = self.auth.confirm_totp(&recent, &app.code(&self.clock), &self.client).await?;
        // The code of the next step is another one.
        self.clock.advance(Duration::from_secs(30));
        self.mails.take();
        Ok((added, app))
    }
}

/// What was signed in.
#[track_caller]
pub(crate) fn done<A: Account>(answer: SignIn<A>) -> SignedIn<A> {
    match answer {
        SignIn::Done(signed_in) => signed_in,
        other => panic!("{other:?}"),
    }
}

/// What asks for a second factor.
#[track_caller]
pub(crate) fn pending<A: Account>(answer: SignIn<A>) -> orm_auth::PendingToken {
    match answer {
        SignIn::SecondFactor(token) => token,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn is_denied<A: Account>(answer: &SignIn<A>) -> bool {
    matches!(answer, SignIn::Denied)
}

/// An authenticator app.
pub(crate) struct App(totp_rs::Totp);

impl App {
    pub(crate) fn new(setup: &TotpSetup) -> Self {
        Self(totp_rs::Totp::from_url(setup.url()).unwrap())
    }

    /// The code of the present step.
    pub(crate) fn code(&self, clock: &ManualClock) -> Secret {
        self.code_of(clock, 0)
    }

    /// The code so many steps later.
    pub(crate) fn code_of(&self, clock: &ManualClock, steps: i64) -> Secret {
        use orm_auth::Clock;
        let time = clock.now().timestamp() + steps * 30;
        Secret::from(self.0.generate(u64::try_from(time).unwrap()).to_string())
    }
}
