//! Migrations: what was run is there and noted, what fails can go on, and two processes do not get in each other's way.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orm::migrate::{Event, Migration, Migrations, Migrator, OutOfOrder, Resolution, State};
use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::cases::cases;
use crate::{TABLES, Test, slow_migrations};

/// A migration that creates a table, and drops it when it is undone.
fn table(version: &str, name: &str) -> Migration {
    let up =
        format!("-- A table.\nCREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY);\nINSERT INTO {name} VALUES (1);");
    Migration::new(version, name, up, Some(format!("DROP TABLE {name}"))).unwrap()
}

fn migrations(all: impl IntoIterator<Item = Migration>) -> Migrations {
    Migrations::new(all).unwrap()
}

fn versions(ran: &[orm::migrate::Ran]) -> Vec<&str> {
    ran.iter().map(|ran| ran.version.as_str()).collect()
}

async fn is_there(db: &Database, table: &str) -> Result<bool> {
    Ok(db.introspect(None).await?.table(&table.into()).is_some())
}

async fn states(migrator: &Migrator, db: &Database) -> Result<Vec<State>> {
    Ok(migrator.status(db).await?.into_iter().map(|status| status.state).collect())
}

async fn a_migrator_that_is_to_stop_does_so_between_statements_and_goes_on_later(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let all = || migrations([table("1", "one"), table("2", "two")]);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // Each has two statements: it stops before the last of all.
    let stopped = Migrator::new(all()).stop_when(move || count.fetch_add(1, SeqCst) == 3);
    let error = stopped.up(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(error.message().contains("stopped before 2_two/up.sql, line 3"), "{error}");
    let second = states(&stopped, &db).await?.pop().unwrap();
    if db.dialect().capabilities().transactional_ddl {
        assert_eq!(second, State::Pending);
        assert!(!is_there(&db, "two").await?);
    } else {
        assert!(matches!(second, State::Failed { done: 1, of: 2, .. }), "{second:?}");
    }
    // The lock is free, and nothing is done twice.
    let migrator = Migrator::new(all()).lock_wait(Duration::from_secs(5));
    assert_eq!(versions(&migrator.up(&db).await?), ["2"]);
    assert_eq!(db.query::<i64>("SELECT id FROM two", ()).await?, [1]);
    Ok(())
}

async fn what_the_database_has_not_had_is_run_in_order(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let first = migrations([table("1", "one")]);
    let migrator = Migrator::new(first.clone());
    // Asking changes nothing.
    assert_eq!(states(&migrator, &db).await?, [State::Pending]);
    assert!(db.introspect(None).await?.tables.is_empty());
    assert_eq!(versions(&first.run(&db).await?), ["1"]);
    assert!(first.run(&db).await?.is_empty());

    let events = Arc::new(Mutex::new(Vec::new()));
    let (heard, all) = (Arc::clone(&events), [table("3", "three"), table("2", "two"), table("1", "one")]);
    let migrator = Migrator::new(migrations(all)).on_event(move |event| {
        heard.lock().unwrap().push(match event {
            Event::Applying(migration) => format!("{} begins", migration.name),
            Event::Applied(migration, _) => format!("{} is there", migration.name),
            other => format!("{other:?}"),
        });
    });
    assert_eq!(versions(&migrator.up_to(&db, "2").await?), ["2"]);
    assert_eq!(versions(&migrator.up(&db).await?), ["3"]);
    assert_eq!(*events.lock().unwrap(), ["two begins", "two is there", "three begins", "three is there"]);
    for table in ["one", "two", "three"] {
        assert_eq!(db.query::<i64>(format!("SELECT id FROM {table}"), ()).await?, [1]);
    }
    let status = migrator.status(&db).await?;
    assert!(status.iter().all(|status| status.state == State::Applied && status.ran.is_some() && !status.changed));
    Ok(())
}

async fn migrations_are_undone_newest_first(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let migrator = Migrator::new(migrations([table("1", "one"), table("2", "two"), table("3", "three")]));
    migrator.up(&db).await?;
    assert_eq!(versions(&migrator.down(&db, 1).await?), ["3"]);
    assert!(!is_there(&db, "three").await? && is_there(&db, "two").await?);
    migrator.up(&db).await?;
    assert_eq!(versions(&migrator.down_to(&db, "1").await?), ["3", "2"]);
    assert_eq!(versions(&migrator.redo(&db).await?), ["1"]);
    assert_eq!(states(&migrator, &db).await?, [State::Applied, State::Pending, State::Pending]);
    assert_eq!(versions(&migrator.down(&db, 9).await?), ["1"]);
    assert!(migrator.down(&db, 1).await?.is_empty());
    Ok(())
}

async fn what_cannot_be_undone_is_refused_before_anything_is(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let mut first = table("1", "one");
    first.down = None;
    let migrator = Migrator::new(migrations([first, table("2", "two")]));
    migrator.up(&db).await?;
    let error = migrator.down(&db, 2).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(error.to_string().contains("1_one cannot be undone: it has no file `down.sql`"), "{error}");
    assert!(is_there(&db, "two").await?);
    Ok(())
}

async fn a_migration_that_fails_is_undone_or_goes_on_where_it_failed(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let of = |third: &str| {
        let up = format!(
            "CREATE TABLE a (id INTEGER NOT NULL);\n\nCREATE TABLE b (id INTEGER NOT NULL);\n{third};\nCREATE TABLE c (id INTEGER NOT NULL)"
        );
        Migrator::new(migrations([
            table("1", "one"),
            Migration::new("2", "broken", up, None).unwrap(),
            table("3", "three"),
        ]))
    };
    let broken = of("INSERT INTO nowhere VALUES (1)");
    let error = broken.up(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTable, "{error}");
    assert!(error.to_string().contains("2_broken/up.sql, line 4: "), "{error}");
    let (mended, whole) = (of("INSERT INTO a VALUES (1)"), test.shape.transactional_ddl);
    assert_eq!(is_there(&db, "b").await?, !whole);
    assert!(is_there(&db, "one").await? && !is_there(&db, "three").await?);
    match &states(&mended, &db).await?[1] {
        State::Pending => assert!(whole),
        State::Failed { done: 2, of: 4, error } => assert!(!whole && error.contains("line 4"), "{error}"),
        other => panic!("{other:?}"),
    }
    if !whole {
        // What is done must stay what it was.
        let up = "CREATE TABLE other (id INTEGER NOT NULL); CREATE TABLE b (id INTEGER NOT NULL)";
        let other = Migrator::new(migrations([table("1", "one"), Migration::new("2", "broken", up, None).unwrap()]));
        let error = other.up(&db).await.unwrap_err();
        assert!(error.to_string().contains("the first 2 statements are done and were changed since"), "{error}");
    }
    assert_eq!(versions(&mended.up(&db).await?), ["2", "3"]);
    assert_eq!(db.query::<i64>("SELECT id FROM a", ()).await?, [1]);
    assert!(states(&mended, &db).await?.iter().all(|state| *state == State::Applied));
    Ok(())
}

async fn a_file_that_was_changed_afterwards_is_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    migrations([table("1", "one")]).run(&db).await?;
    let mut changed = table("1", "one");
    changed.up.push_str(" -- more");
    let migrator = Migrator::new(migrations([changed, table("2", "two")]));
    let error = migrator.up(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(error.to_string().contains("1_one/up.sql was changed after the database had it"), "{error}");
    assert!(migrator.status(&db).await?[0].changed);
    assert!(!is_there(&db, "two").await?);
    Ok(())
}

async fn missing_and_late_migrations_are_told_of(test: Test) -> Result<()> {
    let db = test.connect().await?;
    migrations([table("2", "two"), table("4", "four")]).run(&db).await?;
    let fewer = Migrator::new(migrations([table("2", "two")]));
    let error = fewer.up(&db).await.unwrap_err();
    assert!(error.to_string().contains("has had the migration 4_four, which is not among the files"), "{error}");
    assert!(fewer.status(&db).await?[1].missing);
    assert!(fewer.ignore_missing(true).up(&db).await?.is_empty());

    let late = Migrator::new(migrations([table("2", "two"), table("3", "three"), table("4", "four")]));
    let error = late.clone().out_of_order(OutOfOrder::Refuse).up(&db).await.unwrap_err();
    assert!(error.to_string().contains("3_three is older than 4_four"), "{error}");
    assert_eq!(versions(&late.up(&db).await?), ["3"]);
    Ok(())
}

async fn processes_that_migrate_at_once_run_each_migration_once(test: Test) -> Result<()> {
    let mut all: Vec<Migration> = (1..=5).map(|number| table(&number.to_string(), &format!("t{number}"))).collect();
    // It waits for every transaction that is open, those of processes that wait for the lock among them.
    let concurrently = if test.backend == "postgres" { "CONCURRENTLY " } else { "" };
    all.push(Migration::new("6", "index", format!("CREATE INDEX {concurrently}t1_idx ON t1 (id)"), None)?);
    let all = migrations(all);
    let mut tasks = Vec::new();
    for _ in 0..4 {
        // A pool each, as processes have.
        let (db, all) = (test.connect_with(PoolOptions::new().max_connections(2)).await?, all.clone());
        tasks.push(tokio::spawn(async move { all.run(&db).await }));
    }
    let mut ran = Vec::new();
    for task in tasks {
        ran.extend(task.await.unwrap()?.into_iter().map(|ran| ran.version));
    }
    ran.sort();
    assert_eq!(ran, ["1", "2", "3", "4", "5", "6"]);
    Ok(())
}

async fn a_process_that_waits_too_long_says_so(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let db = test.connect().await?;
    let slow = if test.backend == "postgres" { "SELECT pg_sleep(2)" } else { "DO SLEEP(2)" };
    let slow = migrations([Migration::new("1", "slow", slow, None).unwrap()]);
    let other = test.connect().await?;
    let running = tokio::spawn({
        let slow = slow.clone();
        async move { slow.run(&other).await }
    });
    tokio::time::sleep(Duration::from_millis(700)).await;
    let waiting = Migrator::new(slow).lock_wait(Duration::from_millis(300));
    let error = waiting.up(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    running.await.unwrap()?;
    assert!(waiting.up(&db).await?.is_empty());
    Ok(())
}

async fn a_migration_that_was_interrupted_waits_for_a_word(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let up = "CREATE TABLE a (id INTEGER NOT NULL); CREATE TABLE b (id INTEGER NOT NULL); CREATE TABLE c (id INTEGER NOT NULL)";
    let migrator = Migrator::new(migrations([Migration::new("1", "three", up, Some("DROP TABLE a".into())).unwrap()]));
    migrations([]).run(&db).await?;
    // As it is left by a process that was killed while the second statement ran, which took effect.
    db.batch("CREATE TABLE a (id INTEGER NOT NULL)").await?;
    db.batch("CREATE TABLE b (id INTEGER NOT NULL)").await?;
    let now = match test.backend {
        "postgres" => "now()",
        "sqlite" => "strftime('%Y-%m-%d %H:%M:%f +00:00', 'now')",
        _ => "UTC_TIMESTAMP(6)",
    };
    db.batch(&format!("INSERT INTO _orm_migrations VALUES ('1', 'three', '', 'applying', 3, 1, '', {now}, 0, NULL)"))
        .await?;
    assert_eq!(states(&migrator, &db).await?, [State::Interrupted { done: 1, of: 3 }]);
    let error = migrator.up(&db).await.unwrap_err();
    assert!(error.to_string().contains("1_three was interrupted at statement 2 of 3"), "{error}");
    migrator.resolve(&db, "1", Resolution::TookEffect).await?;
    assert_eq!(versions(&migrator.up(&db).await?), ["1"]);
    assert!(is_there(&db, "c").await?);
    let error = migrator.resolve(&db, "1", Resolution::DidNot).await.unwrap_err();
    assert!(error.to_string().contains("was not interrupted"), "{error}");
    Ok(())
}

/// Looks what became of the statement during which a migration was interrupted, and says so.
async fn resolve(migrator: &Migrator, db: &Database) -> Result<()> {
    for status in migrator.status(db).await? {
        let State::Interrupted { done, .. } = status.state else { continue };
        let all = slow_migrations(db.dialect());
        let statements = orm::migrate::split(&all.get(&status.version).unwrap().up, db.dialect())?;
        let sql = &statements[done].sql;
        let table = || format!("t{}", sql.chars().find(char::is_ascii_digit).unwrap());
        let took_effect = if sql.contains("CREATE TABLE") {
            is_there(db, &table()).await?
        } else if sql.contains("INSERT") {
            !db.query::<i64>(format!("SELECT id FROM {}", table()), ()).await?.is_empty()
        } else {
            true
        };
        let resolution = if took_effect { Resolution::TookEffect } else { Resolution::DidNot };
        migrator.resolve(db, &status.version, resolution).await?;
    }
    Ok(())
}

async fn a_process_that_is_killed_leaves_a_history_that_is_true(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let migrator = Migrator::new(slow_migrations(db.dialect()));
    let child = std::env::current_exe().unwrap();
    let child = child.parent().and_then(std::path::Path::parent).unwrap().join("migrate-child");
    for attempt in 0..10_u64 {
        let mut process = std::process::Command::new(&child)
            .arg(test.url())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", child.display()));
        tokio::time::sleep(Duration::from_millis(20 + attempt * 61 % 300)).await;
        process.kill().unwrap();
        process.wait().unwrap();
        // The server may still be at work for it; it has the lock until then.
        match migrator.up_to(&db, "1").await {
            Err(error) if error.kind() == ErrorKind::Migration => resolve(&migrator, &db).await?,
            _ if attempt % 2 == 0 => {}
            other => drop(other?),
        }
        let had = states(&migrator, &db).await?;
        assert!(!had.iter().any(|state| matches!(state, State::Interrupted { .. })), "{had:?}");
    }
    migrator.up(&db).await?;
    assert_eq!(states(&migrator, &db).await?, [State::Applied, State::Applied]);
    for number in 0..TABLES {
        let rows = db.query::<i64>(format!("SELECT id FROM t{number}"), ()).await?;
        assert_eq!(rows, [i64::try_from(number).unwrap()]);
    }
    Ok(())
}

async fn a_database_that_was_made_otherwise_begins_at_a_version(test: Test) -> Result<()> {
    let db = test.connect().await?;
    db.batch("CREATE TABLE one (id INTEGER NOT NULL PRIMARY KEY)").await?;
    let migrator = Migrator::new(migrations([table("1", "one"), table("2", "two")]));
    assert_eq!(versions(&migrator.baseline(&db, "1").await?), ["1"]);
    assert_eq!(versions(&migrator.up(&db).await?), ["2"]);
    assert!(db.query::<i64>("SELECT id FROM one", ()).await?.is_empty());
    let error = migrator.baseline(&db, "9").await.unwrap_err();
    assert!(error.to_string().contains("there is no migration 9"), "{error}");
    Ok(())
}

async fn what_transactions_cannot_have_is_run_without_one(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let statement = match test.backend {
        "postgres" => "CREATE INDEX CONCURRENTLY one_idx ON one (id)",
        "sqlite" => "VACUUM",
        _ => "OPTIMIZE TABLE one",
    };
    let second = Migration::new("2", "outside", format!("{statement};\nINSERT INTO one VALUES (2)"), None).unwrap();
    let all = migrations([table("1", "one"), second]);
    assert_eq!(versions(&all.run(&db).await?), ["1", "2"]);
    assert_eq!(db.query::<i64>("SELECT id FROM one ORDER BY id", ()).await?, [1, 2]);
    let third = Migration::new("3", "own", "BEGIN; INSERT INTO one VALUES (3); COMMIT", None).unwrap();
    let error = migrations(all.iter().cloned().chain([third])).run(&db).await.unwrap_err();
    assert!(error.to_string().contains("3_own/up.sql, line 1 begins or ends a transaction"), "{error}");
    let tx = db.begin().await?;
    let error = all.run(&tx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    tx.rollback().await
}

async fn folders_and_programs_have_the_same_migrations(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let embedded = orm::migrate!("migrations");
    let folder = Migrations::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    assert_eq!(embedded, folder);
    assert_eq!(embedded.run(&db).await?.len(), embedded.len());
    assert_eq!(db.query::<String>("SELECT name FROM planets ORDER BY name", ()).await?, ["Mars", "Venus"]);
    assert_eq!(Migrator::new(folder).down(&db, 2).await?.len(), 2);
    let error = Migrations::from_folder("there/is/no/such/folder").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("`there/is/no/such/folder` cannot be read"), "{error}");
    Ok(())
}

cases! { $ migrate:
    what_the_database_has_not_had_is_run_in_order,
    a_migrator_that_is_to_stop_does_so_between_statements_and_goes_on_later,
    migrations_are_undone_newest_first,
    what_cannot_be_undone_is_refused_before_anything_is,
    a_migration_that_fails_is_undone_or_goes_on_where_it_failed,
    a_file_that_was_changed_afterwards_is_refused,
    missing_and_late_migrations_are_told_of,
    processes_that_migrate_at_once_run_each_migration_once,
    a_process_that_waits_too_long_says_so,
    a_migration_that_was_interrupted_waits_for_a_word,
    a_process_that_is_killed_leaves_a_history_that_is_true,
    a_database_that_was_made_otherwise_begins_at_a_version,
    what_transactions_cannot_have_is_run_without_one,
    folders_and_programs_have_the_same_migrations,
}
