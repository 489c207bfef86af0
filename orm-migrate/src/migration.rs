//! [`Migrations`]: what there is to run, from a folder or from inside of the program.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use orm_core::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};

/// One migration: a version, by which it is known and ordered, a name, and the SQL that does it and undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The version: the digits at the start of the folder's name, `20261129_101500`.
    pub version: String,
    /// What follows them, without the `_`.
    pub name: String,
    /// The SQL that does it.
    pub up: String,
    /// The SQL that undoes it; `None` where it cannot be undone.
    pub down: Option<String>,
}

/// Beside the folders of the migrations.
pub(crate) const SUM_FILE: &str = "orm.sum";

/// The longest version and name that the history keeps.
pub(crate) const LONGEST: usize = 190;

impl Migration {
    /// A migration from its parts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a version that is not of digits and `_`, and for one or a name that is empty or too long.
    pub fn new(version: &str, name: &str, up: impl Into<String>, down: Option<String>) -> Result<Self> {
        let is_version = version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_digit() || c == '_')
            && version.len() <= 40;
        if !is_version || name.is_empty() || name.len() > LONGEST {
            let message = format!(
                "`{version}_{name}` is not the name of a migration: digits, as in 20261129_101500, then `_` and up to \
                 {LONGEST} bytes of name"
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self { version: version.to_owned(), name: name.to_owned(), up: up.into(), down })
    }

    /// The folder's name: the version, `_`, the name.
    pub fn folder(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// The SHA-256 of the SQL that does it, in hexadecimal digits. Ends of lines count alike on all systems.
    pub fn checksum(&self) -> String {
        checksum([self.up.as_str()])
    }
}

/// By which versions are ordered: as the numbers that their digits are.
pub(crate) fn order(version: &str) -> (usize, String) {
    let digits: String = version.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits.to_owned())
}

/// The SHA-256 of texts one after the other.
pub(crate) fn checksum<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.replace("\r\n", "\n"));
    }
    hexadecimal(&hash.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// The files of a migration inside of the program; written by `orm::migrate!`, which has looked at the names.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// The version.
    pub version: &'static str,
    /// The name.
    pub name: &'static str,
    /// `up.sql`.
    pub up: &'static str,
    /// `down.sql`.
    pub down: Option<&'static str>,
}

/// Migrations, ordered by their versions.
///
/// ```
/// use orm_migrate::{Migration, Migrations};
///
/// let second = Migration::new("2", "email", "ALTER TABLE users ADD COLUMN email TEXT", None)?;
/// let first = Migration::new("1", "users", "CREATE TABLE users (id INTEGER PRIMARY KEY)", None)?;
/// let migrations = Migrations::new([second, first])?;
/// let names: Vec<&str> = migrations.iter().map(|migration| migration.name.as_str()).collect();
/// assert_eq!(names, ["users", "email"]);
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrations {
    all: Vec<Migration>,
}

impl Migrations {
    /// Migrations in any order.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for two of one version.
    pub fn new(all: impl IntoIterator<Item = Migration>) -> Result<Self> {
        let mut all: Vec<Migration> = all.into_iter().collect();
        all.sort_by_cached_key(|migration| order(&migration.version));
        if let Some([one, other]) = all.array_windows().find(|[one, other]| one.version == other.version) {
            let message =
                format!("two migrations have the version {}: `{}` and `{}`", one.version, one.name, other.name);
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self { all })
    }

