//! How to connect: a typed builder, and connection URLs. What is left out comes from the environment variables of
//! `libpq` (`PGHOST`, `PGUSER`, `PGPASSWORD`, ..), as with every PostgreSQL client; its password file is not read. What
//! every server's options have is in `orm-server`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use orm_core::driver::{Form, Parameter, check_time};
use orm_core::{Error, ErrorKind, Result};
use orm_server::{Pem, SERVER_PARAMETERS, ServerOptions, ServerUrl, SslMode, server_options};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::pooler::Pooler;
use crate::types::quoted;

/// The parameters of URLs that other servers do not take.
const PARAMETERS: [Parameter; 4] = [
    Parameter::new("application_name", Form::Text),
    Parameter::new("idle_in_transaction_session_timeout", Form::Limit),
    Parameter::new("pooler", Form::Words(&Pooler::WORDS)),
    Parameter::new("search_path", Form::Text),
];

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
#[derive(Clone, Default)]
pub struct PostgresOptions {
    pub(crate) server: ServerOptions,
    application_name: Option<String>,
    idle_in_transaction: Option<Duration>,
    settings: Vec<(String, String)>,
    pub(crate) pooler: Pooler,
}

server_options!(PostgresOptions, server);

impl PostgresOptions {
    /// Everything from the environment.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `postgres://user:password@host:port/database?parameters`; `postgresql://` is the same. Special characters of
    /// user, password and database are percent-encoded (`#` is `%23`, `/` is `%2F`, `@` is `%40`).
    ///
    /// | parameter | value |
    /// |---|---|
    /// | `sslmode`, or `ssl-mode` | `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`: [`SslMode`] |
    /// | `sslrootcert`, or `ssl-ca` | path of the trusted root certificates, PEM |
    /// | `sslcert`, `sslkey` | paths of the client's certificate and its key, PEM |
    /// | `connect_timeout`, `socket_timeout`, `statement_timeout`, `lock_timeout` | seconds, such as `2.5`; `0` or `none` for no limit |
    /// | `statement_cache_capacity` | prepared statements kept per connection |
    /// | `init` | a statement to run after connecting; may be given several times |
    /// | `host`, `port`, `socket`, `user`, `password`, `database` | as in the builder; also `hostaddr`, `dbname` |
    /// | `application_name` | the name in the server's statistics and log |
    /// | `idle_in_transaction_session_timeout` | seconds, as above |
    /// | `search_path` | schemas, separated by commas |
    /// | `pooler` | `session`, `transaction`: [`Pooler`] |
    /// | `options[NAME]` | any other setting of the server, in its own form |
    ///
    /// Letter case, `-` and `_` of the names do not matter.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for another scheme, an unknown parameter or a malformed value. The message names the
    /// parameter and never repeats the URL, which holds a password.
    ///
    /// ```
    /// use orm_postgres::PostgresOptions;
    /// let options = PostgresOptions::from_url("postgres://app:p%23ss@[::1]:5433/shop?connect_timeout=2.5").unwrap();
    /// assert_eq!(options.target(), "[::1]:5433/shop");
    /// assert!(PostgresOptions::from_url("postgres://localhost/shop?sslmod=disable").is_err());
    /// ```
    pub fn from_url(url: &str) -> Result<Self> {
        let url = ServerUrl::parse(url, &["postgres", "postgresql"])?;
        let mut options = Self::new();
        options.server.set_parts(&url)?;
        url.parameters(|key, value| {
            if let Some(name) = key.strip_prefix("options[").and_then(|rest| rest.strip_suffix(']')) {
                options.settings.push((name.to_owned(), value.to_owned()));
                return Ok(());
            }
            let given = url.given("PostgreSQL", &[&SERVER_PARAMETERS, &PARAMETERS], key, value)?;
            let Some(given) = options.server.set(given)? else { return Ok(()) };
            let this = std::mem::take(&mut options);
            options = match given.name() {
                "application_name" => this.application_name(given.text()),
                "pooler" => this.pooler(given.word(Pooler::from_word)?),
                "search_path" => this.search_path(given.text().split(',').map(str::trim)),
                _ => this.idle_in_transaction_session_timeout(given.limit()?),
            };
            Ok(())
        })?;
        Ok(options)
    }

