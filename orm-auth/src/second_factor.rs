//! The second factor: codes of an authenticator app, and recovery codes. A code is good once, whatever runs at once: what it is
//! compared with is changed by one UPDATE, in the transaction that it opens a session in.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use orm::prelude::*;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::auth::{Auth, bucket, key_text};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::mail::About;
use crate::models::{EventKind, Level, Purpose, RecoveryCode, Token, Totp};
use crate::secret::{PendingToken, Secret, digest, random, same};
use crate::sessions::{CurrentSession, Recent, SignIn, SignedIn};
use crate::sign_in::PASSWORD;
use crate::stored::Digest;
use crate::totp::{self, SECRET_BYTES};

/// Two factors, the second a code.
const CODE: (Level, &str) = (Level::Aal2, "pwd otp");
/// Two factors, the second a recovery code.
const RECOVERY: (Level, &str) = (Level::Aal2, "pwd rc");

/// How many recovery codes there are.
const CODES: usize = 10;

/// What an authenticator app needs, to be shown once. The factor counts when [`confirm_totp`](Auth::confirm_totp) got a code.
pub struct TotpSetup {
    url: Zeroizing<String>,
    secret: Zeroizing<String>,
}

impl TotpSetup {
    /// The URL that apps read, `otpauth://totp/..`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The secret in Base32, for those who type it.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The URL as a QR code, a document of SVG.
    ///
    /// # Errors
    /// [`Error::Crypto`] when it is too long for one, which no address is that a column holds.
    #[cfg(feature = "qr")]
    pub fn qr_svg(&self) -> Result<String> {
        let code = qrcode::QrCode::new(self.url.as_bytes()).map_err(|_| Error::Crypto("too long for a QR code"))?;
        Ok(code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build())
    }
}

impl fmt::Debug for TotpSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSetup(..)")
    }
}

/// Recovery codes, to be shown once: the database has only their hashes.
pub struct RecoveryCodes(Vec<Zeroizing<String>>);

impl RecoveryCodes {
    /// The codes: 16 letters and digits each, in groups of four.
    pub fn reveal(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|code| code.as_str())
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryCodes({})", self.0.len())
    }
}

/// A second factor that was added.
#[derive(Debug)]
pub struct SecondFactorAdded<A: Account> {
    /// The session goes on at [`Aal2`](Level::Aal2), with another token.
    pub signed_in: SignedIn<A>,
    /// For the day on which the app is lost.
    pub recovery_codes: RecoveryCodes,
}

impl<A: Account> Auth<A> {
    /// Makes a secret for an authenticator app. It is no factor yet: [`confirm_totp`](Self::confirm_totp) makes it one. One that was
    /// made before and not confirmed is replaced.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// let session = shop.ada().await?.session;
    /// let setup = auth.begin_totp(&auth.recent(&session).await?).await?;
    /// assert!(setup.url().starts_with("otpauth://totp/Shop:ada%40example.com?secret="));
    /// # let _ = client;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::SecondFactorExists`]; the database's.
    pub async fn begin_totp(&self, recent: &Recent<'_, A>) -> Result<TotpSetup> {
        let (session, now) = (recent.session(), self.now());
        let id = session.account_id();
        let secret = random::<SECRET_BYTES>()?;
        let app = totp::app(secret.as_slice(), &self.settings().issuer, session.account().email())?;
        let url = app.to_url().map_err(|_| Error::Settings {
            setting: "issuer",
            why: "it cannot be in the URL of a TOTP secret".to_owned(),
        })?;
        let sealed = self.shared.keys.seal(secret.as_slice(), &place::<A>(&id))?;
        self.db
            .try_transaction(async |tx| {
                let unconfirmed = Totp::<A>::ACCOUNT_ID.eq(&id).and(Totp::<A>::CONFIRMED_AT.is_null());
                Totp::<A>::destroy().filter(unconfirmed).exec(tx).await?;
                let made = Totp::<A>::create().account_id(id.clone()).secret(sealed).created_at(now).exec(tx).await;
                match made {
                    Err(error) if error.kind() == ErrorKind::UniqueViolation => Err(Error::SecondFactorExists),
                    made => Ok(made.map(drop)?),
                }
            })
            .await?;
        Ok(TotpSetup { url: Zeroizing::new(url), secret: Zeroizing::new(BASE32_NOPAD.encode(secret.as_slice())) })
    }

