//! Connecting, running statements, values, errors and options, through the public seam. Cancelling, waiting and
//! long statements are in `policy.rs`.

#![allow(clippy::unwrap_used, clippy::panic)] // The helpers of tests may stop at the first surprise too.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm_core::dialect::Dialect;
use orm_core::driver::{BeginOptions, Connection, Done, Driver, Isolation, LockMode, Query};
use orm_core::row::{Collect, Columns, Discard, Flow, Row, RowSink};
use orm_core::{Error, ErrorKind, Result, Scalar, SqlType, Type, Value};
use orm_sqlite::{JournalMode, Sqlite, SqliteDialect, SqliteError, SqliteOptions, Synchronous};
use proptest::prelude::*;
use rust_decimal::Decimal;

type Box_ = Box<dyn Connection>;

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

async fn memory() -> Box_ {
    Sqlite::new(SqliteOptions::memory()).connect().await.unwrap()
}

/// A file of its own, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("orm-sqlite-basics-{}-{number}.db", std::process::id())))
    }
    fn options(&self) -> SqliteOptions {
        SqliteOptions::file(&self.0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

async fn open(options: SqliteOptions) -> Box_ {
    Sqlite::new(options).connect().await.unwrap()
}

fn query<'q>(sql: &'q str, binds: &'q [Value]) -> Query<'q> {
    Query { sql, binds, cacheable: true }
}

async fn execute(connection: &mut Box_, sql: &str) -> Result<Done> {
    connection.execute(query(sql, &[])).await
}

async fn values<T: Type>(connection: &mut Box_, sql: &str, binds: &[Value]) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut sink = Collect::new(&mut rows, |columns: &mut Columns<'_>| columns.next::<T>());
    connection.fetch(query(sql, binds), &mut sink).await?;
    Ok(rows)
}

#[track_caller]
fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn statements_say_what_they_did() {
    run(async {
        let mut c = memory().await;
        let nothing = Done { rows_affected: 0, last_insert_id: None };
        assert_eq!(execute(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE)").await.unwrap(), nothing);
        let one = execute(&mut c, "INSERT INTO t (a) VALUES ('x')").await.unwrap();
        assert_eq!(one, Done { rows_affected: 1, last_insert_id: Some(1) });
        let three = execute(&mut c, "INSERT INTO t (a) VALUES ('p'), ('q'), ('r')").await.unwrap();
        assert_eq!(three, Done { rows_affected: 3, last_insert_id: None });
        let upsert = "INSERT INTO t (a) VALUES ('x') ON CONFLICT (a) DO UPDATE SET a = 'y'";
        assert_eq!(execute(&mut c, upsert).await.unwrap(), Done { rows_affected: 1, last_insert_id: None });
        let ignored = execute(&mut c, "INSERT OR IGNORE INTO t (a) VALUES ('y')").await.unwrap();
        assert_eq!(ignored, nothing);
        assert_eq!(execute(&mut c, "UPDATE t SET a = a || 'z'").await.unwrap().rows_affected, 4);
        assert_eq!(execute(&mut c, "SELECT * FROM t").await.unwrap(), nothing);
        assert_eq!(execute(&mut c, "DELETE FROM t WHERE id > 2").await.unwrap().rows_affected, 2);
        assert_eq!(execute(&mut c, "PRAGMA user_version = 3").await.unwrap(), nothing);
        let returned = values::<i64>(&mut c, "INSERT INTO t (a) VALUES ('n') RETURNING id * 10", &[]).await.unwrap();
        assert_eq!(returned, [30]);
        c.close().await;
    });
}

#[test]
fn batches_run_every_statement_until_one_fails() {
    run(async {
        let mut c = memory().await;
        c.batch(" ; CREATE TABLE t (a); -- x\n INSERT INTO t VALUES (1); SELECT * FROM t; /* end */ ;").await.unwrap();
        c.batch("").await.unwrap();
        let error = c.batch("INSERT INTO t VALUES (2); INSERT INTO u VALUES (3); INSERT INTO t VALUES (4)").await;
        assert_eq!(error.unwrap_err().table(), Some("u"));
        assert_eq!(values::<i64>(&mut c, "SELECT a FROM t ORDER BY a", &[]).await.unwrap(), [1, 2]);
    });
}

#[test]
fn statements_that_make_no_sense_are_refused() {
    run(async {
        let mut c = memory().await;
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        for sql in ["", " ;; ", "-- nothing", "SELECT 1; SELECT 2", "INSERT INTO t VALUES (1); nonsense", "SELECT '\0'"]
        {
            assert_eq!(kind(execute(&mut c, sql).await), ErrorKind::InvalidStatement, "{sql:?}");
        }
        for binds in [&[][..], &[Value::I64(1)], &[Value::I64(1), Value::I64(2), Value::I64(3)]] {
            assert_eq!(kind(c.execute(query("SELECT ?1, ?2", binds)).await), ErrorKind::InvalidStatement);
        }
        assert_eq!(execute(&mut c, "SELECT 1; -- and no more\n;").await.unwrap(), Done::default());
        assert_eq!(values::<i64>(&mut c, "SELECT count(*) FROM t", &[]).await.unwrap(), [0]);
    });
}

async fn round_trip<T: Scalar + PartialEq + std::fmt::Debug>(connection: &mut Box_, value: T) {
    let back = values::<T>(connection, "SELECT ?1", &[value.encode()]).await.unwrap();
    assert_eq!(back, [value]);
}

#[test]
fn values_come_back_as_they_went_in() {
    run(async {
        let mut c = memory().await;
        round_trip(&mut c, true).await;
        round_trip(&mut c, false).await;
        for v in [i64::MIN, -1, 0, 1, i64::MAX] {
            round_trip(&mut c, v).await;
        }
        round_trip(&mut c, u64::MAX / 2).await;
        for v in [f64::MIN, f64::MAX, f64::MIN_POSITIVE, -0.0, 0.1, f64::INFINITY, f64::NEG_INFINITY] {
            round_trip(&mut c, v).await;
        }
        round_trip(&mut c, 0.1_f32).await;
        for text in ["", "a", "äöü 😀", "nul\0inside", &"long ".repeat(100_000)] {
            round_trip(&mut c, text.to_owned()).await;
        }
        for bytes in [Vec::<u8>::new(), vec![0], vec![0, 255, 0], vec![7; 300_000]] {
            round_trip(&mut c, bytes).await;
        }
        round_trip(&mut c, uuid::Uuid::max()).await;
        round_trip(&mut c, serde_json::json!({"a": [1, null, "x"]})).await;
        round_trip(&mut c, "0000-01-01".parse::<NaiveDate>().unwrap()).await;
        round_trip(&mut c, "9999-12-31T23:59:59.999999999".parse::<NaiveDateTime>().unwrap()).await;
        round_trip(&mut c, "00:00:00".parse::<NaiveTime>().unwrap()).await;
        round_trip(&mut c, "2026-11-23T10:11:12.000001Z".parse::<DateTime<Utc>>().unwrap()).await;
        for text in ["12.50", "-0.1", "0", "9223372036854775807", "0.0000000001"] {
            round_trip(&mut c, text.parse::<Decimal>().unwrap()).await;
        }
        assert_eq!(values::<Option<i64>>(&mut c, "SELECT ?1", &[Value::Null(SqlType::I64)]).await.unwrap(), [None]);
        for refused in [Value::U64(u64::MAX), Value::F64(f64::NAN), Value::Decimal("0.1234567890123456".into())] {
            assert_eq!(kind(c.execute(query("SELECT ?1", &[refused])).await), ErrorKind::Encode);
        }
        let native = c.execute(query("SELECT ?1", &[Value::Native("inet", "::1".into())])).await;
        assert_eq!(kind(native), ErrorKind::Unsupported);
    });
}

#[test]
fn columns_keep_values_whatever_their_type() {
    run(async {
        let mut c = memory().await;
        let dialect = SqliteDialect::linked();
        let types = [
            (SqlType::Bool, true.encode()),
            (SqlType::I64, i64::MAX.encode()),
            (SqlType::F64, 1.0.encode()),
            (SqlType::Text, "12".to_owned().encode()),
            (SqlType::Bytes, vec![1_u8, 2].encode()),
            (SqlType::Uuid, uuid::Uuid::nil().encode()),
            (SqlType::Date, "2026-11-23".parse::<NaiveDate>().unwrap().encode()),
            (SqlType::Timestamp, DateTime::<Utc>::UNIX_EPOCH.encode()),
            (SqlType::Decimal, "12.50".parse::<Decimal>().unwrap().encode()),
            (SqlType::Json, serde_json::json!(1).encode()),
        ];
        for (ty, value) in types {
            let column = orm_core::schema::Column { nullable: true, ..orm_core::schema::Column::new("a", ty) };
            let name = dialect.column_type(&column).unwrap();
            execute(&mut c, &format!("CREATE TABLE t (a {name})")).await.unwrap();
            c.execute(query("INSERT INTO t VALUES (?1)", std::slice::from_ref(&value))).await.unwrap();
            let class = values::<String>(&mut c, "SELECT typeof(a) FROM t", &[]).await.unwrap();
            let bound = values::<String>(&mut c, "SELECT typeof(?1)", std::slice::from_ref(&value)).await.unwrap();
            assert_eq!(class, bound, "{ty}");
            let mut literal = String::new();
            dialect.push_literal(&mut literal, &value).unwrap();
            let same = values::<bool>(&mut c, &format!("SELECT a IS {literal} FROM t"), &[]).await.unwrap();
            assert_eq!(same, [true], "{ty}: {literal}");
            execute(&mut c, "DROP TABLE t").await.unwrap();
        }
    });
}

#[test]
fn constants_of_ddl_are_the_values_bound() {
    run(async {
        let mut c = memory().await;
        let dialect = SqliteDialect::linked();
        for value in [
            Value::I64(i64::MIN),
            Value::F64(f64::NEG_INFINITY),
            Value::F64(f64::INFINITY),
            Value::F64(1e300),
            Value::F64(-0.1),
            Value::Text("it's \"quoted\" \\ %".into()),
            Value::Bytes(vec![]),
            Value::Bytes(vec![0, 171]),
            Value::Null(SqlType::Text),
        ] {
            let mut literal = String::new();
            dialect.push_literal(&mut literal, &value).unwrap();
            let same = values::<bool>(&mut c, &format!("SELECT {literal} IS ?1"), &[value]).await.unwrap();
            assert_eq!(same, [true], "{literal}");
        }
        assert_eq!(kind(dialect.push_literal(&mut String::new(), &Value::Text("\0".into()))), ErrorKind::Encode);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_number_and_instant_comes_back(
        text in ".*",
        integer in any::<i64>(),
        float in any::<f64>().prop_filter("a number", |v| !v.is_nan()),
        seconds in -62_167_219_200_i64..253_402_300_800,
        nanoseconds in 0_u32..1_000_000_000,
        digits in -999_999_999_999_999_i64..999_999_999_999_999,
        scale in 0_u32..20,
    ) {
        run(async {
            let mut c = memory().await;
            round_trip(&mut c, text).await;
            round_trip(&mut c, integer).await;
            round_trip(&mut c, float).await;
            round_trip(&mut c, DateTime::<Utc>::from_timestamp(seconds, nanoseconds).unwrap()).await;
            round_trip(&mut c, Decimal::new(digits, scale)).await;
        });
    }

    #[test]
    fn instants_sort_as_their_texts(
        first in (0_i64..100, prop_oneof![Just(0_u32), 0_u32..1_000_000_000]),
        second in (0_i64..100, prop_oneof![Just(0_u32), 0_u32..1_000_000_000]),
    ) {
        let at = |(s, n)| DateTime::<Utc>::from_timestamp(s, n).unwrap();
        let binds = [at(first).encode(), at(second).encode()];
        let less = run(async { values::<bool>(&mut memory().await, "SELECT ?1 < ?2", &binds).await.unwrap() });
        prop_assert_eq!(less, [at(first) < at(second)]);
    }
}

#[test]
fn errors_are_told_apart() {
    run(async {
        let mut c = memory().await;
        c.batch(
            "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b INTEGER CONSTRAINT b_positive CHECK (b > 0),
               UNIQUE (a, b));
             CREATE UNIQUE INDEX p_lower ON p (lower(a)) WHERE b = 9;
             CREATE TABLE q (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id));
             CREATE TABLE s (a INTEGER) STRICT;
             CREATE TRIGGER no BEFORE DELETE ON s BEGIN SELECT RAISE(ABORT, 'never'); END;
             INSERT INTO p VALUES (1, 'a', 1), (2, 'X', 9); INSERT INTO q VALUES (1, 1); INSERT INTO s VALUES (1);",
        )
        .await
        .unwrap();
        for (sql, expected) in [
            ("INSERT INTO p VALUES (1, 'b', 1)", ErrorKind::UniqueViolation),
            ("INSERT INTO p VALUES (3, NULL, 1)", ErrorKind::NotNullViolation),
            ("INSERT INTO p VALUES (3, 'c', 0)", ErrorKind::CheckViolation),
            ("INSERT INTO q VALUES (2, 99)", ErrorKind::ForeignKeyViolation),
            ("DELETE FROM p WHERE id = 1", ErrorKind::ForeignKeyViolation),
            ("INSERT INTO s VALUES ('x')", ErrorKind::InvalidValue),
            ("DELETE FROM s", ErrorKind::Database),
            ("INSERT INTO q VALUES ('x', 1)", ErrorKind::InvalidValue),
            ("SELECT * FROM nowhere", ErrorKind::UnknownTable),
            ("SELECT \"nothing\" FROM p", ErrorKind::UnknownColumn),
            ("INSERT INTO p (agee) VALUES (1)", ErrorKind::UnknownColumn),
            ("SELECT FROM", ErrorKind::Syntax),
            ("SELECT (1", ErrorKind::Syntax),
            ("CREATE TABLE p (a)", ErrorKind::AlreadyExists),
            ("CREATE INDEX p_lower ON p (a)", ErrorKind::AlreadyExists),
            ("SELECT * FROM elsewhere.p", ErrorKind::UnknownTable),
            ("SELECT json('{')", ErrorKind::InvalidValue),
            ("SELECT 'x' REGEXP '('", ErrorKind::InvalidValue),
            ("SELECT abs(-9223372036854775808)", ErrorKind::OutOfRange),
            ("SELECT zeroblob(2000000000)", ErrorKind::DataTooLong),
            ("COMMIT", ErrorKind::TransactionClosed),
        ] {
            let error = execute(&mut c, sql).await.unwrap_err();
            assert_eq!(error.kind(), expected, "{sql}: {error:?}");
            let said = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<SqliteError>());
            assert_eq!(error.code(), said.map(|said| said.code().to_string()).as_deref(), "{sql}");
            assert!(said.is_some(), "{sql}");
        }
        let error = execute(&mut c, "INSERT INTO p VALUES (3, 'a', 1)").await.unwrap_err();
        assert_eq!((error.table(), error.columns()), (Some("p"), vec!["a", "b"]));
        let error = execute(&mut c, "INSERT INTO p VALUES (3, 'x', 9)").await.unwrap_err();
        assert_eq!((error.table(), error.constraint()), (None, Some("p_lower")));
        let error = execute(&mut c, "INSERT INTO p VALUES (3, 'c', 0)").await.unwrap_err();
        assert_eq!(error.constraint(), Some("b_positive"));
    });
}

#[test]
fn a_column_beyond_the_row_or_not_utf8_is_a_decode_error() {
    run(async {
        let mut c = memory().await;
        let mut rows: Vec<(i64, i64)> = Vec::new();
        let mut sink = Collect::new(&mut rows, |columns| Ok((columns.next()?, columns.next()?)));
        let error = c.fetch(query("SELECT 1", &[]), &mut sink).await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::Decode, Some(1)));
        assert_eq!(kind(values::<String>(&mut c, "SELECT CAST(X'FF' AS TEXT)", &[]).await), ErrorKind::Decode);
        assert_eq!(values::<i64>(&mut c, "SELECT 1", &[]).await.unwrap(), [1]);
    });
}

