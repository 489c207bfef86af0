//! How to connect: [`MysqlOptions`], from a URL or built call by call, and the SQL that sets a session up. Connecting
//! itself is in `driver`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use orm_core::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use url::{Host, Url};

use crate::server::Server;

/// What every session runs under, on both servers. Setting the whole list also switches off what a server may have on:
/// `ANSI_QUOTES`, `PIPES_AS_CONCAT`, `NO_BACKSLASH_ESCAPES`. With `NO_AUTO_VALUE_ON_ZERO`, a key of zero that is given is
/// zero, as on other databases; keys that are left out count up.
const SQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                        ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";

/// Whether and how a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// Never.
    Disabled,
    /// When the server offers it; its certificate is not checked.
    #[default]
    Preferred,
    /// Always; the server's certificate is not checked.
    Required,
    /// Always; the certificate must be signed by a known authority.
    VerifyCa,
    /// Always; the certificate must be signed by a known authority and name the host.
    VerifyIdentity,
}

/// How to connect to a server. `Debug` never shows the password.
///
/// Sessions have no program name: the client (sqlx 0.9.0) sends no connection attributes. What tells them apart on the
/// server is the user.
///
/// ```
/// use orm_mysql::{MysqlOptions, SslMode};
/// use std::time::Duration;
///
/// let options = MysqlOptions::new()
///     .host("db.example.com")
///     .user("app")
///     .password("secret")
///     .database("shop")
///     .ssl_mode(SslMode::VerifyIdentity)
///     .statement_timeout(Duration::from_secs(30));
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct MysqlOptions {
    host: String,
    port: u16,
    socket: Option<PathBuf>,
    user: String,
    password: Option<String>,
    database: Option<String>,
    ssl_mode: SslMode,
    ssl_ca: Option<PathBuf>,
    ssl_cert: Option<PathBuf>,
    ssl_key: Option<PathBuf>,
    charset: String,
    collation: Option<String>,
    statement_cache: usize,
    connect_timeout: Duration,
    statement_timeout: Option<Duration>,
    lock_timeout: Option<Duration>,
    init: Vec<String>,
}

