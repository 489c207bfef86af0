//! Signing in by a password, and proving it again.

use orm::prelude::*;

use crate::account::Account;
use crate::auth::{Auth, bucket};
use crate::client::{Client, normalize_email};
use crate::clock::after;
use crate::error::{Error, Result};
use crate::models::{EventKind, Level, Password, Purpose, Token};
use crate::secret::{PendingToken, Secret};
use crate::sessions::{CurrentSession, SignIn};

/// One factor.
pub(crate) const PASSWORD: (Level, &str) = (Level::Aal1, "pwd");

impl<A: Account> Auth<A> {
    /// Signs somebody in by address and password.
    ///
    /// Whatever is wrong, the answer is the same after the same work: two queries, and one hash of argon2. A hash that is not of the
    /// present cost becomes one of it. Where an account has a second factor, the answer is
    /// [`SecondFactor`](SignIn::SecondFactor), and nobody is signed in yet.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::{Secret, SignIn};
    ///
    /// let typed = Secret::from("correct horse battery staple");
    /// let SignIn::Done(signed_in) = auth.sign_in("ada@example.com", &typed, client).await? else { panic!() };
    /// println!("Set-Cookie: session={}; HttpOnly; Secure; SameSite=Lax", signed_in.token.reveal());
    /// let unknown = auth.sign_in("nobody@example.com", &typed, client).await?;
    /// assert!(matches!(unknown, SignIn::Denied));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    #[doc(alias = "authenticate_by")]
    pub async fn sign_in(&self, email: &str, password: &Secret, client: &Client) -> Result<SignIn<A>> {
        self.sign_in_or_up(email, password, client, None).await
    }

    /// Has the password proved again in a session: for what asks for a proof that is new. An account with a second factor goes on
    /// with [`SecondFactor`](SignIn::SecondFactor), as when signing in; [`step_up_with_code`](Self::step_up_with_code) asks for that
    /// factor alone.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::{Secret, SignIn};
    ///
    /// let before = shop.ada().await?;
    /// let answer = auth.step_up_with_password(&before.session, &Secret::from(PASSWORD), client).await?;
    /// let SignIn::Done(after) = answer else { panic!() };
    /// assert_eq!(after.session.id(), before.session.id());
    /// assert!(auth.authenticate(&before.token).await?.is_none()); // the token is another one
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::SessionEnded`](crate::Error::SessionEnded); the database's.
    pub async fn step_up_with_password(
        &self,
        session: &CurrentSession<A>,
        password: &Secret,
        client: &Client,
    ) -> Result<SignIn<A>> {
        self.sign_in_or_up(session.account().email(), password, client, Some(session)).await
    }

    async fn sign_in_or_up(
        &self,
        email: &str,
        password: &Secret,
        client: &Client,
        session: Option<&CurrentSession<A>>,
    ) -> Result<SignIn<A>> {
        if password.reveal().is_empty() {
            return Ok(SignIn::Denied);
        }
        let email = normalize_email(email);
        let bucket = sign_in_bucket(&email);
        if let Some(retry_after) = self.attempt(&bucket, client).await? {
            return Ok(SignIn::Throttled { retry_after });
        }
        let account = self.find(&email).await?;
        let account = match session {
            // The address may be another one's by now.
            Some(session) => account.filter(|account| account.id() == session.account_id()),
            None => account,
        };
        let row = match &account {
            Some(account) => Password::<A>::find_by_pk(account.id()).exec(&self.db).await?,
            // A row that is nobody's business, so that there is one query more or less for nobody.
            None => Password::<A>::find_one().exec(&self.db).await?.filter(|_| false),
        };
        let hash = row.as_ref().map(|row| &row.hash);
        let verdict = self.shared.hasher.verify(password, hash).await?;
        let (account, row) = match (account, row) {
            (Some(account), Some(row)) if verdict.matches && account.may_sign_in() => (account, row),
            (account, _) => {
                let id = account.map(|account| account.id());
                self.record(&self.db, EventKind::SignInDenied, id, client).await?;
                return Ok(SignIn::Denied);
            }
        };
        let id = account.id();
        let old = row.hash;
        let new = if verdict.outdated { self.shared.hasher.hash(password).await? } else { old.clone() };
        let has_second_factor = self.has_second_factor(&id).await?;
        let answer = self
            .db
            .try_transaction(async |tx| {
                // The hash is what it was when the password was compared, and stays so until the session is there: who has changed
                // the password meanwhile and ended all sessions has ended this one, or it does not begin.
                let same = Password::<A>::ACCOUNT_ID.eq(&id).and(Password::<A>::HASH.eq(&old));
                if Password::<A>::update().hash(new).filter(same).exec(tx).await? == 0 {
                    return Ok::<_, Error>(SignIn::Denied);
                }
                Ok(match session {
                    _ if has_second_factor => SignIn::SecondFactor(self.ask_for_second_factor(tx, &id, session).await?),
                    Some(session) => SignIn::Done(self.renew(tx, account, session.id(), PASSWORD, client).await?),
                    None => SignIn::Done(self.begin(tx, account, PASSWORD, client).await?),
                })
            })
            .await?;
        self.went_well(&bucket, client).await?;
        Ok(answer)
    }

    async fn ask_for_second_factor(
        &self,
        tx: &Transaction,
        id: &A::Id,
        session: Option<&CurrentSession<A>>,
    ) -> Result<PendingToken> {
        let (now, token) = (self.now(), PendingToken::generate()?);
        Token::<A>::create()
            .account_id(id.clone())
            .purpose(Purpose::SecondFactor)
            .token_hash(token.digest())
            .session_id(session.map(CurrentSession::id))
            .created_at(now)
            .expires_at(after(now, self.settings().pending_lifetime))
            .exec(tx)
            .await?;
        Ok(token)
    }
}

/// Where attempts at a password are counted, of an account or of none.
pub(crate) fn sign_in_bucket(email: &str) -> String {
    bucket("password", email)
}
