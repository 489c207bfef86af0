//! Every class of error, provoked for real.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use orm_core::driver::{BeginOptions, Connection, Driver, Isolation};
use orm_core::{Error, ErrorKind, Value};
use orm_postgres::{Postgres, SslMode};

use crate::support::{Database, one, rows, run, with_database};

async fn fails(connection: &mut dyn Connection, sql: &str) -> Error {
    match rows(connection, sql, &[]).await {
        Err(error) => error,
        Ok(rows) => panic!("{sql} gave {rows:?}"),
    }
}

#[tokio::test]
async fn statements_that_are_nested_too_deeply_are_told_from_malformed_ones() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let parentheses = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
        for sql in [parentheses, format!("SELECT 1{}", "+1".repeat(60_000))] {
            let error = fails(&mut *connection, &sql).await;
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{:?}", error.code());
            assert!(error.message().contains("nested deeper than the server takes"), "{}", error.message());
        }
        assert_eq!(fails(&mut *connection, "SELECT (1").await.kind(), ErrorKind::Syntax);
        assert!(!connection.is_broken());
    })
    .await;
}

#[tokio::test]
async fn constraints_tell_their_facts() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        connection
            .batch(
                r#"CREATE EXTENSION btree_gist;
                CREATE TABLE users (
                    id int PRIMARY KEY, email text, "Odd "")=(" text, tenant int,
                    age int NOT NULL CONSTRAINT grown CHECK (age >= 18),
                    CONSTRAINT users_email_key UNIQUE (tenant, email), CONSTRAINT odd UNIQUE ("Odd "")=("));
                CREATE UNIQUE INDEX lowered ON users (tenant, lower(email));
                CREATE TABLE posts (id int, user_id int CONSTRAINT author REFERENCES users);
                CREATE TABLE bookings (room int, during int4range,
                    CONSTRAINT free EXCLUDE USING gist (room WITH =, during WITH &&));
                INSERT INTO users VALUES (1, 'a (b), "c")=(', 'x', 1, 20);
                INSERT INTO posts VALUES (1, 1);
                INSERT INTO bookings VALUES (1, '[1,5)');"#,
            )
            .await
            .unwrap();
        let check = |error: Error, kind, table, columns: &[&str], constraint, code| {
            assert_eq!(error.kind(), kind, "{error:?}");
            assert_eq!(error.table(), table, "{error:?}");
            assert_eq!(error.columns(), columns, "{error:?}");
            assert_eq!(error.constraint(), constraint, "{error:?}");
            assert_eq!(error.code(), Some(code), "{error:?}");
            assert!(std::error::Error::source(&error).is_some());
        };
        let c = &mut *connection;
        let users = Some("users");
        let e = fails(c, "INSERT INTO users VALUES (1, 'z', 'z', 2, 20)").await;
        check(e, ErrorKind::UniqueViolation, users, &["id"], Some("users_pkey"), "23505");
        let e = fails(c, r#"INSERT INTO users VALUES (2, 'a (b), "c")=(', 'z', 1, 20)"#).await;
        check(e, ErrorKind::UniqueViolation, users, &["tenant", "email"], Some("users_email_key"), "23505");
        let e = fails(c, "INSERT INTO users VALUES (2, 'z', 'x', 2, 20)").await;
        check(e, ErrorKind::UniqueViolation, users, &["Odd \")=("], Some("odd"), "23505");
        let e = fails(c, r#"INSERT INTO users VALUES (2, 'A (B), "C")=(', 'z', 1, 20)"#).await;
        check(e, ErrorKind::UniqueViolation, users, &["tenant"], Some("lowered"), "23505");
        let e = fails(c, "INSERT INTO posts VALUES (2, 99)").await;
        check(e, ErrorKind::ForeignKeyViolation, Some("posts"), &["user_id"], Some("author"), "23503");
        let e = fails(c, "DELETE FROM users").await;
        check(e, ErrorKind::ForeignKeyViolation, Some("posts"), &[], Some("author"), "23503");
        let e = fails(c, "INSERT INTO users VALUES (2, 'z', 'z', 2, NULL)").await;
        check(e, ErrorKind::NotNullViolation, users, &["age"], None, "23502");
        let e = fails(c, "UPDATE users SET age = 3").await;
        check(e, ErrorKind::CheckViolation, users, &[], Some("grown"), "23514");
        let e = fails(c, "INSERT INTO bookings VALUES (1, '[4,6)')").await;
        check(e, ErrorKind::ExclusionViolation, Some("bookings"), &["room", "during"], Some("free"), "23P01");
    })
    .await;
}

