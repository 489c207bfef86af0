//! The settings of a project: `orm.toml`, `.env`, the environment's variables, the command line. What wins over what is
//! decided here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::failure::{Code, Failure, Outcome};

/// The file of a project's settings.
pub(crate) const FILE: &str = "orm.toml";

/// `orm.toml`, as it is written.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    migrations: Option<PathBuf>,
    seeds: Option<PathBuf>,
    models: Option<PathBuf>,
    bin: Option<String>,
    #[serde(default)]
    seed_storage: SeedStorage,
    #[serde(default)]
    env: BTreeMap<String, Environment>,
}

/// Where it is noted which seeds a database has had.
#[derive(Debug, Clone, Copy, Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SeedStorage {
    /// Nowhere: every seed runs each time.
    #[default]
    None,
    /// In the file `seeds.json` in the folder of the seeds.
    Json,
    /// In the table `_orm_seeds` of the database.
    Table,
}

/// One environment of `orm.toml`.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Environment {
    url: Option<String>,
    #[serde(default)]
    protected: bool,
    lock_wait: Option<String>,
    out_of_order: Option<Order>,
}

/// What becomes of a migration that is older than one that the database has had.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// It runs.
    Run,
    /// It is refused.
    Refuse,
}

/// What the command line says of the settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// `--env`.
    pub(crate) env: Option<String>,
    /// `--url`.
    pub(crate) url: Option<String>,
    /// `--config`.
    pub(crate) config: Option<PathBuf>,
}

/// The settings of one run.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The project's folder: that of `orm.toml`, or the one in which the command was called.
    pub(crate) root: PathBuf,
    /// The environment's name.
    pub(crate) env: String,
    /// The folder of the migrations.
    pub(crate) migrations: PathBuf,
    /// The folder of the seeds.
    pub(crate) seeds: PathBuf,
    /// The folder of the models.
    pub(crate) models: PathBuf,
    /// The name of the project's own binary.
    pub(crate) bin: String,
    /// Where seeds are noted.
    pub(crate) seed_storage: SeedStorage,
    /// Whether what destroys data is refused.
    pub(crate) protected: bool,
    /// How long to wait while another process migrates.
    pub(crate) lock_wait: Option<Duration>,
    /// What becomes of older migrations.
    pub(crate) order: Order,
    /// The URL, or why there is none.
    url: Outcome<Url>,
}