#[test]
fn transactions_begin_commit_and_roll_back() {
    run(async {
        let mut c = memory().await;
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        assert!(c.in_transaction() && c.needs_reset());
        assert_eq!(kind(c.begin(&BeginOptions::default()).await), ErrorKind::InvalidStatement);
        execute(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        c.commit().await.unwrap();
        assert!(!c.in_transaction() && !c.needs_reset());
        let options = BeginOptions {
            isolation: Some(Isolation::Serializable),
            lock_mode: Some(LockMode::Immediate),
            ..BeginOptions::default()
        };
        c.begin(&options).await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (2)").await.unwrap();
        execute(&mut c, "SAVEPOINT s").await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (3)").await.unwrap();
        execute(&mut c, "ROLLBACK TO s").await.unwrap();
        execute(&mut c, "RELEASE s").await.unwrap();
        assert_eq!(values::<i64>(&mut c, "SELECT a FROM t", &[]).await.unwrap(), [1, 2]);
        c.rollback().await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut c, "DELETE FROM t").await.unwrap();
        c.abandon();
        assert!(!c.in_transaction());
        assert_eq!(values::<i64>(&mut c, "SELECT a FROM t", &[]).await.unwrap(), [1]);
        let deferrable = BeginOptions { deferrable: true, ..BeginOptions::default() };
        assert_eq!(kind(c.begin(&deferrable).await), ErrorKind::Unsupported);
        assert!(!c.in_transaction());
    });
}

