//! Hashes of other systems, with the feature `import`: bcrypt, scrypt, PBKDF2. They are verified until their owners sign in, and are
//! argon2id then.

use crate::error::{Error, Result};
use crate::secret::Secret;

/// Whether a text is a hash that can be verified.
///
/// # Errors
/// [`Error::UnknownHash`].
pub(crate) fn known(text: &str) -> Result<()> {
    use argon2::password_hash::phc::PasswordHash;
    if text.len() > 255 {
        return Err(Error::UnknownHash("it has more than 255 characters"));
    }
    if text.starts_with("$argon2") {
        let hash = PasswordHash::new(text).map_err(|_| Error::UnknownHash("it is damaged"))?;
        let whole = hash.salt.is_some() && hash.hash.is_some() && argon2::Params::try_from(&hash).is_ok();
        return if whole { Ok(()) } else { Err(Error::UnknownHash("it is damaged")) };
    }
    #[cfg(feature = "import")]
    return kinds::known(text);
    #[cfg(not(feature = "import"))]
    Err(Error::UnknownHash("it is not argon2; bcrypt, scrypt and PBKDF2 need the feature `import`"))
}

/// Whether it is the hash of the password, as it was typed: other systems do not normalize.
#[cfg(feature = "import")]
pub(super) fn verify(text: &str, password: &Secret) -> bool {
    kinds::verify(text, password.reveal().as_bytes())
}

#[cfg(not(feature = "import"))]
pub(super) fn verify(_text: &str, _password: &Secret) -> bool {
    false
}

#[cfg(feature = "import")]
mod kinds {
    use std::str::FromStr;

    use argon2::password_hash::PasswordVerifier;
    use argon2::password_hash::phc::PasswordHash;
    use data_encoding::BASE64;
    use sha2::Sha256;
    use subtle::ConstantTimeEq;

    use crate::error::{Error, Result};

    /// bcrypt hashes no more, and would take two passwords for the same that differ after it.
    const BCRYPT_BYTES: usize = 72;

    pub(super) fn known(text: &str) -> Result<()> {
        let damaged = || Error::UnknownHash("it is damaged");
        if is_bcrypt(text) {
            return bcrypt::HashParts::from_str(text).map(drop).map_err(|_| damaged());
        }
        if text.starts_with("pbkdf2_sha256$") {
            return django(text).map(drop).ok_or_else(damaged);
        }
        let hash =
            PasswordHash::new(text).map_err(|_| Error::UnknownHash("neither argon2, bcrypt, scrypt nor PBKDF2"))?;
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err(damaged());
        }
        match hash.algorithm.as_str() {
            "scrypt" => scrypt::Params::try_from(&hash).map(drop).map_err(|_| damaged()),
            "pbkdf2-sha256" | "pbkdf2-sha512" => pbkdf2::Params::try_from(&hash).map(drop).map_err(|_| damaged()),
            _ => Err(Error::UnknownHash("neither argon2, bcrypt, scrypt nor PBKDF2")),
        }
    }

    pub(super) fn verify(text: &str, password: &[u8]) -> bool {
        if is_bcrypt(text) {
            // `&`, so that a long password takes as long as another.
            return bcrypt::verify(password, text).unwrap_or(false) & (password.len() <= BCRYPT_BYTES);
        }
        if text.starts_with("pbkdf2_sha256$") {
            let Some((rounds, salt, expected)) = django(text) else { return false };
            let mut found = [0; 32];
            pbkdf2::pbkdf2_hmac::<Sha256>(password, salt.as_bytes(), rounds, &mut found);
            return found.as_slice().ct_eq(&expected).into();
        }
        let Ok(hash) = PasswordHash::new(text) else { return false };
        match hash.algorithm.as_str() {
            "scrypt" => scrypt::Scrypt::default().verify_password(password, &hash).is_ok(),
            "pbkdf2-sha256" | "pbkdf2-sha512" => pbkdf2::Pbkdf2::default().verify_password(password, &hash).is_ok(),
            _ => false,
        }
    }

    fn is_bcrypt(text: &str) -> bool {
        ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix))
    }

    /// The form of Django: `pbkdf2_sha256$rounds$salt$hash`.
    fn django(text: &str) -> Option<(u32, &str, Vec<u8>)> {
        let mut parts = text.strip_prefix("pbkdf2_sha256$")?.splitn(3, '$');
        let rounds = parts.next()?.parse().ok().filter(|rounds| *rounds > 0)?;
        let salt = parts.next().filter(|salt| !salt.is_empty())?;
        let hash = BASE64.decode(parts.next()?.as_bytes()).ok().filter(|hash| hash.len() == 32)?;
        Some((rounds, salt, hash))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Made by Python's hashlib, and by libxcrypt.
        const HASHES: [(&str, &str); 5] = [
            (
                "correct horse",
                "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M",
            ),
            (
                "correct horse",
                "$pbkdf2-sha512$i=1000,l=64$MDEyMzQ1Njc4OWFiY2RlZg$OM0FAoIqCVK1sWtxDiffVlBejtLa+ks4TP71JiecwuSZCG8iLbnl\
                 IEPOMoVX+i2B2wkSxjQ8CRGR9OkNGuIPMQ",
            ),
            ("correct horse", "pbkdf2_sha256$1000$saltsaltsalt12345678$cq//CHE1wtHv/yLCm9+wiXA6ajw897/SDF0FIQ/4+TI="),
            (
                "correct horse",
                "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$OAkZqUBelG6VIYdTJfYSENL5OmZRxMa3GwXn5oFliTg",
            ),
            ("rasmuslerdorf", "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"),
        ];

        #[test]
        fn hashes_of_other_systems_are_verified() {
            for (password, hash) in HASHES {
                known(hash).unwrap();
                assert!(verify(hash, password.as_bytes()), "{hash}");
                assert!(!verify(hash, b"correct horsf") && !verify(hash, b""), "{hash}");
            }
        }

        #[test]
        fn bcrypt_takes_72_bytes_and_no_more() {
            let hash = bcrypt::hash("a".repeat(72), 4).unwrap();
            assert!(verify(&hash, "a".repeat(72).as_bytes()));
            // To bcrypt alone they are the same.
            assert!(bcrypt::verify("a".repeat(73), &hash).unwrap());
            assert!(!verify(&hash, "a".repeat(73).as_bytes()));
            assert!(!verify(&hash, "a".repeat(71).as_bytes()));
        }

        #[test]
        fn what_is_damaged_is_refused() {
            for (_, hash) in HASHES {
                let cut = &hash[..hash.len() - 30];
                assert!(known(cut).is_err() || !verify(cut, b"correct horse"), "{cut}");
            }
            for hash in [
                "",
                "plain",
                "$md5$abc",
                "pbkdf2_sha256$0$a$b",
                "pbkdf2_sha256$x",
                "$scrypt$ln=4,r=8,p=1",
                "$2y$07$short",
            ] {
                assert!(matches!(known(hash), Err(Error::UnknownHash(_))), "{hash}");
                assert!(!verify(hash, b"plain"));
            }
        }
    }
}
