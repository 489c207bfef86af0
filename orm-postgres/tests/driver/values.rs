//! Every value there and back, at its edges, and every type of the server that is read.

use orm_core::dialect::Dialect;
use orm_core::schema::Column;
use orm_core::{EnumDef, EnumStorage, ErrorKind, SqlType, Value};
use orm_postgres::PostgresDialect;

use crate::support::{one, rows, run, show, with_database};

static MOOD: EnumDef = EnumDef { name: "Mo\"od", labels: &["ok", "it's"], storage: EnumStorage::Native };
static MOOD_TYPE: SqlType = SqlType::Enum(&MOOD);
static INET: SqlType = SqlType::Native("inet");

fn text(text: &str) -> Value {
    Value::Text(text.to_owned().into())
}

/// Values that come back as they went.
fn exact() -> Vec<Value> {
    let date = |text: &str| Value::Date(text.parse().unwrap());
    let date_time = |text: &str| Value::DateTime(text.parse().unwrap());
    let instant = |text: &str| Value::Timestamp(text.parse().unwrap());
    let decimal = |text: &str| Value::Decimal(text.to_owned());
    vec![
        Value::Bool(true),
        Value::Bool(false),
        Value::I16(i16::MIN),
        Value::I16(i16::MAX),
        Value::I32(i32::MIN),
        Value::I32(i32::MAX),
        Value::I64(i64::MIN),
        Value::I64(i64::MAX),
        Value::F32(f32::MIN_POSITIVE),
        Value::F32(f32::NEG_INFINITY),
        Value::F64(f64::MAX),
        Value::F64(f64::MIN_POSITIVE),
        Value::F64(-0.0),
        Value::F64(f64::NAN),
        Value::F64(f64::INFINITY),
        Value::F64(f64::NEG_INFINITY),
        text(""),
        text("it's \\ \"quoted\" \u{1F600} \u{1}"),
        Value::Bytes(vec![]),
        Value::Bytes((0..=255).collect()),
        Value::Uuid([0; 16]),
        Value::Uuid([0xff; 16]),
        date("0001-01-01"),
        date("1582-10-10"),
        date("2000-02-29"),
        date("+262142-12-31"),
        Value::Time("00:00:00".parse().unwrap()),
        Value::Time("23:59:59.999999".parse().unwrap()),
        date_time("0001-01-01T00:00:00"),
        date_time("1999-12-31T23:59:59.999999"),
        date_time("9999-12-31T23:59:59.000001"),
        instant("0001-01-01T00:00:00Z"),
        instant("2026-11-23T10:11:12.345678Z"),
        instant("1969-12-31T23:59:59.999999Z"),
        decimal("0"),
        decimal("-0.00000000000000000000000000001"),
        decimal("123456789012345678901234567890.12345678901234567890"),
        decimal("10000"),
        decimal("0.0000"),
        decimal("NaN"),
        decimal("Infinity"),
        Value::Decimal(format!("-{}.{}", "9".repeat(131_072), "1".repeat(16_383))),
        Value::Enum(&MOOD, "it's".into()),
        Value::Native("inet", "10.0.0.0/8".into()),
        Value::Native("tstzrange", "[\"2026-01-01 00:00:00+00\",\"2026-02-01 00:00:00+00\")".into()),
        Value::Native("varchar(3)", "abc".into()),
        Value::Native("bit(3)", "101".into()),
        Value::Array(&SqlType::Bool, vec![Value::Bool(true), Value::Null(SqlType::Bool)]),
        Value::Array(&SqlType::I16, vec![Value::I16(-1)]),
        Value::Array(&SqlType::I32, vec![Value::I32(1), Value::Null(SqlType::I32), Value::I32(-3)]),
        Value::Array(&SqlType::I64, vec![]),
        Value::Array(&SqlType::F32, vec![Value::F32(1.5)]),
        Value::Array(&SqlType::F64, vec![Value::F64(f64::NAN)]),
        Value::Array(&SqlType::Text, vec![text(""), text("NULL"), text("{\",\\"), Value::Null(SqlType::Text)]),
        Value::Array(&SqlType::Bytes, vec![Value::Bytes(vec![0])]),
        Value::Array(&SqlType::Uuid, vec![Value::Uuid([1; 16])]),
        Value::Array(&SqlType::Date, vec![date("2026-11-23")]),
        Value::Array(&SqlType::Time, vec![Value::Time("10:11:12".parse().unwrap())]),
        Value::Array(&SqlType::DateTime, vec![date_time("2026-11-23T10:11:12")]),
        Value::Array(&SqlType::Timestamp, vec![instant("2026-11-23T10:11:12.5Z")]),
        Value::Array(&SqlType::Decimal, vec![decimal("1.50"), Value::Null(SqlType::Decimal)]),
        Value::Array(&SqlType::Json, vec![Value::Json("{\"a\": 1}".into())]),
        Value::Array(&MOOD_TYPE, vec![Value::Enum(&MOOD, "ok".into()), Value::Null(MOOD_TYPE)]),
        Value::Array(&INET, vec![Value::Native("inet", "::1".into())]),
        Value::Json("{\"a\": [1, 2.50, null, \"\u{1F600}\"]}".into()),
        Value::Json("null".into()),
        Value::U64(i64::MAX.unsigned_abs()),
    ]
}

