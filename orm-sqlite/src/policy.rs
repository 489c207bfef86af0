//! What a statement does, as far as it decides where it runs: its kind by its first words, and whether a write is
//! bounded by what SQLite says about its plan. The decision itself is in `connection.rs`.

use orm_core::driver::{StatementKind, statement_kind};

use crate::lexical::LEXICAL;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads rows.
    Read,
    /// INSERT, UPDATE, DELETE or REPLACE.
    Write,
    /// Begins a transaction or savepoint without taking locks.
    Begin,
    /// Begins a transaction and takes locks.
    BeginLocked,
    /// Ends a transaction or savepoint, keeping its changes.
    Commit,
    /// Ends a transaction or savepoint, undoing its changes.
    Rollback,
    /// Anything else: DDL, PRAGMA, ATTACH, VACUUM. Some of it takes effect when it is prepared, so it is never kept.
    Other,
}

impl Kind {
    /// The kind by a statement's words.
    pub(crate) fn of(statement: StatementKind) -> Self {
        match statement {
            StatementKind::Read => Self::Read,
            StatementKind::Insert | StatementKind::Change => Self::Write,
            StatementKind::Begin { locks: true } => Self::BeginLocked,
            StatementKind::Begin { .. } | StatementKind::Savepoint => Self::Begin,
            StatementKind::Commit { .. } | StatementKind::Release => Self::Commit,
            StatementKind::Rollback { .. } | StatementKind::RollbackTo => Self::Rollback,
            _ => Self::Other,
        }
    }
}

/// Whether a prepared statement may be kept; see [`Kind::Other`].
pub(crate) fn may_keep(sql: &str) -> bool {
    Kind::of(statement_kind(sql, LEXICAL)) != Kind::Other
}

/// One line of EXPLAIN QUERY PLAN (<https://www.sqlite.org/eqp.html>), as far as it bounds the rows visited.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Visits<'p> {
    /// At most one row per evaluation, or rows that are written in the statement itself.
    Bounded,
    /// As `Bounded` when the index is unique and has exactly this number of columns.
    BoundedIfUnique(&'p str, usize),
    /// As many as there are.
    Unbounded,
}

/// Reads one line. Lines that only frame others visit nothing themselves.
pub(crate) fn visits(line: &str) -> Visits<'_> {
    if let Some(what) = line.strip_prefix("SCAN ") {
        let rows = what.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let written = matches!(rows, "CONSTANT ROW" | "CONSTANT ROWS" | "-ROW VALUES CLAUSE");
        return if written { Visits::Bounded } else { Visits::Unbounded };
    }
    let Some(search) = line.strip_prefix("SEARCH ") else { return Visits::Bounded };
    let Some((_, using)) = search.split_once(" USING ") else { return Visits::Unbounded };
    if using == "INTEGER PRIMARY KEY (rowid=?)" {
        return Visits::Bounded;
    }
    let using = using.strip_prefix("COVERING ").unwrap_or(using);
    let named = using.strip_prefix("INDEX ").and_then(|index| index.strip_suffix(')')?.rsplit_once(" ("));
    match named {
        Some((index, terms)) if terms.split(" AND ").all(|term| term.ends_with("=?")) => {
            Visits::BoundedIfUnique(index, terms.split(" AND ").count())
        }
        _ => Visits::Unbounded,
    }
}

/// What is known about a prepared statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// What it does.
    pub(crate) kind: Kind,
    /// Whether it may insert rows.
    pub(crate) inserts: bool,
    /// Whether it took long the last time.
    pub(crate) long: bool,
    /// Whether a write visits few rows, once that was asked.
    pub(crate) bounded: Option<bool>,
}

impl Facts {
    /// What a statement's words tell, and SQLite about whether it changes the database file.
    pub(crate) fn new(sql: &str, read_only: bool) -> Self {
        let statement = statement_kind(sql, LEXICAL);
        let kind = match Kind::of(statement) {
            Kind::Read if !read_only => Kind::Other,
            kind => kind,
        };
        Self { kind, inserts: statement == StatementKind::Insert, long: false, bounded: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_tell_the_kind() {
        for (sql, expected) in [
            ("SELECT 1", Kind::Read),
            ("  -- x\n/* y */ ;select 1", Kind::Read),
            ("WITH c AS (SELECT 1) SELECT * FROM c", Kind::Read),
            ("insert into t values (1)", Kind::Write),
            ("BEGIN", Kind::Begin),
            ("BEGIN IMMEDIATE", Kind::BeginLocked),
            ("begin exclusive transaction", Kind::BeginLocked),
            ("BEGIN;", Kind::Begin),
            ("RELEASE a", Kind::Commit),
            ("ROLLBACK TO a", Kind::Rollback),
            ("PRAGMA user_version", Kind::Other),
            ("CREATE TABLE t (a)", Kind::Other),
            ("/* open", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Facts::new(sql, true).kind, expected, "{sql}");
            assert_eq!(may_keep(sql), expected != Kind::Other, "{sql}");
        }
        let delete = Facts::new("WITH c AS (SELECT 1) DELETE FROM t", false);
        assert_eq!((delete.kind, delete.inserts), (Kind::Write, false));
        assert!(Facts::new("WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c", false).inserts);
        assert_eq!(Facts::new("SELECT load_extension('x')", false).kind, Kind::Other);
    }

    #[test]
    fn plans_tell_what_is_visited() {
        assert_eq!(visits("SEARCH users USING INTEGER PRIMARY KEY (rowid=?)"), Visits::Bounded);
        assert_eq!(visits("SEARCH users USING INTEGER PRIMARY KEY (rowid>?)"), Visits::Unbounded);
        assert_eq!(visits("SCAN users"), Visits::Unbounded);
        for line in ["SCAN CONSTANT ROW", "SCAN 3 CONSTANT ROWS", "SCAN 12-ROW VALUES CLAUSE"] {
            assert_eq!(visits(line), Visits::Bounded);
        }
        assert_eq!(visits("SEARCH t USING INDEX a b (x=? AND y=?)"), Visits::BoundedIfUnique("a b", 2));
        assert_eq!(visits("SEARCH t USING COVERING INDEX i (x=? AND y>?)"), Visits::Unbounded);
        assert_eq!(visits("SEARCH t USING AUTOMATIC COVERING INDEX (x=?)"), Visits::Unbounded);
        assert_eq!(visits("USE TEMP B-TREE FOR ORDER BY"), Visits::Bounded);
    }
}
