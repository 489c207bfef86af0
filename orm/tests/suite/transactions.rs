//! Transactions: commit, rollback, savepoints, retries, callbacks, limits; and that closures of all kinds compile.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orm::driver::BeginOptions;
use orm::row::Discard;
use orm::{Database, Error, ErrorKind, Executor, PoolOptions, Result, Transaction, TransactionOptions};

use super::toy::Toy;

async fn toy() -> (Toy, Database) {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(1))).await;
    (toy, db)
}

async fn insert(on: &Transaction, text: &str) -> Result<()> {
    on.execute("INSERT ?", (text,)).await.map(drop)
}

fn failure() -> Error {
    Error::new(ErrorKind::InvalidValue, "on purpose")
}

#[tokio::test]
async fn ok_commits() {
    let (toy, db) = toy().await;
    let value = db
        .transaction(async |tx| {
            insert(tx, "a").await?;
            assert_eq!(tx.query::<i64>("COUNT", ()).await?, [1]);
            assert_eq!(*toy.server.rows(), [""; 0]);
            Ok(7)
        })
        .await;
    assert_eq!(value.unwrap(), 7);
    assert_eq!(*toy.server.rows(), ["a"]);
}

#[tokio::test]
async fn err_rolls_back_and_is_given() {
    let (toy, db) = toy().await;
    let error = db
        .transaction(async |tx| {
            insert(tx, "a").await?;
            Err::<(), _>(failure())
        })
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidValue);
    db.ping().await.unwrap();
    assert!(toy.server.rows().is_empty());
}

