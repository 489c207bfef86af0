//! [`Leaves`]: what a statement leaves in the session it ran in, by its words. The pool closes such a connection rather than
//! to let others have it.

use super::lexer::{Lexer, Token};
use crate::dialect::Lexical;

/// What a statement leaves in the session it ran in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Nothing that anybody else would notice.
    Nothing,
    /// Something, unless it ran in a transaction, with which it ends: a table lock, the options of the next transaction.
    SomethingOutside,
    /// Settings, locks, temporary tables, prepared statements, another database.
    Something,
}

/// What the statement with this first word leaves; `rest` follows the word.
pub(super) fn leaves(word: &str, rest: Lexer<'_>, lexical: Lexical) -> Leaves {
    use Leaves::*;
    let is = |others: &[&str]| others.iter().any(|other| word.eq_ignore_ascii_case(other));
    // Nearly all statements. What their functions do is the dialect's to know.
    if is(&["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE", "VALUES", "CALL"]) {
        return Nothing;
    }
    let text = rest.rest();
    let words = Words(rest);
    let something = |yes: bool| if yes { Something } else { Nothing };
    if is(&["SET"]) {
        return set(text, words, lexical);
    }
    if is(&["CREATE"]) {
        return something(is_temporary(words));
    }
    if is(&["PRAGMA"]) {
        return something(sets_pragma(text));
    }
    if is(&["LOCK"]) {
        return SomethingOutside;
    }
    something(
        is(&["USE", "LISTEN", "UNLISTEN", "RESET", "DISCARD", "EXECUTE", "DEALLOCATE", "HANDLER", "BACKUP"])
            || is(&["PREPARE"]) && !words.begin_with(&["TRANSACTION"])
            || is(&["LOAD"]) && !words.begin_with(&["DATA", "XML", "INDEX"])
            || is(&["FLUSH"]) && words.have(&["LOCK", "EXPORT"])
            || is(&["DECLARE"]) && words.have(&["HOLD"])
            // A block of statements rather than expressions.
            || is(&["DO"]) && lexical.dollar_quotes,
    )
}

/// The words of one statement.
#[derive(Clone)]
struct Words<'s>(Lexer<'s>);

impl<'s> Words<'s> {
    fn begin_with(&self, any: &[&str]) -> bool {
        self.clone().next().is_some_and(|word| one_of(word, any))
    }

    fn have(&self, any: &[&str]) -> bool {
        self.clone().any(|word| one_of(word, any))
    }
}

impl<'s> Iterator for Words<'s> {
    type Item = &'s str;

    fn next(&mut self) -> Option<&'s str> {
        loop {
            match self.0.next()? {
                Token::Word(word) => return Some(word),
                Token::Semicolon => return None,
                _ => {}
            }
        }
    }
}

fn one_of(word: &str, any: &[&str]) -> bool {
    any.iter().any(|other| word.eq_ignore_ascii_case(other))
}

fn set(text: &str, words: Words<'_>, lexical: Lexical) -> Leaves {
    let one = !text.contains(',');
    let text = text.trim_ascii_start();
    // User variables are read only by the code that set them.
    if one && text.starts_with('@') && !text.starts_with("@@") {
        return Leaves::Nothing;
    }
    if words.begin_with(&["TRANSACTION"]) {
        return Leaves::SomethingOutside;
    }
    // LOCAL is the transaction's where blocks are in dollar quotes, and the session's elsewhere.
    let local = lexical.dollar_quotes && words.begin_with(&["LOCAL", "CONSTRAINTS"]);
    let global = one && words.begin_with(&["GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD", "STATEMENT"]);
    if local || global { Leaves::Nothing } else { Leaves::Something }
}

/// CREATE TEMPORARY, of what does not end with its transaction.
fn is_temporary(words: Words<'_>) -> bool {
    let mut first = words.clone().skip_while(|word| one_of(word, &["OR", "REPLACE", "GLOBAL", "LOCAL"]));
    if !first.next().is_some_and(|word| one_of(word, &["TEMP", "TEMPORARY"])) {
        return false;
    }
    let mut end = words.skip_while(|word| !one_of(word, &["COMMIT"])).skip(1);
    !end.next().is_some_and(|word| one_of(word, &["DROP"]))
}

