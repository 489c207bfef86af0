//! Types of columns whose values are no business of logs: they say in `Debug` that there is something, not what.

use std::fmt;

use orm::Value;

macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

/// The hash of a password, as it is stored.
#[derive(Clone, PartialEq, Value)]
pub struct StoredHash(pub(crate) String);

/// SHA-256 of a token or of a code.
#[derive(Clone, PartialEq, Value)]
pub struct Digest(pub(crate) Vec<u8>);

/// A secret that must be read again, encrypted.
#[derive(Clone, PartialEq, Value)]
pub struct Sealed(pub(crate) Vec<u8>);

redacted!(StoredHash, Digest, Sealed);
