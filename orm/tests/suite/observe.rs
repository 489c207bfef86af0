//! What is seen of statements from outside: the log for tests, spans, the warning for slow statements.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orm::{Database, DatabaseOptions, LogOptions, PoolOptions};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::toy::Toy;

#[tokio::test]
async fn the_log_has_the_statements_between_watch_and_drop() {
    let db = Toy::default().open(PoolOptions::new()).await;
    db.execute("INSERT before", ()).await.unwrap();
    let log = db.watch();
    let other = db.watch();
    db.execute("INSERT a", ()).await.unwrap();
    db.clone().transaction(async |tx| tx.execute("INSERT b", ()).await).await.unwrap();
    assert_eq!((log.count(), log.texts()), (2, vec!["INSERT a".to_owned(), "INSERT b".to_owned()]));
    assert_eq!(log.take().len(), 2);
    drop(other);
    db.execute("INSERT c", ()).await.unwrap();
    assert_eq!(log.texts(), ["INSERT c"]);
    drop(log);
    db.execute("INSERT after", ()).await.unwrap();
}

#[tokio::test]
async fn what_begins_and_ends_transactions_is_logged_and_has_spans() {
    let lines = record(LogOptions::new(), Level::DEBUG, async |db| {
        let log = db.watch();
        let tx = db.begin().await.unwrap();
        tx.transaction(async |savepoint| savepoint.execute("INSERT a", ()).await).await.unwrap();
        tx.begin().await.unwrap().rollback().await.unwrap();
        tx.commit().await.unwrap();
        let undone = ["SAVEPOINT orm_2", "ROLLBACK TO SAVEPOINT orm_2; RELEASE SAVEPOINT orm_2"];
        let first = ["BEGIN", "SAVEPOINT orm_2", "INSERT a", "RELEASE SAVEPOINT orm_2"];
        assert_eq!(log.sent(), [&first[..], &undone, &["COMMIT"]].concat());
        assert_eq!(log.texts(), ["INSERT a"]);
    })
    .await;
    let names = ["BEGIN", "SAVEPOINT", "INSERT", "RELEASE", "SAVEPOINT", "ROLLBACK", "COMMIT"];
    let spans: Vec<_> = lines.iter().filter(|line| line.contains("span orm.query")).collect();
    assert_eq!(spans.len(), names.len(), "{lines:?}");
    for (span, name) in spans.iter().zip(names) {
        assert!(span.contains(&format!("db.operation.name={name:?}")), "{span}");
    }
}

