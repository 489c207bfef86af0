//! Cancellation: every operation is dropped after its first, second, third .. poll, and the database must be as before.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use orm::driver::{BeginOptions, Query};
use orm::row::Discard;
use orm::{Database, Executor, PoolOptions, Result};

use super::toy::Toy;

/// Polls a future a number of times, letting other tasks run in between, and drops it; gives its output when it ended
/// before.
pub(crate) async fn poll_then_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Drops what `operation` makes after one poll, two polls .. until it ends by itself, and calls `check` each time.
/// Gives the number of polls it needed.
pub(crate) async fn drop_at_every_poll<T>(
    name: &str,
    mut operation: impl AsyncFnMut() -> Result<T>,
    mut check: impl AsyncFnMut(usize, bool),
) -> usize {
    for polls in 0..500 {
        let ended = poll_then_drop(operation(), polls).await.map(|result| {
            if let Err(error) = result {
                panic!("{name}, with {polls} polls: {error}");
            }
        });
        check(polls, ended.is_some()).await;
        if ended.is_some() {
            return polls;
        }
    }
    panic!("{name} does not end");
}

type Operation = (&'static str, fn(&Database) -> std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send + '_>>);

/// Every public operation; `INSERT` is written so that the toy and SQLite understand it.
pub(crate) fn operations() -> Vec<Operation> {
    const INSERT: &str = "INSERT INTO notes VALUES ('x')";
    vec![
        ("execute", |db| Box::pin(async { db.execute(INSERT, ()).await.map(drop) })),
        ("query", |db| Box::pin(async { db.query::<i64>("SELECT 1", ()).await.map(drop) })),
        ("ping", |db| Box::pin(db.ping())),
        ("begin and drop", |db| Box::pin(async { db.begin().await.map(drop) })),
        ("begin and rollback", |db| Box::pin(async { db.begin().await?.rollback().await })),
        ("begin and commit", |db| {
            Box::pin(async {
                let tx = db.begin().await?;
                tx.execute(INSERT, ()).await?;
                tx.commit().await
            })
        }),
        ("transaction", |db| {
            Box::pin(db.transaction(async |tx| {
                tx.execute(INSERT, ()).await?;
                tx.query::<i64>("SELECT 1", ()).await.map(drop)
            }))
        }),
        ("savepoints", |db| {
            Box::pin(db.transaction(async |tx| {
                tx.transaction(async |sp| {
                    sp.execute(INSERT, ()).await?;
                    sp.transaction(async |sp| sp.execute(INSERT, ()).await).await.map(drop)
                })
                .await?;
                tx.begin().await?.rollback().await?;
                drop(tx.begin().await?);
                tx.execute(INSERT, ()).await.map(drop)
            }))
        }),
        ("unit", |db| {
            Box::pin(async {
                let unit = db.session().begin(&BeginOptions::default()).await?;
                unit.fetch(Query::text(INSERT), &mut Discard).await?;
                let inner = unit.begin(&BeginOptions::default()).await?;
                inner.fetch(Query::text(INSERT), &mut Discard).await?;
                inner.commit().await?;
                unit.commit().await
            })
        }),
        ("pin", |db| {
            Box::pin(async {
                let pinned = db.session().pin().await?;
                pinned.fetch(Query::text("SELECT 1"), &mut Discard).await?;
                let unit = pinned.begin(&BeginOptions::default()).await?;
                unit.fetch(Query::text(INSERT), &mut Discard).await?;
                unit.commit().await?;
                pinned.fetch(Query::text("SELECT 1"), &mut Discard).await.map(drop)
            })
        }),
        ("unit in a transaction", |db| {
            Box::pin(db.transaction(async |tx| {
                let unit = tx.session().begin(&BeginOptions::default()).await?;
                unit.fetch(Query::text(INSERT), &mut Discard).await?;
                unit.commit().await?;
                drop(tx.session().begin(&BeginOptions::default()).await?);
                tx.execute(INSERT, ()).await.map(drop)
            }))
        }),
    ]
}