    /// Makes the app's secret the second factor of the account, by a code that shows that the app has it. The session goes on at
    /// [`Aal2`](Level::Aal2) with another token, and there are recovery codes.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// use orm_auth::Level;
    ///
    /// let session = shop.ada().await?.session;
    /// let recent = auth.recent(&session).await?;
    /// let setup = auth.begin_totp(&recent).await?;
    /// # let typed = shop.code(&setup);
    /// let added = auth.confirm_totp(&recent, &typed, client).await?;
    /// assert_eq!(added.signed_in.session.level(), Level::Aal2);
    /// assert_eq!(added.recovery_codes.reveal().len(), 10);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidCode`], [`Error::Throttled`]; [`Error::NoSecondFactor`] without [`begin_totp`](Self::begin_totp) before;
    /// [`Error::SecondFactorExists`]; the database's.
    pub async fn confirm_totp(
        &self,
        recent: &Recent<'_, A>,
        code: &Secret,
        client: &Client,
    ) -> Result<SecondFactorAdded<A>> {
        let session = recent.session();
        let id = session.account_id();
        let bucket = self.attempt_code(&id, client).await?.map_err(|retry_after| Error::Throttled { retry_after })?;
        let row = Totp::<A>::find_by_pk(id.clone()).exec(&self.db).await?.ok_or(Error::NoSecondFactor)?;
        if row.confirmed_at.is_some() {
            return Err(Error::SecondFactorExists);
        }
        let step = self.step_of(&row, code)?.ok_or(Error::InvalidCode)?;
        let added = self
            .db
            .try_transaction(async |tx| {
                let unconfirmed = Totp::<A>::ACCOUNT_ID
                    .eq(&id)
                    .and(Totp::<A>::CONFIRMED_AT.is_null())
                    .and(Totp::<A>::SECRET.eq(&row.secret));
                let confirmed = Totp::<A>::update().confirmed_at(self.now()).last_step(step).filter(unconfirmed);
                if confirmed.exec(tx).await? == 0 {
                    return Err(Error::InvalidCode);
                }
                let recovery_codes = self.new_codes(tx, &id).await?;
                let account = session.account().clone();
                let signed_in = self.renew(tx, account, session.id(), CODE, client).await?;
                self.record(tx, EventKind::SecondFactorAdded, Some(id.clone()), client).await?;
                Ok(SecondFactorAdded { signed_in, recovery_codes })
            })
            .await?;
        self.went_well(&bucket, client).await?;
        self.notify(session.account().email(), About::SecondFactorAdded).await;
        Ok(added)
    }

    /// Takes the second factor and the recovery codes away. The other sessions of the account end, and this one goes on at
    /// [`Aal1`](Level::Aal1) with another token.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// # let session = shop.ada().await?.session;
    /// # let recent = auth.recent(&session).await?;
    /// # let setup = auth.begin_totp(&recent).await?;
    /// # let added = auth.confirm_totp(&recent, &shop.code(&setup), client).await?;
    /// # shop.clock.advance(std::time::Duration::from_secs(30));
    /// # let session = added.signed_in.session;
    /// let recent = auth.recent(&session).await?; // by the second factor, not long ago
    /// let signed_in = auth.remove_totp(&recent, client).await?;
    /// assert!(!auth.has_second_factor(&signed_in.session.account().id).await?);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSecondFactor`], [`Error::SessionEnded`]; the database's.
    pub async fn remove_totp(&self, recent: &Recent<'_, A>, client: &Client) -> Result<SignedIn<A>> {
        let session = recent.session();
        let id = session.account_id();
        let signed_in = self
            .db
            .try_transaction(async |tx| {
                if Totp::<A>::destroy().filter(Totp::<A>::ACCOUNT_ID.eq(&id)).exec(tx).await? == 0 {
                    return Err(Error::NoSecondFactor);
                }
                RecoveryCode::<A>::destroy().filter(RecoveryCode::<A>::ACCOUNT_ID.eq(&id)).exec(tx).await?;
                self.end_others(tx, &id, Some(session.id())).await?;
                self.record(tx, EventKind::SecondFactorRemoved, Some(id.clone()), client).await?;
                self.renew(tx, session.account().clone(), session.id(), PASSWORD, client).await
            })
            .await?;
        self.notify(session.account().email(), About::SecondFactorRemoved).await;
        Ok(signed_in)
    }

