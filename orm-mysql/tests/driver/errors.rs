//! Each kind of error, provoked on the real servers.

use std::io::Write as _;
use std::time::Duration;

use orm_core::driver::{BeginOptions, Connection, Driver, Query};
use orm_core::{Error, ErrorKind, Value};
use orm_mysql::{Mysql, MysqlConnection, MysqlOptions, SslMode};

use crate::support::{Fixture, one, query, rows, run_sql};

on_both! {
    unique_keys,
    foreign_keys,
    not_null,
    checks,
    names_of_things,
    values_that_do_not_fit,
    deadlocks,
    lock_timeouts,
    statement_timeouts,
    read_only_transactions,
    authentication_and_permission,
    too_many_connections,
    killed_connections,
    a_killed_query_is_cancelled_and_a_killed_connection_is_lost,
    values_longer_than_a_packet_are_refused_with_the_limit,
    a_commit_that_nobody_answered,
    wrong_counts_of_values,
    unreachable_servers,
    servers_of_another_kind,
    snapshots_that_grew_old,
}

async fn fail(connection: &mut MysqlConnection, sql: &str) -> Error {
    match connection.execute(Query::text(sql)).await {
        Ok(done) => panic!("{sql}: {done:?}"),
        Err(error) => error,
    }
}

#[track_caller]
fn check(error: &Error, kind: ErrorKind, table: Option<&str>, constraint: Option<&str>, columns: &[&str]) {
    assert_eq!(error.kind(), kind, "{error:?}");
    assert_eq!(error.table(), table, "{error:?}");
    assert_eq!(error.constraint(), constraint, "{error:?}");
    assert_eq!(error.columns(), columns, "{error:?}");
    assert!(error.code().is_some(), "{error:?}");
    assert!(std::error::Error::source(error).is_some());
}

async fn unique_keys(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(
        &mut connection,
        "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(99), a INT, b INT, UNIQUE KEY `e-mail` (email), \
         UNIQUE KEY ab (a, b))",
    )
    .await;
    let table = (!fixture.mariadb()).then_some("users");
    for value in ["plain", "it's - a 'key'", "x' for key 'users.nope", "-"] {
        let insert = Value::Text(value.into());
        let id = || Value::I64(value.len() as i64);
        connection
            .execute(query("INSERT INTO users (id, email) VALUES (?, ?)", &[id(), insert.clone()]))
            .await
            .unwrap();
        let again = query("INSERT INTO users (id, email) VALUES (1000, ?)", std::slice::from_ref(&insert));
        let error = connection.execute(again).await.unwrap_err();
        check(&error, ErrorKind::UniqueViolation, table, Some("e-mail"), &[]);
        assert!(value == "-" || !error.to_string().contains(value), "{error}");
    }
    run_sql(&mut connection, "INSERT INTO users (id, a, b) VALUES (2000, 1, 2)").await;
    let error = fail(&mut connection, "INSERT INTO users (id) VALUES (2000)").await;
    check(&error, ErrorKind::UniqueViolation, table, Some("PRIMARY"), &[]);
    let error = fail(&mut connection, "UPDATE users SET a = 1, b = 2").await;
    check(&error, ErrorKind::UniqueViolation, table, Some("ab"), &[]);
}

