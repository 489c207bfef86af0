//! Transactions: what stays, what goes, who waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use orm::Result;
use orm::prelude::*;
use tokio::sync::{Barrier, Mutex};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Post, blog};
use crate::models::people::{Account, Note};
use crate::relay::Relay;

async fn accounts(test: &Test) -> Result<Database> {
    let db = test.with::<Account>().await?;
    Account::bulk_create(["a", "b", "c"].map(|owner| Account::create().owner(owner).cents(100))).exec(&db).await?;
    Ok(db)
}

async fn cents(db: &Database) -> Result<Vec<i64>> {
    Account::find_all().select(Account::CENTS).order_by(Account::ID.asc()).exec(db).await
}

async fn commit_keeps_changes(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let given = db
        .transaction(async |tx| {
            Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(tx).await?;
            Account::create().owner("d").exec(tx).await
        })
        .await?;
    assert_eq!((given.id, cents(&db).await?), (4, vec![1, 100, 100, 0]));
    Ok(())
}

async fn an_error_undoes_changes(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let result: Result<()> = db
        .transaction(async |tx| {
            Account::destroy().all_rows().exec(tx).await?;
            assert_eq!(Account::count().exec(tx).await?, 0);
            Account::find_by_pk(1).required(tx).await.map(drop)
        })
        .await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(cents(&db).await?, [100, 100, 100]);
    Ok(())
}

async fn unmanaged_transactions_commit_and_roll_back(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    for (end, expected) in [("commit", 1), ("rollback", 1), ("drop", 1)] {
        let tx = db.begin().await?;
        let add = i64::from(end == "commit");
        Account::update().set(Account::CENTS, if add == 1 { 1 } else { 7 }).filter(Account::ID.eq(1)).exec(&tx).await?;
        match end {
            "commit" => tx.commit().await?,
            "rollback" => tx.rollback().await?,
            _ => drop(tx),
        }
        assert_eq!(cents(&db).await?[0], expected, "{end}");
    }
    Ok(())
}

async fn other_connections_do_not_see_uncommitted_changes(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let tx = db.begin().await?;
    Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(&tx).await?;
    assert_eq!(cents(&db).await?, [100, 100, 100]);
    tx.commit().await?;
    assert_eq!(cents(&db).await?, [1, 100, 100]);
    Ok(())
}

async fn savepoints_undo_their_part_only(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    db.transaction(async |tx| {
        Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(tx).await?;
        let failed: Result<()> = tx
            .transaction(async |sp| {
                Account::update().set(Account::CENTS, 2).filter(Account::ID.eq(2)).exec(sp).await?;
                // A statement that fails inside, as well.
                Account::create().owner("a").exec(sp).await.map(drop)
            })
            .await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::UniqueViolation);
        tx.transaction(async |sp| Account::update().set(Account::CENTS, 3).filter(Account::ID.eq(3)).exec(sp).await)
            .await?;
        let sp = tx.begin().await?;
        Account::destroy().all_rows().exec(&sp).await?;
        sp.rollback().await
    })
    .await?;
    assert_eq!(cents(&db).await?, [1, 100, 3]);
    Ok(())
}

async fn callbacks_run_after_the_commit_in_order(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |text: &'static str| {
        let seen = Arc::clone(&seen);
        move || async move { seen.lock().await.push(text) }
    };
    db.transaction(async |tx| {
        tx.after_commit(note("first"));
        tx.after_rollback(note("never"));
        let failed: Result<()> = tx
            .transaction(async |sp| {
                sp.after_commit(note("undone"));
                Err(Error::new(ErrorKind::Database, "on purpose"))
            })
            .await;
        assert!(failed.is_err());
        tx.transaction(async |sp| {
            sp.after_commit(note("second"));
            Ok(())
        })
        .await?;
        assert!(seen.lock().await.is_empty());
        tx.after_commit(note("third"));
        Ok(())
    })
    .await?;
    assert_eq!(*seen.lock().await, ["first", "second", "third"]);
    Ok(())
}

