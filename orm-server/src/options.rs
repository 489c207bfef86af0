//! [`ServerOptions`]: what every server is connected with, the parameters of URLs for it, and [`server_options!`], which
//! gives a driver's options type the builder methods for it. What one server alone has is in its driver.
//!
//! [`server_options!`]: crate::server_options

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use orm_core::Result;
use orm_core::driver::{Form, MOST_STATEMENTS, Parameter, Setting, check_range, check_time};

use crate::tls::{Pem, SslMode, Tls};
use crate::url::{ServerUrl, bare};

/// The parameters of URLs that every server takes.
pub const SERVER_PARAMETERS: [Parameter; 16] = [
    Parameter::new("host", Form::Text).or(&["hostaddr"]),
    Parameter::new("port", Form::Count),
    Parameter::new("socket", Form::Text),
    Parameter::new("user", Form::Text),
    Parameter::new("password", Form::Text),
    Parameter::new("database", Form::Text).or(&["dbname"]),
    Parameter::new("sslmode", Form::Words(&SslMode::WORDS)),
    Parameter::new("sslrootcert", Form::Text).or(&["ssl_ca"]),
    Parameter::new("sslcert", Form::Text),
    Parameter::new("sslkey", Form::Text),
    Parameter::new("connect_timeout", Form::Limit),
    Parameter::new("socket_timeout", Form::Limit),
    Parameter::new("statement_timeout", Form::Limit),
    Parameter::new("lock_timeout", Form::Limit),
    Parameter::new("statement_cache_capacity", Form::Count),
    Parameter::new("init", Form::Text),
];

/// What every server is connected with.
#[derive(Clone)]
pub struct ServerOptions {
    /// The server's name or address.
    pub host: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// The Unix socket, or the directory it is in.
    pub socket: Option<PathBuf>,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// How long connecting may take.
    pub connect_timeout: Option<Duration>,
    /// How long the client waits for a server that says nothing: see [`Patience`](crate::Patience).
    pub socket_timeout: Option<Duration>,
    /// How long a statement may run: the server's setting when `None`, no limit when zero.
    pub statement_timeout: Option<Duration>,
    /// How long a statement may wait for a lock: the server's setting when `None`, no limit when zero.
    pub lock_timeout: Option<Duration>,
    /// How many prepared statements a connection keeps.
    pub statement_cache_capacity: usize,
    /// Statements to run on each new connection.
    pub init: Vec<String>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            socket: None,
            user: None,
            password: None,
            database: None,
            tls: Tls::default(),
            connect_timeout: Some(Duration::from_secs(10)),
            socket_timeout: None,
            statement_timeout: None,
            lock_timeout: None,
            statement_cache_capacity: 512,
            init: Vec::new(),
        }
    }
}

impl ServerOptions {
    /// What a URL says beside its parameters.
    ///
    /// # Errors
    /// As [`set_host`](Self::set_host).
    pub fn set_parts(&mut self, url: &ServerUrl) -> Result<()> {
        if let Some(host) = &url.host {
            self.set_host(host)?;
        }
        self.port = url.port;
        self.user.clone_from(&url.user);
        self.password.clone_from(&url.password);
        self.database.clone_from(&url.database);
        Ok(())
    }

