//! One connection: running statements, transactions, and whether it can still be used. Values are written in `bind`,
//! rows read in `reading` and `row`, prepared statements kept in `statements`, errors told apart in `error`.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use orm_core::driver::{BeginOptions, Connection, Control, Done, Lexer, Query, StatementKind, Token, statement_kind};
use orm_core::row::RowSink;
use orm_core::{Error, ErrorKind, Result};
use orm_server::{Event, Guard, Patience, Reading, Silent, answer_within};
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection, SqlSafeStr};

use crate::backend::Backend;
use crate::dialect::LEXICAL;
use crate::pooler::{self, Shared};
use crate::reading::PostgresAnswer;
use crate::statements::Statements;
use crate::{bind, error, row};

/// How long, and how many, rows that nobody wants are read away before the connection is given up, which also ends the
/// query on the server.
const DRAIN_LIMIT: (Duration, u64) = (Duration::from_millis(50), 1_000);

/// A connection to a PostgreSQL server.
///
/// A future that is dropped before it is ready leaves the connection broken: see [`Guard`].
pub(crate) struct PostgresConnection {
    client: PgConnection,
    statements: Statements,
    /// The columns of the current result, kept for its memory.
    layout: row::Layout,
    guard: Guard,
    patience: Patience,
    /// Whether the server's connection is another one after each transaction.
    shared: Option<Shared>,
    /// The server's process, where that is always the same.
    backend: Option<Backend>,
    /// A transaction may be open.
    transaction: bool,
    /// A statement of the transaction failed, so that it may be unable to commit.
    failed: bool,
}

impl PostgresConnection {
    pub(crate) fn new(
        client: PgConnection,
        capacity: usize,
        patience: Patience,
        shared: Option<Shared>,
        backend: Option<Backend>,
    ) -> Self {
        Self {
            client,
            statements: Statements::new(capacity),
            layout: row::Layout::default(),
            guard: Guard::default(),
            patience,
            shared,
            backend,
            transaction: false,
            failed: false,
        }
    }

    /// Ends an operation that failed.
    fn note(&mut self, error: &sqlx::Error) {
        self.guard.leave();
        if error::ends_connection(error) {
            self.guard.give_up();
        }
        self.failed |= self.transaction;
    }

    /// Runs statements by the simple protocol, where the caller has called [`Guard::enter`].
    async fn simple(&mut self, sql: impl SqlSafeStr, limit: Option<Duration>) -> Result<(), sqlx::Error> {
        let result = (&mut self.client).execute(sqlx::raw_sql(sql));
        match answer_within(limit, result).await {
            Ok(_) => {
                self.guard.leave();
                Ok(())
            }
            Err(error) => {
                self.note(&error);
                Err(error)
            }
        }
    }

    /// A step of a transaction, as [`simple`](Self::simple).
    async fn step(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.simple(AssertSqlSafe(sql), self.patience.control).await
    }

    async fn send_begin(&mut self, sql: &str) -> Result<()> {
        if self.transaction {
            return Err(Error::new(ErrorKind::InvalidStatement, "a transaction is open on this connection already"));
        }
        self.guard.enter()?;
        self.transaction = true;
        self.failed = false;
        self.step(sql).await.map_err(|error| {
            // The server said no; unless the connection broke, nothing was opened.
            self.transaction = self.guard.is_given_up();
            if self.shared.is_some() {
                // BEGIN has worked, and what comes with it has not.
                self.guard.give_up();
            }
            error::map(error)
        })
    }

