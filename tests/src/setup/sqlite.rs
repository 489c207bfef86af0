//! SQLite: a file per test, in a folder of its own.

use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use orm::{Error, ErrorKind, Result};

use super::{Home, Lists, Setup, Shape, Upserts};

/// SQLite, in files.
pub enum Sqlite {}

impl Setup for Sqlite {
    const NAME: &'static str = "sqlite";

    const SHAPE: Shape = Shape {
        dialect: "sqlite",
        returning_insert: true,
        returning_update: true,
        last_insert_id: true,
        lists: Lists::Json,
        upserts: Upserts::ByTarget,
        arrays: false,
        enum_types: false,
        row_locks: false,
        skip_locked: false,
        partial_indexes: true,
        expression_indexes: true,
        transactional_ddl: true,
        truncate_cascade: false,
        set_default: true,
        aggregate_filter: true,
        nulls_first: true,
        minds_case: true,
        decimal_digits: 15,
        unsigned: false,
    };

    async fn create(test: &str) -> Result<Option<Home>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("orm-{}-{number}-{test}", process::id()));
        std::fs::create_dir_all(&folder).map_err(io)?;
        let url = format!("sqlite:{}?mode=rwc", folder.join("test.db").display());
        Ok(Some(Home { url, name: folder.display().to_string() }))
    }

    async fn remove(home: Home) -> Result<()> {
        std::fs::remove_dir_all(PathBuf::from(home.name)).map_err(io)
    }
}

fn io(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "the folder of a test").with_source(cause)
}
