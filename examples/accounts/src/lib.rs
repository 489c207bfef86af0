//! Accounts of people: a web service in which the model says what holds, and the handlers say little.
//!
//! | | |
//! |---|---|
//! | `account` | the model: rules, versions, soft deletion, what requests may say, what a list may be asked |
//! | `api` | JSON: sign up, change, delete, restore, list |
//! | `pages` | the same as pages with forms, `html` has their parts |
//! | `problem` | what goes wrong, as answers |
//! | `openapi` | the description of the API, made from the inputs of the model |
//!
//! Who may do what is not asked here; the example `vault` is about that.

mod account;
mod api;
mod html;
mod openapi;
mod pages;
mod problem;

use axum::Router;
use orm::prelude::*;

pub use account::{Account, Profile, SignUp};

/// The service, with its table.
///
/// # Errors
/// Those of creating the table.
pub async fn service(db: &Database) -> Result<Router> {
    db.create_tables::<Account>().await?;
    Ok(Router::new().nest("/api", api::routes()).merge(pages::routes()).with_state(db.clone()))
}
