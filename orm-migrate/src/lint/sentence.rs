//! A statement as its words, for rules to look at.

use orm_core::dialect::Lexical;
use orm_core::driver::{Lexer, Token};

/// One part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A word, in upper case.
    Word(String),
    /// A name in quotes, without them.
    Name(String),
    Open,
    Close,
    Comma,
    /// Text, a number, an operator.
    Other(String),
}

/// The parts of a statement.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    pub(super) parts: Vec<Part>,
}

impl Sentence {
    pub(super) fn new(sql: &str, lexical: Lexical) -> Self {
        let mut lexer = Lexer::new(sql, lexical);
        let mut parts = Vec::new();
        while let Some(token) = lexer.next() {
            let text = lexer.text();
            parts.push(match token {
                Token::Word(word) => Part::Word(word.to_ascii_uppercase()),
                Token::Open => Part::Open,
                Token::Close => Part::Close,
                _ if text == "," => Part::Comma,
                _ if text.len() > 2 && text.starts_with(['"', '`', '[']) => {
                    Part::Name(text.get(1..text.len() - 1).unwrap_or_default().to_owned())
                }
                _ => Part::Other(text.to_owned()),
            });
        }
        Self { parts }
    }

    /// Whether it begins with words.
    pub(super) fn begins(&self, words: &[&str]) -> bool {
        self.parts.len() >= words.len() && self.parts.iter().zip(words).all(|(part, word)| is(part, word))
    }

    /// Whether words stand somewhere, one after the other.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        has(&self.parts, words)
    }

    /// What it is about: the name after `TABLE`, `ON`, `INTO`, `UPDATE`, without a schema.
    pub(super) fn table(&self) -> Option<String> {
        let word = match self.parts.first() {
            Some(Part::Word(word)) if word == "UPDATE" => return self.name_after(0),
            Some(Part::Word(word)) if word == "DELETE" => "FROM",
            Some(Part::Word(word)) if word == "INSERT" => "INTO",
            _ if self.has(&["INDEX"]) && !self.begins(&["ALTER", "TABLE"]) => "ON",
            _ => "TABLE",
        };
        let at = self.parts.iter().position(|part| is(part, word))?;
        self.name_after(at)
    }

    /// The name after a place, past `IF EXISTS` and the like and past a schema.
    fn name_after(&self, at: usize) -> Option<String> {
        let mut rest = self.parts.get(at + 1..)?.iter().skip_while(
            |part| matches!(part, Part::Word(word) if matches!(word.as_str(), "IF" | "NOT" | "EXISTS" | "ONLY")),
        );
        let name = |part: &Part| match part {
            Part::Word(word) => Some(word.to_ascii_lowercase()),
            Part::Name(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        };
        let first = name(rest.next()?)?;
        match (rest.next(), rest.next()) {
            (Some(Part::Other(dot)), Some(part)) if dot == "." => name(part).or(Some(first)),
            _ => Some(first.rsplit('.').next().unwrap_or_default().to_owned()),
        }
    }

    /// The actions of an ALTER TABLE: what stands between the commas after the table's name.
    pub(super) fn actions(&self) -> Vec<&[Part]> {
        if !self.begins(&["ALTER", "TABLE"]) {
            return Vec::new();
        }
        let verbs =
            ["ADD", "DROP", "ALTER", "RENAME", "MODIFY", "CHANGE", "CONVERT", "VALIDATE", "SET", "ENGINE", "ATTACH"];
        let start = self.parts.iter().skip(3).position(|part| verbs.iter().any(|verb| is(part, verb)));
        let Some(start) = start else { return Vec::new() };
        items(&self.parts[start + 3..])
    }

    /// The items of the first list in parentheses: the columns and constraints of a CREATE TABLE.
    pub(super) fn items(&self) -> Vec<&[Part]> {
        let Some(open) = self.parts.iter().position(|part| *part == Part::Open) else { return Vec::new() };
        let mut depth = 0_usize;
        let close = self.parts[open..].iter().position(|part| {
            match part {
                Part::Open => depth += 1,
                Part::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let end = close.map_or(self.parts.len(), |close| open + close);
        items(self.parts.get(open + 1..end).unwrap_or_default())
    }

    /// Every name and word in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Word(word) | Part::Name(word) => Some(word.as_str()),
            _ => None,
        })
    }
}

pub(super) fn is(part: &Part, word: &str) -> bool {
    matches!(part, Part::Word(own) if own == word)
}

pub(super) fn begins(parts: &[Part], words: &[&str]) -> bool {
    parts.len() >= words.len() && parts.iter().zip(words).all(|(part, word)| is(part, word))
}

pub(super) fn has(parts: &[Part], words: &[&str]) -> bool {
    parts.windows(words.len()).any(|window| begins(window, words))
}

/// What stands between commas outside of parentheses.
fn items(parts: &[Part]) -> Vec<&[Part]> {
    let mut depth = 0_usize;
    let is_comma = move |part: &Part| {
        match part {
            Part::Open => depth += 1,
            Part::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *part == Part::Comma
    };
    parts.split(is_comma).filter(|item| !item.is_empty()).collect()
}