async fn read_only_transactions_refuse_writes(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let options = TransactionOptions::new().read_only();
    let error = db.transaction_with(options, async |tx| Account::create().owner("x").exec(tx).await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    assert_eq!(Account::count().exec(&db).await?, 3);
    Account::create().owner("x").exec(&db).await?;
    Ok(())
}

async fn repeatable_reads_repeat(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let level = if test.shape.row_locks { Isolation::RepeatableRead } else { Isolation::Serializable };
    let tx = db.begin_with(TransactionOptions::new().isolation(level).deferred_where(!test.shape.row_locks)).await?;
    let before = Account::find_by_pk(1).required(&tx).await?.cents;
    Account::update().set(Account::CENTS, 55).filter(Account::ID.eq(1)).exec(&db).await?;
    assert_eq!(Account::find_by_pk(1).required(&tx).await?.cents, before);
    tx.commit().await?;
    assert_eq!(Account::find_by_pk(1).required(&db).await?.cents, 55);
    Ok(())
}

/// Options that only some databases have.
trait OptionsWhere {
    fn deferred_where(self, yes: bool) -> Self;
}
impl OptionsWhere for TransactionOptions {
    fn deferred_where(self, yes: bool) -> Self {
        if yes { self.deferred() } else { self }
    }
}

async fn deadlocks_are_run_again(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = accounts(&test).await?;
    let barrier = Arc::new(Barrier::new(2));
    let tries = Arc::new(AtomicU32::new(0));
    let move_cents = |from: i64, to: i64| {
        let (db, barrier, tries) = (db.clone(), Arc::clone(&barrier), Arc::clone(&tries));
        tokio::spawn(async move {
            db.transaction_with(TransactionOptions::new().retries(5), async |tx| {
                tries.fetch_add(1, SeqCst);
                Account::update()
                    .set(Account::CENTS, Account::CENTS - 10)
                    .filter(Account::ID.eq(from))
                    .exec(tx)
                    .await?;
                if tx.attempt() == 1 {
                    barrier.wait().await;
                }
                Account::update().set(Account::CENTS, Account::CENTS + 10).filter(Account::ID.eq(to)).exec(tx).await
            })
            .await
        })
    };
    let (a, b) = (move_cents(1, 2), move_cents(2, 1));
    a.await.unwrap()?;
    b.await.unwrap()?;
    assert_eq!(cents(&db).await?, [100, 100, 100]);
    assert_eq!(tries.load(SeqCst), 3);
    Ok(())
}

async fn a_deadlock_without_retries_is_an_error(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = accounts(&test).await?;
    let barrier = Arc::new(Barrier::new(2));
    let lock_both = |first: i64, second: i64| {
        let (db, barrier) = (db.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            db.transaction(async |tx| {
                Account::find_by_pk(first).for_update().exec(tx).await?;
                barrier.wait().await;
                Account::find_by_pk(second).for_update().exec(tx).await
            })
            .await
            .map(drop)
        })
    };
    let (a, b) = (lock_both(1, 2), lock_both(2, 1));
    let errors: Vec<Error> = [a.await.unwrap(), b.await.unwrap()].into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].kind() == ErrorKind::Deadlock && errors[0].is_retryable(), "{:?}", errors[0]);
    Ok(())
}

async fn serializable_transactions_that_meet_are_run_again(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = accounts(&test).await?;
    let barrier = Arc::new(Barrier::new(2));
    // Each takes from its own account what it finds in all of them: only one after the other is right.
    let take = |id: i64| {
        let (db, barrier) = (db.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            let options = TransactionOptions::new().isolation(Isolation::Serializable).retries(20);
            db.transaction_with(options, async |tx| {
                let all: i64 = Account::aggregate(Account::CENTS.sum()).exec(tx).await?.unwrap_or(0);
                if tx.attempt() == 1 {
                    barrier.wait().await;
                }
                if all >= 300 {
                    Account::update().set(Account::CENTS, 0).filter(Account::ID.eq(id)).exec(tx).await?;
                }
                Ok(())
            })
            .await
        })
    };
    let (a, b) = (take(1), take(2));
    a.await.unwrap()?;
    b.await.unwrap()?;
    assert_eq!(cents(&db).await?.iter().sum::<i64>(), 200);
    Ok(())
}

