//! Parts of pages: the frame, forms, and what is wrong beside the fields.

use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use orm::Violations;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// A page.
pub(crate) fn page(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Accounts" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                nav { a href="/" { "Accounts" } a href="/sign-up" { "Sign up" } a href="/api" { "API" } }
                main { h1 { (title) } (content) }
            }
        }
    }
}

/// The page of a request that has no form to go back to.
pub(crate) fn failed(problem: &Problem) -> Response {
    let title = problem.status.canonical_reason().unwrap_or("Error");
    (problem.status, page(title, html! { p.problem role="alert" { (problem.detail) } })).into_response()
}

/// A field of a form.
pub(crate) struct Field {
    /// The field of the model.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The type of the `input`.
    pub(crate) kind: &'static str,
    /// Whether the column is required: an empty field is an empty text then, and NULL elsewhere.
    pub(crate) required: bool,
}

/// What somebody has typed into a form.
#[derive(Debug, Default)]
pub(crate) struct Typed(pub(crate) Vec<(String, String)>);

impl Typed {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, text)| text)
    }

    /// The fields as an input or a patch. Forms have texts only, so an empty field of a nullable column stands for NULL.
    pub(crate) fn read<T: DeserializeOwned>(&self, fields: &[Field]) -> serde_json::Result<T> {
        let value = |field: &Field| match self.get(field.name) {
            text if text.trim().is_empty() && !field.required => Value::Null,
            text => text.into(),
        };
        let map: Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), value(field))).collect();
        serde_json::from_value(map.into())
    }
}

/// The fields with what was typed, and beside each what is wrong with it.
pub(crate) fn fields(fields: &[Field], typed: &Typed, wrong: &Violations) -> Markup {
    html! {
        @for field in fields {
            @let id = format!("{}-wrong", field.name);
            @let is_wrong = wrong.at(field.name).next().is_some();
            p {
                label for=(field.name) { (field.label) }
                input id=(field.name) name=(field.name) type=(field.kind) value=(typed.get(field.name))
                    aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then_some(&id)];
                @if is_wrong {
                    span.wrong id=(id) {
                        @for violation in wrong.at(field.name) { (field.label) " " (violation.message()) ". " }
                    }
                }
            }
        }
    }
}
