//! Operations cut off at every poll: on the toy, which waits everywhere, and on SQLite in a file and in memory.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use orm::{PoolOptions, connect_with};

use super::cancel::{Probe, check_operations, drop_at_every_poll, poll_then_drop};
use super::sqlite::File;
use super::toy::Toy;

const TOY: Probe = Probe { count: "COUNT", open: &[], session: None };
const SQLITE: Probe = Probe { count: "SELECT count(*) FROM cancelled", open: &[], session: None };

#[tokio::test]
async fn sqlite_in_memory() {
    let db = orm::connect("sqlite::memory:").await.unwrap();
    db.batch("CREATE TABLE cancelled (text TEXT)").await.unwrap();
    check_operations(&db, SQLITE).await;
    assert_eq!(db.pool_status().created, 1);
}

#[tokio::test]
async fn sqlite_in_a_file() {
    let file = File::new("cancelled");
    let db = connect_with(&file.url(), PoolOptions::new().max_connections(1)).await.unwrap();
    db.batch("CREATE TABLE cancelled (text TEXT)").await.unwrap();
    check_operations(&db, SQLITE).await;
}

#[tokio::test]
async fn toy_of_one() {
    check_operations(&Toy::one().open(PoolOptions::new()).await, TOY).await;
}

#[tokio::test]
async fn toy_that_abandons_at_once() {
    let toy = Toy { abandons: true, ..Toy::one() };
    check_operations(&toy.open(PoolOptions::new()).await, TOY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn toy_on_two_threads() {
    check_operations(&Toy::default().open(PoolOptions::new().max_connections(1)).await, TOY).await;
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

/// Waits until no connection is open. Connections say goodbye in tasks of their own, which a fixed pause may overtake on a
/// machine that has other work.
async fn all_closed(toy: &Toy) {
    let none = async {
        while toy.server.open.load(SeqCst) != 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), none).await.expect("connections stay open");
}

#[tokio::test]
async fn opening_can_be_cut_off() {
    let toy = Toy::default();
    drop_at_every_poll(
        "connect",
        async || orm::Database::connect_with(toy.clone(), PoolOptions::new().min_connections(2)).await,
        async |_, _| {
            all_closed(&toy).await;
        },
    )
    .await;
}

#[tokio::test]
async fn closing_can_be_cut_off() {
    let toy = Toy::default();
    let db = toy.open(PoolOptions::new().min_connections(2)).await;
    drop_at_every_poll("close", async || db.close().await, async |_, _| {}).await;
    all_closed(&toy).await;
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
