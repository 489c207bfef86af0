//! [`Lexer`]: raw SQL as words, with quoted text and comments left out. It knows no grammar, only what must not be taken
//! for a statement's own words. What the words mean is in `classify`.

use crate::dialect::Lexical;

/// Reads the words of SQL text; what is quoted or a comment is passed over.
///
/// ```
/// use orm_core::dialect::Lexical;
/// use orm_core::driver::{Lexer, Token};
///
/// let sql = "SELECT 'a; b' -- c\n FROM t WHERE id = $2;";
/// let tokens: Vec<Token> = Lexer::new(sql, Lexical::STANDARD).collect();
/// assert_eq!(tokens.first(), Some(&Token::Word("SELECT")));
/// assert!(tokens.contains(&Token::Placeholder(2)));
/// assert_eq!(tokens.iter().filter(|token| **token == Token::Semicolon).count(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Lexer<'s> {
    rest: &'s str,
    /// What was left before the last token was read.
    last: &'s str,
    lexical: Lexical,
}

/// A part of SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Token<'s> {
    /// A keyword or a name without quotes, as it is written.
    Word(&'s str),
    /// A placeholder with a number, such as `$2`.
    Placeholder(u32),
    /// The end of a statement.
    Semicolon,
    /// An opening parenthesis.
    Open,
    /// A closing parenthesis.
    Close,
    /// An operator, a number, or quoted text.
    Other,
}

impl<'s> Lexer<'s> {
    /// For text of a dialect.
    pub fn new(sql: &'s str, lexical: Lexical) -> Self {
        Self { rest: sql, last: "", lexical }
    }

    /// The dialect's facts.
    pub(super) fn lexical(&self) -> Lexical {
        self.lexical
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'s str {
        self.rest
    }

    /// The text of the token that was read last; it ends where [`rest`](Self::rest) begins.
    ///
    /// ```
    /// use orm_core::dialect::Lexical;
    /// use orm_core::driver::Lexer;
    ///
    /// let mut lexer = Lexer::new("a /* b */ 'c;' d", Lexical::STANDARD);
    /// lexer.next();
    /// lexer.next();
    /// assert_eq!(lexer.text(), "'c;'");
    /// ```
    pub fn text(&self) -> &'s str {
        self.last.get(..self.last.len().saturating_sub(self.rest.len())).unwrap_or_default()
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

