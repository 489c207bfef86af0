//! Passwords: which may be used, hashing and verifying. Hashes of other systems are in `imported`; where hashes are kept, in
//! `sign_in` and `change`.

mod imported;

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use data_encoding::HEXUPPER;
use orm::async_trait;
use sha1::{Digest as _, Sha1};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::{BoxError, Error, Result};
use crate::secret::{Secret, random};
use crate::settings::PasswordCost;
use crate::stored::StoredHash;

pub(crate) use imported::known;

/// The most bytes of a password: more would only keep the server busy.
const MOST_BYTES: usize = 1024;

/// Why a password cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordProblem {
    /// It has too few characters.
    #[error("it has fewer than {least} characters")]
    TooShort {
        /// The least.
        least: usize,
    },
    /// It has too many bytes.
    #[error("it has more than {most} bytes")]
    TooLong {
        /// The most.
        most: usize,
    },
    /// It has a NUL character, at which other programs would cut it off.
    #[error("it has a NUL character")]
    Nul,
    /// It is the account's address, or the part before the `@`.
    #[error("it is the account's own address")]
    Address,
    /// It is in a list of leaked passwords.
    #[error("it is known from {times} leaks or more")]
    Breached {
        /// How often it was found.
        times: u64,
    },
}

/// A list of leaked passwords. It is asked for a range, so that whoever keeps it does not learn the password: the interface of
/// Pwned Passwords, `https://api.pwnedpasswords.com/range/{prefix}`. This crate sends nothing by itself.
///
/// ```
/// use orm_auth::{BoxError, BreachedPasswords};
///
/// struct Own;
///
/// #[orm::async_trait]
/// impl BreachedPasswords for Own {
///     async fn range(&self, prefix: &str) -> Result<String, BoxError> {
///         Ok(match prefix {
///             "5BAA6" => "1E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179\r\n".to_owned(), // "password"
///             _ => String::new(),
///         })
///     }
/// }
/// ```
#[async_trait]
pub trait BreachedPasswords: Send + Sync {
    /// The hashes that begin with five hexadecimal digits: for each a line with the other 35 digits of the SHA-1, a colon, and how
    /// often it was found.
    ///
    /// # Errors
    /// When the list cannot be asked. The password is taken then, and `tracing` gets a warning.
    async fn range(&self, prefix: &str) -> Result<String, BoxError>;
}

/// A password that was checked and hashed. It is what [`store_password`](crate::Auth::store_password) takes, so that none gets into
/// the database unchecked.
#[derive(Debug, Clone)]
pub struct NewPassword(pub(crate) StoredHash);

/// The form in which a password is hashed: the same however a keyboard composes it.
fn normalized(password: &Secret) -> Zeroizing<String> {
    Zeroizing::new(password.reveal().nfkc().collect())
}

/// Whether a password may be used, as far as it can be told without asking anybody.
///
/// # Errors
/// Why it may not.
pub(crate) fn check(password: &Secret, least: usize, email: &str) -> Result<(), PasswordProblem> {
    if password.reveal().len() > MOST_BYTES {
        return Err(PasswordProblem::TooLong { most: MOST_BYTES });
    }
    let password = normalized(password);
    if password.len() > MOST_BYTES {
        return Err(PasswordProblem::TooLong { most: MOST_BYTES });
    }
    if password.contains('\0') {
        return Err(PasswordProblem::Nul);
    }
    if password.chars().count() < least {
        return Err(PasswordProblem::TooShort { least });
    }
    let plain = Zeroizing::new(password.to_lowercase());
    let local = email.split('@').next().unwrap_or(email);
    if !email.is_empty() && (*plain == email || *plain == local) {
        return Err(PasswordProblem::Address);
    }
    Ok(())
}

/// Whether a list has the password.
///
/// # Errors
/// [`PasswordProblem::Breached`].
pub(crate) async fn check_breached(password: &Secret, list: &dyn BreachedPasswords) -> Result<(), PasswordProblem> {
    // As it was typed: the lists have what was leaked.
    let hash = Zeroizing::new(HEXUPPER.encode(&Sha1::digest(password.reveal().as_bytes())));
    let (prefix, rest) = hash.split_at(5);
    let range = match list.range(prefix).await {
        Ok(range) => range,
        Err(error) => {
            tracing::warn!(target: "orm_auth", %error, "the list of leaked passwords cannot be asked");
            return Ok(());
        }
    };
    for line in range.lines() {
        let Some((suffix, times)) = line.trim().split_once(':') else { continue };
        let times = times.trim().parse().unwrap_or(1);
        // Answers may be filled up with hashes that were found zero times.
        if suffix.eq_ignore_ascii_case(rest) && times > 0 {
            return Err(PasswordProblem::Breached { times });
        }
    }
    Ok(())
}

