//! [`Lexical`]: how SQL text of a dialect divides into words. What is quoted and what is a comment differs between
//! databases; the lexer in `driver` reads text by these facts.

/// How SQL text divides into words. `'text'` and `"names"` are quoted everywhere, with the quote doubled inside; `--` and
/// `/* */` are comments everywhere.
///
/// ```
/// use orm_core::dialect::Lexical;
///
/// const MINE: Lexical = Lexical { backquotes: true, hash_comments: true, ..Lexical::STANDARD };
/// assert!(!MINE.dollar_quotes);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexical {
    /// A backslash in `'text'` and `"text"` escapes the character after it.
    pub backslash_escapes: bool,
    /// `` `names` `` are quoted.
    pub backquotes: bool,
    /// `[names]` are quoted.
    pub brackets: bool,
    /// `$$text$$` and `$tag$text$tag$` are quoted.
    pub dollar_quotes: bool,
    /// `E'text'` has backslash escapes.
    pub escape_strings: bool,
    /// `#` begins a comment.
    pub hash_comments: bool,
    /// `--` begins a comment only before white space or the end.
    pub spaced_dashes: bool,
    /// `/* */` comments nest.
    pub nested_comments: bool,
    /// What stands in `/*! */` and `/*M! */` is run.
    pub executable_comments: bool,
}

impl Lexical {
    /// What all databases share.
    pub const STANDARD: Self = Self {
        backslash_escapes: false,
        backquotes: false,
        brackets: false,
        dollar_quotes: false,
        escape_strings: false,
        hash_comments: false,
        spaced_dashes: false,
        nested_comments: false,
        executable_comments: false,
    };
}