async fn locked_rows_are_refused_skipped_or_waited_for(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    if !test.shape.row_locks {
        let error = Account::find_all().for_update().exec(&db).await.map(drop);
        if let Err(error) = error {
            assert_eq!(error.kind(), ErrorKind::Unsupported);
        }
        return Ok(());
    }
    let tx = db.begin().await?;
    let locked = Account::find_by_pk(1).for_update().required(&tx).await?;
    let skipped: Vec<Account> = db
        .transaction(async |tx| {
            Account::find_all().order_by(Account::ID.asc()).for_update().skip_locked().exec(tx).await
        })
        .await?;
    assert_eq!(skipped.iter().map(|account| account.id).collect::<Vec<_>>(), [2, 3]);
    let refused = db
        .transaction(async |tx| Account::find_all().filter(Account::ID.eq(1)).for_update().nowait().exec(tx).await)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::LockTimeout);
    let by_key = Account::find_by_pk(1).nowait().exec(&db).await.unwrap_err();
    assert_eq!(by_key.kind(), ErrorKind::LockTimeout);
    assert_eq!(Account::find_by_pk(1).skip_locked().for_update().exec(&db).await?, None);
    let waiting = tokio::spawn({
        let db = db.clone();
        async move { db.transaction(async |tx| Account::find_by_pk(1).for_update().required(tx).await).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    Account::update().set(Account::CENTS, 5).filter(Account::ID.eq(locked.id)).exec(&tx).await?;
    tx.commit().await?;
    assert_eq!(waiting.await.unwrap()?.cents, 5);
    Ok(())
}

/// Whether the rest of a transaction outlives a lock that was not to be had is the server's setting.
async fn a_lock_that_is_refused_undoes_the_whole_transaction_or_nothing(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = accounts(&test).await?;
    let before = Account::count().exec(&db).await?;
    let holder = db.begin().await?;
    Account::find_by_pk(1).for_update().required(&holder).await?;
    let tx = db.begin().await?;
    Account::create().owner("early").exec(&tx).await?;
    let refused = Account::find_by_pk(1).for_update().nowait().exec(&tx).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::LockTimeout);
    let late = Account::create().owner("late").exec(&tx).await;
    assert_eq!(Account::count().exec(&db).await?, before, "a row of the transaction is there before its commit");
    let committed = tx.commit().await;
    let added = Account::count().exec(&db).await? - before;
    assert_eq!(added, if committed.is_ok() { 2 } else { 0 }, "{late:?} {committed:?}");
    assert_eq!(late.is_ok(), committed.is_ok(), "{late:?} {committed:?}");
    holder.rollback().await
}

async fn shared_locks_are_shared(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = accounts(&test).await?;
    let tx = db.begin().await?;
    Account::find_by_pk(1).for_share().required(&tx).await?;
    let other = db.begin().await?;
    Account::find_by_pk(1).for_share().required(&other).await?;
    let write = Account::find_one().filter(Account::ID.eq(1)).for_update().nowait().exec(&other).await;
    assert_eq!(write.unwrap_err().kind(), ErrorKind::LockTimeout);
    drop((tx, other));
    Ok(())
}

async fn transactions_end_after_their_time(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let options = TransactionOptions::new().timeout(Duration::from_millis(150));
    let result: Result<()> = db
        .transaction_with(options, async |tx| {
            Account::update().set(Account::CENTS, 0).all_rows().exec(tx).await?;
            tokio::time::sleep(Duration::from_secs(20)).await;
            Ok(())
        })
        .await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::TransactionTimeout);
    assert_eq!(cents(&db).await?, [100, 100, 100]);
    Ok(())
}

