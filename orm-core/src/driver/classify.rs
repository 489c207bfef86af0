//! [`classify`]: what each statement of a text does, by its first words, whichever dialect it is in. It reads no more of a
//! statement than it needs; what functions and routines do is not seen. Quotes and comments are the lexer's matter.

use std::borrow::Cow;

use super::session::{Leaves, leaves};
use super::{Lexer, Token};
use crate::dialect::Lexical;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatementKind {
    /// Gives rows and changes none: SELECT, VALUES, TABLE, SHOW, EXPLAIN without running it.
    Read,
    /// Adds rows: INSERT, REPLACE.
    Insert,
    /// Changes rows in another way: UPDATE, DELETE, MERGE.
    Change,
    /// Defines things: CREATE, ALTER, DROP, TRUNCATE, RENAME, COMMENT, GRANT, REVOKE.
    Define,
    /// Calls a procedure, which may give rows.
    Call,
    /// Begins a transaction.
    Begin {
        /// It takes locks at once: `BEGIN IMMEDIATE` of SQLite.
        locks: bool,
    },
    /// Ends a transaction and keeps its changes.
    Commit {
        /// Another one begins at once.
        chain: bool,
    },
    /// Ends a transaction and undoes its changes.
    Rollback {
        /// Another one begins at once.
        chain: bool,
    },
    /// Opens a savepoint.
    Savepoint,
    /// Ends a savepoint and keeps its changes.
    Release,
    /// Undoes the changes since a savepoint.
    RollbackTo,
    /// Changes how the session's transactions begin and end: `SET autocommit`, XA.
    TransactionMode,
    /// Anything else: SET, PRAGMA, VACUUM, COPY.
    Utility,
}

impl StatementKind {
    /// Whether rows are added or changed.
    pub fn is_write(self) -> bool {
        matches!(self, Self::Insert | Self::Change)
    }
}

/// One statement of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement<'s> {
    /// What it does.
    pub kind: StatementKind,
    /// Its first word, as it is written.
    pub word: &'s str,
    /// It ends an open transaction on databases where statements about tables do, which is a
    /// [capability](crate::dialect::Capabilities::transactional_ddl).
    pub commits: bool,
    /// It has a routine's statements in it, so that what follows cannot be told apart from them and is left out.
    pub routine: bool,
    /// It may run statements that its words do not tell: those of a procedure, of a text, or of a routine in it; or it is
    /// none of the statements that are known.
    pub opaque: bool,
    /// What it leaves in the session it ran in. What a procedure does there is not seen.
    pub leaves: Leaves,
}

/// The statements of a text, in their order.
///
/// ```
/// use orm_core::dialect::Lexical;
/// use orm_core::driver::{StatementKind, classify};
///
/// let sql = "/* nightly */ BEGIN; WITH old AS (SELECT 1) DELETE FROM logs; COMMIT";
/// let kinds: Vec<_> = classify(sql, Lexical::STANDARD).map(|statement| statement.kind).collect();
/// let (begin, commit) = (StatementKind::Begin { locks: false }, StatementKind::Commit { chain: false });
/// assert_eq!(kinds, [begin, StatementKind::Change, commit]);
/// ```
pub fn classify(sql: &str, lexical: Lexical) -> Statements<'_> {
    Statements { lexer: Lexer::new(sql, lexical), unread: false, over: false }
}

/// What the first statement of a text does; [`Utility`](StatementKind::Utility) where there is none.
pub fn statement_kind(sql: &str, lexical: Lexical) -> StatementKind {
    classify(sql, lexical).next().map_or(StatementKind::Utility, |statement| statement.kind)
}

/// The first word of a text in capitals; empty where there is none.
pub fn operation_name(sql: &str, lexical: Lexical) -> Cow<'_, str> {
    let mut words = Lexer::new(sql, lexical).filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    });
    let word = words.next().unwrap_or_default();
    if word.bytes().any(|byte| byte.is_ascii_lowercase()) { word.to_ascii_uppercase().into() } else { word.into() }
}

