//! What the models hold by themselves, whatever a page forgets.

use orm::Result;
use orm::prelude::*;
use orm::rust_decimal::Decimal;
use orm_auth::Secret;
use orm_tests::Test;
use vault::{Note, NoteError, Payment, Role, State, Viewer};

use crate::vault::{PASSWORD, Vault};

async fn account(vault: &Vault, email: &str) -> i64 {
    vault.app.open_account(email, &Secret::from(PASSWORD), Role::Member).await.unwrap().id
}

pub(crate) async fn payments_hold_their_rules_without_the_pages(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let (ada, bob) = (account(&vault, "ada@example.com").await, account(&vault, "bob@example.com").await);
    let viewer = |id, sure| vault.db.as_viewer(Viewer { id, sure });
    let new = |maker| Payment::create().payee("Printer").amount("1").maker_id(maker);
    let kind = |result: Result<()>| result.unwrap_err().kind();

    // Nobody asks in the name of another, or for what is approved already.
    assert_eq!(kind(new(bob).exec(&viewer(ada, true)).await.map(drop)), ErrorKind::Permission);
    let approved = new(ada).state(State::Approved).checker_id(bob);
    assert_eq!(kind(approved.exec(&viewer(ada, true)).await.map(drop)), ErrorKind::Permission);
    let mut payment = new(ada).exec(&viewer(ada, false)).await?;

    // Neither who asked nor who has not just proved a second factor decides, and nobody in the name of another.
    assert_eq!(kind(payment.decide(State::Approved, &viewer(ada, true)).await), ErrorKind::Permission);
    assert_eq!(kind(payment.decide(State::Approved, &viewer(bob, false)).await), ErrorKind::Permission);
    let forged = payment.update().state(State::Approved).checker_id(ada).exec(&viewer(bob, true)).await;
    assert_eq!(kind(forged), ErrorKind::Permission);
    let unsigned = payment.update().state(State::Approved).exec(&viewer(bob, true)).await;
    assert_eq!(kind(unsigned), ErrorKind::Permission);
    // Nor by a statement about all rows.
    let all = Payment::update().state(State::Approved).checker_id(ada).all_rows();
    assert_eq!(all.exec(&viewer(ada, true)).await?, 0);
    // What is paid to whom has no setter in updates, and `save` refuses it.
    let mut more = payment.clone();
    (more.amount, more.state, more.checker_id) = (Decimal::new(1000, 0), State::Approved, Some(bob));
    assert!(matches!(kind(more.save(&viewer(bob, true)).await), ErrorKind::Permission | ErrorKind::Validation));
    assert_eq!(kind(payment.destroy().exec(&viewer(ada, true)).await), ErrorKind::Permission);

    payment.decide(State::Approved, &viewer(bob, true)).await?;
    assert_eq!(kind(payment.decide(State::Refused, &viewer(bob, true)).await), ErrorKind::Permission);
    let found = Payment::find_by_pk(payment.id).required(&viewer(ada, false)).await?;
    assert_eq!((found.state, found.checker_id, found.amount), (State::Approved, Some(bob), Decimal::ONE));
    Ok(())
}

pub(crate) async fn sealed_notes_open_where_they_were_sealed(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let ada = account(&vault, "ada@example.com").await;
    let mine = vault.db.as_viewer(Viewer { id: ada, sure: false });
    for text in ["one", "two"] {
        vault.notes.write("label", text, &mine).await.unwrap();
    }
    let texts: Vec<_> = vault.notes.find(None, &mine).await.unwrap().into_iter().map(|note| note.text).collect();
    assert_eq!(texts, ["two", "one"]);

    // Somebody who writes into the database puts the text of one note into the other.
    let all = vault.db.bypass("a test");
    let notes = Note::find_all().order_by(Note::ID).exec(&all).await?;
    Note::update().text(notes[0].text.clone()).filter(Note::ID.eq(notes[1].id)).exec(&all).await?;
    assert!(matches!(vault.notes.find(None, &mine).await, Err(NoteError::Sealed(_))));
    Ok(())
}
