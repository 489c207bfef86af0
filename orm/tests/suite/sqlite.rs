//! The facade on a real SQLite: what the toy cannot show. SQLite's own behaviour is tested beside its driver.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use orm::query::{Refine, Statements};
use orm::{Database, ErrorKind, PoolOptions, Result, TransactionOptions, Value, connect, connect_with};

/// A database file of its own, removed when dropped.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new(name: &str) -> Self {
        let file = format!("orm-{name}-{}.db", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}?mode=rwc", self.0.display())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(suffix);
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn memory() -> Database {
    let db = connect("sqlite::memory:").await.unwrap();
    db.batch("CREATE TABLE notes (text TEXT); CREATE TABLE counters (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        .await
        .unwrap();
    db.batch("INSERT INTO counters VALUES (1, 0)").await.unwrap();
    db
}

async fn notes(db: &Database) -> Vec<String> {
    db.query::<String>("SELECT text FROM notes ORDER BY rowid", ()).await.unwrap()
}

#[tokio::test]
async fn raw_sql_binds_and_decodes() {
    let db = memory().await;
    let done =
        db.execute("INSERT INTO notes VALUES (?), (?), (?)", ("a", String::from("b"), None::<&str>)).await.unwrap();
    assert_eq!(done.rows_affected, 3);
    let rows = db.query::<(i64, Option<String>)>("SELECT rowid, text FROM notes WHERE rowid > ?", (1,)).await.unwrap();
    assert_eq!(rows, [(2, Some("b".to_owned())), (3, None)]);
    let error = db.query::<(i64,)>("SELECT text FROM notes WHERE text IS NOT NULL", ()).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::Decode, Some(0)));
    assert!(db.execute("INSERT INTO notes VALUES (?)", ("a", "b")).await.is_err());
    assert_eq!(db.dialect().name(), "sqlite");
    let at = chrono::Utc::now().date_naive();
    let row = (Some(7_i64), None::<bool>, "x".as_bytes(), at, 'c', Value::I64(3));
    type Row = (i64, Option<bool>, Vec<u8>, chrono::NaiveDate, char, i64);
    let back = db.query::<Row>("SELECT ?, ?, ?, ?, ?, ?", row).await.unwrap();
    assert_eq!(back, [(7, None, b"x".to_vec(), at, 'c', 3)]);
    assert!(db.version() >= (3, 35, 0));
}

#[tokio::test]
async fn memory_has_one_connection_which_lives() {
    let options = PoolOptions::new().max_connections(20).idle_timeout(Duration::from_millis(1));
    let db = connect_with("sqlite::memory:", options).await.unwrap();
    db.batch("CREATE TABLE notes (text TEXT)").await.unwrap();
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(notes(&db).await, [""; 0]);
    let status = db.pool_status();
    assert_eq!((status.max_size, status.created), (1, 1));
}

#[tokio::test]
async fn memory_is_clean_for_the_next_user() {
    let db = memory().await;
    let tx = db.begin().await.unwrap();
    tx.execute("INSERT INTO notes VALUES ('gone')", ()).await.unwrap();
    drop(tx);
    assert_eq!(notes(&db).await, [""; 0]);
    let nested: Result<()> = db
        .transaction(async |tx| {
            tx.execute("INSERT INTO notes VALUES ('kept')", ()).await?;
            let sp = tx.begin().await?;
            sp.execute("INSERT INTO notes VALUES ('gone')", ()).await?;
            drop(sp);
            let failed = tx.transaction(async |sp| sp.execute("INSERT INTO nowhere VALUES (1)", ()).await).await;
            assert_eq!(failed.unwrap_err().kind(), ErrorKind::UnknownTable);
            tx.transaction(async |sp| sp.execute("INSERT INTO notes VALUES ('too')", ()).await.map(drop)).await
        })
        .await;
    nested.unwrap();
    assert_eq!(notes(&db).await, ["kept", "too"]);
}