async fn a_dropped_transaction_leaves_nothing_open(test: Test) -> Result<()> {
    let db = test.connect_with(orm::PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Note>().await?;
    for _ in 0..3 {
        let slow = db.transaction(async |tx| {
            Note::create().title("x").exec(tx).await?;
            std::future::pending::<Result<()>>().await
        });
        assert!(tokio::time::timeout(Duration::from_millis(100), slow).await.is_err());
        assert_eq!(Note::count().exec(&db).await?, 0);
    }
    Note::create().title("x").exec(&db).await?;
    assert_eq!(test.connect().await?.query::<i64>("SELECT count(*) FROM notes", ()).await?, [1]);
    Ok(())
}

async fn your_own_errors_undo_too(test: Test) -> Result<()> {
    #[derive(Debug)]
    enum Mine {
        Poor,
        Database(Error),
    }
    impl From<Error> for Mine {
        fn from(error: Error) -> Self {
            Self::Database(error)
        }
    }
    let db = accounts(&test).await?;
    let result: Result<(), Mine> = db
        .try_transaction(async |tx| {
            Account::update().set(Account::CENTS, 0).all_rows().exec(tx).await?;
            Err(Mine::Poor)
        })
        .await;
    match result.unwrap_err() {
        Mine::Poor => {}
        Mine::Database(error) => return Err(error),
    }
    assert_eq!(cents(&db).await?, [100, 100, 100]);
    Ok(())
}

async fn every_isolation_level_is_taken(test: Test) -> Result<()> {
    use orm::Isolation::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable};
    let db = accounts(&test).await?;
    for level in [ReadUncommitted, ReadCommitted, RepeatableRead, Serializable] {
        for read_only in [false, true] {
            let options = TransactionOptions::new().isolation(level);
            let tx = db.begin_with(if read_only { options.read_only() } else { options }).await?;
            assert_eq!(Account::count().exec(&tx).await?, 3, "{level:?}");
            let written = tx.execute("UPDATE accounts SET cents = 7 WHERE id = 1", ()).await.map_err(|e| e.kind());
            assert_eq!(written.err(), read_only.then_some(ErrorKind::ReadOnly), "{level:?}");
            tx.rollback().await?;
        }
    }
    // The level is the transaction's, not the connection's.
    assert_eq!(cents(&db).await?, [100, 100, 100]);
    Account::create().owner("x").exec(&db).await.map(drop)
}

async fn options_that_a_database_lacks_are_refused(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let deferrable = TransactionOptions::new().isolation(Isolation::Serializable).read_only().deferrable();
    let immediate = TransactionOptions::new().immediate();
    for (options, has) in
        [(deferrable, test.shape.dialect == "postgresql"), (immediate, test.shape.dialect == "sqlite")]
    {
        match db.begin_with(options).await {
            Ok(tx) => {
                assert!(has);
                tx.commit().await?;
            }
            Err(error) => assert_eq!((error.kind(), has), (ErrorKind::Unsupported, false), "{error:?}"),
        }
    }
    // Nothing is left open or changed.
    Account::create().owner("x").exec(&db).await.map(drop)
}

async fn rows_are_locked_whatever_comes_with_them(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let tx = db.begin().await?;
    let by_ann = || Post::find_all().filter(Post::AUTHOR.any(Author::NAME.eq("Ann"))).order_by(Post::ID.asc());
    let locked = by_ann().include((Post::AUTHOR, Post::REVIEWER, Post::COMMENTS)).for_update().exec(&tx).await?;
    assert!(!locked.is_empty());
    let other = db.begin().await?;
    let free = by_ann().include(Post::AUTHOR).for_update().skip_locked().exec(&other).await?;
    assert!(free.is_empty(), "{}", free.len());
    let refused = by_ann().include(Post::REVIEWER).for_share().nowait().exec(&other).await.map(drop);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::LockTimeout);
    drop(other);
    tx.commit().await
}