impl Default for MysqlOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl MysqlOptions {
    /// `root` at `localhost:3306` over TCP, without a password, encrypted when the server offers it.
    pub fn new() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 3306,
            socket: None,
            user: "root".to_owned(),
            password: None,
            database: None,
            ssl_mode: SslMode::Preferred,
            ssl_ca: None,
            ssl_cert: None,
            ssl_key: None,
            charset: "utf8mb4".to_owned(),
            collation: None,
            statement_cache: 512,
            connect_timeout: Duration::from_secs(10),
            statement_timeout: None,
            lock_timeout: None,
            init: Vec::new(),
        }
    }

    /// Reads `mysql://user:password@host:port/database?parameters`; `mariadb://` is the same. Special characters of
    /// user, password and database are percent-encoded (`#` is `%23`, `/` is `%2F`, `@` is `%40`).
    ///
    /// | parameter | value |
    /// |---|---|
    /// | `socket` | path of the Unix socket |
    /// | `ssl-mode` | `disabled`, `preferred`, `required`, `verify_ca`, `verify_identity` |
    /// | `ssl-ca`, `ssl-cert`, `ssl-key` | paths of PEM files |
    /// | `charset`, `collation` | names, `utf8mb4` and the server's default |
    /// | `statement-cache-capacity` | prepared statements kept per connection |
    /// | `connect-timeout`, `statement-timeout`, `lock-timeout` | seconds, with a fraction if needed |
    /// | `init` | a statement to run after connecting; may be given several times |
    ///
    /// Names may be written with `_` for `-`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for another scheme, an unknown parameter or a malformed value. The message names the
    /// part and never repeats the URL, which holds a password.
    ///
    /// ```
    /// use orm_mysql::MysqlOptions;
    /// let options = MysqlOptions::from_url("mariadb://app:p%23ss@[::1]:3307/shop?ssl-mode=disabled").unwrap();
    /// assert_eq!(options.target(), "mysql://app@[::1]:3307/shop");
    /// assert!(MysqlOptions::from_url("mysql://localhost/shop?sslmod=disabled").is_err());
    /// ```
    pub fn from_url(url: &str) -> Result<Self> {
        let url = Url::parse(url).map_err(|e| {
            config(format!("malformed URL ({e}); special characters of user and password are percent-encoded"))
        })?;
        if !matches!(url.scheme(), "mysql" | "mariadb") {
            return Err(config(format!("`{}://` is not `mysql://` or `mariadb://`", url.scheme())));
        }
        if url.fragment().is_some() {
            return Err(config("a `#` in user, password or database is written `%23`"));
        }
        let mut options = Self::new();
        match url.host() {
            Some(Host::Domain(host)) if !host.is_empty() => options.host = decoded("host", host)?,
            Some(Host::Ipv4(address)) => options.host = address.to_string(),
            Some(Host::Ipv6(address)) => options.host = address.to_string(),
            _ => {}
        }
        options.port = url.port().unwrap_or(options.port);
        if !url.username().is_empty() {
            options.user = decoded("user", url.username())?;
        }
        options.password = url.password().map(|password| decoded("password", password)).transpose()?;
        let database = url.path().strip_prefix('/').unwrap_or(url.path());
        if database.contains('/') {
            return Err(config("a URL has one database after the host; a `/` in its name is written `%2F`"));
        }
        if !database.is_empty() {
            options.database = Some(decoded("database", database)?);
        }
        for (key, value) in url.query_pairs() {
            options = options.parameter(&key.replace('_', "-"), &value)?;
        }
        Ok(options)
    }

    fn parameter(mut self, key: &str, value: &str) -> Result<Self> {
        match key {
            "socket" => self.socket = Some(value.into()),
            "ssl-mode" => self.ssl_mode = ssl_mode(value)?,
            "ssl-ca" => self.ssl_ca = Some(value.into()),
            "ssl-cert" => self.ssl_cert = Some(value.into()),
            "ssl-key" => self.ssl_key = Some(value.into()),
            "charset" => self.charset = value.to_owned(),
            "collation" => self.collation = Some(value.to_owned()),
            "statement-cache-capacity" => {
                self.statement_cache =
                    value.parse().map_err(|_| config("`statement-cache-capacity` is a whole number"))?;
            }
            "connect-timeout" => self.connect_timeout = seconds(key, value)?,
            "statement-timeout" => self.statement_timeout = Some(seconds(key, value)?),
            "lock-timeout" => self.lock_timeout = Some(seconds(key, value)?),
            "init" => self.init.push(value.to_owned()),
            _ => return Err(config(format!("unknown parameter `{key}` in the URL"))),
        }
        Ok(self)
    }

    /// The host: a name or an address. Not used with a socket, except as the name certificates are checked for.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The port, 3306 by default.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Connects over this Unix socket rather than TCP.
    #[must_use]
    pub fn socket(mut self, path: impl AsRef<Path>) -> Self {
        self.socket = Some(path.as_ref().to_owned());
        self
    }

    /// The user, `root` by default.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// The password.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The database that unqualified tables are in.
    #[must_use]
    pub fn database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// Whether and how the connection is encrypted; [`SslMode::Preferred`] by default.
    #[must_use]
    pub fn ssl_mode(mut self, mode: SslMode) -> Self {
        self.ssl_mode = mode;
        self
    }

    /// A PEM file of certificate authorities trusted besides the built-in ones.
    #[must_use]
    pub fn ssl_ca(mut self, path: impl AsRef<Path>) -> Self {
        self.ssl_ca = Some(path.as_ref().to_owned());
        self
    }

    /// PEM files of the client's certificate and its key.
    #[must_use]
    pub fn ssl_identity(mut self, cert: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.ssl_cert = Some(cert.as_ref().to_owned());
        self.ssl_key = Some(key.as_ref().to_owned());
        self
    }

    /// The character set of the session: `utf8mb4`, which is the default, or `utf8mb3`. Text is sent as UTF-8, so that
    /// connecting with another one is an error.
    #[must_use]
    pub fn charset(mut self, charset: impl Into<String>) -> Self {
        self.charset = charset.into();
        self
    }

    /// The collation of the session; the server's default for the character set when not given.
    #[must_use]
    pub fn collation(mut self, collation: impl Into<String>) -> Self {
        self.collation = Some(collation.into());
        self
    }

    /// How many prepared statements a connection keeps; 512 by default. A server counts those of all connections
    /// against its `max_prepared_stmt_count` (16,382).
    ///
    /// When there are more, all are dropped at once: dropping one costs up to 44 ms over TCP, because sqlx 0.9.0 leaves
    /// Nagle's algorithm on, and dropping all costs that once.
    #[must_use]
    pub fn statement_cache_capacity(mut self, capacity: usize) -> Self {
        self.statement_cache = capacity;
        self
    }

    /// How long connecting may take, 10 seconds by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long the server works on one statement. MySQL: `max_execution_time`, in milliseconds, for SELECT only;
    /// MariaDB: `max_statement_time`, for every statement.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How long a statement waits for a row lock: `innodb_lock_wait_timeout`, rounded up to whole seconds, at least one.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = Some(timeout);
        self
    }

    /// A statement to run after connecting, after those that were added before it.
    ///
    /// It may change the session's `sql_mode`, which is otherwise the same on every server: the dialect needs neither
    /// `ANSI_QUOTES` on nor off, and follows `NO_BACKSLASH_ESCAPES` on MariaDB. MySQL cannot read its own tables under that
    /// mode when their checks or defaults hold quotes, so that connecting is an error there. Changed later, by raw SQL on
    /// one connection, the mode is not noticed.
    #[must_use]
    pub fn init(mut self, sql: impl Into<String>) -> Self {
        self.init.push(sql.into());
        self
    }

    /// Where this connects to, without the password.
    pub fn target(&self) -> String {
        let database = self.database.as_deref().map(|name| format!("/{name}")).unwrap_or_default();
        match &self.socket {
            Some(socket) => format!("mysql://{}@{}{database}", self.user, socket.display()),
            None if self.host.contains(':') => format!("mysql://{}@[{}]:{}{database}", self.user, self.host, self.port),
            None => format!("mysql://{}@{}:{}{database}", self.user, self.host, self.port),
        }
    }

    /// Where this connects to and as whom, for errors: never with the password.
    pub(crate) fn place(&self) -> String {
        let server = match &self.socket {
            Some(socket) => socket.display().to_string(),
            None if self.host.contains(':') => format!("[{}]:{}", self.host, self.port),
            None => format!("{}:{}", self.host, self.port),
        };
        match &self.database {
            Some(database) => format!("user `{}`, database `{database}`, server {server}", self.user),
            None => format!("user `{}`, server {server}", self.user),
        }
    }

    pub(crate) fn get_connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    pub(crate) fn get_statement_cache(&self) -> usize {
        self.statement_cache.max(1)
    }

    pub(crate) fn get_init(&self) -> &[String] {
        &self.init
    }

    /// The same as sqlx wants it, with sqlx's own session settings and logging off.
    pub(crate) fn to_sqlx(&self) -> MySqlConnectOptions {
        let mut options = MySqlConnectOptions::new()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .ssl_mode(match self.ssl_mode {
                SslMode::Disabled => MySqlSslMode::Disabled,
                SslMode::Preferred => MySqlSslMode::Preferred,
                SslMode::Required => MySqlSslMode::Required,
                SslMode::VerifyCa => MySqlSslMode::VerifyCa,
                SslMode::VerifyIdentity => MySqlSslMode::VerifyIdentity,
            })
            // One more than is kept: the connection empties the cache before sqlx would drop a statement.
            .statement_cache_capacity(self.get_statement_cache().saturating_add(1))
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None)
            .set_names(false);
        if let Some(socket) = &self.socket {
            options = options.socket(socket);
        }
        // An empty password is none: sqlx would send its digest, which the server takes for another.
        if let Some(password) = self.password.as_deref().filter(|password| !password.is_empty()) {
            options = options.password(password);
        }
        if let Some(database) = &self.database {
            options = options.database(database);
        }
        if let Some(path) = &self.ssl_ca {
            options = options.ssl_ca(path);
        }
        if let Some(path) = &self.ssl_cert {
            options = options.ssl_client_cert(path);
        }
        if let Some(path) = &self.ssl_key {
            options = options.ssl_client_key(path);
        }
        options.disable_statement_logging()
    }

    /// Sets a new session up, on either server.
    pub(crate) fn session_sql(&self) -> Result<String> {
        if !["utf8mb4", "utf8mb3", "utf8"].iter().any(|known| self.charset.eq_ignore_ascii_case(known)) {
            return Err(config("text is sent as UTF-8: the charset is `utf8mb4` or `utf8mb3`"));
        }
        let mut sql = format!("SET NAMES {}", self.charset);
        if let Some(collation) = &self.collation {
            sql += " COLLATE ";
            sql += word("collation", collation)?;
        }
        sql += ", time_zone = '+00:00', autocommit = 1, sql_mode = '";
        sql += SQL_MODE;
        sql.push('\'');
        if let Some(timeout) = self.lock_timeout {
            let seconds = timeout.as_millis().div_ceil(1000).clamp(1, 1_073_741_824);
            sql += &format!(", innodb_lock_wait_timeout = {seconds}");
        }
        Ok(sql)
    }

    /// Limits the time of statements, in the server's own way.
    pub(crate) fn timeout_sql(&self, server: Server) -> Option<String> {
        let timeout = self.statement_timeout?;
        Some(if server.is_mariadb() {
            // Seconds with six digits; 0 would be no limit.
            format!("SET max_statement_time = {:.6}", timeout.as_secs_f64().clamp(0.000_001, 31_536_000.0))
        } else {
            format!("SET max_execution_time = {}", timeout.as_nanos().div_ceil(1_000_000).clamp(1, 4_294_967_295))
        })
    }
}

