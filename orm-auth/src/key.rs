//! [`Keys`]: what secrets are sealed with that must be read again. The database has none of them.

use std::fmt;

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret::random;
use crate::stored::Sealed;

/// The keys of the server, from its configuration and never from the database: 32 random bytes each. Secrets of second factors are
/// sealed with the first and opened with any, so a key is changed by putting a new one before it.
///
/// ```
/// use orm_auth::Keys;
///
/// let text = Keys::generate()?; // once; keep it where the program's other secrets are
/// let keys = Keys::from_base64(&text)?;
/// let rotated = Keys::from_base64(&Keys::generate()?)?.with_old(keys);
/// assert!(!format!("{rotated:?}").contains(&text[..8]));
/// # Ok::<(), orm_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct Keys(Vec<Zeroizing<[u8; 32]>>);

const VERSION: u8 = 1;
const ID: usize = 4;
const NONCE: usize = 24;

impl Keys {
    /// A key of 32 bytes.
    pub fn new(key: [u8; 32]) -> Self {
        Self(vec![Zeroizing::new(key)])
    }

    /// A key that is written in Base64, such as `openssl rand -base64 32` prints it.
    ///
    /// # Errors
    /// [`Error::Settings`] for what is not 32 bytes in Base64.
    pub fn from_base64(text: &str) -> Result<Self> {
        let wrong = || Error::Settings { setting: "keys", why: "expected 32 bytes in Base64".to_owned() };
        let bytes = Zeroizing::new(BASE64.decode(text.trim().as_bytes()).map_err(|_| wrong())?);
        Ok(Self::new(bytes.as_slice().try_into().map_err(|_| wrong())?))
    }

    /// A new key, in Base64.
    ///
    /// # Errors
    /// [`Error::Crypto`] when the operating system gives no random numbers.
    pub fn generate() -> Result<String> {
        Ok(BASE64.encode(&*random::<32>()?))
    }

    /// Opens with these as well; nothing is sealed with them any more.
    #[must_use]
    pub fn with_old(mut self, old: Self) -> Self {
        self.0.extend(old.0);
        self
    }

    /// Seals a secret for a place: it cannot be opened in another row.
    pub(crate) fn seal(&self, secret: &[u8], place: &[u8]) -> Result<Sealed> {
        let failed = |_| Error::Crypto("sealing failed");
        let key = &self.0[0];
        let nonce = random::<NONCE>()?;
        let cipher = XChaCha20Poly1305::new((&**key).into());
        let mut sealed = vec![VERSION];
        sealed.extend(id(key));
        sealed.extend(nonce.as_slice());
        let payload = Payload { msg: secret, aad: place };
        sealed.extend(cipher.encrypt((&*nonce).into(), payload).map_err(failed)?);
        Ok(Sealed(sealed))
    }

    /// Opens what was sealed for a place.
    pub(crate) fn open(&self, sealed: &Sealed, place: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let rest = sealed.0.strip_prefix(&[VERSION]).ok_or(Error::WrongKey)?;
        let (key_id, rest) = rest.split_at_checked(ID).ok_or(Error::WrongKey)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or(Error::WrongKey)?;
        let key = self.0.iter().find(|key| id(key) == *key_id).ok_or(Error::WrongKey)?;
        let cipher = XChaCha20Poly1305::new((&**key).into());
        let opened = cipher.decrypt(nonce.into(), Payload { msg: text, aad: place });
        opened.map(Zeroizing::new).map_err(|_| Error::WrongKey)
    }
}

/// By which it is seen which key was used.
fn id(key: &[u8; 32]) -> [u8; ID] {
    let hash = Sha256::new().chain_update(b"orm-auth key id").chain_update(key).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let keys = Keys::new([7; 32]);
        let sealed = keys.seal(b"secret", b"totp 1").unwrap();
        assert_eq!(*keys.open(&sealed, b"totp 1").unwrap(), b"secret");
        assert!(matches!(keys.open(&sealed, b"totp 2"), Err(Error::WrongKey)));
        assert_ne!(sealed, keys.seal(b"secret", b"totp 1").unwrap());
        assert!(!sealed.0.windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn old_keys_open() {
        let sealed = Keys::new([7; 32]).seal(b"secret", b"").unwrap();
        let rotated = Keys::new([8; 32]).with_old(Keys::new([7; 32]));
        assert_eq!(*rotated.open(&sealed, b"").unwrap(), b"secret");
        assert!(matches!(Keys::new([8; 32]).open(&sealed, b""), Err(Error::WrongKey)));
        let newer = rotated.seal(b"secret", b"").unwrap();
        assert!(Keys::new([8; 32]).open(&newer, b"").is_ok());
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let keys = Keys::new([7; 32]);
        let sealed = keys.seal(b"secret", b"").unwrap();
        for at in 0..sealed.0.len() {
            let mut other = sealed.clone();
            other.0[at] ^= 1;
            assert!(keys.open(&other, b"").is_err(), "{at}");
            other.0.truncate(at);
            assert!(keys.open(&other, b"").is_err(), "{at}");
        }
    }

    #[test]
    fn keys_are_read() {
        assert!(Keys::from_base64(&Keys::generate().unwrap()).is_ok());
        for text in ["", "AAAA", "not base64", &"A".repeat(44)] {
            assert!(matches!(Keys::from_base64(text), Err(Error::Settings { setting: "keys", .. })), "{text}");
        }
    }
}
