//! [`MysqlConnection`]: runs statements and transactions on one sqlx connection. How values are written and rows read
//! is in `bind`, `reading` and `row`, what errors mean in `error`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use async_trait::async_trait;
use orm_core::driver::{BeginOptions, Connection, Control, Done, Query, Reads, StatementKind, statement_kind};
use orm_core::row::RowSink;
use orm_core::{Error, ErrorKind, Result};
use orm_server::{Answers, Event, Guard, Patience, Reading, answer_within};
use sqlx::mysql::{MySqlArguments, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor, Row, SqlSafeStr, Statement};

use crate::backend::Backend;
use crate::bind;
use crate::dialect::LEXICAL;
use crate::error;
use crate::reading::MysqlAnswer;
use crate::row::{Kind, Protocol};
use crate::server::Server;

/// How long rows that nobody wants are read away before the connection is given up, which also ends the query on the
/// server.
const DRAIN_LIMIT: (Duration, u64) = (Duration::from_millis(50), u64::MAX);

/// A connection to MySQL or MariaDB.
///
/// Cancel safety: a future that is dropped before it is ready leaves the connection broken, because sqlx may have
/// written or read half a packet. So does a sink that stops with many rows left to come, outside a transaction.
pub struct MysqlConnection {
    client: MySqlConnection,
    server: Server,
    /// The longest statement that the server takes, in bytes: its `max_allowed_packet`.
    longest: usize,
    /// Prepared statements to keep.
    cache: usize,
    /// The kinds of values that each text was first run with, by the hash of the text: see [`text_for`](Self::text_for).
    learnt: HashMap<u64, u64>,
    /// The columns of the result set being read; kept for its memory.
    kinds: Vec<Kind>,
    guard: Guard,
    patience: Patience,
    backend: Backend,
    transaction: bool,
    /// Whether the server is in a group with several primaries; `None` before it was asked.
    several_primaries: Option<bool>,
}

/// Why a statement stopped.
enum Stop {
    Client(sqlx::Error),
    /// The sink's error, or one found before anything was sent.
    Own(Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Client(error)
    }
}

impl MysqlConnection {
    pub(crate) fn new(
        client: MySqlConnection,
        (server, longest): (Server, usize),
        cache: usize,
        patience: Patience,
        backend: Backend,
    ) -> Self {
        Self {
            client,
            server,
            longest,
            cache,
            learnt: HashMap::new(),
            kinds: Vec::new(),
            guard: Guard::default(),
            patience,
            backend,
            transaction: false,
            several_primaries: None,
        }
    }

    /// The server that answers, and its version.
    pub fn server(&self) -> Server {
        self.server
    }

    /// Marks the connection as free again, or as broken when the error says so.
    fn finish<T>(&mut self, result: Result<T, Stop>) -> Result<T> {
        self.guard.leave();
        match result {
            Ok(value) => Ok(value),
            Err(Stop::Own(error)) => Err(error),
            Err(Stop::Client(error)) => {
                if error::ends_connection(&error) {
                    self.guard.give_up();
                }
                Err(error::running(self.server, error))
            }
        }
    }

    /// Takes a step of a transaction.
    async fn text(&mut self, sql: &str) -> Result<()> {
        self.guard.enter()?;
        let result = self.run_text(sql, self.patience.control).await;
        self.finish(result)
    }

    /// Forgets the prepared statements. Nothing is awaited from the server.
    async fn forget_statements(&mut self) -> Result<(), Stop> {
        self.learnt.clear();
        Ok(answer_within(self.patience.statement, self.client.clear_cached_statements()).await?)
    }

    /// Forgets the prepared statements after DDL. MySQL keeps what it has learnt about their values when a column gets
    /// another type: a DECIMAL in a column that was a DATETIME(6) is rounded to six digits, without a warning (9.7.4).
    async fn after_ddl(&mut self) -> Result<(), Stop> {
        if self.server.is_mariadb() { Ok(()) } else { self.forget_statements().await }
    }

