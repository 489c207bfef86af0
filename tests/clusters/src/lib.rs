//! What holds on servers that follow each other: reads from replicas, and reading what was written. `cargo xtask cluster NAME`
//! starts the servers and says where they are; without them, each test says so and returns.

// Tests stop at the first surprise, and this whole crate is tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(missing_docs, missing_debug_implementations)]

#[path = "../../src/relay.rs"]
pub mod relay;

use std::env;
use std::fs::File;
use std::time::Duration;

use orm::prelude::*;
use orm::{DatabaseOptions, ErrorKind, PoolOptions, Position, Replica};
use tokio::time::{Instant, sleep, timeout};

use relay::Relay;

/// Makes the tests of a cluster.
#[macro_export]
macro_rules! clusters {
    ($($module:ident = $cluster:literal),+ $(,)?) => {$(
        mod $module {
            $crate::clusters!(@tests $cluster
                queries_run_on_a_replica_and_writes_on_the_primary
                a_session_reads_what_it_has_written
                what_a_replica_lacks_is_read_from_the_primary
                a_position_is_carried_to_another_process
                a_read_after_a_write_costs_one_round_trip
                reads_are_as_fresh_as_they_must_be
                tables_are_looked_for_on_the_primary
                relations_and_pages_come_from_one_replica
                what_a_replica_cannot_do_the_primary_does
                a_replica_that_goes_is_left_out_until_it_is_back
                a_stream_comes_from_a_replica
                of_several_hosts_the_one_that_takes_writes_is_connected_to
                when_a_host_goes_the_next_one_is_connected_to
                a_connection_to_a_server_that_refuses_writes_is_not_kept
                no_host_with_what_is_wanted_is_an_error_that_names_all
            );
        }
    )+};
    (@tests $cluster:literal $($name:ident)+) => {$(
        #[test]
        fn $name() {
            $crate::run($cluster, stringify!($name), $crate::$name);
        }
    )+};
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "cluster_entries")]
struct Entry {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 60)]
    token: String,
    lines: HasMany<Line>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "cluster_lines")]
struct Line {
    #[orm(primary_key)]
    id: i64,
    entry_id: i64,
    entry: BelongsTo<Entry>,
}

/// A primary and its replicas, for one test at a time.
#[derive(Debug)]
pub struct Cluster {
    /// The database of the test, on the primary.
    url: String,
    /// The same, on the replicas.
    replicas: Vec<String>,
    _alone: File,
}

/// Runs a test on a cluster, if it was started.
pub fn run<F: Future<Output = Result<()>>>(cluster: &str, test: &str, body: impl FnOnce(Cluster) -> F) {
    let variable = format!("ORM_TEST_{}", cluster.to_uppercase().replace('-', "_"));
    let named = |what: &str| env::var(format!("{variable}_{what}")).ok().filter(|value| !value.is_empty());
    let (Some(url), Some(replicas)) = (named("URL"), named("REPLICAS")) else {
        println!("SKIPPED: {cluster} is not started: `cargo xtask cluster {cluster}`");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        // Replication is one for all databases of a server, and some tests stop it.
        let alone = File::create(env::temp_dir().join(format!("orm-{variable}.lock"))).unwrap();
        alone.lock().unwrap();
        let replicas: Vec<&str> = replicas.split(',').collect();
        let cluster = Cluster::new(&url, &replicas, test, alone).await.unwrap();
        timeout(Duration::from_secs(60), body(cluster)).await.expect("the test takes too long").unwrap();
    });
}

impl Cluster {
    /// Makes the database of a test, with its tables, and waits until the replicas have them.
    async fn new(server: &str, replicas: &[&str], test: &str, alone: File) -> Result<Self> {
        let name = format!("{test:.40}_{}", std::process::id());
        let of = |url: &str| format!("{}/{name}", url.rsplit_once('/').unwrap().0);
        let (user, place) = server.rsplit_once('@').unwrap();
        let name_of_server = place.rsplit_once('/').unwrap().1;
        let replicas: Vec<String> = replicas.iter().map(|place| format!("{user}@{place}/{name_of_server}")).collect();
        let admin = orm::connect(server).await?;
        admin.batch(&format!("CREATE DATABASE {name}")).await?;
        admin.close().await?;
        let cluster = Self { url: of(server), replicas: replicas.iter().map(|url| of(url)).collect(), _alone: alone };
        let db = orm::connect(&cluster.url).await?;
        db.create_tables::<(Entry, Line)>().await?;
        db.close().await?;
        for url in &cluster.replicas {
            eventually(async || match orm::connect(url).await {
                Ok(replica) => replica.table_exists::<Line>().await,
                Err(_) => Ok(false),
            })
            .await;
        }
        Ok(cluster)
    }