#[tokio::test]
async fn values_come_back_as_they_went() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE TYPE \"Mo\"\"od\" AS ENUM ('ok', 'it''s')").await;
        let dialect = PostgresDialect::new((15, 0, 0));
        for value in exact() {
            let column = Column { nullable: true, ..Column::new("v", value.sql_type()) };
            let ty = dialect.column_type(&column).unwrap().into_owned();
            dialect.check_value(&value).unwrap();
            run(&mut *connection, "DROP TABLE IF EXISTS t").await;
            run(&mut *connection, &format!("CREATE TABLE t (v {ty}, n {ty})")).await;
            // In the table, by a default too.
            let mut literal = String::new();
            dialect.push_literal(&mut literal, &value).unwrap();
            run(&mut *connection, &format!("ALTER TABLE t ALTER n SET DEFAULT {literal}")).await;
            let mut slot = String::new();
            dialect.push_placeholder(&mut slot, 1, value.sql_type()).unwrap();
            let insert = format!("INSERT INTO t (v) VALUES ({slot}) RETURNING v, n");
            let back = rows(&mut *connection, &insert, std::slice::from_ref(&value)).await;
            let back = back.unwrap_or_else(|error| panic!("{ty}: {error:?}"));
            let expected = match &value {
                // The server has no unsigned integers.
                Value::U64(v) => format!("int {v}"),
                value => show(&value.as_ref()),
            };
            assert_eq!(back[0][0], expected, "bound as {ty}");
            // A constant's zero has no sign.
            let expected = if expected == "float -0.0" { "float 0.0".into() } else { expected };
            assert_eq!(back[0][1], expected, "constant of {ty}");
            let null = format!("INSERT INTO t (v, n) VALUES ({slot}, {slot}) RETURNING v, n");
            let back = rows(&mut *connection, &null, &[Value::Null(value.sql_type())]).await.unwrap();
            assert_eq!(back, [["null", "null"]], "NULL of {ty}");
        }
    })
    .await;
}