/// See [`classify`].
#[derive(Debug, Clone)]
pub struct Statements<'s> {
    lexer: Lexer<'s>,
    /// The end of the statement that was given last is still to be found.
    unread: bool,
    over: bool,
}

impl<'s> Iterator for Statements<'s> {
    type Item = Statement<'s>;

    fn next(&mut self) -> Option<Statement<'s>> {
        if self.unread {
            self.lexer.find(|token| *token == Token::Semicolon);
            self.unread = false;
        }
        if self.over {
            return None;
        }
        let mut words = Words { lexer: &mut self.lexer, ended: false };
        let statement = words.statement()?;
        self.unread = !words.ended;
        self.over = statement.routine;
        Some(statement)
    }
}

/// Whether two words are the same.
fn same(word: &str, other: &str) -> bool {
    word.eq_ignore_ascii_case(other)
}

fn one_of(word: &str, others: &[&str]) -> bool {
    others.iter().any(|other| same(word, other))
}

/// Where a statement inside another may begin.
const VERBS: [&str; 9] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "TABLE", "REPLACE", "MERGE"];

/// What a routine's statements may stand in, also without a routine on MariaDB.
const BLOCKS: [&str; 6] = ["IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR"];

/// First words of statements that run no others.
const CLEAR: [&str; 28] = [
    "ATTACH",
    "CHECKPOINT",
    "CHECKSUM",
    "CLOSE",
    "CLUSTER",
    "COPY",
    "DEALLOCATE",
    "DECLARE",
    "DETACH",
    "DISCARD",
    "DO",
    "FETCH",
    "HANDLER",
    "HELP",
    "KILL",
    "LISTEN",
    "MOVE",
    "NOTIFY",
    "PRAGMA",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "SECURITY",
    "SIGNAL",
    "UNLISTEN",
    "USE",
    "VACUUM",
    "WAIT",
];

/// The words of one statement.
struct Words<'l, 's> {
    lexer: &'l mut Lexer<'s>,
    /// Its end was read.
    ended: bool,
}

