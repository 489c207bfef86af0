//! Transactions: what begins, what is seen at each isolation level, what is undone.

use orm_core::ErrorKind;
use orm_core::driver::{BeginOptions, Connection, Isolation, LockMode};

use crate::support::{Fixture, one, run_sql};

on_both! {
    isolation_levels_are_those_asked_for,
    rollback_undoes_and_commit_keeps,
    options_of_other_databases_are_refused,
    reset_undoes_what_is_open,
    a_second_begin_is_refused,
    autocommit_is_on_whatever_the_server_says,
}

async fn isolation_levels_are_those_asked_for(fixture: &Fixture) {
    let mut reader = fixture.connect().await;
    let mut writer = fixture.connect().await;
    run_sql(&mut reader, "CREATE TABLE t (v INT)").await;
    run_sql(&mut reader, "INSERT INTO t VALUES (0)").await;
    for (isolation, uncommitted, committed) in
        [(Isolation::ReadUncommitted, 1, 1), (Isolation::ReadCommitted, 0, 1), (Isolation::RepeatableRead, 0, 0)]
    {
        run_sql(&mut writer, "UPDATE t SET v = 0").await;
        reader.begin(&BeginOptions { isolation: Some(isolation), ..BeginOptions::default() }).await.unwrap();
        assert_eq!(one::<i64>(&mut reader, "SELECT v FROM t").await.unwrap(), 0);
        writer.begin(&BeginOptions::default()).await.unwrap();
        run_sql(&mut writer, "UPDATE t SET v = 1").await;
        assert_eq!(one::<i64>(&mut reader, "SELECT v FROM t").await.unwrap(), uncommitted, "{isolation:?}");
        writer.commit().await.unwrap();
        assert_eq!(one::<i64>(&mut reader, "SELECT v FROM t").await.unwrap(), committed, "{isolation:?}");
        reader.commit().await.unwrap();
        assert!(!reader.in_transaction());
    }
    // Serializable: what was read is locked.
    let serializable = BeginOptions { isolation: Some(Isolation::Serializable), ..BeginOptions::default() };
    reader.begin(&serializable).await.unwrap();
    one::<i64>(&mut reader, "SELECT v FROM t").await.unwrap();
    run_sql(&mut writer, "SET innodb_lock_wait_timeout = 1").await;
    let error = writer.execute(orm_core::driver::Query::text("UPDATE t SET v = 2")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    reader.rollback().await.unwrap();
    // The level was for that transaction only.
    reader.begin(&BeginOptions::default()).await.unwrap();
    one::<i64>(&mut reader, "SELECT v FROM t").await.unwrap();
    run_sql(&mut writer, "UPDATE t SET v = 2").await;
    assert_eq!(one::<i64>(&mut reader, "SELECT v FROM t").await.unwrap(), 1);
    reader.rollback().await.unwrap();
}

async fn rollback_undoes_and_commit_keeps(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v INT)").await;
    connection.begin(&BeginOptions::default()).await.unwrap();
    assert!(connection.in_transaction() && connection.needs_reset());
    run_sql(&mut connection, "INSERT INTO t VALUES (1)").await;
    run_sql(&mut connection, "SAVEPOINT s").await;
    run_sql(&mut connection, "INSERT INTO t VALUES (2)").await;
    run_sql(&mut connection, "ROLLBACK TO SAVEPOINT s").await;
    run_sql(&mut connection, "RELEASE SAVEPOINT s").await;
    connection.commit().await.unwrap();
    connection.begin(&BeginOptions::default()).await.unwrap();
    run_sql(&mut connection, "INSERT INTO t VALUES (3)").await;
    connection.rollback().await.unwrap();
    assert!(!connection.in_transaction() && !connection.needs_reset());
    assert_eq!(one::<i64>(&mut connection, "SELECT SUM(v) FROM t").await.unwrap(), 1);
}

async fn options_of_other_databases_are_refused(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    for options in [
        BeginOptions { deferrable: true, ..BeginOptions::default() },
        BeginOptions { lock_mode: Some(LockMode::Immediate), ..BeginOptions::default() },
    ] {
        let error = connection.begin(&options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains(fixture.name()), "{error}");
        assert!(!connection.in_transaction() && !connection.is_broken());
    }
}

async fn reset_undoes_what_is_open(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v INT)").await;
    connection.begin(&BeginOptions::default()).await.unwrap();
    run_sql(&mut connection, "INSERT INTO t VALUES (1)").await;
    connection.abandon();
    connection.reset().await.unwrap();
    assert!(!connection.in_transaction());
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM t").await.unwrap(), 0);
}

async fn a_second_begin_is_refused(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    connection.begin(&BeginOptions::default()).await.unwrap();
    let error = connection.begin(&BeginOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(connection.in_transaction() && !connection.is_broken());
    connection.rollback().await.unwrap();
}

async fn autocommit_is_on_whatever_the_server_says(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    assert_eq!(one::<i64>(&mut connection, "SELECT @@autocommit").await.unwrap(), 1);
}
