//! How to connect: a typed builder, and connection URLs. What is left out comes from the environment variables of
//! `libpq` (`PGHOST`, `PGUSER`, `PGPASSWORD`, ..), as with every PostgreSQL client; its password file is not read.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use orm_core::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::types::quoted;

/// Whether the connection is encrypted, and what of the server's certificate is verified (PostgreSQL manual, 34.18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SslMode {
    /// Not encrypted.
    Disable,
    /// Encrypted only when the server insists.
    Allow,
    /// Encrypted when the server can.
    Prefer,
    /// Encrypted; the certificate is verified only when a root certificate is given.
    Require,
    /// Encrypted, and the certificate is issued by a trusted authority.
    VerifyCa,
    /// Encrypted, the certificate is issued by a trusted authority and for this host.
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(config(format!(
                    "sslmode is one of disable, allow, prefer, require, verify-ca and verify-full, not {text:?}"
                )));
            }
        })
    }
}

/// A certificate or key.
#[derive(Clone)]
enum Pem {
    File(PathBuf),
    Text(String),
}

/// How to connect to a PostgreSQL server.
///
/// ```
/// use std::time::Duration;
/// use orm_postgres::{PostgresOptions, SslMode};
///
/// let options = PostgresOptions::new()
///     .host("db.example")
///     .user("app")
///     .password("secret")
///     .database("shop")
///     .ssl_mode(SslMode::VerifyFull)
///     .statement_timeout(Duration::from_secs(30))
///     .search_path(["app", "public"]);
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct PostgresOptions {
    host: Option<String>,
    port: Option<u16>,
    socket: Option<PathBuf>,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    pub(crate) ssl_mode: Option<SslMode>,
    root_certificate: Option<Pem>,
    client_certificate: Option<Pem>,
    client_key: Option<Pem>,
    application_name: Option<String>,
    settings: Vec<(String, String)>,
    pub(crate) statement_cache: usize,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) init: Vec<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            socket: None,
            user: None,
            password: None,
            database: None,
            ssl_mode: None,
            root_certificate: None,
            client_certificate: None,
            client_key: None,
            application_name: None,
            settings: Vec::new(),
            statement_cache: 512,
            connect_timeout: Some(Duration::from_secs(30)),
            init: Vec::new(),
        }
    }
}

