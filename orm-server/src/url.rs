//! [`ServerUrl`]: a connection URL, taken apart. Its errors never repeat the URL, which may have a password in it.

use std::fmt;

use orm_core::driver::{Parameter, Setting, percent_decoded, url_parameters};
use orm_core::{Error, ErrorKind, Result};
use url::Url;

/// The parts of `scheme://user:password@host:port/database?parameters`, with `%40` and the like resolved.
pub struct ServerUrl {
    /// The host, without the brackets of an IPv6 address; a path when it begins with a slash.
    pub host: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The database.
    pub database: Option<String>,
    query: String,
    /// A password may have ended up in the parameters.
    misplaced: bool,
}

impl ServerUrl {
    /// Takes a URL apart; `schemes` are those of the database, the first one its usual one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for what is no such URL.
    pub fn parse(url: &str, schemes: &[&str]) -> Result<Self> {
        // The cause names no part of the URL.
        let url = Url::parse(url).map_err(|cause| {
            let message =
                "the database URL cannot be read: special characters of user and password are percent-encoded";
            config(message).with_source(cause)
        })?;
        if !schemes.contains(&url.scheme()) {
            return Err(config(format!("the database URL does not begin with `{}://`", schemes.join("://` or `"))));
        }
        if url.fragment().is_some() {
            return Err(config("a `#` in user, password or database is written `%23`"));
        }
        let signed_in = !url.username().is_empty() || url.password().is_some();
        let path = url.path().strip_prefix('/').unwrap_or(url.path());
        // An `@` after the first `/` is one too many: what stands before the last one may be a password.
        if path.contains(['/', '@']) {
            return Err(config("a `/` in user, password or database is written `%2F`, an `@` in the database `%40`"));
        }
        let query = url.query().unwrap_or_default();
        if query.contains('@') && !signed_in {
            return Err(config("a `?` in user or password is written `%3F`, an `@` in a parameter `%40`"));
        }
        let some = |text: &str| match text {
            "" => Ok(None),
            text => percent_decoded(text).map(|text| Some(text.into_owned())),
        };
        Ok(Self {
            host: some(url.host_str().unwrap_or_default())?.map(|host| bare(&host)),
            port: url.port(),
            user: some(url.username())?,
            password: url.password().map(|text| percent_decoded(text).map(Into::into)).transpose()?,
            database: some(path)?,
            query: query.to_owned(),
            misplaced: query.contains('@'),
        })
    }

    /// Gives each parameter to `take`, with its name and its value.
    ///
    /// # Errors
    /// Those of `take`, and [`ErrorKind::Config`] for malformed text.
    pub fn parameters(&self, mut take: impl FnMut(&str, &str) -> Result<()>) -> Result<()> {
        url_parameters(&self.query).try_for_each(|pair| {
            let (key, value) = pair?;
            take(&key, &value)
        })
    }

    /// The parameter of one of several tables that goes by a name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a name that none of them has.
    pub fn given<'v>(&self, database: &str, tables: &[&[Parameter]], key: &str, value: &'v str) -> Result<Setting<'v>> {
        Setting::read(database, tables, key, value).map_err(|error| match self.misplaced {
            true => config("the URL has an unknown parameter: a `?` in user or password is written `%3F`"),
            false => error,
        })
    }
}

/// Without the brackets of an IPv6 address, which name resolution does not know.
pub(crate) fn bare(host: &str) -> String {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned()
}

#[cold]
fn config(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Config, message)
}

/// Neither the password nor the parameters, which may be one.
impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerUrl").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<ServerUrl> {
        ServerUrl::parse(url, &["mysql", "mariadb"])
    }

    #[test]
    fn parts_are_decoded() {
        let url = parse("mariadb://us%40er:p%2Fw@[::1]:33/my%20db").unwrap();
        assert_eq!((url.host.as_deref(), url.port), (Some("::1"), Some(33)));
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("us@er"), Some("p/w")));
        assert_eq!(url.database.as_deref(), Some("my db"));
        let url = parse("mysql://%2Frun%2Fa.sock").unwrap();
        assert_eq!((url.host.as_deref(), url.user, url.database), (Some("/run/a.sock"), None, None));
    }

    #[test]
    fn what_is_no_url_is_refused_without_its_password() {
        for url in [
            "postgres://u:s3cret@h/db",
            "mysql://u:s3cret#x@h/db",
            "mysql://u:12#s3cret@h/db",
            "mysql://u:s3cret/x@h/db",
            "mysql://u:12/s3cret@h/db",
            "mysql://u:12/s3cret@h",
            "mysql://u@corp:12/s3cret@h",
            "mysql://u:12?s3cret=3@h/db",
            "mysql://u:12/x?s3cret=3@h/db",
            "mysql://s3cret:12/x?user=3@h/db",
            "mysql://u:s3cret@h:port/db",
            "mysql://u:s3cret@h/a/b",
            "mysql://u:s3cret%FF@h/db",
            "s3cret",
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{url}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
        let url = parse("mysql://u@corp:12?s3cret=3@h/db").unwrap();
        let error = url.parameters(|key, value| url.given("MySQL", &[], key, value).map(drop)).unwrap_err();
        assert!(error.message().contains("%3F") && !format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        assert!(!format!("{url:?}").contains("s3cret"));
    }
}
