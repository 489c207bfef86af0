//! What is seen of statements from outside: a `tracing` span for each, a warning for slow ones, and [`QueryLog`] for tests
//! that count them. Costs a few relaxed loads per statement while nobody looks. Which statements run is not decided here.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Instant;

use orm_core::dialect::{Dialect, Lexical};
use orm_core::driver::{Connection, Control, Done, Query, operation_name};
use orm_core::row::{Flow, Row, RowSink};
use orm_core::{Error, Result, Value};
use tracing::field::Empty;
use tracing::{Instrument, Level, Span};

use crate::options::LogOptions;

const TARGET: &str = "orm::query";

/// A boxed future, as the driver's traits return them.
pub(crate) type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Watches the statements of one database.
#[derive(Debug)]
pub(crate) struct Observer {
    system: &'static str,
    lexical: Lexical,
    target: String,
    options: LogOptions,
    watchers: Arc<AtomicUsize>,
    logs: Arc<Mutex<Vec<Weak<Log>>>>,
}

impl Observer {
    /// Where the database is, without a password.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    pub(crate) fn new(dialect: &dyn Dialect, target: String, options: LogOptions) -> Self {
        let (system, lexical) = (dialect.name(), dialect.lexical());
        Self { system, lexical, target, options, watchers: Arc::default(), logs: Arc::default() }
    }

    /// The same for another server of the database.
    pub(crate) fn of_server(&self, target: String) -> Self {
        let (watchers, logs) = (Arc::clone(&self.watchers), Arc::clone(&self.logs));
        Self { target, watchers, logs, options: self.options.clone(), ..*self }
    }

    /// Runs a statement, observed when somebody looks.
    #[inline]
    pub(crate) fn fetch<'a>(
        &'a self,
        connection: &'a mut dyn Connection,
        query: Query<'a>,
        sink: &'a mut dyn RowSink,
    ) -> Running<'a, Done> {
        if self.is_watched() { Box::pin(self.observe(connection, query, sink)) } else { connection.fetch(query, sink) }
    }

    /// Runs several statements, observed as one when somebody looks.
    pub(crate) fn batch<'a>(&'a self, connection: &'a mut dyn Connection, sql: &'a str) -> Running<'a, ()> {
        if !self.is_watched() {
            return connection.batch(sql);
        }
        Box::pin(async move {
            let mut watch = self.watch_statement(sql, &[], Part::Statement);
            let span = watch.span.clone();
            let result = connection.batch(sql).instrument(span).await;
            watch.end(result.as_ref().err(), None, None);
            result
        })
    }

    /// Takes a step of a transaction.
    pub(crate) async fn control(&self, connection: &mut dyn Connection, step: Control<'_>) -> Result<()> {
        let sql = connection.control_sql(step)?;
        let query = Query::new(&sql, &[]);
        if !self.is_watched() {
            return connection.control(step, query).await;
        }
        self.observe_control(&sql, connection.control(step, query)).await
    }

    /// Makes a connection fit for its next user, which may roll a transaction back.
    pub(crate) async fn reset(&self, connection: &mut dyn Connection) -> Result<()> {
        if !self.is_watched() || !connection.in_transaction() {
            return connection.reset().await;
        }
        let sql = connection.control_sql(Control::Rollback)?;
        self.observe_control(&sql, connection.reset()).await
    }

    /// Notes that a transaction or savepoint that was begun by hand, at a place in the program, was dropped: that rolls it
    /// back, which nobody has asked for in words.
    pub(crate) fn dropped(&self, level: u32, begun: &Location<'_>) {
        let what = if level > 1 { "savepoint" } else { "transaction" };
        tracing::warn!(
            target: "orm::transaction",
            %begun,
            server = self.target,
            "a {what} was dropped without commit or rollback, which undoes its changes"
        );
        // What undoes a savepoint is in the log when it is sent.
        if level == 1 && self.watchers.load(Relaxed) != 0 {
            self.log(Part::Control, &format!("ROLLBACK -- dropped; begun at {begun}"));
        }
    }

    fn log(&self, part: Part, sql: &str) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|log| {
            log.upgrade().is_some_and(|log| {
                log.push(part, sql);
                true
            })
        });
    }

    async fn observe_control(&self, sql: &str, step: impl Future<Output = Result<()>>) -> Result<()> {
        let mut watch = self.watch_statement(sql, &[], Part::Control);
        let span = watch.span.clone();
        let result = step.instrument(span).await;
        watch.end(result.as_ref().err(), None, None);
        result
    }

    #[inline]
    fn is_watched(&self) -> bool {
        self.watchers.load(Relaxed) != 0
            || self.options.statements.is_some_and(is_wanted)
            || (self.options.slow.is_some() && tracing::enabled!(target: TARGET, Level::WARN))
    }

    async fn observe(&self, connection: &mut dyn Connection, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        let mut watch = self.watch_statement(query.sql, query.binds, Part::Statement);
        let mut sink = Counted { sink, rows: 0 };
        let span = watch.span.clone();
        let result = connection.fetch(query, &mut sink).instrument(span).await;
        watch.end(result.as_ref().err(), Some(sink.rows), result.as_ref().ok().map(|done| done.rows_affected));
        result
    }

    fn watch_statement<'a>(&'a self, sql: &'a str, binds: &[Value], part: Part) -> Watch<'a> {
        if self.watchers.load(Relaxed) != 0 {
            self.log(part, sql);
        }
        let span = self.options.statements.map_or_else(Span::none, |level| self.span(level, sql, binds));
        Watch { observer: self, sql, span, started: Instant::now(), ended: false }
    }

    fn span(&self, level: Level, sql: &str, binds: &[Value]) -> Span {
        macro_rules! span_at {
            ($level:expr) => {
                tracing::span!(
                    target: TARGET,
                    $level,
                    "orm.query",
                    "otel.kind" = "client",
                    "db.system.name" = self.system,
                    "server.address" = Empty,
                    "server.port" = Empty,
                    "db.operation.name" = &*operation_name(sql, self.lexical),
                    "db.query.text" = sql,
                    "db.query.parameters" = Empty,
                    "db.response.returned_rows" = Empty,
                    "db.response.affected_rows" = Empty,
                    "db.response.status_code" = Empty,
                    "error.type" = Empty,
                )
            };
        }
        let span = match level {
            Level::ERROR => span_at!(Level::ERROR),
            Level::WARN => span_at!(Level::WARN),
            Level::INFO => span_at!(Level::INFO),
            Level::DEBUG => span_at!(Level::DEBUG),
            Level::TRACE => span_at!(Level::TRACE),
        };
        if let Some((host, port)) = address(&self.target).filter(|_| !span.is_disabled()) {
            span.record("server.address", host).record("server.port", port);
        }
        if self.options.values && !binds.is_empty() && !span.is_disabled() {
            span.record("db.query.parameters", tracing::field::display(Shown(binds)));
        }
        span
    }

    /// Records the texts of all statements from now on.
    pub(crate) fn watch(&self) -> QueryLog {
        let log = Arc::new(Log { sent: Mutex::default(), watchers: Arc::clone(&self.watchers) });
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&log));
        self.watchers.fetch_add(1, Relaxed);
        QueryLog(log)
    }
}

