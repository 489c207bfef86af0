//! The one error type of the ORM: what went wrong ([`ErrorKind`]) and the facts known about it (model, table,
//! columns, constraint, the database's own code). How a database's answer maps onto a kind is each driver's work.

mod kind;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

pub use kind::ErrorKind;

/// The result of everything that can fail in the ORM.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed. One word wide; the facts sit behind it.
///
/// Branch on [`Error::kind`]; show [`Display`](fmt::Display) to people; follow [`source`](StdError::source) for the
/// database client's own error.
///
/// ```
/// use orm_core::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::UniqueViolation, "duplicate e-mail").with_table("users").with_columns(["email"]);
/// assert_eq!(error.kind(), ErrorKind::UniqueViolation);
/// assert_eq!(error.columns(), ["email"]);
/// ```
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Facts>);

/// Everything known about one failure.
struct Facts {
    kind: ErrorKind,
    message: Cow<'static, str>,
    model: Option<&'static str>,
    table: Option<Cow<'static, str>>,
    columns: Vec<Cow<'static, str>>,
    constraint: Option<String>,
    code: Option<String>,
    index: Option<usize>,
    versions: Option<Versions>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Versions of a stale row.
#[derive(Clone, Copy)]
struct Versions {
    expected: Option<i64>,
    found: Option<i64>,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        // What is unknown is named at once, and is then not also the place.
        match (self.kind, &self.table, &self.columns[..]) {
            (ErrorKind::UnknownTable, Some(table), _) => write!(f, " `{table}`")?,
            (ErrorKind::UnknownColumn, _, [column]) => write!(f, " `{column}`")?,
            _ => {}
        }
        match (self.model, &self.table) {
            (Some(model), _) => write!(f, " in model `{model}`")?,
            (None, Some(table)) if self.kind != ErrorKind::UnknownTable => write!(f, " in table `{table}`")?,
            (None, _) => {}
        }
        match &self.columns[..] {
            [] => {}
            [_] if self.kind == ErrorKind::UnknownColumn => {}
            [one] => write!(f, ", column `{one}`")?,
            many => write!(f, ", columns `{}`", many.join("`, `"))?,
        }
        if let Some(constraint) = &self.constraint {
            write!(f, ", constraint `{constraint}`")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl StdError for Facts {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl Error {
    /// An error of a kind, with what a person should know or do.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Facts {
            kind,
            message: message.into(),
            model: None,
            table: None,
            columns: Vec::new(),
            constraint: None,
            code: None,
            index: None,
            versions: None,
            source: None,
        }))
    }

    /// SQL that a dialect cannot express; `feature` names what was asked for.
    pub fn unsupported(dialect: &str, feature: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{dialect} has no {feature}"))
    }

    /// A value of a row that is not of the Rust type that was asked for.
    pub fn decode(expected: &'static str, found: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Decode, format!("expected {}, found {found}", without_paths(expected)))
    }

    /// A value that the database cannot store exactly.
    pub fn encode(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Encode, message)
    }

    /// The class of the failure: branch on this.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What a person should know, without kind, names or cause.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The model the statement was about, when one was involved.
    pub fn model(&self) -> Option<&'static str> {
        self.0.model
    }

    /// The table, when the database told or the model knows. Where a row was to go that others point at, it is the table of
    /// those, as are columns and constraint; the model is that of the row.
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The columns concerned, in the constraint's order; empty when unknown.
    pub fn columns(&self) -> Vec<&str> {
        self.0.columns.iter().map(|column| &**column).collect()
    }

    /// The violated constraint's name, when the database told.
    pub fn constraint(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }

    /// The database's own code: SQLSTATE on PostgreSQL, the error number on MySQL and MariaDB, the extended result
    /// code on SQLite.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The position of the column in the row, for decode errors.
    pub fn index(&self) -> Option<usize> {
        self.0.index
    }

    /// The version that a stale row was expected to have: that of the struct, or of `expect_version`. `None` for other
    /// errors.
    ///
    /// ```
    /// # use orm_core::{Error, ErrorKind};
    /// # let error = Error::new(ErrorKind::Stale, "").with_versions(Some(3), Some(5));
    /// if error.kind() == ErrorKind::Stale {
    ///     assert_eq!((error.expected_version(), error.found_version()), (Some(3), Some(5)));
    /// }
    /// ```
    pub fn expected_version(&self) -> Option<i64> {
        self.0.versions.and_then(|versions| versions.expected)
    }

    /// The version that a stale row has instead of the [expected](Self::expected_version) one. `None` when the row is gone,
    /// and when the transaction does not see the row's newest version.
    pub fn found_version(&self) -> Option<i64> {
        self.0.versions.and_then(|versions| versions.found)
    }

    /// Whether running the whole transaction again may succeed: a deadlock, a serialization failure, or a busy database.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind(), ErrorKind::Deadlock | ErrorKind::Serialization | ErrorKind::Busy)
    }

    /// Changes the kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Changes what a person should know.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Adds the model.
    #[must_use]
    pub fn with_model(mut self, model: &'static str) -> Self {
        self.0.model = Some(model);
        self
    }

    /// Adds the table.
    #[must_use]
    pub fn with_table(mut self, table: impl Into<Cow<'static, str>>) -> Self {
        self.0.table = Some(table.into());
        self
    }

    /// Adds the columns.
    #[must_use]
    pub fn with_columns<C: Into<Cow<'static, str>>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.0.columns = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Adds the constraint.
    #[must_use]
    pub fn with_constraint(mut self, constraint: impl Into<String>) -> Self {
        self.0.constraint = Some(constraint.into());
        self
    }

    /// Adds the database's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Adds the position of the column in the row.
    #[must_use]
    pub fn with_index(mut self, index: usize) -> Self {
        self.0.index = Some(index);
        self
    }

    /// Adds the versions of a stale row: the expected one, and the one that was found.
    #[must_use]
    pub fn with_versions(mut self, expected: Option<i64>, found: Option<i64>) -> Self {
        self.0.versions = Some(Versions { expected, found });
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

/// What [`Display`](fmt::Display) says first, since `fn main() -> Result<()>` prints this; then the facts it leaves out,
/// then the causes. What the database or a decoder said about a value is withheld: it may quote it.
/// [`source`](StdError::source) has it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.0;
        write!(f, "{facts}")?;
        let said = facts.model.is_none() || facts.kind == ErrorKind::UnknownTable;
        let table = facts.table.as_ref().filter(|_| !said).map(|table| format!("table `{table}`"));
        let code = facts.code.as_ref().map(|code| format!("code {code}"));
        let index = facts.index.map(|index| format!("position {index}"));
        let more: Vec<String> = [table, code, index].into_iter().flatten().collect();
        if !more.is_empty() {
            write!(f, " ({})", more.join(", "))?;
        }
        self.causes(f)
    }
}