#[test]
fn read_only_transactions_refuse_writes_and_end() {
    run(async {
        let mut c = memory().await;
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        for end in 0..3 {
            c.begin(&BeginOptions { read_only: true, ..BeginOptions::default() }).await.unwrap();
            assert_eq!(kind(execute(&mut c, "INSERT INTO t VALUES (1)").await), ErrorKind::ReadOnly);
            match end {
                0 => c.commit().await.unwrap(),
                1 => c.rollback().await.unwrap(),
                _ => c.abandon(),
            }
            assert!(!c.needs_reset());
            execute(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        }
    });
}

#[test]
fn a_commit_that_fails_leaves_the_transaction_open() {
    run(async {
        let mut c = memory().await;
        c.batch(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        )
        .await
        .unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut c, "INSERT INTO q VALUES (7)").await.unwrap();
        assert_eq!(kind(c.commit().await), ErrorKind::ForeignKeyViolation);
        assert!(c.in_transaction());
        c.rollback().await.unwrap();
        assert!(!c.in_transaction());
    });
}

#[test]
fn a_transaction_that_sqlite_undid_refuses_statements() {
    run(async {
        let mut c = memory().await;
        execute(&mut c, "CREATE TABLE t (a UNIQUE)").await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        c.begin(&BeginOptions::default()).await.unwrap();
        execute(&mut c, "INSERT INTO t VALUES (2)").await.unwrap();
        let error = execute(&mut c, "INSERT OR ROLLBACK INTO t VALUES (1)").await;
        assert_eq!(kind(error), ErrorKind::UniqueViolation);
        assert!(c.in_transaction());
        assert_eq!(kind(execute(&mut c, "INSERT INTO t VALUES (3)").await), ErrorKind::TransactionClosed);
        assert_eq!(kind(c.batch("INSERT INTO t VALUES (3)").await), ErrorKind::TransactionClosed);
        assert_eq!(kind(c.commit().await), ErrorKind::TransactionClosed);
        c.rollback().await.unwrap();
        assert_eq!(values::<i64>(&mut c, "SELECT a FROM t", &[]).await.unwrap(), [1]);
    });
}

