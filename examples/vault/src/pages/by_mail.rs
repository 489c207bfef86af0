//! Pages that links of mails lead to. A page that is only read changes nothing, since programs read the links of mails, too.

use axum::extract::{Form, Query, State};
use maud::{Markup, html};
use orm_auth::{MailToken, Secret};
use serde::Deserialize;

use crate::app::{App, From};
use crate::failure::Failure;
use crate::html::{field, page};

#[derive(Deserialize)]
pub(super) struct Link {
    token: String,
}

impl Link {
    fn token(&self) -> Result<MailToken, Failure> {
        Ok(self.token.parse()?)
    }
}

/// A form that sends the token of the link that led here.
fn with_token(link: &Link, content: Markup) -> Markup {
    html! { form #by-mail method="post" { input type="hidden" name="token" value=(link.token); (content) } }
}

pub(super) async fn show_verify(Query(link): Query<Link>) -> Markup {
    page("Your address", None, with_token(&link, html! { button { "Yes, this is my address" } }))
}

pub(super) async fn verify(
    State(app): State<App>,
    From(client): From,
    Form(link): Form<Link>,
) -> Result<Markup, Failure> {
    app.auth.verify_email(&link.token()?, &client).await?;
    Ok(page("Your address", None, html! { p { "Thank you." } }))
}

pub(super) async fn show_forgot() -> Markup {
    let content = html! {
        form #forgot method="post" { (field("email", "E-mail", "email", "username")) button { "Send me a link" } }
    };
    page("A new password", None, content)
}

#[derive(Deserialize)]
pub(super) struct Forgot {
    email: String,
}

pub(super) async fn forgot(
    State(app): State<App>,
    From(client): From,
    Form(typed): Form<Forgot>,
) -> Result<Markup, Failure> {
    app.auth.request_password_reset(&typed.email, &client).await?;
    // The same for every address.
    Ok(page("A new password", None, html! { p { "If there is an account with this address, a link is on its way." } }))
}

pub(super) async fn show_reset(Query(link): Query<Link>) -> Markup {
    let fields = html! { (field("password", "New password", "password", "new-password")) button { "Set it" } };
    page("A new password", None, with_token(&link, fields))
}

#[derive(Deserialize)]
pub(super) struct Reset {
    #[serde(flatten)]
    link: Link,
    password: String,
}

pub(super) async fn reset(
    State(app): State<App>,
    From(client): From,
    Form(typed): Form<Reset>,
) -> Result<Markup, Failure> {
    app.auth.reset_password(&typed.link.token()?, &Secret::from(typed.password), &client).await?;
    let content =
        html! { p { "It is set. " a href="/sign-in" { "Sign in" } " with it; your second factor is as it was." } };
    Ok(page("A new password", None, content))
}