#[tokio::test]
async fn other_errors_have_their_kinds() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let c = &mut *connection;
        c.batch(
            "CREATE TABLE t (v varchar(3), n smallint, j jsonb, b bit(2)); CREATE TYPE mood AS ENUM ('ok');
            CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int CONSTRAINT up REFERENCES parent);
            CREATE VIEW grown AS SELECT n FROM t WHERE n > 1 WITH CHECK OPTION;
            CREATE TABLE made (a int GENERATED ALWAYS AS IDENTITY); CREATE SEQUENCE numbers",
        )
        .await
        .unwrap();
        for (sql, kind, code) in [
            ("SELECT * FROM nope", ErrorKind::UnknownTable, "42P01"),
            ("SELECT nope FROM t", ErrorKind::UnknownColumn, "42703"),
            ("SELECT t.nope FROM t", ErrorKind::UnknownColumn, "42703"),
            ("CREATE TABLE t ()", ErrorKind::AlreadyExists, "42P07"),
            ("CREATE TYPE mood AS ENUM ()", ErrorKind::AlreadyExists, "42710"),
            ("SELEC 1", ErrorKind::Syntax, "42601"),
            ("INSERT INTO t (v) VALUES ('abcd')", ErrorKind::DataTooLong, "22001"),
            ("INSERT INTO t (n) VALUES (99999)", ErrorKind::OutOfRange, "22003"),
            ("SELECT '2026-02-30'::date", ErrorKind::OutOfRange, "22008"),
            ("SELECT 'x'::int", ErrorKind::InvalidValue, "22P02"),
            ("SELECT 'x'::mood", ErrorKind::InvalidValue, "22P02"),
            ("INSERT INTO t (j) VALUES ('{')", ErrorKind::InvalidValue, "22P02"),
            ("LOCK TABLE t", ErrorKind::InvalidStatement, "25P01"),
            ("SELECT 1 / 0", ErrorKind::InvalidValue, "22012"),
            ("DO $$ BEGIN RAISE 'no'; END $$", ErrorKind::Database, "P0001"),
            ("SELECT (SELECT n FROM generate_series(1, 2) n)", ErrorKind::InvalidStatement, "21000"),
            ("SELECT 'a' ~ '('", ErrorKind::InvalidValue, "2201B"),
            ("SELECT 'ab' LIKE 'a\\'", ErrorKind::InvalidValue, "22025"),
            ("SELECT n FROM t LIMIT -1", ErrorKind::InvalidValue, "2201W"),
            ("SELECT 'x'::tsquery, ':'::tsquery", ErrorKind::InvalidValue, "42601"),
            ("SELECT exp(1e10::float8)", ErrorKind::OutOfRange, "22003"),
            ("INSERT INTO t (b) VALUES (B'1')", ErrorKind::DataTooLong, "22026"),
            ("TRUNCATE parent", ErrorKind::ForeignKeyViolation, "0A000"),
            ("DROP TABLE parent", ErrorKind::HasDependents, "2BP01"),
            ("INSERT INTO grown VALUES (1)", ErrorKind::CheckViolation, "44000"),
            ("SELECT n FROM nope.t", ErrorKind::UnknownTable, "42P01"),
            ("SET search_path_x = 1", ErrorKind::InvalidStatement, "42704"),
            ("SELECT n FROM t a, t b", ErrorKind::InvalidStatement, "42702"),
            ("SELECT 1 FROM t, t", ErrorKind::InvalidStatement, "42712"),
            ("SELECT n, count(*) FROM t", ErrorKind::InvalidStatement, "42803"),
            ("SELECT nope(1)", ErrorKind::InvalidStatement, "42883"),
            ("SELECT n = true FROM t", ErrorKind::InvalidStatement, "42883"),
            ("INSERT INTO t (n) VALUES (true)", ErrorKind::InvalidStatement, "42804"),
            ("INSERT INTO t (n) VALUES (1) ON CONFLICT (n) DO NOTHING", ErrorKind::InvalidStatement, "42P10"),
            ("INSERT INTO made (a) VALUES (1)", ErrorKind::InvalidStatement, "428C9"),
            ("SELECT currval('numbers')", ErrorKind::InvalidStatement, "55000"),
            ("ROLLBACK TO nowhere", ErrorKind::InvalidStatement, "25P01"),
            ("CREATE DATABASE template1", ErrorKind::AlreadyExists, "42P04"),
            ("SELECT $1", ErrorKind::InvalidStatement, "08P01"),
        ] {
            let error = fails(c, sql).await;
            assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{sql}: {error:?}");
            assert!(!c.is_broken(), "{sql}");
            // A kind that says little is explained.
            let plain = matches!(kind, ErrorKind::Database | ErrorKind::InvalidStatement | ErrorKind::InvalidValue);
            assert!(!plain || !error.message().is_empty(), "{sql}");
        }
        let error = fails(c, "DROP TABLE parent").await;
        assert!(error.message().contains("constraint up on table child"), "{error}");
        assert_eq!(fails(c, "SELECT * FROM nope").await.table(), Some("nope"));
        assert_eq!(fails(c, "SELECT nope FROM t").await.columns(), ["nope"]);
        assert_eq!(fails(c, "SELECT t.nope FROM t").await.columns(), ["nope"]);
        let nul = rows(c, "SELECT $1::jsonb", &[Value::Json("\"\\u0000\"".into())]).await.unwrap_err();
        assert_eq!(nul.kind(), ErrorKind::InvalidValue);

        c.begin(&BeginOptions { read_only: true, ..BeginOptions::default() }).await.unwrap();
        assert_eq!(fails(c, "INSERT INTO t (n) VALUES (1)").await.kind(), ErrorKind::ReadOnly);
        c.rollback().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn waiting_has_its_limits() {
    with_database(async |database| {
        let options = database.options().statement_timeout(Duration::from_millis(300));
        let options = options.lock_timeout(Duration::from_millis(50));
        let mut one_side = Postgres::new(options).connect().await.unwrap();
        let mut other = database.connect().await;
        run(&mut *other, "CREATE TABLE t (v int)").await;
        other.begin(&BeginOptions::default()).await.unwrap();
        run(&mut *other, "LOCK TABLE t").await;
        assert_eq!(fails(&mut *one_side, "SELECT * FROM t").await.kind(), ErrorKind::LockTimeout);
        assert_eq!(fails(&mut *one_side, "SELECT pg_sleep(5)").await.kind(), ErrorKind::StatementTimeout);
        assert!(!one_side.is_broken());
        let nowait = fails(&mut *one_side, "SELECT * FROM t FOR UPDATE NOWAIT").await;
        assert_eq!(nowait.kind(), ErrorKind::LockTimeout);
    })
    .await;
}

