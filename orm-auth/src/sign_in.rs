//! Signing in by a password, and proving it again.

use orm::prelude::*;

use crate::account::Account;
use crate::auth::{Auth, bucket};
use crate::client::{Client, normalize_email};
use crate::clock::after;
use crate::error::Result;
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
        let account = A::find_by_email(&self.db, &email).await?;
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
        let account = match account {
            Some(account) if verdict.matches && account.may_sign_in() => account,
            account => {
                let id = account.map(|account| account.id());
                self.record(&self.db, EventKind::SignInDenied, id, client).await?;
                return Ok(SignIn::Denied);
            }
        };
        if verdict.outdated {
            self.upgrade(&account.id(), password, row).await?;
        }
        self.went_well(&bucket, client).await?;
        if self.has_second_factor(&account.id()).await? {
            return self.ask_for_second_factor(&account, session).await.map(SignIn::SecondFactor);
        }
        let signed_in = self
            .db
            .try_transaction(async |tx| match session {
                Some(session) => self.renew(tx, account, session.id(), PASSWORD, client).await,
                None => self.begin(tx, account, PASSWORD, client).await,
            })
            .await?;
        Ok(SignIn::Done(signed_in))
    }

    /// Makes the hash one of the present cost, unless the password was changed meanwhile.
    async fn upgrade(&self, account: &A::Id, password: &Secret, row: Option<Password<A>>) -> Result<()> {
        let Some(row) = row else { return Ok(()) };
        let hash = self.shared.hasher.hash(password).await?;
        let same = Password::<A>::ACCOUNT_ID.eq(account).and(Password::<A>::HASH.eq(&row.hash));
        Password::<A>::update().hash(hash).filter(same).exec(&self.db).await?;
        Ok(())
    }

    async fn ask_for_second_factor(&self, account: &A, session: Option<&CurrentSession<A>>) -> Result<PendingToken> {
        let (now, token) = (self.now(), PendingToken::generate()?);
        Token::<A>::create()
            .account_id(account.id())
            .purpose(Purpose::SecondFactor)
            .token_hash(token.digest())
            .session_id(session.map(CurrentSession::id))
            .created_at(now)
            .expires_at(after(now, self.settings().pending_lifetime))
            .exec(&self.db)
            .await?;
        Ok(token)
    }
}

/// Where attempts at a password are counted, of an account or of none.
pub(crate) fn sign_in_bucket(email: &str) -> String {
    bucket("password", email)
}
