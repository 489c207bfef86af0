//! Notes: writing them, and finding those with a label.

use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use maud::{Markup, html};
use orm::uuid::Uuid;
use serde::Deserialize;

use crate::app::{App, Signed};
use crate::failure::Failure;
use crate::html::{button, field, page};

#[derive(Deserialize)]
pub(super) struct Search {
    label: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    signed: Signed,
    Query(search): Query<Search>,
) -> Result<Markup, Failure> {
    let label = search.label.as_deref().map(str::trim).filter(|label| !label.is_empty());
    let notes = app.notes.find(label, &signed.db(&app)).await?;
    let content = html! {
        form #search { input name="label" aria-label="Label" value=(label.unwrap_or_default()); button { "Search" } }
        p #found { (notes.len()) " notes" }
        @for note in &notes {
            h2 { (note.label) }
            div.note { (note.text) }
            (button(&format!("/notes/{}/delete", note.id), "Delete"))
        }
        h2 { "A new note" }
        form #write method="post" {
            (field("label", "Label", "text", "off"))
            p { label for="text" { "Text" } textarea id="text" name="text" rows="4" required {} }
            button { "Write" }
        }
    };
    Ok(page("Notes", Some(signed.user()), content))
}

#[derive(Deserialize)]
pub(super) struct Written {
    label: String,
    text: String,
}

pub(super) async fn write(
    State(app): State<App>,
    signed: Signed,
    Form(written): Form<Written>,
) -> Result<Redirect, Failure> {
    app.notes.write(&written.label, &written.text, &signed.db(&app)).await?;
    Ok(Redirect::to("/notes"))
}

pub(super) async fn remove(State(app): State<App>, signed: Signed, Path(id): Path<Uuid>) -> Result<Redirect, Failure> {
    app.notes.remove(id, &signed.db(&app)).await?;
    Ok(Redirect::to("/notes"))
}
