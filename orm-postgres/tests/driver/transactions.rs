//! Transactions: how they begin, how they end, and what an end that failed looks like.

use orm_core::ErrorKind;
use orm_core::driver::{BeginOptions, Isolation, LockMode};

use crate::support::{one, rows, run, with_database};

#[tokio::test]
async fn every_option_reaches_the_server() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let levels = [
            (None, "read committed"),
            (Some(Isolation::ReadUncommitted), "read uncommitted"),
            (Some(Isolation::ReadCommitted), "read committed"),
            (Some(Isolation::RepeatableRead), "repeatable read"),
            (Some(Isolation::Serializable), "serializable"),
        ];
        for (isolation, level) in levels {
            for (read_only, deferrable) in [(false, false), (true, false), (true, true)] {
                let options = BeginOptions { isolation, read_only, deferrable, lock_mode: None };
                connection.begin(&options).await.unwrap();
                assert!(connection.in_transaction() && connection.needs_reset());
                let onoff = |on| if on { "on" } else { "off" };
                assert_eq!(
                    one(
                        &mut *connection,
                        "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), \
                         current_setting('transaction_deferrable')",
                        &[],
                    )
                    .await
                    .unwrap(),
                    format!("text {level} | text {} | text {}", onoff(read_only), onoff(deferrable))
                );
                connection.commit().await.unwrap();
                assert!(!connection.in_transaction());
            }
        }
        let locked = BeginOptions { lock_mode: Some(LockMode::Immediate), ..BeginOptions::default() };
        assert_eq!(connection.begin(&locked).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(!connection.in_transaction() && !connection.is_broken());
    })
    .await;
}

#[tokio::test]
async fn changes_stay_after_commit_and_go_with_rollback_or_reset() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE TABLE t (v int)").await;
        connection.begin(&BeginOptions::default()).await.unwrap();
        let again = connection.begin(&BeginOptions::default()).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::InvalidStatement);
        run(&mut *connection, "INSERT INTO t VALUES (1)").await;
        connection.commit().await.unwrap();
        assert_eq!(connection.commit().await.unwrap_err().kind(), ErrorKind::TransactionClosed);
        connection.begin(&BeginOptions::default()).await.unwrap();
        run(&mut *connection, "INSERT INTO t VALUES (2)").await;
        connection.rollback().await.unwrap();
        connection.rollback().await.unwrap();
        connection.begin(&BeginOptions::default()).await.unwrap();
        run(&mut *connection, "INSERT INTO t VALUES (3)").await;
        connection.reset().await.unwrap();
        assert!(!connection.in_transaction());
        assert_eq!(rows(&mut *connection, "SELECT v FROM t", &[]).await.unwrap(), [["int 1"]]);
    })
    .await;
}

#[tokio::test]
async fn commit_after_a_failure_is_an_error() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE TABLE t (v int)").await;
        connection.begin(&BeginOptions::default()).await.unwrap();
        run(&mut *connection, "INSERT INTO t VALUES (1)").await;
        assert!(rows(&mut *connection, "SELECT nope", &[]).await.is_err());
        let error = rows(&mut *connection, "SELECT 1", &[]).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::TransactionClosed, Some("25P02")));
        let error = connection.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionClosed);
        assert!(!connection.in_transaction() && !connection.is_broken());
        assert_eq!(one(&mut *connection, "SELECT count(*) FROM t", &[]).await.unwrap(), "int 0");

        // A savepoint that saves the transaction saves the commit.
        connection.begin(&BeginOptions::default()).await.unwrap();
        run(&mut *connection, "INSERT INTO t VALUES (2)").await;
        run(&mut *connection, "SAVEPOINT s").await;
        assert!(rows(&mut *connection, "SELECT nope", &[]).await.is_err());
        run(&mut *connection, "ROLLBACK TO SAVEPOINT s").await;
        connection.commit().await.unwrap();
        assert_eq!(rows(&mut *connection, "SELECT v FROM t", &[]).await.unwrap(), [["int 2"]]);

        // A failing batch counts too.
        connection.begin(&BeginOptions::default()).await.unwrap();
        assert!(connection.batch("SELECT 1; SELECT nope").await.is_err());
        assert_eq!(connection.commit().await.unwrap_err().kind(), ErrorKind::TransactionClosed);
    })
    .await;
}

#[tokio::test]
async fn deferred_constraints_fail_the_commit_with_their_facts() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE TABLE t (v int CONSTRAINT one UNIQUE DEFERRABLE INITIALLY DEFERRED)").await;
        run(&mut *connection, "INSERT INTO t VALUES (1)").await;
        for failed_before in [false, true] {
            connection.begin(&BeginOptions::default()).await.unwrap();
            if failed_before {
                run(&mut *connection, "SAVEPOINT s").await;
                assert!(rows(&mut *connection, "SELECT nope", &[]).await.is_err());
                run(&mut *connection, "ROLLBACK TO SAVEPOINT s").await;
            }
            run(&mut *connection, "INSERT INTO t VALUES (1)").await;
            let error = connection.commit().await.unwrap_err();
            assert_eq!((error.kind(), error.constraint()), (ErrorKind::UniqueViolation, Some("one")));
            connection.reset().await.unwrap();
            assert!(!connection.in_transaction() && !connection.is_broken());
            assert_eq!(one(&mut *connection, "SELECT count(*) FROM t", &[]).await.unwrap(), "int 1");
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_lost_while_committing_leaves_doubt() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let mut other = database.connect().await;
        connection.begin(&BeginOptions::default()).await.unwrap();
        let pid = one(&mut *connection, "SELECT pg_backend_pid()", &[]).await.unwrap().replace("int ", "");
        run(&mut *other, &format!("SELECT pg_terminate_backend({pid}, 5000)")).await;
        let error = connection.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AmbiguousCommit);
        assert!(connection.in_transaction() && connection.is_broken());
        assert!(!error.is_retryable());
        connection.close().await;
    })
    .await;
}
