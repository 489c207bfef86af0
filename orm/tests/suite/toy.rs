//! A driver for a database that does not exist, for the tests of the pool and of transactions: it keeps a list of texts,
//! knows transactions and savepoints, waits at least once in every operation, and fails or breaks when told to. For models
//! on a driver of somebody else's there is `tests/toy-driver`.
//!
//! Statements: `INSERT x`, `UPDATE`, `CALL p()`, `COUNT`, `SELECT 1`, `FAIL kind`, `FAIL and undo`, `BREAK`, `HANG`.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

use orm::dialect::{Capabilities, Dialect};
use orm::driver::{Connection, Control, Done, Driver, Query};
use orm::row::{Flow, Row, RowSink};
use orm::schema::Column;
use orm::{Database, Error, ErrorKind, PoolOptions, Result, SqlType, Value, ValueRef, async_trait};

/// The server.
#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) rows: Mutex<Vec<String>>,
    /// How often `UPDATE` and `CALL p()` still fail with a deadlock, and how often they were tried.
    pub(crate) deadlocks: AtomicU32,
    pub(crate) tries: AtomicU32,
    /// Whether the server is there.
    pub(crate) down: AtomicBool,
    /// Whether the server takes what it is sent and never answers.
    pub(crate) stalled: AtomicBool,
    /// Counted up by a restart; connections of an earlier life are dead.
    pub(crate) life: AtomicU32,
    pub(crate) connects: AtomicU32,
    /// Attempts to connect while it was down.
    pub(crate) refused: AtomicU32,
    pub(crate) open: AtomicU32,
    pub(crate) pings: AtomicU32,
    pub(crate) resets: AtomicU32,
    /// What `COMMIT` fails with, once each.
    pub(crate) commit_errors: Mutex<Vec<ErrorKind>>,
}

impl Server {
    pub(crate) fn rows(&self) -> MutexGuard<'_, Vec<String>> {
        self.rows.lock().unwrap()
    }

    pub(crate) fn restart(&self) {
        self.life.fetch_add(1, SeqCst);
    }
}

/// The driver.
#[derive(Debug, Clone, Default)]
pub(crate) struct Toy {
    pub(crate) server: Arc<Server>,
    pub(crate) max: Option<usize>,
    /// Whether a transaction can be undone without waiting.
    pub(crate) abandons: bool,
}

impl Toy {
    pub(crate) fn one() -> Self {
        Self { max: Some(1), ..Self::default() }
    }

    /// Transactions are undone without waiting, as an embedded database can.
    pub(crate) fn abandoning() -> Self {
        Self { abandons: true, ..Self::default() }
    }

    pub(crate) async fn open(&self, options: PoolOptions) -> Database {
        Database::connect_with(self.clone(), options).await.unwrap()
    }
}

#[async_trait]
impl Driver for Toy {
    async fn connect(&self) -> Result<Box<dyn Connection>> {
        tokio::task::yield_now().await;
        if self.server.down.load(SeqCst) {
            self.server.refused.fetch_add(1, SeqCst);
            return Err(Error::new(ErrorKind::ConnectionFailed, "the toy is down"));
        }
        self.server.connects.fetch_add(1, SeqCst);
        self.server.open.fetch_add(1, SeqCst);
        Ok(Box::new(ToyConnection {
            server: Arc::clone(&self.server),
            life: self.server.life.load(SeqCst),
            abandons: self.abandons,
            written: None,
            savepoints: Vec::new(),
            cut_off: false,
            broken: false,
        }))
    }

    fn max_connections(&self) -> Option<usize> {
        self.max
    }

    async fn dialect(&self, connection: &mut dyn Connection) -> Result<Arc<dyn Dialect>> {
        connection.execute(Query::text("COUNT")).await?;
        Ok(Arc::new(ToyDialect(Capabilities {
            max_binds: 1,
            transactional_ddl: true,
            ..Capabilities::core((1, 2, 3))
        })))
    }

    fn target(&self) -> String {
        "toy".to_owned()
    }
}

#[derive(Debug)]
struct ToyConnection {
    server: Arc<Server>,
    life: u32,
    abandons: bool,
    /// What an open transaction has written.
    written: Option<Vec<String>>,
    savepoints: Vec<(String, usize)>,
    /// An operation did not come to its end.
    cut_off: bool,
    broken: bool,
}

impl ToyConnection {
    /// One exchange with the server.
    async fn exchange(&mut self) -> Result<()> {
        self.cut_off = true;
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        if self.server.stalled.load(SeqCst) {
            return std::future::pending().await;
        }
        self.cut_off = false;
        if self.life != self.server.life.load(SeqCst) || self.server.down.load(SeqCst) {
            self.broken = true;
            return Err(Error::new(ErrorKind::ConnectionLost, "the toy went away"));
        }
        Ok(())
    }