/// Whether a PRAGMA changes a setting of the connection, rather than to ask or to change the database.
fn sets_pragma(text: &str) -> bool {
    const OTHERS: [&str; 19] = [
        "application_id",
        "auto_vacuum",
        "encoding",
        "foreign_key_check",
        "foreign_key_list",
        "incremental_vacuum",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "max_page_count",
        "optimize",
        "page_size",
        "quick_check",
        "schema_version",
        "table_info",
        "table_xinfo",
        "user_version",
        "wal_checkpoint",
    ];
    let text = text.split(';').next().unwrap_or_default();
    let Some(at) = text.find(['=', '(']) else { return false };
    let name = text[..at].rsplit('.').next().unwrap_or_default().trim();
    !one_of(name, &OTHERS)
}

#[cfg(test)]
mod tests {
    use super::super::classify;
    use super::Leaves::*;
    use super::*;

    const POSTGRES: Lexical =
        Lexical { dollar_quotes: true, escape_strings: true, nested_comments: true, ..Lexical::STANDARD };
    const MYSQL: Lexical =
        Lexical { backslash_escapes: true, backquotes: true, executable_comments: true, ..Lexical::STANDARD };

    #[track_caller]
    fn check(lexicals: &[Lexical], expected: Leaves, all: &[&str]) {
        for lexical in lexicals {
            for sql in all {
                let found: Vec<_> = classify(sql, *lexical).map(|statement| statement.leaves).collect();
                assert!(found.contains(&expected), "{sql}: {found:?}");
                assert!(expected != Nothing || found.iter().all(|leaves| *leaves == Nothing), "{sql}: {found:?}");
            }
        }
    }

    #[test]
    fn settings_of_the_session_are_left() {
        let both = [POSTGRES, MYSQL];
        check(
            &both,
            Something,
            &[
                "SET NAMES latin1",
                "/* a */ set role x",
                "SET SESSION x = 1",
                "SET @@session.x = 1",
                "SET @a = 1, x = 2",
                "SET search_path TO a",
                "USE db",
                "LISTEN a",
                "DISCARD ALL",
                "PREPARE s AS SELECT 1",
                "CREATE TEMP TABLE t (a INT)",
                "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1",
                "CREATE TEMPORARY TABLE t (a INT) ON COMMIT DELETE ROWS",
                "EXECUTE IMMEDIATE 'SET NAMES latin1'",
                "SELECT 1; SET x = 1",
                "LOAD 'auto_explain'",
                "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
                "FLUSH TABLES WITH READ LOCK",
                "PRAGMA foreign_keys = 0",
                "PRAGMA main.synchronous(0)",
            ],
        );
        check(
            &[MYSQL],
            Something,
            &[
                "/*!40101 SET NAMES latin1 */",
                "SET LOCAL x = 1",
                "BEGIN NOT ATOMIC SET x = 1; END",
                "a: LOOP SET x = 1; END LOOP",
            ],
        );
        check(&[POSTGRES], Something, &["DO $$ BEGIN SET x = 1; END $$"]);
        check(&both, SomethingOutside, &["LOCK TABLES t READ", "SET TRANSACTION READ ONLY"]);
    }

    #[test]
    fn most_statements_leave_nothing() {
        let both = [POSTGRES, MYSQL];
        check(
            &both,
            Nothing,
            &[
                "SELECT 'SET x = 1'",
                "INSERT INTO t VALUES (1)",
                "UPDATE t SET x = 1",
                "CALL p()",
                "CREATE TABLE temp (a INT)",
                "CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1",
                "DROP TEMPORARY TABLE t",
                "SET @a = 1",
                "SET GLOBAL x = 1",
                "SHOW x",
                "LOAD DATA INFILE 'x' INTO TABLE t",
                "DECLARE c CURSOR FOR SELECT 1",
                "PRAGMA foreign_keys",
                "PRAGMA user_version = 1",
                "PRAGMA table_info(t)",
                "SAVEPOINT a",
                "VACUUM",
                "CHECKPOINT",
            ],
        );
        check(&[POSTGRES], Nothing, &["SET LOCAL x = 1", "SET CONSTRAINTS ALL DEFERRED"]);
        check(&[MYSQL], Nothing, &["DO 1"]);
    }
}
