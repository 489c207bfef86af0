//! Sessions: what a client that is signed in has, what it may do, and how sessions end. How they begin is in `sign_in`.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use orm::prelude::*;

use crate::account::Account;
use crate::auth::Auth;
use crate::client::Client;
use crate::clock::{after, before};
use crate::error::{Error, Result};
use crate::models::{EventKind, Level, Session, Token, Totp};
use crate::secret::{PendingToken, SessionToken, same};

/// How a sign-in went. What was wrong is not said: an account that does not exist, a wrong password and an account that may not sign
/// in are the same answer, after the same work.
#[derive(Debug)]
#[must_use = "nobody is signed in unless it is `Done`"]
pub enum SignIn<A: Account> {
    /// Signed in: the client gets the token.
    Done(SignedIn<A>),
    /// The first factor is proved, and the account has a second one. The client gets this token, and comes back with a code.
    SecondFactor(PendingToken),
    /// Refused.
    Denied,
    /// Too many attempts.
    Throttled {
        /// When another attempt is worth its while.
        retry_after: Duration,
    },
}

/// A session, and the token by which its client is known from now on. A token that the client had before is good no more.
#[derive(Debug)]
pub struct SignedIn<A: Account> {
    /// For the client, and nobody else: the database has only its hash.
    pub token: SessionToken,
    /// The session.
    pub session: CurrentSession<A>,
}

/// A session that was checked: somebody is signed in. Only [`Auth`] makes these.
#[derive(Clone)]
pub struct CurrentSession<A: Account> {
    account: A,
    row: Session<A>,
}

impl<A: Account> CurrentSession<A> {
    /// Who is signed in.
    pub fn account(&self) -> &A {
        &self.account
    }

    /// The key of the session, by which it is listed and revoked.
    pub fn id(&self) -> i64 {
        self.row.id
    }

    /// How surely.
    pub fn level(&self) -> Level {
        self.row.level
    }

    /// By what: `pwd`, and `otp` for a code or `rc` for a recovery code.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.row.methods.split(' ')
    }

    /// When the account last proved itself.
    pub fn authenticated_at(&self) -> DateTime<Utc> {
        self.row.authenticated_at
    }

    /// When the session ends.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.row.expires_at
    }

    pub(crate) fn account_id(&self) -> A::Id {
        self.row.account_id.clone()
    }
}

impl<A: Account> fmt::Debug for CurrentSession<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The account's own fields are the project's.
        f.debug_struct("CurrentSession")
            .field("id", &self.row.id)
            .field("account_id", &self.row.account_id)
            .field("level", &self.row.level)
            .finish_non_exhaustive()
    }
}

/// A session that has just proved itself, with the second factor where there is one: what changes of passwords and factors ask
/// for. [`Auth::recent`] gives it.
#[derive(Debug)]
pub struct Recent<'s, A: Account> {
    session: &'s CurrentSession<A>,
}

impl<'s, A: Account> Recent<'s, A> {
    /// The session.
    pub fn session(&self) -> &'s CurrentSession<A> {
        self.session
    }
}

