//! Servers that fall silent: sockets that are half open, on which nothing is said any more. Every call ends by a deadline,
//! and the pool is what it was.

use std::future::Future;
use std::time::{Duration, Instant};

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Account, Person};
use crate::relay::Relay;

/// A database behind a relay, with options of its URL; `None` where there is no server.
async fn behind_relay(test: &Test, parameters: &str, pool: PoolOptions) -> Result<Option<(Relay, Database)>> {
    if !test.shape.row_locks {
        return Ok(None);
    }
    test.with::<Account>().await?;
    let (relay, url) = Relay::before(test.url()).await.unwrap();
    let url = format!("{url}{}{parameters}", if url.contains('?') { '&' } else { '?' });
    Ok(Some((relay, orm::connect_with(&url, pool).await?)))
}

/// The error of a call that ends in time.
async fn error_of<T>(what: &str, call: impl Future<Output = Result<T>>) -> Error {
    match tokio::time::timeout(Duration::from_secs(8), call).await {
        Ok(Err(error)) => error,
        Ok(Ok(_)) => panic!("{what} succeeded"),
        Err(_) => panic!("{what} hangs"),
    }
}

async fn every_call_on_a_silent_connection_ends_by_its_deadline(test: Test) -> Result<()> {
    let pool = PoolOptions::new().check_after(Duration::from_secs(60));
    let silent = behind_relay(&test, "socket_timeout=1&connect_timeout=1", pool).await?;
    let Some((relay, db)) = silent else { return Ok(()) };
    let (to_commit, to_undo, to_ask) = tokio::try_join!(db.begin(), db.begin(), db.begin())?;
    let (outer, idle) = tokio::try_join!(db.begin(), db.begin())?;
    let savepoint = outer.begin().await?;
    for tx in [&to_commit, &to_undo, &savepoint] {
        Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(tx).await?;
    }
    idle.rollback().await?;
    relay.fall_silent();
    let started = Instant::now();
    let (statement, commit, rollback, release, single) = tokio::join!(
        error_of("a statement of a transaction", Account::count().exec(&to_ask)),
        error_of("COMMIT", to_commit.commit()),
        error_of("ROLLBACK", to_undo.rollback()),
        error_of("RELEASE", savepoint.commit()),
        error_of("a statement", db.query::<i64>("SELECT 1", ())),
    );
    for error in [&statement, &rollback, &release, &single] {
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        assert!(error.message().contains("did not answer within 1s (`socket_timeout`)"), "{error}");
    }
    assert_eq!(commit.kind(), ErrorKind::AmbiguousCommit, "{commit}");
    assert!(commit.message().contains("may have taken effect or not"), "{commit}");
    assert_eq!(to_ask.commit().await.unwrap_err().kind(), ErrorKind::TransactionClosed);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    // No connection is left, and none can be made.
    let begin = error_of("BEGIN", db.begin()).await;
    assert_eq!(begin.kind(), ErrorKind::ConnectionFailed, "{begin}");
    drop(outer);
    relay.speak();
    assert_eq!(Account::count().exec(&db).await?, 0);
    assert_eq!(db.pool_status().in_use, 0);
    db.close().await
}

async fn a_ping_of_a_silent_server_ends(test: Test) -> Result<()> {
    let silent = behind_relay(&test, "socket_timeout=1", PoolOptions::new()).await?;
    let Some((relay, db)) = silent else { return Ok(()) };
    relay.fall_silent();
    let error = error_of("a ping", db.ping()).await;
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    relay.speak();
    db.ping().await
}

async fn a_batch_and_a_stream_on_a_silent_connection_end(test: Test) -> Result<()> {
    let pool = PoolOptions::new().check_after(Duration::from_secs(60));
    let silent = behind_relay(&test, "socket_timeout=1", pool).await?;
    let Some((relay, db)) = silent else { return Ok(()) };
    drop(tokio::try_join!(db.begin(), db.begin())?);
    while db.pool_status().in_use > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    relay.fall_silent();
    let mut rows = Account::find_all().stream(&db);
    let (batch, stream) = tokio::join!(error_of("a script", db.batch("SELECT 1; SELECT 2")), async {
        error_of("a stream", async { rows.next().await.unwrap() }).await
    });
    assert_eq!((batch.kind(), stream.kind()), (ErrorKind::ConnectionLost, ErrorKind::ConnectionLost));
    Ok(())
}

async fn connections_without_an_answer_are_no_reason_for_a_larger_pool(test: Test) -> Result<()> {
    let pool = PoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(1));
    let pool = pool.check_after(Duration::from_secs(60));
    let Some((relay, db)) = behind_relay(&test, "", pool).await? else { return Ok(()) };
    let (tx, idle) = tokio::try_join!(db.begin(), db.begin())?;
    idle.rollback().await?;
    relay.fall_silent();
    let (other, single) = (db.clone(), db.clone());
    let asked = tokio::spawn(async move { other.query::<i64>("SELECT 1", ()).await });
    let in_transaction = tokio::spawn(async move { tx.query::<i64>("SELECT 1", ()).await });
    while db.pool_status().in_use < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = error_of("a third", single.query::<i64>("SELECT 1", ())).await;
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout, "{error}");
    assert!(error.message().contains("no connection has had an answer for 1s and longer"), "{error}");
    assert!(error.message().contains(", waiting for an answer)"), "{error}");
    assert!(!error.message().contains("raise `max_connections`"), "{error}");
    relay.speak();
    for task in [asked, in_transaction] {
        task.abort();
        let _ = task.await;
    }
    assert_eq!(Account::count().exec(&db).await?, 0);
    Ok(())
}

