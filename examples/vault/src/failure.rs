//! What goes wrong, as pages. What the program itself did wrong is in its log, and not on the page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use orm::prelude::*;

use crate::NoteError;
use crate::html::page;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is signed in.
    SignIn,
    /// The session must prove itself again; then it goes on at this place.
    StepUp(&'static str),
    /// Something to tell.
    Say(StatusCode, String),
}

impl Failure {
    pub(crate) fn say(status: StatusCode, what: impl Into<String>) -> Self {
        Self::Say(status, what.into())
    }

    fn broken(error: &dyn std::fmt::Debug) -> Self {
        eprintln!("{error:?}");
        Self::say(StatusCode::INTERNAL_SERVER_ERROR, "Something broke here.")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::say(StatusCode::NOT_FOUND, "There is no such thing."),
            ErrorKind::Permission => Self::say(StatusCode::FORBIDDEN, "You may not do this."),
            ErrorKind::Validation | ErrorKind::InvalidValue | ErrorKind::Encode | ErrorKind::OutOfRange => {
                Self::say(StatusCode::UNPROCESSABLE_ENTITY, error.message().to_owned())
            }
            ErrorKind::UniqueViolation => Self::say(StatusCode::CONFLICT, "There is an account with this address."),
            _ => Self::broken(&error),
        }
    }
}

impl From<orm_auth::Error> for Failure {
    fn from(error: orm_auth::Error) -> Self {
        use orm_auth::Error as Auth;
        match error {
            Auth::Database(error) => error.into(),
            Auth::SessionEnded => Self::SignIn,
            // Passwords and factors are on one page.
            Auth::StepUpNeeded { .. } => Self::StepUp("/account"),
            Auth::Throttled { .. } => Self::say(StatusCode::TOO_MANY_REQUESTS, error.to_string()),
            Auth::Password(_)
            | Auth::InvalidCode
            | Auth::InvalidToken
            | Auth::SecondFactorExists
            | Auth::NoSecondFactor => Self::say(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
            error => Self::broken(&error),
        }
    }
}

impl From<NoteError> for Failure {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::Database(error) => error.into(),
            error => Self::broken(&error),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn => Redirect::to("/sign-in").into_response(),
            Self::StepUp(next) => Redirect::to(&format!("/step-up?next={next}")).into_response(),
            Self::Say(status, what) => {
                let content = html! { p.problem role="alert" { (what) } p { a href="/" { "Go on" } } };
                (status, page("This was not done", None, content)).into_response()
            }
        }
    }
}
