//! How to open a database: a typed builder and its URL form. Handing the settings to sqlx is here too; opening is not.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use orm_core::driver::{
    Form, LockMode, MOST_STATEMENTS, Parameter, Setting, check_range, check_time, percent_decoded, url_parameters,
};
use orm_core::{Error, ErrorKind, Result};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// SQLite counts pages in 32 bits, and has fewer than this in a database.
const MOST_PAGES: usize = 2_147_483_647;

const MODES: [&str; 4] = ["rwc", "rw", "ro", "memory"];

/// The parameters of URLs.
const PARAMETERS: [Parameter; 9] = [
    Parameter::new("mode", Form::Words(&MODES)),
    Parameter::new("journal_mode", Form::Words(&["wal", "delete", "truncate", "persist", "memory", "off"])),
    Parameter::new("synchronous", Form::Words(&["off", "normal", "full", "extra"])),
    Parameter::new("busy_timeout", Form::Seconds).or(&["lock_timeout"]),
    Parameter::new("foreign_keys", Form::Switch),
    Parameter::new("immutable", Form::Switch),
    Parameter::new("statement_cache_capacity", Form::Count),
    Parameter::new("checkpoint_pages", Form::Count),
    Parameter::new("lock_mode", Form::Words(&["deferred", "immediate", "exclusive"])),
];

/// How to open a database.
///
/// The defaults are those of a server application: files are created when missing and use a write-ahead log with
/// `synchronous = NORMAL`, foreign keys are enforced, and a locked database is waited for up to five seconds.
///
/// ```
/// use std::time::Duration;
/// use orm_sqlite::SqliteOptions;
///
/// let typed = SqliteOptions::file("app.db").read_only(true).busy_timeout(Duration::from_secs(1));
/// let parsed: SqliteOptions = "sqlite:app.db?mode=ro&busy_timeout=1".parse()?;
/// assert_eq!(typed, parsed);
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    place: Place,
    read_only: bool,
    create_if_missing: bool,
    immutable: bool,
    journal_mode: Option<JournalMode>,
    synchronous: Option<Synchronous>,
    busy_timeout: Duration,
    foreign_keys: bool,
    statement_cache: usize,
    checkpoint_pages: u32,
    lock_mode: LockMode,
    pragmas: Vec<(String, String)>,
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Memory,
    File(PathBuf),
}

/// How changes are made safe against a crash: `PRAGMA journal_mode`
/// (<https://www.sqlite.org/pragma.html#pragma_journal_mode>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalMode {
    /// A write-ahead log: readers and one writer do not wait for each other. The default for files.
    Wal,
    /// A rollback journal that is removed after each transaction.
    Delete,
    /// A rollback journal that is cut to nothing after each transaction.
    Truncate,
    /// A rollback journal whose head is overwritten after each transaction.
    Persist,
    /// A rollback journal in memory: a crash may damage the database.
    Memory,
    /// No journal: ROLLBACK does not work and a crash may damage the database.
    Off,
}

impl JournalMode {
    fn sql(self) -> &'static str {
        match self {
            Self::Wal => "WAL",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::Persist => "PERSIST",
            Self::Memory => "MEMORY",
            Self::Off => "OFF",
        }
    }
}

/// How often the disk is told to write: `PRAGMA synchronous`
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Never: a power loss may damage the database.
    Off,
    /// At checkpoints. With a write-ahead log a power loss may undo the latest commits, never damage the database. The
    /// default with [`JournalMode::Wal`].
    Normal,
    /// At each commit. The default with other journals.
    Full,
    /// As `Full`, and the journal's directory too.
    Extra,
}

impl Synchronous {
    fn sql(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Normal => "NORMAL",
            Self::Full => "FULL",
            Self::Extra => "EXTRA",
        }
    }
}

