//! From a URL to a database: which driver a scheme means, and what the URL says about the pool. The rest of it is the
//! driver's to read.

use std::borrow::Cow;
use std::sync::Arc;

use orm_core::driver::{Driver, POOL_PARAMETERS, Setting, percent_decoded};
use orm_core::{Error, ErrorKind, Result};

use crate::database::Database;
use crate::hosts::{Hosts, Target};
use crate::options::{DatabaseOptions, PoolOptions};
use crate::replica::Replica;

/// Connects to the database that a URL names, with the default options.
///
/// | URL | Database | Feature |
/// |---|---|---|
/// | `sqlite::memory:`, `sqlite:app.db`, `sqlite:///var/app.db` | SQLite | `sqlite` |
/// | `mysql://user:password@host:3306/name`, `mariadb://..` | MySQL, MariaDB | `mysql` |
/// | `postgres://user:password@host:5432/name`, `postgresql://..` | PostgreSQL | `postgres` |
///
/// # Several hosts
/// `postgres://user:password@db-1:5432,db-2:5433/name?target=read-write` lists the servers of one database. Each new connection goes
/// to the first server that responds and matches `target`. It starts with the host of the last successful connection, or with a random
/// one (`host_order=random`). After a fail-over, connections to servers that failed or refuse writes are replaced by connections to
/// the new primary.
///
/// # Parameters
/// `postgres://host/name?max_connections=20&connect_timeout=2.5`: every time is in seconds, fractions allowed. `0` and `none`
/// are no limit, but 0 is a time of 0 for `acquire_timeout`, `check_after`, `close_timeout` and `busy_timeout`. Letter case, `-`
/// and `_` of the names do not matter: `sslmode` is `ssl-mode`.
///
/// | Parameter | Value | Unless set | For |
/// |---|---|---|---|
/// | `max_connections`, `min_connections` | numbers | 10, 0 | [the pool](PoolOptions) |
/// | `acquire_timeout` | seconds | 30 | the pool |
/// | `idle_timeout`, `max_lifetime` | seconds or `none` | 600, 1800 | the pool |
/// | `check_after`, `close_timeout` | seconds | 1, 30 | the pool |
/// | `connect_retry` | seconds | 0 | the pool |
/// | `target`: which servers to connect to | `any`, `read-write`, `read-only` | `any` | PostgreSQL, MySQL, MariaDB |
/// | `host_order`: the order in which hosts are tried | `given`, `random` | `given` | servers |
/// | `replicas` | [servers to read from](DatabaseOptions::replicas), separated by commas: `db-2,db-3:5433` | none | PostgreSQL, MySQL, MariaDB |
/// | `sslmode` | `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`; MySQL's names, such as `required` or `verify_identity`, too | `prefer` | servers |
/// | `sslrootcert`, or `ssl-ca` | path, PEM | built-in authorities | servers |
/// | `sslcert`, `sslkey` | paths, PEM | none | servers |
/// | `connect_timeout` | seconds or `none` | 10 | servers |
/// | `socket_timeout`: how long the server may say nothing | seconds or `none` | 30 for the beginning and end of transactions, none for other statements | servers |
/// | `statement_timeout`, `lock_timeout` | seconds or `none` | the server's | servers |
/// | `statement_cache_capacity` | prepared statements per connection | 512, SQLite 256 | all |
/// | `init` | SQL to run on each new connection, several times if need be | none | servers |
/// | `host`, `port`, `socket`, `user`, `password`, `database` | what the URL has no place for; `hostaddr` and `dbname` too | | servers |
/// | `application_name` | name | none | PostgreSQL |
/// | `idle_in_transaction_session_timeout` | seconds or `none` | the server's | PostgreSQL |
/// | `search_path` | schemas, separated by commas | the server's | PostgreSQL |
/// | `pooler` | `session`, `transaction`: what gives connections of the server to clients, such as PgBouncer | `session` | PostgreSQL |
/// | `options[NAME]` | any other setting, in the server's own form | | PostgreSQL |
/// | `charset`, `collation` | names | `utf8mb4`, the server's | MySQL, MariaDB |
/// | `mode` | `rwc`, `rw`, `ro`, `memory` | `rwc` | SQLite |
/// | `busy_timeout`, or `lock_timeout` | seconds | 5 | SQLite |
/// | `journal_mode` | `wal`, `delete`, `truncate`, `persist`, `memory`, `off` | `wal` | SQLite |
/// | `synchronous` | `off`, `normal`, `full`, `extra` | `normal` with `wal` | SQLite |
/// | `foreign_keys`, `immutable` | `true`, `false` | `true`, `false` | SQLite |
/// | `checkpoint_pages` | pages of write-ahead log that start a checkpoint | 1000 | SQLite |
/// | `lock_mode` | `immediate`, `deferred`, `exclusive` | `immediate` | SQLite |
/// | `pragma.NAME` | the value of any other pragma | | SQLite |
///
/// Every parameter has a range, and so have the builders' methods of the same names: `max_connections` is from 1 to 10,000,
/// `statement_cache_capacity` up to 65,536, `port` from 1; the times of servers and `busy_timeout` are up to 24 days, those of
/// the pool of any length.
///
/// The pool's parameters win over [`PoolOptions`] in the code. An unknown parameter is an error.
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
    let mut options = options.into();
    let mut choice = Choice::default();
    let url = own_parameters(url, &mut options, &mut choice)?;
    let replicas = options.replicas.iter().map(|replica| driver(&place_of(&replica.place, &url)?));
    let replicas = replicas.collect::<Result<Vec<_>>>()?;
    Database::open(choice.driver(&url)?, options, replicas).await
}

