//! [`Lexer`]: raw SQL as words, with quoted text and comments left out. It knows no grammar, only what must not be taken
//! for a statement's own words.

use crate::dialect::Dialect;

/// Reads the words of SQL text, whichever dialect it is in; what is quoted or a comment is passed over.
///
/// ```
/// use orm_core::driver::{Lexer, Token};
///
/// let sql = "SELECT 'a; b' -- c\n FROM t WHERE id = $2;";
/// let tokens: Vec<Token> = Lexer::standard(sql).collect();
/// assert_eq!(tokens.first(), Some(&Token::Word("SELECT")));
/// assert!(tokens.contains(&Token::Placeholder(2)));
/// assert_eq!(tokens.iter().filter(|token| **token == Token::Semicolon).count(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Lexer<'s> {
    rest: &'s str,
    /// A backslash in a text constant escapes what follows it.
    backslashes: bool,
    /// `#` begins a comment.
    hashes: bool,
}

/// A part of SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'s> {
    /// A keyword or a name without quotes, as it is written.
    Word(&'s str),
    /// A placeholder with a number, such as `$2`.
    Placeholder(u32),
    /// The end of a statement.
    Semicolon,
    /// An operator, a number, or quoted text.
    Other,
}

impl<'s> Lexer<'s> {
    /// For text in the words of a database.
    pub fn new(sql: &'s str, dialect: &dyn Dialect) -> Self {
        let mut escaped = String::new();
        dialect.push_text_literal(&mut escaped, "\\");
        // Databases with backquotes have comments of this kind.
        Self { rest: sql, backslashes: escaped.len() > 3, hashes: dialect.quote() == '`' }
    }

    /// For text in which backslashes are plain characters and `#` is an operator, as the standard has it.
    pub fn standard(sql: &'s str) -> Self {
        Self { rest: sql, backslashes: false, hashes: false }
    }

    /// Passes over a text or name in quotes; the closing one is doubled inside it.
    fn quoted(&mut self, quote: u8, backslashes: bool) {
        let bytes = self.rest.as_bytes();
        let mut at = 1;
        while let Some(byte) = bytes.get(at) {
            at += match *byte {
                b'\\' if backslashes => 2,
                byte if byte == quote && bytes.get(at + 1) == Some(&quote) => 2,
                byte if byte == quote => break,
                _ => 1,
            };
        }
        self.skip(at + 1);
    }

    /// Passes over a comment in `/*`, which may have others in it.
    fn comment(&mut self) {
        let bytes = self.rest.as_bytes();
        let (mut at, mut depth) = (2, 1);
        while depth > 0 && at < bytes.len() {
            (at, depth) = match (bytes[at], bytes.get(at + 1)) {
                (b'/', Some(b'*')) => (at + 2, depth + 1),
                (b'*', Some(b'/')) => (at + 2, depth - 1),
                _ => (at + 1, depth),
            };
        }
        self.skip(at);
    }

    /// A placeholder, or text between tags: `$1`, `$$..$$`, `$tag$..$tag$`.
    fn dollar(&mut self) -> Token<'s> {
        let name = self.rest[1..].bytes().take_while(|byte| is_word(*byte)).count();
        if let Ok(number) = self.rest[1..=name].parse() {
            self.skip(1 + name);
            return Token::Placeholder(number);
        }
        let tag = self.rest.get(..name + 2).filter(|tag| tag.ends_with('$'));
        let end = tag.and_then(|tag| Some(tag.len() * 2 + self.rest[tag.len()..].find(tag)?));
        self.skip(end.unwrap_or(1 + name));
        Token::Other
    }

    /// Moves on by bytes; into the middle of a character only when the text is malformed, and then past it.
    fn skip(&mut self, bytes: usize) {
        let mut at = bytes.min(self.rest.len());
        while !self.rest.is_char_boundary(at) {
            at += 1;
        }
        self.rest = &self.rest[at..];
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl<'s> Iterator for Lexer<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let bytes = self.rest.as_bytes();
            match (*bytes.first()?, bytes.get(1)) {
                (b'-', Some(b'-')) => self.skip(self.rest.find('\n').unwrap_or(self.rest.len())),
                (b'#', _) if self.hashes => self.skip(self.rest.find('\n').unwrap_or(self.rest.len())),
                // What MySQL and MariaDB run although it looks like a comment.
                (b'/', Some(b'*')) if self.hashes && matches!(bytes.get(2), Some(b'!')) => self.skip(3),
                (b'/', Some(b'*')) => self.comment(),
                (b';', _) => {
                    self.skip(1);
                    return Some(Token::Semicolon);
                }
                (b'\'', _) => {
                    self.quoted(b'\'', self.backslashes);
                    return Some(Token::Other);
                }
                (b'"', _) => {
                    self.quoted(b'"', self.backslashes);
                    return Some(Token::Other);
                }
                (b'`', _) => {
                    self.quoted(b'`', false);
                    return Some(Token::Other);
                }
                // PostgreSQL's constants with escapes.
                (b'e' | b'E', Some(b'\'')) => {
                    self.skip(1);
                    self.quoted(b'\'', true);
                    return Some(Token::Other);
                }
                (b'$', _) => return Some(self.dollar()),
                (byte, _) if is_word(byte) => {
                    let end = bytes.iter().take_while(|byte| is_word(**byte) || **byte == b'$').count();
                    let (word, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    return Some(if byte.is_ascii_digit() { Token::Other } else { Token::Word(word) });
                }
                _ => {
                    self.skip(1);
                    return Some(Token::Other);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lexer: Lexer<'_>) -> String {
        let shown = lexer.filter_map(|token| match token {
            Token::Word(word) => Some(word.to_owned()),
            Token::Placeholder(number) => Some(format!("${number}")),
            Token::Semicolon => Some(";".to_owned()),
            Token::Other => None,
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn quoted_text_and_comments_are_passed_over() {
        for (sql, expected) in [
            ("SELECT 'it''s; $1' || \"a;\"\"b\" FROM t", "SELECT FROM t"),
            ("a -- b; c\nd /* e; /* f */ g */ h", "a d h"),
            ("$$ a; $1 $$ b $t$ c $$ ; $t$ d $2", "b d $2"),
            (r"E'a\'; b' c 'd\'; e", "c ; e"),
            ("`a;b` c", "c"),
            ("x > $1 AND y#>>$2", "x $1 AND y $2"),
            ("1; $; a$1b é $10", "; ; a$1b é $10"),
            ("'open", ""),
            ("/* open", ""),
            ("$open$ a", "a"),
            ("E'\\", ""),
            ("", ""),
        ] {
            assert_eq!(words(Lexer::standard(sql)), expected, "{sql}");
        }
    }

    #[test]
    fn backslashes_hashes_and_versioned_comments_are_the_dialects() {
        let lexer = |sql| Lexer { rest: sql, backslashes: true, hashes: true };
        assert_eq!(words(lexer(r"'a\'; b' c # d; e")), "c");
        assert_eq!(words(lexer("a # it's\n b")), "a b");
        assert_eq!(words(lexer("/*! COMMIT */ /*!40101 SET */")), "COMMIT SET");
    }

    #[test]
    fn every_text_has_an_end() {
        let sql = r#"$é$ 'é\' "é `é /*é*/ --é E'\é' $$é"#;
        for end in (0..=sql.len()).filter(|end| sql.is_char_boundary(*end)) {
            assert!(Lexer { rest: &sql[..end], backslashes: true, hashes: true }.count() <= sql.len());
            assert!(Lexer::standard(&sql[..end]).count() <= sql.len());
        }
    }
}
