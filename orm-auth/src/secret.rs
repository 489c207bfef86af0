//! Secrets in memory: what people type ([`Secret`]), and the tokens that clients keep. They are wiped when dropped, say nothing in
//! `Debug`, and tokens of one kind are not taken for another.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::stored::Digest;

/// A password or a code, as somebody typed it.
///
/// ```
/// use orm_auth::Secret;
///
/// let password = Secret::from("correct horse battery staple");
/// assert_eq!(format!("{password:?}"), "Secret(..)");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Fills a buffer with random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut()).map_err(|_| Error::Crypto("the operating system gives no random numbers"))?;
    Ok(bytes)
}

/// SHA-256 over parts, each with its length, so that different lists have different hashes.
pub(crate) fn digest(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Digest(hash.finalize().to_vec())
}

/// The same as text of hexadecimal digits.
pub(crate) fn hex_digest(parts: &[&[u8]]) -> String {
    HEXLOWER.encode(&digest(parts).0)
}

/// Whether two hashes are the same, in a time that does not depend on where they differ.
pub(crate) fn same(one: &Digest, other: &Digest) -> bool {
    one.0.ct_eq(&other.0).into()
}

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $purpose:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// A new one: 256 random bits.
            pub(crate) fn generate() -> Result<Self> {
                Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(&*random::<32>()?))))
            }

            /// The text that the client keeps: 43 letters, digits, `-` and `_`.
            pub fn reveal(&self) -> &str {
                &self.0
            }

            /// What the database has of it.
            pub(crate) fn digest(&self) -> Digest {
                digest(&[$purpose.as_bytes(), self.0.as_bytes()])
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Reads what a client sent.
            ///
            /// # Errors
            /// [`Error::InvalidToken`] for what has not the form of a token.
            fn from_str(text: &str) -> Result<Self> {
                match BASE64URL_NOPAD.decode(text.as_bytes()).map(Zeroizing::new) {
                    Ok(bytes) if bytes.len() == 32 => Ok(Self(Zeroizing::new(text.to_owned()))),
                    _ => Err(Error::InvalidToken),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

token! {
    /// What a client shows to be taken for the one that signed in: the value of a cookie that is `HttpOnly`, `Secure` and
    /// `SameSite=Lax`. Read one with [`str::parse`].
    SessionToken, "orm-auth session"
}
token! {
    /// What a client shows between the first factor and the second. It opens nothing by itself.
    PendingToken, "orm-auth pending"
}
token! {
    /// What is in the link of a mail.
    MailToken, "orm-auth mail"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_one_kind_are_not_those_of_another() {
        let session = SessionToken::generate().unwrap();
        let pending: PendingToken = session.reveal().parse().unwrap();
        assert_eq!(session.reveal().len(), 43);
        assert!(!same(&session.digest(), &pending.digest()));
        let again: SessionToken = session.reveal().parse().unwrap();
        assert!(same(&session.digest(), &again.digest()));
        assert!(!same(&session.digest(), &SessionToken::generate().unwrap().digest()));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "a", "AAAA", &"A".repeat(44), &"A".repeat(42), &"é".repeat(22), &"=".repeat(43)] {
            assert!(matches!(text.parse::<SessionToken>(), Err(Error::InvalidToken)), "{text}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?} {:?}", Secret::from("hunter2"), MailToken::generate().unwrap());
        assert_eq!(shown, "Secret(..) MailToken(..)");
        assert_eq!(format!("{:?}", digest(&[b"a"])), "Digest(..)");
    }

    #[test]
    fn lists_of_parts_have_different_hashes() {
        assert!(!same(&digest(&[b"ab", b"c"]), &digest(&[b"a", b"bc"])));
        assert!(!same(&digest(&[b"ab"]), &digest(&[b"ab", b""])));
    }
}
