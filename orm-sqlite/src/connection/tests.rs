//! What only the inside of a connection shows: which statements run on the caller's thread, what the cache keeps, and
//! that closing always succeeds.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use orm_core::Value;
use orm_core::row::{Flow, Row};

use super::*;
use crate::Sqlite;

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

async fn open(options: SqliteOptions) -> SqliteConnection {
    Sqlite::new(options).open().await.unwrap()
}

fn query<'q>(sql: &'q str, binds: &'q [Value]) -> Query<'q> {
    Query::new(sql, binds)
}

const SCHEMA: &str = "
    CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT UNIQUE, UNIQUE (a, b));
    CREATE INDEX p_b ON p (b);
    CREATE TABLE q (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE);
    CREATE INDEX q_p ON q (p);
    CREATE TABLE logged (id INTEGER PRIMARY KEY);
    CREATE TABLE log (n);
    CREATE TRIGGER logged_log AFTER INSERT ON logged BEGIN UPDATE log SET n = n + 1; END;
    INSERT INTO p VALUES (1, 'x', 'y', 'z');
";

/// Whether the statement is to run on the caller's thread; it is run.
async fn at_once(c: &mut SqliteConnection, sql: &str, binds: &[Value]) -> bool {
    c.settle().await.unwrap();
    let (mode, _) = c.start(query(sql, binds)).unwrap();
    c.execute(query(sql, binds)).await.unwrap();
    mode != Mode::Blocking
}

#[test]
fn writes_inside_a_transaction_run_at_once_when_they_visit_few_rows() {
    run(async {
        let mut c = open(SqliteOptions::memory()).await;
        c.batch(SCHEMA).await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        for (sql, expected) in [
            ("INSERT INTO q VALUES (1, 1)", true),
            ("INSERT INTO q VALUES (2, 1), (3, 1), (4, 1) RETURNING id", true),
            ("INSERT INTO p (c) VALUES ('n') ON CONFLICT (c) DO UPDATE SET b = 'm'", true),
            ("UPDATE p SET b = 'u' WHERE id = 1", true),
            ("UPDATE p SET b = 'u' WHERE id IN (1, 2, 3)", true),
            ("UPDATE p SET b = 'u' WHERE c = 'z'", true),
            ("UPDATE p SET c = 'v' WHERE a = 'x' AND b = 'y'", true),
            ("DELETE FROM q WHERE id = 4", true),
            ("UPDATE p SET c = NULL WHERE a = 'x'", false),
            ("UPDATE p SET c = NULL WHERE b = 'x'", false),
            ("UPDATE p SET c = NULL WHERE id > 5", false),
            ("UPDATE p SET c = NULL", false),
            ("DELETE FROM p WHERE id = 1", false), // It takes rows of q with it.
            ("INSERT INTO q (p) SELECT id FROM p", false),
            ("WITH x AS (SELECT 9 AS id) INSERT INTO q (p) SELECT NULL FROM p", false),
            ("INSERT INTO logged VALUES (1)", false), // Its trigger visits the whole log.
            ("CREATE TABLE other (a)", false),
            ("SAVEPOINT s", true),
            ("RELEASE s", true),
            ("SELECT * FROM p", true),
        ] {
            assert_eq!(at_once(&mut c, sql, &[]).await, expected, "{sql}");
        }
        let many: Vec<Value> = (0..MANY_BINDS as i64).map(|_| Value::Null(orm_core::SqlType::I64)).collect();
        let sql = format!("INSERT INTO q (p) VALUES {}", vec!["(?)"; MANY_BINDS].join(", "));
        assert!(!at_once(&mut c, &sql, &many).await);
        assert!(!at_once(&mut c, "INSERT INTO log VALUES (?1)", &[Value::Bytes(vec![0; MANY_BYTES])]).await);
        c.rollback().await.unwrap();
        c.shut().await.unwrap();
    });
}

#[test]
fn a_new_trigger_unbounds_a_kept_statement() {
    run(async {
        let mut c = open(SqliteOptions::memory()).await;
        c.batch(SCHEMA).await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        let sql = "INSERT INTO log VALUES (1)";
        assert!(at_once(&mut c, sql, &[]).await);
        c.batch("CREATE TRIGGER log_log AFTER INSERT ON log BEGIN UPDATE p SET b = b; END").await.unwrap();
        at_once(&mut c, sql, &[]).await; // Finds out.
        assert!(!at_once(&mut c, sql, &[]).await);
    });
}

