//! Statements, batches and functions: what they do and say.

use chrono::{DateTime, Utc};
use orm_core::dialect::Dialect;
use orm_core::driver::{Done, Query};
use orm_core::row::{Collect, Columns, Discard, Flow, Row, RowSink};
use orm_core::{Error, ErrorKind, Result, Scalar, Value};
use orm_sqlite::SqliteDialect;

use crate::support::{Place, execute, kind, memory, run, values};

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
            assert_eq!(kind(c.execute(Query::new("SELECT ?1, ?2", binds)).await), ErrorKind::InvalidStatement);
        }
        assert_eq!(execute(&mut c, "SELECT 1; -- and no more\n;").await.unwrap(), Done::default());
        assert_eq!(values::<i64>(&mut c, "SELECT count(*) FROM t", &[]).await.unwrap(), [0]);
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
            c.fetch(Query::new(endless, &[]), &mut sink).await.unwrap();
            assert_eq!(sink.seen, 100_000);
        }
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
        // What RETURNING has not handed out yet is written all the same.
        let mut sink = Taking { seen: 0, stop_at: 1, flow: Flow::Continue };
        let done = c.fetch(Query::new("INSERT INTO t VALUES (1), (2), (3) RETURNING a", &[]), &mut sink).await.unwrap();
        assert_eq!((done.rows_affected, sink.seen), (3, 1));
        assert_eq!(values::<i64>(&mut c, "SELECT count(*) FROM t", &[]).await.unwrap(), [3]);
        assert_eq!(c.fetch(Query::new("SELECT a FROM t", &[]), &mut Discard).await.unwrap(), Done::default());
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
        assert_eq!(kind(c.fetch(Query::new("SELECT 1 UNION SELECT 2", &[]), &mut Failing).await), ErrorKind::NotFound);
        assert!(!c.needs_reset());
        execute(&mut c, "CREATE TABLE t (a)").await.unwrap();
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
            c.fetch(Query::new("SELECT * FROM t", &[]), &mut sink).await.unwrap();
            execute(&mut c, sql).await.unwrap();
        }
        assert_eq!(widths, [1, 2]);
    });
}

#[test]
fn attached_databases_are_schemas() {
    run(async {
        let place = Place::new();
        let mut c = memory().await;
        c.execute(Query::new("ATTACH ?1 AS other", &[Value::Text(place.0.display().to_string().into())]))
            .await
            .unwrap();
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
