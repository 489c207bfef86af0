//! A Rust file seen three ways: without comments, without the contents of literals, and as tokens. Lines keep their
//! numbers in all of them. A scanner, not a parser: it knows literals, comments and `#[cfg(test)]` items.

/// One Rust file. What is compiled for tests only is left out, for most rules do not concern it.
#[derive(Debug)]
pub(super) struct Source {
    /// Comments are blank; literals are there.
    pub(super) text: String,
    /// Comments and the contents of literals are blank.
    code: String,
    /// The same as `code`, tests included.
    whole_code: String,
}

/// An identifier, a keyword, a number, or one character of punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Counted from one.
    pub(super) line: usize,
    pub(super) text: &'a str,
}

impl Source {
    pub(super) fn new(file: &str) -> Self {
        let (mut text, mut code) = blank(file);
        let whole_code: String = code.iter().collect();
        for (start, end) in test_items(&code) {
            erase(&mut text, start, end);
            erase(&mut code, start, end);
        }
        Self { text: text.into_iter().collect(), code: code.into_iter().collect(), whole_code }
    }

    /// The tokens of what is compiled without tests.
    pub(super) fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.code)
    }

    /// The tokens of everything.
    pub(super) fn tokens_with_tests(&self) -> Vec<Token<'_>> {
        tokens(&self.whole_code)
    }

    /// The lines of everything, without comments and the contents of literals.
    pub(super) fn lines_with_tests(&self) -> Vec<&str> {
        self.whole_code.lines().collect()
    }
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let length = match rest.find(|c| !is_word(c)) {
                Some(0) => first.len_utf8(),
                Some(end) => end,
                None => rest.len(),
            };
            found.push(Token { line: index + 1, text: &rest[..length] });
            rest = rest[length..].trim_start();
        }
    }
    found
}

/// The file without comments, and the file without comments and the contents of literals.
fn blank(file: &str) -> (Vec<char>, Vec<char>) {
    let all: Vec<char> = file.chars().collect();
    let (mut text, mut code) = (all.clone(), all.clone());
    let mut at = 0;
    while at < all.len() {
        let next = all.get(at + 1).copied();
        let end = match (all[at], next) {
            ('/', Some('/')) => {
                let end = position(&all, at, |rest| rest[0] == '\n');
                erase(&mut text, at, end);
                erase(&mut code, at, end);
                end
            }
            ('/', Some('*')) => {
                let end = end_of_block_comment(&all, at);
                erase(&mut text, at, end);
                erase(&mut code, at, end);
                end
            }
            ('r', Some('"' | '#')) if starts_literal(&all, at) && raw_hashes(&all, at).is_some() => {
                let hashes = raw_hashes(&all, at).unwrap_or(0);
                let open = at + 1 + hashes + 1;
                let closes =
                    |rest: &[char]| rest[0] == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|c| *c == '#');
                let close = position(&all, open, closes);
                erase(&mut code, open, close);
                close + 1 + hashes
            }
            ('"', _) => {
                let close = end_of_escaped(&all, at + 1, '"');
                erase(&mut code, at + 1, close);
                close + 1
            }
            // A character, and not a lifetime, which no quote ends.
            ('\'', Some(c)) if c == '\\' || all.get(at + 2) == Some(&'\'') => {
                let close = end_of_escaped(&all, at + 1, '\'');
                erase(&mut code, at + 1, close);
                close + 1
            }
            _ => at + 1,
        };
        at = end;
    }
    (text, code)
}

/// Blanks `from..to`, keeping the lines.
fn erase(all: &mut [char], from: usize, to: usize) {
    let to = to.min(all.len());
    for c in all.get_mut(from..to).into_iter().flatten().filter(|c| **c != '\n') {
        *c = ' ';
    }
}

/// The first index from `from` on whose rest satisfies, or the end.
fn position(all: &[char], from: usize, found: impl Fn(&[char]) -> bool) -> usize {
    (from..all.len()).find(|at| found(&all[*at..])).unwrap_or(all.len())
}

fn end_of_block_comment(all: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < all.len() {
        match (all[at], all.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The index of the quote that ends a literal with escapes.
fn end_of_escaped(all: &[char], start: usize, quote: char) -> usize {
    let mut at = start;
    while at < all.len() && all[at] != quote {
        at += if all[at] == '\\' { 2 } else { 1 };
    }
    at
}

/// Whether the `r` here can begin a literal: it is not inside a word, or only after the `b` or `c` of one.
fn starts_literal(all: &[char], at: usize) -> bool {
    let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let before = |n| at.checked_sub(n).and_then(|i| all.get(i));
    !is_word(before(1)) || (matches!(before(1), Some('b' | 'c')) && !is_word(before(2)))
}

/// The number of `#` of a raw string whose `r` is here; `None` for a raw identifier.
fn raw_hashes(all: &[char], at: usize) -> Option<usize> {
    let hashes = all[at + 1..].iter().take_while(|c| **c == '#').count();
    (all.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The ranges of items marked `#[cfg(test)]`: up to their closing brace, or their semicolon.
fn test_items(code: &[char]) -> Vec<(usize, usize)> {
    const MARK: &str = "#[cfg(test)]";
    let mark: Vec<char> = MARK.chars().collect();
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(start) = (at..code.len()).find(|i| code[*i..].starts_with(&mark)) {
        let body = position(code, start + mark.len(), |rest| matches!(rest[0], '{' | ';'));
        let mut depth = 0;
        let mut end = body;
        while end < code.len() {
            match code[end] {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            end += 1;
            if depth == 0 {
                break;
            }
        }
        items.push((start, end));
        at = end;
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(file: &str) -> Vec<String> {
        Source::new(file).tokens().iter().map(|token| token.text.to_owned()).collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        assert_eq!(words("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
        assert_eq!(words(r#"a("b \" c", 'd', '\'', b"e")"#).join(""), r#"a("",'','',b"")"#);
        assert_eq!(words("x(r#\"a \" b\"#, br\"c\\\", r#type)").join(" "), "x ( r # \" \" # , br \" \" , r # type )");
        assert_eq!(words("fn a<'b>(c: &'b str)").join(""), "fna<'b>(c:&'bstr)");
        assert_eq!(words("let s = \"a\nb\"; t").last().map(String::as_str), Some("t"));
    }

    #[test]
    fn text_keeps_literals_only() {
        assert_eq!(Source::new("a(\"b\") // c").text.trim_end(), "a(\"b\")");
    }

    #[test]
    fn test_items_are_left_out_and_lines_stay() {
        let source = Source::new("a\n#[cfg(test)]\nmod tests {\n  fn b() { c }\n}\nd\n#[cfg(test)]\nmod e;\nf");
        let found: Vec<_> = source.tokens().iter().map(|t| (t.line, t.text.to_owned())).collect();
        assert_eq!(found, [(1, "a".to_owned()), (6, "d".to_owned()), (9, "f".to_owned())]);
        assert!(source.tokens_with_tests().iter().any(|t| t.text == "c"));
    }
}
