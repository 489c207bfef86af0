//! The databases that cases run on: the corpus' scripts loaded into SQLite files and into databases of the servers.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use orm::{Database, DatabaseOptions, PoolOptions, Result, connect_with};

/// The folder of the corpus, if it is there.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = match std::env::var_os("ORM_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/open"),
    };
    folder.join("cases.json").is_file().then_some(folder)
}

/// A kind of server, or SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
    Mariadb,
    Mysql,
}

impl Backend {
    pub(crate) const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Mariadb, Self::Mysql];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
        }
    }

    /// The dialect of the corpus whose expectations hold here.
    pub(crate) fn recorded(self) -> &'static str {
        if self == Self::Mysql { "mariadb" } else { self.name() }
    }

    /// The URL of the server to test; `None` when there is none.
    fn url(self) -> Option<String> {
        match self {
            Self::Sqlite => Some(String::new()),
            _ => std::env::var(format!("ORM_TEST_{}_URL", self.name().to_uppercase())).ok(),
        }
    }
}

/// Where one backend's databases are made.
pub(crate) struct Store {
    backend: Backend,
    url: String,
    corpus: PathBuf,
    directory: PathBuf,
    /// Databases that no case has changed.
    pristine: HashMap<String, Database>,
    made: Vec<String>,
    copies: usize,
}

impl Store {
    /// Opens the store; `None` when the backend has no server here.
    pub(crate) fn open(backend: Backend, corpus: &Path) -> Option<Self> {
        let url = backend.url()?;
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus-{}", std::process::id()));
        // Only SQLite's databases are files.
        fs::create_dir_all(&directory).expect("the target folder is writable");
        let corpus = corpus.to_owned();
        Some(Self { backend, url, corpus, directory, pristine: HashMap::new(), made: Vec::new(), copies: 0 })
    }

    /// The script of a data set.
    fn script(&self, set: &str) -> String {
        let dialect = match self.backend {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
            Backend::Mariadb | Backend::Mysql => "mysql",
        };
        let file = fs::File::open(self.corpus.join(format!("{set}.{dialect}.sql.gz"))).expect("the corpus is whole");
        let mut text = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the corpus is gzipped UTF-8");
        text
    }

    /// The database of a data set, loaded once; cases that change it must use [`copy`](Self::copy).
    pub(crate) async fn shared(&mut self, set: &str) -> Result<Database> {
        if let Some(database) = self.pristine.get(set) {
            return Ok(database.clone());
        }
        let name = self.name(set);
        self.create(&name).await?;
        let database = self.connect(&name).await?;
        database.batch(&self.script(set)).await?;
        if self.backend == Backend::Postgres {
            // The script sets up its own session only, and a template must not be in use.
            database.close().await?;
        }
        let database = self.connect(&name).await?;
        self.pristine.insert(set.to_owned(), database.clone());
        Ok(database)
    }

    /// A database of its own for one case that changes it.
    pub(crate) async fn copy(&mut self, set: &str) -> Result<Database> {
        self.copies += 1;
        let name = self.name(&format!("{set}_{}", self.copies));
        match self.backend {
            Backend::Sqlite => {
                let file = self.directory.join(format!("{name}.db"));
                self.shared(set).await?.execute("VACUUM INTO ?", (file.display().to_string(),)).await?;
            }
            Backend::Postgres => {
                self.shared(set).await?;
                if let Some(database) = self.pristine.remove(set) {
                    database.close().await?;
                }
                self.made.push(name.clone());
                let server = connect_with(&self.url, pool()).await?;
                let template = self.name(set);
                server.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"), ()).await?;
                server.close().await?;
                let template = self.connect(&self.name(set)).await?;
                self.pristine.insert(set.to_owned(), template);
            }
            Backend::Mariadb | Backend::Mysql => {
                self.create(&name).await?;
                let database = self.connect(&name).await?;
                database.batch(&self.script(set)).await?;
                database.close().await?;
            }
        }
        self.connect(&name).await
    }

    /// Removes a copy.
    pub(crate) async fn done(&mut self, database: Database) -> Result<()> {
        database.close().await?;
        if let Some(name) = self.made.pop_if(|_| self.backend != Backend::Sqlite) {
            if self.pristine.keys().any(|set| self.name(set) == name) {
                self.made.push(name);
            } else {
                self.drop_database(&name).await?;
            }
        }
        Ok(())
    }

    /// Removes everything.
    pub(crate) async fn close(mut self) -> Result<()> {
        for database in std::mem::take(&mut self.pristine).into_values() {
            database.close().await?;
        }
        for name in std::mem::take(&mut self.made) {
            self.drop_database(&name).await?;
        }
        if self.backend == Backend::Sqlite {
            fs::remove_dir_all(&self.directory).expect("the folder is ours");
        }
        Ok(())
    }

    fn name(&self, set: &str) -> String {
        format!("corpus_{}_{set}", std::process::id())
    }

    async fn create(&mut self, name: &str) -> Result<()> {
        if self.backend == Backend::Sqlite {
            return Ok(());
        }
        let server = connect_with(&self.url, pool()).await?;
        let options = if self.backend == Backend::Postgres {
            ""
        } else {
            // The collation that the expectations were recorded with.
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        };
        server.execute(&format!("CREATE DATABASE {name}{options}"), ()).await?;
        self.made.push(name.to_owned());
        server.close().await
    }

    async fn drop_database(&self, name: &str) -> Result<()> {
        let server = connect_with(&self.url, pool()).await?;
        server.execute(&format!("DROP DATABASE {name}"), ()).await?;
        server.close().await
    }

    async fn connect(&self, name: &str) -> Result<Database> {
        let url = match self.backend {
            Backend::Sqlite => format!("sqlite:{}", self.directory.join(format!("{name}.db")).display()),
            _ => {
                let (server, _) = self.url.rsplit_once('/').expect("the URL of a test server names a database");
                format!("{server}/{name}")
            }
        };
        connect_with(&url, pool()).await
    }
}

fn pool() -> DatabaseOptions {
    PoolOptions::new().max_connections(4).into()
}
