//! What happened, for administrators: who signed in or was denied, and what became of payments.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use maud::{Markup, html};
use orm::prelude::*;
use orm_auth::Level;
use orm_auth::models::Event;
use serde::Deserialize;

use crate::app::{App, Signed};
use crate::failure::Failure;
use crate::html::page;
use crate::{PaymentHistory, Role, User};

/// How old the second factor of who looks may be.
const WITHIN: Duration = Duration::from_secs(12 * 3600);

#[derive(Deserialize)]
pub(super) struct Place {
    after: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    signed: Signed,
    Query(place): Query<Place>,
) -> Result<Markup, Failure> {
    if signed.user().role != Role::Admin {
        return Err(Failure::say(StatusCode::FORBIDDEN, "This is for administrators."));
    }
    app.auth.require(&signed.session, Level::Aal2, WITHIN).map_err(|_| Failure::StepUp("/audit"))?;
    let newest = Event::<User>::find_all().include(Event::<User>::ACCOUNT).order_by(Event::<User>::ID.desc());
    let events = newest.first(50).after(place.after).exec(&app.db).await?;
    let payments = PaymentHistory::find_all().order_by(PaymentHistory::ID.desc()).limit(50).exec(&app.db).await?;
    let mut seen = Vec::new();
    for event in events.nodes() {
        seen.push((event, event.account.get()?.map_or("nobody we know", |user| &*user.email)));
    }
    let content = html! {
        h2 { "Payments" }
        table #payments {
            tbody {
                @for entry in &payments {
                    tr {
                        td { (entry.at.format("%F %T")) }
                        td { (entry.actor.as_deref().unwrap_or("?")) }
                        td { (entry.operation) " " (entry.row_key) }
                        td { code { (entry.new_values.as_ref().map(ToString::to_string).unwrap_or_default()) } }
                    }
                }
            }
        }
        h2 { "Accounts" }
        table #events {
            tbody {
                @for (event, email) in &seen {
                    tr {
                        td { (event.at.format("%F %T")) }
                        td { (email) }
                        td { (format!("{:?}", event.kind)) }
                        td { (event.address.as_deref().unwrap_or("?")) }
                    }
                }
            }
        }
        @if let (true, Some(cursor)) = (events.page_info.has_next_page, &events.page_info.end_cursor) {
            a rel="next" href=(format!("/audit?after={}", cursor.as_str())) { "Earlier" }
        }
    };
    Ok(page("Audit", Some(signed.user()), content))
}