/// With a pool of one: after each cut, the connection works, is not inside a transaction, and what was cut off before
/// its commit has left nothing.
pub(crate) async fn check_operations(db: &Database, count: &str) {
    for (name, operation) in operations() {
        let mut before = db.query::<i64>(count, ()).await.unwrap();
        drop_at_every_poll(
            name,
            async || operation(db).await,
            async |polls, ended| {
                let works = tokio::time::timeout(Duration::from_secs(5), db.query::<i64>("SELECT 1", ())).await;
                assert_eq!(works.expect("the pool is stuck").unwrap(), [1], "{name}, after {polls} polls");
                // Beginning would fail inside of a transaction.
                db.begin().await.unwrap().rollback().await.unwrap();
                let after = db.query::<i64>(count, ()).await.unwrap();
                if !ended && !["execute", "begin and commit", "transaction", "savepoints"].contains(&name) {
                    assert!(after[0] - before[0] <= 2, "{name}, after {polls} polls");
                }
                before = after;
                let status = db.pool_status();
                assert_eq!((status.in_use, status.idle), (0, 1), "{name}, after {polls} polls: {status:?}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn toy_of_one() {
    check_operations(&Toy::one().open(PoolOptions::new()).await, "COUNT").await;
}

#[tokio::test]
async fn toy_that_abandons_at_once() {
    let toy = Toy { abandons: true, ..Toy::one() };
    check_operations(&toy.open(PoolOptions::new()).await, "COUNT").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn toy_on_two_threads() {
    check_operations(&Toy::default().open(PoolOptions::new().max_connections(1)).await, "COUNT").await;
}

#[tokio::test]
async fn a_transaction_that_was_cut_off_leaves_nothing() {
    let toy = Toy::one();
    let db = toy.open(PoolOptions::new()).await;
    let body = async || {
        db.transaction(async |tx| {
            tx.execute("INSERT a", ()).await?;
            tx.transaction(async |sp| sp.execute("INSERT b", ()).await).await
        })
        .await
    };
    drop_at_every_poll("transaction", body, async |polls, ended| {
        db.ping().await.unwrap();
        let rows = toy.server.rows().len();
        assert!(rows == if ended { 2 } else { 0 }, "{rows} rows after {polls} polls");
    })
    .await;
}

#[tokio::test]
async fn opening_can_be_cut_off() {
    let toy = Toy::default();
    drop_at_every_poll(
        "connect",
        async || orm::Database::connect_with(toy.clone(), PoolOptions::new().min_connections(2)).await,
        async |_, _| {
            tokio::time::sleep(Duration::from_millis(2)).await;
            assert_eq!(toy.server.open.load(std::sync::atomic::Ordering::SeqCst), 0);
        },
    )
    .await;
}

#[tokio::test]
async fn closing_can_be_cut_off() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().min_connections(2)).await;
    drop_at_every_poll("close", async || db.close().await, async |_, _| {}).await;
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(toy.server.open.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_outer_statement_goes_on_after_a_savepoint_was_cut_off() {
    let toy = Toy::one();
    let db = toy.open(PoolOptions::new()).await;
    let mut refused = 0;
    for polls in 0..40 {
        toy.server.rows().clear();
        let tx = db.begin().await.unwrap();
        tx.execute("INSERT outer", ()).await.unwrap();
        let cut = poll_then_drop(
            tx.transaction(async |sp| {
                sp.execute("INSERT inner", ()).await?;
                sp.execute("INSERT inner", ()).await
            }),
            polls,
        )
        .await;
        match tx.execute("INSERT outer", ()).await {
            Ok(_) => {
                tx.commit().await.unwrap();
                let expected: &[&str] =
                    if cut.is_some() { &["outer", "inner", "inner", "outer"] } else { &["outer", "outer"] };
                assert_eq!(*toy.server.rows(), expected, "after {polls} polls");
            }
            Err(error) => {
                // The savepoint's own begin or end was cut off.
                assert_eq!(error.kind(), orm::ErrorKind::TransactionClosed);
                assert!(tx.commit().await.is_err());
                assert!(toy.server.rows().is_empty());
                refused += 1;
            }
        }
    }
    assert!((1..10).contains(&refused), "{refused}");
}
