//! Running statements: counts, keys, several at once, prepared and not; and that what the dialect writes is what the
//! servers take.

use chrono::{DateTime, NaiveDate, Utc};
use orm_core::ast::Function;
use orm_core::dialect::{Dialect, FunctionForm, SqlWriter, ddl};
use orm_core::driver::{Connection, Done, Query};
use orm_core::model::OnDelete;
use orm_core::schema::{
    Check, CheckCondition, Column, ColumnDefault, ForeignKey, Index, IndexKey, PrimaryKey, Schema, Table,
};
use orm_core::{EnumDef, EnumStorage, ErrorKind, SqlType, Value};
use orm_mysql::{Mysql, SslMode};

use crate::support::{Fixture, dialect, one, query, rows, run_sql};

on_both! {
    counts_are_of_matched_rows,
    generated_keys_are_reported,
    rows_of_returning_are_counted,
    batches_run_in_order_and_stop_at_the_first_error,
    statements_that_cannot_be_prepared_run,
    a_full_cache_is_emptied_at_once,
    prepared_statements_survive_changes_of_their_table,
    several_result_sets_are_read,
    every_column_type_exists,
    whole_tables_are_created_found_and_dropped,
    every_cast_works,
    functions_exist,
    capabilities_are_true,
}

async fn counts_are_of_matched_rows(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (id INT PRIMARY KEY, v INT)").await;
    assert_eq!(run_sql(&mut connection, "INSERT INTO t VALUES (1, 0), (2, 0), (3, 1)").await.rows_affected, 3);
    // Two match, none changes.
    assert_eq!(run_sql(&mut connection, "UPDATE t SET v = 0 WHERE v = 0").await.rows_affected, 2);
    assert_eq!(run_sql(&mut connection, "DELETE FROM t WHERE v = 0").await.rows_affected, 2);
    assert_eq!(run_sql(&mut connection, "DELETE FROM t WHERE v = 7").await, Done::default());
    assert_eq!(run_sql(&mut connection, "SELECT * FROM t").await.rows_affected, 0);
}

async fn generated_keys_are_reported(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)").await;
    let insert = connection.execute(query("INSERT INTO t (v) VALUES (?), (?)", &[Value::I32(1), Value::I32(2)])).await;
    assert_eq!(insert.unwrap(), Done { rows_affected: 2, last_insert_id: Some(1) });
    assert_eq!(run_sql(&mut connection, "INSERT INTO t () VALUES ()").await.last_insert_id, Some(3));
    assert_eq!(run_sql(&mut connection, "UPDATE t SET v = 1").await.last_insert_id, None);
}

async fn rows_of_returning_are_counted(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)").await;
    if !dialect(&connection).capabilities().returning_insert {
        let error = connection.execute(Query::text("INSERT INTO t (v) VALUES (1) RETURNING id")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax);
        return;
    }
    let values = [Value::I32(1), Value::I32(2)];
    let insert = query("INSERT INTO t (v) VALUES (?), (?) RETURNING id, v", &values);
    assert_eq!(rows::<(i64, i32)>(&mut connection, insert).await.unwrap(), [(1, 1), (2, 2)]);
    assert_eq!(connection.execute(insert).await.unwrap().rows_affected, 2);
    let delete = query("DELETE FROM t WHERE v = 1 RETURNING id", &[]);
    assert_eq!(rows::<i64>(&mut connection, delete).await.unwrap(), [1, 3]);
}

async fn batches_run_in_order_and_stop_at_the_first_error(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    connection
        .batch("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('a;b'), ('it''s'); SELECT * FROM t; -- end\n SET @x = 3")
        .await
        .unwrap();
    assert_eq!(one::<i64>(&mut connection, "SELECT @x").await.unwrap(), 3);
    let error = connection.batch("INSERT INTO t VALUES ('c'); NONSENSE; INSERT INTO t VALUES ('d')").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    assert!(!connection.is_broken());
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM t").await.unwrap(), 3);
}

