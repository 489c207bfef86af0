//! Scripts as single statements: databases are told one statement at a time, so that a failure has a place, and so that what
//! cannot run in a transaction is seen before anything is sent. Words, quotes and comments are the lexer's, in `orm-core`;
//! here is where a statement ends, which takes some grammar: bodies of triggers and procedures have semicolons of their own.

use orm_core::dialect::{Dialect, Lexical};
use orm_core::driver::{Lexer, Token};
use orm_core::{Error, ErrorKind, Result};

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text, without the semicolon at its end.
    pub sql: String,
    /// The line on which it begins, counted from 1.
    pub line: usize,
    /// Its first words in upper case, at most twelve.
    words: Vec<String>,
}

impl Statement {
    fn begins(&self, words: &[&str]) -> bool {
        self.words.len() >= words.len() && self.words.iter().zip(words).all(|(own, word)| own == word)
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// Whether it begins or ends a transaction. `BEGIN NOT ATOMIC` is a block of MariaDB.
    pub(crate) fn controls_transaction(&self) -> bool {
        match self.words.first().map(String::as_str) {
            Some("BEGIN") => !self.begins(&["BEGIN", "NOT"]),
            Some("COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE") => true,
            Some("END") => self.words.len() == 1 || self.has("TRANSACTION"),
            Some("START") => self.has("TRANSACTION"),
            _ => false,
        }
    }

    /// The queries that must be true before it is run: those of comments before it, `-- orm:assert SELECT ..`.
    pub(crate) fn assertions(&self) -> impl Iterator<Item = &str> {
        let comments = self.sql.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--"));
        comments.filter_map(|line| line.strip_prefix("-- orm:assert ")).map(|sql| sql.trim().trim_end_matches(';'))
    }

    /// Whether it sets SQLite's checking of foreign keys, and to what.
    pub(crate) fn checks_foreign_keys(&self) -> Option<bool> {
        let is_off = |word: &String| matches!(word.as_str(), "OFF" | "0" | "FALSE" | "NO");
        let sets = self.begins(&["PRAGMA", "FOREIGN_KEYS"]) && self.sql.contains('=');
        sets.then(|| !self.words.get(2).is_some_and(is_off) && !self.sql.trim_end().ends_with('0'))
    }

    /// Whether a database with transactional DDL runs it outside of transactions only: PostgreSQL's manual says so of each,
    /// SQLite's of VACUUM, ATTACH and the pragma for foreign keys, which does nothing inside of one. A label that an enum
    /// gets cannot be used in the same transaction.
    pub(crate) fn needs_no_transaction(&self) -> bool {
        match self.words.first().map(String::as_str) {
            Some("VACUUM" | "ATTACH" | "DETACH") => true,
            // It is a setting of the connection alone.
            Some("PRAGMA") => !self.begins(&["PRAGMA", "LEGACY_ALTER_TABLE"]),
            Some("CREATE" | "DROP") => {
                self.has("CONCURRENTLY")
                    || self.words.get(1).is_some_and(|word| word == "DATABASE" || word == "TABLESPACE")
            }
            Some("REINDEX") => self.has("CONCURRENTLY") || self.has("DATABASE") || self.has("SYSTEM"),
            Some("ALTER") => {
                self.begins(&["ALTER", "SYSTEM"])
                    || self.begins(&["ALTER", "TYPE"]) && self.has("ADD") && self.has("VALUE")
                    || self.has("DETACH") && self.has("CONCURRENTLY")
            }
            _ => false,
        }
    }
}

/// The statements of a script, in the dialect's own way to quote and to comment. `DELIMITER` is known where the dialect has
/// executable comments, as MySQL's client knows it.
///
/// # Errors
/// [`ErrorKind::Syntax`], naming the line, for a body that does not end, and for the data of `COPY .. FROM STDIN`.
pub fn split(sql: &str, dialect: &dyn Dialect) -> Result<Vec<Statement>> {
    Splitter::new(sql, dialect.lexical()).run()
}

struct Splitter<'s> {
    sql: &'s str,
    lexical: Lexical,
    /// The end of a statement where it is not a semicolon.
    delimiter: Option<&'s str>,
    statements: Vec<Statement>,
    /// Where the statement in hand begins, with comments before it; and its first token.
    start: usize,
    first: Option<usize>,
    words: Vec<String>,
    parentheses: usize,
    /// Inside of CREATE TRIGGER and the like.
    routine: bool,
    /// How many BEGIN, CASE, IF .. have no END yet.
    depth: usize,
    /// A statement of a body may begin here.
    may_begin: bool,
    /// The last word was END, which what follows may belong to: END IF.
    after_end: bool,
}