#[test]
fn regular_expressions_and_rounding() {
    run(async {
        let mut c = memory().await;
        for (sql, expected) in [
            ("SELECT 'Ada' REGEXP '^A.a$'", Some(true)),
            ("SELECT 'ADA' REGEXP '(?i)^a'", Some(true)),
            ("SELECT 'ada' NOT REGEXP 'b'", Some(true)),
            ("SELECT 12 REGEXP '^1'", Some(true)),
            ("SELECT NULL REGEXP 'a'", None),
            ("SELECT 'a' REGEXP NULL", None),
            ("SELECT ceil(1.2) = 2 AND floor(-1.2) = -2 AND ceil(3) = 3", Some(true)),
            ("SELECT typeof(floor(3)) = 'integer' AND typeof(floor(3.5)) = 'real'", Some(true)),
            ("SELECT ceil('x')", None),
        ] {
            assert_eq!(values::<Option<bool>>(&mut c, sql, &[]).await.unwrap(), [expected], "{sql}");
        }
        // Exponential for engines that backtrack.
        let text = Value::Text("a".repeat(5000).into());
        assert_eq!(values::<bool>(&mut c, "SELECT ?1 REGEXP '^(a+)+$b'", &[text]).await.unwrap(), [false]);
        let error = execute(&mut c, "SELECT 'x' REGEXP 'secret['").await.unwrap_err();
        assert_eq!(error.message(), "invalid regular expression");
    });
}

