//! Cancellation on real servers, for those that the environment names: see CONTRIBUTING.md.

use std::time::Duration;

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
    check_operations(&db, Probe { count, open }).await;
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
    check_operations(&db, Probe { count, open }).await;
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

/// A server of the test's own, which can be killed. It ends with this value.
struct Server(std::process::Child);

impl Server {
    /// Starts it, and gives its URL.
    fn start(control: &str, name: &str, directory: &std::path::Path, port: u16) -> (Self, String) {
        use std::io::{BufRead, BufReader};
        let mut command = std::process::Command::new(control);
        command.arg("server").arg(name).arg(directory).arg(port.to_string()).stdout(std::process::Stdio::piped());
        let mut server = Self(command.spawn().unwrap());
        let mut url = String::new();
        for line in BufReader::new(server.0.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(found) = line.strip_prefix("url=") {
                found.clone_into(&mut url);
            } else if line == "ready" {
                return (server, url);
            }
        }
        panic!("{name} did not start");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server is killed and started again: one error tells of it, then the pool is as before.
async fn restart(name: &str) {
    let Ok(control) = std::env::var("ORM_TEST_SERVER_CTL") else {
        println!("no server: ORM_TEST_SERVER_CTL is not set");
        return;
    };
    let directory = std::env::temp_dir().join(format!("orm-restart-{name}-{}", std::process::id()));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (server, url) = Server::start(&control, name, &directory, port);
    let options = PoolOptions::new().max_connections(3).acquire_timeout(Duration::from_secs(5));
    let db = connect_with(&url, options.check_after(Duration::from_secs(600))).await.unwrap();
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
        let mut met = None;
        for _ in 0..1000 {
            met = db.ping().await.err();
            if met.as_ref().is_some_and(|error| error.kind() == kind) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(met.map(|error| error.kind()), Some(kind));
    }
    let (server, _) = Server::start(&control, name, &directory, port);
    for _ in 0..3 {
        all().await.unwrap();
    }
    db.close().await.unwrap();
    drop(server);
    let _ = std::fs::remove_dir_all(directory);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_restarts() {
    restart("postgres").await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mariadb_restarts() {
    restart("mariadb").await;
}
