//! The servers: `CREATE DATABASE` before a test, `DROP DATABASE` after it.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use orm::{PoolOptions, Result};

use super::{Home, Lists, Setup, Shape, Upserts, server_url};

/// PostgreSQL.
pub enum Postgres {}
/// MariaDB.
pub enum Mariadb {}
/// MySQL.
pub enum Mysql {}

const POSTGRES: Shape = Shape {
    dialect: "postgresql",
    returning_insert: true,
    returning_update: true,
    last_insert_id: false,
    lists: Lists::Array,
    upserts: Upserts::ByTarget,
    arrays: true,
    enum_types: true,
    row_locks: true,
    skip_locked: true,
    partial_indexes: true,
    expression_indexes: true,
    transactional_ddl: true,
    truncate_cascade: true,
    set_default: true,
    aggregate_filter: true,
    nulls_first: false,
    minds_case: true,
    decimal_digits: 28,
    unsigned: false,
};

const MYSQL: Shape = Shape {
    dialect: "mysql",
    returning_insert: false,
    returning_update: false,
    last_insert_id: true,
    lists: Lists::Padded,
    upserts: Upserts::AnyKey,
    arrays: false,
    enum_types: false,
    partial_indexes: false,
    expression_indexes: true,
    transactional_ddl: false,
    truncate_cascade: false,
    set_default: false,
    aggregate_filter: false,
    nulls_first: true,
    minds_case: false,
    unsigned: true,
    ..POSTGRES
};

const MARIADB: Shape = Shape { dialect: "mariadb", returning_insert: true, expression_indexes: false, ..MYSQL };

impl Setup for Postgres {
    const NAME: &'static str = "postgres";
    const SHAPE: Shape = POSTGRES;

    async fn create(_test: &str) -> Result<Option<Home>> {
        create(Self::NAME, '"').await
    }
    async fn remove(home: Home) -> Result<()> {
        remove(Self::NAME, &format!("DROP DATABASE \"{}\" WITH (FORCE)", home.name)).await
    }
}

impl Setup for Mariadb {
    const NAME: &'static str = "mariadb";
    const SHAPE: Shape = MARIADB;

    async fn create(_test: &str) -> Result<Option<Home>> {
        create(Self::NAME, '`').await
    }
    async fn remove(home: Home) -> Result<()> {
        remove(Self::NAME, &format!("DROP DATABASE `{}`", home.name)).await
    }
}

impl Setup for Mysql {
    const NAME: &'static str = "mysql";
    const SHAPE: Shape = MYSQL;

    async fn create(_test: &str) -> Result<Option<Home>> {
        create(Self::NAME, '`').await
    }
    async fn remove(home: Home) -> Result<()> {
        remove(Self::NAME, &format!("DROP DATABASE `{}`", home.name)).await
    }
}

/// Creates a database of a name that nobody else has.
async fn create(backend: &str, quote: char) -> Result<Option<Home>> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Some(server) = server_url(backend) else { return Ok(None) };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("ormtest_{}_{number}", process::id());
    batch(&server, &format!("CREATE DATABASE {quote}{name}{quote}")).await?;
    let (before, options) = match server.split_once('?') {
        Some((before, options)) => (before, format!("?{options}")),
        None => (server.as_str(), String::new()),
    };
    let (host, _) = before.rsplit_once('/').expect("the URL of the server names a database");
    Ok(Some(Home { url: format!("{host}/{name}{options}"), name }))
}

async fn remove(backend: &str, sql: &str) -> Result<()> {
    let Some(server) = server_url(backend) else { return Ok(()) };
    batch(&server, sql).await
}

async fn batch(url: &str, sql: &str) -> Result<()> {
    let db = orm::connect_with(url, PoolOptions::new().max_connections(1)).await?;
    db.batch(sql).await?;
    db.close().await
}
