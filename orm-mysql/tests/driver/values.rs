//! Every kind of value goes in and comes out as it was, in both protocols, as a bind and as a constant.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm_core::dialect::{Dialect, SqlWriter};
use orm_core::driver::{Connection, Query};
use orm_core::row::{Collect, Columns};
use orm_core::schema::Column;
use orm_core::{EnumDef, EnumStorage, ErrorKind, Result, Scalar, SqlType, Value, ValueRef};
use orm_mysql::MysqlConnection;

use crate::support::{Fixture, dialect, one, query, rows, run_sql};

on_both! {
    vectors_are_converted_in_sql,
    values_come_back_as_they_were,
    constants_mean_the_same_as_binds,
    text_survives_every_character,
    large_values_are_sent_in_several_packets,
    nulls_of_every_type_are_nulls,
    dates_that_no_calendar_has_are_errors,
    times_outside_a_day_are_errors,
    fine_digits_are_cut_off,
    decimals_are_compared_exactly,
    json_is_compared_as_documents,
    unsigned_and_small_columns_are_read,
    bits_and_years_are_read,
    text_with_a_binary_collation_is_text,
    sets_and_enums_are_text,
    refused_values_never_reach_the_server,
    bools_read_numbers,
}

static COLOR: EnumDef =
    EnumDef { name: "color", labels: &["red", "it's", "back\\slash"], storage: EnumStorage::Native };

fn column(ty: SqlType) -> Column {
    Column { nullable: true, ..Column::new("v", ty) }
}

fn date(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn samples() -> Vec<Value> {
    let noon = date(2026, 11, 23).and_hms_micro_opt(12, 0, 0, 123_456).unwrap();
    let last = date(9999, 12, 31).and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let first = date(1, 1, 1).and_hms_opt(0, 0, 0).unwrap();
    let mut samples = vec![Value::Bool(true), Value::Bool(false)];
    samples.extend([0, 1, -1, i16::MIN, i16::MAX].map(Value::I16));
    samples.extend([0, i32::MIN, i32::MAX].map(Value::I32));
    samples.extend([0, i64::MIN, i64::MAX].map(Value::I64));
    samples.extend([0, u64::MAX, 1 << 63].map(Value::U64));
    samples.extend([0.0, 0.1, -1.5, 16_777_217.0, f32::MIN, f32::MAX, f32::MIN_POSITIVE].map(Value::F32));
    samples.extend([0.0, 0.1, 1.0 / 3.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE, 1e22].map(Value::F64));
    samples.extend(["", " ", "a", "üñí 漢字 🦀", "'; -- \\' \"", "a\nb\tc\r"].map(|text| Value::Text(text.into())));
    samples.extend([vec![], vec![0, 0xff, 0x27, 0x5c], (0..=255).collect()].map(Value::Bytes));
    samples.extend([[0; 16], [0xff; 16], *b"\x01\x92\\'0123456789\x00\x00"].map(Value::Uuid));
    samples.extend([date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)].map(Value::Date));
    samples.extend(
        [(0, 0, 0, 0), (0, 0, 0, 1), (12, 30, 0, 0), (23, 59, 59, 999_999)]
            .map(|(h, m, s, u)| Value::Time(NaiveTime::from_hms_micro_opt(h, m, s, u).unwrap())),
    );
    samples.extend([first, noon, last].map(Value::DateTime));
    samples.extend([first, noon, last].map(|v| Value::Timestamp(v.and_utc())));
    samples.extend(
        ["0", "-12.5", "0.000000000000000000000000000001", "99999999999999999999999999999999999"]
            .map(|v| Value::Decimal(v.into())),
    );
    samples.extend([r#"{"a": [1, "ü\\n"]}"#, "null", "[]", "\"x\""].map(|v| Value::Json(v.into())));
    samples.extend(COLOR.labels.iter().map(|label| Value::Enum(&COLOR, (*label).into())));
    samples.push(Value::Native("INT", "7".into()));
    samples
}

/// A value as text that is the same for what went in and what came out.
fn shown(value: ValueRef<'_>, like: &Value) -> Result<String> {
    Ok(match like {
        Value::Bool(_) => bool::decode(value)?.to_string(),
        Value::I16(_) | Value::I32(_) | Value::I64(_) => i64::decode(value)?.to_string(),
        Value::Native(..) => match value {
            ValueRef::Text(text) => text.to_owned(),
            value => i64::decode(value)?.to_string(),
        },
        Value::U64(_) => u64::decode(value)?.to_string(),
        Value::F32(_) => format!("{:?}", f32::decode(value)?),
        Value::F64(_) => format!("{:?}", f64::decode(value)?),
        Value::Bytes(_) | Value::Uuid(_) => match value {
            ValueRef::Uuid(bytes) => format!("{bytes:?}"),
            value => format!("{:?}", Vec::<u8>::decode(value)?),
        },
        Value::Date(_) => NaiveDate::decode(value)?.to_string(),
        Value::Time(_) => NaiveTime::decode(value)?.to_string(),
        Value::DateTime(_) => NaiveDateTime::decode(value)?.to_string(),
        Value::Timestamp(_) => DateTime::<Utc>::decode(value)?.to_string(),
        Value::Decimal(_) => match value {
            ValueRef::Decimal(text) => {
                let text = text.to_owned();
                if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
            }
            other => panic!("{other:?}"),
        },
        // MySQL writes documents anew.
        Value::Json(_) => String::decode(value)?.replace(' ', ""),
        _ => String::decode(value)?,
    })
}

async fn read(connection: &mut MysqlConnection, query: Query<'_>, like: &[Value]) -> Vec<String> {
    struct Reader<'a>(&'a [Value], Vec<String>);
    impl orm_core::row::RowSink for Reader<'_> {
        fn row(&mut self, row: &dyn orm_core::row::Row) -> Result<orm_core::row::Flow> {
            let like = &self.0[self.1.len()];
            self.1.push(shown(row.get(0)?, like)?);
            Ok(orm_core::row::Flow::Continue)
        }
        fn restart(&mut self) {
            self.1.clear();
        }
    }
    let mut reader = Reader(like, Vec::new());
    connection.fetch(query, &mut reader).await.unwrap();
    reader.1
}

