//! [`Cursor`]: the place of a row in an order, as text for clients. It has the values of the order's columns in the row, and says
//! which model and order it is of; it may be signed.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::error::{Error, ErrorKind, Result};

/// The place of a row in the order of a [page](super::CursorPage), as text that may stand in a URL. Clients give it back as it is.
///
/// It has the values of the order's columns in it, which can be read by whoever wants to: an order by a column that is nobody's
/// business should not be given to clients.
///
/// ```
/// # use {orm::{Cursor, prelude::*}, orm_guide::*};
/// # run(async |db| {
/// let page = User::find_all().order_by(User::NAME).first(2).exec(&db).await?;
/// let cursor: &Cursor = &page.edges[1].cursor;
/// let rest = User::find_all().order_by(User::NAME).first(2).after(cursor.as_str()).exec(&db).await?;
/// assert_eq!((rest.edges.len(), rest.page_info.has_next_page), (1, false));
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Cursor(String);

impl Cursor {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Cursor {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A text that is looked at when the page is read.
impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.0
    }
}

/// What may be given as a cursor: a [`Cursor`], its text, or an `Option` of them, as a request has it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a cursor",
    label = "expected a `Cursor`, its text, or an `Option` of one"
)]
pub trait IntoCursor {
    /// The cursor, if there is one.
    fn into_cursor(self) -> Option<Cursor>;
}

macro_rules! into_cursor {
    ($($of:ty),+) => {$(
        impl IntoCursor for $of {
            fn into_cursor(self) -> Option<Cursor> {
                Some(Cursor(String::from(self)))
            }
        }
    )+};
}