#[tokio::test]
async fn using_the_database_inside_of_its_only_transaction_is_explained() {
    let db =
        connect_with("sqlite::memory:", PoolOptions::new().acquire_timeout(Duration::from_millis(30))).await.unwrap();
    let error = db.transaction(async |_tx| db.query::<i64>("SELECT 1", ()).await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("run it on the transaction, `tx`, not on `db`"), "{error}");
    let tx = db.begin().await.unwrap();
    let error = db.query::<i64>("SELECT 1", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout);
    assert!(error.to_string().contains("a transaction begun at orm/tests/suite/sqlite.rs:"), "{error}");
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn what_would_wait_for_its_own_transaction_is_refused_at_once() {
    let file = File::new("inside");
    let db = connect(&file.url()).await.unwrap();
    db.execute("CREATE TABLE notes (text TEXT)", ()).await.unwrap();
    let write = "INSERT INTO notes VALUES ('x')";
    let began = std::time::Instant::now();
    let outcomes = db
        .transaction(async |tx| {
            tx.execute(write, ()).await?;
            // Reading elsewhere is no harm, and sees what was there before.
            assert_eq!(db.query::<i64>("SELECT count(*) FROM notes", ()).await?, [0]);
            let read_only = TransactionOptions::new().read_only();
            db.transaction_with(read_only, async |other| other.query::<i64>("SELECT 1", ()).await).await?;
            let nested = db.transaction(async |other| other.execute(write, ()).await).await;
            let inner = tx.transaction(async |_| db.execute(write, ()).await).await;
            Ok([
                db.execute(write, ()).await.map(drop),
                db.batch(write).await,
                db.execute("CREATE TABLE more (id INTEGER)", ()).await.map(drop),
                db.begin().await.map(drop),
                nested.map(drop),
                inner.map(drop),
            ])
        })
        .await
        .unwrap();
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains("run it on the transaction, `tx`, not on `db`"), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(db.query::<i64>("SELECT count(*) FROM notes", ()).await.unwrap(), [1]);
    // Not inside: another task, a transaction that only reads, another database, and after the end.
    let other_file = File::new("beside");
    let other = connect(&other_file.url()).await.unwrap();
    other.execute("CREATE TABLE notes (text TEXT)", ()).await.unwrap();
    let task = db
        .transaction(async |tx| {
            other.execute(write, ()).await?;
            tx.execute(write, ()).await?;
            let db = db.clone();
            Ok(tokio::spawn(async move { db.execute(write, ()).await }))
        })
        .await
        .unwrap();
    task.await.unwrap().unwrap();
    let read_only = TransactionOptions::new().read_only();
    db.transaction_with(read_only, async |_| db.execute(write, ()).await).await.unwrap();
    db.execute(write, ()).await.unwrap();
    assert_eq!(db.query::<i64>("SELECT count(*) FROM notes", ()).await.unwrap(), [5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_meet_are_run_again_and_lose_nothing() {
    let file = File::new("writers");
    let db = connect_with(&file.url(), PoolOptions::new().max_connections(4)).await.unwrap();
    db.batch("CREATE TABLE counters (id INTEGER PRIMARY KEY, n INTEGER NOT NULL); INSERT INTO counters VALUES (1, 0)")
        .await
        .unwrap();
    let mut tasks = Vec::new();
    let tries = std::sync::Arc::new(AtomicU32::new(0));
    for _ in 0..8 {
        let (db, tries) = (db.clone(), std::sync::Arc::clone(&tries));
        tasks.push(tokio::spawn(async move {
            for _ in 0..5 {
                // Deferred, so that the write after the read fails when another task has written since the read.
                let options = TransactionOptions::new().deferred().retries(200);
                db.transaction_with(options, async |tx| {
                    tries.fetch_add(1, SeqCst);
                    let n = tx.query::<i64>("SELECT n FROM counters WHERE id = 1", ()).await?[0];
                    tx.execute("UPDATE counters SET n = ? WHERE id = 1", (n + 1,)).await
                })
                .await?;
            }
            Ok::<_, orm::Error>(())
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(db.query::<i64>("SELECT n FROM counters", ()).await.unwrap(), [40]);
    assert!(tries.load(SeqCst) >= 40);
    db.close().await.unwrap();
}

#[tokio::test]
async fn read_only_transactions_refuse_writes() {
    let file = File::new("read-only");
    let db = connect(&file.url()).await.unwrap();
    db.batch("CREATE TABLE notes (text TEXT)").await.unwrap();
    let options = TransactionOptions::new().read_only();
    let write = async |tx: &orm::Transaction| tx.execute("INSERT INTO notes VALUES ('a')", ()).await;
    let error = db.transaction_with(options, write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    db.transaction_with(TransactionOptions::new().immediate(), write).await.unwrap();
    assert_eq!(notes(&db).await, ["a"]);
}

#[tokio::test]
async fn a_long_statement_that_is_cut_off_leaves_the_connection_usable() {
    let db = memory().await;
    let forever = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    let cut = tokio::time::timeout(Duration::from_millis(50), db.query::<i64>(forever, ())).await;
    assert!(cut.is_err());
    assert_eq!(db.query::<i64>("SELECT n FROM counters", ()).await.unwrap(), [0]);
}

#[derive(Debug, Clone, orm::Model)]
#[orm(check("low >= 0"), check(name = "in_order", "low <= high"), check("high < 100"))]
struct Range {
    #[orm(primary_key)]
    id: i64,
    low: i32,
    high: i32,
}

#[tokio::test]
async fn checks_without_a_name_are_given_one() {
    let db = connect("sqlite::memory:").await.unwrap();
    db.create_tables::<(Range,)>().await.unwrap();
    for ((low, high), name) in [((-1, 1), "ranges_check1"), ((2, 1), "in_order"), ((1, 100), "ranges_check3")] {
        let error = Range::create().low(low).high(high).exec(&db).await.unwrap_err();
        assert_eq!((error.kind(), error.constraint()), (ErrorKind::CheckViolation, Some(name)));
    }
    let range = Range::create().low(1).high(99).exec(&db).await.unwrap();
    assert_eq!((range.id, range.low, range.high), (1, 1, 99));
}

#[tokio::test]
async fn explain_gives_the_plan_and_not_the_byte_code() {
    let db = connect("sqlite::memory:").await.unwrap();
    db.create_tables::<(Range,)>().await.unwrap();
    let plan = Range::find_all().filter(Range::ID.eq(1)).explain(&db).await.unwrap();
    assert_eq!(plan.len(), 1, "{plan:?}");
    assert!(plan[0].ends_with("SEARCH ranges USING INTEGER PRIMARY KEY (rowid=?)"), "{plan:?}");
}
