//! The execution policy, through the public seam: long statements do not block the runtime, dropped futures leave
//! connections usable, locks are waited for without blocking, the write-ahead log is checkpointed in the background.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use orm_core::driver::{BeginOptions, LockMode, Query};
use orm_core::row::{Collect, Columns, Discard, Flow, Row, RowSink};
use orm_core::{Error, ErrorKind, Result, Type, Value};

use crate::support::{Box_, Place, memory, open, run};

async fn execute(connection: &mut Box_, sql: &str) -> Result<u64> {
    crate::support::execute(connection, sql).await.map(|done| done.rows_affected)
}

async fn values<T: Type>(connection: &mut Box_, sql: &str) -> Result<Vec<T>> {
    crate::support::values(connection, sql, &[]).await
}

/// Counts to a number in one step, which is long from a few hundred thousand on.
fn count_to(n: u64) -> String {
    format!("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {n}) SELECT count(*) FROM c")
}

/// A table `t (a, b)` with this many rows.
async fn fill(connection: &mut Box_, rows: u64) {
    connection
        .batch(&format!(
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b);
             WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {rows})
             INSERT INTO t SELECT x, 0 FROM c"
        ))
        .await
        .unwrap();
}

/// How often a timer of five milliseconds ticked while a statement ran, and how often it should have at the least: a
/// quarter of what the time had room for, since the machine may be busy. A blocked thread ticks once.
#[derive(Debug)]
struct Ticks {
    seen: u128,
    due: u128,
}

impl Ticks {
    fn kept_pace(&self) -> bool {
        self.seen >= self.due
    }
}

/// Runs a statement while a timer ticks beside it.
async fn beside_ticks<T>(statement: impl Future<Output = T>) -> (T, Ticks) {
    const TICK: Duration = Duration::from_millis(5);
    let ticks = AtomicU32::new(0);
    let done = AtomicBool::new(false);
    let start = std::time::Instant::now();
    let statement = async {
        let result = statement.await;
        done.store(true, Ordering::Relaxed);
        result
    };
    let timer = async {
        while !done.load(Ordering::Relaxed) {
            tokio::time::sleep(TICK).await;
            ticks.fetch_add(1, Ordering::Relaxed);
        }
    };
    let (result, ()) = tokio::join!(statement, timer);
    let due = start.elapsed().as_millis() / (4 * TICK.as_millis());
    (result, Ticks { seen: ticks.into_inner().into(), due })
}

#[test]
fn a_long_read_leaves_the_runtime_free() {
    run(async {
        let mut c = memory().await;
        for _ in 0..2 {
            // The second run knows that it is long.
            let (counted, ticks) = beside_ticks(values::<i64>(&mut c, &count_to(1_500_000))).await;
            assert_eq!(counted.unwrap(), [1_500_000]);
            assert!(ticks.kept_pace(), "{ticks:?}");
        }
        // A long way to the first row, and then many.
        fill(&mut c, 100_000).await;
        let sorted = "SELECT a FROM t ORDER BY (a * 7919) % 100003";
        let (rows, ticks) = beside_ticks(values::<i64>(&mut c, sorted)).await;
        let mut rows = rows.unwrap();
        assert_eq!(rows.len(), 100_000);
        rows.sort_unstable();
        assert!(rows.iter().zip(1..).all(|(row, expected)| *row == expected));
        assert!(ticks.kept_pace(), "{ticks:?}");
    });
}

#[test]
fn a_gap_between_rows_starts_a_read_over_without_doubling_rows() {
    run(async {
        let mut c = memory().await;
        let gap = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 600000)
                   SELECT x FROM c WHERE x <= 5000 OR x = 600000";
        let (rows, ticks) = beside_ticks(values::<i64>(&mut c, gap)).await;
        let rows = rows.unwrap();
        assert_eq!((rows.len(), rows.first(), rows.last()), (5001, Some(&1), Some(&600_000)));
        assert!(ticks.kept_pace(), "{ticks:?}");
    });
}