impl<'s> Words<'_, 's> {
    fn token(&mut self) -> Option<Token<'s>> {
        if self.ended {
            return None;
        }
        let token = self.lexer.next();
        self.ended = matches!(token, None | Some(Token::Semicolon));
        token.filter(|_| !self.ended)
    }

    fn word(&mut self) -> Option<&'s str> {
        loop {
            if let Token::Word(word) = self.token()? {
                return Some(word);
            }
        }
    }

    fn next_is(&mut self, words: &[&str]) -> bool {
        self.word().is_some_and(|word| one_of(word, words))
    }

    /// Looks for a word in what is left.
    fn find(&mut self, wanted: &[&str]) -> Option<&'s str> {
        loop {
            let word = self.word()?;
            if one_of(word, wanted) {
                return Some(word);
            }
        }
    }

    /// The statement that begins here, past the ends of empty ones.
    fn statement(&mut self) -> Option<Statement<'s>> {
        // What stands before the first word is a parenthesis, or the number of an executable comment.
        let word = self.lexer.find_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        })?;
        let rest = self.lexer.clone();
        let statement = self.after(word);
        // Statements in a block, which may have a label.
        let block = statement.opaque && (statement.routine || rest.rest().trim_ascii_start().starts_with(':'));
        let leaves = if block { Leaves::Something } else { leaves(word, rest.clone(), rest.lexical()) };
        Some(Statement { leaves, ..statement })
    }

    /// The statement whose first word was read.
    fn after(&mut self, word: &'s str) -> Statement<'s> {
        let is = |other: &str| same(word, other);
        let plain =
            |kind| Statement { kind, word, commits: false, routine: false, opaque: false, leaves: Leaves::Nothing };
        let commits = |kind| Statement { commits: true, ..plain(kind) };
        use StatementKind::*;
        if is("SELECT") || is("VALUES") || is("TABLE") || is("SHOW") {
            plain(Read)
        } else if is("INSERT") || is("REPLACE") {
            plain(Insert)
        } else if is("UPDATE") || is("DELETE") || is("MERGE") {
            plain(Change)
        } else if is("WITH") {
            plain(self.with())
        } else if is("BEGIN") {
            self.begin(word)
        } else if is("START") {
            if self.next_is(&["TRANSACTION"]) { commits(Begin { locks: false }) } else { commits(Utility) }
        } else if is("END") {
            self.end_of_block(word)
        } else if is("COMMIT") {
            plain(Commit { chain: self.end().1 })
        } else if is("ROLLBACK") || is("ABORT") {
            let (to, chain) = self.end();
            plain(if to { RollbackTo } else { Rollback { chain } })
        } else if is("SAVEPOINT") {
            plain(Savepoint)
        } else if is("RELEASE") {
            plain(Release)
        } else if is("SET") {
            self.set(word)
        } else if is("CREATE") || is("ALTER") || is("DROP") {
            self.define(word)
        } else if is("EXPLAIN") || is("DESCRIBE") || is("DESC") {
            plain(self.explain())
        } else if is("CALL") {
            Statement { opaque: true, ..plain(Call) }
        } else if is("PREPARE") {
            // The transaction goes on without the session.
            plain(if self.next_is(&["TRANSACTION"]) { Commit { chain: false } } else { Utility })
        } else if is("XA") {
            plain(if self.next_is(&["RECOVER"]) { Read } else { TransactionMode })
        } else if is("ANALYZE") {
            self.analyze(word)
        } else if is("LOAD") {
            Statement { commits: self.next_is(&["INDEX"]), ..plain(Utility) }
        } else if one_of(word, &["TRUNCATE", "RENAME", "GRANT", "REVOKE"]) {
            commits(Define)
        } else if is("COMMENT") {
            plain(Define)
        } else if one_of(word, &BLOCKS) {
            Statement { routine: true, opaque: true, ..plain(Utility) }
        } else {
            // The list of the MySQL manual, 15.3.3.
            const COMMITTING: [&str; 11] = [
                "LOCK",
                "OPTIMIZE",
                "REPAIR",
                "CHECK",
                "CACHE",
                "FLUSH",
                "RESET",
                "INSTALL",
                "UNINSTALL",
                "CHANGE",
                "STOP",
            ];
            let commits = one_of(word, &COMMITTING);
            Statement { commits, opaque: !commits && !one_of(word, &CLEAR), ..plain(Utility) }
        }
    }

    fn begin(&mut self, word: &'s str) -> Statement<'s> {
        let next = self.word().unwrap_or_default();
        let locks = one_of(next, &["IMMEDIATE", "EXCLUSIVE"]);
        let kind = StatementKind::Begin { locks };
        let begins = Statement { kind, word, commits: true, routine: false, opaque: false, leaves: Leaves::Nothing };
        if same(next, "NOT") {
            // BEGIN NOT ATOMIC: statements without a routine, on MariaDB.
            return Statement { kind: StatementKind::Utility, commits: false, routine: true, opaque: true, ..begins };
        }
        begins
    }

    /// END, which ends a transaction, or in `END IF` what a routine has begun.
    fn end_of_block(&mut self, word: &'s str) -> Statement<'s> {
        let mut rest = Words { lexer: &mut self.lexer.clone(), ended: false };
        let block = rest.next_is(&BLOCKS);
        let kind = if block { StatementKind::Utility } else { StatementKind::Commit { chain: self.end().1 } };
        Statement { kind, word, commits: false, routine: block, opaque: block, leaves: Leaves::Nothing }
    }

    /// What follows COMMIT and ROLLBACK: whether a savepoint is named, and whether another transaction begins.
    fn end(&mut self) -> (bool, bool) {
        let (mut no, mut chain) = (false, false);
        while let Some(word) = self.word() {
            if same(word, "TO") {
                return (true, false);
            }
            no |= same(word, "NO");
            chain |= same(word, "CHAIN") && !no;
        }
        (false, chain)
    }

    fn set(&mut self, word: &'s str) -> Statement<'s> {
        // A quoted name may be that of any variable.
        let opaque = self.lexer.rest().contains('`');
        let set = Statement {
            kind: StatementKind::Utility,
            word,
            commits: false,
            routine: false,
            opaque,
            leaves: Leaves::Nothing,
        };
        let first = self.word().unwrap_or_default();
        if same(first, "STATEMENT") {
            // SET STATEMENT .. FOR another one, on MariaDB.
            return match self.find(&["FOR"]).and_then(|_| self.word()) {
                Some(inner) => self.after(inner),
                None => set,
            };
        }
        if same(first, "PASSWORD") {
            return Statement { commits: true, ..set };
        }
        if same(first, "AUTOCOMMIT") || self.find(&["AUTOCOMMIT"]).is_some() {
            return Statement { kind: StatementKind::TransactionMode, ..set };
        }
        set
    }

    fn define(&mut self, word: &'s str) -> Statement<'s> {
        let mut next = self.word().unwrap_or_default();
        if same(next, "OR") {
            // CREATE OR REPLACE.
            self.word();
            next = self.word().unwrap_or_default();
        }
        let commits = !same(next, "TEMPORARY");
        let routine = self.find(&["BEGIN"]).is_some();
        Statement { kind: StatementKind::Define, word, commits, routine, opaque: false, leaves: Leaves::Nothing }
    }

    /// Statistics of a table, or the run of a statement with its plan, as MariaDB writes it.
    fn analyze(&mut self, word: &'s str) -> Statement<'s> {
        let kind = StatementKind::Utility;
        let analyze = Statement { kind, word, commits: true, routine: false, opaque: false, leaves: Leaves::Nothing };
        let next = self.word().unwrap_or_default();
        let run = if same(next, "FORMAT") { self.find(&VERBS) } else { Some(next) };
        match run.filter(|word| one_of(word, &VERBS) && !same(word, "TABLE")) {
            Some(verb) => Statement { kind: self.after(verb).kind, commits: false, ..analyze },
            None => analyze,
        }
    }

    /// EXPLAIN: reads, unless it runs a statement that does not.
    fn explain(&mut self) -> StatementKind {
        let (mut analyze, mut before) = (false, "");
        let mut options = None;
        let mut depth = 0_usize;
        while let Some(token) = self.token() {
            match token {
                Token::Open => {
                    options.get_or_insert(true);
                    depth += 1;
                }
                Token::Close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        options = Some(false);
                    }
                }
                // The options stand in the first parentheses.
                Token::Word(word) if options == Some(true) && depth > 0 => {
                    if one_of(word, &VERBS) {
                        return StatementKind::Read;
                    }
                    analyze |= same(word, "ANALYZE");
                    analyze &= !(same(before, "ANALYZE") && one_of(word, &["FALSE", "OFF"]));
                    before = word;
                }
                Token::Word(word) if same(word, "ANALYZE") => analyze = true,
                Token::Word(word) if one_of(word, &VERBS) || same(word, "CREATE") => {
                    return if analyze { self.after(word).kind } else { StatementKind::Read };
                }
                _ => {}
            }
        }
        // What it runs is not known: EXECUTE, for instance.
        if analyze { StatementKind::Utility } else { StatementKind::Read }
    }

    /// The statement after `WITH`, or one that changes rows inside it.
    fn with(&mut self) -> StatementKind {
        let (mut depth, mut before) = (0_usize, "");
        // A query of the list is over, and no comma has followed it.
        let (mut over, mut just_closed, mut writes) = (false, false, false);
        while let Some(token) = self.token() {
            let closed = std::mem::take(&mut just_closed);
            match token {
                Token::Open => depth += 1,
                Token::Close => {
                    depth = depth.saturating_sub(1);
                    just_closed = depth == 0;
                    over |= just_closed;
                }
                Token::Other if closed => over = false,
                Token::Word(word) if depth == 1 && one_of(before, &["AS", "MATERIALIZED"]) => {
                    writes |= one_of(word, &["INSERT", "UPDATE", "DELETE", "MERGE"]);
                    before = word;
                }
                Token::Word(word) if depth == 0 && over && one_of(word, &VERBS) => {
                    let kind = self.after(word).kind;
                    return if writes && kind == StatementKind::Read { StatementKind::Change } else { kind };
                }
                Token::Word(word) if depth == 0 => before = word,
                _ => {}
            }
        }
        // Its query is in parentheses.
        if writes { StatementKind::Change } else { StatementKind::Read }
    }
}

#[cfg(test)]
mod tests {
    use super::StatementKind::*;
    use super::*;

    const POSTGRES: Lexical =
        Lexical { dollar_quotes: true, escape_strings: true, nested_comments: true, ..Lexical::STANDARD };
    const MYSQL: Lexical = Lexical {
        backslash_escapes: true,
        backquotes: true,
        hash_comments: true,
        spaced_dashes: true,
        executable_comments: true,
        ..Lexical::STANDARD
    };
    const SQLITE: Lexical = Lexical { backquotes: true, brackets: true, ..Lexical::STANDARD };
    const ALL: [Lexical; 3] = [POSTGRES, MYSQL, SQLITE];

    #[track_caller]
    fn check(lexicals: &[Lexical], sql: &str, expected: &[StatementKind]) {
        for lexical in lexicals {
            let kinds: Vec<_> = classify(sql, *lexical).map(|statement| statement.kind).collect();
            assert_eq!(kinds, expected, "{sql}");
        }
    }

    #[test]
    fn first_words_tell_the_kind() {
        for (sql, kind) in [
            ("SELECT 1", Read),
            ("  -- x\n/* y */ ;select 1", Read),
            ("(SELECT 1) UNION (SELECT 2)", Read),
            ("VALUES (1)", Read),
            ("TABLE t", Read),
            ("SHOW search_path", Read),
            ("insert into t values (1)", Insert),
            ("REPLACE INTO t VALUES (1)", Insert),
            ("UPDATE t SET a = 1", Change),
            ("DELETE FROM t", Change),
            ("MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE", Change),
            ("CREATE TABLE t (a INT)", Define),
            ("TRUNCATE t", Define),
            ("COMMENT ON TABLE t IS 'x'", Define),
            ("CALL p()", Call),
            ("BEGIN", Begin { locks: false }),
            ("BEGIN IMMEDIATE", Begin { locks: true }),
            ("begin exclusive transaction", Begin { locks: true }),
            ("START TRANSACTION READ ONLY", Begin { locks: false }),
            ("COMMIT WORK", Commit { chain: false }),
            ("END TRANSACTION", Commit { chain: false }),
            ("COMMIT WORK AND CHAIN", Commit { chain: true }),
            ("COMMIT AND NO CHAIN", Commit { chain: false }),
            ("PREPARE TRANSACTION 'x'", Commit { chain: false }),
            ("PREPARE s FROM 'COMMIT'", Utility),
            ("ROLLBACK", Rollback { chain: false }),
            ("ABORT AND CHAIN", Rollback { chain: true }),
            ("ROLLBACK WORK TO SAVEPOINT a", RollbackTo),
            ("ROLLBACK TO a", RollbackTo),
            ("SAVEPOINT a", Savepoint),
            ("RELEASE a", Release),
            ("SET autocommit = 0", TransactionMode),
            ("SET @@SESSION.autocommit = 0", TransactionMode),
            ("SET NAMES utf8mb4, autocommit = 0", TransactionMode),
            ("XA START 'x'", TransactionMode),
            ("XA RECOVER", Read),
            ("END", Commit { chain: false }),
            ("END IF", Utility),
            ("SET TRANSACTION READ ONLY", Utility),
            ("PRAGMA user_version", Utility),
            ("DO 1", Utility),
        ] {
            check(&ALL, sql, &[kind]);
        }
        for sql in ["", ";;", "/* open", "-- x", "'text'"] {
            check(&ALL, sql, &[]);
            assert_eq!(statement_kind(sql, POSTGRES), Utility);
        }
    }

    #[test]
    fn with_is_what_follows_it_or_stands_in_it() {
        for (sql, kind) in [
            ("WITH c AS (SELECT 1) SELECT * FROM c", Read),
            ("WITH RECURSIVE c(n) AS (VALUES (1) UNION SELECT n + 1 FROM c) TABLE c", Read),
            ("WITH c AS (SELECT 1), d (a) AS (SELECT 2) INSERT INTO t SELECT * FROM d", Insert),
            ("WITH c AS (SELECT ')' /* ( */) UPDATE t SET a = (SELECT 1 FROM c)", Change),
            ("WITH c AS MATERIALIZED (SELECT 1) DELETE FROM t", Change),
            ("with c as (select 1) select * from t for update", Read),
            ("WITH update AS (SELECT 1) SELECT * FROM update", Read),
            ("WITH c (update, delete) AS (SELECT 1, 2) SELECT * FROM c", Read),
            ("WITH c AS (SELECT 1), select_all AS (SELECT 2) (SELECT 3)", Read),
            ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", Change),
            ("WITH d AS NOT MATERIALIZED (UPDATE t SET a = 1 RETURNING *) SELECT * FROM d", Change),
            ("WITH c AS (SELECT replace(a, 'b', 'c') FROM t) SELECT * FROM c", Read),
            ("WITH RECURSIVE c AS (SELECT 1) SEARCH DEPTH FIRST BY a, b SET o DELETE FROM t", Change),
            ("WITH c (a) AS (SELECT 1), d AS (SELECT 2) SELECT * FROM d", Read),
            ("WITH", Read),
        ] {
            check(&ALL, sql, &[kind]);
        }
    }

    #[test]
    fn explain_reads_unless_it_runs_what_writes() {
        for (sql, kind) in [
            ("EXPLAIN SELECT 1", Read),
            ("EXPLAIN DELETE FROM t", Read),
            ("EXPLAIN QUERY PLAN UPDATE t SET a = 1", Read),
            ("EXPLAIN (FORMAT JSON) INSERT INTO t VALUES (1)", Read),
            ("EXPLAIN FORMAT=TREE UPDATE t SET a = 1", Read),
            ("EXPLAIN ANALYZE SELECT 1", Read),
            ("EXPLAIN ANALYZE VERBOSE DELETE FROM t", Change),
            ("EXPLAIN (ANALYZE, BUFFERS) INSERT INTO t VALUES (1)", Insert),
            ("EXPLAIN (ANALYZE FALSE, COSTS) DELETE FROM t", Read),
            ("EXPLAIN (ANALYZE, COSTS OFF) DELETE FROM t", Change),
            ("EXPLAIN (ANALYZE) (SELECT 1)", Read),
            ("EXPLAIN (SELECT 1)", Read),
            ("EXPLAIN ANALYZE WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", Change),
            ("EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1", Define),
            ("EXPLAIN ANALYZE EXECUTE s", Utility),
            ("DESCRIBE t", Read),
        ] {
            check(&ALL, sql, &[kind]);
        }
        check(&[MYSQL], "ANALYZE FORMAT=JSON UPDATE t SET a = 1", &[Change]);
        check(&[MYSQL], "ANALYZE SELECT 1", &[Read]);
        check(&ALL, "ANALYZE t", &[Utility]);
    }

    #[test]
    fn statements_are_told_apart_by_the_dialects_quotes_and_comments() {
        let (begin, commit) = (Begin { locks: false }, Commit { chain: false });
        check(&ALL, "BEGIN; INSERT INTO t VALUES ('; COMMIT'); COMMIT", &[begin, Insert, commit]);
        check(&[POSTGRES], "DO $x$ BEGIN; COMMIT; $x$; SELECT 1", &[Utility, Read]);
        check(&[MYSQL, SQLITE], "SELECT 1 AS $$; COMMIT; SELECT 1 AS $$", &[Read, commit, Read]);
        check(&[MYSQL], "SELECT '\\'; COMMIT; -- '", &[Read]);
        check(&[POSTGRES, SQLITE], "SELECT '\\'; COMMIT; -- '", &[Read, commit]);
        check(&[MYSQL], "# SELECT\nCOMMIT", &[commit]);
        check(&[MYSQL], "/*!40101 COMMIT */; /*M!100100 ROLLBACK */", &[commit, Rollback { chain: false }]);
        check(&[SQLITE], "SELECT 1 AS [a; COMMIT]", &[Read]);
        check(&[MYSQL, SQLITE], "/* /* */ COMMIT /* */", &[commit]);
        check(&[POSTGRES], "/* /* */ COMMIT */ SELECT 1", &[Read]);
        check(&[SQLITE], "\u{feff}BEGIN", &[begin]);
        check(&[MYSQL], "SET STATEMENT max_statement_time = 1 FOR DELETE FROM t", &[Change]);
    }

    #[test]
    fn what_commits_implicitly_is_marked() {
        let commits = |sql: &str| classify(sql, MYSQL).any(|statement| statement.commits);
        for sql in [
            "CREATE TABLE t (a INT)",
            "CREATE OR REPLACE TABLE t (a INT)",
            "DROP VIEW v",
            "ALTER TABLE t ADD b INT",
            "TRUNCATE t",
            "RENAME TABLE a TO b",
            "GRANT SELECT ON t TO u",
            "LOCK TABLES t READ",
            "ANALYZE TABLE t",
            "ANALYZE LOCAL TABLE t",
            "CHECK TABLE t",
            "FLUSH TABLES",
            "SET PASSWORD = 'x'",
            "LOAD INDEX INTO CACHE t",
            "START REPLICA",
            "SET STATEMENT a = 1 FOR CREATE TABLE t (a INT)",
        ] {
            assert!(commits(sql), "{sql}");
        }
        for sql in [
            "CREATE TEMPORARY TABLE t (a INT)",
            "CREATE OR REPLACE TEMPORARY TABLE t (a INT)",
            "DROP TEMPORARY TABLE t",
            "LOAD DATA INFILE 'x' INTO TABLE t",
            "ANALYZE SELECT 1",
            "SELECT 1",
            "SET @a = 1",
        ] {
            assert!(!commits(sql), "{sql}");
        }
    }

    #[test]
    fn what_may_run_other_statements_is_opaque() {
        let opaque = |sql: &str| classify(sql, MYSQL).any(|statement| statement.opaque);
        for sql in [
            "CALL p()",
            "EXECUTE IMMEDIATE 'COMMIT'",
            "BEGIN NOT ATOMIC COMMIT; END",
            "IF 1 THEN COMMIT; END IF",
            "SET `autocommit` = 1",
            "BACKUP STAGE START",
            "label: LOOP COMMIT; END LOOP",
        ] {
            assert!(opaque(sql), "{sql}");
        }
        for sql in ["SELECT 1", "INSERT INTO t VALUES (1)", "DO 1", "SET NAMES utf8mb4", "SAVEPOINT a", "TRUNCATE t"] {
            assert!(!opaque(sql), "{sql}");
        }
    }

    #[test]
    fn what_follows_the_statements_of_a_routine_is_left_out() {
        for sql in [
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u; END; COMMIT",
            "CREATE PROCEDURE p() BEGIN COMMIT; END; COMMIT",
        ] {
            check(&ALL, sql, &[Define]);
        }
        check(&[MYSQL], "BEGIN NOT ATOMIC COMMIT; END", &[Utility]);
        check(&[MYSQL], "IF 1 THEN COMMIT; END IF; COMMIT", &[Utility]);
        check(&ALL, "CREATE TABLE t (a INT); SELECT 1", &[Define, Read]);
    }

    #[test]
    fn operations_are_the_first_word_in_capitals() {
        for (sql, name) in [("/* a */ select 1", "SELECT"), ("(VALUES (1))", "VALUES"), ("", ""), ("é", "é")] {
            assert_eq!(operation_name(sql, POSTGRES), name, "{sql}");
        }
    }
}