async fn statements_that_cannot_be_prepared_run(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v INT)").await;
    for cacheable in [false, true] {
        for sql in [
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = NEW.v + 1",
            "DROP TRIGGER tr",
            "LOCK TABLES t READ",
            "UNLOCK TABLES",
            "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
            "DROP PROCEDURE p",
        ] {
            connection.execute(Query::new(sql, &[]).cacheable(cacheable)).await.unwrap();
        }
    }
}

async fn a_full_cache_is_emptied_at_once(fixture: &Fixture) {
    let options = fixture.options.clone().statement_cache_capacity(8).ssl_mode(SslMode::Disable);
    let mut connection = Mysql::new(options).open().await.unwrap();
    let open = async |connection: &mut orm_mysql::MysqlConnection| {
        let sql = query("SHOW SESSION STATUS LIKE 'Com_stmt_close'", &[]);
        rows::<(String, String)>(connection, sql).await.unwrap()[0].1.parse::<i64>().unwrap()
    };
    // Closed one by one, each would wait 40 ms over TCP: a closing has no answer that the next message could go with.
    let (mut closed, mut steps) = (open(&mut connection).await, Vec::new());
    for i in 0..40 {
        let sql = format!("SELECT {i} + ?");
        let found = rows::<i64>(&mut connection, Query::new(&sql, &[Value::I64(1)]));
        assert_eq!(found.await.unwrap(), [i + 1]);
        let now = open(&mut connection).await;
        steps.push(now - closed);
        closed = now;
    }
    assert!(steps.iter().all(|step| *step == 0 || *step >= 7), "{steps:?}");
    assert!(steps.iter().sum::<i64>() >= 24, "{steps:?}");
}

async fn prepared_statements_survive_changes_of_their_table(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let mut other = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v INT)").await;
    let value = [Value::Text("7".into())];
    connection.execute(query("INSERT INTO t (v) VALUES (?)", &value)).await.unwrap();
    let all = query("SELECT * FROM t", &[]);
    assert_eq!(rows::<i64>(&mut connection, all).await.unwrap(), [7]);
    run_sql(&mut other, "ALTER TABLE t ADD COLUMN w VARCHAR(9) DEFAULT 'x' FIRST").await;
    assert_eq!(rows::<(String, i64)>(&mut connection, all).await.unwrap(), [("x".to_owned(), 7)]);
    // A column that becomes text behind a statement's back.
    for ty in ["DOUBLE", "DATETIME(6)", "JSON", "LONGTEXT"] {
        run_sql(&mut other, "DROP TABLE t").await;
        run_sql(&mut other, &format!("CREATE TABLE t (v {ty})")).await;
        let value = match ty {
            "DOUBLE" => Value::F64(1.0),
            "JSON" => Value::Json("{}".into()),
            "LONGTEXT" => Value::Text("漢".into()),
            _ => Value::Null(SqlType::DateTime),
        };
        connection.execute(query("INSERT INTO t (v) VALUES (?)", &[value])).await.unwrap();
    }
    assert_eq!(one::<String>(&mut connection, "SELECT v FROM t").await.unwrap(), "漢");
    // The connection's own DDL makes it forget what it has prepared, so nothing is rounded to the old column's digits.
    run_sql(&mut connection, "DROP TABLE t").await;
    run_sql(&mut connection, "CREATE TABLE t (v DATETIME(6))").await;
    connection.execute(query("INSERT INTO t (v) VALUES (?)", &[Value::Null(SqlType::DateTime)])).await.unwrap();
    connection.batch("DROP TABLE t; CREATE TABLE t (v DECIMAL(65,30))").await.unwrap();
    let tiny = "0.000000000000000000000000000001";
    connection.execute(query("INSERT INTO t (v) VALUES (?)", &[Value::Decimal(tiny.into())])).await.unwrap();
    assert_eq!(one::<String>(&mut connection, "SELECT CAST(v AS CHAR) FROM t").await.unwrap(), tiny);
}

