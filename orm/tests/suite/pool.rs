//! The pool: waiting, errors that say who holds what, ages, restarts of the server, closing.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use orm::{Database, ErrorKind, PoolOptions};

use super::toy::Toy;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn quick() -> PoolOptions {
    PoolOptions::new().acquire_timeout(ms(50)).close_timeout(ms(50))
}

#[tokio::test]
async fn connections_are_opened_when_needed_and_used_again() {
    let toy = Toy::abandoning();
    let db = toy.open(quick()).await;
    for _ in 0..10 {
        db.query::<i64>("SELECT 1", ()).await.unwrap();
    }
    assert_eq!(toy.server.connects.load(SeqCst), 1);
    assert_eq!(toy.server.pings.load(SeqCst), 0);
    let (a, b) = tokio::join!(db.begin(), db.begin());
    let status = db.pool_status();
    assert_eq!((status.size, status.in_use, status.idle), (2, 2, 0));
    drop((a, b));
    db.ping().await.unwrap();
    let status = db.pool_status();
    assert_eq!((status.size, status.in_use, status.idle, status.created), (2, 0, 2, 2));
}

#[tokio::test]
async fn the_least_number_is_opened_at_the_start() {
    let toy = Toy::default();
    let _db = toy.open(quick().min_connections(3)).await;
    assert_eq!(toy.server.connects.load(SeqCst), 3);
}

#[tokio::test]
async fn the_least_number_is_kept_up() {
    let toy = Toy::default();
    let db = toy.open(quick().min_connections(3)).await;
    let most = async |open: u32| {
        while toy.server.open.load(SeqCst) != open {
            tokio::time::sleep(ms(5)).await;
        }
    };
    db.query::<i64>("BREAK", ()).await.unwrap_err();
    tokio::time::timeout(ms(20_000), most(3)).await.unwrap();
    // A server that is away is found again.
    toy.server.down.store(true, SeqCst);
    for _ in 0..4 {
        db.ping().await.unwrap_err();
    }
    toy.server.down.store(false, SeqCst);
    tokio::time::timeout(ms(20_000), most(3)).await.unwrap();
    let status = db.pool_status();
    assert_eq!((status.size, status.in_use), (3, 0), "{status:?}");
}

#[tokio::test]
async fn waiting_is_counted_and_measured() {
    let db = Toy::one().open(quick()).await;
    let status = db.pool_status();
    assert_eq!((status.waits, status.wait_time), (0, ms(0)));
    let tx = db.begin().await.unwrap();
    db.ping().await.unwrap_err();
    let cut = tokio::time::timeout(ms(20), db.ping()).await;
    assert!(cut.is_err());
    drop(tx);
    db.ping().await.unwrap();
    let status = db.pool_status();
    assert!(status.waits >= 2 && status.wait_time >= ms(70), "{status:?}");
}

