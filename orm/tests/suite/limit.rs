//! One limit for the connections of several databases, and finding a database by a key.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use orm::{ConnectionLimit, Database, Databases, Error, ErrorKind, PoolOptions};
use tokio::time::{Instant, sleep};

use super::toy::Toy;

/// Several databases with one limit.
async fn databases(count: usize, limit: &ConnectionLimit, time: Duration) -> Vec<(Toy, Database)> {
    let mut all = Vec::new();
    for _ in 0..count {
        let toy = Toy::default();
        let db = toy.open(PoolOptions::new().limit(limit.clone()).acquire_timeout(time)).await;
        all.push((toy, db));
    }
    all
}

#[tokio::test]
async fn an_unused_connection_is_given_to_another_database() {
    let limit = ConnectionLimit::new(2);
    let all = databases(5, &limit, Duration::from_secs(5)).await;
    for _ in 0..3 {
        for (_, db) in &all {
            drop(tokio::try_join!(db.begin(), db.begin()).unwrap());
            assert!(limit.in_use() <= 2);
        }
    }
    let open: u32 = all.iter().map(|(toy, _)| toy.server.open.load(SeqCst)).sum();
    assert!(open <= 2, "{open}");
}

#[tokio::test(start_paused = true)]
async fn who_finds_all_in_use_waits_for_the_first_that_comes_back() {
    let limit = ConnectionLimit::new(2);
    let all = databases(2, &limit, Duration::from_secs(5)).await;
    let held = tokio::try_join!(all[0].1.begin(), all[0].1.begin()).unwrap();
    let other = all[1].1.clone();
    let waits = tokio::spawn(async move { other.execute("INSERT a", ()).await });
    sleep(Duration::from_secs(1)).await;
    assert!(!waits.is_finished());
    let start = Instant::now();
    held.0.rollback().await.unwrap();
    waits.await.unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    held.1.rollback().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_is_told_of_the_limit() {
    let limit = ConnectionLimit::new(1);
    let all = databases(2, &limit, Duration::from_secs(5)).await;
    let held = all[0].1.begin().await.unwrap();
    let error = all[1].1.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout);
    assert!(error.message().contains("all 1 connections that several databases may have together"), "{error}");
    held.rollback().await.unwrap();
    all[1].1.ping().await.unwrap();
}

#[tokio::test]
async fn a_limit_goes_with_no_least_number() {
    let options = PoolOptions::new().min_connections(1).limit(ConnectionLimit::new(1));
    let error = Database::connect_with(Toy::default(), options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn keys_with_the_same_url_share_a_database() {
    let url_of = |shard: &u8| match shard {
        0..=9 => Ok(format!("sqlite::memory:?check_after={}", shard % 2)),
        _ => Err(Error::new(ErrorKind::NotFound, "there is no such shard")),
    };
    let databases = Databases::new(PoolOptions::new(), url_of);
    databases.route(&0).await.unwrap().execute("CREATE TABLE a (id INTEGER)", ()).await.unwrap();
    let count = "SELECT count(*) FROM a";
    assert!(databases.route(&2).await.unwrap().query::<i64>(count, ()).await.is_ok());
    assert!(databases.route(&1).await.unwrap().query::<i64>(count, ()).await.is_err());
    assert_eq!(databases.route(&10).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(databases.open().len(), 2);
}
