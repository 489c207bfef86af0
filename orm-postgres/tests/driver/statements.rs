//! Prepared statements: one text with several types, tables that change under them, how results stream and stop.

use std::task::{Context, Poll};

use orm_core::driver::Query;
use orm_core::row::{Flow, Row, RowSink};
use orm_core::{Error, ErrorKind, Result, SqlType, Value, ValueRef};

use crate::support::{one, rows, run, with_database};

#[tokio::test]
async fn one_text_with_other_types_never_sends_wrong_bytes() {
    with_database(async |database| {
        for capacity in [0, 1, 2, 512] {
            let driver = orm_postgres::Postgres::new(database.options().statement_cache_capacity(capacity));
            let mut connection = orm_core::driver::Driver::connect(&driver).await.unwrap();
            for round in 0..3 {
                for (value, expected) in [
                    (Value::I64(0x6162_6364_6566_6768), "int 7017280452245743464"),
                    (Value::Text("abcdefgh".into()), "text abcdefgh"),
                    (Value::F64(2.5), "float 2.5"),
                    (Value::I32(5), "int 5"),
                    (Value::I16(5), "int 5"),
                    (Value::Null(SqlType::Uuid), "null"),
                    (Value::Timestamp("2026-11-23T10:11:12Z".parse().unwrap()), "timestamp 2026-11-23 10:11:12 UTC"),
                    (Value::Array(&SqlType::I32, vec![Value::I32(1)]), "[int 1]"),
                ] {
                    for cacheable in [true, false] {
                        let mut shown = crate::support::Shown::default();
                        let query = Query::new("SELECT $1 AS v", std::slice::from_ref(&value)).cacheable(cacheable);
                        connection.fetch(query, &mut shown).await.unwrap();
                        assert_eq!(shown.0, [[expected]], "capacity {capacity}, round {round}, {value:?}");
                    }
                }
            }
            let kept = one(&mut *connection, "SELECT count(*) <= 512 FROM pg_prepared_statements", &[]).await;
            assert_eq!(kept.unwrap(), "bool true");
        }
    })
    .await;
}

#[tokio::test]
async fn the_server_keeps_no_more_statements_than_allowed() {
    with_database(async |database| {
        for (capacity, at_most) in [(0, 0), (1, 1), (8, 8)] {
            let driver = orm_postgres::Postgres::new(database.options().statement_cache_capacity(capacity));
            let mut connection = orm_core::driver::Driver::connect(&driver).await.unwrap();
            for number in 0..30 {
                assert_eq!(
                    one(&mut *connection, &format!("SELECT {number} + $1"), &[Value::I32(1)]).await.unwrap(),
                    format!("int {}", number + 1)
                );
                let query = Query::text("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''");
                let mut shown = crate::support::Shown::default();
                connection.fetch(query, &mut shown).await.unwrap();
                let count: u32 = shown.0[0][0].strip_prefix("int ").unwrap().parse().unwrap();
                assert!(count <= at_most, "{count} of {capacity}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_table_that_changes_under_a_prepared_statement_is_no_error() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let mut other = database.connect().await;
        run(&mut *connection, "CREATE TABLE t (v int)").await;
        run(&mut *connection, "INSERT INTO t VALUES (7)").await;
        assert_eq!(one(&mut *connection, "SELECT v FROM t", &[]).await.unwrap(), "int 7");
        run(&mut *other, "ALTER TABLE t ALTER v TYPE text").await;
        assert_eq!(one(&mut *connection, "SELECT v FROM t", &[]).await.unwrap(), "text 7");
        run(&mut *connection, "DEALLOCATE ALL").await;
        assert_eq!(one(&mut *connection, "SELECT v FROM t", &[]).await.unwrap(), "text 7");

        // A transaction cannot go on, but can be run again.
        run(&mut *other, "ALTER TABLE t ALTER v TYPE int USING v::int").await;
        connection.begin(&Default::default()).await.unwrap();
        let error = one(&mut *connection, "SELECT v FROM t", &[]).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Serialization, Some("0A000")));
        assert!(error.is_retryable());
        connection.rollback().await.unwrap();
        connection.begin(&Default::default()).await.unwrap();
        assert_eq!(one(&mut *connection, "SELECT v FROM t", &[]).await.unwrap(), "int 7");
        connection.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_enum_made_again_is_the_new_one() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        for label in ["a", "b"] {
            run(&mut *connection, "DROP TYPE IF EXISTS mood").await;
            run(&mut *connection, &format!("CREATE TYPE mood AS ENUM ('{label}')")).await;
            let back = one(&mut *connection, "SELECT $1::text::mood", &[Value::Text(label.into())]).await.unwrap();
            assert_eq!(back, format!("text {label}"));
        }
    })
    .await;
}

#[tokio::test]
async fn counts_are_of_rows_written() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE TABLE t (v int)").await;
        let done = run(&mut *connection, "INSERT INTO t SELECT generate_series(1, 5)").await;
        assert_eq!((done.rows_affected, done.last_insert_id), (5, None));
        assert_eq!(run(&mut *connection, "UPDATE t SET v = v WHERE v > 2").await.rows_affected, 3);
        assert_eq!(run(&mut *connection, "DELETE FROM t").await.rows_affected, 5);
        assert_eq!(run(&mut *connection, "CREATE TABLE u ()").await.rows_affected, 0);
    })
    .await;
}

