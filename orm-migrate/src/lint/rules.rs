//! The rules of [`lint`](super::lint), each about one statement, or about all of a file.

use std::collections::HashSet;

use orm_core::dialect::Dialect;

use super::Severity::{self, Advice, Danger, Warning};
use super::sentence::{Part, Sentence, begins, has, is};
use crate::script::Statement;

/// Every rule: its code, how bad what it finds is, and what that is.
pub(super) const RULES: &[(&str, Severity, &str)] = &[
    ("DS101", Danger, "a schema or database is dropped"),
    ("DS102", Danger, "a table is dropped, with its rows"),
    ("DS103", Danger, "a column is dropped, with its values"),
    ("DS104", Danger, "a table is emptied, or what depends on something is dropped with it"),
    ("BC101", Warning, "a table gets another name, which programs that run do not know"),
    ("BC102", Warning, "a column gets another name, which programs that run do not know"),
    ("BC103", Warning, "a label of an enum gets another name, which programs that run do not know"),
    ("CD101", Warning, "a foreign key is dropped"),
    ("MF101", Warning, "a unique key is added, which rows that are there may break"),
    ("MF103", Warning, "a column that wants a value comes without one"),
    ("MF104", Warning, "a column becomes NOT NULL, which rows that are there may break"),
    ("GN1", Advice, "there is no down.sql"),
    ("GN7", Warning, "rows and tables are changed in one file where every change of a table commits"),
    ("GN8", Danger, "a transaction is begun or ended"),
    ("PG1", Warning, "an index is made or dropped while writers wait"),
    ("PG2", Warning, "CONCURRENTLY stands among other statements"),
    ("PG3", Warning, "a foreign key is checked for all rows while writers of both tables wait"),
    ("PG4", Warning, "a CHECK is checked for all rows while everybody waits"),
    ("PG5", Warning, "all rows are looked at for NULL while everybody waits"),
    ("PG6", Warning, "a key is made by a constraint while everybody waits"),
    ("PG7", Warning, "a default that differs for each row rewrites the table"),
    ("PG8", Warning, "a column that is stored or counted rewrites the table"),
    ("PG9", Warning, "another type may rewrite the table"),
    ("PG11", Advice, "json has neither equality nor indexes; jsonb has"),
    ("PG12", Advice, "a timestamp without time zone is no point in time"),
    ("PG13", Advice, "a key of 32 bits ends at 2,147,483,647"),
    ("PG14", Advice, "char(n) is padded with blanks"),
    ("PG15", Danger, "a name is longer than 63 bytes and is cut off"),
    ("PG16", Danger, "a label is used in the file that adds it"),
    ("PG17", Warning, "an exclusion constraint is checked for all rows while everybody waits"),
    ("PG19", Warning, "rows are changed in the transaction that locks their table"),
    ("MY1", Warning, "the table is copied while writers wait"),
    ("MY3", Danger, "REFERENCES in the definition of a column is ignored"),
    ("MY7", Warning, "utf8mb3 has no characters beyond three bytes"),
    ("MY8", Warning, "a default that is an expression copies the table"),
    ("MY9", Warning, "several changes of tables, each of which commits"),
    ("SL1", Advice, "a table is rebuilt: its rows are copied while nobody can write"),
    ("SL2", Danger, "a column that SQLite adds to empty tables only"),
];

/// What statements are looked at, and what was found: the number of the statement, the code, the message.
pub(super) struct File<'f> {
    statements: &'f [Statement],
    sentences: Vec<Sentence>,
    dialect: &'f dyn Dialect,
    /// Tables that the file creates have no rows, and nobody waits for them.
    created: HashSet<String>,
    pub(super) found: Vec<(Option<usize>, &'static str, String)>,
}

impl<'f> File<'f> {
    pub(super) fn new(statements: &'f [Statement], dialect: &'f dyn Dialect) -> Self {
        let sentences: Vec<Sentence> =
            statements.iter().map(|statement| Sentence::new(&statement.sql, dialect.lexical())).collect();
        let created = sentences.iter().filter(|sentence| creates_table(sentence)).filter_map(Sentence::table).collect();
        Self { statements, sentences, dialect, created, found: Vec::new() }
    }

    fn say(&mut self, at: usize, code: &'static str, message: impl Into<String>) {
        self.found.push((Some(at), code, message.into()));
    }

