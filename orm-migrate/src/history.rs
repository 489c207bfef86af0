//! The table in which a database keeps what migrations it has had, and how far one got that did not end.

use chrono::{DateTime, Utc};
use orm_core::dialect::SqlWriter;
use orm_core::driver::{Query, Session};
use orm_core::query::apply_operations;
use orm_core::row::{Collect, Columns, Discard};
use orm_core::schema::{Column, ColumnDefault, Operation, PrimaryKey, QualifiedName, Table};
use orm_core::{Error, Result, SqlType, Value};

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) version: String,
    pub(crate) name: String,
    /// Of the SQL that did it.
    pub(crate) checksum: String,
    pub(crate) phase: Phase,
    /// How many statements the file has, and how many of them are done.
    pub(crate) statements: i32,
    pub(crate) done: i32,
    /// The checksum of the statements that are done.
    pub(crate) done_checksum: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) milliseconds: i64,
    /// What the last statement failed with.
    pub(crate) error: Option<String>,
}

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Applied,
    /// Statements of it run, or the program ended while they did.
    Applying,
    ApplyFailed,
    Reverting,
    RevertFailed,
}

impl Phase {
    const ALL: [Self; 5] = [Self::Applied, Self::Applying, Self::ApplyFailed, Self::Reverting, Self::RevertFailed];

    fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Applying => "applying",
            Self::ApplyFailed => "apply failed",
            Self::Reverting => "reverting",
            Self::RevertFailed => "revert failed",
        }
    }

    fn from_name(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|phase| phase.name() == name);
        known.ok_or_else(|| Error::decode("a state of a migration", format_args!("`{name}`")))
    }
}

const COLUMNS: [&str; 10] = [
    "version",
    "name",
    "checksum",
    "state",
    "statements",
    "done",
    "done_checksum",
    "started_at",
    "milliseconds",
    "error",
];

/// The history of one database.
pub(crate) struct History<'s> {
    session: &'s dyn Session,
    table: &'s QualifiedName,
}

impl<'s> History<'s> {
    pub(crate) fn new(session: &'s dyn Session, table: &'s QualifiedName) -> Self {
        Self { session, table }
    }

