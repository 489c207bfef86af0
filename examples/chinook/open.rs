//! Opens the data: a database file as it is, a script in memory.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use orm::DatabaseOptions;
use orm::prelude::*;
use orm::sqlite::{Sqlite, SqliteOptions};

/// The script in the project's corpus: in the folder that `ORM_CORPUS` names, else beside the project.
pub fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ORM_CORPUS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/open"));
    Some(folder.join("chinook.sqlite.sql.gz")).filter(|path| path.exists())
}

/// Opens a SQLite database, which is only read, or runs a script, gzipped or not, in memory.
pub async fn open(path: &Path) -> Result<Database> {
    let script = match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => read(GzDecoder::new(file(path)?), path)?,
        Some("sql") => read(file(path)?, path)?,
        _ => {
            let driver = Sqlite::new(SqliteOptions::file(path).read_only(true));
            return Database::connect_with(driver, DatabaseOptions::new()).await;
        }
    };
    let db = connect("sqlite::memory:").await?;
    db.batch(&script).await?;
    Ok(db)
}

fn file(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| unreadable(path, error))
}

fn read(mut from: impl Read, path: &Path) -> Result<String> {
    let mut text = String::new();
    from.read_to_string(&mut text).map_err(|error| unreadable(path, error))?;
    Ok(text)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{}: {error}", path.display()))
}
