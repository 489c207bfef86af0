//! Parameters of connection URLs: their names and the form of their values, the same for every database and for the pool.
//! Which of them a driver takes, and what it does with them, is for the driver to say.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// How the value of a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A time in seconds, fractions allowed: `2.5`.
    Seconds,
    /// A time in seconds after which something is given up; `0` and `none` are no limit.
    Limit,
    /// A whole number.
    Count,
    /// `true` or `false`, also `on`, `off`, `1`, `0`, `yes`, `no`.
    Switch,
    /// One of these words, in any case, with `_` or `-`.
    Words(&'static [&'static str]),
    /// A name, a path or SQL.
    Text,
}

/// A parameter of connection URLs. In a URL, letter case, `-` and `_` of its name do not matter: `ssl-mode`, `ssl_mode` and
/// `sslmode` are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, as documents and messages have it.
    pub name: &'static str,
    /// Other names that it has elsewhere.
    pub aliases: &'static [&'static str],
    /// How its value is written.
    pub form: Form,
}

impl Parameter {
    /// A parameter without other names.
    pub const fn new(name: &'static str, form: Form) -> Self {
        Self { name, aliases: &[], form }
    }

    /// Gives it other names.
    #[must_use]
    pub const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    fn is(&self, key: &str) -> bool {
        std::iter::once(&self.name).chain(self.aliases).any(|name| same(name, key))
    }
}

/// The parameters of the pool and of the handle above it, which the URL of any database may have.
pub const POOL_PARAMETERS: [Parameter; 11] = [
    Parameter::new("max_connections", Form::Count),
    Parameter::new("min_connections", Form::Count),
    Parameter::new("acquire_timeout", Form::Seconds),
    Parameter::new("idle_timeout", Form::Limit),
    Parameter::new("max_lifetime", Form::Limit),
    Parameter::new("check_after", Form::Seconds),
    Parameter::new("close_timeout", Form::Seconds),
    Parameter::new("connect_retry", Form::Seconds),
    Parameter::new("replicas", Form::Text),
    Parameter::new("target", Form::Words(&["any", "read-write", "read-only"])).or(&["target_session_attrs"]),
    Parameter::new("host_order", Form::Words(&["given", "random"])),
];

/// The longest time that a server keeps for statements and locks, and that opening a connection may take: 24 days.
/// PostgreSQL counts milliseconds in 31 bits.
pub const LONGEST: Duration = Duration::from_secs(24 * 24 * 60 * 60);

/// The greatest number of prepared statements that a connection keeps.
pub const MOST_STATEMENTS: usize = 65_536;

/// Refuses a number outside of the range of an option, whether a URL or a program gave it.
///
/// # Errors
/// [`ErrorKind::Config`] with the option's name and its range.
///
/// ```
/// use orm_core::driver::check_range;
/// assert!(check_range("max_connections", 10, 1, 10_000).is_ok());
/// let error = check_range("max_connections", 0, 1, 10_000).unwrap_err();
/// assert!(error.message().contains("`max_connections` is from 1 to 10000"));
/// ```
pub fn check_range(name: &str, value: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Config, format!("`{name}` is from {least} to {most}, and not {value}")))
}

/// Refuses a time longer than [`LONGEST`].
///
/// # Errors
/// [`ErrorKind::Config`] with the option's name and its range.
pub fn check_time(name: &str, limit: Duration) -> Result<()> {
    if limit <= LONGEST {
        return Ok(());
    }
    let most = LONGEST.as_secs();
    Err(Error::new(ErrorKind::Config, format!("`{name}` is from 0 to {most} seconds (24 days), and not {limit:?}")))
}

/// A parameter with the value that a URL gives it.
///
/// ```
/// use std::time::Duration;
/// use orm_core::driver::{Form, Setting, Parameter};
///
/// const MINE: [Parameter; 1] = [Parameter::new("connect_timeout", Form::Limit)];
/// let given = Setting::find(&MINE, "connect-timeout", "2.5").unwrap();
/// assert_eq!(given.limit()?, Some(Duration::from_millis(2500)));
/// let error = Setting::read("toy", &[&MINE], "conect_timeout", "2.5").unwrap_err();
/// assert!(error.message().contains("did you mean `connect_timeout`?"));
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Setting<'v> {
    parameter: Parameter,
    value: Cow<'v, str>,
}

impl<'v> Setting<'v> {
    /// The parameter of a table that goes by a name.
    pub fn find(table: &[Parameter], key: &str, value: impl Into<Cow<'v, str>>) -> Option<Self> {
        let parameter = *table.iter().find(|parameter| parameter.is(key))?;
        Some(Self { parameter, value: value.into() })
    }

