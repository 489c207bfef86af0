//! Columns of tables that were there before the models: what a field reads is what the column has, or an error says why
//! not. The values are written by SQL of other programs.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm::prelude::*;
use orm::{Result, Scalar};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Test;
use crate::cases::cases;
use crate::models::kinds::{Colour, Mood};

/// A column that is read as any type.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "cells")]
struct Cell<T: Scalar + PartialEq> {
    #[orm(primary_key, auto_increment = false)]
    id: i64,
    value: T,
}

/// Makes the table, whose column is of this type and holds one value.
async fn cell(db: &Database, column: &str, literal: &str) -> Result<()> {
    db.batch("DROP TABLE IF EXISTS cells").await?;
    db.batch(&format!("CREATE TABLE cells (id BIGINT NOT NULL PRIMARY KEY, value {column})")).await?;
    db.batch(&format!("INSERT INTO cells VALUES (1, {literal})")).await
}

/// What the column gives as a type.
async fn read<T: Scalar + PartialEq>(db: &Database) -> Result<T> {
    Ok(Cell::<T>::find_by_pk(1).required(db).await?.value)
}

/// Holds that the column cannot be read as the type, and that the error says which column it is.
async fn refused<T: Scalar + PartialEq>(db: &Database, column: &str, literal: &str) -> Result<()> {
    let of = std::any::type_name::<T>();
    cell(db, column, literal).await?;
    let Err(error) = read::<T>(db).await else { panic!("{literal} of {column} was read as {of}") };
    let facts = (error.kind(), error.model(), error.columns());
    assert_eq!(facts, (ErrorKind::Decode, Some("Cell"), vec!["value"]), "{literal} of {column} as {of}: {error}");
    Ok(())
}

async fn what_is_no_value_of_the_type_is_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let text = if test.backend == "sqlite" { "TEXT" } else { "VARCHAR(60)" };
    refused::<NaiveDate>(&db, text, "'2024-01-01garbage'").await?;
    refused::<NaiveDate>(&db, text, "'2024-02-30'").await?;
    refused::<NaiveTime>(&db, text, "'10:11:12garbage'").await?;
    refused::<NaiveTime>(&db, text, "'24:00:00'").await?;
    refused::<NaiveDateTime>(&db, text, "'2024-01-01 10:11:12 garbage'").await?;
    refused::<DateTime<Utc>>(&db, text, "'2024-01-01 10:11:12 +0:1:00'").await?;
    refused::<DateTime<Utc>>(&db, text, "' 2024-01-01 10:11:12 '").await?;
    refused::<Uuid>(&db, text, "'{0199b2ee-7f11-7abc-8def-0123456789ab}'").await?;
    refused::<Decimal>(&db, text, "'12.50'").await?;
    refused::<Decimal>(&db, text, "'1_000'").await?;
    refused::<bool>(&db, text, "'t'").await?;
    refused::<bool>(&db, text, "'1'").await?;
    refused::<i64>(&db, text, "'1'").await?;
    refused::<f64>(&db, text, "'1.5'").await?;
    refused::<char>(&db, text, "''").await?;
    refused::<char>(&db, text, "'ab'").await?;
    refused::<Json>(&db, text, "'{}x'").await?;
    refused::<Vec<u8>>(&db, text, "'text'").await?;
    refused::<i64>(&db, "DOUBLE PRECISION", "0.5").await?;
    refused::<i8>(&db, "INT", "300").await?;
    refused::<u8>(&db, "INT", "-1").await?;
    match test.backend {
        "sqlite" => {
            refused::<bool>(&db, "BLOB", "x'01'").await?;
            refused::<Uuid>(&db, "BLOB", "x'0102'").await?;
            refused::<DateTime<Utc>>(&db, "TIMESTAMP", "1700000000000").await?;
        }
        "postgres" => {
            refused::<f64>(&db, "numeric", &format!("1{}", "0".repeat(1000))).await?;
            refused::<Decimal>(&db, "bit(3)", "B'101'").await?;
            refused::<Decimal>(&db, "numeric", "'NaN'").await?;
            refused::<NaiveDate>(&db, "date", "'infinity'").await?;
            refused::<NaiveTime>(&db, "time", "'24:00'").await?;
        }
        _ => {
            refused::<bool>(&db, "VARBINARY(1)", "x'01'").await?;
            refused::<NaiveTime>(&db, "TIME", "'25:00:00'").await?;
        }
    }
    Ok(())
}

