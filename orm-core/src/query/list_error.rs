//! [`ListError`]: what is wrong with the query of a list, and where in it.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// What is wrong with a [`ListQuery`](super::ListQuery), and where in it. As an [`Error`] it is of the kind
/// [`InvalidRequest`](ErrorKind::InvalidRequest).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ListError {
    place: String,
    problem: Problem,
}

/// What is wrong with a part of a [`ListQuery`](super::ListQuery).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[non_exhaustive]
pub enum Problem {
    /// There is no such parameter.
    UnknownParameter {
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is no such field here, or it is not for this.
    UnknownField {
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is no such operator for this field.
    UnknownOperator {
        /// Those that there are.
        known: Vec<String>,
    },
    /// A value of another type.
    WrongType {
        /// What was expected.
        expected: String,
        /// What there is.
        found: &'static str,
    },
    /// A text that is not of the form of the field's type.
    Malformed(String),
    /// More than the list allows: levels, conditions, items, rows.
    TooMuch {
        /// Of what.
        of: &'static str,
        /// The most that it allows.
        most: u64,
    },
}

impl ListError {
    pub(super) fn new(place: impl Into<String>, problem: Problem) -> Self {
        Self { place: place.into(), problem }
    }

    /// The parameter, and the path in it: `filter.age.gte`, `sort`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.place)?;
        match &self.problem {
            Problem::UnknownParameter { known } => write!(f, "is not a parameter; there are {}", known.join(", ")),
            Problem::UnknownField { known } if known.is_empty() => {
                f.write_str("is not a field that this list takes here")
            }
            Problem::UnknownField { known } => {
                write!(f, "is not a field that this list takes here; there are {}", known.join(", "))
            }
            Problem::UnknownOperator { known } => {
                write!(f, "is not an operator of this field; there are {}", known.join(", "))
            }
            Problem::WrongType { expected, found } => write!(f, "is {found}, expected {expected}"),
            Problem::Malformed(what) => f.write_str(what),
            Problem::TooMuch { of, most } => write!(f, "has more {of} than {most}"),
        }
    }
}

impl std::error::Error for ListError {}

impl ListError {
    /// What an error says of a query of a list; `None` for an error of something else.
    ///
    /// ```
    /// use orm_core::query::{ListError, ListQuery, Problem};
    ///
    /// let error = ListQuery::parse("limit=20&order=name").unwrap_err();
    /// let wrong = ListError::of(&error).unwrap();
    /// assert_eq!(wrong.place(), "order");
    /// assert!(matches!(wrong.problem(), Problem::UnknownParameter { .. }));
    /// ```
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// As an error of the kind [`InvalidRequest`](ErrorKind::InvalidRequest). Not a `From`: a second one for [`Error`] would leave the
    /// error's type of users' closures open.
    pub(super) fn into_error(self) -> Error {
        Error::new(ErrorKind::InvalidRequest, self.to_string()).with_source(self)
    }
}
