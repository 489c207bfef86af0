//! [`Auth`]: the services. Here: what they have, how it is put together, and what all of them use. What they do is in the files of
//! their subjects.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Scalar, Value};

use crate::account::Account;
use crate::client::{Client, normalize_email};
use crate::clock::{Clock, SystemClock, before, micros};
use crate::error::{Error, Result};
use crate::key::Keys;
use crate::mail::{About, Mail, Mailer};
use crate::models::{Event, EventKind, Session, Throttle, Token};
use crate::password::{BreachedPasswords, Hasher};
use crate::secret::hex_digest;
use crate::settings::Settings;
use crate::throttle;

/// The services for accounts of one model. Make one when the program starts; clones are the same.
///
/// Nothing that it gives has a secret in its `Debug`. Its functions run their own transactions on the database it was made with.
pub struct Auth<A: Account> {
    pub(crate) db: Database,
    pub(crate) shared: Arc<Shared>,
    _account: PhantomData<fn() -> A>,
}

/// What clones share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) keys: Keys,
    pub(crate) hasher: Hasher,
    pub(crate) mailer: Box<dyn Mailer>,
    pub(crate) breached: Option<Box<dyn BreachedPasswords>>,
    clock: Box<dyn Clock>,
}

/// What [`Auth::build`] begins.
#[must_use = "nothing is there before `finish`"]
pub struct Builder<A: Account> {
    db: Database,
    settings: Settings,
    keys: Keys,
    mailer: Box<dyn Mailer>,
    breached: Option<Box<dyn BreachedPasswords>>,
    clock: Box<dyn Clock>,
    _account: PhantomData<fn() -> A>,
}

impl<A: Account> Auth<A> {
    /// The services on a database, with the settings' defaults. `issuer` is the name of the service.
    ///
    /// # Errors
    /// [`Error::Settings`] for an issuer that cannot be used.
    pub fn new(db: &Database, issuer: &str, keys: Keys, mailer: impl Mailer + 'static) -> Result<Self> {
        Self::build(db, Settings::new(issuer), keys, mailer).finish()
    }

    /// As [`new`](Self::new), with settings, a list of leaked passwords, a clock.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::{Auth, FileMailer, Keys, Settings};
    ///
    /// let mut settings = Settings::new("Shop");
    /// settings.password_chars = 20;
    /// let mailer = FileMailer::new("target/mail", "http://localhost:3000");
    /// let auth: Auth<User> = Auth::build(&shop.db, settings, Keys::new([7; 32]), mailer).finish()?;
    /// assert_eq!(auth.settings().password_chars, 20);
    /// # Ok(()) });
    /// ```
    pub fn build(db: &Database, settings: Settings, keys: Keys, mailer: impl Mailer + 'static) -> Builder<A> {
        Builder {
            // A session that was ended must not be found on a replica that is behind.
            db: db.on_primary(),
            settings,
            keys,
            mailer: Box::new(mailer),
            breached: None,
            clock: Box::new(SystemClock),
            _account: PhantomData,
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Removes what has expired, and events that are older than this. Run it once a day; nothing depends on it.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use std::time::Duration;
    ///
    /// shop.ada().await?;
    /// shop.clock.advance(Duration::from_secs(30 * 24 * 3600));
    /// assert!(auth.purge(Duration::from_secs(365 * 24 * 3600)).await? > 0);
    /// # let _ = client;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn purge(&self, events_older_than: Duration) -> Result<u64> {
        let now = self.now();
        let db = &self.db;
        let sessions = Session::<A>::destroy().filter(Session::<A>::EXPIRES_AT.le(now)).exec(db).await?;
        let tokens = Token::<A>::destroy().filter(Token::<A>::EXPIRES_AT.le(now)).exec(db).await?;
        let settings = self.settings();
        let forgotten = settings.account_throttle.forgotten_after.max(settings.address_throttle.forgotten_after);
        let throttles =
            Throttle::<A>::destroy().filter(Throttle::<A>::LAST_AT.lt(before(now, forgotten))).exec(db).await?;
        let events = Event::<A>::destroy().filter(Event::<A>::AT.lt(before(now, events_older_than))).exec(db).await?;
        Ok(sessions + tokens + throttles + events)
    }

    /// The time, as every database keeps it.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        micros(self.shared.clock.now())
    }

