//! Behind PgBouncer in transaction mode, which `ORM_TEST_PGBOUNCER_URL` names; and what is said of such a pooler when nobody
//! told the driver of it.

use std::time::Duration;

use orm_core::driver::{BeginOptions, Connection, Driver, Isolation};
use orm_core::{ErrorKind, Value};
use orm_postgres::{Pooler, Postgres, PostgresOptions};

use crate::support::{Database, one, rows, run, with_database};

/// The options of a driver that knows of the pooler.
fn shared(database: &Database) -> Option<PostgresOptions> {
    database.behind_pooler().map(|options| options.pooler(Pooler::Transaction))
}

async fn connect(options: PostgresOptions) -> Box<dyn Connection> {
    Postgres::new(options).connect().await.unwrap()
}

#[tokio::test]
async fn a_pooler_as_it_is_installed_lets_clients_in() {
    with_database(async |database| {
        let Some(options) = database.behind_pooler() else { return };
        let limited = options.clone().statement_timeout(Duration::from_secs(5)).application_name("orm's test");
        for options in [options, limited.clone(), limited.pooler(Pooler::Transaction)] {
            connect(options).await.ping().await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_pooler_each_answer_is_to_its_own_question() {
    with_database(async |database| {
        let Some(options) = shared(database) else { return };
        let mut tasks = Vec::new();
        for task in 0..8_i64 {
            let mut connection = connect(options.clone()).await;
            tasks.push(tokio::spawn(async move {
                let mut wrong = 0;
                for number in 0..150_i64 {
                    let sql = format!("SELECT $1::int8, {task}::int8");
                    let answer = one(&mut *connection, &sql, &[Value::I64(number)]).await.unwrap();
                    wrong += u32::from(answer != format!("int {number} | int {task}"));
                }
                wrong
            }));
        }
        for task in tasks {
            assert_eq!(task.await.unwrap(), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn behind_a_pooler_settings_hold_for_their_own_client() {
    with_database(async |database| {
        let Some(options) = shared(database) else { return };
        database.connect().await.batch("CREATE SCHEMA mine; CREATE TABLE mine.t (v int)").await.unwrap();
        let mine = options.clone().statement_timeout(Duration::from_secs(5)).search_path(["mine", "public"]);
        let (mut mine, mut other) = (connect(mine).await, connect(options).await);
        let sql = "SELECT current_setting('statement_timeout'), current_setting('search_path')";
        for _ in 0..8 {
            assert_eq!(one(&mut *mine, sql, &[]).await.unwrap(), "text 5s | text \"mine\", \"public\"");
            assert_eq!(one(&mut *other, sql, &[]).await.unwrap(), "text 0 | text \"$user\", public");
        }
        mine.batch("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)").await.unwrap();
        let serializable = BeginOptions { isolation: Some(Isolation::Serializable), ..BeginOptions::default() };
        mine.begin(&serializable).await.unwrap();
        let sql =
            "SELECT count(*), current_setting('transaction_isolation'), current_setting('statement_timeout') FROM t";
        assert_eq!(one(&mut *mine, sql, &[]).await.unwrap(), "int 2 | text serializable | text 5s");
        run(&mut *mine, "DELETE FROM t").await;
        mine.rollback().await.unwrap();
        assert_eq!(one(&mut *mine, "SELECT count(*) FROM t", &[]).await.unwrap(), "int 2");
        let unknown = shared(database).unwrap().setting("no_such_setting", "1");
        let error = Postgres::new(unknown).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    })
    .await;
}

#[tokio::test]
async fn behind_a_pooler_what_needs_a_session_is_refused() {
    with_database(async |database| {
        let Some(options) = shared(database) else { return };
        let mut connection = connect(options).await;
        for sql in ["SET work_mem = '1MB'", "LISTEN jobs", "PREPARE mine AS SELECT 1", "DISCARD ALL"] {
            let error = rows(&mut *connection, sql, &[]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{sql}: {error}");
            assert!(error.message().contains("pooler=transaction"), "{error}");
            assert_eq!(connection.batch(sql).await.unwrap_err().kind(), ErrorKind::Unsupported, "{sql}");
        }
        connection.begin(&BeginOptions::default()).await.unwrap();
        run(&mut *connection, "SET LOCAL work_mem = '1MB'").await;
        assert_eq!(one(&mut *connection, "SHOW work_mem", &[]).await.unwrap(), "text 1MB");
        connection.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn behind_a_pooler_errors_leave_nothing_open() {
    with_database(async |database| {
        let Some(options) = shared(database) else { return };
        let mut connection = connect(options.statement_timeout(Duration::from_secs(9))).await;
        run(&mut *connection, "CREATE TABLE t (v int PRIMARY KEY, w int REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
            .await;
        let insert = "INSERT INTO t VALUES ($1, $2)";
        assert!(rows(&mut *connection, insert, &[Value::I32(1), Value::I32(1)]).await.unwrap().is_empty());
        for (value, other, kind) in
            [(1, 1, ErrorKind::UniqueViolation), (2, 7, ErrorKind::ForeignKeyViolation), (3, 3, ErrorKind::Database)]
        {
            let binds = [Value::I32(value), Value::I32(other)];
            match rows(&mut *connection, insert, &binds).await {
                Ok(rows) => assert!(value == 3 && rows.is_empty()),
                Err(error) => assert_eq!(error.kind(), kind, "{error}"),
            }
        }
        assert_eq!(one(&mut *connection, "SELECT count(*) FROM t", &[]).await.unwrap(), "int 2");
        // These run in no transaction.
        run(&mut *connection, "VACUUM t").await;
        run(&mut *connection, "CREATE INDEX CONCURRENTLY i ON t (w)").await;
        connection.batch("VACUUM t").await.unwrap();
        assert!(!connection.in_transaction() && !connection.is_broken());
    })
    .await;
}

/// Does what another client of a pooler would: nothing that the driver can see.
async fn unseen(connection: &mut dyn Connection, sql: &str) {
    run(connection, &format!("DO $$ BEGIN EXECUTE '{sql}'; END $$")).await;
}

#[tokio::test]
async fn answers_to_others_are_errors_that_name_the_pooler_and_the_option() {
    with_database(async |database| {
        let check = |error: orm_core::Error, code| {
            assert_eq!((error.kind(), error.code()), (ErrorKind::Config, code), "{error}");
            assert!(error.message().contains("pooler") && error.message().contains("pooler=transaction"), "{error}");
        };
        let pair = "SELECT $1::int4, $1::int4 + 1";
        let name = "SELECT name FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int4, %'";
        let binds = [Value::I32(1)];
        let mut connection = database.connect().await;
        let c = &mut *connection;
        assert_eq!(one(c, pair, &binds).await.unwrap(), "int 1 | int 2");
        let known = one(c, name, &[]).await.unwrap().replace("text ", "");
        // A row of fewer columns than were described.
        unseen(c, &format!("DEALLOCATE {known}")).await;
        unseen(c, &format!("PREPARE {known}(int4) AS SELECT $1")).await;
        check(one(c, pair, &binds).await.unwrap_err(), None);
        // A statement that is not there.
        unseen(c, &format!("DEALLOCATE {known}")).await;
        check(one(c, pair, &binds).await.unwrap_err(), Some("26000"));
        // One that is there already.
        let mut connection = database.connect().await;
        for number in 1..9 {
            unseen(&mut *connection, &format!("PREPARE sqlx_s_{number} AS SELECT 1")).await;
        }
        check(one(&mut *connection, pair, &binds).await.unwrap_err(), Some("42P05"));
        // What the driver sees being dropped is made again.
        let mut connection = database.connect().await;
        for drop in ["DEALLOCATE ALL", "DISCARD ALL"] {
            assert_eq!(one(&mut *connection, pair, &binds).await.unwrap(), "int 1 | int 2");
            run(&mut *connection, drop).await;
            assert_eq!(one(&mut *connection, pair, &binds).await.unwrap(), "int 1 | int 2");
            connection.batch(drop).await.unwrap();
        }
    })
    .await;
}