    pub(super) fn look(&mut self, has_down: bool) {
        if !has_down {
            self.found.push((None, "GN1", "there is no `down.sql`: the migration cannot be undone".to_owned()));
        }
        let sentences = self.sentences.clone();
        for (at, sentence) in sentences.iter().enumerate() {
            let table = sentence.table().unwrap_or_default();
            let is_new = self.created.contains(&table);
            self.general(at, sentence, is_new);
            match self.dialect.name() {
                "postgresql" => self.postgres(at, sentence, &table, is_new),
                "mysql" | "mariadb" => self.mysql(at, sentence, is_new),
                "sqlite" => self.sqlite(at, sentence, is_new),
                _ => {}
            }
        }
        self.whole(&sentences);
        self.found.sort_by_key(|(at, ..)| *at);
    }

    fn general(&mut self, at: usize, sentence: &Sentence, is_new: bool) {
        if self.statements[at].controls_transaction() {
            self.say(at, "GN8", "the runner has the transaction: a file must not begin or end one");
        }
        if sentence.begins(&["DROP", "SCHEMA"]) || sentence.begins(&["DROP", "DATABASE"]) {
            self.say(at, "DS101", "everything in it goes");
        }
        // The old table of a rebuild: its rows are in the new one.
        let is_rebuilt = sentence.table().is_some_and(|table| self.is_rebuilt(&table));
        if sentence.begins(&["DROP", "TABLE"]) && !is_new && !is_rebuilt {
            self.say(at, "DS102", "the table goes, with all its rows: nothing that runs may use it any more");
        }
        if sentence.begins(&["TRUNCATE"]) || sentence.begins(&["DROP"]) && sentence.has(&["CASCADE"]) {
            self.say(at, "DS104", "more goes than is named here: say what, one by one");
        }
        if sentence.begins(&["RENAME", "TABLE"]) {
            self.say(at, "BC101", RENAMED);
        }
        if sentence.begins(&["ALTER", "TYPE"]) && sentence.has(&["RENAME", "VALUE"]) {
            self.say(at, "BC103", RENAMED);
        }
        if sentence.begins(&["CREATE", "UNIQUE"]) && !is_new {
            self.say(at, "MF101", UNIQUE);
        }
        for action in sentence.actions() {
            self.action(at, action, is_new);
        }
    }

    /// One action of ALTER TABLE.
    fn action(&mut self, at: usize, action: &[Part], is_new: bool) {
        let drops_constraint = ["CONSTRAINT", "FOREIGN", "PRIMARY", "INDEX", "KEY", "CHECK"]
            .iter()
            .any(|what| begins(action, &["DROP", what]));
        if begins(action, &["DROP"]) && !drops_constraint && !is_new {
            let message =
                "the column goes, with all its values: first leave it out of the program, in a version before this";
            self.say(at, "DS103", message);
        }
        let is_key = matches!(action.get(2), Some(Part::Word(name)) if name.ends_with("_FKEY"))
            || matches!(action.get(2), Some(Part::Name(name)) if name.to_ascii_lowercase().ends_with("_fkey"));
        if begins(action, &["DROP", "FOREIGN"]) || begins(action, &["DROP", "CONSTRAINT"]) && is_key {
            self.say(at, "CD101", "nothing checks any more that rows point somewhere");
        }
        if begins(action, &["RENAME", "TO"]) || begins(action, &["RENAME", "AS"]) {
            let table = self.sentences[at].table().unwrap_or_default();
            if !table.starts_with("_orm_new_") {
                self.say(at, "BC101", RENAMED);
            }
        } else if begins(action, &["RENAME"])
            && !begins(action, &["RENAME", "CONSTRAINT"])
            && !begins(action, &["RENAME", "INDEX"])
        {
            self.say(at, "BC102", RENAMED);
        }
        let adds_unique = begins(action, &["ADD"]) && has(action, &["UNIQUE"]);
        if adds_unique && !is_new {
            self.say(at, "MF101", UNIQUE);
        }
        let has_value = has(action, &["DEFAULT"])
            || has(action, &["GENERATED"])
            || has(action, &["AS"])
            || serial(action).is_some();
        if adds_column(action) && has(action, &["NOT", "NULL"]) && !has_value && !is_new {
            let message = if self.dialect.capabilities().transactional_ddl {
                "fails if the table has rows: give a DEFAULT, or add it with NULL, fill it, then set NOT NULL"
            } else {
                "rows that are there get zero or the empty text: add it with NULL, fill it, then set NOT NULL"
            };
            self.say(at, "MF103", message);
        }
        let modified = begins(action, &["MODIFY"]) || begins(action, &["CHANGE"]);
        if (has(action, &["SET", "NOT", "NULL"]) || modified && has(action, &["NOT", "NULL"])) && !is_new {
            self.say(at, "MF104", "fails if rows have NULL: fill them before, in a file of its own");
        }
    }