impl PostgresOptions {
    /// Everything from the environment.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `postgres://user:password@host:port/database?parameters`; `postgresql://` is the same. Names and the
    /// password are percent-encoded.
    ///
    /// Parameters are those of `libpq` (PostgreSQL manual, 34.1.2): `host` (a directory when it begins with a slash),
    /// `hostaddr`, `port`, `user`, `password`, `dbname`, `sslmode`, `sslrootcert`, `sslcert`, `sslkey` (paths),
    /// `application_name`, `connect_timeout` (seconds); and those of the server that the builder has:
    /// `statement_timeout`, `lock_timeout`, `idle_in_transaction_session_timeout` (milliseconds, or with a unit as in
    /// `30s`), `search_path` (names separated by commas), any other as `options[name]=value`; and
    /// `statement_cache_capacity` and `init`, a statement to run after connecting, which may be given several times.
    /// Names may be written with `-` for `_`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for what is no such URL, and for parameters nobody knows.
    pub fn from_url(url: &str) -> Result<Self> {
        // The cause is left out on purpose of the message: it must not quote the URL, which may have a password.
        let url = Url::parse(url).map_err(|cause| {
            config("the URL cannot be read: special characters of user and password are percent-encoded")
                .with_source(cause)
        })?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(config("a URL of PostgreSQL begins with postgres:// or postgresql://"));
        }
        if url.fragment().is_some() {
            return Err(config("a `#` in user, password or database is written `%23`"));
        }
        let mut options = Self::new();
        if let Some(host) = url.host_str().filter(|host| !host.is_empty()) {
            options = options.host_or_directory(&decoded(host)?)?;
        }
        options.port = url.port();
        if !url.username().is_empty() {
            options.user = Some(decoded(url.username())?);
        }
        if let Some(password) = url.password() {
            options.password = Some(decoded(password)?);
        }
        let database = url.path().strip_prefix('/').unwrap_or_default();
        if !database.is_empty() {
            options.database = Some(decoded(database)?);
        }
        for (key, value) in url.query_pairs() {
            // Settings of the server are named as they are.
            let key = if key.starts_with("options[") { key } else { key.replace('-', "_").into() };
            options = options.parameter(&key, &value)?;
        }
        Ok(options)
    }

    fn parameter(mut self, key: &str, value: &str) -> Result<Self> {
        match key {
            "host" => return self.host_or_directory(value),
            "hostaddr" => self.host = Some(value.to_owned()),
            "port" => self.port = Some(number(key, value)?),
            "user" => self.user = Some(value.to_owned()),
            "password" => self.password = Some(value.to_owned()),
            "dbname" => self.database = Some(value.to_owned()),
            "sslmode" | "ssl_mode" => self.ssl_mode = Some(value.parse()?),
            "sslrootcert" | "ssl_root_cert" | "ssl_ca" => self.root_certificate = Some(Pem::File(value.into())),
            "sslcert" | "ssl_cert" => self.client_certificate = Some(Pem::File(value.into())),
            "sslkey" | "ssl_key" => self.client_key = Some(Pem::File(value.into())),
            "application_name" => self.application_name = Some(value.to_owned()),
            "connect_timeout" => {
                let seconds: u64 = number(key, value)?;
                // As with libpq, zero is forever.
                self.connect_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            "statement_timeout" | "lock_timeout" | "idle_in_transaction_session_timeout" => {
                return Ok(self.setting(key, milliseconds(duration(key, value)?)));
            }
            "init" => self.init.push(value.to_owned()),
            "search_path" => return Ok(self.search_path(value.split(',').map(str::trim))),
            "statement_cache_capacity" => self.statement_cache = number(key, value)?,
            _ => match key.strip_prefix("options[").and_then(|rest| rest.strip_suffix(']')) {
                Some(name) => return Ok(self.setting(name, value)),
                None => return Err(config(format!("a URL of PostgreSQL has no parameter {key:?}"))),
            },
        }
        Ok(self)
    }

    fn host_or_directory(mut self, host: &str) -> Result<Self> {
        if host.contains(',') {
            return Err(config("a URL names one host"));
        }
        if host.starts_with('/') {
            self.socket = Some(host.into());
        } else {
            // Brackets mark an IPv6 address in a URL; name resolution does not know them.
            self.host = Some(host.trim_start_matches('[').trim_end_matches(']').to_owned());
        }
        Ok(self)
    }

    /// The server's name or address.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The server's port; 5432 when nothing says otherwise.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The directory of the server's Unix socket; takes precedence over the host.
    pub fn socket(mut self, directory: impl Into<PathBuf>) -> Self {
        self.socket = Some(directory.into());
        self
    }

    /// The user.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The password. It is shown nowhere.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The database; the user's name when nothing says otherwise.
    pub fn database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// Whether the connection is encrypted; [`SslMode::Prefer`] when nothing says otherwise.
    pub fn ssl_mode(mut self, mode: SslMode) -> Self {
        self.ssl_mode = Some(mode);
        self
    }

    /// The file of the trusted root certificates.
    pub fn ssl_root_certificate(mut self, path: impl Into<PathBuf>) -> Self {
        self.root_certificate = Some(Pem::File(path.into()));
        self
    }

    /// The trusted root certificates in PEM form.
    pub fn ssl_root_certificate_pem(mut self, pem: impl Into<String>) -> Self {
        self.root_certificate = Some(Pem::Text(pem.into()));
        self
    }

    /// The files of the client's certificate and key.
    pub fn ssl_client_certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.client_certificate = Some(Pem::File(certificate.into()));
        self.client_key = Some(Pem::File(key.into()));
        self
    }

    /// The client's certificate and key in PEM form.
    pub fn ssl_client_certificate_pem(mut self, certificate: impl Into<String>, key: impl Into<String>) -> Self {
        self.client_certificate = Some(Pem::Text(certificate.into()));
        self.client_key = Some(Pem::Text(key.into()));
        self
    }

    /// The name shown in the server's statistics and log.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = Some(name.into());
        self
    }

    /// How long a statement may run; zero is forever. Whole milliseconds, rounded up.
    pub fn statement_timeout(self, limit: Duration) -> Self {
        self.setting("statement_timeout", milliseconds(limit))
    }

    /// How long a statement may wait for a lock; zero is forever. Whole milliseconds, rounded up.
    pub fn lock_timeout(self, limit: Duration) -> Self {
        self.setting("lock_timeout", milliseconds(limit))
    }

    /// How long a transaction may wait for its next statement; zero is forever. Whole milliseconds, rounded up. The
    /// server then closes the connection.
    pub fn idle_in_transaction_session_timeout(self, limit: Duration) -> Self {
        self.setting("idle_in_transaction_session_timeout", milliseconds(limit))
    }

    /// The schemas that names without one are looked up in, exactly as they are written here.
    pub fn search_path<S: AsRef<str>>(self, schemas: impl IntoIterator<Item = S>) -> Self {
        let schemas: Vec<String> = schemas.into_iter().map(|schema| quoted(schema.as_ref())).collect();
        self.setting("search_path", schemas.join(", "))
    }

    /// A setting of the server for the session (PostgreSQL manual, chapter 20). The last one of a name counts.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// How many prepared statements a connection keeps; 512 when nothing says otherwise. With 0, as poolers that
    /// change the server's connection behind a client's back want it, none is kept.
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// How long connecting may take; 30 seconds when nothing says otherwise, `None` is forever.
    pub fn connect_timeout(mut self, limit: Option<Duration>) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Runs statements on each new connection, after those given before.
    pub fn init(mut self, sql: impl Into<String>) -> Self {
        self.init.push(sql.into());
        self
    }

    /// Refuses what the client or the protocol would refuse less clearly.
    fn check(&self) -> Result<()> {
        let texts = [("user", &self.user), ("database", &self.database), ("application_name", &self.application_name)];
        for (name, text) in texts {
            if text.as_deref().is_some_and(|text| text.contains('\0')) {
                return Err(config(format!("{name} holds a NUL, which no text of PostgreSQL may")));
            }
        }
        if self.client_certificate.is_some() != self.client_key.is_some() {
            return Err(config("the client's certificate (sslcert) and its key (sslkey) are given together"));
        }
        self.settings.iter().try_for_each(|(name, value)| check_setting(name, value))
    }

    /// The client's options.
    pub(crate) fn client(&self, mode: impl Into<Option<SslMode>>) -> Result<PgConnectOptions> {
        self.check()?;
        let mut client = PgConnectOptions::new_without_pgpass();
        if let Some(password) = &self.password {
            client = client.password(password);
        }
        if let Some(host) = &self.host {
            client = client.host(host);
        }
        if let Some(port) = self.port {
            client = client.port(port);
        }
        if let Some(socket) = &self.socket {
            client = client.socket(socket);
        }
        if let Some(user) = &self.user {
            client = client.username(user);
        }
        if let Some(database) = &self.database {
            client = client.database(database);
        }
        if let Some(mode) = mode.into() {
            client = client.ssl_mode(match mode {
                SslMode::Disable | SslMode::Allow => PgSslMode::Disable,
                SslMode::Prefer => PgSslMode::Prefer,
                // The client would not verify.
                SslMode::Require if self.root_certificate.is_some() => PgSslMode::VerifyCa,
                SslMode::Require => PgSslMode::Require,
                SslMode::VerifyCa => PgSslMode::VerifyCa,
                SslMode::VerifyFull => PgSslMode::VerifyFull,
            });
        }
        client = match &self.root_certificate {
            Some(Pem::File(path)) => client.ssl_root_cert(path),
            Some(Pem::Text(text)) => client.ssl_root_cert_from_pem(text.clone().into_bytes()),
            None => client,
        };
        client = match &self.client_certificate {
            Some(Pem::File(path)) => client.ssl_client_cert(path),
            Some(Pem::Text(text)) => client.ssl_client_cert_from_pem(text),
            None => client,
        };
        client = match &self.client_key {
            Some(Pem::File(path)) => client.ssl_client_key(path),
            Some(Pem::Text(text)) => client.ssl_client_key_from_pem(text),
            None => client,
        };
        if let Some(name) = &self.application_name {
            client = client.application_name(name);
        }
        client = client.options(self.settings.iter().map(|(name, value)| (name, value)));
        // The ORM has spans of its own.
        Ok(client.statement_cache_capacity(self.statement_cache).disable_statement_logging())
    }

    /// Where this connects to and as whom, for errors: never with the password.
    pub(crate) fn place(&self) -> String {
        let client = PgConnectOptions::new_without_pgpass();
        let user = self.user.as_deref().unwrap_or_else(|| client.get_username());
        let target = self.target();
        // Without a name, the server takes the user's.
        let (server, database) = target.rsplit_once('/').unwrap_or((&target, ""));
        let database = if database.is_empty() { user } else { database };
        format!("user `{user}`, database `{database}`, server {server}")
    }

    /// Where this connects to, without user and password.
    pub(crate) fn target(&self) -> String {
        let client = PgConnectOptions::new_without_pgpass();
        let port = self.port.unwrap_or_else(|| client.get_port());
        let database = self.database.as_deref().or(client.get_database()).unwrap_or_default();
        match (&self.socket, &self.host) {
            (Some(socket), _) => format!("{}:{port}/{database}", socket.display()),
            (None, Some(host)) if host.contains(':') => format!("[{host}]:{port}/{database}"),
            (None, Some(host)) => format!("{host}:{port}/{database}"),
            (None, None) => format!("{}:{port}/{database}", client.get_host()),
        }
    }
}

