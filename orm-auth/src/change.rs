//! Passwords of accounts: the first one, another one, and those of other systems.

use orm::prelude::*;

use crate::account::Account;
use crate::auth::Auth;
use crate::client::{Client, normalize_email};
use crate::error::Result;
use crate::mail::About;
use crate::models::{EventKind, Password};
use crate::password::{self, NewPassword};
use crate::secret::Secret;
use crate::sessions::{Recent, SignedIn};
use crate::stored::StoredHash;

impl<A: Account> Auth<A> {
    /// Checks and hashes the password of an account that is being made. Do it before the transaction begins: a hash takes its time.
    ///
    /// ```
    /// # use orm_auth::{Account, Auth, Error, Result, Secret};
    /// # use orm::prelude::*;
    /// # async fn example<A: Account>(auth: &Auth<A>, db: &Database, create: impl AsyncFn(&Transaction) -> orm::Result<A>) -> Result<()> {
    /// let password = auth.new_password("ada@example.com", &Secret::from("correct horse battery staple")).await?;
    /// db.try_transaction(async |tx| {
    ///     let ada = create(tx).await?; // User::create().email("ada@example.com").exec(tx).await?
    ///     auth.store_password(tx, ada.id(), password).await
    /// })
    /// .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Password`](crate::Error::Password) for one that cannot be used.
    pub async fn new_password(&self, email: &str, password: &Secret) -> Result<NewPassword> {
        self.checked(email, password, self.settings().password_chars).await
    }

    /// Gives an account its password, in the transaction that makes the account. [`change_password`](Self::change_password) is for
    /// accounts that have one.
    ///
    /// # Errors
    /// The database's.
    pub async fn store_password(&self, tx: &Transaction, account: A::Id, password: NewPassword) -> Result<()> {
        self.put(tx, &account, password.0).await
    }

    /// Gives an account a password that another system has hashed: argon2, and with the feature `import` bcrypt, scrypt and PBKDF2
    /// (as PHC strings, and in the form of Django). It is one of argon2id with the present cost when its owner has signed in.
    /// Until then, an account is known from one that does not exist by how long a refused sign-in takes.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::{Secret, SignIn};
    ///
    /// # let id = shop.ada().await?.session.account().id;
    /// let hash = "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$bm90IHRoZSBoYXNoIG9mIGFueXRoaW5nLCByZWFsbHk";
    /// shop.db.try_transaction(async |tx| auth.import_password(tx, id, hash).await).await?;
    /// # let answer = auth.sign_in("ada@example.com", &Secret::from(PASSWORD), client).await?;
    /// # assert!(matches!(answer, SignIn::Denied));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownHash`](crate::Error::UnknownHash); the database's.
    pub async fn import_password(&self, tx: &Transaction, account: A::Id, hash: &str) -> Result<()> {
        password::known(hash)?;
        self.put(tx, &account, StoredHash(hash.to_owned())).await
    }

    /// Changes the password of who is signed in. The account's other sessions and the links of its mails are good no more; this
    /// session goes on with another token, and the owner is told.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::Secret;
    ///
    /// let before = shop.ada().await?;
    /// let recent = auth.recent(&before.session).await?;
    /// let after = auth.change_password(&recent, &Secret::from("another horse, another staple"), client).await?;
    /// assert!(auth.authenticate(&before.token).await?.is_none());
    /// assert!(auth.authenticate(&after.token).await?.is_some());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Password`](crate::Error::Password), [`Error::SessionEnded`](crate::Error::SessionEnded); the database's.
    pub async fn change_password(
        &self,
        recent: &Recent<'_, A>,
        password: &Secret,
        client: &Client,
    ) -> Result<SignedIn<A>> {
        let session = recent.session();
        let id = session.account_id();
        let email = session.account().email();
        let password = self.checked(email, password, self.least(&id).await?).await?;
        let methods = session.methods().collect::<Vec<_>>().join(" ");
        let signed_in = self
            .db
            .try_transaction(async |tx| {
                self.put(tx, &id, password.0).await?;
                self.end_others(tx, &id, Some(session.id())).await?;
                self.record(tx, EventKind::PasswordChanged, Some(id.clone()), client).await?;
                self.renew(tx, session.account().clone(), session.id(), (session.level(), &methods), client).await
            })
            .await?;
        self.notify(email, About::PasswordChanged).await;
        Ok(signed_in)
    }

    /// The least characters of an account's password.
    pub(crate) async fn least(&self, id: &A::Id) -> Result<usize> {
        let settings = self.settings();
        Ok(match self.has_second_factor(id).await? {
            true => settings.password_chars_with_second_factor,
            false => settings.password_chars,
        })
    }

    pub(crate) async fn checked(&self, email: &str, password: &Secret, least: usize) -> Result<NewPassword> {
        password::check(password, least, &normalize_email(email))?;
        if let Some(list) = &self.shared.breached {
            password::check_breached(password, &**list).await?;
        }
        Ok(NewPassword(self.shared.hasher.hash(password).await?))
    }

    pub(crate) async fn put(&self, tx: &Transaction, id: &A::Id, hash: StoredHash) -> Result<()> {
        let now = self.now();
        let this = Password::<A>::ACCOUNT_ID.eq(id);
        // Rows are counted that are found, not those that differ.
        let changed = Password::<A>::update().hash(hash.clone()).changed_at(now).filter(this).exec(tx).await?;
        if changed == 0 {
            Password::<A>::create().account_id(id.clone()).hash(hash).changed_at(now).exec(tx).await?;
        }
        Ok(())
    }
}
