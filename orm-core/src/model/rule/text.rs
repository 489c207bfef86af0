//! Rules about text, and normalisers of it.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::{HasText, Verdict, failed};
use crate::error::Result;
use crate::value::Value;

/// What is wrong with a text that fails a test.
fn text(value: &Value, keeps: impl FnOnce(&str) -> bool, message: &'static str) -> Result<Verdict> {
    match value {
        Value::Text(text) if !keeps(text) => Ok(failed(message, Vec::new())),
        _ => Ok(Ok(())),
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])+ $name:ident: $test:expr, $message:literal;)+) => {$(
        $(#[$doc])+
        #[allow(clippy::missing_errors_doc)] // none: the result is that of every rule
        pub fn $name<T: HasText>(value: &Value) -> Result<Verdict> {
            text(value, $test, $message)
        }
    )+};
}

rules! {
    /// An e-mail address as it is written in a form: `ada@example.com`, without a name, and with a domain that has a dot.
    email: is_email, "must be an e-mail address";
    /// An absolute URL of the web, with a host.
    url: is_url, "must be a URL that begins with http:// or https://";
    /// An address of IPv4 or IPv6.
    ip: |text| IpAddr::from_str(text).is_ok(), "must be an IP address";
    /// An address of IPv4.
    ipv4: |text| Ipv4Addr::from_str(text).is_ok(), "must be an IPv4 address";
    /// An address of IPv6.
    ipv6: |text| Ipv6Addr::from_str(text).is_ok(), "must be an IPv6 address";
    /// A UUID with its hyphens.
    uuid: |text| uuid_version(text).is_some(), "must be a UUID";
    /// The number of a payment card, with its check digit.
    credit_card: is_credit_card, "must be the number of a credit card";
    /// A date, or a date and a time.
    date: is_date, "must be a date";
    /// Letters, at least one.
    alpha: |text| each(text, char::is_alphabetic), "must have letters only";
    /// Letters and digits, at least one.
    alphanumeric: |text| each(text, char::is_alphanumeric), "must have letters and digits only";
    /// The digits 0 to 9, at least one.
    digits: |text| each(text, |c| c.is_ascii_digit()), "must have digits only";
    /// A number, with a sign, a point and an exponent if there are any.
    numeric: is_finite, "must be a number";
    /// A whole number.
    int: is_int, "must be a whole number";
    /// A number without an exponent.
    decimal: |text| is_finite(text) && !text.contains(['e', 'E']), "must be a decimal number";
    /// No letter is upper-case.
    lowercase: |text| !text.chars().any(char::is_uppercase), "must be lower-case";
    /// No letter is lower-case.
    uppercase: |text| !text.chars().any(char::is_lowercase), "must be upper-case";
    /// Something beside white space.
    not_empty: |text| !text.trim().is_empty(), "must not be empty";
}

/// A UUID of a version.
///
/// # Errors
/// None: the result is that of every rule.
pub fn uuid_of<T: HasText>(value: &Value, version: u32) -> Result<Verdict> {
    match value {
        Value::Text(text) if uuid_version(text) != Some(version) => {
            Ok(failed(format!("must be a UUID of version {version}"), vec![("version", Value::U64(version.into()))]))
        }
        _ => Ok(Ok(())),
    }
}

/// A text with another one in it.
///
/// # Errors
/// None: the result is that of every rule.
pub fn contains<T: HasText>(value: &Value, part: &'static str) -> Result<Verdict> {
    match value {
        Value::Text(text) if !text.contains(part) => {
            Ok(failed(format!("must contain `{part}`"), vec![("text", Value::Text(part.into()))]))
        }
        _ => Ok(Ok(())),
    }
}

/// A text without another one in it.
///
/// # Errors
/// None: the result is that of every rule.
pub fn not_contains<T: HasText>(value: &Value, part: &'static str) -> Result<Verdict> {
    match value {
        Value::Text(text) if text.contains(part) => {
            Ok(failed(format!("must not contain `{part}`"), vec![("text", Value::Text(part.into()))]))
        }
        _ => Ok(Ok(())),
    }
}

/// A regular expression that is parsed once; what is wrong with it is kept for the writes that need it.
#[cfg(feature = "pattern")]
pub type Pattern = std::sync::LazyLock<std::result::Result<regex::Regex, String>>;

