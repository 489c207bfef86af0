//! Asking again who it is, before what matters: for a code where there is a second factor, else for the password.

use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use maud::{Markup, html};
use orm_auth::Secret;
use serde::Deserialize;

use super::sign_in::go_on;
use crate::app::{App, From, Signed};
use crate::failure::Failure;
use crate::html::{field, page, problem};

/// Where it goes on; other places are not gone to.
#[derive(Deserialize, Clone, Copy)]
enum Next {
    #[serde(rename = "/account")]
    Account,
    #[serde(rename = "/payments")]
    Payments,
    #[serde(rename = "/audit")]
    Audit,
}

impl Next {
    fn path(self) -> &'static str {
        match self {
            Self::Account => "/account",
            Self::Payments => "/payments",
            Self::Audit => "/audit",
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Place {
    next: Next,
}

pub(super) async fn show(
    State(app): State<App>,
    signed: Signed,
    Query(place): Query<Place>,
) -> Result<Markup, Failure> {
    let has_factor = app.auth.has_second_factor(&signed.user().id).await?;
    Ok(form(&signed, has_factor, place.next, None))
}

fn form(signed: &Signed, has_factor: bool, next: Next, wrong: Option<&str>) -> Markup {
    let content = html! {
        (problem(wrong))
        @if !has_factor && !matches!(next, Next::Account) {
            p { "This asks for a second factor. " a href="/account" { "Add one to your account" } " first." }
        } @else {
            form #step-up method="post" action=(format!("/step-up?next={}", next.path())) {
                @if has_factor {
                    (field("proof", "Code", "text", "one-time-code"))
                } @else {
                    (field("proof", "Password", "password", "current-password"))
                }
                button { "Go on" }
            }
        }
    };
    page("Is it you?", Some(signed.user()), content)
}

#[derive(Deserialize)]
pub(super) struct Proof {
    proof: String,
}

pub(super) async fn send(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
    jar: CookieJar,
    Query(place): Query<Place>,
    Form(typed): Form<Proof>,
) -> Result<Response, Failure> {
    let has_factor = app.auth.has_second_factor(&signed.user().id).await?;
    let proof = Secret::from(typed.proof);
    let answer = if has_factor {
        app.auth.step_up_with_code(&signed.session, &proof, &client).await?
    } else {
        app.auth.step_up_with_password(&signed.session, &proof, &client).await?
    };
    Ok(go_on(&app, jar, answer, place.next.path(), |wrong| form(&signed, has_factor, place.next, Some(wrong))))
}
