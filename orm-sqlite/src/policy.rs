//! What a statement does, as far as it decides where it runs: its kind by its first words, and whether a write is
//! bounded by what SQLite says about its plan. The decision itself is in `connection.rs`.

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

/// The kind of a statement by its first words; `WITH` is settled by [`Kind::settle`].
pub(crate) fn kind(sql: &str) -> Kind {
    let (first, rest) = word(sql);
    let is = |name: &str| first.eq_ignore_ascii_case(name);
    if is("SELECT") || is("WITH") || is("VALUES") || is("EXPLAIN") {
        Kind::Read
    } else if is("INSERT") || is("UPDATE") || is("DELETE") || is("REPLACE") {
        Kind::Write
    } else if is("BEGIN") {
        let (second, _) = word(rest);
        let locks = second.eq_ignore_ascii_case("IMMEDIATE") || second.eq_ignore_ascii_case("EXCLUSIVE");
        if locks { Kind::BeginLocked } else { Kind::Begin }
    } else if is("SAVEPOINT") {
        Kind::Begin
    } else if is("COMMIT") || is("END") || is("RELEASE") {
        Kind::Commit
    } else if is("ROLLBACK") {
        Kind::Rollback
    } else {
        Kind::Other
    }
}

impl Kind {
    /// The kind once SQLite has said whether the statement changes the database file.
    pub(crate) fn settle(self, sql: &str, read_only: bool) -> Self {
        match self {
            Self::Read if read_only => Self::Read,
            Self::Read if word(sql).0.eq_ignore_ascii_case("WITH") => Self::Write,
            Self::Read => Self::Other,
            kind => kind,
        }
    }

    /// Whether rows are inserted, as far as the first word tells.
    pub(crate) fn inserts(sql: &str) -> bool {
        let (first, _) = word(sql);
        ["INSERT", "REPLACE", "WITH"].iter().any(|name| first.eq_ignore_ascii_case(name))
    }
}

/// The next word and what follows it, after white space, comments and empty statements.
fn word(sql: &str) -> (&str, &str) {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';' || c == '\u{feff}');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    rest.split_at(end)
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
            assert_eq!(kind(sql), expected, "{sql}");
        }
        assert_eq!(Kind::Read.settle("WITH c AS (SELECT 1) DELETE FROM t", false), Kind::Write);
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