impl SqliteOptions {
    /// A database in a file, created when missing.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::File(path.into()),
            read_only: false,
            create_if_missing: true,
            immutable: false,
            journal_mode: None,
            synchronous: None,
            busy_timeout: Duration::from_secs(5),
            foreign_keys: true,
            statement_cache: 256,
            checkpoint_pages: 1000,
            lock_mode: LockMode::Immediate,
            pragmas: Vec::new(),
        }
    }

    /// A database that lives in one connection's memory and goes with it. Its driver allows one connection.
    pub fn memory() -> Self {
        Self { place: Place::Memory, ..Self::file("") }
    }

    /// Reads a URL: `sqlite::memory:`, `sqlite:app.db`, `sqlite://data/app.db?mode=ro`, `sqlite:///srv/app.db`.
    ///
    /// | Parameter | Values |
    /// |---|---|
    /// | `mode` | `ro`, `rw` (the file must exist), `rwc` (the default), `memory` |
    /// | `journal_mode` | `wal`, `delete`, `truncate`, `persist`, `memory`, `off` |
    /// | `synchronous` | `off`, `normal`, `full`, `extra` |
    /// | `busy_timeout`, or `lock_timeout` | seconds, such as `2.5`; `0` does not wait |
    /// | `foreign_keys`, `immutable` | `true`, `false` |
    /// | `statement_cache_capacity` | prepared statements kept per connection |
    /// | `checkpoint_pages` | pages of write-ahead log that start a checkpoint |
    /// | `lock_mode` | `immediate` (the default), `deferred`, `exclusive`: how transactions begin |
    /// | `pragma.NAME` | the value of any other pragma |
    ///
    /// Letter case, `-` and `_` of the names do not matter.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming what cannot be read.
    pub fn from_url(url: &str) -> Result<Self> {
        let Some(rest) = url.strip_prefix("sqlite:") else {
            return Err(config("a URL of SQLite starts with `sqlite:`"));
        };
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let path = match path.strip_prefix("//") {
            // It looks like the URL of a server, and what stands before the `@` may be a password.
            Some(path) if !path.starts_with('/') && url.contains('@') => {
                return Err(config("SQLite has files and no servers; an `@` in a file's name is written `%40`"));
            }
            Some(path) => path,
            None => path,
        };
        let mut options = match percent_decoded(path)?.into_owned() {
            path if path == ":memory:" => Self::memory(),
            path if path.is_empty() => {
                return Err(config("the URL names no file: write `sqlite:app.db` or `sqlite::memory:`"));
            }
            path => Self::file(path),
        };
        for pair in url_parameters(parameters) {
            let (key, value) = pair?;
            options = match key.strip_prefix("pragma.") {
                Some(name) => options.pragma(name, &value)?,
                None => options.parameter(Setting::read("SQLite", &[&PARAMETERS], &key, value)?)?,
            };
        }
        Ok(options)
    }

    fn parameter(self, given: Setting<'_>) -> Result<Self> {
        Ok(match given.name() {
            "mode" => match given.word(word_of(&MODES))? {
                "ro" => self.read_only(true),
                "rw" => self.create_if_missing(false),
                "rwc" => self.create_if_missing(true),
                _ => Self { place: Place::Memory, ..self },
            },
            "journal_mode" => self.journal_mode(given.word(|word| {
                Some(match word {
                    "wal" => JournalMode::Wal,
                    "delete" => JournalMode::Delete,
                    "truncate" => JournalMode::Truncate,
                    "persist" => JournalMode::Persist,
                    "memory" => JournalMode::Memory,
                    "off" => JournalMode::Off,
                    _ => return None,
                })
            })?),
            "synchronous" => self.synchronous(given.word(|word| {
                Some(match word {
                    "off" | "0" => Synchronous::Off,
                    "normal" | "1" => Synchronous::Normal,
                    "full" | "2" => Synchronous::Full,
                    "extra" | "3" => Synchronous::Extra,
                    _ => return None,
                })
            })?),
            "lock_mode" => self.lock_mode(given.word(|word| {
                Some(match word {
                    "deferred" => LockMode::Deferred,
                    "immediate" => LockMode::Immediate,
                    "exclusive" => LockMode::Exclusive,
                    _ => return None,
                })
            })?),
            "busy_timeout" => self.busy_timeout(given.seconds()?),
            "foreign_keys" => self.foreign_keys(given.switch()?),
            "immutable" => self.immutable(given.switch()?),
            "statement_cache_capacity" => self.statement_cache_capacity(given.count()?),
            "checkpoint_pages" => self.checkpoint_pages(given.count()?),
            _ => return Err(given.wrong()),
        })
    }

    /// Whether writes are refused. The file must exist.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Whether a missing file is created; true unless changed.
    #[must_use]
    pub fn create_if_missing(mut self, create: bool) -> Self {
        self.create_if_missing = create;
        self
    }

    /// Says that nobody changes the file, so that it is read without locks
    /// (<https://www.sqlite.org/uri.html#uriimmutable>).
    #[must_use]
    pub fn immutable(mut self, immutable: bool) -> Self {
        self.immutable = immutable;
        self
    }

    /// The journal mode. Unless changed, files use [`JournalMode::Wal`]; a database opened read-only keeps its own.
    #[must_use]
    pub fn journal_mode(mut self, mode: JournalMode) -> Self {
        self.journal_mode = Some(mode);
        self
    }

    /// How often the disk is told to write.
    #[must_use]
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = Some(synchronous);
        self
    }

    /// How long a locked database is waited for before [`ErrorKind::Busy`], 24 days at most; five seconds unless changed.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Whether foreign keys are enforced; true unless changed.
    #[must_use]
    pub fn foreign_keys(mut self, enforced: bool) -> Self {
        self.foreign_keys = enforced;
        self
    }

    /// How many statements each connection keeps prepared, 65,536 at most; 256 unless changed.
    #[must_use]
    pub fn statement_cache_capacity(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// How many pages of write-ahead log start a checkpoint in the background; 1000 unless changed, 0 for never.
    #[must_use]
    pub fn checkpoint_pages(mut self, pages: u32) -> Self {
        self.checkpoint_pages = pages;
        self
    }

    /// How transactions begin that do not say it themselves; [`LockMode::Immediate`] unless changed. Such a transaction
    /// waits at its start, up to the busy timeout, until no other one writes. A [`LockMode::Deferred`] one cannot wait for
    /// another writer once it has read: its first write then fails with [`ErrorKind::Busy`]. Read-only transactions are
    /// always deferred unless they say otherwise, since they wait for nobody.
    #[must_use]
    pub fn lock_mode(mut self, mode: LockMode) -> Self {
        self.lock_mode = mode;
        self
    }

    /// Sets any other pragma when a connection opens, such as `cache_size` or `mmap_size`. The value is quoted.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the name is no identifier or the value has a NUL.
    pub fn pragma(mut self, name: &str, value: &str) -> Result<Self> {
        let plain = |part: &str| {
            part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && part.bytes().any(|b| !b.is_ascii_digit())
        };
        if !name.split('.').all(plain) || name.split('.').count() > 2 {
            return Err(config("a pragma's name has letters, digits and underscores only"));
        }
        if value.contains('\0') {
            return Err(config(format!("the value of the pragma `{name}` has a NUL character")));
        }
        self.pragmas.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Refuses what is out of its range, whether a URL or a program gave it.
    pub(crate) fn check(&self) -> Result<()> {
        check_time("busy_timeout", self.busy_timeout)?;
        check_range("statement_cache_capacity", self.statement_cache, 0, MOST_STATEMENTS)?;
        let pages = usize::try_from(self.checkpoint_pages).unwrap_or(usize::MAX);
        check_range("checkpoint_pages", pages, 0, MOST_PAGES)
    }

    pub(crate) fn is_memory(&self) -> bool {
        self.place == Place::Memory
    }

    pub(crate) fn busy_limit(&self) -> Duration {
        self.busy_timeout
    }

    pub(crate) fn cache_size(&self) -> usize {
        self.statement_cache
    }

    pub(crate) fn checkpoint_at(&self) -> u32 {
        self.checkpoint_pages
    }

    pub(crate) fn default_lock_mode(&self) -> LockMode {
        self.lock_mode
    }

    /// The settings as sqlx wants them.
    pub(crate) fn for_sqlx(&self) -> SqliteConnectOptions {
        // A wait of SQLite's own blocks sqlx's worker only; it ends when the connection is handed over.
        let wait = self.busy_timeout.min(Duration::from_secs(3600));
        let mut options = SqliteConnectOptions::new()
            .busy_timeout(wait)
            .foreign_keys(self.foreign_keys)
            .read_only(self.read_only)
            .create_if_missing(self.create_if_missing && !self.read_only)
            .immutable(self.immutable)
            .statement_cache_capacity(8)
            .disable_statement_logging();
        options = match &self.place {
            Place::Memory => options.filename(":memory:").in_memory(true),
            Place::File(path) => options.filename(path),
        };
        let journal = self.journal_mode.or_else(|| {
            let changeable = !self.is_memory() && !self.read_only && !self.immutable;
            changeable.then_some(JournalMode::Wal)
        });
        if let Some(journal) = journal {
            options = options.pragma("journal_mode", journal.sql());
        }
        let synchronous = self.synchronous.or_else(|| {
            let wal = matches!(journal, Some(JournalMode::Wal)) || (self.read_only && journal.is_none());
            wal.then_some(Synchronous::Normal)
        });
        if let Some(synchronous) = synchronous {
            options = options.pragma("synchronous", synchronous.sql());
        }
        for (name, value) in &self.pragmas {
            options = options.pragma(name.clone(), quoted(value));
        }
        options
    }
}

impl FromStr for SqliteOptions {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        Self::from_url(url)
    }
}

