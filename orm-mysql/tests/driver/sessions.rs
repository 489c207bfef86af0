//! How a session is set up: encryption and authentication, time zone, SQL mode, URLs of either scheme.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use orm_core::dialect::Capabilities;
use orm_core::driver::{Connection, Driver, Query};
use orm_core::{ErrorKind, Value};
use orm_mysql::{Mysql, MysqlOptions, SslMode};

use crate::support::{Fixture, one, query, rows, run_sql};

on_both! {
    either_scheme_finds_out_which_server_it_is,
    connections_are_encrypted_when_asked,
    passwords_are_taken_without_encryption,
    certificates_are_checked_when_asked,
    unix_sockets_work,
    times_are_utc_whatever_the_servers_zone,
    the_sql_mode_is_strict,
    init_statements_run_in_order,
    character_set_and_collation_are_set,
}

fn variable(fixture: &Fixture, what: &str) -> Option<String> {
    let name = format!("ORM_TEST_{}_{what}", fixture.name().to_uppercase());
    let value = std::env::var(&name).ok();
    if value.is_none() {
        eprintln!("SKIPPED: {name} is not set");
    }
    value
}

async fn either_scheme_finds_out_which_server_it_is(fixture: &Fixture) {
    let name = if fixture.mariadb() { "ORM_TEST_MARIADB_URL" } else { "ORM_TEST_MYSQL_URL" };
    let url = std::env::var(name).unwrap();
    let (_, rest) = url.split_once("://").unwrap();
    for scheme in ["mysql", "mariadb"] {
        let driver = Mysql::from_url(&format!("{scheme}://{rest}")).unwrap();
        let mut connection = driver.connect().await.unwrap();
        let dialect = driver.dialect(&mut *connection).await.unwrap();
        assert_eq!(dialect.name(), fixture.name());
        assert!(dialect.capabilities().version.0 >= 8);
        assert!(!driver.target().contains("orm-pw") && !format!("{driver:?}").contains("orm-pw"));
        connection.close().await;
    }
}

async fn cipher(options: &MysqlOptions) -> Result<String, orm_core::Error> {
    let driver = Mysql::new(options.clone());
    let mut connection = driver.open().await?;
    let cipher = rows::<(String, String)>(&mut connection, query("SHOW SESSION STATUS LIKE 'Ssl_cipher'", &[]))
        .await?
        .remove(0)
        .1;
    // Statements of bulk inserts are kept short where there is one.
    let short = driver.dialect(&mut connection).await?.capabilities().statement_bytes == Capabilities::TLS_RECORD;
    assert_eq!(short, !cipher.is_empty());
    Ok(cipher)
}

async fn connections_are_encrypted_when_asked(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let tls = if fixture.mariadb() {
        one::<String>(&mut connection, "SELECT @@have_ssl").await.unwrap() == "YES"
    } else {
        true
    };
    let required = cipher(&fixture.options.clone().ssl_mode(SslMode::Require)).await;
    if tls {
        assert!(!required.unwrap().is_empty());
        assert!(!cipher(&fixture.options.clone().ssl_mode(SslMode::Prefer)).await.unwrap().is_empty());
    } else {
        assert_eq!(required.unwrap_err().kind(), ErrorKind::ConnectionFailed);
        assert!(cipher(&fixture.options.clone().ssl_mode(SslMode::Prefer)).await.unwrap().is_empty());
    }
    assert!(cipher(&fixture.options.clone().ssl_mode(SslMode::Disable)).await.unwrap().is_empty());
}

/// A new user's password is not in the server's cache, so `caching_sha2_password` needs the whole exchange: in clear
/// inside TLS, under the server's RSA key without it. The second connection takes the short way.
async fn passwords_are_taken_without_encryption(fixture: &Fixture) {
    let mut admin = fixture.connect().await;
    for (mode, password) in
        [(SslMode::Disable, "p'ä ss"), (SslMode::Prefer, "other"), (SslMode::Disable, ""), (SslMode::Prefer, "")]
    {
        let user = format!("{}_u", fixture.database);
        run_sql(&mut admin, &format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{}'", password.replace('\'', "''")))
            .await;
        run_sql(&mut admin, &format!("GRANT ALL ON {}.* TO '{user}'@'%'", fixture.database)).await;
        let mut options = fixture.options.clone().user(&user).ssl_mode(mode);
        options = options.password(password);
        for attempt in 0..2 {
            let connected = Mysql::new(options.clone()).connect().await;
            connected.unwrap_or_else(|e| panic!("{mode:?} {password:?} {attempt} {e:?}")).close().await;
        }
        let error = Mysql::new(options.password("wrong")).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{mode:?} {error:?}");
        run_sql(&mut admin, &format!("DROP USER '{user}'@'%'")).await;
    }
}