/// What comparing a password with a hash found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether it is the password.
    pub(crate) matches: bool,
    /// Whether the hash should be one of the present cost.
    pub(crate) outdated: bool,
}

/// Hashes passwords, few at once, on threads that may be busy.
#[derive(Debug, Clone)]
pub(crate) struct Hasher {
    cost: PasswordCost,
    /// What is verified where there is nothing: of the present cost, and nobody's.
    nobody: Arc<str>,
    at_once: Arc<Semaphore>,
}

impl Hasher {
    pub(crate) fn new(cost: PasswordCost, at_once: usize) -> Result<Self> {
        let nobody = hash_with(&cost, random::<32>()?.as_slice())?.into();
        Ok(Self { cost, nobody, at_once: Arc::new(Semaphore::new(at_once)) })
    }

    /// Hashes a password that was checked.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<StoredHash> {
        let (cost, password) = (self.cost.clone(), normalized(password));
        let hash = self.run(move || hash_with(&cost, password.as_bytes())).await??;
        Ok(StoredHash(hash))
    }

    /// Compares. Whatever there is to compare with, one hash of the present cost is computed at least.
    pub(crate) async fn verify(&self, password: &Secret, hash: Option<&StoredHash>) -> Result<Verdict> {
        let (cost, nobody, password) = (self.cost.clone(), Arc::clone(&self.nobody), password.clone());
        let hash = hash.cloned();
        self.run(move || verify_with(&cost, &nobody, &password, hash.as_ref())).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let failed = "hashing was stopped";
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| Error::Crypto(failed))?;
        // The permit goes with the work, which goes on when its caller goes away.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await.map_err(|_| Error::Crypto(failed))
    }
}

fn hash_with(cost: &PasswordCost, password: &[u8]) -> Result<String> {
    let salt = random::<16>()?;
    let hash = cost.argon2().hash_password_with_salt(password, salt.as_slice());
    hash.map(|hash| hash.to_string()).map_err(|_| Error::Crypto("argon2 failed"))
}

fn verify_with(cost: &PasswordCost, nobody: &str, password: &Secret, hash: Option<&StoredHash>) -> Verdict {
    let too_long = password.reveal().len() > MOST_BYTES;
    let normalized = if too_long { Zeroizing::default() } else { normalized(password) };
    let text = hash.map(|hash| hash.0.as_str()).filter(|_| !too_long);
    let argon2 = |hash: &str| cost.argon2().verify_password(normalized.as_bytes(), hash).is_ok();
    match text {
        Some(text) if text.starts_with("$argon2") => {
            let matches = argon2(text);
            let params = PasswordHash::new(text).ok().and_then(|hash| {
                let same = hash.algorithm.as_str() == "argon2id";
                Params::try_from(&hash).ok().filter(|_| same)
            });
            let same = |params: &Params| {
                (params.m_cost(), params.t_cost(), params.p_cost())
                    == (cost.0.m_cost(), cost.0.t_cost(), cost.0.p_cost())
            };
            let outdated = !params.as_ref().is_some_and(same);
            if outdated && !matches {
                make_up(cost, params.as_ref());
            }
            Verdict { matches, outdated }
        }
        Some(text) => {
            let matches = imported::verify(text, password);
            if !matches {
                argon2(nobody);
            }
            Verdict { matches, outdated: true }
        }
        None => {
            argon2(nobody);
            Verdict { matches: false, outdated: false }
        }
    }
}