    /// Adds to the log of events.
    pub(crate) async fn record(
        &self,
        db: &impl Executor,
        kind: EventKind,
        account: Option<A::Id>,
        client: &Client,
    ) -> Result<()> {
        let event = Event::<A>::create()
            .kind(kind)
            .at(self.now())
            .account_id(account)
            .address(client.shown())
            .user_agent(client.user_agent.clone());
        event.exec(db).await?;
        Ok(())
    }

    /// Tells the owner of an account what happened to it. That it cannot be told undoes nothing.
    pub(crate) async fn notify(&self, to: &str, about: About) {
        if let Err(error) = self.mail(to, about).await {
            tracing::warn!(target: "orm_auth", %error, "somebody could not be told about a change of the account");
        }
    }

    pub(crate) async fn mail(&self, to: &str, about: About) -> Result<()> {
        let mail = Mail { to: to.to_owned(), issuer: self.settings().issuer.clone(), about };
        self.shared.mailer.send(mail).await.map_err(Error::Mail)
    }

    /// The account of an address. Where a database takes letters with accents and without for the same, it finds one by many
    /// addresses, and each would have attempts of its own.
    pub(crate) async fn find(&self, email: &str) -> Result<Option<A>> {
        let found = A::find_by_email(&self.db, email).await?;
        Ok(found.filter(|account| normalize_email(account.email()) == email))
    }

    /// Counts an attempt from the client's address and one at what `bucket` names; tells how long to wait, where one has to.
    pub(crate) async fn attempt(&self, bucket: &str, client: &Client) -> Result<Option<Duration>> {
        let (now, settings) = (self.now(), self.settings());
        if let Some(network) = network_bucket(client)
            && let Some(wait) = throttle::attempt::<A>(&self.db, &network, settings.address_throttle, now).await?
        {
            return Ok(Some(wait));
        }
        throttle::attempt::<A>(&self.db, bucket, settings.account_throttle, now).await
    }

    /// An attempt went well.
    pub(crate) async fn went_well(&self, bucket: &str, client: &Client) -> Result<()> {
        throttle::forget::<A>(&self.db, bucket).await?;
        match network_bucket(client) {
            Some(network) => throttle::take_back::<A>(&self.db, &network).await,
            None => Ok(()),
        }
    }
}

/// What is counted for a word and a text, be it an account's or not.
pub(crate) fn bucket(word: &str, text: &str) -> String {
    format!("{word}:{}", hex_digest(&[text.as_bytes()]))
}

fn network_bucket(client: &Client) -> Option<String> {
    client.network().map(|network| bucket("address", &network))
}

/// A key of an account as text, the same for ever.
pub(crate) fn key_text<A: Account>(id: &A::Id) -> String {
    match id.encode() {
        Value::I16(number) => number.to_string(),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::Text(text) => text.into_owned(),
        Value::Uuid(bytes) => data_encoding::HEXLOWER.encode(&bytes),
        Value::Bytes(bytes) => data_encoding::HEXLOWER.encode(&bytes),
        _ => format!("{id:?}"),
    }
}

impl<A: Account> Builder<A> {
    /// A list of leaked passwords, which new passwords must not be in.
    pub fn breached_passwords(mut self, list: impl BreachedPasswords + 'static) -> Self {
        self.breached = Some(Box::new(list));
        self
    }

    /// Another clock than the system's, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// The services.
    ///
    /// # Errors
    /// [`Error::Settings`] for a setting that cannot be used.
    pub fn finish(self) -> Result<Auth<A>> {
        let Self { db, settings, keys, mailer, breached, clock, _account } = self;
        settings.check()?;
        let hasher = Hasher::new(settings.password_cost.clone(), settings.hashes_at_once)?;
        let shared = Arc::new(Shared { settings, keys, hasher, mailer, breached, clock });
        Ok(Auth { db, shared, _account })
    }
}

impl<A: Account> Clone for Auth<A> {
    fn clone(&self) -> Self {
        Self { db: self.db.clone(), shared: Arc::clone(&self.shared), _account: PhantomData }
    }
}

impl<A: Account> fmt::Debug for Auth<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("db", &self.db).field("settings", self.settings()).finish_non_exhaustive()
    }
}

impl<A: Account> fmt::Debug for Builder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("db", &self.db).field("settings", &self.settings).finish_non_exhaustive()
    }
}