/// Stores the samples by `insert` and compares what is read back.
async fn check_round_trip(fixture: &Fixture, insert: impl Fn(&mut SqlWriter<'_>, &Value) -> Result<()>, binary: bool) {
    let mut connection = fixture.connect().await;
    let dialect = dialect(&connection);
    let mut by_type: Vec<(SqlType, Vec<Value>)> = Vec::new();
    for value in samples() {
        match by_type.last_mut() {
            Some((ty, values)) if *ty == value.sql_type() => values.push(value),
            _ => by_type.push((value.sql_type(), vec![value])),
        }
    }
    for (ty, values) in by_type {
        let ty = dialect.column_type(&column(ty)).unwrap();
        run_sql(&mut connection, "DROP TABLE IF EXISTS t").await;
        run_sql(&mut connection, &format!("CREATE TABLE t (i INT AUTO_INCREMENT PRIMARY KEY, v {ty})")).await;
        for value in &values {
            let mut writer = SqlWriter::new(&dialect);
            writer.push_sql("INSERT INTO t (v) VALUES (");
            insert(&mut writer, value).unwrap();
            writer.push_sql(")");
            let rendered = writer.finish();
            let done = connection.execute(query(&rendered.sql, &rendered.binds)).await;
            done.unwrap_or_else(|e| panic!("{ty} {} {e:?}", rendered.sql));
        }
        let expected: Vec<String> = values.iter().map(|value| shown(value.as_ref(), value).unwrap()).collect();
        // The comment hides what the statement is, so it runs in the text protocol.
        let text = Query::text("/*! SELECT */ v FROM t ORDER BY i");
        if binary || ty == "FLOAT" {
            assert_eq!(
                read(&mut connection, query("SELECT v FROM t ORDER BY i", &[]), &values).await,
                expected,
                "{ty}"
            );
        } else {
            assert_eq!(read(&mut connection, text, &values).await, expected, "{ty} as text");
        }
    }
}

async fn values_come_back_as_they_were(fixture: &Fixture) {
    check_round_trip(fixture, |writer, value| writer.push_bind(value.clone()), true).await;
}

async fn constants_mean_the_same_as_binds(fixture: &Fixture) {
    check_round_trip(fixture, |writer, value| writer.push_literal(value), false).await;
}

async fn text_survives_every_character(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let all: String = ('\0'..='\u{2fff}').chain('\u{1f300}'..='\u{1f5ff}').collect();
    let binds = [Value::Text(all.clone().into())];
    let back = rows::<String>(&mut connection, query("SELECT ?", &binds)).await.unwrap();
    assert!(back[0] == all);
}

async fn large_values_are_sent_in_several_packets(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE big (v LONGBLOB)").await;
    let allowed: u64 = one(&mut connection, "SELECT @@max_allowed_packet").await.unwrap();
    // More than the 16 MiB of one packet where the server takes it.
    let size = if allowed > 20 << 20 { 17 << 20 } else { 9 << 20 };
    let bytes: Vec<u8> = (0..size).map(|i: u32| (i % 251) as u8).collect();
    connection.execute(query("INSERT INTO big VALUES (?)", &[Value::Bytes(bytes.clone())])).await.unwrap();
    let back = rows::<Vec<u8>>(&mut connection, query("SELECT v FROM big", &[])).await.unwrap();
    assert!(back[0] == bytes);
}

async fn nulls_of_every_type_are_nulls(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let dialect = dialect(&connection);
    let mut types: Vec<SqlType> = samples().iter().map(Value::sql_type).collect();
    types.extend([SqlType::I8, SqlType::U8, SqlType::U16, SqlType::U32, SqlType::Char]);
    for ty in types {
        let name = dialect.column_type(&column(ty)).unwrap();
        run_sql(&mut connection, "DROP TABLE IF EXISTS t").await;
        run_sql(&mut connection, &format!("CREATE TABLE t (v {name})")).await;
        let mut writer = SqlWriter::new(&dialect);
        writer.push_sql("INSERT INTO t VALUES (");
        writer.push_bind(Value::Null(ty)).unwrap();
        writer.push_sql("), (");
        writer.push_literal(&Value::Null(ty)).unwrap();
        writer.push_sql(")");
        let rendered = writer.finish();
        connection.execute(query(&rendered.sql, &rendered.binds)).await.unwrap();
        let mut found = Vec::new();
        let null = |columns: &mut Columns<'_>| Ok(matches!(columns.next_value()?, ValueRef::Null));
        connection.fetch(query("SELECT v FROM t", &[]), &mut Collect::new(&mut found, null)).await.unwrap();
        connection.fetch(Query::text("/*! SELECT */ v FROM t"), &mut Collect::new(&mut found, null)).await.unwrap();
        assert_eq!(found, [true; 4], "{ty}");
    }
}

async fn dates_that_no_calendar_has_are_errors(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (d DATE, dt DATETIME(6), ts TIMESTAMP(6) NULL)").await;
    for ty in ["d", "dt", "ts"] {
        let refused = connection.execute(Query::text(&format!("INSERT INTO t ({ty}) VALUES ('0000-00-00')"))).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidValue);
    }
    run_sql(&mut connection, "SET sql_mode = 'ALLOW_INVALID_DATES'").await;
    run_sql(&mut connection, "INSERT INTO t VALUES ('0000-00-00', '0000-00-00', '0000-00-00')").await;
    run_sql(&mut connection, "INSERT INTO t (d, dt) VALUES ('2026-02-00', '2026-02-31 10:00:00')").await;
    for prefix in ["SELECT", "/*! SELECT */"] {
        for column in ["d", "dt", "ts"] {
            let sql = format!("{prefix} {column} FROM t WHERE {column} IS NOT NULL OR {column} = 0");
            let error = rows::<Option<NaiveDateTime>>(&mut connection, Query::text(&sql)).await.unwrap_err();
            assert_eq!((error.kind(), error.index()), (ErrorKind::Decode, Some(0)), "{sql}");
            assert!(!connection.is_broken());
        }
    }
    // The column after it is read all the same.
    assert_eq!(one::<String>(&mut connection, "SELECT 'x' FROM t WHERE ts = 0").await.unwrap(), "x");
}

