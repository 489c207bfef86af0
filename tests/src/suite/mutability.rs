//! Immutable columns, columns that are written once, and states with transitions.

use orm::prelude::*;
use orm::{Result, Tracked};

use crate::Test;
use crate::cases::cases;
use crate::models::invoices::{Grade, Invoice, Invoices, Parcel, State};

async fn one(db: &Database) -> Result<Invoice> {
    Invoice::create().number("A1").author(7).exec(db).await
}

/// The paths and rules that were violated.
#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
    let all = error.violations().unwrap().iter();
    all.map(|violation| format!("{} {}", violation.path(), violation.rule())).collect()
}

async fn an_immutable_column_stays_as_it_was_created(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let mut invoice = one(&db).await?;
    invoice.note = Some("kept".to_owned());
    invoice.save(&db).await?;
    invoice.number = "B2".to_owned();
    invoice.author = None;
    let error = invoice.save(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "not valid in model `Invoice`: `number` is immutable; `author` is immutable");
    assert_eq!(refused(Err::<(), _>(error)), ["number immutable", "author immutable"]);
    let error = Invoice::update().set(Invoice::NUMBER, "C3").all_rows().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Invoice")));
    assert_eq!(error.columns(), ["number"]);
    invoice.reload(&db).await?;
    assert_eq!((invoice.number.as_str(), invoice.author, invoice.note.as_deref()), ("A1", Some(7), Some("kept")));
    Ok(())
}

async fn a_tracked_row_says_what_is_immutable(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let mut invoice = Tracked::new(one(&db).await?);
    invoice.number = "B2".to_owned();
    assert_eq!(refused(invoice.save(&db).await), ["number immutable"]);
    invoice.number = "A1".to_owned();
    invoice.note = Some("x".to_owned());
    invoice.save(&db).await?;
    assert_eq!(Invoice::find_by_pk(invoice.id).required(&db).await?.note.as_deref(), Some("x"));
    Ok(())
}

async fn a_column_is_written_once(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let mut invoice = one(&db).await?;
    invoice.update().receipt("R1").exec(&db).await?;
    invoice.update().receipt("R1").exec(&db).await?;
    assert_eq!(refused(invoice.clone().update().receipt("R2").exec(&db).await), ["receipt write_once"]);
    assert_eq!(refused(invoice.clone().update().receipt(None).exec(&db).await), ["receipt write_once"]);
    assert_eq!(Invoice::update().receipt("R3").all_rows().exec(&db).await?, 0);
    let error = Invoice::update().receipt(Invoice::NOTE).all_rows().exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    invoice.reload(&db).await?;
    assert_eq!(invoice.receipt.as_deref(), Some("R1"));
    Ok(())
}

async fn states_change_along_transitions(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let mut invoice = one(&db).await?;
    let error = invoice.update().state(State::Paid).exec(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "not valid in model `Invoice`: `state` may not change from what it is to this value");
    let violation = serde_json::to_value(error.violations().unwrap()).unwrap();
    assert_eq!(violation[0]["params"], serde_json::json!({"to": "paid"}));
    assert_eq!(invoice.state, State::Draft);
    for state in [State::Sent, State::Sent, State::Paid, State::Refunded] {
        invoice.update().state(state).exec(&db).await?;
    }
    invoice.state = State::Draft;
    assert_eq!(refused(invoice.save(&db).await), ["state transition"]);
    // NULL may become anything, and nothing becomes NULL.
    invoice.reload(&db).await?;
    invoice.update().grade(Grade::Low).exec(&db).await?;
    invoice.update().grade(Grade::High).exec(&db).await?;
    assert_eq!(refused(invoice.clone().update().grade(Grade::Low).exec(&db).await), ["grade transition"]);
    assert_eq!(refused(invoice.clone().update().grade(None).exec(&db).await), ["grade transition"]);
    Ok(())
}

