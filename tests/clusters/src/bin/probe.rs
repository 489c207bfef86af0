//! Puts load on a cluster and checks the rows afterwards: `probe URL SECONDS`. Sixteen tasks create rows, count up rows in transactions, find or
//! create, insert many rows and read what they have written; meanwhile somebody ends a server. Afterwards every row that was
//! acknowledged is looked for, and counters are compared with the rows of their transactions.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use orm::prelude::*;
use orm::{DatabaseOptions, PoolOptions, TransactionOptions};
use tokio::time::{Instant, sleep};

const TASKS: usize = 16;
const COUNTERS: i64 = 4;

#[derive(Debug, Clone, Model)]
#[orm(table = "probe_rows")]
struct Row {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 60, unique)]
    token: String,
    counter: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "probe_counters")]
struct Counter {
    #[orm(primary_key)]
    id: i64,
    n: i64,
}

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    /// Tokens of rows that were acknowledged.
    rows: BTreeSet<String>,
    done: usize,
    /// Failures by operation and kind.
    failed: BTreeMap<(&'static str, String), usize>,
    /// Bulk inserts that gave other rows than they were given, and reads that did not see the task's own writes.
    wrong: usize,
    stale: usize,
    /// When something last succeeded, and the longest time without.
    last: Option<Instant>,
    outage: Duration,
}

impl Seen {
    fn succeeded(&mut self, tokens: impl IntoIterator<Item = String>) {
        self.rows.extend(tokens);
        self.done += 1;
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            self.outage = self.outage.max(now - last);
        }
    }

    fn failed(&mut self, operation: &'static str, error: &Error) {
        *self.failed.entry((operation, format!("{:?}", error.kind()))).or_default() += 1;
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let usage = || Error::new(ErrorKind::Config, "usage: probe URL SECONDS");
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or_else(usage)?;
    let seconds: u64 = arguments.next().and_then(|text| text.parse().ok()).ok_or_else(usage)?;
    let options = DatabaseOptions::new().pool(PoolOptions::new().max_connections(8)).read_retries(10);
    let db = orm::connect_with(&url, options).await?;
    db.drop_tables::<(Row, Counter)>().await?;
    db.create_tables::<(Row, Counter)>().await?;
    Counter::bulk_create((1..=COUNTERS).map(|id| Counter::create().id(id).n(0))).exec(&db).await?;
    // Until replicas have the tables.
    sleep(Duration::from_millis(500)).await;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let until = Instant::now() + Duration::from_secs(seconds);
    println!("load");
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(work(db.clone(), task, until, Arc::clone(&seen)));
    }
    tasks.join_all().await;
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    let on = db.on_primary();
    let there: BTreeSet<String> = Row::find_all().exec(&on).await?.into_iter().map(|row| row.token).collect();
    let lost = seen.rows.iter().filter(|token| !there.contains(*token)).count();
    println!("done {}, outage {:?}, lost {lost} of {}", seen.done, seen.outage, seen.rows.len());
    println!("wrong rows {}, stale reads {}", seen.wrong, seen.stale);
    for counter in Counter::find_all().order_by(Counter::ID).exec(&on).await? {
        let rows = Row::count().filter(Row::COUNTER.eq(counter.id)).exec(&on).await?;
        println!("counter {}: {} of {rows} transactions", counter.id, counter.n);
    }
    for ((operation, kind), count) in &seen.failed {
        println!("failed {operation}: {kind} {count}");
    }
    println!("attempts to connect that succeeded: {}", db.pool_status().created);
    Ok(())
}

async fn work(db: Database, task: usize, until: Instant, seen: Arc<Mutex<Seen>>) {
    let note = |operation, result: Result<Vec<String>>| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(tokens) => seen.succeeded(tokens),
            Err(error) => seen.failed(operation, &error),
        }
    };
    let mut round = 0_u32;
    while Instant::now() < until {
        round += 1;
        let db = db.session();
        let token = |what: &str| format!("{what}-{task}-{round}");
        let created = Row::create().token(token("plain")).exec(&db).await;
        if let Ok(row) = &created
            && Row::find_by_pk(row.id).exec(&db).await.is_ok_and(|found| found.is_none())
        {
            seen.lock().unwrap_or_else(PoisonError::into_inner).stale += 1;
        }
        note("create", created.map(|row| vec![row.token]));
        let (counter, text) = (1 + i64::from(round) % COUNTERS, token("counted"));
        let options =
            TransactionOptions::new().retries(100).backoff(Duration::from_millis(10), Duration::from_millis(200));
        let counted = db.transaction_with(options, async |tx| {
            Counter::update().n(Counter::N + 1).filter(Counter::ID.eq(counter)).exec(tx).await?;
            Row::create().token(text.as_str()).counter(counter).exec(tx).await
        });
        note("transaction", counted.await.map(|row| vec![row.token]));
        let many: Vec<String> = (0..20).map(|number| format!("{}-{number}", token("many"))).collect();
        let rows = Row::bulk_create(many.iter().map(|token| Row::create().token(token.as_str()))).exec(&db).await;
        if rows.as_ref().is_ok_and(|rows| !rows.iter().map(|row| &row.token).eq(&many)) {
            seen.lock().unwrap_or_else(PoisonError::into_inner).wrong += 1;
        }
        note("bulk_create", rows.map(|rows| rows.into_iter().map(|row| row.token).collect()));
        sleep(Duration::from_millis(2)).await;
    }
}