impl FromStr for MysqlOptions {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        Self::from_url(url)
    }
}

/// Everything but the password and the statements to run at start.
impl fmt::Debug for MysqlOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlOptions")
            .field("target", &self.target())
            .field("ssl_mode", &self.ssl_mode)
            .field("statement_cache", &self.statement_cache)
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .finish_non_exhaustive()
    }
}

fn config(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Config, message)
}

fn decoded(part: &str, text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Into::into).map_err(|_| config(format!("the {part} in the URL is not UTF-8")))
}

fn seconds(key: &str, value: &str) -> Result<Duration> {
    value
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| !timeout.is_zero())
        .ok_or_else(|| config(format!("`{key}` is a number of seconds above 0")))
}

fn ssl_mode(value: &str) -> Result<SslMode> {
    Ok(match value.to_ascii_lowercase().replace('-', "_").as_str() {
        "disabled" => SslMode::Disabled,
        "preferred" => SslMode::Preferred,
        "required" => SslMode::Required,
        "verify_ca" => SslMode::VerifyCa,
        "verify_identity" => SslMode::VerifyIdentity,
        _ => {
            return Err(config(
                "`ssl-mode` is one of `disabled`, `preferred`, `required`, `verify_ca`, `verify_identity`",
            ));
        }
    })
}

