//! What the dialect writes is what the server takes: tables, enum types, conversions, functions; and what it claims to
//! have is there.

use std::sync::Arc;

use orm_core::ast::Function;
use orm_core::dialect::{Dialect, FunctionForm, SqlWriter, ddl};
use orm_core::driver::{Connection, Driver, Query};
use orm_core::model::OnDelete;
use orm_core::schema::{
    Check, CheckCondition, Column, ColumnDefault, ForeignKey, Generated, Index, IndexKey, PrimaryKey, Schema, Table,
};
use orm_core::{EnumDef, EnumStorage, ErrorKind, SqlType, Value};

use crate::support::{Database, one, rows, run, show, with_database};

static NATIVE: EnumDef = EnumDef { name: "Mood of all", labels: &["ok", "it's \\ odd"], storage: EnumStorage::Native };
static TEXT: EnumDef = EnumDef { name: "size", labels: &["a", "b"], storage: EnumStorage::Text };

async fn connect(database: &Database) -> (Box<dyn Connection>, Arc<dyn Dialect>) {
    let driver = database.driver();
    let mut connection = driver.connect().await.unwrap();
    let dialect = driver.dialect(&mut *connection).await.unwrap();
    (connection, dialect)
}

fn column(name: &str, ty: SqlType) -> Column {
    Column::new(name, ty)
}

fn whole_table() -> (Schema, Vec<Value>) {
    let instant = "2026-11-23T10:11:12.000001Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let defaults = vec![
        Value::Bool(true),
        Value::I16(-3),
        Value::I32(3),
        Value::I64(i64::MIN),
        Value::F32(0.1),
        Value::F64(-1e300),
        Value::Text("it's \\ 漢".into()),
        Value::Bytes(vec![0, 255]),
        Value::Uuid([7; 16]),
        Value::Date(instant.date_naive()),
        Value::Time(instant.time()),
        Value::DateTime(instant.naive_utc()),
        Value::Timestamp(instant),
        Value::Decimal("-1.50".into()),
        Value::Json("{\"a\": \"it's \\\\\"}".into()),
        Value::Enum(&NATIVE, NATIVE.labels[1].into()),
        Value::Enum(&TEXT, "b".into()),
        Value::Native("inet", "10.0.0.0/8".into()),
        Value::Array(&SqlType::Text, vec![Value::Text("\\'".into()), Value::Null(SqlType::Text)]),
    ];
    let key = Column { auto_increment: true, comment: "it's the key \\".into(), ..column("id", SqlType::I64) };
    let parent = Column { nullable: true, ..column("parent", SqlType::I64) };
    let mut columns = vec![key, parent];
    columns.extend(defaults.iter().enumerate().map(|(at, value)| Column {
        default: Some(ColumnDefault::Value(value.clone())),
        ..column(&format!("c{at}"), value.sql_type())
    }));
    let next = Generated { sql: "c2 + 1".into(), stored: true };
    columns.push(Column { generated: Some(next), nullable: true, ..column("next", SqlType::I32) });
    columns.push(Column { nullable: true, ..column("gone_at", SqlType::Timestamp) });
    let one_of = |name: &str, def: &EnumDef| Check {
        name: format!("{name} is one of"),
        condition: CheckCondition::Labels {
            column: name.to_owned(),
            labels: def.labels.iter().map(|label| (*label).to_owned()).collect(),
        },
    };
    let part = |name: &str, descending| IndexKey::Column { name: name.to_owned(), descending, prefix: None };
    let table = Table {
        columns,
        primary_key: Some(PrimaryKey::new(["id"])),
        indexes: vec![
            Index {
                unique: true,
                soft_delete: Some("gone_at".into()),
                ..Index::new("by some", vec![part("c1", false), part("c2", true), IndexKey::expression("lower(c6)")])
            },
            Index {
                method: Some("gin".into()),
                filter: Some("c1 > 0".into()),
                ..Index::new("by json", vec![part("c14", false)])
            },
        ],
        foreign_keys: vec![ForeignKey {
            on_delete: OnDelete::Cascade,
            on_update: OnDelete::Restrict,
            ..ForeignKey::new("to itself", "parent", "all \"of it", "id")
        }],
        checks: vec![one_of("c15", &NATIVE), one_of("c16", &TEXT)],
        comment: "it's a table \\".into(),
        ..Table::new("all \"of it")
    };
    let schema = Schema { tables: vec![table], enums: vec![(&NATIVE).into()], ..Schema::default() };
    (schema, defaults)
}