    /// Replaces the recovery codes of an account.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// # let session = shop.ada().await?.session;
    /// # let recent = auth.recent(&session).await?;
    /// # let setup = auth.begin_totp(&recent).await?;
    /// # let added = auth.confirm_totp(&recent, &shop.code(&setup), client).await?;
    /// # shop.clock.advance(std::time::Duration::from_secs(30));
    /// # let session = added.signed_in.session;
    /// let codes = auth.renew_recovery_codes(&auth.recent(&session).await?, client).await?;
    /// for code in codes.reveal() {
    ///     println!("{code}"); // such as q2w4-7ert-yu3i-opa5
    /// }
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSecondFactor`]; the database's.
    pub async fn renew_recovery_codes(&self, recent: &Recent<'_, A>, client: &Client) -> Result<RecoveryCodes> {
        let session = recent.session();
        let id = session.account_id();
        let codes = self
            .db
            .try_transaction(async |tx| {
                let confirmed = Totp::<A>::ACCOUNT_ID.eq(&id).and(Totp::<A>::CONFIRMED_AT.is_not_null());
                if !Totp::<A>::exists().filter(confirmed).exec(tx).await? {
                    return Err(Error::NoSecondFactor);
                }
                self.record(tx, EventKind::RecoveryCodesRenewed, Some(id.clone()), client).await?;
                self.new_codes(tx, &id).await
            })
            .await?;
        self.notify(session.account().email(), About::RecoveryCodesRenewed).await;
        Ok(codes)
    }

    /// How many recovery codes are left. Tell the owner when they are two or fewer.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// # let session = shop.ada().await?.session;
    /// # let recent = auth.recent(&session).await?;
    /// # let setup = auth.begin_totp(&recent).await?;
    /// # let added = auth.confirm_totp(&recent, &shop.code(&setup), client).await?;
    /// # shop.clock.advance(std::time::Duration::from_secs(30));
    /// # let session = added.signed_in.session;
    /// assert_eq!(auth.recovery_codes_left(&session).await?, 10);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's.
    pub async fn recovery_codes_left(&self, session: &CurrentSession<A>) -> Result<u64> {
        self.codes_left(&self.db, &session.account_id()).await
    }

    /// Goes on with a sign-in by a code of the app.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// # let session = shop.ada().await?.session;
    /// # let recent = auth.recent(&session).await?;
    /// # let setup = auth.begin_totp(&recent).await?;
    /// # let added = auth.confirm_totp(&recent, &shop.code(&setup), client).await?;
    /// # shop.clock.advance(std::time::Duration::from_secs(30));
    /// use orm_auth::{PendingToken, Secret, SignIn};
    ///
    /// let answer = auth.sign_in("ada@example.com", &Secret::from(PASSWORD), client).await?;
    /// let SignIn::SecondFactor(pending) = answer else { panic!() };
    /// # let (sent, typed) = (pending.reveal().to_owned(), shop.code(&setup));
    /// let pending: PendingToken = sent.parse()?; // as the client sends it, with the code
    /// let answer = auth.finish_with_code(&pending, &typed, client).await?;
    /// assert!(matches!(answer, SignIn::Done(_)));
    /// # let _ = added;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidToken`] when the token is unknown, has expired, or was tried with too many codes: the sign-in begins again;
    /// [`Error::SessionEnded`]; the database's.
    pub async fn finish_with_code(&self, pending: &PendingToken, code: &Secret, client: &Client) -> Result<SignIn<A>> {
        let (token, account, bucket) = match self.pending(pending, client).await? {
            Ok(found) => found,
            Err(answer) => return Ok(answer),
        };
        let id = account.id();
        let row = Totp::<A>::find_by_pk(id.clone()).exec(&self.db).await?;
        let Some(row) = row.filter(|row| row.confirmed_at.is_some()) else { return Err(Error::InvalidToken) };
        let step = self.step_of(&row, code)?;
        let done = self
            .db
            .try_transaction(async |tx| {
                let Some(step) = step else { return Ok(None) };
                if !self.use_step(tx, &row, step).await? {
                    return Ok(None);
                }
                self.finish(tx, &token, account, CODE, client).await.map(Some)
            })
            .await?;
        self.answer(done, id, &bucket, client).await
    }

    /// Goes on with a sign-in by a recovery code. The account's other sessions end, and its owner is told.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// # let session = shop.ada().await?.session;
    /// # let recent = auth.recent(&session).await?;
    /// # let setup = auth.begin_totp(&recent).await?;
    /// # let added = auth.confirm_totp(&recent, &shop.code(&setup), client).await?;
    /// # shop.clock.advance(std::time::Duration::from_secs(30));
    /// use orm_auth::{Secret, SignIn};
    ///
    /// let answer = auth.sign_in("ada@example.com", &Secret::from(PASSWORD), client).await?;
    /// let SignIn::SecondFactor(pending) = answer else { panic!() };
    /// # let typed = Secret::from(added.recovery_codes.reveal().next().unwrap());
    /// let answer = auth.finish_with_recovery_code(&pending, &typed, client).await?;
    /// assert!(matches!(answer, SignIn::Done(_)));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`finish_with_code`](Self::finish_with_code).
    pub async fn finish_with_recovery_code(
        &self,
        pending: &PendingToken,
        code: &Secret,
        client: &Client,
    ) -> Result<SignIn<A>> {
        let (token, account, bucket) = match self.pending(pending, client).await? {
            Ok(found) => found,
            Err(answer) => return Ok(answer),
        };
        let (id, email) = (account.id(), account.email().to_owned());
        let hash = code_hash::<A>(&id, code.reveal());
        let done = self
            .db
            .try_transaction(async |tx| {
                let unused = RecoveryCode::<A>::ACCOUNT_ID
                    .eq(&id)
                    .and(RecoveryCode::<A>::CODE_HASH.eq(&hash))
                    .and(RecoveryCode::<A>::USED_AT.is_null());
                if RecoveryCode::<A>::update().used_at(self.now()).filter(unused).exec(tx).await? == 0 {
                    return Ok::<_, Error>(None);
                }
                let done = self.finish(tx, &token, account, RECOVERY, client).await?;
                self.end_others(tx, &id, Some(done.session.id())).await?;
                self.record(tx, EventKind::RecoveryCodeUsed, Some(id.clone()), client).await?;
                let left = self.codes_left(tx, &id).await?;
                Ok(Some((done, left)))
            })
            .await?;
        let done = match done {
            Some((done, left)) => {
                self.notify(&email, About::RecoveryCodeUsed { left }).await;
                Some(done)
            }
            None => None,
        };
        self.answer(done, id, &bucket, client).await
    }

    /// Has the second factor proved in a session: for what asks for [`Aal2`](Level::Aal2), or for a proof that is new. The session
    /// goes on with another token.
    ///
    /// ```
    /// # use orm_guide::accounts::*;
    /// # shop(async |shop| {
    /// # let (auth, client) = (&shop.auth, &shop.client);
    /// # let session = shop.ada().await?.session;
    /// # let recent = auth.recent(&session).await?;
    /// # let setup = auth.begin_totp(&recent).await?;
    /// # let added = auth.confirm_totp(&recent, &shop.code(&setup), client).await?;
    /// # shop.clock.advance(std::time::Duration::from_secs(30));
    /// # let (session, typed) = (added.signed_in.session, shop.code(&setup));
    /// use orm_auth::SignIn;
    ///
    /// let answer = auth.step_up_with_code(&session, &typed, client).await?;
    /// assert!(matches!(answer, SignIn::Done(_)));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSecondFactor`], [`Error::SessionEnded`]; the database's.
    pub async fn step_up_with_code(
        &self,
        session: &CurrentSession<A>,
        code: &Secret,
        client: &Client,
    ) -> Result<SignIn<A>> {
        let id = session.account_id();
        let bucket = match self.attempt_code(&id, client).await? {
            Ok(bucket) => bucket,
            Err(retry_after) => return Ok(SignIn::Throttled { retry_after }),
        };
        let row = Totp::<A>::find_by_pk(id.clone()).exec(&self.db).await?;
        let row = row.filter(|row| row.confirmed_at.is_some()).ok_or(Error::NoSecondFactor)?;
        let step = self.step_of(&row, code)?;
        let done = self
            .db
            .try_transaction(async |tx| {
                let Some(step) = step else { return Ok(None) };
                if !self.use_step(tx, &row, step).await? {
                    return Ok(None);
                }
                let account = session.account().clone();
                self.renew(tx, account, session.id(), CODE, client).await.map(Some)
            })
            .await?;
        self.answer(done, id, &bucket, client).await
    }

    /// The step of a code.
    fn step_of(&self, row: &Totp<A>, code: &Secret) -> Result<Option<i64>> {
        let secret = self.shared.keys.open(&row.secret, &place::<A>(&row.account_id))?;
        let app = totp::app(&secret, &self.settings().issuer, "")?;
        let step = totp::step(&app, code.reveal(), self.now());
        Ok(step.filter(|step| row.last_step.is_none_or(|last| *step > last)))
    }

    /// Uses a step up: by one UPDATE, which one of many at once does.
    async fn use_step(&self, tx: &Transaction, row: &Totp<A>, step: i64) -> Result<bool> {
        let unused = Totp::<A>::LAST_STEP.is_null().or(Totp::<A>::LAST_STEP.lt(step));
        let this = Totp::<A>::ACCOUNT_ID
            .eq(&row.account_id)
            .and(Totp::<A>::CONFIRMED_AT.is_not_null())
            .and(Totp::<A>::SECRET.eq(&row.secret))
            .and(unused);
        Ok(Totp::<A>::update().last_step(step).filter(this).exec(tx).await? == 1)
    }

    /// Counts an attempt at a code, and gives where it was counted; or how long to wait.
    async fn attempt_code(&self, id: &A::Id, client: &Client) -> Result<Result<String, std::time::Duration>> {
        let bucket = bucket("code", &key_text::<A>(id));
        Ok(match self.attempt(&bucket, client).await? {
            None => Ok(bucket),
            Some(retry_after) => Err(retry_after),
        })
    }

    /// The sign-in that a token is about, with one attempt counted; or the answer, when there is no more to ask.
    async fn pending(
        &self,
        pending: &PendingToken,
        client: &Client,
    ) -> Result<Result<(Token<A>, A, String), SignIn<A>>> {
        let (now, hash) = (self.now(), pending.digest());
        let this = Token::<A>::PURPOSE.eq(Purpose::SecondFactor).and(Token::<A>::TOKEN_HASH.eq(&hash));
        let token = Token::<A>::find_one().filter(this).exec(&self.db).await?;
        let token = token.filter(|token| same(&token.token_hash, &hash)).ok_or(Error::InvalidToken)?;
        let lasting = Token::<A>::ID
            .eq(token.id)
            .and(Token::<A>::EXPIRES_AT.gt(now))
            .and(Token::<A>::ATTEMPTS.lt(self.settings().pending_attempts));
        let counted = Token::<A>::update().attempts(Token::<A>::ATTEMPTS + 1).filter(lasting).exec(&self.db).await?;
        if counted == 0 {
            return Err(Error::InvalidToken);
        }
        let account = A::find_by_id(&self.db, token.account_id.clone()).await?;
        let account = account.filter(A::may_sign_in).ok_or(Error::InvalidToken)?;
        match self.attempt_code(&account.id(), client).await? {
            Ok(bucket) => Ok(Ok((token, account, bucket))),
            Err(retry_after) => Ok(Err(SignIn::Throttled { retry_after })),
        }
    }

    /// Uses the token up, and begins a session or goes on with one.
    async fn finish(
        &self,
        tx: &Transaction,
        token: &Token<A>,
        account: A,
        proof: (Level, &str),
        client: &Client,
    ) -> Result<SignedIn<A>> {
        if Token::<A>::destroy().filter(Token::<A>::ID.eq(token.id)).exec(tx).await? == 0 {
            return Err(Error::InvalidToken);
        }
        match token.session_id {
            Some(session) => self.renew(tx, account, session, proof, client).await,
            None => self.begin(tx, account, proof, client).await,
        }
    }

    async fn answer(&self, done: Option<SignedIn<A>>, id: A::Id, bucket: &str, client: &Client) -> Result<SignIn<A>> {
        match done {
            Some(done) => {
                self.went_well(bucket, client).await?;
                Ok(SignIn::Done(done))
            }
            None => {
                self.record(&self.db, EventKind::SecondFactorDenied, Some(id), client).await?;
                Ok(SignIn::Denied)
            }
        }
    }

    /// Replaces the recovery codes.
    async fn new_codes(&self, tx: &Transaction, id: &A::Id) -> Result<RecoveryCodes> {
        RecoveryCode::<A>::destroy().filter(RecoveryCode::<A>::ACCOUNT_ID.eq(id)).exec(tx).await?;
        let codes = (0..CODES).map(|_| recovery_code()).collect::<Result<Vec<_>>>()?;
        let rows = codes
            .iter()
            .map(|code| RecoveryCode::<A>::create().account_id(id.clone()).code_hash(code_hash::<A>(id, code)));
        RecoveryCode::<A>::bulk_create(rows).count(tx).await?;
        Ok(RecoveryCodes(codes))
    }

    async fn codes_left(&self, db: &impl Executor, id: &A::Id) -> Result<u64> {
        let unused = RecoveryCode::<A>::ACCOUNT_ID.eq(id).and(RecoveryCode::<A>::USED_AT.is_null());
        Ok(RecoveryCode::<A>::count().filter(unused).exec(db).await?)
    }
}

/// What a secret is sealed for: the row it is in.
fn place<A: Account>(id: &A::Id) -> Vec<u8> {
    format!("totp {}", key_text::<A>(id)).into_bytes()
}

/// A recovery code: 80 random bits, in groups that can be read aloud.
fn recovery_code() -> Result<Zeroizing<String>> {
    let text = Zeroizing::new(BASE32_NOPAD.encode(random::<10>()?.as_slice()).to_ascii_lowercase());
    let (one, rest) = text.split_at(4);
    let (two, rest) = rest.split_at(4);
    let (three, four) = rest.split_at(4);
    Ok(Zeroizing::new(format!("{one}-{two}-{three}-{four}")))
}

/// What the database has of a code, however it is written: letters in either case, with or without its dashes.
fn code_hash<A: Account>(id: &A::Id, code: &str) -> Digest {
    let plain: Zeroizing<String> =
        Zeroizing::new(code.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_lowercase()).collect());
    digest(&[b"orm-auth recovery", key_text::<A>(id).as_bytes(), plain.as_bytes()])
}