async fn closing_a_database_whose_server_is_silent_ends(test: Test) -> Result<()> {
    let pool = PoolOptions::new().close_timeout(Duration::from_secs(7));
    let Some((relay, db)) = behind_relay(&test, "", pool).await? else { return Ok(()) };
    tokio::try_join!(db.ping(), db.ping())?;
    relay.fall_silent();
    db.close().await?;
    let pool = PoolOptions::new().close_timeout(Duration::from_secs(1));
    let Some((relay, db)) = behind_relay(&test, "", pool).await? else { return Ok(()) };
    let tx = db.begin().await?;
    relay.fall_silent();
    let asked = tokio::spawn(async move { tx.query::<i64>("SELECT 1", ()).await });
    while db.pool_status().in_use < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = error_of("closing", db.close()).await;
    assert_eq!(error.kind(), ErrorKind::PoolClosed, "{error}");
    asked.abort();
    Ok(())
}

async fn a_program_that_is_busy_with_its_rows_is_not_a_silent_server(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = test.with::<Person>().await?;
    let rows = (0..3000).map(|age| Person::create().name(format!("p{age}")).age(age).height(1.0));
    Person::bulk_create(rows).count(&db).await?;
    let url = test.url();
    let url = format!("{url}{}socket_timeout=0.3", if url.contains('?') { '&' } else { '?' });
    let db = orm::connect(&url).await?;
    let (mut rows, mut seen) = (Person::find_all().stream(&db), 0);
    while let Some(person) = rows.next().await {
        person?;
        seen += 1;
        if seen % 1500 == 1 {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }
    assert_eq!(seen, 3000);
    Ok(())
}

/// A query that takes half a minute, and one that counts those of this text that run.
fn slow(test: &Test, marker: &str) -> (String, String) {
    let (half, rest) = marker.split_at(3);
    if test.backend == "postgres" {
        let running = "FROM pg_stat_activity WHERE state = 'active' AND query LIKE";
        let slow = format!("SELECT pg_sleep(30)::text, '{marker}'");
        return (slow, format!("SELECT count(*) {running} '%{half}' || '{rest}%'"));
    }
    let running = "FROM information_schema.PROCESSLIST WHERE INFO LIKE";
    (format!("SELECT SLEEP(30), '{marker}'"), format!("SELECT COUNT(*) {running} CONCAT('%{half}', '{rest}%')"))
}

/// Waits until a count is this.
async fn comes_to(db: &Database, count: &str, wanted: i64) -> Result<bool> {
    for _ in 0..50 {
        if db.query::<i64>(count, ()).await? == [wanted] {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(false)
}

async fn a_statement_that_is_dropped_ends_on_the_server(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = test.with::<Account>().await?;
    let (slow, count) = slow(&test, "dropped_statement");
    let statement = tokio::time::timeout(Duration::from_millis(500), db.execute(slow.as_str(), ()));
    let (ran, seen) = tokio::join!(statement, comes_to(&db, &count, 1));
    assert!(ran.is_err() && seen?, "it did not run");
    assert!(comes_to(&db, &count, 0).await?, "it still runs");
    Ok(())
}

async fn locks_of_a_statement_that_is_dropped_are_free_at_once(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = test.with::<Account>().await?;
    let account = Account::create().owner("Ada").cents(1).exec(&db).await?;
    let (slow, count) = slow(&test, "dropped_transaction");
    let held = db.transaction(async |tx| {
        Account::update().set(Account::CENTS, 2).filter(Account::ID.eq(account.id)).exec(tx).await?;
        tx.execute(slow.as_str(), ()).await
    });
    let (ran, seen) = tokio::join!(tokio::time::timeout(Duration::from_millis(500), held), comes_to(&db, &count, 1));
    assert!(ran.is_err() && seen?, "it did not run");
    let update = Account::update().set(Account::CENTS, 3).filter(Account::CENTS.eq(1)).exec(&db);
    let updated = tokio::time::timeout(Duration::from_secs(5), update).await;
    assert_eq!(updated.expect("the lock is still held")?, 1);
    Ok(())
}

cases! { $ silence:
    a_statement_that_is_dropped_ends_on_the_server, locks_of_a_statement_that_is_dropped_are_free_at_once,
    every_call_on_a_silent_connection_ends_by_its_deadline,
    a_ping_of_a_silent_server_ends,
    a_batch_and_a_stream_on_a_silent_connection_end,
    connections_without_an_answer_are_no_reason_for_a_larger_pool,
    closing_a_database_whose_server_is_silent_ends,
    a_program_that_is_busy_with_its_rows_is_not_a_silent_server,
}
