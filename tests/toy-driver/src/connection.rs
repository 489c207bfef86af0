//! One connection. Everything awaits the client, so that a future dropped half-way is noticed in one place: `busy` stays
//! set, and the pool replaces the connection.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;

use futures_util::TryStreamExt;
use orm_core::driver::{BeginOptions, Connection, Control, Done, Query};
use orm_core::row::{Flow, Row, RowSink};
use orm_core::{Error, ErrorKind, Result, Value, ValueRef, async_trait};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Column as _, Connection as _, Either, Executor, Row as _, SqliteConnection, TypeInfo,
    ValueRef as _,
};

use crate::error;

pub(crate) struct ToyConnection {
    client: SqliteConnection,
    /// An operation has begun and not ended.
    busy: bool,
    transaction: bool,
}

impl ToyConnection {
    pub(crate) fn new(client: SqliteConnection) -> Self {
        Self { client, busy: false, transaction: false }
    }

    async fn run(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        let mut arguments = SqliteArguments::default();
        for value in query.binds {
            bind(&mut arguments, value)?;
        }
        let query = sqlx::query_with(AssertSqlSafe(query.sql), arguments).persistent(query.cacheable);
        let mut answers = (&mut self.client).fetch_many(query);
        let mut done = Done::default();
        while let Some(answer) = answers.try_next().await.map_err(error::map)? {
            match answer {
                Either::Left(result) => {
                    done.rows_affected += result.rows_affected();
                    // The client knows the last row's key; the first one's is asked for.
                    let more = i64::try_from(result.rows_affected().saturating_sub(1)).unwrap_or(i64::MAX);
                    done.last_insert_id = Some(result.last_insert_rowid().saturating_sub(more));
                }
                Either::Right(row) => match sink.row(&ToyRow(&row))? {
                    Flow::Continue => {}
                    Flow::Pause => poll_fn(|cx| sink.poll_ready(cx)).await,
                    Flow::Stop => break,
                },
            }
        }
        Ok(done)
    }

    async fn text(&mut self, sql: &str) -> Result<()> {
        self.busy = true;
        let result = (&mut self.client).execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
        self.busy = false;
        result.map(drop).map_err(error::map)
    }
}

#[async_trait]
impl Connection for ToyConnection {
    async fn fetch(&mut self, query: Query<'_>, sink: &mut dyn RowSink) -> Result<Done> {
        self.busy = true;
        let result = self.run(query, sink).await;
        self.busy = false;
        result
    }

    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.text(sql).await
    }

    fn control_sql(&self, step: Control<'_>) -> Result<Cow<'static, str>> {
        match step {
            Control::Begin(options) if *options != BeginOptions::default() => {
                Err(Error::unsupported("toydb", "options of transactions"))
            }
            Control::Begin(_) => Ok("BEGIN IMMEDIATE".into()),
            step => step.standard_sql(),
        }
    }

    async fn control(&mut self, step: Control<'_>, query: Query<'_>) -> Result<()> {
        if let Control::Begin(_) = step {
            // True before anything is sent: from here on, a transaction may be open.
            self.transaction = true;
            return self.text(query.sql).await.inspect_err(|_| self.transaction = false);
        }
        self.text(query.sql).await?;
        if let Control::Commit | Control::Rollback = step {
            self.transaction = false;
        }
        Ok(())
    }

    fn in_transaction(&self) -> bool {
        self.transaction
    }

    async fn ping(&mut self) -> Result<()> {
        self.text("SELECT 1").await.map_err(|error| error.with_kind(ErrorKind::ConnectionLost))
    }

    fn is_broken(&self) -> bool {
        self.busy
    }

    async fn close(self: Box<Self>) {
        // Whoever closes a connection has no use for an error.
        let _ = self.client.close().await;
    }
}

impl fmt::Debug for ToyConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToyConnection").field("busy", &self.busy).field("transaction", &self.transaction).finish()
    }
}

fn bind(arguments: &mut SqliteArguments, value: &Value) -> Result<()> {
    match value {
        Value::Null(_) => arguments.add(None::<i64>),
        Value::Bool(v) => arguments.add(*v),
        Value::I16(v) => arguments.add(*v),
        Value::I32(v) => arguments.add(*v),
        Value::I64(v) => arguments.add(*v),
        Value::U64(v) => arguments.add(i64::try_from(*v).map_err(|_| Error::encode("an integer above i64::MAX"))?),
        Value::F32(v) => arguments.add(*v),
        Value::F64(v) => arguments.add(*v),
        Value::Text(v) => arguments.add(v.clone().into_owned()),
        Value::Bytes(v) => arguments.add(v.clone()),
        value => return Err(Error::unsupported("toydb", format_args!("values of type `{}`", value.sql_type()))),
    }
    .map_err(|error| Error::encode("a value that the client refuses").with_source(error))
}

/// A row in the client's buffer.
struct ToyRow<'r>(&'r SqliteRow);

impl Row for ToyRow<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> &str {
        self.0.columns().get(index).map_or("", |column| column.name())
    }

    /// The variant closest to what is stored: the ORM makes the field's type of it.
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let stored = self.0.try_get_raw(index).map_err(error::map)?;
        let value = match stored.type_info().name() {
            _ if stored.is_null() => Ok(ValueRef::Null),
            "REAL" => self.0.try_get_unchecked(index).map(ValueRef::F64),
            "TEXT" => self.0.try_get_unchecked(index).map(ValueRef::Text),
            "BLOB" => self.0.try_get_unchecked(index).map(ValueRef::Bytes),
            _ => self.0.try_get_unchecked(index).map(ValueRef::I64),
        };
        value.map_err(error::map)
    }
}
