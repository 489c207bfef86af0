//! Beginning and ending transactions.

use std::time::Duration;

use orm_core::ErrorKind;
use orm_core::driver::{BeginOptions, Driver, Isolation, LockMode, Query};
use orm_sqlite::Sqlite;

use crate::support::{Place, execute, kind, memory, open, run, values};

#[test]
fn transactions_begin_commit_and_roll_back() {
    run(async {
        let mut c = memory().await;
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        assert!(c.in_transaction() && c.needs_reset());
        assert_eq!(kind(c.begin(&BeginOptions::default()).await), ErrorKind::InvalidStatement);
        execute(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        c.commit().await.unwrap();
        assert!(!c.in_transaction() && !c.needs_reset());
        let options = BeginOptions {
            isolation: Some(Isolation::Serializable),
            lock_mode: Some(LockMode::Immediate),
            ..BeginOptions::default()
        };
        c.begin(&options).await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (2)").await.unwrap();
        execute(&mut c, "SAVEPOINT s").await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (3)").await.unwrap();
        execute(&mut c, "ROLLBACK TO s").await.unwrap();
        execute(&mut c, "RELEASE s").await.unwrap();
        assert_eq!(values::<i64>(&mut c, "SELECT a FROM t", &[]).await.unwrap(), [1, 2]);
        c.rollback().await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut c, "DELETE FROM t").await.unwrap();
        c.abandon();
        assert!(!c.in_transaction());
        assert_eq!(values::<i64>(&mut c, "SELECT a FROM t", &[]).await.unwrap(), [1]);
        let deferrable = BeginOptions { deferrable: true, ..BeginOptions::default() };
        assert_eq!(kind(c.begin(&deferrable).await), ErrorKind::Unsupported);
        assert!(!c.in_transaction());
    });
}

#[test]
fn read_only_transactions_refuse_writes_and_end() {
    run(async {
        let mut c = memory().await;
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        for end in 0..3 {
            c.begin(&BeginOptions { read_only: true, ..BeginOptions::default() }).await.unwrap();
            assert_eq!(kind(execute(&mut c, "INSERT INTO t VALUES (1)").await), ErrorKind::ReadOnly);
            match end {
                0 => c.commit().await.unwrap(),
                1 => c.rollback().await.unwrap(),
                _ => c.abandon(),
            }
            assert!(!c.needs_reset());
            execute(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        }
    });
}

#[test]
fn a_commit_that_fails_leaves_the_transaction_open() {
    run(async {
        let mut c = memory().await;
        c.batch(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        )
        .await
        .unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut c, "INSERT INTO q VALUES (7)").await.unwrap();
        assert_eq!(kind(c.commit().await), ErrorKind::ForeignKeyViolation);
        assert!(c.in_transaction());
        c.rollback().await.unwrap();
        assert!(!c.in_transaction());
    });
}

#[test]
fn a_transaction_that_sqlite_undid_refuses_statements() {
    run(async {
        let mut c = memory().await;
        execute(&mut c, "CREATE TABLE t (a UNIQUE)").await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (2)").await.unwrap();
        let error = execute(&mut c, "INSERT OR ROLLBACK INTO t VALUES (1)").await;
        assert_eq!(kind(error), ErrorKind::UniqueViolation);
        assert!(c.in_transaction());
        assert_eq!(kind(execute(&mut c, "INSERT INTO t VALUES (3)").await), ErrorKind::TransactionClosed);
        assert_eq!(kind(c.batch("INSERT INTO t VALUES (3)").await), ErrorKind::TransactionClosed);
        assert_eq!(kind(c.commit().await), ErrorKind::TransactionClosed);
        c.rollback().await.unwrap();
        assert_eq!(values::<i64>(&mut c, "SELECT a FROM t", &[]).await.unwrap(), [1]);
    });
}

#[test]
fn a_deferred_transaction_waits_with_its_first_write_also_where_it_returns_rows() {
    run(async {
        let place = Place::new();
        let mut first = open(place.options()).await;
        first.batch("CREATE TABLE t (a)").await.unwrap();
        let mut second = open(place.options().busy_timeout(Duration::from_secs(30))).await;
        first.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut first, "INSERT INTO t VALUES (1)").await.unwrap();
        let waiting = async {
            second.begin(&BeginOptions { lock_mode: Some(LockMode::Deferred), ..BeginOptions::default() }).await?;
            values::<i64>(&mut second, "INSERT INTO t VALUES (2) RETURNING a", &[]).await
        };
        let ending = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            first.commit().await
        };
        let (written, ended) = tokio::join!(waiting, ending);
        assert_eq!((written.unwrap(), ended.is_ok()), (vec![2], true));
        second.commit().await.unwrap();
    });
}

#[test]
fn transactions_wait_for_the_lock_at_their_start_unless_they_only_read() {
    run(async {
        let place = Place::new();
        let mut first = open(place.options()).await;
        first.batch("CREATE TABLE t (a)").await.unwrap();
        first.begin(&BeginOptions::default()).await.unwrap();
        let mut second = open(place.options().busy_timeout(Duration::from_millis(50))).await;
        let error = second.begin(&BeginOptions::default()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Busy, Some("5")));
        for word in ["busy_timeout", "read_only()", "use `tx`, not `db`"] {
            assert!(error.to_string().contains(word), "{error}");
        }
        second.begin(&BeginOptions { read_only: true, ..BeginOptions::default() }).await.unwrap();
        assert_eq!(values::<i64>(&mut second, "SELECT count(*) FROM t", &[]).await.unwrap(), [0]);
        second.commit().await.unwrap();
    });
}

#[test]
fn writers_that_wait_take_turns() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Place::new();
        let driver = Sqlite::new(place.options().busy_timeout(Duration::from_secs(20)));
        let mut first = driver.connect().await.unwrap();
        first.batch("CREATE TABLE t (a)").await.unwrap();
        let mut tasks = Vec::new();
        for _ in 0..8 {
            let mut connection = driver.connect().await.unwrap();
            tasks.push(tokio::spawn(async move {
                for _ in 0..50 {
                    connection.begin(&BeginOptions::default()).await?;
                    connection.execute(Query::new("INSERT INTO t VALUES (1)", &[])).await?;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    connection.commit().await?;
                    connection.execute(Query::new("INSERT INTO t VALUES (2) RETURNING a", &[])).await?;
                }
                Ok::<_, orm_core::Error>(())
            }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(values::<i64>(&mut first, "SELECT count(*) FROM t", &[]).await.unwrap(), [800]);
    });
}