impl<A: Account> Auth<A> {
    /// The session of a token, if there is one that lasts and whose account may sign in.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::SessionToken;
    ///
    /// let cookie = shop.ada().await?.token.reveal().to_owned();
    /// let token: SessionToken = cookie.parse()?;
    /// let session = auth.authenticate(&token).await?.expect("it has just begun");
    /// assert_eq!(session.account().email, "ada@example.com");
    /// # let _ = client;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn authenticate(&self, token: &SessionToken) -> Result<Option<CurrentSession<A>>> {
        let (now, digest) = (self.now(), token.digest());
        let found = Session::<A>::find_one().filter(Session::<A>::TOKEN_HASH.eq(&digest)).exec(&self.db).await?;
        let Some(mut row) = found.filter(|row| same(&row.token_hash, &digest)) else { return Ok(None) };
        let idle = self.settings().session_idle.is_some_and(|idle| after(row.last_used_at, idle) <= now);
        if row.expires_at <= now || idle {
            return Ok(None);
        }
        let account = A::find_by_id(&self.db, row.account_id.clone()).await?;
        let Some(account) = account.filter(A::may_sign_in) else { return Ok(None) };
        // To the minute, so that reading does not always write.
        let minute = before(now, Duration::from_secs(60));
        if row.last_used_at <= minute {
            let this = Session::<A>::ID.eq(row.id).and(Session::<A>::LAST_USED_AT.le(minute));
            Session::<A>::update().last_used_at(now).filter(this).exec(&self.db).await?;
            row.last_used_at = now;
        }
        Ok(Some(CurrentSession { account, row }))
    }

    /// Demands that a session is of a level, and that its proof is no older than this: for what the project itself protects.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use std::time::Duration;
    /// use orm_auth::{Error, Level};
    ///
    /// let session = shop.ada().await?.session;
    /// auth.require(&session, Level::Aal1, Duration::from_secs(60))?;
    /// shop.clock.advance(Duration::from_secs(60));
    /// let late = auth.require(&session, Level::Aal1, Duration::from_secs(60));
    /// assert!(matches!(late, Err(Error::StepUpNeeded { level: Level::Aal1 })));
    /// # let _ = client;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::StepUpNeeded`].
    pub fn require(&self, session: &CurrentSession<A>, level: Level, max_age: Duration) -> Result<()> {
        if session.level() >= level && after(session.authenticated_at(), max_age) > self.now() {
            return Ok(());
        }
        Err(Error::StepUpNeeded { level })
    }

    /// Demands what changes of passwords and factors ask for: a proof that is no older than
    /// [`step_up_age`](crate::Settings::step_up_age), with the second factor where the account has one.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::Secret;
    ///
    /// let session = shop.ada().await?.session;
    /// let recent = auth.recent(&session).await?;
    /// auth.change_password(&recent, &Secret::from("another horse, another staple"), client).await?;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::StepUpNeeded`]; the database's.
    pub async fn recent<'s>(&self, session: &'s CurrentSession<A>) -> Result<Recent<'s, A>> {
        let second = self.has_second_factor(&session.account_id()).await?;
        let level = if second { Level::Aal2 } else { Level::Aal1 };
        self.require(session, level, self.settings().step_up_age)?;
        Ok(Recent { session })
    }

    /// The sessions of an account that last, the one that was used last first.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let session = shop.ada().await?.session;
    /// shop.ada().await?;
    /// assert_eq!(auth.sessions(&session).await?.len(), 2);
    /// # let _ = client;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions(&self, session: &CurrentSession<A>) -> Result<Vec<Session<A>>> {
        let lasting = Session::<A>::ACCOUNT_ID.eq(session.account_id()).and(Session::<A>::EXPIRES_AT.gt(self.now()));
        let order = (Session::<A>::LAST_USED_AT.desc(), Session::<A>::ID.desc());
        Ok(Session::<A>::find_all().filter(lasting).order_by(order).exec(&self.db).await?)
    }

    /// Ends a session of the same account; tells whether there was one.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let (here, there) = (shop.ada().await?, shop.ada().await?);
    /// assert!(auth.revoke_session(&here.session, there.session.id(), client).await?);
    /// assert!(auth.authenticate(&there.token).await?.is_none());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke_session(&self, session: &CurrentSession<A>, id: i64, client: &Client) -> Result<bool> {
        let own = Session::<A>::ID.eq(id).and(Session::<A>::ACCOUNT_ID.eq(session.account_id()));
        let ended = Session::<A>::destroy().filter(own).exec(&self.db).await? > 0;
        if ended {
            self.record(&self.db, EventKind::SignedOut, Some(session.account_id()), client).await?;
        }
        Ok(ended)
    }

    /// Ends the other sessions of an account; tells how many.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let (here, there) = (shop.ada().await?, shop.ada().await?);
    /// assert_eq!(auth.revoke_other_sessions(&here.session, client).await?, 1);
    /// assert!(auth.authenticate(&there.token).await?.is_none());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke_other_sessions(&self, session: &CurrentSession<A>, client: &Client) -> Result<u64> {
        let others = Session::<A>::ACCOUNT_ID.eq(session.account_id()).and(Session::<A>::ID.ne(session.id()));
        let ended = Session::<A>::destroy().filter(others).exec(&self.db).await?;
        self.record(&self.db, EventKind::SessionsEnded, Some(session.account_id()), client).await?;
        Ok(ended)
    }

    /// Ends a session.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let signed_in = shop.ada().await?;
    /// auth.sign_out(signed_in.session, client).await?;
    /// assert!(auth.authenticate(&signed_in.token).await?.is_none());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn sign_out(&self, session: CurrentSession<A>, client: &Client) -> Result<()> {
        self.revoke_session(&session, session.id(), client).await?;
        Ok(())
    }

    /// Ends everything that an account has open, sessions and links of mails: when an account is closed, or taken over.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let signed_in = shop.ada().await?;
    /// auth.end_all_sessions(signed_in.session.account().id, client).await?;
    /// assert!(auth.authenticate(&signed_in.token).await?.is_none());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn end_all_sessions(&self, account: A::Id, client: &Client) -> Result<()> {
        self.db
            .try_transaction(async |tx| {
                self.end_others(tx, &account, None).await?;
                self.record(tx, EventKind::SessionsEnded, Some(account.clone()), client).await
            })
            .await
    }

    /// Ends the sessions of an account but one, and its tokens.
    pub(crate) async fn end_others(&self, tx: &Transaction, account: &A::Id, but: Option<i64>) -> Result<()> {
        // Tokens first: a sign-in that is on its way either has begun its session by now, or finds its token gone.
        Token::<A>::destroy().filter(Token::<A>::ACCOUNT_ID.eq(account)).exec(tx).await?;
        let own = Session::<A>::ACCOUNT_ID.eq(account);
        let ended = match but {
            Some(but) => own.and(Session::<A>::ID.ne(but)),
            None => own,
        };
        Session::<A>::destroy().filter(ended).exec(tx).await?;
        Ok(())
    }

    /// Begins a session.
    pub(crate) async fn begin(
        &self,
        tx: &Transaction,
        account: A,
        (level, methods): (Level, &str),
        client: &Client,
    ) -> Result<SignedIn<A>> {
        let (now, token) = (self.now(), SessionToken::generate()?);
        let row = Session::<A>::create()
            .account_id(account.id())
            .token_hash(token.digest())
            .level(level)
            .methods(methods)
            .created_at(now)
            .authenticated_at(now)
            .last_used_at(now)
            .expires_at(after(now, self.settings().session_lifetime))
            .address(client.shown())
            .user_agent(client.user_agent.clone())
            .exec(tx)
            .await?;
        self.record(tx, EventKind::SignedIn, Some(account.id()), client).await?;
        Ok(SignedIn { token, session: CurrentSession { account, row } })
    }

    /// Goes on with a session that has proved itself again, by another token and at another level.
    pub(crate) async fn renew(
        &self,
        tx: &Transaction,
        account: A,
        id: i64,
        (level, methods): (Level, &str),
        client: &Client,
    ) -> Result<SignedIn<A>> {
        let (now, token) = (self.now(), SessionToken::generate()?);
        let lasting = Session::<A>::ID
            .eq(id)
            .and(Session::<A>::ACCOUNT_ID.eq(account.id()))
            .and(Session::<A>::EXPIRES_AT.gt(now));
        let renewed = Session::<A>::update()
            .token_hash(token.digest())
            .level(level)
            .methods(methods)
            .authenticated_at(now)
            .last_used_at(now)
            .filter(lasting)
            .exec(tx)
            .await?;
        if renewed == 0 {
            return Err(Error::SessionEnded);
        }
        let row = Session::<A>::find_by_pk(id).required(tx).await?;
        self.record(tx, EventKind::SteppedUp, Some(account.id()), client).await?;
        Ok(SignedIn { token, session: CurrentSession { account, row } })
    }

    /// Whether an account has a second factor that was confirmed.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let ada = shop.ada().await?.session.account().clone();
    /// assert!(!auth.has_second_factor(&ada.id).await?);
    /// # let _ = client;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn has_second_factor(&self, account: &A::Id) -> Result<bool> {
        let confirmed = Totp::<A>::ACCOUNT_ID.eq(account).and(Totp::<A>::CONFIRMED_AT.is_not_null());
        Ok(Totp::<A>::exists().filter(confirmed).exec(&self.db).await?)
    }
}
