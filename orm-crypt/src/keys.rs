//! [`Keys`]: the master keys and which of them seals, from the environment, a file, or a key service.

use std::fmt;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// A master key: 32 bytes, which are wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`Error::System`] when the operating system gives no random bytes.
    pub fn generate() -> Result<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        random(&mut *bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Where keys come from. [`Keys`] has them in memory; a key service of your own implements this.
pub trait KeyProvider: Send + Sync + 'static {
    /// The id of the key that seals what is sealed from now on.
    ///
    /// # Errors
    /// The provider's.
    fn current(&self) -> Result<u32>;

    /// The id of the key for deterministic values and blind indexes. They are compared byte by byte, so their key must never change. By
    /// default the current key; a provider with several keys should return the oldest.
    ///
    /// # Errors
    /// The provider's.
    fn finding(&self) -> Result<u32> {
        self.current()
    }

    /// The key with an id; none when there is none. What is derived from it is kept, so this is asked about once for each key and place.
    ///
    /// # Errors
    /// The provider's.
    fn key(&self, id: u32) -> Result<Option<Key>>;
}

/// Master keys by their ids, the newest first. The first key encrypts; the others only decrypt. The last key, the oldest, is also the key
/// of deterministic values and blind indexes, so it must stay last. As text, one `id:key` on each line or
/// with commas between, the id in eight hexadecimal digits and the key in base64url:
///
/// ```text
/// 3f2a91c4:mFVbLWGgfu9zUIHD8k7nDqzUAWCvJ3oQWJkTn3uTQHo
/// ```
#[derive(Clone)]
pub struct Keys(Vec<(u32, Key)>);

impl Keys {
    /// One new random key with a random id.
    ///
    /// # Errors
    /// [`Error::System`] when the operating system gives no random bytes.
    pub fn generate() -> Result<Self> {
        Ok(Self(vec![(new_id(&[])?, Key::generate()?)]))
    }

    /// These keys, the first of which seals.
    ///
    /// # Errors
    /// [`Error::Keys`] when there is none, or two have the same id.
    pub fn new(keys: impl IntoIterator<Item = (u32, Key)>) -> Result<Self> {
        let keys: Vec<(u32, Key)> = keys.into_iter().collect();
        if keys.is_empty() {
            return Err(Error::Keys("there is no key".to_owned()));
        }
        for (at, (id, _)) in keys.iter().enumerate() {
            if keys[..at].iter().any(|(other, _)| other == id) {
                return Err(Error::Keys(format!("two keys have the id {id:08x}")));
            }
        }
        Ok(Self(keys))
    }

    /// With a new random key before the others: what is sealed from now on is sealed with it, and the others open what there is.
    ///
    /// # Errors
    /// [`Error::System`] when the operating system gives no random bytes.
    pub fn rotated(&self) -> Result<Self> {
        let ids: Vec<u32> = self.0.iter().map(|(id, _)| *id).collect();
        let mut keys = vec![(new_id(&ids)?, Key::generate()?)];
        keys.extend(self.0.iter().cloned());
        Ok(Self(keys))
    }

    /// Reads keys from a text.
    ///
    /// # Errors
    /// [`Error::Keys`] naming the line, never its text.
    pub fn parse(text: &str) -> Result<Self> {
        let mut keys = Vec::new();
        let lines = text.lines().flat_map(|line| line.split(',')).map(str::trim);
        for (at, line) in lines.filter(|line| !line.is_empty() && !line.starts_with('#')).enumerate() {
            let wrong = |what: &str| Error::Keys(format!("key {}: {what}", at + 1));
            let (id, key) = line.split_once(':').ok_or_else(|| wrong("expected `id:key`"))?;
            let well_formed = id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let id = u32::from_str_radix(id, 16).ok().filter(|_| well_formed);
            let id = id.ok_or_else(|| wrong("the id has eight hexadecimal digits"))?;
            let mut bytes = Zeroizing::new([0; 32]);
            let read =
                Base64UrlUnpadded::decode(key, &mut *bytes).map_err(|_| wrong("the key is 32 bytes in base64url"))?;
            if read.len() != 32 {
                return Err(wrong("the key is 32 bytes in base64url"));
            }
            keys.push((id, Key(bytes)));
        }
        Self::new(keys)
    }

    /// Reads keys from a variable of the environment.
    ///
    /// # Errors
    /// [`Error::Keys`] when it is not set, or as [`parse`](Self::parse).
    pub fn from_env(name: &str) -> Result<Self> {
        let text = std::env::var(name).map_err(|_| Error::Keys(format!("the variable {name} is not set")))?;
        Self::parse(&Zeroizing::new(text)).map_err(|error| Error::Keys(format!("{name}: {error}")))
    }

    /// Reads keys from a file.
    ///
    /// # Errors
    /// [`Error::Keys`] when it cannot be read, or as [`parse`](Self::parse).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let named = |error: &dyn fmt::Display| Error::Keys(format!("{}: {error}", path.display()));
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| named(&error))?);
        Self::parse(&text).map_err(|error| named(&error))
    }

    /// Keys that another key has wrapped, as a key service gives them: each is unwrapped once, when the program starts.
    ///
    /// # Errors
    /// Those of `unwrap`; [`Error::Keys`] when it gives no key of 32 bytes.
    pub fn unwrapped<'w>(
        wrapped: impl IntoIterator<Item = (u32, &'w [u8])>,
        unwrap: impl Fn(&[u8]) -> Result<Zeroizing<Vec<u8>>>,
    ) -> Result<Self> {
        let keys = wrapped.into_iter().map(|(id, wrapped)| {
            let bytes = unwrap(wrapped)?;
            let bytes = <[u8; 32]>::try_from(bytes.as_slice())
                .map_err(|_| Error::Keys(format!("the key {id:08x} is {} bytes, and not 32", bytes.len())))?;
            Ok((id, Key::new(bytes)))
        });
        Self::new(keys.collect::<Result<Vec<_>>>()?)
    }

    /// The keys as text. Keep it where nobody reads it.
    pub fn to_text(&self) -> Zeroizing<String> {
        let lines = self.0.iter().map(|(id, key)| {
            let key = Zeroizing::new(Base64UrlUnpadded::encode_string(key.bytes()));
            format!("{id:08x}:{}\n", *key)
        });
        Zeroizing::new(lines.collect())
    }

    /// The ids, the one that seals first.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|(id, _)| *id)
    }
}

impl KeyProvider for Keys {
    fn current(&self) -> Result<u32> {
        self.0.first().map(|(id, _)| *id).ok_or_else(|| Error::Keys("there is no key".to_owned()))
    }

    fn finding(&self) -> Result<u32> {
        self.0.last().map(|(id, _)| *id).ok_or_else(|| Error::Keys("there is no key".to_owned()))
    }

    fn key(&self, id: u32) -> Result<Option<Key>> {
        Ok(self.0.iter().find(|(other, _)| *other == id).map(|(_, key)| key.clone()))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.ids().map(|id| format!("{id:08x}")).collect();
        f.debug_tuple("Keys").field(&ids).finish()
    }
}

pub(crate) fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| Error::System(format!("no random bytes: {error}")))
}

/// An id that none of the others has: it says nothing about the key.
fn new_id(others: &[u32]) -> Result<u32> {
    loop {
        let mut bytes = [0; 4];
        random(&mut bytes)?;
        let id = u32::from_be_bytes(bytes);
        if !others.contains(&id) {
            return Ok(id);
        }
    }
}
