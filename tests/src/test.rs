//! One run of one test: a fresh database, the test, a limit on its time, and cleaning up whatever happened.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use orm::query::ModelList;
use orm::{Database, DatabaseOptions, PoolOptions, Result};

use crate::{Home, Setup, Shape};

/// A test of the suite.
pub type Case = fn(Test) -> Running;

/// A test of the suite that runs.
pub type Running = Pin<Box<dyn Future<Output = Result<()>>>>;

/// What a test is given: its own database, and what the backend is expected to have.
#[derive(Debug, Clone)]
pub struct Test {
    /// The backend's name: that of its test binary.
    pub backend: &'static str,
    /// What the backend is expected to have.
    pub shape: Shape,
    home: Home,
}

/// Longer than any test takes; a test that hangs says so instead of being killed.
const LIMIT: Duration = Duration::from_secs(60);

impl Test {
    /// Connects to the test's database, which has no tables yet.
    pub async fn connect(&self) -> Result<Database> {
        self.connect_with(PoolOptions::new().max_connections(4)).await
    }

    /// As [`connect`](Self::connect), with options.
    pub async fn connect_with(&self, options: impl Into<DatabaseOptions>) -> Result<Database> {
        self.home.connect(options).await
    }

    /// Connects, and creates the tables of models.
    pub async fn with<L: ModelList>(&self) -> Result<Database> {
        let db = self.connect().await?;
        db.create_tables::<L>().await?;
        Ok(db)
    }

    /// Creates a schema beside that of the test's tables. Where schemas are databases attached to a connection, `db` has one
    /// connection only.
    pub async fn add_schema(&self, db: &Database) -> Result<&'static str> {
        let own = self.home.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: &'static str = format!("other_{own}").leak();
        let attached = db.dialect().capabilities().attached_schemas;
        let create = if attached { "ATTACH '' AS " } else { "CREATE SCHEMA " };
        db.batch(&format!("{create}{}", quoted(db, name))).await?;
        Ok(name)
    }

    /// Removes an empty schema.
    pub async fn remove_schema(&self, db: &Database, name: &str) -> Result<()> {
        let attached = db.dialect().capabilities().attached_schemas;
        let remove = if attached { "DETACH " } else { "DROP SCHEMA " };
        db.batch(&format!("{remove}{}", quoted(db, name))).await
    }

    /// The URL of the test's database.
    pub fn url(&self) -> &str {
        &self.home.url
    }
}

/// A name as an identifier of the database's SQL.
pub(crate) fn quoted(db: &Database, name: &str) -> String {
    let (open, close) = db.dialect().identifier_quotes();
    format!("{open}{name}{close}")
}

/// How many random trees a test makes: `usual`, or what `ORM_TEST_TREES` says.
pub(crate) fn trees(usual: usize) -> usize {
    std::env::var("ORM_TEST_TREES").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// How many pairs of random schemas a test makes: `usual`, or what `ORM_TEST_SCHEMAS` says.
pub(crate) fn schemas(usual: usize) -> usize {
    std::env::var("ORM_TEST_SCHEMAS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// Runs a test on a backend. Without a server it is passed over, visibly.
///
/// # Panics
/// When the test fails.
pub fn run<S: Setup>(name: &str, case: Case) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let home = runtime.block_on(S::create(name)).unwrap_or_else(|error| panic!("no database for the test: {error:?}"));
    let Some(home) = home else { return };
    // Many trees and schemas take their time.
    let limit = if trees(0) > 0 || schemas(0) > 0 { LIMIT * 60 } else { LIMIT };
    let test = Test { backend: S::NAME, shape: S::SHAPE, home: home.clone() };
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async { tokio::time::timeout(limit, case(test)).await })
    }));
    let removed = runtime.block_on(S::remove(home));
    match result {
        Ok(Ok(Ok(()))) => removed.unwrap_or_else(|error| panic!("the database could not be removed: {error:?}")),
        Ok(Ok(Err(error))) => panic!("{error}\n{error:?}"),
        Ok(Err(_)) => panic!("the test did not end within {limit:?}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