/// Parses a pattern.
///
/// # Errors
/// What is wrong with it, in words.
#[cfg(feature = "pattern")]
pub fn parse_pattern(pattern: &str) -> std::result::Result<regex::Regex, String> {
    regex::Regex::new(pattern).map_err(|error| error.to_string())
}

/// A text in which a pattern is found, or is not.
///
/// # Errors
/// [`ErrorKind::Config`](crate::error::ErrorKind::Config) for a pattern that is none.
#[cfg(feature = "pattern")]
pub fn pattern<T: HasText>(value: &Value, pattern: &Pattern, found: bool) -> Result<Verdict> {
    use crate::error::{Error, ErrorKind};

    let pattern = match &**pattern {
        Ok(pattern) => pattern,
        Err(error) => {
            return Err(Error::new(ErrorKind::Config, format!("the pattern of a rule cannot be read: {error}")));
        }
    };
    match value {
        Value::Text(text) if pattern.is_match(text) != found => {
            let message = if found { "must have the expected form" } else { "has a form that is not allowed" };
            Ok(failed(message, vec![("pattern", Value::Text(pattern.as_str().to_owned().into()))]))
        }
        _ => Ok(Ok(())),
    }
}

/// A rule of a pattern: the expression is parsed when it is first needed.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "pattern")]
macro_rules! __pattern {
    ($value:ident, $ty:ty, $pattern:literal, $found:literal) => {{
        static PATTERN: $crate::__private::rule::Pattern =
            $crate::__private::rule::Pattern::new(|| $crate::__private::rule::parse_pattern($pattern));
        $crate::__private::rule::pattern::<$ty>($value, &PATTERN, $found)
    }};
}

/// Says which feature is missing.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "pattern"))]
macro_rules! __pattern {
    ($($any:tt)*) => {
        ::core::compile_error!("the rules `pattern` and `not_pattern` need the feature `pattern` of the crate `orm`")
    };
}

fn is_email(text: &str) -> bool {
    let options = email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
    email_address::EmailAddress::parse_with_options(text, options).is_ok()
}

fn is_url(text: &str) -> bool {
    // The parser takes more than that, and mends it: spaces around, backslashes, control characters.
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
    plain && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn each(text: &str, is: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(is)
}

fn is_finite(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.parse().is_ok_and(f64::is_finite)
}

fn is_int(text: &str) -> bool {
    each(text.strip_prefix(['-', '+']).unwrap_or(text), |c| c.is_ascii_digit())
}

/// The version of a UUID in its usual form.
fn uuid_version(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    let fits = parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, len)| part.len() == len && part.bytes().all(|b| b.is_ascii_hexdigit()));
    if fits { parts[2].chars().next()?.to_digit(16) } else { None }
}

/// 12 to 19 digits, in groups or not, of which the last one is the check digit of the others (ISO/IEC 7812-1).
fn is_credit_card(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| (12..=19).contains(&digits.len())) else { return false };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 0 { *digit } else { doubled(*digit) }).sum();
    sum.is_multiple_of(10)
}

fn doubled(digit: u32) -> u32 {
    let twice = digit * 2;
    if twice > 9 { twice - 9 } else { twice }
}

fn is_date(text: &str) -> bool {
    NaiveDate::from_str(text).is_ok()
        || NaiveDateTime::from_str(text).is_ok()
        || DateTime::parse_from_rfc3339(text).is_ok()
}

/// Without white space at both ends.
pub fn trim(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text.trim())
}

/// In lower case.
pub fn to_lowercase(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c.is_ascii() && !c.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// In upper case.
pub fn to_uppercase(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c.is_ascii() && !c.is_ascii_lowercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_uppercase())
    }
}