#[tokio::test]
async fn an_idle_transaction_is_ended_by_the_server() {
    with_database(async |database| {
        let options = database.options().idle_in_transaction_session_timeout(Duration::from_millis(50));
        let server = Postgres::new(options);
        let mut connection = server.connect().await.unwrap();
        connection.begin(&BeginOptions::default()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
        let error = fails(&mut *connection, "SELECT 1").await;
        assert_eq!(error.kind(), ErrorKind::TransactionTimeout, "{error:?}");
        assert!(connection.is_broken());

        // It is known that a commit came too late.
        let mut connection = server.connect().await.unwrap();
        connection.begin(&BeginOptions::default()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
        let error = connection.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionTimeout, "{error:?}");
        assert!(connection.is_broken());
    })
    .await;
}

#[tokio::test]
async fn deadlocks_and_serialization_failures_can_be_retried() {
    with_database(async |database| {
        let mut a = database.connect().await;
        let mut b = database.connect().await;
        run(&mut *a, "CREATE TABLE t (id int PRIMARY KEY, v int)").await;
        run(&mut *a, "INSERT INTO t VALUES (1, 0), (2, 0)").await;
        for connection in [&mut a, &mut b] {
            run(&mut **connection, "SET deadlock_timeout = '50ms'").await;
            connection.begin(&BeginOptions::default()).await.unwrap();
        }
        run(&mut *a, "UPDATE t SET v = 1 WHERE id = 1").await;
        run(&mut *b, "UPDATE t SET v = 1 WHERE id = 2").await;
        let (x, y) = tokio::join!(rows(&mut *a, "UPDATE t SET v = 1 WHERE id = 2", &[]), async {
            let result = rows(&mut *b, "UPDATE t SET v = 1 WHERE id = 1", &[]).await;
            b.rollback().await.unwrap();
            result
        });
        let error = x.err().or(y.err()).unwrap();
        assert_eq!(error.kind(), ErrorKind::Deadlock);
        assert!(error.is_retryable());
        a.reset().await.unwrap();

        let serializable = BeginOptions { isolation: Some(Isolation::Serializable), ..BeginOptions::default() };
        for connection in [&mut a, &mut b] {
            connection.begin(&serializable).await.unwrap();
            one(&mut **connection, "SELECT sum(v) FROM t", &[]).await.unwrap();
        }
        run(&mut *a, "UPDATE t SET v = 5 WHERE id = 1").await;
        run(&mut *b, "UPDATE t SET v = 5 WHERE id = 2").await;
        a.commit().await.unwrap();
        let error = b.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Serialization);
        assert!(error.is_retryable());
        b.reset().await.unwrap();
        assert!(!b.is_broken());
    })
    .await;
}

