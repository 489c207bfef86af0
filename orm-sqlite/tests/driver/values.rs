//! Values: what is bound comes back.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm_core::dialect::Dialect;
use orm_core::driver::Query;
use orm_core::row::{Flow, Row, RowSink};
use orm_core::{ErrorKind, Result, Scalar, SqlType, Value};
use orm_sqlite::SqliteDialect;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::support::{Box_, execute, kind, memory, run, values};

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
            assert_eq!(kind(c.execute(Query::new("SELECT ?1", &[refused])).await), ErrorKind::Encode);
        }
        let native = c.execute(Query::new("SELECT ?1", &[Value::Native("inet", "::1".into())])).await;
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
            c.execute(Query::new("INSERT INTO t VALUES (?1)", std::slice::from_ref(&value))).await.unwrap();
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
            c.execute(Query::new("INSERT INTO t VALUES (?1, ?2)", &binds)).await.unwrap();
            let mut sink = Twice(Vec::new());
            c.fetch(Query::new("SELECT a, b FROM t", &[]), &mut sink).await.unwrap();
            assert_eq!(sink.0, ["äöü 😀", "äöü 😀", "", ""], "{encoding}");
            let used = values::<String>(&mut c, "PRAGMA encoding", &[]).await.unwrap();
            assert_eq!(used, [encoding]);
        }
    });
}
