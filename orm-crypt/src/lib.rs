//! Sealing values at rest: what the ORM's `#[orm(encrypt)]` columns are sealed with, and a [`Cipher`] to use by itself.
//!
//! A sealed value tells which key opens it, and is bound to its [`Place`], the table and column and whatever else is named: moved to
//! another place it does not open. Keys of places are derived from one master key by HKDF-SHA256 (RFC 5869), so no key is used for two
//! things. Values are sealed by XChaCha20-Poly1305 with a random nonce, or by AES-256-GCM-compatible and deterministic
//! algorithms where they are asked for, see [`Algorithm`].
//!
//! ```
//! use orm_crypt::{Cipher, Keys, Place};
//!
//! let cipher = Cipher::new(Keys::generate()?);
//! let place = Place::new("invoices", "iban").bind("tenant", b"7");
//! let sealed = cipher.seal(b"DE02120300000000202051", &place)?;
//! assert_eq!(cipher.open(&sealed, &place)?, b"DE02120300000000202051");
//! assert!(cipher.open(&sealed, &Place::new("invoices", "iban").bind("tenant", b"8")).is_err());
//! # Ok::<(), orm_crypt::Error>(())
//! ```
//!
//! What this protects against is a stolen dump or backup, SQL that reads what it should not, a curious administrator of the database, values
//! that are moved between rows, columns or tenants. What it does not: a program that is broken into while it runs and has the keys; what
//! the lengths of values tell; which values of a deterministic column, or of a blind index, are equal.

mod cipher;
mod error;
mod format;
mod keys;
mod place;
mod stream;

pub use cipher::Cipher;
pub use error::{Error, Result};
pub use format::{Algorithm, OVERHEAD, algorithm, key_id, sealed_length};
pub use keys::{Key, KeyProvider, Keys};
pub use place::Place;