async fn a_statement_changes_the_rows_that_may_change(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    for (number, state) in [("1", State::Draft), ("2", State::Sent), ("3", State::Paid)] {
        Invoice::create().number(number).state(state).exec(&db).await?;
    }
    assert_eq!(Invoice::update().state(State::Paid).all_rows().exec(&db).await?, 2);
    let states = Invoice::find_all().order_by(Invoice::NUMBER).exec(&db).await?;
    let states: Vec<State> = states.iter().map(|invoice| invoice.state).collect();
    assert_eq!(states, [State::Draft, State::Paid, State::Paid]);
    Ok(())
}

async fn a_row_that_another_changed_is_compared_by_the_database(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let mut seen = one(&db).await?;
    Invoice::update().state(State::Void).all_rows().exec(&db).await?;
    assert_eq!(seen.state, State::Draft);
    assert_eq!(refused(seen.update().state(State::Sent).note("late").exec(&db).await), ["state transition"]);
    seen.reload(&db).await?;
    assert_eq!((seen.state, seen.note), (State::Void, None));
    Ok(())
}

async fn of_two_that_change_a_state_at_once_one_does(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let invoice = one(&db).await?;
    let tasks = [State::Sent, State::Void].into_iter().cycle().take(12).map(|state| {
        let (db, mut mine) = (db.clone(), invoice.clone());
        tokio::spawn(async move { mine.update().state(state).exec(&db).await.map(|_| state) })
    });
    let mut won = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(state) => won.push(state),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Validation, "{error}"),
        }
    }
    let state = Invoice::find_by_pk(invoice.id).required(&db).await?.state;
    // To the state that a row has already, it may change again.
    assert!(!won.is_empty() && won.iter().all(|won| *won == state), "{won:?}, {state:?}");
    Ok(())
}

async fn an_upsert_keeps_what_is_immutable(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let invoice = one(&db).await?;
    let row = Invoice::create().number("A1").author(9).note("again");
    let (same, created) = Invoice::upsert(row.clone()).exec(&db).await?;
    assert_eq!((same.id, same.author, same.note.as_deref(), created), (invoice.id, Some(7), Some("again"), false));
    Invoice::bulk_create([row]).on_conflict(Invoice::NUMBER).update((Invoice::AUTHOR, Invoice::NOTE)).exec(&db).await?;
    assert_eq!(Invoice::find_by_pk(invoice.id).required(&db).await?.author, Some(7));
    let paid = Invoice::create().number("A1").state(State::Paid);
    assert_eq!(refused(Invoice::upsert(paid.clone()).exec(&db).await), ["state transition"]);
    let error = Invoice::bulk_create([paid]).on_conflict(Invoice::NUMBER).update_all().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Unsupported, vec!["state"]));
    assert_eq!(Invoice::find_by_pk(invoice.id).required(&db).await?.state, State::Draft);
    Ok(())
}

async fn rows_with_hooks_and_versions_are_guarded_too(test: Test) -> Result<()> {
    let db = test.with::<Invoices>().await?;
    let mut parcel = Parcel::create().code("P1").exec(&db).await?;
    let mut other = parcel.clone();
    parcel.update().state(State::Sent).exec(&db).await?;
    assert_eq!((parcel.state, parcel.changes, parcel.version), (State::Sent, 1, 1));
    assert_eq!(refused(parcel.clone().update().state(State::Draft).exec(&db).await), ["state transition"]);
    assert_eq!(Parcel::update().state(State::Draft).all_rows().exec(&db).await?, 0);
    let error = other.update().state(State::Sent).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    parcel.code = "P2".to_owned();
    assert_eq!(refused(parcel.save(&db).await), ["code immutable"]);
    parcel.reload(&db).await?;
    assert_eq!((parcel.code.as_str(), parcel.changes, parcel.version), ("P1", 1, 1));
    Ok(())
}

cases! {$ mutability:
    an_immutable_column_stays_as_it_was_created, a_tracked_row_says_what_is_immutable, a_column_is_written_once,
    states_change_along_transitions, a_statement_changes_the_rows_that_may_change,
    a_row_that_another_changed_is_compared_by_the_database, of_two_that_change_a_state_at_once_one_does,
    an_upsert_keeps_what_is_immutable, rows_with_hooks_and_versions_are_guarded_too,
}