/// Which of the URL's servers to connect to.
#[derive(Debug, Default)]
struct Choice {
    target: Target,
    random: bool,
}

impl Choice {
    /// The driver for a URL, which may have several hosts.
    fn driver(self, url: &str) -> Result<Arc<dyn Driver>> {
        let hosts: Vec<&str> = url.split_once("://").map_or("", |(_, rest)| authority(rest).1).split(',').collect();
        if hosts.len() == 1 && self.target == Target::Any {
            return driver(url);
        }
        let drivers = match hosts.as_slice() {
            [_] => vec![driver(url)?],
            hosts => hosts.iter().map(|host| driver(&place_of(host, url)?)).collect::<Result<_>>()?,
        };
        Ok(Arc::new(Hosts::new(drivers, self.target, self.random)))
    }
}

/// Splits a URL without its scheme into the user, the hosts, and the rest.
fn authority(rest: &str) -> (Option<&str>, &str, &str) {
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user), hosts, rest),
        None => (None, authority, rest),
    }
}

/// The URL of a replica: its own, or that of the primary with another host.
fn place_of<'u>(place: &'u str, primary: &str) -> Result<Cow<'u, str>> {
    let config = |message: &'static str| Err(Error::new(ErrorKind::Config, message));
    if place.contains("://") {
        return Ok(place.into());
    }
    if place.is_empty() || place.contains(|c: char| "/@?#,".contains(c) || c.is_whitespace()) {
        return config("a replica is a URL, or a host with or without a port");
    }
    let Some((scheme, rest)) = primary.split_once("://") else {
        return config("a database without a server has no replicas");
    };
    let (user, hosts, rest) = authority(rest);
    let elsewhere =
        |key: &str| ["host", "hostaddr", "port", "socket"].iter().any(|name| key.eq_ignore_ascii_case(name));
    let mut keys = rest.split(['?', '&']).skip(1).filter_map(|parameter| parameter.split('=').next());
    if keys.any(elsewhere) {
        return config("the URL names its host in a parameter, so its replicas are named by URLs of their own");
    }
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    // With several hosts, the port of the first one need not be the replica's.
    let host = if hosts.contains(',') { "" } else { hosts };
    let port =
        |host: &str| host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map(|(_, port)| port.to_owned());
    let port = match (port(place), port(host)) {
        (None, Some(port)) => format!(":{port}"),
        _ => String::new(),
    };
    Ok(format!("{scheme}://{user}{place}{port}{rest}").into())
}

/// Removes the parameters for the pool, replicas and hosts from a URL.
fn own_parameters(url: &str, options: &mut DatabaseOptions, choice: &mut Choice) -> Result<String> {
    let Some((place, parameters)) = url.split_once('?') else { return Ok(url.to_owned()) };
    let mut rest = Vec::new();
    for parameter in parameters.split('&') {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match Setting::find(&POOL_PARAMETERS, key, value) {
            Some(given) if given.name() == "replicas" => {
                let replicas = percent_decoded(value)?;
                options.replicas.extend(replicas.split(',').map(|place| Replica::new(place.trim())));
            }
            Some(given) if given.name() == "target" => choice.target = given.word(Target::from_word)?,
            Some(given) if given.name() == "host_order" => {
                choice.random = given.word(|word| (word == "random" || word == "given").then_some(word == "random"))?;
            }
            Some(given) => set_pool(&mut options.pool, &given)?,
            None => rest.push(parameter),
        }
    }
    Ok(if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) })
}