#[tokio::test]
async fn whole_tables_are_created_found_and_dropped() {
    with_database(async |database| {
        let (mut connection, dialect) = connect(database).await;
        // Backslashes mean the same whatever this is set to.
        for setting in ["on", "off"] {
            connection.batch(&format!("SET standard_conforming_strings = {setting}; SET escape_string_warning = off")).await.unwrap();
            let (schema, defaults) = whole_table();
            let exists = async |connection: &mut dyn Connection, schema: Option<&str>| {
                let mut w = SqlWriter::new(&*dialect);
                dialect.push_table_exists(&mut w, schema, "all \"of it").unwrap();
                let query = w.finish();
                !rows(connection, &query.sql, &query.binds).await.unwrap().is_empty()
            };
            assert!(!exists(&mut *connection, None).await);
            for sql in ddl::render_all(&ddl::create(&schema, &[], &*dialect), &*dialect).unwrap() {
                run(&mut *connection, &sql).await;
            }
            assert!(exists(&mut *connection, None).await && exists(&mut *connection, Some("public")).await);
            assert!(!exists(&mut *connection, Some("nowhere")).await);
            // What is there is passed over, enum types too.
            let there: Vec<_> = schema.tables.iter().map(|table| table.name.clone()).collect();
            for sql in ddl::render_all(&ddl::create(&schema, &there, &*dialect), &*dialect).unwrap() {
                run(&mut *connection, &sql).await;
            }
            let found = rows(&mut *connection, "INSERT INTO \"all \"\"of it\" DEFAULT VALUES RETURNING *", &[]).await;
            let expected: Vec<String> = defaults.iter().map(|value| show(&value.as_ref())).collect();
            let found = found.unwrap().remove(0);
            assert_eq!(found[0], "int 1");
            assert_eq!(found[2..2 + expected.len()], expected);
            assert_eq!(found[2 + expected.len()], "int 4");
            let comments = "SELECT obj_description('\"all \"\"of it\"'::regclass), col_description('\"all \"\"of it\"'::regclass, 1)";
            let comments = one(&mut *connection, comments, &[]).await.unwrap();
            assert_eq!(comments, "text it's a table \\ | text it's the key \\");
            // Deleted rows do not count for the unique key; others do.
            let again = async |connection: &mut dyn Connection| {
                rows(connection, "INSERT INTO \"all \"\"of it\" DEFAULT VALUES", &[]).await.map(drop)
            };
            assert_eq!(again(&mut *connection).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
            run(&mut *connection, "UPDATE \"all \"\"of it\" SET gone_at = now()").await;
            again(&mut *connection).await.unwrap();
            let check = rows(&mut *connection, "UPDATE \"all \"\"of it\" SET c16 = 'z'", &[]).await.unwrap_err();
            assert_eq!((check.kind(), check.constraint()), (ErrorKind::CheckViolation, Some("c16 is one of")));
            for _ in 0..2 {
                for sql in ddl::render_all(&ddl::drop(&schema, &[], false, &*dialect), &*dialect).unwrap() {
                    run(&mut *connection, &sql).await;
                }
            }
            assert!(!exists(&mut *connection, None).await);
        }
    })
    .await;
}

#[tokio::test]
async fn enum_types_made_by_many_at_once_are_no_error() {
    with_database(async |database| {
        let dialect = orm_postgres::PostgresDialect::new((15, 0, 0));
        let mut w = SqlWriter::new(&dialect);
        dialect.push_create_enum(&mut w, &(&NATIVE).into()).unwrap();
        let sql = w.finish().sql;
        let mut connections = Vec::new();
        for _ in 0..4 {
            connections.push(database.connect().await);
        }
        let [a, b, c, d] = &mut connections[..] else { unreachable!() };
        for _ in 0..20 {
            tokio::join!(run(&mut **a, &sql), run(&mut **b, &sql), run(&mut **c, &sql), run(&mut **d, &sql));
            run(&mut **a, "DROP TYPE \"Mood of all\"").await;
        }
        static EVIL: EnumDef = EnumDef { name: "e", labels: &["$orm$; DROP"], storage: EnumStorage::Native };
        assert!(dialect.push_create_enum(&mut SqlWriter::new(&dialect), &(&EVIL).into()).is_err());
    })
    .await;
}

#[tokio::test]
async fn every_conversion_works() {
    with_database(async |database| {
        let (mut connection, dialect) = connect(database).await;
        for (ty, from, expected) in [
            (SqlType::Bool, "'t'", "bool true"),
            (SqlType::I8, "'5'", "int 5"),
            (SqlType::I16, "'5'", "int 5"),
            (SqlType::I32, "5.4", "int 5"),
            (SqlType::I64, "5::numeric", "int 5"),
            (SqlType::U64, "5", "int 5"),
            (SqlType::F32, "'1.5'", "float 1.5"),
            (SqlType::F64, "'NaN'", "float NaN"),
            (SqlType::Char, "'x'", "text x"),
            (SqlType::Text, "5", "text 5"),
            (SqlType::Bytes, "'abc'::text", "bytes [61, 62, 63]"),
            (SqlType::Uuid, "'00000000-0000-0000-0000-000000000001'::text", "uuid 00000000000000000000000000000001"),
            (SqlType::Date, "'2026-11-23 10:11'::timestamp", "date 2026-11-23"),
            (SqlType::Time, "'2026-11-23 10:11'::timestamp", "time 10:11:00"),
            (SqlType::DateTime, "'2026-11-23'::date", "datetime 2026-11-23 00:00:00"),
            (SqlType::Timestamp, "'2026-11-23'::date", "timestamp 2026-11-23 00:00:00 UTC"),
            (SqlType::Decimal, "'1.50'::text", "decimal 1.50"),
            (SqlType::Json, "'[1]'::text", "json [1]"),
            (SqlType::Array(&SqlType::I32), "'{1}'::text", "[int 1]"),
            (SqlType::Native("inet"), "'::1'::text", "text ::1"),
        ] {
            let sql = format!("SELECT CAST({from} AS {})", dialect.cast_type(ty).unwrap());
            assert_eq!(one(&mut *connection, &sql, &[]).await.unwrap(), expected, "{sql}");
        }
    })
    .await;
}

#[tokio::test]
async fn functions_exist_and_mean_the_same_as_elsewhere() {
    with_database(async |database| {
        let (mut connection, dialect) = connect(database).await;
        for (function, arguments, expected) in [
            (Function::Length, &["'漢字'"][..], "int 2"),
            (Function::Round, &["2.4::float8"], "float 2.0"),
            (Function::Round, &["1.0 + 0.255::float8", "2::int"], "decimal 1.26"),
            (Function::Round, &["-15.5::numeric", "-1"], "decimal -20"),
            (Function::Year, &["'2026-11-23'::date"], "int 2026"),
            (Function::Month, &["'2026-11-23 10:11'::timestamp"], "int 11"),
            (Function::Day, &["'2026-11-23 10:11+00'::timestamptz"], "int 23"),
            (Function::Now, &[], "timestamp 2"),
            (Function::CurrentDate, &[], "date 2"),
            (Function::Random, &[], "float 0."),
        ] {
            let call = match dialect.function(function) {
                Some(FunctionForm::Call(name)) => format!("{name}({})", arguments.join(", ")),
                Some(FunctionForm::Text(text)) => text.to_owned(),
                Some(FunctionForm::Around(before, between, after)) => {
                    format!("{before}{}{after}", arguments.join(between))
                }
                other => panic!("{function:?} {other:?}"),
            };
            let found = one(&mut *connection, &format!("SELECT {call}"), &[]).await.unwrap();
            assert!(found.starts_with(expected), "{call}: {found}");
        }
    })
    .await;
}

/// What the capabilities say is tried on the server.
#[tokio::test]
async fn capabilities_are_true() {
    with_database(async |database| {
        let (mut connection, dialect) = connect(database).await;
        let has = dialect.capabilities();
        let c = &mut *connection;
        run(c, "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, v int, s text, j jsonb)").await;
        run(c, &format!("INSERT INTO t {}", dialect.default_row())).await;
        for sql in [
            "INSERT INTO t (id, v) VALUES (DEFAULT, DEFAULT), (DEFAULT, 1) RETURNING id",
            "UPDATE t SET v = 2 WHERE v = 1 RETURNING id",
            "DELETE FROM t WHERE v = 7 RETURNING id",
            "INSERT INTO t (id, v) VALUES (1, 9) ON CONFLICT (id) DO UPDATE SET v = excluded.v",
            "INSERT INTO t (v, s) SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b'])",
            "SELECT s ~ 'A', s ~* 'A', s ILIKE 'A' FROM t",
            "SELECT v FROM t ORDER BY v ASC NULLS FIRST LIMIT 1",
            "SELECT v FROM t OFFSET 1",
            "SELECT v IS NOT DISTINCT FROM NULL, s || 'x', j #> '{a}', j #>> '{a}' FROM t",
            "SELECT count(*) FILTER (WHERE v > 1), row_number() OVER (ORDER BY v) FROM t GROUP BY v",
            "SELECT 1 FROM t, LATERAL (SELECT t.v) x",
            "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < 3) SELECT n FROM x",
            "SELECT v FROM t FOR UPDATE OF t NOWAIT",
            "SELECT v FROM t FOR NO KEY UPDATE SKIP LOCKED",
            "SELECT v FROM t FOR SHARE",
            "SELECT v FROM t FOR KEY SHARE",
            "CREATE INDEX IF NOT EXISTS i1 ON t USING btree ((v + 1)) WHERE v > 1",
            "CREATE TABLE p (id int PRIMARY KEY)",
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES p ON DELETE SET DEFAULT DEFERRABLE NOT VALID",
            "TRUNCATE TABLE p RESTART IDENTITY CASCADE",
            "DROP TABLE p CASCADE",
            "DELETE FROM t WHERE id IN (SELECT id FROM t WHERE v > 100 LIMIT 1)",
            "UPDATE t SET v = (SELECT max(id) FROM t)",
        ] {
            run(c, sql).await;
        }
        // NULLs come last by themselves.
        run(c, "INSERT INTO t (v) VALUES (NULL)").await;
        let values = rows(c, "SELECT v FROM t ORDER BY v", &[]).await.unwrap();
        assert_eq!(values.last().unwrap()[0] == "null", !has.nulls_first);
        // As many binds, and names as long, as are promised.
        let binds = vec![Value::I64(1); has.max_binds];
        let list: Vec<String> = (1..=has.max_binds).map(|n| format!("${n}")).collect();
        let sql = format!("SELECT count(*) FROM (VALUES (1)) x (id) WHERE id IN ({})", list.join(","));
        assert_eq!(one(c, &sql, &binds).await.unwrap(), "int 1");
        let name = "n".repeat(has.max_identifier);
        run(c, &format!("CREATE TABLE \"{name}\" ()")).await;
        let longer = format!("CREATE TABLE \"{name}m\" ()");
        assert_eq!(c.execute(Query::text(&longer)).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
        // DDL is part of the transaction.
        c.begin(&Default::default()).await.unwrap();
        run(c, "CREATE TABLE u ()").await;
        c.rollback().await.unwrap();
        assert!(c.execute(Query::text("SELECT * FROM u")).await.is_err());
        // A list as one value.
        let ids = Value::Array(&SqlType::I64, vec![Value::I64(1), Value::I64(2)]);
        assert_eq!(
            one(c, "SELECT count(*) FROM (VALUES (1), (2), (3)) x (id) WHERE id = ANY($1)", &[ids]).await.unwrap(),
            "int 2"
        );
        assert!(one(c, &format!("{}SELECT 1", dialect.explain().unwrap()), &[]).await.unwrap().contains("Result"));
    })
    .await;
}
