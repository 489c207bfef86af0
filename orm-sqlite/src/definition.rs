//! What only the text of a CREATE TABLE or CREATE INDEX says: CHECKs, expressions, collations, names of constraints. The
//! text is SQLite's own record of the statement, so it is known to be well formed.

use orm_core::driver::{Lexer, Token};
use orm_core::schema::Deferrable;

use crate::lexical::LEXICAL;

/// What a CREATE TABLE says beside what pragmas tell.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Definition {
    columns: Vec<ColumnDefinition>,
    /// The name of the primary key's constraint.
    pub(crate) primary_key: Option<String>,
    /// Names, empty where there is none, and conditions.
    pub(crate) checks: Vec<(String, String)>,
    /// In the order of the text.
    pub(crate) foreign_keys: Vec<KeyDefinition>,
}

/// What a definition says of a column.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ColumnDefinition {
    name: String,
    pub(crate) collation: Option<String>,
    /// The expression that computes it.
    pub(crate) generated: Option<String>,
}

/// What a definition says of a foreign key.
#[derive(Debug, PartialEq)]
pub(crate) struct KeyDefinition {
    /// Empty where there is none.
    pub(crate) name: String,
    pub(crate) deferrable: Deferrable,
}

/// What a CREATE INDEX says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct IndexDefinition {
    /// The parts of the key, without their order and collation.
    pub(crate) keys: Vec<String>,
    /// The condition of a partial index.
    pub(crate) filter: Option<String>,
}

impl Definition {
    /// What is said of a column.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A token with its text and where that begins.
#[derive(Clone, Copy)]
struct Part<'s> {
    token: Token<'s>,
    text: &'s str,
    start: usize,
}

impl Part<'_> {
    fn is(&self, word: &str) -> bool {
        matches!(self.token, Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

fn parts(sql: &str) -> Vec<Part<'_>> {
    let mut lexer = Lexer::new(sql, LEXICAL);
    let mut parts = Vec::new();
    while let Some(token) = lexer.next() {
        let text = lexer.text();
        parts.push(Part { token, text, start: sql.len() - lexer.rest().len() - text.len() });
    }
    parts
}

/// The number of parts up to the parenthesis that closes the one at the front, and of all where none does.
fn group(parts: &[Part<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, part) in parts.iter().enumerate() {
        match part.token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    parts.len()
}

/// What is between the parentheses of a group of this length.
fn within<'p, 's>(parts: &'p [Part<'s>], length: usize) -> &'p [Part<'s>] {
    parts.get(1..length.saturating_sub(1)).unwrap_or_default()
}

/// What is in the first parentheses, and what follows them.
fn body<'p, 's>(parts: &'p [Part<'s>]) -> (&'p [Part<'s>], &'p [Part<'s>]) {
    let Some(open) = parts.iter().position(|part| part.token == Token::Open) else { return (&[], &[]) };
    let (inside, rest) = parts[open..].split_at(group(&parts[open..]));
    (within(inside, inside.len()), rest)
}

/// The items between the commas of a list.
fn items<'p, 's>(parts: &'p [Part<'s>]) -> Vec<&'p [Part<'s>]> {
    let mut depth = 0_usize;
    let is_comma = move |part: &Part<'_>| {
        match part.token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && part.text == ","
    };
    parts.split(is_comma).filter(|item| !item.is_empty()).collect()
}

/// The text from the first part to the last.
fn text<'s>(sql: &'s str, parts: &[Part<'_>]) -> &'s str {
    match (parts.first(), parts.last()) {
        (Some(first), Some(last)) => sql.get(first.start..last.end()).unwrap_or_default(),
        _ => "",
    }
}

/// Reads a CREATE TABLE.
pub(crate) fn table(sql: &str) -> Definition {
    let parts = parts(sql);
    let (inside, _) = body(&parts);
    let mut definition = Definition::default();
    for item in items(inside) {
        let is_constraint = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| item[0].is(word));
        if is_constraint {
            constraints(sql, item, None, &mut definition);
        } else {
            let mut column = ColumnDefinition { name: name(item[0].text).unwrap_or_default(), ..Default::default() };
            constraints(sql, &item[1..], Some(&mut column), &mut definition);
            definition.columns.push(column);
        }
    }
    definition
}