    /// As [`find`](Self::find), in several tables.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a name that none of them has, with the nearest one.
    pub fn read(database: &str, tables: &[&[Parameter]], key: &str, value: impl Into<Cow<'v, str>>) -> Result<Self> {
        let value = value.into();
        let found = tables.iter().find_map(|table| table.iter().find(|parameter| parameter.is(key)));
        match found {
            Some(parameter) => Ok(Self { parameter: *parameter, value }),
            None => Err(unknown(database, tables, key)),
        }
    }

    /// The parameter's name.
    pub fn name(&self) -> &'static str {
        self.parameter.name
    }

    /// The value as it is.
    pub fn text(self) -> String {
        self.value.into_owned()
    }

    /// The value as a time.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for anything else, with the name, the unit and an example.
    pub fn seconds(&self) -> Result<Duration> {
        let seconds = self.value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.ok_or_else(|| self.wrong())
    }

    /// The value as a time limit; `None` for `0` and `none`.
    ///
    /// # Errors
    /// As [`seconds`](Self::seconds).
    pub fn limit(&self) -> Result<Option<Duration>> {
        if self.value.eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        self.seconds().map(|limit| Some(limit).filter(|limit| !limit.is_zero()))
    }

    /// The value as a whole number.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for anything else, and for numbers out of range.
    pub fn count<T: FromStr>(&self) -> Result<T> {
        self.value.parse().map_err(|_| self.wrong())
    }

    /// The value as true or false.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for anything else.
    pub fn switch(&self) -> Result<bool> {
        let is = |words: [&str; 4]| words.iter().any(|word| self.value.eq_ignore_ascii_case(word));
        match (is(["true", "on", "1", "yes"]), is(["false", "off", "0", "no"])) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err(self.wrong()),
        }
    }

    /// The value as one of several words, which `read` gets in small letters and with `-` for `_`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where `read` gives nothing.
    pub fn word<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        read(&self.value.to_ascii_lowercase().replace('_', "-")).ok_or_else(|| self.wrong())
    }

    /// The error for a value that the parameter cannot have. The value is not in it: it may be a secret in the wrong place.
    #[cold]
    pub fn wrong(&self) -> Error {
        let name = self.parameter.name;
        let message = match self.parameter.form {
            Form::Seconds => format!("`{name}` is a number of seconds, such as `{name}=2.5`"),
            Form::Limit => {
                format!("`{name}` is a number of seconds, such as `{name}=2.5`; `0` and `none` are no limit")
            }
            Form::Count => format!("`{name}` is a whole number, such as `{name}=20`"),
            Form::Switch => format!("`{name}` is `true` or `false`, such as `{name}=true`"),
            Form::Words(words) => {
                let first = words.first().copied().unwrap_or_default();
                format!("`{name}` is one of `{}`, such as `{name}={first}`", words.join("`, `"))
            }
            Form::Text => format!("`{name}` has a value that cannot be used"),
        };
        Error::new(ErrorKind::Config, message + ", in the database URL")
    }
}

/// The pairs of the query of a URL, `a=1&b=2`, with `%20` and the like resolved.
///
/// # Errors
/// As [`percent_decoded`].
pub fn url_parameters(query: &str) -> impl Iterator<Item = Result<(Cow<'_, str>, Cow<'_, str>)>> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((percent_decoded(key)?, percent_decoded(value)?))
    })
}

/// Resolves `%20` and the like.
///
/// # Errors
/// [`ErrorKind::Config`] for a `%` without two hexadecimal digits, and for what is not UTF-8 then. The text is not in the
/// message: it may be a password.
///
/// ```
/// use orm_core::driver::percent_decoded;
/// assert_eq!(percent_decoded("p%40ss")?, "p@ss");
/// assert!(percent_decoded("100%").is_err());
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn percent_decoded(text: &str) -> Result<Cow<'_, str>> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).filter(|two| two.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => bytes.push(byte),
            None => {
                let message = "`%` in a URL is followed by two hexadecimal digits; `%` itself is written `%25`";
                return Err(Error::new(ErrorKind::Config, message));
            }
        }
        rest = tail.get(2..).unwrap_or_default();
    }
    let message = "the URL is not UTF-8 once its `%` sequences are resolved";
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| Error::new(ErrorKind::Config, message))
}

/// Whether two names are the same but for letter case, `-` and `_`.
fn same(name: &str, key: &str) -> bool {
    letters(name).eq(letters(key))
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| !matches!(byte, b'-' | b'_')).map(|byte| byte.to_ascii_lowercase())
}