#[test]
fn writes_to_a_file_run_at_once_when_no_commit_waits_for_the_disk() {
    run(async {
        let path = std::env::temp_dir().join(format!("orm-sqlite-inside-{}.db", std::process::id()));
        let mut c = open(SqliteOptions::file(&path)).await;
        c.batch(SCHEMA).await.unwrap();
        let insert = "INSERT INTO log VALUES (1)";
        at_once(&mut c, insert, &[]).await; // The log has started now.
        for sql in [insert, "UPDATE log SET n = 2", "BEGIN IMMEDIATE", insert, "COMMIT", "BEGIN", insert, "ROLLBACK"] {
            assert!(at_once(&mut c, sql, &[]).await, "{sql}");
        }
        c.batch("PRAGMA synchronous = FULL").await.unwrap();
        for (sql, expected) in [(insert, false), ("BEGIN", true), ("SELECT 1", true), ("COMMIT", true)] {
            assert_eq!(at_once(&mut c, sql, &[]).await, expected, "{sql}");
        }
        c.batch("PRAGMA synchronous = NORMAL").await.unwrap();
        assert!(at_once(&mut c, insert, &[]).await);
        c.execute(Query::text("PRAGMA journal_mode = DELETE")).await.unwrap();
        assert!(!at_once(&mut c, insert, &[]).await);
        c.shut().await.unwrap();
        std::fs::remove_file(path).unwrap();
    });
}

#[test]
fn a_statement_is_long_until_it_is_short_again() {
    run(async {
        let mut c = open(SqliteOptions::memory()).await;
        let sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?1) SELECT count(*) FROM c";
        let (few, many) = ([Value::I64(10)], [Value::I64(500_000)]);
        assert!(at_once(&mut c, sql, &few).await);
        assert!(at_once(&mut c, sql, &many).await); // It was not known before.
        assert!(!at_once(&mut c, sql, &few).await); // It is remembered as long, and found to be short.
        for _ in 0..20 {
            if at_once(&mut c, sql, &few).await {
                return;
            }
        }
        panic!("still taken for long");
    });
}

#[test]
fn the_cache_is_bounded_and_closing_succeeds() {
    run(async {
        for size in [0, 1, 3] {
            let mut c = open(SqliteOptions::memory().statement_cache_capacity(size)).await;
            for round in 0..3 {
                for n in 0..6 {
                    c.execute(query(&format!("SELECT {n}, ?1"), &[Value::I64(round)])).await.unwrap();
                }
            }
            c.execute(Query::text("SELECT 'not kept'")).await.unwrap();
            assert_eq!(c.here().unwrap().kept(), size);
            assert!(c.execute(query("SELECT * FROM missing", &[])).await.is_err());
            c.shut().await.unwrap();
        }
    });
}

#[test]
fn closing_succeeds_whatever_was_left_half_way() {
    struct Full;
    impl RowSink for Full {
        fn row(&mut self, _: &dyn Row) -> Result<Flow> {
            Ok(Flow::Pause)
        }
        fn restart(&mut self) {}
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }
    }
    let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT ";
    run(async {
        for columns in ["x FROM c", "count(*) FROM c"] {
            for forgotten in [false, true] {
                let mut c = open(SqliteOptions::memory()).await;
                c.execute(query("CREATE TABLE t (a)", &[])).await.unwrap();
                c.begin(&BeginOptions::default()).await.unwrap();
                c.execute(query("INSERT INTO t VALUES (1)", &[])).await.unwrap();
                let sql = format!("{endless}{columns}");
                let mut sink = Full;
                let mut fetch: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(c.fetch(query(&sql, &[]), &mut sink));
                let mut cx = Context::from_waker(Waker::noop());
                assert!(fetch.as_mut().poll(&mut cx).is_pending());
                if forgotten && columns.starts_with('x') {
                    // A future that is never dropped resets nothing, and still nothing is left open.
                    std::mem::forget(fetch);
                } else {
                    drop(fetch);
                }
                c.shut().await.unwrap();
            }
        }
    });
}

#[test]
fn a_runtime_that_goes_while_the_handle_is_away_breaks_the_connection() {
    let mut c = run(open(SqliteOptions::memory()));
    let sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    run(async {
        let mut fetch = pin!(c.execute(query(sql, &[])));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(fetch.as_mut().poll(&mut cx).is_pending());
    });
    // The statement was interrupted and its handle has come back before the runtime ended.
    run(async {
        assert!(c.needs_reset());
        c.reset().await.unwrap();
        assert!(!c.is_broken() && !c.needs_reset());
        c.shut().await.unwrap();
    });
}