    fn command(&mut self, command: &str) -> Result<()> {
        if let Some(text) = command.strip_prefix("INSERT ") {
            match &mut self.written {
                Some(written) => written.push(text.to_owned()),
                None => self.server.rows().push(text.to_owned()),
            }
            return Ok(());
        }
        let Some(written) = &mut self.written else {
            return Err(Error::new(ErrorKind::Database, "no transaction"));
        };
        let find = |savepoints: &[(String, usize)], name: &str| {
            let missing = || Error::new(ErrorKind::Database, format!("no savepoint {name}"));
            savepoints.iter().rposition(|(known, _)| known == name).ok_or_else(missing)
        };
        if let Some(name) = command.strip_prefix("SAVEPOINT ") {
            self.savepoints.push((name.to_owned(), written.len()));
        } else if let Some(name) = command.strip_prefix("RELEASE SAVEPOINT ") {
            let index = find(&self.savepoints, name)?;
            self.savepoints.truncate(index);
        } else if let Some(name) = command.strip_prefix("ROLLBACK TO SAVEPOINT ") {
            let index = find(&self.savepoints, name)?;
            written.truncate(self.savepoints[index].1);
            self.savepoints.truncate(index + 1);
        } else {
            return Err(Error::new(ErrorKind::Syntax, command.to_owned()));
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.written = None;
        self.savepoints.clear();
    }
}

#[async_trait]
impl Connection for ToyConnection {
    async fn fetch(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        self.exchange().await?;
        let count = self.server.rows().len() + self.written.as_ref().map_or(0, Vec::len);
        if let Some(text) = query.sql.strip_prefix("INSERT ") {
            let text = match query.binds {
                [Value::Text(bound)] => bound.to_string(),
                _ => text.to_owned(),
            };
            match &mut self.written {
                Some(written) => written.push(text),
                None => self.server.rows().push(text),
            }
            return Ok(Done { rows_affected: 1, last_insert_id: None });
        }
        if query.sql == "UPDATE" || query.sql == "CALL p()" {
            self.server.tries.fetch_add(1, SeqCst);
            let fails = |left: u32| left.checked_sub(1);
            if self.server.deadlocks.fetch_update(SeqCst, SeqCst, fails).is_ok() {
                self.forget();
                return Err(Error::new(ErrorKind::Deadlock, ""));
            }
            return Ok(Done { rows_affected: 1, last_insert_id: None });
        }
        if let Some(kind) = query.sql.strip_prefix("FAIL ") {
            let kind = match kind {
                "deadlock" => ErrorKind::Deadlock,
                "busy" => ErrorKind::Busy,
                "read-only" => ErrorKind::ReadOnly,
                _ => ErrorKind::UniqueViolation,
            };
            if kind == ErrorKind::Deadlock || query.sql == "FAIL and undo" {
                self.forget();
            }
            return Err(Error::new(kind, ""));
        }
        match query.sql {
            "COUNT" => sink.row(&ToyRow(i64::try_from(count).unwrap())).map(|_: Flow| Done::default()),
            "SELECT 1" => sink.row(&ToyRow(1)).map(|_: Flow| Done::default()),
            "BREAK" => {
                self.broken = true;
                Err(Error::new(ErrorKind::ConnectionLost, ""))
            }
            "HANG" => {
                self.cut_off = true;
                std::future::pending().await
            }
            other => Err(Error::new(ErrorKind::Syntax, other.to_owned())),
        }
    }

    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.exchange().await?;
        sql.split("; ").try_for_each(|command| self.command(command))
    }

    async fn control(&mut self, step: Control<'_>, query: Query<'_>) -> Result<()> {
        match step {
            Control::Begin(_) => {
                assert!(self.written.is_none(), "a transaction was left open");
                self.written = Some(Vec::new());
                self.exchange().await
            }
            Control::Commit => {
                self.exchange().await?;
                let failure = self.server.commit_errors.lock().unwrap().pop();
                if let Some(kind) = failure {
                    return Err(Error::new(kind, ""));
                }
                let written = self.written.take().ok_or_else(|| Error::new(ErrorKind::Database, "no transaction"))?;
                self.server.rows().extend(written);
                self.forget();
                Ok(())
            }
            Control::Rollback => {
                self.exchange().await?;
                self.forget();
                Ok(())
            }
            Control::Savepoint(_) | Control::Release(_) | Control::Undo(_) => self.batch(query.sql).await,
        }
    }

    fn in_transaction(&self) -> bool {
        self.written.is_some()
    }

    fn abandon(&mut self) {
        if self.abandons {
            self.cut_off = false;
            self.forget();
        }
    }

    async fn reset(&mut self) -> Result<()> {
        self.server.resets.fetch_add(1, SeqCst);
        self.rollback().await
    }

    fn needs_reset(&self) -> bool {
        self.cut_off || self.in_transaction()
    }

    async fn ping(&mut self) -> Result<()> {
        self.server.pings.fetch_add(1, SeqCst);
        self.exchange().await
    }

    fn is_broken(&self) -> bool {
        self.broken
    }

    async fn close(self: Box<Self>) {
        tokio::task::yield_now().await;
    }
}

impl Drop for ToyConnection {
    fn drop(&mut self) {
        self.server.open.fetch_sub(1, SeqCst);
    }
}

struct ToyRow(i64);

impl Row for ToyRow {
    fn len(&self) -> usize {
        1
    }

    fn name(&self, _index: usize) -> &str {
        "id"
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        if index == 0 { Ok(ValueRef::I64(self.0)) } else { Err(Error::decode("a column", "none")) }
    }
}

#[derive(Debug)]
struct ToyDialect(Capabilities);

impl Dialect for ToyDialect {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.0
    }

    fn push_placeholder(&self, sql: &mut String, _position: usize, _ty: SqlType) -> Result<()> {
        sql.push('?');
        Ok(())
    }

    fn column_type(&self, _column: &Column) -> Result<Cow<'static, str>> {
        Ok("text".into())
    }

    fn cast_type(&self, _ty: SqlType) -> Result<Cow<'static, str>> {
        Err(Error::unsupported(self.name(), "CAST"))
    }

    fn auto_increment(&self) -> &'static str {
        ""
    }

    fn push_literal(&self, _sql: &mut String, _value: &Value) -> Result<()> {
        Err(Error::unsupported(self.name(), "constants"))
    }
}