/// The transaction's changes are there, but nobody was told.
async fn a_commit_whose_answer_is_lost_is_ambiguous(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = accounts(&test).await?;
    let (relay, url) = Relay::before(test.url()).await.unwrap();
    let far = orm::connect(&url).await?;
    let told = Arc::new(AtomicU32::new(0));
    let tries = AtomicU32::new(0);
    let options = TransactionOptions::new().retries(3);
    let result = far
        .transaction_with(options, async |tx| {
            tries.fetch_add(1, SeqCst);
            for register in [true, false] {
                let told = Arc::clone(&told);
                let tell = move || async move {
                    told.fetch_add(1, SeqCst);
                };
                if register { tx.after_commit(tell) } else { tx.after_rollback(tell) }
            }
            Account::create().owner("far").exec(tx).await?;
            relay.keep_answers_back();
            Ok(())
        })
        .await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::AmbiguousCommit);
    // Run again, it might happen twice; and it is unknown which callbacks are due.
    assert_eq!((tries.load(SeqCst), told.load(SeqCst)), (1, 0));
    // The server has it, as soon as it is done.
    for _ in 0..200 {
        if Account::count().exec(&db).await? == 4 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(Error::new(ErrorKind::NotFound, "the commit did not arrive"))
}

async fn the_log_has_what_begins_and_ends_transactions(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let log = db.watch();
    let tx = db.begin().await?;
    tx.execute("UPDATE accounts SET cents = 1", ()).await?;
    let savepoint = tx.begin().await?;
    savepoint.execute("UPDATE accounts SET cents = 2", ()).await?;
    savepoint.rollback().await?;
    let savepoint = tx.begin().await?;
    savepoint.commit().await?;
    tx.commit().await?;
    db.begin().await?.rollback().await?;
    let begin = match db.dialect().name() {
        "mysql" | "mariadb" => "START TRANSACTION",
        "sqlite" => "BEGIN IMMEDIATE",
        _ => "BEGIN",
    };
    let sent = log.sent();
    let expected = [
        begin,
        "UPDATE accounts SET cents = 1",
        "SAVEPOINT orm_2",
        "UPDATE accounts SET cents = 2",
        "ROLLBACK TO SAVEPOINT orm_2; RELEASE SAVEPOINT orm_2",
        "SAVEPOINT orm_2",
        "RELEASE SAVEPOINT orm_2",
        "COMMIT",
        begin,
        "ROLLBACK",
    ];
    assert_eq!(sent, expected);
    assert_eq!(log.take().len(), 2);
    assert_eq!((log.count(), log.sent().len()), (0, 0));
    // Statements that take a transaction of their own, too.
    Account::bulk_create((0..1000).map(|n| Account::create().owner(format!("x{n}")))).exec(&db).await?;
    assert_eq!(log.sent().iter().filter(|sql| *sql == "COMMIT").count(), usize::from(log.count() > 1));
    assert_eq!(cents(&db).await?[..3], [1, 1, 1]);
    Ok(())
}

/// Runs many tasks at once; all of them must succeed.
async fn at_once<F: Future<Output = Result<()>> + Send + 'static>(task: impl Fn(usize) -> F) -> Result<()> {
    let tasks: Vec<_> = (0..200).map(|number| tokio::spawn(task(number))).collect();
    let mut errors = Vec::new();
    for task in tasks {
        errors.extend(task.await.unwrap().err());
    }
    let count = errors.len();
    errors.into_iter().next().map_or(Ok(()), |first| panic!("{count} of 200 failed, the first with {first:?}"))
}

async fn two_hundred_tasks_that_read_and_write_have_no_errors(test: Test) -> Result<()> {
    accounts(&test).await?.close().await?;
    // As many connections as a pool has by default.
    let db = test.connect_with(orm::PoolOptions::new()).await?;
    at_once(|_| {
        let db = db.clone();
        async move {
            db.transaction(async |tx| {
                let read = Account::find_by_pk(1).required(tx).await?.cents;
                Account::update().set(Account::CENTS, read + 1).filter(Account::ID.eq(1)).exec(tx).await.map(drop)
            })
            .await
        }
    })
    .await?;
    let alone = db.dialect().name() == "sqlite";
    assert!(!alone || cents(&db).await?[0] == 300, "transactions of SQLite come one after the other");
    Ok(())
}

