//! The bytes of a sealed value: what it is, by which algorithm and key, the nonce, the sealed bytes and the tag.

use crate::error::{Error, Result};

/// The first byte.
const MAGIC: u8 = 0xE1;

/// Magic, algorithm, flags, key.
pub(crate) const HEADER: usize = 7;

/// How a value is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// XChaCha20-Poly1305 with a random nonce of 24 bytes (draft-irtf-cfrg-xchacha-03): the usual one.
    XChaCha20Poly1305,
    /// AES-256-GCM with a random nonce of 12 bytes (NIST SP 800-38D), for those who must use it: at most 2^32 values for each key and
    /// place.
    Aes256Gcm,
    /// AES-256-SIV (RFC 5297): equal values of one place are equal when sealed.
    Aes256Siv,
}

impl Algorithm {
    const fn byte(self) -> u8 {
        match self {
            Self::XChaCha20Poly1305 => 1,
            Self::Aes256Gcm => 2,
            Self::Aes256Siv => 3,
        }
    }

    /// The bytes of the nonce.
    pub(crate) const fn nonce(self) -> usize {
        match self {
            Self::XChaCha20Poly1305 => 24,
            Self::Aes256Gcm => 12,
            Self::Aes256Siv => 0,
        }
    }
}

/// By how many bytes a value is longer when it is sealed, with the longest nonce.
pub const OVERHEAD: usize = HEADER + 24 + 16;

/// The length of a value when it is sealed by an algorithm.
pub const fn sealed_length(algorithm: Algorithm, plain: usize) -> usize {
    HEADER + algorithm.nonce() + plain + 16
}

/// The header of what is sealed with a key.
pub(crate) fn header(algorithm: Algorithm, key: u32) -> [u8; HEADER] {
    let [a, b, c, d] = key.to_be_bytes();
    [MAGIC, algorithm.byte(), 0, a, b, c, d]
}

/// The parts of a sealed value: the algorithm, the key, the header, and what follows it.
pub(crate) fn split(sealed: &[u8]) -> Result<(Algorithm, u32, &[u8], &[u8])> {
    let (header, rest) = sealed.split_at_checked(HEADER).ok_or(Error::NotSealed)?;
    let [MAGIC, algorithm, flags, a, b, c, d] = *header else { return Err(Error::NotSealed) };
    let algorithm = match algorithm {
        1 => Algorithm::XChaCha20Poly1305,
        2 => Algorithm::Aes256Gcm,
        3 => Algorithm::Aes256Siv,
        other => return Err(Error::UnknownAlgorithm(other)),
    };
    if flags != 0 {
        return Err(Error::Refused);
    }
    if rest.len() < algorithm.nonce() + 16 {
        return Err(Error::Refused);
    }
    Ok((algorithm, u32::from_be_bytes([a, b, c, d]), header, rest))
}

/// The id of the key that sealed a value; none when it is not a sealed value.
pub fn key_id(sealed: &[u8]) -> Option<u32> {
    split(sealed).ok().map(|(_, key, ..)| key)
}

/// The algorithm of an encrypted value; `None` if the bytes are not one.
pub fn algorithm(sealed: &[u8]) -> Option<Algorithm> {
    split(sealed).ok().map(|(algorithm, ..)| algorithm)
}
