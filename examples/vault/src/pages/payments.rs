//! Payments: asking for one, and deciding about those of others.

use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use orm::prelude::*;
use serde::Deserialize;

use crate::app::{App, Signed};
use crate::failure::Failure;
use crate::html::{button, field, page};
use crate::{Payment, State as Stands};

pub(super) async fn show(State(app): State<App>, signed: Signed) -> Result<Markup, Failure> {
    let newest = Payment::find_all().include((Payment::MAKER, Payment::CHECKER)).order_by(Payment::ID.desc()).limit(50);
    let payments = newest.exec(&signed.db(&app)).await?;
    let content = html! {
        form #ask method="post" {
            (field("payee", "To", "text", "off"))
            (field("amount", "Amount", "text", "off"))
            button { "Ask for it" }
        }
        table {
            thead { tr { th { "To" } th { "Amount" } th { "Asked for by" } th { "State" } th {} } }
            tbody { @for payment in &payments { (row(payment, &signed)?) } }
        }
    };
    Ok(page("Payments", Some(signed.user()), content))
}

fn row(payment: &Payment, signed: &Signed) -> Result<Markup, Failure> {
    let email = |user: Option<&crate::User>| user.map(|user| user.email.clone()).unwrap_or_default();
    let to = |what: &str| format!("/payments/{}/{what}", payment.id);
    let (maker, checker) = (email(payment.maker.get()?), email(payment.checker.get()?));
    Ok(html! {
        tr id=(format!("payment-{}", payment.id)) {
            td { (payment.payee) }
            td { (format!("{:.2}", payment.amount)) }
            td { (maker) }
            td {
                @match payment.state {
                    Stands::Requested => "to be decided",
                    Stands::Approved => { "approved by " (checker) },
                    Stands::Refused => { "refused by " (checker) },
                }
            }
            td {
                // Whether it may be done is asked where it is done.
                @if payment.state == Stands::Requested && payment.maker_id != signed.user().id {
                    (button(&to("approve"), "Approve")) " " (button(&to("refuse"), "Refuse"))
                }
            }
        }
    })
}

#[derive(Deserialize)]
pub(super) struct Asked {
    payee: String,
    amount: String,
}

pub(super) async fn ask(State(app): State<App>, signed: Signed, Form(asked): Form<Asked>) -> Result<Redirect, Failure> {
    let new = Payment::create().payee(asked.payee).amount(asked.amount).maker_id(signed.user().id);
    new.exec(&signed.db(&app)).await?;
    Ok(Redirect::to("/payments"))
}

pub(super) async fn approve(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Redirect, Failure> {
    decide(&app, &signed, id, Stands::Approved).await
}

pub(super) async fn refuse(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Redirect, Failure> {
    decide(&app, &signed, id, Stands::Refused).await
}

async fn decide(app: &App, signed: &Signed, id: i64, state: Stands) -> Result<Redirect, Failure> {
    // The policy refuses it, too, and does not say what is to be done about it.
    if !signed.is_sure(app) {
        return Err(Failure::StepUp("/payments"));
    }
    let db = signed.db(app);
    Payment::find_by_pk(id).required(&db).await?.decide(state, &db).await?;
    Ok(Redirect::to("/payments"))
}