async fn what_a_field_does_not_hold_whole_is_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let at = "'2024-02-29 10:11:12'";
    let (datetime, double) = match test.backend {
        "sqlite" => ("TEXT", "REAL"),
        "postgres" => ("timestamp", "double precision"),
        _ => ("DATETIME", "DOUBLE"),
    };
    refused::<NaiveDate>(&db, datetime, at).await?;
    refused::<NaiveDate>(&db, datetime, "'2024-02-29 00:00:00'").await?;
    refused::<NaiveTime>(&db, datetime, at).await?;
    refused::<i32>(&db, double, "1.5").await?;
    refused::<f32>(&db, double, "0.1").await?;
    refused::<f32>(&db, double, "1e300").await?;
    refused::<Decimal>(&db, double, "0.30000000000000004").await?;
    refused::<f64>(&db, "BIGINT", "9007199254740993").await?;
    refused::<f32>(&db, "BIGINT", "16777217").await?;
    refused::<i16>(&db, "BIGINT", "65536").await?;
    match test.backend {
        "sqlite" => {
            refused::<NaiveDateTime>(&db, "TEXT", "'2024-02-29 10:11:12.000 +00:00'").await?;
            refused::<String>(&db, "BLOB", "x'6162'").await?;
        }
        "postgres" => {
            refused::<NaiveDate>(&db, "timestamptz", at).await?;
            refused::<NaiveDateTime>(&db, "timestamptz", at).await?;
            refused::<NaiveTime>(&db, "timetz", "'10:11:12+02'").await?;
            refused::<i64>(&db, "numeric", "0.5").await?;
            refused::<f64>(&db, "numeric", "0.12345678901234567890").await?;
            refused::<Decimal>(&db, "numeric", "0.12345678901234567890123456789").await?;
            refused::<String>(&db, "bytea", "'ab'").await?;
        }
        _ => {
            refused::<NaiveDate>(&db, "TIMESTAMP NULL", at).await?;
            refused::<NaiveDateTime>(&db, "TIMESTAMP NULL", at).await?;
            refused::<i64>(&db, "DECIMAL(10,2)", "0.5").await?;
            refused::<f64>(&db, "DECIMAL(30,20)", "0.12345678901234567890").await?;
            refused::<Decimal>(&db, "FLOAT", "0.1").await?;
            refused::<String>(&db, "VARBINARY(10)", "'ab'").await?;
            refused::<bool>(&db, "TINYINT", "2").await?;
            refused::<i64>(&db, "BIGINT UNSIGNED", "18446744073709551615").await?;
        }
    }
    Ok(())
}

/// What the table has may be more than the model knows of.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "events")]
struct Event {
    #[orm(primary_key, auto_increment = false)]
    id: i64,
    day: NaiveDate,
    name: Option<String>,
}

async fn saving_another_column_keeps_what_a_field_does_not_hold(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let ty = if test.backend == "sqlite" { "TEXT" } else { "TIMESTAMP" };
    db.batch(&format!("CREATE TABLE events (id BIGINT PRIMARY KEY, day {ty}, name VARCHAR(20))")).await?;
    db.batch("INSERT INTO events (id, day) VALUES (1, '2024-02-29 10:11:12')").await?;
    let error = Event::find_by_pk(1).required(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Decode, vec!["day"]));
    assert!(error.message().contains("make the field a"), "{error}");
    Event::update().set(Event::NAME, "x").filter(Event::ID.eq(1)).exec(&db).await?;
    let hour = db.query::<String>("SELECT CAST(day AS CHAR(19)) FROM events", ()).await?;
    assert_eq!(hour, ["2024-02-29 10:11:12"]);
    Ok(())
}

/// Numbers that are computed.
#[derive(Debug, Clone, PartialEq, Model)]
struct Amount {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision(10, 2))]
    price: Decimal,
    weight: f32,
    count: i32,
}

