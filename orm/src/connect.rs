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
        "sqlite" => sqlite(url),
        "mysql" | "mariadb" => mysql(url),
        "postgres" | "postgresql" => postgres(url),
        // It is not shown: in a malformed URL, a password may stand before the first colon.
        _ => Err(Error::new(
            ErrorKind::Config,
            "the scheme of the database URL is none of `sqlite:`, `mysql://`, `mariadb://` and `postgres://`",
        )),
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(url: &str) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(orm_sqlite::Sqlite::from_url(url)?))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_url: &str) -> Result<Arc<dyn Driver>> {
    Err(missing("SQLite", "sqlite"))
}

#[cfg(feature = "mysql")]
fn mysql(url: &str) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(orm_mysql::Mysql::new(orm_mysql::MysqlOptions::from_url(url)?)))
}

#[cfg(not(feature = "mysql"))]
fn mysql(_url: &str) -> Result<Arc<dyn Driver>> {
    Err(missing("MySQL and MariaDB", "mysql"))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(orm_postgres::Postgres::new(orm_postgres::PostgresOptions::from_url(url)?)))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_url: &str) -> Result<Arc<dyn Driver>> {
    Err(missing("PostgreSQL", "postgres"))
}

/// The error for a driver that was not compiled in.
#[allow(dead_code)] // Not with every feature on.
fn missing(database: &str, feature: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{database} needs the feature `{feature}` of the crate `orm`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_urls_are_refused_without_being_shown() {
        for url in ["", "secret", "oracle://user:secret@host/db", "user:secret@host/db", "secret:x"] {
            let error = driver(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn schemes_name_their_feature_or_their_driver() {
        for (url, feature, on) in [
            ("mysql://user:secret@host/db", "mysql", cfg!(feature = "mysql")),
            ("MariaDB://user:secret@host/db", "mysql", cfg!(feature = "mysql")),
            ("postgres://user:secret@host/db", "postgres", cfg!(feature = "postgres")),
            ("postgresql://user:secret@host/db", "postgres", cfg!(feature = "postgres")),
        ] {
            match driver(url) {
                Ok(driver) => {
                    assert!(on, "{url}");
                    assert!(!driver.target().contains("secret"));
                }
                Err(error) => {
                    assert!(!on, "{url}: {error}");
                    assert!(error.message().contains(&format!("the feature `{feature}` of the crate `orm`")));
                }
            }
        }
    }
}
