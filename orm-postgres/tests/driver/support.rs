//! A fresh database per test, and short ways to run a statement and to see what came back.

use std::sync::atomic::{AtomicU32, Ordering};

use orm_core::driver::{Connection, Done, Driver, Query};
use orm_core::row::{Flow, Row, RowSink};
use orm_core::{Result, Value, ValueRef};
use orm_postgres::{Postgres, PostgresOptions};

/// A database made for one test.
pub(crate) struct Database {
    url: String,
}

impl Database {
    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions::from_url(&self.url).unwrap()
    }
    /// Through PgBouncer in transaction mode; `None`, and a word about it, where there is none.
    pub(crate) fn behind_pooler(&self) -> Option<PostgresOptions> {
        let Ok(pooler) = std::env::var("ORM_TEST_PGBOUNCER_URL") else {
            eprintln!("SKIPPED: ORM_TEST_PGBOUNCER_URL is not set");
            return None;
        };
        let (_, name) = self.url.rsplit_once('/').unwrap();
        let (server, _) = pooler.rsplit_once('/').unwrap();
        Some(PostgresOptions::from_url(&format!("{server}/{name}")).unwrap())
    }
    pub(crate) fn driver(&self) -> Postgres {
        Postgres::new(self.options())
    }
    pub(crate) async fn connect(&self) -> Box<dyn Connection> {
        self.driver().connect().await.unwrap()
    }
}

/// Runs a test in a database of its own, which is dropped when the test passes.
pub(crate) async fn with_database(test: impl AsyncFnOnce(&Database)) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("ORM_TEST_POSTGRES_URL") else {
        eprintln!("SKIPPED: ORM_TEST_POSTGRES_URL is not set");
        return;
    };
    let name = format!("orm_pg_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let admin = Postgres::new(PostgresOptions::from_url(&url).unwrap());
    let mut connection = admin.connect().await.unwrap();
    run(&mut *connection, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    let (base, query) = url.split_once('?').map_or((url.as_str(), ""), |(base, query)| (base, query));
    let (server, _) = base.rsplit_once('/').unwrap();
    test(&Database { url: format!("{server}/{name}?{query}") }).await;
    run(&mut *connection, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    connection.close().await;
}

/// Runs a statement without values.
pub(crate) async fn run(connection: &mut dyn Connection, sql: &str) -> Done {
    connection.execute(Query::text(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

/// Collects rows as text.
#[derive(Default)]
pub(crate) struct Shown(pub(crate) Vec<Vec<String>>);

impl RowSink for Shown {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let mut cells = Vec::new();
        for index in 0..row.len() {
            // Twice: what was written out the first time is kept.
            row.get(index)?;
            cells.push(show(&row.get(index)?));
        }
        assert!(row.get(row.len()).is_err());
        self.0.push(cells);
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.0.clear();
    }
}

/// Kind and value.
pub(crate) fn show(value: &ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".into(),
        ValueRef::Bool(v) => format!("bool {v}"),
        ValueRef::I64(v) => format!("int {v}"),
        ValueRef::U64(v) => format!("uint {v}"),
        ValueRef::F64(v) => format!("float {v:?}"),
        ValueRef::Text(v) => format!("text {v}"),
        ValueRef::Bytes(v) => format!("bytes {v:02x?}"),
        ValueRef::Uuid(v) => format!("uuid {:032x}", u128::from_be_bytes(*v)),
        ValueRef::Date(v) => format!("date {v}"),
        ValueRef::Time(v) => format!("time {v}"),
        ValueRef::DateTime(v) => format!("datetime {v}"),
        ValueRef::Timestamp(v) => format!("timestamp {v}"),
        ValueRef::Decimal(v) => format!("decimal {v}"),
        ValueRef::Json(v) => format!("json {v}"),
        ValueRef::Array(items) => {
            format!("[{}]", items.iter().map(|item| show(&item.as_ref())).collect::<Vec<_>>().join(", "))
        }
        other => format!("? {other:?}"),
    }
}

/// The rows of a statement.
pub(crate) async fn rows(connection: &mut dyn Connection, sql: &str, binds: &[Value]) -> Result<Vec<Vec<String>>> {
    let mut shown = Shown::default();
    connection.fetch(Query::new(sql, binds), &mut shown).await?;
    Ok(shown.0)
}

/// The only value of a statement.
pub(crate) async fn one(connection: &mut dyn Connection, sql: &str, binds: &[Value]) -> Result<String> {
    let rows = rows(connection, sql, binds).await?;
    assert_eq!(rows.len(), 1, "{sql}");
    Ok(rows[0].join(" | "))
}
