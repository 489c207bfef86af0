//! [`Cipher`]: seals and opens.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm::Aes256Gcm;
use aes_siv::siv::Aes256Siv;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::format::{Algorithm, HEADER, header, split};
use crate::keys::{Key, KeyProvider, random};
use crate::place::{Place, push};

/// Seals and opens values with the keys of a provider. Clones share what was derived of them.
#[derive(Clone)]
pub struct Cipher {
    keys: Arc<dyn KeyProvider>,
    derived: Arc<RwLock<HashMap<Derived, Arc<Ready>>>>,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher").finish_non_exhaustive()
    }
}

/// What a key is for.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Derived {
    key: u32,
    purpose: Purpose,
    table: String,
    column: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Seal(Algorithm),
    Index,
    Stream,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Seal(Algorithm::XChaCha20Poly1305) => "enc",
            Self::Seal(Algorithm::Aes256Gcm) => "enc-gcm",
            Self::Seal(Algorithm::Aes256Siv) => "det",
            Self::Index => "bidx",
            Self::Stream => "stream",
        }
    }
}

/// A cipher with its key.
enum Ready {
    XChaCha(Box<XChaCha20Poly1305>),
    Gcm(Box<Aes256Gcm>),
    /// Its state is used up by a value, so it is made from the key.
    Siv(Zeroizing<[u8; 64]>),
    Bytes(Zeroizing<[u8; 32]>),
}

impl Cipher {
    /// With the keys of a provider.
    pub fn new(keys: impl KeyProvider) -> Self {
        Self { keys: Arc::new(keys), derived: Arc::default() }
    }

    /// Seals a value for a place with the current key: each time to other bytes.
    ///
    /// # Errors
    /// Errors of the provider.
    pub fn seal(&self, plain: &[u8], place: &Place) -> Result<Vec<u8>> {
        self.seal_by(Algorithm::XChaCha20Poly1305, plain, place)
    }

    /// Seals a value so that equal values of a place are equal, which tells that they are.
    ///
    /// # Errors
    /// Errors of the provider.
    pub fn seal_deterministic(&self, plain: &[u8], place: &Place) -> Result<Vec<u8>> {
        self.seal_by(Algorithm::Aes256Siv, plain, place)
    }

    /// Seals a value by an algorithm.
    ///
    /// # Errors
    /// Errors of the provider.
    pub fn seal_by(&self, algorithm: Algorithm, plain: &[u8], place: &Place) -> Result<Vec<u8>> {
        self.seal_with(self.keys.current()?, algorithm, plain, place)
    }

    /// As [`seal_by`](Self::seal_by), with another key than the current one: for comparing with what was sealed by it.
    ///
    /// # Errors
    /// [`Error::UnknownKey`]; those of the provider.
    pub fn seal_with(&self, key: u32, algorithm: Algorithm, plain: &[u8], place: &Place) -> Result<Vec<u8>> {
        let header = header(algorithm, key);
        let associated = place.associated(&header);
        let mut nonce = [0; 24];
        let nonce = &mut nonce[..algorithm.nonce()];
        random(nonce)?;
        let payload = Payload { msg: plain, aad: &associated };
        let sealed = match &*self.ready(key, Purpose::Seal(algorithm), place)? {
            Ready::XChaCha(cipher) => cipher
                .encrypt((&*nonce).try_into().map_err(|_| Error::Refused)?, payload)
                .map_err(|_| Error::Refused)?,
            Ready::Gcm(cipher) => cipher
                .encrypt((&*nonce).try_into().map_err(|_| Error::Refused)?, payload)
                .map_err(|_| Error::Refused)?,
            Ready::Siv(key) => siv(key)?.encrypt([associated.as_slice()], plain).map_err(|_| Error::Refused)?,
            Ready::Bytes(_) => return Err(Error::Refused),
        };
        let mut all = Vec::with_capacity(HEADER + nonce.len() + sealed.len());
        all.extend_from_slice(&header);
        all.extend_from_slice(nonce);
        all.extend_from_slice(&sealed);
        Ok(all)
    }

    /// Opens a value that was sealed for a place, with the key that it names. No other key is tried.
    ///
    /// # Errors
    /// [`Error::NotSealed`], [`Error::UnknownKey`]; [`Error::Refused`] when it was changed or sealed for another place.
    pub fn open(&self, sealed: &[u8], place: &Place) -> Result<Vec<u8>> {
        let (algorithm, key, header, rest) = split(sealed)?;
        let associated = place.associated(header);
        let (nonce, sealed) = rest.split_at(algorithm.nonce());
        let payload = Payload { msg: sealed, aad: &associated };
        match &*self.ready(key, Purpose::Seal(algorithm), place)? {
            Ready::XChaCha(cipher) => {
                cipher.decrypt(nonce.try_into().map_err(|_| Error::Refused)?, payload).map_err(|_| Error::Refused)
            }
            Ready::Gcm(cipher) => {
                cipher.decrypt(nonce.try_into().map_err(|_| Error::Refused)?, payload).map_err(|_| Error::Refused)
            }
            Ready::Siv(key) => siv(key)?.decrypt([associated.as_slice()], sealed).map_err(|_| Error::Refused),
            Ready::Bytes(_) => Err(Error::Refused),
        }
    }