    async fn send_commit(&mut self, sql: &str) -> Result<()> {
        if !self.transaction {
            return Err(Error::new(ErrorKind::TransactionClosed, "no transaction is open on this connection"));
        }
        self.guard.enter()?;
        let guarded = self.failed;
        let result = self.step(sql).await;
        let Err(error) = result else {
            self.transaction = false;
            self.failed = false;
            return Ok(());
        };
        if self.guard.is_given_up() {
            return Err(unanswered_commit(error));
        }
        let error = error::map(error);
        match error.kind() {
            ErrorKind::TransactionClosed => {
                self.send_rollback("ROLLBACK").await?;
                Err(Error::new(
                    ErrorKind::TransactionClosed,
                    "the transaction was rolled back: an earlier statement of it failed",
                )
                .with_code("25P02")
                .with_source(error))
            }
            // A constraint or serialization check at the end: the server has rolled back.
            ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::CheckViolation
            | ErrorKind::ExclusionViolation
            | ErrorKind::Serialization
            | ErrorKind::Deadlock
                if !guarded =>
            {
                self.transaction = false;
                self.failed = false;
                Err(error)
            }
            _ => Err(error),
        }
    }

    async fn send_rollback(&mut self, sql: &str) -> Result<()> {
        if !self.transaction {
            return Ok(());
        }
        self.guard.enter()?;
        match self.step(sql).await {
            Ok(()) => {
                self.transaction = false;
                self.failed = false;
                Ok(())
            }
            Err(error) => {
                self.guard.give_up();
                Err(error::map(error))
            }
        }
    }

    /// Runs a prepared statement; `seen` becomes true with the first row. The outer error is the client's, the inner one
    /// the sink's.
    async fn run(
        &mut self,
        query: Query<'_>,
        sink: &mut dyn RowSink,
        seen: &mut bool,
    ) -> Result<Result<Done>, sqlx::Error> {
        let arguments = match bind::arguments(query.binds) {
            Ok(arguments) => arguments,
            Err(error) => return Ok(Err(error)),
        };
        let Self { client, statements, layout, guard, patience, transaction, .. } = self;
        let (text, keep) = match statements.known(query) {
            Some(text) => (text, true),
            None => {
                if let Err(error) = check_count(query) {
                    return Ok(Err(error));
                }
                answer_within(patience.statement, statements.add(client, query)).await?
            }
        };
        let answers = client.fetch_many(sqlx::query_with(text, arguments).persistent(keep));
        let mut reading = Reading::new(answers, PostgresAnswer::new(layout, seen, query.reads), *patience);
        let said = loop {
            match poll_fn(|context| reading.poll(sink, context)).await? {
                Event::End => break Ok(()),
                Event::Turn => tokio::task::consume_budget().await,
                Event::Pause => poll_fn(|context| sink.poll_ready(context)).await,
                Event::Enough(said) => {
                    let limit = (!*transaction && reads_only(query.sql)).then_some(DRAIN_LIMIT);
                    if !reading.drain(limit).await? {
                        guard.give_up();
                    }
                    break said;
                }
            }
        };
        Ok(said.map(|()| reading.finish().0.done))
    }

    /// Runs a statement outside of a transaction behind a pooler: in a transaction of its own, since the client prepares in one
    /// round trip and executes in the next.
    #[cold]
    async fn fetch_shared(&mut self, begin: Arc<str>, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        self.guard.enter()?;
        if let Err(error) = self.simple(AssertSqlSafe(begin), self.patience.statement).await {
            self.guard.give_up();
            return Err(error::map(error));
        }
        self.guard.enter()?;
        let outcome = self.run(query, sink, &mut false).await;
        let done = match outcome {
            Ok(done) => {
                self.guard.leave();
                done
            }
            Err(error) => {
                self.note(&error);
                if self.guard.is_broken() {
                    return Err(error::map(error));
                }
                self.guard.enter()?;
                if self.step("ROLLBACK").await.is_err() {
                    self.guard.give_up();
                } else if query.binds.is_empty() && error::wants_no_transaction(&error) {
                    // It is sent in one message, so that nobody can come between.
                    self.guard.enter()?;
                    let alone = self.simple(AssertSqlSafe(query.sql), self.patience.statement).await;
                    return alone.map(|()| Done::default()).map_err(error::map);
                }
                return Err(error::map(error));
            }
        };
        if self.guard.is_broken() {
            // It was left at the sink's wish, and only read.
            return done;
        }
        self.guard.enter()?;
        match self.step("COMMIT").await {
            Ok(()) => done,
            Err(error) if self.guard.is_given_up() && !reads_only(query.sql) => Err(unanswered_commit(error)),
            Err(error) => Err(error::map(error)),
        }
    }
}