async fn certificates_are_checked_when_asked(fixture: &Fixture) {
    if fixture.mariadb() {
        return;
    }
    // The server's own certificate is signed by nobody known.
    let error = cipher(&fixture.options.clone().ssl_mode(SslMode::VerifyCa)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
    let Some(ca) = variable(fixture, "CA") else { return };
    let known = fixture.options.clone().ssl_root_cert(&ca);
    assert!(!cipher(&known.clone().ssl_mode(SslMode::VerifyCa)).await.unwrap().is_empty());
    // It names no host.
    let error = cipher(&known.ssl_mode(SslMode::VerifyFull)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
    let error = cipher(&fixture.options.clone().ssl_root_cert("/nonexistent.pem").ssl_mode(SslMode::VerifyCa)).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::ConnectionFailed);
}

async fn unix_sockets_work(fixture: &Fixture) {
    let Some(path) = variable(fixture, "SOCKET") else { return };
    for mode in [SslMode::Prefer, SslMode::Disable] {
        let options = fixture.options.clone().socket(&path).ssl_mode(mode);
        let mut connection = Mysql::new(options).open().await.unwrap_or_else(|e| panic!("{mode:?} {e:?}"));
        assert_eq!(one::<i64>(&mut connection, "SELECT 1").await.unwrap(), 1);
    }
}

async fn times_are_utc_whatever_the_servers_zone(fixture: &Fixture) {
    let mut admin = fixture.connect().await;
    let zone: String = one(&mut admin, "SELECT @@global.time_zone").await.unwrap();
    if matches!(&*zone, "+00:00" | "UTC" | "SYSTEM") {
        eprintln!("the server's zone is {zone}; this test means more with another");
    }
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (ts TIMESTAMP(6), dt DATETIME(6))").await;
    let now = Utc::now();
    run_sql(&mut connection, "INSERT INTO t VALUES (NOW(6), UTC_TIMESTAMP(6))").await;
    let (ts, dt) =
        rows::<(DateTime<Utc>, DateTime<Utc>)>(&mut connection, query("SELECT ts, dt FROM t", &[])).await.unwrap()[0];
    for stored in [ts, dt] {
        assert!((stored - now).abs() < chrono::TimeDelta::seconds(60), "{stored} {now}");
    }
    run_sql(&mut connection, "DELETE FROM t").await;
    let instant = "2026-07-01T23:30:00.000001Z".parse::<DateTime<Utc>>().unwrap();
    let binds = [Value::Timestamp(instant), Value::Timestamp(instant)];
    connection.execute(query("INSERT INTO t VALUES (?, ?)", &binds)).await.unwrap();
    for sql in ["SELECT ts, dt FROM t", "/*! SELECT */ ts, dt FROM t"] {
        let found = rows::<(DateTime<Utc>, NaiveDateTime)>(&mut connection, Query::text(sql)).await.unwrap();
        assert_eq!(found, [(instant, instant.naive_utc())]);
    }
    // What another client stored in another zone is the same instant.
    let mut other = fixture.connect().await;
    run_sql(&mut other, "SET time_zone = '-04:00'").await;
    run_sql(&mut other, "UPDATE t SET ts = '2026-07-01 08:00:00'").await;
    let found = one::<DateTime<Utc>>(&mut connection, "SELECT ts FROM t").await.unwrap();
    assert_eq!(found, "2026-07-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap());
}

async fn the_sql_mode_is_strict(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let mode: String = one(&mut connection, "SELECT @@sql_mode").await.unwrap();
    for part in [
        "ONLY_FULL_GROUP_BY",
        "STRICT_TRANS_TABLES",
        "NO_ZERO_IN_DATE",
        "NO_ZERO_DATE",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_AUTO_VALUE_ON_ZERO",
        "NO_ENGINE_SUBSTITUTION",
    ] {
        assert!(mode.split(',').any(|word| word == part), "{part} in {mode}");
    }
    for part in ["ANSI", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES"] {
        assert!(!mode.contains(part), "{part} in {mode}");
    }
}

async fn init_statements_run_in_order(fixture: &Fixture) {
    let options = fixture
        .options
        .clone()
        .statement_timeout(Duration::from_millis(1500))
        .init("SET @a = 1, @b = 'x;y'")
        .init("SET @a = @a + 1");
    let mut connection = Mysql::new(options.clone()).open().await.unwrap();
    let found = rows::<(i64, String)>(&mut connection, query("SELECT @a, @b", &[])).await.unwrap();
    assert_eq!(found, [(2, "x;y".to_owned())]);
    let timeout = if fixture.mariadb() { "SELECT @@max_statement_time * 1000" } else { "SELECT @@max_execution_time" };
    let timeout: f64 = one(&mut connection, timeout).await.unwrap();
    assert!((timeout - 1500.0).abs() < 0.01);
    let error = Mysql::new(options.init("NONSENSE")).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
}

async fn character_set_and_collation_are_set(fixture: &Fixture) {
    let options = fixture.options.clone().collation("utf8mb4_bin");
    let mut connection = Mysql::new(options).open().await.unwrap();
    let sql = "SELECT @@character_set_client, @@character_set_results, @@collation_connection";
    let found = rows::<(String, String, String)>(&mut connection, query(sql, &[])).await.unwrap();
    assert_eq!(found, [("utf8mb4".into(), "utf8mb4".into(), "utf8mb4_bin".into())]);
    let error = Mysql::new(fixture.options.clone().collation("nonsense")).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(error.message().contains("`collation`"), "{error}");
}