impl<'s> Splitter<'s> {
    fn new(sql: &'s str, lexical: Lexical) -> Self {
        Self {
            sql,
            lexical,
            delimiter: None,
            statements: Vec::new(),
            start: 0,
            first: None,
            words: Vec::new(),
            parentheses: 0,
            routine: false,
            depth: 0,
            may_begin: false,
            after_end: false,
        }
    }

    fn run(mut self) -> Result<Vec<Statement>> {
        let mut lexer = Lexer::new(self.sql, self.lexical);
        while let Some(token) = lexer.next() {
            let end = self.sql.len() - lexer.rest().len();
            let at = end - lexer.text().len();
            if let Some(delimiter) = self.delimiter
                && let Some(found) = self.delimited(token, at, end, delimiter)
            {
                self.finish(found)?;
                lexer = self.go_on(found + delimiter.len());
                continue;
            }
            if self.first.is_none() && self.is_delimiter_command(token) {
                let line = lexer.rest().split(['\r', '\n']).next().unwrap_or_default();
                let word = line.split_whitespace().next().unwrap_or(";");
                self.delimiter = (word != ";").then_some(word);
                lexer = self.go_on(end + line.len());
                continue;
            }
            match token {
                Token::Semicolon if self.delimiter.is_none() && self.depth == 0 && self.parentheses == 0 => {
                    self.finish(at)?;
                    self.start = end;
                    continue;
                }
                Token::Semicolon => (self.may_begin, self.after_end) = (true, false),
                Token::Word(word) => self.word(word),
                Token::Open => self.parentheses += 1,
                Token::Close => self.parentheses = self.parentheses.saturating_sub(1),
                _ => {
                    // A label stands before what it names.
                    self.may_begin = self.routine && lexer.text() == ":";
                    self.after_end = false;
                }
            }
            self.first.get_or_insert(at);
        }
        if self.depth > 0 {
            let line = self.line(self.first.unwrap_or(self.start));
            return Err(Error::new(
                ErrorKind::Syntax,
                format!("the statement on line {line} does not end: a BEGIN, CASE or IF has no END"),
            ));
        }
        self.finish(self.sql.len())?;
        Ok(self.statements)
    }