async fn what_is_computed_is_rounded_to_its_type(test: Test) -> Result<()> {
    let db = test.with::<Amount>().await?;
    for (cents, weight, count) in [(10, 0.1, 1), (20, 0.2, 2), (3, 0.3, 2)] {
        Amount::create().price(Decimal::new(cents, 2)).weight(weight).count(count).exec(&db).await?;
    }
    let (sum, average, heavy) = Amount::find_one()
        .select((Amount::PRICE.sum(), Amount::COUNT.avg(), Amount::WEIGHT.max()))
        .required(&db)
        .await?;
    assert_eq!((sum, heavy), (Some(Decimal::new(33, 2)), Some(0.3)));
    assert!((average.unwrap() - 5.0 / 3.0).abs() < 1e-9);
    let third = db.query::<f64>("SELECT AVG(count) FROM amounts", ()).await?;
    assert!((third[0] - 5.0 / 3.0).abs() < 1e-3, "{third:?}");
    assert_eq!(db.query::<Decimal>("SELECT SUM(price) FROM amounts", ()).await?, [Decimal::new(33, 2)]);
    Ok(())
}

/// A character is kept as it is, also one that some types of columns cut off.
#[derive(Debug, Clone, PartialEq, Model)]
struct Letter {
    #[orm(primary_key)]
    id: i64,
    letter: char,
}

async fn a_space_is_a_character_and_nothing_is_not(test: Test) -> Result<()> {
    let db = test.with::<Letter>().await?;
    for letter in [' ', 'a', '💥'] {
        let made = Letter::create().letter(letter).exec(&db).await?;
        assert_eq!(Letter::find_all().filter(Letter::LETTER.eq(letter)).exec(&db).await?, [made]);
    }
    db.execute("UPDATE letters SET letter = '' WHERE id = 1", ()).await?;
    let error = Letter::find_by_pk(1).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Decode, vec!["letter"]), "{error}");
    Ok(())
}

/// A column of a type that the model declares.
macro_rules! declared {
    ($($name:ident: $ty:ty = $type:literal;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Model)]
        #[orm(table = "cells")]
        struct $name {
            #[orm(primary_key, auto_increment = false)]
            id: i64,
            #[orm(type = $type)]
            value: $ty,
        }
    )*};
}

declared! {
    TextUuid: Uuid = "CHAR(36)";
    DeclaredJson: Json = "json";
    TextJson: Json = "LONGTEXT";
    JsonText: String = "json";
    JsonbText: String = "jsonb";
    Citext: String = "citext";
    Padded: String = "char(5)";
    Inet: String = "inet";
    Interval: String = "interval";
    ZonedTime: String = "timetz";
    Point: String = "point";
    Bits: String = "bit(3)";
    Range: String = "int4range";
    MoodText: String = "mood";
    Varchars: Vec<String> = "varchar(10)[]";
    Inets: Vec<String> = "inet[]";
}

type Json = serde_json::Value;