async fn several_result_sets_are_read(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE PROCEDURE p(a INT) BEGIN SELECT a; SELECT a + 1; END").await;
    let values = [Value::I64(5)];
    let call = query("CALL p(?)", &values);
    assert_eq!(rows::<i64>(&mut connection, call).await.unwrap(), [5, 6]);
    assert_eq!(rows::<i64>(&mut connection, call).await.unwrap(), [5, 6]);
}

fn column(ty: SqlType) -> Column {
    Column { nullable: true, ..Column::new("v", ty) }
}

static NATIVE: EnumDef = EnumDef { name: "n", labels: &["a", "it's", "b\\c"], storage: EnumStorage::Native };
static TEXT: EnumDef = EnumDef { name: "t", labels: &["a", "b"], storage: EnumStorage::Text };
static NUMBER: EnumDef = EnumDef { name: "i", labels: &["0", "1"], storage: EnumStorage::Integer };

const TYPES: [SqlType; 23] = [
    SqlType::Bool,
    SqlType::I8,
    SqlType::I16,
    SqlType::I32,
    SqlType::I64,
    SqlType::U8,
    SqlType::U16,
    SqlType::U32,
    SqlType::U64,
    SqlType::F32,
    SqlType::F64,
    SqlType::Char,
    SqlType::Text,
    SqlType::Bytes,
    SqlType::Uuid,
    SqlType::Date,
    SqlType::Time,
    SqlType::DateTime,
    SqlType::Timestamp,
    SqlType::Decimal,
    SqlType::Json,
    SqlType::Enum(&NATIVE),
    SqlType::Enum(&TEXT),
];

