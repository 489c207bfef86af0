//! Beginning and ending transactions.

use orm_core::ErrorKind;
use orm_core::driver::{BeginOptions, Isolation, LockMode};

use crate::support::{execute, kind, memory, run, values};

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
