//! The backends: where each takes a fresh database from, and what it is expected to have. The expectations are written
//! down apart from the drivers, so that a capability that gets lost is a failure and not a skipped test.

mod server;
mod sqlite;

use std::env;

use orm::{DatabaseOptions, Result};

pub use server::{Mariadb, Mysql, Postgres};
pub use sqlite::Sqlite;

/// What a backend supplies.
pub trait Setup {
    /// The name of the test binary.
    const NAME: &'static str;

    /// What the backend is expected to have; held against [`Capabilities`](orm::dialect::Capabilities).
    const SHAPE: Shape;

    /// A fresh, empty database of its own for one test; `None` when there is no server.
    ///
    /// # Errors
    /// Those of reaching the server.
    fn create(test: &str) -> impl Future<Output = Result<Option<Home>>> + Send;

    /// Removes it.
    ///
    /// # Errors
    /// Those of reaching the server.
    fn remove(home: Home) -> impl Future<Output = Result<()>> + Send;
}

/// Where the database of one test is.
#[derive(Debug, Clone)]
pub struct Home {
    /// The URL to connect to.
    pub url: String,
    /// The name of the database, or the folder of its file.
    pub name: String,
}

impl Home {
    /// Connects, with few connections: tests run side by side.
    pub(crate) async fn connect(&self, options: impl Into<DatabaseOptions>) -> Result<orm::Database> {
        orm::connect_with(&self.url, options).await
    }
}

/// How lists of values are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    Array,
    Json,
    Padded,
}

/// How upserts say which unique key they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserts {
    /// By naming its columns.
    ByTarget,
    /// Not at all: any unique key counts.
    AnyKey,
}

/// What a backend is expected to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The dialect's name.
    pub dialect: &'static str,
    pub returning_insert: bool,
    pub returning_update: bool,
    pub last_insert_id: bool,
    pub lists: Lists,
    pub upserts: Upserts,
    pub arrays: bool,
    pub enum_types: bool,
    pub row_locks: bool,
    pub skip_locked: bool,
    pub partial_indexes: bool,
    pub expression_indexes: bool,
    pub transactional_ddl: bool,
    pub truncate_cascade: bool,
    pub set_default: bool,
    pub aggregate_filter: bool,
    pub nulls_first: bool,
    /// Whether `=` of text minds the case of letters; where not, the collation goes by the word.
    pub minds_case: bool,
    /// The digits of a decimal that are stored exactly; what has more is refused.
    pub decimal_digits: u32,
    pub unsigned: bool,
}

/// The URL of a server, from the environment.
///
/// # Panics
/// When there is none and `CI` is set: a backend that nobody tests is a failure there.
fn server_url(backend: &str) -> Option<String> {
    let variable = format!("ORM_TEST_{}_URL", backend.to_uppercase());
    if let Ok(url) = env::var(&variable) {
        return Some(url);
    }
    let in_ci = env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1");
    assert!(!in_ci, "{variable} is not set, and in CI every backend is tested");
    skipped(backend, &variable);
    None
}

/// Says once per binary, past the test runner's capture, that nothing is tested.
fn skipped(backend: &str, variable: &str) {
    use std::io::Write;
    use std::sync::Once;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let line = "=".repeat(100);
        let text =
            format!("{line}\nSKIPPED: {backend}. {variable} is not set; `cargo xtask test` starts servers.\n{line}\n");
        // Neither `print!` nor `eprint!`: those are captured.
        let _ = std::io::stderr().write_all(text.as_bytes());
    });
}
