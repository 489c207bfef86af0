//! From a URL to a database: which driver a scheme means. What follows the scheme is the driver's to read.

use std::sync::Arc;

use orm_core::driver::Driver;
use orm_core::{Error, ErrorKind, Result};

use crate::database::Database;
use crate::options::DatabaseOptions;

/// Connects to the database that a URL names, with the default options.
///
/// | URL | Database | Feature |
/// |---|---|---|
/// | `sqlite::memory:`, `sqlite:app.db`, `sqlite:///var/app.db` | SQLite | `sqlite` |
/// | `mysql://user:password@host:3306/name`, `mariadb://..` | MySQL, MariaDB | `mysql` |
/// | `postgres://user:password@host:5432/name`, `postgresql://..` | PostgreSQL | `postgres` |
///
/// # Errors
/// [`ErrorKind::Config`] for a URL that cannot be used, which is never shown, since it may have a password in it; those of
/// opening the first connection.
pub async fn connect(url: &str) -> Result<Database> {
    connect_with(url, DatabaseOptions::new()).await
}

/// As [`connect`], with options: [`PoolOptions`](crate::PoolOptions), [`LogOptions`](crate::LogOptions), or both as
/// [`DatabaseOptions`].
///
/// # Errors
/// As [`connect`].
pub async fn connect_with(url: &str, options: impl Into<DatabaseOptions>) -> Result<Database> {
    Database::open(driver(url)?, options.into()).await
}

/// The driver of a URL's scheme.
fn driver(url: &str) -> Result<Arc<dyn Driver>> {
    let Some((scheme, _)) = url.split_once(':') else {
        return Err(Error::new(
            ErrorKind::Config,
            "the database URL has no scheme; expected `sqlite:`, `mysql://`, `mariadb://` or `postgres://`",
        ));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => missing("sqlite"),
        "mysql" | "mariadb" => missing("mysql"),
        "postgres" | "postgresql" => missing("postgres"),
        // It is not shown: in a malformed URL, a password may stand before the first colon.
        _ => Err(Error::new(
            ErrorKind::Config,
            "the scheme of the database URL is none of `sqlite:`, `mysql://`, `mariadb://` and `postgres://`",
        )),
    }
}

fn missing(feature: &str) -> Result<Arc<dyn Driver>> {
    let message = format!("this database needs the feature `{feature}` of the crate `orm`");
    Err(Error::new(ErrorKind::Config, message))
}
