//! Statements find themselves prepared: what changes from one to the next is bound.

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Account, Person};

/// How many statements the only connection has prepared.
async fn prepared(test: &Test, db: &Database) -> Result<i64> {
    Ok(match test.shape.dialect {
        "sqlite" => 0,
        "postgresql" => db.query::<i64>("SELECT COUNT(*) FROM pg_prepared_statements", ()).await?[0],
        _ => {
            let rows: Vec<(String, String)> = db.query("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'", ()).await?;
            rows[0].1.parse().unwrap_or(-1)
        }
    })
}

async fn rows_created_again_find_their_statements_prepared(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Account>().await?;
    prepared(&test, &db).await?;
    // More than one statement takes under TLS, and values of other lengths each time.
    let create = async |round: usize| {
        let owner = |i: usize| format!("{round}-{i}-{}", "x".repeat(40 + (i + round) % 5));
        Account::bulk_create((0..1_234).map(|i| Account::create().owner(owner(i)).cents(1))).count(&db).await
    };
    assert_eq!(create(0).await?, 1_234);
    let before = prepared(&test, &db).await?;
    for round in 1..4 {
        assert_eq!(create(round).await?, 1_234);
    }
    assert_eq!(prepared(&test, &db).await?, before);
    Ok(())
}

async fn pages_are_one_statement_to_the_database(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Account>().await?;
    Account::bulk_create((0..10).map(|i| Account::create().owner(format!("{i}")).cents(i))).exec(&db).await?;
    let page = async |at: u64| {
        let rows = Account::find_all().order_by(Account::CENTS).limit(2).offset(at).exec(&db).await?;
        Ok::<Vec<i64>, orm::Error>(rows.iter().map(|row| row.cents).collect())
    };
    prepared(&test, &db).await?;
    assert_eq!(page(0).await?, [0, 1]);
    let before = prepared(&test, &db).await?;
    for at in 1..9 {
        assert_eq!(page(at).await?, [at.cast_signed(), at.cast_signed() + 1]);
    }
    assert!(page(u64::MAX).await?.is_empty());
    assert_eq!(prepared(&test, &db).await?, before);
    Ok(())
}

async fn kept_text_finds_what_rendered_text_finds(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let born = |i: i64| chrono::NaiveDate::from_ymd_opt(1990, 1, 1 + u32::try_from(i % 28).unwrap_or(0));
    let people = (0..40_i64).map(|i| Person {
        id: i + 1,
        name: format!("name {}", i % 7),
        nick: (i % 3 != 0).then(|| format!("nick {}", i % 5)),
        age: i32::try_from(i % 11).unwrap_or(0),
        score: (i % 4 != 0).then(|| i32::try_from(i % 6).unwrap_or(0)),
        #[allow(clippy::cast_precision_loss)] // Small numbers.
        height: i as f64 / 4.0,
        active: i % 2 == 0,
        born: born(i).filter(|_| i % 5 != 0),
    });
    Person::bulk_create(people).exec(&db).await?;
    let finders: [fn(i32) -> orm::Find<Person>; 12] = [
        |v| Person::find_all().filter(Person::AGE.eq(v)),
        |v| Person::find_all().filter(Person::AGE.gt(v)).filter(Person::NAME.ne(format!("name {v}"))),
        |v| Person::find_all().filter(Person::AGE.between(v, v + 3).or(Person::SCORE.eq(v))),
        |v| Person::find_all().filter(!Person::AGE.le(v).and(Person::ACTIVE)),
        |v| Person::find_all().filter(Person::NICK.is_null()).filter(Person::HEIGHT.ge(f64::from(v))),
        |v| Person::find_all().filter(any_of([Person::ID.eq(i64::from(v)), Person::NICK.eq(format!("nick {v}"))])),
        |v| {
            Person::find_all()
                .filter(Person::BORN.lt(chrono::NaiveDate::from_ymd_opt(1990, 1, 9).unwrap_or_default()))
                .limit(v.unsigned_abs().into())
        },
        |v| Person::find_all().order_by((Person::AGE.desc(), Person::ID)).offset(v.unsigned_abs().into()).limit(5),
        |v| Person::find_all().filter(Person::SCORE.ne(v)).order_by(Person::SCORE.desc().nulls_last()),
        |v| Person::find_all().filter(Person::NAME.contains(format!("{v}"))),
        |v| Person::find_all().filter(Person::AGE.in_([v, v + 1])),
        |v| {
            Person::find_all()
                .filter(Person::NAME.eq(format!("name {v}")).or(Person::AGE.eq(v)).or(Person::AGE.eq(v + 2)))
        },
    ];
    for (number, find) in finders.into_iter().enumerate() {
        for v in [1, 2, 5, 2] {
            // A database that has run nothing has no text yet.
            let rendered = find(v).order_by(Person::ID).exec(&test.connect().await?).await?;
            assert_eq!(find(v).order_by(Person::ID).exec(&db).await?, rendered, "finder {number} of {v}");
            let one = Person::find_one().filter(Person::AGE.eq(v)).order_by(Person::ID).exec(&db).await?;
            assert_eq!(one.map(|one| one.age), Some(v));
        }
    }
    Ok(())
}

async fn kept_text_refuses_what_rendered_text_refuses(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let find = |name: &str| Person::find_all().filter(Person::NAME.eq(name));
    assert!(find("Ada").exec(&db).await?.is_empty());
    let fresh = find("A\0a").exec(&test.connect().await?).await.map_err(|error| error.kind());
    assert_eq!(find("A\0a").exec(&db).await.map_err(|error| error.kind()), fresh);
    Ok(())
}

cases! { $ prepared:
    kept_text_finds_what_rendered_text_finds,
    kept_text_refuses_what_rendered_text_refuses,
    rows_created_again_find_their_statements_prepared,
    pages_are_one_statement_to_the_database,
}
