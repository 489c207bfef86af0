//! Signing in: the password, and the second factor where there is one.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use maud::{Markup, html};
use orm_auth::{Secret, SignIn};
use serde::Deserialize;

use crate::User;
use crate::app::{App, From, Signed, pending};
use crate::failure::Failure;
use crate::html::{field, page, problem};

/// The digits of an authenticator app; recovery codes are longer.
const DIGITS: usize = 6;

pub(super) async fn show() -> Markup {
    form(None)
}

fn form(wrong: Option<&str>) -> Markup {
    let content = html! {
        (problem(wrong))
        form #sign-in method="post" {
            (field("email", "E-mail", "email", "username"))
            (field("password", "Password", "password", "current-password"))
            button { "Sign in" }
        }
        p { a href="/forgot" { "I do not know my password" } }
    };
    page("Sign in", None, content)
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    email: String,
    password: String,
}

pub(super) async fn send(
    State(app): State<App>,
    From(client): From,
    jar: CookieJar,
    Form(typed): Form<Credentials>,
) -> Result<Response, Failure> {
    let answer = app.auth.sign_in(&typed.email, &Secret::from(typed.password), &client).await?;
    Ok(go_on(&app, jar, answer, "/payments", |wrong| form(Some(wrong))))
}

/// Where a sign-in leads to.
pub(super) fn go_on(
    app: &App,
    jar: CookieJar,
    answer: SignIn<User>,
    next: &str,
    again: impl Fn(&str) -> Markup,
) -> Response {
    match answer {
        SignIn::Done(signed_in) => (app.signed_in(jar, &signed_in), Redirect::to(next)).into_response(),
        SignIn::SecondFactor(token) => (app.pending(jar, &token), Redirect::to("/sign-in/code")).into_response(),
        SignIn::Denied => (StatusCode::UNAUTHORIZED, again("This is not right.")).into_response(),
        SignIn::Throttled { retry_after } => {
            let wait = format!("Too many attempts. Try again in {} seconds.", retry_after.as_secs().max(1));
            (StatusCode::TOO_MANY_REQUESTS, again(&wait)).into_response()
        }
    }
}

pub(super) async fn show_code() -> Markup {
    code_form(None)
}

fn code_form(wrong: Option<&str>) -> Markup {
    let content = html! {
        (problem(wrong))
        p { "The code that your authenticator app shows, or one of your recovery codes." }
        form #code-form method="post" {
            (field("code", "Code", "text", "one-time-code"))
            button { "Go on" }
        }
    };
    page("Second factor", None, content)
}

#[derive(Deserialize)]
pub(super) struct Code {
    pub(super) code: String,
}

pub(super) async fn send_code(
    State(app): State<App>,
    From(client): From,
    jar: CookieJar,
    Form(typed): Form<Code>,
) -> Result<Response, Failure> {
    let token = pending(&jar).ok_or(Failure::SignIn)?;
    let code = Secret::from(typed.code.trim().to_owned());
    let answer = if code.reveal().len() > DIGITS {
        app.auth.finish_with_recovery_code(&token, &code, &client).await
    } else {
        app.auth.finish_with_code(&token, &code, &client).await
    };
    match answer {
        Ok(answer) => Ok(go_on(&app, jar, answer, "/payments", |wrong| code_form(Some(wrong)))),
        // It took too long: the password is asked for again.
        Err(orm_auth::Error::InvalidToken) => Err(Failure::SignIn),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn out(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
    jar: CookieJar,
) -> Result<Response, Failure> {
    app.auth.sign_out(signed.session, &client).await?;
    Ok((App::signed_out(jar), Redirect::to("/sign-in")).into_response())
}
