//! How to connect: [`MysqlOptions`], from a URL or built call by call, and the SQL that sets a session up. Connecting
//! itself is in `driver`, what every server's options have in `orm-server`.

use std::fmt;

use orm_core::driver::{Form, Parameter};
use orm_core::{Error, ErrorKind, Result};
use orm_server::{Pem, SERVER_PARAMETERS, ServerOptions, ServerUrl, SslMode, server_options};
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use crate::server::Server;

/// What every session runs under, on both servers. Setting the whole list also switches off what a server may have on:
/// `ANSI_QUOTES`, `PIPES_AS_CONCAT`, `NO_BACKSLASH_ESCAPES`. With `NO_AUTO_VALUE_ON_ZERO`, a key of zero that is given is
/// zero, as on other databases; keys that are left out are generated.
const SQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                        ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";

/// The parameters of URLs that other servers do not take.
const PARAMETERS: [Parameter; 2] = [Parameter::new("charset", Form::Text), Parameter::new("collation", Form::Text)];

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
///     .ssl_mode(SslMode::VerifyFull)
///     .statement_timeout(Duration::from_secs(30));
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct MysqlOptions {
    pub(crate) server: ServerOptions,
    charset: String,
    collation: Option<String>,
}

impl Default for MysqlOptions {
    fn default() -> Self {
        Self::new()
    }
}

server_options!(MysqlOptions, server);

impl MysqlOptions {
    /// `root` at `localhost:3306` over TCP, without a password, encrypted when the server offers it.
    pub fn new() -> Self {
        Self { server: ServerOptions::default(), charset: "utf8mb4".to_owned(), collation: None }
    }

    /// Reads `mysql://user:password@host:port/database?parameters`; `mariadb://` is the same. Special characters of
    /// user, password and database are percent-encoded (`#` is `%23`, `/` is `%2F`, `@` is `%40`).
    ///
    /// | parameter | value |
    /// |---|---|
    /// | `sslmode`, or `ssl-mode` | `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`, or MySQL's names: [`SslMode`] |
    /// | `sslrootcert`, or `ssl-ca` | path of the trusted root certificates, PEM |
    /// | `sslcert`, `sslkey` | paths of the client's certificate and its key, PEM |
    /// | `connect_timeout`, `socket_timeout`, `statement_timeout`, `lock_timeout` | seconds, such as `2.5`; `0` or `none` for no limit |
    /// | `statement_cache_capacity` | prepared statements kept per connection |
    /// | `init` | a statement to run after connecting; may be given several times |
    /// | `host`, `port`, `socket`, `user`, `password`, `database` | as in the builder |
    /// | `charset`, `collation` | names; `utf8mb4` and the server's default |
    ///
    /// Letter case, `-` and `_` of the names do not matter.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for another scheme, an unknown parameter or a malformed value. The message names the
    /// parameter and never repeats the URL, which holds a password.
    ///
    /// ```
    /// use orm_mysql::MysqlOptions;
    /// let options = MysqlOptions::from_url("mariadb://app:p%23ss@[::1]:3307/shop?ssl-mode=disabled").unwrap();
    /// assert_eq!(options.target(), "mysql://app@[::1]:3307/shop");
    /// assert!(MysqlOptions::from_url("mysql://localhost/shop?sslmod=disable").is_err());
    /// ```
    pub fn from_url(url: &str) -> Result<Self> {
        let url = ServerUrl::parse(url, &["mysql", "mariadb"])?;
        let mut options = Self::new();
        options.server.set_parts(&url)?;
        url.parameters(|key, value| {
            let given = url.given("MySQL", &[&SERVER_PARAMETERS, &PARAMETERS], key, value)?;
            match options.server.set(given)? {
                None => {}
                Some(given) if given.name() == "charset" => options.charset = given.text(),
                Some(given) => options.collation = Some(given.text()),
            }
            Ok(())
        })?;
        Ok(options)
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

    /// Where this connects to, without the password.
    pub fn target(&self) -> String {
        let database = self.server.database.as_deref().map(|name| format!("/{name}")).unwrap_or_default();
        match &self.server.socket {
            Some(socket) => format!("mysql://{}@{}{database}", self.user_name(), socket.display()),
            None if self.host_name().contains(':') => {
                format!("mysql://{}@[{}]:{}{database}", self.user_name(), self.host_name(), self.port_number())
            }
            None => format!("mysql://{}@{}:{}{database}", self.user_name(), self.host_name(), self.port_number()),
        }
    }

    /// Where this connects to and as whom, for errors: never with the password.
    pub(crate) fn place(&self) -> String {
        let server = match &self.server.socket {
            Some(socket) => socket.display().to_string(),
            None if self.host_name().contains(':') => format!("[{}]:{}", self.host_name(), self.port_number()),
            None => format!("{}:{}", self.host_name(), self.port_number()),
        };
        match &self.server.database {
            Some(database) => format!("user `{}`, database `{database}`, server {server}", self.user_name()),
            None => format!("user `{}`, server {server}", self.user_name()),
        }
    }

    fn host_name(&self) -> &str {
        self.server.host.as_deref().unwrap_or("localhost")
    }

    fn port_number(&self) -> u16 {
        self.server.port.unwrap_or(3306)
    }

    fn user_name(&self) -> &str {
        self.server.user.as_deref().unwrap_or("root")
    }

    /// How many prepared statements are kept; one at the least, which the client needs.
    pub(crate) fn statement_cache(&self) -> usize {
        self.server.statement_cache_capacity.max(1)
    }

    /// The same as sqlx wants it, with sqlx's own session settings and logging off.
    pub(crate) fn to_sqlx(&self, mode: SslMode) -> Result<MySqlConnectOptions> {
        let (server, tls) = (&self.server, &self.server.tls);
        server.check()?;
        let mut options = MySqlConnectOptions::new()
            .host(self.host_name())
            .port(self.port_number())
            .username(self.user_name())
            .ssl_mode(match tls.verified(mode) {
                SslMode::Disable | SslMode::Allow => MySqlSslMode::Disabled,
                SslMode::Prefer => MySqlSslMode::Preferred,
                SslMode::Require => MySqlSslMode::Required,
                SslMode::VerifyCa => MySqlSslMode::VerifyCa,
                SslMode::VerifyFull => MySqlSslMode::VerifyIdentity,
            })
            // One more than is kept: the connection empties the cache before sqlx would drop a statement.
            .statement_cache_capacity(self.statement_cache().saturating_add(1))
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None)
            .set_names(false);
        if let Some(socket) = &server.socket {
            options = options.socket(socket);
        }
        // An empty password is none: sqlx would send its digest, which the server takes for another.
        if let Some(password) = server.password.as_deref().filter(|password| !password.is_empty()) {
            options = options.password(password);
        }
        if let Some(database) = &server.database {
            options = options.database(database);
        }
        options = match &tls.root {
            Some(Pem::File(path)) => options.ssl_ca(path),
            Some(Pem::Text(text)) => options.ssl_ca_from_pem(text.clone().into_bytes()),
            None => options,
        };
        options = match &tls.certificate {
            Some(Pem::File(path)) => options.ssl_client_cert(path),
            Some(Pem::Text(text)) => options.ssl_client_cert_from_pem(text),
            None => options,
        };
        options = match &tls.key {
            Some(Pem::File(path)) => options.ssl_client_key(path),
            Some(Pem::Text(text)) => options.ssl_client_key_from_pem(text),
            None => options,
        };
        Ok(options.disable_statement_logging())
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
        if let Some(limit) = self.server.lock_timeout {
            // The greatest value is 34 years.
            let most = 1_073_741_824;
            let seconds = if limit.is_zero() { most } else { limit.as_millis().div_ceil(1000).min(most) };
            sql += &format!(", innodb_lock_wait_timeout = {seconds}");
        }
        Ok(sql)
    }

