//! Cancellation on real servers, for those that the environment names: see CONTRIBUTING.md.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use orm::{Database, ErrorKind, PoolOptions, TransactionOptions, connect_with};

use super::cancel::{Probe, check_operations};

/// A pool on the server, with a table of the test's own, or nothing when there is no server.
async fn open(backend: &str, most: usize, table: &str) -> Option<Database> {
    let Ok(url) = std::env::var(format!("ORM_TEST_{backend}_URL")) else {
        println!("no server: ORM_TEST_{backend}_URL is not set");
        return None;
    };
    let db = connect_with(&url, PoolOptions::new().max_connections(most)).await.unwrap();
    db.batch(&format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
    db.batch(&format!("CREATE TABLE {table} (text VARCHAR(20))")).await.unwrap();
    Some(db)
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres() {
    let Some(db) = open("POSTGRES", 1, "cancelled").await else { return };
    let count = "SELECT count(*) FROM cancelled";
    // Outside a transaction, the lock is released when its statement ends.
    let open = &[
        "SELECT count(*) FROM pg_advisory_xact_lock_shared(7)",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    ];
    let session = Some(("SELECT pg_backend_pid()::bigint", "SELECT count(*) FROM pg_stat_activity WHERE pid = "));
    check_operations(&db, Probe { count, open, session }).await;
    db.close().await.unwrap();
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mariadb() {
    let Some(db) = open("MARIADB", 1, "cancelled").await else { return };
    mysql_like(db).await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mysql() {
    let Some(db) = open("MYSQL", 1, "cancelled").await else { return };
    mysql_like(db).await;
}

#[cfg(feature = "mysql")]
async fn mysql_like(db: Database) {
    let count = "SELECT count(*) FROM cancelled";
    let open = &["SELECT count(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = connection_id()"];
    let own = "SELECT CAST(connection_id() AS SIGNED)";
    let session = Some((own, "SELECT count(*) FROM information_schema.processlist WHERE id = "));
    check_operations(&db, Probe { count, open, session }).await;
    db.close().await.unwrap();
}

/// Two transactions that lock two rows in opposite order: one is chosen to fail, and runs again.
async fn deadlock(db: Database, table: &str) {
    db.execute(&format!("INSERT INTO {table} VALUES ('a'), ('b')"), ()).await.unwrap();
    let gate = tokio::sync::Barrier::new(2);
    let lock = async |first: &str, second: &str| {
        let options = TransactionOptions::new().retries(5).timeout(Duration::from_secs(20));
        db.transaction_with(options, async |tx| {
            let update = |which: &str| format!("UPDATE {table} SET text = '{which}' WHERE text = '{which}'");
            tx.execute(&update(first), ()).await?;
            if tx.attempt() == 1 {
                gate.wait().await;
            }
            tx.execute(&update(second), ()).await?;
            Ok(tx.attempt())
        })
        .await
    };
    let (one, two) = tokio::join!(lock("a", "b"), lock("b", "a"));
    let tries = [one.unwrap(), two.unwrap()];
    assert_eq!(tries.iter().sum::<u32>(), 3, "{tries:?}");

    // A statement that failed is not forgotten by a commit.
    let swallowed = db
        .transaction(async |tx| {
            tx.execute(&format!("INSERT INTO {table} VALUES ('c')"), ()).await?;
            let _ = tx.execute("SELECT nothing FROM nowhere", ()).await;
            Ok(())
        })
        .await;
    let kept = db.query::<i64>(&format!("SELECT count(*) FROM {table} WHERE text = 'c'"), ()).await.unwrap();
    match swallowed {
        Ok(()) => assert_eq!(kept, [1]),
        Err(error) => assert_eq!((error.kind(), kept), (ErrorKind::TransactionClosed, vec![0])),
    }
    db.close().await.unwrap();
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_deadlocks_are_run_again() {
    let Some(db) = open("POSTGRES", 4, "facade_deadlocks").await else { return };
    deadlock(db, "facade_deadlocks").await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mariadb_deadlocks_are_run_again() {
    let Some(db) = open("MARIADB", 4, "facade_deadlocks").await else { return };
    db.batch("ALTER TABLE facade_deadlocks ADD INDEX (text)").await.unwrap();
    deadlock(db, "facade_deadlocks").await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mysql_deadlocks_are_run_again() {
    let Some(db) = open("MYSQL", 4, "facade_deadlocks").await else { return };
    db.batch("ALTER TABLE facade_deadlocks ADD INDEX (text)").await.unwrap();
    deadlock(db, "facade_deadlocks").await;
}

/// Where a server of the test's own is. The data goes with the test.
struct Place {
    control: String,
    name: &'static str,
    data: PathBuf,
    port: u16,
}

impl Place {
    /// Starts the server, and gives its URL.
    async fn start(&self) -> (Server, String) {
        let mut command = std::process::Command::new(&self.control);
        command.arg("server").arg(self.name).arg(&self.data).arg(self.port.to_string()).stdout(Stdio::piped());
        let mut server = Server(command.spawn().unwrap());
        let output = BufReader::new(server.0.stdout.take().unwrap());
        let url = tokio::task::spawn_blocking(move || {
            let mut url = None;
            for line in output.lines().map_while(Result::ok) {
                match line.strip_prefix("url=") {
                    Some(found) => url = Some(found.to_owned()),
                    None if line == "ready" => return url,
                    None => {}
                }
            }
            None
        });
        (server, url.await.unwrap().expect("the server did not start"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// A server that can be killed. It ends with this value.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Longer than a busy machine takes for anything that these tests wait for.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks again and again until the answer is yes.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The server is killed and started again: once while the pool is idle, once while it is busy.
async fn restarts(name: &'static str) {
    let Ok(control) = std::env::var("ORM_TEST_SERVER_CTL") else {
        println!("no server: ORM_TEST_SERVER_CTL is not set");
        return;
    };
    let data = std::env::temp_dir().join(format!("orm-restart-{name}-{}", std::process::id()));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = Place { control, name, data, port };
    let (server, url) = place.start().await;
    let options = PoolOptions::new().max_connections(3).acquire_timeout(PATIENCE);
    let db = connect_with(&url, options.check_after(Duration::from_secs(600))).await.unwrap();
    db.batch("CREATE TABLE survivors (worker INT)").await.unwrap();
    let server = idle(&db, server, &place).await;
    let server = busy(&db, server, &place).await;
    db.close().await.unwrap();
    drop(server);
}

/// One error tells of it, then the pool is as before.
async fn idle(db: &Database, server: Server, place: &Place) -> Server {
    let all = async || {
        for tx in tokio::try_join!(db.begin(), db.begin(), db.begin()).map(<[_; 3]>::from)? {
            tx.rollback().await?;
        }
        Ok::<_, orm::Error>(())
    };
    all().await.unwrap();
    drop(server);
    // The server takes a moment to go: first an open connection breaks, then no new one can be made.
    for kind in [ErrorKind::ConnectionLost, ErrorKind::ConnectionFailed] {
        until(&kind.to_string(), async || db.ping().await.is_err_and(|error| error.kind() == kind)).await;
    }
    let (server, _) = place.start().await;
    for _ in 0..3 {
        all().await.unwrap();
    }
    server
}

/// Tasks that write all the time are told what happened, none of them hangs, and all go on afterwards.
async fn busy(db: &Database, server: Server, place: &Place) -> Server {
    const WORKERS: usize = 6;
    let (stop, failed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let written: [AtomicUsize; WORKERS] = std::array::from_fn(|_| AtomicUsize::new(0));
    let insert = |number: usize| format!("INSERT INTO survivors VALUES ({number})");
    let work = async |number: usize| {
        while !stop.load(SeqCst) {
            let write = db.transaction(async |tx| tx.execute(&insert(number), ()).await);
            match tokio::time::timeout(2 * PATIENCE, write).await.expect("a statement hangs") {
                Ok(_) => {
                    written[number].fetch_add(1, SeqCst);
                }
                Err(error) => {
                    use ErrorKind::{AmbiguousCommit, ConnectionFailed, ConnectionLost, TransactionClosed};
                    let known = [AmbiguousCommit, ConnectionFailed, ConnectionLost, TransactionClosed];
                    assert!(known.contains(&error.kind()), "{error:?}");
                    failed.fetch_add(1, SeqCst);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
    };
    let every_one_writes = async |what: &str| {
        let before: Vec<usize> = written.iter().map(|count| count.load(SeqCst)).collect();
        let on = |(count, before): (&AtomicUsize, &usize)| count.load(SeqCst) > *before;
        until(what, async || written.iter().zip(&before).all(on)).await;
    };
    let drama = async {
        every_one_writes("before").await;
        drop(server);
        until("an error", async || failed.load(SeqCst) >= WORKERS).await;
        let (server, _) = place.start().await;
        every_one_writes("after").await;
        stop.store(true, SeqCst);
        server
    };
    let (server, ..) = tokio::join!(drama, work(0), work(1), work(2), work(3), work(4), work(5));
    let status = db.pool_status();
    assert!(status.in_use == 0 && status.size <= 3, "{status:?}");
    // The test's servers keep what was committed when they are killed; a commit without an answer may have been one.
    let kept = db.query::<i64>("SELECT count(*) FROM survivors", ()).await.unwrap()[0];
    let written: usize = written.iter().map(|count| count.load(SeqCst)).sum();
    let kept = usize::try_from(kept).unwrap();
    assert!((written..=written + failed.load(SeqCst)).contains(&kept), "{written} were written, {kept} are there");
    server
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_restarts() {
    restarts("postgres").await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_restarts() {
    restarts("mariadb").await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mysql_restarts() {
    restarts("mysql").await;
}
