//! How a session is set up: zone, schemas, limits, sockets, encryption; and its dialect.

use std::time::Duration;

use orm_core::dialect::Capabilities;
use orm_core::driver::Driver;
use orm_core::{ErrorKind, Value};
use orm_postgres::{Postgres, SslMode};

use crate::support::{one, run, with_database};

#[tokio::test]
async fn sessions_are_in_utc_whatever_the_server_says() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let sql = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone TO ''America/New_York''', \
                   current_database()); END $$";
        run(&mut *connection, sql).await;
        let mut connection = database.connect().await;
        assert_eq!(one(&mut *connection, "SHOW timezone", &[]).await.unwrap(), "text UTC");
        let instant = [Value::Timestamp("2026-07-01T12:00:00Z".parse().unwrap())];
        let back = one(&mut *connection, "SELECT $1::text, $1::timestamp, '2026-07-01 12:00'::timestamptz", &instant);
        assert_eq!(
            back.await.unwrap(),
            "text 2026-07-01 12:00:00+00 | datetime 2026-07-01 12:00:00 | timestamp 2026-07-01 12:00:00 UTC"
        );
    })
    .await;
}

#[tokio::test]
async fn options_reach_the_session() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE SCHEMA \"My \"\"Schema\\ x\"").await;
        run(&mut *connection, "CREATE TABLE \"My \"\"Schema\\ x\".t (v int)").await;
        let options = database
            .options()
            .application_name("orm's test")
            .statement_timeout(Duration::from_micros(1_500_100))
            .lock_timeout(Duration::from_secs(2))
            .idle_in_transaction_session_timeout(Duration::from_secs(60))
            .search_path(["My \"Schema\\ x", "public"])
            .setting("work_mem", "5MB")
            .init("SET geqo = off")
            .init("CREATE TEMP TABLE mine (v int); INSERT INTO mine VALUES (1)");
        let mut connection = Postgres::new(options).connect().await.unwrap();
        let sql = "SELECT current_setting('application_name'), current_setting('statement_timeout'), \
                   current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'), \
                   current_setting('work_mem'), current_setting('geqo'), (SELECT count(*) FROM mine), \
                   (SELECT count(*) FROM t)";
        assert_eq!(
            one(&mut *connection, sql, &[]).await.unwrap(),
            "text orm's test | text 1501ms | text 2s | text 1min | text 5MB | text off | int 1 | int 0"
        );
    })
    .await;
}

#[tokio::test]
async fn the_dialect_knows_the_version() {
    with_database(async |database| {
        let driver = database.driver();
        let mut connection = driver.connect().await.unwrap();
        let dialect = driver.dialect(&mut *connection).await.unwrap();
        let server = one(&mut *connection, "SHOW server_version", &[]).await.unwrap();
        let (major, minor, _) = dialect.capabilities().version;
        assert!(server.starts_with(&format!("text {major}.{minor}")), "{server}");
        connection.ping().await.unwrap();
        assert!(format!("{connection:?} {driver:?}").contains("PostgresConnection"));
        connection.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_unix_socket_is_a_host() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let directories = one(&mut *connection, "SHOW unix_socket_directories", &[]).await.unwrap();
        let Some(directory) = directories.trim_start_matches("text ").split(',').find(|d| !d.is_empty()) else {
            eprintln!("SKIPPED: the server has no Unix socket");
            return;
        };
        if !std::path::Path::new(directory).exists() {
            eprintln!("SKIPPED: the server's Unix socket is on another machine");
            return;
        }
        let mut connection = Postgres::new(database.options().socket(directory)).connect().await.unwrap();
        assert_eq!(one(&mut *connection, "SELECT inet_client_addr()", &[]).await.unwrap(), "null");
    })
    .await;
}

#[tokio::test]
async fn encryption_is_as_the_mode_says() {
    with_database(async |database| {
        let mut plain = Postgres::new(database.options().ssl_mode(SslMode::Disable)).connect().await.unwrap();
        let server = one(&mut *plain, "SHOW ssl", &[]).await.unwrap() == "text on";
        for (mode, encrypted) in [
            (SslMode::Disable, Some(false)),
            (SslMode::Allow, Some(false)),
            (SslMode::Prefer, Some(server)),
            (SslMode::Require, server.then_some(true)),
            // The certificate of a test server is nobody's.
            (SslMode::VerifyCa, None),
            (SslMode::VerifyFull, None),
        ] {
            let driver = Postgres::new(database.options().ssl_mode(mode));
            let connected = driver.connect().await;
            match (connected, encrypted) {
                (Ok(mut connection), Some(encrypted)) => {
                    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
                    let found = one(&mut *connection, sql, &[]).await.unwrap();
                    assert_eq!(found, format!("bool {encrypted}"), "{mode:?}");
                    let dialect = driver.dialect(&mut *connection).await.unwrap();
                    let short = dialect.capabilities().statement_bytes == Capabilities::TLS_RECORD;
                    assert_eq!(short, encrypted, "{mode:?}");
                }
                (Err(error), None) => assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{mode:?}"),
                (connected, _) => panic!("{mode:?}: {connected:?}"),
            }
        }
        // The server's own certificate as the root, when the test knows where it is.
        if let (true, Ok(root)) = (server, std::env::var("ORM_TEST_POSTGRES_CA")) {
            for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
                let options = database.options().host("localhost").ssl_mode(mode).ssl_root_cert(&root);
                Postgres::new(options).connect().await.unwrap();
            }
            let pem = std::fs::read_to_string(&root).unwrap();
            let options = database.options().host("localhost").ssl_mode(SslMode::VerifyFull);
            Postgres::new(options.ssl_root_cert_pem(pem)).connect().await.unwrap();
        } else {
            eprintln!("SKIPPED: certificates (no TLS on the server, or ORM_TEST_POSTGRES_CA is not set)");
        }
    })
    .await;
}