    /// Runs statements in the text protocol and forgets their rows.
    async fn run_text(&mut self, sql: &str, limit: Option<Duration>) -> Result<(), Stop> {
        answer_within(limit, sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.client)).await?;
        Ok(())
    }

    async fn run(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done, Stop> {
        self.check_length(query.sql.len().max(bind::bytes(query.binds))).map_err(Stop::Own)?;
        if query.binds.is_empty() && !query.cacheable {
            let kind = statement_kind(query.sql, LEXICAL);
            if !is_prepared(kind) {
                // One round trip rather than two, and some statements cannot be prepared.
                let result = self.stream(query.sql, None, query.reads, sink).await;
                if kind == StatementKind::Define {
                    self.after_ddl().await?;
                }
                return result;
            }
        }
        let arguments = bind::arguments(query.binds).map_err(Stop::Own)?;
        let sql = &*self.text_for(&query);
        if !query.cacheable {
            self.check_count(sql, query.binds.len()).await?;
        }
        let result = match self.stream(sql, Some(arguments), query.reads, sink).await {
            Err(Stop::Client(error)) if error::wants_fresh_statement(&error) && sink.restartable() => {
                // It did not run, so it may be run again, even in a transaction.
                sink.restart();
                self.forget_statements().await?;
                let arguments = bind::arguments(query.binds).map_err(Stop::Own)?;
                self.stream(sql, Some(arguments), query.reads, sink).await
            }
            Err(Stop::Client(error)) if query.binds.is_empty() && error::cannot_be_prepared(&error) => {
                self.stream(query.sql, None, query.reads, sink).await
            }
            result => result,
        };
        if self.client.cached_statements_size() > self.cache {
            // See `MysqlOptions::statement_cache_capacity`.
            self.forget_statements().await?;
        }
        result
    }

    /// Refuses what is longer than the server takes, which answers with an error or by ending the connection, as it happens.
    #[inline]
    fn check_length(&self, length: usize) -> Result<()> {
        if length < self.longest { Ok(()) } else { Err(error::too_long(length, self.longest)) }
    }

    /// Looks whether a statement was interrupted by itself or with its connection: MySQL gives one error for both.
    async fn notice_killed<T>(&mut self, result: &mut Result<T, Stop>) {
        if let Err(Stop::Client(error)) = result
            && error::is_interrupted(error)
            && let Err(lost) = answer_within(self.patience.ping(), self.client.ping()).await
        {
            *result = Err(Stop::Client(lost));
        }
    }

    /// The text under which a statement is prepared. Where nothing else says what a placeholder is, as in `SELECT ?`, MySQL
    /// takes its type from the first values and turns later ones into it (9.7.4: text into a float). So a statement with
    /// values of other kinds than before is another statement.
    fn text_for<'q>(&mut self, query: &Query<'q>) -> Cow<'q, str> {
        if self.server.is_mariadb() || query.binds.is_empty() {
            return Cow::Borrowed(query.sql);
        }
        let mut hasher = DefaultHasher::new();
        query.sql.hash(&mut hasher);
        let kinds = bind::kinds(query.binds);
        match *self.learnt.entry(hasher.finish()).or_insert(kinds) {
            first if first == kinds => Cow::Borrowed(query.sql),
            _ => Cow::Owned(format!("/* {kinds:x} */ {}", query.sql)),
        }
    }

    /// Compares the number of values with that of placeholders while the connection can still be kept: sqlx loses
    /// step with the server when it finds the difference itself. The statement is prepared for this and kept.
    async fn check_count(&mut self, sql: &str, given: usize) -> Result<(), Stop> {
        let prepared = self.client.prepare(AssertSqlSafe(sql).into_sql_str());
        let statement = match answer_within(self.patience.statement, prepared).await {
            Ok(statement) => statement,
            // Said again, and handled, when the statement is run.
            Err(error) if !error::ends_connection(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        match statement.parameters() {
            Some(Either::Right(wanted)) if wanted != given => Err(Stop::Own(Error::new(
                ErrorKind::InvalidStatement,
                format!("the statement has {wanted} placeholders and {given} values"),
            ))),
            _ => Ok(()),
        }
    }

    /// Runs a statement, prepared when it has arguments, and pushes its rows.
    async fn stream(
        &mut self,
        sql: &str,
        arguments: Option<MySqlArguments>,
        reads: Reads<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<Done, Stop> {
        let is_mariadb = self.server.is_mariadb();
        let protocol = if arguments.is_some() { Protocol::Binary } else { Protocol::Text };
        let text = AssertSqlSafe(sql);
        let answers: Answers<'_, MysqlAnswer<'_>> = match arguments {
            // Never `persistent(false)`: see `MysqlOptions::statement_cache_capacity`.
            Some(arguments) => (&mut self.client).fetch_many(sqlx::query_with(text, arguments).persistent(true)),
            None => (&mut self.client).fetch_many(sqlx::raw_sql(text)),
        };
        let answer = MysqlAnswer::new(&mut self.kinds, protocol, self.server, reads);
        let mut reading = Reading::new(answers, answer, self.patience);
        let enough = loop {
            match poll_fn(|context| reading.poll(sink, context)).await? {
                Event::End => break Ok(()),
                Event::Turn => tokio::task::consume_budget().await,
                Event::Pause => poll_fn(|context| sink.poll_ready(context)).await,
                Event::Enough(said) => {
                    let limit = (!self.transaction).then_some(DRAIN_LIMIT);
                    // What goes wrong with rows that nobody wants is of no interest, unless it ends the connection.
                    let drained = reading.drain(limit).await;
                    if !drained.unwrap_or_else(|error| !error::ends_connection(&error)) {
                        self.guard.give_up();
                    }
                    break said;
                }
            }
        };
        enough.map_err(Stop::Own)?;
        let (answer, rows) = reading.finish();
        let mut done = answer.done;
        // MariaDB counts nothing but the rows that RETURNING gave.
        if done.rows_affected == 0 && rows > 0 && is_mariadb && statement_kind(sql, LEXICAL).is_write() {
            done.rows_affected = rows;
        }
        Ok(done)
    }

    /// Looks whether the transaction is over after a lock was waited for in vain: a server with
    /// `innodb_rollback_on_timeout` has undone all of it, and would run the next statements without one.
    async fn notice_undone<T>(&mut self, result: &mut Result<T, Stop>) {
        if self.transaction
            && let Err(Stop::Client(error)) = result
            && error::is_lock_timeout(error)
            && let Err(lost) = answer_within(self.patience.control, self.end_undone()).await
        {
            *result = Err(Stop::Client(lost));
        }
    }

    async fn end_undone(&mut self) -> sqlx::Result<()> {
        let setting = sqlx::raw_sql("SHOW GLOBAL VARIABLES LIKE 'innodb_rollback_on_timeout'");
        let Some(row) = setting.fetch_optional(&mut self.client).await? else { return Ok(()) };
        if row.try_get::<String, _>(1)? == "ON" {
            // Whatever is left of it.
            sqlx::raw_sql("ROLLBACK").execute(&mut self.client).await?;
            self.transaction = false;
        }
        Ok(())
    }

    /// In a group with several primaries, checks before a savepoint whether the group has rolled the transaction back. If it has, the
    /// server (9.7.4) accepts the savepoint, and commits only the statements after it. A query of a table gets the error,
    /// `SELECT 1` does not.
    async fn check_group(&mut self) -> Result<()> {
        if self.server.is_mariadb() {
            return Ok(());
        }
        let several = match self.several_primaries {
            Some(several) => several,
            None => {
                self.guard.enter()?;
                let asked = answer_within(self.patience.control, self.ask_for_group()).await;
                let several = self.finish(asked.map_err(Stop::from))?;
                *self.several_primaries.insert(several)
            }
        };
        if several { self.text("SELECT 1 FROM information_schema.schemata LIMIT 0").await } else { Ok(()) }
    }

    async fn ask_for_group(&mut self) -> sqlx::Result<bool> {
        let setting = sqlx::raw_sql("SHOW GLOBAL VARIABLES LIKE 'group_replication_single_primary_mode'");
        // Without the plugin, the variable does not exist.
        match setting.fetch_optional(&mut self.client).await? {
            Some(row) => Ok(row.try_get::<String, _>(1)? == "OFF"),
            None => Ok(false),
        }
    }

    async fn send_begin(&mut self, sql: &str) -> Result<()> {
        if self.transaction {
            // The server would commit the one that is open.
            return Err(Error::new(ErrorKind::InvalidStatement, "a transaction is open already"));
        }
        self.transaction = true;
        let begun = self.text(sql).await;
        if begun.is_err() {
            // The isolation level may be set already, for whatever comes next.
            self.guard.give_up();
        }
        begun
    }

    async fn send_commit(&mut self, sql: &str) -> Result<()> {
        // Refused before it is sent: the server undoes the transaction of a connection that is cut off.
        self.guard.enter()?;
        let result = self.run_text(sql, self.patience.control).await;
        error::committing(self.finish(result))?;
        self.transaction = false;
        Ok(())
    }

    async fn send_rollback(&mut self, sql: &str) -> Result<()> {
        // Gives the error if the cluster has rolled the transaction back.
        let undone = self.text(sql).await.or_else(|error| match error.kind() {
            ErrorKind::Deadlock => Ok(()),
            _ => Err(error),
        });
        match undone {
            Ok(()) => self.transaction = false,
            Err(_) => self.guard.give_up(),
        }
        undone
    }

    /// The client knows what the server says about transactions, and tells it in one way only: after a statement that is
    /// to begin one.
    async fn ask_for_transaction(&mut self) -> sqlx::Result<bool> {
        if self.server.is_mariadb() {
            let asked = sqlx::raw_sql("SELECT @@in_transaction OR NOT @@autocommit");
            let open = asked.fetch_one(&mut self.client).await?.try_get::<i64, _>(0)? != 0;
            if open {
                sqlx::raw_sql("ROLLBACK").execute(&mut self.client).await?;
            }
            return Ok(open);
        }
        // Fails without autocommit: a sub-query gives one row.
        let refused = match self.client.begin_with("DO IF(@@autocommit, 1, (SELECT 1 UNION SELECT 2))").await {
            Ok(open) => {
                open.rollback().await?;
                return Ok(true);
            }
            Err(refused) => refused,
        };
        match refused {
            sqlx::Error::BeginFailed => Ok(false),
            error if error::is_many_rows(&error) => {
                sqlx::raw_sql("ROLLBACK").execute(&mut self.client).await?;
                Ok(true)
            }
            error => Err(error),
        }
    }

    fn begin_sql(&self, options: &BeginOptions) -> Result<Cow<'static, str>> {
        if options.deferrable {
            return Err(Error::unsupported(self.server.name(), "deferrable transactions"));
        }
        if options.lock_mode.is_some() {
            return Err(Error::unsupported(self.server.name(), "lock modes of transactions"));
        }
        let start = if options.read_only { "START TRANSACTION READ ONLY" } else { "START TRANSACTION" };
        Ok(match options.isolation {
            None => start.into(),
            // For the next transaction only; sent along, so that it costs no round trip of its own.
            Some(isolation) => format!("SET TRANSACTION ISOLATION LEVEL {}; {start}", isolation.sql()).into(),
        })
    }
}

#[async_trait]
impl Connection for MysqlConnection {
    async fn fetch(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        self.guard.enter()?;
        let mut result = self.run(query, sink).await;
        self.notice_undone(&mut result).await;
        self.notice_killed(&mut result).await;
        self.finish(result)
    }

    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.check_length(sql.len())?;
        self.guard.enter()?;
        let mut result = self.run_text(sql, self.patience.statement).await;
        if let (true, Err(error)) = (result.is_ok(), self.after_ddl().await) {
            result = Err(error);
        }
        // The script may have begun a transaction of its own, which is open then.
        self.transaction |= result.is_err();
        self.notice_undone(&mut result).await;
        self.notice_killed(&mut result).await;
        self.finish(result)
    }

    fn control_sql(&self, step: Control<'_>) -> Result<Cow<'static, str>> {
        match step {
            Control::Begin(options) => self.begin_sql(options),
            step => step.standard_sql(),
        }
    }

    async fn control(&mut self, step: Control<'_>, query: Query<'_>) -> Result<()> {
        match step {
            Control::Begin(_) => self.send_begin(query.sql).await,
            Control::Commit => self.send_commit(query.sql).await,
            Control::Rollback => self.send_rollback(query.sql).await,
            Control::Savepoint(_) => {
                self.check_group().await?;
                self.text(query.sql).await
            }
            Control::Release(_) | Control::Undo(_) => self.text(query.sql).await,
        }
    }

    fn in_transaction(&self) -> bool {
        self.transaction
    }

    async fn has_stray_transaction(&mut self) -> Result<bool> {
        self.guard.enter()?;
        let asked = answer_within(self.patience.control, self.ask_for_transaction()).await;
        self.finish(asked.map_err(Stop::from))
    }

    async fn ping(&mut self) -> Result<()> {
        self.guard.enter()?;
        let result = answer_within(self.patience.ping(), self.client.ping()).await.map_err(Stop::from);
        let result = self.finish(result);
        if result.is_err() {
            self.guard.give_up();
        }
        result.map_err(|error| error.with_kind(ErrorKind::ConnectionLost))
    }

    fn is_broken(&self) -> bool {
        self.guard.is_broken()
    }

    async fn close(self: Box<Self>) {
        // An error is none here: the server notices either way, though not while it is at work.
        match self.guard {
            guard if !guard.is_broken() => drop(self.client.close().await),
            guard if guard.is_cut_off() => drop(self.backend.kill().await),
            _ => {}
        }
    }
}

impl fmt::Debug for MysqlConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlConnection")
            .field("server", &self.server)
            .field("broken", &self.guard.is_broken())
            .field("in_transaction", &self.transaction)
            .finish_non_exhaustive()
    }
}

/// Whether a statement that nobody vouched for is run prepared: those that give rows, since the text protocol rounds
/// floats, and those that write, since the text protocol would run what an injected `;` adds.
fn is_prepared(kind: StatementKind) -> bool {
    kind.is_write() || matches!(kind, StatementKind::Read | StatementKind::Call)
}