#[test]
fn functions_of_the_dialect_exist() {
    use orm_core::ast::Function;
    use orm_core::dialect::FunctionForm;
    run(async {
        let mut c = memory().await;
        let dialect = SqliteDialect::linked();
        let form = |function| dialect.function(function).unwrap();
        let FunctionForm::Text(now) = form(Function::Now) else { panic!() };
        let stored = values::<String>(&mut c, &format!("SELECT {now}"), &[]).await.unwrap().remove(0);
        let read = values::<DateTime<Utc>>(&mut c, &format!("SELECT {now}"), &[]).await.unwrap().remove(0);
        assert!((Utc::now() - read).num_seconds().abs() < 60);
        assert_eq!((stored.len(), &stored[23..]), (30, " +00:00"));
        for (function, expected) in [(Function::Year, 2026), (Function::Month, 11), (Function::Day, 23)] {
            let FunctionForm::Around(before, _, after) = form(function) else { panic!() };
            let at = "2026-11-23T10:11:12.3456Z".parse::<DateTime<Utc>>().unwrap();
            let part = values::<i64>(&mut c, &format!("SELECT {before}?1{after}"), &[at.encode()]).await.unwrap();
            assert_eq!(part, [expected]);
        }
        assert_eq!(form(Function::Greatest), FunctionForm::Call("MAX"));
    });
}

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
        assert!(missing.message().contains("orm-sqlite-basics"), "{missing}");
        std::fs::write(&place.0, "this is no database, whatever its name says; it is plain text ".repeat(100)).unwrap();
        assert_eq!(kind(Sqlite::new(place.options()).connect().await), ErrorKind::Corrupt);
    });
}