#[tokio::test]
async fn options_that_contradict_each_other_are_refused() {
    for options in [quick().max_connections(0), quick().max_connections(1).min_connections(2)] {
        let error = orm::Database::connect_with(Toy::default(), options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn waiting_in_vain_tells_who_holds_the_connection() {
    let db = Toy::one().open(quick()).await;
    let _tx = db.begin().await.unwrap();
    let error = db.execute("INSERT a", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout);
    let text = error.to_string();
    for part in [
        "no free connection: none came back within 50ms; 1 of 1 are in use (a transaction begun at ",
        "pool.rs:",
        "this database has one connection: while a transaction is open, run everything on the transaction",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(db.pool_status().acquire_timeouts, 1);
}

#[tokio::test]
async fn waiting_for_many_gives_other_advice() {
    let db = Toy::default().open(quick().max_connections(2)).await;
    let tx = db.begin().await.unwrap();
    let _other = db.begin().await.unwrap();
    let error = db.transaction(async |_| Ok(())).await.unwrap_err().to_string();
    assert!(error.contains("2 of 2 are in use (a transaction begun at "), "{error}");
    assert!(error.contains("waits for itself"), "{error}");
    drop(tx);
    db.transaction(async |_| Ok(())).await.unwrap();
}

#[tokio::test]
async fn statements_wait_for_each_other() {
    let toy = Toy::one();
    let db = toy.open(PoolOptions::new()).await;
    let mut tasks = Vec::new();
    for _ in 0..100 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move { db.execute("INSERT a", ()).await }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(toy.server.rows().len(), 100);
    assert_eq!(toy.server.connects.load(SeqCst), 1);
}

#[tokio::test]
async fn old_connections_are_replaced() {
    let toy = Toy::default();
    let db = toy.open(quick().max_lifetime(ms(20)).idle_timeout(None)).await;
    tokio::time::sleep(ms(25)).await;
    db.ping().await.unwrap();
    assert_eq!(toy.server.connects.load(SeqCst), 2);
    tokio::task::yield_now().await;
    assert_eq!(toy.server.open.load(SeqCst), 1);
}

#[tokio::test]
async fn unused_connections_are_closed_but_for_the_least_number() {
    let toy = Toy::abandoning();
    let db = toy.open(quick().idle_timeout(ms(20)).min_connections(1)).await;
    let all = tokio::join!(db.begin(), db.begin(), db.begin());
    drop(all);
    db.ping().await.unwrap();
    assert_eq!(toy.server.open.load(SeqCst), 3);
    tokio::time::sleep(ms(60)).await;
    assert_eq!(toy.server.open.load(SeqCst), 1);
    assert_eq!(db.pool_status().closed, 2);
}

#[tokio::test]
async fn the_only_connection_lives_for_ever() {
    let toy = Toy::one();
    let db = toy.open(quick().idle_timeout(ms(5)).max_lifetime(ms(5)).check_after(ms(1))).await;
    tokio::time::sleep(ms(30)).await;
    db.query::<i64>("SELECT 1", ()).await.unwrap();
    assert_eq!((toy.server.connects.load(SeqCst), toy.server.pings.load(SeqCst)), (1, 0));
}

#[tokio::test]
async fn connections_are_asked_only_after_a_pause() {
    let toy = Toy::default();
    let db = toy.open(quick().check_after(ms(10))).await;
    db.query::<i64>("SELECT 1", ()).await.unwrap();
    assert_eq!(toy.server.pings.load(SeqCst), 0);
    tokio::time::sleep(ms(15)).await;
    toy.server.restart();
    db.query::<i64>("SELECT 1", ()).await.unwrap();
    assert_eq!((toy.server.pings.load(SeqCst), toy.server.connects.load(SeqCst)), (1, 2));
}

#[tokio::test]
async fn a_lost_connection_makes_the_others_be_asked() {
    let toy = Toy::abandoning();
    let db = toy.open(quick()).await;
    drop(tokio::join!(db.begin(), db.begin(), db.begin(), db.begin()));
    assert_eq!(db.pool_status().idle, 4);
    toy.server.restart();
    let error = db.query::<i64>("SELECT 1", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    // One error; every other connection is asked before it is used.
    for _ in 0..4 {
        drop(tokio::try_join!(db.begin(), db.begin(), db.begin(), db.begin()).unwrap());
    }
    assert_eq!(toy.server.connects.load(SeqCst), 8);
}

#[tokio::test]
async fn a_server_that_is_down_is_told_and_found_again() {
    let toy = Toy::default();
    let db = toy.open(quick()).await;
    toy.server.down.store(true, SeqCst);
    assert_eq!(db.ping().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
    assert_eq!(db.ping().await.unwrap_err().kind(), ErrorKind::ConnectionFailed);
    toy.server.down.store(false, SeqCst);
    db.ping().await.unwrap();
    assert_eq!(db.pool_status().size, 1);
    assert_eq!(toy.server.open.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_while_its_version_is_asked_is_not_waited_for() {
    let toy = Toy::default();
    toy.server.stalled.store(true, SeqCst);
    let error = Database::connect_with(toy, quick()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout);
    assert!(error.message().contains("did not answer within"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_a_silent_server_ends_whatever_the_driver() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new()).await;
    toy.server.stalled.store(true, SeqCst);
    let error = db.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert!(error.message().contains("did not answer within 5s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn connections_that_do_not_answer_are_told_from_too_few() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().max_connections(2).acquire_timeout(ms(2000))).await;
    let tx = db.begin().await.unwrap();
    let other = db.clone();
    toy.server.stalled.store(true, SeqCst);
    let asked = tokio::spawn(async move { other.query::<i64>("SELECT 1", ()).await });
    tokio::time::sleep(ms(1)).await;
    // The transaction is idle: it may wait for the statement that waits here.
    let error = db.ping().await.unwrap_err();
    assert!(error.message().contains("waits for itself"), "{error}");
    let asked_too = tokio::spawn(async move { tx.execute("INSERT a", ()).await });
    tokio::time::sleep(ms(1)).await;
    let error = db.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout);
    for part in
        ["2 of 2 are in use (a transaction begun at ", "waiting for an answer)", "had an answer for 2s and longer"]
    {
        assert!(error.message().contains(part), "{error}");
    }
    assert!(!error.message().contains("max_connections"), "{error}");
    drop((asked, asked_too));
}

#[tokio::test]
async fn a_connection_that_was_cut_off_is_finished_before_it_is_used() {
    let toy = Toy::one();
    let db = toy.open(PoolOptions::new()).await;
    let cut = tokio::time::timeout(ms(5), db.query::<i64>("HANG", ())).await;
    assert!(cut.is_err());
    assert_eq!(db.query::<i64>("SELECT 1", ()).await.unwrap(), [1]);
    assert_eq!((toy.server.connects.load(SeqCst), toy.server.resets.load(SeqCst)), (1, 1));
    assert_eq!(db.pool_status().resets, 1);
}

#[tokio::test]
async fn a_dropped_transaction_is_undone_though_nobody_comes() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new()).await;
    let tx = db.begin().await.unwrap();
    tx.execute("INSERT a", ()).await.unwrap();
    drop(tx);
    tokio::time::sleep(ms(5)).await;
    assert_eq!(toy.server.resets.load(SeqCst), 1);
}

#[test]
fn a_transaction_dropped_outside_of_the_runtime_is_undone_by_the_next_user() {
    let toy = Toy::one();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let db = runtime.block_on(toy.open(PoolOptions::new()));
    let tx = runtime.block_on(db.begin()).unwrap();
    runtime.block_on(tx.execute("INSERT a", ())).unwrap();
    drop(tx);
    assert_eq!(runtime.block_on(db.query::<i64>("COUNT", ())).unwrap(), [0]);
}

#[tokio::test]
async fn closing_waits_for_those_in_use_and_refuses_others() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().min_connections(2)).await;
    let tx = db.begin().await.unwrap();
    let closing = tokio::spawn({
        let db = db.clone();
        async move { db.close().await }
    });
    tokio::time::sleep(ms(5)).await;
    assert!(!closing.is_finished());
    assert!(db.is_closed());
    assert_eq!(db.execute("INSERT b", ()).await.unwrap_err().kind(), ErrorKind::PoolClosed);
    tx.execute("INSERT a", ()).await.unwrap();
    tx.commit().await.unwrap();
    closing.await.unwrap().unwrap();
    assert_eq!(toy.server.open.load(SeqCst), 0);
    assert_eq!(*toy.server.rows(), ["a"]);
    db.close().await.unwrap();
}

#[tokio::test]
async fn closing_gives_up_after_its_time_and_tells_why() {
    let toy = Toy::default();
    let db = toy.open(quick()).await;
    let tx = db.begin().await.unwrap();
    let error = db.close().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolClosed);
    assert!(
        error.to_string().contains("1 connections were still in use after 50ms: a transaction begun at"),
        "{error}"
    );
    drop(tx);
    db.close().await.unwrap();
    assert_eq!(toy.server.open.load(SeqCst), 0);
}

#[tokio::test]
async fn those_who_wait_are_told_when_the_pool_closes() {
    let db = Toy::one().open(PoolOptions::new()).await;
    let tx = db.begin().await.unwrap();
    let waiting = tokio::spawn({
        let db = db.clone();
        async move { db.execute("INSERT a", ()).await }
    });
    tokio::time::sleep(ms(5)).await;
    let (closed, ()) = tokio::join!(db.close(), async { drop(tx) });
    closed.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::PoolClosed);
}

#[tokio::test]
async fn dropping_the_database_closes_its_connections() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().min_connections(3)).await;
    drop(db);
    tokio::time::sleep(ms(5)).await;
    assert_eq!(toy.server.open.load(SeqCst), 0);
}

#[tokio::test]
async fn nothing_of_a_closed_or_dropped_database_sleeps_on() {
    for close in [true, false] {
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let before = tasks();
        let db = Toy::default().open(PoolOptions::new()).await;
        db.ping().await.unwrap();
        assert!(tasks() > before);
        if close {
            db.close().await.unwrap();
        }
        let kept = close.then_some(db);
        tokio::time::timeout(ms(2_000), async {
            while tasks() > before {
                tokio::time::sleep(ms(1)).await;
            }
        })
        .await
        .expect("a task sleeps on");
        drop(kept);
    }
}
