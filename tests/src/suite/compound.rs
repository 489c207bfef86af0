//! Keys of several columns, of few rows and of many: each form in which a list of them is sent finds the same rows.

use chrono::{Days, NaiveDate};
use orm::Result;
use orm::prelude::*;
use uuid::Uuid;

use crate::Test;
use crate::cases::cases;
use crate::models::links::{Club, Joining, Links, Member};

#[derive(Debug, Clone, Model)]
#[orm(table = "compound_parents")]
struct Parent {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    part: Option<i32>,
    big: u32,
    tag: Uuid,
    day: NaiveDate,
    #[orm(key(name, part), references(name, part))]
    by_text: HasMany<Child>,
    #[orm(key(part, big), references(part, big))]
    by_numbers: HasMany<Child>,
    #[orm(key(tag, day), references(tag, day))]
    by_others: HasMany<Child>,
    #[orm(key(part, day, name, tag, big), references(part, day, name, tag, big))]
    by_five: HasMany<Child>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "compound_children", index(name, part), index(big))]
struct Child {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    part: Option<i32>,
    big: u32,
    tag: Uuid,
    day: NaiveDate,
}

const PARENTS: i32 = 600;

fn name(i: i32) -> String {
    match i % 5 {
        0 => format!("\"quoted {i}\""),
        1 => format!("\"half {i}"),
        2 => format!("tab\t{i}\\'"),
        3 => format!("été {i}\u{1}"),
        _ => format!("plain {i}"),
    }
}

fn part(i: i32) -> Option<i32> {
    (i % 10 != 0).then_some(i % 3)
}

fn day(i: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, 27).unwrap() + Days::new(i.unsigned_abs().into())
}

fn tag(i: i32) -> Uuid {
    Uuid::from_u128(u128::from(i.unsigned_abs()) << 64)
}

/// Of each parent, a child with the very same values, and others that differ in one.
async fn filled(test: &Test, near: &[&str]) -> Result<Database> {
    let db = test.with::<(Parent, Child)>().await?;
    let of = |i: i32| {
        let big = u32::MAX - i.unsigned_abs();
        Parent::create().name(name(i)).part(part(i)).big(big).tag(tag(i % 50)).day(day(i % 50))
    };
    Parent::bulk_create((0..PARENTS).map(of)).count(&db).await?;
    for near in [&["same"], near].concat() {
        let of = |i: i32| {
            let big = u32::MAX - i.unsigned_abs();
            let same =
                |name: String, part, day| Child::create().name(name).part(part).big(big).tag(tag(i % 50)).day(day);
            match near {
                "part" => same(name(i), Some(7), day(i % 50)),
                "null" => same(name(i), None, day(i % 50)),
                "day" => same(name(i), part(i), day(100)),
                "case" => same(name(i).to_uppercase(), part(i), day(i % 50)),
                _ => same(name(i), part(i), day(i % 50)),
            }
        };
        Child::bulk_create((0..PARENTS).rev().map(of)).count(&db).await?;
    }
    Ok(db)
}

/// What the relations of some parents are, compared with the children that all rows give in memory.
async fn check(test: &Test, db: &Database, parents: std::ops::Range<i64>) -> Result<()> {
    let children = Child::find_all().order_by(Child::ID).exec(db).await?;
    let relations = (Parent::BY_TEXT, Parent::BY_NUMBERS, Parent::BY_OTHERS, Parent::BY_FIVE);
    let ids = Parent::ID.between(parents.start, parents.end - 1);
    let found = Parent::find_all().filter(ids).include(relations).order_by(Parent::ID).exec(db).await?;
    assert_eq!(found.len() as i64, parents.end - parents.start);
    for parent in &found {
        let equal =
            |a: &str, b: &str| if test.shape.minds_case { a == b } else { a.to_uppercase() == b.to_uppercase() };
        let text = |c: &&Child| equal(&c.name, &parent.name) && c.part.is_some() && c.part == parent.part;
        let numbers = |c: &&Child| c.part.is_some() && c.part == parent.part && c.big == parent.big;
        let others = |c: &&Child| c.tag == parent.tag && c.day == parent.day;
        let five = |c: &&Child| text(c) && numbers(c) && others(c);
        let ids = |wanted: &dyn Fn(&&Child) -> bool| children.iter().filter(wanted).map(|c| c.id).collect::<Vec<_>>();
        let loaded = |rows: &HasMany<Child>| rows.get().map(|rows| rows.iter().map(|c| c.id).collect::<Vec<_>>());
        assert_eq!(loaded(&parent.by_text)?, ids(&text), "{parent:?}");
        assert_eq!(loaded(&parent.by_numbers)?, ids(&numbers), "{parent:?}");
        assert_eq!(loaded(&parent.by_others)?, ids(&others), "{parent:?}");
        assert_eq!(loaded(&parent.by_five)?, ids(&five), "{parent:?}");
    }
    Ok(())
}

async fn keys_of_several_columns_relate_exactly(test: Test) -> Result<()> {
    let db = filled(&test, &["part", "null", "day", "case"]).await?;
    check(&test, &db, 1..4).await?;
    check(&test, &db, 1..60).await?;
    check(&test, &db, 1..i64::from(PARENTS) + 1).await
}

async fn keys_of_most_rows_of_a_small_table_relate_exactly(test: Test) -> Result<()> {
    let db = filled(&test, &["case"]).await?;
    check(&test, &db, 1..i64::from(PARENTS) + 1).await
}

async fn many_rows_are_removed_by_keys_of_several_columns(test: Test) -> Result<()> {
    let db = test.with::<Links>().await?;
    let city = |i: i32| if i % 2 == 0 { "\"a\"" } else { "b" };
    Club::bulk_create((1..=40).map(|i| Club::create().city(city(i)).number(i))).count(&db).await?;
    let clubs = Club::find_all().order_by((Club::CITY, Club::NUMBER)).exec(&db).await?;
    let member = Member::create().name("ann").exec(&db).await?;
    member.clubs().set(&clubs).exec(&db).await?;
    assert_eq!(member.clubs().count(&db).await?, 40);
    member.clubs().remove(&clubs[..15]).exec(&db).await?;
    assert_eq!(member.clubs().find().order_by((Club::CITY, Club::NUMBER)).exec(&db).await?, clubs[15..]);
    member.clubs().set(&clubs[20..]).exec(&db).await?;
    assert_eq!(member.clubs().find().order_by((Club::CITY, Club::NUMBER)).exec(&db).await?, clubs[20..]);
    assert_eq!(Joining::count().exec(&db).await?, 20);
    Ok(())
}

cases! { $ compound:
    keys_of_several_columns_relate_exactly,
    keys_of_most_rows_of_a_small_table_relate_exactly,
    many_rows_are_removed_by_keys_of_several_columns,
}
