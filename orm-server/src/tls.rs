//! [`SslMode`]: whether a connection is encrypted, and what of the server's certificate is verified; [`Tls`]: that, with
//! the certificates.

use std::fmt;
use std::path::PathBuf;

use orm_core::{Error, ErrorKind, Result};

/// Whether a connection is encrypted, and what of the server's certificate is verified. The names are those of `libpq`; URLs
/// take those of MySQL as well.
///
/// | mode | in a URL | MySQL's name |
/// |---|---|---|
/// | [`Disable`](Self::Disable) | `disable` | `disabled` |
/// | [`Allow`](Self::Allow) | `allow` | |
/// | [`Prefer`](Self::Prefer) | `prefer` | `preferred` |
/// | [`Require`](Self::Require) | `require` | `required` |
/// | [`VerifyCa`](Self::VerifyCa) | `verify-ca` | `verify_ca` |
/// | [`VerifyFull`](Self::VerifyFull) | `verify-full` | `verify_identity` |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SslMode {
    /// Not encrypted.
    Disable,
    /// Encrypted only when the server insists.
    Allow,
    /// Encrypted when the server can; its certificate is not verified.
    #[default]
    Prefer,
    /// Encrypted; the server's certificate is verified only when a root certificate is given.
    Require,
    /// Encrypted, and the certificate is issued by a trusted authority.
    VerifyCa,
    /// Encrypted, and the certificate is issued by a trusted authority and for this host.
    VerifyFull,
}

impl SslMode {
    /// The names in URLs.
    pub const WORDS: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    /// The mode of a name of `libpq` or MySQL, in small letters and with `-`.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "disable" | "disabled" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" | "preferred" => Self::Prefer,
            "require" | "required" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" | "verify-identity" => Self::VerifyFull,
            _ => return None,
        })
    }
}

/// A certificate or key.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// In a file.
    File(PathBuf),
    /// The text itself.
    Text(String),
}

/// The path of a file; never the text, which may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(f),
            Self::Text(_) => f.write_str("PEM"),
        }
    }
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// The mode; the driver's default when `None`.
    pub mode: Option<SslMode>,
    /// The trusted root certificates.
    pub root: Option<Pem>,
    /// The client's certificate.
    pub certificate: Option<Pem>,
    /// The key of the client's certificate.
    pub key: Option<Pem>,
}

impl Tls {
    /// What is verified in a mode: with a root certificate, `Require` verifies it, as with `libpq`.
    pub fn verified(&self, mode: SslMode) -> SslMode {
        match mode {
            SslMode::Require if self.root.is_some() => SslMode::VerifyCa,
            mode => mode,
        }
    }

    /// Refuses half of a client's certificate.
    ///
    /// # Errors
    /// [`ErrorKind::Config`].
    pub fn check(&self) -> Result<()> {
        if self.certificate.is_some() == self.key.is_some() {
            return Ok(());
        }
        let message = "the client's certificate (`sslcert`) and its key (`sslkey`) are given together";
        Err(Error::new(ErrorKind::Config, message))
    }
}