    /// Passes over a comment in `/*`.
    fn comment(&mut self) {
        let bytes = self.rest.as_bytes();
        let (mut at, mut depth) = (2, 1);
        while depth > 0 && at < bytes.len() {
            (at, depth) = match (bytes[at], bytes.get(at + 1)) {
                (b'/', Some(b'*')) if self.lexical.nested_comments => (at + 2, depth + 1),
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
        let tag = self.rest.get(..name + 2).filter(|tag| self.lexical.dollar_quotes && tag.ends_with('$'));
        let end = tag.and_then(|tag| Some(tag.len() * 2 + self.rest[tag.len()..].find(tag)?));
        self.skip(end.unwrap_or(1 + name));
        Token::Other
    }

    /// Passes over the rest of a line.
    fn line(&mut self) {
        self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
    }

    fn token(&mut self, bytes: usize, token: Token<'s>) -> Token<'s> {
        self.skip(bytes);
        token
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
        let lexical = self.lexical;
        loop {
            self.rest = self.rest.trim_ascii_start();
            self.last = self.rest;
            let bytes = self.rest.as_bytes();
            match (*bytes.first()?, bytes.get(1)) {
                (b'-', Some(b'-')) if !lexical.spaced_dashes || bytes.get(2).is_none_or(|byte| *byte <= b' ') => {
                    self.line();
                }
                (b'#', _) if lexical.hash_comments => self.line(),
                (b'/', Some(b'*')) if lexical.executable_comments && is_executable(bytes) => {
                    self.skip(if bytes[2] == b'!' { 3 } else { 4 });
                }
                (b'/', Some(b'*')) => self.comment(),
                (b';', _) => return Some(self.token(1, Token::Semicolon)),
                (b'(', _) => return Some(self.token(1, Token::Open)),
                (b')', _) => return Some(self.token(1, Token::Close)),
                (quote @ (b'\'' | b'"'), _) => {
                    self.quoted(quote, lexical.backslash_escapes);
                    return Some(Token::Other);
                }
                (b'`', _) if lexical.backquotes => {
                    self.quoted(b'`', false);
                    return Some(Token::Other);
                }
                (b'[', _) if lexical.brackets => {
                    let end = self.rest.find(']').map_or(self.rest.len(), |end| end + 1);
                    return Some(self.token(end, Token::Other));
                }
                (b'e' | b'E', Some(b'\'')) if lexical.escape_strings => {
                    self.skip(1);
                    self.quoted(b'\'', true);
                    return Some(Token::Other);
                }
                (b'$', _) => return Some(self.dollar()),
                // A byte order mark is white space to SQLite, and an error to the others.
                (0xef, _) if self.rest.starts_with('\u{feff}') => self.skip(3),
                (byte, _) if is_word(byte) => {
                    let end = bytes.iter().take_while(|byte| is_word(**byte) || **byte == b'$').count();
                    let (word, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    return Some(if byte.is_ascii_digit() { Token::Other } else { Token::Word(word) });
                }
                _ => return Some(self.token(1, Token::Other)),
            }
        }
    }
}

/// Whether a comment is one whose content is run: `/*!` on MySQL and MariaDB, `/*M!` on MariaDB.
fn is_executable(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, b'!', ..] | [_, _, b'M', b'!', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lexer: Lexer<'_>) -> String {
        let shown = lexer.filter_map(|token| match token {
            Token::Word(word) => Some(word.to_owned()),
            Token::Placeholder(number) => Some(format!("${number}")),
            Token::Semicolon => Some(";".to_owned()),
            Token::Other | Token::Open | Token::Close => None,
        });
        shown.collect::<Vec<_>>().join(" ")
    }

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

    #[test]
    fn quoted_text_and_comments_are_passed_over() {
        for (sql, expected) in [
            ("SELECT 'it''s; $1' || \"a;\"\"b\" FROM t", "SELECT FROM t"),
            ("a -- b; c\nd /* e; /* f */ g */ h", "a d h"),
            ("$$ a; $1 $$ b $t$ c $$ ; $t$ d $2", "b d $2"),
            (r"E'a\'; b' c 'd\'; e", "c ; e"),
            ("x > $1 AND y#>>$2", "x $1 AND y $2"),
            ("1; $; a$1b é $10", "; ; a$1b é $10"),
            ("'open", ""),
            ("/* open", ""),
            ("$open$ a", "a"),
            ("E'\\", ""),
            ("", ""),
        ] {
            assert_eq!(words(Lexer::new(sql, POSTGRES)), expected, "{sql}");
        }
    }

    #[test]
    fn what_is_quoted_is_the_dialects() {
        for (lexical, sql, expected) in [
            (MYSQL, r"'a\'; b' c # d; e", "c"),
            (MYSQL, "a # it's\n b", "a b"),
            (MYSQL, "`a;b` c", "c"),
            (MYSQL, "$$ a; $$ b", "a ; b"),
            (SQLITE, "`a;b` c", "c"),
            (SQLITE, "[a;b] c [open", "c"),
            (SQLITE, "$$ a; $$ b", "a ; b"),
            (SQLITE, "\u{feff}a", "a"),
            (POSTGRES, "a ` b; c ` d", "a b ; c d"),
            (POSTGRES, "a[1;] b", "a ; b"),
            (POSTGRES, "a # b", "a b"),
            (Lexical::STANDARD, r"e'a\' b", "e b"),
        ] {
            assert_eq!(words(Lexer::new(sql, lexical)), expected, "{sql}");
        }
    }

    #[test]
    fn what_is_a_comment_is_the_dialects() {
        for (lexical, sql, expected) in [
            (MYSQL, "/*! COMMIT */ /*!40101 SET */ /*M!100100 DROP */ /*M x */", "COMMIT SET DROP"),
            (SQLITE, "/*! COMMIT */ a", "a"),
            (MYSQL, "/* a /* b */ COMMIT /* */", "COMMIT"),
            (SQLITE, "/* a /* b */ COMMIT /* */", "COMMIT"),
            (POSTGRES, "/* a /* b */ COMMIT */ c", "c"),
            (MYSQL, "a --b\n--\tc\n-- d\n--", "a b"),
            (SQLITE, "a --b\n c", "a c"),
        ] {
            assert_eq!(words(Lexer::new(sql, lexical)), expected, "{sql}");
        }
    }

    #[test]
    fn every_text_has_an_end() {
        let sql = r#"$é$ 'é\' "é `é [é /*é*/ --é E'\é' $$é"#;
        for end in (0..=sql.len()).filter(|end| sql.is_char_boundary(*end)) {
            for lexical in [MYSQL, POSTGRES, SQLITE, Lexical::STANDARD] {
                assert!(Lexer::new(&sql[..end], lexical).count() <= sql.len());
            }
        }
    }
}