/// Reads every value of the table as each type: what is read must be found by `=`, and by `<` and `<=` where ORDER BY has it.
macro_rules! walk {
    ($db:expr, $column:expr, $rows:expr, $walk:ident, ordered: [$($ordered:ty),* $(,)?], other: [$($other:ty),* $(,)?]) => {{
        $(let ended = Box::pin(async {
            let read = walk!(@read $db, $column, $rows, $walk, $ordered);
            // MySQL orders the labels of an ENUM by their number, and compares their text.
            if read.len() == $rows.len() && !$column.starts_with("ENUM") {
                let order = <$ordered>::find_all().order_by(<$ordered>::VALUE.asc()).select(<$ordered>::ID).exec($db).await?;
                for (id, value) in read {
                    let place = order.iter().position(|other| *other == id).unwrap() as u64;
                    let below = <$ordered>::count().filter(<$ordered>::VALUE.lt(value.clone())).exec($db).await?;
                    let upto = <$ordered>::count().filter(<$ordered>::VALUE.le(value)).exec($db).await?;
                    if place < below || place >= upto {
                        $walk.lost.push(format!("{} has another order as {}", $column, stringify!($ordered)));
                    }
                }
            }
            Ok::<(), orm::Error>(())
        })
        .await;
        if let Err(error) = ended {
            $walk.lost.push(format!("{} has no order as {}: {error}", $column, stringify!($ordered)));
        })*
        $(Box::pin(async { walk!(@read $db, $column, $rows, $walk, $other) }).await;)*
    }};
    (@read $db:expr, $column:expr, $rows:expr, $walk:ident, $cell:ty) => {{
        let mut read = Vec::new();
        for (id, literal) in (1_i64..).zip($rows.iter()) {
            let what = format!("{literal} of {} as {}", $column, stringify!($cell));
            match <$cell>::find_by_pk(id).required($db).await {
                Ok(cell) => {
                    let selected = <$cell>::find_by_pk(id).select(<$cell>::VALUE).required($db).await;
                    let found = <$cell>::find_all().filter(<$cell>::VALUE.eq(cell.value.clone())).select(<$cell>::ID);
                    match (found.exec($db).await, selected) {
                        (Ok(found), Ok(_)) if found.contains(&id) => $walk.found.push(what),
                        (found, selected) => {
                            let errors = [found.err(), selected.err()];
                            $walk.lost.push(format!("{what}: {errors:?}"));
                        }
                    }
                    read.push((id, cell.value));
                }
                Err(error) if error.kind() == ErrorKind::Decode && error.columns() == ["value"] => {}
                Err(error) => $walk.lost.push(format!("{what}: {error:?}")),
            }
        }
        read
    }};
}

/// What came of a walk.
#[derive(Debug, Default)]
struct Walk {
    found: Vec<String>,
    lost: Vec<String>,
}

impl Walk {
    /// Whether values of the column were read as the type, and found.
    fn has(&self, column: &str, ty: &str) -> bool {
        self.found.iter().any(|found| found.ends_with(&format!(" of {column} as {ty}")))
    }
}

const DATES: [&str; 9] = [
    "'2024-02-29'",
    "'2024-02-29 10:11:12'",
    "'2024-02-29T10:11:12'",
    "'2024-02-29 10:11:12.500'",
    "'2024-02-29 10:11:12.500 +00:00'",
    "'2024-02-29T10:11:12.5Z'",
    "'2024-02-29 12:11:12.500 +02:00'",
    "'10:11:12'",
    "'10:11:12.500'",
];
const TEXTS: [&str; 8] = [
    "'a'",
    "''",
    "'1'",
    "'0199b2ee-7f11-7abc-8def-0123456789ab'",
    "'0199B2EE-7F11-7ABC-8DEF-0123456789AB'",
    "'{\"b\": [1, 2.50, \"x\"], \"a\": null}'",
    "'happy'",
    "'12.50'",
];
const BYTES: [&str; 2] = ["x'0199b2ee7f117abc8def0123456789ab'", "x'00'"];