    async fn connect(&self) -> Result<Database> {
        self.connect_with(DatabaseOptions::new()).await
    }

    async fn connect_with(&self, options: DatabaseOptions) -> Result<Database> {
        let options = options.replicas(self.replicas.clone()).replica_check(Duration::from_millis(50));
        let db = orm::connect_with(&self.url, options).await?;
        assert!(db.replicas().iter().all(|replica| replica.usable), "{:?}", db.replicas());
        Ok(db)
    }

    /// Keeps the replicas from taking over what is written, until what this gives is told to go on.
    async fn stop(&self) -> Result<Stopped> {
        let mut replicas = Vec::new();
        for url in &self.replicas {
            let replica = orm::connect(url).await?;
            replica.batch(stop_and_start(&replica).0).await?;
            replicas.push(replica);
        }
        Ok(Stopped(replicas))
    }
}

/// The statements that keep a replica from taking over what is written, and that let it go on.
fn stop_and_start(replica: &Database) -> (&'static str, &'static str) {
    match replica.dialect().name() {
        "postgresql" => ("SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()"),
        _ => ("STOP SLAVE SQL_THREAD", "START SLAVE SQL_THREAD"),
    }
}

/// Replicas that take nothing over.
#[derive(Debug)]
struct Stopped(Vec<Database>);

impl Stopped {
    async fn go_on(self) -> Result<()> {
        for replica in &self.0 {
            replica.batch(stop_and_start(replica).1).await?;
        }
        Ok(())
    }
}

/// Whatever becomes of a test, the next one finds replicas that work.
async fn while_stopped(cluster: &Cluster, body: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    let stopped = cluster.stop().await?;
    let result = timeout(Duration::from_secs(30), body()).await.expect("the test takes too long");
    stopped.go_on().await?;
    result
}

async fn eventually(mut holds: impl AsyncFnMut() -> Result<bool>) {
    let start = Instant::now();
    while !holds().await.unwrap() {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not come");
        sleep(Duration::from_millis(5)).await;
    }
}

async fn create(db: &Database, token: &str) -> Result<Entry> {
    Entry::create().token(token).exec(db).await
}

async fn find(db: &Database, row: &Entry) -> Result<Option<Entry>> {
    Entry::find_by_pk(row.id).exec(db).await
}

pub async fn queries_run_on_a_replica_and_writes_on_the_primary(cluster: Cluster) -> Result<()> {
    let db = cluster.connect().await?;
    while_stopped(&cluster, async || {
        let row = create(&db, "new").await?;
        assert_eq!(find(&db, &row).await?, None);
        assert_eq!(Entry::find_all().exec(&db).await?, []);
        assert_eq!(Entry::count().exec(&db).await?, 0);
        assert!(!Entry::exists().exec(&db).await?);
        assert_eq!(Entry::aggregate(Entry::ID.max()).exec(&db).await?, None);
        assert!(find(&db.on_primary(), &row).await?.is_some());
        assert!(db.transaction(async |tx| Entry::find_by_pk(row.id).exec(tx).await).await?.is_some());
        // Locks are the primary's, and raw SQL is wherever it says.
        assert_eq!(Entry::find_all().for_update().exec(&db).await?.len(), 1);
        let count = "SELECT COUNT(*) FROM cluster_entries";
        assert_eq!(db.query::<i64>(count, ()).await?, [1]);
        assert_eq!(db.on_replica().query::<i64>(count, ()).await?, [0]);
        Ok(())
    })
    .await?;
    eventually(async || Ok(Entry::count().exec(&db).await? == 1)).await;
    Ok(())
}

pub async fn a_session_reads_what_it_has_written(cluster: Cluster) -> Result<()> {
    let db = cluster.connect().await?.session();
    assert_eq!(db.position(), None);
    for number in 0..100 {
        let mut row = create(&db, "a").await?;
        assert!(find(&db, &row).await?.is_some(), "{number}");
        row.update().token("b").exec(&db).await?;
        assert_eq!(find(&db, &row).await?.unwrap().token, "b", "{number}");
        let other = db.transaction(async |tx| Entry::create().token("c").exec(tx).await).await?;
        assert!(find(&db, &other).await?.is_some(), "{number}");
        db.execute("UPDATE cluster_entries SET token = 'd'", ()).await?;
        assert_eq!(find(&db, &other).await?.unwrap().token, "d", "{number}");
    }
    Ok(())
}