#[test]
fn a_long_write_leaves_the_runtime_free() {
    for in_file in [false, true] {
        run(async {
            let place = Place::new();
            let mut c = if in_file { open(place.options()).await } else { memory().await };
            fill(&mut c, 150_000).await;
            let (changed, ticks) = beside_ticks(execute(&mut c, "UPDATE t SET b = b + 1")).await;
            assert_eq!(changed.unwrap(), 150_000);
            assert!(ticks.kept_pace(), "{ticks:?}");
            // Inside a transaction nothing may be interrupted.
            c.begin(&BeginOptions::default()).await.unwrap();
            execute(&mut c, "INSERT INTO t (b) VALUES (7)").await.unwrap();
            let (changed, ticks) = beside_ticks(execute(&mut c, "UPDATE t SET b = b + 1")).await;
            assert_eq!(changed.unwrap(), 150_001);
            assert!(ticks.kept_pace(), "{ticks:?}");
            c.commit().await.unwrap();
            assert_eq!(values::<i64>(&mut c, "SELECT max(b) FROM t").await.unwrap(), [8]);
            c.close().await;
        });
    }
}

#[test]
fn many_short_statements_give_way() {
    run(async {
        let mut c = memory().await;
        let statements = async {
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(150) {
                values::<i64>(&mut c, "SELECT 1").await.unwrap();
            }
        };
        let ((), ticks) = beside_ticks(statements).await;
        assert!(ticks.kept_pace(), "{ticks:?}");
    });
}

/// Polls a future a number of times, then drops it; gives whether it had ended before.
async fn poll_then_drop<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[test]
fn a_future_dropped_at_any_poll_leaves_the_connection_usable() {
    for in_file in [false, true] {
        run(async {
            let place = Place::new();
            let mut c = if in_file { open(place.options()).await } else { memory().await };
            fill(&mut c, 8_000).await;
            let statements = [
                "SELECT a FROM t".to_owned(),
                count_to(100_000),
                "UPDATE t SET b = b + 1".to_owned(),
                "UPDATE t SET b = b + 1 WHERE a = 5 RETURNING a".to_owned(),
                "INSERT INTO t (b) SELECT b FROM t WHERE a < 6000 RETURNING a".to_owned(),
                "CREATE TABLE IF NOT EXISTS u (a)".to_owned(),
            ];
            for sql in &statements {
                for begun in [false, true] {
                    for polls in 0..40 {
                        if begun {
                            c.begin(&BeginOptions::default()).await.unwrap();
                            execute(&mut c, "INSERT INTO t (b) VALUES (-1)").await.unwrap();
                        }
                        let ended = {
                            let mut rows: Vec<i64> = Vec::new();
                            let mut sink = Collect::new(&mut rows, |columns: &mut Columns<'_>| columns.next());
                            poll_then_drop(c.fetch(Query::new(sql, &[]), &mut sink), polls).await.is_some()
                        };
                        assert!(!begun || c.in_transaction());
                        assert!(!c.is_broken());
                        if polls % 2 == 0 {
                            c.abandon();
                        }
                        c.reset().await.unwrap();
                        assert!(!c.in_transaction() && !c.needs_reset() && !c.is_broken());
                        let left = values::<i64>(&mut c, "SELECT count(*) FROM t WHERE b = -1").await.unwrap();
                        assert_eq!(left, [0], "{sql}");
                        if ended {
                            break;
                        }
                    }
                }
            }
            assert_eq!(values::<String>(&mut c, "PRAGMA integrity_check").await.unwrap(), ["ok"]);
            c.close().await;
        });
    }
}

#[test]
fn begin_commit_and_rollback_dropped_at_any_poll_are_undone() {
    run(async {
        let place = Place::new();
        let mut c = open(place.options()).await;
        fill(&mut c, 10).await;
        for step in 0..4 {
            for polls in 0..20 {
                let options = BeginOptions { lock_mode: Some(LockMode::Immediate), ..BeginOptions::default() };
                let ended = if step == 0 {
                    let ended = poll_then_drop(c.begin(&options), polls).await.is_some();
                    assert!(c.in_transaction() || polls == 0);
                    ended
                } else {
                    c.begin(&options).await.unwrap();
                    execute(&mut c, "UPDATE t SET b = b + 1").await.unwrap();
                    let ended = match step {
                        1 => poll_then_drop(c.commit(), polls).await.is_some(),
                        2 => poll_then_drop(c.rollback(), polls).await.is_some(),
                        _ => poll_then_drop(c.reset(), polls).await.is_some(),
                    };
                    assert_eq!(c.in_transaction(), !ended);
                    ended
                };
                c.reset().await.unwrap();
                assert!(!c.in_transaction() && !c.is_broken());
                // Nobody holds the write lock any more.
                let mut other = open(place.options().busy_timeout(Duration::ZERO)).await;
                execute(&mut other, "UPDATE t SET b = b").await.unwrap();
                other.close().await;
                if ended {
                    break;
                }
            }
        }
        assert_eq!(values::<bool>(&mut c, "SELECT min(b) = max(b) FROM t").await.unwrap(), [true]);
    });
}

#[test]
fn a_cancelled_write_closes_its_transaction() {
    run(async {
        let mut c = memory().await;
        fill(&mut c, 150_000).await;
        c.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut c, "INSERT INTO t (b) VALUES (1)").await.unwrap();
        let update = execute(&mut c, "UPDATE t SET b = b + 1 WHERE b >= 0");
        assert!(tokio::time::timeout(Duration::from_millis(5), update).await.is_err());
        // Not applied one by one, outside of any transaction.
        let next = execute(&mut c, "INSERT INTO t (b) VALUES (2)").await;
        assert_eq!(next.unwrap_err().kind(), ErrorKind::TransactionClosed);
        assert!(c.in_transaction());
        c.rollback().await.unwrap();
        assert_eq!(values::<i64>(&mut c, "SELECT sum(b) FROM t").await.unwrap(), [0]);
    });
}

