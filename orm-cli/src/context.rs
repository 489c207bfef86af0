//! What a command works with: the settings, the database, and whether somebody pressed Ctrl-C.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use orm::dialect::Dialect;
use orm::{Database, PoolOptions};
use tokio::sync::Notify;

use crate::config::{Config, scheme};
use crate::failure::{Code, Failure, Outcome};

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    /// The settings.
    pub(crate) config: Config,
    /// Whether the report is for a program.
    pub(crate) json: bool,
    /// Whether nobody is to be asked.
    pub(crate) no_input: bool,
    /// Ctrl-C.
    pub(crate) stop: Stop,
}

impl Context {
    /// Connects to the database of the settings. A migration takes one connection, and what looks at it another.
    ///
    /// # Errors
    /// When no database is named, or it cannot be reached.
    pub(crate) async fn connect(&self) -> Outcome<Database> {
        let url = self.config.url()?;
        connect(&url).await.map_err(|mut failure| {
            if let Some(path) = sqlite_file(&url) {
                let shown = self.config.shown(Path::new(&path));
                if !failure.message.contains(&shown) {
                    failure.message = format!("`{shown}`: {}", failure.message);
                }
            }
            failure.message = format!("{} (the URL is from {})", failure.message, self.config.url_source());
            failure
        })
    }

    /// As [`connect`](Self::connect), but a file of SQLite is not made when it is missing.
    ///
    /// # Errors
    /// As there, and when the file is not there.
    pub(crate) async fn connect_existing(&self) -> Outcome<Database> {
        if let Some(path) = self.missing_file()? {
            return Err(Failure::new(format!("there is no database `{}`", self.config.shown(Path::new(&path))))
                .hint("`orm migrate up` creates it, and so does `orm db create`"));
        }
        self.connect().await
    }

    /// The file of SQLite, when it is not there.
    ///
    /// # Errors
    /// When no database is named.
    pub(crate) fn missing_file(&self) -> Outcome<Option<String>> {
        Ok(sqlite_file(&self.config.url()?).filter(|path| !Path::new(path).exists()))
    }

    /// The environment and the database, as the first line of a report.
    pub(crate) fn place(&self, db: &Database) -> String {
        format!("{}  {}", self.config.env, db.target())
    }

    /// Asks before something is lost.
    ///
    /// # Errors
    /// [`Code::NeedsAnswer`] when there is nobody to ask, [`Code::Refused`] when the answer is no.
    pub(crate) fn confirm(&self, question: &str) -> Outcome<()> {
        let answer = if self.no_input || self.json { None } else { crate::report::ask(question) };
        match answer {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::new("nothing was done").code(Code::Refused)),
            None => Err(Failure::new(format!("{question} There is no terminal to answer at"))
                .code(Code::NeedsAnswer)
                .hint("say --yes")),
        }
    }
}

/// Connects to a database.
///
/// # Errors
/// When it cannot be reached.
pub(crate) async fn connect(url: &str) -> Outcome<Database> {
    Ok(orm::connect_with(url, PoolOptions::new().max_connections(2)).await?)
}

/// The file of a URL of SQLite; `None` for one in memory and for other databases.
pub(crate) fn sqlite_file(url: &str) -> Option<String> {
    let rest = url.strip_prefix("sqlite:")?;
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(":memory:") || parameters.contains("mode=memory") {
        return None;
    }
    orm::driver::percent_decoded(path).ok().map(std::borrow::Cow::into_owned)
}

/// The dialect of a URL, as of the newest version, without a connection.
///
/// # Errors
/// For a URL that names no database, and for one whose driver is not compiled in.
pub(crate) fn dialect_of(url: &str) -> Outcome<Arc<dyn Dialect>> {
    let scheme = scheme(url);
    match scheme.as_str() {
        #[cfg(feature = "sqlite")]
        "sqlite" => Ok(Arc::new(orm::sqlite::SqliteDialect::linked())),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => Ok(Arc::new(orm::postgres::PostgresDialect::new((15, 0, 0)))),
        #[cfg(feature = "mysql")]
        "mysql" => Ok(Arc::new(orm::mysql::MysqlDialect::new(orm::mysql::Server::from_version("8.4.0")))),
        #[cfg(feature = "mysql")]
        "mariadb" => Ok(Arc::new(orm::mysql::MysqlDialect::new(orm::mysql::Server::from_version("10.11.0-MariaDB")))),
        _ => Err(Failure::new("the database URL begins with none of the databases that this program knows")
            .hint("sqlite:, postgres://, mysql:// and mariadb:// are features of the crate `orm-cli`")),
    }
}

/// Ctrl-C: told once, so that what is under way can end in order; told twice, the program ends at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    asked: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Stop {
    /// Whether somebody asked to stop.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(SeqCst)
    }

    /// Waits until somebody asks to stop.
    pub(crate) async fn asked(&self) {
        let notified = self.notify.notified();
        if !self.is_asked() {
            notified.await;
        }
    }

    /// Listens to Ctrl-C from now on.
    pub(crate) fn listen(&self) {
        let stop = self.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            stop.asked.store(true, SeqCst);
            stop.notify.notify_waiters();
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(Code::Interrupted as i32);
            }
        });
    }
}