pub async fn what_a_replica_lacks_is_read_from_the_primary(cluster: Cluster) -> Result<()> {
    let wait = Duration::from_millis(100);
    let all = cluster.connect_with(DatabaseOptions::new().replica_wait(wait)).await?;
    while_stopped(&cluster, async || {
        let db = all.session();
        let row = create(&db, "new").await?;
        let start = Instant::now();
        assert!(find(&db, &row).await?.is_some());
        assert!(start.elapsed() >= wait && start.elapsed() < 20 * wait, "{:?}", start.elapsed());
        // Another handle has not written that.
        assert!(find(&all.session(), &row).await?.is_none());
        Ok(())
    })
    .await
}

pub async fn a_position_is_carried_to_another_process(cluster: Cluster) -> Result<()> {
    let (one, other) = (cluster.connect().await?, cluster.connect().await?);
    for number in 0..50 {
        let writes = one.session();
        let row = create(&writes, "new").await?;
        let header = writes.position().unwrap().to_string();
        let reads = other.session_after(header.parse()?);
        assert!(find(&reads, &row).await?.is_some(), "{number}");
        assert_eq!(reads.position().unwrap().to_string(), header);
    }
    // What no server gave is no reason to fail.
    let foreign: Position = "zz-1:0/0".parse()?;
    Entry::find_all().exec(&other.session_after(foreign)).await?;
    Ok(())
}

pub async fn a_read_after_a_write_costs_one_round_trip(cluster: Cluster) -> Result<()> {
    let all = cluster.connect().await?;
    let db = all.session();
    create(&db, "new").await?;
    // Until it is there, so that nothing is asked twice.
    sleep(Duration::from_millis(200)).await;
    let log = all.watch();
    create(&db, "next").await?;
    let write = log.take().len();
    sleep(Duration::from_millis(200)).await;
    log.take();
    Entry::find_all().exec(&db).await?;
    assert_eq!(log.take().len(), 2, "the wait and the query");
    Entry::find_all().exec(&db).await?;
    assert_eq!(log.take().len(), 1, "the query");
    Entry::find_all().exec(&all).await?;
    assert_eq!(log.take().len(), 1, "the query");
    create(&all, "plain").await?;
    assert_eq!(log.take().len() + 1, write, "only a session asks for its position");
    Ok(())
}

pub async fn reads_are_as_fresh_as_they_must_be(cluster: Cluster) -> Result<()> {
    let all = cluster.connect().await?;
    let most = Duration::from_millis(500);
    let db = all.max_staleness(most);
    let fresh = async || Ok(all.replicas().iter().all(|replica| replica.staleness.is_some_and(|age| age < most / 2)));
    eventually(fresh).await;
    while_stopped(&cluster, async || {
        let row = create(&db, "new").await?;
        assert!(find(&db, &row).await?.is_none(), "the replicas are fresh enough");
        sleep(most + Duration::from_millis(200)).await;
        assert!(find(&db, &row).await?.is_some(), "the replicas are too old: {:?}", all.replicas());
        assert!(find(&all, &row).await?.is_none());
        Ok(())
    })
    .await?;
    eventually(fresh).await;
    Ok(())
}

pub async fn tables_are_looked_for_on_the_primary(cluster: Cluster) -> Result<()> {
    let db = cluster.connect().await?;
    while_stopped(&cluster, async || {
        db.drop_tables::<(Entry, Line)>().await?;
        assert!(!db.table_exists::<Entry>().await?);
        db.create_tables::<(Entry, Line)>().await?;
        assert_eq!(db.check::<(Entry, Line)>().await?, []);
        create(&db, "new").await?;
        Ok(())
    })
    .await?;
    eventually(async || Ok(Entry::count().exec(&db).await? == 1)).await;
    Ok(())
}

pub async fn relations_and_pages_come_from_one_replica(cluster: Cluster) -> Result<()> {
    let all = cluster.connect().await?;
    let db = all.session();
    let row = create(&db, "new").await?;
    row.lines().create().exec(&db).await?;
    let rows = Entry::find_all().include(Entry::LINES).exec(&db).await?;
    assert_eq!(rows[0].lines.get()?.len(), 1);
    while_stopped(&cluster, async || {
        create(&all, "later").await?;
        row.lines().create().exec(&all).await?;
        let rows = Entry::find_all().include(Entry::LINES).exec(&all).await?;
        assert_eq!((rows.len(), rows[0].lines.get()?.len()), (1, 1));
        let page = Entry::find_and_count_all().include(Entry::LINES).exec(&all).await?;
        assert_eq!((page.count, page.rows[0].lines.get()?.len()), (1, 1));
        let mut loaded = row.clone();
        loaded.load(Entry::LINES, &all).await?;
        assert_eq!(loaded.lines.get()?.len(), 1);
        Ok(())
    })
    .await
}