    fn postgres(&mut self, at: usize, sentence: &Sentence, table: &str, is_new: bool) {
        let concurrently = sentence.has(&["CONCURRENTLY"]);
        let is_index = sentence.begins(&["CREATE", "INDEX"]) || sentence.begins(&["CREATE", "UNIQUE", "INDEX"]);
        if is_index && !concurrently && !is_new {
            self.say(
                at,
                "PG1",
                "writers wait until the index is made: CREATE INDEX CONCURRENTLY, in a file of its own",
            );
        }
        if sentence.begins(&["DROP", "INDEX"]) && !concurrently {
            self.say(at, "PG1", "everybody waits for it: DROP INDEX CONCURRENTLY, in a file of its own");
        }
        if sentence.begins(&["REINDEX"]) && !concurrently {
            self.say(at, "PG1", "writers wait: REINDEX .. CONCURRENTLY, in a file of its own");
        }
        if concurrently && self.statements.len() > 1 {
            self.say(at, "PG2", "the file is no transaction then: what stands before it stays when it fails");
        }
        for action in sentence.actions() {
            self.postgres_action(at, action, is_new);
        }
        let definitions: Vec<Vec<Part>> = if creates_table(sentence) {
            sentence.items().into_iter().map(<[Part]>::to_vec).collect()
        } else {
            sentence.actions().into_iter().filter(|action| adds_column(action)).map(<[Part]>::to_vec).collect()
        };
        for definition in &definitions {
            self.postgres_column(at, definition);
        }
        let changes_rows = ["UPDATE", "DELETE", "INSERT"].iter().any(|verb| sentence.begins(&[verb]));
        let locks = |other: &Sentence| other.begins(&["ALTER", "TABLE"]) && other.table().as_deref() == Some(table);
        if changes_rows && !is_new && self.sentences.iter().any(locks) {
            self.say(
                at,
                "PG19",
                "everybody waits for the table until all its rows are changed: do it in a file of its own",
            );
        }
        let names: Vec<String> = sentence.names().filter(|name| name.len() > 63).map(str::to_owned).collect();
        if let Some(name) = names.first() {
            self.say(at, "PG15", format!("`{name}` is cut off after 63 bytes"));
        }
    }

    fn postgres_action(&mut self, at: usize, action: &[Part], is_new: bool) {
        if is_new {
            return;
        }
        let adds = begins(action, &["ADD"]);
        let not_valid = has(action, &["NOT", "VALID"]);
        if adds && (has(action, &["FOREIGN", "KEY"]) || has(action, &["REFERENCES"])) && !not_valid {
            self.say(at, "PG3", "add it NOT VALID, and VALIDATE CONSTRAINT in a file of its own");
        }
        if adds && has(action, &["CHECK"]) && !adds_column(action) && !not_valid {
            self.say(at, "PG4", "add it NOT VALID, and VALIDATE CONSTRAINT in a file of its own");
        }
        if has(action, &["SET", "NOT", "NULL"]) {
            let message =
                "add a CHECK (column IS NOT NULL) NOT VALID and validate it before: then no row is looked at here";
            self.say(at, "PG5", message);
        }
        let is_key = has(action, &["UNIQUE"]) || has(action, &["PRIMARY", "KEY"]);
        if adds && is_key && !has(action, &["USING", "INDEX"]) {
            self.say(at, "PG6", "CREATE UNIQUE INDEX CONCURRENTLY before, and add the constraint USING INDEX");
        }
        if adds && has(action, &["EXCLUDE"]) {
            self.say(at, "PG17", "there is no way around it but a new table");
        }
        if adds_column(action) {
            let volatile = ["RANDOM", "GEN_RANDOM_UUID", "UUID_GENERATE_V4", "CLOCK_TIMESTAMP", "NEXTVAL", "TIMEOFDAY"];
            if has(action, &["DEFAULT"]) && volatile.iter().any(|function| has(action, &[function])) {
                self.say(at, "PG7", "add the column without it, SET DEFAULT, and fill the rows in a file of its own");
            }
            if has(action, &["STORED"]) || has(action, &["IDENTITY"]) || serial(action).is_some() {
                self.say(at, "PG8", "everybody waits until every row has its value");
            }
        }
        if begins(action, &["ALTER"]) && (has(action, &["TYPE"]) || has(action, &["SET", "DATA", "TYPE"])) {
            let message = "everybody waits, unless the new type is the old one with more room (varchar, numeric of the same \
                           scale) or text: add a column, fill it, and change places";
            self.say(at, "PG9", message);
        }
    }