    /// A lexer from a place on, where a statement begins.
    fn go_on(&mut self, at: usize) -> Lexer<'s> {
        self.start = at;
        Lexer::new(self.sql.get(at..).unwrap_or_default(), self.lexical)
    }

    /// Where the delimiter stands in a token, or begins with it. It may be glued to a word: `END$$`.
    fn delimited(&self, token: Token<'_>, at: usize, end: usize, delimiter: &str) -> Option<usize> {
        match token {
            Token::Word(word) => word.find(delimiter).map(|within| at + within),
            _ if end - at > 1 => None,
            _ => self.sql.get(at..)?.starts_with(delimiter).then_some(at),
        }
    }

    fn is_delimiter_command(&self, token: Token<'_>) -> bool {
        self.lexical.executable_comments && matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("DELIMITER"))
    }

    fn word(&mut self, word: &str) {
        let word = word.to_ascii_uppercase();
        if self.words.len() < 12 {
            self.notice(&word);
            self.words.push(word.clone());
        }
        if self.routine {
            self.step(&word);
        }
    }

    /// Whether the statement turns out to have a body.
    fn notice(&mut self, word: &str) {
        let creates = self.words.first().is_some_and(|first| first == "CREATE");
        let is_routine = matches!(word, "TRIGGER" | "PROCEDURE" | "FUNCTION" | "EVENT" | "PACKAGE");
        let named = self.words.iter().any(|word| matches!(word.as_str(), "TABLE" | "INDEX" | "VIEW" | "ON" | "TYPE"));
        if creates && is_routine && !named {
            self.routine = true;
        }
        if word == "NOT" && self.words == ["BEGIN"] {
            (self.routine, self.depth) = (true, 1);
        }
    }

    /// Counts what opens and closes in a body.
    fn step(&mut self, word: &str) {
        let closes = std::mem::take(&mut self.after_end);
        let began = std::mem::take(&mut self.may_begin);
        let compound = matches!(word, "IF" | "LOOP" | "WHILE" | "REPEAT" | "FOR");
        if closes && (compound || word == "CASE") {
            return;
        }
        match word {
            "BEGIN" => {
                self.depth += 1;
                self.may_begin = true;
            }
            "CASE" => self.depth += 1,
            // Statements of MySQL's language; elsewhere they are functions, and loops of a language in dollar quotes.
            "FOR" if self.depth == 0 => {}
            _ if compound && began && self.lexical.executable_comments => self.depth += 1,
            "END" => {
                self.depth = self.depth.saturating_sub(1);
                self.after_end = true;
            }
            "THEN" | "ELSE" | "DO" | "ROW" => self.may_begin = true,
            _ => {}
        }
    }

    /// Keeps the statement that ends here, if there is one, and begins anew.
    fn finish(&mut self, end: usize) -> Result<()> {
        if let Some(first) = self.first.take() {
            let line = self.line(first);
            let words = std::mem::take(&mut self.words);
            if words.first().is_some_and(|word| word == "COPY") && words.iter().any(|word| word == "STDIN") {
                let message = format!(
                    "line {line}: COPY .. FROM STDIN needs the data that follows it; write INSERTs, or load a file"
                );
                return Err(Error::new(ErrorKind::Syntax, message));
            }
            let sql = self.sql.get(self.start..end).unwrap_or_default().trim().to_owned();
            self.statements.push(Statement { sql, line, words });
        }
        self.words.clear();
        (self.parentheses, self.depth, self.routine) = (0, 0, false);
        (self.may_begin, self.after_end) = (false, false);
        Ok(())
    }

    fn line(&self, at: usize) -> usize {
        1 + self.sql.get(..at).unwrap_or_default().matches('\n').count()
    }
}

#[cfg(test)]
mod tests {
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

    fn count(sql: &str, lexical: Lexical) -> usize {
        Splitter::new(sql, lexical).run().unwrap().len()
    }

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_comments_and_bodies() {
        for (lexical, expected, sql) in [
            (POSTGRES, 2, "select 1; select 2"),
            (POSTGRES, 0, "-- a; b\n/* ; */ ;;"),
            (POSTGRES, 2, "create function f() returns int language plpgsql as $$ begin; return 1; end; $$; select 1"),
            (POSTGRES, 1, "do $a$ begin execute $b$ select ';' ; $b$; end $a$"),
            (POSTGRES, 3, r"select E'a\'; b'; select 'a\'; select 3 -- '"),
            (POSTGRES, 1, "select /* a /* ; */ ; */ 1;"),
            (
                POSTGRES,
                2,
                "create function f(a int) returns int language sql begin atomic select a; select case when a>1 then 1 end; end; \
                 select 2",
            ),
            (
                POSTGRES,
                1,
                "create rule r as on insert to t do also (insert into a values(1); insert into b values (2))",
            ),
            (POSTGRES, 2, r"insert into t values ('\'); select 1"),
            (
                MYSQL,
                3,
                "select 1;\nDELIMITER //\ncreate procedure p() begin select 1; select 2; end//\nDELIMITER ;\nselect 3;",
            ),
            (
                MYSQL,
                2,
                "delimiter $$\ncreate trigger a before insert on t for each row begin set new.a=1; end$$\ndelimiter ;\nselect 1",
            ),
            (
                MYSQL,
                2,
                "create trigger a before insert on t for each row begin if new.a > 1 then set new.a = 1; elseif new.b then set \
                 new.b=2; end if; case new.c when 1 then set new.c=2; else begin end; end case; while 1 do set @a=case when 1 \
                 then 2 end; end while; end; select 1",
            ),
            (
                MYSQL,
                2,
                "create trigger a before insert on t for each row if new.a > 1 then set new.a = 1; end if; select 1",
            ),
            (MYSQL, 2, "create trigger a before insert on t for each row set new.a = if(new.a>1,1,2); select 1"),
            (
                MYSQL,
                2,
                "create procedure p() begin l: loop leave l; end loop l; repeat set @a=1; until @a end repeat; end; select 1",
            ),
            (MYSQL, 2, r"insert into t values ('a\'; b'); select 1"),
            (MYSQL, 2, "select 1; # a; b\nselect 2"),
            (MYSQL, 1, "select 5--1;"),
            (MYSQL, 2, "/*!40101 SET NAMES utf8 */;\n/*M!100100 set @a=1 */;"),
            (MYSQL, 1, "select `a;b``;c`"),
            (MYSQL, 2, "create table t (`begin` int, end int); select 1"),
            (MYSQL, 2, "create event e on schedule every 1 day do begin delete from t; end; select 1"),
            (MYSQL, 2, "begin not atomic select 1; select 2; end; select 3"),
            (MYSQL, 2, "create definer=`root`@`localhost` procedure p() begin select 1; end; select 1"),
            (MYSQL, 2, "delimiter //\r\ncreate procedure p() begin select 1; end//\r\ndelimiter ;\r\nselect 1;\r\n"),
            (
                SQLITE,
                2,
                "create trigger a after insert on t begin update t set a=case when new.a then 1 else 2 end; delete from u; end; \
                 select 1",
            ),
            (SQLITE, 1, "select [a;b], \"c;d\", `e;f`, 'g;'';h'"),
            (SQLITE, 2, "select /* a /* ; */ 1; select 2"),
            (SQLITE, 4, "begin; insert into t values(1); end; select 1"),
            (
                SQLITE,
                2,
                "create table e(\"end\" int); create trigger x after update of \"end\" on e begin select new.\"end\"; end",
            ),
            (SQLITE, 1, "\u{feff}select 1"),
        ] {
            assert_eq!(count(sql, lexical), expected, "{sql}");
        }
    }