pub async fn what_a_replica_cannot_do_the_primary_does(cluster: Cluster) -> Result<()> {
    let db = cluster.connect().await?;
    while_stopped(&cluster, async || {
        // A table that the replicas do not have yet.
        db.batch("CREATE TABLE cluster_new (id BIGINT)").await?;
        let all = db.on_replica();
        assert!(all.query::<i64>("SELECT id FROM cluster_new", ()).await?.is_empty());
        // A lock that is taken in words of its own.
        let row = create(&db, "new").await?;
        let locked: Vec<i64> = all.query("SELECT id FROM cluster_entries FOR UPDATE", ()).await?;
        if db.dialect().name() == "postgresql" {
            assert_eq!(locked, [row.id]);
        }
        Ok(())
    })
    .await
}

pub async fn a_replica_that_goes_is_left_out_until_it_is_back(cluster: Cluster) -> Result<()> {
    let (mut relay, replica) = Relay::before(&cluster.replicas[0]).await.unwrap();
    let every = Duration::from_millis(50);
    let options = DatabaseOptions::new().replicas([Replica::new(replica)]).replica_check(every);
    let db = orm::connect_with(&cluster.url, options.pool(PoolOptions::new().max_connections(4))).await?;
    let usable = || db.replicas()[0].usable;
    assert!(usable());
    create(&db, "new").await?;
    for _ in 0..3 {
        relay.close();
        for _ in 0..20 {
            Entry::find_all().exec(&db).await?;
            Entry::find_all().include(Entry::LINES).exec(&db).await?;
        }
        eventually(async || Ok(!usable())).await;
        relay.open_again().await.unwrap();
        eventually(async || Ok(usable())).await;
    }
    // One that is not there at the start is left out as well.
    relay.close();
    let gone = format!("{}:{}", relay.address().ip(), relay.address().port());
    let late = orm::connect_with(&cluster.url, DatabaseOptions::new().replicas([gone]).replica_check(every)).await?;
    assert!(!late.replicas()[0].usable);
    assert_eq!(Entry::count().exec(&late).await?, 1);
    relay.open_again().await.unwrap();
    eventually(async || Ok(late.replicas()[0].usable)).await;
    Ok(())
}

pub async fn a_stream_comes_from_a_replica(cluster: Cluster) -> Result<()> {
    let db = cluster.connect().await?;
    while_stopped(&cluster, async || {
        create(&db, "new").await?;
        assert!(Entry::find_all().stream(&db).next().await.is_none());
        let primary = db.on_primary();
        assert!(Entry::find_all().stream(&primary).next().await.is_some());
        Ok(())
    })
    .await
}

/// The URL of a test's database with several hosts, and parameters.
fn hosts(cluster: &Cluster, hosts: &[&str], parameters: &str) -> String {
    let (user, place) = cluster.url.rsplit_once('@').unwrap();
    let hosts = hosts.iter().map(|url| host(url)).collect::<Vec<_>>().join(",");
    format!("{user}@{hosts}/{}?{parameters}", place.rsplit_once('/').unwrap().1)
}

/// The host and the port of a URL.
fn host(url: &str) -> &str {
    url.rsplit_once('@').unwrap().1.rsplit_once('/').unwrap().0
}

async fn port(db: &Database) -> Result<String> {
    let sql = match db.dialect().name() {
        "postgresql" => "SELECT inet_server_port()::bigint",
        _ => "SELECT CAST(@@port AS SIGNED)",
    };
    Ok(db.query::<i64>(sql, ()).await?[0].to_string())
}

pub async fn of_several_hosts_the_one_that_takes_writes_is_connected_to(cluster: Cluster) -> Result<()> {
    let (primary, replica) = (cluster.url.as_str(), cluster.replicas[0].as_str());
    for (target, wanted) in [("read-write", primary), ("read-only", replica)] {
        for order in [[primary, replica], [replica, primary]] {
            let db = orm::connect(&hosts(&cluster, &order, &format!("target={target}"))).await?;
            assert!(host(wanted).ends_with(&port(&db).await?), "{target}");
        }
    }
    let any = orm::connect(&hosts(&cluster, &[replica, primary], "target=any")).await?;
    assert!(host(replica).ends_with(&port(&any).await?));
    let mut ports = std::collections::BTreeSet::new();
    for _ in 0..64 {
        ports.insert(port(&orm::connect(&hosts(&cluster, &[replica, primary], "host_order=random")).await?).await?);
    }
    assert_eq!(ports.len(), 2);
    Ok(())
}