async fn foreign_keys(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE parents (x INT, y INT, PRIMARY KEY (x, y))").await;
    run_sql(
        &mut connection,
        "CREATE TABLE `chi``ldren` (a INT, b INT, CONSTRAINT `my fk` FOREIGN KEY (a, b) REFERENCES parents (x, y))",
    )
    .await;
    let error = fail(&mut connection, "INSERT INTO `chi``ldren` VALUES (1, 2)").await;
    check(&error, ErrorKind::ForeignKeyViolation, Some("chi`ldren"), Some("my fk"), &["a", "b"]);
    run_sql(&mut connection, "DROP TABLE `chi``ldren`").await;

    run_sql(
        &mut connection,
        "CREATE TABLE children (a INT, b INT, CONSTRAINT `my fk` FOREIGN KEY (a, b) REFERENCES parents (x, y))",
    )
    .await;
    let error = fail(&mut connection, "INSERT INTO children VALUES (1, 2)").await;
    check(&error, ErrorKind::ForeignKeyViolation, Some("children"), Some("my fk"), &["a", "b"]);
    run_sql(&mut connection, "INSERT INTO parents VALUES (1, 2)").await;
    run_sql(&mut connection, "INSERT INTO children VALUES (1, 2)").await;
    for sql in ["DELETE FROM parents", "UPDATE parents SET x = 9"] {
        let error = fail(&mut connection, sql).await;
        check(&error, ErrorKind::ForeignKeyViolation, Some("children"), Some("my fk"), &["a", "b"]);
    }
    assert_eq!(fail(&mut connection, "TRUNCATE TABLE parents").await.kind(), ErrorKind::ForeignKeyViolation);
    let error = fail(&mut connection, "DROP TABLE parents").await;
    if fixture.mariadb() {
        check(&error, ErrorKind::ForeignKeyViolation, None, None, &[]);
    } else {
        check(&error, ErrorKind::HasDependents, Some("children"), Some("my fk"), &[]);
    }
}

async fn not_null(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE users (id INT, name VARCHAR(9) NOT NULL)").await;
    for sql in
        ["INSERT INTO users VALUES (1, NULL)", "INSERT INTO users (id) VALUES (1)", "INSERT INTO users SELECT 1, NULL"]
    {
        let error = fail(&mut connection, sql).await;
        check(&error, ErrorKind::NotNullViolation, None, None, &["name"]);
    }
}

async fn checks(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(
        &mut connection,
        "CREATE TABLE users (age INT CHECK (age > 0), size INT, CONSTRAINT `it's small` CHECK (size < 10))",
    )
    .await;
    let error = fail(&mut connection, "INSERT INTO users VALUES (1, 10)").await;
    let table = fixture.mariadb().then_some("users");
    check(&error, ErrorKind::CheckViolation, table, Some("it's small"), &[]);
    let error = fail(&mut connection, "INSERT INTO users VALUES (0, 1)").await;
    if fixture.mariadb() {
        check(&error, ErrorKind::CheckViolation, table, Some("users.age"), &["age"]);
    } else {
        check(&error, ErrorKind::CheckViolation, None, Some("users_chk_1"), &[]);
    }
}

