//! What is in hand is what is in the table: a value is kept exactly or refused, never changed on the way.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm::prelude::*;
use orm::{Json, Result};
use rust_decimal::Decimal;

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Person, people};

#[derive(Debug, Clone, PartialEq, Model)]
struct Reading {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision(12, 4))]
    litres: Option<Decimal>,
    time: Option<NaiveTime>,
    date_time: Option<NaiveDateTime>,
    instant: Option<DateTime<Utc>>,
    count: Option<u64>,
}

/// JSON has no maps with such keys.
#[derive(Debug, Clone, Model)]
struct Grid {
    #[orm(primary_key)]
    id: i64,
    cells: Json<HashMap<Vec<i32>, i32>>,
}

async fn decimals_finer_than_their_column_are_refused(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let fine: Decimal = "0.00001".parse().unwrap();
    let mut row = Reading::create().litres(Decimal::new(12500, 4)).exec(&db).await?;
    for error in [
        Reading::create().litres(fine).exec(&db).await.unwrap_err(),
        Reading::bulk_create([Reading::create().litres(fine)]).exec(&db).await.unwrap_err(),
        Reading::update().set(Reading::LITRES, fine).all_rows().exec(&db).await.unwrap_err(),
        row.update().litres(fine).exec(&db).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.columns()), (ErrorKind::Encode, vec!["litres"]), "{error}");
    }
    assert_eq!(Reading::find_all().exec(&db).await?, [row]);
    // Zeros at the end are no digits.
    assert!(Reading::create().litres("1.2500000".parse::<Decimal>().unwrap()).exec(&db).await.is_ok());
    Ok(())
}

async fn times_in_hand_are_those_in_the_table(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let instant = DateTime::from_timestamp_nanos(1_700_000_000_123_456_789);
    let (time, date_time) = (instant.time(), instant.naive_utc());
    let made = Reading::create().time(time).date_time(date_time).instant(instant).exec(&db).await?;
    assert_eq!(Reading::find_by_pk(made.id).required(&db).await?, made);
    let whole = Reading { id: 0, ..made };
    let mut rows = Reading::bulk_create([whole.clone(), whole]).exec(&db).await?;
    let later = instant + chrono::TimeDelta::nanoseconds(2001);
    for row in &mut rows {
        assert_eq!(&Reading::find_by_pk(row.id).required(&db).await?, row);
        row.update().time(later.time()).date_time(later.naive_utc()).instant(later).exec(&db).await?;
        assert_eq!(&Reading::find_by_pk(row.id).required(&db).await?, row);
    }
    Ok(())
}

async fn leap_seconds_are_refused(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let leap = NaiveTime::from_hms_milli_opt(23, 59, 59, 1500).unwrap();
    let day = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap().and_time(leap);
    for (column, row) in [
        ("time", Reading::create().time(leap)),
        ("date_time", Reading::create().date_time(day)),
        ("instant", Reading::create().instant(day.and_utc())),
    ] {
        let error = row.exec(&db).await.unwrap_err();
        assert_eq!((error.kind(), error.columns()), (ErrorKind::Encode, vec![column]), "{error}");
    }
    Ok(())
}

async fn what_has_no_form_in_json_is_refused(test: Test) -> Result<()> {
    let db = test.with::<Grid>().await?;
    let error = Grid::create().cells(Json(HashMap::from([(vec![1, 2], 3)]))).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Encode, vec!["cells"]), "{error}");
    assert_eq!(Grid::count().exec(&db).await?, 0);
    Grid::create().cells(Json(HashMap::new())).exec(&db).await?;
    Ok(())
}

async fn sums_of_unsigned_integers_are_unsigned(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let most = if test.shape.unsigned { u64::MAX } else { i64::MAX as u64 };
    Reading::create().count(most).exec(&db).await?;
    let sums: Vec<Option<u64>> = Reading::find_all().select(Reading::COUNT.sum()).exec(&db).await?;
    assert_eq!(sums, [Some(most)]);
    Ok(())
}

async fn assignments_see_the_row_as_it_was(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let one = || Person::find_by_pk(1).required(&db);
    let before = one().await?;
    // Written in an order in which the second would see what the first assigned.
    Person::update().set(Person::AGE, 99).set(Person::SCORE, Person::AGE).filter(Person::ID.eq(1)).exec(&db).await?;
    let row = one().await?;
    assert_eq!((row.age, row.score), (99, Some(before.age)));
    let swap = Person::update().set(Person::AGE, Person::SCORE.unwrap_or(0)).set(Person::SCORE, Person::AGE);
    match swap.filter(Person::ID.eq(1)).exec(&db).await {
        Ok(_) => assert_eq!((one().await?.age, one().await?.score), (before.age, Some(99))),
        Err(error) => assert_eq!((error.kind(), one().await?), (ErrorKind::Unsupported, row), "{error}"),
    }
    Ok(())
}

async fn raw_rows_are_read_whole(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let error = db.query::<(i64,)>("SELECT id, name FROM people", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(db.query::<(i64, String)>("SELECT id, name FROM people", ()).await?.len(), 5);
    Ok(())
}

cases! { $ exact:
    decimals_finer_than_their_column_are_refused,
    times_in_hand_are_those_in_the_table,
    leap_seconds_are_refused,
    what_has_no_form_in_json_is_refused,
    sums_of_unsigned_integers_are_unsigned,
    assignments_see_the_row_as_it_was,
    raw_rows_are_read_whole,
}
