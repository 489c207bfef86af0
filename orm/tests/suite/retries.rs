//! What is run again: single statements after a deadlock, transactions whose connection broke, attempts to connect.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use orm::{Database, DatabaseOptions, Error, ErrorKind, PoolOptions, TransactionOptions};
use tokio::time::{Instant, sleep};

use super::toy::Toy;

async fn deadlocked(times: u32, options: DatabaseOptions) -> (Toy, Database) {
    let toy = Toy::default();
    let db = Database::connect_with(toy.clone(), options).await.unwrap();
    toy.server.deadlocks.store(times, SeqCst);
    (toy, db)
}

#[tokio::test]
async fn a_statement_is_run_again_after_deadlocks() {
    let (toy, db) = deadlocked(4, DatabaseOptions::new()).await;
    assert_eq!(db.execute("UPDATE", ()).await.unwrap().rows_affected, 1);
    assert_eq!(toy.server.tries.load(SeqCst), 5);
}

#[tokio::test]
async fn a_statement_is_run_again_so_often_and_no_more() {
    for (options, tries) in [(DatabaseOptions::new(), 11), (DatabaseOptions::new().statement_retries(2), 3)] {
        let (toy, db) = deadlocked(100, options).await;
        assert_eq!(db.execute("UPDATE", ()).await.unwrap_err().kind(), ErrorKind::Deadlock);
        assert_eq!(toy.server.tries.load(SeqCst), tries);
    }
}

#[tokio::test]
async fn no_statement_is_run_again_where_the_option_is_off() {
    let (toy, db) = deadlocked(1, DatabaseOptions::new().statement_retries(0)).await;
    db.execute("UPDATE", ()).await.unwrap_err();
    assert_eq!(toy.server.tries.load(SeqCst), 1);
}

#[tokio::test]
async fn statements_of_a_transaction_are_not_run_again_by_themselves() {
    let (toy, db) = deadlocked(1, DatabaseOptions::new()).await;
    let failed = db.transaction(async |tx| tx.execute("UPDATE", ()).await).await;
    assert_eq!((failed.unwrap_err().kind(), toy.server.tries.load(SeqCst)), (ErrorKind::Deadlock, 1));
}

#[tokio::test]
async fn a_procedure_is_not_called_again() {
    let (toy, db) = deadlocked(1, DatabaseOptions::new()).await;
    db.execute("CALL p()", ()).await.unwrap_err();
    assert_eq!(toy.server.tries.load(SeqCst), 1);
}

#[tokio::test]
async fn a_transaction_is_run_again_when_its_connection_broke_before_commit() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new()).await;
    let tries = AtomicU32::new(0);
    let body = async |tx: &orm::Transaction| {
        tx.execute("INSERT a", ()).await?;
        if tries.fetch_add(1, SeqCst) < 2 {
            tx.execute("BREAK", ()).await?;
        }
        Ok(())
    };
    let error = db.transaction_with(TransactionOptions::new().retries(1), body).await.unwrap_err();
    assert_eq!((error.kind(), tries.swap(0, SeqCst)), (ErrorKind::ConnectionLost, 2));
    db.transaction_with(TransactionOptions::new().retries(2), body).await.unwrap();
    assert_eq!((tries.load(SeqCst), toy.server.rows().len()), (3, 1));
}

#[tokio::test]
async fn a_transaction_of_which_nobody_knows_how_it_ended_is_not_run_again() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new()).await;
    toy.server.commit_errors.lock().unwrap().push(ErrorKind::AmbiguousCommit);
    let tries = AtomicU32::new(0);
    let options = TransactionOptions::new().retries(5);
    let ended = db.transaction_with(options, async |tx| {
        tries.fetch_add(1, SeqCst);
        tx.execute("INSERT a", ()).await
    });
    assert_eq!(ended.await.unwrap_err().kind(), ErrorKind::AmbiguousCommit);
    assert_eq!(tries.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_run_again_when_there_was_no_server() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().check_after(Duration::ZERO)).await;
    toy.server.down.store(true, SeqCst);
    let server = std::sync::Arc::clone(&toy.server);
    tokio::spawn(async move {
        sleep(Duration::from_millis(500)).await;
        server.restart();
        server.down.store(false, SeqCst);
    });
    let options = TransactionOptions::new().retries(50).backoff(Duration::from_millis(50), Duration::from_millis(100));
    db.transaction_with(options, async |tx| tx.execute("INSERT a", ()).await).await.unwrap();
    assert_eq!(toy.server.rows().len(), 1);
}

#[tokio::test]
async fn a_write_whose_connection_broke_is_not_run_again_and_says_why() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new()).await;
    let error = db.execute("BREAK", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert!(error.message().contains("it may have taken effect"), "{error}");
    let read = |error: Error| !error.message().contains("taken effect");
    db.ping().await.unwrap();
    toy.server.restart();
    assert!(db.query::<i64>("SELECT 1", ()).await.is_err_and(read));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_not_asked_without_a_pause() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().max_connections(8)).await;
    toy.server.restart();
    toy.server.down.store(true, SeqCst);
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let db = db.clone();
        tasks.spawn(async move {
            while start.elapsed() < Duration::from_secs(4) {
                db.execute("INSERT a", ()).await.unwrap_err();
            }
        });
    }
    tasks.join_all().await;
    let refused = toy.server.refused.load(SeqCst);
    assert!((8..800).contains(&refused), "{refused}");
    // Nobody waits for long once it is back.
    toy.server.down.store(false, SeqCst);
    let back = Instant::now();
    db.execute("INSERT a", ()).await.unwrap();
    assert!(back.elapsed() <= Duration::from_millis(200), "{:?}", back.elapsed());
}

#[tokio::test(start_paused = true)]
async fn connecting_is_tried_again_for_as_long_as_the_options_say() {
    let toy = Toy::default();
    let retry = Duration::from_secs(2);
    let db = toy.open(PoolOptions::new().connect_retry(retry)).await;
    toy.server.restart();
    toy.server.down.store(true, SeqCst);
    db.execute("INSERT lost", ()).await.unwrap_err();
    let start = Instant::now();
    assert_eq!(db.execute("INSERT a", ()).await.unwrap_err().kind(), ErrorKind::ConnectionFailed);
    assert!(start.elapsed() >= retry && start.elapsed() < retry * 2, "{:?}", start.elapsed());
    let server = std::sync::Arc::clone(&toy.server);
    tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        server.down.store(false, SeqCst);
    });
    db.execute("INSERT a", ()).await.unwrap();
    assert_eq!(toy.server.rows().as_slice(), ["a"]);
}

#[tokio::test]
async fn a_connection_whose_server_refuses_writes_is_not_kept() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new()).await;
    for opened in 2..5 {
        assert_eq!(db.execute("FAIL read-only", ()).await.unwrap_err().kind(), ErrorKind::ReadOnly);
        db.ping().await.unwrap();
        assert_eq!(toy.server.connects.load(SeqCst), opened);
    }
}

#[tokio::test]
async fn a_transaction_is_run_again_on_another_connection_when_its_server_refuses_writes() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new()).await;
    let tries = AtomicU32::new(0);
    let body = async |tx: &orm::Transaction| match tries.fetch_add(1, SeqCst) {
        0 => tx.execute("FAIL read-only", ()).await.map(drop),
        _ => tx.execute("INSERT a", ()).await.map(drop),
    };
    db.transaction_with(TransactionOptions::new().retries(1), body).await.unwrap();
    assert_eq!((toy.server.connects.load(SeqCst), toy.server.rows().len()), (2, 1));
}
