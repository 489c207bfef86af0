//! Including by a key of two columns beside a key of one: 40,000 parents with two children each, on every database.
//! `cargo run --release --bin composite`; servers by `ORM_TEST_POSTGRES_URL`, `ORM_TEST_MYSQL_URL` and
//! `ORM_TEST_MARIADB_URL`, those without a variable are left out. Prints milliseconds, the median of five, and the ratio.

use std::time::{Duration, Instant};

use orm::prelude::*;

const PARENTS: i64 = 40_000;

#[derive(Debug, Clone, Model)]
#[orm(table = "bench_parents", unique(region, number))]
struct Parent {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    region: String,
    number: i64,
    #[orm(key = parent_id)]
    by_one: HasMany<Child>,
    #[orm(key(region, number), references(region, number))]
    by_two: HasMany<Child>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "bench_children", index(parent_id), index(region, number))]
struct Child {
    #[orm(primary_key)]
    id: i64,
    parent_id: i64,
    #[orm(length = 20)]
    region: String,
    number: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let servers = ["ORM_TEST_POSTGRES_URL", "ORM_TEST_MYSQL_URL", "ORM_TEST_MARIADB_URL"];
    let urls = servers.iter().filter_map(|name| std::env::var(name).ok());
    for url in ["sqlite::memory:".to_owned()].into_iter().chain(urls) {
        let db = orm::connect(&url).await?;
        db.drop_tables::<(Parent, Child)>().await?;
        db.create_tables::<(Parent, Child)>().await?;
        let region = |id: i64| format!("region {}", id % 100);
        let parents = (1..=PARENTS).map(|id| Parent::create().region(region(id)).number(id));
        Parent::bulk_create(parents).count(&db).await?;
        let children = (1..=2 * PARENTS).map(|n| {
            let id = (n - 1) % PARENTS + 1;
            Child::create().parent_id(id).region(region(id)).number(id)
        });
        Child::bulk_create(children).count(&db).await?;
        // A filter, so that the related table is not simply read whole.
        let parents = || Parent::find_all().filter(Parent::ID.gt(0));
        let one = median(async || parents().include(Parent::BY_ONE).exec(&db).await).await?;
        let two = median(async || parents().include(Parent::BY_TWO).exec(&db).await).await?;
        let ratio = two.as_secs_f64() / one.as_secs_f64();
        println!("{}: one column {} ms, two columns {} ms, {ratio:.2}", db.dialect().name(), one.as_millis(), two.as_millis());
        db.drop_tables::<(Parent, Child)>().await?;
    }
    Ok(())
}

/// The median time of five runs, after one that is not counted.
async fn median(run: impl AsyncFn() -> Result<Vec<Parent>>) -> Result<Duration> {
    let mut times = Vec::new();
    for round in 0..6 {
        let start = Instant::now();
        let rows = run().await?;
        let time = start.elapsed();
        let loaded = |row: &Parent| row.by_one.get().or(row.by_two.get()).map_or(0, <[Child]>::len);
        assert!(rows.len() == 40_000 && rows.iter().all(|row| loaded(row) == 2));
        if round > 0 {
            times.push(time);
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}