/// Whether a CREATE TABLE has the word AUTOINCREMENT.
pub(crate) fn counts_up(sql: &str) -> bool {
    parts(sql).iter().any(|part| part.is("AUTOINCREMENT"))
}

/// The words of a CREATE TABLE that say what no field of a table has: what happens on a conflict, and how the keys of a
/// constraint are ordered and compared.
pub(crate) fn beyond_fields(sql: &str) -> Option<String> {
    let parts = parts(sql);
    let (inside, _) = body(&parts);
    for item in items(inside) {
        for pair in item.windows(2) {
            if pair[0].is("ON") && pair[1].is("CONFLICT") {
                return Some("ON CONFLICT".to_owned());
            }
        }
        let is_key = item.iter().any(|part| part.is("UNIQUE") || part.is("PRIMARY"));
        let is_constraint = ["CONSTRAINT", "PRIMARY", "UNIQUE"].iter().any(|word| item[0].is(word));
        if is_key
            && is_constraint
            && let Some(part) = item.iter().find(|part| part.is("COLLATE") || part.is("DESC"))
        {
            return Some(text(sql, std::slice::from_ref(part)).to_owned());
        }
    }
    None
}

/// Reads the constraints of a column or of the table.
fn constraints(sql: &str, item: &[Part<'_>], mut column: Option<&mut ColumnDefinition>, definition: &mut Definition) {
    let mut given = String::new();
    let mut at = 0;
    while let Some(part) = item.get(at) {
        let next = &item[at + 1..];
        let opens = next.first().is_some_and(|part| part.token == Token::Open);
        // A name belongs to the one constraint that follows it.
        let of_this = |given: &mut String| std::mem::take(given);
        if part.is("CONSTRAINT") {
            given = next.first().and_then(|part| name(part.text)).unwrap_or_default();
            at += 1;
        } else if part.is("CHECK") && opens {
            let length = group(next);
            definition.checks.push((of_this(&mut given), text(sql, within(next, length)).to_owned()));
            at += length;
        } else if part.is("AS") && opens {
            let length = group(next);
            if let Some(column) = &mut column {
                column.generated = Some(text(sql, within(next, length)).to_owned());
            }
            at += length;
        } else if part.is("COLLATE") {
            if let (Some(column), Some(part)) = (&mut column, next.first()) {
                column.collation = name(part.text);
            }
            at += 1;
        } else if part.is("PRIMARY") {
            definition.primary_key = Some(of_this(&mut given)).filter(|name| !name.is_empty());
        } else if part.is("REFERENCES") {
            definition.foreign_keys.push(KeyDefinition { name: of_this(&mut given), deferrable: Deferrable::No });
        } else if part.is("NOT") && next.first().is_some_and(|part| part.is("DEFERRABLE")) {
            // As without it, whatever follows.
            at = item.len();
        } else if part.is("DEFERRABLE") {
            let deferred = next.first().is_some_and(|part| part.is("INITIALLY"))
                && next.get(1).is_some_and(|part| part.is("DEFERRED"));
            if let Some(key) = definition.foreign_keys.last_mut() {
                key.deferrable = if deferred { Deferrable::Deferred } else { Deferrable::Immediate };
            }
        } else if part.is("UNIQUE") || part.is("NULL") || part.is("DEFAULT") {
            given.clear();
        } else if part.token == Token::Open {
            at += group(&item[at..]) - 1;
        }
        at += 1;
    }
}

/// Reads a CREATE INDEX.
pub(crate) fn index(sql: &str) -> IndexDefinition {
    let parts = parts(sql);
    let (inside, rest) = body(&parts);
    let key = |item: &[Part<'_>]| {
        let mut item = item;
        while let [front @ .., last] = item {
            match front {
                _ if last.is("ASC") || last.is("DESC") => item = front,
                [shorter @ .., collate] if collate.is("COLLATE") => item = shorter,
                _ => break,
            }
        }
        text(sql, item).to_owned()
    };
    let filter = match rest {
        [first, condition @ ..] if first.is("WHERE") => Some(text(sql, condition).to_owned()),
        _ => None,
    };
    IndexDefinition { keys: items(inside).into_iter().map(key).collect(), filter }
}

/// The name that a word, or a name in quotes, is.
pub(crate) fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let quoted = |open: char, close: char| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    if let Some(inside) = quoted('"', '"') {
        return Some(inside.replace("\"\"", "\""));
    }
    if let Some(inside) = quoted('`', '`') {
        return Some(inside.replace("``", "`"));
    }
    if let Some(inside) = quoted('[', ']') {
        return Some(inside.to_owned());
    }
    // SQLite takes text where a name is wanted.
    if let Some(inside) = quoted('\'', '\'') {
        return Some(inside.replace("''", "'"));
    }
    let is_word = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
    is_word.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_its_checks_expressions_and_names() {
        let definition = table(
            "CREATE TABLE IF NOT EXISTS \"odd, (name\" (
                id INTEGER PRIMARY KEY AUTOINCREMENT, -- CHECK (no)
                \"a, b\" TEXT NOT NULL COLLATE NOCASE DEFAULT (lower('x, (')) CHECK (length(\"a, b\") > 0),
                [c] INT CONSTRAINT small CHECK ([c] < 10) REFERENCES other DEFERRABLE INITIALLY DEFERRED,
                d INT GENERATED ALWAYS AS (c * (2 + 1)) STORED,
                e INT AS (c) /* VIRTUAL, */,
                f INT CONSTRAINT \"f key\" REFERENCES other (id) ON DELETE CASCADE NOT DEFERRABLE,
                CONSTRAINT pk_is_no_check UNIQUE (c, d),
                CHECK (c > 0 OR d IN (1, 2)),
                CONSTRAINT pair FOREIGN KEY (c, d) REFERENCES other (x, y) DEFERRABLE
            ) STRICT",
        );
        assert_eq!(
            definition.checks,
            [
                (String::new(), "length(\"a, b\") > 0".to_owned()),
                ("small".to_owned(), "[c] < 10".to_owned()),
                (String::new(), "c > 0 OR d IN (1, 2)".to_owned()),
            ]
        );
        assert_eq!(definition.column("a, b").unwrap().collation.as_deref(), Some("NOCASE"));
        assert_eq!(definition.column("d").unwrap().generated.as_deref(), Some("c * (2 + 1)"));
        assert_eq!(definition.column("e").unwrap().generated.as_deref(), Some("c"));
        assert_eq!(definition.column("c").unwrap().generated, None);
        let keys: Vec<_> = definition.foreign_keys.iter().map(|key| (key.name.as_str(), key.deferrable)).collect();
        assert_eq!(keys, [("", Deferrable::Deferred), ("f key", Deferrable::No), ("pair", Deferrable::Immediate)]);
    }

    #[test]
    fn an_index_says_its_expressions_and_rows() {
        let definition = index(
            "CREATE UNIQUE INDEX \"i (x)\" ON t (a COLLATE NOCASE DESC, lower(b || ','), \"c\") WHERE d IS NULL AND e > 1",
        );
        assert_eq!(definition.keys, ["a", "lower(b || ',')", "\"c\""]);
        assert_eq!(definition.filter.as_deref(), Some("d IS NULL AND e > 1"));
        assert_eq!(index("CREATE INDEX i ON t (a)").filter, None);
    }

    #[test]
    fn every_text_is_read_without_a_panic() {
        let sql = "CREATE TABLE t (a INT CHECK (a > 0) AS ('é') COLLATE x CONSTRAINT, CHECK (), REFERENCES ((";
        for end in (0..=sql.len()).filter(|end| sql.is_char_boundary(*end)) {
            let _ = table(&sql[..end]);
            let _ = index(&sql[..end]);
        }
    }
}