    /// One column of a new table or of ADD COLUMN.
    fn postgres_column(&mut self, at: usize, definition: &[Part]) {
        if has(definition, &["JSON"]) {
            self.say(at, "PG11", "use jsonb");
        }
        let is_zoned = has(definition, &["WITH", "TIME", "ZONE"]);
        if has(definition, &["TIMESTAMP"]) && !is_zoned && !has(definition, &["CURRENT_TIMESTAMP"]) {
            self.say(at, "PG12", "use timestamptz for points in time");
        }
        let narrow = ["INTEGER", "INT", "INT4", "SERIAL", "SERIAL4"].iter().any(|ty| has(definition, &[ty]));
        if narrow && has(definition, &["PRIMARY", "KEY"]) {
            self.say(at, "PG13", "use bigint: changing it later rewrites the table and all that point at it");
        }
        let is_char = definition
            .windows(2)
            .any(|pair| (is(&pair[0], "CHAR") || is(&pair[0], "CHARACTER")) && pair[1] == Part::Open);
        if is_char {
            self.say(at, "PG14", "use text, or varchar(n)");
        }
    }

    fn mysql(&mut self, at: usize, sentence: &Sentence, is_new: bool) {
        let maria = self.dialect.name() == "mariadb";
        for action in sentence.actions() {
            let copies = begins(action, &["MODIFY"]) || begins(action, &["CHANGE"]) || begins(action, &["CONVERT"]);
            let says_how = sentence.has(&["ALGORITHM"]);
            if copies && !says_how && !is_new {
                let message = "writers wait unless the change is one of those in place: say ALGORITHM=INPLACE, LOCK=NONE, which \
                               fails where it is not";
                self.say(at, "MY1", message);
            }
            let default = action.iter().position(|part| is(part, "DEFAULT"));
            let is_expression = default.is_some_and(|at| action.get(at + 1) == Some(&Part::Open));
            if adds_column(action) && is_expression && !is_new {
                self.say(at, "MY8", "add it with NULL, SET DEFAULT, and fill the rows in a file of its own");
            }
            if !maria && adds_column(action) && has(action, &["REFERENCES"]) {
                self.say(at, "MY3", "write ADD FOREIGN KEY");
            }
        }
        if !maria && creates_table(sentence) {
            let items = sentence.items();
            let inline = |item: &&[Part]| has(item, &["REFERENCES"]) && !has(item, &["FOREIGN", "KEY"]);
            if items.iter().any(inline) {
                self.say(at, "MY3", "write FOREIGN KEY as an item of its own");
            }
        }
        if sentence.has(&["UTF8"]) || sentence.has(&["UTF8MB3"]) {
            self.say(at, "MY7", "use utf8mb4");
        }
    }

    fn sqlite(&mut self, at: usize, sentence: &Sentence, is_new: bool) {
        if creates_table(sentence) && sentence.table().is_some_and(|table| self.is_new_of_rebuild(&table)) {
            self.say(at, "SL1", "all rows are copied, and nobody can write meanwhile");
        }
        for action in sentence.actions().into_iter().filter(|action| adds_column(action)) {
            let default = action.iter().position(|part| is(part, "DEFAULT"));
            let value = default.and_then(|at| action.get(at + 1));
            let is_constant = match value {
                Some(Part::Word(word)) => matches!(word.as_str(), "NULL" | "TRUE" | "FALSE"),
                Some(Part::Open) => {
                    let rest = default.map_or(&[][..], |at| &action[at + 1..]);
                    !rest.iter().any(|part| matches!(part, Part::Word(word) if word.len() > 1 && !is_note(word)))
                }
                _ => true,
            };
            let refused = has(action, &["UNIQUE"]) || has(action, &["PRIMARY", "KEY"]) || has(action, &["STORED"]);
            if (refused || !is_constant) && !is_new {
                let message = "works while the table is empty and fails once it has rows: rebuild the table (`orm migrate diff` \
                               writes it)";
                self.say(at, "SL2", message);
            }
        }
    }

