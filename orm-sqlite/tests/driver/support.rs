//! A database per test, and short ways to run statements.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use orm_core::driver::{Connection, Done, Driver, Query};
use orm_core::row::{Collect, Columns};
use orm_core::{ErrorKind, Result, Type, Value};
use orm_sqlite::{Sqlite, SqliteOptions};

pub(crate) type Box_ = Box<dyn Connection>;

pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

pub(crate) async fn memory() -> Box_ {
    open(SqliteOptions::memory()).await
}

/// A file of its own, removed at the end.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("orm-sqlite-{}-{number}.db", std::process::id())))
    }
    pub(crate) fn options(&self) -> SqliteOptions {
        SqliteOptions::file(&self.0)
    }
    pub(crate) fn log_size(&self) -> u64 {
        std::fs::metadata(format!("{}-wal", self.0.display())).map_or(0, |metadata| metadata.len())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

pub(crate) async fn open(options: SqliteOptions) -> Box_ {
    Sqlite::new(options).connect().await.unwrap()
}

pub(crate) async fn execute(connection: &mut Box_, sql: &str) -> Result<Done> {
    connection.execute(Query::new(sql, &[])).await
}

pub(crate) async fn values<T: Type>(connection: &mut Box_, sql: &str, binds: &[Value]) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut sink = Collect::new(&mut rows, |columns: &mut Columns<'_>| columns.next::<T>());
    connection.fetch(Query::new(sql, binds), &mut sink).await?;
    Ok(rows)
}

#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}
