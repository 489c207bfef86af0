//! Parts of pages.

use maud::{DOCTYPE, Markup, html};

use crate::{Role, User};

/// A page, as the one who is signed in sees it.
pub(crate) fn page(title: &str, user: Option<&User>, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Vault" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                nav {
                    @if let Some(user) = user {
                        a href="/payments" { "Payments" } a href="/notes" { "Notes" } a href="/account" { "Account" }
                        @if user.role == Role::Admin { a href="/audit" { "Audit" } }
                        span { (user.email) }
                        (button("/sign-out", "Sign out"))
                    } @else {
                        a href="/sign-in" { "Sign in" } a href="/sign-up" { "Sign up" }
                    }
                }
                main { h1 { (title) } (content) }
            }
        }
    }
}

/// A form that is one button.
pub(crate) fn button(action: &str, label: &str) -> Markup {
    html! { form.button method="post" action=(action) { button { (label) } } }
}

/// A field with its label.
pub(crate) fn field(name: &str, label: &str, kind: &str, autocomplete: &str) -> Markup {
    html! { p { label for=(name) { (label) } input id=(name) name=(name) type=(kind) autocomplete=(autocomplete) required; } }
}

/// What went wrong with a form.
pub(crate) fn problem(what: Option<&str>) -> Markup {
    html! { @if let Some(what) = what { p.problem role="alert" { (what) } } }
}