#[tokio::test]
async fn a_panic_rolls_back() {
    let (toy, db) = toy().await;
    let task = tokio::spawn({
        let db = db.clone();
        async move {
            db.transaction(async |tx| -> Result<()> {
                insert(tx, "a").await?;
                panic!("on purpose")
            })
            .await
        }
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(db.query::<i64>("COUNT", ()).await.unwrap(), [0]);
    assert!(toy.server.rows().is_empty());
}

#[tokio::test]
async fn dropping_rolls_back() {
    let (_toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    insert(&tx, "a").await.unwrap();
    drop(tx);
    assert_eq!(db.query::<i64>("COUNT", ()).await.unwrap(), [0]);
}

#[tokio::test]
async fn by_hand() {
    let (toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    insert(&tx, "a").await.unwrap();
    tx.commit().await.unwrap();
    let tx = db.begin().await.unwrap();
    insert(&tx, "b").await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(*toy.server.rows(), ["a"]);
}

#[tokio::test]
async fn savepoints_nest() {
    let (toy, db) = toy().await;
    db.transaction(async |tx| {
        insert(tx, "a").await?;
        tx.transaction(async |sp| {
            insert(sp, "b").await?;
            let failed = sp
                .transaction(async |sp| {
                    insert(sp, "c").await?;
                    Err::<(), _>(failure())
                })
                .await;
            assert!(failed.is_err());
            insert(sp, "d").await
        })
        .await?;
        let sp = tx.begin().await?;
        insert(&sp, "e").await?;
        drop(sp);
        let sp = tx.begin().await?;
        insert(&sp, "f").await?;
        sp.rollback().await?;
        let sp = tx.begin().await?;
        insert(&sp, "g").await?;
        sp.commit().await?;
        insert(tx, "h").await
    })
    .await
    .unwrap();
    assert_eq!(*toy.server.rows(), ["a", "b", "d", "g", "h"]);
}

#[tokio::test]
async fn an_open_savepoint_keeps_the_outer_from_running() {
    let (toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    let sp = tx.begin().await.unwrap();
    for error in [insert(&tx, "x").await.unwrap_err(), tx.begin().await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains("a savepoint of this transaction is open"), "{error}");
    }
    insert(&sp, "a").await.unwrap();
    sp.commit().await.unwrap();
    insert(&tx, "b").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(*toy.server.rows(), ["a", "b"]);
}

#[tokio::test]
async fn committing_around_an_open_savepoint_commits_nothing() {
    let (_toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    let sp = tx.begin().await.unwrap();
    let deeper = sp.begin().await.unwrap();
    insert(&deeper, "a").await.unwrap();
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    drop(sp);
    let _ = deeper.commit().await;
    assert_eq!(db.query::<i64>("COUNT", ()).await.unwrap(), [0]);
}

#[tokio::test]
async fn a_savepoint_ends_with_the_transaction_around_it() {
    let (toy, db) = toy().await;
    for commit in [false, true] {
        let tx = db.begin().await.unwrap();
        let savepoint = tx.begin().await.unwrap();
        let inner = savepoint.begin().await.unwrap();
        insert(&inner, "a").await.unwrap();
        if commit {
            assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::InvalidStatement);
        } else {
            drop(tx);
        }
        assert_eq!(insert(&inner, "b").await.unwrap_err().kind(), ErrorKind::TransactionClosed);
        assert_eq!(inner.commit().await.unwrap_err().kind(), ErrorKind::TransactionClosed);
        assert_eq!(savepoint.commit().await.unwrap_err().kind(), ErrorKind::TransactionClosed);
        db.ping().await.unwrap();
        assert!(toy.server.rows().is_empty());
    }
}

#[tokio::test]
async fn statements_of_one_transaction_take_turns() {
    let (toy, db) = toy().await;
    db.transaction(async |tx| {
        let inserts = tokio::join!(insert(tx, "a"), insert(tx, "b"), insert(tx, "c"));
        inserts.0.and(inserts.1).and(inserts.2)
    })
    .await
    .unwrap();
    assert_eq!(*toy.server.rows(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_unit_keeps_others_waiting_and_is_undone_when_dropped() {
    let (toy, db) = toy().await;
    db.transaction(async |tx| {
        let unit = tx.session().begin(&BeginOptions::default()).await?;
        let (outer, ()) = tokio::join!(insert(tx, "outer"), async {
            unit.fetch(orm::driver::Query::text("INSERT inner"), &mut Discard).await.unwrap();
            tokio::task::yield_now().await;
            drop(unit);
        });
        outer
    })
    .await
    .unwrap();
    assert_eq!(*toy.server.rows(), ["outer"]);
}

#[tokio::test]
async fn a_pinned_connection_survives_a_unit_that_was_dropped() {
    let (toy, db) = toy().await;
    let pinned = Executor::session(&db).pin().await.unwrap();
    assert!(!pinned.in_transaction());
    let unit = pinned.begin(&BeginOptions::default()).await.unwrap();
    assert!(unit.in_transaction());
    unit.fetch(orm::driver::Query::text("INSERT a"), &mut Discard).await.unwrap();
    drop(unit);
    pinned.fetch(orm::driver::Query::text("INSERT b"), &mut Discard).await.unwrap();
    drop(pinned);
    assert_eq!(*toy.server.rows(), ["b"]);
}

#[tokio::test]
async fn deadlocks_are_run_again() {
    let (toy, db) = toy().await;
    let tries = AtomicU32::new(0);
    let options = TransactionOptions::new().retries(3).backoff(Duration::from_millis(1), Duration::from_millis(2));
    let attempt = db
        .transaction_with(options.clone(), async |tx| {
            tries.fetch_add(1, SeqCst);
            insert(tx, "a").await?;
            if tx.attempt() < 3 {
                tx.execute("FAIL deadlock", ()).await?;
            }
            Ok(tx.attempt())
        })
        .await;
    assert_eq!((attempt.unwrap(), tries.load(SeqCst)), (3, 3));
    assert_eq!(*toy.server.rows(), ["a"]);

    let tries = AtomicU32::new(0);
    let error = db
        .transaction_with(options, async |tx| {
            tries.fetch_add(1, SeqCst);
            tx.execute("FAIL deadlock", ()).await
        })
        .await;
    assert_eq!((error.unwrap_err().kind(), tries.load(SeqCst)), (ErrorKind::Deadlock, 4));
}

#[tokio::test]
async fn other_errors_are_not_run_again() {
    let (_toy, db) = toy().await;
    let tries = AtomicU32::new(0);
    let options = TransactionOptions::new().retries(3);
    let result = db
        .transaction_with(options, async |tx| {
            tries.fetch_add(1, SeqCst);
            tx.execute("FAIL unique", ()).await
        })
        .await;
    assert_eq!((result.unwrap_err().kind(), tries.load(SeqCst)), (ErrorKind::UniqueViolation, 1));
}

#[tokio::test]
async fn a_cause_that_calls_for_it_is_found_below_other_errors() {
    let (_toy, db) = toy().await;
    let options = TransactionOptions::new().retries(1).backoff(Duration::ZERO, Duration::ZERO);
    let tries = AtomicU32::new(0);
    let error = db
        .transaction_with(options, async |_| {
            tries.fetch_add(1, SeqCst);
            let cause = Error::new(ErrorKind::Serialization, "");
            Err::<(), _>(Error::new(ErrorKind::Database, "wrapped").with_source(cause))
        })
        .await;
    assert_eq!((error.unwrap_err().message(), tries.load(SeqCst)), ("wrapped", 2));
}

#[tokio::test]
async fn a_commit_that_fails_is_run_again_unless_nobody_knows_how_it_ended() {
    let (toy, db) = toy().await;
    let options = TransactionOptions::new().retries(5).backoff(Duration::ZERO, Duration::ZERO);
    *toy.server.commit_errors.lock().unwrap() = vec![ErrorKind::Serialization, ErrorKind::Busy];
    let tries = db.transaction_with(options.clone(), async |tx| insert(tx, "a").await.map(|()| tx.attempt())).await;
    assert_eq!(tries.unwrap(), 3);
    *toy.server.commit_errors.lock().unwrap() = vec![ErrorKind::Serialization, ErrorKind::AmbiguousCommit];
    let error = db.transaction_with(options, async |tx| insert(tx, "b").await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AmbiguousCommit);
    assert_eq!(*toy.server.rows(), ["a"]);
}

#[derive(Debug)]
enum Failure {
    Database(#[allow(dead_code)] Error),
    Mine,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

#[tokio::test]
async fn errors_of_ones_own() {
    let (toy, db) = toy().await;
    let result = db
        .try_transaction(async |tx| {
            insert(tx, "a").await?;
            Err::<(), _>(Failure::Mine)
        })
        .await;
    assert!(matches!(result, Err(Failure::Mine)));
    let options = TransactionOptions::new().retries(2).backoff(Duration::ZERO, Duration::ZERO);
    let tries = AtomicU32::new(0);
    let result = db
        .try_transaction_with(options.clone(), async |tx| {
            tries.fetch_add(1, SeqCst);
            // The reason is lost on the way, but not forgotten.
            tx.execute("FAIL deadlock", ()).await.map_err(|_| Failure::Mine)
        })
        .await;
    assert!(matches!(result, Err(Failure::Mine)));
    assert_eq!(tries.load(SeqCst), 3);
    let tries = AtomicU32::new(0);
    let result = db
        .try_transaction_with(options, async |tx| {
            tries.fetch_add(1, SeqCst);
            let _ = tx.execute("FAIL busy", ()).await;
            insert(tx, "b").await?;
            Err::<(), _>(Failure::Mine)
        })
        .await;
    assert!(matches!(result, Err(Failure::Mine)));
    assert_eq!(tries.load(SeqCst), 1);
    assert!(toy.server.rows().is_empty());
}

#[tokio::test]
async fn after_a_deadlock_nothing_runs_and_nothing_is_committed() {
    let (toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    insert(&tx, "a").await.unwrap();
    assert!(tx.execute("FAIL deadlock", ()).await.is_err());
    let error = insert(&tx, "b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionClosed);
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::Deadlock);
    db.ping().await.unwrap();
    assert!(toy.server.rows().is_empty());
}

type Trace = Arc<Mutex<Vec<&'static str>>>;

fn note(tx: &Transaction, trace: &Trace, text: &'static str) {
    let (committed, undone) = (Arc::clone(trace), Arc::clone(trace));
    tx.after_commit(async move || committed.lock().unwrap().push(text));
    tx.after_rollback(async move || undone.lock().unwrap().push("undone"));
}

#[tokio::test]
async fn after_any_error_that_undid_the_transaction_nothing_runs_and_nothing_is_committed() {
    let (toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    insert(&tx, "a").await.unwrap();
    assert_eq!(tx.execute("FAIL and undo", ()).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    assert_eq!(insert(&tx, "b").await.unwrap_err().kind(), ErrorKind::TransactionClosed);
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    db.ping().await.unwrap();
    assert!(toy.server.rows().is_empty());

    let tries = AtomicU32::new(0);
    let options = TransactionOptions::new().retries(3);
    let tried = db.transaction_with(options, async |tx| {
        tries.fetch_add(1, SeqCst);
        tx.execute("FAIL and undo", ()).await
    });
    assert_eq!(tried.await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    assert_eq!(tries.load(SeqCst), 1);
}

#[tokio::test]
async fn callbacks_run_in_order_after_the_outermost_commit() {
    let (toy, db) = toy().await;
    let trace = Trace::default();
    db.transaction(async |tx| {
        note(tx, &trace, "a");
        tx.transaction(async |sp| {
            note(sp, &trace, "b");
            let undone = sp
                .transaction(async |sp| {
                    note(sp, &trace, "never");
                    Err::<(), _>(failure())
                })
                .await;
            assert!(undone.is_err());
            Ok(())
        })
        .await?;
        let dropped = tx.begin().await?;
        note(&dropped, &trace, "never");
        drop(dropped);
        let server = Arc::clone(&toy.server);
        tx.after_commit(async move || assert_eq!(*server.rows(), ["c"]));
        note(tx, &trace, "c");
        assert!(trace.lock().unwrap().is_empty());
        insert(tx, "c").await
    })
    .await
    .unwrap();
    assert_eq!(*trace.lock().unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn callbacks_after_a_rollback() {
    let (_toy, db) = toy().await;
    for end in ["err", "by hand", "drop", "commit"] {
        let trace = Trace::default();
        let tx = db.begin().await.unwrap();
        note(&tx, &trace, "committed");
        match end {
            "err" => {
                drop(tx);
                let body = async |tx: &Transaction| {
                    note(tx, &trace, "committed");
                    Err::<(), _>(failure())
                };
                trace.lock().unwrap().clear();
                db.transaction(body).await.unwrap_err();
            }
            "by hand" => tx.rollback().await.unwrap(),
            "drop" => drop(tx),
            _ => {
                tx.execute("FAIL deadlock", ()).await.unwrap_err();
                tx.commit().await.unwrap_err();
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(trace.lock().unwrap().iter().all(|text| *text == "undone"), "{end}");
        assert!(!trace.lock().unwrap().is_empty(), "{end}");
    }
}

#[tokio::test]
async fn callbacks_of_tries_that_failed_are_forgotten() {
    let (_toy, db) = toy().await;
    let trace = Trace::default();
    let options = TransactionOptions::new().retries(2).backoff(Duration::ZERO, Duration::ZERO);
    db.transaction_with(options, async |tx| {
        note(tx, &trace, "committed");
        if tx.attempt() < 3 { tx.execute("FAIL deadlock", ()).await.map(drop) } else { Ok(()) }
    })
    .await
    .unwrap();
    assert_eq!(*trace.lock().unwrap(), ["committed"]);
}

#[tokio::test]
async fn callbacks_cannot_change_the_outcome() {
    let (toy, db) = toy().await;
    let trace = Trace::default();
    let committed = db
        .transaction(async |tx| {
            tx.after_commit(async || panic!("on purpose"));
            note(tx, &trace, "after the panic");
            insert(tx, "a").await
        })
        .await;
    committed.unwrap();
    assert_eq!(*toy.server.rows(), ["a"]);
    assert_eq!(*trace.lock().unwrap(), ["after the panic"]);
}

#[tokio::test]
async fn callbacks_may_use_the_database_and_outlive_the_caller() {
    let (toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    let (on, done) = (db.clone(), Arc::new(AtomicU32::new(0)));
    let noted = Arc::clone(&done);
    tx.after_commit(async move || {
        tokio::time::sleep(Duration::from_millis(10)).await;
        // The pool has one connection, and it is free again.
        on.execute("INSERT later", ()).await.unwrap();
        noted.store(1, SeqCst);
    });
    assert!(tokio::time::timeout(Duration::from_millis(2), tx.commit()).await.is_err());
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(done.load(SeqCst), 1);
    assert_eq!(*toy.server.rows(), ["later"]);
}

#[tokio::test]
async fn time_limits() {
    let (toy, db) = toy().await;
    let limit = TransactionOptions::new().timeout(Duration::from_millis(20)).retries(5);
    let error = db
        .transaction_with(limit.clone(), async |tx| {
            insert(tx, "a").await?;
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        })
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    let error = db.transaction_with(limit.clone(), async |tx| tx.execute("HANG", ()).await).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::TransactionTimeout);

    let tx = db.begin_with(limit).await.unwrap();
    insert(&tx, "b").await.unwrap();
    tokio::time::sleep(Duration::from_millis(25)).await;
    assert_eq!(insert(&tx, "c").await.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    db.ping().await.unwrap();
    assert!(toy.server.rows().is_empty());
}

/// Begins a transaction with a limit of 20 ms, writes, and lets the server fall silent.
async fn silenced() -> (Toy, Database, Transaction) {
    let (toy, db) = toy().await;
    let limit = TransactionOptions::new().timeout(Duration::from_millis(20));
    let tx = db.begin_with(limit).await.unwrap();
    insert(&tx, "a").await.unwrap();
    toy.server.stalled.store(true, SeqCst);
    (toy, db, tx)
}

async fn check_healed(toy: &Toy, db: &Database) {
    toy.server.stalled.store(false, SeqCst);
    tokio::time::sleep(Duration::from_secs(6)).await;
    db.ping().await.unwrap();
    assert!(toy.server.rows().is_empty());
}

#[tokio::test(start_paused = true)]
async fn with_a_limit_no_step_waits_for_ever() {
    let (toy, db, tx) = silenced().await;
    assert_eq!(tx.begin().await.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    check_healed(&toy, &db).await;

    let (toy, db, tx) = silenced().await;
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::AmbiguousCommit);
    check_healed(&toy, &db).await;

    let (toy, db, tx) = silenced().await;
    assert_eq!(tx.rollback().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
    check_healed(&toy, &db).await;

    let (toy, db) = self::toy().await;
    let limit = TransactionOptions::new().timeout(Duration::from_millis(20));
    toy.server.stalled.store(true, SeqCst);
    assert_eq!(db.begin_with(limit).await.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    check_healed(&toy, &db).await;
}

#[tokio::test(start_paused = true)]
async fn a_closure_out_of_time_ends_though_the_server_is_silent() {
    let (toy, db) = toy().await;
    let limit = TransactionOptions::new().timeout(Duration::from_millis(20));
    let ended = db.transaction_with(limit.clone(), async |tx| {
        insert(tx, "a").await?;
        toy.server.stalled.store(true, SeqCst);
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(())
    });
    assert_eq!(ended.await.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    check_healed(&toy, &db).await;
    let ended = db.transaction_with(limit, async |tx| {
        tx.transaction(async |savepoint| {
            insert(savepoint, "a").await?;
            toy.server.stalled.store(true, SeqCst);
            Err::<(), _>(failure())
        })
        .await
    });
    assert_eq!(ended.await.unwrap_err().kind(), ErrorKind::InvalidValue);
    check_healed(&toy, &db).await;
}

#[tokio::test]
async fn a_connection_that_breaks_ends_the_transaction() {
    let (toy, db) = toy().await;
    let tx = db.begin().await.unwrap();
    assert_eq!(tx.execute("BREAK", ()).await.unwrap_err().kind(), ErrorKind::ConnectionLost);
    assert_eq!(insert(&tx, "a").await.unwrap_err().kind(), ErrorKind::TransactionClosed);
    assert!(tx.commit().await.is_err());
    db.ping().await.unwrap();
    assert_eq!(toy.server.connects.load(SeqCst), 2);
}

/// Runs on anything.
async fn count(on: &dyn Executor) -> Result<i64> {
    let mut rows = Vec::new();
    let mut sink = orm::row::Collect::new(&mut rows, |columns| columns.next());
    on.session().fetch(orm::driver::Query::text("COUNT"), &mut sink).await?;
    Ok(rows[0])
}

#[tokio::test]
async fn closures_may_borrow_write_nest_and_be_spawned() {
    let (_toy, db) = toy().await;
    let counted = tokio::spawn(async move {
        let name = String::from("a");
        let mut log = Vec::new();
        db.transaction(async |tx| {
            log.push("begun");
            insert(tx, &name).await?;
            tx.transaction(async |sp| {
                log.push("inside");
                insert(sp, &name).await?;
                sp.transaction(async |sp| {
                    log.push("deeper");
                    count(sp).await
                })
                .await
            })
            .await?;
            count(tx).await.map(drop)
        })
        .await?;
        let tries = AtomicU32::new(0);
        db.transaction_with(TransactionOptions::new().retries(1), async |tx| {
            tries.fetch_add(1, SeqCst);
            insert(tx, &name).await
        })
        .await?;
        assert_eq!(log, ["begun", "inside", "deeper"]);
        count(&db).await
    });
    assert_eq!(counted.await.unwrap().unwrap(), 3);
}