/// Without white space at both ends, and with one space for each run of it between words.
pub fn squish(text: &str) -> Cow<'_, str> {
    let mut words = text.split_whitespace();
    let mut squished = String::with_capacity(text.len());
    squished.extend(words.next());
    words.for_each(|word| {
        squished.push(' ');
        squished.push_str(word);
    });
    if squished == text { Cow::Borrowed(text) } else { Cow::Owned(squished) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&Value) -> Result<Verdict>, right: &[&'static str], wrong: &[&'static str]) {
        let keeps = |text: &&&'static str| rule(&Value::Text((**text).into())).unwrap().is_ok();
        assert_eq!(right.iter().filter(keeps).collect::<Vec<_>>(), right.iter().collect::<Vec<_>>());
        assert_eq!(wrong.iter().filter(keeps).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn formats_are_known() {
        check(
            email::<String>,
            &["ada@example.com", "a.b+c@mail.example.org", "ada@exämple.com"],
            &[
                "",
                "ada",
                "ada@",
                "@example.com",
                "ada@example",
                "Ada <ada@example.com>",
                "ada@[127.0.0.1]",
                "a b@example.com",
            ],
        );
        check(
            url::<String>,
            &["https://example.com", "http://localhost:3000/a?b=c#d", "https://[::1]/"],
            &[
                "",
                "example.com",
                "ftp://example.com",
                "https://",
                "javascript:alert(1)",
                " https://example.com",
                "http:\\\\a.b",
            ],
        );
        check(ip::<String>, &["127.0.0.1", "::1"], &["", "127.0.0.256", "localhost", "1.2.3"]);
        check(ipv4::<String>, &["127.0.0.1"], &["::1"]);
        check(ipv6::<String>, &["::1"], &["127.0.0.1"]);
        check(
            uuid::<String>,
            &["0199b2ee-7f11-7abc-8def-0123456789ab"],
            &["", "0199b2ee7f117abc8def0123456789ab", "0199b2ee-7f11-7abc-8def-0123456789ag"],
        );
        check(
            |value| uuid_of::<String>(value, 7),
            &["0199b2ee-7f11-7abc-8def-0123456789ab"],
            &["0199b2ee-7f11-4abc-8def-0123456789ab"],
        );
        check(
            credit_card::<String>,
            &["4111 1111 1111 1111", "378282246310005"],
            &["", "4111111111111112", "0", "4111x11111111111"],
        );
        check(
            date::<String>,
            &["2026-02-28", "2026-02-28T10:00:00", "2026-02-28T10:00:00Z"],
            &["", "2026-02-30", "now"],
        );
    }

    #[test]
    fn characters_are_known() {
        check(alpha::<String>, &["a", "Öl"], &["", "a1", "a b"]);
        check(alphanumeric::<String>, &["a1"], &["", "a-1"]);
        check(digits::<String>, &["0123"], &["", "-1", "1.0"]);
        check(numeric::<String>, &["-1.5", "1e3", "7"], &["", "inf", "NaN", "1,5"]);
        check(int::<String>, &["-1", "007", "+3"], &["", "-", "1.0"]);
        check(decimal::<String>, &["-1.5", "7"], &["1e3", ""]);
        check(lowercase::<String>, &["", "a1", "ö"], &["aB", "Ö"]);
        check(uppercase::<String>, &["", "A1", "Ö"], &["aB", "ö"]);
        check(not_empty::<String>, &["a", " a "], &["", " \t\n"]);
        check(|value| contains::<String>(value, "x"), &["axb"], &["", "X"]);
        check(|value| not_contains::<String>(value, "x"), &["", "X"], &["axb"]);
    }

    #[cfg(feature = "pattern")]
    #[test]
    fn patterns_are_searched_for() {
        static WORD: Pattern = Pattern::new(|| parse_pattern("^[a-z]+$"));
        static WRONG: Pattern = Pattern::new(|| parse_pattern("("));
        check(|value| pattern::<String>(value, &WORD, true), &["abc"], &["", "a1"]);
        check(|value| pattern::<String>(value, &WORD, false), &["a1"], &["abc"]);
        let error = pattern::<String>(&Value::Text("".into()), &WRONG, true).unwrap_err();
        assert_eq!(error.kind(), crate::error::ErrorKind::Config);
    }

    #[test]
    fn normalisers_give_the_same_for_what_they_gave() {
        let all: [super::super::Normal; 4] = [trim, to_lowercase, to_uppercase, squish];
        for normal in all {
            for text in ["", " ", "Ab", "  a \t b\n", "straße", "İ"] {
                let once = normal(text).into_owned();
                assert_eq!(normal(&once), once, "{text:?}");
            }
        }
        assert_eq!((trim(" a "), squish(" a \t b ")), ("a".into(), "a b".into()));
        assert_eq!((to_lowercase("Öl"), to_uppercase("Öl")), ("öl".into(), "ÖL".into()));
    }
}