async fn every_column_type_exists(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let dialect = dialect(&connection);
    let check = async |connection: &mut orm_mysql::MysqlConnection, column: &Column, key: &str| {
        let ty = dialect.column_type(column).unwrap();
        run_sql(connection, "DROP TABLE IF EXISTS t").await;
        run_sql(connection, &format!("CREATE TABLE t (v {ty}{key}){}", dialect.table_options())).await;
    };
    for ty in TYPES.into_iter().chain([SqlType::Enum(&NUMBER), SqlType::Native("point")]) {
        check(&mut connection, &column(ty), "").await;
        check(&mut connection, &Column { length: Some(40), ..column(ty) }, "").await;
        if !matches!(ty, SqlType::Json | SqlType::Native(_)) {
            check(&mut connection, &Column { indexed: true, ..column(ty) }, ", KEY k (v)").await;
        }
    }
    for length in [1, 16_383, 16_384, 65_532, 65_533, u32::MAX] {
        for ty in [SqlType::Text, SqlType::Bytes] {
            check(&mut connection, &Column { length: Some(length), ..column(ty) }, "").await;
        }
    }
    for precision in [(1, 0), (65, 30), (10, 2), (30, 30)] {
        check(&mut connection, &Column { precision: Some(precision), ..column(SqlType::Decimal) }, "").await;
    }
    for precision in [(0, 0), (66, 2), (10, 11), (40, 31)] {
        let refused = dialect.column_type(&Column { precision: Some(precision), ..column(SqlType::Decimal) });
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    assert!(dialect.column_type(&column(SqlType::Array(&SqlType::I64))).is_err());
    let key = Column { auto_increment: true, indexed: true, ..column(SqlType::I64) };
    check(&mut connection, &key, &format!(" {} PRIMARY KEY", dialect.auto_increment())).await;
}

/// Every type with a constant as its default, a comment, keys and checks, as the core writes them.
async fn whole_tables_are_created_found_and_dropped(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let dialect = dialect(&connection);
    let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let time = day.and_hms_micro_opt(1, 2, 3, 4).unwrap();
    let defaults = [
        Value::Bool(true),
        Value::I16(-3),
        Value::I32(3),
        Value::I64(i64::MIN),
        Value::U64(u64::MAX),
        Value::F32(0.1),
        Value::F64(1e300),
        Value::Text("it's \\ 漢".into()),
        Value::Bytes(vec![0, 255]),
        Value::Uuid([7; 16]),
        Value::Date(day),
        Value::Time(time.time()),
        Value::DateTime(time),
        Value::Timestamp(time.and_utc()),
        Value::Decimal("-1.5".into()),
        Value::Json("{\"a\": \"it's\"}".into()),
        Value::Enum(&NATIVE, "it's".into()),
        Value::Enum(&TEXT, "b".into()),
    ];
    let mut columns = vec![Column {
        name: "id".into(),
        auto_increment: true,
        nullable: false,
        comment: "it's the key \\".into(),
        ..column(SqlType::I64)
    }];
    let one_of = |name: &str, def: &EnumDef| Check {
        name: format!("check_{name}"),
        condition: CheckCondition::Labels {
            column: name.into(),
            labels: def.labels.iter().map(|label| (*label).to_owned()).collect(),
        },
    };
    let mut checks = vec![];
    for (i, value) in defaults.into_iter().enumerate() {
        if let SqlType::Enum(def) = value.sql_type() {
            checks.push(one_of(&format!("c{i}"), def));
        }
        columns.push(Column {
            name: format!("c{i}"),
            nullable: i % 2 == 0,
            default: Some(ColumnDefault::Value(value.clone())),
            ..column(value.sql_type())
        });
    }
    let key = |column: &str| IndexKey::Column { name: column.into(), descending: column == "c2", prefix: None };
    let table = Table {
        columns,
        primary_key: Some(PrimaryKey::new(["id"])),
        indexes: vec![Index {
            unique: true,
            soft_delete: Some("c12".into()),
            ..Index::new("by some", vec![key("c1"), key("c2")])
        }],
        foreign_keys: vec![ForeignKey {
            on_delete: OnDelete::Cascade,
            on_update: OnDelete::Restrict,
            ..ForeignKey::new("to itself", "c3", "all of it", "id")
        }],
        checks,
        comment: "it's a table \\".into(),
        ..Table::new("all of it")
    };
    let mut table = table;
    // i64's smallest is no row's key.
    table.columns[4].default = None;
    table.columns[4].nullable = true;
    let schema = Schema { tables: vec![table], enums: vec![(&NATIVE).into()], ..Schema::default() };
    for sql in ddl::render_all(&ddl::create(&schema, &[], &dialect), &dialect).unwrap() {
        run_sql(&mut connection, &sql).await;
    }
    run_sql(&mut connection, "INSERT INTO `all of it` () VALUES ()").await;
    let sql = "SELECT c0, c4, c5, c7, c12, c15, c16 FROM `all of it`";
    let found = rows::<(bool, u64, f32, String, DateTime<Utc>, String, String)>(&mut connection, query(sql, &[])).await;
    let (c0, c4, c5, c7, c12, c15, c16) = found.unwrap().remove(0);
    assert_eq!((c0, c4, c7.as_str(), c12), (true, u64::MAX, "it's \\ 漢", time.and_utc()));
    assert!((c5 - 0.1).abs() < f32::EPSILON);
    assert_eq!((c15.as_str(), c16.as_str()), ("{\"a\": \"it's\"}", "it's"));
    let mut w = SqlWriter::new(&dialect);
    dialect.push_table_exists(&mut w, None, "all of it").unwrap();
    let exists = w.finish();
    assert_eq!(rows::<i64>(&mut connection, query(&exists.sql, &exists.binds)).await.unwrap(), [1]);
    for sql in ddl::render_all(&ddl::drop(&schema, &[], false, &dialect), &dialect).unwrap() {
        run_sql(&mut connection, &sql).await;
    }
    assert!(rows::<i64>(&mut connection, query(&exists.sql, &exists.binds)).await.unwrap().is_empty());
}

async fn every_cast_works(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let dialect = dialect(&connection);
    for ty in TYPES {
        let from = match ty {
            SqlType::Date | SqlType::DateTime | SqlType::Timestamp => "'2026-01-02 03:04:05'",
            SqlType::Time => "'03:04:05'",
            _ => "'1'",
        };
        let sql = format!("SELECT CAST({from} AS {})", dialect.cast_type(ty).unwrap());
        connection.execute(query(&sql, &[])).await.unwrap_or_else(|e| panic!("{sql} {e:?}"));
    }
    let half: f64 = one(&mut connection, "SELECT CAST('0.5' AS DOUBLE)").await.unwrap();
    assert!((half - 0.5).abs() < f64::EPSILON);
}

async fn functions_exist(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let dialect = dialect(&connection);
    for (function, arguments, expected) in [
        (Function::Length, "'漢字'", "2"),
        (Function::Ceil, "1.2", "2"),
        (Function::Substring, "'abcdef', 2, 3", "bcd"),
        (Function::Concat, "'a', 'b'", "ab"),
        (Function::Year, "'2026-11-23'", "2026"),
        (Function::Month, "'2026-11-23'", "11"),
        (Function::Day, "'2026-11-23'", "23"),
        (Function::Now, "", ""),
        (Function::CurrentDate, "", ""),
        (Function::Random, "", ""),
    ] {
        let call = match dialect.function(function) {
            Some(FunctionForm::Call(name)) => format!("{name}({arguments})"),
            Some(FunctionForm::Text(text)) => text.to_owned(),
            other => panic!("{function:?} {other:?}"),
        };
        let found: String = one(&mut connection, &format!("SELECT CAST({call} AS CHAR)")).await.unwrap();
        assert!(found.starts_with(expected), "{function:?} {found}");
    }
}

/// What the capabilities say is tried on the server, both ways where it can be.
async fn capabilities_are_true(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT, j JSON, s VARCHAR(9))").await;
    run_sql(&mut connection, "INSERT INTO t (v, s) VALUES (1, 'a'), (2, 'b')").await;
    let dialect = dialect(&connection);
    let has = dialect.capabilities();
    let mysql = dialect.name() == "mysql";
    for (what, claimed, sql) in [
        ("returning_insert", has.returning_insert, "INSERT INTO t (v) VALUES (3) RETURNING id"),
        ("returning_update", has.returning_update, "UPDATE t SET v = 3 WHERE id = 0 RETURNING id"),
        ("returning_delete", has.returning_delete, "DELETE FROM t WHERE id = 0 RETURNING id"),
        ("default_keyword", has.default_keyword, "INSERT INTO t (id, v) VALUES (DEFAULT, DEFAULT)"),
        ("default_values", true, &format!("INSERT INTO t {}", dialect.default_row())),
        ("regexp_like", mysql, "SELECT REGEXP_LIKE(s, 'A', 'i') FROM t"),
        ("regexp", !mysql, "SELECT s REGEXP '(?i)A' FROM t WHERE VERSION() LIKE '%Maria%'"),
        ("ilike", false, "SELECT s ILIKE 'a' FROM t"),
        ("nulls_order", false, "SELECT v FROM t ORDER BY v NULLS LAST"),
        ("is_not_distinct", true, "SELECT v <=> NULL FROM t"),
        ("limit", true, "SELECT v FROM t LIMIT 18446744073709551615 OFFSET 1"),
        ("alias upsert", mysql, "INSERT INTO t (id, v) VALUES (1, 9) AS new ON DUPLICATE KEY UPDATE v = new.v"),
        ("json", true, "SELECT JSON_UNQUOTE(JSON_EXTRACT(j, '$.a')) FROM t"),
        ("aggregate_filter", false, "SELECT COUNT(*) FILTER (WHERE v > 1) FROM t"),
        ("windows", has.windows, "SELECT ROW_NUMBER() OVER (PARTITION BY v ORDER BY id) FROM t"),
        ("lateral", has.lateral, "SELECT 1 FROM t, LATERAL (SELECT t.v) x"),
        (
            "ctes",
            has.ctes,
            "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < 3) SELECT n FROM x",
        ),
        ("row_locks", has.row_locks, "SELECT v FROM t FOR UPDATE"),
        ("key_locks", false, "SELECT v FROM t FOR NO KEY UPDATE"),
        ("lock_of", mysql, "SELECT v FROM t FOR UPDATE OF t"),
        ("nowait", has.nowait, "SELECT v FROM t FOR UPDATE NOWAIT"),
        ("skip_locked", has.skip_locked, "SELECT v FROM t FOR UPDATE SKIP LOCKED"),
        ("for_share", mysql, "SELECT v FROM t FOR SHARE"),
        ("share mode", true, "SELECT v FROM t LOCK IN SHARE MODE"),
        ("expression_indexes", has.expression_indexes, "CREATE INDEX i1 ON t ((v + 1))"),
        ("index_if_not_exists", has.index_if_not_exists, "CREATE INDEX IF NOT EXISTS i2 ON t (v)"),
        ("partial_indexes", has.partial_indexes, "CREATE INDEX i3 ON t (v) WHERE v > 1"),
        ("checks", has.checks, "CREATE TABLE c (v INT, CONSTRAINT c1 CHECK (v > 1))"),
        (
            "set_default",
            has.set_default,
            "CREATE TABLE d (v INT REFERENCES t (id) ON DELETE SET NULL ON UPDATE NOTHING)",
        ),
        ("truncate", has.truncate, "TRUNCATE TABLE c"),
        ("self_subquery", has.self_subquery, "DELETE FROM t WHERE id IN (SELECT id FROM t WHERE v > 100)"),
        ("self_subquery", has.self_subquery, "UPDATE t SET v = 1 WHERE id IN (SELECT id FROM t WHERE v > 100)"),
        ("self_subquery", has.self_subquery, "UPDATE t SET v = (SELECT MAX(id) FROM t)"),
        ("limit_in_subquery", has.limit_in_subquery, "SELECT v FROM t WHERE id IN (SELECT id FROM t LIMIT 1)"),
        ("comments", true, "CREATE TABLE e (v INT COMMENT 'it''s \\\\') COMMENT 'a table'"),
    ] {
        let works = connection.execute(query(sql, &[])).await;
        assert_eq!(works.is_ok(), claimed || (what == "regexp" && works.is_ok()), "{what}: {sql}: {works:?}");
    }
    // NULLs come first.
    run_sql(&mut connection, "INSERT INTO t (v) VALUES (NULL)").await;
    assert!(rows::<Option<i64>>(&mut connection, query("SELECT v FROM t ORDER BY v", &[])).await.unwrap()[0].is_none());
    // As many binds as are promised.
    let binds = vec![Value::I64(1); has.max_binds];
    let sql = format!("SELECT COUNT(*) FROM t WHERE id IN ({})", vec!["?"; has.max_binds].join(","));
    assert_eq!(rows::<i64>(&mut connection, query(&sql, &binds)).await.unwrap(), [1]);
    // Names as long as are promised.
    let name = "n".repeat(has.max_identifier);
    run_sql(&mut connection, &format!("CREATE TABLE `{name}` (v INT)")).await;
    assert!(connection.execute(Query::text(&format!("CREATE TABLE `{name}n` (v INT)"))).await.is_err());
    let name = "ü".repeat(has.max_identifier);
    let mut sql = SqlWriter::new(&dialect);
    sql.push_sql("CREATE TABLE ");
    sql.push_ident(&name).unwrap();
    sql.push_sql(" (v INT)");
    run_sql(&mut connection, &sql.finish().sql).await;
    let error = SqlWriter::new(&dialect).push_ident(&format!("{name}ü")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
}