    /// Whether a table is the new one of a rebuild: it is created, filled, and renamed.
    fn is_new_of_rebuild(&self, table: &str) -> bool {
        let renames = |sentence: &Sentence| {
            sentence.table().as_deref() == Some(table)
                && sentence.actions().iter().any(|action| begins(action, &["RENAME", "TO"]))
        };
        self.created.contains(table) && self.sentences.iter().any(renames)
    }

    /// Whether a table is the old one of a rebuild: another takes its name.
    fn is_rebuilt(&self, table: &str) -> bool {
        self.sentences.iter().any(|sentence| {
            sentence.table().is_some_and(|new| self.created.contains(&new))
                && sentence.actions().iter().any(|action| {
                    let name = match action.get(2) {
                        Some(Part::Word(name)) => name.to_ascii_lowercase(),
                        Some(Part::Name(name)) => name.to_ascii_lowercase(),
                        _ => return false,
                    };
                    begins(action, &["RENAME", "TO"]) && name == table
                })
        })
    }

    /// What is about all statements together.
    fn whole(&mut self, sentences: &[Sentence]) {
        let is_ddl = |sentence: &Sentence| {
            ["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"].iter().any(|verb| sentence.begins(&[verb]))
        };
        let is_dml = |sentence: &Sentence| ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| sentence.begins(&[verb]));
        let ddl = sentences.iter().filter(|sentence| is_ddl(sentence)).count();
        if !self.dialect.capabilities().transactional_ddl {
            if ddl > 1 {
                let message = "each commits: a failure in the middle leaves the first ones. The runner goes on where it \
                               stopped; one file each is easier to undo";
                self.found.push((None, "MY9", message.to_owned()));
            }
            if ddl > 0 && sentences.iter().any(is_dml) {
                self.found.push((None, "GN7", "put the rows into a file of their own".to_owned()));
            }
        }
        if self.dialect.name() == "postgresql" {
            self.used_labels(sentences);
        }
    }

    /// A label that is added cannot be used before its transaction has ended.
    fn used_labels(&mut self, sentences: &[Sentence]) {
        for (at, sentence) in sentences.iter().enumerate() {
            if !(sentence.begins(&["ALTER", "TYPE"]) && sentence.has(&["ADD", "VALUE"])) {
                continue;
            }
            let label = sentence.parts.iter().find_map(|part| match part {
                Part::Other(text) if text.starts_with('\'') => Some(text.clone()),
                _ => None,
            });
            let Some(label) = label else { continue };
            let uses =
                |other: &Sentence| other.parts.iter().any(|part| matches!(part, Part::Other(text) if *text == label));
            if sentences[at + 1..].iter().any(uses) {
                self.say(
                    at,
                    "PG16",
                    format!("{label} can be used once the file has ended: put what uses it into the next"),
                );
            }
        }
    }
}

const RENAMED: &str =
    "programs that still run use the old name: add, fill and drop in versions of their own, or stop them";
const UNIQUE: &str = "fails if rows that are there have the same values: look for them before";

fn creates_table(sentence: &Sentence) -> bool {
    sentence.begins(&["CREATE"]) && sentence.parts.iter().take(4).any(|part| is(part, "TABLE"))
}

/// Whether an action of ALTER TABLE adds a column: `COLUMN` may be left out.
fn adds_column(action: &[Part]) -> bool {
    let others = [
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "FOREIGN",
        "CHECK",
        "INDEX",
        "KEY",
        "FULLTEXT",
        "SPATIAL",
        "EXCLUDE",
        "PERIOD",
        "PARTITION",
    ];
    begins(action, &["ADD"]) && !others.iter().any(|what| action.get(1).is_some_and(|part| is(part, what)))
}

fn serial(parts: &[Part]) -> Option<&Part> {
    let names = ["SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL4", "SERIAL8"];
    parts.iter().find(|part| names.iter().any(|name| is(part, name)))
}

/// Words that a constant in parentheses may be followed by.
fn is_note(word: &str) -> bool {
    matches!(word, "NOT" | "NULL" | "CHECK" | "CONSTRAINT" | "COLLATE" | "REFERENCES" | "TRUE" | "FALSE" | "DEFAULT")
}