impl Error {
    fn causes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut withheld = self.kind().may_quote_values();
        // What the error itself says already is not said again.
        let (mut next, mut last) = (StdError::source(self), self.message().to_owned());
        let mut first = true;
        while let (Some(cause), false) = (next, withheld) {
            let text = cause.to_string();
            // Some clients repeat the cause in their own text.
            if !last.contains(&text) {
                write!(f, "{}    {text}", if std::mem::take(&mut first) { "\n\nCaused by:\n" } else { "\n" })?;
                last = text;
            }
            withheld = cause.downcast_ref::<Self>().is_some_and(|cause| cause.kind().may_quote_values());
            next = cause.source();
        }
        if withheld && next.is_some() {
            f.write_str("\n\nThe cause may quote values; `source()` has it.")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of a type without the modules in it: `Option<String>`.
fn without_paths(name: &str) -> String {
    let (paths, last) = name.rsplit_once("::").unwrap_or(("", name));
    let parts = paths.split("::").map(|part| part.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_'));
    parts.chain([last]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn types_are_named_without_their_modules() {
        let error = Error::decode(std::any::type_name::<Option<Vec<String>>>(), "text");
        assert_eq!(error.message(), "expected Option<Vec<String>>, found text");
        assert_eq!(Error::decode("a date", "text").message(), "expected a date, found text");
    }

    #[test]
    fn shows_kind_place_and_advice_but_not_the_cause() {
        let error = Error::new(ErrorKind::Decode, "expected i64, found text")
            .with_model("User")
            .with_columns(["age"])
            .with_source("driver text");
        assert_eq!(error.to_string(), "type mismatch in model `User`, column `age`: expected i64, found text");
        assert_eq!(StdError::source(&error).map(ToString::to_string).as_deref(), Some("driver text"));
    }

    #[test]
    fn what_is_unknown_is_named_at_once() {
        let table = Error::new(ErrorKind::UnknownTable, "").with_table("nope");
        assert_eq!(table.to_string(), "unknown table `nope`");
        assert_eq!(table.with_model("User").to_string(), "unknown table `nope` in model `User`");
        let column = Error::new(ErrorKind::UnknownColumn, "").with_columns(["nme"]);
        assert_eq!(column.to_string(), "unknown column `nme`");
        assert_eq!(column.with_table("users").to_string(), "unknown column `nme` in table `users`");
    }

    #[test]
    fn debug_leads_with_what_a_person_should_know_and_ends_with_the_causes() {
        let io = std::io::Error::other("connection refused");
        let inner = Error::new(ErrorKind::ConnectionLost, "").with_source(io);
        let error = Error::new(ErrorKind::UnknownTable, "create it first")
            .with_model("User")
            .with_table("users")
            .with_code("42P01")
            .with_source(inner);
        assert_eq!(
            format!("{error:?}"),
            "unknown table `users` in model `User`: create it first (code 42P01)\n\nCaused by:\n    \
             connection lost\n    connection refused"
        );
        assert_eq!(format!("{:?}", Error::new(ErrorKind::Config, "no host")), "configuration error: no host");
    }

    #[test]
    fn debug_withholds_causes_that_may_quote_values() {
        let quoting = || Error::new(ErrorKind::UniqueViolation, "").with_source("Duplicate entry 'secret'");
        for error in [quoting(), Error::new(ErrorKind::TransactionClosed, "").with_source(quoting())] {
            let shown = format!("{error:?}");
            assert!(!shown.contains("secret"), "{shown}");
            assert!(shown.ends_with("The cause may quote values; `source()` has it."), "{shown}");
        }
    }
}