fn set_pool(pool: &mut PoolOptions, given: &Setting<'_>) -> Result<()> {
    match given.name() {
        "max_connections" => pool.max_connections = given.count()?,
        "min_connections" => pool.min_connections = given.count()?,
        "acquire_timeout" => pool.acquire_timeout = given.seconds()?,
        "check_after" => pool.check_after = given.seconds()?,
        "close_timeout" => pool.close_timeout = given.seconds()?,
        "connect_retry" => pool.connect_retry = given.seconds()?,
        "idle_timeout" => pool.idle_timeout = given.limit()?,
        "max_lifetime" => pool.max_lifetime = given.limit()?,
        _ => return Err(given.wrong()),
    }
    Ok(())
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
    Ok(Arc::new(orm_mysql::Mysql::from_url(url)?))
}

#[cfg(not(feature = "mysql"))]
fn mysql(_url: &str) -> Result<Arc<dyn Driver>> {
    Err(missing("MySQL and MariaDB", "mysql"))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(orm_postgres::Postgres::from_url(url)?))
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
    use std::time::Duration;

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
    fn the_pools_parameters_are_taken_out_of_the_url() {
        let pool = PoolOptions::new().max_connections(3).min_connections(2);
        let mut options = DatabaseOptions::from(pool);
        let url = "postgres://u:p@h/db?max_connections=20&sslmode=require&acquire-timeout=2.5&idle_timeout=none\
                   &max_lifetime=60&check_after=0&close_timeout=1&application_name=x";
        assert_eq!(
            own_parameters(url, &mut options, &mut Choice::default()).unwrap(),
            "postgres://u:p@h/db?sslmode=require&application_name=x"
        );
        let expected = PoolOptions::new()
            .max_connections(20)
            .min_connections(2)
            .acquire_timeout(Duration::from_millis(2500))
            .idle_timeout(None)
            .max_lifetime(Duration::from_secs(60))
            .check_after(Duration::ZERO)
            .close_timeout(Duration::from_secs(1));
        assert_eq!(options.pool, expected);
        for url in ["sqlite:a.db", "sqlite::memory:?cache=x"] {
            assert_eq!(own_parameters(url, &mut options, &mut Choice::default()).unwrap(), url);
        }
        assert_eq!(
            own_parameters("sqlite:a.db?min_connections=1", &mut options, &mut Choice::default()).unwrap(),
            "sqlite:a.db"
        );
    }

    #[test]
    fn replicas_have_the_url_of_their_primary() {
        let mut options = DatabaseOptions::new();
        let url = own_parameters(
            "postgres://u:p@h:5433/db?replicas=r1,%5B::1%5D:6&sslmode=require",
            &mut options,
            &mut Choice::default(),
        )
        .unwrap();
        assert_eq!(url, "postgres://u:p@h:5433/db?sslmode=require");
        assert_eq!(options.replicas, [Replica::new("r1"), Replica::new("[::1]:6")]);
        let of = |place: &str, url: &str| place_of(place, url).map(Cow::into_owned);
        assert_eq!(of("r1", &url).unwrap(), "postgres://u:p@r1:5433/db?sslmode=require");
        assert_eq!(of("[::1]:6", &url).unwrap(), "postgres://u:p@[::1]:6/db?sslmode=require");
        assert_eq!(of("r1:7", "mysql://h").unwrap(), "mysql://r1:7");
        assert_eq!(of("r1", "mysql://[::2]/db").unwrap(), "mysql://r1/db");
        assert_eq!(of("r1:7", "mysql://u@a:1,b:2/db").unwrap(), "mysql://u@r1:7/db");
        assert_eq!(of("r1", "mysql://u@a:1,b:2/db").unwrap(), "mysql://u@r1/db");
        assert_eq!(of("postgres://x/y", "mysql://h/db").unwrap(), "postgres://x/y");
        for (place, url) in
            [("", "mysql://h"), ("u@h", "mysql://h"), ("a", "sqlite:a.db"), ("a", "mysql://u:secret@h/db?Port=3")]
        {
            let error = of(place, url).unwrap_err();
            assert!(error.kind() == ErrorKind::Config && !error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn parameters_of_the_pool_that_are_no_numbers_are_refused_without_being_shown() {
        for parameter in
            ["max_connections=secret", "max_connections=-1", "acquire_timeout=-1", "idle_timeout=NaN", "check_after"]
        {
            let error = own_parameters(
                &format!("mysql://u:secret@h/db?{parameter}"),
                &mut DatabaseOptions::new(),
                &mut Choice::default(),
            )
            .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!error.to_string().contains("secret"), "{error}");
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
