//! One's own account: the password, the second factor, the sessions.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use maud::{Markup, PreEscaped, html};
use orm_auth::{RecoveryCodes, Secret};
use serde::Deserialize;

use super::sign_in::Code;
use crate::app::{App, From, Signed};
use crate::failure::Failure;
use crate::html::{button, field, page, problem};

pub(super) async fn show(State(app): State<App>, signed: Signed) -> Result<Markup, Failure> {
    let (auth, session) = (&app.auth, &signed.session);
    let has_factor = auth.has_second_factor(&signed.user().id).await?;
    let left = auth.recovery_codes_left(session).await?;
    let sessions = auth.sessions(session).await?;
    let verified = signed.user().email_verified_at.is_some();
    let content = html! {
        p { (signed.user().email) @if verified { ", verified" } @else { ", not verified: the link is in a mail" } }
        h2 { "Second factor" }
        @if has_factor {
            p #factor { "An authenticator app, and " (left) " recovery codes." }
            (button("/account/recovery-codes", "New recovery codes")) " "
            (button("/account/second-factor/remove", "Remove"))
        } @else {
            p #factor { "None." }
            (button("/account/second-factor", "Add an authenticator app"))
        }
        h2 { "Password" }
        form #password-form method="post" action="/account/password" {
            (field("password", "New password", "password", "new-password"))
            button { "Change" }
        }
        h2 { "Sessions" }
        table #sessions {
            thead { tr { th { "Since" } th { "Last used" } th { "Where" } th { "With" } th {} } }
            tbody {
                @for one in &sessions {
                    tr {
                        td { (one.created_at.format("%F %R")) }
                        td { (one.last_used_at.format("%F %R")) }
                        td { (one.address.as_deref().unwrap_or("?")) }
                        td { (one.user_agent.as_deref().unwrap_or("?")) }
                        td {
                            @if one.id == session.id() { "this one" }
                            @else { (button(&format!("/account/sessions/{}/end", one.id), "End")) }
                        }
                    }
                }
            }
        }
        (button("/account/sessions/end-others", "End all others"))
    };
    Ok(page("Account", Some(signed.user()), content))
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    password: String,
}

pub(super) async fn change_password(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
    jar: CookieJar,
    Form(typed): Form<NewPassword>,
) -> Result<Response, Failure> {
    let recent = app.auth.recent(&signed.session).await?;
    let signed_in = app.auth.change_password(&recent, &Secret::from(typed.password), &client).await?;
    Ok((app.signed_in(jar, &signed_in), Redirect::to("/account")).into_response())
}

pub(super) async fn begin_second_factor(State(app): State<App>, signed: Signed) -> Result<Markup, Failure> {
    let recent = app.auth.recent(&signed.session).await?;
    let setup = app.auth.begin_totp(&recent).await?;
    let content = html! {
        p { "Scan this with your authenticator app, then type the code that it shows." }
        div #qr { (PreEscaped(setup.qr_svg()?)) }
        p { a #app href=(setup.url()) { "Open the app on this device" } ", or type this secret: " code { (setup.secret()) } }
        (confirm_form())
    };
    Ok(page("Add an authenticator app", Some(signed.user()), content))
}

fn confirm_form() -> Markup {
    html! {
        form #confirm method="post" action="/account/second-factor/confirm" {
            (field("code", "Code", "text", "one-time-code"))
            button { "Add" }
        }
    }
}

pub(super) async fn confirm_second_factor(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
    jar: CookieJar,
    Form(typed): Form<Code>,
) -> Result<Response, Failure> {
    let recent = app.auth.recent(&signed.session).await?;
    match app.auth.confirm_totp(&recent, &Secret::from(typed.code), &client).await {
        Ok(added) => {
            let jar = app.signed_in(jar, &added.signed_in);
            Ok((jar, codes(&signed, &added.recovery_codes)).into_response())
        }
        Err(error @ orm_auth::Error::InvalidCode) => {
            let content = html! { (problem(Some(&error.to_string()))) (confirm_form()) };
            Ok(page("Add an authenticator app", Some(signed.user()), content).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Recovery codes are shown once: the database has hashes.
fn codes(signed: &Signed, codes: &RecoveryCodes) -> Markup {
    let content = html! {
        p { "Print these, and keep them where your device is not. Each signs you in once, on the day when the app is lost. "
            "They are not shown again." }
        ul.codes { @for code in codes.reveal() { li { (code) } } }
        p { a href="/account" { "I have them" } }
    };
    page("Recovery codes", Some(signed.user()), content)
}

pub(super) async fn renew_recovery_codes(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
) -> Result<Markup, Failure> {
    let recent = app.auth.recent(&signed.session).await?;
    let new = app.auth.renew_recovery_codes(&recent, &client).await?;
    Ok(codes(&signed, &new))
}

pub(super) async fn remove_second_factor(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
    jar: CookieJar,
) -> Result<Response, Failure> {
    let recent = app.auth.recent(&signed.session).await?;
    let signed_in = app.auth.remove_totp(&recent, &client).await?;
    Ok((app.signed_in(jar, &signed_in), Redirect::to("/account")).into_response())
}

pub(super) async fn end_session(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
    Path(id): Path<i64>,
) -> Result<Redirect, Failure> {
    app.auth.revoke_session(&signed.session, id, &client).await?;
    Ok(Redirect::to("/account"))
}

pub(super) async fn end_other_sessions(
    State(app): State<App>,
    signed: Signed,
    From(client): From,
) -> Result<Redirect, Failure> {
    app.auth.revoke_other_sessions(&signed.session, &client).await?;
    Ok(Redirect::to("/account"))
}
