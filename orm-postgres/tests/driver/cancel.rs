//! Every operation cut off at every point where it waits: the connection says that it is broken, or it is fine; an open
//! transaction never goes unnoticed.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

use orm_core::driver::{BeginOptions, Connection, Driver, Isolation, Query};
use orm_core::row::{Discard, Flow, Row, RowSink};
use orm_core::{Result, SqlType, Value};

use crate::support::{Database, one, run, with_database};

/// Polls a future so many times, then drops it. `None` when it was not done.
async fn cut<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut polled = 0;
    poll_fn(|cx| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if polled == polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn pid(connection: &mut dyn Connection) -> String {
    one(connection, "SELECT pg_backend_pid()", &[]).await.unwrap().replace("int ", "")
}

/// What the server says a session does, once it has stopped working.
async fn state(observer: &mut dyn Connection, pid: &str) -> Option<String> {
    for _ in 0..400 {
        let sql = format!("SELECT state FROM pg_stat_activity WHERE pid = {pid}");
        let mut shown = crate::support::Shown::default();
        observer.fetch(Query::text(&sql), &mut shown).await.unwrap();
        match shown.0.first() {
            None => return None,
            Some(row) if row[0] == "text active" => tokio::time::sleep(Duration::from_millis(5)).await,
            Some(row) => return Some(row[0].clone()),
        }
    }
    panic!("the session {pid} does not come to rest");
}

/// Cuts an operation off after every number of polls until it gets through, each time on a new connection.
async fn check(
    database: &Database,
    what: &str,
    prepare: impl AsyncFn(&mut dyn Connection),
    operation: impl AsyncFn(&mut dyn Connection) -> Result<()>,
) {
    let mut observer = database.connect().await;
    for polls in 0.. {
        let mut connection = database.connect().await;
        prepare(&mut *connection).await;
        let began_inside = connection.in_transaction();
        let pid = pid(&mut *connection).await;
        let done = cut(operation(&mut *connection), polls).await;
        if let Some(result) = &done {
            result.as_ref().unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert!(!connection.is_broken(), "{what}: broken though it got through");
        } else if polls == 0 {
            assert!(!connection.is_broken(), "{what}: nothing was done");
            assert_eq!(connection.in_transaction(), began_inside, "{what}: nothing was done");
        }
        if connection.is_broken() {
            // What a pool does.
            drop(connection);
            let mut seen = state(&mut *observer, &pid).await;
            for _ in 0..400 {
                if seen.is_none() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
                seen = state(&mut *observer, &pid).await;
            }
            assert_eq!(seen, None, "{what}: the session outlives its connection after {polls} polls");
        } else {
            let inside = state(&mut *observer, &pid).await.unwrap();
            if inside != "text idle" {
                assert!(connection.in_transaction(), "{what}: {inside} unnoticed after {polls} polls");
            }
            connection.reset().await.unwrap();
            assert_eq!(state(&mut *observer, &pid).await.as_deref(), Some("text idle"), "{what}");
            assert_eq!(one(&mut *connection, "SELECT $1", &[Value::I32(1)]).await.unwrap(), "int 1", "{what}");
        }
        if done.is_some() {
            // A server nearby may answer before anyone waits.
            return;
        }
        assert!(polls < 10_000, "{what}: never done");
    }
}

async fn nothing(_: &mut dyn Connection) {}

async fn inside(connection: &mut dyn Connection) {
    connection.begin(&BeginOptions::default()).await.unwrap();
    run(connection, "INSERT INTO t VALUES (1)").await;
}

#[tokio::test]
async fn a_transaction_cut_off_anywhere_is_never_left_open() {
    with_database(async |database| {
        run(&mut *database.connect().await, "CREATE TABLE t (v int)").await;
        check(database, "begin", nothing, async |c| c.begin(&BeginOptions::default()).await).await;
        let options = BeginOptions { isolation: Some(Isolation::Serializable), read_only: true, ..Default::default() };
        check(database, "begin with options", nothing, async |c| c.begin(&options).await).await;
        check(database, "commit", inside, async |c| c.commit().await).await;
        check(database, "rollback", inside, async |c| c.rollback().await).await;
        check(database, "reset", inside, async |c| c.reset().await).await;
        let failed = async |c: &mut dyn Connection| {
            inside(c).await;
            run(c, "SAVEPOINT s").await;
            c.execute(Query::text("SELECT nope")).await.unwrap_err();
            run(c, "ROLLBACK TO s").await;
        };
        check(database, "commit after a failure", failed, async |c| c.commit().await).await;
        check(database, "a transaction", nothing, async |c| {
            c.begin(&BeginOptions::default()).await?;
            c.execute(Query::text("INSERT INTO t VALUES (2)")).await?;
            c.commit().await
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_statement_cut_off_anywhere_is_noticed() {
    with_database(async |database| {
        run(&mut *database.connect().await, "CREATE TABLE t (v int)").await;
        let select = async |c: &mut dyn Connection, sql: &str, binds: &[Value], cacheable| {
            c.fetch(Query::new(sql, binds).cacheable(cacheable), &mut Discard).await.map(drop)
        };
        let one = [Value::I32(1)];
        check(database, "ping", nothing, async |c| c.ping().await).await;
        check(database, "batch", nothing, async |c| c.batch("SELECT 1; SELECT 2").await).await;
        check(database, "a new statement", nothing, async |c| select(c, "SELECT $1 + 1", &one, true).await).await;
        check(database, "an unnamed statement", nothing, async |c| select(c, "SELECT $1 + 1", &one, false).await).await;
        let known = async |c: &mut dyn Connection| select(c, "SELECT $1 + 1", &one, true).await.unwrap();
        check(database, "a known statement", known, async |c| select(c, "SELECT $1 + 1", &one, true).await).await;
        check(database, "the same text with other types", known, async |c| {
            select(c, "SELECT $1 + 1", &[Value::Null(SqlType::I64)], true).await
        })
        .await;
        check(database, "a write", nothing, async |c| select(c, "INSERT INTO t VALUES ($1)", &one, true).await).await;
        check(database, "a write inside", inside, async |c| select(c, "INSERT INTO t VALUES ($1)", &one, true).await)
            .await;
        check(database, "many rows", nothing, async |c| {
            select(c, "SELECT repeat('x', 1000) FROM generate_series(1, $1 * 500)", &one, true).await
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn connecting_can_be_cut_off() {
    with_database(async |database| {
        let driver = database.driver();
        // Hashing the password yields some hundred times, all alike.
        let mut polls = 0;
        while polls < 100_000 {
            if let Some(connection) = cut(driver.connect(), polls).await {
                connection.unwrap().close().await;
                return;
            }
            polls += 1 + polls / 4;
        }
        panic!("never connected");
    })
    .await;
}

/// Never has enough.
struct Endless;

impl RowSink for Endless {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {}
}

#[tokio::test]
async fn long_results_leave_time_to_others() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let endless = Query::text("SELECT 'some text' FROM (SELECT generate_series(1, 2000000000)) AS many");
        let start = Instant::now();
        let late = tokio::time::timeout(Duration::from_millis(300), connection.fetch(endless, &mut Endless)).await;
        assert!(late.is_err() && connection.is_broken());
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    })
    .await;
}
