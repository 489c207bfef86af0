//! [`Settings`]: times and limits. Each has a default that NIST SP 800-63B and OWASP would agree with.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};

use crate::error::{Error, Result};

/// Times and limits of the services. Change what you need:
///
/// ```
/// use std::time::Duration;
/// use orm_auth::Settings;
///
/// let mut settings = Settings::new("Shop");
/// settings.session_lifetime = Duration::from_secs(12 * 3600);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The name of the service, as authenticator apps and mails show it.
    pub issuer: String,
    /// What a hash of a password costs.
    pub password_cost: PasswordCost,
    /// How many passwords are hashed at once; the others wait. Each takes the memory that its cost says.
    pub hashes_at_once: usize,
    /// The least characters of a password that is the only factor.
    pub password_chars: usize,
    /// The least characters of a password where there is a second factor.
    pub password_chars_with_second_factor: usize,
    /// How long a session lasts, whatever happens in it.
    pub session_lifetime: Duration,
    /// After how long without use a session ends.
    pub session_idle: Option<Duration>,
    /// How long the second factor may take.
    pub pending_lifetime: Duration,
    /// How many codes may be tried for one sign-in.
    pub pending_attempts: i32,
    /// How old a proof may be for changes of passwords and factors.
    pub step_up_age: Duration,
    /// How long the link of a mail is good that verifies an address.
    pub verification_lifetime: Duration,
    /// How long the link of a mail is good that resets a password.
    pub reset_lifetime: Duration,
    /// The least time that the answer to a request for a reset takes, so that it does not tell whether there is such an account.
    /// Mail should be handed on in less.
    pub reset_answer_time: Duration,
    /// Attempts at one account.
    pub account_throttle: Throttling,
    /// Attempts from one address.
    pub address_throttle: Throttling,
}

impl Settings {
    /// The defaults, for a service of this name.
    pub fn new(issuer: impl Into<String>) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let days = |days: u64| minutes(days * 24 * 60);
        Self {
            issuer: issuer.into(),
            password_cost: PasswordCost::default(),
            hashes_at_once: 4,
            password_chars: 15,
            password_chars_with_second_factor: 8,
            session_lifetime: days(14),
            session_idle: None,
            pending_lifetime: minutes(5),
            pending_attempts: 5,
            step_up_age: minutes(10),
            verification_lifetime: days(1),
            reset_lifetime: minutes(15),
            reset_answer_time: Duration::from_millis(500),
            account_throttle: Throttling {
                free: 5,
                first: Duration::from_secs(1),
                most: minutes(15),
                forgotten_after: days(1),
            },
            address_throttle: Throttling {
                free: 50,
                first: Duration::from_secs(1),
                most: minutes(15),
                forgotten_after: days(1),
            },
        }
    }

    /// # Errors
    /// [`Error::Settings`] for one that cannot be used.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |setting, why: &str| Err(Error::Settings { setting, why: why.to_owned() });
        if self.issuer.is_empty() || self.issuer.contains(':') {
            return refuse("issuer", "it is empty or has a colon in it, which ends it in the URL of a TOTP secret");
        }
        if self.hashes_at_once == 0 {
            return refuse("hashes_at_once", "nothing would ever be hashed");
        }
        if self.password_chars_with_second_factor == 0 || self.password_chars == 0 {
            return refuse("password_chars", "an empty password is none");
        }
        if self.pending_attempts <= 0 {
            return refuse("pending_attempts", "nobody could use a second factor");
        }
        for (setting, limits) in
            [("account_throttle", self.account_throttle), ("address_throttle", self.address_throttle)]
        {
            if limits.free < 1 {
                return refuse(setting, "nobody could sign in: `free` is at least 1");
            }
            if limits.first.is_zero() || limits.most < limits.first {
                return refuse(setting, "`first` is more than nothing, and `most` not less than `first`");
            }
        }
        Ok(())
    }
}

/// How attempts are slowed down: the first ones are free, then each that fails doubles the time until the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttling {
    /// How many attempts are free.
    pub free: i32,
    /// The time after the last free one.
    pub first: Duration,
    /// The most that one has to wait.
    pub most: Duration,
    /// After how long without attempts all are forgotten.
    pub forgotten_after: Duration,
}

/// What a hash of a password costs: parameters of argon2id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordCost(pub(crate) Params);

/// The parameters that OWASP holds equal: memory in KiB, and the least iterations with it.
const OWASP: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

impl PasswordCost {
    /// argon2id with this much memory in KiB, iterations and lanes. Raise the memory first, until a hash takes as long as people
    /// may wait; hashes that are there become those of the new cost when their owners sign in.
    ///
    /// ```
    /// use orm_auth::PasswordCost;
    ///
    /// assert!(PasswordCost::new(64 * 1024, 3, 1).is_ok());
    /// assert!(PasswordCost::new(8 * 1024, 1, 1).is_err()); // less than OWASP's minimum
    /// ```
    ///
    /// # Errors
    /// [`Error::Settings`] for less than OWASP's minimum, and for what argon2 cannot do.
    pub fn new(memory_kib: u32, iterations: u32, lanes: u32) -> Result<Self> {
        if !OWASP.iter().any(|(memory, least)| memory_kib >= *memory && iterations >= *least) {
            let why = "less than OWASP's minimum, which is 19456 KiB with 2 iterations or the like".to_owned();
            return Err(Error::Settings { setting: "password_cost", why });
        }
        let params = Params::new(memory_kib, iterations, lanes, None);
        let params = params.map_err(|error| Error::Settings { setting: "password_cost", why: error.to_string() })?;
        Ok(Self(params))
    }

    /// The least that argon2 can do, so that tests are fast. It protects nothing.
    pub fn insecure_for_tests() -> Self {
        Self(Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None).unwrap_or_default())
    }

    pub(crate) fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.0.clone())
    }

    /// Memory times iterations.
    pub(crate) fn work(params: &Params) -> u64 {
        u64::from(params.m_cost()) * u64::from(params.t_cost())
    }
}

impl Default for PasswordCost {
    /// OWASP's minimum: 19456 KiB, 2 iterations, 1 lane.
    fn default() -> Self {
        Self(Params::DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_lock_everybody_out_are_refused() {
        assert!(Settings::new("Shop").check().is_ok());
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::new("Shop");
            change(&mut settings);
            settings.check()
        };
        for change in [
            (|it| it.issuer = "a:b".to_owned()) as fn(&mut Settings),
            |it| it.issuer = String::new(),
            |it| it.hashes_at_once = 0,
            |it| it.password_chars = 0,
            |it| it.pending_attempts = 0,
            |it| it.account_throttle.free = 0,
            |it| it.address_throttle.first = Duration::ZERO,
            |it| it.address_throttle.most = Duration::from_millis(1),
        ] {
            assert!(matches!(with(change), Err(Error::Settings { .. })));
        }
    }

    #[test]
    fn the_cost_is_owasps_at_least() {
        let default = PasswordCost::default();
        assert_eq!((default.0.m_cost(), default.0.t_cost(), default.0.p_cost()), (19_456, 2, 1));
        for (memory, iterations) in OWASP {
            assert!(PasswordCost::new(memory, iterations, 1).is_ok());
            assert!(PasswordCost::new(memory - 1, iterations, 1).is_err());
        }
        assert!(PasswordCost::new(u32::MAX, u32::MAX, u32::MAX).is_err());
    }
}
