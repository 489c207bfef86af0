//! Every future of a connection, dropped after each number of polls: the connection is whole or says it is broken, and
//! never leaves a transaction behind unnoticed.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::task::noop_waker;
use orm_core::driver::{BeginOptions, Connection, Isolation, Query};
use orm_core::row::{Flow, Row, RowSink};
use orm_core::{Result, Value};
use orm_mysql::{Mysql, MysqlConnection, MysqlOptions, SslMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Fixture, one, query, rows, run_sql};

on_both! {
    statements_can_be_dropped_at_every_poll,
    transactions_can_be_dropped_at_every_poll,
    streams_can_be_left,
    long_results_leave_time_to_others,
    an_idle_connection_is_whole,
}

/// A server behind a line that carries its answers a few bytes at a time, so that a future is polled in the middle of
/// every packet.
struct SlowLine {
    slow: Arc<AtomicBool>,
    options: MysqlOptions,
}

impl SlowLine {
    async fn to(fixture: &Fixture) -> Self {
        let target = fixture.options.target();
        let address = target.split(['@', '/']).nth(3).unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let slow = Arc::new(AtomicBool::new(false));
        let options = fixture.options.clone().host("127.0.0.1").port(port).ssl_mode(SslMode::Disable);
        let line = Self { slow: Arc::clone(&slow), options };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&address).await.unwrap();
                for socket in [&client, &server] {
                    socket.set_nodelay(true).unwrap();
                }
                tokio::spawn(carry(client, server, Arc::clone(&slow)));
            }
        });
        line
    }

    async fn connect(&self) -> MysqlConnection {
        self.slow.store(false, Ordering::Relaxed);
        Mysql::new(self.options.clone()).open().await.unwrap()
    }
}

async fn carry(client: TcpStream, server: TcpStream, slow: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    let back = async move {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            let mut left = &buffer[..read];
            while !left.is_empty() {
                let part = if slow.load(Ordering::Relaxed) { left.len().min(7) } else { left.len() };
                if slow.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                if to_client.write_all(&left[..part]).await.is_err() {
                    return;
                }
                left = &left[part..];
            }
        }
    };
    tokio::join!(there, back);
}

/// Polls a future up to `polls` times, waiting a little between them, then drops it. Gives its output if it came.
async fn poll_then_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        // A real waker would wake the test; time does as well.
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&noop_waker())) {
            return Some(output);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

/// Runs the operation on fresh connections, dropped after one poll, two, and so on, until it is ready.
async fn check_drops(
    fixture: &Fixture,
    what: &str,
    operation: impl AsyncFn(&mut MysqlConnection) -> Result<()>,
    in_transaction: bool,
) {
    let line = SlowLine::to(fixture).await;
    for polls in 1..500 {
        let mut connection = line.connect().await;
        if in_transaction {
            connection.begin(&BeginOptions::default()).await.unwrap();
            run_sql(&mut connection, "INSERT INTO t VALUES (1)").await;
        }
        line.slow.store(true, Ordering::Relaxed);
        let ready = poll_then_drop(operation(&mut connection), polls).await;
        line.slow.store(false, Ordering::Relaxed);
        if let Some(output) = ready {
            output.unwrap();
            assert!(!connection.is_broken(), "{what} after {polls} polls");
            assert_eq!(one::<i64>(&mut connection, "SELECT 42").await.unwrap(), 42, "{what} after {polls} polls");
            assert!(polls > 1, "{what} was ready at once, so nothing was tested");
            return;
        }
        assert!(connection.is_broken(), "{what} after {polls} polls");
        assert!(connection.execute(Query::text("SELECT 1")).await.is_err(), "{what} after {polls} polls");
        Box::new(connection).close().await;
    }
    panic!("{what} is never ready");
}

async fn statements_can_be_dropped_at_every_poll(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v BIGINT)").await;
    let value = [Value::I64(7)];
    check_drops(fixture, "fetch", async |c| rows::<i64>(c, query("SELECT ?", &value)).await.map(drop), false).await;
    check_drops(
        fixture,
        "execute",
        async |c| c.execute(query("INSERT INTO t VALUES (?)", &value)).await.map(drop),
        false,
    )
    .await;
    check_drops(fixture, "text", async |c| c.execute(Query::text("SET @a = 1")).await.map(drop), false).await;
    check_drops(fixture, "batch", async |c| c.batch("SELECT 1; SET @a = 2; SELECT 3").await, false).await;
    check_drops(fixture, "ping", async |c| c.ping().await, false).await;
}