/// The host and port of a server's description: `mysql://user@host:3306/name`, `host:5432/name`.
fn address(target: &str) -> Option<(&str, u16)> {
    let place = target.split_once("://").map_or(target, |(_, place)| place);
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let place = place.rsplit_once('/').map_or(place, |(place, _)| place);
    let (host, port) = place.rsplit_once(':')?;
    Some((host, port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
}

/// Whether a subscriber wants spans of this level.
#[inline]
fn is_wanted(level: Level) -> bool {
    match level {
        Level::ERROR => tracing::enabled!(target: TARGET, Level::ERROR),
        Level::WARN => tracing::enabled!(target: TARGET, Level::WARN),
        Level::INFO => tracing::enabled!(target: TARGET, Level::INFO),
        Level::DEBUG => tracing::enabled!(target: TARGET, Level::DEBUG),
        Level::TRACE => tracing::enabled!(target: TARGET, Level::TRACE),
    }
}

/// One statement that is being observed. Dropped before its end, it was cancelled.
struct Watch<'a> {
    observer: &'a Observer,
    sql: &'a str,
    span: Span,
    started: Instant,
    ended: bool,
}

impl Watch<'_> {
    fn end(&mut self, error: Option<&Error>, rows: Option<u64>, affected: Option<u64>) {
        self.ended = true;
        let elapsed = self.started.elapsed();
        if let Some(rows) = rows {
            self.span.record("db.response.returned_rows", rows);
        }
        if let Some(affected) = affected {
            self.span.record("db.response.affected_rows", affected);
        }
        if let Some(error) = error {
            self.span.record("error.type", tracing::field::display(error.kind()));
            if let Some(code) = error.code() {
                self.span.record("db.response.status_code", code);
            }
        }
        let milliseconds = elapsed.as_secs_f64() * 1e3;
        if let Some(level) = self.observer.options.statements {
            macro_rules! event_at {
                ($level:expr) => {
                    tracing::event!(
                        target: TARGET,
                        parent: &self.span,
                        $level,
                        duration_ms = milliseconds,
                        rows,
                        affected,
                        error = error.map(tracing::field::display),
                        "statement"
                    )
                };
            }
            match level {
                Level::ERROR => event_at!(Level::ERROR),
                Level::WARN => event_at!(Level::WARN),
                Level::INFO => event_at!(Level::INFO),
                Level::DEBUG => event_at!(Level::DEBUG),
                Level::TRACE => event_at!(Level::TRACE),
            }
        }
        if self.observer.options.slow.is_some_and(|threshold| elapsed >= threshold) {
            tracing::warn!(
                target: TARGET,
                duration_ms = milliseconds,
                "db.system.name" = self.observer.system,
                "db.query.text" = self.sql,
                server = self.observer.target,
                rows,
                affected,
                "slow statement"
            );
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.span.record("error.type", "cancelled");
        }
    }
}