async fn two_hundred_tasks_that_insert_first_have_no_errors(test: Test) -> Result<()> {
    accounts(&test).await?.close().await?;
    let db = test.connect_with(orm::PoolOptions::new()).await?;
    at_once(|number| {
        let db = db.clone();
        async move {
            db.transaction(async |tx| {
                let made = Account::create().owner(format!("owner {number}")).cents(1).exec(tx).await?;
                Account::find_by_pk(made.id).required(tx).await.map(drop)
            })
            .await
        }
    })
    .await?;
    assert_eq!(Account::count().exec(&db).await?, 203);
    Ok(())
}

/// Those of the README, with a name for each task.
async fn the_first_transactions_of_a_new_user_survive_two_hundred_tasks(test: Test) -> Result<()> {
    test.with::<Blog>().await?.close().await?;
    let db = test.connect_with(orm::PoolOptions::new()).await?;
    let first = Author::create().name("first").exec(&db).await?.id;
    at_once(|number| {
        let db = db.clone();
        async move {
            db.transaction(async |tx| {
                let author = Author::create().name(format!("author {number}")).exec(tx).await?;
                author.posts().create().title("All or nothing").exec(tx).await
            })
            .await?;
            let options = TransactionOptions::new().isolation(Isolation::Serializable).retries(5);
            db.transaction_with(options, async |tx| {
                let author = Author::find_by_pk(first).required(tx).await?;
                tx.transaction(async |savepoint| author.posts().create().title("Nested").exec(savepoint).await).await
            })
            .await
            .map(drop)
        }
    })
    .await?;
    assert_eq!((Author::count().exec(&db).await?, Post::count().exec(&db).await?), (201, 400));
    Ok(())
}

/// A statement on `db` inside of a transaction waits for the transaction, and the transaction for it.
async fn using_the_database_inside_of_a_transaction_is_explained(test: Test) -> Result<()> {
    if test.shape.dialect == "postgresql" {
        // It waits for ever unless a lock timeout is set.
        return Ok(());
    }
    accounts(&test).await?.close().await?;
    let url = format!("{}{}lock_timeout=1", test.url(), if test.url().contains('?') { '&' } else { '?' });
    let db = orm::connect(&url).await?;
    let inside = db
        .transaction(async |tx| {
            Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(tx).await?;
            Account::update().set(Account::CENTS, 2).filter(Account::ID.eq(1)).exec(&db).await
        })
        .await
        .unwrap_err();
    let kind = if test.shape.row_locks { ErrorKind::LockTimeout } else { ErrorKind::Busy };
    let explained = |error: &Error| {
        let said = error.to_string();
        assert!(said.contains("has itself a transaction begun at tests/src/suite/transaction.rs:"), "{said}");
        assert!(said.contains("run statements on `tx`"), "{said}");
    };
    if test.shape.row_locks {
        assert_eq!(inside.kind(), kind);
        explained(&inside);
    } else {
        // Where one transaction at a time writes, it is certain beforehand.
        let nested = db.transaction(async |_| db.transaction(async |_| Ok(())).await).await.unwrap_err();
        for error in [inside, nested] {
            assert_eq!(error.kind(), ErrorKind::InvalidStatement);
            assert!(error.to_string().contains("run it on the transaction, `tx`, not on `db`"), "{error}");
        }
    }
    // Begun by hand, a transaction may go to another task: its statement waits, and is told afterwards.
    let tx = db.begin().await?;
    Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(&tx).await?;
    let by_hand = Account::update().set(Account::CENTS, 2).filter(Account::ID.eq(1)).exec(&db).await.unwrap_err();
    assert_eq!(by_hand.kind(), kind);
    explained(&by_hand);
    tx.rollback().await?;
    // Others are not told about a transaction that is not theirs.
    let tx = db.begin().await?;
    Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(&tx).await?;
    let other = db.clone();
    let write = async move { Account::update().set(Account::CENTS, 2).filter(Account::ID.eq(1)).exec(&other).await };
    let error = tokio::spawn(write).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), kind);
    assert!(!error.to_string().contains("itself"), "{error}");
    tx.rollback().await
}