    /// Limits the time of statements, in the server's own way.
    pub(crate) fn timeout_sql(&self, server: Server) -> Option<String> {
        // 0 is no limit to both.
        let milliseconds = self.server.statement_timeout?.as_nanos().div_ceil(1_000_000);
        Some(if server.is_mariadb() {
            format!("SET max_statement_time = {}.{:03}", milliseconds / 1000, milliseconds % 1000)
        } else {
            format!("SET max_execution_time = {}", milliseconds.min(4_294_967_295))
        })
    }
}

/// Everything but the password and the statements to run at start.
impl fmt::Debug for MysqlOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlOptions")
            .field("server", &self.server)
            .field("charset", &self.charset)
            .field("collation", &self.collation)
            .finish()
    }
}

fn config(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Config, message)
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
    use std::time::Duration;

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
        assert_eq!(options.user_name(), "us@er");
        assert_eq!(options.server.password.as_deref(), Some("p/w"));
        assert_eq!(options.target(), "mysql://us@er@/run/s.sock/my db");
        assert_eq!((options.server.tls.mode, options.statement_cache()), (Some(SslMode::VerifyCa), 7));
        assert_eq!(options.server.connect_timeout, Some(Duration::from_millis(2500)));
        assert_eq!(options.server.init, ["SET @a=1", "SET @b=2"]);
        assert!(options.session_sql().unwrap().ends_with(", innodb_lock_wait_timeout = 2"));
        let server = |kind| Server { kind, version: (9, 0, 0) };
        let timeout = |kind| options.timeout_sql(server(kind)).unwrap();
        assert_eq!(timeout(ServerKind::Mysql), "SET max_execution_time = 250");
        assert_eq!(timeout(ServerKind::Mariadb), "SET max_statement_time = 0.250");
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
