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
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match (self.model, &self.table) {
            (Some(model), _) => write!(f, " in model `{model}`")?,
            (None, Some(table)) => write!(f, " in table `{table}`")?,
            (None, None) => {}
        }
        match &self.columns[..] {
            [] => {}
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
            source: None,
        }))
    }

    /// SQL that a dialect cannot express; `feature` names what was asked for.
    pub fn unsupported(dialect: &str, feature: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{dialect} has no {feature}"))
    }

    /// A value of a row that is not of the Rust type that was asked for.
    pub fn decode(expected: &'static str, found: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Decode, format!("expected {expected}, found {found}"))
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

    /// The table, when the database told or the model knows.
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

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.0;
        let mut out = f.debug_struct("Error");
        out.field("kind", &facts.kind).field("message", &facts.message);
        if let Some(model) = facts.model {
            out.field("model", &model);
        }
        if let Some(table) = &facts.table {
            out.field("table", table);
        }
        if !facts.columns.is_empty() {
            out.field("columns", &facts.columns);
        }
        if let Some(constraint) = &facts.constraint {
            out.field("constraint", constraint);
        }
        if let Some(code) = &facts.code {
            out.field("code", code);
        }
        if let Some(source) = &facts.source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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
    fn shows_kind_place_and_advice_but_not_the_cause() {
        let error = Error::new(ErrorKind::Decode, "expected i64, found text")
            .with_model("User")
            .with_columns(["age"])
            .with_source("driver text");
        assert_eq!(error.to_string(), "type mismatch in model `User`, column `age`: expected i64, found text");
        assert_eq!(StdError::source(&error).map(ToString::to_string).as_deref(), Some("driver text"));
    }
}