    /// What a value is found by without being opened: a keyed hash of it (HMAC-SHA256), cut to so many bits. With fewer than 256, some
    /// values share one, so that less is told about which are equal, and what is found must be compared once it is opened. The key of
    /// the index is another than that of the value.
    ///
    /// # Errors
    /// Errors of the provider.
    pub fn index(&self, plain: &[u8], bits: u16, place: &Place) -> Result<Vec<u8>> {
        self.index_with(self.keys.current()?, plain, bits, place)
    }

    /// As [`index`](Self::index), with another key than the current one.
    ///
    /// # Errors
    /// [`Error::UnknownKey`]; those of the provider.
    pub fn index_with(&self, key: u32, plain: &[u8], bits: u16, place: &Place) -> Result<Vec<u8>> {
        let ready = self.ready(key, Purpose::Index, place)?;
        let Ready::Bytes(key) = &*ready else { return Err(Error::Refused) };
        let mut mac = Hmac::<Sha256>::new_from_slice(&key[..]).map_err(|_| Error::Refused)?;
        mac.update(&place.associated(b"bidx"));
        mac.update(plain);
        let bits = usize::from(bits.clamp(1, 256));
        let mut hash = mac.finalize().into_bytes()[..bits.div_ceil(8)].to_vec();
        if let Some(last) = hash.last_mut()
            && bits % 8 != 0
        {
            *last &= 0xFF << (8 - bits % 8);
        }
        Ok(hash)
    }

    /// The id of the key that seals now.
    ///
    /// # Errors
    /// Errors of the provider.
    pub fn current_key(&self) -> Result<u32> {
        self.keys.current()
    }

    /// The id of the key for deterministic values and blind indexes; see [`KeyProvider::finding`].
    ///
    /// # Errors
    /// Errors of the provider.
    pub fn finding_key(&self) -> Result<u32> {
        self.keys.finding()
    }

    /// The key of a stream.
    pub(crate) fn stream_key(&self, key: u32, place: &Place) -> Result<Zeroizing<[u8; 32]>> {
        match &*self.ready(key, Purpose::Stream, place)? {
            Ready::Bytes(key) => Ok(key.clone()),
            _ => Err(Error::Refused),
        }
    }

    fn ready(&self, key: u32, purpose: Purpose, place: &Place) -> Result<Arc<Ready>> {
        let (table, column) = place.names();
        let wanted = Derived { key, purpose, table: table.to_owned(), column: column.to_owned() };
        // A panic while it was written leaves complete entries.
        if let Some(ready) = self.derived.read().unwrap_or_else(PoisonError::into_inner).get(&wanted) {
            return Ok(Arc::clone(ready));
        }
        let master = self.keys.key(key)?.ok_or(Error::UnknownKey(key))?;
        let ready = Arc::new(derive(&master, purpose, place)?);
        self.derived.write().unwrap_or_else(PoisonError::into_inner).insert(wanted, Arc::clone(&ready));
        Ok(ready)
    }
}

fn siv(key: &[u8; 64]) -> Result<Aes256Siv> {
    Aes256Siv::new_from_slice(key).map_err(|_| Error::Refused)
}

/// The key of a purpose and a place: HKDF-SHA256 (RFC 5869) without salt, the purpose and the names as its info.
fn derive(master: &Key, purpose: Purpose, place: &Place) -> Result<Ready> {
    let (table, column) = place.names();
    let mut info = Vec::with_capacity(64);
    for part in ["orm-field-v1", purpose.name(), table, column] {
        push(&mut info, part.as_bytes());
    }
    let hkdf = Hkdf::<Sha256>::new(None, master.bytes());
    if purpose == Purpose::Seal(Algorithm::Aes256Siv) {
        let mut key = Zeroizing::new([0; 64]);
        hkdf.expand(&info, &mut *key).map_err(|_| Error::Refused)?;
        return Ok(Ready::Siv(key));
    }
    let mut key = Zeroizing::new([0; 32]);
    hkdf.expand(&info, &mut *key).map_err(|_| Error::Refused)?;
    Ok(match purpose {
        Purpose::Seal(Algorithm::Aes256Gcm) => {
            Ready::Gcm(Box::new(Aes256Gcm::new_from_slice(&*key).map_err(|_| Error::Refused)?))
        }
        Purpose::Seal(_) => {
            Ready::XChaCha(Box::new(XChaCha20Poly1305::new_from_slice(&*key).map_err(|_| Error::Refused)?))
        }
        Purpose::Index | Purpose::Stream => Ready::Bytes(key),
    })
}