impl FromStr for PostgresOptions {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        Self::from_url(url)
    }
}

/// Shows neither password nor key.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("target", &self.target())
            .field("user", &self.user)
            .field("ssl_mode", &self.ssl_mode)
            .field("application_name", &self.application_name)
            .field("settings", &self.settings)
            .field("statement_cache", &self.statement_cache)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

#[cold]
fn config(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Config, message)
}

fn decoded(text: &str) -> Result<String> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(config("the URL holds text that is not UTF-8")),
    }
}

fn number<T: FromStr>(key: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| config(format!("{key} is a number, not {value:?}")))
}

/// A time with a unit of the server's, milliseconds without.
fn duration(key: &str, value: &str) -> Result<Duration> {
    let at = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (count, unit) = value.split_at(at);
    let wrong = || config(format!("{key} is a number of milliseconds, or one with a unit as in `30s`, not {value:?}"));
    let count: u64 = count.parse().map_err(|_| wrong())?;
    let unit = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_millis(count.saturating_mul(unit)))
}

fn milliseconds(limit: Duration) -> String {
    limit.as_micros().div_ceil(1000).to_string()
}

/// Settings travel as command-line options of the server's process, separated by white space; the client escapes
/// spaces and backslashes alone.
fn check_setting(name: &str, value: &str) -> Result<()> {
    let named = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if name.is_empty() || !named {
        return Err(config(format!("{name:?} is not the name of a setting")));
    }
    if value.contains(|c: char| c == '\0' || (c.is_whitespace() && c != ' ')) {
        return Err(config(format!("the value of the setting {name} holds white space other than spaces")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_everything() {
        let url = "postgres://us%40er:p%2Fw%25@db.example:6543/my%20db?sslmode=verify-full&application_name=app\
                   &statement_timeout=30s&lock_timeout=250&search_path=a,%20B&options[geqo]=off&connect_timeout=0\
                   &statement-cache-capacity=7&init=SET%20geqo%20=%20on&init=SELECT%201";
        let options = PostgresOptions::from_url(url).unwrap();
        assert_eq!(options.target(), "db.example:6543/my db");
        assert_eq!(options.user.as_deref(), Some("us@er"));
        assert_eq!(options.password.as_deref(), Some("p/w%"));
        assert_eq!(options.ssl_mode, Some(SslMode::VerifyFull));
        assert_eq!(options.connect_timeout, None);
        assert_eq!(options.statement_cache, 7);
        assert_eq!(options.init, ["SET geqo = on", "SELECT 1"]);
        let dashed = "postgres://h/db?connect-timeout=3&lock-timeout=1s&ssl-mode=disable&application-name=a-b";
        let dashed = PostgresOptions::from_url(dashed).unwrap();
        assert_eq!((dashed.connect_timeout, dashed.ssl_mode), (Some(Duration::from_secs(3)), Some(SslMode::Disable)));
        assert_eq!(dashed.application_name.as_deref(), Some("a-b"));
        let settings: Vec<_> = options.settings.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(settings, ["statement_timeout=30000", "lock_timeout=250", "search_path=\"a\", \"B\"", "geqo=off"]);
        assert!(options.client(SslMode::Prefer).is_ok());
    }

    #[test]
    fn sockets_and_addresses_are_hosts_too() {
        let target = |url: &str| PostgresOptions::from_url(url).unwrap().target();
        assert_eq!(target("postgres://u@%2Fvar%2Frun:1/db"), "/var/run:1/db");
        assert_eq!(target("postgresql:///db?host=/tmp&port=2"), "/tmp:2/db");
        assert_eq!(target("postgres://[::1]:3/db"), "[::1]:3/db");
        assert_eq!(target("postgres://h:4/?dbname=db"), "h:4/db");
    }

    #[test]
    fn mistakes_in_urls_are_named_and_passwords_never() {
        for url in [
            "postgres://u:hunter2@h/db?sslmode=maybe",
            "postgres://u:hunter2@h/db?statment_timeout=1",
            "postgres://u:hunter2@h/db?statement_timeout=1week",
            "postgres://u:hunter2@h:99999/db",
            "postgres://u:hunter2@a,b/db",
            "mysql://u:hunter2@h/db",
            "u:hunter2",
            "postgres://u:hunter2@h/%ff",
            "postgres://u:hunter2@h/db#x",
            "postgres://u:hun/ter2@h/db",
            "postgres://u:hunter2@h/db?connect_timeout=-1",
            "postgres://u:hunter2@h/db?lock-timeout=soon",
        ] {
            let error = PostgresOptions::from_url(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{url}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{url}");
        }
        let options = PostgresOptions::new().password("hunter2").ssl_client_certificate_pem("c", "hunter2");
        assert!(!format!("{options:?}").contains("hunter2"));
        let percent = PostgresOptions::from_url("postgres://u:hun%74er2@h/db").unwrap();
        assert_eq!(percent.password.as_deref(), Some("hunter2"));
        assert!(!format!("{percent:?}").contains("hun"), "{percent:?}");
        for (options, named) in [
            (PostgresOptions::new().application_name("a\0b"), "application_name"),
            (PostgresOptions::new().user("a\0b"), "user"),
            (PostgresOptions::from_url("postgres://h/db?sslcert=/c.pem").unwrap(), "sslkey"),
        ] {
            let error = options.client(None).unwrap_err();
            assert!(error.kind() == ErrorKind::Config && error.message().contains(named), "{error}");
        }
        for (name, value) in [("a b", "1"), ("", "1"), ("a", "x\ty"), ("a;b", "")] {
            assert!(PostgresOptions::new().setting(name, value).client(None).is_err(), "{name:?}");
        }
    }
}
