//! Columns of tables that were there before the models: what a field reads is what the column has, or an error says why
//! not. The values are written by SQL of other programs.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm::prelude::*;
use orm::{Result, Scalar};
use rust_decimal::Decimal;

use crate::Test;
use crate::cases::cases;

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
    refused::<uuid::Uuid>(&db, text, "'{0199b2ee-7f11-7abc-8def-0123456789ab}'").await?;
    refused::<Decimal>(&db, text, "'12.50'").await?;
    refused::<Decimal>(&db, text, "'1_000'").await?;
    refused::<bool>(&db, text, "'t'").await?;
    refused::<bool>(&db, text, "'1'").await?;
    refused::<i64>(&db, text, "'1'").await?;
    refused::<f64>(&db, text, "'1.5'").await?;
    refused::<char>(&db, text, "''").await?;
    refused::<char>(&db, text, "'ab'").await?;
    refused::<serde_json::Value>(&db, text, "'{}x'").await?;
    refused::<Vec<u8>>(&db, text, "'text'").await?;
    refused::<i64>(&db, "DOUBLE PRECISION", "0.5").await?;
    refused::<i8>(&db, "INT", "300").await?;
    refused::<u8>(&db, "INT", "-1").await?;
    match test.backend {
        "sqlite" => {
            refused::<bool>(&db, "BLOB", "x'01'").await?;
            refused::<uuid::Uuid>(&db, "BLOB", "x'0102'").await?;
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

cases! { $ inherited:
    what_is_no_value_of_the_type_is_refused,
    what_a_field_does_not_hold_whole_is_refused,
    saving_another_column_keeps_what_a_field_does_not_hold,
    what_is_computed_is_rounded_to_its_type,
    a_space_is_a_character_and_nothing_is_not,
}
