//! A database for one test, dropped when the test ends, and short ways to run statements.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use orm_core::driver::{Connection, Done, Query};
use orm_core::row::{Collect, Decode};
use orm_core::{Result, Value};
use orm_mysql::{Mysql, MysqlConnection, MysqlDialect, MysqlOptions, ServerKind};

/// A fresh database on one of the servers.
pub(crate) struct Fixture {
    pub(crate) options: MysqlOptions,
    pub(crate) database: String,
    pub(crate) kind: ServerKind,
}

/// Runs a test in a fresh database, when there is a server.
pub(crate) async fn run(kind: ServerKind, test: impl AsyncFn(&Fixture)) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let variable = match kind {
        ServerKind::Mysql => "ORM_TEST_MYSQL_URL",
        ServerKind::Mariadb => "ORM_TEST_MARIADB_URL",
    };
    let Ok(url) = std::env::var(variable) else {
        eprintln!("SKIPPED: {variable} is not set");
        return;
    };
    let server = MysqlOptions::from_url(&url).unwrap();
    let database = format!("orm_mysql_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut admin = Mysql::new(server.clone()).open().await.unwrap();
    admin.batch(&format!("CREATE DATABASE {database} CHARACTER SET utf8mb4")).await.unwrap();
    let fixture = Fixture { options: server.database(&database), database: database.clone(), kind };
    let outcome = AssertUnwindSafe(test(&fixture)).catch_unwind().await;
    admin.batch(&format!("DROP DATABASE {database}")).await.unwrap();
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

impl Fixture {
    pub(crate) async fn connect(&self) -> MysqlConnection {
        Mysql::new(self.options.clone()).open().await.unwrap()
    }

    pub(crate) fn mariadb(&self) -> bool {
        self.kind == ServerKind::Mariadb
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.mariadb() { "mariadb" } else { "mysql" }
    }
}

pub(crate) fn dialect(connection: &MysqlConnection) -> MysqlDialect {
    MysqlDialect::new(connection.server())
}

/// A statement with values, as the ORM sends it: prepared and kept.
pub(crate) fn query<'q>(sql: &'q str, binds: &'q [Value]) -> Query<'q> {
    Query::new(sql, binds)
}

pub(crate) async fn run_sql(connection: &mut MysqlConnection, sql: &str) -> Done {
    connection.execute(Query::text(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

/// The rows of a query.
pub(crate) async fn rows<T: Decode>(connection: &mut dyn Connection, query: Query<'_>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    connection.fetch(query, &mut Collect::new(&mut rows, |columns| T::decode(columns))).await?;
    Ok(rows)
}

/// The one value of a query.
pub(crate) async fn one<T: Decode>(connection: &mut dyn Connection, sql: &str) -> Result<T> {
    let mut rows = rows(connection, query(sql, &[])).await?;
    assert_eq!(rows.len(), 1, "{sql}");
    Ok(rows.remove(0))
}
