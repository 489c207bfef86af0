//! [`Introspect`]: how a database describes its tables. The queries to its catalog and the schema that their answers say
//! are the dialect's; sending them is the caller's work, in `query/introspect.rs`. So what is read needs no database to
//! be tested.

use std::fmt;

use super::Rendered;
use crate::error::{Error, ErrorKind, Result};
use crate::row::Row;
use crate::schema::{Column, ColumnDefault, Schema};
use crate::value::{Value, ValueRef};

/// Reads the schema that a database has. Implement it beside the [`Dialect`](super::Dialect), which gives it by
/// [`Dialect::introspect`](super::Dialect::introspect).
///
/// What a [`Schema`] has no field for is kept as text: types in [`Column::type_name`], whole definitions in the
/// `definition` of a table or index, everything beside tables and enum types as an [`Object`](crate::schema::Object).
/// Objects of the system and of extensions are left out.
pub trait Introspect: fmt::Debug + Send + Sync {
    /// The queries whose answers describe one schema; `None` is the connection's own. They change nothing, and each of
    /// their values can be read as text.
    ///
    /// # Errors
    /// For a name that cannot be quoted or bound.
    fn queries(&self, schema: Option<&str>) -> Result<Vec<Rendered>>;

    /// The schema that the answers describe, one per query and in their order. Tables and what they have are named
    /// without a schema when `schema` is `None`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for answers that the queries cannot have.
    fn schema(&self, schema: Option<&str>, answers: &[Answer]) -> Result<Schema>;

    /// Whether two names of types mean the same type, such as `INT` and `integer`.
    fn same_type(&self, one: &str, other: &str) -> bool;

    /// Whether two names are those of one column or table. The default tells letters apart by their case.
    fn same_name(&self, one: &str, other: &str) -> bool {
        one == other
    }

    /// The constant or expression that the text of a default is, for a column of the catalog or of a declaration. The
    /// content of a constant is [`Value::Text`], whatever its type; [`same_default`] compares two.
    fn default(&self, sql: &str, column: &Column) -> ColumnDefault;
}

/// The rows of one query to the catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    rows: Vec<Fields>,
}

impl Answer {
    /// Rows of text; `None` is NULL.
    pub fn new(rows: Vec<Vec<Option<String>>>) -> Self {
        Self { rows: rows.into_iter().map(Fields).collect() }
    }

    /// The rows.
    pub fn rows(&self) -> &[Fields] {
        &self.rows
    }

    /// Adds a row of a result.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for a value that is no text, number or truth value.
    pub(crate) fn push(&mut self, row: &dyn Row) -> Result<()> {
        let fields = (0..row.len()).map(|at| text(row.get(at)?));
        self.rows.push(Fields(fields.collect::<Result<_>>()?));
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }
}

/// One row of an answer, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields(Vec<Option<String>>);

impl Fields {
    /// A value; `None` for NULL, and for a value that is not there.
    pub fn get(&self, at: usize) -> Option<&str> {
        self.0.get(at)?.as_deref()
    }

    /// A value; empty for NULL.
    pub fn text(&self, at: usize) -> &str {
        self.get(at).unwrap_or_default()
    }

    /// A value as an owned text; `None` for NULL and for an empty one.
    pub fn owned(&self, at: usize) -> Option<String> {
        self.get(at).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Whether a value is true, in one of the forms in which catalogs say so.
    pub fn is(&self, at: usize) -> bool {
        matches!(self.text(at), "t" | "true" | "1" | "YES")
    }

    /// A value as a whole number; zero where it is none.
    pub fn number(&self, at: usize) -> i64 {
        self.text(at).parse().unwrap_or_default()
    }
}

fn text(value: ValueRef<'_>) -> Result<Option<String>> {
    Ok(Some(match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Text(text) | ValueRef::Json(text) => text.to_owned(),
        ValueRef::Bytes(bytes) => crate::row::utf8(bytes)?.to_owned(),
        ValueRef::Bool(truth) => truth.to_string(),
        ValueRef::I64(number) => number.to_string(),
        ValueRef::U64(number) => number.to_string(),
        ValueRef::F64(number) => number.to_string(),
        other => {
            let message = format!("a query to the catalog gave {other:?}, where text was expected");
            return Err(Error::new(ErrorKind::Decode, message));
        }
    }))
}

/// The name of a type and what stands in parentheses after it: `varchar(50)` is `varchar` and 50. Numbers that do not fit
/// are left out.
///
/// ```
/// use orm_core::dialect::introspect::type_arguments;
///
/// assert_eq!(type_arguments("numeric(12,2)"), ("numeric", vec![12, 2]));
/// assert_eq!(type_arguments("text"), ("text", vec![]));
/// ```
pub fn type_arguments(name: &str) -> (&str, Vec<u32>) {
    let Some((word, rest)) = name.split_once('(') else { return (name.trim(), Vec::new()) };
    let inside = rest.split(')').next().unwrap_or_default();
    (word.trim(), inside.split(',').filter_map(|part| part.trim().parse().ok()).collect())
}