fn columns(backend: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let texts = || [&DATES[..], &TEXTS[..]].concat();
    let mut columns = vec![
        ("SMALLINT", vec!["1", "0", "-5"]),
        ("BIGINT", vec!["1", "0", "9007199254740993"]),
        ("REAL", vec!["0.5", "0.1", "2"]),
        ("DOUBLE PRECISION", vec!["0.5", "0.1", "0.30000000000000004", "1e300", "2"]),
        ("NUMERIC(10,2)", vec!["12.50", "0.10", "3"]),
        ("VARCHAR(60)", texts()),
        ("CHAR(5)", vec!["'ab'", "'abcde'"]),
        ("DATE", vec!["'2024-02-29'", "'1999-12-31'"]),
    ];
    columns.extend(match backend {
        "sqlite" => vec![
            ("TEXT", texts()),
            ("CHAR(36)", texts()),
            ("BLOB", [&BYTES[..], &["'text'", "1", "0.5"]].concat()),
            ("NUMERIC", vec!["12.5", "0.1", "0.30000000000000004", "'abc'", "9007199254740993", "123456789.123456789"]),
            ("DATETIME", [&DATES[..], &["1700000000000", "2460000.5"]].concat()),
            ("BOOLEAN", vec!["1", "0", "2"]),
            ("UUID", vec!["'0199b2ee-7f11-7abc-8def-0123456789ab'"]),
            ("VARCHAR(20) COLLATE NOCASE", vec!["'Abc'", "'abc'", "'B'"]),
            ("JSON", vec!["'{\"b\": [1, 2.50], \"a\": null}'", "'[1,2]'", "'null'", "'\"x\"'"]),
        ],
        "postgres" => vec![
            ("boolean", vec!["true", "false"]),
            ("numeric", vec!["12.50", "0.1", "3", "12345678901234567890.5", "0.12345678901234567890"]),
            ("text", texts()),
            ("citext", vec!["'AbC'", "'abd'", "'B'"]),
            ("name", vec!["'a'", "'b'"]),
            ("uuid", vec!["'0199b2ee-7f11-7abc-8def-0123456789ab'"]),
            ("bytea", vec!["'\\x0199b2ee7f117abc8def0123456789ab'", "'\\x00'"]),
            ("time", vec!["'10:11:12'", "'10:11:12.5'"]),
            ("timetz", vec!["'10:11:12+02'"]),
            ("timestamp", vec!["'2024-02-29 10:11:12'", "'2024-02-29 00:00'"]),
            ("timestamptz", vec!["'2024-02-29 10:11:12+02'", "'2024-02-29 00:00+00'"]),
            ("interval", vec!["'1 day 02:03'", "'1 mon'"]),
            ("json", vec!["'{\"b\": [1, 2.50], \"a\": null}'", "'1'"]),
            ("jsonb", vec!["'{\"b\": [1, 2.50], \"a\": null}'", "'1'"]),
            ("inet", vec!["'10.0.0.1'", "'10.0.0.0/8'"]),
            ("point", vec!["'(1,2)'"]),
            ("bit(3)", vec!["B'101'"]),
            ("int4range", vec!["'[1,5)'"]),
            ("oid", vec!["5"]),
            ("money", vec!["5"]),
            ("mood", vec!["'happy'", "'so so'"]),
            ("integer[]", vec!["'{1,2}'", "'{}'"]),
            ("text[]", vec!["'{a,b}'", "'{}'"]),
            ("varchar(10)[]", vec!["'{a,b}'", "'{}'"]),
            ("inet[]", vec!["'{10.0.0.1}'"]),
        ],
        _ => vec![
            ("TINYINT(1)", vec!["1", "0", "2"]),
            ("BIGINT UNSIGNED", vec!["1", "18446744073709551615"]),
            ("FLOAT", vec!["0.5", "0.1", "2"]),
            ("DECIMAL(30,20)", vec!["0.12345678901234567890", "0.5", "1"]),
            ("VARCHAR(60) COLLATE utf8mb4_bin", texts()),
            ("LONGTEXT", texts()),
            ("BINARY(16)", BYTES.to_vec()),
            ("BLOB", BYTES.to_vec()),
            ("TIME", vec!["'10:11:12'"]),
            ("TIME(6)", vec!["'10:11:12.5'"]),
            ("DATETIME", vec!["'2024-02-29 10:11:12'", "'2024-02-29 00:00:00'"]),
            ("DATETIME(6)", vec!["'2024-02-29 10:11:12.5'"]),
            ("TIMESTAMP NULL", vec!["'2024-02-29 10:11:12'"]),
            ("YEAR", vec!["2024"]),
            ("BIT(1)", vec!["1", "0"]),
            ("JSON", vec!["'{\"b\": [1, 2.50], \"a\": null}'", "'1'"]),
            ("ENUM('sad', 'happy')", vec!["'happy'", "'sad'"]),
            ("SET('a', 'b')", vec!["'a,b'", "''"]),
        ],
    });
    columns
}

