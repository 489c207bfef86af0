//! What goes by mail: verifying an address, and resetting a password.

use std::time::{Duration, Instant};

use orm::prelude::*;

use crate::account::Account;
use crate::auth::{Auth, bucket};
use crate::client::{Client, normalize_email};
use crate::clock::after;
use crate::error::{Error, Result};
use crate::mail::About;
use crate::models::{EventKind, Purpose, Token};
use crate::secret::{MailToken, Secret, same};
use crate::sign_in::sign_in_bucket;
use crate::throttle;

impl<A: Account> Auth<A> {
    /// Sends an account a link that verifies its address. A link that was sent before is good no more.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let ada = shop.ada().await?.session.account().clone();
    /// auth.send_verification(&ada, client).await?;
    /// # let token = shop.link();
    /// assert_eq!(auth.verify_email(&token, client).await?, ada.id); // from the page that the link leads to
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Mail`], [`Error::Throttled`]; the database's.
    pub async fn send_verification(&self, account: &A, client: &Client) -> Result<()> {
        if let Some(retry_after) = self.attempt(&bucket("verification", account.email()), client).await? {
            return Err(Error::Throttled { retry_after });
        }
        let token = self.mail_token(account, Purpose::VerifyEmail, self.settings().verification_lifetime).await?;
        self.mail(account.email(), About::VerifyEmail(token)).await
    }

    /// Notes that the address a link was sent to is the account's own, and gives the account's key. It signs nobody in.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::{Error, MailToken};
    ///
    /// let nobodys: MailToken = "A".repeat(43).parse()?;
    /// assert!(matches!(auth.verify_email(&nobodys, client).await, Err(Error::InvalidToken)));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidToken`], also when the account has another address by now; the database's.
    pub async fn verify_email(&self, token: &MailToken, client: &Client) -> Result<A::Id> {
        let (token, account) = self.mail_token_of(token, Purpose::VerifyEmail).await?;
        let id = account.id();
        self.db
            .try_transaction(async |tx| {
                self.use_mail_token(tx, &token).await?;
                A::email_was_verified(tx, id.clone(), account.email(), self.now()).await?;
                self.record(tx, EventKind::EmailVerified, Some(id.clone()), client).await
            })
            .await?;
        Ok(id)
    }

    /// Sends a link by which a new password can be set, if there is an account of this address. The answer is the same if there is
    /// none, and takes as long: [`reset_answer_time`](crate::Settings::reset_answer_time).
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// auth.request_password_reset("ada@example.com", client).await?; // a mail
    /// auth.request_password_reset("nobody@example.com", client).await?; // none
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Throttled`]; the database's. That a mail cannot be handed on goes to `tracing`, since only accounts get mail.
    pub async fn request_password_reset(&self, email: &str, client: &Client) -> Result<()> {
        let until = Instant::now() + self.settings().reset_answer_time;
        let done = self.send_reset(email, client).await;
        tokio::time::sleep_until(until.into()).await;
        done
    }

    async fn send_reset(&self, email: &str, client: &Client) -> Result<()> {
        let email = normalize_email(email);
        if let Some(retry_after) = self.attempt(&bucket("reset", &email), client).await? {
            return Err(Error::Throttled { retry_after });
        }
        let account = self.find(&email).await?.filter(A::may_sign_in);
        self.record(&self.db, EventKind::ResetRequested, account.as_ref().map(A::id), client).await?;
        if let Some(account) = account {
            let token = self.mail_token(&account, Purpose::ResetPassword, self.settings().reset_lifetime).await?;
            self.notify(account.email(), About::ResetPassword(token)).await;
        }
        Ok(())
    }

    /// Sets a new password by the link of a mail. All sessions of the account and links of its mails end, and nobody is signed in: a
    /// second factor stays, and is asked for when the owner signs in. A password that cannot be used leaves the link good.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::{Secret, SignIn};
    ///
    /// auth.request_password_reset("ada@example.com", client).await?;
    /// # let token = shop.link();
    /// let new = Secret::from("another horse, another staple");
    /// auth.reset_password(&token, &new, client).await?;
    /// assert!(matches!(auth.sign_in("ada@example.com", &new, client).await?, SignIn::Done(_)));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidToken`], also when the account has another address by now; [`Error::Password`]; the database's.
    pub async fn reset_password(&self, token: &MailToken, password: &Secret, client: &Client) -> Result<()> {
        let (token, account) = self.mail_token_of(token, Purpose::ResetPassword).await?;
        let id = account.id();
        let password = self.checked(account.email(), password, self.least(&id).await?).await?;
        self.db
            .try_transaction(async |tx| {
                self.use_mail_token(tx, &token).await?;
                self.put(tx, &id, password.0).await?;
                self.end_others(tx, &id, None).await?;
                self.record(tx, EventKind::PasswordReset, Some(id.clone()), client).await
            })
            .await?;
        throttle::forget::<A>(&self.db, &sign_in_bucket(account.email())).await?;
        self.notify(account.email(), About::PasswordChanged).await;
        Ok(())
    }

    /// A token for an account, in the place of the one before.
    async fn mail_token(&self, account: &A, purpose: Purpose, lifetime: Duration) -> Result<MailToken> {
        let (now, token) = (self.now(), MailToken::generate()?);
        self.db
            .try_transaction(async |tx| {
                let before = Token::<A>::ACCOUNT_ID.eq(account.id()).and(Token::<A>::PURPOSE.eq(purpose));
                Token::<A>::destroy().filter(before).exec(tx).await?;
                Token::<A>::create()
                    .account_id(account.id())
                    .purpose(purpose)
                    .token_hash(token.digest())
                    .sent_to(account.email())
                    .created_at(now)
                    .expires_at(after(now, lifetime))
                    .exec(tx)
                    .await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(token)
    }

    /// The row of a token that is good, and its account.
    async fn mail_token_of(&self, token: &MailToken, purpose: Purpose) -> Result<(Token<A>, A)> {
        let (now, hash) = (self.now(), token.digest());
        let this = Token::<A>::PURPOSE.eq(purpose).and(Token::<A>::TOKEN_HASH.eq(&hash));
        let row = Token::<A>::find_one().filter(this).exec(&self.db).await?;
        let good = |row: &Token<A>| same(&row.token_hash, &hash) && row.expires_at > now;
        let row = row.filter(good).ok_or(Error::InvalidToken)?;
        let account = A::find_by_id(&self.db, row.account_id.clone()).await?.filter(A::may_sign_in);
        let own = |account: &A| row.sent_to.as_deref() == Some(account.email());
        let account = account.filter(own).ok_or(Error::InvalidToken)?;
        Ok((row, account))
    }

    /// Uses a token up: of many at once, one does.
    async fn use_mail_token(&self, tx: &Transaction, token: &Token<A>) -> Result<()> {
        match Token::<A>::destroy().filter(Token::<A>::ID.eq(token.id)).exec(tx).await? {
            0 => Err(Error::InvalidToken),
            _ => Ok(()),
        }
    }
}