/// The name of a character set or collation, which SQL takes without quotes.
fn word<'a>(what: &str, name: &'a str) -> Result<&'a str> {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(name)
    } else {
        Err(config(format!("the {what} is not a name")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::ServerKind;

    fn check_refused(url: &str) {
        let error = MysqlOptions::from_url(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }

    #[test]
    fn malformed_urls_are_refused_without_their_password() {
        for url in [
            "postgres://u:s3cret@h/db",
            "mysql://u:s3cret#x@h/db",
            "mysql://u:12#s3cret@h/db",
            "mysql://u:s3cret/x@h/db",
            "mysql://u:s3cret@h:port/db",
            "mysql://u:s3cret@h/a/b",
            "mysql://u:s3cret@h/db?nonsense=s3cret",
            "mysql://u:s3cret@h/db?ssl-mode=s3cret",
            "mysql://u:s3cret@h/db?connect-timeout=-1",
            "mysql://u:s3cret@h/db?statement-cache-capacity=many",
            "mysql://u:s3cret%FF@h/db",
            "s3cret",
        ] {
            check_refused(url);
        }
    }

    #[test]
    fn every_parameter_is_read() {
        let options = MysqlOptions::from_url(
            "mariadb://us%40er:p%2Fw@db.example.com:33/my%20db?socket=/run/s.sock&ssl_mode=VERIFY_CA&ssl-ca=/ca.pem\
             &ssl-cert=/c.pem&ssl-key=/k.pem&charset=utf8mb4&collation=utf8mb4_bin&statement-cache-capacity=7\
             &connect-timeout=2.5&statement-timeout=0.25&lock-timeout=1.1&init=SET%20@a=1&init=SET%20@b=2",
        )
        .unwrap();
        assert_eq!(options.user, "us@er");
        assert_eq!(options.password.as_deref(), Some("p/w"));
        assert_eq!(options.target(), "mysql://us@er@/run/s.sock/my db");
        assert_eq!((options.ssl_mode, options.statement_cache), (SslMode::VerifyCa, 7));
        assert_eq!(options.connect_timeout, Duration::from_millis(2500));
        assert_eq!(options.init, ["SET @a=1", "SET @b=2"]);
        assert!(options.session_sql().unwrap().ends_with(", innodb_lock_wait_timeout = 2"));
        let server = |kind| Server { kind, version: (9, 0, 0) };
        let timeout = |kind| options.timeout_sql(server(kind)).unwrap();
        assert_eq!(timeout(ServerKind::Mysql), "SET max_execution_time = 250");
        assert_eq!(timeout(ServerKind::Mariadb), "SET max_statement_time = 0.250000");
    }

    #[test]
    fn only_utf_8_is_a_character_set() {
        for charset in ["utf8mb4; DROP TABLE x", "gbk", "latin1", ""] {
            assert_eq!(MysqlOptions::new().charset(charset).session_sql().unwrap_err().kind(), ErrorKind::Config);
        }
        let error = MysqlOptions::new().collation("x; DROP TABLE x").session_sql().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