async fn what_is_read_is_found(test: Test) -> Result<()> {
    let db = &test.connect().await?;
    if test.backend == "postgres" {
        db.batch("CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('happy', 'sad', 'so so')").await?;
    }
    let mut walked = Walk::default();
    for (column, rows) in columns(test.backend) {
        db.batch("DROP TABLE IF EXISTS cells").await?;
        db.batch(&format!("CREATE TABLE cells (id BIGINT NOT NULL PRIMARY KEY, value {column})")).await?;
        let values: Vec<String> = (1..).zip(&rows).map(|(id, literal)| format!("({id}, {literal})")).collect();
        db.batch(&format!("INSERT INTO cells VALUES {}", values.join(", "))).await?;
        walk!(db, column, rows, walked,
            ordered: [
                Cell<bool>, Cell<i16>, Cell<i64>, Cell<u8>, Cell<u64>, Cell<f32>, Cell<f64>, Cell<Decimal>, Cell<String>, Cell<char>,
                Cell<Vec<u8>>, Cell<Uuid>, Cell<NaiveDate>, Cell<NaiveTime>, Cell<NaiveDateTime>, Cell<DateTime<Utc>>, TextUuid,
            ],
            other: [Cell<Json>, Cell<Mood>, Cell<Colour>, TextJson]
        );
        if test.backend == "postgres" {
            walk!(db, column, rows, walked,
                ordered: [],
                other: [Cell<Vec<i32>>, Cell<Vec<String>>]
            );
            // What a model declares is the column's type.
            match column {
                "json" => walk!(db, column, rows, walked, ordered: [], other: [DeclaredJson, JsonText]),
                "jsonb" => walk!(db, column, rows, walked, ordered: [JsonbText], other: []),
                "citext" => walk!(db, column, rows, walked, ordered: [Citext], other: []),
                "CHAR(5)" => walk!(db, column, rows, walked, ordered: [Padded], other: []),
                "inet" => walk!(db, column, rows, walked, ordered: [Inet], other: []),
                "interval" => walk!(db, column, rows, walked, ordered: [Interval], other: []),
                "timetz" => walk!(db, column, rows, walked, ordered: [ZonedTime], other: []),
                "point" => walk!(db, column, rows, walked, ordered: [], other: [Point]),
                "bit(3)" => walk!(db, column, rows, walked, ordered: [Bits], other: []),
                "int4range" => walk!(db, column, rows, walked, ordered: [Range], other: []),
                "mood" => walk!(db, column, rows, walked, ordered: [MoodText], other: []),
                "varchar(10)[]" => walk!(db, column, rows, walked, ordered: [Varchars], other: []),
                "inet[]" => walk!(db, column, rows, walked, ordered: [Inets], other: []),
                _ => {}
            }
        }
        if column == "JSON" {
            walk!(db, column, rows, walked, ordered: [], other: [JsonText]);
        }
    }
    assert!(walked.lost.is_empty(), "{} of {}:\n{}", walked.lost.len(), walked.found.len(), walked.lost.join("\n"));
    // What fits is not refused.
    let mut fitting = vec![
        ("BIGINT", "Cell<i64>"),
        ("DOUBLE PRECISION", "Cell<f64>"),
        ("NUMERIC(10,2)", "Cell<Decimal>"),
        ("VARCHAR(60)", "Cell<String>"),
        ("VARCHAR(60)", "TextUuid"),
        ("DATE", "Cell<NaiveDate>"),
    ];
    fitting.extend(match test.backend {
        "sqlite" => vec![
            ("TEXT", "Cell<Json>"),
            ("TEXT", "Cell<DateTime<Utc>>"),
            ("TEXT", "Cell<NaiveDateTime>"),
            ("DATETIME", "Cell<NaiveTime>"),
            ("BLOB", "Cell<Uuid>"),
            ("BOOLEAN", "Cell<bool>"),
            ("NUMERIC", "Cell<Decimal>"),
        ],
        "postgres" => vec![
            ("timestamptz", "Cell<DateTime<Utc>>"),
            ("timestamp", "Cell<NaiveDateTime>"),
            ("jsonb", "Cell<Json>"),
            ("json", "DeclaredJson"),
            ("json", "JsonText"),
            ("jsonb", "JsonbText"),
            ("citext", "Citext"),
            ("CHAR(5)", "Padded"),
            ("point", "Point"),
            ("mood", "Cell<Mood>"),
            ("mood", "MoodText"),
            ("uuid", "Cell<Uuid>"),
            ("text[]", "Cell<Vec<String>>"),
            ("varchar(10)[]", "Varchars"),
        ],
        _ => vec![
            ("BINARY(16)", "Cell<Uuid>"),
            ("DATETIME", "Cell<NaiveDateTime>"),
            ("TIMESTAMP NULL", "Cell<DateTime<Utc>>"),
            ("JSON", "Cell<Json>"),
            ("JSON", "JsonText"),
            ("LONGTEXT", "TextJson"),
            ("FLOAT", "Cell<f32>"),
            ("BIT(1)", "Cell<bool>"),
        ],
    });
    for (column, ty) in fitting {
        assert!(walked.has(column, ty), "{column} is not read as {ty}");
    }
    Ok(())
}