/// SQL without the parentheses that are around the whole of it, and without space at its ends.
///
/// ```
/// use orm_core::dialect::introspect::without_parentheses;
///
/// assert_eq!(without_parentheses("((a) + (b))"), "(a) + (b)");
/// assert_eq!(without_parentheses("(a) + (b)"), "(a) + (b)");
/// ```
pub fn without_parentheses(sql: &str) -> &str {
    let mut sql = sql.trim();
    while let Some(inside) = sql.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
        && is_balanced(inside)
    {
        sql = inside.trim();
    }
    sql
}

/// Whether every parenthesis is closed in the order in which it was opened; those in quotes do not count.
fn is_balanced(sql: &str) -> bool {
    let (mut depth, mut quote) = (0_i32, None);
    for c in sql.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && quote.is_none()
}

/// The content of a constant: of quoted text, a number, a truth value. `None` for any other SQL. Backslashes stand for
/// themselves unless the dialect says that they escape.
///
/// ```
/// use orm_core::dialect::introspect::constant;
///
/// assert_eq!(constant("'it''s'", false).as_deref(), Some("it's"));
/// assert_eq!(constant("(-7)", false).as_deref(), Some("-7"));
/// assert_eq!(constant("now()", false), None);
/// ```
pub fn constant(sql: &str, backslash_escapes: bool) -> Option<String> {
    let sql = without_parentheses(sql);
    if let Some(inside) = sql.strip_prefix('\'') {
        let mut content = String::with_capacity(inside.len());
        let mut chars = inside.chars();
        loop {
            match chars.next()? {
                '\'' => match chars.next() {
                    Some('\'') => content.push('\''),
                    Some(_) => return None,
                    None => return Some(content),
                },
                '\\' if backslash_escapes => content.push(match chars.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '0' => '\0',
                    'Z' => '\u{1a}',
                    other => other,
                }),
                c => content.push(c),
            }
        }
    }
    if let Some(number) = sql.strip_prefix('-') {
        let number = without_parentheses(number);
        return is_number(number).then(|| format!("-{number}"));
    }
    let is_truth = sql.eq_ignore_ascii_case("true") || sql.eq_ignore_ascii_case("false");
    if is_truth {
        return Some(sql.to_ascii_lowercase());
    }
    is_number(sql).then(|| sql.to_owned())
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text.parse::<f64>().is_ok()
}

/// Whether two defaults give the same value: constants by what they are to a column of the type, expressions by their
/// text without regard to case and space.
///
/// ```
/// use orm_core::dialect::introspect::same_default;
/// use orm_core::schema::{Column, ColumnDefault};
/// use orm_core::{SqlType, Value};
///
/// let constant = |text: &str| ColumnDefault::Value(Value::Text(text.to_owned().into()));
/// let price = Column::new("price", SqlType::F64);
/// assert!(same_default(&constant("12.50"), &constant("12.5"), &price));
/// assert!(!same_default(&constant("12.50"), &constant("12.5"), &Column::new("label", SqlType::Text)));
/// ```
pub fn same_default(one: &ColumnDefault, other: &ColumnDefault, column: &Column) -> bool {
    match (one, other) {
        (ColumnDefault::Now, ColumnDefault::Now) => true,
        (ColumnDefault::Value(Value::Text(one)), ColumnDefault::Value(Value::Text(other))) => {
            one == other || normal(one, column) == normal(other, column)
        }
        (ColumnDefault::Sql(one), ColumnDefault::Sql(other)) => words(one) == words(other),
        _ => false,
    }
}

/// A constant in one form for each value of the column's type.
fn normal(text: &str, column: &Column) -> String {
    use crate::schema::ColumnType;
    use crate::value::SqlType;
    let ColumnType::Plain(ty) = &column.ty else { return text.to_owned() };
    match ty {
        SqlType::Bool => match text {
            "1" | "t" | "true" | "b'1'" => "true".to_owned(),
            "0" | "f" | "false" | "b'0'" => "false".to_owned(),
            other => other.to_owned(),
        },
        SqlType::F32 | SqlType::F64 => {
            text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string())
        }
        SqlType::Decimal => match text.split_once('.') {
            Some(_) if !text.contains(['e', 'E']) => {
                text.trim_end_matches('0').trim_end_matches('.').trim_start_matches('+').to_owned()
            }
            _ => text.trim_start_matches('+').to_owned(),
        },
        SqlType::Time | SqlType::DateTime | SqlType::Timestamp => {
            let text = text.replace('T', " ");
            let text = ["+00", "+00:00", "Z"].iter().fold(text.as_str(), |text, zone| text.trim_end_matches(zone));
            match text.split_once('.') {
                Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                None => text.to_owned(),
            }
        }
        SqlType::Json => text.chars().filter(|c| !c.is_whitespace()).collect(),
        ty if ty.is_integer() => text.parse::<i128>().map_or_else(|_| text.to_owned(), |number| number.to_string()),
        _ => text.to_owned(),
    }
}