async fn times_outside_a_day_are_errors(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v TIME(6))").await;
    for time in ["24:00:00", "-00:00:01", "838:59:59", "-838:59:59", "-00:00:00.000001"] {
        run_sql(&mut connection, "DELETE FROM t").await;
        run_sql(&mut connection, &format!("INSERT INTO t VALUES ('{time}')")).await;
        for sql in ["SELECT v FROM t", "/*! SELECT */ v FROM t"] {
            let error = rows::<NaiveTime>(&mut connection, Query::text(sql)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{time}");
        }
    }
}

async fn fine_digits_are_cut_off(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v DATETIME(6), t TIME(6))").await;
    let at = date(2026, 12, 31).and_hms_nano_opt(23, 59, 59, 999_999_999).unwrap();
    let binds = [Value::Timestamp(at.and_utc()), Value::Time(at.time())];
    connection.execute(query("INSERT INTO t VALUES (?, ?)", &binds)).await.unwrap();
    let cut = at - chrono::TimeDelta::nanoseconds(999);
    let back = rows::<(DateTime<Utc>, NaiveTime)>(&mut connection, query("SELECT v, t FROM t", &[])).await.unwrap();
    assert_eq!(back, [(cut.and_utc(), cut.time())]);
    let found = rows::<i64>(&mut connection, query("SELECT 1 FROM t WHERE v = ? AND t = ?", &binds)).await.unwrap();
    assert_eq!(found.len(), 1);
}