pub async fn when_a_host_goes_the_next_one_is_connected_to(cluster: Cluster) -> Result<()> {
    let (mut first, first_url) = Relay::before(&cluster.url).await.unwrap();
    let (mut second, second_url) = Relay::before(&cluster.url).await.unwrap();
    let url = hosts(&cluster, &[&first_url, &second_url], "target=read-write&connect_retry=5");
    let db = orm::connect_with(&url, DatabaseOptions::new().read_retries(3)).await?;
    let options = || orm::TransactionOptions::new().retries(10);
    for round in 0..4 {
        for _ in 0..5 {
            Entry::find_all().exec(&db).await?;
            db.transaction_with(options(), async |tx| create_in(tx).await).await?;
        }
        if round % 2 == 0 {
            first.close();
            second.open_again().await.unwrap_or_default();
        } else {
            first.open_again().await.unwrap();
            second.close();
        }
    }
    assert_eq!(Entry::count().exec(&db).await?, 20);
    Ok(())
}

async fn create_in(tx: &orm::Transaction) -> Result<Entry> {
    Entry::create().token("in").exec(tx).await
}

pub async fn a_connection_to_a_server_that_refuses_writes_is_not_kept(cluster: Cluster) -> Result<()> {
    let db = orm::connect_with(&cluster.replicas[0], PoolOptions::new().max_connections(2)).await?;
    for _ in 0..3 {
        let created = db.pool_status().created;
        assert_eq!(create(&db, "new").await.unwrap_err().kind(), ErrorKind::ReadOnly);
        Entry::find_all().exec(&db).await?;
        assert_eq!(db.pool_status().created, created + 1);
    }
    // A transaction that refuses writes by itself says nothing about its server.
    let db = orm::connect(&cluster.url).await?;
    let created = db.pool_status().created;
    let tx = db.begin_with(orm::TransactionOptions::new().read_only()).await?;
    assert_eq!(create_in(&tx).await.unwrap_err().kind(), ErrorKind::ReadOnly);
    tx.rollback().await?;
    create(&db, "new").await?;
    assert_eq!(db.pool_status().created, created);
    Ok(())
}

pub async fn no_host_with_what_is_wanted_is_an_error_that_names_all(cluster: Cluster) -> Result<()> {
    let replica = cluster.replicas[0].as_str();
    let error = orm::connect(&hosts(&cluster, &[replica, replica], "target=read-write")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert_eq!(error.message().matches("refuses writes").count(), 2, "{error}");
    let wrong = cluster.url.replace("orm-pw", "wrong");
    let error = orm::connect(&hosts(&Cluster { url: wrong, ..cluster }, &["x@127.0.0.1:1/x"], "target=any")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::ConnectionFailed);
    Ok(())
}

/// MySQL's group replication with several primaries, whose URLs are in `ORM_TEST_MYSQL_GROUP_URLS`, with commas between them.
pub fn a_transaction_that_the_group_has_undone_is_over_at_its_savepoint() {
    let urls = env::var("ORM_TEST_MYSQL_GROUP_URLS").unwrap_or_default();
    let Some((one, other)) = urls.split_once(',') else {
        println!("SKIPPED: ORM_TEST_MYSQL_GROUP_URLS names no group with several primaries");
        return;
    };
    let other = other.split(',').next().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let body = async {
        let (one, other) = (orm::connect(one).await?, orm::connect(other).await?);
        one.drop_tables::<(Entry, Line)>().await?;
        one.create_tables::<(Entry, Line)>().await?;
        let row = create(&one, "new").await?;
        eventually(async || match find(&other, &row).await {
            Ok(found) => Ok(found.is_some()),
            Err(_) => Ok(false),
        })
        .await;
        let tx = other.begin().await?;
        Entry::create().token("outer").exec(&tx).await?;
        Entry::update().token("other").filter(Entry::ID.eq(row.id)).exec(&tx).await?;
        Entry::update().token("one").filter(Entry::ID.eq(row.id)).exec(&one).await?;
        sleep(Duration::from_millis(300)).await;
        let inner = tx.transaction(async |sp| Entry::create().token("inner").exec(sp).await).await;
        assert_eq!(inner.unwrap_err().kind(), ErrorKind::Deadlock);
        assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::Deadlock);
        sleep(Duration::from_millis(300)).await;
        for db in [&one, &other] {
            let rows = Entry::find_all().exec(db).await?;
            assert_eq!(rows.iter().map(|row| row.token.as_str()).collect::<Vec<_>>(), ["one"]);
        }
        Ok::<_, orm::Error>(())
    };
    runtime.block_on(body).unwrap();
}