/// The URL without its parameters.
impl SqliteOptions {
    /// What is not there of the way to the database's file.
    pub(crate) fn lacks(&self) -> Option<String> {
        let Place::File(path) = &self.place else { return None };
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        if let Some(directory) = directory.filter(|directory| !directory.exists()) {
            return Some(format!("the directory `{}` does not exist; create it first", Path::display(directory)));
        }
        if path.is_dir() {
            return Some("it is a directory".to_owned());
        }
        let create = self.create_if_missing && !self.read_only;
        (!create && !path.exists()).then(|| "the file does not exist, and is not to be created".to_owned())
    }
}

impl fmt::Display for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Memory => f.write_str("sqlite::memory:"),
            Place::File(path) => write!(f, "sqlite:{}", Path::display(path)),
        }
    }
}

#[cold]
fn config(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Config, message)
}

/// A pragma's value: a number as it is, anything else as a text constant.
fn quoted(value: &str) -> String {
    if value.parse::<i64>().is_ok() { value.to_owned() } else { format!("'{}'", value.replace('\'', "''")) }
}

/// Finds a word in a list.
fn word_of(words: &'static [&'static str]) -> impl FnOnce(&str) -> Option<&'static str> {
    move |word| words.iter().copied().find(|known| *known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(url: &str, options: SqliteOptions) {
        assert_eq!(SqliteOptions::from_url(url).unwrap(), options, "{url}");
    }

    #[test]
    fn urls_name_a_place_and_settings() {
        same("sqlite::memory:", SqliteOptions::memory());
        same("sqlite://:memory:", SqliteOptions::memory());
        same("sqlite:app.db", SqliteOptions::file("app.db"));
        same("sqlite://app.db", SqliteOptions::file("app.db"));
        same("sqlite:///srv/a%20b.db?mode=rw", SqliteOptions::file("/srv/a b.db").create_if_missing(false));
        same("sqlite:a.db?foreign_keys=off&synchronous=full", {
            SqliteOptions::file("a.db").foreign_keys(false).synchronous(Synchronous::Full)
        });
        same("sqlite:a.db?pragma.cache_size=-4000", SqliteOptions::file("a.db").pragma("cache_size", "-4000").unwrap());
    }

    #[test]
    fn what_cannot_be_read_is_named_without_its_value() {
        for url in [
            "postgres://x",
            "sqlite:",
            "sqlite:a.db?mode=secret",
            "sqlite:a.db?nonsense=secret",
            "sqlite:a.db?busy_timeout=secret",
            "sqlite:a%zz.db",
            "sqlite:a.db?pragma.x;drop=secret",
        ] {
            let error = SqliteOptions::from_url(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn pragma_values_are_quoted() {
        assert_eq!(quoted("-4000"), "-4000");
        assert_eq!(quoted("x'; DROP TABLE t"), "'x''; DROP TABLE t'");
    }
}