#[test]
fn a_dropped_statement_is_interrupted_rather_than_waited_for() {
    run(async {
        let mut c = memory().await;
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
        for _ in 0..3 {
            let statement = values::<i64>(&mut c, endless);
            assert!(tokio::time::timeout(Duration::from_millis(20), statement).await.is_err());
            assert!(c.needs_reset());
            assert_eq!(values::<i64>(&mut c, "SELECT 1").await.unwrap(), [1]);
        }
        let statement = values::<i64>(&mut c, endless);
        assert!(tokio::time::timeout(Duration::from_millis(20), statement).await.is_err());
        c.close().await;
        // Dropping the connection interrupts it too, or the runtime would never shut down.
        let mut c = memory().await;
        let statement = values::<i64>(&mut c, endless);
        assert!(tokio::time::timeout(Duration::from_millis(20), statement).await.is_err());
    });
}

#[test]
fn a_locked_database_is_waited_for() {
    run(async {
        let place = Place::new();
        let mut first = open(place.options()).await;
        fill(&mut first, 10).await;
        let immediate = BeginOptions { lock_mode: Some(LockMode::Immediate), ..BeginOptions::default() };
        first.begin(&immediate).await.unwrap();
        let mut second = open(place.options()).await;
        let writing = async {
            execute(&mut second, "UPDATE t SET b = 1 WHERE a = 1").await.unwrap();
            second.begin(&immediate).await.unwrap();
            second.rollback().await.unwrap();
        };
        let ending = async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            execute(&mut first, "UPDATE t SET b = 2").await.unwrap();
            first.commit().await.unwrap();
        };
        let (((), ()), ticks) = beside_ticks(async { tokio::join!(writing, ending) }).await;
        assert!(ticks.kept_pace(), "{ticks:?}");
        assert_eq!(values::<i64>(&mut first, "SELECT b FROM t WHERE a < 3").await.unwrap(), [1, 2]);

        // The wait has an end.
        first.begin(&immediate).await.unwrap();
        let mut hasty = open(place.options().busy_timeout(Duration::from_millis(30))).await;
        let error = execute(&mut hasty, "UPDATE t SET b = 3").await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Busy, true));
        assert_eq!(hasty.batch("SELECT 1; UPDATE t SET b = 3").await.unwrap_err().kind(), ErrorKind::Busy);
        assert_eq!(hasty.begin(&immediate).await.unwrap_err().kind(), ErrorKind::Busy);
        assert!(!hasty.in_transaction());
        // Readers do not wait for writers.
        assert_eq!(values::<i64>(&mut hasty, "SELECT count(*) FROM t").await.unwrap(), [10]);
        first.rollback().await.unwrap();
        execute(&mut hasty, "UPDATE t SET b = 3").await.unwrap();
    });
}

