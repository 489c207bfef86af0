//! What goes wrong, as answers: `application/problem+json` (RFC 9457), and, for pages, what to show beside the fields.

use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use orm::prelude::*;
use orm::{Error, Violations};
use serde_json::json;

use crate::Account;

/// What went wrong.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
    /// What is wrong with which field.
    pub(crate) violations: Violations,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), violations: Violations::new() }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, detail) = match error.kind() {
            ErrorKind::Validation => (StatusCode::UNPROCESSABLE_ENTITY, "some fields are not valid".to_owned()),
            ErrorKind::UniqueViolation => (StatusCode::CONFLICT, "somebody else has this".to_owned()),
            ErrorKind::Stale => {
                (StatusCode::PRECONDITION_FAILED, "somebody has changed the account meanwhile".to_owned())
            }
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "there is no such account".to_owned()),
            ErrorKind::InvalidRequest | ErrorKind::InvalidCursor => {
                (StatusCode::BAD_REQUEST, error.message().to_owned())
            }
            ErrorKind::AcquireTimeout | ErrorKind::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "too much to do; try again".to_owned())
            }
            _ => {
                eprintln!("{error:?}");
                (StatusCode::INTERNAL_SERVER_ERROR, "something broke here".to_owned())
            }
        };
        let mut violations = error.violations().cloned().unwrap_or_default();
        if error.kind() == ErrorKind::UniqueViolation {
            for column in error.columns() {
                // The database names columns, and requests name fields.
                let field = Account::DEF.column(column).map_or("", |column| column.field);
                violations.add(field, "unique", "is taken");
            }
        }
        Self { status, detail, violations }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "violations": self.violations,
        });
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}