#[cold]
fn unknown(database: &str, tables: &[&[Parameter]], key: &str) -> Error {
    let known = || tables.iter().copied().flatten();
    let names = known().chain(&POOL_PARAMETERS).flat_map(|known| std::iter::once(&known.name).chain(known.aliases));
    let key = key.to_ascii_lowercase().replace('-', "_");
    let near = names.map(|name| (strsim::damerau_levenshtein(&key, name), *name)).min();
    let hint = match near.filter(|(distance, _)| *distance <= (key.len() / 3).clamp(1, 3)) {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<_> = known().map(|parameter| parameter.name).collect();
            format!("it takes `{}`, and those of the pool", names.join("`, `"))
        }
    };
    // A name is a word. Anything else is not shown, since it may be a part of a password.
    let named = key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    let which = if named { format!("the parameter `{key}`") } else { "this parameter".to_owned() };
    Error::new(ErrorKind::Config, format!("the URL of {database} does not know {which}; {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: [Parameter; 4] = [
        Parameter::new("sslmode", Form::Words(&["disable", "verify-ca"])).or(&["ssl_mode"]),
        Parameter::new("connect_timeout", Form::Limit),
        Parameter::new("statement_cache_capacity", Form::Count),
        Parameter::new("foreign_keys", Form::Switch),
    ];

    fn read(key: &str, value: &'static str) -> Result<Setting<'static>> {
        Setting::read("toy", &[&TABLE], key, value)
    }

    #[test]
    fn names_are_the_same_in_any_spelling() {
        for key in ["sslmode", "ssl-mode", "SSL_MODE", "sslMode"] {
            assert_eq!(read(key, "x").unwrap().name(), "sslmode", "{key}");
        }
    }

    #[test]
    fn times_are_seconds_with_fractions() {
        let limit = |value| read("connect_timeout", value).unwrap().limit();
        assert_eq!(limit("2.5").unwrap(), Some(Duration::from_millis(2500)));
        assert_eq!(limit("30").unwrap(), Some(Duration::from_secs(30)));
        assert_eq!(limit(".25").unwrap(), Some(Duration::from_millis(250)));
        for none in ["0", "none", "None", "0.0"] {
            assert_eq!(limit(none).unwrap(), None, "{none}");
        }
        assert_eq!(read("connect_timeout", "0").unwrap().seconds().unwrap(), Duration::ZERO);
        for wrong in ["-1", "1s", "250ms", "NaN", "inf", "soon", "", "1e300"] {
            let error = limit(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{wrong}");
            let message = error.message();
            assert!(message.contains("`connect_timeout` is a number of seconds, such as `connect_timeout=2.5`"));
        }
    }

    #[test]
    fn a_wrong_value_names_its_parameter_and_an_example() {
        for (error, part) in [
            (read("statement_cache_capacity", "many").unwrap().count::<usize>().unwrap_err(), "=20`"),
            (read("statement_cache_capacity", "-1").unwrap().count::<usize>().unwrap_err(), "whole number"),
            (read("foreign_keys", "maybe").unwrap().switch().unwrap_err(), "`true` or `false`"),
            (read("ssl-mode", "s3cret").unwrap().word(|_| None::<()>).unwrap_err(), "`sslmode=disable`"),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains(part) && !error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest_one() {
        for (key, near) in [
            ("sslmod", "sslmode"),
            ("conect-timeout", "connect_timeout"),
            ("max_conections", "max_connections"),
            ("foreign_key", "foreign_keys"),
        ] {
            let error = read(key, "s3cret").unwrap_err();
            assert!(error.message().contains(&format!("did you mean `{near}`?")), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        let error = read("nonsense", "x").unwrap_err();
        assert!(error.message().contains("`nonsense`; it takes `sslmode`, `connect_timeout`"), "{error}");
        assert!(!read("pass word@h/db", "x").unwrap_err().to_string().contains("word@h"));
    }

    #[test]
    fn pairs_are_taken_apart_and_decoded() {
        let pairs: Vec<_> = url_parameters("a=1&&b=x%20%3D+y&c").map(Result::unwrap).collect();
        assert_eq!(pairs, [("a".into(), "1".into()), ("b".into(), "x =+y".into()), ("c".into(), "".into())]);
        for wrong in ["%", "%zz", "%e", "%+f", "%ff"] {
            assert_eq!(percent_decoded(wrong).unwrap_err().kind(), ErrorKind::Config, "{wrong}");
        }
        assert_eq!(percent_decoded("%é").unwrap_err().kind(), ErrorKind::Config);
    }
}