    /// The name shown in the server's statistics and log.
    #[must_use]
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = Some(name.into());
        self
    }

    /// How long a transaction may wait for its next statement, 24 days at most; `None` and zero for no limit. Whole milliseconds, rounded
    /// up. The server then closes the connection.
    #[must_use]
    pub fn idle_in_transaction_session_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.idle_in_transaction = Some(limit.into().unwrap_or_default());
        self
    }

    /// The schemas that names without one are looked up in, exactly as they are written here.
    #[must_use]
    pub fn search_path<S: AsRef<str>>(self, schemas: impl IntoIterator<Item = S>) -> Self {
        let schemas: Vec<String> = schemas.into_iter().map(|schema| quoted(schema.as_ref())).collect();
        self.setting("search_path", schemas.join(", "))
    }

    /// A setting of the server for the session (PostgreSQL manual, chapter 20). The last one of a name counts.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// What stands between the client and the server; [`Pooler::Session`] unless set.
    ///
    /// With [`Pooler::Transaction`], each statement outside of a transaction becomes one, since its preparation and its
    /// execution need the same connection of the server: four round trips instead of one or two. No prepared statement is kept.
    /// Time limits, [`search_path`](Self::search_path) and other settings are sent with each transaction, and hold in it
    /// alone. What needs a session is refused: statements of [`init`](Self::init), and SQL such as `SET` without `LOCAL`,
    /// `LISTEN` and `PREPARE`. Session-wide advisory locks and temporary tables do not work.
    #[must_use]
    pub fn pooler(mut self, pooler: Pooler) -> Self {
        self.pooler = pooler;
        self
    }

    /// Refuses what the client or the protocol would refuse less clearly.
    fn check(&self) -> Result<()> {
        let texts = [
            ("user", &self.server.user),
            ("database", &self.server.database),
            ("application_name", &self.application_name),
        ];
        for (name, text) in texts {
            if text.as_deref().is_some_and(|text| text.contains('\0')) {
                return Err(config(format!("{name} holds a NUL, which no text of PostgreSQL may")));
            }
        }
        if self.pooler == Pooler::Transaction && !self.server.init.is_empty() {
            return Err(config(
                "`init` sets up a session, which no client has behind a pooler with `pooler=transaction`: use `options[NAME]` \
                 for settings",
            ));
        }
        self.server.check()?;
        check_time("idle_in_transaction_session_timeout", self.idle_in_transaction.unwrap_or_default())?;
        self.settings.iter().try_for_each(|(name, value)| check_setting(name, value))
    }

    /// The client's options.
    pub(crate) fn client(&self, mode: impl Into<Option<SslMode>>) -> Result<PgConnectOptions> {
        self.check()?;
        let tls = &self.server.tls;
        let mut client = PgConnectOptions::new_without_pgpass();
        if let Some(password) = &self.server.password {
            client = client.password(password);
        }
        if let Some(host) = &self.server.host {
            client = client.host(host);
        }
        if let Some(port) = self.server.port {
            client = client.port(port);
        }
        if let Some(socket) = &self.server.socket {
            client = client.socket(socket);
        }
        if let Some(user) = &self.server.user {
            client = client.username(user);
        }
        if let Some(database) = &self.server.database {
            client = client.database(database);
        }
        if let Some(mode) = mode.into() {
            client = client.ssl_mode(match tls.verified(mode) {
                SslMode::Disable | SslMode::Allow => PgSslMode::Disable,
                SslMode::Prefer => PgSslMode::Prefer,
                SslMode::Require => PgSslMode::Require,
                SslMode::VerifyCa => PgSslMode::VerifyCa,
                SslMode::VerifyFull => PgSslMode::VerifyFull,
            });
        }
        client = match &tls.root {
            Some(Pem::File(path)) => client.ssl_root_cert(path),
            Some(Pem::Text(text)) => client.ssl_root_cert_from_pem(text.clone().into_bytes()),
            None => client,
        };
        client = match &tls.certificate {
            Some(Pem::File(path)) => client.ssl_client_cert(path),
            Some(Pem::Text(text)) => client.ssl_client_cert_from_pem(text),
            None => client,
        };
        client = match &tls.key {
            Some(Pem::File(path)) => client.ssl_client_key(path),
            Some(Pem::Text(text)) => client.ssl_client_key_from_pem(text),
            None => client,
        };
        if let Some(name) = &self.application_name {
            client = client.application_name(name);
        }
        // Poolers refuse start-up parameters that they do not know. Floats are exact by the server's own default, and the
        // settings of the session are set after connecting.
        client = client.extra_float_digits(None);
        // The ORM has spans of its own.
        Ok(client.statement_cache_capacity(self.server.statement_cache_capacity).disable_statement_logging())
    }

    /// The statement that makes the settings, for the session or for a transaction.
    pub(crate) fn settings_sql(&self, for_transaction: bool) -> Option<String> {
        let calls = self.settings_calls(for_transaction);
        (!calls.is_empty()).then(|| format!("SELECT {}", calls.join(", ")))
    }

    /// The query that makes the settings those of the session, and gives the number of the server's process.
    pub(crate) fn session_sql(&self) -> String {
        let mut calls = self.settings_calls(false);
        calls.insert(0, "pg_backend_pid()".to_owned());
        format!("SELECT {}", calls.join(", "))
    }

    fn settings_calls(&self, for_transaction: bool) -> Vec<String> {
        self.session_settings()
            .map(|(name, value)| {
                let value = value.replace('\\', r"\\").replace('\'', "''");
                format!("set_config('{name}', E'{value}', {for_transaction})")
            })
            .collect()
    }

    /// The settings of the session, in the order in which they are sent: the last one of a name counts.
    fn session_settings(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let limit = |limit: &Option<Duration>| limit.map(|limit| Cow::Owned(milliseconds(limit)));
        let limits = [
            ("statement_timeout", limit(&self.server.statement_timeout)),
            ("lock_timeout", limit(&self.server.lock_timeout)),
            ("idle_in_transaction_session_timeout", limit(&self.idle_in_transaction)),
        ];
        let limits = limits.into_iter().filter_map(|(name, value)| Some((name, value?)));
        limits.chain(self.settings.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_str()))))
    }

    /// Where this connects to and as whom, for errors: never with the password.
    pub(crate) fn place(&self) -> String {
        let client = PgConnectOptions::new_without_pgpass();
        let user = self.server.user.as_deref().unwrap_or_else(|| client.get_username());
        let target = self.target();
        // Without a name, the server takes the user's.
        let (server, database) = target.rsplit_once('/').unwrap_or((&target, ""));
        let database = if database.is_empty() { user } else { database };
        format!("user `{user}`, database `{database}`, server {server}")
    }

    /// Where this connects to, without user and password.
    pub fn target(&self) -> String {
        let client = PgConnectOptions::new_without_pgpass();
        let port = self.server.port.unwrap_or_else(|| client.get_port());
        let database = self.server.database.as_deref().or(client.get_database()).unwrap_or_default();
        match (&self.server.socket, &self.server.host) {
            (Some(socket), _) => format!("{}:{port}/{database}", socket.display()),
            (None, Some(host)) if host.contains(':') => format!("[{host}]:{port}/{database}"),
            (None, Some(host)) => format!("{host}:{port}/{database}"),
            (None, None) => format!("{}:{port}/{database}", client.get_host()),
        }
    }
}