#[tokio::test]
async fn a_killed_connection_is_lost() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let mut other = database.connect().await;
        let pid = one(&mut *connection, "SELECT pg_backend_pid()", &[]).await.unwrap().replace("int ", "");
        run(&mut *other, &format!("SELECT pg_terminate_backend({pid}, 5000)")).await;
        assert_eq!(connection.ping().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
        assert!(connection.is_broken());
        assert_eq!(fails(&mut *connection, "SELECT 1").await.kind(), ErrorKind::ConnectionLost);
    })
    .await;
}

/// The port of a server that says something and hangs up.
fn speaks_first(greeting: &'static [u8]) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(greeting).unwrap();
        // Hung up once the client has said what it had to say.
        let _ = stream.read(&mut [0; 1024]);
    });
    port
}

#[tokio::test]
async fn connecting_fails_with_the_reason_and_without_the_password() {
    with_database(async |database| {
        let kind = async |options: orm_postgres::PostgresOptions| {
            let error = Postgres::new(options.password("hunter2")).connect().await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"));
            error.kind()
        };
        assert_eq!(kind(database.options()).await, ErrorKind::Auth);
        assert_eq!(kind(database.options().user("nobody here")).await, ErrorKind::Auth);
        assert_eq!(kind(database.options().host("127.0.0.1").port(1)).await, ErrorKind::ConnectionFailed);
        assert_eq!(kind(database.options().socket("/nowhere")).await, ErrorKind::ConnectionFailed);
        assert_eq!(kind(database.options().setting("geqo;x", "1")).await, ErrorKind::Config);

        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let options = database.options().host("127.0.0.1").port(port);
        let options = options.connect_timeout(Some(Duration::from_millis(100)));
        assert_eq!(kind(options).await, ErrorKind::ConnectionFailed);

        // A server of another kind speaks first: a packet of 75 bytes, and a message that is shorter than it must be.
        for greeting in
            [&b"K\0\0\0\x0a9.7.4"[..], b"K\0\0\0\x06\0\0", b"R\0\0\0\x05\0", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
        {
            let options = database.options().host("127.0.0.1").port(speaks_first(greeting)).ssl_mode(SslMode::Disable);
            assert_eq!(kind(options).await, ErrorKind::ConnectionFailed, "{greeting:?}");
        }

        let unknown = Postgres::new(database.options().database("no such database"));
        assert_eq!(unknown.connect().await.unwrap_err().kind(), ErrorKind::UnknownDatabase);
        let init = Postgres::new(database.options().init("SELECT nope"));
        assert_eq!(init.connect().await.unwrap_err().kind(), ErrorKind::UnknownColumn);
    })
    .await;
}

/// A user of this test's own; dropped with what it may do.
async fn with_user(database: &Database, test: impl AsyncFnOnce(&Postgres, &mut dyn Connection)) {
    let user = format!("orm_user_{}", std::process::id());
    let mut admin = database.connect().await;
    run(&mut *admin, &format!("CREATE ROLE {user} LOGIN PASSWORD 'pw' CONNECTION LIMIT 1")).await;
    test(&Postgres::new(database.options().user(&user).password("pw")), &mut *admin).await;
    run(&mut *admin, &format!("DROP ROLE {user}")).await;
}

#[tokio::test]
async fn users_have_permissions_and_limits() {
    with_database(async |database| {
        with_user(database, async |driver, admin| {
            run(admin, "CREATE TABLE t (v int)").await;
            let mut connection = driver.connect().await.unwrap();
            assert_eq!(fails(&mut *connection, "SELECT * FROM t").await.kind(), ErrorKind::Permission);
            assert_eq!(driver.connect().await.unwrap_err().kind(), ErrorKind::TooManyConnections);
            connection.close().await;
        })
        .await;
    })
    .await;
}
