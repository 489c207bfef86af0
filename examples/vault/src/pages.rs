//! The pages, by subject.

mod account;
mod audit;
mod by_mail;
mod notes;
mod payments;
mod sign_in;
mod sign_up;
mod step_up;

use axum::Router;
use axum::http::header;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(async || Redirect::to("/payments")))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], include_str!("style.css"))))
        .route("/sign-up", get(sign_up::show).post(sign_up::send))
        .route("/sign-in", get(sign_in::show).post(sign_in::send))
        .route("/sign-in/code", get(sign_in::show_code).post(sign_in::send_code))
        .route("/sign-out", post(sign_in::out))
        .route("/step-up", get(step_up::show).post(step_up::send))
        .route("/verify-email", get(by_mail::show_verify).post(by_mail::verify))
        .route("/forgot", get(by_mail::show_forgot).post(by_mail::forgot))
        .route("/reset-password", get(by_mail::show_reset).post(by_mail::reset))
        .route("/account", get(account::show))
        .route("/account/password", post(account::change_password))
        .route("/account/second-factor", post(account::begin_second_factor))
        .route("/account/second-factor/confirm", post(account::confirm_second_factor))
        .route("/account/second-factor/remove", post(account::remove_second_factor))
        .route("/account/recovery-codes", post(account::renew_recovery_codes))
        .route("/account/sessions/{id}/end", post(account::end_session))
        .route("/account/sessions/end-others", post(account::end_other_sessions))
        .route("/payments", get(payments::show).post(payments::ask))
        .route("/payments/{id}/approve", post(payments::approve))
        .route("/payments/{id}/refuse", post(payments::refuse))
        .route("/notes", get(notes::show).post(notes::write))
        .route("/notes/{id}/delete", post(notes::remove))
        .route("/audit", get(audit::show))
}