/// A URL, and where it is from. It is never printed.
#[derive(Clone)]
struct Url {
    text: String,
    source: String,
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Url").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the settings that hold in a folder.
    ///
    /// # Errors
    /// When a file cannot be read or says what is not understood.
    pub(crate) fn read(folder: &Path, given: &Given, variable: impl Fn(&str) -> Option<String>) -> Outcome<Self> {
        let found = match &given.config {
            Some(path) => Some(folder.join(path)),
            None => folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file()),
        };
        let file = match &found {
            Some(path) => read_file(path)?,
            None => File::default(),
        };
        let root = found.as_deref().and_then(Path::parent).unwrap_or(folder).to_owned();
        let dotenv = dotenv(&root)?;
        let from_dotenv = |name: &str| dotenv.get(name).filter(|value| !value.is_empty()).cloned();
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let env = given.env.clone().or_else(|| set("ORM_ENV")).or_else(|| from_dotenv("ORM_ENV"));
        let is_chosen = env.is_some();
        let env = env.unwrap_or_else(|| "development".to_owned());
        let environment = file.env.get(&env).cloned();
        if environment.is_none() && is_chosen && found.is_some() {
            let known: Vec<&str> = file.env.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Failure::new(format!("`{FILE}` has no environment `{env}`; it has {known}"))
                .hint(format!("add `[env.{env}]` with a `url`")));
        }
        let environment = environment.unwrap_or_default();
        let url = if let Some(text) = &given.url {
            Ok(Url { text: text.clone(), source: "--url".to_owned() })
        } else if let Some(text) = set("DATABASE_URL") {
            Ok(Url { text, source: "DATABASE_URL".to_owned() })
        } else if let Some(text) = from_dotenv("DATABASE_URL") {
            Ok(Url { text, source: "DATABASE_URL in .env".to_owned() })
        } else if let Some(text) = &environment.url {
            match text.strip_prefix("env:") {
                None => Ok(Url { text: text.clone(), source: format!("{FILE}, [env.{env}]") }),
                Some(name) => match set(name).or_else(|| from_dotenv(name)) {
                    Some(text) => Ok(Url { text, source: name.to_owned() }),
                    None => Err(Failure::new(format!(
                        "the URL of the environment `{env}` is in the variable {name}, which is not set"
                    ))
                    .hint(format!("set {name}, in the environment or in `.env`"))),
                },
            }
        } else {
            Err(Failure::new("no database is named")
                .hint("give `--url sqlite:app.db`, set DATABASE_URL, or call `orm init`, which writes an `orm.toml`"))
        };
        let lock_wait =
            environment.lock_wait.as_deref().map(duration).transpose().map_err(|error| {
                Failure::new(format!("`lock_wait` of the environment `{env}` in `{FILE}`: {error}"))
            })?;
        let place = |path: Option<PathBuf>, unless: &str| root.join(path.unwrap_or_else(|| unless.into()));
        Ok(Self {
            migrations: place(file.migrations, "migrations"),
            seeds: place(file.seeds, "seeds"),
            models: place(file.models, "src/models"),
            bin: file.bin.unwrap_or_else(|| "orm".to_owned()),
            seed_storage: file.seed_storage,
            protected: environment.protected,
            lock_wait,
            order: environment.out_of_order.unwrap_or(Order::Run),
            root,
            env,
            url,
        })
    }

    /// The URL of the database. A relative path of SQLite is one from the project's folder.
    ///
    /// # Errors
    /// When no database is named.
    pub(crate) fn url(&self) -> Outcome<String> {
        let url = self.url.clone()?;
        if url.source == "--url" || url.source == "DATABASE_URL" {
            return Ok(url.text);
        }
        Ok(sqlite_in(&self.root, &url.text))
    }

    /// Where the URL is from.
    pub(crate) fn url_source(&self) -> &str {
        self.url.as_ref().map_or("nowhere", |url| url.source.as_str())
    }

    /// Refuses what destroys data in a protected environment.
    ///
    /// # Errors
    /// [`Code::Refused`].
    pub(crate) fn allow_loss(&self, what: &str, allowed: bool) -> Outcome<()> {
        if !self.protected || allowed {
            return Ok(());
        }
        Err(Failure::new(format!("the environment `{}` is protected: {what} is refused there", self.env))
            .code(Code::Refused)
            .hint("if you mean it, say --allow-protected"))
    }

    /// A path as it is shown: from the project's folder.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

/// The scheme of a URL, which says what database it is.
pub(crate) fn scheme(url: &str) -> String {
    url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase()
}

/// A URL of SQLite with its relative path below a folder; any other as it is.
fn sqlite_in(root: &Path, url: &str) -> String {
    let Some(rest) = url.strip_prefix("sqlite:") else { return url.to_owned() };
    let (path, parameters) = rest.split_once('?').map_or((rest, None), |(path, rest)| (path, Some(rest)));
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(':') || Path::new(path).is_absolute() || root.as_os_str().is_empty() {
        return url.to_owned();
    }
    let path = root.join(path).display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    match parameters {
        Some(parameters) => format!("sqlite://{path}?{parameters}"),
        None => format!("sqlite://{path}"),
    }
}

fn read_file(path: &Path) -> Outcome<File> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::file("read", path, &error).hint("`orm init` writes one; --config names another"))?;
    // The message of the parser shows the line, which may have a URL with a password in it.
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        Failure::new(format!("`{}`, line {line}: {}", path.display(), error.message()))
    })
}

fn dotenv(root: &Path) -> Outcome<BTreeMap<String, String>> {
    let path = root.join(".env");
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let pairs = dotenvy::from_path_iter(&path).and_then(Iterator::collect::<Result<BTreeMap<_, _>, _>>);
    // Its error shows the line, which may be a password.
    pairs.map_err(|_| {
        Failure::new(format!("`{}` cannot be read: every line is `NAME=value` or begins with `#`", path.display()))
    })
}