into_cursor!(Cursor, String, &str, &String, Cow<'_, str>);

impl IntoCursor for &Cursor {
    fn into_cursor(self) -> Option<Cursor> {
        Some(self.clone())
    }
}

impl<C: IntoCursor> IntoCursor for Option<C> {
    fn into_cursor(self) -> Option<Cursor> {
        self.and_then(C::into_cursor)
    }
}

/// The first byte: the form of what follows.
const FORM: u8 = 1;
/// The same with a signature at the end.
const SIGNED_FORM: u8 = 2;
/// The bytes of a signature: half of what HMAC-SHA256 gives (RFC 2104, section 5).
#[cfg(feature = "signed-cursors")]
const SIGNATURE: usize = 16;

/// How the cursors of one query are written and read.
pub(super) struct Codec {
    /// Says which model and order they are of.
    pub(super) signature: u64,
    /// The model and the order, for messages.
    pub(super) model: &'static str,
    pub(super) order: String,
    #[cfg(feature = "signed-cursors")]
    pub(super) key: Option<CursorKey>,
}

impl Codec {
    /// The cursor of a row with these values.
    pub(super) fn write(&self, values: &[u8]) -> Cursor {
        let mut bytes = Vec::with_capacity(9 + values.len());
        bytes.push(if self.signs() { SIGNED_FORM } else { FORM });
        bytes.extend_from_slice(&self.signature.to_be_bytes());
        bytes.extend_from_slice(values);
        #[cfg(feature = "signed-cursors")]
        if let Some(key) = &self.key {
            bytes.extend_from_slice(&key.sign(&bytes));
        }
        Cursor(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The values in a cursor, as bytes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCursor`].
    pub(super) fn read(&self, cursor: &Cursor) -> Result<Vec<u8>> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| self.broken())?;
        match (bytes.first(), self.signs()) {
            (Some(&FORM), false) => {}
            (Some(&SIGNED_FORM), true) => self.verified(&mut bytes)?,
            (Some(&FORM), true) => return Err(self.error("it is not signed")),
            (Some(&SIGNED_FORM), false) => return Err(self.error("it is signed, and this query's cursors are not")),
            _ => return Err(self.broken()),
        }
        let Some((signature, values)) = bytes[1..].split_first_chunk() else { return Err(self.broken()) };
        if u64::from_be_bytes(*signature) != self.signature {
            let why = format!("it is of another model or order than this query's, which is by {}", self.order);
            return Err(self.error(why));
        }
        Ok(values.to_vec())
    }

    #[cfg(feature = "signed-cursors")]
    fn signs(&self) -> bool {
        self.key.is_some()
    }

    #[cfg(not(feature = "signed-cursors"))]
    fn signs(&self) -> bool {
        false
    }

    /// Looks at the signature, and takes it off.
    #[cfg(feature = "signed-cursors")]
    fn verified(&self, bytes: &mut Vec<u8>) -> Result<()> {
        let Some(end) = bytes.len().checked_sub(SIGNATURE) else { return Err(self.broken()) };
        if !self.key.as_ref().is_some_and(|key| key.verifies(&bytes[..end], &bytes[end..])) {
            return Err(self.error("its signature is not that of this program's key"));
        }
        bytes.truncate(end);
        Ok(())
    }

    #[cfg(not(feature = "signed-cursors"))]
    fn verified(&self, _bytes: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    #[cold]
    pub(super) fn broken(&self) -> Error {
        self.error("it is broken, or not one at all")
    }

    #[cold]
    fn error(&self, why: impl Into<Cow<'static, str>>) -> Error {
        let message = format!("{}; ask for the first page, without a cursor", why.into());
        Error::new(ErrorKind::InvalidCursor, message).with_model(self.model)
    }
}

/// A secret by which cursors are signed, with HMAC-SHA256, so that clients cannot make cursors of their own. Needs the feature
/// `signed-cursors`.
///
/// ```
/// # use {orm::prelude::*, orm_core::query::CursorKey, orm_guide::*};
/// # run(async |db| {
/// let key = CursorKey::new(b"32 random bytes of the deployment")?;
/// let page = User::find_all().order_by(User::NAME).first(2).signed(&key).exec(&db).await?;
///
/// let forged = User::find_all().order_by(User::NAME).first(2).exec(&db).await?.page_info.end_cursor;
/// let error = User::find_all().order_by(User::NAME).first(2).after(forged).signed(&key).exec(&db).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidCursor);
/// # assert_eq!(page.edges.len(), 2);
/// # Ok(()) });
/// ```
#[cfg(feature = "signed-cursors")]
#[derive(Clone)]
pub struct CursorKey {
    mac: hmac::Hmac<sha2::Sha256>,
    before: Vec<hmac::Hmac<sha2::Sha256>>,
}

#[cfg(feature = "signed-cursors")]
impl CursorKey {
    /// The fewest bytes of a secret.
    pub const LEAST: usize = 16;

    /// A key of at least [16 bytes](Self::LEAST) that is kept secret; use 32 random bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for fewer.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self> {
        Ok(Self { mac: mac_of(secret.as_ref())?, before: Vec::new() })
    }

    /// Accepts cursors that were signed by a key that was used before.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn also_accept(mut self, secret: impl AsRef<[u8]>) -> Result<Self> {
        self.before.push(mac_of(secret.as_ref())?);
        Ok(self)
    }

    fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE] {
        use hmac::Mac as _;
        let full = self.mac.clone().chain_update(bytes).finalize().into_bytes();
        let mut signature = [0; SIGNATURE];
        signature.copy_from_slice(&full[..SIGNATURE]);
        signature
    }

    fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        use hmac::Mac as _;
        // In constant time.
        let by =
            |mac: &hmac::Hmac<sha2::Sha256>| mac.clone().chain_update(bytes).verify_truncated_left(signature).is_ok();
        by(&self.mac) || self.before.iter().any(by)
    }
}

#[cfg(feature = "signed-cursors")]
fn mac_of(secret: &[u8]) -> Result<hmac::Hmac<sha2::Sha256>> {
    use hmac::KeyInit as _;
    let made = hmac::Hmac::new_from_slice(secret).ok().filter(|_| secret.len() >= CursorKey::LEAST);
    let short = || format!("a key for cursors has at least {} bytes; take 32 random ones", CursorKey::LEAST);
    made.ok_or_else(|| Error::new(ErrorKind::Config, short()))
}

/// Nothing of the key.
#[cfg(feature = "signed-cursors")]
impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CursorKey").finish_non_exhaustive()
    }
}