/// Holds that the column cannot be read as the type, and that the error says what to do.
async fn advised<T: Scalar + PartialEq>(db: &Database, column: &str, literal: &str, advice: &str) -> Result<()> {
    refused::<T>(db, column, literal).await?;
    let Err(error) = read::<T>(db).await else { return Ok(()) };
    assert!(error.message().contains(advice), "{column}: {error}");
    Ok(())
}

async fn columns_that_do_not_suit_say_what_to_declare(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let uuid = "'0199b2ee-7f11-7abc-8def-0123456789ab'";
    match test.backend {
        "sqlite" => {
            advised::<Uuid>(&db, "UUID", uuid, "`#[orm(type = \"CHAR(36)\")]`").await?;
            advised::<DateTime<Utc>>(&db, "DATETIME", "'2024-02-29T10:11:12Z'", "rewrite the column").await?;
            advised::<NaiveDateTime>(&db, "DATETIME", "'2024-02-29 10:11:12'", "rewrite the column").await?;
        }
        "postgres" => {
            db.batch("CREATE EXTENSION citext").await?;
            advised::<Uuid>(&db, "text", uuid, "`#[orm(type = \"varchar(36)\")]`").await?;
            advised::<String>(&db, "citext", "'a'", "`#[orm(type = \"citext\")]`").await?;
            advised::<String>(&db, "char(5)", "'a'", "`#[orm(type = \"char\")]`").await?;
            advised::<String>(&db, "inet", "'::1'", "`#[orm(type = \"inet\")]`").await?;
            advised::<String>(&db, "jsonb", "'{}'", "`#[orm(type = \"jsonb\")]`").await?;
            advised::<Json>(&db, "text", "'{}'", "make the field a `String`").await?;
            advised::<bool>(&db, "integer", "1", "make the field a `i32`").await?;
            advised::<Vec<String>>(&db, "varchar(9)[]", "'{}'", "`#[orm(type = \"varchar[]\")]`").await?;
            advised::<Uuid>(&db, "bytea", "'\\x0199b2ee7f117abc8def0123456789ab'", "make the field a `Vec<u8>`")
                .await?;
        }
        backend => {
            advised::<Uuid>(&db, "CHAR(36)", uuid, "`#[orm(type = \"CHAR(36)\")]`").await?;
            advised::<NaiveDate>(&db, "VARCHAR(20)", "'2024-02-29'", "make the field a `String`").await?;
            if backend == "mysql" {
                advised::<Json>(&db, "LONGTEXT", "'{}'", "`#[orm(type = \"LONGTEXT\")]`").await?;
                advised::<String>(&db, "JSON", "'{}'", "`#[orm(type = \"JSON\")]`").await?;
            }
        }
    }
    Ok(())
}

/// A time that the database writes.
#[derive(Debug, Clone, PartialEq, Model)]
struct Note {
    #[orm(primary_key)]
    id: i64,
    #[orm(default_sql = "CURRENT_TIMESTAMP")]
    at: NaiveDateTime,
}

async fn times_without_a_zone_that_the_database_writes_are_found(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let made = Note::create().exec(&db).await?;
    assert_eq!(Note::find_all().filter(Note::AT.eq(made.at)).exec(&db).await?, [made]);
    Ok(())
}

cases! { $ inherited:
    what_is_no_value_of_the_type_is_refused,
    what_a_field_does_not_hold_whole_is_refused,
    saving_another_column_keeps_what_a_field_does_not_hold,
    what_is_computed_is_rounded_to_its_type,
    what_is_read_is_found,
    columns_that_do_not_suit_say_what_to_declare,
    times_without_a_zone_that_the_database_writes_are_found,
    a_space_is_a_character_and_nothing_is_not,
}