async fn transactions_can_be_dropped_at_every_poll(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v BIGINT)").await;
    let options = BeginOptions { isolation: Some(Isolation::Serializable), ..BeginOptions::default() };
    let begin = async |c: &mut MysqlConnection| {
        let begun = c.begin(&options).await;
        assert!(c.in_transaction());
        begun
    };
    check_drops(fixture, "begin", begin, false).await;
    check_drops(fixture, "commit", async |c| c.commit().await, true).await;
    check_drops(fixture, "rollback", async |c| c.rollback().await, true).await;
    check_drops(fixture, "reset", async |c| c.reset().await, true).await;

    // Nothing is left open: the table can be changed, which waits for every transaction that has used it.
    run_sql(&mut connection, "SET lock_wait_timeout = 5").await;
    run_sql(&mut connection, "ALTER TABLE t ADD COLUMN w INT").await;

    // A dropped begin is a transaction that may be open.
    let line = SlowLine::to(fixture).await;
    let mut connection = line.connect().await;
    line.slow.store(true, Ordering::Relaxed);
    assert!(poll_then_drop(connection.begin(&BeginOptions::default()), 1).await.is_none());
    assert!(connection.in_transaction() && connection.needs_reset() && connection.is_broken());
    assert!(connection.reset().await.is_err());
}

/// Takes some rows, then stops or fails.
struct Take {
    left: usize,
    fail: bool,
}

impl RowSink for Take {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if self.left == 0 && self.fail {
            return Err(orm_core::Error::decode("nothing", "a row"));
        }
        self.left = self.left.saturating_sub(1);
        row.get(0)?;
        Ok(if self.left == 0 && !self.fail { Flow::Stop } else { Flow::Pause })
    }
    fn restart(&mut self) {}
}

async fn streams_can_be_left(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v BIGINT)").await;
    run_sql(&mut connection, "INSERT INTO t VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)").await;
    let many = "SELECT a.v, b.v, c.v, 'some more text' FROM t a, t b, t c";
    for fail in [false, true] {
        for sql in [query(many, &[]), Query::text("/*! SELECT */ a.v FROM t a, t b, t c")] {
            let outcome = connection.fetch(sql, &mut Take { left: 3, fail }).await;
            assert_eq!(outcome.is_err(), fail);
            assert!(!connection.is_broken() && !connection.needs_reset());
            assert_eq!(one::<i64>(&mut connection, "SELECT 42").await.unwrap(), 42);
        }
    }
    // In a transaction the rest is read, however long; outside, a long one costs the connection and not the time.
    connection.begin(&BeginOptions::default()).await.unwrap();
    let long = "SELECT 'some text' FROM t a, t b, t c, t d, t e";
    connection.fetch(query(long, &[]), &mut Take { left: 3, fail: false }).await.unwrap();
    connection.commit().await.unwrap();
    let endless = "SELECT 'some text' FROM t a, t b, t c, t d, t e, t f, t g, t h";
    connection.fetch(query(endless, &[]), &mut Take { left: 3, fail: false }).await.unwrap();
    assert!(connection.is_broken());
}

/// Never stops, and counts.
struct Count(u64);

impl RowSink for Count {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        self.0 += 1;
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.0 = 0;
    }
}

async fn long_results_leave_time_to_others(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v BIGINT)").await;
    run_sql(&mut connection, "INSERT INTO t VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)").await;
    let endless = "SELECT 'some text' FROM t a, t b, t c, t d, t e, t f, t g, t h";
    let mut count = Count(0);
    let start = Instant::now();
    let late =
        tokio::time::timeout(Duration::from_millis(300), connection.fetch(query(endless, &[]), &mut count)).await;
    assert!(late.is_err() && connection.is_broken());
    assert!(start.elapsed() < Duration::from_secs(5), "{} rows in {:?}", count.0, start.elapsed());
}

async fn an_idle_connection_is_whole(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    drop(connection.execute(Query::text("SELECT 1")));
    assert!(!connection.is_broken() && !connection.needs_reset());
    connection.ping().await.unwrap();
    Box::new(connection).close().await;
}