async fn names_of_things(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE users (id INT, KEY k (id))").await;
    for (sql, kind, table, columns) in [
        ("SELECT * FROM nothing", ErrorKind::UnknownTable, Some("nothing"), &[][..]),
        ("DROP TABLE nothing", ErrorKind::UnknownTable, Some("nothing"), &[]),
        ("SELECT nick FROM users", ErrorKind::UnknownColumn, None, &["nick"]),
        ("SELECT u.nick FROM users u", ErrorKind::UnknownColumn, None, &["nick"]),
        ("CREATE INDEX n ON users (nick)", ErrorKind::UnknownColumn, None, &["nick"]),
        ("CREATE TABLE users (id INT)", ErrorKind::AlreadyExists, Some("users"), &[]),
        ("CREATE INDEX k ON users (id)", ErrorKind::AlreadyExists, None, &[]),
        ("ALTER TABLE users ADD COLUMN id INT", ErrorKind::AlreadyExists, None, &[]),
        ("SELEC 1", ErrorKind::Syntax, None, &[]),
        ("SELECT FROM", ErrorKind::Syntax, None, &[]),
        ("SELECT id FROM users a JOIN users b", ErrorKind::InvalidStatement, None, &[]),
        ("SELECT id, COUNT(*) FROM users", ErrorKind::InvalidStatement, None, &[]),
        ("SELECT (SELECT 1 UNION SELECT 2)", ErrorKind::InvalidStatement, None, &[]),
        ("SELECT (SELECT 1, 2)", ErrorKind::InvalidStatement, None, &[]),
        ("CREATE TABLE two (a INT AUTO_INCREMENT, b INT PRIMARY KEY)", ErrorKind::InvalidStatement, None, &[]),
        ("CREATE TABLE d (a INT DEFAULT 'x')", ErrorKind::InvalidStatement, None, &[]),
        ("CREATE TABLE k (a TEXT, PRIMARY KEY (a))", ErrorKind::InvalidStatement, None, &[]),
        ("CREATE TABLE f (a INT, FOREIGN KEY (a) REFERENCES users (name))", ErrorKind::InvalidStatement, None, &[]),
        ("INSERT INTO users VALUES (1, 2, 3, 4)", ErrorKind::InvalidStatement, None, &[]),
        ("SELECT no_such_function(1)", ErrorKind::InvalidStatement, None, &[]),
        ("ALTER TABLE users DROP COLUMN nick", ErrorKind::InvalidStatement, None, &[]),
        ("SELECT 'a' REGEXP '('", ErrorKind::InvalidValue, None, &[]),
        ("DROP DATABASE orm_nothing", ErrorKind::UnknownDatabase, None, &[]),
        ("SELECT CONVERT('a' USING nothing)", ErrorKind::Unsupported, None, &[]),
        ("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'", ErrorKind::Database, None, &[]),
    ] {
        let error = fail(&mut connection, sql).await;
        if kind == ErrorKind::InvalidStatement && table.is_none() && columns.is_empty() {
            // Where a server quotes a name that has no place in the error, it is left out.
            assert_eq!(error.kind(), kind, "{sql}: {error:?}");
        } else {
            check(&error, kind, table, None, columns);
        }
        let plain = matches!(kind, ErrorKind::Database | ErrorKind::InvalidStatement | ErrorKind::InvalidValue);
        assert!(!plain || !error.message().is_empty(), "{sql}");
        assert!(!connection.is_broken(), "{sql}");
    }
    let error = Mysql::new(fixture.options.clone().database("orm_nothing")).connect().await.unwrap_err();
    check(&error, ErrorKind::UnknownDatabase, None, None, &[]);
    // Only one statement at a time where rows come back: what an injected `;` adds does not run.
    let error = fail(&mut connection, "SELECT 1; DROP TABLE users").await;
    check(&error, ErrorKind::Syntax, None, None, &[]);
    run_sql(&mut connection, "SELECT * FROM users").await;
}

async fn values_that_do_not_fit(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(
        &mut connection,
        "CREATE TABLE t (s VARCHAR(3), i TINYINT, d DATE, e ENUM('a'), n INT, j JSON, c DECIMAL(3,1))",
    )
    .await;
    let json = if fixture.mariadb() { ErrorKind::CheckViolation } else { ErrorKind::InvalidValue };
    for (column, value, kind) in [
        ("s", "'long'", ErrorKind::DataTooLong),
        ("i", "1000", ErrorKind::OutOfRange),
        ("c", "100.0", ErrorKind::OutOfRange),
        ("d", "'2026-02-30'", ErrorKind::InvalidValue),
        ("d", "'yesterday'", ErrorKind::InvalidValue),
        ("e", "'b'", ErrorKind::InvalidValue),
        ("n", "'x'", ErrorKind::InvalidValue),
        ("n", "1/0", ErrorKind::InvalidValue),
        ("j", "'{'", json),
    ] {
        let error = fail(&mut connection, &format!("INSERT INTO t ({column}) VALUES ({value})")).await;
        assert_eq!(error.kind(), kind, "{column} {value} {error:?}");
    }
    let error = fail(&mut connection, "SELECT 9223372036854775807 + 1").await;
    assert_eq!(error.kind(), ErrorKind::OutOfRange);
}