#[test]
fn a_reader_that_wants_to_write_is_told_at_once_when_waiting_is_no_use() {
    run(async {
        let place = Place::new();
        let mut first = open(place.options()).await;
        fill(&mut first, 10).await;
        let mut second = open(place.options().busy_timeout(Duration::from_secs(3600))).await;
        second.begin(&BeginOptions { lock_mode: Some(LockMode::Deferred), ..BeginOptions::default() }).await.unwrap();
        assert_eq!(values::<i64>(&mut second, "SELECT count(*) FROM t").await.unwrap(), [10]);
        first.begin(&BeginOptions { lock_mode: Some(LockMode::Immediate), ..BeginOptions::default() }).await.unwrap();
        let error = execute(&mut second, "UPDATE t SET b = 1").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Busy, Some("5")));
        execute(&mut first, "UPDATE t SET b = 2").await.unwrap();
        first.commit().await.unwrap();
        let error = execute(&mut second, "UPDATE t SET b = 1").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Busy, Some("517")));
        second.rollback().await.unwrap();
    });
}

#[test]
fn a_future_dropped_while_it_waits_for_a_lock_leaves_nothing() {
    run(async {
        let place = Place::new();
        let mut first = open(place.options()).await;
        fill(&mut first, 10).await;
        let immediate = BeginOptions { lock_mode: Some(LockMode::Immediate), ..BeginOptions::default() };
        first.begin(&immediate).await.unwrap();
        let mut second = open(place.options()).await;
        let update = execute(&mut second, "UPDATE t SET b = 1");
        assert!(tokio::time::timeout(Duration::from_millis(20), update).await.is_err());
        assert!(tokio::time::timeout(Duration::from_millis(20), second.begin(&immediate)).await.is_err());
        assert!(second.in_transaction());
        first.commit().await.unwrap();
        second.reset().await.unwrap();
        assert!(!second.in_transaction());
        assert_eq!(values::<i64>(&mut second, "SELECT sum(b) FROM t").await.unwrap(), [0]);
    });
}

#[test]
fn the_log_is_checkpointed_in_the_background() {
    run(async {
        let place = Place::new();
        let mut c = open(place.options().checkpoint_pages(50)).await;
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        let blob = [Value::Bytes(vec![7; 20_000])];
        for _ in 0..200 {
            c.execute(Query::new("INSERT INTO t VALUES (?1)", &blob)).await.unwrap();
            assert!(!c.needs_reset() && !c.in_transaction());
        }
        // 1,000 pages were written, and the log was started over each time it was copied.
        assert!(place.log_size() < 300 * 4096, "{}", place.log_size());
        let mut reader = open(place.options()).await;
        reader.begin(&BeginOptions { read_only: true, ..BeginOptions::default() }).await.unwrap();
        assert_eq!(values::<i64>(&mut reader, "SELECT count(*) FROM t").await.unwrap(), [200]);
        // While somebody reads an old picture, the log grows and nothing fails.
        for _ in 0..100 {
            c.execute(Query::new("INSERT INTO t VALUES (?1)", &blob)).await.unwrap();
        }
        assert_eq!(values::<i64>(&mut reader, "SELECT count(*) FROM t").await.unwrap(), [200]);
        reader.commit().await.unwrap();
        assert_eq!(values::<i64>(&mut reader, "SELECT count(*) FROM t").await.unwrap(), [300]);
        c.close().await;
        reader.close().await;
        assert_eq!(place.log_size(), 0);
    });
}

/// Gives rows away as soon as it has a few: it cannot forget them.
#[derive(Default)]
struct Stream {
    held: Vec<i64>,
    given: u64,
    sum: i64,
    most: usize,
}

impl Stream {
    fn drain(&mut self) {
        self.most = self.most.max(self.held.len());
        self.given += self.held.len() as u64;
        self.sum += self.held.drain(..).sum::<i64>();
    }
}

impl RowSink for Stream {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.held.push(Columns::new(row).next()?);
        Ok(if self.held.len() >= 100 { Flow::Pause } else { Flow::Continue })
    }
    fn restart(&mut self) {
        assert!(self.restartable(), "rows would come twice");
        self.held.clear();
    }
    fn restartable(&self) -> bool {
        self.given == 0
    }
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
        self.drain();
        Poll::Ready(())
    }
}