/// Spends what a hash of lower cost has saved, so that it is not known by its time.
fn make_up(cost: &PasswordCost, done: Option<&Params>) {
    let whole = PasswordCost::work(&cost.0);
    let left = whole.saturating_sub(done.map_or(0, PasswordCost::work));
    let memory = u64::from(cost.0.m_cost()).min(left);
    let iterations = left.checked_div(memory).unwrap_or(0);
    let (Ok(memory), Ok(iterations)) = (u32::try_from(memory), u32::try_from(iterations)) else { return };
    if let Ok(params) = Params::new(memory, iterations, cost.0.p_cost(), None) {
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let mut out = [0; 32];
        // What comes of it is nothing; only the time counts.
        let _ = std::hint::black_box(argon2.hash_password_into(b"nobody", b"0123456789abcdef", &mut out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost() -> PasswordCost {
        PasswordCost::insecure_for_tests()
    }

    #[test]
    fn passwords_are_checked() {
        let check = |text: &str, least| check(&Secret::from(text), least, "ada@example.com");
        assert_eq!(check("fifteen letters", 15), Ok(()));
        assert_eq!(check("fourteen lett.", 15), Err(PasswordProblem::TooShort { least: 15 }));
        // Characters are counted, not bytes: and composed ones.
        assert_eq!(check(&"é".repeat(15), 15), Ok(()));
        assert_eq!(check(&"e\u{301}".repeat(14), 15), Err(PasswordProblem::TooShort { least: 15 }));
        assert_eq!(check(&"a".repeat(1024), 15), Ok(()));
        assert_eq!(check(&"a".repeat(1025), 15), Err(PasswordProblem::TooLong { most: 1024 }));
        // One character that is eighteen when it is normalized.
        assert_eq!(check(&"\u{fdfa}".repeat(300), 15), Err(PasswordProblem::TooLong { most: 1024 }));
        assert_eq!(check("with a NUL \0 inside", 8), Err(PasswordProblem::Nul));
        assert_eq!(check("Ada@Example.com", 8), Err(PasswordProblem::Address));
        assert_eq!(check("ADA", 1), Err(PasswordProblem::Address));
    }

    #[tokio::test]
    async fn leaked_passwords_are_found_by_their_range() {
        struct List(&'static str);
        #[async_trait]
        impl BreachedPasswords for List {
            async fn range(&self, prefix: &str) -> Result<String, BoxError> {
                match (self.0, prefix) {
                    ("down", _) => Err("no answer".into()),
                    (lines, "ABF7A") => Ok(lines.to_owned()),
                    _ => Ok(String::new()),
                }
            }
        }
        let leaked = Secret::from("correct horse battery staple");
        let check = async |lines, password: &Secret| check_breached(password, &List(lines)).await;
        let line = "0000000000000000000000000000000000A:3\r\nAD6438836DBE526AA231ABDE2D0EEF74D42:7\r\n";
        assert_eq!(check(line, &leaked).await, Err(PasswordProblem::Breached { times: 7 }));
        assert_eq!(check(line, &Secret::from("another one")).await, Ok(()));
        assert_eq!(check("AD6438836DBE526AA231ABDE2D0EEF74D42:0", &leaked).await, Ok(()));
        assert_eq!(check("nonsense", &leaked).await, Ok(()));
        assert_eq!(check("down", &leaked).await, Ok(()));
    }

    #[tokio::test]
    async fn hashes_are_verified_and_grow_old() {
        let hasher = Hasher::new(cost(), 1).unwrap();
        let password = Secret::from("e\u{301}toile du nord");
        let hash = hasher.hash(&password).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$"));
        assert_ne!(hash, hasher.hash(&password).await.unwrap());
        let verdict = |matches, outdated| Verdict { matches, outdated };
        let composed = Secret::from("étoile du nord");
        assert_eq!(hasher.verify(&composed, Some(&hash)).await.unwrap(), verdict(true, false));
        let wrong = Secret::from("etoile du nord");
        assert_eq!(hasher.verify(&wrong, Some(&hash)).await.unwrap(), verdict(false, false));
        assert_eq!(hasher.verify(&password, None).await.unwrap(), verdict(false, false));
        let dearer = Hasher::new(PasswordCost(Params::new(16, 2, 1, None).unwrap()), 1).unwrap();
        assert_eq!(dearer.verify(&password, Some(&hash)).await.unwrap(), verdict(true, true));
        assert_eq!(dearer.verify(&wrong, Some(&hash)).await.unwrap(), verdict(false, true));
        // A hash that costs more than is asked for is one of another cost, too.
        let dear = dearer.hash(&password).await.unwrap();
        assert_eq!(hasher.verify(&wrong, Some(&dear)).await.unwrap(), verdict(false, true));
    }

    #[tokio::test]
    async fn what_is_no_hash_matches_nothing() {
        let hasher = Hasher::new(cost(), 1).unwrap();
        for text in [
            "",
            "!",
            "$argon2id$",
            "$argon2id$v=19$m=8,t=1,p=1$$",
            "$argon2x$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
            "plain",
        ] {
            let hash = StoredHash(text.to_owned());
            for password in ["", text, "plain"] {
                let verdict = hasher.verify(&Secret::from(password), Some(&hash)).await.unwrap();
                assert!(!verdict.matches, "{text}");
            }
        }
        let long = Secret::from("a".repeat(100_000));
        assert!(!hasher.verify(&long, None).await.unwrap().matches);
    }
}