async fn decimals_are_compared_exactly(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (v DECIMAL(65,30))").await;
    run_sql(&mut connection, "INSERT INTO t VALUES (0.123456789012345678901), (0.123456789012345678902)").await;
    let binds = [Value::Decimal("0.123456789012345678901".into())];
    let n = rows::<i64>(&mut connection, query("SELECT COUNT(*) FROM t WHERE v = ?", &binds)).await.unwrap();
    assert_eq!(n, [1]);
}

async fn json_is_compared_as_documents(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let dialect = dialect(&connection);
    run_sql(&mut connection, "CREATE TABLE t (v JSON)").await;
    let document = Value::Json("{\"a\":1}".into());
    for (sql, end) in [("INSERT INTO t VALUES (", ")"), ("SELECT v FROM t WHERE v = ", "")] {
        let mut writer = SqlWriter::new(&dialect);
        writer.push_sql(sql);
        writer.push_bind(document.clone()).unwrap();
        writer.push_sql(end);
        let rendered = writer.finish();
        let found = rows::<String>(&mut connection, query(&rendered.sql, &rendered.binds)).await.unwrap();
        assert_eq!(found.len(), usize::from(sql.starts_with("SELECT")));
    }
}

async fn unsigned_and_small_columns_are_read(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(
        &mut connection,
        "CREATE TABLE t (a TINYINT UNSIGNED, b TINYINT(1), c TINYINT, d SMALLINT UNSIGNED, e MEDIUMINT, \
         f MEDIUMINT UNSIGNED, g INT UNSIGNED, h BIGINT UNSIGNED, i TINYINT(1) UNSIGNED)",
    )
    .await;
    run_sql(
        &mut connection,
        "INSERT INTO t VALUES (255, -128, -128, 65535, -8388608, 16777215, 4294967295, 18446744073709551615, 200)",
    )
    .await;
    for prefix in ["SELECT", "/*! SELECT */"] {
        let sql = format!("{prefix} * FROM t");
        let found = rows::<(u8, i8, i8, u16, i32, u32, u32, u64, u8)>(&mut connection, Query::text(&sql)).await;
        let expected = (255, -128, -128, 65535, -8_388_608, 16_777_215, u32::MAX, u64::MAX, 200);
        assert_eq!(found.unwrap(), [expected]);
    }
    let error = rows::<i64>(&mut connection, query("SELECT h FROM t", &[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

async fn bits_and_years_are_read(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (a BIT(1), b BIT(12), c BIT(64), y YEAR)").await;
    run_sql(&mut connection, "INSERT INTO t VALUES (1, 0xabc, 0xffffffffffffffff, 2026)").await;
    for prefix in ["SELECT", "/*! SELECT */"] {
        let sql = format!("{prefix} * FROM t");
        let found = rows::<(bool, u16, u64, i32)>(&mut connection, Query::text(&sql)).await.unwrap();
        assert_eq!(found, [(true, 0xabc, u64::MAX, 2026)]);
    }
}

async fn text_with_a_binary_collation_is_text(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(
        &mut connection,
        "CREATE TABLE t (a VARCHAR(9) COLLATE utf8mb4_bin, b TEXT COLLATE utf8mb4_bin, c CHAR(3) CHARACTER SET latin1, \
         d VARBINARY(9), e BLOB, f BINARY(3))",
    )
    .await;
    run_sql(&mut connection, "INSERT INTO t VALUES ('ü', 'ü', 'ü', 'ü', 'ü', 'ü')").await;
    let found =
        rows::<(String, String, String, Vec<u8>, Vec<u8>, Vec<u8>)>(&mut connection, query("SELECT * FROM t", &[]));
    let u = || "ü".to_owned();
    let bytes = || u().into_bytes();
    assert_eq!(found.await.unwrap(), [(u(), u(), u(), bytes(), bytes(), vec![0xc3, 0xbc, 0])]);
}

async fn sets_and_enums_are_text(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    run_sql(&mut connection, "CREATE TABLE t (a SET('x','y','z'), b ENUM('p','q'))").await;
    run_sql(&mut connection, "INSERT INTO t VALUES ('x,z', 'q')").await;
    let found = rows::<(String, String)>(&mut connection, query("SELECT a, b FROM t", &[])).await.unwrap();
    assert_eq!(found, [("x,z".to_owned(), "q".to_owned())]);
}

async fn refused_values_never_reach_the_server(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    for value in [Value::F64(f64::NAN), Value::F32(f32::INFINITY), Value::Timestamp(DateTime::<Utc>::MIN_UTC)] {
        let error = connection.execute(query("SELECT ?", &[value])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert!(!connection.is_broken());
    }
    let list = Value::Array(&SqlType::I64, vec![]);
    let error = connection.execute(query("SELECT ?", &[list])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    connection.ping().await.unwrap();
}

async fn bools_read_numbers(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    let found = rows::<(bool, bool, bool)>(&mut connection, query("SELECT 1, FALSE, 2 > 1", &[])).await.unwrap();
    assert_eq!(found, [(true, false, true)]);
    let error = rows::<bool>(&mut connection, query("SELECT 2", &[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    // Text asked for as a number says which column.
    let error = rows::<(i64, i64)>(&mut connection, query("SELECT 1, 'x'", &[])).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::Decode, Some(1)));
}

async fn vectors_are_converted_in_sql(fixture: &Fixture) {
    let mut connection = fixture.connect().await;
    if fixture.mariadb() || connection.server().version < (9, 0, 0) {
        return;
    }
    run_sql(&mut connection, "CREATE TABLE v (id INT, e VECTOR(3))").await;
    let vector = [Value::Text("[1,2.5,-3]".into())];
    connection.execute(query("INSERT INTO v VALUES (1, STRING_TO_VECTOR(?))", &vector)).await.unwrap();
    let found: String = one(&mut connection, "SELECT VECTOR_TO_STRING(e) FROM v").await.unwrap();
    assert_eq!(found, "[1.00000e+00,2.50000e+00,-3.00000e+00]");
}