/// Shows neither password nor key.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("server", &self.server)
            .field("application_name", &self.application_name)
            .field("idle_in_transaction", &self.idle_in_transaction)
            .field("settings", &self.settings)
            .field("pooler", &self.pooler)
            .finish()
    }
}

#[cold]
fn config(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Config, message)
}

fn milliseconds(limit: Duration) -> String {
    limit.as_micros().div_ceil(1000).to_string()
}

fn check_setting(name: &str, value: &str) -> Result<()> {
    let named = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if name.is_empty() || !named {
        // It is not shown: in a malformed URL, it may be a part of the password.
        return Err(config("the name of a setting has letters, digits, `_` and `.` only"));
    }
    if value.contains('\0') {
        return Err(config(format!("the value of the setting {name} holds a NUL, which no text of PostgreSQL may")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_everything() {
        let url = "postgres://us%40er:p%2Fw%25@db.example:6543/my%20db?sslmode=verify-full&application_name=app\
                   &statement_timeout=30&lock_timeout=0.25&search_path=a,%20B&options[geqo]=off&connect_timeout=0\
                   &statement-cache-capacity=7&init=SET%20geqo%20=%20on&init=SELECT%201";
        let options = PostgresOptions::from_url(url).unwrap();
        assert_eq!(options.target(), "db.example:6543/my db");
        assert_eq!(options.server.user.as_deref(), Some("us@er"));
        assert_eq!(options.server.password.as_deref(), Some("p/w%"));
        assert_eq!(options.server.tls.mode, Some(SslMode::VerifyFull));
        assert_eq!(options.server.connect_timeout, None);
        assert_eq!(options.server.statement_cache_capacity, 7);
        assert_eq!(options.server.init, ["SET geqo = on", "SELECT 1"]);
        let dashed = "postgres://h/db?connect-timeout=3&lock-timeout=1&ssl-mode=disable&application-name=a-b";
        let dashed = PostgresOptions::from_url(dashed).unwrap();
        assert_eq!(
            (dashed.server.connect_timeout, dashed.server.tls.mode),
            (Some(Duration::from_secs(3)), Some(SslMode::Disable))
        );
        assert_eq!(dashed.application_name.as_deref(), Some("a-b"));
        let settings: Vec<_> = options.session_settings().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(settings, ["statement_timeout=30000", "lock_timeout=250", "search_path=\"a\", \"B\"", "geqo=off"]);
        assert!(options.client(SslMode::Prefer).is_ok());
    }

    #[test]
    fn nothing_is_sent_at_the_start_that_a_pooler_refuses() {
        let options = PostgresOptions::from_url("postgres://h/db?statement_timeout=1&options[geqo]=o'f\\f").unwrap();
        assert_eq!(options.client(None).unwrap().get_options(), None);
        let sql = r"SELECT set_config('statement_timeout', E'1000', true), set_config('geqo', E'o''f\\f', true)";
        assert_eq!(options.settings_sql(true).as_deref(), Some(sql));
        assert_eq!(PostgresOptions::new().settings_sql(true), None);
    }

    #[test]
    fn init_is_refused_where_there_is_no_session() {
        let options = PostgresOptions::from_url("postgres://h/db?pooler=transaction&init=SELECT%201").unwrap();
        let error = options.client(None).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.message().contains("`init`"), "{error}");
        assert!(PostgresOptions::from_url("postgres://h/db?pooler=statement").is_err());
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
        let options = PostgresOptions::new().password("hunter2").ssl_client_cert_pem("c", "hunter2");
        assert!(!format!("{options:?}").contains("hunter2"));
        let percent = PostgresOptions::from_url("postgres://u:hun%74er2@h/db").unwrap();
        assert_eq!(percent.server.password.as_deref(), Some("hunter2"));
        assert!(!format!("{percent:?}").contains("hun"), "{percent:?}");
        for (options, named) in [
            (PostgresOptions::new().application_name("a\0b"), "application_name"),
            (PostgresOptions::new().user("a\0b"), "user"),
            (PostgresOptions::from_url("postgres://h/db?sslcert=/c.pem").unwrap(), "sslkey"),
        ] {
            let error = options.client(None).unwrap_err();
            assert!(error.kind() == ErrorKind::Config && error.message().contains(named), "{error}");
        }
        for (name, value) in [("a b", "1"), ("", "1"), ("a", "x\0y"), ("a;b", "")] {
            assert!(PostgresOptions::new().setting(name, value).client(None).is_err(), "{name:?}");
        }
    }
}
