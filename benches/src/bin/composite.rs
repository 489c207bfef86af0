//! Including by keys of several columns beside a key of one: 40,000 parents with two children each, on every database.
//! `cargo run --release --bin composite`; servers by `ORM_TEST_POSTGRES_URL`, `ORM_TEST_MYSQL_URL` and
//! `ORM_TEST_MARIADB_URL`, those without a variable are left out. Prints milliseconds, the median of five, and the ratios.

use std::time::{Duration, Instant};

use orm::prelude::*;

const PARENTS: i64 = 40_000;

#[derive(Debug, Clone, Model)]
#[orm(table = "bench_parents", unique(region, number), unique(grp, number))]
struct Parent {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    region: String,
    number: i64,
    grp: i64,
    #[orm(key = parent_id)]
    by_one: HasMany<Child>,
    #[orm(key(grp, number), references(grp, number))]
    by_numbers: HasMany<Child>,
    #[orm(key(region, number), references(region, number))]
    by_text: HasMany<Child>,
    #[orm(key(grp, region, number), references(grp, region, number))]
    by_three: HasMany<Child>,
}

#[derive(Debug, Clone, Model)]
#[orm(
    table = "bench_children",
    index(parent_id),
    index(grp, number),
    index(region, number),
    index(grp, region, number)
)]
struct Child {
    #[orm(primary_key)]
    id: i64,
    parent_id: i64,
    #[orm(length = 20)]
    region: String,
    number: i64,
    grp: i64,
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
        let parents = (1..=PARENTS).map(|id| Parent::create().region(region(id)).number(id).grp(id % 100));
        Parent::bulk_create(parents).count(&db).await?;
        let children = (1..=2 * PARENTS).map(|n| {
            let id = (n - 1) % PARENTS + 1;
            Child::create().parent_id(id).region(region(id)).number(id).grp(id % 100)
        });
        Child::bulk_create(children).count(&db).await?;
        // A filter, so that the related table is not simply read whole.
        let parents = || Parent::find_all().filter(Parent::ID.gt(0));
        let one = median(|p| &p.by_one, async || parents().include(Parent::BY_ONE).exec(&db).await).await?;
        print!("{}: one column {} ms", db.dialect().name(), one.as_millis());
        let show = |name: &str, time: Duration| {
            print!("; {name} {} ms, {:.2}", time.as_millis(), time.as_secs_f64() / one.as_secs_f64());
        };
        let numbers = async || parents().include(Parent::BY_NUMBERS).exec(&db).await;
        show("two integers", median(|p| &p.by_numbers, numbers).await?);
        let text = async || parents().include(Parent::BY_TEXT).exec(&db).await;
        show("text and an integer", median(|p| &p.by_text, text).await?);
        let three = async || parents().include(Parent::BY_THREE).exec(&db).await;
        show("three columns", median(|p| &p.by_three, three).await?);
        println!();
        db.drop_tables::<(Parent, Child)>().await?;
    }
    Ok(())
}

/// The median time of five runs, after one that is not counted.
async fn median(
    children: fn(&Parent) -> &HasMany<Child>,
    run: impl AsyncFn() -> Result<Vec<Parent>>,
) -> Result<Duration> {
    let mut times = Vec::new();
    for round in 0..6 {
        let start = Instant::now();
        let rows = run().await?;
        let time = start.elapsed();
        assert!(rows.len() == 40_000 && rows.iter().all(|row| children(row).get().is_ok_and(|all| all.len() == 2)));
        if round > 0 {
            times.push(time);
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}