async fn upserts_of_two_rows_in_opposite_order_survive(test: Test) -> Result<()> {
    accounts(&test).await?.close().await?;
    let db = test.connect_with(orm::PoolOptions::new().max_connections(8)).await?;
    let tasks = (0..8).map(|number| {
        let db = db.clone();
        tokio::spawn(async move {
            for round in 0..40_i64 {
                let owners = if number % 2 == 0 { ["a", "b"] } else { ["b", "a"] };
                let rows = owners.map(|owner| Account::create().owner(owner).cents(round));
                Account::bulk_create(rows).on_conflict(Account::OWNER).update(Account::CENTS).exec(&db).await?;
            }
            Ok::<_, Error>(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap()?;
    }
    assert_eq!(Account::count().exec(&db).await?, 3);
    Ok(())
}

async fn readers_do_not_wait_for_a_writer(test: Test) -> Result<()> {
    let db = accounts(&test).await?;
    let tx = db.begin().await?;
    Account::update().set(Account::CENTS, 1).filter(Account::ID.eq(1)).exec(&tx).await?;
    let begun = std::time::Instant::now();
    let options = TransactionOptions::new().read_only();
    let read = db.transaction_with(options, async |tx| Account::find_by_pk(1).required(tx).await).await?;
    let page = Account::find_and_count_all().limit(1).exec(&db).await?;
    assert_eq!((read.cents, page.count), (100, 3));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    tx.rollback().await
}

async fn raise(db: &impl Atomic, fails: bool) -> Result<()> {
    db.transaction(async |tx| {
        Account::update().set(Account::CENTS, Account::CENTS + 1).all_rows().exec(tx).await?;
        if fails { Err(orm::Error::new(ErrorKind::InvalidStatement, "no")) } else { Ok(()) }
    })
    .await
}

async fn a_function_opens_a_transaction_on_whatever_it_is_given(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    Account::create().owner("a").exec(&db).await?;
    let cents = async || Account::aggregate(Account::CENTS.max()).exec(&db).await;
    raise(&db, false).await?;
    raise(&db, true).await.unwrap_err();
    assert_eq!(cents().await?, Some(1));
    db.transaction(async |tx| {
        raise(tx, false).await?;
        raise(tx, true).await.unwrap_err();
        let savepoint = Atomic::begin(tx).await?;
        raise(&savepoint, false).await?;
        savepoint.commit().await
    })
    .await?;
    assert_eq!(cents().await?, Some(3));
    let (shared, other) = (std::sync::Arc::new(db.clone()), db.clone());
    tokio::spawn(async move { raise(&shared, false).await }).await.unwrap()?;
    tokio::spawn(async move { other.transaction(async |tx| raise(tx, false).await).await }).await.unwrap()?;
    assert_eq!(cents().await?, Some(5));
    Ok(())
}

cases! { $ transaction:
    a_function_opens_a_transaction_on_whatever_it_is_given,
    the_log_has_what_begins_and_ends_transactions,
    commit_keeps_changes,
    an_error_undoes_changes,
    unmanaged_transactions_commit_and_roll_back,
    other_connections_do_not_see_uncommitted_changes,
    savepoints_undo_their_part_only,
    callbacks_run_after_the_commit_in_order,
    read_only_transactions_refuse_writes,
    repeatable_reads_repeat,
    deadlocks_are_run_again,
    a_deadlock_without_retries_is_an_error,
    serializable_transactions_that_meet_are_run_again,
    locked_rows_are_refused_skipped_or_waited_for,
    a_lock_that_is_refused_undoes_the_whole_transaction_or_nothing,
    shared_locks_are_shared,
    transactions_end_after_their_time,
    a_dropped_transaction_leaves_nothing_open,
    your_own_errors_undo_too,
    every_isolation_level_is_taken,
    options_that_a_database_lacks_are_refused,
    rows_are_locked_whatever_comes_with_them,
    a_commit_whose_answer_is_lost_is_ambiguous,
    two_hundred_tasks_that_read_and_write_have_no_errors,
    two_hundred_tasks_that_insert_first_have_no_errors,
    the_first_transactions_of_a_new_user_survive_two_hundred_tasks,
    using_the_database_inside_of_a_transaction_is_explained,
    readers_do_not_wait_for_a_writer,
    upserts_of_two_rows_in_opposite_order_survive,
}