    /// The same, on another session: that of a transaction.
    pub(crate) fn on<'t>(&self, session: &'t dyn Session) -> History<'t>
    where
        's: 't,
    {
        History { session, table: self.table }
    }

    pub(crate) async fn exists(&self) -> Result<bool> {
        let mut w = SqlWriter::new(&**self.session.dialect());
        self.session.dialect().push_table_exists(&mut w, self.table.schema.as_deref(), &self.table.name)?;
        let query = w.finish();
        let mut rows: Vec<i64> = Vec::new();
        self.session.fetch(Query::new(&query.sql, &query.binds), &mut Collect::new(&mut rows, |c| c.next())).await?;
        Ok(!rows.is_empty())
    }

    pub(crate) async fn create(&self) -> Result<()> {
        if self.exists().await? {
            return Ok(());
        }
        let text = |name: &str, length| Column { length: Some(length), ..Column::new(name, SqlType::Text) };
        let number = |name: &str, ty| Column::new(name, ty);
        let table = Table {
            name: self.table.clone(),
            columns: vec![
                Column { indexed: true, ..text("version", 40) },
                text("name", 190),
                text("checksum", 64),
                text("state", 20),
                number("statements", SqlType::I32),
                number("done", SqlType::I32),
                text("done_checksum", 64),
                Column { default: Some(ColumnDefault::Now), ..Column::new("started_at", SqlType::Timestamp) },
                number("milliseconds", SqlType::I64),
                Column { nullable: true, ..Column::new("error", SqlType::Text) },
            ],
            primary_key: Some(PrimaryKey::new(["version"])),
            ..Table::new(&self.table.name)
        };
        apply_operations(self.session, &[Operation::CreateTable(table)]).await
    }

    /// Everything that the database has had, in order.
    pub(crate) async fn entries(&self) -> Result<Vec<Entry>> {
        if !self.exists().await? {
            return Ok(Vec::new());
        }
        let mut w = SqlWriter::new(&**self.session.dialect());
        w.push_sql("SELECT ");
        w.separated(", ", &COLUMNS, |w, name| w.push_ident(name))?;
        w.push_sql(" FROM ");
        w.push_qualified(self.table.schema.as_deref(), &self.table.name)?;
        let query = w.finish();
        let mut entries = Vec::new();
        self.session.fetch(Query::new(&query.sql, &query.binds), &mut Collect::new(&mut entries, read)).await?;
        entries.sort_by_cached_key(|entry: &Entry| crate::migration::order(&entry.version));
        Ok(entries)
    }

    pub(crate) async fn insert(&self, entry: &Entry) -> Result<()> {
        let mut w = SqlWriter::new(&**self.session.dialect());
        w.push_sql("INSERT INTO ");
        w.push_qualified(self.table.schema.as_deref(), &self.table.name)?;
        w.push_sql(" (");
        w.separated(", ", &COLUMNS, |w, name| w.push_ident(name))?;
        w.push_sql(") VALUES (");
        w.separated(", ", &values(entry), |w, value| w.push_bind(value.clone()))?;
        w.push_sql(")");
        self.run(w).await
    }

    /// Writes an entry over that of its version.
    pub(crate) async fn update(&self, entry: &Entry) -> Result<()> {
        let mut w = SqlWriter::new(&**self.session.dialect());
        w.push_sql("UPDATE ");
        w.push_qualified(self.table.schema.as_deref(), &self.table.name)?;
        w.push_sql(" SET ");
        let parts: Vec<(&str, Value)> = COLUMNS.into_iter().zip(values(entry)).skip(1).collect();
        w.separated(", ", &parts, |w, (name, value)| {
            w.push_ident(name)?;
            w.push_sql(" = ");
            w.push_bind(value.clone())
        })?;
        push_where_version(&mut w, &entry.version)?;
        self.run(w).await
    }

    pub(crate) async fn delete(&self, version: &str) -> Result<()> {
        let mut w = SqlWriter::new(&**self.session.dialect());
        w.push_sql("DELETE FROM ");
        w.push_qualified(self.table.schema.as_deref(), &self.table.name)?;
        push_where_version(&mut w, version)?;
        self.run(w).await
    }

    async fn run(&self, w: SqlWriter<'_>) -> Result<()> {
        let query = w.finish();
        self.session.fetch(Query::new(&query.sql, &query.binds), &mut Discard).await.map(drop)
    }
}

fn push_where_version(w: &mut SqlWriter<'_>, version: &str) -> Result<()> {
    w.push_sql(" WHERE ");
    w.push_ident("version")?;
    w.push_sql(" = ");
    w.push_bind(text(version))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned().into())
}

/// In the order of [`COLUMNS`].
fn values(entry: &Entry) -> [Value; 10] {
    [
        text(&entry.version),
        text(&entry.name),
        text(&entry.checksum),
        text(entry.phase.name()),
        Value::I32(entry.statements),
        Value::I32(entry.done),
        text(&entry.done_checksum),
        Value::Timestamp(entry.started_at),
        Value::I64(entry.milliseconds),
        entry.error.as_deref().map_or(Value::Null(SqlType::Text), text),
    ]
}

fn read(columns: &mut Columns<'_>) -> Result<Entry> {
    Ok(Entry {
        version: columns.next()?,
        name: columns.next()?,
        checksum: columns.next()?,
        phase: Phase::from_name(&columns.next::<String>()?)?,
        statements: columns.next()?,
        done: columns.next()?,
        done_checksum: columns.next()?,
        started_at: columns.next()?,
        milliseconds: columns.next()?,
        error: columns.next()?,
    })
}