#[tokio::test]
async fn finer_digits_are_cut_off_the_same_way_everywhere() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        let sql = "SELECT $1, $2, $3";
        let binds = [
            Value::Time("10:11:12.123456999".parse().unwrap()),
            Value::DateTime("1969-12-31T23:59:59.999999999".parse().unwrap()),
            Value::Timestamp("1969-12-31T23:59:59.999999999Z".parse().unwrap()),
        ];
        let expected =
            "time 10:11:12.123456 | datetime 1969-12-31 23:59:59.999999 | timestamp 1969-12-31 23:59:59.999999 UTC";
        assert_eq!(one(&mut *connection, sql, &binds).await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_before_it_is_sent() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        for value in [
            Value::U64(u64::MAX),
            text("a\0b"),
            Value::Date("0000-12-31".parse().unwrap()),
            Value::Timestamp("-0044-03-15T00:00:00Z".parse().unwrap()),
            Value::Decimal("1e9".into()),
        ] {
            let error = one(&mut *connection, "SELECT $1", &[value]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode);
        }
        let many = vec![Value::I32(1); 65_536];
        let error = one(&mut *connection, "SELECT 1", &many).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(!connection.is_broken());
        assert_eq!(one(&mut *connection, "SELECT 1", &[]).await.unwrap(), "int 1");
    })
    .await;
}

#[tokio::test]
async fn lengths_are_checked_and_never_cut() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE TABLE t (a varchar(3), b bit(3), c char(3))").await;
        for (sql, ty) in [("a", "varchar(3)"), ("b", "bit(3)"), ("c", "char(3)")] {
            let slot = orm_slot(SqlType::Native(ty));
            let insert = format!("INSERT INTO t ({sql}) VALUES ({slot})");
            let error = rows(&mut *connection, &insert, &[Value::Native(ty, "1010".into())]).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::DataTooLong | ErrorKind::InvalidValue), "{ty}: {error:?}");
        }
    })
    .await;
}

fn orm_slot(ty: SqlType) -> String {
    let mut slot = String::new();
    PostgresDialect::new((15, 0, 0)).push_placeholder(&mut slot, 1, ty).unwrap();
    slot
}

/// Types that are read as text must read as the server writes them.
#[tokio::test]
async fn native_types_read_as_the_server_writes_them() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE EXTENSION IF NOT EXISTS citext").await;
        run(&mut *connection, "CREATE EXTENSION IF NOT EXISTS hstore").await;
        run(&mut *connection, "CREATE EXTENSION IF NOT EXISTS ltree").await;
        run(&mut *connection, "CREATE TYPE floats AS RANGE (subtype = float8)").await;
        for sql in [
            "'10.1.2.3'::inet",
            "'10.1.2.3/8'::inet",
            "'2001:db8::1/64'::inet",
            "'::ffff:1.2.3.4'::inet",
            "'10.0.0.0/8'::cidr",
            "'2001:db8::/32'::cidr",
            "'08:00:2b:01:02:03'::macaddr",
            "'08:00:2b:01:02:03:04:05'::macaddr8",
            "'[1,5)'::int4range",
            "'(,5]'::int8range",
            "'empty'::int4range",
            "'[1.50,2.25]'::numrange",
            "'[2026-01-01,)'::daterange",
            "'[0044-03-15 BC,infinity)'::daterange",
            "'[2026-01-01 10:00,2026-01-02 11:00:00.5)'::tsrange",
            "'[2026-01-01 10:00+02,infinity)'::tstzrange",
            "'[1.5,2.5)'::floats",
            "'1 year 2 mons 3 days 04:05:06.789'::interval",
            "'-1 year -2 mons +3 days -04:05:06.789'::interval",
            "'1 day -00:00:01'::interval",
            "'-1 day 00:00:01'::interval",
            "'0'::interval",
            "'100:00:00'::interval",
            "'10:11:12.5+02'::timetz",
            "'10:11:12-03:30'::timetz",
            "B'10110'::bit(5)",
            "B''::varbit",
            "B'101101011'::varbit",
            "'(1.5,-2)'::point",
            "'[(0,0),(1,1)]'::lseg",
            "'((0,0),(1,1),(2,0))'::path",
            "'[(0,0),(1,1)]'::path",
            "'(1,1),(0,0)'::box",
            "'((0,0),(1,1),(2,0))'::polygon",
            "'{1,-2,3}'::line",
            "'<(1,2),3.25>'::circle",
            "'a fat cat''s \\\\ sat'::tsvector",
            "to_tsvector('english', 'The quick brown foxes jumped over the quick dogs')",
            "setweight(to_tsvector('english', 'fox'), 'A')",
            "'16/B374D848'::pg_lsn",
            "'$.a[*] ? (@ > 1)'::jsonpath",
            "'CaSe'::citext",
            "'a=>1, \"b c\"=>NULL, \"d\\\"e\"=>\"f\\\\g\"'::hstore",
            "'top.science'::ltree",
            "'<a>b</a>'::xml",
            "'a'::\"char\"",
            "'name'::name",
            "'padded'::char(8)",
        ] {
            let expected = one(&mut *connection, &format!("SELECT format('%s', {sql})"), &[]).await.unwrap();
            let binary = one(&mut *connection, &format!("SELECT {sql}"), &[]).await;
            let binary = binary.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            assert_eq!(binary, expected, "{sql}");
            let array = one(&mut *connection, &format!("SELECT ARRAY[{sql}, NULL]"), &[]).await.unwrap();
            assert_eq!(array, format!("[{expected}, null]"), "{sql}");
        }
    })
    .await;
}