/// A time: `500ms`, `30s`, `5m`, `1h`, or a number of seconds.
///
/// # Errors
/// A sentence about what is expected.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: 500ms, 30s, 5m, 1h");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let factor = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * factor).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("orm-cli-config-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        folder
    }

    const TOML: &str = "[env.development]\nurl = \"sqlite:dev.db\"\n\
                        [env.production]\nurl = \"env:SHOP_URL\"\nprotected = true\nlock_wait = \"5m\"\n";

    #[test]
    fn the_command_line_wins_over_the_variable_over_dotenv_over_the_file() {
        let root = folder("order", &[(FILE, TOML), (".env", "DATABASE_URL=sqlite:dotenv.db\n")]);
        let read = |given: &Given, variable: Option<&str>| {
            let variable = |name: &str| (name == "DATABASE_URL").then(|| variable.map(str::to_owned)).flatten();
            Config::read(&root, given, variable).unwrap().url_source().to_owned()
        };
        let url = Given { url: Some("sqlite:flag.db".into()), ..Given::default() };
        assert_eq!(read(&url, Some("sqlite:variable.db")), "--url");
        assert_eq!(read(&Given::default(), Some("sqlite:variable.db")), "DATABASE_URL");
        assert_eq!(read(&Given::default(), None), "DATABASE_URL in .env");
        std::fs::remove_file(root.join(".env")).unwrap();
        assert_eq!(read(&Given::default(), None), "orm.toml, [env.development]");
    }

    #[test]
    fn a_relative_file_of_sqlite_is_below_the_projects_folder() {
        let root = folder("relative", &[(FILE, TOML)]);
        std::fs::create_dir_all(root.join("src/deep")).unwrap();
        let config = Config::read(&root.join("src/deep"), &Given::default(), |_| None).unwrap();
        assert_eq!(config.root, root);
        assert_eq!(config.url().unwrap(), format!("sqlite://{}/dev.db", root.display()));
        assert_eq!(sqlite_in(&root, "sqlite::memory:"), "sqlite::memory:");
        assert_eq!(sqlite_in(&root, "postgres://a/b"), "postgres://a/b");
    }

    #[test]
    fn a_protected_environment_refuses_loss_unless_told() {
        let root = folder("protected", &[(FILE, TOML)]);
        let given = Given { env: Some("production".into()), ..Given::default() };
        let config = Config::read(&root, &given, |name| (name == "SHOP_URL").then(|| "sqlite:p.db".into())).unwrap();
        assert_eq!(config.allow_loss("dropping", false).unwrap_err().code, Code::Refused);
        assert!(config.allow_loss("dropping", true).is_ok());
        assert_eq!(config.lock_wait, Some(Duration::from_secs(300)));
    }

    #[test]
    fn what_is_wrong_is_named_and_no_password_shown() {
        for (name, toml, expected) in [
            ("key", "migration = \"m\"\n", "line 1: unknown field `migration`"),
            ("toml", "[env.development]\nurl = \"postgres://u:secret@h/d\n", "line 2"),
            ("time", "[env.development]\nurl = \"sqlite:a\"\nlock_wait = \"soon\"\n", "`soon` is no time"),
        ] {
            let root = folder(name, &[(FILE, toml)]);
            let failure = Config::read(&root, &Given::default(), |_| None).unwrap_err();
            assert!(failure.message.contains(expected), "{failure}");
            assert!(!failure.to_string().contains("secret"), "{failure}");
        }
        let root = folder("dotenv", &[(".env", "DATABASE_URL='postgres://u:secret@h/d\n")]);
        let failure = Config::read(&root, &Given::default(), |_| None).unwrap_err();
        assert!(!failure.to_string().contains("secret"), "{failure}");
        let root = folder("unknown", &[(FILE, TOML)]);
        let given = Given { env: Some("staging".into()), ..Given::default() };
        let failure = Config::read(&root, &given, |_| None).unwrap_err();
        assert!(failure.message.contains("no environment `staging`; it has development, production"), "{failure}");
        let failure = Config::read(&folder("none", &[]), &Given::default(), |_| None).unwrap().url().unwrap_err();
        assert!(failure.hint.contains("orm init"), "{failure}");
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("5 weeks").is_err() && duration("").is_err() && duration("-1s").is_err());
    }
}