async fn deadlocks(fixture: &Fixture) {
    let mut first = fixture.connect().await;
    let mut second = fixture.connect().await;
    run_sql(&mut first, "CREATE TABLE t (id INT PRIMARY KEY, v INT)").await;
    run_sql(&mut first, "INSERT INTO t VALUES (1, 0), (2, 0)").await;
    first.begin(&BeginOptions::default()).await.unwrap();
    second.begin(&BeginOptions::default()).await.unwrap();
    run_sql(&mut first, "UPDATE t SET v = 1 WHERE id = 1").await;
    run_sql(&mut second, "UPDATE t SET v = 1 WHERE id = 2").await;
    let (one, two) = tokio::join!(
        first.execute(Query::text("UPDATE t SET v = 2 WHERE id = 2")),
        second.execute(Query::text("UPDATE t SET v = 2 WHERE id = 1")),
    );
    let error = one.err().or(two.err()).expect("one of them fails");
    check(&error, ErrorKind::Deadlock, None, None, &[]);
    assert!(error.is_retryable());
    for connection in [&mut first, &mut second] {
        assert!(connection.in_transaction() && !connection.is_broken());
        connection.rollback().await.unwrap();
    }
}

async fn lock_timeouts(fixture: &Fixture) {
    let mut holder = fixture.connect().await;
    let options = fixture.options.clone().lock_timeout(Duration::from_millis(900));
    let mut waiter = Mysql::new(options).open().await.unwrap();
    assert_eq!(one::<i64>(&mut waiter, "SELECT @@innodb_lock_wait_timeout").await.unwrap(), 1);
    run_sql(&mut holder, "CREATE TABLE t (id INT PRIMARY KEY)").await;
    run_sql(&mut holder, "INSERT INTO t VALUES (1)").await;
    holder.begin(&BeginOptions::default()).await.unwrap();
    run_sql(&mut holder, "SELECT * FROM t FOR UPDATE").await;
    let error = fail(&mut waiter, "DELETE FROM t").await;
    check(&error, ErrorKind::LockTimeout, None, None, &[]);
    let error = fail(&mut waiter, "SELECT * FROM t FOR UPDATE NOWAIT").await;
    check(&error, ErrorKind::LockTimeout, None, None, &[]);
    let free = rows::<i64>(&mut waiter, query("SELECT id FROM t FOR UPDATE SKIP LOCKED", &[])).await.unwrap();
    assert!(free.is_empty());
}

async fn statement_timeouts(fixture: &Fixture) {
    let options = fixture.options.clone().statement_timeout(Duration::from_millis(50));
    let mut connection = Mysql::new(options).open().await.unwrap();
    let slow = "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, \
                information_schema.columns c";
    let error = fail(&mut connection, slow).await;
    check(&error, ErrorKind::StatementTimeout, None, None, &[]);
    connection.ping().await.unwrap();
    assert!(!connection.is_broken());
    // Stopped from outside.
    let mut connection = fixture.connect().await;
    let mut killer = fixture.connect().await;
    let id: u64 = one(&mut connection, "SELECT CONNECTION_ID()").await.unwrap();
    let (error, ()) = tokio::join!(fail(&mut connection, slow), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        run_sql(&mut killer, &format!("KILL QUERY {id}")).await;
    });
    check(&error, ErrorKind::StatementTimeout, None, None, &[]);
    assert!(!connection.is_broken());
}

async fn read_only_transactions(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (id INT)").await;
    connection.begin(&BeginOptions { read_only: true, ..BeginOptions::default() }).await.unwrap();
    let error = fail(&mut connection, "INSERT INTO t VALUES (1)").await;
    check(&error, ErrorKind::ReadOnly, None, None, &[]);
    connection.rollback().await.unwrap();
    run_sql(&mut connection, "INSERT INTO t VALUES (1)").await;
}

