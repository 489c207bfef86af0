//! Options and what they make of a connection.

use orm_core::ErrorKind;
use orm_core::driver::{BeginOptions, Driver};
use orm_sqlite::{JournalMode, Sqlite, SqliteOptions, Synchronous};

use crate::support::{Place, execute, kind, open, run, values};

#[test]
fn settings_reach_the_connection() {
    run(async {
        let place = Place::new();
        let mut c = open(place.options().pragma("cache_size", "-321").unwrap()).await;
        for (pragma, expected) in
            [("journal_mode", "wal"), ("synchronous", "1"), ("foreign_keys", "1"), ("cache_size", "-321")]
        {
            let sql = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
            assert_eq!(values::<String>(&mut c, &sql, &[]).await.unwrap(), [expected], "{pragma}");
        }
        c.close().await;
        let options =
            place.options().journal_mode(JournalMode::Delete).synchronous(Synchronous::Extra).foreign_keys(false);
        let mut c = open(options).await;
        for (pragma, expected) in [("journal_mode", "delete"), ("synchronous", "3"), ("foreign_keys", "0")] {
            let sql = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
            assert_eq!(values::<String>(&mut c, &sql, &[]).await.unwrap(), [expected], "{pragma}");
        }
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        assert_eq!(execute(&mut c, "INSERT INTO t VALUES (1)").await.unwrap().rows_affected, 1);
        c.close().await;
    });
}

#[test]
fn read_only_databases_are_read() {
    run(async {
        let place = Place::new();
        let mut writer = open(place.options()).await;
        execute(&mut writer, "CREATE TABLE t (a)").await.unwrap();
        let mut c = open(place.options().read_only(true)).await;
        assert_eq!(values::<i64>(&mut c, "SELECT count(*) FROM t", &[]).await.unwrap(), [0]);
        assert_eq!(kind(execute(&mut c, "INSERT INTO t VALUES (1)").await), ErrorKind::ReadOnly);
        c.begin(&BeginOptions::default()).await.unwrap();
        assert_eq!(kind(execute(&mut c, "CREATE TABLE u (a)").await), ErrorKind::ReadOnly);
        c.rollback().await.unwrap();
        c.close().await;
        writer.close().await;
    });
}

#[test]
fn what_cannot_be_opened_says_so() {
    run(async {
        let place = Place::new();
        let missing = Sqlite::new(place.options().create_if_missing(false)).connect().await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::ConnectionFailed);
        assert!(missing.message().contains(&*place.0.display().to_string()), "{missing}");
        std::fs::write(&place.0, "this is no database, whatever its name says; it is plain text ".repeat(100)).unwrap();
        assert_eq!(kind(Sqlite::new(place.options()).connect().await), ErrorKind::Corrupt);
    });
}

#[test]
fn memory_allows_one_connection_and_files_any_number() {
    assert_eq!(Sqlite::from_url("sqlite::memory:").unwrap().max_connections(), Some(1));
    let file = Sqlite::from_url("sqlite:app.db?mode=ro").unwrap();
    assert_eq!((file.max_connections(), file.target()), (None, "sqlite:app.db".to_owned()));
    run(async {
        let driver = Sqlite::new(SqliteOptions::memory());
        let mut connection = driver.connect().await.unwrap();
        let dialect = driver.dialect(&mut *connection).await.unwrap();
        assert!(dialect.capabilities().version >= (3, 46, 0));
        connection.ping().await.unwrap();
    });
}