/// The error of a COMMIT on a connection that broke.
fn unanswered_commit(error: sqlx::Error) -> Error {
    let silent = Silent::cause(&error).map(Silent::of_commit);
    let lost = error::map(error);
    if lost.kind() == ErrorKind::TransactionTimeout {
        // The server ended it before COMMIT came.
        return lost;
    }
    let message = silent.unwrap_or_else(|| "the connection broke before COMMIT was answered".to_owned());
    lost.with_kind(ErrorKind::AmbiguousCommit).with_message(message)
}

/// Whether a statement can be cut off without undoing anything.
fn reads_only(sql: &str) -> bool {
    statement_kind(sql, LEXICAL) == StatementKind::Read
}

impl fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConnection")
            .field("transaction", &self.transaction)
            .field("broken", &self.is_broken())
            .field("statements", &self.statements.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Connection for PostgresConnection {
    async fn fetch(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        if let Some(shared) = &self.shared {
            pooler::check_session(query.sql)?;
            if !self.transaction {
                let begin = Arc::clone(&shared.begin);
                return Box::pin(self.fetch_shared(begin, query, sink)).await;
            }
        }
        self.guard.enter()?;
        let mut seen = false;
        let mut outcome = self.run(query, sink, &mut seen).await;
        if let Err(error) = &outcome
            && error::is_stale_statement(error)
            && !seen
        {
            let forgotten = self.statements.forget(&mut self.client);
            if let Err(error) = answer_within(self.patience.statement, forgotten).await {
                self.note(&error);
                return Err(error::map(error));
            }
            // A transaction has been ended by the failure; the next one will succeed.
            if !self.transaction {
                outcome = self.run(query, sink, &mut seen).await;
            }
        }
        if self.statements.take_drops() && outcome.is_ok() {
            let forgotten = self.statements.forget(&mut self.client);
            if let Err(error) = answer_within(self.patience.statement, forgotten).await {
                outcome = Err(error);
            }
        }
        match outcome {
            Ok(done) => {
                self.guard.leave();
                done
            }
            Err(error) => {
                self.note(&error);
                let retry = self.transaction && error::is_stale_statement(&error);
                Err(if retry { error::stale(error) } else { error::map(error) })
            }
        }
    }

    /// Without statements of its own about transactions, a batch is one transaction: the server undoes all of it when
    /// one statement fails (PostgreSQL manual, 55.2.2.1).
    async fn batch(&mut self, sql: &str) -> Result<()> {
        let mut text = Cow::Borrowed(sql);
        if let Some(shared) = &self.shared {
            pooler::check_session(sql)?;
            if let (false, Some(settings)) = (self.transaction, shared.settings.strip_prefix("; ")) {
                text = format!("{settings}; {sql}").into();
            }
        }
        self.guard.enter()?;
        let mut result = self.simple(AssertSqlSafe(&*text), self.patience.statement).await;
        if result.as_ref().is_err_and(error::wants_no_transaction) && text.len() > sql.len() {
            // With the settings before it, it is a transaction of several statements.
            self.guard.enter()?;
            result = self.simple(AssertSqlSafe(sql), self.patience.statement).await;
        }
        if !self.guard.is_broken() && pooler::drops_statements(sql) {
            self.guard.enter()?;
            let forgotten = self.statements.forget(&mut self.client);
            match answer_within(self.patience.statement, forgotten).await {
                Ok(()) => self.guard.leave(),
                Err(error) => self.note(&error),
            }
        }
        result.map_err(|error| {
            // The script may have begun a transaction of its own, which is open then.
            self.transaction = true;
            error::map(error)
        })
    }

    fn control_sql(&self, step: Control<'_>) -> Result<Cow<'static, str>> {
        match step {
            Control::Begin(options) => Ok(match &self.shared {
                Some(shared) => (begin_statement(options)?.into_owned() + &shared.settings).into(),
                None => begin_statement(options)?,
            }),
            // COMMIT of a transaction in which a statement failed is a ROLLBACK and no error. A query before it fails then,
            // unless a savepoint has saved the transaction.
            Control::Commit if self.failed => Ok("SELECT 1; COMMIT".into()),
            step => step.standard_sql(),
        }
    }

    async fn control(&mut self, step: Control<'_>, query: Query<'_>) -> Result<()> {
        match step {
            Control::Begin(_) => self.send_begin(query.sql).await,
            Control::Commit => self.send_commit(query.sql).await,
            Control::Rollback => self.send_rollback(query.sql).await,
            Control::Savepoint(_) | Control::Release(_) | Control::Undo(_) => {
                self.guard.enter()?;
                self.step(query.sql).await.map_err(error::map)
            }
        }
    }

    fn in_transaction(&self) -> bool {
        self.transaction
    }

    async fn has_stray_transaction(&mut self) -> Result<bool> {
        if self.transaction {
            // A script failed, and what it left is undone before the next use.
            return Ok(false);
        }
        self.guard.enter()?;
        // The client knows the server's state, and tells it in one way only: after a statement that is to begin a
        // transaction. An empty one begins none.
        let asked = async {
            match self.client.begin_with("").await {
                Ok(open) => open.rollback().await.map(|()| true),
                Err(sqlx::Error::BeginFailed) => Ok(false),
                Err(error) => Err(error),
            }
        };
        match answer_within(self.patience.control, asked).await {
            Ok(open) => {
                self.guard.leave();
                Ok(open)
            }
            Err(error) => {
                self.note(&error);
                Err(error::map(error))
            }
        }
    }

    async fn ping(&mut self) -> Result<()> {
        self.guard.enter()?;
        match answer_within(self.patience.ping(), self.client.ping()).await {
            Ok(()) => {
                self.guard.leave();
                Ok(())
            }
            Err(error) => {
                self.note(&error);
                Err(error::map(error))
            }
        }
    }

    fn is_broken(&self) -> bool {
        self.guard.is_broken()
    }

    async fn close(self: Box<Self>) {
        // An error is none here: the server notices either way.
        match &self.backend {
            _ if !self.is_broken() => drop(self.client.close().await),
            Some(backend) if self.guard.is_cut_off() => drop(backend.cancel().await),
            _ => {}
        }
    }
}

fn begin_statement(options: &BeginOptions) -> Result<Cow<'static, str>> {
    if options.lock_mode.is_some() {
        return Err(Error::unsupported("postgresql", "lock modes of transactions"));
    }
    if *options == BeginOptions::default() {
        return Ok("BEGIN".into());
    }
    let mut sql = String::from("BEGIN");
    if let Some(level) = options.isolation {
        sql.push_str(" ISOLATION LEVEL ");
        sql.push_str(level.sql());
    }
    if options.read_only {
        sql.push_str(" READ ONLY");
    }
    if options.deferrable {
        sql.push_str(" DEFERRABLE");
    }
    Ok(sql.into())
}

/// Refuses values that no placeholder takes: the server would take them and never look at them. Too few are its to refuse.
fn check_count(query: Query<'_>) -> Result<()> {
    // Texts that are made for one use have been made with their values.
    if !query.cacheable || query.binds.is_empty() {
        return Ok(());
    }
    let placeholders = Lexer::new(query.sql, LEXICAL).filter_map(|token| match token {
        Token::Placeholder(number) => usize::try_from(number).ok(),
        _ => None,
    });
    let wanted = placeholders.max().unwrap_or(0);
    if wanted < query.binds.len() {
        return Err(Error::new(
            ErrorKind::InvalidStatement,
            format!("the statement has {wanted} placeholders and {} values", query.binds.len()),
        ));
    }
    Ok(())
}