    /// The migrations of a folder: a folder for each, named by version and name, with `up.sql` and perhaps `down.sql`. Other
    /// files beside the folders, and folders whose names begin with a dot, are passed over. Where there is a file `orm.sum`,
    /// the migrations must be those that it is about; see [`sum`](Self::sum).
    ///
    /// # Errors
    /// [`ErrorKind::Io`] for what cannot be read, [`ErrorKind::Config`] for a folder of another name or without `up.sql`,
    /// [`ErrorKind::Migration`] for files that are not those of `orm.sum`.
    pub fn from_folder(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let migrations = Self::from_folder_unchecked(path)?;
        let file = path.join(SUM_FILE);
        match fs::read_to_string(&file) {
            Ok(sum) => migrations.check_sum(&sum)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&file, error)),
        }
        Ok(migrations)
    }

    /// As [`from_folder`](Self::from_folder), whatever `orm.sum` says: to write it anew.
    ///
    /// # Errors
    /// As [`from_folder`](Self::from_folder), but for `orm.sum`.
    pub fn from_folder_unchecked(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut all = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
            let entry = entry.map_err(|error| unreadable(path, error))?.path();
            let folder = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !entry.is_dir() || folder.starts_with('.') {
                continue;
            }
            let read = |name: &str| {
                let file = entry.join(name);
                match fs::read_to_string(&file) {
                    Ok(text) => Ok(Some(text)),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(unreadable(&file, error)),
                }
            };
            let Some(up) = read("up.sql")? else {
                return Err(Error::new(ErrorKind::Config, format!("`{}` has no file `up.sql`", entry.display())));
            };
            all.push(from_parts(folder, up, read("down.sql")?)?);
        }
        Self::new(all)
    }

    /// The content of a file `orm.sum`: a line with the SHA-256 of everything, then one for each migration with that of
    /// everything up to it. A migration that somebody adds on another branch changes the last lines, so that the two branches
    /// conflict where they are merged, and somebody looks at the order.
    ///
    /// ```
    /// use orm_migrate::{Migration, Migrations};
    ///
    /// let migrations = Migrations::new([Migration::new("1", "users", "CREATE TABLE users (id INTEGER)", None)?])?;
    /// let sum = migrations.sum();
    /// assert!(sum.lines().nth(1).is_some_and(|line| line.starts_with("1_users ")));
    /// assert!(migrations.check_sum(&sum).is_ok());
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn sum(&self) -> String {
        let mut hash = Sha256::new();
        let mut lines = String::new();
        for migration in &self.all {
            for text in [migration.folder().as_str(), &migration.up, migration.down.as_deref().unwrap_or("\0")] {
                hash.update(text.replace("\r\n", "\n"));
                hash.update([0]);
            }
            let _ = writeln!(lines, "{} {}", migration.folder(), hexadecimal(&hash.clone().finalize()));
        }
        format!("{}\n{lines}", hexadecimal(&hash.finalize()))
    }

    /// Whether these are the migrations that the content of a file `orm.sum` is about.
    ///
    /// # Errors
    /// [`ErrorKind::Migration`], naming the first one that is not.
    pub fn check_sum(&self, sum: &str) -> Result<()> {
        let own = self.sum();
        if own.lines().eq(sum.lines()) {
            return Ok(());
        }
        let (mut told, mut own) = (sum.lines().skip(1), own.lines().skip(1));
        let message = loop {
            match (own.next(), told.next()) {
                (Some(own), Some(told)) if own == told => {}
                (Some(own), Some(told)) => {
                    let [own, told] = [own, told].map(|line| line.split(' ').next().unwrap_or_default());
                    break if own == told {
                        format!("`{own}` is not what it was when {SUM_FILE} was written")
                    } else {
                        format!("`{own}` stands where {SUM_FILE} has `{told}`")
                    };
                }
                (Some(own), None) => {
                    break format!("{SUM_FILE} does not know `{}`", own.split(' ').next().unwrap_or_default());
                }
                (None, Some(told)) => {
                    break format!(
                        "`{}` is in {SUM_FILE} and is not there",
                        told.split(' ').next().unwrap_or_default()
                    );
                }
                (None, None) => break format!("the first line of {SUM_FILE} is not that of its files"),
            }
        };
        let mend = "look at the files and their order, then write it anew: `orm migrate sum`";
        Err(Error::new(ErrorKind::Migration, format!("{message}; {mend}")))
    }

    /// Migrations inside of the program; `orm::migrate!` calls this.
    #[must_use]
    pub fn embedded(all: &[Embedded]) -> Self {
        let migration = |files: &Embedded| Migration {
            version: files.version.to_owned(),
            name: files.name.to_owned(),
            up: files.up.to_owned(),
            down: files.down.map(str::to_owned),
        };
        let mut all: Vec<Migration> = all.iter().map(migration).collect();
        all.sort_by_cached_key(|migration| order(&migration.version));
        Self { all }
    }

    /// The migrations, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Migration> {
        self.all.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The migration of a version.
    pub fn get(&self, version: &str) -> Option<&Migration> {
        self.all.iter().find(|migration| migration.version == version)
    }
}

impl<'m> IntoIterator for &'m Migrations {
    type Item = &'m Migration;
    type IntoIter = std::slice::Iter<'m, Migration>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Divides a folder's name: the version is the digits and `_` at its start.
fn from_parts(folder: &str, up: String, down: Option<String>) -> Result<Migration> {
    let end = folder.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(folder.len());
    let (version, name) = folder.split_at(end);
    Migration::new(version.trim_end_matches('_'), name, up, down)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("`{}` cannot be read", path.display())).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_says_version_and_name() {
        let migration = from_parts("20261129_101500_add_email", String::new(), None).unwrap();
        assert_eq!((migration.version.as_str(), migration.name.as_str()), ("20261129_101500", "add_email"));
        assert_eq!(migration.folder(), "20261129_101500_add_email");
        for wrong in ["add_email", "20261129", "_1_x", ""] {
            let error = from_parts(wrong, String::new(), None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{wrong}");
        }
    }

    #[test]
    fn ends_of_lines_do_not_count() {
        let of = |up: &str| Migration::new("1", "a", up, None).unwrap().checksum();
        assert_eq!(of("a\r\nb"), of("a\nb"));
        assert_ne!(of("a\nb"), of("a b"));
        assert_eq!(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let of = |version| Migration::new(version, "a", "", None).unwrap();
        let all = Migrations::new(["10", "9", "010_1", "2"].map(of)).unwrap();
        let versions: Vec<&str> = all.iter().map(|migration| migration.version.as_str()).collect();
        assert_eq!(versions, ["2", "9", "10", "010_1"]);
    }

    #[test]
    fn what_was_changed_added_or_taken_away_since_the_sum_is_named() {
        let of = |all: &[(&str, &str)]| {
            Migrations::new(all.iter().map(|(version, up)| Migration::new(version, "a", *up, None).unwrap())).unwrap()
        };
        let sum = of(&[("1", "x"), ("2", "y")]).sum();
        let told = |all: &[(&str, &str)]| of(all).check_sum(&sum).unwrap_err().to_string();
        assert!(of(&[("1", "x"), ("2", "y")]).check_sum(&sum.replace('\n', "\r\n")).is_ok());
        assert!(told(&[("1", "x"), ("2", "z")]).contains("`2_a` is not what it was"));
        assert!(told(&[("1", "x"), ("2", "y"), ("3", "z")]).contains("does not know `3_a`"));
        assert!(told(&[("1", "x")]).contains("`2_a` is in orm.sum and is not there"));
        assert!(told(&[("0", "n"), ("1", "x"), ("2", "y")]).contains("`0_a` stands where orm.sum has `1_a`"));
    }

    #[test]
    fn a_version_is_there_once() {
        let of = |name| Migration::new("1", name, "", None).unwrap();
        let error = Migrations::new([of("a"), of("b")]).unwrap_err();
        assert!(error.to_string().contains("two migrations have the version 1: `a` and `b`"), "{error}");
    }
}