/// Takes some rows, then says what it was told to say.
struct Takes {
    rows: usize,
    seen: usize,
    then: fn() -> Result<Flow>,
    waits: usize,
}

impl RowSink for Takes {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        assert!(matches!(row.get(0)?, ValueRef::I64(v) if usize::try_from(v).unwrap() == self.seen));
        self.seen += 1;
        if self.seen < self.rows { Ok(Flow::Continue) } else { (self.then)() }
    }
    fn restart(&mut self) {
        self.seen = 0;
    }
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.waits += 1;
        cx.waker().wake_by_ref();
        if self.waits.is_multiple_of(3) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[tokio::test]
async fn a_sink_may_pause_stop_or_fail() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let few = Query::text("SELECT generate_series(0, 499)");
        let mut sink = Takes { rows: 0, seen: 0, then: || Ok(Flow::Pause), waits: 0 };
        connection.fetch(few, &mut sink).await.unwrap();
        assert_eq!((sink.seen, sink.waits), (500, 1500));

        let mut sink = Takes { rows: 3, seen: 0, then: || Ok(Flow::Stop), waits: 0 };
        connection.fetch(few, &mut sink).await.unwrap();
        assert_eq!(sink.seen, 3);
        assert!(!connection.is_broken(), "a short rest is read to its end");

        let mut sink = Takes { rows: 3, seen: 0, then: || Err(Error::decode("x", "y")), waits: 0 };
        assert_eq!(connection.fetch(few, &mut sink).await.unwrap_err().kind(), ErrorKind::Decode);
        assert!(!connection.is_broken());

        // In a transaction the rest is read whatever its length: giving up would lose the transaction.
        let many = Query::text("SELECT generate_series(0, 99999)");
        connection.begin(&Default::default()).await.unwrap();
        let mut sink = Takes { rows: 3, seen: 0, then: || Ok(Flow::Stop), waits: 0 };
        connection.fetch(many, &mut sink).await.unwrap();
        connection.commit().await.unwrap();
        // And so is the rest of a write, which would be undone.
        run(&mut *connection, "CREATE TABLE t (v int)").await;
        let mut sink = Takes { rows: 3, seen: 0, then: || Ok(Flow::Stop), waits: 0 };
        let write = Query::text("INSERT INTO t SELECT generate_series(0, 9999) RETURNING v");
        connection.fetch(write, &mut sink).await.unwrap();
        assert_eq!(one(&mut *connection, "SELECT count(*) FROM t", &[]).await.unwrap(), "int 10000");

        let mut sink = Takes { rows: 3, seen: 0, then: || Ok(Flow::Stop), waits: 0 };
        connection.fetch(many, &mut sink).await.unwrap();
        assert!(connection.is_broken(), "a long rest is not worth reading");
        assert_eq!(connection.execute(few).await.unwrap_err().kind(), ErrorKind::ConnectionLost);
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        connection.batch("CREATE TABLE t (v int); INSERT INTO t VALUES (1); SELECT * FROM t;").await.unwrap();
        let error = connection.batch("INSERT INTO t VALUES (2); INSERT INTO nope VALUES (3)").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownTable);
        connection.batch("").await.unwrap();
        assert_eq!(rows(&mut *connection, "SELECT v FROM t", &[]).await.unwrap(), [["int 1"]]);
    })
    .await;
}

#[tokio::test]
async fn only_what_reads_is_cut_off_whatever_stands_before_it() {
    struct One;
    impl RowSink for One {
        fn row(&mut self, _: &dyn Row) -> Result<Flow> {
            Ok(Flow::Stop)
        }
        fn restart(&mut self) {}
    }
    with_database(async |database| {
        run(&mut *database.connect().await, "CREATE TABLE t (v int)").await;
        let rows = "SELECT generate_series(1, 100000)";
        for (sql, cut_off) in [
            (rows.to_owned(), true),
            (format!("/* who */ -- asks\n {rows}"), true),
            (format!("WITH c AS ({rows}) SELECT * FROM c"), true),
            (format!("INSERT INTO t {rows} RETURNING v"), false),
            (format!("/* SELECT */ WITH c AS (INSERT INTO t {rows} RETURNING v) SELECT * FROM c"), false),
        ] {
            let mut connection = database.connect().await;
            connection.fetch(Query::new(&sql, &[]), &mut One).await.unwrap();
            assert_eq!(connection.is_broken(), cut_off, "{sql}");
        }
        let mut connection = database.connect().await;
        assert_eq!(one(&mut *connection, "SELECT count(*) FROM t", &[]).await.unwrap(), "int 200000");
    })
    .await;
}