/// The text of an expression without what databases change when they store it: case and space outside quotes, parentheses
/// around the whole, quotes around names that need none, and the second spelling of an operator.
///
/// ```
/// use orm_core::dialect::introspect::words;
///
/// assert_eq!(words("(Price  <> 7)"), words("\"price\" != 7"));
/// assert_eq!(words("a > -(7)"), words("a > -7"));
/// assert_ne!(words("name = 'A'"), words("name = 'a'"));
/// ```
pub fn words(sql: &str) -> String {
    let (mut words, mut quote) = (String::with_capacity(sql.len()), None);
    for c in without_parentheses(sql).chars() {
        match quote {
            Some((open, at)) => {
                words.push(c);
                if c == open {
                    quote = None;
                    unquote(&mut words, at);
                }
            }
            None if matches!(c, '\'' | '"' | '`') => {
                quote = Some((c, words.len()));
                words.push(c);
            }
            None if c.is_whitespace() => {}
            None => words.extend(c.to_lowercase()),
        }
        if quote.is_none() {
            for (spelling, other) in [("!=", "<>"), ("==", "=")] {
                if words.ends_with(spelling) {
                    words.truncate(words.len() - 2);
                    words.push_str(other);
                }
            }
        }
    }
    bare_numbers(&mut words);
    words
}

/// Takes the parentheses from a number after a minus: MySQL writes a negative constant with and without them.
fn bare_numbers(words: &mut String) {
    let mut from = 0;
    while let Some(at) = words[from..].find("-(").map(|at| from + at) {
        from = at + 2;
        let digits = words[from..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(0);
        if digits > 0 && words[from + digits..].starts_with(')') {
            words.remove(from + digits);
            words.remove(at + 1);
        }
    }
}

/// Takes the quotes from a name that begins at a place and needs none.
fn unquote(words: &mut String, at: usize) {
    let quoted = &words[at..];
    let inside = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let is_plain = inside.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && inside.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain && !quoted.starts_with('\'') {
        let inside = inside.to_owned();
        words.truncate(at);
        words.push_str(&inside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::SqlType;

    #[test]
    fn parentheses_around_the_whole_go() {
        for (sql, expected) in [
            (" ( 1 ) ", "1"),
            ("('a)')", "'a)'"),
            ("('(')", "'('"),
            ("(a) = (b)", "(a) = (b)"),
            ("((a))", "a"),
            ("()", ""),
            ("(", "("),
        ] {
            assert_eq!(without_parentheses(sql), expected, "{sql}");
        }
    }

    #[test]
    fn constants_are_told_from_expressions() {
        for (sql, expected) in [
            ("'a'", Some("a")),
            ("''", Some("")),
            ("'it''s'", Some("it's")),
            (r"'back\slash'", Some(r"back\slash")),
            ("-(7)", Some("-7")),
            ("1.5e0", Some("1.5e0")),
            ("TRUE", Some("true")),
            ("'a' || 'b'", None),
            ("'open", None),
            ("nan", None),
            ("inf", None),
            ("1 + 2", None),
            ("", None),
        ] {
            assert_eq!(constant(sql, false).as_deref(), expected, "{sql}");
        }
        assert_eq!(constant(r"'it\'s \\ \n'", true).as_deref(), Some("it's \\ \n"));
    }

    #[test]
    fn defaults_are_compared_as_values_of_their_type() {
        let same = |ty: SqlType, one: &str, other: &str| {
            let value = |text: &str| ColumnDefault::Value(Value::Text(text.to_owned().into()));
            same_default(&value(one), &value(other), &Column::new("c", ty))
        };
        assert!(same(SqlType::Bool, "1", "true"));
        assert!(!same(SqlType::Bool, "1", "false"));
        assert!(same(SqlType::I32, "042", "42"));
        assert!(same(SqlType::Decimal, "12.50", "12.5"));
        assert!(!same(SqlType::Decimal, "120", "12"));
        assert!(same(SqlType::Timestamp, "2020-01-02 03:04:05.000000", "2020-01-02T03:04:05+00"));
        assert!(same(SqlType::Json, r#"{"a": 1}"#, r#"{"a":1}"#));
        assert!(!same(SqlType::Text, "a", "A"));
    }
}
