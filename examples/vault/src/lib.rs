//! A back office: people sign in with two factors, ask for payments that another person approves, and keep notes that the
//! database cannot read. The models say what may be done, and the pages run their statements.
//!
//! | | |
//! |---|---|
//! | `user`, `viewer` | who signs in, and what policies ask about |
//! | `payment` | payments that take two persons |
//! | `note` | sealed notes, found by a blind index |
//! | `app` | what the pages share: services, sessions in cookies, where requests come from |
//! | `failure` | what goes wrong, as pages |
//! | `guard` | what holds of every request and answer |
//! | `pages` | the pages, by subject |

mod app;
mod failure;
mod guard;
mod html;
mod note;
mod pages;
mod payment;
mod user;
mod viewer;

use axum::Router;
use orm::prelude::*;
use orm_auth::Tables;

pub use app::App;
pub use note::{Note, NoteError, Notes, OpenNote};
pub use payment::{Payment, PaymentHistory, State};
pub use user::{Role, User};
pub use viewer::Viewer;

/// Creates the tables that are missing.
///
/// # Errors
/// The database's.
pub async fn create_tables(db: &Database) -> Result<()> {
    db.create_tables::<(User, Tables<User>, Payment, PaymentHistory, Note)>().await
}

/// The pages. Serve them with `into_make_service_with_connect_info::<SocketAddr>()`: attempts are counted by address.
pub fn service(app: App) -> Router {
    guard::around(pages::routes()).with_state(app)
}