#[test]
fn a_long_stream_is_bounded_and_leaves_the_runtime_free() {
    run(async {
        let mut c = memory().await;
        let gap = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 900000)
                   SELECT x FROM c WHERE x <= 200000 OR x = 900000";
        let mut sink = Stream::default();
        let (done, ticks) = beside_ticks(c.fetch(Query::new(gap, &[]), &mut sink)).await;
        done.unwrap();
        sink.drain();
        assert_eq!((sink.given, sink.sum), (200_001, 20_000_100_000 + 900_000));
        assert!(sink.most <= 100);
        assert!(ticks.kept_pace(), "{ticks:?}");
    });
}

#[test]
fn a_sink_without_room_is_waited_for() {
    struct Slow(u32, Arc<AtomicBool>);
    impl RowSink for Slow {
        fn row(&mut self, _: &dyn Row) -> Result<Flow> {
            self.0 += 1;
            Ok(if self.0 == 2 { Flow::Pause } else { Flow::Continue })
        }
        fn restart(&mut self) {
            self.0 = 0;
        }
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
            if self.1.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
        }
    }
    run(async {
        let mut c = memory().await;
        let room = Arc::new(AtomicBool::new(false));
        let mut sink = Slow(0, Arc::clone(&room));
        let sql = "VALUES (1), (2), (3)";
        {
            let mut fetch = pin!(c.fetch(Query::new(sql, &[]), &mut sink));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(fetch.as_mut().poll(&mut cx).is_pending());
            assert!(fetch.as_mut().poll(&mut cx).is_pending());
            room.store(true, Ordering::Relaxed);
            assert!(fetch.as_mut().poll(&mut cx).is_ready());
        }
        assert_eq!(sink.0, 3);
        // Dropped while it waits.
        room.store(false, Ordering::Relaxed);
        let mut sink = Slow(0, room);
        assert!(poll_then_drop(c.fetch(Query::new(sql, &[]), &mut sink), 1).await.is_none());
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
    });
}

#[test]
fn statements_work_without_any_runtime() {
    // A runtime opens the connection; nothing drives it afterwards.
    let mut c = run(memory());
    let block_on = |c: &mut Box_, sql: &str| -> Result<Vec<i64>> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut future = pin!(values::<i64>(c, sql));
        loop {
            if let Poll::Ready(result) = future.as_mut().poll(&mut cx) {
                return result;
            }
        }
    };
    assert_eq!(block_on(&mut c, &count_to(300_000)).unwrap(), [300_000]);
    assert!(block_on(&mut c, "CREATE TABLE t (a)").unwrap().is_empty());
    assert_eq!(block_on(&mut c, "INSERT INTO t VALUES (1) RETURNING a").unwrap(), [1]);
}

#[test]
fn a_connection_moves_between_the_threads_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Place::new();
        let mut setup = open(place.options()).await;
        fill(&mut setup, 100).await;
        let tasks: Vec<_> = (0..6)
            .map(|task| {
                let options = place.options();
                tokio::spawn(async move {
                    let mut c = open(options).await;
                    for round in 0..40 {
                        match (task + round) % 4 {
                            0 => drop(execute(&mut c, "UPDATE t SET b = b + 1 WHERE a = 1").await?),
                            1 => drop(values::<i64>(&mut c, "SELECT a FROM t").await?),
                            2 => drop(values::<i64>(&mut c, &count_to(30_000)).await?),
                            _ => {
                                let lock_mode = Some(LockMode::Immediate);
                                c.begin(&BeginOptions { lock_mode, ..BeginOptions::default() }).await?;
                                execute(&mut c, "UPDATE t SET b = b + 1 WHERE a = 1").await?;
                                tokio::task::yield_now().await;
                                c.commit().await?;
                            }
                        }
                    }
                    c.close().await;
                    Ok::<_, Error>(())
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(values::<i64>(&mut setup, "SELECT b FROM t WHERE a = 1").await.unwrap(), [120]);
        setup.fetch(Query::new("SELECT 1", &[]), &mut Discard).await.unwrap();
    });
}
