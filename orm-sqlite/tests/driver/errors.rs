//! What errors are told as.

use orm_core::ErrorKind;
use orm_core::driver::Query;
use orm_core::row::Collect;
use orm_sqlite::{JournalMode, SqliteError};

use crate::support::{Place, execute, kind, memory, open, run, values};

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
        let error = c.fetch(Query::new("SELECT 1", &[]), &mut sink).await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::Decode, Some(1)));
        assert_eq!(kind(values::<String>(&mut c, "SELECT CAST(X'FF' AS TEXT)", &[]).await), ErrorKind::Decode);
        assert_eq!(values::<i64>(&mut c, "SELECT 1", &[]).await.unwrap(), [1]);
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
