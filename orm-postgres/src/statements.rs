//! The prepared statements of a connection, and the text under which each is known.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use orm_core::driver::{Query, classify};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqlSafeStr, SqlStr};

use crate::dialect::LEXICAL;
use crate::{bind, pooler};

/// The texts that the client may have prepared, with the types they were prepared for.
///
/// The client (`sqlx` 0.9.0) finds prepared statements by their text alone, while types are fixed when a statement is
/// prepared: the same text with values of other types would send bytes that the server reads as something else. So
/// this knows every text that the client may know, and a text that comes back with other types gets a comment.
pub(crate) struct Statements {
    kept: HashMap<Arc<str>, Box<[u32]>>,
    capacity: usize,
    /// The statement that was added last drops prepared statements.
    drops: bool,
}

impl Statements {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { kept: HashMap::new(), capacity, drops: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// The text to send for a statement that the client may have prepared.
    pub(crate) fn known(&self, query: Query<'_>) -> Option<SqlStr> {
        let (text, kept) = self.kept.get_key_value(query.sql)?;
        let same = kept.iter().copied().eq(bind::types(query.binds));
        same.then(|| AssertSqlSafe(Arc::clone(text)).into_sql_str())
    }

    /// The text to send for another statement, and whether its prepared statement is kept.
    pub(crate) async fn add(
        &mut self,
        client: &mut PgConnection,
        query: Query<'_>,
    ) -> Result<(SqlStr, bool), sqlx::Error> {
        self.drops = query.binds.is_empty() && pooler::drops_statements(query.sql);
        if !self.kept.contains_key(query.sql) {
            return self.keep(client, query.sql.into(), query).await;
        }
        let other = with_types(query.sql, bind::types(query.binds));
        match self.kept.get_key_value(other.as_str()) {
            Some((text, _)) => Ok((AssertSqlSafe(Arc::clone(text)).into_sql_str(), true)),
            None => self.keep(client, other.into(), query).await,
        }
    }

    /// Whether prepared statements were dropped by SQL, so that they are to be forgotten.
    pub(crate) fn take_drops(&mut self) -> bool {
        std::mem::take(&mut self.drops)
    }

    async fn keep(
        &mut self,
        client: &mut PgConnection,
        text: Arc<str>,
        query: Query<'_>,
    ) -> Result<(SqlStr, bool), sqlx::Error> {
        let keep = query.cacheable && self.capacity > 0 && has_own_columns(query.sql);
        if keep {
            if self.kept.len() >= self.capacity {
                self.forget(client).await?;
            }
            self.kept.insert(Arc::clone(&text), bind::types(query.binds).collect());
        }
        Ok((AssertSqlSafe(text).into_sql_str(), keep))
    }

    /// Drops all prepared statements: in one round trip, where dropping the oldest would cost one for each.
    pub(crate) async fn forget(&mut self, client: &mut PgConnection) -> Result<(), sqlx::Error> {
        client.clear_cached_statements().await?;
        self.kept.clear();
        Ok(())
    }
}

/// Whether the columns of a statement are the same whenever it is run, or the server says that they are not. Those of these
/// are another statement's, which may have been replaced meanwhile: the server sends the new ones' rows without a word.
fn has_own_columns(sql: &str) -> bool {
    let first = classify(sql, LEXICAL).next().map_or("", |statement| statement.word);
    !["EXECUTE", "FETCH", "CALL", "SHOW"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// A text that no other types share.
fn with_types(sql: &str, types: impl Iterator<Item = u32>) -> String {
    let mut text = String::with_capacity(sql.len() + 32);
    text.push_str(sql);
    text.push_str(" /*");
    for oid in types {
        let _ = write!(text, " {oid}");
    }
    text.push_str(" */");
    text
}
