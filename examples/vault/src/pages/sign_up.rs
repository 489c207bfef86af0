//! Opening an account.

use axum::extract::{Form, State};
use axum::response::Redirect;
use maud::{Markup, html};
use orm_auth::Secret;
use serde::Deserialize;

use crate::Role;
use crate::app::{App, From};
use crate::failure::Failure;
use crate::html::{field, page};

pub(super) async fn show() -> Markup {
    let content = html! {
        form #sign-up method="post" {
            (field("email", "E-mail", "email", "username"))
            (field("password", "Password", "password", "new-password"))
            p { "At least 15 characters, whichever you like." }
            button { "Sign up" }
        }
    };
    page("Sign up", None, content)
}

#[derive(Deserialize)]
pub(super) struct SignUp {
    email: String,
    password: String,
}

pub(super) async fn send(
    State(app): State<App>,
    From(client): From,
    Form(typed): Form<SignUp>,
) -> Result<Redirect, Failure> {
    let user = app.open_account(&typed.email, &Secret::from(typed.password), Role::Member).await?;
    app.auth.send_verification(&user, &client).await?;
    Ok(Redirect::to("/sign-in"))
}
