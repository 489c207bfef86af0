//! Keys of encrypted columns: implements the trait `Seal` of `orm-core` with a `Cipher` of `orm-crypt`.

use std::sync::Arc;

use orm_core::driver::Tx;
use orm_core::row::Seal;
use orm_core::value::{SealDef, SealKind};
use orm_core::{Error, ErrorKind, Result};
use orm_crypt::{Algorithm, Cipher, KeyProvider, Place, algorithm, key_id};

use crate::{Database, DatabaseOptions, Transaction};

/// Encrypts and decrypts the values of columns.
#[derive(Debug)]
struct Sealer(Cipher);

impl Seal for Sealer {
    fn seal(&self, column: &SealDef, plain: &[u8]) -> Result<Vec<u8>> {
        let place = place(column);
        let sealed = match column.kind {
            SealKind::Deterministic => {
                self.0.finding_key().and_then(|key| self.0.seal_with(key, Algorithm::Aes256Siv, plain, &place))
            }
            SealKind::Index => self.0.finding_key().and_then(|key| self.0.index_with(key, plain, 256, &place)),
            _ => self.0.seal(plain, &place),
        };
        sealed.map_err(refused)
    }

    fn open(&self, column: &SealDef, sealed: &[u8]) -> Result<Vec<u8>> {
        self.0.open(sealed, &place(column)).map_err(refused)
    }

    fn is_sealed(&self, bytes: &[u8]) -> bool {
        key_id(bytes).is_some()
    }

    fn is_current(&self, column: &SealDef, sealed: &[u8]) -> bool {
        let (key, wanted) = match column.kind {
            SealKind::Deterministic => (self.0.finding_key(), Algorithm::Aes256Siv),
            _ => (self.0.current_key(), Algorithm::XChaCha20Poly1305),
        };
        key_id(sealed) == key.ok() && algorithm(sealed) == Some(wanted)
    }
}

fn place(column: &SealDef) -> Place {
    Place::new(column.place.0, column.place.1)
}

#[cold]
fn refused(error: orm_crypt::Error) -> Error {
    Error::new(ErrorKind::Encryption, error.to_string()).with_source(error)
}

fn sealer(keys: impl KeyProvider) -> Arc<dyn Seal> {
    Arc::new(Sealer(Cipher::new(keys)))
}

impl DatabaseOptions {
    /// The keys of encrypted columns, `#[orm(encrypt)]`. New values are encrypted with the first key of [`Keys`](crate::crypt::Keys). Each
    /// value contains the id of its key. Without keys, a statement about an encrypted column fails with
    /// [`Encryption`](ErrorKind::Encryption).
    ///
    /// ```
    /// use orm::DatabaseOptions;
    /// use orm::crypt::Keys;
    /// use orm::prelude::*;
    ///
    /// #[derive(Clone, Model)]
    /// struct Patient {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     #[orm(encrypt)]
    ///     diagnosis: String,
    /// }
    ///
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// # let keys = Keys::generate().unwrap();
    /// // In a program, `Keys::from_env("APP_KEYS")` or `Keys::from_file(..)`.
    /// let db = orm::connect_with("sqlite::memory:", DatabaseOptions::new().keys(keys)).await?;
    /// # db.create_tables::<Patient>().await?;
    /// let patient = Patient::create().diagnosis("influenza").exec(&db).await?;
    /// assert_eq!(patient.diagnosis, "influenza");
    /// let stored: Vec<Vec<u8>> = db.query("SELECT diagnosis FROM patients", ()).await?;
    /// assert!(!stored[0].windows(9).any(|bytes| bytes == b"influenza"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn keys(self, keys: impl KeyProvider) -> Self {
        self.seal(sealer(keys))
    }
}

impl Database {
    /// The same database with other keys for encrypted columns, for example those of a tenant. Deriving keys takes time, so keep the
    /// handle as long as you need it.
    #[must_use]
    pub fn with_keys(&self, keys: impl KeyProvider) -> Self {
        self.under(self.known().with_seal(sealer(keys)))
    }
}

impl Transaction {
    /// The same transaction with other keys for encrypted columns; see [`Database::with_keys`].
    pub fn with_keys(&self, keys: impl KeyProvider) -> Tx<'_> {
        self.under(self.known().with_seal(sealer(keys)))
    }
}