#[tokio::test]
async fn other_types_read_as_the_nearest_value() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        run(&mut *connection, "CREATE DOMAIN small AS int CHECK (VALUE < 100)").await;
        run(&mut *connection, "CREATE TYPE pair AS (a int, b text)").await;
        let mut check = async |sql: &str, expected: &str| {
            let found = one(&mut *connection, &format!("SELECT {sql}"), &[]).await;
            assert_eq!(found.unwrap_or_else(|error| panic!("{sql}: {error:?}")), expected, "{sql}");
        };
        check("5::small", "int 5").await;
        check("ARRAY[5::small]", "[int 5]").await;
        check("'pg_class'::regclass::oid", "int 1259").await;
        check("'pg_class'::regclass", "int 1259").await;
        check("'7'::xid8", "uint 7").await;
        check("'{\"a\":  1}'::json", "json {\"a\":  1}").await;
        check("'unknown'", "text unknown").await;
        check("'NaN'::numeric", "decimal NaN").await;
        check("'{}'::int[]", "[]").await;
        check("'[5:6]={1,2}'::int[]", "[int 1, int 2]").await;
        check("sum(v) FROM (VALUES (1::int8), (2)) AS t(v)", "decimal 3").await;
        check("pg_sleep(0)", "text ").await;
        check("1 WHERE false UNION ALL SELECT NULL", "null").await;
    })
    .await;
}

#[tokio::test]
async fn what_has_no_counterpart_is_a_decode_error() {
    with_database(async |database| {
        let mut connection = database.connect().await;
        for sql in [
            "'infinity'::date",
            "'-infinity'::timestamp",
            "'infinity'::timestamptz",
            "'5874897-12-31'::date",
            "'294276-12-31'::timestamp",
            "'24:00'::time",
            "'{{1,2},{3,4}}'::int[]",
            "ARRAY['infinity'::date]",
            "12.5::money",
            "'a & b'::tsquery",
            "'{[1,2)}'::int4multirange",
        ] {
            let found = one(&mut *connection, &format!("SELECT {sql}"), &[]).await;
            assert_eq!(found.unwrap_err().kind(), ErrorKind::Decode, "{sql}");
            assert!(!connection.is_broken(), "{sql}");
        }
        assert_eq!(one(&mut *connection, "SELECT '0044-03-15 BC'::date", &[]).await.unwrap(), "date -0043-03-15");
        assert_eq!(one(&mut *connection, "SELECT '{[1,2)}'::int4multirange::text", &[]).await.unwrap(), "text {[1,2)}");
    })
    .await;
}