#[tokio::test]
async fn a_transaction_begun_by_hand_and_dropped_is_logged_with_its_place() {
    let lines = record(LogOptions::new(), Level::WARN, async |db| {
        let log = db.watch();
        let line = line!() + 1;
        let tx = db.begin().await.unwrap();
        tx.execute("INSERT a", ()).await.unwrap();
        drop(tx);
        let place = format!("orm/tests/suite/observe.rs:{line}:");
        let [begin, insert, rollback] = &log.sent()[..] else { panic!("{:?}", log.sent()) };
        assert_eq!((&**begin, &**insert), ("BEGIN", "INSERT a"));
        assert!(rollback.starts_with(&format!("ROLLBACK -- dropped; begun at {place}")), "{rollback}");
        assert_eq!(log.texts(), ["INSERT a"]);
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("WARN event"), "{lines:?}");
    assert!(lines[0].contains("a transaction was dropped without commit or rollback"), "{lines:?}");
    assert!(lines[0].contains("begun=orm/tests/suite/observe.rs:"), "{lines:?}");
}

#[tokio::test]
async fn a_savepoint_begun_by_hand_and_dropped_is_logged() {
    let lines = record(LogOptions::new(), Level::WARN, async |db| {
        let tx = db.begin().await.unwrap();
        drop(tx.begin().await.unwrap());
        tx.execute("INSERT a", ()).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("a savepoint was dropped without commit or rollback"), "{lines:?}");
    assert!(lines[0].contains("begun=orm/tests/suite/observe.rs:"), "{lines:?}");
}

#[tokio::test]
async fn what_is_ended_in_words_is_not_logged_as_dropped() {
    let lines = record(LogOptions::new(), Level::WARN, async |db| {
        db.begin().await.unwrap().rollback().await.unwrap();
        db.begin().await.unwrap().commit().await.unwrap();
        let tx = db.begin().await.unwrap();
        let savepoint = tx.begin().await.unwrap();
        savepoint.rollback().await.unwrap();
        tx.begin().await.unwrap().commit().await.unwrap();
        tx.rollback().await.unwrap();
        let failed = db.transaction(async |tx| tx.execute("FAIL deadlock", ()).await).await;
        failed.unwrap_err();
        let tx = db.begin().await.unwrap();
        tx.execute("FAIL deadlock", ()).await.unwrap_err();
        tx.commit().await.unwrap_err();
        let cut_off = db.transaction(async |_| std::future::pending::<orm::Result<()>>().await);
        assert!(tokio::time::timeout(Duration::from_millis(5), cut_off).await.is_err());
    })
    .await;
    assert_eq!(lines, Vec::<String>::new());
}

#[tokio::test]
async fn the_operation_is_the_first_word_past_comments() {
    let lines = record(LogOptions::new(), Level::DEBUG, async |db| {
        db.execute("/* a */ -- b\n select 1", ()).await.unwrap_err();
    })
    .await;
    assert!(lines.iter().any(|line| line.contains(r#"db.operation.name="SELECT""#)), "{lines:?}");
}

/// Writes down spans and events as text.
#[derive(Clone, Default)]
struct Recorder {
    lines: Arc<Mutex<Vec<String>>>,
    next: Arc<AtomicU64>,
    most: Option<Level>,
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("orm::") && *metadata.level() <= self.most.unwrap_or(Level::TRACE)
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = format!("{} span {}", span.metadata().level(), span.metadata().name());
        span.record(&mut Line(&mut line));
        self.lines.lock().unwrap().push(line);
        Id::from_u64(self.next.fetch_add(1, SeqCst) + 1)
    }
    fn record(&self, _span: &Id, values: &Record<'_>) {
        let mut line = String::from("record");
        values.record(&mut Line(&mut line));
        self.lines.lock().unwrap().push(line);
    }
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = format!("{} event", event.metadata().level());
        event.record(&mut Line(&mut line));
        self.lines.lock().unwrap().push(line);
    }
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

/// What is logged while `work` runs.
async fn record(log: LogOptions, most: Level, work: impl AsyncFnOnce(Database)) -> Vec<String> {
    let db = Database::connect_with(Toy::default(), DatabaseOptions::new().log(log)).await.unwrap();
    let recorder = Recorder { most: Some(most), ..Recorder::default() };
    let lines = Arc::clone(&recorder.lines);
    let _guard = tracing::subscriber::set_default(recorder);
    work(db).await;
    let lines = lines.lock().unwrap();
    lines.clone()
}

#[tokio::test]
async fn a_statement_has_one_span_with_the_conventional_names_and_no_values() {
    let lines = record(LogOptions::new(), Level::DEBUG, async |db| {
        db.execute("INSERT ?", ("secret",)).await.unwrap();
        db.query::<i64>("SELECT 1", ()).await.unwrap();
    })
    .await;
    let text = lines.join("\n");
    assert!(!text.contains("secret"), "{text}");
    assert_eq!(lines.iter().filter(|line| line.contains("span orm.query")).count(), 2, "{text}");
    for part in [
        r#"DEBUG span orm.query otel.kind="client" db.system.name="toy" db.operation.name="INSERT" db.query.text="INSERT ?""#,
        "record db.response.affected_rows=1",
        "record db.response.returned_rows=1",
        "duration_ms=",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[tokio::test]
async fn values_are_logged_when_asked_for() {
    let lines = record(LogOptions::new().values(true), Level::DEBUG, async |db| {
        db.execute("INSERT ?", ("shown",)).await.unwrap();
    })
    .await;
    assert!(lines.iter().any(|line| line.contains(r#"db.query.parameters=["shown"]"#)), "{lines:?}");
}

#[tokio::test]
async fn errors_and_cancellation_are_recorded() {
    let lines = record(LogOptions::new().statements(Level::INFO), Level::INFO, async |db| {
        db.execute("FAIL deadlock", ()).await.unwrap_err();
        let _ = tokio::time::timeout(Duration::from_millis(2), db.execute("HANG", ())).await;
    })
    .await;
    assert!(lines.iter().any(|line| line == "record error.type=deadlock"), "{lines:?}");
    assert!(lines.iter().any(|line| line == r#"record error.type="cancelled""#), "{lines:?}");
}

#[tokio::test]
async fn slow_statements_are_reported_without_spans_too() {
    let lines = record(LogOptions::new().slow(Duration::ZERO), Level::WARN, async |db| {
        db.query::<i64>("SELECT 1", ()).await.unwrap();
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("WARN event"), "{lines:?}");
    assert!(lines[0].contains(r#"db.query.text="SELECT 1""#), "{lines:?}");
    let lines = record(LogOptions::new().slow(None).statements(None), Level::TRACE, async |db| {
        db.query::<i64>("SELECT 1", ()).await.unwrap();
    })
    .await;
    assert!(lines.is_empty(), "{lines:?}");
}