    /// Sets one of [`SERVER_PARAMETERS`]; gives back what is none of them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](orm_core::ErrorKind::Config) for a value that it cannot have.
    pub fn set<'v>(&mut self, given: Setting<'v>) -> Result<Option<Setting<'v>>> {
        let pem = |given: Setting<'v>| Some(Pem::File(given.text().into()));
        match given.name() {
            "host" => self.set_host(&given.text())?,
            "port" => self.port = Some(given.count()?),
            "socket" => self.socket = Some(given.text().into()),
            "user" => self.user = Some(given.text()),
            "password" => self.password = Some(given.text()),
            "database" => self.database = Some(given.text()),
            "sslmode" => self.tls.mode = Some(given.word(SslMode::from_word)?),
            "sslrootcert" => self.tls.root = pem(given),
            "sslcert" => self.tls.certificate = pem(given),
            "sslkey" => self.tls.key = pem(given),
            "connect_timeout" => self.connect_timeout = given.limit()?,
            "socket_timeout" => self.socket_timeout = Some(given.limit()?.unwrap_or_default()),
            "statement_timeout" => self.statement_timeout = Some(given.limit()?.unwrap_or_default()),
            "lock_timeout" => self.lock_timeout = Some(given.limit()?.unwrap_or_default()),
            "statement_cache_capacity" => self.statement_cache_capacity = given.count()?,
            "init" => self.init.push(given.text()),
            _ => return Ok(Some(given)),
        }
        Ok(None)
    }

    /// Refuses what is out of its range, whether a URL or a program gave it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](orm_core::ErrorKind::Config) naming the option and its range.
    pub fn check(&self) -> Result<()> {
        if self.port == Some(0) {
            check_range("port", 0, 1, u16::MAX.into())?;
        }
        check_range("statement_cache_capacity", self.statement_cache_capacity, 0, MOST_STATEMENTS)?;
        let times = [
            ("connect_timeout", self.connect_timeout),
            ("socket_timeout", self.socket_timeout),
            ("statement_timeout", self.statement_timeout),
            ("lock_timeout", self.lock_timeout),
        ];
        times.into_iter().try_for_each(|(name, limit)| check_time(name, limit.unwrap_or_default()))?;
        self.tls.check()
    }

    /// The host, or the path of a socket when it begins with a slash.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](orm_core::ErrorKind::Config) for several hosts.
    pub fn set_host(&mut self, host: &str) -> Result<()> {
        if host.contains(',') {
            let kind = orm_core::ErrorKind::Config;
            return Err(orm_core::Error::new(kind, "the database URL names one host"));
        }
        if host.starts_with('/') {
            self.socket = Some(host.into());
        } else {
            self.host = Some(bare(host));
        }
        Ok(())
    }
}

/// Neither the password nor the statements to run at the start.
impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("socket", &self.socket)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("tls", &self.tls)
            .field("connect_timeout", &self.connect_timeout)
            .field("socket_timeout", &self.socket_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .field("statement_cache_capacity", &self.statement_cache_capacity)
            .finish_non_exhaustive()
    }
}