/// Counts rows on their way.
struct Counted<'a> {
    sink: &'a mut dyn RowSink,
    rows: u64,
}

impl RowSink for Counted<'_> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows += 1;
        self.sink.row(row)
    }
    fn restart(&mut self) {
        self.rows = 0;
        self.sink.restart();
    }
    fn restartable(&self) -> bool {
        self.sink.restartable()
    }
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sink.poll_ready(cx)
    }
}

/// Shows values, which `Value` itself never does.
struct Shown<'a>(&'a [Value]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, value) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            show(value, f)?;
        }
        f.write_str("]")
    }
}

fn show(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null(_) => f.write_str("NULL"),
        Value::Bool(v) => write!(f, "{v}"),
        Value::I16(v) => write!(f, "{v}"),
        Value::I32(v) => write!(f, "{v}"),
        Value::I64(v) => write!(f, "{v}"),
        Value::U64(v) => write!(f, "{v}"),
        Value::F32(v) => write!(f, "{v}"),
        Value::F64(v) => write!(f, "{v}"),
        Value::Text(v) => write!(f, "{v:?}"),
        Value::Bytes(v) => write!(f, "{} bytes", v.len()),
        Value::Date(v) => write!(f, "{v}"),
        Value::Time(v) => write!(f, "{v}"),
        Value::DateTime(v) => write!(f, "{v}"),
        Value::Timestamp(v) => write!(f, "{v}"),
        Value::Decimal(v) | Value::Json(v) | Value::Native(_, v) => f.write_str(v),
        Value::Enum(_, label) => write!(f, "{label:?}"),
        Value::Array(_, items) => write!(f, "{}", Shown(items)),
        other => write!(f, "{other:?}"),
    }
}

/// Which part of the traffic a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A statement of the program.
    Statement,
    /// BEGIN, COMMIT, ROLLBACK, savepoints.
    Control,
}

#[derive(Debug)]
struct Log {
    sent: Mutex<Vec<(Part, String)>>,
    watchers: Arc<AtomicUsize>,
}

impl Log {
    fn sent(&self) -> MutexGuard<'_, Vec<(Part, String)>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, part: Part, sql: &str) {
        self.sent().push((part, sql.to_owned()));
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.watchers.fetch_sub(1, Relaxed);
    }
}

/// The statements that ran on a database since [`Database::watch`](crate::Database::watch), for tests that count them:
/// "an include of two relations takes three queries". Transaction control (`BEGIN`, `COMMIT`, savepoints) is in
/// [`sent`](Self::sent) alone. Dropping it ends the recording.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let db = orm::connect("sqlite::memory:").await?;
/// let log = db.watch();
/// db.transaction(async |tx| tx.execute("SELECT 1", ()).await).await?;
/// assert_eq!(log.texts(), ["SELECT 1"]);
/// assert_eq!(log.sent(), ["BEGIN IMMEDIATE", "SELECT 1", "COMMIT"]);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct QueryLog(Arc<Log>);

impl QueryLog {
    /// How many statements ran.
    pub fn count(&self) -> usize {
        self.0.sent().iter().filter(|(part, _)| *part == Part::Statement).count()
    }

    /// The SQL text of the statements, in the order in which they were started.
    pub fn texts(&self) -> Vec<String> {
        statements(self.0.sent().iter().cloned())
    }

    /// The SQL text of the statements so far, which are then forgotten.
    pub fn take(&self) -> Vec<String> {
        statements(std::mem::take(&mut *self.0.sent()).into_iter())
    }

    /// All that was sent, in order: the statements, and what begins and ends transactions and savepoints. A transaction that
    /// was begun by hand and dropped is in it as `ROLLBACK -- dropped; begun at ..`, with the place in the program. The
    /// pool's other care for its connections is not in it.
    pub fn sent(&self) -> Vec<String> {
        self.0.sent().iter().map(|(_, sql)| sql.clone()).collect()
    }
}

fn statements(sent: impl Iterator<Item = (Part, String)>) -> Vec<String> {
    sent.filter(|(part, _)| *part == Part::Statement).map(|(_, sql)| sql).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_server() {
        assert_eq!(address("db.example:5432/shop"), Some(("db.example", 5432)));
        assert_eq!(address("mysql://app@[::1]:3306/shop"), Some(("[::1]", 3306)));
        assert_eq!(address("mysql://app@db.example:3306"), Some(("db.example", 3306)));
        assert_eq!(address("/run/postgresql:5432/shop"), Some(("/run/postgresql", 5432)));
        for other in ["sqlite::memory:", "sqlite:app.db", "toy", "mysql://app@/run/mysqld.sock/shop"] {
            assert_eq!(address(other), None, "{other}");
        }
    }
}