    #[test]
    fn statements_know_their_lines_and_keep_their_text() {
        let statements = Splitter::new("-- first\nSELECT 1;\n\n  SELECT ';'\n ; ", SQLITE).run().unwrap();
        let shown: Vec<(usize, &str)> = statements.iter().map(|s| (s.line, s.sql.as_str())).collect();
        assert_eq!(shown, [(2, "-- first\nSELECT 1"), (4, "SELECT ';'")]);
    }

    #[test]
    fn what_cannot_be_split_is_an_error_with_its_line() {
        let error = |sql: &str, lexical| Splitter::new(sql, lexical).run().unwrap_err().to_string();
        let open = error("select 1;\ncreate procedure p() begin select 1;", MYSQL);
        assert!(open.contains("the statement on line 2 does not end"), "{open}");
        let copy = error("copy t from stdin;\n1\t2\n\\.\n", POSTGRES);
        assert!(copy.contains("line 1: COPY .. FROM STDIN"), "{copy}");
    }

    #[test]
    fn what_transactions_cannot_have_is_told() {
        let of = |sql: &str| Splitter::new(sql, POSTGRES).run().unwrap().remove(0);
        for sql in [
            "create unique index concurrently i on t (a)",
            "drop index concurrently i",
            "vacuum t",
            "alter type mood add value 'x'",
            "reindex table concurrently t",
            "create database x",
            "PRAGMA foreign_keys = OFF",
        ] {
            assert!(of(sql).needs_no_transaction(), "{sql}");
        }
        for sql in ["create index i on t (a)", "alter table t add value int", "alter type mood rename value 'a' to 'b'"]
        {
            assert!(!of(sql).needs_no_transaction(), "{sql}");
        }
        for sql in ["begin", "BEGIN IMMEDIATE", "commit", "end", "start transaction", "rollback"] {
            assert!(of(sql).controls_transaction(), "{sql}");
        }
        assert!(!of("begin not atomic select 1; end").controls_transaction());
    }

    #[test]
    fn every_text_is_split_without_a_panic() {
        let sql = "delimiter $é\ncreate trigger é begin case $$ ; 'é\n end$é if ( ; /* é */ -- \n # \n [é";
        for end in (0..=sql.len()).filter(|end| sql.is_char_boundary(*end)) {
            for lexical in [POSTGRES, MYSQL, SQLITE] {
                let _ = Splitter::new(&sql[..end], lexical).run();
            }
        }
    }
}