/// The builder methods of [`ServerOptions`] for a driver's options type, whose field of this name holds them.
#[macro_export]
macro_rules! server_options {
    ($options:ident, $field:ident) => {
        impl $options {
            /// The server's name or address. With a socket, the name that its certificate is verified for.
            #[must_use]
            pub fn host(mut self, host: impl Into<String>) -> Self {
                self.$field.host = Some(host.into());
                self
            }

            /// The server's port.
            #[must_use]
            pub fn port(mut self, port: u16) -> Self {
                self.$field.port = Some(port);
                self
            }

            /// The server's Unix socket, which takes precedence over the host: its path on MySQL and MariaDB, its directory
            /// on PostgreSQL.
            #[must_use]
            pub fn socket(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                self.$field.socket = Some(path.into());
                self
            }

            /// The user.
            #[must_use]
            pub fn user(mut self, user: impl Into<String>) -> Self {
                self.$field.user = Some(user.into());
                self
            }

            /// The password. It is shown nowhere.
            #[must_use]
            pub fn password(mut self, password: impl Into<String>) -> Self {
                self.$field.password = Some(password.into());
                self
            }

            /// The database.
            #[must_use]
            pub fn database(mut self, database: impl Into<String>) -> Self {
                self.$field.database = Some(database.into());
                self
            }

            /// Whether the connection is encrypted, and what of the server's certificate is verified;
            /// [`SslMode::Prefer`]($crate::SslMode::Prefer) unless set.
            #[must_use]
            pub fn ssl_mode(mut self, mode: $crate::SslMode) -> Self {
                self.$field.tls.mode = Some(mode);
                self
            }

            /// The file of the trusted root certificates, in PEM form.
            #[must_use]
            pub fn ssl_root_cert(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                self.$field.tls.root = Some($crate::Pem::File(path.into()));
                self
            }

            /// The trusted root certificates in PEM form.
            #[must_use]
            pub fn ssl_root_cert_pem(mut self, pem: impl Into<String>) -> Self {
                self.$field.tls.root = Some($crate::Pem::Text(pem.into()));
                self
            }

            /// The files of the client's certificate and its key, in PEM form.
            #[must_use]
            pub fn ssl_client_cert(
                mut self,
                certificate: impl Into<::std::path::PathBuf>,
                key: impl Into<::std::path::PathBuf>,
            ) -> Self {
                self.$field.tls.certificate = Some($crate::Pem::File(certificate.into()));
                self.$field.tls.key = Some($crate::Pem::File(key.into()));
                self
            }

            /// The client's certificate and its key in PEM form.
            #[must_use]
            pub fn ssl_client_cert_pem(mut self, certificate: impl Into<String>, key: impl Into<String>) -> Self {
                self.$field.tls.certificate = Some($crate::Pem::Text(certificate.into()));
                self.$field.tls.key = Some($crate::Pem::Text(key.into()));
                self
            }

            /// How long connecting may take, 24 days at most; 10 seconds unless set, `None` for no limit.
            #[must_use]
            pub fn connect_timeout(mut self, limit: impl Into<Option<::std::time::Duration>>) -> Self {
                self.$field.connect_timeout = limit.into();
                self
            }

            /// How long the client waits while the server says nothing, 24 days at most; then the connection is closed and the
            /// statement fails with [`ErrorKind::ConnectionLost`](::orm_core::ErrorKind::ConnectionLost), a commit with
            /// [`ErrorKind::AmbiguousCommit`](::orm_core::ErrorKind::AmbiguousCommit). The time begins anew with each row, and
            /// stands still while the program is busy with those it has.
            ///
            /// Unless set, the beginning and end of transactions and of savepoints have 30 seconds, and other statements have no
            /// limit; `None` and zero are no limit for both. A ping has five seconds at most in any case. Servers end what they
            /// do for too long by themselves, with [`statement_timeout`](Self::statement_timeout): this is for a server or a
            /// network that is gone without a word, so choose a longer time.
            #[must_use]
            pub fn socket_timeout(mut self, limit: impl Into<Option<::std::time::Duration>>) -> Self {
                self.$field.socket_timeout = Some(limit.into().unwrap_or_default());
                self
            }

            /// How long the server works on a statement, 24 days at most, rounded up to whole milliseconds; the server's own setting unless
            /// set, `None` and zero for no limit. MySQL limits SELECT alone.
            #[must_use]
            pub fn statement_timeout(mut self, limit: impl Into<Option<::std::time::Duration>>) -> Self {
                self.$field.statement_timeout = Some(limit.into().unwrap_or_default());
                self
            }

            /// How long a statement waits for a lock, 24 days at most; the server's own setting unless set, `None` and zero for no limit.
            /// Rounded up: to milliseconds on PostgreSQL, to seconds on MySQL and MariaDB, for row locks.
            #[must_use]
            pub fn lock_timeout(mut self, limit: impl Into<Option<::std::time::Duration>>) -> Self {
                self.$field.lock_timeout = Some(limit.into().unwrap_or_default());
                self
            }

            /// How many prepared statements a connection keeps, 65,536 at most; 512 unless set. When there are more, all are dropped at
            /// once, in one round trip.
            #[must_use]
            pub fn statement_cache_capacity(mut self, statements: usize) -> Self {
                self.$field.statement_cache_capacity = statements;
                self
            }

            /// A statement to run on each new connection, after those given before.
            #[must_use]
            pub fn init(mut self, sql: impl Into<String>) -> Self {
                self.$field.init.push(sql.into());
                self
            }
        }

        impl ::std::str::FromStr for $options {
            type Err = ::orm_core::Error;

            fn from_str(url: &str) -> ::orm_core::Result<Self> {
                Self::from_url(url)
            }
        }
    };
}
