//! How SQL text of SQLite divides into words: <https://www.sqlite.org/lang_keywords.html>.

use orm_core::dialect::Lexical;

/// Names may be in the quotes of MySQL and of SQL Server too.
pub(crate) const LEXICAL: Lexical = Lexical { backquotes: true, brackets: true, ..Lexical::STANDARD };