#[test]
fn a_damaged_file_is_told() {
    run(async {
        let place = Place::new();
        let options = place.options().journal_mode(JournalMode::Delete);
        let mut c = open(options.clone()).await;
        c.batch(
            "CREATE TABLE t (a);
             INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) SELECT x FROM c",
        )
        .await
        .unwrap();
        c.close().await;
        let mut bytes = std::fs::read(&place.0).unwrap();
        bytes[8192..40960].fill(0x55);
        std::fs::write(&place.0, bytes).unwrap();
        let mut c = open(options).await;
        assert_eq!(kind(values::<i64>(&mut c, "SELECT sum(a) FROM t", &[]).await), ErrorKind::Corrupt);
        c.close().await;
    });
}

/// Takes what it is told to, and says what a row looked like.
struct Taking {
    seen: u64,
    stop_at: u64,
    flow: Flow,
}

impl RowSink for Taking {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        assert_eq!(row.len(), 1);
        self.seen += 1;
        Ok(if self.seen == self.stop_at { Flow::Stop } else { self.flow })
    }
    fn restart(&mut self) {
        self.seen = 0;
    }
}

#[test]
fn a_sink_stops_when_it_has_enough() {
    run(async {
        let mut c = memory().await;
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c";
        for flow in [Flow::Continue, Flow::Pause] {
            let mut sink = Taking { seen: 0, stop_at: 100_000, flow };
            c.fetch(query(endless, &[]), &mut sink).await.unwrap();
            assert_eq!(sink.seen, 100_000);
        }
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        // What RETURNING has not handed out yet is written all the same.
        let mut sink = Taking { seen: 0, stop_at: 1, flow: Flow::Continue };
        let done = c.fetch(query("INSERT INTO t VALUES (1), (2), (3) RETURNING a", &[]), &mut sink).await.unwrap();
        assert_eq!((done.rows_affected, sink.seen), (3, 1));
        assert_eq!(values::<i64>(&mut c, "SELECT count(*) FROM t", &[]).await.unwrap(), [3]);
        assert_eq!(c.fetch(query("SELECT a FROM t", &[]), &mut Discard).await.unwrap(), Done::default());
    });
}