async fn authentication_and_permission(fixture: &Fixture) {
    let error = Mysql::new(fixture.options.clone().password("wrong-pw")).connect().await.unwrap_err();
    check(&error, ErrorKind::Auth, None, None, &[]);
    assert!(!format!("{error:?}").contains("wrong-pw"));
    let error = Mysql::new(fixture.options.clone().user("orm_nobody")).connect().await.unwrap_err();
    check(&error, ErrorKind::Auth, None, None, &[]);

    let mut admin = fixture.connect().await;
    let user = format!("{}_u", fixture.database);
    run_sql(&mut admin, "CREATE TABLE visible (id INT)").await;
    run_sql(&mut admin, "CREATE TABLE hidden (id INT)").await;
    run_sql(&mut admin, &format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'user-pw'")).await;
    run_sql(&mut admin, &format!("GRANT SELECT ON {}.visible TO '{user}'@'%'", fixture.database)).await;
    let options = fixture.options.clone().user(&user).password("user-pw");
    let error = Mysql::new(options.clone().database("mysql")).connect().await.unwrap_err();
    check(&error, ErrorKind::Permission, None, None, &[]);
    let mut connection = Mysql::new(options).open().await.unwrap();
    run_sql(&mut connection, "SELECT * FROM visible").await;
    for sql in [
        "SELECT * FROM hidden",
        "INSERT INTO visible VALUES (1)",
        "SET GLOBAL max_connections = 1",
        "CREATE TABLE t (id INT)",
    ] {
        let error = fail(&mut connection, sql).await;
        check(&error, ErrorKind::Permission, None, None, &[]);
    }
    run_sql(&mut admin, &format!("DROP USER '{user}'@'%'")).await;
}

async fn too_many_connections(fixture: &Fixture) {
    let mut admin = fixture.connect().await;
    let user = format!("{}_u", fixture.database);
    run_sql(&mut admin, &format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'user-pw' WITH MAX_USER_CONNECTIONS 1")).await;
    run_sql(&mut admin, &format!("GRANT ALL ON {}.* TO '{user}'@'%'", fixture.database)).await;
    let driver = Mysql::new(fixture.options.clone().user(&user).password("user-pw"));
    let first = driver.connect().await.unwrap();
    let error = driver.connect().await.unwrap_err();
    check(&error, ErrorKind::TooManyConnections, None, None, &[]);
    first.close().await;
    run_sql(&mut admin, &format!("DROP USER '{user}'@'%'")).await;
}

async fn kill(fixture: &Fixture, connection: &mut MysqlConnection) {
    let id: u64 = one(connection, "SELECT CONNECTION_ID()").await.unwrap();
    let mut killer = fixture.connect().await;
    run_sql(&mut killer, &format!("KILL CONNECTION {id}")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn killed_connections(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    kill(fixture, &mut connection).await;
    let error = connection.execute(query("SELECT 1", &[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
    assert!(connection.is_broken());
    assert_eq!(connection.ping().await.unwrap_err().kind(), ErrorKind::ConnectionLost);

    let mut connection = fixture.connect().await;
    kill(fixture, &mut connection).await;
    assert_eq!(connection.ping().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
    assert!(connection.is_broken());
    Box::new(connection).close().await;
}

async fn a_killed_query_is_cancelled_and_a_killed_connection_is_lost(fixture: &Fixture) {
    let slow = "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, \
                information_schema.columns c";
    for (kill, kind) in [("KILL QUERY", ErrorKind::StatementTimeout), ("KILL CONNECTION", ErrorKind::ConnectionLost)] {
        let mut connection = fixture.connect().await;
        let mut killer = fixture.connect().await;
        let id: u64 = one(&mut connection, "SELECT CONNECTION_ID()").await.unwrap();
        let (error, ()) = tokio::join!(fail(&mut connection, slow), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            run_sql(&mut killer, &format!("{kill} {id}")).await;
        });
        assert_eq!(
            (error.kind(), connection.is_broken()),
            (kind, kind == ErrorKind::ConnectionLost),
            "{kill}: {error:?}"
        );
        if kind == ErrorKind::StatementTimeout {
            assert!(error.message().contains("it was cancelled"), "{error}");
        }
    }
    let mut connection = fixture.connect().await;
    let id: u64 = one(&mut connection, "SELECT CONNECTION_ID()").await.unwrap();
    let error = fail(&mut connection, &format!("KILL {id}")).await;
    assert_eq!((error.kind(), connection.is_broken()), (ErrorKind::ConnectionLost, true), "{error:?}");
}

async fn values_longer_than_a_packet_are_refused_with_the_limit(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE big (v LONGBLOB, w LONGBLOB)").await;
    let limit: u64 = one(&mut connection, "SELECT @@max_allowed_packet").await.unwrap();
    let size = usize::try_from(limit).unwrap();
    let too_long = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::DataTooLong, "{error:?}");
        assert!(
            error.message().contains(&limit.to_string()) && error.message().contains("max_allowed_packet"),
            "{error}"
        );
    };
    let binds = [Value::Bytes(vec![7; size / 2]), Value::Bytes(vec![7; size / 2])];
    too_long(connection.execute(query("INSERT INTO big VALUES (?, ?)", &binds)).await.unwrap_err());
    let text = format!("SELECT '{}'", "x".repeat(size));
    too_long(fail(&mut connection, &text).await);
    too_long(connection.batch(&text).await.unwrap_err());
    assert!(!connection.is_broken() && !connection.in_transaction());
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM big").await.unwrap(), 0);
}

async fn a_commit_that_nobody_answered(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    connection.begin(&BeginOptions::default()).await.unwrap();
    kill(fixture, &mut connection).await;
    let error = connection.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AmbiguousCommit, "{error:?}");
    assert!(connection.is_broken() && connection.in_transaction());
    // Here it is known: the COMMIT was never sent.
    assert_eq!(connection.commit().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
}

async fn wrong_counts_of_values(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    for binds in [&[][..], &[Value::I64(1)], &[Value::I64(1), Value::I64(2), Value::I64(3)]] {
        let query = Query::new("SELECT ?, ?", binds).cacheable(false);
        let error = connection.execute(query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error:?}");
        if !binds.is_empty() {
            assert!(!connection.is_broken());
        } else if connection.is_broken() {
            connection = fixture.connect().await;
        }
    }
    assert_eq!(one::<i64>(&mut connection, "SELECT 1").await.unwrap(), 1);
}

async fn unreachable_servers(_: &Fixture) {
    let nobody = MysqlOptions::new().host("127.0.0.1").port(1).ssl_mode(SslMode::Disable);
    let error = Mysql::new(nobody).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
    let error = Mysql::new(MysqlOptions::new().socket("/nonexistent/s.sock")).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
    // Someone listens and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let options = MysqlOptions::new().host("127.0.0.1").port(port).connect_timeout(Duration::from_millis(100));
    let error = Mysql::new(options).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
}

async fn servers_of_another_kind(_: &Fixture) {
    for greeting in [
        &b"\0\0\0\0"[..],
        b"\x01\0\0\0\x0a",
        b"\x08\0\0\0\x0a8.0\0\x01\0\0",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || listener.accept().unwrap().0.write_all(greeting).unwrap());
        let options = MysqlOptions::new().host("127.0.0.1").port(port).connect_timeout(Duration::from_secs(1));
        let error = Mysql::new(options).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{greeting:?}: {error:?}");
    }
}

async fn snapshots_that_grew_old(fixture: &Fixture) {
    let mut first = fixture.connect().await;
    let mut second = fixture.connect().await;
    run_sql(&mut first, "CREATE TABLE t (id INT PRIMARY KEY, v INT)").await;
    run_sql(&mut first, "INSERT INTO t VALUES (1, 0)").await;
    if !fixture.mariadb() {
        // MySQL overwrites what the snapshot has not seen.
        return;
    }
    run_sql(&mut first, "SET innodb_snapshot_isolation = 1").await;
    first.begin(&BeginOptions::default()).await.unwrap();
    run_sql(&mut first, "SELECT * FROM t").await;
    run_sql(&mut second, "UPDATE t SET v = 1").await;
    let error = fail(&mut first, "UPDATE t SET v = 2").await;
    check(&error, ErrorKind::Serialization, None, None, &[]);
    assert!(error.is_retryable());
}
