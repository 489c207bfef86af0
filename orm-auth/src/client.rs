//! [`Client`]: where a request comes from, and the form of addresses of mail.

use std::net::IpAddr;

use unicode_normalization::UnicodeNormalization;

/// Where a request comes from, as far as it is known: for throttling, and for the lists of sessions and events.
///
/// ```
/// use orm_auth::Client;
///
/// let client = Client::at("192.0.2.7".parse()?).with_user_agent("Mozilla/5.0");
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Client {
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
}

impl Client {
    /// A client at an address. Behind a proxy, it is for the caller to take the address from a header that this proxy sets; what
    /// clients can set themselves would let them evade throttling.
    pub fn at(address: IpAddr) -> Self {
        Self { address: Some(address.to_canonical()), user_agent: None }
    }

    /// A client of which nothing is known: only the account's attempts are counted.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What it calls itself; the first 255 characters are kept.
    #[must_use]
    pub fn with_user_agent(mut self, name: impl AsRef<str>) -> Self {
        self.user_agent = Some(name.as_ref().chars().filter(|c| !c.is_control()).take(255).collect());
        self
    }

    /// The address as text.
    pub(crate) fn shown(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    /// What is counted as one: an address of IPv4, a network of IPv6 as one subscriber has it.
    pub(crate) fn network(&self) -> Option<String> {
        Some(match self.address? {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }
}

/// The form in which addresses of mail are stored and compared: without spaces around, composed (NFKC) and in lower case. Two that
/// look alike are one account then, on every database. Control characters, which no address has, become `U+FFFD`.
///
/// ```
/// assert_eq!(orm_auth::normalize_email(" Ada@Example.COM "), "ada@example.com");
/// ```
pub fn normalize_email(email: &str) -> String {
    let plain: String = email.trim().nfkc().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    plain.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_counted() {
        let network = |address: &str| Client::at(address.parse().unwrap()).network().unwrap();
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2::5"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::5"), network("2001:db8:1:3::5"));
        assert_eq!(Client::unknown().network(), None);
    }

    #[test]
    fn user_agents_fit_their_column() {
        let client = Client::unknown().with_user_agent(format!("a\n\0{}", "é".repeat(400)));
        assert_eq!(client.user_agent.unwrap().chars().count(), 255);
    }

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(normalize_email("ＡＤＡ@example.com"), "ada@example.com");
        assert_eq!(normalize_email("e\u{301}@x"), normalize_email("\u{c9}@X"));
        assert_eq!(normalize_email("a\0b@x"), "a\u{fffd}b@x");
    }
}