#[test]
fn errors_of_a_sink_end_the_statement() {
    struct Failing;
    impl RowSink for Failing {
        fn row(&mut self, _: &dyn Row) -> Result<Flow> {
            Err(Error::new(ErrorKind::NotFound, "enough"))
        }
        fn restart(&mut self) {}
    }
    run(async {
        let mut c = memory().await;
        assert_eq!(kind(c.fetch(query("SELECT 1 UNION SELECT 2", &[]), &mut Failing).await), ErrorKind::NotFound);
        assert!(!c.needs_reset());
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
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

#[test]
fn a_schema_change_is_noticed_by_kept_statements() {
    run(async {
        let mut c = memory().await;
        c.batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").await.unwrap();
        let mut widths = Vec::new();
        for sql in ["ALTER TABLE t ADD COLUMN b", "ALTER TABLE t ADD COLUMN c"] {
            let mut sink = Collect::new(&mut widths, |columns: &mut Columns<'_>| {
                let mut width = 0;
                while columns.next_value().is_ok() {
                    width += 1;
                }
                Ok(width)
            });
            c.fetch(query("SELECT * FROM t", &[]), &mut sink).await.unwrap();
            execute(&mut c, sql).await.unwrap();
        }
        assert_eq!(widths, [1, 2]);
    });
}

#[test]
fn columns_are_read_in_any_order_and_encoding() {
    struct Twice(Vec<String>);
    impl RowSink for Twice {
        fn row(&mut self, row: &dyn Row) -> Result<Flow> {
            let (second, first) = (row.get(1)?, row.get(0)?);
            for value in [first, row.get(0)?, second, row.get(1)?] {
                self.0.push(String::decode(value)?);
            }
            assert_eq!(row.get(2).map(|_| ()).unwrap_err().kind(), ErrorKind::Decode);
            assert_eq!(row.get(usize::MAX).map(|_| ()).unwrap_err().kind(), ErrorKind::Decode);
            Ok(Flow::Continue)
        }
        fn restart(&mut self) {
            self.0.clear();
        }
    }
    run(async {
        for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
            let mut c = memory().await;
            c.batch(&format!("PRAGMA encoding = '{encoding}'; CREATE TABLE t (a, b)")).await.unwrap();
            let binds = [Value::Text("äöü 😀".into()), Value::Text("".into())];
            c.execute(query("INSERT INTO t VALUES (?1, ?2)", &binds)).await.unwrap();
            let mut sink = Twice(Vec::new());
            c.fetch(query("SELECT a, b FROM t", &[]), &mut sink).await.unwrap();
            assert_eq!(sink.0, ["äöü 😀", "äöü 😀", "", ""], "{encoding}");
            let used = values::<String>(&mut c, "PRAGMA encoding", &[]).await.unwrap();
            assert_eq!(used, [encoding]);
        }
    });
}

#[test]
fn attached_databases_are_schemas() {
    run(async {
        let place = Place::new();
        let mut c = memory().await;
        c.execute(query("ATTACH ?1 AS other", &[Value::Text(place.0.display().to_string().into())])).await.unwrap();
        c.batch("CREATE TABLE other.t (a UNIQUE); INSERT INTO other.t VALUES (1)").await.unwrap();
        assert_eq!(execute(&mut c, "INSERT INTO other.t VALUES (2)").await.unwrap().rows_affected, 1);
        let dialect = SqliteDialect::linked();
        for (schema, name, expected) in [(Some("other"), "T", 1), (None, "t", 0), (Some("main"), "t", 0)] {
            let mut writer = orm_core::dialect::SqlWriter::new(&dialect);
            dialect.push_table_exists(&mut writer, schema, name).unwrap();
            let rendered = writer.finish();
            let found = values::<i64>(&mut c, &rendered.sql, &rendered.binds).await.unwrap();
            assert_eq!(found.len(), expected, "{schema:?}");
        }
        c.close().await;
    });
}
