//! One table without relations, for statements and conditions; small tables for soft deletion, times and versions.

use chrono::{DateTime, NaiveDate, Utc};
use orm::prelude::*;

/// Many columns of few types, some nullable.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "people")]
pub struct Person {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 80)]
    pub name: String,
    pub nick: Option<String>,
    pub age: i32,
    pub score: Option<i32>,
    pub height: f64,
    #[orm(default = true)]
    pub active: bool,
    pub born: Option<NaiveDate>,
}

/// Soft deletion, times, a unique column.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(timestamps, paranoid)]
pub struct Note {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 60)]
    pub title: String,
    pub body: Option<String>,
    #[orm(default = 0)]
    pub stars: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Times that rows older than the columns lack.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(timestamps)]
pub struct Memo {
    #[orm(primary_key)]
    pub id: i64,
    pub text: String,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// Soft deletion, and values that the database makes.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Parcel {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(default_sql = "7")]
    pub code: i32,
    pub grams: i32,
    #[orm(generated = "grams * 2")]
    pub twice: i32,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Optimistic locking.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Account {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 60)]
    pub owner: String,
    #[orm(default = 0)]
    pub cents: i64,
    #[orm(version)]
    pub version: i32,
}

/// Values the database makes.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Receipt {
    #[orm(primary_key)]
    pub id: i64,
    pub price: i64,
    #[orm(default = 1)]
    pub quantity: i64,
    #[orm(generated = "price * quantity")]
    pub total: i64,
    #[orm(default_sql = "7")]
    pub code: i32,
}

/// The people most tests start with, in the order of their keys from 1.
///
/// | id | name | nick | age | score | height | active | born |
/// |---|---|---|---|---|---|---|---|
/// | 1 | Ada | countess | 36 | 10 | 1.65 | yes | 1815-12-10 |
/// | 2 | Bob | none | 17 | none | 1.80 | yes | none |
/// | 3 | Cy | cy | 36 | 30 | 1.75 | no | 1990-01-31 |
/// | 4 | Dan | none | 60 | 5 | 1.70 | no | none |
/// | 5 | eve | EVE | 18 | 20 | 1.60 | yes | 2000-02-29 |
pub async fn people(db: &Database) -> Result<Vec<Person>> {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
    Person::bulk_create([
        Person::create()
            .name("Ada")
            .nick("countess")
            .age(36)
            .score(10)
            .height(1.65)
            .active(true)
            .born(day(1815, 12, 10)),
        Person::create().name("Bob").nick(None).age(17).score(None).height(1.8).active(true).born(None),
        Person::create().name("Cy").nick("cy").age(36).score(30).height(1.75).active(false).born(day(1990, 1, 31)),
        Person::create().name("Dan").nick(None).age(60).score(5).height(1.7).active(false).born(None),
        Person::create().name("eve").nick("EVE").age(18).score(20).height(1.6).active(true).born(day(2000, 2, 29)),
    ])
    .exec(db)
    .await
}

/// The keys of rows.
pub fn ids(people: &[Person]) -> Vec<i64> {
    people.iter().map(|person| person.id).collect()
}
