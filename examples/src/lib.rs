//! What the examples share: which database they use, and tables on the terminal. The examples themselves are the files
//! and folders beside `src`.

use orm::prelude::*;

/// The database that the environment variable `DATABASE_URL` names, else a SQLite database in memory.
///
/// # Errors
/// Those of [`orm::connect`].
pub async fn database() -> Result<Database> {
    let url = std::env::var("DATABASE_URL");
    connect(url.as_deref().unwrap_or("sqlite::memory:")).await
}
